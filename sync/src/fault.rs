//! What can keep readings from being sent, none of it a reading's own fault.

use std::time::Duration;

use chrono::TimeDelta;

use crate::{key::KeyError, outbox::OutboxError};

mod certificate;
mod refusal;

pub use certificate::CertificateFault;
pub use refusal::Refusal;

/// Why sending stopped. Readings stay in the outbox and are tried again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyncFault {
    /// The tablet's own outbox could not be used.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// No answer: no network, no such name, connection refused or lost, time ran out.
    #[error("the service could not be reached: {reason}")]
    Unreachable {
        /// What the network said.
        reason: String,
    },
    /// What answers has a certificate that does not show that it is the service.
    #[error("the service's certificate is not the right one: {0}")]
    Certificate(CertificateFault),
    /// The tablet's clock is wrong, and that is why the service cannot be used.
    #[error("the tablet's clock is wrong by {} and has to be set", in_words(*by))]
    ClockOff {
        /// The tablet's time less the service's: negative when the tablet is behind. Where only the certificate tells,
        /// it is at least so much. In whole minutes; from a day on, in whole days.
        by: TimeDelta,
    },
    /// The tablet's own key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The service says nothing of signing in, and this tablet is to sign in.
    #[error("what answers at the service's address has no signing in (SMART Backend Services)")]
    NoSignIn,
    /// The service does not let this tablet in.
    #[error("the service does not let this tablet in: {0}")]
    NotAuthorised(Refusal),
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
    /// The tablet's clock is wrong by so much.
    pub(crate) fn clock_off(by: TimeDelta) -> Self {
        let rounded =
            if by.num_days() == 0 { TimeDelta::minutes(by.num_minutes()) } else { TimeDelta::days(by.num_days()) };
        Self::ClockOff { by: rounded }
    }

    /// How long the service asked to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

fn in_words(by: TimeDelta) -> String {
    let (far, way) = (by.abs(), if by < TimeDelta::zero() { "behind" } else { "ahead" });
    match (far.num_days(), far.num_hours(), far.num_minutes()) {
        (0, 0, minutes) => format!("{minutes} min ({way})"),
        (0, hours, minutes) => format!("{hours} h {} min ({way})", minutes - 60 * hours),
        (days, ..) => format!("{days} days ({way})"),
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
    /// The answer to another request, given again by something in between.
    #[error("it answers an earlier request")]
    OldAnswer,
    /// The body ended before its time.
    #[error("it was cut short")]
    CutShort,
    /// The body is longer than [`crate::client::LARGEST_ANSWER`].
    #[error("it was too long")]
    TooLong,
    /// JSON that is no FHIR resource, or another one than asked for.
    #[error("{0}")]
    NotABundle(String),
    /// JSON that does not say what signing in needs to know.
    #[error("{0}")]
    SignIn(String),
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
