//! What a sensor said and what a service holds, each brought down to the same facts and compared field by
//! field.
//!
//! The expected side is made from the rig's log and from the tables below, which are written after the
//! specifications and not after the program: codes of ISO/IEEE 11073-10101, status bits of the HL7 PHD
//! implementation guide (ASN1ToHL7), UCUM units.

mod expected;
mod found;
mod recorded;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};

pub use expected::sent;
pub use found::held;
pub use recorded::{recorded, values};

/// One Observation: what it is of, and what it says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fact {
    /// The sensor's address, the time of the measurement, and what was measured.
    pub of: String,
    /// Field by field: `value` (`97 %`, `absent: not-a-number`), `status`, `marks`, `bits`, …
    pub says: BTreeMap<String, String>,
}

/// What stands in place of a performer that nobody has named.
pub const NOBODY: &str = "nobody";

/// Code and name of each number; the units are the sensor's.
const CODES: [(&str, &str); 17] = [
    ("150456", "spo2"),
    ("149530", "pulse_rate"),
    ("150488", "pulse_amplitude_index"),
    ("150020", "blood_pressure"),
    ("150021", "systolic"),
    ("150022", "diastolic"),
    ("150023", "mean_arterial_pressure"),
    ("149546", "pulse_rate_by_cuff"),
    ("188736", "body_weight"),
    ("188752", "body_mass_index"),
    ("188740", "height"),
    ("160184", "glucose in capillary_whole_blood"),
    ("160188", "glucose in capillary_plasma"),
    ("160192", "glucose in venous_whole_blood"),
    ("160196", "glucose in venous_plasma"),
    ("160212", "glucose in interstitial_fluid"),
    ("150364", "body_temperature"),
];

/// Nothing, if both say the same; else what differs, field by field.
///
/// # Errors
/// They differ.
pub fn same(what: &str, sent: &[Fact], held: &[Fact]) -> Result<()> {
    let by_name = |facts: &[Fact]| {
        let mut named: BTreeMap<String, Vec<Fact>> = BTreeMap::new();
        for fact in facts {
            named.entry(fact.of.clone()).or_default().push(fact.clone());
        }
        named.values_mut().for_each(|facts| facts.sort());
        named
    };
    let (sent_by_name, held_by_name) = (by_name(sent), by_name(held));
    let mut differences = Vec::new();
    for name in sent_by_name.keys().chain(held_by_name.keys()).collect::<BTreeSet<_>>() {
        let facts = |side: &BTreeMap<String, Vec<Fact>>| side.get(name).cloned().unwrap_or_default();
        match (facts(&sent_by_name).as_slice(), facts(&held_by_name).as_slice()) {
            // Two of the same second are told apart by what they say; both lists are in that order.
            (sent, held) if sent.len() == held.len() => {
                differences.extend(sent.iter().zip(held).flat_map(|(sent, held)| fields(sent, held)));
            }
            (sent, held) => differences.push(format!("{name}: sent {} times, held {} times", sent.len(), held.len())),
        }
    }
    if differences.is_empty() {
        return Ok(());
    }
    let many = differences.len();
    differences.truncate(12);
    bail!("{what}: {} sent, {} held, {many} differences:\n{}", sent.len(), held.len(), differences.join("\n"))
}

fn fields(sent: &Fact, held: &Fact) -> Vec<String> {
    let names: BTreeSet<_> = sent.says.keys().chain(held.says.keys()).collect();
    let differs = |name: &&String| sent.says.get(*name) != held.says.get(*name);
    let words = |fact: &Fact, name: &String| fact.says.get(name).cloned().unwrap_or_else(|| "nothing".to_owned());
    let tell = |name: &String| format!("{}: {name}: sent {}, held {}", sent.of, words(sent, name), words(held, name));
    names.into_iter().filter(differs).map(tell).collect()
}

/// Without trailing zeros: a server may spell 2.00 as 2.0.
fn plain(number: &str) -> String {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.').to_owned() } else { number.to_owned() }
}

#[cfg(test)]
mod tests;
