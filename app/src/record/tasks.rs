//! What is agreed to be measured each day.

use chrono::NaiveTime;
use dagsform_care::{Kind, schedule::DailyTask};
use rusqlite::{Connection, params};

use super::{Record, RecordError};

/// A time of day as it is stored.
const TIME: &str = "%H:%M";

impl Record {
    /// The tasks of each day.
    pub async fn tasks(&self) -> Result<Vec<DailyTask>, RecordError> {
        self.ask(|connection| read(connection)).await
    }

    /// Puts these tasks in the place of those that were agreed before.
    pub async fn agree(&self, tasks: Vec<DailyTask>) -> Result<(), RecordError> {
        self.ask(move |connection| {
            let transaction = connection.transaction()?;
            transaction.execute("DELETE FROM task", [])?;
            for task in &tasks {
                transaction.prepare_cached("INSERT INTO task (kind, begins, ends) VALUES (?1, ?2, ?3)")?.execute(
                    params![task.kind.name(), task.begins.format(TIME).to_string(), task.ends.format(TIME).to_string()],
                )?;
            }
            Ok(transaction.commit()?)
        })
        .await?;
        self.tell_change();
        Ok(())
    }
}

fn read(connection: &Connection) -> Result<Vec<DailyTask>, RecordError> {
    let mut statement = connection.prepare_cached("SELECT kind, begins, ends FROM task ORDER BY begins, id")?;
    let rows: Vec<(String, String, String)> =
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect::<rusqlite::Result<_>>()?;
    rows.into_iter()
        .map(|(kind, begins, ends)| {
            Ok(DailyTask { kind: kind_named(&kind)?, begins: time(&begins)?, ends: time(&ends)? })
        })
        .collect()
}

fn kind_named(name: &str) -> Result<Kind, RecordError> {
    Kind::ALL
        .into_iter()
        .find(|kind| kind.name() == name)
        .ok_or_else(|| RecordError::Unreadable(format!("'{name}' is not a kind of reading")))
}

fn time(text: &str) -> Result<NaiveTime, RecordError> {
    NaiveTime::parse_from_str(text, TIME).map_err(|_| RecordError::Unreadable(format!("'{text}' is not a time of day")))
}
