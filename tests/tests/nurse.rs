//! What the nurse does on the service's page, and how the running tablet follows: within a minute.
#![allow(clippy::indexing_slicing, reason = "tests: JSON")]

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use chrono::{NaiveDate, TimeDelta, Utc};
use dagsform_tests::{
    demo_patient::DemoPatient,
    follow_up::{FollowUp, Which},
    nurse::{fill_in, mark_all_seen},
    rig::FastRig,
    tablet::Tablet,
};
use serde_json::Value;
use tokio::time::sleep;

/// The tablet follows within this.
const MINUTE: Duration = Duration::from_secs(60);
const ENDING: Duration = Duration::from_secs(30);
const FIRST: &str = "CarePlan/kari-plan/_history/1";

/// Has the tablet look now, and waits until what a command tells is so.
async fn looks(tablet: &Tablet, what: &str, arguments: &[&str], wanted: impl Fn(&str) -> bool) -> Result<()> {
    tablet.command(&["sync"])?;
    follows(tablet, what, arguments, wanted).await
}

/// Waits until what a command tells is so; the seconds that it took.
async fn follows(tablet: &Tablet, what: &str, arguments: &[&str], wanted: impl Fn(&str) -> bool) -> Result<()> {
    let begun = Instant::now();
    loop {
        let told = tablet.command(arguments)?.stdout;
        if wanted(&told) {
            println!("{what}: {:.1} s", begun.elapsed().as_secs_f64());
            return Ok(());
        }
        ensure!(begun.elapsed() < MINUTE, "{what}: not within a minute; {told}");
        sleep(Duration::from_millis(500)).await;
    }
}

