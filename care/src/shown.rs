//! What is shown of a value (brief R33): the record and the service keep the unit that the device sent; a
//! screen shows mmHg, kg, mmol/L and °C.
//!
//! The factors are exact by definition (the pound: 0.45359237 kg, the inch: 0.0254 m, both 1959; the millimetre
//! of mercury: 133.322387415 Pa) or conventional (glucose: 18.016 mg/dL to the mmol/L). The result is rounded
//! half away from zero to the digits that such a device shows.

use crate::{
    metric::Metric,
    quantity::{Decimal, Quantity, Unit, Value},
};

/// A conversion: `(value + before) × numerator / denominator`, rounded to so many decimals.
struct Rule {
    /// Added first, in units of the original.
    before: i64,
    numerator: i128,
    denominator: i128,
    decimals: u8,
}

impl Rule {
    fn of(from: Unit, to: Unit) -> Option<Self> {
        let rule = |before, numerator, denominator, decimals| Some(Self { before, numerator, denominator, decimals });
        match (from, to) {
            (Unit::Kilopascal, Unit::MillimetreOfMercury) => rule(0, 1_000_000_000_000, 133_322_387_415, 0),
            (Unit::Pound, Unit::Kilogram) => rule(0, 45_359_237, 100_000_000, 1),
            (Unit::MilligramPerDecilitre, Unit::MillimolePerLitre) => rule(0, 1000, 18_016, 1),
            (Unit::DegreeFahrenheit, Unit::DegreeCelsius) => rule(-32, 5, 9, 1),
            (Unit::Inch, Unit::Metre) => rule(0, 254, 10_000, 2),
            _ => None,
        }
    }

    /// The converted number; `None` for one so large or so fine that no device sends it.
    fn apply(&self, number: Decimal) -> Option<Decimal> {
        let power = |exponent: u32| 10_i128.checked_pow(exponent);
        // number = mantissa × up / down
        let (up, down) = match number.exponent {
            exponent @ 0.. => (power(u32::from(exponent.unsigned_abs()))?, 1),
            exponent => (1, power(u32::from(exponent.unsigned_abs()))?),
        };
        let value = i128::from(number.mantissa)
            .checked_mul(up)?
            .checked_add(i128::from(self.before).checked_mul(down)?)?
            .checked_mul(self.numerator)?
            .checked_mul(power(u32::from(self.decimals))?)?;
        let divisor = down.checked_mul(self.denominator)?;
        let half = if value < 0 { -divisor / 2 } else { divisor / 2 };
        let rounded = value.checked_add(half)?.checked_div(divisor)?;
        Some(Decimal::new(i64::try_from(rounded).ok()?, -i16::from(self.decimals)))
    }
}

impl Quantity {
    /// The quantity in another unit; `None` where no rule leads there.
    pub fn converted(self, unit: Unit) -> Option<Self> {
        if unit == self.unit {
            return Some(self);
        }
        let rule = Rule::of(self.unit, unit)?;
        let value = match self.value {
            Value::Number(number) => Value::Number(rule.apply(number)?),
            // An infinity is infinite in every unit.
            special @ Value::Special(_) => special,
        };
        Some(Self { value, unit })
    }
}

/// The unit that a screen shows a metric in.
pub fn shown_unit(metric: Metric) -> Unit {
    match metric {
        Metric::OxygenSaturation
        | Metric::OxygenSaturationFast
        | Metric::OxygenSaturationSlow
        | Metric::PulseAmplitudeIndex => Unit::Percent,
        Metric::PulseRate | Metric::PulseRateFast | Metric::PulseRateSlow | Metric::PulseRateByCuff => Unit::PerMinute,
        Metric::Systolic | Metric::Diastolic | Metric::MeanArterialPressure => Unit::MillimetreOfMercury,
        Metric::BodyWeight => Unit::Kilogram,
        Metric::BodyMassIndex => Unit::KilogramPerSquareMetre,
        Metric::BodyHeight => Unit::Metre,
        Metric::BodyTemperature => Unit::DegreeCelsius,
        Metric::PeakExpiratoryFlow => Unit::LitrePerMinute,
        Metric::ForcedExpiratoryVolume => Unit::Litre,
        Metric::GlucoseCapillaryWholeBlood
        | Metric::GlucoseCapillaryPlasma
        | Metric::GlucoseVenousWholeBlood
        | Metric::GlucoseVenousPlasma
        | Metric::GlucoseArterialWholeBlood
        | Metric::GlucoseArterialPlasma
        | Metric::GlucoseControlSolution
        | Metric::GlucoseInterstitialFluid
        | Metric::GlucoseUndeterminedWholeBlood
        | Metric::GlucoseUndeterminedPlasma => Unit::MillimolePerLitre,
    }
}

