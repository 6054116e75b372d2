//! What was said on the tablet beside readings: committed together with its outbox entry, as a reading is.

use chrono::{DateTime, FixedOffset};
use dagsform_care::{
    Identity, TakenBack, Why,
    item::{Answers, Item},
    medicine::MedicineTaken,
};
use rusqlite::{Connection, OptionalExtension, ToSql, Transaction, params, params_from_iter};

use super::{Delivery, Record, RecordError, SEEN, outbox, read_time, sortable, stored, time::Taken};

/// Something that was said, with what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemRow {
    /// What was said.
    pub item: Item,
    /// When it was committed.
    pub saved_at: DateTime<FixedOffset>,
    /// How far it has come.
    pub delivery: Delivery,
    /// When the service says that it has seen it.
    pub seen: Option<DateTime<FixedOffset>>,
}

impl Record {
    /// Commits what was said, and its outbox entry; of a list that was answered the draft goes in the same
    /// transaction. Whether it is new: said once more, it is known.
    pub async fn say(&self, item: Item) -> Result<bool, RecordError> {
        let (now, _) = self.now();
        let taken = self.taken(&now);
        let new = self
            .ask(move |connection| {
                let transaction = connection.transaction()?;
                let new = insert(&transaction, &item, &now, &taken)?;
                if let Item::Answers(answers) = &item {
                    transaction.execute("DELETE FROM draft WHERE identity = ?1", [answers.identity.to_string()])?;
                }
                transaction.commit()?;
                Ok(new)
            })
            .await?;
        self.tell_change();
        Ok(new)
    }

    /// Commits what is said of a medicine for an agreed time, in the place of what was said of it before: nobody takes
    /// one medicine twice because a hand touched twice. What is in the record then.
    pub async fn say_of_medicine(&self, said: MedicineTaken) -> Result<MedicineTaken, RecordError> {
        let (now, _) = self.now();
        let taken = self.taken(&now);
        let kept = self
            .ask(move |connection| {
                let transaction = connection.transaction()?;
                let due = said.due.map(serde_json::to_value).transpose()?;
                let due = due.as_ref().and_then(serde_json::Value::as_str);
                let before: Option<(i64, String)> = transaction
                    .prepare_cached(
                        "SELECT id, body FROM item WHERE kind = 'medicine' \
                         AND json_extract(body, '$.medicine.medicine') = ?1 \
                         AND json_extract(body, '$.medicine.due') = ?2",
                    )?
                    .query_row(params![said.medicine, due], |row| Ok((row.get(0)?, row.get(1)?)))
                    .optional()?;
                let Some((id, body)) = before else {
                    insert(&transaction, &Item::Medicine(said.clone()), &now, &taken)?;
                    transaction.commit()?;
                    return Ok(said);
                };
                let Item::Medicine(before) = serde_json::from_str(&body)? else {
                    return Err(RecordError::Unreadable("what was said of a medicine".to_owned()));
                };
                if before.taken == said.taken {
                    return Ok(before);
                }
                let changed = MedicineTaken { identity: before.identity, ..said };
                store(&transaction, id, &Item::Medicine(changed.clone()))?;
                transaction.commit()?;
                Ok(changed)
            })
            .await?;
        self.tell_change();
        Ok(kept)
    }

    /// Something that was said.
    pub async fn item(&self, identity: Identity) -> Result<Option<ItemRow>, RecordError> {
        let identity = identity.to_string();
        let rows = self.ask(move |connection| select(connection, "WHERE identity = ?1", &[&identity])).await?;
        Ok(rows.into_iter().next())
    }

    /// All that was said, in the order in which it was saved.
    pub async fn items(&self) -> Result<Vec<ItemRow>, RecordError> {
        self.ask(|connection| select(connection, "ORDER BY item.id", &[])).await
    }

    /// What was said since a time, oldest first.
    pub async fn items_since(&self, time: DateTime<FixedOffset>) -> Result<Vec<ItemRow>, RecordError> {
        let time = sortable(&time);
        self.ask(move |connection| readable(connection, "WHERE at >= ?1 ORDER BY at, item.id", &[&time])).await
    }

    /// The messages of the patient's side, oldest first.
    pub async fn messages(&self) -> Result<Vec<ItemRow>, RecordError> {
        self.ask(|connection| readable(connection, "WHERE kind = 'message' ORDER BY at, item.id", &[])).await
    }

