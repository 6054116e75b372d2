//! What the tests of this room share: made-up readings, an outbox in memory, a scripted service.
#![allow(dead_code, reason = "each test file uses a part")]

use std::{collections::BTreeMap, sync::Mutex};

use chrono::{DateTime, FixedOffset};
use dagsform_care::{
    Decimal, DeviceId, DeviceInformation, DeviceTime, Flag, Kind, Measured, Metric, Observed, PatientId, Quantity,
    Reading, Reception, Trust, User, Value, shown::shown_unit, time::ZONE,
};
use dagsform_sync::{
    Access, BodyForm, Client, Due, Enrolment, Entry, Outbox, OutboxError, Outcome, PatientReference, ServiceAddress,
    Tablet,
};
use uuid::Uuid;

pub mod any;
pub mod golden;
pub mod outgoing;
pub mod server;

pub const SERVICE: &str = "https://service.example/fhir";

pub fn at(text: &str) -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339(text).unwrap()
}

pub fn number(text: &str) -> Value {
    Value::Number(text.parse::<Decimal>().unwrap())
}

/// A number in the unit that is shown of it.
pub fn measured(metric: Metric, value: Value) -> Measured {
    Measured { metric, quantity: Quantity { value, unit: shown_unit(metric) } }
}

pub fn sensor() -> DeviceId {
    DeviceId::parse("F0:F1:F2:F3:F4:F5").unwrap()
}

pub fn observed(values: Vec<Measured>, flags: &[Flag], time: DeviceTime) -> Observed {
    of_kind(Kind::PulseOximetry, values, flags, time)
}

pub fn of_kind(kind: Kind, values: Vec<Measured>, flags: &[Flag], time: DeviceTime) -> Observed {
    let canonical = format!("{values:?}{flags:?}").into_bytes();
    Observed {
        kind,
        values,
        flags: flags.iter().copied().collect(),
        time,
        sequence: None,
        user: User::Unsaid,
        meal: None,
        canonical,
    }
}

pub fn reception(received: &str, from_storage: bool) -> Reception {
    Reception {
        patient: PatientId("p-1".to_owned()),
        device: sensor(),
        assigned: None,
        at: at(received),
        tablet_clock: Trust::Trusted,
        from_storage,
        ordinal: 0,
        zone: ZONE,
        user: None,
        usual_weight: None,
    }
}

pub fn local(text: &str) -> DeviceTime {
    DeviceTime::Local(text.parse().unwrap())
}

/// The n-th of a row of good readings, a minute apart.
pub fn good(n: i64) -> Reading {
    let received = at("2026-11-23T08:00:10+01:00") + chrono::Duration::minutes(n);
    let time = DeviceTime::Local((received - chrono::Duration::seconds(10)).naive_local());
    let values = vec![
        measured(Metric::OxygenSaturation, number(&(90 + n % 10).to_string())),
        measured(Metric::PulseRate, number("71")),
    ];
    Reading::received(observed(values, &[], time), &reception(&received.to_rfc3339(), false))
}

pub fn information() -> DeviceInformation {
    DeviceInformation {
        manufacturer: Some("Nonin Medical, Inc.\0".to_owned()),
        model: Some("Model 3230".to_owned()),
        serial: Some("501900083".to_owned()),
        firmware: Some("1.10".to_owned()),
        hardware: None,
        software: Some("2.0".to_owned()),
        system_id: Some("00-1C-05-FF-FE-FF-E8-74".to_owned()),
        battery: Some(80),
    }
}

/// A reading of the sensor as it was first saved.
pub fn entry(number: i64, reading: Reading) -> Entry {
    Entry { number, version: 1, reading, sensor: Some((sensor(), information())), sent_before: false }
}

/// A reading entered by hand as it was first saved.
pub fn by_hand(reading: Reading) -> Entry {
    Entry { sensor: None, ..entry(1, reading) }
}

