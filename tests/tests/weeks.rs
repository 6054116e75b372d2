//! A week of each of the demonstration's patients, in compressed time: what the plan asks for is measured, answered and
//! said, the plan is changed in the middle of two days without a network, and at the end tablet and service hold the
//! same, value by value, each reading and answer with the version of the plan that was in force on the tablet then.
//!
//! The week is that of the change to summer time in 2031, after any plan that a service can make now.
#![allow(clippy::indexing_slicing, reason = "tests: JSON")]

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail, ensure};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use dagsform_care::{
    Decimal,
    item::{Answers, Item},
    limits::Judgement,
    medicine::MedicineTaken,
    message::{MessageKind, Wish},
    questionnaire::{Answer, Answered, Given, LinkId},
    reading::JudgedBy,
    time::ZONE,
    zones::Level,
};
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
const DATA_ABSENT_REASON: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
const UCUM: &str = "http://unitsofmeasure.org";
const DONT_KNOW: &str = "don't know";

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
        deeds.push(deed("12:10:00", "message Søvnløs --by relative"));
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
    let (mut by_tablet, mut by_service) = (Contents::new(), Contents::new());

    let readings = tablet.readings()?;
    let mut by_version: BTreeMap<String, usize> = BTreeMap::new();
    for reading in &readings {
        let version = by_log(&reading["time"]["effective"])?;
        ensure!(reading["judged"]["plan"] == version.as_str(), "{reading} is not of {version}");
        *by_version.entry(version).or_default() += 1;
        by_tablet.reading(reading).with_context(|| reading.to_string())?;
    }
    ensure!(by_version.contains_key(first) && by_version.contains_key(second), "{by_version:?}");

    let mut held: BTreeMap<String, Value> = BTreeMap::new();
    for kind in ["Observation", "QuestionnaireResponse", "Communication", "MedicationStatement"] {
        let found = service.search(&format!("{kind}?patient={}", service.patient())).await?;
        for resource in found.into_iter().filter(|resource| resource["resourceType"] == kind) {
            by_service.resource(&resource).with_context(|| resource.to_string())?;
            held.insert(name(&resource)?, resource);
        }
    }

    let said = tablet.said()?;
    for line in &said {
        ensure!(line["delivery"]["state"] == "delivered", "{line}");
        let item: Item = serde_json::from_value(line["said"].clone()).with_context(|| line.to_string())?;
        if let Item::Answers(Answers { plan, .. }) | Item::Medicine(MedicineTaken { plan, .. }) = &item {
            let version = by_log(&line["at"])?;
            ensure!(plan.as_ref().is_some_and(|plan| plan.0 == version), "{line} is not of {version}");
        }
        by_tablet.item(&item).with_context(|| line.to_string())?;
        if let Item::Answers(answers) = &item {
            // Only the tablet tells sums from other answers.
            let name = format!("QuestionnaireResponse {}", answers.identity);
            for score in &answers.response.scores {
                let key = format!("{name} sum {}", score.item);
                by_tablet.put(key.clone(), plain(score.value))?;
                if let Some(sum) = held.get(&name).and_then(|held| found(&held["item"], &score.item)) {
                    by_service.put(key, sum)?;
                }
            }
        }
    }
    let differences = by_tablet.differences(&by_service);
    ensure!(differences.is_empty(), "tablet and service differ:\n{}", differences.join("\n"));

    let count = |wanted: fn(&str) -> bool| by_service.0.keys().filter(|key| wanted(key)).count();
    Ok(format!(
        "{} readings ({by_version:?}) with {} zones, {} said, {} sums; {} contents are the same",
        readings.len(),
        count(|key| key.ends_with(" zone")),
        said.len(),
        count(|key| key.contains(" sum ")),
        by_service.0.len(),
    ))
}

/// What one side holds: each single content by a name, which is the same on both sides.
#[derive(Debug)]
struct Contents(BTreeMap<String, String>);

impl Contents {
    fn new() -> Self {
        Self(BTreeMap::new())
    }

    fn put(&mut self, key: String, content: impl Into<String>) -> Result<()> {
        ensure!(self.0.insert(key.clone(), content.into()).is_none(), "{key} is there twice");
        Ok(())
    }

