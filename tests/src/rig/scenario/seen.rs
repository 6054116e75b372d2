//! What is seen of the program, in a form that does not depend on the rig.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};

use crate::rig::description::{Meaning, Record};

/// The program's names of the status bits that the scenarios use, by the specification's.
const FLAGS: [(&str, &str); 9] = [
    ("validated_data", "validated"),
    ("fully_qualified_data", "fully-qualified"),
    ("data_from_measurement_storage", "from-storage"),
    ("questionable_measurement_detected", "questionable-measurement"),
    ("invalid_measurement_detected", "invalid-measurement"),
    ("inadequate_signal_detected", "inadequate-signal"),
    ("poor_signal_detected", "poor-signal"),
    ("low_perfusion_detected", "low-perfusion"),
    ("erratic_signal_detected", "erratic-signal"),
];

/// The reading that a record must become.
#[must_use]
pub fn expected(device: &str, record: &Record) -> Value {
    record.meaning.as_ref().map_or(Value::Null, |meaning| expected_of(device, meaning))
}

pub(super) fn expected_of(device: &str, meaning: &Meaning) -> Value {
    let mut flags: Vec<&str> = meaning
        .flags
        .iter()
        .map(|name| FLAGS.iter().find(|(theirs, _)| theirs == name).map_or(name.as_str(), |(_, ours)| ours))
        .collect();
    flags.sort_unstable();
    json!({ "device": device, "device_time": meaning.device_time, "values": meaning.values, "flags": flags })
}

/// The events of a kind.
pub(super) fn of_kind<'a>(events: &'a [Value], kind: &'a str) -> impl Iterator<Item = &'a Value> {
    events.iter().filter(move |event| event["event"] == kind)
}

/// A collection: what was saved, and whether a transfer was cut off.
pub(super) fn collection(events: &[Value]) -> Result<Value> {
    let saved: Vec<Value> = of_kind(events, "saved").map(|event| event["reading"].clone()).collect();
    let interrupted = of_kind(events, "transfer").any(|event| event["state"] == "interrupted");
    Ok(json!({ "saved": readings(&saved)?, "interrupted": interrupted }))
}

/// A collection of many readings: how many, and how many transfers were cut off.
pub(super) fn counts(events: &[Value]) -> Value {
    let interrupted = of_kind(events, "transfer").filter(|event| event["state"] == "interrupted").count();
    json!({ "saved": of_kind(events, "saved").count(), "interrupted": interrupted })
}

/// Readings as the scenarios compare them, in a fixed order.
pub(super) fn readings(lines: &[Value]) -> Result<Vec<Value>> {
    let mut readings = lines.iter().map(reading).collect::<Result<Vec<Value>>>()?;
    readings.sort_by_key(Value::to_string);
    Ok(readings)
}

/// A stream: the values that were sent, and what of them was not heard in the order in which they were sent.
pub(super) fn stream(sent: &[Meaning], events: &[Value]) -> Result<Value> {
    let mut heard = of_kind(events, "live").map(values_of).collect::<Result<Vec<_>>>()?.into_iter();
    let count = heard.len();
    let sent: Vec<Value> = sent.iter().map(|meaning| json!(meaning.values)).collect();
    let missing: Vec<&Value> =
        sent.iter().filter(|value| !heard.any(|heard| Value::Object(heard) == **value)).collect();
    Ok(json!({ "sent": sent.len(), "heard": count, "missing": missing }))
}

/// What each clock says of the readings of a device, and what was made of it. When they were received and by how much
/// a time was corrected depends on the run.
pub(super) fn times(lines: &[Value], device: &str) -> Vec<Value> {
    let of_it = lines.iter().filter(|line| line["device"] == device);
    let mut times: Vec<Value> = of_it.map(|line| time(&line["time"], &line["device_time"])).collect();
    times.sort_by_key(Value::to_string);
    times
}

fn time(time: &Value, shown: &Value) -> Value {
    let effective = match &time["effective"] {
        Value::Null => "open",
        taken if *taken == time["received"] => "reception",
        _ => "the device's",
    };
    json!({
        "shown": shown, "device_clock": time["device_clock"], "received": time["received"].is_string(),
        "corrected": time["correction_seconds"].is_number(), "taken_at": effective,
    })
}

fn values_of(line: &Value) -> Result<Map<String, Value>> {
    let values = line["values"].as_array().with_context(|| format!("{line} has no values"))?;
    Ok(values.iter().filter_map(|value| Some((value["code"].as_str()?.to_owned(), value["value"].clone()))).collect())
}

fn reading(line: &Value) -> Result<Value> {
    let values = values_of(line)?;
    let mut flags: Vec<&str> = match &line["flags"] {
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        Value::Object(states) => {
            states.iter().filter(|(_, state)| **state == true).map(|(name, _)| name.as_str()).collect()
        }
        _ => vec![],
    };
    flags.sort_unstable();
    let device = line["device"].as_str().unwrap_or_default().to_ascii_uppercase();
    Ok(json!({ "device": device, "device_time": line["device_time"], "values": values, "flags": flags }))
}

/// Holds what was confirmed against what is in the record.
pub(super) fn account(sent: Vec<Value>, recorded: Vec<Value>) -> Result<Value> {
    let sent: BTreeSet<String> = sent.iter().map(Value::to_string).collect();
    let mut once = BTreeSet::new();
    let doubled: Vec<String> =
        recorded.iter().map(Value::to_string).filter(|reading| !once.insert(reading.clone())).collect();
    let missing: Vec<&String> = sent.difference(&once).collect();
    let unknown: Vec<&String> = once.difference(&sent).collect();
    Ok(json!({ "sent": sent.len(), "missing": missing, "doubled": doubled, "unknown": unknown }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rig::{devices, plx};

    #[test]
    fn an_account_names_what_is_missing_doubled_and_unknown() {
        let reading = |spo2| expected("F0:00:00:00:00:01", &plx::SpotCheck::at(devices::noon(), spo2, 60).record());
        let account =
            account(vec![reading(97), reading(97), reading(96)], vec![reading(97), reading(97), reading(95)]).unwrap();
        let counts = ["missing", "doubled", "unknown"].map(|part| account[part].as_array().unwrap().len());
        assert_eq!((account["sent"].as_u64(), counts), (Some(2), [1, 1, 1]));
    }

    #[test]
    fn a_line_of_the_export_becomes_what_its_record_leads_one_to_expect() {
        let mut check = plx::SpotCheck::at(devices::noon(), 97, 61);
        check.measurement_status = Some(0x4200);
        let line = json!({
            "identity": "x", "device": "f0:00:00:00:00:01", "kind": "any", "delivery": "saved",
            "device_time": "2026-11-23T12:00:00", "flags": ["questionable-measurement", "from-storage"],
            "values": [{"code": "spo2", "value": "97", "unit": "%"}, {"code": "pulse_rate", "value": "61", "unit": "/min"}],
        });
        assert_eq!(readings(&[line]).unwrap(), [expected("F0:00:00:00:00:01", &check.record())]);
    }
}
