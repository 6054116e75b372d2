//! Driving the `dagsform` program as a user would: by its command line, with a deadline on all.

use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use chrono::{DateTime, Utc};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// The program, its data folder and the bus it is put on.
#[derive(Clone, Debug)]
pub struct Program {
    path: PathBuf,
    data: PathBuf,
    environment: Vec<(String, String)>,
}

/// What a command that ran to its end left behind.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// How it ended.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Program {
    /// The program built beside this test, on a bus (`DBUS_SYSTEM_BUS_ADDRESS`).
    ///
    /// # Errors
    /// The program is not built, see [`built`].
    pub fn on(bus: &str, data: &Path) -> Result<Self> {
        let environment = vec![("DBUS_SYSTEM_BUS_ADDRESS".to_owned(), bus.to_owned())];
        Ok(Self { path: built()?, data: data.to_owned(), environment })
    }

    /// A program at a path, in the environment of this process.
    #[must_use]
    pub fn at(path: &Path, data: &Path) -> Self {
        Self { path: path.to_owned(), data: data.to_owned(), environment: vec![] }
    }

    /// Adds a variable to the program's environment.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the tablet's clock: it shows this now, and goes on from there. The setting is kept beside the
    /// data folder; doing it once more sets the clock of a program that is running, too.
    ///
    /// # Errors
    /// The setting cannot be written.
    pub fn at_time(self, shown: DateTime<Utc>) -> Result<Self> {
        self.set_clocks(shown, shown)?;
        let file = self.clock_file();
        Ok(self.with("DAGSFORM_CLOCK", &file.to_string_lossy()))
    }

    /// Sets the clocks of a program that has been given one with [`Program::at_time`]: the tablet's, and the
    /// one that the service's word is taken for.
    ///
    /// # Errors
    /// The setting cannot be written.
    pub fn set_clocks(&self, tablet: DateTime<Utc>, service: DateTime<Utc>) -> Result<()> {
        // Whole and at once: the program may be reading it.
        let whole = self.data.with_extension("clock-new");
        let now = Utc::now();
        std::fs::write(&whole, format!("{} {}", (tablet - now).num_seconds(), (service - now).num_seconds()))?;
        Ok(std::fs::rename(&whole, self.clock_file())?)
    }

    fn clock_file(&self) -> PathBuf {
        self.data.with_extension("clock")
    }

    /// Runs a command to its end; past the deadline it is killed.
    ///
    /// # Errors
    /// It cannot be started, or did not end in time.
    pub fn run(&self, arguments: &[&str], within: Duration) -> Result<Outcome> {
        let mut child = self.start(arguments)?;
        let stdout = drain(child.stdout.take());
        let stderr = drain(child.stderr.take());
        let status = end(&mut child, within);
        let text = |pipe: Receiver<String>| pipe.recv_timeout(Duration::from_secs(5)).unwrap_or_default();
        let (stdout, stderr) = (text(stdout), text(stderr));
        let status = status.with_context(|| format!("dagsform {arguments:?}; it said: {stdout}{stderr}"))?;
        Ok(Outcome { status, stdout, stderr })
    }

    /// Starts `collect` and listens to its events.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn collect(&self, arguments: &[&str]) -> Result<Collecting> {
        let all: Vec<&str> = ["collect"].iter().chain(arguments).copied().collect();
        let mut child = self.start(&all)?;
        let stderr = drain(child.stderr.take());
        let (lines, received) = channel();
        if let Some(stdout) = child.stdout.take() {
            std::thread::spawn(move || {
                for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                    if lines.send(line).is_err() {
                        return;
                    }
                }
            });
        }
        Ok(Collecting { child, received, stderr, events: vec![] })
    }

    fn start(&self, arguments: &[&str]) -> Result<Child> {
        Command::new(&self.path)
            .arg("--data")
            .arg(&self.data)
            .args(arguments)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {} {arguments:?}", self.path.display()))
    }
}

impl Outcome {
    /// Standard output as JSON.
    ///
    /// # Errors
    /// It is not JSON; the message holds all that was said.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.stdout)
            .with_context(|| format!("standard output ({}): {}{}", self.status, self.stdout, self.stderr))
    }

    /// Standard output as one JSON value a line.
    ///
    /// # Errors
    /// A line is not JSON; the message holds all that was said.
    pub fn json_lines(&self) -> Result<Vec<Value>> {
        let lines = self.stdout.lines().filter(|line| !line.trim().is_empty());
        lines
            .map(|line| {
                serde_json::from_str(line).with_context(|| format!("line {line} ({}): {}", self.status, self.stderr))
            })
            .collect()
    }
}

/// A running `collect`; killed when dropped.
#[derive(Debug)]
pub struct Collecting {
    child: Child,
    received: Receiver<String>,
    stderr: Receiver<String>,
    events: Vec<Value>,
}

impl Collecting {
    /// The events so far.
    #[must_use]
    pub fn events(&self) -> &[Value] {
        &self.events
    }