    fn put_some(&mut self, key: String, content: Option<impl Into<String>>) -> Result<()> {
        content.map_or(Ok(()), |content| self.put(key, content))
    }

    /// What is not the same on both sides: here the tablet's, there the service's.
    fn differences(&self, service: &Self) -> Vec<String> {
        let keys: BTreeSet<&String> = self.0.keys().chain(service.0.keys()).collect();
        let differing = keys.into_iter().filter(|key| self.0.get(*key) != service.0.get(*key));
        differing
            .map(|key| format!("{key}: {:?} on the tablet, {:?} at the service", self.0.get(key), service.0.get(key)))
            .collect()
    }

    /// A reading of the tablet, as the Observations that it becomes.
    fn reading(&mut self, reading: &Value) -> Result<()> {
        let time = instant(&reading["time"]["effective"])?;
        let judged: JudgedBy = serde_json::from_value(reading["judged"].clone())?;
        let mut worst: BTreeMap<u32, Level> = BTreeMap::new();
        if let Judgement::Judged(judged) = &judged.judgement {
            for finding in &judged.findings {
                let level = worst.entry(observation_of(finding.metric.mdc())).or_insert(finding.level);
                *level = finding.level.max(*level);
            }
        }
        let mut observations = BTreeSet::new();
        for value in reading["values"].as_array().context("no values")? {
            let code = u32::try_from(value["mdc"].as_u64().context("no code")?)?;
            observations.insert(observation_of(code));
            let number: Decimal = value["value"].as_str().context("no number")?.parse()?;
            let unit = value["unit"].as_str().context("no unit")?;
            let key = format!("Observation {time} {} value {code}", observation_of(code));
            self.put(key, format!("{} {UCUM}|{unit}", plain(number)))?;
        }
        for code in observations {
            let name = format!("Observation {time} {code}");
            self.put(format!("{name} plan"), &judged.plan.0)?;
            let zone = worst.get(&code).map(|level| match level {
                Level::Green => "green",
                Level::Yellow => "yellow",
                Level::Red => "red",
            });
            self.put_some(format!("{name} zone"), zone)?;
        }
        Ok(())
    }

    /// What was said on the tablet, as the resource that it becomes.
    fn item(&mut self, item: &Item) -> Result<()> {
        let identity = item.identity();
        match item {
            Item::Answers(answers) => {
                let name = format!("QuestionnaireResponse {identity}");
                self.put_some(format!("{name} plan"), answers.plan.as_ref().map(|plan| &plan.0))?;
                self.put(format!("{name} questionnaire"), answers.response.questionnaire.to_string())?;
                self.put(format!("{name} authored"), utc(answers.response.authored))?;
                self.answered(&name, &answers.response.items)
            }
            Item::Medicine(taken) => {
                let name = format!("MedicationStatement {identity}");
                self.put_some(format!("{name} plan"), taken.plan.as_ref().map(|plan| &plan.0))?;
                self.put(format!("{name} medicine"), format!("MedicationRequest/{}", taken.medicine))?;
                self.put(format!("{name} called"), &taken.name)?;
                self.put(format!("{name} status"), if taken.taken { "completed" } else { "not-taken" })?;
                self.put(format!("{name} at"), utc(taken.at))
            }
            Item::Message(message) => {
                let name = format!("Communication {identity}");
                let (category, wish) = match message.kind {
                    MessageKind::Words => ("message", None),
                    MessageKind::PleaseContactMe => ("please-contact-me", None),
                    MessageKind::TooMuch(Wish::LessMeasuring) => ("too-much", Some("less-measuring")),
                    MessageKind::TooMuch(Wish::FewerQuestions) => ("too-much", Some("fewer-questions")),
                    MessageKind::TooMuch(Wish::Pause) => ("too-much", Some("pause")),
                };
                self.put(format!("{name} category"), category)?;
                self.put_some(format!("{name} wish"), wish)?;
                self.put(format!("{name} words"), &message.text)
            }
            Item::Plan(report) => {
                let name = format!("Communication {identity}");
                let category = if report.refused.is_some() { "plan-refused" } else { "plan-taken" };
                self.put(format!("{name} plan"), &report.version.0)?;
                self.put(format!("{name} category"), category)?;
                self.put(format!("{name} words"), report.refused.as_deref().unwrap_or_default())
            }
        }
    }

