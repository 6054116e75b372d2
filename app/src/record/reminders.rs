//! Reminders that were put off.

use chrono::{DateTime, FixedOffset};
use rusqlite::params;

use super::{Record, RecordError, read_time, sortable};

impl Record {
    /// The patient does not want to be reminded of this before then.
    pub async fn put_off(&self, occurrence: String, until: DateTime<FixedOffset>) -> Result<(), RecordError> {
        self.ask(move |connection| {
            connection
                .prepare_cached(
                    "INSERT INTO put_off (occurrence, until) VALUES (?1, ?2) \
                     ON CONFLICT (occurrence) DO UPDATE SET until = excluded.until",
                )?
                .execute(params![occurrence, sortable(&until)])?;
            Ok(())
        })
        .await?;
        self.tell_change();
        Ok(())
    }

    /// What was put off, and until when.
    pub async fn put_offs(&self) -> Result<Vec<(String, DateTime<FixedOffset>)>, RecordError> {
        self.ask(|connection| {
            let mut statement = connection.prepare_cached("SELECT occurrence, until FROM put_off")?;
            let rows: Vec<(String, String)> =
                statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
            rows.into_iter().map(|(occurrence, until)| Ok((occurrence, read_time(&until)?))).collect()
        })
        .await
    }
}
