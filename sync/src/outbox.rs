//! The port through which this room gets what is to be sent, and says what became of it.
//!
//! A reading or an answer can change after it was sent: it is taken back, its time is corrected, someone says who
//! measured. The outbox keeps one entry for it, and this room brings the service to its newest version.

use std::future::Future;

use dagsform_care::{DeviceId, DeviceInformation, Identity, Reading, item::Item};

/// Something to send.
#[derive(Clone, Debug)]
pub enum Due {
    /// A reading.
    Reading(Box<Entry>),
    /// Something else that was said on the tablet.
    Item(Box<ItemEntry>),
}

impl Due {
    /// The outbox's own number for it, greater than 0 and growing. It stays when the content changes.
    pub fn number(&self) -> i64 {
        match self {
            Self::Reading(entry) => entry.number,
            Self::Item(entry) => entry.number,
        }
    }

    /// Counts the changes of the content: 1 as it was first saved.
    pub fn version(&self) -> u32 {
        match self {
            Self::Reading(entry) => entry.version,
            Self::Item(entry) => entry.version,
        }
    }

    /// What makes sending it twice harmless.
    pub fn identity(&self) -> Identity {
        match self {
            Self::Reading(entry) => entry.reading.identity,
            Self::Item(entry) => entry.item.identity(),
        }
    }
}

/// An answered list, a message, a medicine taken: in its newest version.
#[derive(Clone, Debug)]
pub struct ItemEntry {
    /// As of an [`Entry`].
    pub number: i64,
    /// As of an [`Entry`].
    pub version: u32,
    /// What was said.
    pub item: Item,
    /// As of an [`Entry`].
    pub sent_before: bool,
}

/// A reading in its newest version.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The outbox's own number for it, greater than 0 and growing. It stays when the reading changes.
    pub number: i64,
    /// Counts the changes of the reading: 1 as it was first saved.
    pub version: u32,
    /// The reading.
    pub reading: Reading,
    /// The sensor it came from, with what it said of itself when last asked; `None` for an entry by hand.
    pub sensor: Option<(DeviceId, DeviceInformation)>,
    /// Some earlier version of it may have reached the service, where a conditional create would leave it. When in
    /// doubt `true`: an update creates what is not there yet.
    pub sent_before: bool,
}

/// What became of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The service has confirmed this entry.
    Delivered {
        /// Where it keeps each of the resources, relative to its base (`Observation/123`), in the order in which
        /// they are sent; none if it did not say so of all.
        locations: Vec<String>,
        /// At least one resource was new to the service.
        created: bool,
    },
    /// The service will never take this entry as it is. It is set aside and shown.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The service's words (an OperationOutcome's diagnostics, shortened).
        reason: String,
    },
    /// This tablet cannot send it as it is: set aside and shown, never lost.
    Unsendable {
        /// Which field cannot be expressed, and why.
        reason: String,
    },
}

/// Why the outbox could not be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the outbox could not be used: {0}")]
pub struct OutboxError(pub String);

/// The outbox: implemented by the record.
pub trait Outbox: Send + Sync + 'static {
    /// The oldest entries with a number above `after` whose newest version is neither delivered nor set aside, in
    /// order. Every pass begins at 0 and walks on, so that an entry that cannot be sent today never
    /// stands in the way of those behind it.
    fn due(&self, after: i64, limit: usize) -> impl Future<Output = Result<Vec<Due>, OutboxError>> + Send;

    /// How many entries are neither delivered nor set aside.
    fn waiting(&self) -> impl Future<Output = Result<u64, OutboxError>> + Send;

    /// Commits what became of entries: number, version, outcome. An entry whose reading has changed since that version
    /// stays, as sent before; one already settled in that version stays as it is.
    fn settle(&self, outcomes: Vec<(i64, u32, Outcome)>) -> impl Future<Output = Result<(), OutboxError>> + Send;

    /// Where the service keeps what it confirmed within the last hour, at most so many readings: an
    /// answer that comes again must not be taken for another one, also after a restart.
    fn confirmed(&self, _limit: usize) -> impl Future<Output = Result<Vec<(String, Identity)>, OutboxError>> + Send {
        std::future::ready(Ok(Vec::new()))
    }
}
