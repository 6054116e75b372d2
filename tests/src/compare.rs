//! What a rig sent, what the record holds and what a server holds, brought into one form and compared.
//!
//! The rig's log is written by the rig alone and the server was not written by us, so agreement of the
//! three is no agreement of the program with itself.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail};
use chrono::{DateTime, NaiveDateTime};
use serde_json::Value;

use crate::rig::log::Delivery;

/// One number of one measurement, by what the device said of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// The device's own time of it, local.
    pub time: NaiveDateTime,
    /// What was measured: `spo2`, `pulse_rate`, ….
    pub code: String,
    /// The number without trailing zeros: a server may spell 2.00 as 2.0.
    pub value: String,
}

/// The points that a rig sent. A record that was sent several times counts once; two records that
/// differ in nothing count twice if their places in the memory differ.
///
/// # Errors
/// The log lacks what a record means.
pub fn sent(deliveries: &[Delivery]) -> Result<Vec<Point>> {
    let mut records = BTreeMap::new();
    for delivery in deliveries {
        let meaning = delivery.sent.meaning.as_ref().context("a sent record has no meaning")?;
        records.insert((&delivery.sent.bytes, delivery.sent.record), meaning);
    }
    let mut points = Vec::new();
    for meaning in records.values() {
        let time = meaning.device_time.as_deref().context("a sent record has no time")?.parse()?;
        points.extend(meaning.values.iter().map(|(code, value)| Point {
            time,
            code: code.clone(),
            value: plain(value),
        }));
    }
    points.sort();
    Ok(points)
}

/// The points that `dagsform export` lists.
///
/// # Errors
/// A line lacks something.
pub fn exported(lines: &[Value]) -> Result<Vec<Point>> {
    let mut points = Vec::new();
    for line in lines {
        let time = text(line, "/device_time")?.parse().with_context(|| format!("the time of {line}"))?;
        for value in line["values"].as_array().context("no values")? {
            points.push(Point { time, code: text(value, "/code")?.to_owned(), value: plain(text(value, "/value")?) });
        }
    }
    points.sort();
    Ok(points)
}

/// The points that a server holds as Observations, by their codes of ISO/IEEE 11073-10101.
///
/// # Errors
/// An Observation lacks something.
pub fn served(observations: &[Value]) -> Result<Vec<Point>> {
    let mut points = Vec::new();
    for observation in observations {
        let time = text(observation, "/effectiveDateTime")?;
        let time = DateTime::parse_from_rfc3339(time).with_context(|| format!("the time of {observation}"))?;
        let codings = observation.pointer("/code/coding").and_then(Value::as_array).context("no coding")?;
        let mdc = codings
            .iter()
            .find(|coding| coding["system"] == "urn:iso:std:iso:11073:10101")
            .and_then(|coding| coding["code"].as_str());
        let code = match mdc {
            Some("150456") => "spo2",
            Some("149530") => "pulse_rate",
            Some("150488") => "pulse_amplitude_index",
            other => bail!("an Observation of {other:?}: {observation}"),
        };
        let value = observation.pointer("/valueQuantity/value").context("no value")?.to_string();
        points.push(Point { time: time.naive_local(), code: code.to_owned(), value: plain(&value) });
    }
    points.sort();
    Ok(points)
}

/// What a server holds, without what differs from one run to the next: the server's own fields and
/// numbers, the tablet's identity, the times of reception. References are replaced by what they point
/// at, and decimals by their value.
///
/// # Errors
/// A reference points at nothing.
pub fn settled(observations: &[Value], devices: &[Value]) -> Result<Vec<Value>> {
    let mut names = BTreeMap::new();
    for device in devices {
        let id = text(device, "/id")?;
        let name = text(device, "/type/coding/0/code")?;
        names.insert(format!("Device/{id}"), format!("the device of type {name}"));
    }
    let timestamp = |observation: &Value| observation.to_string().contains("\"67975\"");
    let mut settled = Vec::new();
    for observation in observations.iter().filter(|observation| !timestamp(observation)) {
        let mut observation = observation.clone();
        if let Some(object) = observation.as_object_mut() {
            object.retain(|key, _| !matches!(key.as_str(), "id" | "issued" | "effectiveDateTime" | "note"));
            if let Some(meta) = object.get_mut("meta").and_then(Value::as_object_mut) {
                meta.retain(|key, _| key == "profile");
            }
            if let Some(extensions) = object.get_mut("extension").and_then(Value::as_array_mut) {
                extensions.retain(|extension| !extension.to_string().contains("CoincidentTimeStamp"));
            }
        }
        settle(&mut observation, &names)?;
        settled.push(observation);
    }
    settled.sort_by_key(|observation| observation["identifier"].to_string());
    Ok(settled)
}

