//! The same scenario on both Bluetooth rigs, with the same outcome.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use dagsform_tests::rig::FastRig;
use dagsform_tests::rig::emulator::Pace;
use dagsform_tests::rig::log::{self, Event};
use dagsform_tests::rig::machine::{Machine, Order};
use dagsform_tests::rig::program::built;
use dagsform_tests::rig::scenario::{Report, power_cut};

const SCENARIO: &str = env!("CARGO_BIN_EXE_bluetooth-scenario");

fn on_the_fast_rig(folder: &Path) -> Result<Report> {
    let rig = FastRig::start_at(Pace::default())?;
    let result = folder.join("fast.json");
    let status = Command::new(SCENARIO)
        .arg("oximeter")
        .args([rig.control_socket(), built()?, folder.join("data"), result.clone()])
        .env("DBUS_SYSTEM_BUS_ADDRESS", rig.bus_address())
        .status()
        .context("starting the scenario")?;
    report(&result).with_context(|| format!("the scenario ended with {status}"))
}

/// The order to run a scenario on the disk in `folder`.
fn order(scenario: &str, folder: &Path) -> Result<Order> {
    let program = built()?;
    let job = format!(
        "exec {SCENARIO} {scenario} \"$ROOM_CONTROL\" {} \"$DAGSFORM_DATA\" /mnt/{scenario}.json",
        program.display()
    );
    Ok(Order { share: folder.join("share"), disk: folder.join("disk.img"), job, port: None })
}

fn in_the_virtual_machine(scenario: &str, folder: &Path) -> Result<Report> {
    let outcome = Machine::boot(&order(scenario, folder)?)?.wait(Duration::from_secs(900))?;
    println!("{}", outcome.account);
    report(&folder.join(format!("share/{scenario}.json")))
        .with_context(|| format!("the job ended with {}\n{}", outcome.result, outcome.account))
}

fn report(path: &PathBuf) -> Result<Report> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    Ok(serde_json::from_str(&text)?)
}

#[test]
fn the_oximeter_is_collected_as_expected_from_the_emulator() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let report = on_the_fast_rig(folder.path())?;
    ensure!(report.passed, "not as expected:\n{}", report.failures());
    Ok(())
}

/// Minutes, and a set-up: `tests/rigs/setup && cargo test --test bluetooth_scenarios -- --ignored`.
#[test]
#[ignore = "boots a virtual machine; run tests/rigs/setup first"]
fn the_real_stack_and_the_emulator_lead_to_the_same_record() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let fast = on_the_fast_rig(folder.path())?;
    let real = in_the_virtual_machine("oximeter", folder.path())?;
    ensure!(real.passed, "not as expected on the real stack:\n{}", real.failures());
    let differences = fast.differences(&real);
    ensure!(differences.is_empty(), "the rigs differ (emulator / real):\n{}", differences.join("\n"));
    Ok(())
}

#[test]
#[ignore = "boots a virtual machine twice; run tests/rigs/setup first"]
fn a_tablet_that_loses_power_while_it_collects_loses_and_doubles_nothing() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut machine = Machine::boot(&order("before-power-cut", folder.path())?)?;
    machine.wait_for_log("transfer that is half through", Duration::from_secs(400), |entries| {
        log::deliveries(entries).len() >= power_cut::STORED / 2
    })?;
    machine.kill()?;
    let after = in_the_virtual_machine("after-power-cut", folder.path())?;
    ensure!(after.passed, "not as expected after the cut:\n{}", after.failures());
    let entries = log::read(&folder.path().join("share/room.jsonl"))?;
    let bonds = entries.iter().filter(|entry| matches!(entry.event, Event::Paired { .. })).count();
    ensure!(bonds == 1, "the old bond did not serve: {bonds} were made");
    Ok(())
}
