//! One measured value as it is shown.

use crate::words::Words;

/// A value with what it is and its unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueView {
    /// What was measured.
    pub quantity: Quantity,
    /// How much, or why there is no number.
    pub number: Number,
    /// In what.
    pub unit: Unit,
}

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quantity {
    /// Oxygen saturation of the blood.
    OxygenSaturation,
    /// Pulse.
    PulseRate,
    /// Systolic blood pressure.
    Systolic,
    /// Diastolic blood pressure.
    Diastolic,
    /// Body weight.
    BodyWeight,
    /// Blood glucose.
    BloodGlucose,
    /// Body temperature.
    BodyTemperature,
    /// Peak expiratory flow.
    PeakExpiratoryFlow,
    /// Forced expiratory volume in one second.
    ForcedExpiratoryVolume,
}

/// The unit a value is shown in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Per cent.
    Percent,
    /// Beats per minute.
    PerMinute,
    /// Millimetres of mercury.
    MillimetreOfMercury,
    /// Kilograms.
    Kilogram,
    /// Millimoles per litre.
    MillimolePerLitre,
    /// Degrees Celsius.
    DegreeCelsius,
    /// Litres per minute.
    LitrePerMinute,
    /// Litres.
    Litre,
}

/// A number, or the reason why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Number {
    /// A decimal number such as `97` or `-36.6`, with the decimals to show. Anything else ("NaN", "1e9")
    /// is shown as [`NoNumber::NotANumber`].
    Is(String),
    /// No number.
    Missing(NoNumber),
}

/// Why the sensor gave no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoNumber {
    /// It could not measure ("NaN", "not at this resolution" or a reserved value).
    NotANumber,
    /// Above what it can measure.
    AboveRange,
    /// Below what it can measure.
    BelowRange,
}

impl Quantity {
    /// Its everyday name.
    #[must_use]
    pub fn text(self, words: Words) -> String {
        match self {
            Self::OxygenSaturation => words.text("quantity", "Oxygen in the blood", &[]),
            Self::PulseRate => words.text("quantity", "Pulse", &[]),
            Self::Systolic => words.text("quantity", "Upper pressure", &[]),
            Self::Diastolic => words.text("quantity", "Lower pressure", &[]),
            Self::BodyWeight => words.text("quantity", "Weight", &[]),
            Self::BloodGlucose => words.text("quantity", "Blood sugar", &[]),
            Self::BodyTemperature => words.text("quantity", "Temperature", &[]),
            Self::PeakExpiratoryFlow => words.text("quantity", "Peak flow (PEF)", &[]),
            Self::ForcedExpiratoryVolume => words.text("quantity", "Lung volume in one second (FEV1)", &[]),
        }
    }
}

impl Unit {
    /// As written behind the number.
    #[must_use]
    pub fn text(self, words: Words) -> String {
        match self {
            Self::Percent => words.text("unit", "%", &[]),
            Self::PerMinute => words.text("unit", "per minute", &[]),
            Self::MillimetreOfMercury => words.text("unit", "mmHg", &[]),
            Self::Kilogram => words.text("unit", "kg", &[]),
            Self::MillimolePerLitre => words.text("unit", "mmol/L", &[]),
            Self::DegreeCelsius => words.text("unit", "°C", &[]),
            Self::LitrePerMinute => words.text("unit", "L/min", &[]),
            Self::Litre => words.text("unit", "L", &[]),
        }
    }

    /// As read aloud.
    #[must_use]
    pub fn spoken(self, words: Words) -> String {
        match self {
            Self::Percent => words.text("unit", "percent", &[]),
            Self::PerMinute => words.text("unit", "per minute", &[]),
            Self::MillimetreOfMercury => words.text("unit", "millimetres of mercury", &[]),
            Self::Kilogram => words.text("unit", "kilograms", &[]),
            Self::MillimolePerLitre => words.text("unit", "millimoles per litre", &[]),
            Self::DegreeCelsius => words.text("unit", "degrees", &[]),
            Self::LitrePerMinute => words.text("unit", "litres per minute", &[]),
            Self::Litre => words.text("unit", "litres", &[]),
        }
    }
}

impl NoNumber {
    /// One short sentence.
    #[must_use]
    pub fn text(self, words: Words) -> String {
        match self {
            Self::NotANumber => words.text("value", "No number from the sensor", &[]),
            Self::AboveRange => words.text("value", "Higher than the sensor can show", &[]),
            Self::BelowRange => words.text("value", "Lower than the sensor can show", &[]),
        }
    }
}

impl ValueView {
    /// The number as written, or the reason why there is none.
    pub(crate) fn written(&self, words: Words) -> Result<String, String> {
        match &self.number {
            Number::Is(number) => words.number(number).ok_or_else(|| NoNumber::NotANumber.text(words)),
            Number::Missing(why) => Err(why.text(words)),
        }
    }

    /// "Oxygen in the blood: 97 percent"
    #[must_use]
    pub fn spoken(&self, words: Words) -> String {
        let name = self.quantity.text(words);
        match self.written(words) {
            Ok(number) => words.text("value", "{0}: {1} {2}", &[&name, &number, &self.unit.spoken(words)]),
            Err(why) => words.text("value", "{0}: {1}", &[&name, &why]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    fn saturation(number: Number) -> ValueView {
        ValueView { quantity: Quantity::OxygenSaturation, number, unit: Unit::Percent }
    }

    #[test]
    fn what_is_not_a_number_is_never_shown_as_one() {
        let words = Words::in_language(Language::En);
        for text in ["NaN", "inf", "-inf", "", "-", "1e9", "97 %", "+97", ".", "9.", "1.2.3"] {
            let shown = saturation(Number::Is(text.to_owned())).written(words);
            assert_eq!(shown, Err("No number from the sensor".to_owned()));
        }
    }

    #[test]
    fn a_value_is_spoken_with_its_name_and_unit() {
        let words = Words::in_language(Language::Nb);
        let value = saturation(Number::Is("97".to_owned()));
        assert_eq!(value.spoken(words), "Oksygen i blodet: 97 prosent");
    }
}
