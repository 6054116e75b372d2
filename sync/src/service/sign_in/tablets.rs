//! Which codes were made, which tablets have registered, which tokens are in use.

use chrono::TimeDelta;
use rusqlite::{OptionalExtension, Row, params};

use super::{Digest, digest, milliseconds};
use crate::{
    jwk::PublicJwk,
    one_time_code::OneTimeCode,
    service::{fhir::store::Store, problem::Problem},
};

/// Its tables, from version 2 of the schema on. A tablet without a key was revoked.
pub(crate) const SCHEMA: &str = "
CREATE TABLE tablet (
    client TEXT PRIMARY KEY,
    patient TEXT NOT NULL,
    name TEXT,
    version TEXT,
    key TEXT,
    since INTEGER NOT NULL,
    contact INTEGER NOT NULL
) STRICT;
CREATE INDEX tablet_patient ON tablet (patient);
CREATE TABLE code (
    digest BLOB PRIMARY KEY,
    patient TEXT NOT NULL,
    ends INTEGER NOT NULL,
    client TEXT REFERENCES tablet (client)
) STRICT;
CREATE INDEX code_patient ON code (patient);
CREATE TABLE token (
    digest BLOB PRIMARY KEY,
    client TEXT NOT NULL REFERENCES tablet (client),
    ends INTEGER NOT NULL
) STRICT;
CREATE INDEX token_client ON token (client);
CREATE INDEX token_ends ON token (ends);
CREATE TABLE assertion (
    client TEXT NOT NULL REFERENCES tablet (client),
    name BLOB NOT NULL,
    ends INTEGER NOT NULL,
    PRIMARY KEY (client, name)
) STRICT;
CREATE INDEX assertion_ends ON assertion (ends);
";

/// So long a code can be used.
const CODE_LIFE: TimeDelta = TimeDelta::days(7);
/// The last contact is written no more often than this, in milliseconds: each time costs a write to the disk.
const CONTACT: i64 = 30_000;

/// The tables, inside a transaction of the database.
pub(crate) struct Tablets<'s>(pub(crate) &'s Store<'s>);

/// A tablet that has registered.
#[derive(Clone, Debug)]
pub(crate) struct Tablet {
    pub(crate) client: String,
    /// The patient's id.
    pub(crate) patient: String,
    /// `urn:uuid:…`, as it named itself.
    pub(crate) name: Option<String>,
    /// The version of its program when it registered.
    pub(crate) version: Option<String>,
    /// Its key; `None` once it is revoked.
    pub(crate) key: Option<PublicJwk>,
    /// When it registered, in milliseconds since 1970 UTC.
    pub(crate) since: i64,
    /// When it asked for something last.
    pub(crate) contact: i64,
}

/// A code that was made.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    /// The patient's id.
    pub(crate) patient: String,
    /// Until when it can be used, in milliseconds since 1970 UTC.
    pub(crate) ends: i64,
    /// The tablet that has used it.
    pub(crate) client: Option<String>,
}

