//! The outbox: what is still to be sent, and what became of the rest.

use chrono::Duration;
use dagsform_care::{Identity, Reading, Source};
use dagsform_sync::outbox::{Due, Entry, ItemEntry, Outbox, OutboxError, Outcome};
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::{Record, RecordError, devices, readings, stored};

/// How far a reading has come on its way to the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state", content = "reason")]
pub enum Delivery {
    /// Saved on the tablet, not yet delivered.
    Waiting,
    /// The service has confirmed it.
    Delivered,
    /// The service refused it; why.
    Aside(String),
    /// It is not sent; why.
    Withheld(String),
}

/// How many readings, and other things that were said, are where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Not yet delivered.
    pub waiting: u32,
    /// Confirmed by the service.
    pub delivered: u32,
    /// Refused by the service.
    pub aside: u32,
    /// Not to be sent.
    pub withheld: u32,
    /// Frames that no codec understood.
    pub undecodable: u32,
}

impl Delivery {
    pub(super) fn read(state: &str, reason: Option<String>) -> Result<Self, RecordError> {
        let reason = reason.unwrap_or_default();
        match state {
            "waiting" => Ok(Self::Waiting),
            "delivered" => Ok(Self::Delivered),
            "aside" => Ok(Self::Aside(reason)),
            "withheld" => Ok(Self::Withheld(reason)),
            other => Err(RecordError::Unreadable(format!("'{other}' is not a state of delivery"))),
        }
    }
}

/// Puts a reading into the outbox, within the transaction that saves it.
pub(super) fn queue(connection: &Connection, reading: i64, withheld: Option<&str>) -> Result<(), RecordError> {
    let state = if withheld.is_some() { "withheld" } else { "waiting" };
    connection
        .prepare_cached("INSERT INTO outbox (reading, state, reason) VALUES (?1, ?2, ?3)")?
        .execute(params![reading, state, withheld])?;
    Ok(())
}

/// Puts a changed reading into the outbox once more, so that the service is brought to its newest version,
/// or leaves it out where it is not to be sent.
pub(super) fn requeue(connection: &Connection, id: i64, reading: &Reading) -> Result<(), RecordError> {
    let first_sent: Option<u32> = connection
        .prepare_cached("SELECT first_sent FROM outbox WHERE reading = ?1")?
        .query_row([id], |row| row.get(0))?;
    let withheld = match readings::withheld_because(reading) {
        None if first_sent.is_none() && reading.taken_back.is_some() => Some("taken-back"),
        because => because,
    };
    let state = if withheld.is_some() { "withheld" } else { "waiting" };
    forget_seen(connection, "reading", id)?;
    connection
        .prepare_cached("UPDATE outbox SET state = ?2, reason = ?3 WHERE reading = ?1")?
        .execute(params![id, state, withheld])?;
    Ok(())
}

/// What was set aside waits again, in its place.
pub(super) fn offer_again(connection: &Connection) -> Result<usize, RecordError> {
    Ok(connection.execute("UPDATE outbox SET state = 'waiting', reason = NULL WHERE state = 'aside'", [])?)
}

/// What has changed is not what the service has seen. `of` is the column, `reading` or `item`.
pub(super) fn forget_seen(connection: &Connection, of: &'static str, id: i64) -> Result<(), RecordError> {
    let forget = format!(
        "UPDATE seen SET stale = 1 WHERE place IN \
         (SELECT place.value FROM outbox, json_each(outbox.locations) AS place WHERE outbox.{of} = ?1)"
    );
    connection.prepare_cached(&forget)?.execute([id])?;
    Ok(())
}

impl Record {
    /// How many readings are where.
    pub async fn counts(&self) -> Result<Counts, RecordError> {
        self.ask(|connection| {
            let mut counts = Counts::default();
            let mut statement = connection.prepare_cached("SELECT state, count(*) FROM outbox GROUP BY state")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let n = row.get(1)?;
                match row.get::<_, String>(0)?.as_str() {
                    "waiting" => counts.waiting = n,
                    "delivered" => counts.delivered = n,
                    "aside" => counts.aside = n,
                    _ => counts.withheld = n,
                }
            }
            counts.undecodable =
                connection.query_row("SELECT count(*) FROM frame WHERE state = 'undecodable'", [], |row| row.get(0))?;
            Ok(counts)
        })
        .await
    }
}

