//! A concentration as GATT carries it: in units that no meter shows and no reading has.

use dagsform_care::{Decimal, Quantity, Unit, Value};
use serde::{Serialize, Serializer};

use super::json;

/// A value in a unit, both as the device sent them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Concentration {
    /// The value.
    pub value: Value,
    /// Its unit.
    pub unit: ConcentrationUnit,
}

/// The unit of a [`Concentration`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConcentrationUnit {
    /// Kilogram per litre: a mass concentration.
    KilogramPerLitre,
    /// Mole per litre: a substance concentration.
    MolePerLitre,
}

impl Concentration {
    /// The same in the unit that the meter displays: mg/dL or mmol/L. The digits stay, the exponent moves:
    /// 1 kg/L is 100 000 mg/dL, 1 mol/L is 1000 mmol/L.
    pub fn displayed(self) -> Quantity {
        let (unit, powers) = match self.unit {
            ConcentrationUnit::KilogramPerLitre => (Unit::MilligramPerDecilitre, 5),
            ConcentrationUnit::MolePerLitre => (Unit::MillimolePerLitre, 3),
        };
        let value = match self.value {
            Value::Number(Decimal { mantissa, exponent }) => {
                Value::Number(Decimal { mantissa, exponent: exponent.saturating_add(powers) })
            }
            special @ Value::Special(_) => special,
        };
        Quantity { value, unit }
    }
}

impl ConcentrationUnit {
    /// The UCUM code, case-sensitive.
    pub fn ucum(self) -> &'static str {
        match self {
            Self::KilogramPerLitre => "kg/L",
            Self::MolePerLitre => "mol/L",
        }
    }
}

impl Serialize for Concentration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::with_unit(self.value, self.unit.ucum(), serializer)
    }
}
