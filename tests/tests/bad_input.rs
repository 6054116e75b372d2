//! Bad input from sensors, from the disk, from the service and from the command line: each case is told
//! in one clear message, and when the fault is gone each reading is there once.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use chrono::{Local, NaiveDate, NaiveDateTime, TimeDelta, Timelike as _};
use dagsform_tests::{
    compare,
    fhir_server::FhirServer,
    rig::{
        FastRig,
        description::Record,
        devices, log, plx,
        program::{Collecting, Outcome, Program},
    },
    scripted_service::{Behave, ScriptedService},
};
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

const OXIMETER: &str = "F0:F1:F2:F3:F4:F5";
/// An address of this machine at which nothing listens.
const NOWHERE: &str = "http://127.0.0.1:9/fhir";
const COMMAND: Duration = Duration::from_secs(60);
const SOON: Duration = Duration::from_secs(30);

/// A tablet with a paired oximeter.
struct Tablet {
    rig: FastRig,
    program: Program,
    folder: TempDir,
}

impl Tablet {
    fn new(service: &str, patient: &str, earlier: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        Self::in_folder(folder, service, patient, earlier, |folder| folder.to_owned())
    }

    fn in_folder(
        folder: TempDir,
        service: &str,
        patient: &str,
        earlier: &str,
        data: impl Fn(&Path) -> PathBuf,
    ) -> Result<Self> {
        let rig = FastRig::start()?;
        rig.control().add_device(&devices::oximeter(OXIMETER, 123_456))?;
        let program = Program::on(&rig.bus_address(), &data(folder.path()))?;
        succeed(&program, &["enrol", "--service", service, "--patient", patient])?;
        succeed(&program, &["pair", OXIMETER, "--passkey", "123456", "--earlier", earlier, "--json"])?;
        Ok(Self { rig, program, folder })
    }

    /// Its own oximeter, and no service.
    fn alone() -> Result<Self> {
        Self::new(NOWHERE, "Patient/kari", "mine")
    }

    fn remembers(&self, records: &[Record]) -> Result<()> {
        self.rig.control().set_memory(OXIMETER, devices::memory(records.to_vec()))
    }

    /// Collects until the memory has been fetched; gives the events.
    fn fetch(&self) -> Result<Vec<Value>> {
        let mut collecting = self.program.collect(&["--no-sync"])?;
        fetched(&mut collecting)?;
        collecting.stop(SOON)
    }

    /// Collects live what is sent one after the other; gives the events.
    fn measure(&self, records: &[Record]) -> Result<Vec<Value>> {
        let mut collecting = self.program.collect(&["--no-sync"])?;
        fetched(&mut collecting)?;
        for record in records {
            let before = news(collecting.events());
            ensure!(self.rig.control().send(OXIMETER, devices::SPOT_CHECK, record)?, "{record:?} was not sent");
            collecting.wait_for("word of what was sent", SOON, |events| news(events) > before)?;
        }
        collecting.stop(SOON)
    }

    fn export(&self) -> Result<Vec<Value>> {
        succeed(&self.program, &["export"])?.json_lines()
    }

    fn database(&self) -> Result<Connection> {
        Ok(Connection::open(self.folder.path().join("record.sqlite"))?)
    }

    /// Each reading that the oximeter sent is in the record, once.
    fn holds_what_was_sent(&self) -> Result<Vec<Value>> {
        let deliveries = log::deliveries(&self.rig.log()?);
        let meant: Vec<_> = deliveries.into_iter().filter(|delivery| delivery.sent.meaning.is_some()).collect();
        let lines = self.export()?;
        compare::same("the record", &compare::sent(&meant)?, &compare::exported(&lines)?)?;
        Ok(lines)
    }
}

fn succeed(program: &Program, arguments: &[&str]) -> Result<Outcome> {
    let outcome = program.run(arguments, COMMAND)?;
    ensure!(outcome.status.success(), "{arguments:?}: {}{}", outcome.stdout, outcome.stderr);
    Ok(outcome)
}