    /// Answers of the tablet, each by the way to its question.
    fn answered(&mut self, above: &str, items: &[Answered]) -> Result<()> {
        for item in items {
            let name = format!("{above}/{}", item.link_id);
            match &item.given {
                Some(Given::DontKnow) => self.put(name.clone(), DONT_KNOW)?,
                Some(Given::Answers(answers)) => {
                    let answers: Vec<String> = answers.iter().map(answer).collect();
                    self.put(name.clone(), answers.join(", "))?;
                }
                None => {}
            }
            self.answered(&name, &item.items)?;
        }
        Ok(())
    }

    /// A resource of the service.
    fn resource(&mut self, resource: &Value) -> Result<()> {
        let name = name(resource)?;
        self.put_some(format!("{name} plan"), extension(resource, "plan-version", "valueString"))?;
        match resource["resourceType"].as_str() {
            Some("Observation") => {
                self.put_some(format!("{name} zone"), extension(resource, "zone", "valueCode"))?;
                let components = resource["component"].as_array().into_iter().flatten();
                for part in [resource].into_iter().chain(components) {
                    let Some(quantity) = part.get("valueQuantity") else { continue };
                    self.put(format!("{name} value {}", mdc(part)?), quantity_of(quantity)?)?;
                }
                Ok(())
            }
            Some("QuestionnaireResponse") => {
                self.put(format!("{name} questionnaire"), text(&resource["questionnaire"])?)?;
                self.put(format!("{name} authored"), instant(&resource["authored"])?)?;
                self.questions(&name, &resource["item"])
            }
            Some("MedicationStatement") => {
                self.put(format!("{name} medicine"), text(&resource["basedOn"][0]["reference"])?)?;
                self.put(format!("{name} called"), text(&resource["medicationCodeableConcept"]["text"])?)?;
                self.put(format!("{name} status"), text(&resource["status"])?)?;
                self.put(format!("{name} at"), instant(&resource["effectiveDateTime"])?)
            }
            Some("Communication") => {
                self.put(format!("{name} category"), text(&resource["category"][0]["coding"][0]["code"])?)?;
                self.put_some(format!("{name} wish"), extension(resource, "wish", "valueCode"))?;
                let payload = resource["payload"].as_array().into_iter().flatten();
                let words: Result<Vec<&str>> = payload.map(|part| text(&part["contentString"])).collect();
                self.put(format!("{name} words"), words?.join("\n"))
            }
            other => bail!("{other:?} is not compared"),
        }
    }

    /// Answers at the service, each by the way to its question.
    fn questions(&mut self, above: &str, items: &Value) -> Result<()> {
        for item in items.as_array().into_iter().flatten() {
            let name = format!("{above}/{}", text(&item["linkId"])?);
            let answers = item["answer"].as_array().map_or(&[][..], Vec::as_slice);
            let reason = item["extension"].as_array().into_iter().flatten();
            let mut reason = reason.filter(|one| one["url"] == DATA_ABSENT_REASON).map(|one| &one["valueCode"]);
            match reason.next() {
                Some(reason) if answers.is_empty() && reason == "asked-unknown" => self.put(name.clone(), DONT_KNOW)?,
                Some(reason) => bail!("{reason} is no reason for an answer like {answers:?} to {name}"),
                None if answers.is_empty() => {}
                None => {
                    let words: Result<Vec<String>> = answers.iter().map(answer_of).collect();
                    self.put(name.clone(), words?.join(", "))?;
                }
            }
            self.questions(&name, &item["item"])?;
            for answer in answers {
                self.questions(&name, &answer["item"])?;
            }
        }
        Ok(())
    }
}

/// What a resource of the service is called: an Observation by its time and code, all else by the tablet's identity.
fn name(resource: &Value) -> Result<String> {
    let kind = text(&resource["resourceType"])?;
    if kind == "Observation" {
        return Ok(format!("{kind} {} {}", instant(&resource["effectiveDateTime"])?, mdc(resource)?));
    }
    let identifier = match &resource["identifier"] {
        Value::Array(list) => list.first().context("no identifier")?,
        one => one,
    };
    Ok(format!("{kind} {}", text(&identifier["value"])?.trim_start_matches("urn:uuid:")))
}

