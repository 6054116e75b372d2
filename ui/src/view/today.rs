//! The day's tasks.

use super::{Delivery, Kind};
use crate::fault::Fault;
use crate::moment::Moment;

/// Due, later, done.
#[derive(Debug, Clone, PartialEq)]
pub struct TodayView {
    /// The day it is.
    pub date: Date,
    /// Whether the follow-up goes on.
    pub follow_up: FollowUp,
    /// What is to be said of the plan.
    pub plan: Vec<PlanRemark>,
    /// Messages that have not been shown yet.
    pub unread: u32,
    /// What is agreed for today, in the order of the day.
    pub tasks: Vec<TaskView>,
    /// The titles of the lists of questions that are always there to be answered.
    pub lists: Vec<String>,
    /// What may be measured besides.
    pub other: Vec<Kind>,
    /// Readings of which it is open whose they are.
    pub asking: u32,
    /// What is wrong now.
    pub faults: Vec<Fault>,
    /// Readings that are saved and wait to be sent.
    pub waiting_to_send: u32,
}

/// A day of the year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date {
    /// 1 Monday to 7 Sunday (ISO 8601).
    pub weekday: u8,
    /// 1 to 31.
    pub day: u8,
    /// 1 to 12.
    pub month: u8,
}

/// A time on the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay {
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
}

/// Whether the follow-up goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FollowUp {
    /// It does.
    Running,
    /// A pause is agreed.
    Paused {
        /// The last day of it, if it has one.
        through: Option<Date>,
    },
    /// The service has ended it.
    Ended {
        /// On that day, if it said so.
        on: Option<Date>,
    },
}

/// What is to be said of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanRemark {
    /// It could not be checked lately whether there is a newer one.
    NotChecked {
        /// When it was checked last; `None`: never.
        last: Option<Moment>,
    },
    /// A newer one has a fault and was not taken; the one before goes on.
    NewerRefused {
        /// When it came.
        at: Moment,
    },
}

/// Something agreed.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskView {
    /// What is to be done.
    pub what: TaskKind,
    /// From when on.
    pub from: TimeOfDay,
    /// Until when.
    pub until: TimeOfDay,
    /// How it stands.
    pub state: TaskState,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskKind {
    /// A measurement.
    Measurement(Kind),
    /// A list of questions.
    Questions {
        /// What the list is called.
        title: String,
    },
    /// A medicine.
    Medicine {
        /// What it is called.
        name: String,
        /// How much, in the plan's words.
        dose: Option<String>,
    },
}

/// How a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskState {
    /// Now is its time.
    Due,
    /// Its time is over, and it can still be done. No reproach.
    Late,
    /// Its time comes later today.
    Later,
    /// Measured, answered or taken.
    Done {
        /// When.
        at: Moment,
        /// How far the reading or the answers have come.
        delivery: Delivery,
    },
    /// A medicine that was not taken: the person has said so.
    NotTaken {
        /// When that was said.
        at: Moment,
        /// How far the word has come.
        delivery: Delivery,
    },
    /// A pause is agreed.
    Paused,
    /// It cannot be told: the tablet's clock may be wrong. It can be done.
    ClockInDoubt,
}
