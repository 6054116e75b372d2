//! What a tablet's own record holds.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::{CODES, Fact, expected::WINTER, plain};

/// The facts that the lines of `dagsform export` hold, with their values alone: see [`values`].
///
/// # Errors
/// A line lacks something.
pub fn recorded(lines: &[Value]) -> Result<Vec<Fact>> {
    let mut facts = Vec::new();
    for line in lines {
        facts.extend(line_facts(line).with_context(|| format!("the line {line}"))?);
    }
    facts.sort();
    Ok(facts)
}

fn line_facts(line: &Value) -> Result<Vec<Fact>> {
    let text = |name: &str| line.get(name).and_then(Value::as_str).with_context(|| format!("no {name}"));
    let (device, time) = (text("device")?, text("device_time")?);
    let values = line.get("values").and_then(Value::as_array).context("no values")?;
    values
        .iter()
        .map(|value| {
            let text = |name: &str| value.get(name).and_then(Value::as_str);
            let code = value.get("mdc").context("no code")?.to_string();
            let what = CODES.iter().find(|(known, _)| *known == code).with_context(|| format!("the code {code}"))?.1;
            let says = match text("value") {
                Some(number) => format!("{} {}", plain(number), text("unit").context("no unit")?),
                None => format!("absent: {}", text("special").context("neither a number nor why not")?),
            };
            let says = BTreeMap::from([("value".to_owned(), says)]);
            Ok(Fact { of: format!("{device} {time}{WINTER} {what}"), says })
        })
        .collect()
}

/// These facts with their values alone.
#[must_use]
pub fn values(facts: &[Fact]) -> Vec<Fact> {
    let value = |fact: &Fact| {
        let says = fact.says.iter().filter(|(name, _)| *name == "value");
        Fact { of: fact.of.clone(), says: says.map(|(name, says)| (name.clone(), says.clone())).collect() }
    };
    facts.iter().map(value).collect()
}
