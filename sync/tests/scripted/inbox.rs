//! An inbox in memory that counts what changes, as the record would.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
};

use chrono::{DateTime, Utc};
use dagsform_care::{
    message::Received,
    plan::{Plan, PlanVersion},
    questionnaire::Questionnaire,
};
use dagsform_sync::{Inbox, InboxError, Mark};

#[derive(Default)]
pub struct Kept {
    pub marks: BTreeMap<&'static str, String>,
    /// Each plan that was taken, with how many lists.
    pub plans: Vec<(Plan, usize)>,
    /// Each version that was refused, and why.
    pub refused: Vec<(String, String)>,
    pub messages: BTreeMap<String, Received>,
    pub seen: BTreeMap<String, DateTime<Utc>>,
    /// How often a message or a mark was new or became another.
    pub changes: usize,
    /// The disk is full.
    pub full: bool,
}

#[derive(Default)]
pub struct MemoryInbox(Mutex<Kept>);

impl MemoryInbox {
    pub fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap()
    }

    fn keep(&self) -> Result<MutexGuard<'_, Kept>, InboxError> {
        let kept = self.kept();
        if kept.full { Err(InboxError::NotKept("the disk is full".to_owned())) } else { Ok(kept) }
    }

    /// The texts of the messages that are shown.
    pub fn texts(&self) -> Vec<String> {
        let kept = self.kept();
        kept.messages.values().filter(|it| !it.withdrawn).map(|it| it.text.clone()).collect()
    }
}

impl Inbox for MemoryInbox {
    async fn mark(&self, mark: Mark) -> Result<Option<String>, InboxError> {
        Ok(self.kept().marks.get(mark.name()).cloned())
    }

    async fn set_mark(&self, mark: Mark, value: String) -> Result<(), InboxError> {
        self.keep()?.marks.insert(mark.name(), value);
        Ok(())
    }

    async fn told_time(&self, _: DateTime<Utc>) -> Result<(), InboxError> {
        Ok(())
    }

    async fn take_plan(&self, plan: Plan, lists: Vec<Questionnaire>) -> Result<(), InboxError> {
        self.keep()?.plans.push((plan, lists.len()));
        Ok(())
    }

    async fn refuse_plan(&self, version: PlanVersion, problem: String) -> Result<(), InboxError> {
        self.keep()?.refused.push((version.0, problem));
        Ok(())
    }

    async fn messages(&self) -> Result<Vec<String>, InboxError> {
        Ok(self.kept().messages.values().filter(|it| !it.withdrawn).map(|it| it.reference.clone()).collect())
    }

    async fn withdraw_messages(&self, references: Vec<String>) -> Result<(), InboxError> {
        let mut kept = self.keep()?;
        for reference in references {
            let message = kept.messages.get_mut(&reference).unwrap();
            message.withdrawn = true;
            message.version.clear();
            kept.changes += 1;
        }
        Ok(())
    }

    async fn take_messages(&self, messages: Vec<Received>) -> Result<(), InboxError> {
        let mut kept = self.keep()?;
        for message in messages {
            if kept.messages.get(&message.reference).is_none_or(|known| known.version != message.version) {
                kept.messages.insert(message.reference.clone(), message);
                kept.changes += 1;
            }
        }
        Ok(())
    }

    async fn take_seen(&self, seen: Vec<(String, DateTime<Utc>)>) -> Result<(), InboxError> {
        let mut kept = self.keep()?;
        for (place, at) in seen {
            if kept.seen.get(&place).is_none_or(|known| *known < at) {
                kept.seen.insert(place, at);
                kept.changes += 1;
            }
        }
        Ok(())
    }
}