fn lines(told: &str) -> Vec<Value> {
    told.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn all(told: &str, wanted: impl Fn(&Value) -> bool) -> bool {
    let lines = lines(told);
    !lines.is_empty() && lines.iter().all(wanted)
}

fn plan(told: &str) -> Value {
    serde_json::from_str(told).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tablet_follows_what_the_nurse_does_within_a_minute() -> Result<()> {
    let rig = FastRig::start()?;
    let service = FollowUp::start(Which::Embedded).await?;
    // The service ends the follow-up on the day that it is.
    let now = Utc::now();
    DemoPatient::HeartFailure.enter(&service, now.date_naive() - TimeDelta::days(14)).await?;
    let tablet = Tablet::new(&rig, now)?;
    tablet.enrol(service.base(), &service)?;
    let collecting = tablet.collect()?;
    follows(&tablet, "the first plan", &["plan"], |told| plan(told)["plan"]["version"] == FIRST).await?;

    // The patient measures, answers, writes; the nurse has seen it.
    tablet.command(&["enter", "blood-pressure", "145", "82", "70"])?;
    tablet.command(&["answer", "kari-symptoms", "swelling=little", "--send"])?;
    tablet.command(&["message", "Hei, jeg lurer på noe."])?;
    let delivered = |item: &Value| item["delivery"]["state"] == "delivered";
    follows(&tablet, "delivered: readings", &["export"], |told| all(told, delivered)).await?;
    follows(&tablet, "delivered: all else", &["export", "said"], |told| all(told, delivered)).await?;
    ensure!(mark_all_seen(&service).await? > 2, "the page shows too little to be seen");
    let seen = |item: &Value| !item["seen"].is_null();
    looks(&tablet, "seen: readings", &["export"], |told| all(told, seen)).await?;
    let but_receipts = |item: &Value| item["kind"] == "plan" || seen(item);
    follows(&tablet, "seen: answers and message", &["export", "said"], |told| all(told, but_receipts)).await?;

    // A limit; the tablet looks by itself.
    fill_in(&service, "limit", "value=\"systolic\"", &[("yellow-high", "140")]).await?;
    let newer = |told: &str| plan(told)["plan"]["version"] != FIRST;
    follows(&tablet, "a changed limit", &["plan"], newer).await?;
    let reading = tablet.ask(&["enter", "blood-pressure", "145", "82", "70"])?;
    ensure!(reading["judged"]["judgement"]["judged"]["level"] == "yellow", "{reading}");
    let before = &tablet.readings()?[0];
    ensure!(before["judged"]["judgement"]["judged"]["level"] == "green", "it was recoloured: {before}");

    // A list, and a message.
    let list = "https://dagsform.example/fhir/Questionnaire/daily-general|1";
    fill_in(&service, "list", "questionnaire", &[("questionnaire", list), ("when", "always")]).await?;
    looks(&tablet, "a list", &["plan"], |told| plan(told)["plan"]["lists"].as_array().map_or(0, Vec::len) == 3).await?;
    fill_in(&service, "message", "textarea", &[("text", "Så fint. Vi ringer deg i morgen.")]).await?;
    let came = |told: &str| lines(told).iter().any(|row| row["message"]["text"] == "Så fint. Vi ringer deg i morgen.");
    looks(&tablet, "a message", &["export", "received"], came).await?;

    // The end: nothing is handed over before all is sent, and then once.
    let folder = tablet.folder().with_file_name("files");
    let folder = folder.to_string_lossy();
    ensure!(tablet.command(&["hand-over", &folder]).is_err(), "handed over while the follow-up goes on");
    fill_in(&service, "end", "sure", &[("sure", "yes")]).await?;
    looks(&tablet, "the end", &["plan"], |told| plan(told)["ending"] == "to-hand-over").await?;
    ensure!(tablet.ask(&["today"])?["tasks"].as_array().is_some_and(Vec::is_empty), "something is asked for still");
    let files = tablet.ask(&["hand-over", &folder])?;
    ensure!(files[0][1] == 2, "{files}");
    ensure!(tablet.command(&["hand-over", &folder]).is_err(), "the files were written over");
    collecting.stop(ENDING)?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_with_a_fault_is_refused_whole_with_a_word_why_and_one_that_is_withdrawn_asks_for_nothing() -> Result<()>
{
    let rig = FastRig::start()?;
    let service = FollowUp::start(Which::Embedded).await?;
    let monday = NaiveDate::from_ymd_opt(2031, 3, 24).unwrap_or_default();
    DemoPatient::Copd.enter(&service, monday).await?;
    let tablet = Tablet::new(&rig, "2031-03-24T07:00:00Z".parse()?)?;
    tablet.enrol(service.base(), &service)?;
    tablet.deliver()?;
    dagsform_tests::demo_patient::change(&service, "ServiceRequest/oximetry", |order| {
        if let Some(repeat) = order.pointer_mut("/occurrenceTiming/repeat").and_then(Value::as_object_mut) {
            repeat.insert("periodUnit".to_owned(), "fortnight".into());
        }
    })
    .await?;
    tablet.deliver()?;
    let told = tablet.ask(&["plan"])?;
    ensure!(told["plan"]["version"] == FIRST, "{told}");
    let problem = told["refused"]["problem"].as_str().unwrap_or_default();
    ensure!(problem.contains("ServiceRequest/kari-oximetry") && problem.contains("periodUnit"), "{problem}");
    let page = service.page("patient/kari").await?;
    ensure!(page.contains("periodUnit"), "the nurse does not read why");

    // It was the wrong patient's: then nothing is asked for, and no limit holds, until there is another.
    let mut parent = service.read("CarePlan/kari-plan").await?;
    if let Some(parent) = parent.as_object_mut() {
        parent.insert("status".to_owned(), "entered-in-error".into());
    }
    service.put(&parent).await?;
    tablet.deliver()?;
    let told = tablet.ask(&["plan"])?;
    ensure!(told["plan"]["status"] == "on-hold" && told["plan"]["measurements"] == serde_json::json!([]), "{told}");
    ensure!(tablet.ask(&["today"])?["tasks"] == serde_json::json!([]), "something is asked for still");
    Ok(())
}