impl Record {
    /// Offers to the service once more what it refused, or what an earlier program could not express. How many.
    pub async fn offer_again(&self) -> Result<usize, RecordError> {
        let offered = self.ask(|connection| offer_again(connection)).await?;
        if offered > 0 {
            self.tell_change();
        }
        Ok(offered)
    }

    /// Which content the record has: another one after any change of what belongs to the patient.
    pub async fn content(&self) -> Result<String, RecordError> {
        self.ask(|connection| content(connection)).await
    }

    /// The patient's data of this content was handed over as files.
    pub async fn set_handed_over(&self, content: String) -> Result<(), RecordError> {
        self.ask(move |connection| {
            connection.execute(
                "INSERT INTO fetched (what, value) VALUES ('handed-over', ?1) \
                 ON CONFLICT (what) DO UPDATE SET value = excluded.value",
                [content],
            )?;
            Ok(())
        })
        .await
    }

    /// Whether it was, and nothing came since.
    pub async fn handed_over(&self) -> Result<bool, RecordError> {
        self.ask(|connection| {
            let up_to: Option<String> = connection
                .query_row("SELECT value FROM fetched WHERE what = 'handed-over'", [], |row| row.get(0))
                .optional()?;
            Ok(match up_to {
                Some(up_to) => up_to == content(connection)?,
                None => false,
            })
        })
        .await
    }
}

fn content(connection: &Connection) -> Result<String, RecordError> {
    let counted = "SELECT (SELECT coalesce(max(number), 0) FROM outbox) || '/' || \
        (SELECT coalesce(sum(version), 0) FROM reading) || '/' || (SELECT coalesce(sum(version), 0) FROM item) || '/' || \
        (SELECT count(*) || '.' || coalesce(max(received_at), '') FROM received) || '/' || \
        (SELECT count(*) || '.' || coalesce(max(changed_at), '') FROM draft) || '/' || (SELECT count(*) FROM plan)";
    Ok(connection.query_row(counted, [], |row| row.get(0))?)
}

impl Outbox for Record {
    async fn due(&self, after: i64, limit: usize) -> Result<Vec<Due>, OutboxError> {
        self.ask(move |connection| due(connection, after, limit)).await.map_err(|e| OutboxError(e.to_string()))
    }

    async fn waiting(&self) -> Result<u64, OutboxError> {
        self.counts().await.map(|counts| u64::from(counts.waiting)).map_err(|e| OutboxError(e.to_string()))
    }

    async fn settle(&self, outcomes: Vec<(i64, u32, Outcome)>) -> Result<(), OutboxError> {
        let (now, _) = self.now();
        let now = stored(&now);
        self.ask(move |connection| settle(connection, &outcomes, &now))
            .await
            .map_err(|e| OutboxError(e.to_string()))?;
        self.tell_change();
        Ok(())
    }

    async fn confirmed(&self, limit: usize) -> Result<Vec<(String, Identity)>, OutboxError> {
        let since = stored(&(self.now().0 - Duration::hours(1)));
        self.ask(move |connection| confirmed(connection, &since, limit)).await.map_err(|e| OutboxError(e.to_string()))
    }
}

fn confirmed(connection: &Connection, since: &str, limit: usize) -> Result<Vec<(String, Identity)>, RecordError> {
    let mut statement = connection.prepare_cached(
        "SELECT locations, coalesce(reading.identity, item.identity) FROM outbox \
         LEFT JOIN reading ON reading.id = outbox.reading LEFT JOIN item ON item.id = outbox.item \
         WHERE locations IS NOT NULL AND settled_at >= ?1 ORDER BY settled_at DESC, number DESC LIMIT ?2",
    )?;
    let rows = statement.query_map(params![since, i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
    })?;
    let mut places = Vec::new();
    for row in rows {
        let (locations, identity) = row?;
        let locations: Vec<String> = serde_json::from_str(&locations)?;
        let identity: Identity =
            identity.parse().map_err(|_| RecordError::Unreadable(format!("'{identity}' is not an identity")))?;
        places.extend(locations.into_iter().map(|place| (place, identity)));
    }
    Ok(places)
}

/// What an outbox row says of its content's way so far.
struct Row {
    number: i64,
    version: u32,
    first_sent: Option<u32>,
    body: String,
    is_reading: bool,
}