impl Tablets<'_> {
    fn now(&self) -> i64 {
        milliseconds(self.0.now)
    }

    /// Makes a code for a patient. One that was made before and not used is worth nothing any more.
    pub(crate) fn invite(&self, patient: &str) -> Result<OneTimeCode, Problem> {
        let patient = self.0.read("Patient", patient)?.id;
        let code = OneTimeCode::generate();
        let connection = self.0.connection;
        connection.execute("DELETE FROM code WHERE patient = ?1 AND client IS NULL", [&patient])?;
        let ends = milliseconds(self.0.now + CODE_LIFE);
        let row = params![digest(code.as_bearer()), patient, ends];
        connection.execute("INSERT INTO code (digest, patient, ends) VALUES (?1, ?2, ?3)", row)?;
        Ok(code)
    }

    /// What is known of a code.
    pub(crate) fn code(&self, code: &OneTimeCode) -> Result<Option<Code>, Problem> {
        let mut statement =
            self.0.connection.prepare_cached("SELECT patient, ends, client FROM code WHERE digest = ?1")?;
        Ok(statement.query_row([digest(code.as_bearer())], read_code).optional()?)
    }

    /// A patient's code that can still be used.
    pub(crate) fn open_code(&self, patient: &str) -> Result<Option<Code>, Problem> {
        let sql = "SELECT patient, ends, client FROM code WHERE patient = ?1 AND client IS NULL AND ends > ?2";
        Ok(self.0.connection.prepare_cached(sql)?.query_row((patient, self.now()), read_code).optional()?)
    }

    /// Registers a key by a code. The patient's other tablets are revoked: there is one at a time.
    pub(crate) fn register(&self, code: &OneTimeCode, tablet: &Tablet) -> Result<(), Problem> {
        let Tablet { client, patient, name, version, key, since, contact } = tablet;
        self.revoke(patient)?;
        let key = key.as_ref().map(|key| key.to_json().to_string());
        self.0.connection.execute(
            "INSERT INTO tablet (client, patient, name, version, key, since, contact)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![client, patient, name, version, key, since, contact],
        )?;
        let used = params![digest(code.as_bearer()), client];
        self.0.connection.execute("UPDATE code SET client = ?2 WHERE digest = ?1", used)?;
        Ok(())
    }

    /// A tablet by the name that it was given.
    pub(crate) fn by_client(&self, client: &str) -> Result<Option<Tablet>, Problem> {
        self.tablet("client = ?1", client)
    }

    /// The tablet that a patient has now.
    pub(crate) fn of_patient(&self, patient: &str) -> Result<Option<Tablet>, Problem> {
        self.tablet("patient = ?1 AND key IS NOT NULL", patient)
    }

    fn tablet(&self, condition: &'static str, value: &str) -> Result<Option<Tablet>, Problem> {
        let sql = format!("SELECT client, patient, name, version, key, since, contact FROM tablet WHERE {condition}");
        let mut statement = self.0.connection.prepare_cached(&sql)?;
        let row = statement.query_row([value], |row| Ok((read_tablet(row)?, row.get::<_, Option<String>>(4)?)));
        let Some((tablet, key)) = row.optional()? else { return Ok(None) };
        let unreadable = || Problem::internal("a tablet's key cannot be read");
        let read = |key: String| PublicJwk::read(&serde_json::from_str(&key).ok()?).ok();
        let key = key.map(|key| read(key).ok_or_else(unreadable)).transpose()?;
        Ok(Some(Tablet { key, ..tablet }))
    }

    /// Takes the patient's tablet its key and its tokens.
    pub(crate) fn revoke(&self, patient: &str) -> Result<(), Problem> {
        let connection = self.0.connection;
        connection
            .execute("DELETE FROM token WHERE client IN (SELECT client FROM tablet WHERE patient = ?1)", [patient])?;
        connection.execute("UPDATE tablet SET key = NULL WHERE patient = ?1", [patient])?;
        Ok(())
    }

    /// Remembers an assertion until it could not be used any more; `false` if it was used before.
    pub(crate) fn first_use(&self, client: &str, name: &str, ends: i64) -> Result<bool, Problem> {
        let connection = self.0.connection;
        connection.prepare_cached("DELETE FROM assertion WHERE ends < ?1")?.execute([self.now()])?;
        let mut statement =
            connection.prepare_cached("INSERT OR IGNORE INTO assertion (client, name, ends) VALUES (?1, ?2, ?3)")?;
        Ok(statement.execute(params![client, digest(name), ends])? == 1)
    }

    /// Keeps a token that was given, and forgets those that have run out.
    pub(crate) fn keep_token(&self, client: &str, token: &str, ends: i64) -> Result<(), Problem> {
        let connection = self.0.connection;
        connection.prepare_cached("DELETE FROM token WHERE ends < ?1")?.execute([self.now()])?;
        let mut statement =
            connection.prepare_cached("INSERT INTO token (digest, client, ends) VALUES (?1, ?2, ?3)")?;
        statement.execute(params![digest(token), client, ends])?;
        self.heard(client)
    }

    /// The patient of the tablet that has this token.
    pub(super) fn by_token(&self, token: &Digest) -> Result<Option<String>, Problem> {
        let sql = "SELECT tablet.client, tablet.patient FROM token JOIN tablet USING (client)
             WHERE token.digest = ?1 AND token.ends > ?2 AND tablet.key IS NOT NULL";
        let mut statement = self.0.connection.prepare_cached(sql)?;
        let found = statement.query_row((token, self.now()), |row| Ok((row.get::<_, String>(0)?, row.get(1)?)));
        let Some((client, patient)) = found.optional()? else { return Ok(None) };
        self.heard(&client)?;
        Ok(Some(patient))
    }

    fn heard(&self, client: &str) -> Result<(), Problem> {
        let sql = "UPDATE tablet SET contact = ?2 WHERE client = ?1 AND contact < ?2 - ?3";
        self.0.connection.prepare_cached(sql)?.execute(params![client, self.now(), CONTACT])?;
        Ok(())
    }
}

fn read_code(row: &Row<'_>) -> rusqlite::Result<Code> {
    Ok(Code { patient: row.get(0)?, ends: row.get(1)?, client: row.get(2)? })
}

/// Without its key.
fn read_tablet(row: &Row<'_>) -> rusqlite::Result<Tablet> {
    Ok(Tablet {
        client: row.get(0)?,
        patient: row.get(1)?,
        name: row.get(2)?,
        version: row.get(3)?,
        key: None,
        since: row.get(5)?,
        contact: row.get(6)?,
    })
}
