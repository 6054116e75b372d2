//! Numbers exactly as a device sent them, with their unit.

use std::{cmp::Ordering, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A decimal number `mantissa × 10^exponent`, exactly as reported.
///
/// 2.0 is not 2: the exponent carries the precision that the device claimed (IEEE 11073-20601 FLOAT
/// and SFLOAT; the HL7 PHD implementation guide, "FLOATs", asks for it to be kept). Equality is of
/// the pair; [`Decimal::compare`] compares values. The exponent of a FLOAT reaches ±128, more than
/// the decimal libraries hold, hence a type of our own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Decimal {
    /// The digits, signed.
    pub mantissa: i64,
    /// The power of ten.
    pub exponent: i16,
}

/// A number that would take more digits than this is written with an exponent; fewer always read back.
const PLAIN_DIGITS: usize = 18;

impl Decimal {
    /// A number from its two parts.
    pub const fn new(mantissa: i64, exponent: i16) -> Self {
        Self { mantissa, exponent }
    }

    /// Compares by value: 2.0 equals 2.
    pub fn compare(self, other: Self) -> Ordering {
        let sign = |d: Self| d.mantissa.signum();
        match sign(self).cmp(&sign(other)) {
            Ordering::Equal => {}
            unequal => return unequal,
        }
        if self.mantissa == 0 {
            return Ordering::Equal;
        }
        let by_size = self.compare_size(other);
        if self.mantissa > 0 { by_size } else { by_size.reverse() }
    }

    /// Compares the absolute values of two numbers that are not zero.
    fn compare_size(self, other: Self) -> Ordering {
        let (a, b) = (self.stripped(), other.stripped());
        let magnitude =
            |(digits, exponent): (&str, i32)| i32::try_from(digits.len()).unwrap_or(i32::MAX).saturating_add(exponent);
        let (a, b) = ((a.0.as_str(), a.1), (b.0.as_str(), b.1));
        // Same magnitude and no trailing zeros: the digits compare as text.
        magnitude(a).cmp(&magnitude(b)).then_with(|| a.0.cmp(b.0))
    }

    /// The absolute digits without trailing zeros, and the exponent that goes with them.
    fn stripped(self) -> (String, i32) {
        let digits = self.mantissa.unsigned_abs().to_string();
        let kept = digits.trim_end_matches('0');
        let removed = i32::try_from(digits.len().saturating_sub(kept.len())).unwrap_or(0);
        (kept.to_owned(), i32::from(self.exponent) + removed)
    }
}

impl fmt::Display for Decimal {
    /// Writes the number with the precision it claims: `2.00`, `200`, `-51.1`; very large or very
    /// small ones as `2E+40`, which a FHIR `decimal` may be.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let digits = self.mantissa.unsigned_abs().to_string();
        if digits.len() + usize::from(self.exponent.unsigned_abs()) > PLAIN_DIGITS && self.exponent != 0 {
            return write!(f, "{sign}{digits}E{:+}", self.exponent);
        }
        if self.exponent >= 0 {
            let zeros = if self.mantissa == 0 { 0 } else { usize::try_from(self.exponent).unwrap_or(0) };
            return write!(f, "{sign}{digits}{}", "0".repeat(zeros));
        }
        let decimals = usize::from(self.exponent.unsigned_abs());
        let padded = format!("{digits:0>width$}", width = decimals + 1);
        let (whole, fraction) = padded.split_at(padded.len() - decimals);
        write!(f, "{sign}{whole}.{fraction}")
    }
}

/// Why a text is not a decimal number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a decimal number such as 94 or 5.6")]
pub struct NotADecimal(pub String);

impl FromStr for Decimal {
    type Err = NotADecimal;

    /// Reads what [`Decimal`]'s `Display` writes, and any plain decimal with a point.
    fn from_str(text: &str) -> Result<Self, NotADecimal> {
        let fail = || NotADecimal(text.to_owned());
        let (number, power) = match text.split_once(['E', 'e']) {
            Some((number, power)) => (number, power.parse::<i16>().map_err(|_| fail())?),
            None => (text, 0),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits = whole.strip_prefix('-').unwrap_or(whole);
        let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if digits.is_empty() || !all_digits(digits) || !all_digits(fraction) || number.ends_with('.') {
            return Err(fail());
        }
        let mantissa = format!("{whole}{fraction}").parse().map_err(|_| fail())?;
        let scale = i16::try_from(fraction.len()).map_err(|_| fail())?;
        let exponent = power.checked_sub(scale).ok_or_else(fail)?;
        Ok(Self { mantissa, exponent })
    }
}

/// What a device may send in place of a number (IEEE 11073-20601, 8.6.1; SFLOAT and FLOAT).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Special {
    /// NaN: not a number; the measurement gave nothing.
    NotANumber,
    /// NRes: a number, but not at this resolution.
    NotAtThisResolution,
    /// +INFINITY: above what the device can express.
    PositiveInfinity,
    /// -INFINITY: below what the device can express.
    NegativeInfinity,
    /// Reserved for future use; means nothing today.
    Reserved,
}

impl Special {
    /// Whether it tells nothing at all; an infinity tells on which side of the device's range the value lies.
    pub fn says_nothing(self) -> bool {
        !matches!(self, Self::PositiveInfinity | Self::NegativeInfinity)
    }
}

/// A number or what stands in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Value {
    /// An exact number.
    Number(Decimal),
    /// Not a number, and why.
    Special(Special),
}

