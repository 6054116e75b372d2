//! Readings: committed together with their outbox entry.

use chrono::{DateTime, FixedOffset};
use dagsform_care::{Decimal, Identity, Kind, Metric, Reading, Reason, Trust, Unit, Value, Verdict};
use rusqlite::{Connection, OptionalExtension, ToSql, params, params_from_iter};

use super::{Delivery, Record, RecordError, SEEN, changes, outbox, plans, read_time, sortable, stored, time::Taken};

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
    /// When the service says that it has seen it.
    pub seen: Option<DateTime<FixedOffset>>,
}

impl Record {
    /// Commits a reading, its outbox entry and the mark on its frame in one transaction.
    pub async fn save_reading(&self, reading: Reading, frame: i64) -> Result<SavedReading, RecordError> {
        let (now, _) = self.now();
        let taken = self.taken(&reading.time.received);
        let saved = self.ask(move |connection| save(connection, reading, Some(frame), &now, &taken)).await?;
        if matches!(saved, SavedReading::New(_)) {
            self.tell_change();
        }
        Ok(saved)
    }

    /// Commits a reading that was entered by hand, and its outbox entry. Saved once more, it is known.
    pub async fn save_by_hand(&self, reading: Reading) -> Result<SavedReading, RecordError> {
        let (now, _) = self.now();
        let taken = self.taken(&reading.time.received);
        let saved = self.ask(move |connection| save(connection, reading, None, &now, &taken)).await?;
        if matches!(saved, SavedReading::New(_)) {
            self.tell_change();
        }
        Ok(saved)
    }

    /// All readings, oldest saved first.
    pub async fn readings(&self) -> Result<Vec<ReadingRow>, RecordError> {
        self.ask(|connection| select(connection, "ORDER BY reading.id", &[])).await
    }

    /// One reading.
    pub async fn reading(&self, identity: Identity) -> Result<Option<ReadingRow>, RecordError> {
        let identity = identity.to_string();
        let rows = self.ask(move |connection| select(connection, "WHERE identity = ?1", &[&identity])).await?;
        Ok(rows.into_iter().next())
    }

    /// The readings that were taken at this time or later, oldest first.
    pub async fn readings_since(&self, time: DateTime<FixedOffset>) -> Result<Vec<ReadingRow>, RecordError> {
        let time = sortable(&time);
        self.ask(move |connection| {
            select_readable(connection, "WHERE effective >= ?1 ORDER BY effective, reading.id", &[&time])
        })
        .await
    }

    /// The readings of a kind that may be shown as this patient's, newest first: those that were taken back
    /// are among them, those of which it is open whose they are not.
    pub async fn readings_of(&self, kind: Kind, limit: u32) -> Result<Vec<ReadingRow>, RecordError> {
        let order = format!(
            "WHERE kind = ?1 AND verdict <> 'not-a-reading' AND coalesce(reason, '') NOT IN ({WHOSE_OPEN}) \
             ORDER BY coalesce(effective, strftime('%Y-%m-%dT%H:%M:%fZ', saved_at)) DESC, reading.id DESC LIMIT ?2"
        );
        self.ask(move |connection| select_readable(connection, &order, &[&kind.name(), &limit])).await
    }

    /// The readings of a kind that count and were taken at this time or later, oldest first.
    pub async fn readings_that_count(
        &self,
        kind: Kind,
        since: DateTime<FixedOffset>,
    ) -> Result<Vec<Reading>, RecordError> {
        self.ask(move |connection| {
            let order = "WHERE kind = ?1 AND effective >= ?2 ORDER BY effective, reading.id";
            that_count(connection, order, &[&kind.name(), &sortable(&since)])
        })
        .await
    }

    /// The readings of which someone is asked whose they are, newest first.
    ///
    /// What was in a sensor's memory before it was given to the patient and says when it was taken is not
    /// among them: the one who paired the sensor answers for it.
    pub async fn readings_in_question(&self) -> Result<Vec<ReadingRow>, RecordError> {
        let order = format!(
            "WHERE state = 'withheld' AND reason IN ({WHOSE_OPEN}) \
             AND (reason <> 'before-assignment' OR effective IS NULL) ORDER BY reading.id DESC"
        );
        let rows = self.ask(move |connection| select_readable(connection, &order, &[])).await?;
        Ok(rows.into_iter().filter(|row| row.reading.taken_back.is_none()).collect())
    }

    /// The kinds of which there are readings.
    pub async fn kinds_measured(&self) -> Result<Vec<Kind>, RecordError> {
        self.ask(|connection| {
            let mut statement = connection.prepare_cached("SELECT DISTINCT kind FROM reading")?;
            let names = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
            Ok(Kind::ALL.into_iter().filter(|kind| names.iter().any(|name| name == kind.name())).collect())
        })
        .await
    }

    /// When the service confirmed something last.
    pub async fn last_delivered(&self) -> Result<Option<DateTime<FixedOffset>>, RecordError> {
        let now = stored(&self.now().0);
        self.ask(move |connection| {
            // What a clock that was ahead has written is not believed.
            let last = "SELECT max(settled_at) FROM outbox WHERE state = 'delivered' AND settled_at <= ?1";
            let last: Option<String> = connection.query_row(last, [now], |row| row.get(0))?;
            last.map(|text| read_time(&text)).transpose()
        })
        .await
    }
}

