//! The one connection to SQLite: one transaction at a time, on a thread that may block.

use std::{path::Path, sync::Arc, time::Duration};

use chrono::Utc;
use rusqlite::{Connection, ErrorCode, TransactionBehavior};
use tokio::{sync::Mutex, task::spawn_blocking, time::timeout};

use super::{
    ServiceError,
    fhir::store::{SCHEMA, Store},
    problem::Problem,
    sign_in::tablets,
};

/// What each version of the schema adds; the last one's number is kept in `user_version`.
const VERSIONS: [&str; 2] = [SCHEMA, tablets::SCHEMA];
/// How long a request waits for those before it.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a file that another process uses may take to become free.
const FREE: Duration = Duration::from_millis(500);
/// Statements kept prepared: searches differ in their text.
const STATEMENTS: usize = 128;

/// A handle to the connection.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    connection: Arc<Mutex<Connection>>,
    base: Arc<str>,
}

impl Database {
    /// Opens or makes the file. Blocks.
    pub(crate) fn open(path: &Path, base: String) -> Result<Self, ServiceError> {
        let fault = |error: rusqlite::Error| match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => ServiceError::InUse(path.to_owned()),
            _ => ServiceError::Database { path: path.to_owned(), reason: error.to_string() },
        };
        let mut connection = Connection::open(path).map_err(fault)?;
        connection.busy_timeout(FREE).map_err(fault)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        // Exclusive: a second service on the same file is told so, instead of both writing. FULL: what a
        // client was told is on the disk.
        connection
            .execute_batch(
                "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                 PRAGMA foreign_keys = ON;",
            )
            .map_err(fault)?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(fault)?;
        let found: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(fault)?;
        let Some(missing) = usize::try_from(found).ok().and_then(|found| VERSIONS.get(found..)) else {
            return Err(ServiceError::Newer { path: path.to_owned(), found });
        };
        if found == 0 {
            let tables: i64 =
                transaction.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(fault)?;
            if tables > 0 {
                let reason = "it is another program's database".to_owned();
                return Err(ServiceError::Database { path: path.to_owned(), reason });
            }
        }
        for (version, adds) in (found + 1..).zip(missing) {
            transaction.execute_batch(adds).map_err(fault)?;
            transaction.pragma_update(None, "user_version", version).map_err(fault)?;
        }
        transaction.commit().map_err(fault)?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)), base: base.into() })
    }

    /// The address of the FHIR interface.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Works in one transaction: committed if the work succeeds, else nothing of it stays.
    pub(crate) async fn run<T, E>(&self, work: impl FnOnce(&Store<'_>) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Problem> + From<rusqlite::Error> + Send + 'static,
    {
        let waiting = timeout(PATIENCE, self.connection.clone().lock_owned());
        let mut connection = waiting.await.map_err(|_| Problem::busy())?;
        let base = self.base.clone();
        let done = spawn_blocking(move || {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let done = work(&Store { connection: &transaction, base: &base, now: Utc::now(), patient: None })?;
            transaction.commit()?;
            Ok(done)
        });
        done.await.unwrap_or_else(|_| Err(Problem::internal("the request was not carried out").into()))
    }
}
