//! What readings become in FHIR: by example, reviewed by eye in `golden/`, and for any reading.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    reason = "tests"
)]

use std::{
    collections::{BTreeMap, HashSet},
    path::Path,
};

use chrono::{DateTime, FixedOffset, NaiveDateTime, Offset, TimeZone, Utc};
use common::{at, enrolment, entry, information, local, measured, number, observed, reception, sensor};
use dagsform_care::{
    Decimal, DeviceId, DeviceTime, Flag, Identity, Metric, PatientId, Performer, Quality, Reading, Source, Special,
    Trust, Value, metric::Kind, reading::Measured, time::ReadingTime,
};
use dagsform_sync::{
    Entry,
    fhir::{self, MappingError, device, model::Observation},
};
use proptest::prelude::*;
use serde_json::value::RawValue;
use uuid::Uuid;

mod common;

const SERVICE: &str = "https://service.example/fhir";

/// JSON text with line breaks; numbers stay exactly as they are.
fn indent(json: &str) -> String {
    let (mut out, mut depth, mut in_string, mut escaped) = (String::new(), 0, false, false);
    for c in json.chars() {
        if in_string {
            out.push(c);
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        match c {
            '{' | '[' => {
                depth += 1;
                out.push(c);
                out.push('\n');
                out.push_str(&"  ".repeat(depth));
            }
            '}' | ']' => {
                depth -= 1;
                out.push('\n');
                out.push_str(&"  ".repeat(depth));
                out.push(c);
            }
            ',' => {
                out.push_str(",\n");
                out.push_str(&"  ".repeat(depth));
            }
            ':' => out.push_str(": "),
            _ => {
                in_string = c == '"';
                out.push(c);
            }
        }
    }
    out.push('\n');
    out
}

/// Compares the Observations of an entry with a file.
fn golden(name: &str, entry: &Entry) {
    let mapped = fhir::map(entry, &enrolment(SERVICE)).unwrap();
    let all: Vec<&RawValue> = mapped.resources.iter().map(|resource| &*resource.json).collect();
    compare(name, &serde_json::to_string(&all).unwrap());
}

/// Compares with a file; with `DAGSFORM_GOLDEN=write` writes the file.
fn compare(name: &str, json: &str) {
    let text = indent(json);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.json"));
    if std::env::var("DAGSFORM_GOLDEN").is_ok_and(|v| v == "write") {
        std::fs::write(&path, &text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    assert_eq!(text, expected, "see {}", path.display());
}

#[test]
fn a_live_reading_by_a_right_clock() {
    let values = vec![
        measured(Metric::OxygenSaturation, number("97.0")),
        measured(Metric::PulseRate, number("71")),
        measured(Metric::PulseAmplitudeIndex, number("3.25")),
    ];
    let reading = Reading::received(
        observed(values, &[Flag::Validated], local("2026-11-23T08:00:00")),
        &reception("2026-11-23T08:00:10.250+01:00", false),
    );
    let entry = entry(1, Reading { performer: Performer::Patient, ..reading });
    let enrolment = enrolment(SERVICE);
    let mapped = fhir::map(&entry, &enrolment).unwrap();
    let tablet = device::tablet(&enrolment.tablet).unwrap();
    let all = [&tablet].into_iter().chain(&mapped.sensor).chain(&mapped.resources);
    compare("transaction", &serde_json::to_string(&fhir::transaction(all)).unwrap());
}

#[test]
fn a_live_reading_by_a_wrong_clock_comes_with_the_comparison_of_clocks() {
    let values = vec![measured(Metric::OxygenSaturation, number("92"))];
    let reading = Reading::received(
        observed(values, &[Flag::DeviceClockNotSet], local("2021-01-01T00:00:30")),
        &reception("2026-07-23T08:00:10+02:00", false),
    );
    golden("corrected_clock", &entry(1, reading));
}

#[test]
fn a_stored_reading_of_unknown_time_says_so_and_keeps_what_the_clock_said() {
    let values = vec![measured(Metric::PulseRate, number("58"))];
    let reading = Reading::received(
        observed(values, &[Flag::FromStorage], local("2021-01-01T00:00:30")),
        &reception("2026-11-23T08:00:10+01:00", true),
    );
    golden("unknown_time", &entry(1, reading));
}

#[test]
fn a_failed_measurement_has_reasons_and_no_values() {
    let values = vec![
        measured(Metric::OxygenSaturation, number("97")),
        measured(Metric::PulseRate, Value::Special(Special::NotANumber)),
    ];
    let reading = Reading::received(
        observed(values, &[Flag::InvalidMeasurement, Flag::SensorUnconnectedToUser], DeviceTime::Absent),
        &reception("2026-11-23T08:00:10+01:00", false),
    );
    golden("failed", &entry(1, reading));
}

#[test]
fn a_doubtful_early_estimate_with_fast_response_and_one_number_missing() {
    let values = vec![
        measured(Metric::OxygenSaturation, Value::Special(Special::NotAtThisResolution)),
        measured(Metric::PulseRate, number("4E+2")),
        measured(Metric::OxygenSaturationFast, number("91")),
    ];
    let flags = [Flag::EarlyEstimate, Flag::LowPerfusion, Flag::PoorSignal, Flag::FullyQualified];
    let reading = Reading::received(
        observed(values, &flags, DeviceTime::Unknown),
        &reception("2026-11-23T08:00:10+01:00", false),
    );
    golden("doubtful", &entry(1, reading));
}

#[test]
fn a_sensor_of_which_nothing_is_known_is_marked_so() {
    let entry = Entry { sensor: None, ..entry(1, common::good(0)) };
    let sensor = fhir::map(&entry, &enrolment(SERVICE)).unwrap().sensor.unwrap();
    compare("unknown_sensor", sensor.json.get());
}

#[test]
fn a_reading_by_hand_names_no_sensor() {
    let values = vec![measured(Metric::PulseRate, number("64"))];
    let reading = Reading {
        source: Source::ByHand,
        identity: Identity::by_hand(Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_00ff)),
        performer: Performer::Relative,
        ..Reading::received(observed(values, &[], DeviceTime::Absent), &reception("2026-11-23T08:00:10+01:00", false))
    };
    golden("by_hand", &Entry { number: 1, reading, sensor: None });
}

fn refusal(change: impl FnOnce(&mut Entry)) -> MappingError {
    let mut entry = entry(1, common::good(0));
    change(&mut entry);
    fhir::map(&entry, &enrolment(SERVICE)).unwrap_err()
}

#[test]
fn what_cannot_be_expressed_is_an_error_that_names_the_field() {
    let in_year_10000 = Utc.with_ymd_and_hms(10_000, 1, 1, 0, 0, 0).unwrap().fixed_offset();
    let cases = [
        (refusal(|e| e.reading.values.clear()), "values: none"),
        (refusal(|e| e.reading.values[1] = e.reading.values[0]), "values: spo2 stands there twice"),
        (refusal(|e| e.reading.time.effective = Some(in_year_10000)), "time.effective: +10000"),
        (refusal(|e| e.reading.time.received = in_year_10000), "time.received: +10000"),
        (refusal(|e| e.reading.patient = PatientId("p-2".to_owned())), "patient: "),
        (
            refusal(|e| e.sensor = Some((DeviceId::parse("00:00:00:00:00:01").unwrap(), information()))),
            "source: the reading is from F0:F1:F2:F3:F4:F5",
        ),
    ];
    for (error, words) in cases {
        assert!(error.to_string().starts_with(words), "{error}");
    }
}

#[test]
fn a_demonstration_a_test_and_a_reading_before_the_sensor_was_given_are_never_sent() {
    for flag in [Flag::Demonstration, Flag::Testing] {
        let values = vec![measured(Metric::OxygenSaturation, number("97"))];
        let observed = observed(values, &[flag], DeviceTime::Absent);
        let reading = Reading::received(observed, &reception("2026-11-23T08:00:10+01:00", false));
        assert_eq!(fhir::map(&entry(1, reading), &enrolment(SERVICE)).unwrap_err(), MappingError::NotToBeSent);
    }
    let values = vec![measured(Metric::OxygenSaturation, number("97"))];
    let reading = Reading::received(
        observed(values, &[], local("2026-11-20T08:00:00")),
        &dagsform_care::Reception {
            assigned: Some(at("2026-11-22T08:00:00+01:00")),
            ..reception("2026-11-23T08:00:10+01:00", true)
        },
    );
    assert_eq!(fhir::map(&entry(1, reading), &enrolment(SERVICE)).unwrap_err(), MappingError::NotToBeSent);
}

#[test]
fn what_is_sent_reads_back_as_it_was() {
    let mapped = fhir::map(&entry(1, common::good(0)), &enrolment(SERVICE)).unwrap();
    for resource in mapped.resources {
        let read: Observation = serde_json::from_str(resource.json.get()).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), resource.json.get());
    }
}

