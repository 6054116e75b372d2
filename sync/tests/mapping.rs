//! What readings become in FHIR: by example, reviewed by eye in `golden/`, and for any reading.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    reason = "tests"
)]

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, FixedOffset, NaiveDateTime, Offset, TimeZone, Utc};
use common::{
    SERVICE,
    any::{any_reading, any_taken_back},
    at, enrolment, entry,
    golden::{compare, golden},
    information, local, measured, number, observed, of_kind, reception,
};
use dagsform_care::{
    ByHand, DeviceId, DeviceTime, Flag, Kind, Meal, Measured, Metric, PatientId, Performer, Quantity, Reading,
    ReadingTime, Special, TakenBack, Trust, Unit, Value, Verdict, Why, time::ZONE,
};
use dagsform_sync::{
    BodyForm, Enrolment, Entry,
    fhir::{
        self, MappingError, device,
        model::{CodeableConcept, Observation, ObservationComponent},
    },
};
use proptest::prelude::*;
use uuid::Uuid;

mod common;

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

/// Entered by hand at eight in the morning, by a relative.
fn entered(kind: Kind, values: Vec<Measured>, meal: Option<Meal>) -> Reading {
    let entered = ByHand { kind, values, meal, performer: Performer::Relative };
    let made = Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_00ff);
    let time = ReadingTime::by_hand(at("2026-11-23T07:30:00+01:00"), at("2026-11-23T08:00:10+01:00"), Trust::Trusted);
    Reading::by_hand(made, PatientId("p-1".to_owned()), entered, time)
}

#[test]
fn a_reading_by_hand_names_no_sensor() {
    let values = vec![measured(Metric::GlucoseUndeterminedPlasma, number("6.4"))];
    golden("by_hand", &common::by_hand(entered(Kind::BloodGlucose, values, Some(Meal::Preprandial))));
}

/// A live reading by a right clock.
fn live(observed: dagsform_care::Observed) -> Reading {
    Reading::received(observed, &reception("2026-11-23T08:00:10+01:00", false))
}

fn minute() -> DeviceTime {
    local("2026-11-23T08:00:00")
}

fn pressure(unit: Unit, flags: &[Flag]) -> Reading {
    let texts = if unit == Unit::Kilopascal { ["18.3", "11.1", "13.5"] } else { ["137", "83", "101"] };
    let metrics = [Metric::Systolic, Metric::Diastolic, Metric::MeanArterialPressure];
    let with_unit = |(metric, text)| Measured { metric, quantity: Quantity { value: number(text), unit } };
    let mut values: Vec<Measured> = metrics.into_iter().zip(texts).map(with_unit).collect();
    values.push(measured(Metric::PulseRateByCuff, number("68")));
    live(of_kind(Kind::BloodPressure, values, flags, minute()))
}

#[test]
fn a_blood_pressure_with_pulse() {
    golden(
        "blood_pressure",
        &entry(1, pressure(Unit::MillimetreOfMercury, &[Flag::IrregularPulse, Flag::BodyMovement])),
    );
}

#[test]
fn a_weight_in_pounds_with_height_and_body_mass_index() {
    let weight = Quantity { value: number("176.4"), unit: Unit::Pound };
    let values = vec![
        Measured { metric: Metric::BodyWeight, quantity: weight },
        measured(Metric::BodyMassIndex, number("26.1")),
        measured(Metric::BodyHeight, number("1.75")),
    ];
    golden("weight", &entry(1, live(of_kind(Kind::BodyWeight, values, &[], minute()))));
}

#[test]
fn a_glucose_after_a_meal() {
    let values = vec![measured(Metric::GlucoseCapillaryWholeBlood, number("7.8"))];
    let observed = of_kind(Kind::BloodGlucose, values, &[], minute());
    golden("glucose", &entry(1, live(dagsform_care::Observed { meal: Some(Meal::Postprandial), ..observed })));
}

#[test]
fn a_glucose_higher_than_the_meter_can_tell() {
    golden("glucose_high", &entry(1, live(of_kind(Kind::BloodGlucose, vec![], &[Flag::ResultAboveRange], minute()))));
}

