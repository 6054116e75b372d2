//! The patient's limits on an order (brief R3). R4's ServiceRequest has no reference ranges; after the Danish FUT
//! infrastructure's model they stand in extensions of it.
//!
//! [`ours::REFERENCE_RANGE`], once for each range:
//!
//! | part | value | meaning |
//! |---|---|---|
//! | `type` | `valueCode` | the zone outside the range: `yellow` or `red` |
//! | `component` | `valueCodeableConcept` | the part of a panel that it is about, in LOINC; else the order's own code |
//! | `low`, `high` | `valueQuantity` | the range, both ends inside it; one of them may be missing |
//! | `meal` | `valueCode` | only for readings that stand so to a meal |
//! | `id` | `valueString` | the service's name for the limit |
//!
//! The yellow and the red range of one number at one meal are one limit.
//!
//! [`ours::CHANGE_LIMIT`] is how much a number may change: `type`, `component` and `id` as above, `direction` (`up`,
//! `down`), `by` (`valueQuantity`), `within` (`valueDuration` in days).
//!
//! A limit without an id is called by the order's id and its place: `12#1`.

use dagsform_care::{
    Decimal, Kind, Meal, Metric, Unit,
    limits::{Bounds, Change, Direction, Limit, Limits},
    shown::shown_unit,
    timing::TimeUnit,
    zones::Level,
};

use super::order::Ordered;
use crate::fhir::{
    codes::{LOINC, UCUM},
    element::{Element, Harmless, NOTHING},
    fault::{Fault, FaultKind},
    ours, timing,
};

const ZONES: [(&str, Level); 2] = [("yellow", Level::Yellow), ("red", Level::Red)];

/// How a glucose stands to a meal, as [`ours::REFERENCE_RANGE`] writes it.
pub(in crate::fhir) const MEALS: [(&str, Meal); 5] = [
    ("preprandial", Meal::Preprandial),
    ("postprandial", Meal::Postprandial),
    ("fasting", Meal::Fasting),
    ("casual", Meal::Casual),
    ("bedtime", Meal::Bedtime),
];

/// The parts of measurements that can have limits, by their LOINC codes.
const COMPONENTS: [(&str, Metric); 13] = [
    ("59408-5", Metric::OxygenSaturation),
    ("2708-6", Metric::OxygenSaturation),
    ("8867-4", Metric::PulseRate),
    ("8480-6", Metric::Systolic),
    ("8462-4", Metric::Diastolic),
    ("8478-0", Metric::MeanArterialPressure),
    ("29463-7", Metric::BodyWeight),
    ("39156-5", Metric::BodyMassIndex),
    ("15074-8", Metric::GlucoseCapillaryPlasma),
    ("14749-6", Metric::GlucoseCapillaryPlasma),
    ("8310-5", Metric::BodyTemperature),
    ("19935-6", Metric::PeakExpiratoryFlow),
    ("20150-9", Metric::ForcedExpiratoryVolume),
];

/// All limits of an order.
pub(super) fn read_all(order: &Element<'_>, id: &str, ordered: Ordered) -> Result<Vec<Limit>, Fault> {
    let mut limits: Vec<Limit> = Vec::new();
    for range in order.extensions_of(ours::REFERENCE_RANGE)? {
        add_range(&range, ordered, &mut limits)?;
    }
    for change in order.extensions_of(ours::CHANGE_LIMIT)? {
        limits.push(read_change(&change, ordered)?);
    }
    for (place, limit) in limits.iter_mut().enumerate().filter(|(_, limit)| limit.id.is_empty()) {
        limit.id = format!("{id}#{}", place + 1);
    }
    check(order, limits)
}

/// Refuses limits that contradict themselves.
fn check(order: &Element<'_>, limits: Vec<Limit>) -> Result<Vec<Limit>, Fault> {
    let from = chrono::DateTime::UNIX_EPOCH.fixed_offset();
    let all = Limits { version: "not told yet".to_owned(), from, until: None, limits };
    all.check()
        .map_err(|fault| order.fault("extension(reference-range)", FaultKind::Contradiction, fault.to_string()))?;
    Ok(all.limits)
}

fn add_range(range: &Element<'_>, ordered: Ordered, limits: &mut Vec<Limit>) -> Result<(), Fault> {
    let level = level(range)?;
    let metric = metric(range, ordered)?;
    let meal = range.extension_value("meal", "valueCode", |range, name| range.code(name, &MEALS))?;
    let id = own_id(range)?;
    let (low, high) = (bound(range, "low", metric)?, bound(range, "high", metric)?);
    range.finish(&NOTHING)?;
    let known = limits.iter().position(|limit| (limit.metric, limit.meal) == (metric, meal));
    let mut limit = match known {
        Some(place) => limits.remove(place),
        None => {
            Limit { id: String::new(), metric, meal, unit: shown_unit(metric), bounds: Bounds::default(), change: None }
        }
    };
    if let Some(id) = id {
        if !limit.id.is_empty() && limit.id != id {
            let problem = format!("it is '{id}', and '{}' for the other range of the same number", limit.id);
            return Err(range.fault("extension(id)", FaultKind::Contradiction, problem));
        }
        limit.id = id;
    }
    let bounds = &mut limit.bounds;
    let (low_bound, high_bound) = match level {
        Level::Red => (&mut bounds.red_low, &mut bounds.red_high),
        Level::Yellow | Level::Green => (&mut bounds.yellow_low, &mut bounds.yellow_high),
    };
    if (low.is_some() && low_bound.is_some()) || (high.is_some() && high_bound.is_some()) {
        return Err(range.fault("", FaultKind::Contradiction, "two ranges of one type for the same number and meal"));
    }
    *low_bound = low.or(*low_bound);
    *high_bound = high.or(*high_bound);
    limits.insert(known.unwrap_or(limits.len()), limit);
    Ok(())
}

