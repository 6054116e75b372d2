//! What people say of readings that are in the record already: whose one is, who measured, that it does
//! not count, that it is to be erased.

use dagsform_care::{Identity, Meal, Performer, Reading, Reason, Source, TakenBack, Why};
use dagsform_sensors::{
    RawFrame,
    codec::{Format, NotAFormat},
};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};

use super::{AssignedDevice, Earlier, Record, RecordError, outbox, plans, readings, sortable};

impl Record {
    /// Someone says that it is the patient's, where that was open. It may be sent from now on.
    pub async fn claim(&self, identity: Identity) -> Result<Reading, RecordError> {
        let claimed = |reading: Reading| if reading.is_whose_open() { reading.claimed() } else { reading };
        self.change(identity, claimed).await
    }

    /// Someone says who measured.
    pub async fn set_performer(&self, identity: Identity, performer: Performer) -> Result<Reading, RecordError> {
        self.change(identity, move |reading| Reading { performer, ..reading }).await
    }

    /// A reading was taken once more (brief R2): both stay, and are linked. What is linked already stays so.
    ///
    /// # Errors
    /// One of the two is not there, or they measure different things.
    pub async fn set_repeats(&self, second: Identity, first: Identity) -> Result<Reading, RecordError> {
        let earlier = self.reading(first).await?.ok_or(RecordError::NoSuchReading(first))?.reading;
        let later = self.reading(second).await?.ok_or(RecordError::NoSuchReading(second))?.reading;
        if earlier.kind != later.kind || first == second {
            return Err(RecordError::NotTheSameKind(second, first));
        }
        self.change(second, move |reading| Reading { repeats: reading.repeats.or(Some(first)), ..reading }).await
    }

    /// Takes a reading back (brief R30). It stays, marked; the service is told if it may have it. Taking back
    /// once more changes nothing.
    pub async fn take_back(&self, identity: Identity, why: Why) -> Result<Reading, RecordError> {
        let (at, _) = self.now();
        let taken_back = move |reading: Reading| {
            let taken_back = reading.taken_back.or(Some(TakenBack { at, why }));
            Reading { taken_back, ..reading }
        };
        self.change(identity, taken_back).await
    }

    /// The context of a record of the sensor's memory, which was kept without it. What is known of the meal
    /// already stays.
    pub async fn add_context(&self, identity: Identity, frame: RawFrame, meal: Meal) -> Result<(), RecordError> {
        let changed = self.ask(move |connection| add_context(connection, identity, &frame, meal)).await?;
        if changed {
            self.tell_change();
        }
        Ok(())
    }

    /// Erases someone else's reading for good (brief R29): from the record, the log and the free pages.
    ///
    /// # Errors
    /// It is not in question whose it is, or the service may have it already.
    pub async fn erase(&self, identity: Identity) -> Result<(), RecordError> {
        self.ask(move |connection| erase(connection, identity)).await?;
        self.tell_change();
        Ok(())
    }

    /// Commits a changed reading, and has the service brought to it.
    async fn change(
        &self,
        identity: Identity,
        change: impl FnOnce(Reading) -> Reading + Send + 'static,
    ) -> Result<Reading, RecordError> {
        let reading = self
            .ask(move |connection| {
                let transaction = connection.transaction()?;
                let (id, before) = find(&transaction, identity)?;
                let reading = change(before.clone());
                if reading != before {
                    store(&transaction, id, &reading)?;
                    transaction.commit()?;
                }
                Ok(reading)
            })
            .await?;
        self.tell_change();
        Ok(reading)
    }
}

