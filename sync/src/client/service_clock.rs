//! What time it is by the service, from the `Date` of its answers (RFC 9110, 6.6.1). An address of a service is https or
//! this machine itself, so nobody on the way can have changed it.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::access::Clock;

/// The tablet's clock, and how far it is from the service's. A copy shares what was heard.
#[derive(Clone)]
pub(crate) struct ServiceClock {
    tablet: Clock,
    heard: Arc<Mutex<Option<Heard>>>,
}

#[derive(Clone, Copy)]
struct Heard {
    date: DateTime<Utc>,
    /// The service's time less the tablet's.
    offset: TimeDelta,
    told: bool,
}

impl ServiceClock {
    pub(crate) fn new(tablet: Clock) -> Self {
        Self { tablet, heard: Arc::default() }
    }

    /// An answer came with this date.
    pub(crate) fn hear(&self, date: DateTime<Utc>) {
        let offset = date.signed_duration_since(self.tablet());
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Some(Heard { date, offset, told: false });
    }

    /// What time it is by the tablet.
    pub(crate) fn tablet(&self) -> DateTime<Utc> {
        (self.tablet)()
    }

    /// The date of the last answer.
    pub(crate) fn last(&self) -> Option<DateTime<Utc>> {
        self.heard().map(|heard| heard.date)
    }

    /// The service's time less the tablet's, at the last answer.
    pub(crate) fn offset(&self) -> Option<TimeDelta> {
        self.heard().map(|heard| heard.offset)
    }

    /// The date of the last answer, given once.
    pub(crate) fn news(&self) -> Option<DateTime<Utc>> {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let heard = heard.as_mut().filter(|heard| !heard.told)?;
        heard.told = true;
        Some(heard.date)
    }

    fn heard(&self) -> Option<Heard> {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