/// A command ends with a status, and says so in one line that holds these words.
fn fails(program: &Program, arguments: &[&str], status: i32, words: &[&str]) -> Result<Outcome> {
    let outcome = program.run(arguments, COMMAND)?;
    let said = format!("{arguments:?} ({}): {}{}", outcome.status, outcome.stdout, outcome.stderr);
    ensure!(outcome.status.code() == Some(status), "not {status}: {said}");
    ensure!(outcome.stderr.trim().lines().count() == 1, "not one line: {said}");
    for words in words {
        ensure!(outcome.stderr.contains(words), "nothing of '{words}': {said}");
    }
    Ok(outcome)
}

fn fetched(collecting: &mut Collecting) -> Result<()> {
    collecting.wait_for("end of the memory", SOON, |events| {
        events.iter().any(|event| event["event"] == "transfer" && event["state"] == "complete")
    })
}

fn count(events: &[Value], kind: &str) -> usize {
    events.iter().filter(|event| event["event"] == kind).count()
}

/// How often something came of a frame.
fn news(events: &[Value]) -> usize {
    count(events, "saved") + count(events, "known") + faults(events, "undecodable").len()
}

fn faults<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["event"] == "fault" && event["kind"] == kind).collect()
}

fn raw(bytes: &str) -> Record {
    Record { bytes: bytes.to_owned(), sequence: None, meaning: None, followed_by: vec![] }
}

fn day(year: i32) -> NaiveDateTime {
    NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default().and_hms_opt(0, 0, 10).unwrap_or_default()
}

/// A moment ago, in whole seconds as devices have it.
fn ago(minutes: i64) -> NaiveDateTime {
    let then = Local::now().naive_local() - TimeDelta::minutes(minutes);
    then.with_nanosecond(0).unwrap_or(then)
}

fn values(lines: &[Value], code: &str) -> Vec<String> {
    let all = lines.iter().flat_map(|line| line["values"].as_array().into_iter().flatten());
    let mut found: Vec<String> =
        all.filter(|value| value["code"] == code).map(|value| value["value"].to_string()).collect();
    found.sort();
    found
}

/// Observations of the service, without those that only tell the time.
fn served(observations: &[Value]) -> usize {
    observations.iter().filter(|observation| observation.to_string().contains("\"150456\"")).count()
}

// ---- from sensors

#[test]
fn bytes_that_no_codec_understands_are_kept_and_told_and_the_good_readings_behind_them_arrive() -> Result<()> {
    let tablet = Tablet::alone()?;
    // Cut short in the pulse rate; announcing a time that does not follow; two bytes too many.
    let bad = ["0061003d", "0161003d00ea070b", "0061003d00beef"];
    let good = plx::many(1, 4, ago(600));
    tablet.remembers(&[&good[..1], &[raw(bad[0]), raw(bad[2])], &good[1..2]].concat())?;
    let events = tablet.fetch()?;
    ensure!(count(&events, "saved") == 2 && faults(&events, "undecodable").len() == 2, "{events:?}");

    let events = tablet.measure(&[&good[2..3], &[raw(bad[1]), raw(bad[2]), raw("")], &good[3..]].concat())?;
    let live: Vec<_> = faults(&events, "undecodable").into_iter().filter_map(|fault| fault["text"].as_str()).collect();
    // The memory is fetched once more before, and tells its two again.
    ensure!(live.len() == 5, "{live:?}");
    ensure!(live[2].contains("'timestamp' at byte 5 is cut short"), "{live:?}");
    ensure!(live[3].contains("2 byte(s) left over at byte 5"), "{live:?}");
    ensure!(live[4].contains("'flags' at byte 0 is cut short"), "{live:?}");
    tablet.holds_what_was_sent()?;

    let database = tablet.database()?;
    let mut statement =
        database.prepare("SELECT lower(hex(bytes)) FROM frame WHERE state = 'undecodable' ORDER BY id")?;
    let kept: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    ensure!(kept == [bad[0], bad[2], bad[1], bad[2], ""], "{kept:?}");
    Ok(())
}