    /// The process number, for tests that kill.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the events so far satisfy a condition; `what` names it in the error.
    ///
    /// # Errors
    /// They did not in time, or the program ended before; the message holds all events.
    pub fn wait_for(&mut self, what: &str, within: Duration, wanted: impl Fn(&[Value]) -> bool) -> Result<()> {
        let end = Instant::now() + within;
        while !wanted(&self.events) {
            match self.received.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => self.take(&line)?,
                Err(RecvTimeoutError::Timeout) => bail!("no {what} within {within:?}; events: {}", self.transcript()),
                Err(RecvTimeoutError::Disconnected) => {
                    let words = self.stderr.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
                    bail!("the program ended without {what}; events: {}; it said: {words}", self.transcript())
                }
            }
        }
        Ok(())
    }

    /// Waits for the first event of a kind.
    ///
    /// # Errors
    /// As [`Collecting::wait_for`].
    pub fn wait_for_event(&mut self, kind: &str, within: Duration) -> Result<()> {
        self.wait_for(kind, within, |events| events.iter().any(|event| event["event"] == kind))
    }

    /// Takes in the events of a span of time.
    ///
    /// # Errors
    /// The program ended, or a line is not JSON.
    pub fn listen(&mut self, span: Duration) -> Result<()> {
        let end = Instant::now() + span;
        loop {
            match self.received.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => self.take(&line)?,
                Err(RecvTimeoutError::Timeout) => return Ok(()),
                Err(RecvTimeoutError::Disconnected) => bail!("the program ended; events: {}", self.transcript()),
            }
        }
    }

    /// Sends SIGTERM and waits for the end; gives all events.
    ///
    /// # Errors
    /// It did not end in time, or ended badly.
    pub fn stop(self, within: Duration) -> Result<Vec<Value>> {
        kill_process(Pid::from_child(&self.child), Signal::TERM).context("asking the program to end")?;
        self.finish(within)
    }

    /// Waits for the program's own end; gives all events.
    ///
    /// # Errors
    /// It did not end in time, or ended badly.
    pub fn finish(mut self, within: Duration) -> Result<Vec<Value>> {
        let status = end(&mut self.child, within);
        while let Ok(line) = self.received.recv_timeout(Duration::from_secs(1)) {
            self.take(&line)?;
        }
        let words = self.stderr.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
        let status = status.with_context(|| format!("collecting; events: {}; it said: {words}", self.transcript()))?;
        if !status.success() {
            bail!("collecting ended with {status}; events: {}; it said: {words}", self.transcript());
        }
        Ok(std::mem::take(&mut self.events))
    }

    /// Waits for the program's end, however it comes about, for as long as it has something to tell every `quiet`.
    ///
    /// # Errors
    /// It told nothing for so long and did not end; the last events are in the error.
    pub fn ended(mut self, quiet: Duration) -> Result<ExitStatus> {
        loop {
            match self.received.recv_timeout(quiet) {
                // The last line of one that was killed may be torn.
                Ok(line) => drop(self.take(&line)),
                Err(RecvTimeoutError::Disconnected) => return end(&mut self.child, quiet),
                Err(RecvTimeoutError::Timeout) => {
                    let last = self.events.split_off(self.events.len().saturating_sub(20));
                    let last: Vec<String> = last.iter().map(ToString::to_string).collect();
                    bail!("it told nothing for {quiet:?} and did not end; the last events: {}", last.join("\n"));
                }
            }
        }
    }

    /// Kills the program without a word (SIGKILL); gives the events that came out before.
    ///
    /// # Errors
    /// It could not be killed.
    pub fn kill(mut self) -> Result<Vec<Value>> {
        self.child.kill().context("killing the program")?;
        self.child.wait()?;
        while let Ok(line) = self.received.recv_timeout(Duration::from_secs(1)) {
            // The last line may be torn.
            self.take(&line).ok();
        }
        Ok(std::mem::take(&mut self.events))
    }

    fn take(&mut self, line: &str) -> Result<()> {
        let event = serde_json::from_str(line).with_context(|| format!("the event line {line:?}"))?;
        self.events.push(event);
        Ok(())
    }

    fn transcript(&self) -> String {
        let lines: Vec<String> = self.events.iter().map(ToString::to_string).collect();
        lines.join("\n")
    }
}

impl Drop for Collecting {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The path of the built program: `$DAGSFORM_PROGRAM`, or `dagsform` in the same build folder as
/// the test that asks.
///
/// # Errors
/// There is none; `cargo build -p dagsform` makes it.
pub fn built() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("DAGSFORM_PROGRAM") {
        return Ok(PathBuf::from(path));
    }
    let this = std::env::current_exe()?;
    let beside = this.ancestors().skip(1).take(2).map(|folder| folder.join("dagsform")).find(|path| path.is_file());
    beside.with_context(|| {
        format!("the program is not built beside {}: run cargo build -p dagsform first", this.display())
    })
}

fn end(child: &mut Child, within: Duration) -> Result<ExitStatus> {
    let deadline = Instant::now() + within;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if Instant::now() >= deadline {
            child.kill().ok();
            child.wait().ok();
            bail!("it did not end within {within:?} and was killed");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn drain(pipe: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let (whole, received) = channel();
    if let Some(mut pipe) = pipe {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            pipe.read_to_end(&mut bytes).ok();
            whole.send(String::from_utf8_lossy(&bytes).into_owned()).ok();
        });
    }
    received
}
