//! Faults of radio, link and sensor: each is told, and when it is over each reading is there once.

use std::time::Duration;

use anyhow::{Result, ensure};
use chrono::{Local, NaiveDateTime, TimeDelta, Timelike as _};
use dagsform_tests::{
    compare,
    rig::{
        FastRig,
        control::Request,
        description::{Device, Memory, Record, Security, Service},
        devices, log, plx,
        program::{Collecting, Outcome, Program},
    },
};
use serde_json::Value;
use tempfile::TempDir;

const OXIMETER: &str = "F0:F1:F2:F3:F4:F5";
const STRANGER: &str = "F0:F1:F2:F3:F4:02";
const NOWHERE: &str = "http://127.0.0.1:9/fhir";
const COMMAND: Duration = Duration::from_secs(60);
const SOON: Duration = Duration::from_secs(30);
/// What the radio's poll has a part in.
const LATER: Duration = Duration::from_secs(100);

/// A tablet with a paired sensor and no service.
struct Tablet {
    rig: FastRig,
    program: Program,
    folder: TempDir,
}

impl Tablet {
    fn with(device: &Device) -> Result<Self> {
        let rig = FastRig::start()?;
        rig.control().add_device(device)?;
        let folder = tempfile::tempdir()?;
        let program = Program::on(&rig.bus_address(), folder.path())?;
        succeed(&program, &["enrol", "--service", NOWHERE, "--patient", "Patient/kari"])?;
        let tablet = Self { rig, program, folder };
        tablet.pair()?;
        Ok(tablet)
    }

    fn new() -> Result<Self> {
        Self::with(&devices::oximeter(OXIMETER, 123_456))
    }

    fn pair(&self) -> Result<()> {
        let pair = ["pair", OXIMETER, "--passkey", "123456", "--earlier", "mine", "--json"];
        succeed(&self.program, &pair).map(drop)
    }

    fn collect(&self) -> Result<Collecting> {
        self.program.collect(&["--no-sync"])
    }

    fn remembers(&self, memory: Memory) -> Result<()> {
        self.rig.control().set_memory(OXIMETER, memory)
    }

    /// Each reading that the sensor sent is in the record, once.
    fn holds(&self, readings: usize) -> Result<()> {
        let lines = succeed(&self.program, &["export"])?.json_lines()?;
        let sent = compare::sent(&log::deliveries(&self.rig.log()?))?;
        compare::same("the record", &sent, &compare::exported(&lines)?)?;
        ensure!(lines.len() == readings, "{} readings in the record", lines.len());
        Ok(())
    }
}

fn succeed(program: &Program, arguments: &[&str]) -> Result<Outcome> {
    let outcome = program.run(arguments, COMMAND)?;
    ensure!(outcome.status.success(), "{arguments:?}: {}{}", outcome.stdout, outcome.stderr);
    Ok(outcome)
}

fn count(events: &[Value], kind: &str) -> usize {
    events.iter().filter(|event| event["event"] == kind).count()
}

fn transfers(events: &[Value], state: &str) -> usize {
    events.iter().filter(|event| event["event"] == "transfer" && event["state"] == state).count()
}

fn told(events: &[Value], event: &str, fault: &str) -> bool {
    events.iter().any(|said| said["event"] == event && said["kind"] == fault)
}

/// The words of a fault.
fn words(events: &[Value], fault: &str) -> String {
    let of = |said: &&Value| said["event"] == "fault" && said["kind"] == fault;
    events.iter().find(of).map(|said| said["text"].to_string()).unwrap_or_default()
}

fn records(seed: u64, count: usize) -> Vec<Record> {
    plx::many(seed, count, now() - TimeDelta::days(30))
}

fn now() -> NaiveDateTime {
    let now = Local::now().naive_local();
    now.with_nanosecond(0).unwrap_or(now)
}

/// A memory that takes its time.
fn slow(records: Vec<Record>) -> Memory {
    Memory { gap_ms: 20, ..devices::memory(records) }
}

