//! Whether someone is there (brief R24).

use super::{Date, TimeOfDay};

/// Whether the follow-up service is open now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceHours {
    /// The plan says nothing of it.
    Unknown,
    /// It is open.
    Open {
        /// Until then.
        until: TimeOfDay,
    },
    /// It is closed.
    Closed {
        /// When it opens; `None`: not in sight.
        opens: Option<Opening>,
    },
}

/// When the service opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// On which day.
    pub day: OpeningDay,
    /// At which time.
    pub at: TimeOfDay,
}

/// The day on which the service opens, seen from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpeningDay {
    /// The day it is now.
    Today,
    /// The day after.
    Tomorrow,
    /// A later one.
    On(Date),
}
