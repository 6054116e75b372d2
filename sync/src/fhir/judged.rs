//! What a reading is by the plan that was in force when it was taken: the limits travel with it (brief R3).
//!
//! An Observation tells the version of the plan ([`ours::PLAN_VERSION`]), the zone of its own numbers ([`ours::ZONE`];
//! none where nothing was judged), the limits as `referenceRange`, and the Observation that it was taken once more for.

use dagsform_care::{
    Decimal, Identity, Metric, Reading, Unit,
    limits::{Direction, Judgement, Limit, judged_as},
    zones::Level,
};

use super::{
    codes::{self, SEQUEL_EXTENSION, UCUM, URI},
    model::{CodeableConcept, Coding, Extension, Identifier, Quantity, Reference, ReferenceRange},
    ours,
};

/// The version of the plan.
pub(super) fn plan(reading: &Reading) -> Option<Extension> {
    reading.judged.as_ref().map(|judged| Extension::words(ours::PLAN_VERSION, judged.plan.0.clone()))
}

/// The worst zone of these numbers.
pub(super) fn zone(reading: &Reading, metrics: &[Metric]) -> Option<Extension> {
    let Judgement::Judged(judged) = &reading.judged.as_ref()?.judgement else { return None };
    let findings = judged.findings.iter().filter(|finding| metrics.contains(&finding.metric));
    findings.map(|finding| finding.level).max().map(|level| Extension::code(ours::ZONE, name(level)))
}

/// The Observation of this identity is repeated.
pub(super) fn repeats(earlier: Identity) -> Extension {
    let identifier = Identifier { kind: None, system: URI.to_owned(), value: format!("urn:uuid:{earlier}") };
    let to = Reference { kind: Some("Observation".to_owned()), identifier: Some(identifier), ..Reference::default() };
    Extension::refer(SEQUEL_EXTENSION, to)
}

/// The patient's limits on a number.
pub(super) fn ranges(reading: &Reading, metric: Metric) -> Vec<ReferenceRange> {
    let Some(judged) = &reading.judged else { return Vec::new() };
    let about = |limit: &&Limit| judged_as(limit.metric).is_some() && judged_as(limit.metric) == judged_as(metric);
    judged.limits.iter().filter(about).flat_map(of_limit).collect()
}

/// The ranges of a limit, the wider one last; a change has no ends and is told in words.
fn of_limit(limit: &Limit) -> Vec<ReferenceRange> {
    let bounds = limit.bounds;
    let range = |level, low: Option<Decimal>, high: Option<Decimal>| {
        (low.is_some() || high.is_some()).then(|| ReferenceRange {
            low: low.map(|number| quantity(number, limit.unit)),
            high: high.map(|number| quantity(number, limit.unit)),
            kind: Some(outside(level)),
            applies_to: limit.meal.map(|meal| codes::meal(meal).1).into_iter().collect(),
            text: None,
        })
    };
    let change = limit.change.map(|change| {
        let direction = match change.direction {
            Direction::Rise => "up",
            Direction::Fall => "down",
        };
        let (by, unit, days) = (change.by, limit.unit.ucum(), change.within_days);
        ReferenceRange {
            kind: Some(outside(change.level)),
            text: Some(format!("not {direction} by more than {by} {unit} within {days} days")),
            ..ReferenceRange::default()
        }
    });
    let yellow = range(Level::Yellow, bounds.yellow_low, bounds.yellow_high);
    let red = range(Level::Red, bounds.red_low, bounds.red_high);
    [yellow, red, change].into_iter().flatten().collect()
}

/// What a value outside the range is.
fn outside(level: Level) -> CodeableConcept {
    let coding = Coding { system: ours::ZONE_SYSTEM.to_owned(), code: name(level).to_owned(), display: None };
    CodeableConcept { coding: vec![coding], text: Some(name(level).to_owned()) }
}

fn name(level: Level) -> &'static str {
    match level {
        Level::Green => "green",
        Level::Yellow => "yellow",
        Level::Red => "red",
    }
}

fn quantity(value: Decimal, unit: Unit) -> Quantity {
    let unit = unit.ucum().to_owned();
    Quantity { value, unit: unit.clone(), system: UCUM.to_owned(), code: unit }
}
