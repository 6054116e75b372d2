//! A week of each of the demonstration's patients, in compressed time: what the plan asks for is measured, answered and
//! said, the plan is changed in the middle of two days without a network, and at the end tablet and service hold the
//! same, each reading and answer with the version of the plan that was in force on the tablet then.
//!
//! The week is that of the change to summer time in 2031, after any plan that a service can make now.
#![allow(clippy::indexing_slicing, reason = "tests: JSON")]

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Utc};
use dagsform_care::time::ZONE;
use dagsform_tests::{
    demo_patient::{DemoPatient, change},
    follow_up::{FollowUp, Which},
    rig::FastRig,
    scripted_service::{Behave, ScriptedService},
    tablet::Tablet,
};
use serde_json::Value;

/// Days without a network; in the middle of the first of them the plan is changed.
const OFFLINE: [u32; 2] = [3, 4];
const DAYS: u32 = 7;
const OURS: &str = "https://dagsform.example/fhir/StructureDefinition";

fn monday() -> NaiveDate {
    NaiveDate::from_ymd_opt(2031, 3, 24).unwrap_or_default()
}

/// A time of a day of the week, by the clock on the wall.
fn at(day: u32, time: &str) -> Result<DateTime<Utc>> {
    let local = (monday() + TimeDelta::days(day.into())).and_time(time.parse::<NaiveTime>()?);
    Ok(ZONE.from_local_datetime(&local).earliest().context("a time that the clock skips")?.to_utc())
}

/// Something that a patient does, and when.
struct Deed {
    time: &'static str,
    arguments: Vec<String>,
}

fn deed(time: &'static str, line: &str) -> Deed {
    Deed { time, arguments: line.split_whitespace().map(str::to_owned).collect() }
}

/// What a patient does on a day.
fn deeds(who: DemoPatient, id: &str, day: u32) -> Vec<Deed> {
    let of = |name: &str| format!("{id}-{name}");
    let mut deeds = Vec::new();
    match who {
        DemoPatient::HeartFailure => {
            deeds.push(deed("07:40:00", &format!("enter body-weight 82.{day} --by relative")));
            deeds.push(deed("07:50:00", "enter blood-pressure 145 82 66 --by patient"));
            deeds.push(deed("08:10:00", &medicine(&of("furosemide"), day, 0, day != 2)));
            deeds.push(deed("08:11:00", &medicine(&of("metoprolol"), day, 0, true)));
            if [0, 2, 4].contains(&day) {
                let answers = "sleep=no pillows=2 breath=3 swelling=more swollen-places=feet,calves dizzy=? contact=no";
                deeds.push(deed("08:20:00", &format!("answer {} {answers} --by relative --send", of("symptoms"))));
            }
        }
        DemoPatient::Copd => {
            deeds.push(deed("08:05:00", &format!("enter pulse-oximetry 9{} 78 --by patient", day % 3)));
            deeds.push(deed("08:15:00", &medicine(&of("inhaler"), day, 0, true)));
            let slime = if day.is_multiple_of(2) { "slime=no" } else { "slime=yes slime-colour=yellow" };
            deeds.push(deed("08:20:00", &format!("answer {} more-breathless=no {slime} breath=4", of("symptoms"))));
            deeds.push(deed("08:25:00", &format!("answer {} contact=? --send", of("symptoms"))));
            if day == 0 {
                deeds.push(deed("08:30:00", "enter spirometry 260 --by patient"));
            }
        }
        DemoPatient::Diabetes => {
            deeds.push(deed("07:20:00", &format!("enter blood-glucose 7.{day} --meal fasting --by patient")));
            deeds.push(deed("07:35:00", &medicine(&of("metformin"), day, 0, true)));
            deeds.push(deed("16:35:00", &medicine(&of("metformin"), day, 1, day != 4)));
            deeds.push(deed("18:00:00", &format!("enter blood-glucose 9.{day} --meal after --by patient")));
            deeds.push(deed("21:10:00", &medicine(&of("insulin"), day, 0, true)));
            if day == 0 {
                deeds.push(deed("07:10:00", "enter body-weight 94.5 --by patient"));
            }
            if day == 5 {
                let names = "sleep future numbers meals guests exercise lows driving equipment medicines work money \
                             shame nagging burden talk clinic advice control rest";
                let answers: Vec<String> = names.split_whitespace().map(|name| format!("{name}=1")).collect();
                let line = format!("answer {} {} contact=no --send", of("distress"), answers.join(" "));
                deeds.push(deed("19:00:00", &line));
            }
        }
    }
    if day == 1 {
        deeds.push(deed("12:00:00", "message --too-much fewer-questions"));
    }
    deeds.sort_by_key(|deed| deed.time);
    deeds
}

