//! The port through which this room gets what is to be sent, and says what became of it.

use std::future::Future;

use dagsform_care::{DeviceId, DeviceInformation, Identity, Reading};

/// Something to send.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The outbox's own number for it, greater than 0 and growing.
    pub number: i64,
    /// The reading.
    pub reading: Reading,
    /// The sensor it came from, with what it said of itself when last asked; `None` for an entry by hand.
    pub sensor: Option<(DeviceId, DeviceInformation)>,
}

/// What became of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The service has confirmed this entry.
    Delivered {
        /// Where it keeps the resources, relative to its base (`Observation/123`), in the order of the
        /// reading's values; what the service did not say is missing.
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
    /// The oldest entries with a number above `after` that are neither delivered nor set aside, in
    /// order. Every pass begins at 0 and walks on, so that an entry that cannot be sent today never
    /// stands in the way of those behind it.
    fn due(&self, after: i64, limit: usize) -> impl Future<Output = Result<Vec<Entry>, OutboxError>> + Send;

    /// How many entries are neither delivered nor set aside.
    fn waiting(&self) -> impl Future<Output = Result<u64, OutboxError>> + Send;

    /// Commits what became of entries. An entry already delivered stays delivered.
    fn settle(&self, outcomes: Vec<(i64, Outcome)>) -> impl Future<Output = Result<(), OutboxError>> + Send;

    /// Where the service keeps what it confirmed within the last hour, at most so many readings: an
    /// answer that comes again must not be taken for another one, also after a restart.
    fn confirmed(&self, _limit: usize) -> impl Future<Output = Result<Vec<(String, Identity)>, OutboxError>> + Send {
        std::future::ready(Ok(Vec::new()))
    }
}
