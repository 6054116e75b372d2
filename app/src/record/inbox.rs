//! What came from the service: messages, marks of what it has seen, and how far the fetching has come.

use chrono::{DateTime, FixedOffset, Utc};
use dagsform_care::{
    message::Received,
    plan::{Plan, PlanVersion},
    questionnaire::Questionnaire,
};
use dagsform_sync::inbox::{Inbox, InboxError, Mark};
use rusqlite::{Connection, OptionalExtension, params};

use super::{Record, RecordError, plans::dated, read_time, sortable, stored};
use crate::clock;

/// A message from the service, with what became of it here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedRow {
    /// The message.
    pub message: Received,
    /// When the tablet had it.
    pub received_at: DateTime<FixedOffset>,
    /// When the patient had it on the screen.
    pub read_at: Option<DateTime<FixedOffset>>,
}

impl Record {
    /// The messages from the service, oldest first; those that it has withdrawn are among them, marked.
    pub async fn received(&self) -> Result<Vec<ReceivedRow>, RecordError> {
        self.ask(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT body, received_at, read_at FROM received ORDER BY coalesce(sent, received_at), reference",
            )?;
            let mut rows = statement.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let read_at: Option<String> = row.get(2)?;
                found.push(ReceivedRow {
                    message: serde_json::from_str(&row.get::<_, String>(0)?)?,
                    received_at: read_time(&row.get::<_, String>(1)?)?,
                    read_at: read_at.map(|at| read_time(&at)).transpose()?,
                });
            }
            Ok(found)
        })
        .await
    }

    /// The patient has this message on the screen.
    pub async fn mark_read(&self, reference: String) -> Result<(), RecordError> {
        let (now, _) = self.now();
        self.ask(move |connection| {
            let read = "UPDATE received SET read_at = ?2 WHERE reference = ?1 AND read_at IS NULL";
            connection.prepare_cached(read)?.execute(params![reference, stored(&now)])?;
            Ok(())
        })
        .await?;
        self.tell_change();
        Ok(())
    }

    /// When the plan was last compared with the service's, by the service's clock.
    pub async fn plan_checked(&self) -> Result<Option<DateTime<FixedOffset>>, RecordError> {
        self.remembered(Mark::Checked).await?.map(|text| read_time(&text)).transpose()
    }

    async fn remembered(&self, mark: Mark) -> Result<Option<String>, RecordError> {
        self.ask(move |connection| {
            let value = connection
                .prepare_cached("SELECT value FROM fetched WHERE what = ?1")?
                .query_row([mark.name()], |row| row.get(0));
            Ok(value.optional()?)
        })
        .await
    }
}

impl Inbox for Record {
    async fn mark(&self, mark: Mark) -> Result<Option<String>, InboxError> {
        self.remembered(mark).await.map_err(not_kept)
    }

    async fn set_mark(&self, mark: Mark, value: String) -> Result<(), InboxError> {
        self.ask(move |connection| {
            connection
                .prepare_cached(
                    "INSERT INTO fetched (what, value) VALUES (?1, ?2) \
                     ON CONFLICT (what) DO UPDATE SET value = excluded.value",
                )?
                .execute([mark.name(), &value])?;
            Ok(())
        })
        .await
        .map_err(not_kept)
    }

    async fn told_time(&self, says: DateTime<Utc>) -> Result<(), InboxError> {
        self.learn_time(clock::by_service(says)).await.map(drop).map_err(not_kept)
    }

    async fn take_plan(&self, plan: Plan, lists: Vec<Questionnaire>) -> Result<(), InboxError> {
        Record::take_plan(self, plan, lists).await.map_err(|error| match error {
            RecordError::ListChanged(_) => InboxError::Contradicts(error.to_string()),
            error => not_kept(error),
        })
    }

    async fn refuse_plan(&self, version: PlanVersion, problem: String) -> Result<(), InboxError> {
        Record::refuse_plan(self, version, problem).await.map_err(not_kept)
    }