fn medicine(id: &str, day: u32, place: u32, taken: bool) -> String {
    let date = monday() + TimeDelta::days(day.into());
    let not = if taken { "" } else { "--not-taken" };
    format!("medicine {id} --occurrence {id}/{date}/{place} {not}")
}

/// The limit that the service changes, and what a reading of the last days is then.
async fn change_the_plan(who: DemoPatient, service: &FollowUp) -> Result<()> {
    let (part, side, from, to) = match who {
        DemoPatient::HeartFailure => ("ServiceRequest/blood-pressure", "high", 150.0, "140"),
        DemoPatient::Copd => ("ServiceRequest/oximetry", "low", 90.0, "93"),
        DemoPatient::Diabetes => ("ServiceRequest/glucose", "high", 7.5, "7.0"),
    };
    let mut changed = 0;
    change(service, part, |order| {
        for range in order["extension"].as_array_mut().into_iter().flatten() {
            let Some(parts) = range.get_mut("extension").and_then(Value::as_array_mut) else { continue };
            let yellow = parts.iter().any(|part| part["url"] == "type" && part["valueCode"] == "yellow");
            for part in parts.iter_mut().filter(|_| yellow) {
                if part["url"] == side
                    && part["valueQuantity"]["value"].as_f64().is_some_and(|number| (number - from).abs() < 0.001)
                {
                    part["valueQuantity"]["value"] = to.parse().unwrap_or_default();
                    changed += 1;
                }
            }
        }
    })
    .await?;
    ensure!(changed == 1, "{changed} limits were changed");
    Ok(())
}

/// The version that the service names now.
async fn version(service: &FollowUp, id: &str) -> Result<String> {
    let parent = service.read(&format!("CarePlan/{id}-plan")).await?;
    let version = parent["meta"]["versionId"].as_str().context("a resource without a version")?;
    Ok(format!("CarePlan/{id}-plan/_history/{version}"))
}

async fn lives_through_a_week(who: DemoPatient, which: Which) -> Result<()> {
    let rig = FastRig::start()?;
    let service = FollowUp::start(which).await?;
    let id = service.patient().rsplit('/').next().unwrap_or_default().to_owned();
    who.enter(&service, monday()).await?;
    let first = version(&service, &id).await?;
    let road = ScriptedService::before(service.port()?)?;
    let tablet = Tablet::new(&rig, at(0, "06:00:00")?)?;
    tablet.enrol(&road.base(), &service)?;

    // By the log of the test: when, which version was in force on the tablet.
    let mut log: BTreeMap<DateTime<Utc>, String> = BTreeMap::new();
    let mut in_force = first.clone();
    for day in 0..DAYS {
        let online = !OFFLINE.contains(&day);
        road.always(if online { Behave::Well } else { Behave::HangUp });
        tablet.set_clock(at(day, "06:00:00")?)?;
        if online {
            tablet.deliver()?;
            in_force = version(&service, &id).await?;
            let plan = tablet.ask(&["plan"])?;
            ensure!(plan["plan"]["version"] == in_force.as_str(), "day {day}: {plan}");
        }
        if day == OFFLINE[0] {
            change_the_plan(who, &service).await?;
        }
        // That server does not know R4's search of QuestionnaireResponses by identifier, on which sending them depends.
        let answers = |deed: &Deed| deed.arguments.first().is_some_and(|verb| verb == "answer");
        let done = deeds(who, &id, day).into_iter().filter(|deed| which == Which::Embedded || !answers(deed));
        for Deed { time, arguments } in done {
            tablet.set_clock(at(day, time)?)?;
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            tablet.command(&arguments).with_context(|| format!("day {day}, {time}"))?;
            log.insert(at(day, time)?, in_force.clone());
        }
        tablet.set_clock(at(day, "22:30:00")?)?;
        let today = tablet.ask(&["today"])?;
        ensure!(today["plan"] == in_force.as_str(), "day {day}: {}", today["plan"]);
        // Some are left out on purpose: they are late.
        let expected = match (who, which) {
            (DemoPatient::Diabetes, _) => ["blood-pressure", "distress", "atorvastatin"].as_slice(),
            (_, Which::NotOurs) => ["symptoms"].as_slice(),
            _ => &[],
        };
        let left: Vec<String> =
            left(&today).into_iter().filter(|task| !expected.iter().any(|left| task.contains(left))).collect();
        ensure!(left.is_empty(), "day {day}: {left:?}");
        if online {
            tablet.deliver()?;
        }
    }
    let second = version(&service, &id).await?;
    ensure!(second != first, "the service made no new version");
    tablet.deliver()?;
    let figures = same(&tablet, &service, &log, (&first, &second)).await?;
    println!("{who:?} at {which:?}: {figures}");
    Ok(())
}

