//! Readings: committed together with their outbox entry.

use chrono::{DateTime, FixedOffset};
use dagsform_care::{Identity, Reading, Reason, Verdict};
use rusqlite::{Connection, OptionalExtension, params};

use super::{Delivery, Record, RecordError, changes, outbox, read_time, sortable, stored};

/// What came of saving a reading.
#[derive(Clone, Debug, PartialEq)]
pub enum SavedReading {
    /// It is new.
    New(Box<Reading>),
    /// It was here already: the live one and the stored one of the same measurement, say.
    Known(Identity),
}

/// A reading with what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadingRow {
    /// The reading.
    pub reading: Reading,
    /// When it was committed.
    pub saved_at: DateTime<FixedOffset>,
    /// How far it has come.
    pub delivery: Delivery,
}

impl Record {
    /// Commits a reading, its outbox entry and the mark on its frame in one transaction.
    pub async fn save_reading(&self, reading: Reading, frame: i64) -> Result<SavedReading, RecordError> {
        let (now, _) = self.now();
        let saved = self.ask(move |connection| save(connection, reading, Some(frame), &now)).await?;
        if matches!(saved, SavedReading::New(_)) {
            self.tell_change();
        }
        Ok(saved)
    }

    /// Commits a reading that was entered by hand, and its outbox entry. Saved once more, it is known.
    pub async fn save_by_hand(&self, reading: Reading) -> Result<SavedReading, RecordError> {
        let (now, _) = self.now();
        let saved = self.ask(move |connection| save(connection, reading, None, &now)).await?;
        if matches!(saved, SavedReading::New(_)) {
            self.tell_change();
        }
        Ok(saved)
    }

    /// All readings, oldest saved first.
    pub async fn readings(&self) -> Result<Vec<ReadingRow>, RecordError> {
        self.ask(|connection| select(connection, "ORDER BY reading.id", usize::MAX)).await
    }

    /// The readings saved last, newest first.
    pub async fn latest_readings(&self, limit: usize) -> Result<Vec<ReadingRow>, RecordError> {
        self.ask(move |connection| select(connection, "ORDER BY reading.id DESC", limit)).await
    }
}

fn save(
    connection: &mut Connection,
    reading: Reading,
    frame: Option<i64>,
    now: &DateTime<FixedOffset>,
) -> Result<SavedReading, RecordError> {
    let transaction = connection.transaction()?;
    let identity = reading.identity;
    if changes::is_erased(&transaction, identity)? {
        // It was someone else's, and was sent once more.
        transaction.execute("DELETE FROM frame WHERE id = ?1", [frame])?;
        transaction.commit()?;
        return Ok(SavedReading::Known(identity));
    }
    let existing: Option<i64> = transaction
        .prepare_cached("SELECT id FROM reading WHERE identity = ?1")?
        .query_row([identity.to_string()], |row| row.get(0))
        .optional()?;
    let (id, state) = match existing {
        Some(id) => (id, "known"),
        None => {
            let id = transaction
                .prepare_cached("INSERT INTO reading (identity, kind, effective, verdict, body, saved_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
                .insert(params![
                    identity.to_string(),
                    reading.kind.name(),
                    reading.time.effective.as_ref().map(sortable),
                    verdict_name(reading.quality.verdict),
                    serde_json::to_string(&reading)?,
                    stored(now)
                ])?;
            outbox::queue(&transaction, id, withheld_because(&reading))?;
            (id, "reading")
        }
    };
    if let Some(frame) = frame {
        transaction
            .prepare_cached("UPDATE frame SET state = ?2, reading = ?3 WHERE id = ?1")?
            .execute(params![frame, state, id])?;
    }
    transaction.commit()?;
    Ok(match existing {
        Some(_) => SavedReading::Known(identity),
        None => SavedReading::New(Box::new(reading)),
    })
}

/// Why a reading stays on the tablet, where it does.
pub(super) fn withheld_because(reading: &Reading) -> Option<&'static str> {
    let because = |reason| reading.quality.reasons.contains(&reason);
    if reading.may_be_sent() {
        None
    } else if because(Reason::BeforeAssignment) {
        Some("before-assignment")
    } else if because(Reason::OtherUser) {
        Some("other-user")
    } else if reading.is_whose_open() {
        Some("unlike-the-patient")
    } else {
        Some("not-a-reading")
    }
}

fn select(connection: &Connection, order: &str, limit: usize) -> Result<Vec<ReadingRow>, RecordError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT body, saved_at, state, reason FROM reading JOIN outbox ON outbox.reading = reading.id {order} LIMIT ?1"
    ))?;
    let rows = statement.query_map([i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
        Ok((
            row.get::<_, String>(0)?,
            row.get::<_, String>(1)?,
            row.get::<_, String>(2)?,
            row.get::<_, Option<String>>(3)?,
        ))
    })?;
    rows.map(|row| {
        let (body, saved_at, state, reason) = row?;
        Ok(ReadingRow {
            reading: serde_json::from_str(&body)?,
            saved_at: read_time(&saved_at)?,
            delivery: Delivery::read(&state, reason)?,
        })
    })
    .collect()
}

/// When something was last saved: a moment that has certainly passed.
pub(super) fn last_saved(connection: &Connection) -> Result<Option<DateTime<FixedOffset>>, RecordError> {
    connection
        .query_row("SELECT saved_at FROM reading ORDER BY id DESC LIMIT 1", [], |row| row.get::<_, String>(0))
        .optional()?
        .map(|text| read_time(&text))
        .transpose()
}

pub(super) fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Good => "good",
        Verdict::Doubtful => "doubtful",
        Verdict::Failed => "failed",
        Verdict::NotAReading => "not-a-reading",
    }
}
