//! Lists that are being answered. A draft is committed at every answer, so that a crash costs none.

use chrono::{DateTime, FixedOffset};
use dagsform_care::{Identity, Performer, questionnaire::Filling};
use rusqlite::params;
use serde::{Deserialize, Serialize};

use super::{Record, RecordError, sortable};

/// A list that is being answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The identity of the answers that it becomes: sent in twice, they are one.
    pub identity: Identity,
    /// For which of the agreed times, by its id; `None`: because the patient wanted to.
    pub occurrence: Option<String>,
    /// Who answers.
    pub by: Performer,
    /// How far it has come.
    pub filling: Filling,
    /// When the last answer was given.
    pub changed_at: DateTime<FixedOffset>,
}

impl Record {
    /// Commits a draft in the place of the one before.
    pub async fn keep_draft(&self, draft: Draft) -> Result<(), RecordError> {
        self.ask(move |connection| {
            // What was sent in is no draft any more, whatever a late touch says.
            let sent: bool = connection
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM item WHERE identity = ?1)")?
                .query_row([draft.identity.to_string()], |row| row.get(0))?;
            if sent {
                return Ok(());
            }
            connection
                .prepare_cached(
                    "INSERT INTO draft (identity, canonical, occurrence, body, changed_at) VALUES (?1, ?2, ?3, ?4, ?5) \
                     ON CONFLICT (identity) DO UPDATE SET body = excluded.body, changed_at = excluded.changed_at",
                )?
                .execute(params![
                    draft.identity.to_string(),
                    draft.filling.questionnaire.to_string(),
                    draft.occurrence,
                    serde_json::to_string(&draft)?,
                    sortable(&draft.changed_at),
                ])?;
            Ok(())
        })
        .await
    }

    /// The drafts, the one that was changed last first. One that cannot be read must not hide the others.
    pub async fn drafts(&self) -> Result<Vec<Draft>, RecordError> {
        self.ask(|connection| {
            let mut statement = connection.prepare_cached("SELECT body FROM draft ORDER BY changed_at DESC")?;
            let bodies = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
            Ok(bodies.iter().filter_map(|body| serde_json::from_str(body).ok()).collect())
        })
        .await
    }

    /// Throws a draft away, because the patient wants it.
    pub async fn drop_draft(&self, identity: Identity) -> Result<(), RecordError> {
        self.ask(move |connection| {
            connection.execute("DELETE FROM draft WHERE identity = ?1", [identity.to_string()])?;
            Ok(())
        })
        .await
    }
}
