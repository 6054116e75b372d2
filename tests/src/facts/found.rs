//! What a service holds.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, ensure};
use chrono::{DateTime, SecondsFormat};
use serde_json::Value;

use super::{CODES, Fact, NOBODY, plain};

const MDC: &str = "urn:iso:std:iso:11073:10101";
const STATUS_BITS: &str = "http://terminology.hl7.org/CodeSystem/ASN1ToHL7";
const BLUETOOTH_ADDRESS: &str = "http://hl7.org/fhir/sid/eui-48/bluetooth";
const UCUM: &str = "http://unitsofmeasure.org";
/// MDC_CTXT_GLU_MEAL.
const MEAL: &str = "8417864";

/// The facts that these Observations of one patient hold; `devices` are those that they refer to.
///
/// # Errors
/// One of them cannot be understood, or two have the same identifier.
pub fn held(observations: &[Value], devices: &[Value]) -> Result<Vec<Fact>> {
    let addresses: BTreeMap<String, String> = devices.iter().filter_map(address).collect();
    let mut identifiers = BTreeSet::new();
    let mut facts = Vec::new();
    for observation in observations {
        let identifier = text(observation, "/identifier/0/value")?;
        ensure!(identifiers.insert(identifier), "{identifier} is there twice");
        facts.push(fact(observation, &addresses).with_context(|| format!("the Observation {observation}"))?);
    }
    facts.sort();
    Ok(facts)
}

/// A sensor's reference and its address.
fn address(device: &Value) -> Option<(String, String)> {
    let mut identifiers = device["identifier"].as_array()?.iter();
    let address = identifiers.find(|identifier| identifier["system"] == BLUETOOTH_ADDRESS)?["value"].as_str()?;
    Some((format!("Device/{}", device["id"].as_str()?), address.replace('-', ":")))
}

fn fact(observation: &Value, addresses: &BTreeMap<String, String>) -> Result<Fact> {
    let device = text(observation, "/device/reference")?;
    let device = addresses.get(device).with_context(|| format!("{device} has no Bluetooth address"))?;
    let time = match observation["effectiveDateTime"].as_str() {
        Some(time) => DateTime::parse_from_rfc3339(time)?.to_rfc3339_opts(SecondsFormat::AutoSi, false),
        None => "at no time".to_owned(),
    };
    let what = name(code(&observation["code"], MDC).context("no code")?)?;
    let mut says = BTreeMap::from([("status".to_owned(), text(observation, "/status")?.to_owned())]);
    let performers = list(&observation["performer"]);
    let performer = performers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    says.insert("performer".to_owned(), if performers.is_empty() { NOBODY.to_owned() } else { performer });
    let interpretations = list(&observation["interpretation"]).iter().flat_map(|one| list(&one["coding"]));
    let marks: BTreeSet<&str> = interpretations.filter_map(|coding| coding["code"].as_str()).collect();
    let mut bits = BTreeSet::new();
    if let Some(value) = value(observation) {
        says.insert("value".to_owned(), value);
    }
    for component in list(&observation["component"]) {
        let mdc = code(&component["code"], MDC);
        if let Some(bit) = code(&component["code"], STATUS_BITS) {
            ensure!(component["valueBoolean"] == true, "the bit {bit} is {}", component["valueBoolean"]);
            bits.insert(bit);
        } else if mdc == Some(MEAL) {
            let meal = code(&component["valueCodeableConcept"], MDC).context("no code of the meal")?;
            says.insert("meal".to_owned(), meal.to_owned());
        } else {
            let name = name(mdc.context("a component without a code")?)?;
            says.insert(name.to_owned(), value(component).unwrap_or_else(|| "nothing".to_owned()));
        }
    }
    let notes = list(&observation["note"]).iter().filter_map(|note| note["text"].as_str()).collect::<Vec<_>>();
    for (name, texts) in
        [("marks", marks.into_iter().collect()), ("bits", bits.into_iter().collect()), ("notes", notes)]
    {
        if !texts.is_empty() {
            says.insert(name.to_owned(), texts.join(", "));
        }
    }
    Ok(Fact { of: format!("{device} {time} {what}"), says })
}

/// The number with its unit, or why there is none.
fn value(holder: &Value) -> Option<String> {
    let reasons = list(holder.pointer("/dataAbsentReason/coding").unwrap_or(&Value::Null));
    let absent = reasons.iter().filter_map(|coding| coding["code"].as_str()).map(|reason| format!("absent: {reason}"));
    let quantity = &holder["valueQuantity"];
    let unit = if quantity["system"] == UCUM { quantity["code"].as_str() } else { None };
    let number = quantity.get("value");
    let number = number.map(|number| format!("{} {}", plain(&number.to_string()), unit.unwrap_or("without a unit")));
    let both: Vec<String> = number.into_iter().chain(absent).collect();
    (!both.is_empty()).then(|| both.join(", "))
}

fn name(code: &str) -> Result<&'static str> {
    let found = CODES.iter().find(|(candidate, _)| *candidate == code);
    found.map(|(_, name)| *name).with_context(|| format!("nothing is known of the code {code}"))
}

/// The code of a concept in a system.
fn code<'a>(concept: &'a Value, system: &str) -> Option<&'a str> {
    list(&concept["coding"]).iter().find(|coding| coding["system"] == system)?["code"].as_str()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, pointer: &str) -> Result<&'a str> {
    value.pointer(pointer).and_then(Value::as_str).with_context(|| format!("no {pointer}"))
}
