//! The same scenario on both Bluetooth rigs, with the same outcome.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use dagsform_tests::compare;
use dagsform_tests::facts;
use dagsform_tests::fhir_server::FhirServer;
use dagsform_tests::rig::FastRig;
use dagsform_tests::rig::emulator::Pace;
use dagsform_tests::rig::log::{self, Entry};
use dagsform_tests::rig::machine::{Machine, Order};
use dagsform_tests::rig::program::{Program, built};
use dagsform_tests::rig::scenario::{Report, kit};
use serde_json::Value;

const SCENARIO: &str = env!("CARGO_BIN_EXE_bluetooth-scenario");

fn on_the_fast_rig(scenario: &str, folder: &Path, service: &str) -> Result<(Report, Vec<Entry>)> {
    let rig = FastRig::start_at(Pace::default())?;
    let result = folder.join("fast.json");
    let data = folder.join("data");
    let status = Command::new(SCENARIO)
        .arg(scenario)
        .args([rig.control_socket(), built()?, data.clone(), result.clone()])
        .arg(service)
        .env("DBUS_SYSTEM_BUS_ADDRESS", rig.bus_address())
        .status()
        .context("starting the scenario")?;
    let report = report(&result).with_context(|| format!("the scenario ended with {status}"))?;
    // Once what is left, and once more: nothing may come of that.
    let clock = data.with_extension("clock");
    for _ in 0..2 {
        let program = Program::at(&built()?, &data).with("DAGSFORM_CLOCK", &clock.to_string_lossy());
        let sent = program.run(&["sync", "--json"], Duration::from_secs(60))?;
        ensure!(sent.status.success(), "{}{}", sent.stdout, sent.stderr);
    }
    Ok((report, rig.log()?))
}

/// What a server holds after a scenario, in a form that does not depend on the run.
async fn arrived(server: &FhirServer) -> Result<Vec<Value>> {
    compare::settled(&server.observations().await?, &server.search("Device").await?)
}

async fn server() -> Result<FhirServer> {
    let server = FhirServer::start().await?;
    server.add_patient("example").await?;
    Ok(server)
}

/// The order to run a scenario on the disk in `folder`.
fn order(scenario: &str, folder: &Path, service: Option<&FhirServer>) -> Result<Order> {
    let program = built()?;
    let program = program.display();
    let base = service.map(FhirServer::base).unwrap_or_default();
    let sync = format!("{program} --data \"$DAGSFORM_DATA\" sync --json");
    let send = service.map(|_| format!("{sync} && {sync} || status=1")).unwrap_or_default();
    let job = format!(
        "{SCENARIO} {scenario} \"$ROOM_CONTROL\" {program} \"$DAGSFORM_DATA\" /mnt/{scenario}.json {base}\n\
         status=$?\n{send}\nexit $status"
    );
    Ok(Order { share: folder.join("share"), disk: folder.join("disk.img"), job, port: service.map(FhirServer::port) })
}

fn in_the_virtual_machine(scenario: &str, folder: &Path, service: Option<&FhirServer>) -> Result<Report> {
    let outcome = Machine::boot(&order(scenario, folder, service)?)?.wait(Duration::from_secs(900))?;
    println!("{}", outcome.account);
    report(&folder.join(format!("share/{scenario}.json")))
        .with_context(|| format!("the job ended with {}\n{}", outcome.result, outcome.account))
}

fn report(path: &PathBuf) -> Result<Report> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    Ok(serde_json::from_str(&text)?)
}

/// What a service that we did not write holds after the scenario, frozen: `DAGSFORM_UPDATE=1` writes it
/// anew, to be read by eye against the HL7 PHD implementation guide.
const EXPECTED: &str = include_str!("expected/oximeter.json");

#[tokio::test]
async fn the_oximeter_arrives_at_the_server_as_expected_from_the_emulator() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let server = server().await?;
    let (report, _) = on_the_fast_rig("oximeter", folder.path(), &server.base())?;
    ensure!(report.passed, "not as expected:\n{}", report.failures());
    let arrived = arrived(&server).await?;
    if std::env::var_os("DAGSFORM_UPDATE").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expected/oximeter.json");
        std::fs::write(path, serde_json::to_string_pretty(&arrived)? + "\n")?;
        return Ok(());
    }
    let expected: Vec<Value> = serde_json::from_str(EXPECTED)?;
    compare::same_resources("at the server", &expected, &arrived)
}

#[tokio::test]
#[ignore = "boots a virtual machine: minutes; tests/run runs it"]
async fn the_real_stack_and_the_emulator_lead_to_the_same_record_and_the_same_observations() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (behind_fast, behind_real) = (server().await?, server().await?);
    let (fast, _) = on_the_fast_rig("oximeter", folder.path(), &behind_fast.base())?;
    let real = in_the_virtual_machine("oximeter", folder.path(), Some(&behind_real))?;
    ensure!(real.passed, "not as expected on the real stack:\n{}", real.failures());
    let differences = fast.differences(&real);
    ensure!(differences.is_empty(), "the rigs differ (emulator / real):\n{}", differences.join("\n"));
    let (fast, real) = (arrived(&behind_fast).await?, arrived(&behind_real).await?);
    compare::same_resources("emulator and real stack", &fast, &real)
}

/// The server holds what the sensors say that they sent, each once.
async fn the_kit_arrived(report: &Report, entries: &[Entry], server: &FhirServer) -> Result<()> {
    ensure!(report.passed, "not as expected:\n{}", report.failures());
    let deliveries = log::deliveries(entries);
    let records: BTreeSet<_> = deliveries.iter().map(|one| (&one.sent.device, &one.sent.bytes)).collect();
    ensure!(records.len() == kit::RECORDS, "the sensors sent {} records", records.len());
    let held =
        facts::held(&server.search("Observation?patient=Patient/example").await?, &server.search("Device").await?)?;
    facts::same("the server", &facts::sent(&deliveries)?, &held)
}

#[tokio::test]
async fn all_five_sensors_of_the_kit_side_by_side_arrive_at_the_server() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let server = server().await?;
    let (report, entries) = on_the_fast_rig("kit", folder.path(), &server.base())?;
    the_kit_arrived(&report, &entries, &server).await
}

#[tokio::test]
#[ignore = "boots a virtual machine: minutes; tests/run runs it"]
async fn all_five_sensors_of_the_kit_arrive_at_the_server_over_the_real_stack() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let server = server().await?;
    let report = in_the_virtual_machine("kit", folder.path(), Some(&server))?;
    the_kit_arrived(&report, &log::read(&folder.path().join("share/room.jsonl"))?, &server).await
}
