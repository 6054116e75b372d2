//! Pauses that were agreed.

use chrono::{DateTime, FixedOffset, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{Occurrence, local};
use crate::time::Tz;

/// A time in which nothing is asked for. Where it has no end it lasts until further notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pause {
    /// Between two instants, the second excluded.
    Instants {
        /// From when on.
        from: DateTime<FixedOffset>,
        /// Until when.
        until: Option<DateTime<FixedOffset>>,
    },
    /// Whole local days, both included.
    Days {
        /// The first day.
        first: NaiveDate,
        /// The last day.
        last: Option<NaiveDate>,
    },
}

impl Pause {
    /// Whether it excuses an occurrence: the two share any time.
    pub fn excuses(&self, occurrence: &Occurrence, zone: Tz) -> bool {
        let (from, until) = match *self {
            Self::Instants { from, until } => (Some(from), until),
            Self::Days { first, last } => {
                let after = last.and_then(|last| last.succ_opt());
                (local::midnight(first, zone), after.and_then(|after| local::midnight(after, zone)))
            }
        };
        let empty = from.zip(until).is_some_and(|(from, until)| until <= from);
        !empty && from.is_none_or(|from| from < occurrence.ends) && until.is_none_or(|until| occurrence.begins < until)
    }
}