/// The tasks of a day that are neither done nor to come.
fn left(today: &Value) -> Vec<String> {
    let tasks = today["tasks"].as_array().into_iter().flatten();
    tasks.filter(|task| task["standing"] != "done").map(|task| task["occurrence"].to_string()).collect()
}

/// That tablet and service hold the same, with the versions of the log; in figures.
async fn same(
    tablet: &Tablet,
    service: &FollowUp,
    log: &BTreeMap<DateTime<Utc>, String>,
    (first, second): (&str, &str),
) -> Result<String> {
    // Everything that the tablet has is in the log, by its time to the minute, and by the version of the log.
    let by_log = |time: &Value| -> Result<String> {
        let time = DateTime::parse_from_rfc3339(time.as_str().context("no time")?)?.to_utc();
        let near = log.iter().min_by_key(|(at, _)| (**at - time).abs()).context("an empty log")?;
        ensure!((*near.0 - time).abs() < TimeDelta::seconds(50), "{time} is not in the log");
        Ok(near.1.clone())
    };
    let readings = tablet.readings()?;
    let mut by_version: BTreeMap<String, usize> = BTreeMap::new();
    let mut expected: BTreeMap<(DateTime<Utc>, String), (String, Value)> = BTreeMap::new();
    for reading in &readings {
        let version = by_log(&reading["time"]["effective"])?;
        ensure!(reading["judged"]["plan"] == version.as_str(), "{reading} is not of {version}");
        *by_version.entry(version.clone()).or_default() += 1;
        let time = instant(&reading["time"]["effective"])?;
        for kind in codes(reading["kind"].as_str().unwrap_or_default()) {
            expected.insert((time, (*kind).to_owned()), (version.clone(), reading["judged"]["judgement"].clone()));
        }
    }
    ensure!(by_version.contains_key(first) && by_version.contains_key(second), "{by_version:?}");

    let patient = service.patient();
    let observations = service.search(&format!("Observation?patient={patient}")).await?;
    for observation in &observations {
        let codings = observation["code"]["coding"].as_array().into_iter().flatten();
        let mdc =
            codings.filter(|coding| coding["system"] == "urn:iso:std:iso:11073:10101").map(|coding| &coding["code"]);
        let mdc = mdc.filter_map(Value::as_str).next().unwrap_or_default().to_owned();
        let time = instant(&observation["effectiveDateTime"])?;
        let (version, _) = expected
            .remove(&(time, mdc.clone()))
            .with_context(|| format!("the tablet has no {mdc} of {time}, or the service has it twice"))?;
        ensure!(extension(observation, "plan-version") == Some(version.as_str()), "{observation} is not of {version}");
    }
    ensure!(expected.is_empty(), "the service has not got {:?}", expected.keys());

    let said = tablet.said()?;
    let mut held = BTreeMap::new();
    for kind in ["QuestionnaireResponse", "Communication", "MedicationStatement"] {
        let found = service.search(&format!("{kind}?patient={patient}")).await?;
        for resource in found.into_iter().filter(|resource| resource["resourceType"] == kind) {
            let identifier = match &resource["identifier"] {
                Value::Array(list) => list.first().cloned().unwrap_or_default(),
                one => one.clone(),
            };
            let value = identifier["value"].as_str().unwrap_or_default().trim_start_matches("urn:uuid:").to_owned();
            ensure!(held.insert(value.clone(), resource).is_none(), "{value} is at the service twice");
        }
    }
    let (mut answers, mut medicines) = (0, 0);
    for item in &said {
        ensure!(item["delivery"]["state"] == "delivered", "{item}");
        let identity = item["identity"].as_str().unwrap_or_default();
        let resource = held.remove(identity).with_context(|| format!("the service has not got {item}"))?;
        match item["kind"].as_str() {
            Some("answers") => {
                answers += 1;
                let version = by_log(&item["at"])?;
                ensure!(
                    extension(&resource, "plan-version") == Some(version.as_str()),
                    "{resource} is not of {version}"
                );
                same_answers(&item["said"]["answers"]["response"], &resource)?;
            }
            Some("medicine") => {
                medicines += 1;
                let version = by_log(&item["at"])?;
                ensure!(
                    extension(&resource, "plan-version") == Some(version.as_str()),
                    "{resource} is not of {version}"
                );
                let status = if item["said"]["medicine"]["taken"] == true { "completed" } else { "not-taken" };
                ensure!(resource["status"] == status, "{resource}");
            }
            _ => {}
        }
    }
    ensure!(held.is_empty(), "the tablet has not got {:?}", held.keys());
    Ok(format!(
        "{} readings ({by_version:?}), {} Observations, {answers} lists answered, {medicines} words on medicines, {} said in all",
        readings.len(),
        observations.len(),
        said.len()
    ))
}

