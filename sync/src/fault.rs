//! What can keep readings from being sent, none of it a reading's own fault.

use std::time::Duration;

use crate::outbox::OutboxError;

/// Why sending stopped. Readings stay in the outbox and are tried again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyncFault {
    /// The tablet's own outbox could not be used.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// No answer: no network, no such name, connection refused or lost, time ran out, a certificate
    /// that is not trusted.
    #[error("the service could not be reached: {reason}")]
    Unreachable {
        /// What the network said.
        reason: String,
    },
    /// 401: the service does not know this tablet any more.
    #[error("the service does not accept this tablet's credentials (401)")]
    NotAuthorised,
    /// 403: the service knows this tablet and does not let it send.
    #[error("the service does not allow this tablet to send (403)")]
    Forbidden,
    /// The service does not know the patient: the enrolment is wrong or has ended.
    #[error("the service does not know {reference}")]
    UnknownPatient {
        /// The patient's reference.
        reference: String,
    },
    /// The service has refused every reading so far, and does not let the tablet ask whether it knows
    /// the patient: that is more likely the enrolment's fault than each reading's.
    #[error("the service refuses every reading so far ({status}): {reason}")]
    NothingAccepted {
        /// The HTTP status.
        status: u16,
        /// The service's words, shortened.
        reason: String,
    },
    /// The service refuses the tablet's or the sensor's own description, without any reading.
    #[error("the service does not accept the description of tablet and sensor ({status}): {reason}")]
    DeviceRefused {
        /// The HTTP status.
        status: u16,
        /// The service's words, shortened.
        reason: String,
    },
    /// 413 for a single entry: the service's limit is too small for any reading.
    #[error("the service does not take even one reading at a time (413)")]
    TooLarge,
    /// 429 or 503: the service asks for patience.
    #[error("the service is busy ({status})")]
    Busy {
        /// The HTTP status.
        status: u16,
        /// How long it asked to be left alone (`Retry-After`).
        retry_after: Option<Duration>,
    },
    /// 408 or 5xx.
    #[error("the service failed ({status})")]
    ServerError {
        /// The HTTP status.
        status: u16,
    },
    /// What answers at this address does not accept FHIR transactions (404, 405, 415 and their like).
    #[error("what answers at the service's address does not take FHIR transactions ({status})")]
    NotFhir {
        /// The HTTP status.
        status: u16,
    },
    /// An answer came, but not one that says what became of the readings.
    #[error("the answer was not understood: {0}")]
    NotUnderstood(#[from] NotUnderstood),
}

impl SyncFault {
    /// How long the service asked to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// What was wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotUnderstood {
    /// A redirection; a login page of the network, or a service that has moved.
    #[error("redirected ({status}); a network that wants a login does this")]
    Redirected {
        /// The HTTP status.
        status: u16,
    },
    /// Not JSON by its content type: usually the web page of a network that wants a login.
    #[error("content of type '{content_type}'; a network that wants a login does this")]
    ContentType {
        /// The type, or nothing.
        content_type: String,
    },
    /// The body ended before its time.
    #[error("it was cut short")]
    CutShort,
    /// The body is longer than [`crate::client::LARGEST_ANSWER`].
    #[error("it was too long")]
    TooLong,
    /// JSON that is no FHIR resource, or another one than asked for.
    #[error("{0}")]
    NotABundle(String),
    /// Another number of entries than were sent.
    #[error("{received} entries answer {sent}")]
    EntryCount {
        /// How many were sent.
        sent: usize,
        /// How many came back.
        received: usize,
    },
    /// An entry neither confirmed nor refused, or about another resource than the one sent.
    #[error("entry {index} says '{said}'")]
    Entry {
        /// Its place in the bundle, from 0.
        index: usize,
        /// What it says.
        said: String,
    },
}
