//! The fetching of what the service has for the patient: the plan, messages, and marks of what it has seen.
//!
//! **The plan** is one parent CarePlan and what it points to. Every change of a part comes with a new version of the
//! parent, so the parent alone is asked for, with its ETag. When it has changed, all parts are fetched, and then the
//! parent once more: if it has changed meanwhile, all is fetched anew, so that no plan is put together of two versions.
//! Since a service may forget that promise, the parts are compared now and then all the same.
//!
//! **Messages and marks** are asked for by `_lastUpdated`, with an overlap, page by page; what comes twice changes
//! nothing.
//!
//! A plan is read whole or refused whole ([`crate::fhir::plan`]); then the one before stays, and the service is told.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, SecondsFormat, Utc};
use dagsform_care::{
    message::Received,
    plan::{List, Plan, PlanVersion, Status},
    questionnaire::{Canonical, Questionnaire},
};
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc::Receiver;

use crate::{
    client::{Client, Got},
    engine::{Timing, Wake, backoff::Backoff},
    enrolment::Enrolment,
    fault::{NotUnderstood, SyncFault},
    fhir::{message, plan, plan::Head, questionnaire, seen},
    inbox::{Inbox, InboxError, Mark},
};

/// How often is asked while all goes well: what the service does is on the tablet within a minute.
const EVERY: Duration = Duration::from_secs(40);
/// How often the parts are compared although the parent has not changed.
const PARTS_EVERY: Duration = Duration::from_secs(15 * 60);
/// What the service stored while it was answering may carry a time from before: so far back is asked again.
const OVERLAP: chrono::Duration = chrono::Duration::minutes(5);
/// So often a plan that changes while it is fetched is fetched anew.
const ATTEMPTS: u32 = 3;
/// So many pages of one search are read at most.
const PAGES: u32 = 200;
/// So many resources are asked for at a time.
const PAGE: u32 = 100;
/// What a plan is made of, beside the parent.
const PARTS: [&str; 6] = ["CarePlan", "Goal", "CareTeam", "ServiceRequest", "MedicationRequest", "Appointment"];

