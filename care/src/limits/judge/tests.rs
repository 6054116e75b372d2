//! What is judged, and how.

use super::*;
use crate::{
    person::{PatientId, Performer},
    quality::{Reason, Verdict},
    quantity::{Special, Value},
    reading::{ByHand, TakenBack, Why},
    shown::shown_unit,
    time::{ReadingTime, Trust},
};
use uuid::Uuid;

const PLASMA: Metric = Metric::GlucoseCapillaryPlasma;
const MMOL: Unit = Unit::MillimolePerLitre;

pub(super) fn at(text: &str) -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339(text).unwrap()
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn measured(metric: Metric, text: &str, unit: Unit) -> Measured {
    Measured { metric, quantity: Quantity { value: Value::Number(decimal(text)), unit } }
}

/// A reading by hand. Its kind says nothing to the limits.
pub(super) fn taken(time: DateTime<FixedOffset>, meal: Option<Meal>, values: Vec<Measured>) -> Reading {
    let entered = ByHand { kind: crate::metric::Kind::BloodGlucose, values, meal, performer: Performer::Patient };
    let time = ReadingTime::by_hand(time, time, Trust::Trusted);
    Reading::by_hand(Uuid::from_u128(1), PatientId("p".into()), entered, time)
}

fn one(metric: Metric, text: &str, unit: Unit) -> Reading {
    taken(at("2026-11-23T08:00:00+01:00"), None, vec![measured(metric, text, unit)])
}

/// "red low, yellow low, yellow high, red high", with a dash for one that is missing.
fn bounds(text: &str) -> Bounds {
    let numbers: Vec<Option<Decimal>> = text.split(' ').map(|number| number.parse().ok()).collect();
    let [red_low, yellow_low, yellow_high, red_high] = numbers[..] else { panic!("{text}") };
    Bounds { red_low, yellow_low, yellow_high, red_high }
}

pub(super) fn limit(id: &str, metric: Metric, within: &str) -> Limit {
    let unit = shown_unit(metric);
    Limit { id: id.into(), metric, meal: None, unit, bounds: bounds(within), change: None }
}

fn version(version: &str, from: &str, limits: Vec<Limit>) -> Limits {
    let limits = Limits { version: version.into(), from: at(from), until: None, limits };
    assert_eq!(limits.check(), Ok(()));
    limits
}

fn in_november(limits: Vec<Limit>) -> Vec<Limits> {
    vec![version("7", "2026-11-01T00:00:00+01:00", limits)]
}

fn rise(by: &str, within_days: u32) -> Option<Change> {
    Some(Change { direction: Direction::Rise, by: decimal(by), within_days, level: Level::Red })
}

/// The level and by what, of a reading of one number by one limit.
fn found(judgement: &Judgement) -> Result<(Level, By), WhyNot> {
    match judgement {
        Judgement::Judged(judged) => {
            assert_eq!(judged.findings.len(), 1, "{judged:?}");
            Ok((judged.level, judged.findings[0].by))
        }
        Judgement::NotJudged(why) => Err(*why),
    }
}

#[test]
fn a_number_at_a_bound_is_still_in_the_better_zone() {
    let both = "3.5 4 10.0 15";
    for (within, number, level, by) in [
        (both, "6", Level::Green, By::Within),
        (both, "4", Level::Green, By::Within),
        (both, "4.0", Level::Green, By::Within),
        (both, "3.9", Level::Yellow, By::Below(decimal("4"))),
        (both, "3.5", Level::Yellow, By::Below(decimal("4"))),
        (both, "3.4", Level::Red, By::Below(decimal("3.5"))),
        (both, "10", Level::Green, By::Within),
        (both, "10.01", Level::Yellow, By::Above(decimal("10.0"))),
        (both, "15", Level::Yellow, By::Above(decimal("10.0"))),
        (both, "15.1", Level::Red, By::Above(decimal("15"))),
        // One side only.
        ("- - 10 -", "0.1", Level::Green, By::Within),
        ("- - 10 -", "30", Level::Yellow, By::Above(decimal("10"))),
        ("- 4 - -", "30", Level::Green, By::Within),
        ("- 4 - -", "3.9", Level::Yellow, By::Below(decimal("4"))),
        // Red without yellow.
        ("3 - - 15", "3", Level::Green, By::Within),
        ("3 - - 15", "2.9", Level::Red, By::Below(decimal("3"))),
        ("3 - - 15", "15.0", Level::Green, By::Within),
        ("3 - - 15", "15.1", Level::Red, By::Above(decimal("15"))),
        // Red below, yellow above.
        ("3 - 10 -", "2", Level::Red, By::Below(decimal("3"))),
        ("3 - 10 -", "20", Level::Yellow, By::Above(decimal("10"))),
        // No yellow between them.
        ("4 4 10 10", "3.99", Level::Red, By::Below(decimal("4"))),
        ("4 4 10 10", "4", Level::Green, By::Within),
        // Only one number is green.
        ("- 6 6 -", "6.0", Level::Green, By::Within),
        ("- 6 6 -", "6.1", Level::Yellow, By::Above(decimal("6"))),
    ] {
        let judgement = judge(&one(PLASMA, number, MMOL), &[], &in_november(vec![limit("g", PLASMA, within)]));
        assert_eq!(found(&judgement), Ok((level, by)), "{number} by {within}");
    }
}