#[test]
fn a_temperature() {
    let values = vec![measured(Metric::BodyTemperature, number("37.20"))];
    golden("temperature", &entry(1, live(of_kind(Kind::BodyTemperature, values, &[], minute()))));
}

#[test]
fn a_spirometry_by_hand() {
    let values = vec![
        measured(Metric::PeakExpiratoryFlow, number("412")),
        measured(Metric::ForcedExpiratoryVolume, number("2.31")),
    ];
    golden("spirometry", &common::by_hand(entered(Kind::Spirometry, values, None)));
}

#[test]
fn a_reading_that_was_taken_back_says_why_and_is_sent_as_an_update() {
    let at = at("2026-11-23T09:15:00+01:00");
    let reading =
        Reading { taken_back: Some(TakenBack { at, why: Why::WrongPerson }), ..pressure(Unit::Kilopascal, &[]) };
    let entry = Entry { version: 2, sent_before: true, ..entry(1, reading) };
    let mapped = fhir::map(&entry, &enrolment(SERVICE)).unwrap();
    compare("taken_back", &serde_json::to_string(&fhir::transaction(&mapped.resources)).unwrap());
}

#[test]
fn a_time_that_was_corrected_later_keeps_what_the_tablets_clock_showed() {
    let values = vec![measured(Metric::PulseRate, number("58"))];
    let early =
        dagsform_care::Reception { tablet_clock: Trust::Untrusted, ..reception("1970-01-01T01:05:00+01:00", false) };
    let early = Reading::received(observed(values, &[], local("2021-01-01T00:00:30")), &early);
    let behind = at("2026-07-23T08:00:10+02:00").signed_duration_since(early.time.received).num_seconds();
    let mapped = fhir::map(&entry(1, early.clone()), &enrolment(SERVICE)).unwrap();
    assert_eq!(mapped.resources.len(), 1, "a clock that is known to be wrong is compared with nothing");
    golden("corrected_later", &entry(1, early.corrected(behind, ZONE)));
}

fn refusal(change: impl FnOnce(&mut Entry)) -> MappingError {
    let mut entry = entry(1, common::good(0));
    change(&mut entry);
    fhir::map(&entry, &enrolment(SERVICE)).unwrap_err()
}

