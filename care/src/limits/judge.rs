//! Judging a reading by the limits that were in force when it was taken.

use std::cmp::Ordering;

use chrono::{DateTime, Duration, FixedOffset};

use crate::{
    limits::{Bounds, By, Change, Direction, Finding, Judged, Judgement, Left, Limit, Limits, WhyNot, judged_as},
    metric::Metric,
    person::Meal,
    quantity::{Decimal, Quantity, Special, Unit, Value},
    reading::{Measured, Reading},
    zones::Level,
};

/// Nobody measures at the same minute each day: what was measured on the first day counts for a change, also when it was
/// so much earlier in the day.
const SLACK: Duration = Duration::hours(12);

/// What a reading is by the patient's limits.
///
/// `earlier`: the readings before it that a change may be counted from, in any order; only what counts and was
/// taken before is taken. `limits`: the versions of the limits, in any order, each of which passed
/// [`Limits::check`]; those apply that had come into force last when the reading was taken. Of what came into force
/// later nothing is used, so a judgement stays what it was whenever it is made.
///
/// A number in another unit is converted as for the screen ([`Quantity::converted`]): two numbers that look the
/// same are of the same level.
pub fn judge(reading: &Reading, earlier: &[Reading], limits: &[Limits]) -> Judgement {
    if !reading.counts() {
        return Judgement::NotJudged(WhyNot::DoesNotCount);
    }
    let Some(taken) = reading.time.effective else { return Judgement::NotJudged(WhyNot::WithoutTime) };
    let Some(version) = in_force(limits, taken) else { return Judgement::NotJudged(WhyNot::NoneInForce) };
    let mut findings = Vec::new();
    let mut left = Vec::new();
    for measured in &reading.values {
        let numbers = Numbers { measured, taken, earlier };
        match fitting(&version.limits, measured.metric, reading.meal).and_then(|limits| numbers.against(&limits)) {
            Ok(found) => findings.extend(found),
            // Nothing was agreed about this number.
            Err(WhyNot::NoLimit) => {}
            Err(why) => left.push(Left { metric: measured.metric, why }),
        }
    }
    match findings.iter().map(|finding| finding.level).max() {
        Some(level) => Judgement::Judged(Judged { plan_version: version.version.clone(), level, findings, left }),
        None => Judgement::NotJudged(left.first().map_or(WhyNot::NoLimit, |left| left.why)),
    }
}

/// The limits that were in force at an instant: those that had come into force last, unless they had ended.
fn in_force(limits: &[Limits], at: DateTime<FixedOffset>) -> Option<&Limits> {
    let begun = limits.iter().filter(|limits| limits.from <= at);
    begun.max_by_key(|limits| limits.from).filter(|limits| limits.until.is_none_or(|until| at < until))
}

/// The limits that are for a number: those for the reading's own meal, else those for any.
fn fitting(limits: &[Limit], metric: Metric, meal: Option<Meal>) -> Result<Vec<&Limit>, WhyNot> {
    let subject = judged_as(metric).ok_or(WhyNot::NoLimit)?;
    let about: Vec<&Limit> = limits.iter().filter(|limit| judged_as(limit.metric) == Some(subject)).collect();
    if about.is_empty() {
        return Err(WhyNot::NoLimit);
    }
    let of = |meal: Option<Meal>| about.iter().copied().filter(|limit| limit.meal == meal).collect::<Vec<_>>();
    [of(meal), of(None)].into_iter().find(|fitting| !fitting.is_empty()).ok_or(WhyNot::OtherMeal)
}

/// A number of a reading, and what it is compared with.
struct Numbers<'a> {
    measured: &'a Measured,
    taken: DateTime<FixedOffset>,
    earlier: &'a [Reading],
}

