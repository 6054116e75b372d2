//! The real engine against a FHIR server that we did not write: what arrives is what was measured,
//! each reading once, whatever dies in between.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::DateTime;
use dagsform_care::{
    Decimal, DeviceId, DeviceInformation, DeviceTime, Flag, Identity, Metric, Observed, PatientId, Performer, Quantity,
    Reading, Reception, Source, Special, Trust, Unit, User, Value, metric::Kind, reading::Measured, time::ZONE,
};
use dagsform_sync::{
    Access, BodyForm, Client, Due, Engine, Enrolment, Entry, Limits, Outbox, OutboxError, Outcome, PatientReference,
    ServiceAddress, Settings, SyncFault, Tablet, fhir,
};
use dagsform_tests::fhir_server::FhirServer;
use serde_json::Value as Json;
use tokio::sync::mpsc;
use uuid::Uuid;

const SENSOR: &str = "F0:F1:F2:F3:F4:F5";

/// An outbox in memory that insists on each entry being settled once.
#[derive(Default)]
struct MemoryOutbox(Mutex<BTreeMap<i64, (Entry, Option<Outcome>)>>);

impl MemoryOutbox {
    fn with(readings: impl IntoIterator<Item = Reading>) -> Arc<Self> {
        let entry = |(number, reading): (i64, Reading)| {
            let sensor = match &reading.source {
                Source::Sensor(id) => Some((id.clone(), information())),
                Source::ByHand => None,
            };
            let entry = Entry { number, version: 1, reading, sensor, sent_before: false };
            (number, (entry, None))
        };
        Arc::new(Self(Mutex::new((1..).zip(readings).map(entry).collect())))
    }
    fn entries(&self) -> Vec<(Entry, Option<Outcome>)> {
        self.0.lock().unwrap().values().cloned().collect()
    }
    fn left(&self) -> usize {
        self.entries().iter().filter(|(_, outcome)| outcome.is_none()).count()
    }
}

impl Outbox for MemoryOutbox {
    async fn due(&self, after: i64, limit: usize) -> Result<Vec<Due>, OutboxError> {
        let due = self.entries().into_iter().filter(|(entry, outcome)| entry.number > after && outcome.is_none());
        Ok(due.take(limit).map(|(entry, _)| Due::Reading(Box::new(entry))).collect())
    }
    async fn waiting(&self) -> Result<u64, OutboxError> {
        Ok(self.left().try_into().unwrap())
    }
    async fn settle(&self, outcomes: Vec<(i64, u32, Outcome)>) -> Result<(), OutboxError> {
        let mut entries = self.0.lock().unwrap();
        for (number, _, outcome) in outcomes {
            let before = entries.get_mut(&number).unwrap().1.replace(outcome);
            assert_eq!(before, None, "entry {number} was settled twice");
        }
        Ok(())
    }
}

fn information() -> DeviceInformation {
    DeviceInformation {
        manufacturer: Some("Nonin Medical, Inc.".to_owned()),
        model: Some("Model 3230".to_owned()),
        system_id: Some("00-1C-05-FF-FE-FF-E8-74".to_owned()),
        ..DeviceInformation::default()
    }
}

fn enrolment(server: &FhirServer) -> Enrolment {
    Enrolment {
        service: ServiceAddress::parse(&server.base()).unwrap(),
        patient_reference: PatientReference::parse("Patient/kari").unwrap(),
        patient: PatientId("p-1".to_owned()),
        tablet: Tablet {
            id: Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0001),
            manufacturer: None,
            model: "Dagsform tablet".to_owned(),
            version: "0.1.0".to_owned(),
        },
        form: BodyForm::Fhir,
    }
}

fn engine(server: &FhirServer, outbox: &Arc<MemoryOutbox>, settings: Settings) -> Engine<MemoryOutbox> {
    let client = Client::new(enrolment(server).service, Access::default()).unwrap();
    Engine::new(outbox.clone(), client, enrolment(server), settings, mpsc::unbounded_channel().0).unwrap()
}

async fn server() -> FhirServer {
    let server = FhirServer::start().await.unwrap();
    server.add_patient("kari").await.unwrap();
    server
}

fn number(metric: Metric, text: &str) -> Measured {
    value(metric, Value::Number(text.parse().unwrap()))
}

fn value(metric: Metric, value: Value) -> Measured {
    let unit = if metric == Metric::PulseRate { Unit::PerMinute } else { Unit::Percent };
    Measured { metric, quantity: Quantity { value, unit } }
}

fn reading(values: Vec<Measured>, flags: &[Flag], time: DeviceTime, received: &str, from_storage: bool) -> Reading {
    let canonical = format!("{values:?}").into_bytes();
    let flags = flags.iter().copied().collect();
    let observed = Observed {
        kind: Kind::PulseOximetry,
        values,
        flags,
        time,
        sequence: None,
        user: User::Unsaid,
        meal: None,
        canonical,
    };
    let reception = Reception {
        patient: PatientId("p-1".to_owned()),
        device: DeviceId::parse(SENSOR).unwrap(),
        assigned: None,
        at: DateTime::parse_from_rfc3339(received).unwrap(),
        tablet_clock: Trust::Trusted,
        from_storage,
        ordinal: 0,
        zone: ZONE,
        user: None,
        usual_weight: None,
    };
    Reading::received(observed, &reception)
}