fn due(connection: &mut Connection, after: i64, limit: usize) -> Result<Vec<Due>, RecordError> {
    let transaction = connection.transaction()?;
    let rows: Vec<Row> = {
        let mut statement = transaction.prepare_cached(
            "SELECT number, coalesce(reading.version, item.version), first_sent, coalesce(reading.body, item.body), \
             outbox.reading IS NOT NULL FROM outbox \
             LEFT JOIN reading ON reading.id = outbox.reading LEFT JOIN item ON item.id = outbox.item \
             WHERE state = 'waiting' AND number > ?1 ORDER BY number LIMIT ?2",
        )?;
        let rows = statement.query_map([after, i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
            Ok(Row {
                number: row.get(0)?,
                version: row.get(1)?,
                first_sent: row.get(2)?,
                body: row.get(3)?,
                is_reading: row.get(4)?,
            })
        })?;
        rows.collect::<rusqlite::Result<_>>()?
    };
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows {
        match entry(&transaction, &row) {
            Ok(entry) => {
                // From here on it may reach the service, whatever becomes of the tablet.
                if row.first_sent.is_none() {
                    transaction
                        .prepare_cached("UPDATE outbox SET first_sent = ?2 WHERE number = ?1")?
                        .execute(params![row.number, row.version])?;
                }
                entries.push(entry);
            }
            // One that cannot be read must not stand in the way of the others.
            Err(RecordError::Unreadable(why)) => {
                transaction
                    .prepare_cached("UPDATE outbox SET state = 'aside', reason = ?2 WHERE number = ?1")?
                    .execute(params![row.number, why])?;
            }
            Err(error) => return Err(error),
        }
    }
    transaction.commit()?;
    Ok(entries)
}

fn entry(connection: &Connection, row: &Row) -> Result<Due, RecordError> {
    let sent_before = row.first_sent.is_some_and(|first| first < row.version);
    if !row.is_reading {
        let item = serde_json::from_str(&row.body)?;
        return Ok(Due::Item(Box::new(ItemEntry { number: row.number, version: row.version, item, sent_before })));
    }
    let reading: Reading = serde_json::from_str(&row.body)?;
    let sensor = match &reading.source {
        Source::Sensor(address) => Some((address.clone(), devices::information(connection, address)?)),
        Source::ByHand => None,
    };
    Ok(Due::Reading(Box::new(Entry { number: row.number, version: row.version, reading, sensor, sent_before })))
}

fn settle(connection: &mut Connection, outcomes: &[(i64, u32, Outcome)], now: &str) -> Result<(), RecordError> {
    let transaction = connection.transaction()?;
    {
        // Only what still waits in this version changes: a late or repeated answer cannot undo a newer state.
        let mut settled = transaction.prepare_cached(
            "UPDATE outbox SET state = ?3, reason = ?4, locations = coalesce(?5, locations), settled_at = ?6 \
             WHERE number = ?1 AND state = 'waiting' \
             AND coalesce((SELECT version FROM reading WHERE reading.id = outbox.reading), \
             (SELECT version FROM item WHERE item.id = outbox.item)) = ?2",
        )?;
        // The reading has changed while an older version was on its way: it goes on waiting.
        let mut overtaken = transaction.prepare_cached(
            "UPDATE outbox SET locations = ?3, settled_at = ?4 \
             WHERE number = ?1 AND state = 'waiting' \
             AND coalesce((SELECT version FROM reading WHERE reading.id = outbox.reading), \
             (SELECT version FROM item WHERE item.id = outbox.item)) > ?2",
        )?;
        for (number, version, outcome) in outcomes {
            match outcome {
                Outcome::Delivered { locations, .. } => {
                    let locations = serde_json::to_string(locations)?;
                    settled.execute(params![number, version, "delivered", None::<&str>, locations, now])?;
                    overtaken.execute(params![number, version, locations, now])?;
                }
                Outcome::Refused { status, reason } => {
                    let reason = format!("{status}: {reason}");
                    settled.execute(params![number, version, "aside", reason, None::<&str>, now])?;
                }
                Outcome::Unsendable { reason } => {
                    settled.execute(params![number, version, "aside", reason, None::<&str>, now])?;
                }
            }
        }
    }
    transaction.commit()?;
    Ok(())
}