    async fn messages(&self) -> Result<Vec<String>, InboxError> {
        self.ask(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT reference FROM received WHERE json_extract(body, '$.withdrawn') = 0 ORDER BY reference",
            )?;
            let references = statement.query_map([], |row| row.get(0))?;
            Ok(references.collect::<Result<Vec<String>, _>>()?)
        })
        .await
        .map_err(not_kept)
    }

    async fn withdraw_messages(&self, references: Vec<String>) -> Result<(), InboxError> {
        self.ask(move |connection| {
            let transaction = connection.transaction()?;
            for reference in references {
                // No version that the service has: should it come back, it is new.
                transaction
                    .prepare_cached(
                        "UPDATE received SET version = '', body = json_set(body, '$.withdrawn', json('true')) \
                         WHERE reference = ?1",
                    )?
                    .execute([reference])?;
            }
            Ok(transaction.commit()?)
        })
        .await
        .map_err(not_kept)?;
        self.tell_change();
        Ok(())
    }

    async fn take_messages(&self, messages: Vec<Received>) -> Result<(), InboxError> {
        if messages.is_empty() {
            return Ok(());
        }
        let (now, _) = self.now();
        let changed = self.ask(move |connection| {
            let transaction = connection.transaction()?;
            let mut changed = 0;
            for message in messages {
                changed += transaction
                    .prepare_cached(
                        "INSERT INTO received (reference, version, body, sent, received_at) \
                         VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (reference) \
                         DO UPDATE SET version = excluded.version, body = excluded.body, sent = excluded.sent, \
                         read_at = CASE WHEN json_extract(body, '$.text') = json_extract(excluded.body, '$.text') \
                         THEN read_at END \
                         WHERE version <> excluded.version",
                    )?
                    .execute(params![
                        message.reference,
                        message.version,
                        serde_json::to_string(&message)?,
                        message.sent.map(dated),
                        stored(&now),
                    ])?;
            }
            transaction.commit()?;
            Ok(changed)
        });
        if changed.await.map_err(not_kept)? > 0 {
            self.tell_change();
        }
        Ok(())
    }

    async fn take_seen(&self, seen: Vec<(String, DateTime<Utc>)>) -> Result<(), InboxError> {
        if seen.is_empty() {
            return Ok(());
        }
        let changed = self.ask(move |connection| {
            let transaction = connection.transaction()?;
            let mut changed = 0;
            for (place, at) in seen {
                if is_older(&transaction, &place, at)? {
                    continue;
                }
                changed += transaction
                    .prepare_cached(
                        "INSERT INTO seen (place, at) VALUES (?1, ?2) ON CONFLICT (place) \
                         DO UPDATE SET at = excluded.at, stale = 0 WHERE excluded.at > at",
                    )?
                    .execute(params![place, sortable(&at.fixed_offset())])?;
            }
            transaction.commit()?;
            Ok(changed)
        });
        if changed.await.map_err(not_kept)? > 0 {
            self.tell_change();
        }
        Ok(())
    }
}

/// Whether a mark is older than what the tablet has made of it since: then it is not what was seen.
fn is_older(connection: &Connection, place: &str, at: DateTime<Utc>) -> Result<bool, RecordError> {
    let changed: Option<(String, Option<String>)> = connection
        .prepare_cached(
            "SELECT state, settled_at FROM outbox LEFT JOIN reading ON reading.id = outbox.reading \
             LEFT JOIN item ON item.id = outbox.item \
             WHERE coalesce(reading.version, item.version) > 1 AND locations IS NOT NULL \
             AND EXISTS (SELECT 1 FROM json_each(locations) AS there WHERE there.value = ?1)",
        )?
        .query_row([place], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((state, settled_at)) = changed else { return Ok(false) };
    let settled_at = settled_at.map(|text| read_time(&text)).transpose()?;
    Ok(state == "waiting" || settled_at.is_some_and(|settled| at < settled))
}

fn not_kept(error: RecordError) -> InboxError {
    InboxError::NotKept(error.to_string())
}
