//! A number in a unit that no reading of `dagsform-care` has yet.

use dagsform_care::Value;
use serde::{Serialize, Serializer};

use super::json;

/// A value in a unit, both as the device sent them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Amount {
    /// The value.
    pub value: Value,
    /// Its unit.
    pub unit: AmountUnit,
}

/// The unit of an [`Amount`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AmountUnit {
    /// Kilogram per litre: a mass concentration.
    KilogramPerLitre,
    /// Mole per litre: a substance concentration.
    MolePerLitre,
    /// Kilogram.
    Kilogram,
    /// Litre.
    Litre,
    /// Kilogram per square metre.
    KilogramPerSquareMetre,
    /// Metre.
    Metre,
    /// Inch.
    Inch,
    /// Degree Celsius.
    DegreeCelsius,
    /// Degree Fahrenheit.
    DegreeFahrenheit,
}

impl AmountUnit {
    /// The UCUM code, case-sensitive.
    pub fn ucum(self) -> &'static str {
        match self {
            Self::KilogramPerLitre => "kg/L",
            Self::MolePerLitre => "mol/L",
            Self::Kilogram => "kg",
            Self::Litre => "L",
            Self::KilogramPerSquareMetre => "kg/m2",
            Self::Metre => "m",
            Self::Inch => "[in_i]",
            Self::DegreeCelsius => "Cel",
            Self::DegreeFahrenheit => "[degF]",
        }
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::with_unit(self.value, self.unit.ucum(), serializer)
    }
}