#[test]
fn a_sensor_that_connects_and_says_nothing_is_told_and_heard_when_it_speaks() -> Result<()> {
    // It only streams, so that its silence shows after half a minute and not after two.
    let stream = devices::characteristic(devices::CONTINUOUS, &["notify"], Security::Encrypt, &[]);
    let services = vec![Service { uuid: "1822".to_owned(), characteristics: vec![stream] }];
    let silent = Device { services, memory: None, ..devices::oximeter(OXIMETER, 123_456) };
    let tablet = Tablet::with(&silent)?;
    let mut collecting = tablet.collect()?;
    collecting.wait_for_event("connected", SOON)?;
    collecting.wait_for("word of the silence", LATER, |events| told(events, "fault", "silent"))?;
    ensure!(words(collecting.events(), "silent").contains("is connected but sends nothing"));
    for _ in 0..6 {
        let value = Record { bytes: "0061003d00".to_owned(), sequence: None, meaning: None, followed_by: vec![] };
        ensure!(tablet.rig.control().send(OXIMETER, devices::CONTINUOUS, &value)?, "nothing was sent");
    }
    collecting.wait_for("the reading", SOON, |events| count(events, "saved") == 1)?;
    let events = collecting.stop(SOON)?;
    ensure!(told(&events, "fault_ended", "silent"), "{events:?}");
    let lines = succeed(&tablet.program, &["export"])?.json_lines()?;
    ensure!(lines.len() == 1 && lines[0]["values"][0]["value"] == "97", "{lines:?}");
    Ok(())
}

#[test]
fn bluetooth_that_is_switched_off_and_on_during_a_transfer_loses_and_doubles_nothing() -> Result<()> {
    let tablet = Tablet::new()?;
    tablet.remembers(slow(records(1, 60)))?;
    let mut collecting = tablet.collect()?;
    collecting.wait_for("ten readings", SOON, |events| count(events, "saved") >= 10)?;
    tablet.rig.control().set_power(false)?;
    collecting.wait_for("word of it", LATER, |events| told(events, "fault", "adapter_off"))?;
    ensure!(words(collecting.events(), "adapter_off").contains("Bluetooth is switched off"));
    let early = collecting.events().len();
    tablet.rig.control().set_power(true)?;
    collecting.wait_for("the rest", LATER, |events| transfers(events, "complete") == 1)?;
    let events = collecting.stop(SOON)?;
    ensure!(told(&events, "fault_ended", "adapter_off") && transfers(&events, "interrupted") == 1, "{events:?}");
    ensure!(count(&events[..early], "saved") < 60, "the transfer was over before");
    ensure!(count(&events, "saved") == 60, "{} saved", count(&events, "saved"));
    tablet.holds(60)
}

#[test]
fn a_bond_that_the_sensor_lost_is_told_and_pairing_again_repairs_it() -> Result<()> {
    let tablet = Tablet::new()?;
    let all = records(2, 8);
    tablet.remembers(devices::memory(all[..5].to_vec()))?;
    let mut collecting = tablet.collect()?;
    collecting.wait_for("the five", SOON, |events| transfers(events, "complete") == 1)?;
    tablet.rig.control().ask(&Request::ForgetBond { device: OXIMETER.to_owned() })?;
    tablet.rig.control().drop_link(OXIMETER)?;
    collecting.wait_for("word of the bond", LATER, |events| told(events, "fault", "bond_lost"))?;
    let events = collecting.stop(SOON)?;
    ensure!(words(&events, "bond_lost").contains("the pairing with the device is lost"), "{events:?}");

    tablet.remembers(devices::memory(all))?;
    tablet.pair()?;
    let mut collecting = tablet.collect()?;
    collecting.wait_for("the rest", SOON, |events| transfers(events, "complete") == 1)?;
    let events = collecting.stop(SOON)?;
    ensure!(count(&events, "saved") == 3 && count(&events, "known") == 5, "{events:?}");
    tablet.holds(8)
}

#[test]
fn a_sensor_that_was_not_given_to_the_patient_is_never_connected_to() -> Result<()> {
    let tablet = Tablet::new()?;
    let mut stranger = devices::oximeter(STRANGER, 654_321);
    stranger.memory = Some(devices::memory(records(3, 4)));
    tablet.rig.control().add_device(&stranger)?;
    tablet.remembers(devices::memory(records(4, 4)))?;
    let mut collecting = tablet.collect()?;
    collecting.wait_for("the four", SOON, |events| transfers(events, "complete") == 1)?;
    // Over a poll of the radio, too.
    collecting.listen(Duration::from_secs(16))?;
    let events = collecting.stop(SOON)?;
    ensure!(tablet.rig.control().device(STRANGER)?.links == 0, "it was connected to");
    ensure!(!events.iter().any(|event| event["device"] == STRANGER), "{events:?}");
    tablet.holds(4)
}