#[test]
fn a_number_in_another_unit_is_judged_as_it_is_shown() {
    for (metric, within, number, unit, level) in [
        // 7.8 mmol/L.
        (PLASMA, "- - 7.8 -", "141", Unit::MilligramPerDecilitre, Ok(Level::Green)),
        (PLASMA, "- - 7.8 -", "142", Unit::MilligramPerDecilitre, Ok(Level::Yellow)),
        (Metric::Systolic, "- - 140 -", "18.7", Unit::Kilopascal, Ok(Level::Green)),
        (Metric::Systolic, "- - 140 -", "18.8", Unit::Kilopascal, Ok(Level::Yellow)),
        (Metric::BodyWeight, "- - 80 -", "176.4", Unit::Pound, Ok(Level::Green)),
        (Metric::BodyWeight, "- - 80 -", "176.6", Unit::Pound, Ok(Level::Yellow)),
        // Not converted, so not rounded either.
        (Metric::BodyWeight, "- - 80 -", "80.04", Unit::Kilogram, Ok(Level::Yellow)),
        (Metric::BodyTemperature, "- - 38 -", "100.4", Unit::DegreeFahrenheit, Ok(Level::Green)),
        (Metric::BodyTemperature, "- - 38 -", "100.6", Unit::DegreeFahrenheit, Ok(Level::Yellow)),
        (Metric::BodyWeight, "- - 80 -", "90", Unit::Percent, Err(WhyNot::OtherUnit)),
        (Metric::Systolic, "- - 140 -", "150", Unit::Pound, Err(WhyNot::OtherUnit)),
    ] {
        let judgement = judge(&one(metric, number, unit), &[], &in_november(vec![limit("l", metric, within)]));
        assert_eq!(found(&judgement).map(|(level, _)| level), level, "{number} {unit:?}");
    }
}

#[test]
fn a_limit_is_about_whatever_measures_the_same() {
    for (of, measures, judged) in [
        (Metric::PulseRate, Metric::PulseRateByCuff, true),
        (Metric::PulseRateByCuff, Metric::PulseRate, true),
        (Metric::GlucoseCapillaryWholeBlood, Metric::GlucoseInterstitialFluid, true),
        (PLASMA, Metric::GlucoseUndeterminedPlasma, true),
        (PLASMA, Metric::GlucoseControlSolution, false),
        (Metric::OxygenSaturation, Metric::OxygenSaturationFast, false),
        (Metric::PulseRate, Metric::PulseRateSlow, false),
        (Metric::Systolic, Metric::Diastolic, false),
        (Metric::PeakExpiratoryFlow, Metric::ForcedExpiratoryVolume, false),
    ] {
        let limits = in_november(vec![limit("l", of, "- 1 - -")]);
        // A second number, so that the reading counts whatever the first one is.
        let weight = measured(Metric::BodyWeight, "80", Unit::Kilogram);
        let reading =
            taken(at("2026-11-23T08:00:00+01:00"), None, vec![measured(measures, "60", shown_unit(measures)), weight]);
        assert_eq!(judge(&reading, &[], &limits).level().is_some(), judged, "{of:?} {measures:?}");
    }
}

