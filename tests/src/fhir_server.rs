//! A FHIR R4 server that we did not write (sekmet-fhir), on loopback, with data of its own.
//!
//! It validates the structure of what it is sent, keeps it in a file, and can be killed and started
//! again on the same data and port. It spells decimals its own way (`2.00` comes back as `2.0`), so
//! numbers are compared by value here and by spelling in `dagsform-sync`.

use std::{
    fs::{self, File},
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::rest::Rest;

/// How long a start may take.
const START: Duration = Duration::from_secs(60);

/// A running server. It dies with this guard, and with the test's process.
#[derive(Debug)]
pub struct FhirServer {
    child: Option<Child>,
    port: u16,
    python: PathBuf,
    data: TempDir,
    rest: Rest,
    /// Whether it asks who one is.
    signs_in: bool,
}

/// The name of the file with the clients, in the folder of its data.
const CLIENTS: &str = "clients.json";

impl FhirServer {
    /// Installs the server if need be, and starts it on a free port with no data.
    pub async fn start() -> Result<Self> {
        Self::start_for(None).await
    }

    /// The same, but only for these clients of SMART Backend Services: each with `client_id`, `jwks` and `scopes`. What
    /// this type itself puts and looks up it cannot then.
    pub async fn start_with_sign_in(clients: &Value) -> Result<Self> {
        Self::start_for(Some(clients)).await
    }

    async fn start_for(clients: Option<&Value>) -> Result<Self> {
        let python = set_up()?;
        let data = tempfile::Builder::new().prefix("dagsform-fhir-").tempdir()?;
        if let Some(clients) = clients {
            fs::write(data.path().join(CLIENTS), clients.to_string())?;
        }
        let signs_in = clients.is_some();
        let mut server = Self { child: None, port: free_port()?, python, data, rest: Rest::new()?, signs_in };
        server.restart().await?;
        Ok(server)
    }

    /// The base address of its FHIR interface.
    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}/fhir", self.port)
    }

    /// Its port on loopback.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Kills it, as a power cut would.
    pub fn kill(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Starts it, on the same data and port, after killing what still runs.
    pub async fn restart(&mut self) -> Result<()> {
        self.kill()?;
        let log = self.data.path().join("server.log");
        let output = File::options().create(true).append(true).open(&log)?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("rigs/fhir/serve.py");
        let child = Command::new(&self.python)
            .arg(script)
            .arg(self.port.to_string())
            .arg(self.data.path())
            .args(self.signs_in.then_some(CLIENTS))
            .current_dir(self.data.path())
            .stdin(Stdio::piped())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("starting {}", self.python.display()))?;
        let base = self.base();
        let child = self.child.insert(child);
        let started = Instant::now();
        loop {
            let said = || fs::read_to_string(&log).unwrap_or_default();
            if let Some(status) = child.try_wait()? {
                bail!("the FHIR server ended at once ({status}):\n{}", said());
            }
            if self.rest.answers(&base).await {
                return Ok(());
            }
            ensure!(started.elapsed() < START, "the FHIR server does not answer after {START:?}:\n{}", said());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Makes a patient with this id, and gives the reference.
    pub async fn add_patient(&self, id: &str) -> Result<String> {
        self.rest.add_patient(&self.base(), id).await
    }

    /// All resources that a search finds (`Observation`, `Device?identifier=…`), page by page.
    pub async fn search(&self, search: &str) -> Result<Vec<Value>> {
        self.rest.search(&self.base(), search).await
    }

    /// All Observations.
    pub async fn observations(&self) -> Result<Vec<Value>> {
        self.search("Observation").await
    }
}

impl Drop for FhirServer {
    fn drop(&mut self) {
        // Nothing can be done about a child that cannot be killed; its input ends with ours.
        let _ = self.kill();
    }
}

fn set_up() -> Result<PathBuf> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("rigs/fhir/setup");
    let output = Command::new(&script).output().with_context(|| format!("running {}", script.display()))?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim()))
}

/// A port of loopback that nobody listens at now.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