/// What a screen shows of a value: in the unit of [`shown_unit`], or as it is where no rule leads there.
///
/// Zeros behind the first decimal only tell the device's resolution, and are left out: 62.400 kg reads like
/// sixty-two thousand. The value stays the same; the record and the service keep all digits.
pub fn shown(metric: Metric, quantity: Quantity) -> Quantity {
    let mut shown = quantity.converted(shown_unit(metric)).unwrap_or(quantity);
    if let Value::Number(number) = &mut shown.value {
        while number.exponent < -1 && number.mantissa % 10 == 0 {
            *number = Decimal::new(number.mantissa / 10, number.exponent + 1);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quantity(text: &str, unit: Unit) -> Quantity {
        Quantity { value: Value::Number(text.parse().unwrap()), unit }
    }

    #[test]
    fn a_value_is_shown_in_the_unit_that_people_here_know() {
        for (metric, sent, unit, seen, shown_in) in [
            (Metric::Systolic, "16.0", Unit::Kilopascal, "120", Unit::MillimetreOfMercury),
            (Metric::Systolic, "120", Unit::MillimetreOfMercury, "120", Unit::MillimetreOfMercury),
            (Metric::BodyWeight, "176.5", Unit::Pound, "80.1", Unit::Kilogram),
            (Metric::BodyWeight, "80.05", Unit::Kilogram, "80.05", Unit::Kilogram),
            (Metric::BodyWeight, "62.400", Unit::Kilogram, "62.4", Unit::Kilogram),
            (Metric::BodyWeight, "62.000", Unit::Kilogram, "62.0", Unit::Kilogram),
            (Metric::GlucoseCapillaryPlasma, "101", Unit::MilligramPerDecilitre, "5.6", Unit::MillimolePerLitre),
            (Metric::GlucoseCapillaryPlasma, "18", Unit::MilligramPerDecilitre, "1.0", Unit::MillimolePerLitre),
            (Metric::BodyTemperature, "98.6", Unit::DegreeFahrenheit, "37.0", Unit::DegreeCelsius),
            (Metric::BodyTemperature, "31", Unit::DegreeFahrenheit, "-0.6", Unit::DegreeCelsius),
            (Metric::BodyHeight, "70", Unit::Inch, "1.78", Unit::Metre),
        ] {
            assert_eq!(shown(metric, quantity(sent, unit)), quantity(seen, shown_in), "{sent} {unit:?}");
        }
    }

    #[test]
    fn a_value_without_a_rule_is_shown_as_it_is() {
        let odd = quantity("5", Unit::Percent);
        assert_eq!(shown(Metric::BodyWeight, odd), odd);
    }

    #[test]
    fn every_metric_has_a_unit_in_which_it_can_be_right() {
        for metric in Metric::ALL {
            let right = (-10..2000).any(|n| {
                crate::plausible::is_plausible(metric, Decimal::new(n, -1), shown_unit(metric))
                    || crate::plausible::is_plausible(metric, Decimal::new(n, 0), shown_unit(metric))
            });
            assert!(right, "{metric:?}");
        }
    }

    proptest! {
        #[test]
        fn a_conversion_agrees_with_floating_point(mantissa in -100_000i64..100_000, exponent in -3i16..=1) {
            let number = Decimal::new(mantissa, exponent);
            let float = number.to_string().parse::<f64>().unwrap();
            for (from, to, expected, step) in [
                (Unit::Kilopascal, Unit::MillimetreOfMercury, float * 1000.0 / 133.322_387_415, 1.0),
                (Unit::Pound, Unit::Kilogram, float * 0.453_592_37, 0.1),
                (Unit::MilligramPerDecilitre, Unit::MillimolePerLitre, float / 18.016, 0.1),
                (Unit::DegreeFahrenheit, Unit::DegreeCelsius, (float - 32.0) / 1.8, 0.1),
                (Unit::Inch, Unit::Metre, float * 0.0254, 0.01),
            ] {
                let converted = Quantity { value: Value::Number(number), unit: from }.converted(to).unwrap();
                let converted: f64 = converted.value.number().unwrap().to_string().parse().unwrap();
                prop_assert!((converted - expected).abs() <= step * 0.500_001, "{from:?} {number}: {converted}, {expected}");
            }
        }

        #[test]
        fn no_number_is_too_large_to_be_asked_about(mantissa: i64, exponent in -200i16..200) {
            let number = Decimal::new(mantissa, exponent);
            let _ = Quantity { value: Value::Number(number), unit: Unit::Pound }.converted(Unit::Kilogram);
        }
    }
}
