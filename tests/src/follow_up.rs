//! The follow-up services that a tablet can deliver to: one that we did not write, and the embedded one.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result, bail};
use dagsform_sync::service::{Options, PageWords, Service};
use reqwest::Url;
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::sleep;

use crate::{
    facts::{self, Fact},
    fhir_server::FhirServer,
    rest::Rest,
    service_process::ServiceProcess,
};

/// Which service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// A FHIR server that we did not write.
    NotOurs,
    /// The embedded service.
    Embedded,
    /// The embedded service as a program of its own, which can be killed.
    Program,
}

/// A running service with one patient; it ends when dropped.
#[derive(Debug)]
pub struct FollowUp {
    base: String,
    patient: String,
    rest: Rest,
    running: Running,
}

#[derive(Debug)]
enum Running {
    NotOurs(FhirServer),
    Program(Box<(ServiceProcess, TempDir)>),
    Embedded(#[expect(dead_code, reason = "it runs for as long as it is held")] (Service, TempDir)),
}

impl Which {
    /// Both kinds of service.
    pub const BOTH: [Self; 2] = [Self::NotOurs, Self::Embedded];
}

impl FollowUp {
    /// Starts a service that knows one patient. The test's runtime needs more than one thread: the embedded
    /// service runs on it.
    ///
    /// # Errors
    /// It does not start, or does not take the patient.
    pub async fn start(which: Which) -> Result<Self> {
        let rest = Rest::new()?;
        let (base, running) = match which {
            Which::NotOurs => {
                let server = FhirServer::start().await?;
                (server.base(), Running::NotOurs(server))
            }
            Which::Program => {
                let folder = tempfile::tempdir()?;
                let service = ServiceProcess::start(folder.path(), None).await?;
                (service.base(), Running::Program(Box::new((service, folder))))
            }
            Which::Embedded => {
                let folder = tempfile::tempdir()?;
                let database = folder.path().join("service.sqlite");
                let options = Options::new("127.0.0.1:0".parse()?, database, as_written());
                let service = Service::start(options).await?;
                (service.base(), Running::Embedded((service, folder)))
            }
        };
        let patient = rest.add_patient(&base, "kari").await?;
        Ok(Self { base, patient, rest, running })
    }

    /// Kills it, as a power cut would, and starts it again on its data and port after a while.
    ///
    /// # Errors
    /// It does not come back, or runs within this process, where it cannot be killed.
    pub async fn lose_power(&mut self, off: Duration) -> Result<()> {
        match &mut self.running {
            Running::NotOurs(server) => {
                server.kill()?;
                sleep(off).await;
                server.restart().await
            }
            Running::Program(running) => {
                let (service, _) = &mut **running;
                service.kill()?;
                sleep(off).await;
                service.restart().await
            }
            Running::Embedded(_) => bail!("the service runs within this process"),
        }
    }

    /// The base address of its FHIR interface.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Its port on loopback.
    ///
    /// # Errors
    /// Its address has none.
    pub fn port(&self) -> Result<u16> {
        Url::parse(&self.base)?.port().context("the service has no port")
    }

    /// The reference of its patient.
    #[must_use]
    pub fn patient(&self) -> &str {
        &self.patient
    }

    /// All resources that a search finds, page by page.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn search(&self, search: &str) -> Result<Vec<Value>> {
        self.rest.search(&self.base, search).await
    }

    /// One resource, `CarePlan/12`.
    ///
    /// # Errors
    /// It is not there.
    pub async fn read(&self, path: &str) -> Result<Value> {
        self.rest.read(&self.base, path).await
    }

    /// Puts a resource at its own id.
    ///
    /// # Errors
    /// The service does not take it.
    pub async fn put(&self, resource: &Value) -> Result<()> {
        self.rest.put(&self.base, resource).await
    }

    /// Does a transaction.
    ///
    /// # Errors
    /// The service does not take it.
    pub async fn transaction(&self, bundle: &Value) -> Result<()> {
        self.rest.transaction(&self.base, bundle).await
    }

    /// A page for the nurse; only the embedded service has any.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn page(&self, path: &str) -> Result<String> {
        let address = Url::parse(&self.base)?.join(&format!("/{path}"))?;
        self.rest.page(address).await
    }

    /// Posts a form of such a page; the status of the answer.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn post_form(&self, path: &str, fields: &[(String, String)]) -> Result<u16> {
        let address = Url::parse(&self.base)?.join(&format!("/{path}"))?;
        self.rest.post_form(address, fields).await
    }

    /// What it holds of its patient.
    ///
    /// # Errors
    /// It does not answer, or something cannot be understood.
    pub async fn holds(&self) -> Result<Vec<Fact>> {
        let observations = self.search(&format!("Observation?patient={}", self.patient)).await?;
        facts::held(&observations, &self.search("Device").await?)
    }
}

/// The words of the page for a test.
#[must_use]
pub fn as_written() -> Arc<dyn PageWords> {
    Arc::new(AsWritten)
}

/// The words of the page as they stand in the program; nobody looks at it here.
struct AsWritten;

impl PageWords for AsWritten {
    fn text(&self, _context: &str, id: &str, _values: &[(&str, &str)]) -> String {
        id.to_owned()
    }

    fn language_tag(&self) -> &str {
        "en"
    }
}
