//! Scenarios: a list of things that a user does with the program and that happen in the room.
//!
//! The same scenario runs on both rigs. What is seen of each step is normalised to what must not
//! depend on the rig, so that the two runs can be compared for equality.

pub mod hardship;
pub mod kit;
mod outside;
pub mod oximeter;
pub mod power_cut;
mod seen;

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::control::{Control, Request};
use super::description::Record;
use super::log;
use super::program::{Collecting, Program};
pub use seen::expected;

/// A list of steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// What the tablet's clock shows when it begins: the devices' times are as old then as on any other day.
    pub begins: DateTime<Utc>,
    /// Its steps.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What it shows, as a sentence.
    pub name: String,
    /// What is done.
    pub action: Action,
    /// What must be seen.
    pub expected: Value,
}

/// Something that is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The room changes.
    Room(Vec<Request>),
    /// The tablet is given to a patient.
    Enrol,
    /// The user pairs a device.
    Pair {
        /// The device.
        device: String,
        /// The code that the user enters.
        passkey: Option<u32>,
    },
    /// The user gives the patient a device that only advertises, unencrypted.
    Advertised {
        /// The device.
        device: String,
    },
    /// The program collects, and things happen meanwhile.
    Collect(Vec<Moment>),
    /// As [`Action::Collect`], where how much is collected depends on what came before; not looked at.
    Gather(Vec<Moment>),
    /// As [`Action::Collect`], for many readings: looked at is how many were saved, and how
    /// many transfers were cut off.
    Count(Vec<Moment>),
    /// As [`Action::Collect`], while a device streams: the values that it sent on a characteristic are held against
    /// those that the program heard.
    Stream {
        /// The device.
        device: String,
        /// The characteristic.
        characteristic: String,
        /// What happens.
        moments: Vec<Moment>,
    },
    /// Somebody who knows nothing of the program connects and reads a characteristic.
    Read {
        /// The device.
        device: String,
        /// The characteristic.
        characteristic: u16,
    },
    /// Somebody listens to what a device advertises.
    Hear {
        /// The device.
        device: String,
        /// The service whose data is waited for.
        service: u16,
        /// Data that does not count: what it advertised before, as hex.
        before: Option<String>,
    },
    /// The tablet's Bluetooth service loses its end of a bond, without the program's knowing.
    LoseBond {
        /// The device.
        device: String,
    },
    /// The record is looked at.
    Export,
    /// The times of the readings of a device are looked at.
    Times {
        /// The device.
        device: String,
    },
    /// The record is held against the rig's own log.
    Account,
    /// A device's own count of links is looked at.
    Links {
        /// The device.
        device: String,
    },
}

/// Something that happens, or is waited for, while the program collects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// A device takes a measurement, as soon as the tablet listens, and sends it.
    Measure {
        /// The device.
        device: String,
        /// The characteristic it sends on.
        characteristic: String,
        /// What it sends.
        record: Box<Record>,
    },
    /// So many readings have been saved since the program was started.
    Saved(usize),
    /// So many values of a stream have been heard since the program was started.
    Live(usize),
    /// A transfer of stored records has come to this state.
    Transfer(String),
    /// This fault has been told.
    Fault(String),
    /// It has been told that this fault is over.
    FaultEnded(String),
    /// It has been told that the radio is there again: restarted, or ready once more after a fault. Which of the two is
    /// a matter of who notices first.
    Restarted,
    /// The room changes.
    Room(Vec<Request>),
    /// The tablet's clock goes on to this time.
    Clock(DateTime<Utc>),
}

