//! A FHIR R4 server that we did not write and that checks what it is sent (helios-hfs), on loopback, with its data in
//! memory. It is built from source when it is asked for the first time.

use std::{
    fs::{self, File},
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use tempfile::TempDir;

use crate::rest::Rest;

/// How long a start may take.
const START: Duration = Duration::from_secs(60);

/// A running server; it dies with this guard.
#[derive(Debug)]
pub struct Helios {
    child: Child,
    port: u16,
    _data: TempDir,
}

impl Helios {
    /// Builds the server if need be, and starts it on a free port with no data.
    ///
    /// # Errors
    /// It cannot be built, or does not answer in time.
    pub async fn start() -> Result<Self> {
        let folder = set_up()?;
        let data = tempfile::Builder::new().prefix("dagsform-helios-").tempdir()?;
        let log = data.path().join("server.log");
        let output = File::create(&log)?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let child = Command::new(folder.join("bin/hfs"))
            .args(["--port", &port.to_string(), "--database-url", ":memory:", "--data-dir"])
            .arg(folder.join("data"))
            .env("HFS_SERVER_HOST", "127.0.0.1")
            .env("HFS_BASE_URL", format!("http://127.0.0.1:{port}"))
            .env("HFS_VALIDATION_MODE", "enforce")
            .current_dir(data.path())
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("starting {}", folder.join("bin/hfs").display()))?;
        let mut server = Self { child, port, _data: data };
        let (rest, base, started) = (Rest::new()?, server.base(), Instant::now());
        while !rest.answers(&base).await {
            let said = || fs::read_to_string(&log).unwrap_or_default();
            if let Some(status) = server.child.try_wait()? {
                bail!("the FHIR server ended at once ({status}):\n{}", said());
            }
            ensure!(started.elapsed() < START, "the FHIR server does not answer after {START:?}:\n{}", said());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(server)
    }

    /// The base address of its FHIR interface.
    #[must_use]
    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Helios {
    fn drop(&mut self) {
        // Nothing can be done about a child that cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn set_up() -> Result<PathBuf> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("rigs/fhir/setup-helios");
    let output = Command::new(&script).output().with_context(|| format!("running {}", script.display()))?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim()))
}
