//! The demonstration, as someone sees it who has no display: the README's first command.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context as _, Result, ensure};
use chrono::{DateTime, Utc};
use dagsform_tests::rig::program::{Outcome, Program, built};
use serde_json::Value;

const WITHIN: Duration = Duration::from_secs(240);
/// Every screen, some of them in several states.
const PICTURES: usize = 39;

fn program(folder: &Path) -> Result<Program> {
    let noon: DateTime<Utc> = "2026-11-23T11:00:00Z".parse()?;
    let program = Program::at(&built()?, &folder.join("home")).at_time(noon)?;
    Ok(program.with("DISPLAY", "").with("WAYLAND_DISPLAY", "").with("DAGSFORM_LOG", "trace"))
}

fn run(program: &Program, arguments: &[&str]) -> Result<Outcome> {
    let outcome = program.run(arguments, WITHIN)?;
    ensure!(outcome.status.success(), "{}{}", outcome.stdout, outcome.stderr);
    Ok(outcome)
}

#[test]
fn without_a_display_the_demonstration_shows_every_screen_and_what_reached_the_service() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let pictures = folder.path().join("pictures");
    let program = program(folder.path())?;
    let outcome = run(&program, &["demo", "--pictures", &pictures.to_string_lossy()])?;
    let said = &outcome.stdout;
    ensure!(said.contains("There is no display"), "{said}");
    let drawn: Vec<_> = fs::read_dir(&pictures)?.collect::<Result<_, _>>()?;
    ensure!(drawn.len() == PICTURES, "{} pictures", drawn.len());
    for picture in drawn {
        let bytes = fs::read(picture.path())?;
        ensure!(bytes.starts_with(b"\x89PNG") && bytes.len() > 10_000, "{}", picture.path().display());
    }
    // What the person entered, took back and was told to erase.
    ensure!(said.contains("83.3 kg  (entered-in-error)"), "{said}");
    ensure!(!said.contains("62.4 kg"), "{said}");
    let readings: Vec<Value> = run(&program, &["export"])?.json_lines()?;
    let delivered = readings.iter().filter(|reading| reading["delivery"]["state"] == "delivered").count();
    ensure!(delivered == readings.len() && delivered > 1000, "{delivered} of {}", readings.len());
    let beside: Vec<Value> = run(&program, &["export", "said"])?.json_lines()?;
    // The word on the plan, the answers, the message.
    ensure!(beside.len() == 3 && beside.iter().all(|item| item["delivery"]["state"] == "delivered"), "{beside:?}");
    let delivered = delivered + beside.len();
    let told = said.lines().find(|line| line.starts_with("On the tablet")).context("nothing is said of the tablet")?;
    ensure!(told.contains(&format!("{delivered} readings, answers and messages delivered, 0 waiting")), "{told}");
    // Logs at their most talkative say nothing of health.
    for told in ["mantissa", "valueQuantity", "mm[Hg]", "mmol", "kg", "Kari"] {
        ensure!(!outcome.stderr.contains(told), "'{told}' is in the log");
    }
    Ok(())
}