/// The ISO/IEEE 11073 codes of the Observations that a reading by hand becomes.
fn codes(kind: &str) -> &'static [&'static str] {
    match kind {
        "pulse-oximetry" => &["150456", "149530"],
        "blood-pressure" => &["150020", "149546"],
        "body-weight" => &["188736"],
        "blood-glucose" => &["160188"],
        "spirometry" => &["152584"],
        _ => &[],
    }
}

fn instant(time: &Value) -> Result<DateTime<Utc>> {
    Ok(DateTime::parse_from_rfc3339(time.as_str().context("no time")?)?.to_utc())
}

fn extension<'r>(resource: &'r Value, name: &str) -> Option<&'r str> {
    let url = format!("{OURS}/{name}");
    let mut all = resource["extension"].as_array()?.iter();
    all.find(|one| one["url"] == url.as_str())?["valueString"].as_str()
}

/// Question by question: the same answers, the same "don't know", the same score.
fn same_answers(response: &Value, resource: &Value) -> Result<()> {
    let mut by_tablet = BTreeMap::new();
    of_tablet(&response["items"], &mut by_tablet);
    for score in response["scores"].as_array().into_iter().flatten() {
        by_tablet.insert(score["item"].as_str().unwrap_or_default().to_owned(), 1);
    }
    let mut by_service = BTreeMap::new();
    of_service(&resource["item"], &mut by_service);
    ensure!(by_tablet == by_service, "{by_tablet:?} on the tablet, {by_service:?} at the service");
    Ok(())
}

/// How many answers each question has; 0 is "don't know".
fn of_tablet(items: &Value, into: &mut BTreeMap<String, usize>) {
    for item in items.as_array().into_iter().flatten() {
        let name = item["link_id"].as_str().unwrap_or_default().to_owned();
        if !item["given"].is_null() {
            into.insert(name, item["given"]["answers"].as_array().map_or(0, Vec::len));
        }
        of_tablet(&item["items"], into);
    }
}

fn of_service(items: &Value, into: &mut BTreeMap<String, usize>) {
    for item in items.as_array().into_iter().flatten() {
        let name = item["linkId"].as_str().unwrap_or_default().to_owned();
        if item.get("answer").is_some() || item.get("extension").is_some() {
            into.insert(name, item["answer"].as_array().map_or(0, Vec::len));
        }
        of_service(&item["item"], into);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_week_with_copd_ends_with_the_same_on_both_sides() -> Result<()> {
    lives_through_a_week(DemoPatient::Copd, Which::Embedded).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_week_with_diabetes_ends_with_the_same_on_both_sides() -> Result<()> {
    lives_through_a_week(DemoPatient::Diabetes, Which::Embedded).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_week_with_heart_failure_and_a_relative_ends_with_the_same_on_both_sides() -> Result<()> {
    lives_through_a_week(DemoPatient::HeartFailure, Which::Embedded).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_week_of_measurements_and_medicines_ends_with_the_same_at_a_service_that_we_did_not_write() -> Result<()> {
    lives_through_a_week(DemoPatient::HeartFailure, Which::NotOurs).await
}