/// What came of a scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The scenario's name.
    pub scenario: String,
    /// Every step was as expected.
    pub passed: bool,
    /// What came of each step, up to the first that could not be carried out.
    pub steps: Vec<StepReport>,
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepReport {
    /// The step's name.
    pub name: String,
    /// It was as expected.
    pub ok: bool,
    /// How long it took.
    pub seconds: f64,
    /// What had to be seen.
    pub expected: Value,
    /// What was seen; `null` if the step could not be carried out.
    pub seen: Value,
    /// Why it could not be carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}

/// Noon in Oslo on 23 November 2026.
fn noon() -> DateTime<Utc> {
    NaiveDate::from_ymd_opt(2026, 11, 23).and_then(|day| day.and_hms_opt(11, 0, 0)).unwrap_or_default().and_utc()
}

/// Deadlines are those of the slower rig; the faster one does not use them up.
const COMMAND_WITHIN: Duration = Duration::from_secs(120);
/// How long nothing at all may come of the program while something is waited for.
const MOMENT_WITHIN: Duration = Duration::from_secs(120);
const LONGEST_MOMENT: Duration = Duration::from_secs(900);
const STOPPED_WITHIN: Duration = Duration::from_secs(30);
/// How long the program must have been silent before a collection is taken to be over.
const QUIET: Duration = Duration::from_secs(3);
const QUIET_WITHIN: Duration = Duration::from_secs(30);

/// Who takes part in a run.
#[derive(Debug)]
pub struct Cast {
    /// The program.
    pub program: Program,
    /// The room.
    pub room: Control,
    /// The service that the tablet is enrolled with.
    pub service: String,
    /// The last line of the room's log from before the scenario.
    pub since: u64,
}

impl Scenario {
    /// Runs the steps one after the other.
    #[must_use]
    pub fn run(&self, cast: &Cast) -> Report {
        let mut steps = Vec::new();
        for step in &self.steps {
            let started = Instant::now();
            let result = cast.carry_out(&step.action);
            let (seen, trouble) = match result {
                Ok(seen) => (seen, None),
                Err(error) => (Value::Null, Some(format!("{error:#}"))),
            };
            let ok = trouble.is_none() && seen == step.expected;
            let seconds = started.elapsed().as_secs_f64();
            eprintln!("{seconds:7.2} s  {}  {}", if ok { "ok    " } else { "FAILED" }, step.name);
            let stuck = trouble.is_some();
            steps.push(StepReport {
                name: step.name.clone(),
                ok,
                seconds,
                expected: step.expected.clone(),
                seen,
                trouble,
            });
            if stuck {
                break;
            }
        }
        let passed = steps.len() == self.steps.len() && steps.iter().all(|step| step.ok);
        Report { scenario: self.name.clone(), passed, steps }
    }
}

impl Report {
    /// In which steps two runs differ, in words; the time that steps took does not count.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let mut differences = Vec::new();
        for place in 0..self.steps.len().max(other.steps.len()) {
            let (one, two) = (self.steps.get(place), other.steps.get(place));
            let key = |step: Option<&StepReport>| step.map(|step| (step.name.clone(), step.seen.clone()));
            if key(one) != key(two) {
                let words =
                    |step: Option<&StepReport>| step.map_or("not reached".to_owned(), |step| step.seen.to_string());
                let name = one.or(two).map_or("", |step| &step.name);
                differences.push(format!("{name}: {} / {}", words(one), words(two)));
            }
        }
        differences
    }

    /// The steps that were not as expected, in words.
    #[must_use]
    pub fn failures(&self) -> String {
        let failed = self.steps.iter().filter(|step| !step.ok);
        let words = failed.map(|step| {
            let trouble = step.trouble.as_deref().unwrap_or_default();
            format!("{}\n  expected {}\n  seen     {}\n  {trouble}", step.name, step.expected, step.seen)
        });
        words.collect::<Vec<_>>().join("\n")
    }
}

impl Cast {
    fn carry_out(&self, action: &Action) -> Result<Value> {
        match action {
            Action::Room(requests) => self.change_room(requests).map(|()| Value::Null),
            Action::Enrol => {
                let arguments = ["enrol", "--service", &self.service, "--patient", "Patient/example"];
                let outcome = self.program.run(&arguments, COMMAND_WITHIN)?;
                ensure!(outcome.status.success(), "enrol ended with {}: {}", outcome.status, outcome.stderr);
                Ok(Value::Null)
            }
            Action::Pair { device, passkey } => {
                let code = passkey.map(|passkey| format!("{passkey:06}"));
                let code: Vec<&str> = code.iter().flat_map(|code| ["--passkey", code.as_str()]).collect();
                self.pair(device, &code)
            }
            Action::Advertised { device } => self.pair(device, &["--advertised", "--unencrypted"]),
            Action::Collect(moments) => self.collect(moments),
            Action::Gather(moments) => self.collect(moments).map(|_| Value::Null),
            Action::Count(moments) => Ok(seen::counts(&self.events_of(moments)?)),
            Action::Stream { device, characteristic, moments } => {
                let events = self.events_of(moments)?;
                seen::stream(&log::sent_on(&self.room.log(self.since)?, device, characteristic), &events)
            }
            Action::Read { device, characteristic } => outside::read(device, *characteristic),
            Action::Hear { device, service, before } => outside::hear(device, *service, before.as_deref()),
            Action::LoseBond { device } => outside::lose_bond(device).map(|()| Value::Null),
            Action::Times { device } => Ok(json!({ "times": seen::times(&self.export()?, device) })),
            Action::Export => Ok(json!({ "readings": seen::readings(&self.export()?)? })),
            Action::Account => self.account(),
            Action::Links { device } => Ok(json!({ "links": self.room.device(device)?.links })),
        }
    }

