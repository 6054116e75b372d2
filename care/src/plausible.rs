//! Which numbers can be right for a living adult. Wide on purpose: only the impossible is marked.

use std::cmp::Ordering;

use crate::{
    metric::Metric,
    quantity::{Decimal, Unit, Value},
    reading::Measured,
};

/// The least and the greatest number that can be right, in a unit; `None` where the metric does not come in it.
///
/// The spans are those that devices of the kit can show, or wider.
fn span(metric: Metric, unit: Unit) -> Option<(Decimal, Decimal)> {
    let span = |low, high, exponent| Some((Decimal::new(low, exponent), Decimal::new(high, exponent)));
    match (metric, unit) {
        // A saturation is a share; below 35 % no pulse oximeter claims to measure
        // (ISO 80601-2-61:2017 has accuracy stated over at least 70 to 100 %).
        (Metric::OxygenSaturation | Metric::OxygenSaturationFast | Metric::OxygenSaturationSlow, Unit::Percent) => {
            span(35, 100, 0)
        }
        // The span that oximeters of the kit display: 18 to 321 beats a minute.
        (
            Metric::PulseRate | Metric::PulseRateFast | Metric::PulseRateSlow | Metric::PulseRateByCuff,
            Unit::PerMinute,
        ) => span(18, 321, 0),
        (Metric::PulseAmplitudeIndex, Unit::Percent) => span(0, 100, 0),
        // Cuffs of the kit display 0 to 300 mmHg; no living person has a systolic pressure below 30.
        (Metric::Systolic, Unit::MillimetreOfMercury) => span(30, 300, 0),
        (Metric::Systolic, Unit::Kilopascal) => span(40, 400, -1),
        (Metric::Diastolic | Metric::MeanArterialPressure, Unit::MillimetreOfMercury) => span(10, 280, 0),
        (Metric::Diastolic | Metric::MeanArterialPressure, Unit::Kilopascal) => span(13, 373, -1),
        (Metric::BodyWeight, Unit::Kilogram) => span(20, 400, 0),
        (Metric::BodyWeight, Unit::Pound) => span(44, 882, 0),
        (Metric::BodyMassIndex, Unit::KilogramPerSquareMetre) => span(8, 130, 0),
        (Metric::BodyHeight, Unit::Metre) => span(8, 25, -1),
        (Metric::BodyHeight, Unit::Inch) => span(31, 99, 0),
        (metric, Unit::MillimolePerLitre) if metric.is_glucose() => span(5, 600, -1),
        (metric, Unit::MilligramPerDecilitre) if metric.is_glucose() => span(9, 1081, 0),
        // Hypothermia that was survived began at 13.7 °C; a thermometer that shows 30 was not on the person.
        (Metric::BodyTemperature, Unit::DegreeCelsius) => span(30, 44, 0),
        (Metric::BodyTemperature, Unit::DegreeFahrenheit) => span(86, 111, 0),
        (Metric::PeakExpiratoryFlow, Unit::LitrePerMinute) => span(30, 1000, 0),
        (Metric::ForcedExpiratoryVolume, Unit::Litre) => span(1, 90, -1),
        _ => None,
    }
}

/// Whether a number can be right. A unit that the metric does not come in makes it wrong.
pub fn is_plausible(metric: Metric, number: Decimal, unit: Unit) -> bool {
    against_span(metric, number, unit) == Some(Ordering::Equal)
}

/// On which side of what can be right a number lies; [`Ordering::Equal`]: it can be right. `None` where the
/// metric does not come in the unit.
pub fn against_span(metric: Metric, number: Decimal, unit: Unit) -> Option<Ordering> {
    let (low, high) = span(metric, unit)?;
    Some(match (number.compare(low), number.compare(high)) {
        (Ordering::Less, _) => Ordering::Less,
        (_, Ordering::Greater) => Ordering::Greater,
        _ => Ordering::Equal,
    })
}

/// A number that another number of the same reading shows to be wrong.
pub fn contradiction(values: &[Measured]) -> Option<Metric> {
    let number = |metric| {
        values.iter().find(|measured| measured.metric == metric).and_then(|m| match m.quantity.value {
            Value::Number(number) => Some(number),
            Value::Special(_) => None,
        })
    };
    let (systolic, diastolic) = (number(Metric::Systolic)?, number(Metric::Diastolic)?);
    (systolic.compare(diastolic) != Ordering::Greater).then_some(Metric::Diastolic)
}

/// From this share of the last known weight on, in either direction, it may be another person on the scale.
///
/// Heart failure can bring some kilograms in days, which must never be held back; a tenth of the body's
/// weight from one weighing to the next is more than that. A visitor of about the same weight is not noticed.
const OTHER_PERSON: i64 = 10;

/// The number that is so far from what this patient had last that someone else may have measured.
///
/// `usual` is the patient's last weight in kilograms.
pub fn unlike(values: &[Measured], usual: Option<Decimal>) -> Option<Metric> {
    let usual = usual?;
    let weight = values.iter().find(|measured| measured.metric == Metric::BodyWeight)?;
    let Value::Number(now) = weight.quantity.converted(Unit::Kilogram)?.value else { return None };
    differs(now, usual, OTHER_PERSON).then_some(Metric::BodyWeight)
}

