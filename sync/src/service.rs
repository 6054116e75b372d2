//! The embedded follow-up service: a small FHIR R4 server and the nurse's page, on this machine alone.
//!
//! For the demonstration and the tests; a patient's build does not contain it (cargo feature `service`).
//! It keeps everything in one SQLite file, synchronous to the disk: what it has confirmed is there after a
//! kill. Tablets sign in where it is so set up ([`TabletAccess`]); the page knows no users, and that the service answers
//! the loopback address alone is its protection.
//!
//! - `http`: connections, limits, deadlines; hands a request to one of the sides;
//! - `sign_in`: one-time codes, tablets' keys, tokens;
//! - `fhir`: resources, searching, transactions and batches, and how far a tablet's token reaches;
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
mod sign_in;
mod write;

use crate::{
    enrolment::{BodyForm, PatientReference},
    one_time_code::OneTimeCode,
};
use database::Database;
use problem::Problem;
use sign_in::{SignIn, tablets::Tablets};

pub use extension::EXTENSIONS;
pub use limit::{CHANGE_LIMIT, REFERENCE_RANGE};

/// How long a token is good for, if nothing else is said.
const TOKEN_LIFE: Duration = Duration::from_secs(300);
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

/// Whom the FHIR interface answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TabletAccess {
    /// Everyone on this machine, without signing in.
    Open,
    /// Tablets that have registered a key, each for its own patient alone, and the staff token.
    SignIn,
}

/// What a service needs to start.
pub struct Options {
    /// Where it listens: a loopback address; port 0 takes a free one.
    pub address: SocketAddr,
    /// Its SQLite file, made if it is not there.
    pub database: PathBuf,
    /// The words of its page.
    pub words: Arc<dyn PageWords>,
    /// Whom it answers.
    pub access: TabletAccess,
    /// With [`TabletAccess::SignIn`], a bearer token that reaches everything; `None`: there is none.
    pub staff: Option<String>,
    /// How long a tablet's token is good for, in whole seconds.
    pub token_life: Duration,
    /// In which form tablets are to send; they are told when they register.
    pub form: BodyForm,
    /// Under which address tablets know it, `https://service.example`, where something stands in front of it.
    pub origin: Option<String>,
}

impl Options {
    /// A service that everyone on this machine may use.
    #[must_use]
    pub fn new(address: SocketAddr, database: PathBuf, words: Arc<dyn PageWords>) -> Self {
        let (access, form) = (TabletAccess::Open, BodyForm::Fhir);
        Self { address, database, words, access, staff: None, token_life: TOKEN_LIFE, form, origin: None }
    }
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
    /// It was not done.
    #[error("the follow-up service: {0}")]
    Refused(String),
}

impl From<Problem> for ServiceError {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem.text().to_owned())
    }
}

/// A service that runs until it is stopped or dropped.
#[derive(Debug)]
pub struct Service {
    address: SocketAddr,
    database: Database,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
}

impl Service {
    /// Opens the database and listens.
    pub async fn start(options: Options) -> Result<Self, ServiceError> {
        let Options { address, database, words, access, staff, token_life, form, origin } = options;
        if !address.ip().is_loopback() {
            return Err(ServiceError::NotLoopback(address));
        }
        let refused = |source| ServiceError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let origin = origin.unwrap_or_else(|| format!("http://{address}"));
        let database = open(database, format!("{origin}/fhir")).await?;
        let page = page::Page::new(database.clone(), words, access);
        let sign_in = match access {
            TabletAccess::Open => None,
            TabletAccess::SignIn => Some(SignIn::new(database.clone(), origin, staff.as_deref(), token_life, form)),
        };
        let sides = http::Sides { database: database.clone(), page, sign_in };
        let (stop, stopped) = watch::channel(false);
        let server = tokio::spawn(http::serve(listener, sides, stopped, PATIENCE));
        Ok(Self { address, database, stop, server })
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

    /// Makes a one-time code by which a tablet registers for this patient, as the page does. One that was made before
    /// and not used is worth nothing any more.
    ///
    /// # Errors
    /// The service does not know the patient, or its database fails.
    pub async fn invite(&self, patient: &PatientReference) -> Result<OneTimeCode, ServiceError> {
        let id = id(patient);
        Ok(self.database.run(move |store| Tablets(store).invite(&id)).await?)
    }

    /// Takes the patient's tablet its access, as the page does: its key and its tokens are gone.
    ///
    /// # Errors
    /// The database fails.
    pub async fn revoke(&self, patient: &PatientReference) -> Result<(), ServiceError> {
        let id = id(patient);
        Ok(self.database.run(move |store| Tablets(store).revoke(&id)).await?)
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

fn id(patient: &PatientReference) -> String {
    patient.as_str().trim_start_matches("Patient/").to_owned()
}

async fn open(path: PathBuf, base: String) -> Result<Database, ServiceError> {
    let at = path.clone();
    let unusable = |path: &Path, reason: String| ServiceError::Database { path: path.to_owned(), reason };
    spawn_blocking(move || Database::open(&path, base)).await.map_err(|error| unusable(&at, error.to_string()))?
}