    fn change_room(&self, requests: &[Request]) -> Result<()> {
        requests.iter().try_for_each(|request| self.room.ask(request).map(drop))
    }

    fn pair(&self, device: &str, how: &[&str]) -> Result<Value> {
        // The memory from before today is the patient's own here.
        let arguments = [&["pair", device, "--earlier", "mine", "--json"], how].concat();
        let outcome = self.program.run(&arguments, COMMAND_WITHIN)?;
        let answer = outcome.json()?;
        Ok(match answer.pointer("/fault/kind").and_then(Value::as_str) {
            Some(kind) => json!({ "fault": kind, "failed": !outcome.status.success() }),
            None => json!({ "paired": answer.pointer("/device/address"), "failed": !outcome.status.success() }),
        })
    }

    fn collect(&self, moments: &[Moment]) -> Result<Value> {
        seen::collection(&self.events_of(moments)?)
    }

    /// What the program tells from its start until things have happened and it has been quiet for a while.
    fn events_of(&self, moments: &[Moment]) -> Result<Vec<Value>> {
        let mut collecting = self.program.collect(&[])?;
        collecting.wait_for_event("ready", MOMENT_WITHIN)?;
        for moment in moments {
            self.live_through(moment, &mut collecting)?;
        }
        let mut known = None;
        let end = Instant::now() + QUIET_WITHIN;
        while known != Some(collecting.events().len()) && Instant::now() < end {
            known = Some(collecting.events().len());
            // Nothing is waited for: the events that come in meanwhile are what counts.
            collecting.listen(QUIET)?;
        }
        collecting.stop(STOPPED_WITHIN)
    }

    fn live_through(&self, moment: &Moment, collecting: &mut Collecting) -> Result<()> {
        match moment {
            Moment::Measure { device, characteristic, record } => {
                let listening = self.room.wait_until_subscribed(device, characteristic, MOMENT_WITHIN);
                listening.with_context(|| format!("events: {:?}", collecting.events()))?;
                ensure!(self.room.send(device, characteristic, record)?, "the reading was not confirmed");
                Ok(())
            }
            Moment::Saved(count) => {
                wait_for(collecting, moment, |events| seen::of_kind(events, "saved").count() >= *count)
            }
            Moment::Live(count) => {
                wait_for(collecting, moment, |events| seen::of_kind(events, "live").count() >= *count)
            }
            Moment::Transfer(state) => wait_for(collecting, moment, |events| {
                seen::of_kind(events, "transfer").any(|event| event["state"] == state.as_str())
            }),
            Moment::Fault(fault) => wait_for(collecting, moment, |events| {
                seen::of_kind(events, "fault").any(|event| event["kind"] == fault.as_str())
            }),
            Moment::FaultEnded(fault) => wait_for(collecting, moment, |events| {
                seen::of_kind(events, "fault_ended").any(|event| event["kind"] == fault.as_str())
            }),
            Moment::Restarted => wait_for(collecting, moment, |events| {
                seen::of_kind(events, "restarted").next().is_some() || seen::of_kind(events, "ready").count() > 1
            }),
            Moment::Room(requests) => self.change_room(requests),
            Moment::Clock(shown) => self.program.set_clocks(*shown, *shown),
        }
    }

    fn export(&self) -> Result<Vec<Value>> {
        let outcome = self.program.run(&["export"], COMMAND_WITHIN)?;
        ensure!(outcome.status.success(), "export ended with {}: {}", outcome.status, outcome.stderr);
        outcome.json_lines()
    }

    /// Every reading that the rig saw confirmed is in the record once, and nothing else is.
    fn account(&self) -> Result<Value> {
        let deliveries = log::deliveries(&self.room.log(self.since)?);
        let sent = deliveries.into_iter().filter(|delivery| delivery.confirmed);
        let sent =
            sent.filter_map(|delivery| Some(seen::expected_of(&delivery.sent.device, delivery.sent.meaning.as_ref()?)));
        seen::account(sent.collect(), seen::readings(&self.export()?)?)
    }
}

/// Waits for a moment, for as long as anything at all happens, within reason.
fn wait_for(collecting: &mut Collecting, moment: &Moment, reached: impl Fn(&[Value]) -> bool) -> Result<()> {
    let end = Instant::now() + LONGEST_MOMENT;
    while !reached(collecting.events()) {
        ensure!(Instant::now() < end, "no {moment:?} within {LONGEST_MOMENT:?}; events: {:?}", collecting.events());
        let known = collecting.events().len();
        collecting.wait_for(&format!("{moment:?}"), MOMENT_WITHIN, |events| events.len() > known)?;
    }
    Ok(())
}