impl Value {
    /// The number, where there is one.
    pub fn number(self) -> Option<Decimal> {
        match self {
            Self::Number(number) => Some(number),
            Self::Special(_) => None,
        }
    }
}

/// The units of the kit's devices, by their UCUM codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Unit {
    /// Per cent.
    #[serde(rename = "%")]
    Percent,
    /// Per minute.
    #[serde(rename = "/min")]
    PerMinute,
    /// Millimetre of mercury. UCUM writes `mm[Hg]`, never `mmHg`.
    #[serde(rename = "mm[Hg]")]
    MillimetreOfMercury,
    /// Kilopascal.
    #[serde(rename = "kPa")]
    Kilopascal,
    /// Kilogram.
    #[serde(rename = "kg")]
    Kilogram,
    /// Pound (avoirdupois).
    #[serde(rename = "[lb_av]")]
    Pound,
    /// Millimole per litre.
    #[serde(rename = "mmol/L")]
    MillimolePerLitre,
    /// Milligram per decilitre.
    #[serde(rename = "mg/dL")]
    MilligramPerDecilitre,
    /// Kilogram per square metre.
    #[serde(rename = "kg/m2")]
    KilogramPerSquareMetre,
    /// Metre.
    #[serde(rename = "m")]
    Metre,
    /// Inch.
    #[serde(rename = "[in_i]")]
    Inch,
    /// Degree Celsius.
    #[serde(rename = "Cel")]
    DegreeCelsius,
    /// Degree Fahrenheit.
    #[serde(rename = "[degF]")]
    DegreeFahrenheit,
    /// Litre per minute.
    #[serde(rename = "L/min")]
    LitrePerMinute,
    /// Litre.
    #[serde(rename = "L")]
    Litre,
}

impl Unit {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Percent,
        Self::PerMinute,
        Self::MillimetreOfMercury,
        Self::Kilopascal,
        Self::Kilogram,
        Self::Pound,
        Self::MillimolePerLitre,
        Self::MilligramPerDecilitre,
        Self::KilogramPerSquareMetre,
        Self::Metre,
        Self::Inch,
        Self::DegreeCelsius,
        Self::DegreeFahrenheit,
        Self::LitrePerMinute,
        Self::Litre,
    ];

    /// The UCUM code, case-sensitive.
    pub fn ucum(self) -> &'static str {
        match self {
            Self::Percent => "%",
            Self::PerMinute => "/min",
            Self::MillimetreOfMercury => "mm[Hg]",
            Self::Kilopascal => "kPa",
            Self::Kilogram => "kg",
            Self::Pound => "[lb_av]",
            Self::MillimolePerLitre => "mmol/L",
            Self::MilligramPerDecilitre => "mg/dL",
            Self::KilogramPerSquareMetre => "kg/m2",
            Self::Metre => "m",
            Self::Inch => "[in_i]",
            Self::DegreeCelsius => "Cel",
            Self::DegreeFahrenheit => "[degF]",
            Self::LitrePerMinute => "L/min",
            Self::Litre => "L",
        }
    }
}

/// A value in a unit, both as the device sent them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Quantity {
    /// The value.
    pub value: Value,
    /// Its unit.
    pub unit: Unit,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn precision_is_written_as_the_device_claimed_it() {
        for (mantissa, exponent, text) in [
            (200, -2, "2.00"),
            (2, 0, "2"),
            (2, 2, "200"),
            (-511, -1, "-51.1"),
            (5, -3, "0.005"),
            (0, -1, "0.0"),
            (0, 5, "0"),
            (2, 40, "2E+40"),
            (7, -128, "7E-128"),
        ] {
            assert_eq!(Decimal::new(mantissa, exponent).to_string(), text);
        }
    }

    #[test]
    fn values_compare_across_precisions() {
        let d = |t: &str| t.parse::<Decimal>().unwrap();
        assert_eq!(d("2.00").compare(d("2")), Ordering::Equal);
        assert_eq!(d("-3").compare(d("-2.5")), Ordering::Less);
        assert_eq!(d("100.1").compare(d("100")), Ordering::Greater);
        assert_eq!(d("0.0").compare(d("0")), Ordering::Equal);
        assert_eq!(d("-1").compare(d("0")), Ordering::Less);
        assert_eq!(Decimal::new(1, 100).compare(Decimal::new(999, 90)), Ordering::Greater);
    }

    #[test]
    fn what_is_not_a_decimal_is_refused_by_name() {
        for text in ["", ".", "-", "5.", ".5", "1,5", "1e", "0x10", " 1", "NaN", "99999999999999999999"] {
            assert!(text.parse::<Decimal>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_number_reads_back_with_its_value(mantissa: i64, exponent in -128i16..=127) {
            let number = Decimal::new(mantissa, exponent);
            let back = number.to_string().parse::<Decimal>().unwrap();
            prop_assert_eq!(back.compare(number), Ordering::Equal);
            if exponent <= 0 && mantissa != 0 {
                prop_assert_eq!(back, number);
            }
        }

        #[test]
        fn order_agrees_with_floating_point(a in -100_000i32..100_000, b in -100_000i32..100_000, e in -6i16..6, f in -6i16..6) {
            let float = |m: i32, e: i16| f64::from(m) * 10f64.powi(i32::from(e));
            let (x, y) = (float(a, e), float(b, f));
            if (x - y).abs() > x.abs().max(y.abs()) * 1e-9 {
                let exact = |m: i32, e: i16| Decimal::new(i64::from(m), e);
                prop_assert_eq!(exact(a, e).compare(exact(b, f)), x.partial_cmp(&y).unwrap());
            }
        }
    }
}
