//! Why a request had no answer: the network, the certificate, or the tablet's clock.

use std::{error::Error, io};

use chrono::{DateTime, TimeDelta, Utc};
use rustls::{CertificateError, pki_types::UnixTime};

use crate::fault::{CertificateFault, SyncFault};

/// The fault of a request without an answer.
pub(super) fn fault(error: &reqwest::Error) -> SyncFault {
    let certificate = tls(error).and_then(|error| match error {
        rustls::Error::InvalidCertificate(fault) => Some(fault),
        _ => None,
    });
    match certificate {
        Some(fault) => of_certificate(fault),
        None => SyncFault::Unreachable { reason: told(error) },
    }
}

fn of_certificate(fault: &CertificateError) -> SyncFault {
    SyncFault::Certificate(match fault {
        // Nobody uses a certificate before its time. A clock that has lost its time is often far in the past.
        CertificateError::NotValidYetContext { time, not_before } => {
            return SyncFault::clock_off(seconds(time) - seconds(not_before));
        }
        CertificateError::ExpiredContext { not_after, .. } => {
            CertificateFault::Expired { until: DateTime::<Utc>::UNIX_EPOCH + seconds(not_after) }
        }
        CertificateError::UnknownIssuer => CertificateFault::UnknownIssuer,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            CertificateFault::OtherName
        }
        // Only the check of the pinned key says this.
        CertificateError::ApplicationVerificationFailure => CertificateFault::OtherKey,
        other => CertificateFault::Other(other.to_string()),
    })
}

/// Since 1970, never so much that it could not be added.
fn seconds(time: &UnixTime) -> TimeDelta {
    TimeDelta::seconds(i64::from(u32::try_from(time.as_secs()).unwrap_or(u32::MAX)))
}

/// The error of TLS among an error's causes. An I/O error names the cause of what it holds, and not what it holds.
fn tls(error: &reqwest::Error) -> Option<&rustls::Error> {
    let mut cause = error.source();
    while let Some(error) = cause {
        let held = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        let found = error.downcast_ref().or_else(|| held.and_then(|held| held.downcast_ref()));
        if found.is_some() {
            return found;
        }
        cause = held.map(|held| -> &(dyn Error + 'static) { held }).or_else(|| error.source());
    }
    None
}

/// An error with its causes: reqwest itself says only "error sending request".
pub(super) fn told(error: &reqwest::Error) -> String {
    let mut words = if error.is_timeout() { "time ran out".to_owned() } else { error.to_string() };
    let mut cause = error.source();
    while let Some(next) = cause {
        words = format!("{words}: {next}");
        cause = next.source();
    }
    words
}