fn local(text: &str) -> DeviceTime {
    DeviceTime::Local(text.parse().unwrap())
}

/// The n-th of a row of readings from a sensor's memory.
fn stored(n: i64) -> Reading {
    let time = DeviceTime::Local(
        "2026-11-20T08:00:00".parse::<chrono::NaiveDateTime>().unwrap() + chrono::Duration::minutes(n),
    );
    let values = vec![number(Metric::OxygenSaturation, &(90 + n % 10).to_string()), number(Metric::PulseRate, "71")];
    reading(values, &[Flag::FromStorage], time, "2026-11-23T08:00:00+01:00", true)
}

/// One of each kind.
fn all_kinds() -> Vec<Reading> {
    let now = "2026-11-23T08:00:10.250+01:00";
    let pulse = || vec![number(Metric::PulseRate, "58")];
    vec![
        Reading {
            performer: Performer::Patient,
            ..reading(
                vec![
                    number(Metric::OxygenSaturation, "97.0"),
                    number(Metric::PulseRate, "71"),
                    number(Metric::PulseAmplitudeIndex, "3.25"),
                ],
                &[Flag::Validated],
                local("2026-11-23T08:00:00"),
                now,
                false,
            )
        },
        reading(pulse(), &[Flag::DeviceClockNotSet], local("2021-01-01T00:00:30"), now, false),
        reading(pulse(), &[Flag::FromStorage], local("2021-01-01T00:00:40"), now, true),
        reading(
            vec![
                number(Metric::OxygenSaturation, "97"),
                value(Metric::PulseRate, Value::Special(Special::NotANumber)),
                number(Metric::OxygenSaturationFast, "1E+2"),
            ],
            &[Flag::InvalidMeasurement, Flag::SensorUnconnectedToUser],
            DeviceTime::Absent,
            "2026-11-23T08:01:00+01:00",
            false,
        ),
        reading(
            vec![
                value(Metric::OxygenSaturation, Value::Special(Special::PositiveInfinity)),
                number(Metric::PulseRate, "4E+2"),
                number(Metric::OxygenSaturationSlow, "91.50"),
            ],
            &[Flag::EarlyEstimate, Flag::MeasurementOngoing, Flag::LowPerfusion, Flag::FullyQualified],
            DeviceTime::Unknown,
            "2026-11-23T08:02:00+01:00",
            false,
        ),
        Reading {
            source: Source::ByHand,
            identity: Identity::by_hand(Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_00ff)),
            performer: Performer::Relative,
            ..reading(pulse(), &[], DeviceTime::Absent, "2026-11-23T08:03:00+01:00", false)
        },
    ]
}

fn identifier(resource: &Json) -> String {
    let first = &resource["identifier"][0];
    format!("{}|{}", first["system"].as_str().unwrap(), first["value"].as_str().unwrap())
}

/// Numbers by value: `97.0` as `97`, since the server spells them its own way.
fn by_value(json: &mut Json) {
    match json {
        Json::Number(number) => *json = Json::String(format!("{:e}", number.as_f64().unwrap())),
        Json::Array(items) => items.iter_mut().for_each(by_value),
        Json::Object(fields) => fields.values_mut().for_each(by_value),
        Json::Null | Json::Bool(_) | Json::String(_) => {}
    }
}

/// References as the server rewrites them.
fn rewritten(json: &mut Json, places: &HashMap<String, String>) {
    match json {
        Json::Array(items) => items.iter_mut().for_each(|item| rewritten(item, places)),
        Json::Object(fields) => {
            if let Some(Json::String(reference)) = fields.get_mut("reference")
                && let Some(place) = places.get(reference)
            {
                reference.clone_from(place);
            }
            fields.values_mut().for_each(|field| rewritten(field, places));
        }
        Json::Null | Json::Bool(_) | Json::String(_) | Json::Number(_) => {}
    }
}

/// What the server should hold of these entries: by identifier, the resource as mapped.
async fn expected(server: &FhirServer, entries: &[Entry]) -> BTreeMap<String, Json> {
    let enrolment = enrolment(server);
    let mapped: Vec<fhir::Mapped> = entries.iter().map(|entry| fhir::map(entry, &enrolment).unwrap()).collect();
    let tablet = fhir::device::tablet(&enrolment.tablet).unwrap();
    let sent: Vec<&fhir::Resource> =
        mapped.iter().flat_map(|m| m.resources.iter().chain(&m.sensor)).chain([&tablet]).collect();
    let mut places = HashMap::new();
    for resource in &sent {
        let found =
            server.search(&format!("{}?identifier={}", resource.kind.name(), resource.identifier)).await.unwrap();
        assert_eq!(found.len(), 1, "{}", resource.identifier);
        let place = format!("{}/{}", resource.kind.name(), found[0]["id"].as_str().unwrap());
        places.insert(resource.full_url.clone(), place);
    }
    let finished = |resource: &&fhir::Resource| {
        let mut json: Json = serde_json::from_str(resource.json.get()).unwrap();
        rewritten(&mut json, &places);
        by_value(&mut json);
        (resource.identifier.clone(), json)
    };
    sent.iter().map(finished).collect()
}