#[test]
fn numbers_and_bits_that_the_specification_reserves_become_readings_in_doubt_and_not_faults() -> Result<()> {
    let tablet = Tablet::alone()?;
    // A reserved number for the saturation; no number for both; reserved flags with a byte behind.
    let events = tablet.measure(&[raw("0001083d00"), raw("00ff07ff07"), raw("e061003d0000")])?;
    ensure!(count(&events, "saved") == 3 && faults(&events, "undecodable").is_empty(), "{events:?}");
    let lines = tablet.export()?;
    let verdicts: Vec<&Value> = lines.iter().map(|line| &line["quality"]["verdict"]).collect();
    ensure!(verdicts == ["doubtful", "failed", "good"], "{lines:?}");
    ensure!(lines[0]["values"][0]["value"].is_null() && lines[0]["values"][0]["special"].is_string(), "{}", lines[0]);
    ensure!(lines[2]["flags"].to_string().contains("reserved-bit-set"), "{}", lines[2]);
    Ok(())
}

#[test]
fn a_wrong_clock_gives_a_live_reading_the_time_of_reception_and_a_stored_one_none() -> Result<()> {
    let tablet = Tablet::alone()?;
    let (stored, live) = (plx::SpotCheck::at(day(2021), 91, 60), plx::SpotCheck::at(day(2021), 95, 60));
    tablet.remembers(&[stored.record()])?;
    tablet.measure(&[live.record()])?;
    let lines = tablet.holds_what_was_sent()?;
    ensure!(lines.len() == 2, "{lines:?}");
    for line in &lines {
        ensure!(line["device_time"] == "2021-01-01T00:00:10", "{line}");
        ensure!(line["time"]["device_clock"] == "untrusted", "{line}");
        ensure!(line["time"]["received"].as_str().is_some_and(|time| !time.starts_with("2021")), "{line}");
    }
    let (stored, live) = (&lines[0]["time"], &lines[1]["time"]);
    ensure!(stored["effective"].is_null() && lines[0]["quality"]["verdict"] == "doubtful", "{}", lines[0]);
    ensure!(live["effective"] == live["received"] && live["correction_seconds"].is_i64(), "{live}");
    Ok(())
}

#[test]
fn a_clock_that_falls_back_to_its_epoch_between_two_readings_merges_nothing() -> Result<()> {
    let tablet = Tablet::alone()?;
    let check = |time, spo2| plx::SpotCheck::at(time, spo2, 60).record();
    let events = tablet.measure(&[check(ago(0), 97), check(day(2000), 97), check(day(2000), 96)])?;
    ensure!(count(&events, "saved") == 3, "{events:?}");
    ensure!(tablet.holds_what_was_sent()?.len() == 3);
    Ok(())
}

#[test]
fn readings_without_any_time_are_kept_and_those_of_the_memory_are_not_doubled_by_the_next_fetch() -> Result<()> {
    let tablet = Tablet::alone()?;
    // Two that are alike, and one that is not.
    tablet.remembers(&[raw("0061003d00"), raw("0061003d00"), raw("005f003d00")])?;
    ensure!(count(&tablet.fetch()?, "saved") == 3);
    let again = tablet.fetch()?;
    ensure!(count(&again, "saved") == 0 && count(&again, "known") == 3, "{again:?}");
    // Live ones have their time of reception, and each is a reading of its own.
    let live = tablet.measure(&[raw("0061003d00"), raw("0061003d00")])?;
    ensure!(count(&live, "saved") == 2, "{live:?}");
    let lines = tablet.export()?;
    ensure!(lines.len() == 5, "{lines:?}");
    let effective: Vec<bool> = lines.iter().map(|line| line["time"]["effective"].is_string()).collect();
    ensure!(effective == [false, false, false, true, true], "{lines:?}");
    Ok(())
}

