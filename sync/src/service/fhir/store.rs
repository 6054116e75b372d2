//! Resources and their versions in SQLite.

use chrono::{DateTime, SecondsFormat, Utc};
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::{
    definitions::Definition,
    index::{self, Found},
};
use crate::service::{json::Json, problem::Problem};

/// The first version of the schema. A resource's earlier versions move to `earlier`; what it is found by is its newest version's.
pub(crate) const SCHEMA: &str = "
CREATE TABLE resource (
    key INTEGER PRIMARY KEY,
    type TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    method TEXT NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (type, id)
) STRICT;
CREATE INDEX resource_updated ON resource (type, updated);
CREATE TABLE earlier (
    key INTEGER NOT NULL REFERENCES resource (key),
    version INTEGER NOT NULL,
    method TEXT NOT NULL,
    updated INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (key, version)
) STRICT;
CREATE TABLE word (
    key INTEGER NOT NULL REFERENCES resource (key),
    parameter TEXT NOT NULL,
    system TEXT NOT NULL,
    value TEXT NOT NULL
) STRICT;
CREATE INDEX word_value ON word (value, parameter, system, key);
CREATE INDEX word_key ON word (key);
CREATE TABLE span (
    key INTEGER NOT NULL REFERENCES resource (key),
    parameter TEXT NOT NULL,
    low INTEGER NOT NULL,
    high INTEGER NOT NULL
) STRICT;
CREATE INDEX span_low ON span (parameter, low, high, key);
CREATE INDEX span_key ON span (key, parameter, low);
";

/// The resources, inside one transaction of the database.
#[derive(Clone, Copy)]
pub(crate) struct Store<'c> {
    pub(crate) connection: &'c Connection,
    /// The address of the FHIR interface, without a slash at its end.
    pub(crate) base: &'c str,
    /// The time of everything that is written.
    pub(crate) now: DateTime<Utc>,
    /// The id of the only patient that may be reached; `None` reaches all.
    pub(crate) patient: Option<&'c str>,
}

/// A version of a resource.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) key: i64,
    pub(crate) kind: String,
    pub(crate) id: String,
    pub(crate) version: i64,
    /// How it came: POST or PUT.
    pub(crate) method: String,
    /// When the first version came, in milliseconds since 1970 UTC.
    pub(crate) created: i64,
    /// When this version came.
    pub(crate) updated: i64,
    /// As JSON, with id and meta.
    pub(crate) body: String,
}

pub(crate) const COLUMNS: &str = "r.key, r.type, r.id, r.version, r.method, r.created, r.updated, r.body";

impl Stored {
    pub(crate) fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            key: row.get(0)?,
            kind: row.get(1)?,
            id: row.get(2)?,
            version: row.get(3)?,
            method: row.get(4)?,
            created: row.get(5)?,
            updated: row.get(6)?,
            body: row.get(7)?,
        })
    }

    /// `Observation/123`.
    pub(crate) fn path(&self) -> String {
        format!("{}/{}", self.kind, self.id)
    }

    /// `Observation/123/_history/1`.
    pub(crate) fn versioned_path(&self) -> String {
        format!("{}/_history/{}", self.path(), self.version)
    }

    /// `W/"1"` (R4, 3.1.0.1.3).
    pub(crate) fn etag(&self) -> String {
        format!("W/\"{}\"", self.version)
    }

    /// When this version came, as a FHIR `instant`.
    pub(crate) fn instant(&self) -> String {
        instant(self.updated)
    }

    /// The resource, read.
    pub(crate) fn json(&self) -> Result<Json, Problem> {
        Json::read(self.body.as_bytes()).map_err(|fault| Problem::internal(format!("{}: {fault:?}", self.path())))
    }
}