    /// Takes answers back (brief R30): they stay, marked, and the service is told. Once more changes nothing.
    ///
    /// # Errors
    /// [`RecordError::NoSuchAnswers`]: there are none of that identity.
    pub async fn take_back_answers(&self, identity: Identity, why: Why) -> Result<(), RecordError> {
        let (at, _) = self.now();
        self.ask(move |connection| {
            let transaction = connection.transaction()?;
            let row: Option<(i64, String)> = transaction
                .prepare_cached("SELECT id, body FROM item WHERE identity = ?1")?
                .query_row([identity.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let (id, body) = row.ok_or(RecordError::NoSuchAnswers(identity))?;
            let Item::Answers(answers) = serde_json::from_str(&body)? else {
                return Err(RecordError::NoSuchAnswers(identity));
            };
            if answers.taken_back.is_none() {
                let answers = Answers { taken_back: Some(TakenBack { at, why }), ..answers };
                store(&transaction, id, &Item::Answers(answers))?;
                transaction.commit()?;
            }
            Ok(())
        })
        .await?;
        self.tell_change();
        Ok(())
    }
}

/// Puts something into the record and the outbox, within a transaction; whether it is new.
pub(super) fn insert(
    transaction: &Transaction<'_>,
    item: &Item,
    now: &DateTime<FixedOffset>,
    taken: &Taken,
) -> Result<bool, RecordError> {
    let new = transaction
        .prepare_cached(
            "INSERT OR IGNORE INTO item (identity, kind, at, body, saved_at, boot, started, untrusted) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            item.identity().to_string(),
            item.name(),
            sortable(&item.at()),
            serde_json::to_string(item)?,
            stored(now),
            taken.boot,
            taken.started,
            taken.untrusted,
        ])?;
    if new > 0 {
        let id = transaction.last_insert_rowid();
        transaction.prepare_cached("INSERT INTO outbox (item, state) VALUES (?1, 'waiting')")?.execute([id])?;
    }
    Ok(new > 0)
}

/// Writes something that changed as its next version, and has the service brought to it.
pub(super) fn store(transaction: &Transaction<'_>, id: i64, item: &Item) -> Result<(), RecordError> {
    transaction
        .prepare_cached("UPDATE item SET body = ?2, at = ?3, version = version + 1 WHERE id = ?1")?
        .execute(params![id, serde_json::to_string(item)?, sortable(&item.at())])?;
    outbox::forget_seen(transaction, "item", id)?;
    transaction.prepare_cached("UPDATE outbox SET state = 'waiting', reason = NULL WHERE item = ?1")?.execute([id])?;
    Ok(())
}

/// All of them, every one.
fn select(connection: &Connection, which: &str, values: &[&dyn ToSql]) -> Result<Vec<ItemRow>, RecordError> {
    rows(connection, which, values)?.into_iter().collect()
}

/// Those for a screen: one that cannot be read must not hide the others.
fn readable(connection: &Connection, which: &str, values: &[&dyn ToSql]) -> Result<Vec<ItemRow>, RecordError> {
    let rows = rows(connection, which, values)?;
    let unreadable = rows.iter().filter(|row| row.is_err()).count();
    if unreadable > 0 {
        tracing::error!(unreadable, "what was said cannot be read; `dagsform export said` names it");
    }
    Ok(rows.into_iter().flatten().collect())
}

fn rows(
    connection: &Connection,
    which: &str,
    values: &[&dyn ToSql],
) -> Result<Vec<Result<ItemRow, RecordError>>, RecordError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT body, saved_at, state, reason, identity, {SEEN} FROM item JOIN outbox ON outbox.item = item.id {which}"
    ))?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (body, saved_at, state, identity): (String, String, String, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(4)?);
        let (reason, seen): (Option<String>, Option<String>) = (row.get(3)?, row.get(5)?);
        let read = || {
            let unreadable = |_| RecordError::Unreadable(format!("what was said as {identity}"));
            Ok(ItemRow {
                item: serde_json::from_str(&body).map_err(unreadable)?,
                saved_at: read_time(&saved_at)?,
                delivery: Delivery::read(&state, reason)?,
                seen: seen.map(|seen| read_time(&seen)).transpose()?,
            })
        };
        found.push(read());
    }
    Ok(found)
}