#[test]
fn a_control_solution_is_never_sent() {
    let values = || vec![measured(Metric::GlucoseControlSolution, number("6.1"))];
    for (values, flags) in
        [(values(), vec![Flag::ControlSolution]), (values(), vec![]), (vec![], vec![Flag::ControlSolution])]
    {
        let reading = live(of_kind(Kind::BloodGlucose, values, &flags, minute()));
        assert_eq!(fhir::map(&entry(1, reading), &enrolment(SERVICE)).unwrap_err(), MappingError::NotToBeSent);
    }
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

fn writable(time: DateTime<FixedOffset>) -> bool {
    let offset = time.offset().fix().local_minus_utc();
    offset % 60 == 0 && offset.abs() <= 14 * 3600 && (1..=9999).contains(&chrono::Datelike::year(&time))
}

/// Numbers by code and supplemental type; each as written with its unit, or nothing.
type Numbers = BTreeMap<(String, Option<String>), Option<(String, String)>>;

/// The numbers of Observations.
fn numbers(observations: &[Observation]) -> Numbers {
    let mdc = |concept: &CodeableConcept| concept.coding[0].code.clone();
    let amount = |quantity: &Option<fhir::model::Quantity>| {
        quantity.as_ref().map(|quantity| (quantity.value.to_string(), quantity.code.clone()))
    };
    let is_number = |part: &ObservationComponent| part.value_boolean.is_none() && part.value_codeable_concept.is_none();
    let mut all = BTreeMap::new();
    for observation in observations {
        let supplemental = observation.component.iter().find(|component| mdc(&component.code) == "68193");
        let modality = supplemental.and_then(|component| component.value_codeable_concept.as_ref()).map(mdc);
        // FHIR obs-6: a reason for absence only where there is no value; here always one of the two.
        if mdc(&observation.code) == "150020" {
            for part in observation.component.iter().filter(|part| is_number(part)) {
                assert_ne!(part.value_quantity.is_some(), part.data_absent_reason.is_some());
                assert_eq!(all.insert((mdc(&part.code), None), amount(&part.value_quantity)), None);
            }
        } else {
            assert_ne!(observation.value_quantity.is_some(), observation.data_absent_reason.is_some());
            assert_eq!(all.insert((mdc(&observation.code), modality), amount(&observation.value_quantity)), None);
        }
    }
    all
}

proptest! {
    #[test]
    fn any_reading_is_mapped_whole_or_refused_by_field_in_both_forms(reading in any_reading(), pmd: bool) {
        let form = if pmd { BodyForm::Pmd } else { BodyForm::Fhir };
        let entry = Entry { sensor: None, ..entry(1, reading.clone()) };
        let metrics: HashSet<Metric> = reading.values.iter().map(|m| m.metric).collect();
        let mapped = match fhir::map(&entry, &Enrolment { form, ..enrolment(SERVICE) }) {
            Ok(mapped) => mapped,
            Err(MappingError::NoValues) => { prop_assert!(reading.values.is_empty()); return Ok(()); }
            Err(MappingError::ValueTwice { .. }) => { prop_assert!(metrics.len() < reading.values.len()); return Ok(()); }
            Err(MappingError::NotToBeSent) => {
                prop_assert!(metrics.contains(&Metric::GlucoseControlSolution));
                return Ok(());
            }
            Err(MappingError::Time { .. }) => {
                let ReadingTime { device, received, effective, tablet_correction_seconds: corrected, .. } = reading.time;
                let device = matches!(device, DeviceTime::Local(l) if !writable(on(l, received)));
                // A correction can lead beyond the years that FHIR writes, and takes the offset of the effective time.
                prop_assert!(device || !writable(received) || !effective.is_none_or(writable) || corrected.is_some());
                return Ok(());
            }
            Err(other) => return Err(TestCaseError::fail(other.to_string())),
        };
        let mut seen = HashSet::new();
        for resource in mapped.resources.iter().chain(&mapped.sensor) {
            prop_assert!(seen.insert(resource.identifier.clone()) && seen.insert(resource.full_url.clone()));
        }
        let read = |resource: &fhir::Resource| serde_json::from_str::<Observation>(resource.json.get()).unwrap();
        let mut sent: Vec<Observation> = mapped.resources.iter().map(read).collect();
        let beside = sent.iter().any(|observation| observation.code.coding[0].code == "67975");
        let within = sent.iter().any(|observation| !observation.contained.is_empty());
        let misplaced = if pmd { beside } else { within };
        prop_assert!(!misplaced);
        sent.retain(|observation| observation.code.coding[0].code != "67975");
        for observation in &sent {
            prop_assert_ne!(observation.effective_date_time.is_some(), observation.effective_date_time_absent.is_some());
            prop_assert_eq!(observation.status == "entered-in-error", reading.taken_back.is_some());
        }
        let mut sent = numbers(&sent);
        for Measured { metric, quantity } in &reading.values {
            let found = sent.remove(&(metric.mdc().to_string(), metric.modality().map(|code| code.to_string())));
            let expected = quantity.value.number().filter(|_| reading.quality.verdict < Verdict::Failed);
            prop_assert_eq!(found, Some(expected.map(|number| (number.to_string(), quantity.unit.ucum().to_owned()))));
        }
        // Nothing else, save that a systolic or a diastolic pressure is missing.
        prop_assert!(sent.values().all(Option::is_none));
    }

    #[test]
    fn every_version_of_a_reading_has_the_same_identifiers(reading in any_reading(), taken_back in any_taken_back()) {
        let identifiers = |entry: &Entry| {
            let mapped = fhir::map(entry, &enrolment(SERVICE)).ok()?;
            Some(mapped.resources.iter().map(|resource| resource.identifier.clone()).collect::<Vec<_>>())
        };
        let first = entry(1, Reading { taken_back: None, claimed: false, ..reading.clone() });
        let later = Reading { taken_back, claimed: true, performer: Performer::Staff, ..reading };
        let later = Entry { version: 2, sent_before: true, ..entry(1, later) };
        prop_assert_eq!(identifiers(&first), identifiers(&later));
    }
}

fn on(local: NaiveDateTime, like: DateTime<FixedOffset>) -> DateTime<FixedOffset> {
    local.and_local_timezone(*like.offset()).single().unwrap_or(like)
}