#[test]
fn the_worst_number_decides_and_all_are_told() {
    let limits = in_november(vec![
        limit("systolic", Metric::Systolic, "- 100 140 160"),
        limit("diastolic", Metric::Diastolic, "- - 90 -"),
        limit("pulse", Metric::PulseRate, "50 - - 110"),
    ]);
    let pressure = |systolic, diastolic, pulse| {
        let mmhg = Unit::MillimetreOfMercury;
        let values = vec![
            measured(Metric::Systolic, systolic, mmhg),
            measured(Metric::Diastolic, diastolic, mmhg),
            measured(Metric::MeanArterialPressure, "100", mmhg),
            measured(Metric::PulseRateByCuff, pulse, Unit::PerMinute),
        ];
        taken(at("2026-11-23T08:00:00+01:00"), None, values)
    };
    for (reading, level, levels) in [
        (pressure("120", "80", "60"), Level::Green, [Level::Green, Level::Green, Level::Green]),
        (pressure("150", "80", "60"), Level::Yellow, [Level::Yellow, Level::Green, Level::Green]),
        (pressure("150", "95", "111"), Level::Red, [Level::Yellow, Level::Yellow, Level::Red]),
        (pressure("99", "80", "49"), Level::Red, [Level::Yellow, Level::Green, Level::Red]),
    ] {
        let Judgement::Judged(judged) = judge(&reading, &[], &limits) else { panic!() };
        assert_eq!((judged.level, judged.plan_version.as_str()), (level, "7"));
        let told: Vec<_> = judged.findings.iter().map(|f| (f.limit.as_str(), f.metric, f.level)).collect();
        assert_eq!(
            told,
            [
                ("systolic", Metric::Systolic, levels[0]),
                ("diastolic", Metric::Diastolic, levels[1]),
                ("pulse", Metric::PulseRateByCuff, levels[2]),
            ]
        );
        assert_eq!(judged.left, []);
    }
}

#[test]
fn the_limit_for_the_meal_takes_the_place_of_the_one_for_any_and_no_meal_is_guessed() {
    let of = |id: &str, meal, within| Limit { meal, ..limit(id, PLASMA, within) };
    let (before, after) = (Some(Meal::Preprandial), Some(Meal::Postprandial));
    let meals = || vec![of("before", before, "- - 6 -"), of("after", after, "- - 10 -")];
    let all = || [meals(), vec![of("any", None, "- - 8 -")]].concat();
    for (limits, meal, by, level) in [
        (all(), before, Ok("before"), Some(Level::Yellow)),
        (all(), after, Ok("after"), Some(Level::Green)),
        (all(), None, Ok("any"), Some(Level::Green)),
        (all(), Some(Meal::Fasting), Ok("any"), Some(Level::Green)),
        (meals(), before, Ok("before"), Some(Level::Yellow)),
        (meals(), None, Err(WhyNot::OtherMeal), None),
        (meals(), Some(Meal::Fasting), Err(WhyNot::OtherMeal), None),
    ] {
        let reading = taken(at("2026-11-23T08:00:00+01:00"), meal, vec![measured(PLASMA, "7", MMOL)]);
        let judgement = judge(&reading, &[], &in_november(limits));
        assert_eq!(judgement.level(), level, "{meal:?}");
        match (judgement, by) {
            (Judgement::Judged(judged), Ok(id)) => assert_eq!(judged.findings[0].limit, id),
            (Judgement::NotJudged(why), Err(expected)) => assert_eq!(why, expected),
            (judgement, _) => panic!("{judgement:?}"),
        }
    }
}

