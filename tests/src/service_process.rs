//! The follow-up service as a process of its own, and what its log tells of each request.

use std::{
    fmt,
    io::{BufRead as _, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    thread::JoinHandle,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use chrono::{DateTime, Utc};

use crate::{fhir_server::free_port, rest::Rest, rig::program::built};

/// How long a start may take.
const START: Duration = Duration::from_secs(30);

/// A request, as the service tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// It was answered at this time.
    pub answered: DateTime<Utc>,
    /// After so long.
    pub took: Duration,
    /// It sent something.
    pub sends: bool,
    /// The HTTP status of the answer.
    pub status: u16,
}

/// Is told of each request when it has been answered.
pub type Listener = Arc<dyn Fn(Request) + Send + Sync>;

/// A service that can be stopped and started again on the same file and port. It dies with this guard.
pub struct ServiceProcess {
    port: u16,
    database: PathBuf,
    listener: Option<Listener>,
    running: Option<(Child, JoinHandle<()>)>,
    rest: Rest,
}

impl ServiceProcess {
    /// Starts a service with no data on a free port, its file in this folder.
    ///
    /// # Errors
    /// It does not start; the program is not built with the feature `demo`.
    pub async fn start(folder: &Path, listener: Option<Listener>) -> Result<Self> {
        let database = folder.join("service.sqlite");
        let mut service = Self { port: free_port()?, database, listener, running: None, rest: Rest::new()? };
        service.restart().await?;
        Ok(service)
    }

    /// The base address of its FHIR interface.
    #[must_use]
    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}/fhir", self.port)
    }

    /// Kills it, as a power cut would.
    ///
    /// # Errors
    /// It cannot be killed.
    pub fn kill(&mut self) -> Result<()> {
        if let Some((mut child, log)) = self.running.take() {
            child.kill()?;
            child.wait()?;
            ensure!(log.join().is_ok(), "the service's log could not be read");
        }
        Ok(())
    }

    /// Starts it again after killing what still runs.
    ///
    /// # Errors
    /// It does not start.
    pub async fn restart(&mut self) -> Result<()> {
        self.kill()?;
        let mut command = Command::new(built()?);
        command.args(["service", "--address"]).arg(format!("127.0.0.1:{}", self.port)).arg("--database");
        command.arg(&self.database).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        if self.listener.is_some() {
            command.env("DAGSFORM_LOG", "debug");
        }
        let mut child = command.spawn().context("starting the follow-up service")?;
        let said = child.stderr.take().context("the service has no log")?;
        let listener = self.listener.clone();
        let log = std::thread::Builder::new().name("service-log".into()).spawn(move || listen(said, listener))?;
        self.running = Some((child, log));
        let (base, started) = (self.base(), Instant::now());
        while !self.rest.answers(&base).await {
            let (child, _) = self.running.as_mut().context("the service does not run")?;
            if let Some(status) = child.try_wait()? {
                bail!("the follow-up service ended at once ({status})");
            }
            ensure!(started.elapsed() < START, "the follow-up service does not answer after {START:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// The most memory that it has had resident, in KiB.
    ///
    /// # Errors
    /// The system does not say.
    pub fn peak_memory(&self) -> Result<u64> {
        let (child, _) = self.running.as_ref().context("the service does not run")?;
        memory(&child.id().to_string(), "VmHWM")
    }
}

impl fmt::Debug for ServiceProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceProcess").field("port", &self.port).finish_non_exhaustive()
    }
}

impl Drop for ServiceProcess {
    fn drop(&mut self) {
        // Nothing can be done about a child that cannot be killed.
        let _ = self.kill();
    }
}

/// What the system says of a process's memory, in KiB: `VmRSS` now, `VmHWM` at most so far (proc(5)).
///
/// # Errors
/// It does not say.
pub fn memory(process: &str, what: &str) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(what)).context("no such line")?;
    Ok(line.trim_start_matches(':').trim().trim_end_matches(" kB").trim().parse()?)
}

fn listen(said: impl Read, listener: Option<Listener>) {
    for line in BufReader::new(said).lines().map_while(Result::ok) {
        match (read(&line), &listener) {
            (Some(request), Some(listener)) => listener(request),
            (None, _) if line.contains(" WARN ") || line.contains(" ERROR ") => eprintln!("{line}"),
            _ => {}
        }
    }
}

/// A line of the log, if it tells of a request of a tablet.
fn read(line: &str) -> Option<Request> {
    let fields = line.split_once("follow-up service ")?.1;
    let field = |name: &str| fields.split(' ').find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
    if field("path").is_none_or(|path| path.contains("/metadata")) {
        return None;
    }
    Some(Request {
        answered: line.split(' ').next()?.parse().ok()?,
        took: duration(field("took")?)?,
        sends: field("method")? != "GET",
        status: field("status")?.parse().ok()?,
    })
}

/// A duration as `Debug` writes it.
fn duration(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let factor = match text.strip_prefix(digits)? {
        "ns" => 1e-9,
        "µs" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(digits.parse::<f64>().ok()? * factor).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_log_tells_of_a_request() {
        let line = "2026-11-23T19:43:03.123456Z DEBUG dagsform_sync::service::http: follow-up service method=GET \
                    path=\"/fhir/CarePlan/12\" status=304 took=1.5ms";
        let request = read(line).unwrap();
        assert_eq!((request.sends, request.status, request.took), (false, 304, Duration::from_micros(1500)));
        assert_eq!(request.answered.timestamp_subsec_micros(), 123_456);
        assert_eq!(read("2026-11-23T19:43:03.1Z  WARN dagsform_sync: something else"), None);
        for (text, nanos) in [("12µs", 12_000), ("3ns", 3), ("1.25s", 1_250_000_000)] {
            assert_eq!(duration(text).unwrap().as_nanos(), nanos, "{text}");
        }
    }
}
