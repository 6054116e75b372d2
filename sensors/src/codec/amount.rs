//! A number with a unit that no reading has: kilojoule, ohm, milligram per decilitre and minute.

use dagsform_care::{Decimal, Special, Value};
use serde::{Serialize, Serializer};

use super::json;

/// A number as a device sent it, and its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Amount {
    /// The number.
    pub value: Value,
    /// Its UCUM code, case-sensitive.
    pub unit: &'static str,
}

impl Amount {
    /// A number that was sent as a count of steps: 385 steps of 10⁻¹ % are 38.5 %.
    pub(super) fn steps(steps: u16, exponent: i16, unit: &'static str) -> Self {
        Self { value: Value::Number(Decimal::new(i64::from(steps), exponent)), unit }
    }

    /// The same where the word 0xFFFF says that the measurement was unsuccessful; that is not a number.
    pub(super) fn steps_or_unsuccessful(steps: u16, exponent: i16, unit: &'static str) -> Self {
        match steps {
            u16::MAX => Self { value: Value::Special(Special::NotANumber), unit },
            steps => Self::steps(steps, exponent, unit),
        }
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::with_unit(self.value, self.unit, serializer)
    }
}
