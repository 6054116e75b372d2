//! The fetching of what the service has for the patient: the plan, messages, and marks of what it has seen.
//!
//! **The plan** is one parent CarePlan and what it points to. Every change of a part comes with a new version of the
//! parent, so the parent alone is asked for, with its ETag. When it has changed, all parts are fetched, and then the
//! parent once more: if it has changed meanwhile, all is fetched anew, so that no plan is put together of two versions.
//! Since a service may forget that promise, the parts are compared now and then all the same.
//!
//! **Messages and marks** are asked for by `_lastUpdated`, with an overlap, page by page; what comes twice changes
//! nothing. No search tells what was deleted, and a service's clock may jump: the messages too are compared now and
//! then, all of them.
//!
//! A plan is read whole or refused whole ([`crate::fhir::plan`]); then the one before stays, and the service is told.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, SecondsFormat, Utc};
use dagsform_care::{
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
    fhir::{plan, plan::Head, questionnaire},
    inbox::{Inbox, InboxError, Mark},
};

mod news;
mod search;

/// How often is asked on average while all goes well: what the service does is on the tablet within a minute.
const EVERY: Duration = Duration::from_secs(40);
/// How often the parts of a plan are compared although its parent has not changed, and all messages with those kept.
const COMPARE_EVERY: Duration = Duration::from_secs(15 * 60);
/// So often a plan that changes while it is fetched is fetched anew.
const ATTEMPTS: u32 = 3;
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
    /// Whether the plan that was met last is in use.
    in_use: bool,
}

impl<I: Inbox> Fetcher<I> {
    /// A fetcher.
    pub fn new(inbox: Arc<I>, client: Client, enrolment: Enrolment, timing: Timing) -> Self {
        Self { inbox, client, enrolment, timing, compared: None, in_use: false }
    }

    /// Passes on schedule and when it is woken, until every sender of `wake` is gone.
    pub async fn run(mut self, mut wake: Receiver<Wake>) {
        let mut backoff = Backoff::default();
        loop {
            while wake.try_recv().is_ok() {}
            // Tablets that came into step, by a power cut or an outage, get out of it again.
            let every = EVERY * 3 / 4 + (self.timing.jitter)(EVERY / 2);
            let wait = match self.pass().await {
                Ok(()) => {
                    backoff.reset();
                    every
                }
                Err(fault) => {
                    tracing::debug!(%fault, "fetching");
                    let asked = match &fault {
                        FetchFault::Sync(fault) => fault.retry_after(),
                        FetchFault::Inbox(_) => None,
                    };
                    backoff.after_failure(asked, &self.timing).max(every)
                }
            };
            let mut slept = (self.timing.sleep)(wait);
            tokio::select! {
                () = &mut slept => {}
                woken = wake.recv() => if woken.is_none() { return },
            }
        }
    }

    /// Fetches what is new. What one part fails on does not keep the others from coming, unless the service cannot be
    /// reached or asks for patience.
    ///
    /// # Errors
    /// The first that failed.
    pub async fn pass(&mut self) -> Result<(), FetchFault> {
        let compare = self.compared.is_none_or(|at| at.elapsed() >= COMPARE_EVERY);
        let plan = Box::pin(self.plan(compare)).await;
        if wants_rest(&plan) {
            return plan;
        }
        let messages = self.messages(compare).await;
        if wants_rest(&messages) {
            return plan.and(messages);
        }
        let seen = self.seen().await;
        plan.and(messages)?;
        if compare {
            self.compared = Some(Instant::now());
        }
        seen
    }

    async fn plan(&mut self, compare: bool) -> Result<(), FetchFault> {
        let mark = self.inbox.mark(Mark::Plan).await?;
        let known = mark.as_deref().and_then(|mark| mark.split_once(' '));
        let parent = match known {
            Some((reference, etag)) => match self.client.get(reference, (!compare).then_some(etag)).await? {
                Got::NotModified if self.in_use => return self.checked().await,
                Got::NotModified | Got::Missing => None,
                Got::Resource { body, .. } => Some(raw(body)?),
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
            Some(parent) => {
                let head = head(&parent)?;
                self.in_use = head.is_in_use();
                // The version known already: it has ended, or the service does not know 304.
                if compare || mark.as_ref() != Some(&met(&head)) {
                    self.whole(parent).await?;
                }
            }
            None => {
                if let Some((reference, _)) = known {
                    self.withdrawn(reference).await?;
                }
                self.inbox.set_mark(Mark::Plan, String::new()).await?;
            }
        }
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
            let head = head(&resource)?;
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
            let head = head(&parent)?;
            let mut parts = Vec::new();
            for kind in PARTS {
                parts.extend(self.search_if_kept(kind, &self.of_patient("patient")).await?);
            }
            let read = plan::read(&parent, &parts, &self.enrolment.patient_reference);
            let lists = match &read {
                Ok(plan) => self.lists(plan).await?,
                Err(_) => Ok(Vec::new()),
            };
            match self.client.get(&head.reference, Some(&etag(&head))).await? {
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
                Err(_) if head.has_ended() => {
                    let dated = head.last_updated.unwrap_or_else(Utc::now);
                    Ok(Plan { status: Status::Ended, ..Plan::bare(head.version(), dated) })
                }
                read => read,
            };
            self.settle(&head, read.map_err(|fault| fault.to_string()), lists).await?;
            return Ok(());
        }
        // It is being worked on; the next pass looks again.
        Ok(())
    }

    /// Commits what becomes of a version.
    async fn settle(
        &self,
        head: &Head,
        read: Result<Plan, String>,
        lists: Result<Vec<Questionnaire>, String>,
    ) -> Result<(), FetchFault> {
        let (mark, digest) = (met(head), digest(&read, &lists));
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
}

/// Whether the service is not to be asked for anything more.
fn wants_rest(fetched: &Result<(), FetchFault>) -> bool {
    matches!(fetched, Err(FetchFault::Sync(SyncFault::Unreachable { .. } | SyncFault::Busy { .. })))
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

fn head(resource: &RawValue) -> Result<Head, NotUnderstood> {
    plan::head(resource).map_err(|fault| NotUnderstood::NotABundle(fault.to_string()))
}

/// The ETag that goes with a version (R4, 3.1.0.1.1).
fn etag(head: &Head) -> String {
    format!("W/\"{}\"", head.version_id)
}

/// A version of a plan as [`Mark::Plan`] keeps it.
fn met(head: &Head) -> String {
    format!("{} {}", head.reference, etag(head))
}

fn raw(body: Vec<u8>) -> Result<Box<RawValue>, NotUnderstood> {
    serde_json::from_slice(&body).map_err(|error| NotUnderstood::NotABundle(error.to_string()))
}

/// A time as FHIR writes an instant; sorts as text.
fn instant(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// What was read of the parts of a plan, or why it could not be; what else the patient has at the service is not in it.
fn digest(read: &Result<Plan, String>, lists: &Result<Vec<Questionnaire>, String>) -> String {
    let hash = Sha256::digest(format!("{read:?}{lists:?}"));
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