#[test]
fn a_radio_whose_events_have_died_is_restarted_and_collecting_goes_on() -> Result<()> {
    let tablet = Tablet::new()?;
    let all = records(5, 6);
    tablet.remembers(devices::memory(all[..3].to_vec()))?;
    let mut collecting = tablet.collect()?;
    collecting.wait_for("the three", SOON, |events| transfers(events, "complete") == 1)?;
    tablet.rig.control().set_present(OXIMETER, false)?;
    collecting.wait_for("its absence", SOON, |events| count(events, "disconnected") == 1)?;
    // A poll that does not find it, so that its coming back is news.
    collecting.listen(Duration::from_secs(17))?;
    tablet.rig.control().ask(&Request::Mute { on: true })?;
    tablet.remembers(devices::memory(all))?;
    tablet.rig.control().set_present(OXIMETER, true)?;
    collecting.wait_for("the restart", LATER, |events| count(events, "restarted") > 0)?;
    tablet.rig.control().ask(&Request::Mute { on: false })?;
    collecting.wait_for("the rest", LATER, |events| count(events, "saved") == 6)?;
    collecting.stop(SOON)?;
    tablet.holds(6)
}

#[test]
fn a_link_that_drops_before_any_of_five_records_loses_and_doubles_none() -> Result<()> {
    let tablet = Tablet::new()?;
    let all = records(6, 25);
    for drop in 1..=5 {
        let present = drop * 5;
        let memory = devices::memory(all[..present].to_vec());
        tablet.remembers(Memory { drop_before_records: vec![present - 5 + drop], ..memory })?;
        let mut collecting = tablet.collect()?;
        collecting.wait_for("the whole memory", SOON, |events| transfers(events, "complete") == 1)?;
        let events = collecting.stop(SOON)?;
        ensure!(transfers(&events, "interrupted") == 1, "{events:?}");
        ensure!(count(&events, "saved") == 5, "drop before {drop}: {events:?}");
    }
    tablet.holds(25)
}

#[test]
fn two_stored_records_that_are_alike_stay_two_however_often_they_are_fetched() -> Result<()> {
    let tablet = Tablet::new()?;
    let twin = plx::SpotCheck::at(now() - TimeDelta::hours(1), 93, 60).record();
    let other = plx::SpotCheck::at(now() - TimeDelta::minutes(50), 94, 60).record();
    for (memory, saved) in [
        (vec![twin.clone(), twin.clone()], 2),
        (vec![twin.clone(), twin.clone(), other.clone()], 1),
        // Back after a drop between the two.
        (vec![twin.clone(), twin.clone(), other, twin], 1),
    ] {
        tablet.remembers(Memory { drop_before_records: vec![2], ..devices::memory(memory) })?;
        let mut collecting = tablet.collect()?;
        collecting.wait_for("the whole memory", SOON, |events| transfers(events, "complete") == 1)?;
        let events = collecting.stop(SOON)?;
        ensure!(count(&events, "saved") == saved, "{events:?}");
    }
    let lines = succeed(&tablet.program, &["export"])?.json_lines()?;
    let twins = lines.iter().filter(|line| line["values"][0]["value"] == "93").count();
    ensure!(lines.len() == 4 && twins == 3, "{lines:?}");
    Ok(())
}

#[test]
fn a_program_told_to_end_in_the_middle_of_a_transfer_ends_in_order() -> Result<()> {
    let tablet = Tablet::new()?;
    tablet.remembers(slow(records(7, 100)))?;
    let mut collecting = tablet.collect()?;
    collecting.wait_for("ten readings", SOON, |events| count(events, "saved") >= 10)?;
    let events = collecting.stop(Duration::from_secs(12))?;
    ensure!(events.last().is_some_and(|event| event["event"] == "stopped"), "{events:?}");
    ensure!(transfers(&events, "complete") == 0, "the transfer was over before");
    tablet.rig.control().wait_for(OXIMETER, SOON, |state| !state.connected)?;
    // In order: the record was closed, and nobody is said to hold it.
    let lock = std::fs::read_to_string(tablet.folder.path().join("lock"))?;
    ensure!(lock.is_empty(), "the record was left open by process {lock}");
    let mut collecting = tablet.collect()?;
    collecting.wait_for("the rest", SOON, |events| transfers(events, "complete") == 1)?;
    collecting.stop(SOON)?;
    tablet.holds(100)
}