pub fn enrolment(service: &str) -> Enrolment {
    Enrolment {
        service: ServiceAddress::parse(service).unwrap(),
        patient_reference: PatientReference::parse("Patient/123").unwrap(),
        patient: PatientId("p-1".to_owned()),
        tablet: Tablet {
            id: Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0001),
            manufacturer: Some("Dagsform".to_owned()),
            model: "Dagsform tablet".to_owned(),
            version: "0.1.0".to_owned(),
        },
        form: BodyForm::Fhir,
    }
}

/// An outbox in memory.
#[derive(Default)]
pub struct MemoryOutbox {
    entries: Mutex<BTreeMap<i64, (Entry, Option<Outcome>)>>,
    broken: Mutex<bool>,
}

impl MemoryOutbox {
    pub fn with(readings: impl IntoIterator<Item = Reading>) -> Self {
        let outbox = Self::default();
        for (n, reading) in (1..).zip(readings) {
            outbox.add(n, reading);
        }
        outbox
    }
    pub fn add(&self, n: i64, reading: Reading) {
        self.entries.lock().unwrap().insert(n, (entry(n, reading), None));
    }
    /// The reading changes, and is to be sent again; it may have been sent before.
    pub fn change(&self, n: i64, change: impl FnOnce(Reading) -> Reading) {
        let mut entries = self.entries.lock().unwrap();
        let (entry, outcome) = entries.get_mut(&n).unwrap();
        entry.reading = change(entry.reading.clone());
        entry.version += 1;
        entry.sent_before = true;
        *outcome = None;
    }
    pub fn entries(&self) -> Vec<Entry> {
        self.entries.lock().unwrap().values().map(|(entry, _)| entry.clone()).collect()
    }
    pub fn outcome(&self, n: i64) -> Option<Outcome> {
        self.entries.lock().unwrap()[&n].1.clone()
    }
    pub fn delivered(&self) -> Vec<i64> {
        self.with_outcome(|outcome| matches!(outcome, Some(Outcome::Delivered { .. })))
    }
    pub fn set_aside(&self) -> Vec<i64> {
        self.with_outcome(|outcome| matches!(outcome, Some(Outcome::Refused { .. } | Outcome::Unsendable { .. })))
    }
    pub fn left(&self) -> Vec<i64> {
        self.with_outcome(Option::is_none)
    }
    pub fn break_settling(&self, broken: bool) {
        *self.broken.lock().unwrap() = broken;
    }
    fn with_outcome(&self, wanted: impl Fn(&Option<Outcome>) -> bool) -> Vec<i64> {
        self.entries.lock().unwrap().iter().filter(|(_, (_, o))| wanted(o)).map(|(n, _)| *n).collect()
    }
}

impl Outbox for MemoryOutbox {
    async fn due(&self, after: i64, limit: usize) -> Result<Vec<Due>, OutboxError> {
        let entries = self.entries.lock().unwrap();
        let due = entries.range(after + 1..).filter(|(_, (_, outcome))| outcome.is_none());
        Ok(due.take(limit).map(|(_, (entry, _))| Due::Reading(Box::new(entry.clone()))).collect())
    }
    async fn waiting(&self) -> Result<u64, OutboxError> {
        Ok(self.left().len().try_into().unwrap())
    }
    async fn settle(&self, outcomes: Vec<(i64, u32, Outcome)>) -> Result<(), OutboxError> {
        if *self.broken.lock().unwrap() {
            return Err(OutboxError("the disk is full".to_owned()));
        }
        let mut entries = self.entries.lock().unwrap();
        for (n, version, outcome) in outcomes {
            let (entry, kept) = entries.get_mut(&n).unwrap();
            if version == entry.version {
                assert!(kept.is_none(), "entry {n} was settled twice: {kept:?}, then {outcome:?}");
                *kept = Some(outcome);
            }
        }
        Ok(())
    }
}

/// A connection to a service that asks nobody who they are.
pub fn client(enrolment: &Enrolment) -> Client {
    Client::new(enrolment.service.clone(), Access::default()).unwrap()
}
