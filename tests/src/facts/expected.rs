//! What a service has to hold of what the rig says was sent.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail};

use super::{Fact, NOBODY, plain};
use crate::rig::{blood_pressure, description::Meaning, glucose, log::Delivery, plx, temperature, weight};

/// The months of the tests are winter in the patient's zone.
pub(super) const WINTER: &str = "+01:00";

/// What a mark of the sensor becomes: a bit of a status word, a mark of the measurement, a doubt.
struct Mark {
    flag: &'static str,
    bit: Option<&'static str>,
    mark: Option<&'static str>,
    doubts: bool,
}

const fn bit(flag: &'static str, bit: &'static str, doubts: bool) -> Mark {
    Mark { flag, bit: Some(bit), mark: None, doubts }
}

/// Those that the tests use. A low battery and an irregular pulse say nothing against the value.
const MARKS: [Mark; 13] = [
    bit("inadequate_signal_detected", "150604.12", true),
    bit("poor_signal_detected", "150604.11", true),
    bit("low_perfusion_detected", "150604.10", true),
    bit("erratic_signal_detected", "150604.9", true),
    Mark { flag: "questionable_measurement_detected", bit: None, mark: None, doubts: true },
    Mark { flag: "validated_data", bit: None, mark: Some("validated-data"), doubts: false },
    bit("body_movement_detected", "8410608.0", true),
    bit("cuff_too_loose", "8410608.1", true),
    bit("irregular_pulse_detected", "8410608.2", false),
    bit("device_battery_low", "8417752.0", false),
    Mark { flag: "result_higher_than_device_can_process", bit: Some("8417752.5"), mark: Some(">"), doubts: true },
    Mark { flag: "result_lower_than_device_can_process", bit: Some("8417752.6"), mark: Some("<"), doubts: true },
    bit("improper_measurement_position", "8410608.5", true),
];

/// What stands in the place of a number (PHD guide, "FLOATs").
const INSTEAD: [(&str, &str); 5] = [
    ("NaN", "not-a-number"),
    ("unsuccessful", "not-a-number"),
    ("NRes", "error"),
    ("+INFINITY", "positive-infinity"),
    ("-INFINITY", "negative-infinity"),
];

/// How a glucose stands to a meal (ISO/IEEE 11073-10417, MDC_CTXT_GLU_MEAL).
const MEALS: [(&str, &str); 5] = [
    ("preprandial", "8417868"),
    ("postprandial", "8417872"),
    ("fasting", "8417876"),
    ("casual", "8417880"),
    ("bedtime", "8417908"),
];

/// The facts that these deliveries have to lead to. A record that was sent several times counts once: its
/// time is among its bytes.
///
/// # Errors
/// The log lacks what a record means, or means what these tables do not know.
pub fn sent(deliveries: &[Delivery]) -> Result<Vec<Fact>> {
    let mut records = BTreeMap::new();
    for delivery in deliveries {
        records.insert((&delivery.sent.device, &delivery.sent.characteristic, &delivery.sent.bytes), delivery);
    }
    let mut facts = Vec::new();
    for delivery in records.values() {
        facts.extend(facts_of(delivery).with_context(|| format!("line {} of the rig's log", delivery.n))?);
    }
    facts.sort();
    Ok(facts)
}