/// From this share of the last value on, in per cent, a typed number is read back: it may be mistyped.
const MISTYPED: i64 = 25;

/// Whether a number that was typed is so far from the patient's last one that the person is asked whether it
/// is right. Both in the same unit. Glucose is never asked about: between two meals it may double.
pub fn is_unusual(metric: Metric, typed: Decimal, last: Decimal) -> bool {
    let share = if metric == Metric::BodyWeight { OTHER_PERSON } else { MISTYPED };
    !metric.is_glucose() && differs(typed, last, share)
}

/// Whether two numbers differ by more than a share of the second, in per cent.
fn differs(now: Decimal, usual: Decimal, percent: i64) -> bool {
    // Compared as now × 100 against usual × (100 ± percent), so that no digit is lost.
    let times = |number: Decimal, factor: i64| {
        number.mantissa.checked_mul(factor).map(|mantissa| Decimal::new(mantissa, number.exponent))
    };
    let compared = || {
        let (now, low, high) = (times(now, 100)?, times(usual, 100 - percent)?, times(usual, 100 + percent)?);
        Some(now.compare(low) == Ordering::Less || now.compare(high) == Ordering::Greater)
    };
    compared().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::Quantity;

    fn measured(metric: Metric, text: &str, unit: Unit) -> Measured {
        Measured { metric, quantity: Quantity { value: Value::Number(text.parse().unwrap()), unit } }
    }

    #[test]
    fn every_metric_has_a_span_in_some_unit() {
        for metric in Metric::ALL {
            assert!(Unit::ALL.iter().any(|unit| span(metric, *unit).is_some()), "{metric:?}");
        }
    }

    #[test]
    fn a_value_is_plausible_in_its_own_unit_only() {
        for (metric, text, unit, right) in [
            (Metric::Systolic, "120", Unit::MillimetreOfMercury, true),
            (Metric::Systolic, "16.0", Unit::Kilopascal, true),
            (Metric::Systolic, "120", Unit::Kilopascal, false),
            (Metric::BodyWeight, "80.5", Unit::Kilogram, true),
            (Metric::BodyWeight, "8.05", Unit::Kilogram, false),
            (Metric::BodyWeight, "80.5", Unit::Percent, false),
            (Metric::GlucoseCapillaryPlasma, "5.6", Unit::MillimolePerLitre, true),
            (Metric::GlucoseCapillaryPlasma, "101", Unit::MillimolePerLitre, false),
            (Metric::GlucoseCapillaryPlasma, "101", Unit::MilligramPerDecilitre, true),
            (Metric::BodyTemperature, "36.6", Unit::DegreeCelsius, true),
            (Metric::BodyTemperature, "97.9", Unit::DegreeCelsius, false),
        ] {
            assert_eq!(is_plausible(metric, text.parse().unwrap(), unit), right, "{metric:?} {text} {unit:?}");
        }
    }

    #[test]
    fn a_diastolic_pressure_that_is_not_below_the_systolic_contradicts_it() {
        let pressure = |systolic, diastolic| {
            let mmhg = Unit::MillimetreOfMercury;
            [measured(Metric::Systolic, systolic, mmhg), measured(Metric::Diastolic, diastolic, mmhg)]
        };
        assert_eq!(contradiction(&pressure("120", "80")), None);
        assert_eq!(contradiction(&pressure("80", "120")), Some(Metric::Diastolic));
        assert_eq!(contradiction(&pressure("80", "80")), Some(Metric::Diastolic));
    }

    #[test]
    fn a_weight_a_tenth_away_from_the_last_may_be_someone_elses() {
        let usual = Some("80.0".parse().unwrap());
        for (weight, unit, other) in [
            ("80.0", Unit::Kilogram, false),
            ("83.0", Unit::Kilogram, false),
            ("88.0", Unit::Kilogram, false),
            ("88.1", Unit::Kilogram, true),
            ("71.9", Unit::Kilogram, true),
            ("62", Unit::Kilogram, true),
            ("176.4", Unit::Pound, false),
            ("140", Unit::Pound, true),
        ] {
            let found = unlike(&[measured(Metric::BodyWeight, weight, unit)], usual);
            assert_eq!(found.is_some(), other, "{weight} {unit:?}");
        }
        assert_eq!(unlike(&[measured(Metric::BodyWeight, "30", Unit::Kilogram)], None), None);
    }

    #[test]
    fn a_typed_number_far_from_the_last_one_is_asked_about_and_glucose_never() {
        let number = |text: &str| text.parse::<Decimal>().unwrap();
        for (metric, typed, last, asked) in [
            (Metric::Systolic, "128", "131", false),
            (Metric::Systolic, "218", "131", true),
            (Metric::BodyWeight, "82.4", "81", false),
            (Metric::BodyWeight, "28.4", "81", true),
            (Metric::BodyTemperature, "38.5", "36.9", false),
            (Metric::GlucoseCapillaryPlasma, "14.2", "5.1", false),
        ] {
            assert_eq!(is_unusual(metric, number(typed), number(last)), asked, "{metric:?} {typed}");
        }
    }
}