impl Numbers<'_> {
    fn against(&self, limits: &[&Limit]) -> Result<Vec<Finding>, WhyNot> {
        let mut findings = Vec::new();
        for limit in limits {
            if let Value::Special(beyond) = self.measured.quantity.value
                && !beyond.says_nothing()
            {
                findings.extend(self.beyond(beyond, limit));
                continue;
            }
            let number = in_unit(self.measured.quantity, limit.unit)?;
            let from = limit.change.and_then(|change| Some((change, self.extreme(number, change, limit.unit)?)));
            if limit.bounds == Bounds::default() && from.is_none() {
                continue;
            }
            let changed = from.filter(|(change, from)| has_changed(number, *from, *change) == Some(true));
            let changed = changed.map(|(agreed, from)| (agreed.level, By::Change { agreed, from }));
            let crossed: Vec<_> = limit.bounds.crossed_by(number).into_iter().chain(changed).collect();
            let found = if crossed.is_empty() { vec![(Level::Green, By::Within)] } else { crossed };
            findings.extend(found.into_iter().map(|(level, by)| Finding {
                limit: limit.id.clone(),
                metric: self.measured.metric,
                level,
                by,
            }));
        }
        match (findings.is_empty(), self.measured.quantity.value) {
            (false, _) => Ok(findings),
            (true, Value::Special(_)) => Err(WhyNot::WithoutNumber),
            (true, Value::Number(_)) => Err(WhyNot::NothingEarlier),
        }
    }

    /// "HI" or "LO" of a device: past its own range, and so past any bound on that side.
    fn beyond(&self, beyond: Special, limit: &Limit) -> Option<Finding> {
        let bounds = limit.bounds;
        let crossed = match beyond {
            Special::PositiveInfinity => {
                let red = bounds.red_high.map(|bound| (Level::Red, By::Above(bound)));
                red.or(bounds.yellow_high.map(|bound| (Level::Yellow, By::Above(bound))))
            }
            _ => {
                let red = bounds.red_low.map(|bound| (Level::Red, By::Below(bound)));
                red.or(bounds.yellow_low.map(|bound| (Level::Yellow, By::Below(bound))))
            }
        };
        // With bounds on the other side only, nothing is crossed; without any there is nothing to say.
        let (level, by) = crossed.or((bounds != Bounds::default()).then_some((Level::Green, By::Within)))?;
        Some(Finding { limit: limit.id.clone(), metric: self.measured.metric, level, by })
    }

    /// The number that a change is counted from.
    fn extreme(&self, number: Decimal, change: Change, unit: Unit) -> Option<Decimal> {
        let window = Duration::days(i64::from(change.within_days)).checked_add(&SLACK)?;
        let subject = judged_as(self.measured.metric);
        self.earlier
            .iter()
            .filter(|reading| reading.counts())
            .filter(|reading| {
                let ago = reading.time.effective.map(|taken| self.taken.signed_duration_since(taken));
                ago.is_some_and(|ago| ago > Duration::zero() && ago <= window)
            })
            .flat_map(|reading| &reading.values)
            .filter(|measured| judged_as(measured.metric) == subject)
            .filter_map(|measured| in_unit(measured.quantity, unit).ok())
            .filter(|from| has_changed(number, *from, change).is_some())
            .reduce(|extreme, from| match (change.direction, from.compare(extreme)) {
                (Direction::Rise, Ordering::Less) | (Direction::Fall, Ordering::Greater) => from,
                _ => extreme,
            })
    }
}

impl Bounds {
    /// The outermost bound that a number crosses, and what it is then.
    fn crossed_by(&self, number: Decimal) -> Option<(Level, By)> {
        let below = |bound: Option<Decimal>| bound.filter(|bound| number.compare(*bound) == Ordering::Less);
        let above = |bound: Option<Decimal>| bound.filter(|bound| number.compare(*bound) == Ordering::Greater);
        let red = below(self.red_low).map(By::Below).or(above(self.red_high).map(By::Above));
        let yellow = below(self.yellow_low).map(By::Below).or(above(self.yellow_high).map(By::Above));
        red.map(|by| (Level::Red, by)).or(yellow.map(|by| (Level::Yellow, by)))
    }
}

/// Whether a number has changed by more than was agreed; `None` of numbers so large or so fine that no device
/// sends them.
fn has_changed(number: Decimal, from: Decimal, change: Change) -> Option<bool> {
    // number − from > by, or from − number > by: written without a minus.
    let (high, low) = match change.direction {
        Direction::Rise => (number, from),
        Direction::Fall => (from, number),
    };
    Some(high.compare(sum(low, change.by)?) == Ordering::Greater)
}

/// The exact sum, where it has a place in a [`Decimal`].
fn sum(a: Decimal, b: Decimal) -> Option<Decimal> {
    let exponent = a.exponent.min(b.exponent);
    let scaled = |number: Decimal| {
        let places = u32::try_from(i32::from(number.exponent) - i32::from(exponent)).ok()?;
        number.mantissa.checked_mul(10_i64.checked_pow(places)?)
    };
    Some(Decimal::new(scaled(a)?.checked_add(scaled(b)?)?, exponent))
}

/// The number of a quantity in a unit.
fn in_unit(quantity: Quantity, unit: Unit) -> Result<Decimal, WhyNot> {
    if quantity.value.number().is_none() {
        return Err(WhyNot::WithoutNumber);
    }
    quantity.converted(unit).and_then(|converted| converted.value.number()).ok_or(WhyNot::OtherUnit)
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