#[test]
fn bytes_whose_reading_could_not_be_committed_are_finished_and_not_doubled_when_they_come_again() -> Result<()> {
    let tablet = Tablet::alone()?;
    tablet.remembers(&[raw("0061003d00"), raw("005f003d00")])?;
    let database = tablet.database()?;
    database.execute_batch(
        "CREATE TRIGGER fault BEFORE INSERT ON reading BEGIN SELECT RAISE(ABORT, 'no room for readings'); END",
    )?;
    let mut collecting = tablet.program.collect(&["--no-sync"])?;
    collecting.wait_for("a frame that is not taken", SOON, |events| !faults(events, "not_taken").is_empty())?;
    database.execute_batch("DROP TRIGGER fault")?;
    fetched(&mut collecting)?;
    let events = collecting.stop(SOON)?;
    ensure!(faults(&events, "not_taken")[0]["text"].as_str().is_some_and(|text| text.contains("no room for readings")));
    // The next start finishes what is left of frames.
    tablet.fetch()?;
    let lines = tablet.export()?;
    ensure!(values(&lines, "spo2") == ["\"95\"", "\"97\""], "{lines:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn demonstrations_and_tests_of_a_sensor_are_stored_and_never_sent() -> Result<()> {
    let server = FhirServer::start().await?;
    let tablet = Tablet::new(&server.base(), &server.add_patient("kari").await?, "mine")?;
    let check = |minutes, spo2, bit: u32| {
        let status = u16::try_from(1_u32 << bit).ok();
        plx::SpotCheck { measurement_status: status, ..plx::SpotCheck::at(ago(minutes), spo2, 60) }.record()
    };
    let records = [check(9, 99, 10), check(8, 98, 11), check(7, 97, 8)];
    tablet.remembers(&records[..2])?;
    tablet.measure(&records[2..])?;
    let sent = succeed(&tablet.program, &["sync", "--json"])?.json()?;
    ensure!(sent["delivered"] == 1 && sent["counts"]["withheld"] == 2, "{sent}");
    let lines = tablet.holds_what_was_sent()?;
    let states: Vec<Value> = lines.iter().map(|line| line["delivery"].clone()).collect();
    let withheld = json!({"state": "withheld", "reason": "not-a-reading"});
    ensure!(states == [withheld.clone(), withheld, json!({"state": "delivered"})], "{lines:?}");
    ensure!(served(&server.observations().await?) == 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_from_before_pairing_is_sent_only_where_it_is_said_to_be_the_patients_own() -> Result<()> {
    let server = FhirServer::start().await?;
    for (name, earlier, delivered) in [("aside", "aside", 1), ("mine", "mine", 4)] {
        let patient = server.add_patient(name).await?;
        let before = server.observations().await?.len();
        let tablet = Tablet::new(&server.base(), &patient, earlier)?;
        let old = plx::many(2, 3, ago(3000));
        tablet.remembers(&old)?;
        tablet.measure(&[plx::SpotCheck::at(ago(0), 97, 60).record()])?;
        let sent = succeed(&tablet.program, &["sync", "--json"])?.json()?;
        ensure!(sent["delivered"] == delivered, "{earlier}: {sent}");
        let lines = tablet.holds_what_was_sent()?;
        let aside = json!({"state": "withheld", "reason": "before-assignment"});
        let withheld = lines.iter().filter(|line| line["delivery"] == aside).count();
        ensure!(withheld + delivered == 4, "{lines:?}");
        let arrived = server.observations().await?.split_off(before);
        let known = |it: &Value| it["subject"]["reference"] == patient.as_str() || it.to_string().contains("\"67975\"");
        ensure!(arrived.iter().all(known), "{arrived:?}");
        ensure!(served(&arrived) == delivered, "{arrived:?}");
    }
    Ok(())
}

// ---- from the disk

#[test]
fn a_record_in_use_is_told_with_its_holder_and_left_to_it() -> Result<()> {
    let tablet = Tablet::alone()?;
    tablet.remembers(&plx::many(3, 3, ago(600)))?;
    let mut collecting = tablet.program.collect(&["--no-sync"])?;
    fetched(&mut collecting)?;
    let holder = format!("process {}", collecting.process());
    // What needs the record for itself.
    fails(&tablet.program, &["collect"], 75, &["in use by another Dagsform program", &holder, "close it"])?;
    // What is handed over, and cannot be done there.
    fails(&tablet.program, &["sync"], 75, &["does not send"])?;
    for command in [["export"], ["devices"]] {
        let outcome = tablet.program.run(&command, SOON)?;
        ensure!(outcome.status.success(), "{command:?}: {}", outcome.stderr);
    }
    collecting.stop(SOON)?;
    ensure!(tablet.holds_what_was_sent()?.len() == 3);
    Ok(())
}

#[test]
fn a_record_that_cannot_be_written_is_told_and_taken_up_when_it_can() -> Result<()> {
    let name = "a_record_that_cannot_be_written_is_told_and_taken_up_when_it_can";
    if !in_own_mounts(name)? {
        return Ok(());
    }
    let tablet = Tablet::alone()?;
    tablet.remembers(&plx::many(4, 3, ago(600)))?;
    tablet.fetch()?;
    let data = tablet.folder.path();
    let file = data.join("record.sqlite");
    for what in [data, file.as_path()] {
        mount(&["--bind"], what, what)?;
        mount(&["-o", "remount,bind,ro"], what, what)?;
        for command in ["collect", "sync", "export"] {
            let path = data.display().to_string();
            fails(&tablet.program, &[command], 74, &[&path, "can be read but not written", "check the permissions"])?;
        }
        run(Command::new("umount").arg(what))?;
    }
    tablet.fetch()?;
    ensure!(tablet.holds_what_was_sent()?.len() == 3);
    Ok(())
}

#[test]
fn a_record_of_a_newer_program_is_refused_and_not_touched() -> Result<()> {
    let tablet = Tablet::alone()?;
    let ours: u32 = tablet.database()?.pragma_query_value(None, "user_version", |row| row.get(0))?;
    tablet.database()?.pragma_update(None, "user_version", 9)?;
    let before = fs::read(tablet.folder.path().join("record.sqlite"))?;
    for command in ["collect", "sync", "export"] {
        fails(&tablet.program, &[command], 65, &["written by a newer Dagsform", "version 9", "update the program"])?;
    }
    ensure!(fs::read(tablet.folder.path().join("record.sqlite"))? == before, "it was touched");
    tablet.database()?.pragma_update(None, "user_version", ours)?;
    tablet.export()?;
    Ok(())
}

#[test]
fn someone_elses_database_is_refused_and_not_touched() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("record.sqlite");
    Connection::open(&file)?.execute_batch("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)")?;
    let before = fs::read(&file)?;
    let program = Program::on("unix:path=/nowhere", folder.path())?;
    for command in ["collect", "sync", "export"] {
        fails(&program, &[command], 65, &["record.sqlite is not a Dagsform record", "choose another folder"])?;
    }
    ensure!(fs::read(&file)? == before, "it was touched");
    Ok(())
}

#[test]
fn a_damaged_record_is_told_and_not_made_anew() -> Result<()> {
    let tablet = Tablet::alone()?;
    tablet.remembers(&plx::many(5, 60, ago(9000)))?;
    tablet.fetch()?;
    let file = tablet.folder.path().join("record.sqlite");
    let whole = fs::read(&file)?;
    let garbage = b"no record at all ".repeat(500);
    let halves = [&whole[..whole.len() / 2], &whole[..4096], &whole[..50], &garbage];
    for damaged in halves {
        fs::write(&file, damaged)?;
        for command in ["collect", "sync", "export"] {
            fails(&tablet.program, &[command], 74, &["record.sqlite", "is damaged", "keep a copy of the folder"])?;
        }
        ensure!(fs::read(&file)? == damaged, "the damaged record was changed");
    }
    fs::write(&file, &whole)?;
    ensure!(tablet.holds_what_was_sent()?.len() == 60);
    Ok(())
}

#[test]
fn a_full_disk_is_told_lets_go_of_the_sensor_and_loses_and_doubles_nothing() -> Result<()> {
    if !in_own_mounts("a_full_disk_is_told_lets_go_of_the_sensor_and_loses_and_doubles_nothing")? {
        return Ok(());
    }
    const RECORDS: usize = 200;
    let folder = tempfile::tempdir()?;
    // The write-ahead log alone grows to four megabytes before it is written back.
    mount(&["-t", "tmpfs", "-o", "size=12m"], Path::new("small"), folder.path())?;
    let tablet = Tablet::in_folder(folder, NOWHERE, "Patient/kari", "mine", |disk| disk.join("data"))?;
    // What else is on the disk takes all but a little of it.
    let ballast = tablet.folder.path().join("ballast");
    fill(&ballast, 400)?;
    // Every fourth has no time, so that nothing but the record itself can tell it from a new one.
    let mut records = plx::many(6, RECORDS, ago(60_000));
    for (n, record) in records.iter_mut().enumerate().filter(|(n, _)| n % 4 == 0) {
        let [low, high] = u16::try_from(n)?.to_le_bytes();
        *record = raw(&format!("006100{low:02x}{high:02x}"));
    }
    tablet.remembers(&records)?;

    let mut collecting = tablet.program.collect(&["--no-sync"])?;
    collecting.wait_for("word of the full disk", SOON, |events| !faults(events, "not_taken").is_empty())?;
    let said = faults(collecting.events(), "not_taken")[0]["text"].as_str().unwrap_or_default().to_owned();
    ensure!(said.contains("the disk is full") && said.contains("free some space"), "{said}");
    collecting.wait_for("letting go", SOON, |events| count(events, "disconnected") > 0)?;
    let saved = count(collecting.events(), "saved");
    ensure!((1..RECORDS).contains(&saved), "the disk was not filled on the way: {saved} saved");
    // Once more with the disk still full.
    collecting.wait_for("the second try", SOON, |events| faults(events, "not_taken").len() > 1)?;

    fs::remove_file(&ballast)?;
    collecting.wait_for("the end of the memory", Duration::from_secs(60), |events| {
        events.iter().any(|event| event["event"] == "transfer" && event["state"] == "complete")
    })?;
    let events = collecting.stop(SOON)?;
    ensure!(count(&events, "saved") == RECORDS, "{} saved", count(&events, "saved"));
    let again = tablet.fetch()?;
    ensure!(count(&again, "saved") == 0 && count(&again, "known") == RECORDS, "the second fetch brought something");
    ensure!(tablet.export()?.len() == RECORDS);
    Ok(())
}

#[test]
fn a_disk_that_is_full_at_the_start_is_told_and_the_record_is_whole_when_it_is_not() -> Result<()> {
    if !in_own_mounts("a_disk_that_is_full_at_the_start_is_told_and_the_record_is_whole_when_it_is_not")? {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    mount(&["-t", "tmpfs", "-o", "size=2m"], Path::new("small"), folder.path())?;
    let tablet = Tablet::in_folder(folder, NOWHERE, "Patient/kari", "mine", |disk| disk.join("data"))?;
    tablet.remembers(&plx::many(7, 3, ago(600)))?;
    tablet.fetch()?;
    let ballast = tablet.folder.path().join("ballast");
    // After an orderly end, and after a kill.
    for lock in ["", "1"] {
        fs::write(tablet.folder.path().join("data/lock"), lock)?;
        fill(&ballast, 0)?;
        for command in ["collect", "sync", "export"] {
            fails(&tablet.program, &[command], 74, &["the disk is full", "free some space"])?;
        }
        fs::remove_file(&ballast)?;
    }
    ensure!(tablet.holds_what_was_sent()?.len() == 3);
    Ok(())
}

/// Whether this is the process in which a test may mount what it likes. Elsewhere it starts that
/// process for the test of this name; the mounts end with it, however it ends.
fn in_own_mounts(test: &str) -> Result<bool> {
    const HERE: &str = "DAGSFORM_OWN_MOUNTS";
    if std::env::var_os(HERE).is_some() {
        return Ok(true);
    }
    let root = rustix::process::getuid().is_root();
    let user: &[&str] = if root { &[] } else { &["--map-root-user"] };
    let mut command = Command::new("unshare");
    command.args(user).args(["--mount", "--"]).arg(std::env::current_exe()?).args(["--exact", test, "--nocapture"]);
    let status = command.env(HERE, "1").status().context("starting unshare, of Debian's util-linux")?;
    ensure!(status.success(), "the test failed in its own mount namespace, or none can be made here; see above");
    Ok(false)
}

fn mount(options: &[&str], what: &Path, at: &Path) -> Result<()> {
    run(Command::new("mount").args(options).arg(what).arg(at))
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// Fills a disk with one file until so many KiB are left.
fn fill(file: &Path, left: usize) -> Result<()> {
    use std::io::Write as _;
    let mut ballast = fs::File::create(file)?;
    let block = [0; 1024];
    while ballast.write_all(&block).is_ok() {}
    let length = ballast.metadata()?.len();
    ballast.set_len(length.saturating_sub(u64::try_from(left * 1024)?))?;
    Ok(())
}

// ---- from the service

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_the_service_answers_the_readings_are_kept_and_delivered_once_when_it_is_well() -> Result<()> {
    let mut server = FhirServer::start().await?;
    let patient = server.add_patient("kari").await?;
    let service = ScriptedService::before(server.port())?;
    let tablet = Tablet::new(&service.base(), &patient, "mine")?;
    // All of one shape, so that an answer to some fits others by its form.
    let records: Vec<Record> =
        (1..=12).map(|n| plx::SpotCheck::at(ago(60 - i64::from(n)), 80 + n, 60).record()).collect();
    tablet.remembers(&records[..6])?;
    tablet.fetch()?;

    let page = Behave::Say { status: 200, kind: "text/html", body: "<html>Log in to the network</html>".to_owned() };
    for (behave, words) in [
        (Behave::status(500), "the service failed (500)"),
        (Behave::status(401), "does not let this tablet in"),
        (Behave::status(413), "does not take even one reading at a time (413)"),
        (page, "a network that wants a login does this"),
        (Behave::HalfABody, "cut short"),
        (Behave::LoseTheAnswer, "could not be reached"),
    ] {
        service.always(behave.clone());
        fails(&tablet.program, &["sync"], 75, &[words, "the readings are kept and can be sent later"])
            .with_context(|| format!("{behave:?}"))?;
        let waiting = tablet.export()?.iter().filter(|line| line["delivery"]["state"] == "waiting").count();
        ensure!(waiting == 6, "{behave:?}: {waiting} are waiting");
    }
    server.kill()?;
    service.always(Behave::Well);
    fails(&tablet.program, &["sync"], 75, &["could not be reached", "the readings are kept and can be sent later"])?;
    server.restart().await?;
    let sent = succeed(&tablet.program, &["sync", "--json"])?.json()?;
    ensure!(sent["delivered"] == 6 && sent["counts"]["waiting"] == 0, "{sent}");

    // Something between gives the last answer again: it is about other readings.
    tablet.remembers(&records)?;
    tablet.fetch()?;
    service.always(Behave::LastAnswerAgain);
    fails(&tablet.program, &["sync"], 75, &["which is another reading", "the readings are kept"])?;
    service.always(Behave::Well);
    succeed(&tablet.program, &["sync"])?;

    let lines = tablet.holds_what_was_sent()?;
    ensure!(lines.iter().all(|line| line["delivery"]["state"] == "delivered"), "{lines:?}");
    let sent = compare::sent(&log::deliveries(&tablet.rig.log()?))?;
    compare::same("the server", &sent, &compare::served(&server.observations().await?)?)?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reading_that_the_service_refuses_is_set_aside_with_its_reason_and_the_others_arrive() -> Result<()> {
    let server = FhirServer::start().await?;
    let patient = server.add_patient("kari").await?;
    let service = ScriptedService::before(server.port())?;
    let tablet = Tablet::new(&service.base(), &patient, "mine")?;
    let records: Vec<Record> =
        (1..=10).map(|n| plx::SpotCheck::at(ago(60 - i64::from(n)), 80 + n, 60).record()).collect();
    tablet.remembers(&records)?;
    tablet.fetch()?;
    service.script(move |_, content| {
        let mut values = content["entry"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|entry| entry["resource"]["valueQuantity"]["value"].to_string());
        if values.any(|value| value == "84") { Behave::refusal("this saturation is not taken") } else { Behave::Well }
    });
    let sent = succeed(&tablet.program, &["sync", "--json"])?.json()?;
    ensure!(sent["delivered"] == 9 && sent["set_aside"] == 1 && sent["counts"]["aside"] == 1, "{sent}");
    let requests = service.requests();
    for line in tablet.holds_what_was_sent()? {
        let expected = if line["values"][0]["value"] == "84" {
            json!({"state": "aside", "reason": "422: this saturation is not taken"})
        } else {
            json!({"state": "delivered"})
        };
        ensure!(line["delivery"] == expected, "{line}");
    }
    ensure!(served(&server.observations().await?) == 9);
    // It is not tried again for ever.
    succeed(&tablet.program, &["sync"])?;
    ensure!(service.requests() == requests, "what was set aside was sent again");
    Ok(())
}

// ---- from the command line

#[test]
fn a_wrong_command_line_is_told_in_one_sentence_and_changes_nothing() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let program = Program::on("unix:path=/nowhere", folder.path())?;
    let to = |service| ["enrol", "--service", service, "--patient", "Patient/1"];
    for (command, status, words) in [
        (&["decode", "2AFF", "00"][..], 64, "'2AFF' is not known here; known are: 2A08 date-time"),
        (&["decode", "2A5E", "006"], 65, "'006' is not hexadecimal: Odd number of digits"),
        (&["decode", "2A5E", "xy"], 65, "'xy' is not hexadecimal: Invalid character 'x' at position 0"),
        (&["decode", "2A5E", "0061003d"], 65, "'pulse_rate' at byte 3 is cut short: 1 byte(s) missing"),
        (&["decode", "2A5E", "0061003d0000"], 65, "1 byte(s) left over at byte 5"),
        (&to("http://service.example/fhir"), 64, "is not encrypted: use https"),
        (&to("service"), 64, "'service' is not a web address such as https://service.example/fhir"),
        (&["enrol", "--service", NOWHERE, "--patient", "Kari"], 64, "not a patient's reference such as Patient/123"),
        (&["pair", "F0:F1"], 64, "F0:F1"),
        (&["pair", OXIMETER, "--passkey", "a lot"], 64, "code"),
        (&["devices", "--remove", "nobody"], 64, "nobody"),
        (&["--language", "xx", "export"], 64, "there is no language 'xx'; there are nb and en"),
    ] {
        fails(&program, command, status, &[words])?;
    }
    // Clap's own words take more than a line, and say what there is instead.
    for command in [&["colect"][..], &["sync", "--jsn"], &["pair", OXIMETER, "--earlier", "yours"], &["enrol"]] {
        let outcome = program.run(command, COMMAND)?;
        ensure!(outcome.status.code() == Some(64), "{command:?}: {outcome:?}");
        ensure!(outcome.stderr.starts_with("error: ") && outcome.stderr.contains("--help"), "{command:?}: {outcome:?}");
    }
    let left = succeed(&program, &["export"])?;
    ensure!(left.stdout.is_empty(), "{left:?}");
    Ok(())
}

#[test]
fn a_tablet_without_a_patient_says_so_and_how_to_change_it() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let program = Program::on("unix:path=/nowhere", folder.path())?;
    for command in [&["pair", OXIMETER][..], &["collect"], &["sync"]] {
        fails(&program, command, 78, &["has not been given to a patient", "run `dagsform enrol` first"])?;
    }
    succeed(&program, &["enrol", "--service", NOWHERE, "--patient", "Patient/1"])?;
    let other = ["enrol", "--service", NOWHERE, "--patient", "Patient/2"];
    fails(&program, &other, 78, &["belongs to another patient", "must be emptied"])?;
    Ok(())
}
