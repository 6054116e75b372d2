//! Messages, and marks of what the service has seen.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};
use dagsform_care::message::Received;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{FetchFault, Fetcher, instant, raw};
use crate::{
    client::Got,
    fault::SyncFault,
    fhir::{message, plan, seen},
    inbox::{Inbox, Mark},
};

/// What the service stored while it was answering may carry a time from before: so far back is asked again.
const OVERLAP: Duration = Duration::minutes(5);

impl<I: Inbox> Fetcher<I> {
    pub(super) async fn messages(&self, compare: bool) -> Result<(), FetchFault> {
        let since = if compare { None } else { self.since(Mark::Messages).await? };
        let (found, newest) = self.changed("Communication", "recipient", since).await?;
        let mut messages = Vec::new();
        for resource in &found {
            match message::received(resource, &self.enrolment.patient_reference) {
                Ok(received) => messages.extend(received),
                // The patient is told that there is one: nobody may believe that it was read.
                Err(fault) => {
                    tracing::warn!(%fault, "a message of the service cannot be read");
                    messages.extend(unreadable(resource));
                }
            }
        }
        let there: BTreeSet<String> = messages.iter().map(|message| message.reference.clone()).collect();
        self.inbox.take_messages(messages).await?;
        if compare {
            self.withdraw_missing(&there).await?;
        }
        self.advance(Mark::Messages, newest).await
    }

    /// Withdraws the messages kept here that the service has deleted, or has made those of someone else.
    async fn withdraw_missing(&self, there: &BTreeSet<String>) -> Result<(), FetchFault> {
        let mut gone = Vec::new();
        for reference in self.inbox.messages().await? {
            if !there.contains(&reference) && self.is_gone(&reference).await? {
                gone.push(reference);
            }
        }
        if gone.is_empty() { Ok(()) } else { Ok(self.inbox.withdraw_messages(gone).await?) }
    }

    /// Whether a message is the patient's no longer. A search may be behind: only what the service says of this one
    /// counts.
    async fn is_gone(&self, reference: &str) -> Result<bool, FetchFault> {
        match self.client.get(reference, None).await {
            Ok(Got::Missing) => Ok(true),
            Ok(Got::NotModified) => Ok(false),
            Ok(Got::Resource { body, .. }) => {
                Ok(matches!(message::received(&raw(body)?, &self.enrolment.patient_reference), Ok(None)))
            }
            // The tablet may ask, as the search has shown, but not for this one.
            Err(SyncFault::Forbidden) => Ok(true),
            Err(fault) => Err(fault.into()),
        }
    }

    pub(super) async fn seen(&self) -> Result<(), FetchFault> {
        let since = self.since(Mark::Seen).await?;
        let (found, newest) = self.changed("Provenance", "patient", since).await?;
        let mut marks = Vec::new();
        for resource in &found {
            match seen::marks(resource) {
                Ok(seen) => marks.extend(seen),
                Err(fault) => tracing::warn!(%fault, "a mark of the service cannot be read"),
            }
        }
        self.inbox.take_seen(marks).await?;
        self.advance(Mark::Seen, newest).await
    }

    /// From when on is asked, by a mark. A service whose clock was set back stores before the mark again.
    async fn since(&self, mark: Mark) -> Result<Option<DateTime<Utc>>, FetchFault> {
        let since = self.inbox.mark(mark).await?.and_then(|text| DateTime::parse_from_rfc3339(&text).ok());
        let now = self.client.last_answer().unwrap_or(DateTime::<Utc>::MAX_UTC);
        Ok(since.and_then(|since| since.to_utc().min(now).checked_sub_signed(OVERLAP)))
    }

    /// What has changed since then, or all; and the time of the last change.
    async fn changed(
        &self,
        kind: &str,
        parameter: &'static str,
        since: Option<DateTime<Utc>>,
    ) -> Result<(Vec<Box<RawValue>>, Option<DateTime<Utc>>), FetchFault> {
        let all = self.of_patient(parameter);
        let mut query = all.clone();
        query.extend(since.map(|since| ("_lastUpdated", format!("ge{}", instant(since)))));
        query.push(("_sort", "_lastUpdated".to_owned()));
        let found = match self.search_if_kept(kind, &query).await {
            // It cannot search by time: then all of them, of which those that are known change nothing.
            Err(FetchFault::Sync(SyncFault::NotFhir { status: 400 | 422 })) => self.search_if_kept(kind, &all).await?,
            found => found?,
        };
        let newest = found.iter().filter_map(|resource| plan::last_updated(resource)).max();
        Ok((found, newest))
    }

    async fn advance(&self, mark: Mark, newest: Option<DateTime<Utc>>) -> Result<(), FetchFault> {
        if let Some(newest) = newest.map(instant)
            && self.inbox.mark(mark).await?.is_none_or(|before| before < newest)
        {
            self.inbox.set_mark(mark, newest).await?;
        }
        Ok(())
    }
}

/// What stands for a message that cannot be shown.
fn unreadable(resource: &RawValue) -> Option<Received> {
    #[derive(Deserialize)]
    struct Stored {
        id: String,
        meta: Meta,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Meta {
        version_id: String,
    }
    let stored: Stored = serde_json::from_str(resource.get()).ok()?;
    Some(Received {
        reference: format!("Communication/{}", stored.id),
        version: stored.meta.version_id,
        text: String::new(),
        sender: None,
        sent: plan::last_updated(resource),
        answers: None,
        withdrawn: false,
    })
}