/// The readings of a kind that count and were taken in this time, its end not counted, oldest first.
pub(super) fn that_counted_between(
    connection: &Connection,
    kind: Kind,
    from: &DateTime<FixedOffset>,
    to: &DateTime<FixedOffset>,
) -> Result<Vec<Reading>, RecordError> {
    let order = "WHERE kind = ?1 AND effective >= ?2 AND effective < ?3 ORDER BY effective, reading.id";
    that_count(connection, order, &[&kind.name(), &sortable(from), &sortable(to)])
}

fn that_count(connection: &Connection, which: &str, values: &[&dyn ToSql]) -> Result<Vec<Reading>, RecordError> {
    let rows = select_readable(connection, which, values)?;
    Ok(rows.into_iter().map(|row| row.reading).filter(Reading::counts).collect())
}

fn save(
    connection: &mut Connection,
    mut reading: Reading,
    frame: Option<i64>,
    now: &DateTime<FixedOffset>,
    taken: &Taken,
) -> Result<SavedReading, RecordError> {
    let transaction = connection.transaction()?;
    let identity = reading.identity;
    if changes::is_erased(&transaction, identity)? {
        // It was someone else's, and was sent once more.
        transaction.execute("DELETE FROM frame WHERE id = ?1", [frame])?;
        transaction.commit()?;
        changes::clean(connection)?;
        return Ok(SavedReading::Known(identity));
    }
    let existing: Option<i64> = transaction
        .prepare_cached("SELECT id FROM reading WHERE identity = ?1")?
        .query_row([identity.to_string()], |row| row.get(0))
        .optional()?;
    let (id, state) = match existing {
        Some(id) => (id, "known"),
        None => {
            // The limits that are in force now are the reading's for good (brief R3).
            reading = plans::judged(&transaction, reading, taken.started.is_some())?;
            let id = transaction
                .prepare_cached(
                    "INSERT INTO reading (identity, kind, effective, verdict, body, saved_at, boot, started, untrusted) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, coalesce((SELECT boot FROM frame WHERE id = ?7), ?8), \
                     coalesce((SELECT started FROM frame WHERE id = ?7), ?9), ?10)",
                )?
                .insert(params![
                    identity.to_string(),
                    reading.kind.name(),
                    reading.time.effective.as_ref().map(sortable),
                    verdict_name(reading.quality.verdict),
                    serde_json::to_string(&reading)?,
                    stored(now),
                    frame,
                    taken.boot,
                    taken.started,
                    reading.time.tablet_clock == Trust::Untrusted,
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

/// Why it is open whose a reading is, as the outbox words it.
const WHOSE_OPEN: &str = "'before-assignment', 'other-user', 'unlike-the-patient'";

/// The readings, every one of them.
fn select(connection: &Connection, which: &str, values: &[&dyn ToSql]) -> Result<Vec<ReadingRow>, RecordError> {
    rows(connection, which, values)?.into_iter().collect()
}

/// The readings for a screen: one that cannot be read must not hide the others.
fn select_readable(
    connection: &Connection,
    which: &str,
    values: &[&dyn ToSql],
) -> Result<Vec<ReadingRow>, RecordError> {
    let rows = rows(connection, which, values)?;
    let unreadable = rows.iter().filter(|row| row.is_err()).count();
    if unreadable > 0 {
        tracing::error!(unreadable, "readings in the record cannot be read; `dagsform export` names them");
    }
    Ok(rows.into_iter().flatten().collect())
}

/// Body, time of saving, state, its reason, identity, and when it was seen.
type Row = (String, String, String, Option<String>, String, Option<String>);

fn rows(
    connection: &Connection,
    which: &str,
    values: &[&dyn ToSql],
) -> Result<Vec<Result<ReadingRow, RecordError>>, RecordError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT body, saved_at, state, reason, identity, {SEEN} FROM reading JOIN outbox ON outbox.reading = reading.id \
         {which}"
    ))?;
    let rows: Vec<Row> = statement
        .query_map(params_from_iter(values), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let read = |(body, saved_at, state, reason, identity, seen): Row| {
        let unreadable = |_| RecordError::Unreadable(format!("the reading {identity}"));
        Ok(ReadingRow {
            reading: serde_json::from_str(&body).map_err(unreadable)?,
            saved_at: read_time(&saved_at)?,
            delivery: Delivery::read(&state, reason)?,
            seen: seen.map(|seen| read_time(&seen)).transpose()?,
        })
    };
    Ok(rows.into_iter().map(read).collect())
}

/// The patient's last weight in kilograms that counts.
pub(super) fn last_weight(connection: &Connection) -> Result<Option<Decimal>, RecordError> {
    let which = "WHERE kind = ?1 AND effective IS NOT NULL ORDER BY effective DESC, reading.id DESC LIMIT 20";
    let rows = select_readable(connection, which, &[&Kind::BodyWeight.name()])?;
    Ok(rows.into_iter().filter(|row| row.reading.counts()).find_map(|row| {
        match row.reading.value(Metric::BodyWeight)?.converted(Unit::Kilogram)?.value {
            Value::Number(weight) => Some(weight),
            Value::Special(_) => None,
        }
    }))
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
