//! The record: all that the tablet must not lose, in one SQLite file. Nothing else touches SQLite.
//!
//! One thread owns the one connection and does what it is asked in order, so there is one writer and
//! one place that opens the file. `synchronous=FULL` with a write-ahead log: when a commit has
//! returned, a power cut cannot take it back.

mod changes;
mod devices;
mod drafts;
mod enrolment;
mod error;
mod frames;
mod inbox;
mod items;
mod lock;
mod outbox;
mod plans;
mod readings;
mod reminders;
mod schema;
mod time;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    thread::JoinHandle,
    time::Duration,
};

use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};
use dagsform_care::Trust;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::{oneshot, watch};

pub use devices::{AssignedDevice, Earlier, LinkKind, NewDevice};
pub use drafts::Draft;
pub use enrolment::{Enrolling, Enrolment, Proof};
pub use error::{OpenError, RecordError};
pub use frames::{FrameRow, Kept};
pub use inbox::ReceivedRow;
pub use items::ItemRow;
pub use outbox::{Counts, Delivery};
pub use plans::{Fate, InForce, RefusedPlan};
pub use readings::{ReadingRow, SavedReading};

use lock::InstanceLock;

/// The record's file in the data folder.
const FILE: &str = "record.sqlite";

/// When the service has seen all that an outbox entry became, if it has.
const SEEN: &str = "(SELECT max(seen.at) FROM json_each(outbox.locations) AS place JOIN seen ON seen.place = place.value \
     AND seen.stale = 0 HAVING count(*) = json_array_length(outbox.locations) AND count(*) > 0)";

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// A handle on the record. Clones share it; it is closed in order when the last one goes.
#[derive(Clone)]
pub struct Record {
    shared: Arc<Shared>,
}

struct Shared {
    queue: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    path: PathBuf,
    changed: watch::Sender<u64>,
    time: time::TimeKeeper,
}

impl Record {
    /// Opens the record of a data folder, making both where they do not exist.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        let in_folder = |source| OpenError::folder(folder, source);
        make_private(folder).map_err(in_folder)?;
        let lock = InstanceLock::take(folder)?;
        let path = folder.join(FILE);
        let in_record = |source: RecordError| OpenError::Record { path: path.clone(), source };
        make_file_private(&path).map_err(in_folder)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(&path, flags).map_err(|e| in_record(e.into()))?;
        if connection.is_readonly("main").map_err(|e| in_record(e.into()))? {
            return Err(in_record(RecordError::ReadOnly));
        }
        // Before anything is set: what is not ours stays as it is.
        schema::recognise(&connection, &path)?;
        configure(&connection).map_err(|e| in_record(e.into()))?;
        schema::bring_up_to_date(&mut connection, &path)?;
        if lock.left_open {
            schema::check(&connection).map_err(in_record)?;
            changes::clean_again(&connection).map_err(in_record)?;
        }
        let last_saved = readings::last_saved(&connection).map_err(in_record)?;
        let written = time::program_written();
        let certainly_past = last_saved.map_or(written, |saved| saved.max(written));

        let (queue, jobs) = mpsc::channel::<Job>();
        let thread = std::thread::Builder::new()
            .name("record".into())
            .spawn(move || {
                for job in jobs {
                    job(&mut connection);
                }
                if let Err((_, error)) = connection.close() {
                    tracing::warn!(%error, "the record was not closed in order");
                    return;
                }
                lock.release();
            })
            .map_err(in_folder)?;
        let shared = Shared {
            queue: Some(queue),
            thread: Some(thread),
            path,
            changed: watch::Sender::new(0),
            time: time::TimeKeeper::new(certainly_past),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// Changes each time something was committed that a screen or the sync may want to know.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changed.subscribe()
    }

    /// Has the owning thread do a job, and waits for the answer.
    async fn ask<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> Result<T, RecordError> + Send + 'static,
    ) -> Result<T, RecordError> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // The asker may have gone; the job is done all the same.
            let _ = reply.send(job(connection));
        });
        let queue = self.shared.queue.as_ref().ok_or(RecordError::Closed)?;
        queue.send(job).map_err(|_| RecordError::Closed)?;
        answer.await.map_err(|_| RecordError::Closed)?
    }

    fn tell_change(&self) {
        self.shared.changed.send_modify(|n| *n = n.wrapping_add(1));
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the record's thread ended badly");
        }
    }
}

/// Makes a folder that only its owner may read: it holds health data.
fn make_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Makes the record's file, if it is not there, so that only its owner may read it, whoever made the folder: it holds
/// health data and the tablet's key. The files that SQLite puts beside it are made likewise.
fn make_file_private(file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    // The instance lock keeps other programs away; a backup tool may hold the file for a moment.
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Written back every megabyte, so that a nearly full disk is not filled by the log alone.
    connection.pragma_update(None, "wal_autocheckpoint", 250)?;
    // What is erased is overwritten: someone else's reading must not stay in the file (brief R29).
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// A time as it is stored: RFC 3339 with microseconds, its own offset kept.
fn stored(time: &DateTime<FixedOffset>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, false)
}

/// A time as it is stored for sorting: UTC.
fn sortable(time: &DateTime<FixedOffset>) -> String {
    time.with_timezone(&Utc).to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn read_time(text: &str) -> Result<DateTime<FixedOffset>, RecordError> {
    DateTime::parse_from_rfc3339(text).map_err(|_| RecordError::Unreadable(format!("'{text}' is not a time")))
}

fn trust_name(trust: Trust) -> &'static str {
    match trust {
        Trust::Trusted => "trusted",
        Trust::Unverified => "unverified",
        Trust::Untrusted => "untrusted",
    }
}

fn read_trust(text: &str) -> Result<Trust, RecordError> {
    match text {
        "trusted" => Ok(Trust::Trusted),
        "unverified" => Ok(Trust::Unverified),
        "untrusted" => Ok(Trust::Untrusted),
        other => Err(RecordError::Unreadable(format!("'{other}' is not a degree of trust"))),
    }
}

#[cfg(test)]
mod tests;
