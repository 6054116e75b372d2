//! How a command ends, for the programs that call it.

use std::process::ExitCode;

use serde::{Deserialize, Serialize};

use crate::record::{OpenError, RecordError};

/// Exit statuses, as in BSD's `sysexits.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exit {
    /// The command was not used as it should be (EX_USAGE).
    Usage,
    /// What was given cannot be understood (EX_DATAERR).
    Data,
    /// A service or a device is not there (EX_UNAVAILABLE).
    Unavailable,
    /// Something else went wrong (EX_SOFTWARE).
    Software,
    /// The record cannot be read or written (EX_IOERR).
    InputOutput,
    /// Trying again later may help (EX_TEMPFAIL).
    TryAgain,
    /// The tablet is not set up for this (EX_CONFIG).
    Configuration,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Usage => 64u8,
            Exit::Data => 65,
            Exit::Unavailable => 69,
            Exit::Software => 70,
            Exit::InputOutput => 74,
            Exit::TryAgain => 75,
            Exit::Configuration => 78,
        })
    }
}

/// An error with the status that it ends the program with.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// The status.
    pub exit: Exit,
    /// What went wrong, and what to do.
    pub message: String,
}

/// A failure as an error.
pub fn failure(exit: Exit, message: impl Into<String>) -> anyhow::Error {
    Failure { exit, message: message.into() }.into()
}

/// The status that an error ends the program with.
pub fn status(error: &anyhow::Error) -> Exit {
    if let Some(failure) = error.downcast_ref::<Failure>() {
        return failure.exit;
    }
    if let Some(open) = error.downcast_ref::<OpenError>() {
        return match open {
            OpenError::Locked { .. } => Exit::TryAgain,
            OpenError::Newer { .. } | OpenError::NotARecord { .. } => Exit::Data,
            OpenError::Folder { .. } | OpenError::Record { .. } => Exit::InputOutput,
        };
    }
    match error.downcast_ref::<RecordError>() {
        Some(RecordError::NotEnrolled | RecordError::OtherPatient | RecordError::NotAssigned(_)) => Exit::Configuration,
        Some(RecordError::NoSuchReading(_) | RecordError::NotToBeErased(_)) => Exit::Data,
        Some(_) => Exit::InputOutput,
        None => Exit::Software,
    }
}
