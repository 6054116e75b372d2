//! What the engine tells the rest of the program while it works.

use chrono::{DateTime, Utc};
use dagsform_care::Identity;

use crate::fault::SyncFault;

/// Something that has happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyncEvent {
    /// The service has confirmed an entry, and the outbox has committed that.
    Delivered {
        /// The outbox's number.
        number: i64,
        /// The reading.
        identity: Identity,
    },
    /// An entry has been set aside, and the outbox has committed that.
    SetAside {
        /// The outbox's number.
        number: i64,
        /// The reading.
        identity: Identity,
        /// Why.
        reason: String,
    },
    /// What time it is by the service, once a pass; only where nobody on the way can have changed it (https, or this
    /// machine itself). The tablet corrects its own clock by it (brief R31).
    ServiceClock {
        /// The `Date` of an answer, as it comes: whole seconds, some moments old.
        says: DateTime<Utc>,
    },
    /// A pass ended with a fault, the first one or another than before.
    Fault(SyncFault),
    /// A pass ended without a fault, after one with.
    FaultEnded,
    /// A pass is over; the engine waits.
    Idle {
        /// How many entries are still to be delivered.
        waiting: u64,
    },
}

/// Why a run of the engine goes on before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// There is something new to send. Does not shorten a wait that the service asked for.
    New,
    /// Try now whatever was asked for: the network is back, or a person wants it.
    Now,
}
