//! The embedded follow-up service: a small FHIR R4 server and the nurse's page, on this machine alone.
//!
//! For the demonstration and the tests; a patient's build does not contain it (cargo feature `service`).
//! It keeps everything in one SQLite file, synchronous to the disk: what it has confirmed is there after a
//! kill. It knows no users yet; that it answers the loopback address alone is its protection.
//!
//! - `http`: connections, limits, deadlines; hands a request to one of the two sides;
//! - `fhir`: resources, searching, transactions and batches;
//! - `page`: what arrived, for people; it changes things only through `fhir`;
//! - `plan`, `limit`, `questions`, `seen`: what the page writes, as resources.

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinHandle, spawn_blocking},
};

mod database;
mod extension;
mod fhir;
mod http;
mod json;
mod limit;
mod page;
mod plan;
mod problem;
mod questions;
mod seen;
mod write;

use database::Database;
pub use extension::EXTENSIONS;
pub use limit::{CHANGE_LIMIT, REFERENCE_RANGE};

/// How long [`Service::stop`] lets requests under way finish.
const PATIENCE: Duration = Duration::from_secs(5);

/// All words of the page.
///
/// `id` is the English wording, with `{name}` for each value; `context` is always `service-page`.
pub trait PageWords: Send + Sync {
    /// The text in the page's language, with the values filled in.
    fn text(&self, context: &str, id: &str, values: &[(&str, &str)]) -> String;
    /// The page's language (BCP 47), such as `nb`.
    fn language_tag(&self) -> &str;
}

/// What a service needs to start.
pub struct Options {
    /// Where it listens: a loopback address; port 0 takes a free one.
    pub address: SocketAddr,
    /// Its SQLite file, made if it is not there.
    pub database: PathBuf,
    /// The words of its page.
    pub words: Arc<dyn PageWords>,
}

/// Why a service did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// Its data would go over a network in the clear.
    #[error("the follow-up service cannot listen at {0}: it serves this machine alone, use 127.0.0.1 or [::1]")]
    NotLoopback(SocketAddr),
    /// The address is taken, or cannot be used.
    #[error("the follow-up service cannot listen at {address}: {source}")]
    Listen {
        /// Where it should have listened.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// Another service uses the file.
    #[error("{} is in use by another follow-up service: stop that one first", .0.display())]
    InUse(PathBuf),
    /// The file was written by a later version of this program.
    #[error("{} has version {found}, later than this program's: use the program that wrote it", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
    },
    /// The file cannot be opened or is no database of a service.
    #[error("{} cannot be used as the follow-up service's database: {reason}", .path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        reason: String,
    },
}

/// A service that runs until it is stopped or dropped.
#[derive(Debug)]
pub struct Service {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
}

impl Service {
    /// Opens the database and listens.
    pub async fn start(options: Options) -> Result<Self, ServiceError> {
        let Options { address, database, words } = options;
        if !address.ip().is_loopback() {
            return Err(ServiceError::NotLoopback(address));
        }
        let refused = |source| ServiceError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let base = format!("http://{address}/fhir");
        let database = open(database, base).await?;
        let (stop, stopped) = watch::channel(false);
        let server = tokio::spawn(http::serve(listener, http::Sides::new(database, words), stopped, PATIENCE));
        Ok(Self { address, stop, server })
    }

    /// The address of the FHIR interface, `http://127.0.0.1:8080/fhir`.
    #[must_use]
    pub fn base(&self) -> String {
        format!("http://{}/fhir", self.address)
    }

    /// The address of the nurse's page, `http://127.0.0.1:8080/`.
    #[must_use]
    pub fn page(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Takes no more requests, lets those under way finish for some seconds, and ends.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        // The server keeps the deadline itself; a little more for its last steps.
        let _ = tokio::time::timeout(PATIENCE * 2, &mut self.server).await;
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn open(path: PathBuf, base: String) -> Result<Database, ServiceError> {
    let at = path.clone();
    let unusable = |path: &Path, reason: String| ServiceError::Database { path: path.to_owned(), reason };
    spawn_blocking(move || Database::open(&path, base)).await.map_err(|error| unusable(&at, error.to_string()))?
}
