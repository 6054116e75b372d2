//! The day's tasks.

use super::{Delivery, Kind};
use crate::fault::Fault;
use crate::moment::Moment;

/// Due, later, done.
#[derive(Debug, Clone, PartialEq)]
pub struct TodayView {
    /// The day it is.
    pub date: Date,
    /// What is agreed for today, in the order of the day.
    pub tasks: Vec<TaskView>,
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

/// One agreed measurement.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskView {
    /// What is measured.
    pub kind: Kind,
    /// From when on.
    pub from: TimeOfDay,
    /// Until when.
    pub until: TimeOfDay,
    /// How it stands.
    pub state: TaskState,
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
    /// Measured.
    Done {
        /// When.
        at: Moment,
        /// How far the reading has come.
        delivery: Delivery,
    },
}