#[test]
fn a_change_is_counted_from_the_extreme_of_the_window_and_has_to_be_more_than_was_agreed() {
    let weighed = |day: &str, kilograms: &str| {
        taken(
            at(&format!("2026-11-{day}:00+01:00")),
            None,
            vec![measured(Metric::BodyWeight, kilograms, Unit::Kilogram)],
        )
    };
    let fall = Change { direction: Direction::Fall, ..rise("2", 3).unwrap() };
    let red = |change: Change, from: &str| Ok((Level::Red, By::Change { agreed: change, from: decimal(from) }));
    let up = rise("2", 3).unwrap();
    let green = Ok((Level::Green, By::Within));
    let nothing = Err(WhyNot::NothingEarlier);
    for (change, earlier, now, expected) in [
        (up, vec![], "82.1", nothing),
        (up, vec![weighed("22T08:00", "80")], "82.0", green),
        (up, vec![weighed("22T08:00", "80")], "82.1", red(up, "80")),
        // The lowest, not the last; in any order.
        (up, vec![weighed("21T08:00", "80"), weighed("22T08:00", "81.5")], "82.1", red(up, "80")),
        (up, vec![weighed("22T08:00", "81.5"), weighed("21T08:00", "80")], "82.1", red(up, "80")),
        (up, vec![weighed("21T08:00", "81.5"), weighed("22T08:00", "80")], "82.1", red(up, "80")),
        // Three and a half days before it counts, a minute more does not.
        (up, vec![weighed("20T07:58", "80")], "83", red(up, "80")),
        (up, vec![weighed("19T20:00", "80")], "83", red(up, "80")),
        (up, vec![weighed("19T19:59", "80")], "83", nothing),
        (up, vec![weighed("19T19:59", "80"), weighed("21T08:00", "82")], "83", green),
        // What was taken at the same time or later does not.
        (up, vec![weighed("23T08:00", "80")], "83", nothing),
        (up, vec![weighed("23T09:00", "80")], "83", nothing),
        // A fall is no rise.
        (up, vec![weighed("22T08:00", "86")], "80", green),
        (fall, vec![weighed("22T08:00", "82")], "80.0", green),
        (fall, vec![weighed("21T08:00", "82.1"), weighed("22T08:00", "81")], "80", red(fall, "82.1")),
        (fall, vec![weighed("22T08:00", "80")], "86", green),
    ] {
        let within = "- - - -";
        let limit = Limit { change: Some(change), ..limit("w", Metric::BodyWeight, within) };
        let judgement = judge(&weighed("23T08:00", now), &earlier, &in_november(vec![limit]));
        assert_eq!(found(&judgement), expected, "{now} after {:?}", earlier.len());
    }
}

#[test]
fn a_change_is_counted_over_a_clock_change_in_hours() {
    let limit = Limit { change: rise("2", 1), ..limit("w", Metric::BodyWeight, "- - - -") };
    let limits = vec![version("1", "2026-01-01T00:00:00+01:00", vec![limit])];
    let weighed =
        |time, kilograms| taken(at(time), None, vec![measured(Metric::BodyWeight, kilograms, Unit::Kilogram)]);
    // The night of October is 25 hours long.
    let now = weighed("2026-10-25T08:00:00+01:00", "83");
    assert_eq!(judge(&now, &[weighed("2026-10-23T21:00:00+02:00", "80")], &limits).level(), Some(Level::Red));
    assert_eq!(judge(&now, &[weighed("2026-10-23T20:59:59+02:00", "80")], &limits).level(), None);
}

#[test]
fn a_change_is_counted_only_from_what_counts_and_in_any_unit() {
    let limits = in_november(vec![Limit { change: rise("2", 3), ..limit("w", Metric::BodyWeight, "- - - -") }]);
    let now = one(Metric::BodyWeight, "83", Unit::Kilogram);
    let yesterday = at("2026-11-22T08:00:00+01:00");
    let weighed = |text, unit| taken(yesterday, None, vec![measured(Metric::BodyWeight, text, unit)]);
    let pounds = weighed("176.4", Unit::Pound);
    assert_eq!(judge(&now, std::slice::from_ref(&pounds), &limits).level(), Some(Level::Red));
    let taken_back = Reading { taken_back: Some(TakenBack { at: yesterday, why: Why::WrongPerson }), ..pounds.clone() };
    let mut visitor = pounds.clone();
    visitor.quality.add(Verdict::Doubtful, Reason::OtherUser);
    let mut timeless = pounds;
    timeless.time.effective = None;
    for other in [taken_back, visitor, timeless, weighed("80", Unit::Percent)] {
        assert_eq!(found(&judge(&now, &[other], &limits)), Err(WhyNot::NothingEarlier));
    }
}

