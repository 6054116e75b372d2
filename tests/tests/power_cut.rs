//! The tablet loses its power while it collects: the program runs in the virtual machine with its record
//! on a disk of its own, and the machine is killed. What the program had said to be saved must be on
//! the disk, before anything is fetched again.
//!
//! The number of cuts: `DAGSFORM_CUTS` (2 by default, the long run has 20), the seed: `DAGSFORM_SEED`.

use std::{
    collections::BTreeSet,
    path::Path,
    process::Command,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use dagsform_tests::rig::{
    machine::{Machine, Order},
    program::{Program, built},
};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use serde_json::Value;

const SCENARIO: &str = env!("CARGO_BIN_EXE_bluetooth-scenario");
/// From the start of the machine until so many readings are saved.
const BOOT: Duration = Duration::from_secs(400);

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
#[ignore = "boots a virtual machine for each cut: minutes; tests/run runs it"]
fn no_committed_reading_is_missing_after_a_power_cut_and_the_file_is_intact() -> Result<()> {
    let (cuts, seed) = (number("DAGSFORM_CUTS", 2), number("DAGSFORM_SEED", 20_261_123));
    println!("seed {seed}, {cuts} cuts");
    let mut random = StdRng::seed_from_u64(seed);
    let folder = tempfile::tempdir()?;
    let (share, disk) = (folder.path().join("share"), folder.path().join("disk.img"));
    let mut saved_before = BTreeSet::new();
    for cut in 0..cuts {
        let scenario = if cut == 0 { "before-first-power-cut" } else { "before-power-cut" };
        let program = built()?;
        let program = program.display();
        let job = format!(
            "{SCENARIO} {scenario} \"$ROOM_CONTROL\" {program} \"$DAGSFORM_DATA\" /mnt/scenario.json\n\
             exec {program} --data \"$DAGSFORM_DATA\" collect --no-sync >> /mnt/events.jsonl"
        );
        let began = Instant::now();
        let mut machine =
            Machine::boot(&Order { share: share.clone(), disk: disk.clone(), job, within: BOOT, ports: vec![] })?;
        let wanted = saved_before.len() + random.random_range(1..25);
        machine.wait_until("new readings", BOOT, || Ok(saved(&share)?.len() >= wanted))?;
        sleep(Duration::from_millis(random.random_range(0..200)));
        machine.kill()?;

        let said = saved(&share)?;
        let found = on_the_disk(&disk, folder.path())?;
        let missing: Vec<_> = said.difference(&found).collect();
        ensure!(
            missing.is_empty(),
            "cut {cut}: {} of {} saved readings are missing: {missing:?}",
            missing.len(),
            said.len()
        );
        println!(
            "cut {cut}: {} readings were said to be saved, {} are on the disk, {:?}",
            said.len(),
            found.len(),
            began.elapsed()
        );
        saved_before = found;
    }
    Ok(())
}

/// The identities that the program said to be saved, over all boots. A torn last line does not count.
fn saved(share: &Path) -> Result<BTreeSet<String>> {
    let text = match std::fs::read_to_string(share.join("events.jsonl")) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(error).context("reading the events"),
    };
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let events = whole.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    Ok(events
        .filter(|event| event.get("event").is_some_and(|kind| kind == "saved"))
        .filter_map(|event| event.get("identity").and_then(Value::as_str).map(str::to_owned))
        .collect())
}

/// The identities in the record on the disk, read without the machine. Fails if the file is damaged or
/// a reading is there twice.
fn on_the_disk(disk: &Path, folder: &Path) -> Result<BTreeSet<String>> {
    let (copy, out) = (folder.join("copy.img"), folder.join("out"));
    std::fs::copy(disk, &copy)?;
    std::fs::remove_dir_all(&out)
        .or_else(|e| if e.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(e) })?;
    std::fs::create_dir(&out)?;
    // Replays the journal of the file system, as the next boot would.
    let check = Command::new("/sbin/e2fsck").args(["-p"]).arg(&copy).output().context("starting e2fsck")?;
    ensure!(matches!(check.status.code(), Some(0 | 1)), "the file system: {}", String::from_utf8_lossy(&check.stdout));
    let dump = format!("rdump /dagsform {}", out.display());
    let dump = Command::new("/sbin/debugfs").args(["-R", &dump]).arg(&copy).output().context("starting debugfs")?;
    ensure!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    let data = out.join("dagsform");
    let export = Program::at(&built()?, &data).run(&["export"], Duration::from_secs(60))?;
    ensure!(export.status.success(), "the record after the cut: {}", export.stderr);
    let lines = export.json_lines()?;
    let found: BTreeSet<_> =
        lines.iter().filter_map(|line| line.get("identity").and_then(Value::as_str).map(str::to_owned)).collect();
    ensure!(found.len() == lines.len(), "{} of {} readings are there twice", lines.len() - found.len(), lines.len());
    let record = rusqlite::Connection::open(data.join("record.sqlite"))?;
    let verdict: String = record.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    ensure!(verdict == "ok", "the record is damaged: {verdict}");
    Ok(found)
}