/// The code of the Observation that a number stands in: the numbers of a blood pressure stand in one.
fn observation_of(code: u32) -> u32 {
    if (150_021..=150_023).contains(&code) { 150_020 } else { code }
}

/// The code of ISO/IEEE 11073-10101.
fn mdc(coded: &Value) -> Result<&str> {
    let mut codings = coded["code"]["coding"].as_array().into_iter().flatten();
    let coding = codings.find(|coding| coding["system"] == "urn:iso:std:iso:11073:10101");
    text(&coding.with_context(|| format!("no code in {coded}"))?["code"])
}

/// An answer of the tablet, as FHIR names its type.
fn answer(answer: &Answer) -> String {
    match answer {
        Answer::Boolean(yes) => format!("valueBoolean {yes}"),
        Answer::Coded(code) => format!("valueCoding {}|{}", code.system.as_deref().unwrap_or_default(), code.code),
        Answer::Integer(number) => format!("valueInteger {number}"),
        Answer::Decimal(number) => format!("valueDecimal {}", plain(*number)),
        Answer::Quantity { value, unit } => {
            format!("valueQuantity {} {}|{}", plain(*value), unit.system.as_deref().unwrap_or_default(), unit.code)
        }
        Answer::Text(words) => format!("valueString {words}"),
        Answer::Date(day) => format!("valueDate {day}"),
        Answer::DateTime(time) => format!("valueDateTime {}", utc(*time)),
        Answer::Time(time) => format!("valueTime {time}"),
    }
}

/// An answer at the service, likewise.
fn answer_of(answer: &Value) -> Result<String> {
    let parts = answer.as_object().context("an answer without parts")?;
    let (kind, value) =
        parts.iter().find(|(part, _)| part.starts_with("value")).context("an answer without a value")?;
    let words = match (kind.as_str(), value) {
        ("valueCoding", coding) => {
            format!("{}|{}", coding["system"].as_str().unwrap_or_default(), text(&coding["code"])?)
        }
        ("valueQuantity", quantity) => quantity_of(quantity)?,
        ("valueDateTime", time) => instant(time)?,
        (_, Value::Number(number)) => plain(number.to_string().parse()?),
        (_, Value::Bool(yes)) => yes.to_string(),
        (_, words) => text(words)?.to_owned(),
    };
    Ok(format!("{kind} {words}"))
}

/// A number with its unit; one in a word of the person's own has no code.
fn quantity_of(quantity: &Value) -> Result<String> {
    let unit = quantity.get("code").unwrap_or(&quantity["unit"]);
    let system = quantity["system"].as_str().unwrap_or_default();
    Ok(format!("{} {system}|{}", plain(quantity["value"].to_string().parse()?), text(unit)?))
}

/// The number that stands at an item, wherever it is below these.
fn found(items: &Value, wanted: &LinkId) -> Option<String> {
    items.as_array()?.iter().find_map(|item| {
        if item["linkId"] != wanted.0.as_str() {
            return found(&item["item"], wanted);
        }
        let answer = &item["answer"][0];
        let number = ["valueInteger", "valueDecimal"].into_iter().find_map(|kind| answer.get(kind));
        let number = number.or_else(|| answer["valueQuantity"].get("value"))?;
        number.to_string().parse().ok().map(plain)
    })
}

/// The number without zeros at its end: a service may write 2.00 as 2.0.
fn plain(number: Decimal) -> String {
    let number = number.to_string();
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.').to_owned() } else { number }
}

fn utc<Z: TimeZone>(time: DateTime<Z>) -> String {
    time.to_utc().to_rfc3339()
}

fn instant(time: &Value) -> Result<String> {
    Ok(utc(DateTime::parse_from_rfc3339(text(time)?)?))
}

fn text(value: &Value) -> Result<&str> {
    value.as_str().with_context(|| format!("{value} is no text"))
}

fn extension<'r>(resource: &'r Value, name: &str, kind: &str) -> Option<&'r str> {
    let url = format!("{OURS}/{name}");
    let mut all = resource["extension"].as_array()?.iter();
    all.find(|one| one["url"] == url.as_str())?[kind].as_str()
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