fn any_time() -> impl Strategy<Value = DateTime<FixedOffset>> {
    // Every instant that chrono has within some 20,000 years, at any offset, LMT included.
    (-377_705_116_800i64..377_705_116_800, 0u32..2_000_000_000, -86_399i32..86_400).prop_map(|(s, n, offset)| {
        let n = if s.rem_euclid(60) == 59 { n } else { n % 1_000_000_000 };
        let utc = DateTime::<Utc>::from_timestamp(s, n).unwrap();
        FixedOffset::east_opt(offset).unwrap().from_utc_datetime(&utc.naive_utc())
    })
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => (any::<i64>(), any::<i16>()).prop_map(|(m, e)| Value::Number(Decimal::new(m, e))),
        4 => (-2000i64..2000, -8i16..8).prop_map(|(m, e)| Value::Number(Decimal::new(m, e))),
        1 => prop::sample::select(vec![
            Special::NotANumber,
            Special::NotAtThisResolution,
            Special::PositiveInfinity,
            Special::NegativeInfinity,
            Special::Reserved,
        ]).prop_map(Value::Special),
    ]
}

prop_compose! {
    fn any_reading()(
        values in prop::collection::vec((prop::sample::select(Metric::ALL.to_vec()), any_value()), 0..8),
        flags in prop::collection::btree_set(prop::sample::select(every_flag()), 0..6),
        device in prop_oneof![
            Just(DeviceTime::Absent),
            Just(DeviceTime::Unknown),
            any_time().prop_map(|t| DeviceTime::Local(t.naive_utc())),
        ],
        received in any_time(),
        effective in prop::option::of(any_time()),
        correction_seconds in prop::option::of(any::<i64>()),
        clock in prop::sample::select(vec![Trust::Trusted, Trust::Unverified, Trust::Untrusted]),
        ambiguous: bool,
        identity: u128,
        by_hand: bool,
        performer in prop::sample::select(vec![Performer::Unknown, Performer::Patient, Performer::Relative, Performer::Staff]),
    ) -> Reading {
        let values: Vec<Measured> = values.into_iter().map(|(m, v)| measured(m, v)).collect();
        Reading {
            identity: Identity::by_hand(Uuid::from_u128(identity)),
            patient: PatientId("p-1".to_owned()),
            source: if by_hand { Source::ByHand } else { Source::Sensor(sensor()) },
            kind: Kind::PulseOximetry,
            quality: Quality::assess(&values, &flags),
            values,
            flags,
            time: ReadingTime {
                device, device_clock: clock, received, tablet_clock: clock, correction_seconds, effective,
                local_time_ambiguous: ambiguous,
            },
            sequence: None,
            performer,
        }
    }
}

