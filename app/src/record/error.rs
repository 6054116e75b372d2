//! What can go wrong with the record, named so that words and a way out can be chosen.

use std::{
    io,
    path::{Path, PathBuf},
};

use dagsform_care::Identity;
use dagsform_sensors::SinkError;
use rusqlite::{ErrorCode, ffi::SQLITE_IOERR_SHMSIZE};

/// Why the record could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be made or used.
    #[error("the folder {path} cannot be used")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another program has it open.
    #[error(
        "the record in {path} is in use by another Dagsform program (process {holder}); close it, or give the command there"
    )]
    Locked {
        /// The folder.
        path: PathBuf,
        /// The other program's process number, as far as it said.
        holder: String,
    },
    /// A newer program wrote it.
    #[error(
        "the record in {path} was written by a newer Dagsform (version {found} of the record, this program knows {known}); update the program, nothing has been changed"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest that this program knows.
        known: u32,
    },
    /// The file is an SQLite database, but not ours.
    #[error("{path} is not a Dagsform record; choose another folder, nothing has been changed")]
    NotARecord {
        /// The file.
        path: PathBuf,
    },
    /// Something was wrong with the file itself.
    #[error("the record {path} cannot be opened")]
    Record {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: RecordError,
    },
}

impl OpenError {
    /// The folder, or what lies beside the record, cannot be written.
    pub(super) fn folder(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull => Self::Record { path, source: RecordError::Full },
            io::ErrorKind::ReadOnlyFilesystem => Self::Record { path, source: RecordError::ReadOnly },
            _ => Self::Folder { path, source },
        }
    }
}

/// Why the record could not be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// There is no such reading.
    #[error("there is no reading {0} in the record; `dagsform export` lists them")]
    NoSuchReading(Identity),
    /// It is the patient's own, or the service has it already.
    #[error("the reading {0} cannot be erased: it is the patient's own or the service has it; it can be taken back")]
    NotToBeErased(Identity),
    /// Two readings that measure different things.
    #[error("the reading {0} cannot be a repetition of {1}: they measure different things")]
    NotTheSameKind(Identity, Identity),
    /// No answers have that identity.
    #[error("there are no answers {0} in the record; `dagsform export` lists them")]
    NoSuchAnswers(Identity),
    /// A list of questions came once more with other content.
    #[error("the list of questions {0} has other content than before; a changed list needs a version of its own")]
    ListChanged(String),
    /// No space is left.
    #[error("the disk is full; free some space, what was not stored is fetched again from the sensor")]
    Full,
    /// It may not be written.
    #[error("it can be read but not written; check the permissions of the folder")]
    ReadOnly,
    /// The file is damaged.
    #[error("it is damaged ({0}); keep a copy of the folder and call the follow-up service")]
    Damaged(String),
    /// The program is ending.
    #[error("it is closed")]
    Closed,
    /// The tablet has no patient yet.
    #[error("this tablet has not been given to a patient; run `dagsform enrol` first")]
    NotEnrolled,
    /// The tablet belongs to another patient.
    #[error("this tablet belongs to another patient; it must be emptied before it is given away")]
    OtherPatient,
    /// The tablet has readings of another service.
    #[error(
        "this tablet has readings or answers for the service that it was enrolled with; it must be emptied before it is enrolled with another one"
    )]
    OtherService,
    /// The device is not assigned to the patient.
    #[error("the device {0} is not assigned to this patient; pair it first")]
    NotAssigned(String),
    /// A row does not say what this program would have written.
    #[error("it holds something unreadable: {0}")]
    Unreadable(String),
    /// Anything else SQLite reported.
    #[error("{0}")]
    Other(String),
}

impl From<rusqlite::Error> for RecordError {
    fn from(error: rusqlite::Error) -> Self {
        let text = error.to_string();
        // On a full disk the file that the write-ahead log shares cannot grow.
        if error.sqlite_error().is_some_and(|error| error.extended_code == SQLITE_IOERR_SHMSIZE) {
            return Self::Full;
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly,
            Some(ErrorCode::CannotOpen) => Self::ReadOnly,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(text),
            _ => Self::Other(text),
        }
    }
}

impl From<serde_json::Error> for RecordError {
    fn from(error: serde_json::Error) -> Self {
        Self::Unreadable(error.to_string())
    }
}

impl From<RecordError> for SinkError {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::Full => Self::Full,
            RecordError::ReadOnly => Self::ReadOnly,
            RecordError::Damaged(what) => Self::Damaged(what),
            RecordError::Closed => Self::Closed,
            other => Self::Other(other.to_string()),
        }
    }
}
