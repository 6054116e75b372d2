//! The plan as the screens need it: what is asked for now, and what was done by it.

use std::sync::Arc;

use chrono::{DateTime, FixedOffset};
use dagsform_care::{
    PatientId, Trust,
    agenda::{Agenda, agenda},
    plan::{List, Plan, When},
    questionnaire::{Canonical, Checked},
    time::ZONE,
    timing::{Clock, Reminder},
};

use crate::{
    record::{Draft, InForce, ItemRow, ReadingRow, ReceivedRow, RefusedPlan},
    today,
};

/// What the record says of the plan and of what is said, as it was read last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Book {
    /// Whose tablet it is.
    pub patient: Option<PatientId>,
    /// The plan in force.
    pub in_force: Option<InForce>,
    /// Since when a plan is followed.
    pub followed_since: Option<DateTime<FixedOffset>>,
    /// When it was last compared with the service's.
    pub checked_at: Option<DateTime<FixedOffset>>,
    /// A newer version that was refused.
    pub refused: Option<RefusedPlan>,
    /// Its lists of questions, and those of the drafts.
    pub lists: Vec<Arc<Checked>>,
    /// Lists that are being answered.
    pub drafts: Vec<Draft>,
    /// The readings of the last days, oldest first.
    pub readings: Vec<ReadingRow>,
    /// What was said in the last days, oldest first.
    pub said: Vec<ItemRow>,
    /// All messages of the patient's side, oldest first.
    pub messages: Vec<ItemRow>,
    /// All messages of the service, oldest first.
    pub received: Vec<ReceivedRow>,
    /// Reminders that were put off.
    pub put_off: Vec<(String, DateTime<FixedOffset>)>,
    /// How far the tablet's clock is believed.
    pub trust: Trust,
}

impl Book {
    /// The plan in force.
    pub fn plan(&self) -> Option<&Plan> {
        self.in_force.as_ref().map(|in_force| &*in_force.plan)
    }

    /// What the plan asks for today, and how that stands; `None` without a plan.
    pub fn agenda(&self, now: DateTime<FixedOffset>) -> Option<Agenda<'_>> {
        let done = today::done(&self.readings, &self.said);
        let clock = Clock { now, trust: self.trust };
        Some(agenda(self.plan()?, &done, self.followed_since.unwrap_or(now), clock, ZONE))
    }

    /// The next reminder that is to come if nothing else happens.
    pub fn next_reminder(&self, now: DateTime<FixedOffset>) -> Option<Reminder> {
        let (plan, agenda) = (self.plan()?, self.agenda(now)?);
        let put_off = today::put_off(&agenda, &self.put_off);
        agenda.next_reminder(plan, &put_off, now, ZONE)
    }

    /// The lists that are always there to be answered (brief R15).
    pub fn always(&self) -> impl Iterator<Item = &List> {
        let lists = self.plan().map(|plan| plan.lists.as_slice()).unwrap_or_default();
        lists.iter().filter(|list| list.when == When::AsNeeded && self.list(&list.questionnaire).is_some())
    }

    /// How many messages of the service have not been on the screen.
    pub fn unread(&self) -> usize {
        self.received.iter().filter(|row| row.read_at.is_none() && !row.message.withdrawn).count()
    }

    /// A list of questions.
    pub fn list(&self, canonical: &Canonical) -> Option<&Arc<Checked>> {
        self.lists.iter().find(|list| list.questionnaire().canonical == *canonical)
    }
}
