//! The versions of the record, and the way from each to the next.

use std::path::Path;

use rusqlite::Connection;

use super::{OpenError, RecordError};

/// Marks an SQLite file as a Dagsform record ("DgSf" in ASCII).
const APPLICATION_ID: u32 = 0x4467_5366;

/// One step for each version, in order: step 0 makes version 1.
const MIGRATIONS: [&str; 6] = [
    include_str!("migrations/1.sql"),
    include_str!("migrations/2.sql"),
    include_str!("migrations/3.sql"),
    include_str!("migrations/4.sql"),
    include_str!("migrations/5.sql"),
    include_str!("migrations/6.sql"),
];

/// The version of a record, 0 for a new file. What is not a record, or is too new, is refused.
pub(super) fn recognise(connection: &Connection, path: &Path) -> Result<u32, OpenError> {
    let in_record = |source: rusqlite::Error| OpenError::Record { path: path.to_owned(), source: source.into() };
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, u32>(0)).map_err(in_record);
    let application = pragma("application_id")?;
    let found = pragma("user_version")?;
    let tables: u32 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(in_record)?;
    if application != APPLICATION_ID && (application != 0 || tables > 0) {
        return Err(OpenError::NotARecord { path: path.to_owned() });
    }
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    if found > known {
        return Err(OpenError::Newer { path: path.to_owned(), found, known });
    }
    Ok(found)
}

/// Brings a record to the newest version. Each step is one transaction: a crash between two steps
/// leaves a whole record of the version before.
pub(super) fn bring_up_to_date(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let in_record = |source: rusqlite::Error| OpenError::Record { path: path.to_owned(), source: source.into() };
    let found = recognise(connection, path)?;
    for (before, step) in (0u32..).zip(MIGRATIONS) {
        if before >= found {
            let transaction = connection.transaction().map_err(in_record)?;
            transaction.execute_batch(step).map_err(in_record)?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(in_record)?;
            transaction.pragma_update(None, "user_version", before + 1).map_err(in_record)?;
            transaction.commit().map_err(in_record)?;
        }
    }
    Ok(())
}

/// Reads the whole file for damage. Done after a start that was not preceded by an orderly end.
pub(super) fn check(connection: &Connection) -> Result<(), RecordError> {
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" { Ok(()) } else { Err(RecordError::Damaged(verdict)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables(connection: &Connection) -> Vec<String> {
        connection
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect()
    }

    #[test]
    fn an_empty_file_becomes_a_record_of_the_newest_version() {
        let mut connection = Connection::open_in_memory().unwrap();
        bring_up_to_date(&mut connection, Path::new("r")).unwrap();
        let all = "device draft enrolment erased fetched frame item outbox plan plan_refused put_off questionnaire \
                   reading received seen sign_in";
        assert_eq!(tables(&connection).join(" "), all);
        assert_eq!(connection.pragma_query_value(None, "user_version", |r| r.get::<_, u32>(0)).unwrap(), 6);
    }

    #[test]
    fn a_record_of_version_1_becomes_one_of_the_newest_and_keeps_its_readings() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(MIGRATIONS[0]).unwrap();
        connection.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
        connection.pragma_update(None, "user_version", 1).unwrap();
        for (id, state) in [(1, "waiting"), (2, "delivered"), (3, "withheld")] {
            let reading =
                "INSERT INTO reading (id, identity, kind, verdict, body, saved_at) VALUES (?1, ?1, 'k', 'v', 'b', 't')";
            connection.execute(reading, [id]).unwrap();
            let outbox = "INSERT INTO outbox (reading, state) VALUES (?1, ?2)";
            connection.execute(outbox, rusqlite::params![id, state]).unwrap();
        }
        bring_up_to_date(&mut connection, Path::new("r")).unwrap();
        let rows: Vec<(u32, Option<u32>)> = connection
            .prepare("SELECT version, first_sent FROM reading JOIN outbox ON outbox.reading = reading.id ORDER BY reading.id")
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        // What waited may have been on its way when the program was replaced.
        assert_eq!(rows, [(1, Some(1)), (1, Some(1)), (1, None)]);
    }

    #[test]
    fn a_record_of_this_version_is_left_as_it_is() {
        let mut connection = Connection::open_in_memory().unwrap();
        bring_up_to_date(&mut connection, Path::new("r")).unwrap();
        let before = connection.total_changes();
        bring_up_to_date(&mut connection, Path::new("r")).unwrap();
        assert_eq!(connection.total_changes(), before);
    }

    #[test]
    fn a_record_from_a_newer_program_is_refused_untouched() {
        let mut connection = Connection::open_in_memory().unwrap();
        bring_up_to_date(&mut connection, Path::new("r")).unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        let error = bring_up_to_date(&mut connection, Path::new("r")).unwrap_err();
        assert!(matches!(error, OpenError::Newer { found: 99, .. }), "{error}");
    }

    #[test]
    fn a_frame_of_version_5_is_read_as_its_characteristic() {
        let mut connection = Connection::open_in_memory().unwrap();
        for (version, step) in (1..).zip(&MIGRATIONS[..5]) {
            connection.execute_batch(step).unwrap();
            connection.pragma_update(None, "user_version", version).unwrap();
        }
        connection.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
        connection
            .execute_batch(
                "INSERT INTO device (address, name, link, enabled, earlier, assigned_at, information) \
                 VALUES ('A', 'Cuff', 'bonded', 1, 'mine', '', '{}'); \
                 INSERT INTO frame (device, characteristic, bytes, received, tablet_clock, from_storage, ordinal, state) \
                 VALUES ('A', 10805, x'00', '', 'trusted', 1, 0, 'new')",
            )
            .unwrap();
        bring_up_to_date(&mut connection, Path::new("r")).unwrap();
        let format: String = connection.query_row("SELECT format FROM frame", [], |row| row.get(0)).unwrap();
        assert_eq!(format.parse(), Ok(dagsform_sensors::codec::Format::Characteristic(0x2A35)));
    }

    #[test]
    fn someone_elses_database_is_refused_untouched() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE theirs (x)").unwrap();
        let error = bring_up_to_date(&mut connection, Path::new("r")).unwrap_err();
        assert!(matches!(error, OpenError::NotARecord { .. }), "{error}");
        assert_eq!(tables(&connection), ["theirs"]);
    }

    #[test]
    fn a_step_that_fails_leaves_the_version_before() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
        connection.execute_batch("CREATE TABLE reading (in_the_way)").unwrap();
        bring_up_to_date(&mut connection, Path::new("r")).unwrap_err();
        assert_eq!(tables(&connection), ["reading"]);
    }
}
