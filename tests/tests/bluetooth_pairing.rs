//! Pairing in a room where not all is as it should be: what is in the way is named, and a way out is said.

#![allow(clippy::indexing_slicing, reason = "JSON: a member that is not there is null")]

use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use dagsform_tests::rig::{
    FastRig,
    control::Request,
    description::Device,
    devices,
    program::{Outcome, Program},
};
use serde_json::Value;
use tempfile::TempDir;

const ONE: &str = "F0:F1:F2:F3:F4:01";
const OTHER: &str = "F0:F1:F2:F3:F4:02";
const PASSKEY: u32 = 123_456;
const NOWHERE: &str = "http://127.0.0.1:9/fhir";
const COMMAND: Duration = Duration::from_secs(120);

/// A tablet that has been given to a patient, in a room with these devices.
struct Tablet {
    rig: FastRig,
    program: Program,
    _folder: TempDir,
}

impl Tablet {
    fn among(devices: &[Device]) -> Result<Self> {
        let rig = FastRig::start()?;
        for device in devices {
            rig.control().add_device(device)?;
        }
        let folder = tempfile::tempdir()?;
        let program = Program::on(&rig.bus_address(), folder.path())?;
        let enrolled = program.run(&["enrol", "--service", NOWHERE, "--patient", "Patient/kari"], COMMAND)?;
        ensure!(enrolled.status.success(), "{}", enrolled.stderr);
        Ok(Self { rig, program, _folder: folder })
    }

    fn pair(&self, which: &[&str]) -> Result<Outcome> {
        let arguments = [&["pair"], which, &["--passkey", "123456", "--json"]].concat();
        self.program.run(&arguments, COMMAND)
    }

    fn paired(&self, which: &[&str]) -> Result<Value> {
        let outcome = self.pair(which)?;
        ensure!(outcome.status.success(), "{which:?}: {}{}", outcome.stdout, outcome.stderr);
        Ok(serde_json::from_str::<Value>(&outcome.stdout)?["device"]["address"].take())
    }

    fn until_it_searches(&self) -> Result<()> {
        let end = Instant::now() + COMMAND;
        while self.rig.control().state()?.searching != Some(true) {
            ensure!(Instant::now() < end, "nothing is searched for");
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Pairing fails with this fault, these words, and this status.
    fn refused(&self, which: &[&str], fault: &str, words: &str, status: i32) -> Result<Value> {
        let outcome = self.pair(which)?;
        let told: Value = serde_json::from_str(&outcome.stdout)?;
        ensure!(told["fault"]["kind"] == fault, "{which:?}: {told} {}", outcome.stderr);
        ensure!(outcome.stderr.contains(words), "{which:?}: {}", outcome.stderr);
        ensure!(outcome.status.code() == Some(status), "{which:?}: {}", outcome.status);
        Ok(told)
    }
}

fn oximeter(address: &str) -> Device {
    devices::oximeter(address, PASSKEY)
}

#[test]
fn of_two_sensors_of_a_kind_none_is_guessed_until_the_other_one_is_away() -> Result<()> {
    let tablet = Tablet::among(&[oximeter(ONE), oximeter(OTHER)])?;
    let kind = ["--kind", "pulse-oximetry"];
    let told = tablet.refused(&kind, "two_alike", "switch the other one off or take it away", 65)?;
    let mut alike: Vec<&str> =
        told["fault"]["alike"].as_array().into_iter().flatten().filter_map(|one| one["address"].as_str()).collect();
    alike.sort_unstable();
    ensure!(alike == [ONE, OTHER], "{told}");
    for device in [ONE, OTHER] {
        ensure!(tablet.rig.control().device(device)?.links == 0, "{device} was connected to");
    }
    tablet.rig.control().set_present(OTHER, false)?;
    ensure!(tablet.paired(&kind)? == ONE);
    tablet.rig.control().set_present(OTHER, true)?;
    ensure!(tablet.paired(&[OTHER])? == OTHER, "by its address it is named whoever else is there");
    Ok(())
}

#[test]
fn a_sensor_that_lost_the_bond_is_told_so_until_it_is_put_into_its_pairing_mode() -> Result<()> {
    let tablet = Tablet::among(&[oximeter(ONE)])?;
    ensure!(tablet.paired(&[ONE])? == ONE);
    tablet.rig.control().ask(&Request::ForgetBond { device: ONE.to_owned() })?;
    tablet.rig.control().set_pairing_mode(ONE, false)?;
    tablet.refused(&[ONE], "bond_lost", "put the sensor into its pairing mode, and pair it anew", 75)?;
    tablet.rig.control().set_pairing_mode(ONE, true)?;
    ensure!(tablet.paired(&[ONE])? == ONE);
    Ok(())
}

#[test]
fn an_adapter_that_is_pulled_while_a_sensor_is_paired_is_told_at_once_and_bonds_outlive_it() -> Result<()> {
    let tablet = Tablet::among(&[oximeter(ONE), oximeter(OTHER)])?;
    ensure!(tablet.paired(&[ONE])? == ONE);
    let plug = |plugged| tablet.rig.control().ask(&Request::SetPlugged { plugged });

    // A device that is away is looked for, for half a minute.
    tablet.rig.control().set_present(OTHER, false)?;
    let told = std::thread::scope(|scope| {
        let pairing = scope.spawn(|| tablet.refused(&[OTHER], "adapter_gone", "put the adapter back in", 69));
        tablet.until_it_searches()?;
        plug(false)?;
        pairing.join().unwrap_or_else(|_| bail!("the pairing panicked"))
    })?;
    ensure!(told["fault"]["device"] == OTHER, "{told}");

    tablet.refused(&[OTHER], "no_adapter", "check that the tablet's Bluetooth works", 69)?;
    plug(true)?;
    ensure!(tablet.paired(&[ONE])? == ONE, "the bond did not outlive the adapter's absence");
    ensure!(tablet.rig.control().device(ONE)?.bonded);
    Ok(())
}