/// Milliseconds since 1970 as a FHIR `instant`.
pub(crate) fn instant(milliseconds: i64) -> String {
    DateTime::from_timestamp_millis(milliseconds).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A new id: ordered by time, so that the index grows at its end.
pub(crate) fn new_id() -> String {
    Uuid::now_v7().to_string()
}

impl Store<'_> {
    /// The newest version of a resource.
    pub(crate) fn find(&self, kind: &str, id: &str) -> Result<Option<Stored>, Problem> {
        let sql = format!("SELECT {COLUMNS} FROM resource r WHERE r.type = ?1 AND r.id = ?2");
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.query_row([kind, id], Stored::from_row).optional()?)
    }

    /// The newest version, or a 404.
    pub(crate) fn read(&self, kind: &str, id: &str) -> Result<Stored, Problem> {
        self.find(kind, id)?.ok_or_else(|| Problem::not_found(format!("there is no {kind}/{id}")))
    }

    /// Whether there is such a resource.
    pub(crate) fn exists(&self, kind: &str, id: &str) -> Result<bool, Problem> {
        let mut statement = self.connection.prepare_cached("SELECT 1 FROM resource WHERE type = ?1 AND id = ?2")?;
        Ok(statement.exists([kind, id])?)
    }

    /// All versions, newest first.
    pub(crate) fn history(&self, kind: &str, id: &str) -> Result<Vec<Stored>, Problem> {
        let newest = self.read(kind, id)?;
        let mut statement = self.connection.prepare_cached(
            "SELECT r.key, r.type, r.id, e.version, e.method, r.created, e.updated, e.body
             FROM earlier e JOIN resource r USING (key) WHERE e.key = ?1 ORDER BY e.version DESC",
        )?;
        let mut versions = vec![newest];
        let key = versions.iter().map(|newest| newest.key).next();
        for earlier in statement.query_map([key], Stored::from_row)? {
            versions.push(earlier?);
        }
        Ok(versions)
    }

    /// Writes a resource that was checked: the first version under this id, or the next one.
    pub(crate) fn write(
        &self,
        definition: &'static Definition,
        id: &str,
        mut resource: Json,
        method: &str,
    ) -> Result<Stored, Problem> {
        let old = self.find(definition.name, id)?;
        let version = old.as_ref().map_or(1, |old| old.version + 1);
        let updated = self.now.timestamp_millis();
        stamp(&mut resource, id, version, &instant(updated));
        let body = resource.write();
        let (key, created) = match old {
            None => {
                self.connection
                    .prepare_cached(
                        "INSERT INTO resource (type, id, version, method, created, updated, body)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)",
                    )?
                    .execute(params![definition.name, id, version, method, updated, body])?;
                (self.connection.last_insert_rowid(), updated)
            }
            Some(old) => {
                self.keep_as_earlier(&old)?;
                self.connection
                    .prepare_cached(
                        "UPDATE resource SET version = ?2, method = ?3, updated = ?4, body = ?5 WHERE key = ?1",
                    )?
                    .execute(params![old.key, version, method, updated, body])?;
                (old.key, old.created)
            }
        };
        self.index(key, definition, &resource)?;
        let (kind, id, method) = (definition.name.to_owned(), id.to_owned(), method.to_owned());
        Ok(Stored { key, kind, id, version, method, created, updated, body })
    }

    fn keep_as_earlier(&self, old: &Stored) -> Result<(), Problem> {
        self.connection
            .prepare_cached("INSERT INTO earlier (key, version, method, updated, body) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![old.key, old.version, old.method, old.updated, old.body])?;
        self.connection.prepare_cached("DELETE FROM word WHERE key = ?1")?.execute([old.key])?;
        self.connection.prepare_cached("DELETE FROM span WHERE key = ?1")?.execute([old.key])?;
        Ok(())
    }

    fn index(&self, key: i64, definition: &Definition, resource: &Json) -> Result<(), Problem> {
        let sql = "INSERT INTO word (key, parameter, system, value) VALUES (?1, ?2, ?3, ?4)";
        let mut word = self.connection.prepare_cached(sql)?;
        let sql = "INSERT INTO span (key, parameter, low, high) VALUES (?1, ?2, ?3, ?4)";
        let mut span = self.connection.prepare_cached(sql)?;
        for (parameter, found) in index::values(definition, resource) {
            match found {
                Found::Word { system, value } => word.execute(params![key, parameter, system, value])?,
                Found::When(time) => span.execute(params![key, parameter, time.low, time.high])?,
            };
        }
        Ok(())
    }
}

/// Puts the id and the version into a resource; whatever it said itself of its version is replaced.
fn stamp(resource: &mut Json, id: &str, version: i64, updated: &str) {
    let mut meta = resource.get("meta").cloned().unwrap_or(Json::Object(Vec::new()));
    meta.set("versionId", Json::text(version.to_string()), 0);
    meta.set("lastUpdated", Json::text(updated), 1);
    resource.set("id", Json::text(id), 1);
    resource.set("meta", meta, 2);
}
