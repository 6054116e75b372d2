//! The same scenarios on both Bluetooth rigs, with the same outcome.
//!
//! All of the real stack is one boot of the virtual machine. The hardships run there when `DAGSFORM_HARDSHIPS` is set, as
//! `tests/run radio` does. At how many records the link drops: `DAGSFORM_DROPS`.

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
use dagsform_tests::rig::log::{self, Delivery, Entry};
use dagsform_tests::rig::machine::{KernelBroke, Machine, Order};
use dagsform_tests::rig::month::Sensor;
use dagsform_tests::rig::program::{Program, built};
use dagsform_tests::rig::scenario::{Report, hardship, kit};
use serde_json::Value;

const SCENARIO: &str = env!("CARGO_BIN_EXE_bluetooth-scenario");
const CLIENT: &str = env!("CARGO_BIN_EXE_bluetooth-client");
/// How long all that runs in the virtual machine may take: the long run on a busy machine.
const JOB: Duration = Duration::from_secs(2_700);
const BOOT: Duration = Duration::from_secs(300);
/// So many machines are tried where the kernel breaks.
const MACHINES: u32 = 3;

/// Without a service nothing is sent.
fn on_the_fast_rig(
    scenario: &str,
    pace: Pace,
    folder: &Path,
    service: Option<&FhirServer>,
) -> Result<(Report, Vec<Entry>)> {
    let rig = FastRig::start_at(pace)?;
    let result = folder.join(format!("fast-{scenario}.json"));
    let data = folder.join(scenario);
    let status = Command::new(SCENARIO)
        .arg(scenario)
        .args([rig.control_socket(), built()?, data.clone(), result.clone()])
        .args(service.map(FhirServer::base))
        .env("DBUS_SYSTEM_BUS_ADDRESS", rig.bus_address())
        .status()
        .context("starting the scenario")?;
    let report = report(&result).with_context(|| format!("the scenario ended with {status}"))?;
    // Once what is left, and once more: nothing may come of that.
    let clock = data.with_extension("clock");
    for _ in service.iter().chain(&service) {
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

/// The order to run these scenarios one after the other, each with a record and a service of its own, and then the
/// client that knows nothing of the program.
fn order(folder: &Path, scenarios: &[(&str, &FhirServer)]) -> Result<Order> {
    let program = built()?;
    let program = program.display();
    let runs: Vec<String> = scenarios.iter().map(|(name, server)| format!("run {name} {}", server.base())).collect();
    let job = format!(
        "export DAGSFORM_DROPS={drops}\n\
         status=0\n\
         run() {{\n\
             echo \"$1:\" >&2\n\
             {SCENARIO} \"$1\" \"$ROOM_CONTROL\" {program} \"$DAGSFORM_DATA/$1\" \"/mnt/$1.json\" \"$2\" || status=1\n\
             export DAGSFORM_CLOCK=\"$DAGSFORM_DATA/$1.clock\"\n\
             for again in once more; do {program} --data \"$DAGSFORM_DATA/$1\" sync --json || status=1; done\n\
         }}\n\
         {runs}\n\
         {CLIENT} \"$ROOM_CONTROL\" >&2 || status=1\n\
         exit $status",
        drops = hardship::drops(),
        runs = runs.join("\n"),
    );
    let ports = scenarios.iter().map(|(_, server)| server.port()).collect();
    Ok(Order { share: folder.join("share"), disk: folder.join("disk.img"), job, within: JOB, ports })
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
    let (report, _) = on_the_fast_rig("oximeter", Pace::default(), folder.path(), Some(&server))?;
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

/// The server holds of these devices what they say that they sent, each once; how many records that were.
async fn sent_arrived(entries: &[Entry], server: &FhirServer, devices: &[&str]) -> Result<usize> {
    let ours = |delivery: &Delivery| devices.contains(&delivery.sent.device.as_str());
    let deliveries: Vec<Delivery> = log::deliveries(entries).into_iter().filter(ours).collect();
    let held =
        facts::held(&server.search("Observation?patient=Patient/example").await?, &server.search("Device").await?)?;
    let held: Vec<_> = held.into_iter().filter(|fact| devices.iter().any(|one| fact.of.starts_with(one))).collect();
    facts::same("the server", &facts::sent(&deliveries)?, &held)?;
    let records: BTreeSet<_> = deliveries.iter().map(|one| (&one.sent.device, &one.sent.bytes)).collect();
    Ok(records.len())
}

async fn the_kit_arrived(report: &Report, entries: &[Entry], server: &FhirServer) -> Result<()> {
    ensure!(report.passed, "not as expected:\n{}", report.failures());
    let records = sent_arrived(entries, server, &Sensor::ALL.map(Sensor::address)).await?;
    ensure!(records == kit::RECORDS, "the sensors sent {records} records");
    Ok(())
}

async fn hardship_was_overcome(report: &Report, entries: &[Entry], server: &FhirServer) -> Result<()> {
    ensure!(report.passed, "not as expected:\n{}", report.failures());
    let records = sent_arrived(entries, server, &[hardship::OXIMETER]).await?;
    ensure!(records == hardship::records(hardship::drops()), "the oximeter sent {records} records");
    Ok(())
}

#[tokio::test]
async fn all_five_sensors_of_the_kit_side_by_side_arrive_at_the_server() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let server = server().await?;
    let (report, entries) = on_the_fast_rig("kit", Pace::default(), folder.path(), Some(&server))?;
    the_kit_arrived(&report, &entries, &server).await
}

#[tokio::test]
async fn no_hardship_loses_or_doubles_a_reading_on_its_way_to_the_server() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let server = server().await?;
    let (report, entries) = on_the_fast_rig("hardship", Pace::quick(), folder.path(), Some(&server))?;
    hardship_was_overcome(&report, &entries, &server).await
}

/// On the real stack they take long, and are a command of their own.
fn with_hardships() -> bool {
    std::env::var_os("DAGSFORM_HARDSHIPS").is_some()
}

/// A virtual machine at work, and the services behind it.
struct Real {
    machine: Machine,
    folder: PathBuf,
    oximeter: FhirServer,
    kit: FhirServer,
    hardship: FhirServer,
}

impl Real {
    async fn boot(folder: PathBuf) -> Result<Self> {
        std::fs::create_dir_all(&folder)?;
        let (oximeter, kit, hardship) = (server().await?, server().await?, server().await?);
        let mut scenarios = vec![("oximeter", &oximeter), ("kit", &kit)];
        if with_hardships() {
            scenarios.push(("hardship", &hardship));
        } else {
            println!("the hardships of the radio are not part of this run on the real stack: tests/run radio has them");
        }
        let machine = Machine::boot(&order(&folder, &scenarios)?)?;
        Ok(Self { machine, folder, oximeter, kit, hardship })
    }
}

#[tokio::test]
#[ignore = "boots a virtual machine: minutes; tests/run runs it"]
async fn on_the_real_stack_everything_comes_out_as_on_the_emulator() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let behind_fast = server().await?;
    let mut real = Real::boot(folder.path().join("1")).await?;

    // Meanwhile, as fast as the real stack was seen to be.
    let pace = Pace::default();
    let (fast_oximeter, _) = on_the_fast_rig("oximeter", pace, folder.path(), Some(&behind_fast))?;
    let fast_hardship = with_hardships().then(|| on_the_fast_rig("hardship", pace, folder.path(), None)).transpose()?;

    let mut machines = 1;
    let outcome = loop {
        match real.machine.wait(BOOT + JOB) {
            Err(error) if error.is::<KernelBroke>() && machines < MACHINES => {
                machines += 1;
                println!("machine {machines} of at most {MACHINES}, since {error:#}");
                real = Real::boot(folder.path().join(machines.to_string())).await?;
            }
            outcome => break outcome?,
        }
    };
    println!("{}", outcome.account);
    let share = real.folder.join("share");
    let reported = |name: &str| {
        report(&share.join(format!("{name}.json")))
            .with_context(|| format!("the job ended with {}\n{}", outcome.result, outcome.account))
    };
    let entries = log::read(&share.join("room.jsonl"))?;
    let oximeter = reported("oximeter")?;
    ensure!(oximeter.passed, "not as expected on the real stack:\n{}", oximeter.failures());
    the_kit_arrived(&reported("kit")?, &entries, &real.kit).await?;
    let mut pairs = vec![(fast_oximeter, oximeter)];
    if let Some((fast_hardship, _)) = fast_hardship {
        let hardship = reported("hardship")?;
        hardship_was_overcome(&hardship, &entries, &real.hardship).await?;
        pairs.push((fast_hardship, hardship));
    }
    for (fast, real) in pairs {
        let differences = fast.differences(&real);
        ensure!(differences.is_empty(), "the rigs differ (emulator / real):\n{}", differences.join("\n"));
    }
    ensure!(outcome.result == "0", "the job ended with {}\n{}", outcome.result, outcome.account);
    let (fast, real) = (arrived(&behind_fast).await?, arrived(&real.oximeter).await?);
    compare::same_resources("emulator and real stack", &fast, &real)
}
