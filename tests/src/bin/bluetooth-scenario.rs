//! Runs a Bluetooth scenario against the program, on whichever rig this process is.
//!
//! `bluetooth-scenario NAME CONTROL_SOCKET PROGRAM DATA_FOLDER RESULT.json [SERVICE]`; the status is 0
//! when all was as expected, 1 when not, 2 when the scenario could not be run. Whoever is in the room leaves before.
//!
//! At how many records the link drops in `hardship`: `DAGSFORM_DROPS` (5 by default, the long run has 50).

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use dagsform_tests::rig::control::Control;
use dagsform_tests::rig::program::Program;
use dagsform_tests::rig::scenario::{Cast, hardship, kit, oximeter, power_cut};

const USAGE: &str = "usage: bluetooth-scenario NAME CONTROL_SOCKET PROGRAM DATA_FOLDER RESULT.json [SERVICE]";
/// An address at which nobody answers: what is not sent stays in the outbox.
const NO_SERVICE: &str = "http://127.0.0.1:9/fhir";

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("bluetooth-scenario: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<bool> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, control, program, data, result, service @ ..] = arguments.as_slice() else { bail!(USAGE) };
    let scenario = match name.as_str() {
        "oximeter" => oximeter::scenario(),
        "kit" => kit::scenario(),
        "hardship" => hardship::scenario(hardship::drops()),
        "before-first-power-cut" => power_cut::first(),
        "before-power-cut" => power_cut::again(),
        _ => bail!("there is no scenario {name}"),
    };
    let room = Control::new(Path::new(control));
    room.wait_until_up(Duration::from_secs(60))?;
    let program = Program::at(&PathBuf::from(program), Path::new(data)).at_time(scenario.begins)?;
    let service = service.first().cloned().unwrap_or_else(|| NO_SERVICE.to_owned());
    for device in room.state()?.devices.keys() {
        room.set_present(device, false)?;
    }
    let since = room.log(0)?.last().map_or(0, |entry| entry.n);
    let report = scenario.run(&Cast { program, room, service, since });
    let json = serde_json::to_string_pretty(&report)?;
    std::fs::write(result, json).with_context(|| format!("writing {result}"))?;
    if !report.passed {
        eprintln!("{}", report.failures());
    }
    Ok(report.passed)
}
