use serde_json::json;

use super::*;
use crate::rig::{
    blood_pressure::BloodPressure,
    description::Record,
    devices,
    glucose::{Context, Glucose},
    log::{Delivery, Origin, Sent},
    plx::SpotCheck,
};

const SENSOR: &str = "F0:00:00:00:00:01";

fn delivery(record: &Record, n: u64) -> Delivery {
    let value = |bytes: &str, meaning, follows| Sent {
        device: SENSOR.to_owned(),
        characteristic: "2A5E".to_owned(),
        bytes: bytes.to_owned(),
        origin: Origin::Live,
        record: None,
        meaning,
        follows,
    };
    let frames = record.followed_by.iter().map(|frame| value(&frame.bytes, frame.meaning.clone(), Some(n)));
    let sent = value(&record.bytes, record.meaning.clone(), None);
    Delivery { n, at_us: 0, sent, confirmed: true, followed_by: frames.collect() }
}

#[test]
fn a_record_that_was_sent_twice_is_to_be_held_once() {
    let record = SpotCheck::at(devices::noon(), 97, 61).record();
    let facts = sent(&[delivery(&record, 1), delivery(&record, 2)]).unwrap();
    let of: Vec<&str> = facts.iter().map(|fact| fact.of.as_str()).collect();
    let at = "F0:00:00:00:00:01 2026-11-23T12:00:00+01:00";
    assert_eq!(of, [format!("{at} pulse_rate"), format!("{at} spo2")]);
    assert_eq!(facts[1].says["value"], "97 %");
}

#[test]
fn a_glucose_is_expected_in_the_unit_that_the_meter_shows_and_with_its_meal() {
    let context = Context { meal: Some(3), ..Context::default() };
    let facts =
        sent(&[delivery(&Glucose { context: Some(context), ..Glucose::at(7, devices::noon(), 66) }.record(), 1)]);
    let says = &facts.unwrap()[0].says;
    assert_eq!((says["value"].as_str(), says["meal"].as_str()), ("6.6 mmol/L", "8417876"));
}

#[test]
fn a_failed_blood_pressure_is_expected_without_numbers_and_without_a_mark() {
    let facts = sent(&[delivery(&BloodPressure::failed(devices::noon()).record(), 1)]).unwrap();
    assert_eq!(facts[0].says["systolic"], "absent: not-a-number");
    assert!(!facts[0].says.contains_key("marks"));
}

#[test]
fn a_difference_is_told_by_its_field() {
    let expected = sent(&[delivery(&SpotCheck::at(devices::noon(), 97, 61).record(), 1)]).unwrap();
    let mut found = expected.clone();
    found[1].says.insert("value".to_owned(), "79 %".to_owned());
    let error = same("the service", &expected, &found).unwrap_err().to_string();
    assert!(error.ends_with("12:00:00+01:00 spo2: value: sent 97 %, held 79 %"), "{error}");
    found.push(found[0].clone());
    assert!(same("the service", &expected, &found).unwrap_err().to_string().contains("sent 1 times, held 2 times"));
    assert!(same("the service", &expected, &expected).is_ok());
}

#[test]
fn two_of_the_same_second_are_the_same_in_any_order_and_neither_may_be_the_other_twice() {
    let checks = [97, 92].map(|spo2| delivery(&SpotCheck::at(devices::noon(), spo2, 61).record(), 1));
    let expected = sent(&checks).unwrap();
    let found: Vec<Fact> = expected.iter().rev().cloned().collect();
    same("the service", &expected, &found).unwrap();
    let mut twice = expected.clone();
    let spo2 = expected.iter().filter(|fact| fact.of.ends_with("spo2")).collect::<Vec<_>>();
    *twice.iter_mut().find(|fact| *fact == spo2[0]).unwrap() = spo2[1].clone();
    assert!(same("the service", &expected, &twice).is_err());
}

#[test]
fn a_line_of_the_export_tells_the_values_that_were_sent() {
    let line = json!({
        "device": "F0:00:00:00:00:01", "device_time": "2026-11-23T12:00:00",
        "values": [
            {"mdc": 150_456, "value": "97.0", "special": null, "unit": "%"},
            {"mdc": 149_530, "value": "61", "special": null, "unit": "/min"},
        ],
    });
    let expected = sent(&[delivery(&SpotCheck::at(devices::noon(), 97, 61).record(), 1)]).unwrap();
    same("the record", &values(&expected), &recorded(&[line]).unwrap()).unwrap();
}

#[test]
fn an_observation_tells_its_sensor_time_value_and_marks() {
    let coding = |system: &str, code: &str| json!({"coding": [{"system": system, "code": code}]});
    let mdc = "urn:iso:std:iso:11073:10101";
    let observation = json!({
        "identifier": [{"value": "urn:uuid:1"}], "status": "final", "code": coding(mdc, "150456"),
        "device": {"reference": "Device/7"}, "effectiveDateTime": "2026-11-23T12:00:00+01:00",
        "valueQuantity": {"value": 97.0, "system": "http://unitsofmeasure.org", "code": "%"},
        "interpretation": [coding("x", "questionable")],
        "component": [{
            "code": coding("http://terminology.hl7.org/CodeSystem/ASN1ToHL7", "150604.10"), "valueBoolean": true,
        }],
    });
    let device = json!({"id": "7", "identifier": [
        {"system": "http://hl7.org/fhir/sid/eui-48/bluetooth", "value": "F0-00-00-00-00-01"},
    ]});
    let mut check = SpotCheck::at(devices::noon(), 97, 61);
    check.device_and_sensor_status = Some(1 << 5);
    let expected = sent(&[delivery(&check.record(), 1)]).unwrap();
    let devices = [device];
    assert_eq!(held(std::slice::from_ref(&observation), &devices).unwrap(), expected[1..]);
    assert!(held(&[observation.clone(), observation], &devices).is_err());
}