#[test]
fn a_bound_and_a_change_that_are_both_crossed_are_both_told() {
    let limits = in_november(vec![Limit { change: rise("2", 3), ..limit("w", Metric::BodyWeight, "- - 82 -") }]);
    let before = taken(at("2026-11-22T08:00:00+01:00"), None, vec![measured(Metric::BodyWeight, "80", Unit::Kilogram)]);
    let Judgement::Judged(judged) = judge(&one(Metric::BodyWeight, "83", Unit::Kilogram), &[before], &limits) else {
        panic!()
    };
    let told: Vec<_> = judged.findings.iter().map(|finding| (finding.level, finding.by)).collect();
    let change = By::Change { agreed: rise("2", 3).unwrap(), from: decimal("80") };
    assert_eq!(
        (judged.level, told),
        (Level::Red, vec![(Level::Yellow, By::Above(decimal("82"))), (Level::Red, change)])
    );
}

#[test]
fn the_limits_that_were_in_force_when_it_was_taken_are_used() {
    let narrow = version("narrow", "2026-11-10T00:00:00+01:00", vec![limit("g", PLASMA, "- - 6 -")]);
    let wide = version("wide", "2026-11-20T12:00:00+01:00", vec![limit("g", PLASMA, "- - 12 -")]);
    let ended = Limits { until: Some(at("2026-11-25T00:00:00+01:00")), ..wide.clone() };
    for (versions, time, by) in [
        (vec![narrow.clone(), wide.clone()], "2026-11-09T23:59:59+01:00", None),
        (vec![narrow.clone(), wide.clone()], "2026-11-10T00:00:00+01:00", Some("narrow")),
        (vec![narrow.clone(), wide.clone()], "2026-11-20T11:59:59+01:00", Some("narrow")),
        (vec![narrow.clone(), wide.clone()], "2026-11-20T12:00:00+01:00", Some("wide")),
        (vec![wide.clone(), narrow.clone()], "2026-11-20T12:00:00+01:00", Some("wide")),
        // The same instant by another clock.
        (vec![narrow.clone(), wide], "2026-11-20T11:00:00+00:00", Some("wide")),
        (vec![narrow.clone(), ended.clone()], "2026-11-24T23:59:59+01:00", Some("wide")),
        // What ended does not bring back what it had replaced.
        (vec![narrow, ended], "2026-11-25T00:00:00+01:00", None),
        (vec![], "2026-11-23T08:00:00+01:00", None),
    ] {
        let judgement = judge(&taken(at(time), None, vec![measured(PLASMA, "7", MMOL)]), &[], &versions);
        match by {
            Some(version) => {
                let Judgement::Judged(judged) = judgement else { panic!("{time}") };
                assert_eq!(judged.plan_version, version, "{time}");
            }
            None => assert_eq!(judgement, Judgement::NotJudged(WhyNot::NoneInForce), "{time}"),
        }
    }
}

#[test]
fn what_does_not_count_has_no_time_no_number_or_no_limit_is_not_judged() {
    let limits = in_november(vec![limit("g", PLASMA, "- - 6 -")]);
    let high = one(PLASMA, "7", MMOL);
    assert_eq!(judge(&high, &[], &limits).level(), Some(Level::Yellow));
    let taken_back = TakenBack { at: at("2026-11-23T09:00:00+01:00"), why: Why::Mistyped };
    let taken_back = Reading { taken_back: Some(taken_back), ..high.clone() };
    let mut timeless = high.clone();
    timeless.time.effective = None;
    let mut failed = high.clone();
    failed.quality.verdict = Verdict::Failed;
    let mut no_number = high.clone();
    no_number.values[0].quantity.value = Value::Special(Special::NotANumber);
    for (reading, why) in [
        (taken_back, WhyNot::DoesNotCount),
        (failed, WhyNot::DoesNotCount),
        (timeless, WhyNot::WithoutTime),
        (no_number, WhyNot::WithoutNumber),
        (one(Metric::BodyWeight, "80", Unit::Kilogram), WhyNot::NoLimit),
    ] {
        assert_eq!(judge(&reading, &[], &limits), Judgement::NotJudged(why));
    }
}