/// What the server holds, without what is its own: `id`, and all of `meta` but the profiles.
async fn held(server: &FhirServer) -> BTreeMap<String, Json> {
    let mut all = server.observations().await.unwrap();
    all.extend(server.search("Device").await.unwrap());
    let count = all.len();
    let finished = |mut resource: Json| {
        let fields = resource.as_object_mut().unwrap();
        fields.remove("id").unwrap();
        fields["meta"].as_object_mut().unwrap().retain(|name, _| name == "profile");
        if fields["meta"] == serde_json::json!({}) {
            fields.remove("meta");
        }
        by_value(&mut resource);
        (identifier(&resource), resource)
    };
    let held: BTreeMap<String, Json> = all.into_iter().map(finished).collect();
    assert_eq!(held.len(), count, "something is there twice");
    held
}

fn entries(outbox: &MemoryOutbox) -> Vec<Entry> {
    outbox.entries().into_iter().map(|(entry, _)| entry).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_reading_arrives_as_it_was_mapped_and_a_second_sending_doubles_nothing() {
    let server = server().await;
    let outbox = MemoryOutbox::with(all_kinds());
    let report = engine(&server, &outbox, Settings::default()).pass().await;
    assert_eq!((report.delivered, report.set_aside, report.fault), (6, 0, None), "{:?}", outbox.entries());
    let first = held(&server).await;
    assert_eq!(first, expected(&server, &entries(&outbox)).await);

    let again = MemoryOutbox::with(all_kinds());
    let report = engine(&server, &again, Settings::default()).pass().await;
    assert_eq!((report.delivered, report.fault), (6, None));
    for (_, outcome) in again.entries() {
        assert!(matches!(outcome, Some(Outcome::Delivered { created: false, .. })), "{outcome:?}");
    }
    assert_eq!(held(&server).await, first);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_in_the_middle_again_and_again_loses_and_doubles_nothing() {
    const READINGS: usize = 120;
    let mut server = server().await;
    let outbox = MemoryOutbox::with((0..READINGS.try_into().unwrap()).map(stored));
    let limits = Limits { entries: 8, ..Limits::default() };
    let mut engine = engine(&server, &outbox, Settings { limits, ..Settings::default() });
    let mut kills = 0;
    for delay in [3, 10, 25, 40, 60, 15, 80] {
        let mut pass = Box::pin(engine.pass());
        tokio::select! {
            _ = &mut pass => {}
            () = tokio::time::sleep(Duration::from_millis(delay)) => {
                server.kill().unwrap();
                kills += 1;
                let fault = pass.await.fault;
                assert!(matches!(fault, Some(SyncFault::Unreachable { .. } | SyncFault::NotUnderstood(_))), "{fault:?}");
            }
        }
        server.restart().await.unwrap();
    }
    assert!(kills > 1, "the server was too quick to be killed in the middle");
    assert_eq!(engine.pass().await.fault, None);
    assert_eq!(outbox.left(), 0);
    assert_eq!(held(&server).await, expected(&server, &entries(&outbox)).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_dies_after_the_answer_sends_again_and_doubles_nothing() {
    let server = server().await;
    let outbox = MemoryOutbox::with((0..6).map(stored));
    let dying = Settings {
        // A panic in the middle of the pass is as near to a kill as one process allows.
        gap: Arc::new(|name| assert_ne!(name, "after-post", "dies as told")),
        limits: Limits { entries: 2, ..Limits::default() },
        ..Settings::default()
    };
    let mut engine_before = engine(&server, &outbox, dying);
    assert!(tokio::spawn(async move { engine_before.pass().await }).await.is_err());
    assert_eq!((outbox.left(), server.observations().await.unwrap().len()), (6, 4));
    assert_eq!(engine(&server, &outbox, Settings::default()).pass().await.delivered, 6);
    assert_eq!(held(&server).await, expected(&server, &entries(&outbox)).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reading_that_a_real_server_refuses_is_set_aside_alone() {
    let server = server().await;
    let mut readings: Vec<Reading> = (0..20).map(stored).collect();
    // Valid FHIR that no device can send, and that this server cannot hold: more than a double does.
    readings[6].values[1] = value(Metric::PulseRate, Value::Number(Decimal::new(1, 400)));
    let outbox = MemoryOutbox::with(readings);
    let report = engine(&server, &outbox, Settings::default()).pass().await;
    let refused: BTreeSet<i64> = outbox
        .entries()
        .iter()
        .filter(|(_, outcome)| matches!(outcome, Some(Outcome::Refused { .. })))
        .map(|(entry, _)| entry.number)
        .collect();
    assert_eq!((report.fault, report.delivered, refused), (None, 19, BTreeSet::from([7])));
}