/// Why a pass was not finished.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FetchFault {
    /// The service, or the way to it.
    #[error(transparent)]
    Sync(#[from] SyncFault),
    /// The record.
    #[error(transparent)]
    Inbox(#[from] InboxError),
}

impl From<NotUnderstood> for FetchFault {
    fn from(fault: NotUnderstood) -> Self {
        Self::Sync(fault.into())
    }
}

/// Fetches for one tablet from one service.
pub struct Fetcher<I> {
    inbox: Arc<I>,
    client: Client,
    enrolment: Enrolment,
    timing: Timing,
    compared: Option<Instant>,
}

/// What a search gives.
#[derive(Deserialize)]
struct SearchSet {
    #[serde(default)]
    link: Vec<Link>,
    #[serde(default)]
    entry: Vec<Found>,
}

#[derive(Deserialize)]
struct Link {
    relation: String,
    url: String,
}

#[derive(Deserialize)]
struct Found {
    resource: Option<Box<RawValue>>,
    search: Option<Mode>,
}

#[derive(Deserialize)]
struct Mode {
    mode: Option<String>,
}

impl<I: Inbox> Fetcher<I> {
    /// A fetcher.
    pub fn new(inbox: Arc<I>, client: Client, enrolment: Enrolment, timing: Timing) -> Self {
        Self { inbox, client, enrolment, timing, compared: None }
    }

    /// Passes on schedule and when it is woken, until every sender of `wake` is gone.
    pub async fn run(mut self, mut wake: Receiver<Wake>) {
        let mut backoff = Backoff::default();
        loop {
            while wake.try_recv().is_ok() {}
            let wait = match self.pass().await {
                Ok(()) => {
                    backoff.reset();
                    EVERY
                }
                Err(fault) => {
                    tracing::debug!(%fault, "fetching");
                    let asked = match &fault {
                        FetchFault::Sync(fault) => fault.retry_after(),
                        FetchFault::Inbox(_) => None,
                    };
                    backoff.after_failure(asked, &self.timing).max(EVERY)
                }
            };
            let mut slept = (self.timing.sleep)(wait);
            tokio::select! {
                () = &mut slept => {}
                woken = wake.recv() => if woken.is_none() { return },
            }
        }
    }

    /// Fetches what is new. What one part fails on does not keep the others from coming.
    ///
    /// # Errors
    /// The first that failed.
    pub async fn pass(&mut self) -> Result<(), FetchFault> {
        let plan = Box::pin(self.plan()).await;
        let messages = self.messages().await;
        let seen = self.seen().await;
        plan.and(messages).and(seen)
    }

    async fn plan(&mut self) -> Result<(), FetchFault> {
        let known = self.inbox.mark(Mark::Plan).await?;
        let known = known.as_deref().and_then(|mark| mark.split_once(' '));
        let parts_due = self.compared.is_none_or(|at| at.elapsed() >= PARTS_EVERY);
        let parent = match known {
            Some((reference, etag)) => match self.client.get(reference, Some(etag)).await? {
                Got::NotModified if !parts_due => return self.checked().await,
                Got::NotModified => match self.client.get(reference, None).await? {
                    Got::Resource { body, .. } => Some(raw(body)?),
                    Got::NotModified | Got::Missing => None,
                },
                Got::Resource { body, .. } => Some(raw(body)?),
                Got::Missing => None,
            },
            None => None,
        };
        // One that has ended makes room for another.
        let in_use = parent.filter(|parent| plan::head(parent).is_ok_and(|head| head.is_in_use()));
        let parent = match in_use {
            Some(parent) => Some(parent),
            None => self.parent().await?,
        };
        match parent {
            Some(parent) => self.whole(parent).await?,
            None => {
                if let Some((reference, _)) = known {
                    self.withdrawn(reference).await?;
                }
                self.inbox.set_mark(Mark::Plan, String::new()).await?;
            }
        }
        self.compared = Some(Instant::now());
        self.checked().await
    }

    /// The plan that was in force is no plan any more: it was the wrong one, or is gone. Nothing is asked for until there
    /// is another.
    async fn withdrawn(&self, reference: &str) -> Result<(), FetchFault> {
        let now = self.client.last_answer().unwrap_or_else(Utc::now);
        self.inbox.told_time(now).await?;
        let version = PlanVersion(format!("{reference}/withdrawn/{}", instant(now)));
        tracing::warn!(%version, "the plan was withdrawn");
        Ok(self.inbox.take_plan(Plan { status: Status::OnHold, ..Plan::bare(version, now) }, Vec::new()).await?)
    }

    async fn checked(&self) -> Result<(), FetchFault> {
        let now = self.client.last_answer().unwrap_or_else(Utc::now);
        Ok(self.inbox.set_mark(Mark::Checked, instant(now)).await?)
    }

    /// The patient's parent CarePlan: one in use before one that has ended, and the newest of those.
    async fn parent(&self) -> Result<Option<Box<RawValue>>, FetchFault> {
        let all = self.search("CarePlan", &self.of_patient("patient")).await?;
        let mut parents: Vec<(Head, Box<RawValue>)> = Vec::new();
        let patient = self.enrolment.patient_reference.as_str();
        for resource in all.into_iter().filter(|resource| is_of(resource, patient)) {
            let head = plan::head(&resource).map_err(|fault| NotUnderstood::NotABundle(fault.to_string()))?;
            if head.part_of.is_none() && head.counts() {
                parents.push((head, resource));
            }
        }
        let newest = parents.into_iter().max_by_key(|(head, _)| (head.is_in_use(), head.last_updated));
        Ok(newest.map(|(_, resource)| resource))
    }

    /// Fetches all parts of a plan, and takes it or refuses it.
    async fn whole(&self, parent: Box<RawValue>) -> Result<(), FetchFault> {
        let mut parent = parent;
        for _ in 0..ATTEMPTS {
            let head = plan::head(&parent).map_err(|fault| NotUnderstood::NotABundle(fault.to_string()))?;
            let etag = format!("W/\"{}\"", head.version_id);
            let mut parts = Vec::new();
            for kind in PARTS {
                parts.extend(self.search_if_kept(kind, &self.of_patient("patient")).await?);
            }
            let read = plan::read(&parent, &parts, &self.enrolment.patient_reference);
            let lists = match &read {
                Ok(plan) => self.lists(plan).await?,
                Err(_) => Ok(Vec::new()),
            };
            match self.client.get(&head.reference, Some(&etag)).await? {
                Got::NotModified => {}
                Got::Resource { body, .. } => {
                    parent = raw(body)?;
                    if plan::head(&parent).is_ok_and(|again| again.version_id != head.version_id) {
                        continue;
                    }
                }
                Got::Missing => return Ok(()),
            }
            // A follow-up that has ended has ended, whatever is wrong with the rest of its plan.
            let read = match read {
                Err(_) if !head.is_in_use() => {
                    let dated = head.last_updated.unwrap_or_else(Utc::now);
                    Ok(Plan { status: Status::Ended, ..Plan::bare(head.version(), dated) })
                }
                read => read,
            };
            let digest = digest(&parts, &lists);
            let mark = format!("{} {etag}", head.reference);
            self.settle(&head, mark, digest, read.map_err(|fault| fault.to_string()), lists).await?;
            return Ok(());
        }
        // It is being worked on; the next pass looks again.
        Ok(())
    }

    /// Commits what becomes of a version.
    async fn settle(
        &self,
        head: &Head,
        mark: String,
        digest: String,
        read: Result<Plan, String>,
        lists: Result<Vec<Questionnaire>, String>,
    ) -> Result<(), FetchFault> {
        let before = (self.inbox.mark(Mark::Plan).await?, self.inbox.mark(Mark::Parts).await?);
        if before == (Some(mark.clone()), Some(digest.clone())) {
            return Ok(());
        }
        let mut version = head.version();
        if before.0.as_ref() == Some(&mark) {
            // A part has changed behind the parent's back: the version needs a name of its own.
            let short: String = digest.chars().take(8).collect();
            version = PlanVersion(format!("{version}+{short}"));
        }
        if let Some(says) = self.client.last_answer() {
            self.inbox.told_time(says).await?;
        }
        let taken = match (read, lists) {
            (Ok(plan), Ok(lists)) => self.inbox.take_plan(Plan { version: version.clone(), ..plan }, lists).await,
            (Err(problem), _) | (_, Err(problem)) => Err(InboxError::Contradicts(problem)),
        };
        match taken {
            Ok(()) => tracing::info!(%version, "a plan was taken"),
            Err(InboxError::Contradicts(problem)) => {
                tracing::warn!(%version, "a plan was refused");
                self.inbox.refuse_plan(version, problem).await?;
            }
            Err(error @ InboxError::NotKept(_)) => return Err(error.into()),
        }
        self.inbox.set_mark(Mark::Parts, digest).await?;
        Ok(self.inbox.set_mark(Mark::Plan, mark).await?)
    }

    /// The lists of questions of a plan, or why one of them cannot be used.
    async fn lists(&self, plan: &Plan) -> Result<Result<Vec<Questionnaire>, String>, FetchFault> {
        let mut lists: BTreeMap<Canonical, Questionnaire> = BTreeMap::new();
        for List { questionnaire: wanted, id, .. } in &plan.lists {
            if lists.contains_key(wanted) {
                continue;
            }
            let mut query = vec![("url", wanted.url.clone())];
            query.extend(wanted.version.clone().map(|version| ("version", version)));
            let mut found = self.search("Questionnaire", &query).await?;
            // A server that does not know the parameters finds them all (R4, 3.1.1.1).
            found.retain(|resource| named(resource, &wanted.url, wanted.version.as_deref()));
            let (Some(resource), true) = (found.pop(), found.is_empty()) else {
                let problem = format!(
                    "ServiceRequest/{id}, instantiatesCanonical: the service has {} questionnaires {wanted}, not one",
                    if found.is_empty() { "no" } else { "several" },
                );
                return Ok(Err(problem));
            };
            let mut value_sets = Vec::new();
            for wanted in questionnaire::value_sets(&resource) {
                let (url, version) = wanted.split_once('|').map_or((wanted.as_str(), None), |(u, v)| (u, Some(v)));
                let mut query = vec![("url", url.to_owned())];
                query.extend(version.map(|version| ("version", version.to_owned())));
                // A service that keeps none says so with 404; what is missing then is named as the item's fault.
                let found = self.search_if_kept("ValueSet", &query).await?;
                value_sets.extend(found.into_iter().filter(|resource| named(resource, url, version)));
            }
            match questionnaire::read(&resource, &value_sets) {
                Ok(list) => drop(lists.insert(wanted.clone(), list)),
                Err(fault) => return Ok(Err(format!("Questionnaire {wanted}: {fault}"))),
            }
        }
        Ok(Ok(lists.into_values().collect()))
    }

    async fn messages(&self) -> Result<(), FetchFault> {
        let (found, newest) = self.since(Mark::Messages, "Communication", "recipient").await?;
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
        self.inbox.take_messages(messages).await?;
        self.advance(Mark::Messages, newest).await
    }

    async fn seen(&self) -> Result<(), FetchFault> {
        let (found, newest) = self.since(Mark::Seen, "Provenance", "patient").await?;
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

    /// What has changed since the mark, and the time of the last change.
    async fn since(
        &self,
        mark: Mark,
        kind: &str,
        parameter: &'static str,
    ) -> Result<(Vec<Box<RawValue>>, Option<DateTime<Utc>>), FetchFault> {
        let since = self.inbox.mark(mark).await?.and_then(|text| DateTime::parse_from_rfc3339(&text).ok());
        let mut query = self.of_patient(parameter);
        if let Some(since) = since.and_then(|since| since.to_utc().checked_sub_signed(OVERLAP)) {
            query.push(("_lastUpdated", format!("ge{}", instant(since))));
        }
        query.push(("_sort", "_lastUpdated".to_owned()));
        let found = self.search_if_kept(kind, &query).await?;
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

    fn of_patient(&self, parameter: &'static str) -> Vec<(&'static str, String)> {
        vec![(parameter, self.enrolment.patient_reference.to_string()), ("_count", PAGE.to_string())]
    }

    /// All that a search finds of a type that the service may not keep at all.
    async fn search_if_kept(&self, kind: &str, query: &[(&str, String)]) -> Result<Vec<Box<RawValue>>, FetchFault> {
        match self.client.search(kind, query).await? {
            Got::Missing => Ok(Vec::new()),
            got => self.pages(kind, got).await,
        }
    }

    /// All that a search finds, page by page.
    async fn search(&self, kind: &str, query: &[(&str, String)]) -> Result<Vec<Box<RawValue>>, FetchFault> {
        let got = self.client.search(kind, query).await?;
        self.pages(kind, got).await
    }

    async fn pages(&self, kind: &str, mut got: Got) -> Result<Vec<Box<RawValue>>, FetchFault> {
        let mut found = Vec::new();
        for _ in 0..PAGES {
            let Got::Resource { body, .. } = got else {
                return Err(NotUnderstood::NotABundle(format!("a search for {kind} has no answer")).into());
            };
            let page: SearchSet =
                serde_json::from_slice(&body).map_err(|error| NotUnderstood::NotABundle(error.to_string()))?;
            let matches = |found: &Found| {
                let mode = found.search.as_ref().and_then(|search| search.mode.as_deref());
                mode.is_none_or(|mode| mode == "match")
            };
            found.extend(page.entry.into_iter().filter(matches).filter_map(|found| found.resource));
            let Some(next) = page.link.into_iter().find(|link| link.relation == "next") else { return Ok(found) };
            got = self.client.next_page(&next.url).await?;
        }
        Err(NotUnderstood::NotABundle(format!("a search for {kind} has no end")).into())
    }
}

/// By what a resource is found, for services that do not search as they were asked.
#[derive(Deserialize)]
struct Identified {
    url: Option<String>,
    version: Option<String>,
    subject: Option<Subject>,
}

#[derive(Deserialize)]
struct Subject {
    reference: Option<String>,
}

/// Whether a resource has this canonical url, and this version where one is wanted.
fn named(resource: &RawValue, url: &str, version: Option<&str>) -> bool {
    serde_json::from_str::<Identified>(resource.get()).is_ok_and(|found| {
        found.url.as_deref() == Some(url) && version.is_none_or(|version| found.version.as_deref() == Some(version))
    })
}

/// Whether a resource is about this patient.
fn is_of(resource: &RawValue, patient: &str) -> bool {
    let subject = serde_json::from_str::<Identified>(resource.get()).ok().and_then(|found| found.subject?.reference);
    subject.is_some_and(|to| to == patient || to.ends_with(&format!("/{patient}")))
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

fn raw(body: Vec<u8>) -> Result<Box<RawValue>, NotUnderstood> {
    serde_json::from_slice(&body).map_err(|error| NotUnderstood::NotABundle(error.to_string()))
}

/// A time as FHIR writes an instant; sorts as text.
fn instant(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Which resources in which content a plan was made of, whatever their order.
fn digest(parts: &[Box<RawValue>], lists: &Result<Vec<Questionnaire>, String>) -> String {
    let mut all: Vec<&str> = parts.iter().map(|part| part.get()).collect();
    all.sort_unstable();
    let mut hash = Sha256::new();
    for part in all {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    hash.update(format!("{lists:?}"));
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