#[test]
fn what_is_past_the_devices_own_range_is_past_every_bound_on_that_side() {
    let past = |special| {
        let mut reading = one(PLASMA, "7", MMOL);
        reading.values[0].quantity.value = Value::Special(special);
        reading
    };
    let (high, low) = (past(Special::PositiveInfinity), past(Special::NegativeInfinity));
    for (bounds, above, below) in [
        ("3 4 10 15", Some(Level::Red), Some(Level::Red)),
        ("- 4 10 -", Some(Level::Yellow), Some(Level::Yellow)),
        ("- - - 15", Some(Level::Red), Some(Level::Green)),
        ("3 - - -", Some(Level::Green), Some(Level::Red)),
    ] {
        let limits = in_november(vec![limit("g", PLASMA, bounds)]);
        assert_eq!(judge(&high, &[], &limits).level(), above, "{bounds}");
        assert_eq!(judge(&low, &[], &limits).level(), below, "{bounds}");
    }
}

#[test]
fn a_reading_of_which_one_number_is_judged_names_the_number_that_could_not_be() {
    let limits = in_november(vec![
        limit("spo2", Metric::OxygenSaturation, "- 90 - -"),
        limit("pulse", Metric::PulseRate, "- - 100 -"),
    ]);
    let mut reading = taken(
        at("2026-11-23T08:00:00+01:00"),
        None,
        vec![
            measured(Metric::OxygenSaturation, "95", Unit::Percent),
            measured(Metric::PulseRate, "70", Unit::PerMinute),
            measured(Metric::PulseAmplitudeIndex, "4", Unit::Percent),
        ],
    );
    reading.values[0].quantity.value = Value::Special(Special::NotANumber);
    let Judgement::Judged(judged) = judge(&reading, &[], &limits) else { panic!() };
    assert_eq!(judged.level, Level::Green);
    assert_eq!(judged.left, [Left { metric: Metric::OxygenSaturation, why: WhyNot::WithoutNumber }]);
}

#[test]
fn a_number_too_large_to_be_reckoned_with_is_not_counted_from() {
    let limits = in_november(vec![Limit { change: rise("2.5", 3), ..limit("w", Metric::BodyWeight, "- - - -") }]);
    let yesterday = at("2026-11-22T08:00:00+01:00");
    let huge = taken(yesterday, None, vec![measured(Metric::BodyWeight, "1E+100", Unit::Kilogram)]);
    let now = one(Metric::BodyWeight, "83", Unit::Kilogram);
    assert_eq!(found(&judge(&now, &[huge], &limits)), Err(WhyNot::NothingEarlier));
}

#[test]
fn a_judgement_and_its_limits_read_back_as_they_were_written() {
    let limits = in_november(vec![Limit { change: rise("2", 3), ..limit("w", Metric::BodyWeight, "- - 82 -") }]);
    let text = serde_json::to_string(&limits).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Limits>>(&text).unwrap(), limits);
    for number in ["80", "83"] {
        let judgement = judge(&one(Metric::BodyWeight, number, Unit::Kilogram), &[], &limits);
        let text = serde_json::to_string(&judgement).unwrap();
        assert_eq!(serde_json::from_str::<Judgement>(&text).unwrap(), judgement);
    }
    let not_judged = Judgement::NotJudged(WhyNot::OtherMeal);
    assert_eq!(serde_json::to_string(&not_judged).unwrap(), r#"{"not-judged":"other-meal"}"#);
}

#[test]
fn a_reading_is_compared_with_earlier_ones_only_as_far_back_as_a_limit_for_it_asks() {
    let change =
        |within_days| Change { direction: Direction::Rise, by: decimal("2"), within_days, level: Level::Yellow };
    let weight =
        |id: &str, within_days| Limit { change: Some(change(within_days)), ..limit(id, Metric::BodyWeight, "- - - -") };
    let limits = version(
        "7",
        "2026-11-01T00:00:00+01:00",
        vec![weight("w3", 3), weight("w7", 7), limit("pulse", Metric::PulseRate, "- 50 100 -")],
    );
    let kilograms = measured(Metric::BodyWeight, "80.0", Unit::Kilogram);
    let pulse = measured(Metric::PulseRateByCuff, "60", Unit::PerMinute);
    assert_eq!(limits.days_back(&[kilograms]), Some(7));
    assert_eq!(limits.days_back(&[pulse]), None);
    assert_eq!(limits.days_back(&[pulse, kilograms]), Some(7));
}