fn every_flag() -> Vec<Flag> {
    use Flag::*;
    vec![
        DeviceClockNotSet,
        MeasurementOngoing,
        EarlyEstimate,
        Validated,
        FullyQualified,
        FromStorage,
        CalibrationOngoing,
        MeasurementUnavailable,
        QuestionableMeasurement,
        InvalidMeasurement,
        ExtendedDisplayUpdate,
        EquipmentMalfunction,
        SignalProcessingIrregularity,
        InadequateSignal,
        PoorSignal,
        LowPerfusion,
        ErraticSignal,
        NonpulsatileSignal,
        QuestionablePulse,
        SignalAnalysisOngoing,
        SensorInterference,
        SensorUnconnectedToUser,
        UnknownSensorConnected,
        SensorDisplaced,
        SensorMalfunctioning,
        SensorDisconnected,
        ReservedBitSet,
    ]
}

fn writable(time: DateTime<FixedOffset>) -> bool {
    let offset = time.offset().fix().local_minus_utc();
    offset % 60 == 0 && offset.abs() <= 14 * 3600 && (1..=9999).contains(&chrono::Datelike::year(&time))
}

proptest! {
    #[test]
    fn any_reading_is_mapped_whole_or_refused_by_field(reading in any_reading()) {
        let entry = Entry { number: 1, sensor: None, reading: reading.clone() };
        let metrics: HashSet<Metric> = reading.values.iter().map(|m| m.metric).collect();
        let mapped = match fhir::map(&entry, &enrolment(SERVICE)) {
            Ok(mapped) => mapped,
            Err(MappingError::NoValues) => { prop_assert!(reading.values.is_empty()); return Ok(()); }
            Err(MappingError::ValueTwice { .. }) => { prop_assert!(metrics.len() < reading.values.len()); return Ok(()); }
            Err(MappingError::Time { .. }) => {
                let device = matches!(reading.time.device, DeviceTime::Local(l) if !writable(on(l, reading.time.received)));
                prop_assert!(device || !writable(reading.time.received) || !reading.time.effective.is_none_or(writable));
                return Ok(());
            }
            Err(other) => return Err(TestCaseError::fail(other.to_string())),
        };
        let mut seen = HashSet::new();
        for resource in mapped.resources.iter().chain(&mapped.sensor) {
            prop_assert!(seen.insert(resource.identifier.clone()) && seen.insert(resource.full_url.clone()));
        }
        for (measured, resource) in reading.values.iter().zip(&mapped.resources) {
            let sent: BTreeMap<String, Box<RawValue>> = serde_json::from_str(resource.json.get()).unwrap();
            // FHIR obs-6: a reason for absence only where there is no value; here always one of the two.
            let one_of = |a: &str, b: &str| sent.contains_key(a) != sent.contains_key(b);
            prop_assert!(one_of("valueQuantity", "dataAbsentReason"));
            prop_assert!(one_of("effectiveDateTime", "_effectiveDateTime"));
            if let (Some(quantity), Value::Number(number)) = (sent.get("valueQuantity"), measured.quantity.value) {
                let quantity: BTreeMap<String, Box<RawValue>> = serde_json::from_str(quantity.get()).unwrap();
                prop_assert_eq!(quantity["value"].get(), number.to_string());
            }
        }
    }
}

fn on(local: NaiveDateTime, like: DateTime<FixedOffset>) -> DateTime<FixedOffset> {
    local.and_local_timezone(*like.offset()).single().unwrap_or(like)
}
