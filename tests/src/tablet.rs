//! A tablet as people use it: the program with a data folder and a clock of its own, in a room with sensors.

use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use chrono::{DateTime, Utc};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    follow_up::FollowUp,
    rig::{
        FastRig,
        control::Control,
        description::Record,
        month::Sensor,
        program::{Collecting, Outcome, Program},
    },
};

const COMMAND: Duration = Duration::from_secs(60);
/// How long a step of the collecting may take.
pub const SOON: Duration = Duration::from_secs(40);

/// A tablet. Its data go with it.
#[derive(Debug)]
pub struct Tablet {
    program: Program,
    data: TempDir,
}

impl Tablet {
    /// A new tablet on a rig; its clock shows this.
    ///
    /// # Errors
    /// The program is not built.
    pub fn new(rig: &FastRig, shown: DateTime<Utc>) -> Result<Self> {
        let data = tempfile::tempdir()?;
        let program = Program::on(&rig.bus_address(), &data.path().join("tablet"))?.at_time(shown)?;
        Ok(Self { program, data })
    }

    /// Sets its clock, and with it the service's.
    ///
    /// # Errors
    /// The setting cannot be written.
    pub fn set_clock(&self, shown: DateTime<Utc>) -> Result<()> {
        self.program.set_clocks(shown, shown)
    }

    /// Sets its clock to one time and the service's to another.
    ///
    /// # Errors
    /// The setting cannot be written.
    pub fn set_clocks(&self, tablet: DateTime<Utc>, service: DateTime<Utc>) -> Result<()> {
        self.program.set_clocks(tablet, service)
    }

    /// Its program.
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Its data folder.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.data.path().join("tablet")
    }

    /// Runs a command to its good end.
    ///
    /// # Errors
    /// It ends badly, or not in time.
    pub fn command(&self, arguments: &[&str]) -> Result<Outcome> {
        let outcome = self.program.run(arguments, COMMAND)?;
        ensure!(outcome.status.success(), "{arguments:?}: {}{}", outcome.stdout, outcome.stderr);
        Ok(outcome)
    }

    /// Runs a command that kills itself at a passing of a gap.
    ///
    /// # Errors
    /// It did not come so far.
    pub fn killed_at(&self, gap: &str, passing: usize, arguments: &[&str]) -> Result<()> {
        let program = self.program.clone().with("DAGSFORM_GAP", &format!("{gap}:{passing}"));
        let outcome = program.run(arguments, COMMAND)?;
        ensure!(
            outcome.status.signal() == Some(9),
            "{arguments:?} ended by itself: {}{}",
            outcome.stdout,
            outcome.stderr
        );
        Ok(())
    }

    /// Gives it to the patient of a service that it reaches at this base.
    ///
    /// # Errors
    /// As [`Tablet::command`].
    pub fn enrol(&self, base: &str, service: &FollowUp) -> Result<()> {
        self.command(&["enrol", "--service", base, "--patient", service.patient()]).map(drop)
    }

    /// Pairs a sensor of the kit. What is in its memory is the patient's.
    ///
    /// # Errors
    /// As [`Tablet::command`].
    pub fn pair(&self, sensor: Sensor) -> Result<()> {
        let code = sensor.passkey().map(|code| format!("{code:06}"));
        let mut arguments = vec!["pair", sensor.address(), "--earlier", "mine", "--json"];
        arguments.extend(code.iter().flat_map(|code| ["--passkey", code]));
        arguments.extend(sensor.user().into_iter().flat_map(|user| ["--user", user]));
        self.command(&arguments).map(drop)
    }

    /// Starts to collect.
    ///
    /// # Errors
    /// It does not get ready.
    pub fn collect(&self) -> Result<Collecting> {
        let mut collecting = self.program.collect(&[])?;
        collecting.wait_for_event("ready", SOON)?;
        Ok(collecting)
    }

    /// Sends what waits, and sees that nothing is left.
    ///
    /// # Errors
    /// As [`Tablet::command`], or something was left.
    pub fn deliver(&self) -> Result<()> {
        let said = self.command(&["sync", "--json"])?.json()?;
        let none = |pointer| said.pointer(pointer).and_then(Value::as_u64) == Some(0);
        let aside = || self.command(&["export", "said"]).map(|said| said.stdout).unwrap_or_default();
        ensure!(none("/counts/waiting") && none("/set_aside"), "not all is delivered: {said}; {}", aside());
        Ok(())
    }

    /// What a command writes as JSON.
    ///
    /// # Errors
    /// As [`Tablet::command`].
    pub fn ask(&self, arguments: &[&str]) -> Result<Value> {
        self.command(arguments)?.json()
    }

    /// What was said on it, as `dagsform export said` writes it.
    ///
    /// # Errors
    /// As [`Tablet::command`].
    pub fn said(&self) -> Result<Vec<Value>> {
        self.command(&["export", "said"])?.json_lines()
    }

    /// All readings in its record, as `dagsform export` writes them.
    ///
    /// # Errors
    /// As [`Tablet::command`].
    pub fn readings(&self) -> Result<Vec<Value>> {
        self.command(&["export"])?.json_lines()
    }
}

/// A sensor measures as soon as the tablet listens, and sends it.
///
/// # Errors
/// The tablet does not listen in time.
pub fn measure(room: &Control, address: &str, characteristic: &str, record: &Record) -> Result<()> {
    let end = Instant::now() + SOON;
    loop {
        room.wait_until_subscribed(address, characteristic, SOON)?;
        // A link that has just ended did not take it.
        if room.send(address, characteristic, record)? {
            return Ok(());
        }
        ensure!(Instant::now() < end, "the tablet never listens to {address}");
    }
}

/// Waits until so many events of a kind have come in all.
///
/// # Errors
/// They do not come in time.
pub fn wait_for_events(collecting: &mut Collecting, kind: &str, count: usize) -> Result<()> {
    let enough = |events: &[Value]| events.iter().filter(|event| event["event"] == kind).count() >= count;
    collecting.wait_for(&format!("{count} events of the kind {kind}"), SOON, enough)
}
