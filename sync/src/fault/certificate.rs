//! What can be wrong with a service's certificate.

use chrono::{DateTime, Utc};

/// Why the service's certificate does not show that it is the right service.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateFault {
    /// It has ended, if the tablet's clock is right.
    #[error("it ended at {}", until.format("%Y-%m-%d %H:%M UTC"))]
    Expired {
        /// When it ended.
        until: DateTime<Utc>,
    },
    /// Nobody whom the tablet trusts has signed it.
    #[error("it is not signed by an authority that this tablet trusts")]
    UnknownIssuer,
    /// It is for another name than the address has.
    #[error("it is for another address")]
    OtherName,
    /// It has another key than the one that the enrolment told.
    #[error("it has another key than this tablet was told")]
    OtherKey,
    /// Something else.
    #[error("{0}")]
    Other(String),
}