fn settle(value: &mut Value, names: &BTreeMap<String, String>) -> Result<()> {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                match value {
                    Value::String(reference) if key == "reference" && reference.starts_with("Device/") => {
                        let name = names.get(reference).with_context(|| format!("{reference} is not on the server"))?;
                        reference.clone_from(name);
                    }
                    Value::Number(number) => *value = Value::String(plain(&number.to_string())),
                    other => settle(other, names)?,
                }
            }
            Ok(())
        }
        Value::Array(values) => values.iter_mut().try_for_each(|value| settle(value, names)),
        _ => Ok(()),
    }
}

/// Nothing, if both hold the same; else the first differences in words.
///
/// # Errors
/// They differ.
pub fn same(what: &str, expected: &[Point], found: &[Point]) -> Result<()> {
    if expected == found {
        return Ok(());
    }
    let count = |points: &[Point]| {
        points.iter().cloned().fold(BTreeMap::<Point, i64>::new(), |mut counts, point| {
            *counts.entry(point).or_default() += 1;
            counts
        })
    };
    let (left, right) = (count(expected), count(found));
    let times = |counts: &BTreeMap<Point, i64>, point: &Point| counts.get(point).copied().unwrap_or(0);
    let mut differences: Vec<String> = left
        .keys()
        .chain(right.keys())
        .filter(|point| times(&left, point) != times(&right, point))
        .map(|point| format!("{point:?}: sent {} times, found {} times", times(&left, point), times(&right, point)))
        .collect();
    differences.sort();
    differences.dedup();
    let many = differences.len();
    differences.truncate(5);
    bail!("{what}: {} sent, {} found, {many} differ:\n{}", expected.len(), found.len(), differences.join("\n"))
}

/// Nothing, if both lists of resources hold the same; else the first differences, field by field.
///
/// # Errors
/// They differ, or a resource has no identifier.
pub fn same_resources(what: &str, expected: &[Value], found: &[Value]) -> Result<()> {
    let by_identifier = |resources: &[Value]| -> Result<BTreeMap<String, Value>> {
        let named = resources.iter().map(|one| Ok((text(one, "/identifier/0/value")?.to_owned(), one.clone())));
        named.collect()
    };
    let (left, right) = (by_identifier(expected)?, by_identifier(found)?);
    let mut differences = Vec::new();
    for (name, expected) in &left {
        let Some(found) = right.get(name) else {
            differences.push(format!("{name}: missing"));
            continue;
        };
        let keys = [expected, found].into_iter().filter_map(Value::as_object).flat_map(|object| object.keys());
        for key in keys.collect::<BTreeSet<_>>() {
            let (expected, found) = (&expected[key], &found[key]);
            if expected != found {
                differences.push(format!("{name}: {key}: expected {expected}, found {found}"));
            }
        }
    }
    differences.extend(right.keys().filter(|name| !left.contains_key(*name)).map(|name| format!("{name}: unexpected")));
    if differences.is_empty() && expected.len() == found.len() {
        return Ok(());
    }
    let many = differences.len();
    differences.truncate(10);
    bail!("{what}: {} expected, {} found, {many} differ:\n{}", expected.len(), found.len(), differences.join("\n"))
}

fn text<'a>(value: &'a Value, pointer: &str) -> Result<&'a str> {
    value.pointer(pointer).and_then(Value::as_str).with_context(|| format!("no {pointer} in {value}"))
}

fn plain(number: &str) -> String {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.').to_owned() } else { number.to_owned() }
}