fn facts_of(delivery: &Delivery) -> Result<Vec<Fact>> {
    let meaning = delivery.sent.meaning.as_ref().context("the record has no meaning")?;
    let time = meaning.device_time.as_deref().context("the record has no time")?;
    let of = |what: &str| format!("{} {time}{WINTER} {what}", delivery.sent.device);
    let mut common = marks(meaning)?;
    common.insert("status".to_owned(), "final".to_owned());
    common.insert("performer".to_owned(), NOBODY.to_owned());
    if let Some(meal) = meal(delivery)? {
        common.insert("meal".to_owned(), meal.to_owned());
    }
    let single = |what: &str, name: &str| -> Result<Fact> {
        let mut says = common.clone();
        says.insert("value".to_owned(), value(meaning, name)?);
        Ok(Fact { of: of(what), says })
    };
    let says = |name: &&str| meaning.values.contains_key(*name) || meaning.details.contains_key(*name);
    let alone = |names: &[&'static str]| names.iter().copied().filter(says).collect::<Vec<_>>();
    Ok(match meaning.kind.as_str() {
        plx::SPOT_CHECK => {
            let names = alone(&["spo2", "pulse_rate", "pulse_amplitude_index"]);
            names.into_iter().map(|name| single(name, name)).collect::<Result<_>>()?
        }
        blood_pressure::BLOOD_PRESSURE => {
            let mut panel = common.clone();
            for name in ["systolic", "diastolic", "mean_arterial_pressure"] {
                panel.insert(name.to_owned(), value(meaning, name)?);
            }
            let mut facts = vec![Fact { of: of("blood_pressure"), says: panel }];
            if says(&"pulse_rate") {
                facts.push(single("pulse_rate_by_cuff", "pulse_rate")?);
            }
            facts
        }
        weight::WEIGHT => {
            let names = alone(&["body_weight", "body_mass_index", "height"]);
            names.into_iter().map(|name| single(name, name)).collect::<Result<_>>()?
        }
        glucose::GLUCOSE => {
            let fluid = meaning.details.get("fluid_type").context("no type of fluid")?;
            vec![single(&format!("glucose in {fluid}"), "glucose")?]
        }
        temperature::BODY_TEMPERATURE => vec![single("body_temperature", "body_temperature")?],
        other => bail!("nothing is known of a {other}"),
    })
}

/// The number with its unit, or why there is none.
fn value(meaning: &Meaning, name: &str) -> Result<String> {
    let Some(number) = meaning.values.get(name) else {
        let instead = meaning.details.get(name).with_context(|| format!("nothing is said of {name}"))?;
        return Ok(format!("absent: {}", named(&INSTEAD, instead)?));
    };
    let unit = meaning.units.get(name).with_context(|| format!("no unit of {name}"))?;
    // What the meter shows is the same digits: 0.0066 mol/L as 6.6 mmol/L, 0.00119 kg/L as 119 mg/dL.
    Ok(match unit.as_str() {
        "mol/L" => format!("{} mmol/L", shifted(number, 3)),
        "kg/L" => format!("{} mg/dL", shifted(number, 5)),
        _ => format!("{} {unit}", plain(number)),
    })
}

/// The number with its point so many places further to the right.
fn shifted(number: &str, places: usize) -> String {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let padded = format!("{fraction:0<places$}");
    let (up, rest) = padded.split_at(places);
    let digits = format!("{whole}{up}");
    let digits = digits.trim_start_matches('0');
    let whole = if digits.is_empty() { "0" } else { digits };
    plain(&format!("{whole}.{rest}"))
}

fn marks(meaning: &Meaning) -> Result<BTreeMap<String, String>> {
    let (mut bits, mut marks) = (BTreeSet::new(), BTreeSet::new());
    // A failed measurement is told as failed, not as doubtful.
    let came_out = !meaning.values.is_empty() || meaning.details.values().any(|instead| instead.ends_with("INFINITY"));
    for flag in &meaning.flags {
        let mark = MARKS.iter().find(|mark| mark.flag == flag);
        let mark = mark.with_context(|| format!("nothing is known of the flag {flag}"))?;
        bits.extend(mark.bit);
        marks.extend(mark.mark);
        marks.extend((mark.doubts && came_out).then_some("questionable"));
    }
    let joined = |set: BTreeSet<&str>| set.into_iter().collect::<Vec<_>>().join(", ");
    let fields = [("bits", joined(bits)), ("marks", joined(marks))];
    Ok(fields.into_iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| (name.to_owned(), text)).collect())
}

fn meal(delivery: &Delivery) -> Result<Option<&'static str>> {
    let mut contexts = delivery.followed_by.iter().filter_map(|frame| frame.meaning.as_ref());
    contexts.find_map(|context| context.details.get("meal")).map(|meal| named(&MEALS, meal)).transpose()
}

fn named(table: &[(&str, &'static str)], name: &str) -> Result<&'static str> {
    let found = table.iter().find(|(candidate, _)| *candidate == name);
    found.map(|(_, code)| *code).with_context(|| format!("nothing is known of {name}"))
}
