//! The program is killed in each named gap, and at random moments, while stored records flow from a
//! sensor to a server; then record and server are compared with the sensor's own log.
//!
//! The number of kills: `DAGSFORM_KILLS` (all of them by default), the seed: `DAGSFORM_SEED`.

use std::{
    collections::BTreeMap,
    os::unix::process::ExitStatusExt as _,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use chrono::{Local, TimeDelta};
use dagsform_tests::{
    compare,
    fhir_server::FhirServer,
    rig::{FastRig, devices, log, plx, program::Program},
};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};

const OXIMETER: &str = "F0:F1:F2:F3:F4:F5";
const RECORDS: usize = 2000;
const KILLS: usize = 200;
const KILLS_IN_EACH_GAP: usize = 10;
/// A round that is not killed ends by itself when nothing new has come for so many seconds.
const IDLE: &str = "2";
const ROUND: Duration = Duration::from_secs(60);

/// Where a round is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Where {
    Gap(&'static str),
    Anywhere,
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_gap_the_program_is_killed_in_record_and_server_hold_each_reading_once() -> Result<()> {
    let seed = number("DAGSFORM_SEED", 20_261_123);
    let kills = usize::try_from(number("DAGSFORM_KILLS", u64::try_from(KILLS)?))?;
    println!("seed {seed}, {kills} kills");
    let mut random = StdRng::seed_from_u64(seed);

    let rig = FastRig::start()?;
    let server = FhirServer::start().await?;
    let patient = server.add_patient("kari").await?;
    let start = Local::now().naive_local() - TimeDelta::days(100);
    let records = plx::many(seed, RECORDS, start);
    let oximeter = devices::oximeter(OXIMETER, 123_456);
    rig.control().add_device(&oximeter)?;

    let data = tempfile::tempdir()?;
    let program = Program::on(&rig.bus_address(), data.path())?;
    succeed(&program, &["enrol", "--service", &server.base(), "--patient", &patient])?;
    succeed(&program, &["pair", OXIMETER, "--passkey", "123456", "--earlier", "mine", "--json"])?;

    let mut plan: Vec<Where> = dagsform::gaps::NAMES
        .iter()
        .flat_map(|gap| {
            std::iter::repeat_n(Where::Gap(gap), KILLS_IN_EACH_GAP.min(kills / dagsform::gaps::NAMES.len()))
        })
        .collect();
    plan.resize(kills, Where::Anywhere);
    plan.shuffle(&mut random);

    let began = Instant::now();
    let mut killed: BTreeMap<Where, usize> = BTreeMap::new();
    let rounds = plan.len();
    for (round, place) in plan.into_iter().enumerate() {
        // The patient goes on measuring: each round finds some more records in the memory.
        let present = RECORDS * (round + 1) / rounds;
        let before = RECORDS * round / rounds;
        rig.control().set_memory(OXIMETER, devices::memory(records[..present].to_vec()))?;
        for attempt in 0.. {
            ensure!(attempt < 20, "round {round}: the program was never killed at {place:?}");
            if kill_once(&program, place, present, present - before, &mut random)? {
                *killed.entry(place).or_default() += 1;
                break;
            }
        }
    }
    let took = began.elapsed();

    // What is left is collected and sent without disturbance.
    rig.control().set_memory(OXIMETER, devices::memory(records))?;
    let collecting = program.collect(&["--idle", "5"])?;
    collecting.finish(Duration::from_secs(120))?;
    succeed(&program, &["sync", "--json"])?;

    let sent = compare::sent(&log::deliveries(&rig.log()?))?;
    let lines = program.run(&["export"], Duration::from_secs(30))?.json_lines()?;
    ensure!(lines.len() == RECORDS, "{} readings in the record", lines.len());
    let undelivered = lines.iter().filter(|line| line["delivery"]["state"] != "delivered").count();
    ensure!(undelivered == 0, "{undelivered} readings are not delivered");
    compare::same("the record", &sent, &compare::exported(&lines)?)?;
    compare::same("the server", &sent, &compare::served(&server.observations().await?)?)?;
    println!("{} kills in {took:?}, {} points compared: {killed:?}", killed.values().sum::<usize>(), sent.len());
    Ok(())
}

/// One run of the program that is meant to be killed; whether it was.
fn kill_once(program: &Program, place: Where, present: usize, new: usize, random: &mut StdRng) -> Result<bool> {
    match place {
        Where::Gap(gap) => {
            // Which passing it dies at: any of the memory, of the new records, or of the requests.
            let passings = match gap {
                "frame-received" => present,
                "transfer-complete" => 1,
                "before-post" | "after-post" | "after-settle" => 2,
                _ => new.max(1),
            };
            let at = random.random_range(1..=passings);
            let program = program.clone().with("DAGSFORM_GAP", &format!("{gap}:{at}"));
            let status = program.run(&["collect", "--idle", IDLE], ROUND)?.status;
            Ok(status.signal() == Some(9))
        }
        Where::Anywhere => {
            let mut collecting = program.collect(&["--idle", IDLE])?;
            collecting.wait_for_event("ready", Duration::from_secs(20)).context("a random kill")?;
            let longest = 300 + 2 * u64::try_from(present)?;
            std::thread::sleep(Duration::from_millis(random.random_range(0..longest)));
            collecting.kill()?;
            Ok(true)
        }
    }
}

fn succeed(program: &Program, arguments: &[&str]) -> Result<()> {
    let outcome = program.run(arguments, Duration::from_secs(60))?;
    ensure!(outcome.status.success(), "{arguments:?}: {}{}", outcome.stdout, outcome.stderr);
    Ok(())
}