fn read_change(extension: &Element<'_>, ordered: Ordered) -> Result<Limit, Fault> {
    let level = level(extension)?;
    let metric = metric(extension, ordered)?;
    let directions = [("up", Direction::Rise), ("down", Direction::Fall)];
    let direction = extension.extension_value("direction", "valueCode", |part, name| part.code(name, &directions))?;
    let direction = direction.ok_or_else(|| extension.missing("direction", "write up or down"))?;
    let by = bound(extension, "by", metric)?;
    let by = by.ok_or_else(|| extension.missing("by", "write how much"))?;
    let within = extension.extension_value("within", "valueDuration", timing::length)?;
    let within = within.ok_or_else(|| extension.missing("within", "write in how many days"))?;
    let days = (within.unit == TimeUnit::Day).then(|| within.value.to_string().parse().ok()).flatten();
    let id = own_id(extension)?.unwrap_or_default();
    extension.finish(&NOTHING)?;
    let within_days = days.ok_or_else(|| extension.unsupported("within", "it is counted in whole days (UCUM d)"))?;
    let change = Some(Change { direction, by, within_days, level });
    Ok(Limit { id, metric, meal: None, unit: shown_unit(metric), bounds: Bounds::default(), change })
}

fn level(extension: &Element<'_>) -> Result<Level, Fault> {
    let level = extension.extension_value("type", "valueCode", |part, name| part.code(name, &ZONES))?;
    level.ok_or_else(|| extension.missing("type", "write yellow or red"))
}

fn own_id(extension: &Element<'_>) -> Result<Option<String>, Fault> {
    extension.extension_value("id", "valueString", Element::text)
}

/// What a limit is about: its component, else what is ordered.
fn metric(extension: &Element<'_>, ordered: Ordered) -> Result<Metric, Fault> {
    let own = match ordered {
        Ordered::Measured(_, own) => own,
        Ordered::Pulse => Some(Metric::PulseRate),
    };
    let Some(part) = extension.extension("component")? else {
        return own.ok_or_else(|| extension.missing("component", "write which part of the measurement it is about"));
    };
    let concept = part.child("valueCodeableConcept")?;
    part.finish(&NOTHING)?;
    let concept = concept.ok_or_else(|| part.missing("valueCodeableConcept", "write a LOINC code"))?;
    concept.text("text")?;
    for coding in concept.list("coding")? {
        if coding.text("system")?.as_deref() == Some(LOINC) {
            let metric = coding.need("code", |coding, name| coding.code(name, &COMPONENTS))?;
            return match ordered {
                Ordered::Measured(kind, _) if kinds(metric).contains(&kind) => Ok(metric),
                Ordered::Pulse if metric == Metric::PulseRate => Ok(metric),
                _ => Err(coding.fault("code", FaultKind::Contradiction, "it is no part of what is ordered")),
            };
        }
    }
    Err(concept.unsupported("coding", "none is of LOINC; write the LOINC code of the part"))
}

/// The measurements that a number is part of.
fn kinds(metric: Metric) -> &'static [Kind] {
    match metric {
        Metric::OxygenSaturation => &[Kind::PulseOximetry],
        Metric::PulseRate => &[Kind::PulseOximetry, Kind::BloodPressure],
        Metric::Systolic | Metric::Diastolic | Metric::MeanArterialPressure => &[Kind::BloodPressure],
        Metric::BodyWeight | Metric::BodyMassIndex => &[Kind::BodyWeight],
        Metric::GlucoseCapillaryPlasma => &[Kind::BloodGlucose],
        Metric::BodyTemperature => &[Kind::BodyTemperature],
        Metric::PeakExpiratoryFlow | Metric::ForcedExpiratoryVolume => &[Kind::Spirometry],
        _ => &[],
    }
}

/// A number of a limit, in the unit that the tablet judges the metric in: nobody's limit is ever rounded.
fn bound(extension: &Element<'_>, name: &str, metric: Metric) -> Result<Option<Decimal>, Fault> {
    let Some(part) = extension.extension(name)? else { return Ok(None) };
    let quantity = part.child("valueQuantity")?;
    part.finish(&NOTHING)?;
    let quantity = quantity.ok_or_else(|| part.missing("valueQuantity", "write the number with its unit"))?;
    let value = quantity.need("value", Element::decimal)?;
    let (system, code) = (quantity.text("system")?, quantity.text("code")?);
    let unit: Unit = shown_unit(metric);
    if system.as_deref() != Some(UCUM) || code.as_deref() != Some(unit.ucum()) {
        let written = code.or(quantity.text("unit")?).unwrap_or_else(|| "no unit".to_owned());
        let problem = format!("{written}; write it in {} ({UCUM})", unit.ucum());
        return Err(quantity.unsupported("code", problem));
    }
    quantity.finish(&Harmless { members: &["unit"], extension: |_| false })?;
    Ok(Some(value))
}
