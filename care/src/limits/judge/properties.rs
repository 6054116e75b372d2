//! What holds for any reading and any limits.

use proptest::prelude::*;

use super::{
    tests::{at, limit, taken},
    *,
};
use crate::quantity::Value;

/// A weight, as a device sends it, so many hours before 23 November at 8.
fn weighing() -> impl Strategy<Value = Reading> {
    (500_i64..1500, prop::bool::ANY, 0_i64..200).prop_map(|(tenths, pounds, hours)| {
        let unit = if pounds { Unit::Pound } else { Unit::Kilogram };
        let quantity = Quantity { value: Value::Number(Decimal::new(tenths, -1)), unit };
        let time = at("2026-11-23T08:00:00+01:00") - Duration::hours(hours);
        taken(time, None, vec![Measured { metric: Metric::BodyWeight, quantity }])
    })
}

/// Limits of weight that are right, in force from some hours after 1 November on.
fn some_limits() -> impl Strategy<Value = Limits> {
    let bound = || prop::option::of(400_i64..1600);
    (prop::array::uniform4(bound()), 1_i64..60, 1_u32..8, prop::bool::ANY, 0_i64..700, "[a-z]{1,4}").prop_map(
        |(mut numbers, by, within_days, up, hours, version)| {
            numbers.sort_by_key(|number| number.unwrap_or(0));
            let [red_low, yellow_low, yellow_high, red_high] =
                numbers.map(|number| number.map(|tenths| Decimal::new(tenths, -1)));
            let direction = if up { Direction::Rise } else { Direction::Fall };
            let change = Change { direction, by: Decimal::new(by, -1), within_days, level: Level::Yellow };
            let limit = Limit {
                bounds: Bounds { red_low, yellow_low, yellow_high, red_high },
                change: Some(change),
                ..limit("w", Metric::BodyWeight, "- - - -")
            };
            let from = at("2026-11-01T00:00:00+01:00") + Duration::hours(hours);
            Limits { version, from, until: None, limits: vec![limit] }
        },
    )
}

proptest! {
    #[test]
    fn limits_that_come_into_force_later_change_no_judgement(
        reading in weighing(),
        earlier in prop::collection::vec(weighing(), 0..8),
        versions in prop::collection::vec(some_limits(), 1..5),
        later in some_limits(),
        hours in 1_i64..1000,
        place in 0_usize..5,
    ) {
        let before = judge(&reading, &earlier, &versions);
        let from = reading.time.effective.unwrap() + Duration::hours(hours);
        let mut more = versions.clone();
        more.insert(place.min(versions.len()), Limits { from, ..later });
        prop_assert_eq!(judge(&reading, &earlier, &more), before);
    }

    #[test]
    fn the_unit_that_a_device_sends_in_never_changes_the_zone(
        reading in weighing(),
        earlier in prop::collection::vec(weighing(), 0..8),
        limits in some_limits(),
    ) {
        let shown = |reading: &Reading| {
            let mut reading = reading.clone();
            reading.values[0].quantity = crate::shown::shown(Metric::BodyWeight, reading.values[0].quantity);
            reading
        };
        let limits = [limits];
        let earlier_shown: Vec<Reading> = earlier.iter().map(shown).collect();
        prop_assert_eq!(
            judge(&shown(&reading), &earlier_shown, &limits),
            judge(&reading, &earlier, &limits)
        );
    }

    #[test]
    fn readings_that_come_later_and_the_order_of_all_change_no_judgement(
        reading in weighing(),
        earlier in prop::collection::vec(weighing(), 0..8),
        limits in some_limits(),
        later in weighing(),
        hours in 0_i64..1000,
    ) {
        let limits = [limits];
        let before = judge(&reading, &earlier, &limits);
        let mut more: Vec<Reading> = earlier.iter().rev().cloned().collect();
        let time = reading.time.effective.unwrap() + Duration::hours(hours);
        more.push(taken(time, None, later.values));
        prop_assert_eq!(judge(&reading, &more, &limits), before);
    }

    #[test]
    fn a_level_agrees_with_floating_point(
        reading in weighing(),
        earlier in prop::collection::vec(weighing(), 0..8),
        limits in some_limits(),
    ) {
        let float = |reading: &Reading| -> f64 {
            let quantity = reading.values[0].quantity.converted(Unit::Kilogram).unwrap();
            quantity.value.number().unwrap().to_string().parse().unwrap()
        };
        let bound = |bound: Option<Decimal>| bound.map(|bound| bound.to_string().parse::<f64>().unwrap());
        let number = float(&reading);
        let Limit { bounds, change, .. } = limits.limits[0].clone();
            let change = change.unwrap();
        let red = bound(bounds.red_low).is_some_and(|low| number < low)
            || bound(bounds.red_high).is_some_and(|high| number > high);
        let yellow = bound(bounds.yellow_low).is_some_and(|low| number < low)
            || bound(bounds.yellow_high).is_some_and(|high| number > high);
        let now = reading.time.effective.unwrap();
        let in_window = earlier.iter().filter(|other| {
            let hours = (now - other.time.effective.unwrap()).num_hours();
            0 < hours && hours <= i64::from(change.within_days) * 24 + 12
        });
        let by = bound(Some(change.by)).unwrap();
        let changed = in_window.clone().any(|other| match change.direction {
            Direction::Rise => number - float(other) > by + 1e-6,
            Direction::Fall => float(other) - number > by + 1e-6,
        });
        let bounded = bounds != Bounds::default();
        let expected = if limits.from > now {
            None
        } else if red {
            Some(Level::Red)
        } else if yellow || changed {
            Some(Level::Yellow)
        } else {
            (bounded || in_window.count() > 0).then_some(Level::Green)
        };
        prop_assert_eq!(judge(&reading, &earlier, &[limits]).level(), expected);
    }
}