/// What was kept aside only because it came from before the sensor was given to the patient, and is the
/// patient's by what is said of the sensor now.
pub(super) fn claim_earlier(transaction: &Transaction<'_>, device: &AssignedDevice) -> Result<(), RecordError> {
    let aside: Vec<(i64, String)> = transaction
        .prepare_cached(
            "SELECT reading.id, body FROM reading JOIN outbox ON outbox.reading = reading.id \
             WHERE state = 'withheld' AND reason = 'before-assignment'",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (id, body) in aside {
        // One that cannot be read must not stand in the way of the others.
        let Ok(reading) = serde_json::from_str::<Reading>(&body) else { continue };
        let of_it = matches!(&reading.source, Source::Sensor(address) if *address == device.address);
        let since = reading.time.effective.is_some_and(|taken| taken >= device.assigned_at);
        let others = reading.quality.reasons.iter().any(|r| r.leaves_whose_open() && *r != Reason::BeforeAssignment);
        if of_it && !others && reading.taken_back.is_none() && (device.earlier == Earlier::Mine || since) {
            store(transaction, id, &reading.claimed())?;
        }
    }
    Ok(())
}

fn add_context(
    connection: &mut Connection,
    identity: Identity,
    frame: &RawFrame,
    meal: Meal,
) -> Result<bool, RecordError> {
    let transaction = connection.transaction()?;
    let changed = transaction
        .prepare_cached(
            "UPDATE frame SET context = ?5 WHERE device = ?1 AND format = ?2 AND bytes = ?3 AND ordinal = ?4 \
             AND context IS NULL",
        )?
        .execute(params![frame.device.as_str(), frame.format.to_string(), frame.bytes, frame.ordinal, frame.context])?;
    if changed == 0 {
        return Ok(false);
    }
    let (id, reading) = find(&transaction, identity)?;
    if reading.meal.is_none() {
        // The limits may be for this meal: what was judged without it is judged with it, by the same plan.
        let judged = plans::judged_again(&transaction, Reading { meal: Some(meal), ..reading })?;
        store(&transaction, id, &judged)?;
    }
    transaction.commit()?;
    Ok(true)
}

/// Writes a changed reading as its next version.
pub(super) fn store(transaction: &Transaction<'_>, id: i64, reading: &Reading) -> Result<(), RecordError> {
    // What may count only now is judged now.
    let reading = &plans::judged(transaction, reading.clone(), false)?;
    transaction
        .prepare_cached(
            "UPDATE reading SET body = ?2, effective = ?3, verdict = ?4, version = version + 1 WHERE id = ?1",
        )?
        .execute(params![
            id,
            serde_json::to_string(reading)?,
            reading.time.effective.as_ref().map(sortable),
            readings::verdict_name(reading.quality.verdict),
        ])?;
    outbox::requeue(transaction, id, reading)
}

fn find(connection: &Connection, identity: Identity) -> Result<(i64, Reading), RecordError> {
    let row: Option<(i64, String)> = connection
        .prepare_cached("SELECT id, body FROM reading WHERE identity = ?1")?
        .query_row([identity.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (id, body) = row.ok_or(RecordError::NoSuchReading(identity))?;
    Ok((id, serde_json::from_str(&body)?))
}

fn erase(connection: &mut Connection, identity: Identity) -> Result<(), RecordError> {
    erase_only(connection, identity)?;
    clean(connection)
}

fn erase_only(connection: &mut Connection, identity: Identity) -> Result<(), RecordError> {
    let transaction = connection.transaction()?;
    let (id, reading) = find(&transaction, identity)?;
    let anothers = reading.taken_back.is_some_and(|taken| taken.why == Why::WrongPerson);
    let sent: bool = transaction
        .prepare_cached("SELECT first_sent IS NOT NULL FROM outbox WHERE reading = ?1")?
        .query_row([id], |row| row.get(0))?;
    if sent || !(reading.is_whose_open() || anothers) {
        return Err(RecordError::NotToBeErased(identity));
    }
    {
        let mut frames = transaction.prepare("SELECT device, format, bytes, ordinal FROM frame WHERE reading = ?1")?;
        let mut rows = frames.query([id])?;
        while let Some(row) = rows.next()? {
            let bytes: Vec<u8> = row.get(2)?;
            let format: String = row.get(1)?;
            let format = format.parse().map_err(|e: NotAFormat| RecordError::Unreadable(e.to_string()))?;
            let digest = frame_digest(&row.get::<_, String>(0)?, format, &bytes, row.get(3)?);
            remember(&transaction, &digest, identity)?;
        }
    }
    remember(&transaction, &reading_digest(identity), identity)?;
    transaction.execute("DELETE FROM frame WHERE reading = ?1", [id])?;
    transaction.execute("DELETE FROM outbox WHERE reading = ?1", [id])?;
    transaction.execute("DELETE FROM reading WHERE id = ?1", [id])?;
    Ok(transaction.commit()?)
}

/// Overwrites what the erasing has left: the deleted rows are overwritten already (secure_delete), copies of
/// their pages may be in the log and, from before, in free pages.
pub(super) fn clean(connection: &Connection) -> Result<(), RecordError> {
    connection.execute_batch("VACUUM")?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}

/// Cleans once more, after the program had ended without a word: perhaps between erasing and cleaning.
pub(super) fn clean_again(connection: &Connection) -> Result<(), RecordError> {
    let erased: bool = connection.query_row("SELECT EXISTS (SELECT 1 FROM erased)", [], |row| row.get(0))?;
    if erased { clean(connection) } else { Ok(()) }
}

fn remember(connection: &Connection, digest: &[u8], identity: Identity) -> Result<(), RecordError> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO erased (digest, identity) VALUES (?1, ?2)")?
        .execute(params![digest, identity.to_string()])?;
    Ok(())
}

/// The reading that had this frame and was erased.
pub(super) fn erased_frame(
    connection: &Connection,
    device: &str,
    format: Format,
    bytes: &[u8],
    ordinal: u32,
) -> Result<Option<Identity>, RecordError> {
    erased(connection, &frame_digest(device, format, bytes, ordinal))
}

/// Whether a reading was erased.
pub(super) fn is_erased(connection: &Connection, identity: Identity) -> Result<bool, RecordError> {
    Ok(erased(connection, &reading_digest(identity))?.is_some())
}

fn erased(connection: &Connection, digest: &[u8]) -> Result<Option<Identity>, RecordError> {
    let found: Option<String> = connection
        .prepare_cached("SELECT identity FROM erased WHERE digest = ?1")?
        .query_row([digest], |row| row.get(0))
        .optional()?;
    found
        .map(|text| text.parse().map_err(|_| RecordError::Unreadable(format!("'{text}' is not an identity"))))
        .transpose()
}

/// The same for a characteristic as before there were layouts, since digests stay.
fn frame_digest(device: &str, format: Format, bytes: &[u8], ordinal: u32) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(b"frame");
    hash.update(device.as_bytes());
    match format {
        Format::Characteristic(number) => hash.update(number.to_be_bytes()),
        Format::Layout(layout) => hash.update(layout.name),
    }
    hash.update(ordinal.to_be_bytes());
    hash.update(bytes);
    hash.finalize().to_vec()
}

fn reading_digest(identity: Identity) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(b"reading");
    hash.update(identity.uuid().as_bytes());
    hash.finalize().to_vec()
}

#[cfg(test)]
mod tests;
