//! How numbers and bits are written in JSON; see the module's root.

use bitflags::Flags;
use dagsform_care::{Quantity, Special, Unit, Value};
use serde::{Serialize, Serializer};

#[derive(Serialize)]
struct Written {
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mantissa: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exponent: Option<i16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    special: Option<Special>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<Unit>,
}

impl Written {
    fn new(value: Value, unit: Option<Unit>) -> Self {
        let number = value.number();
        Self {
            value: number.map(|number| number.to_string()),
            mantissa: number.map(|number| number.mantissa),
            exponent: number.map(|number| number.exponent),
            special: match value {
                Value::Number(_) => None,
                Value::Special(special) => Some(special),
            },
            unit,
        }
    }
}

pub(super) fn value<S: Serializer>(value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
    Written::new(*value, None).serialize(serializer)
}

pub(super) fn quantity<S: Serializer>(quantity: &Quantity, serializer: S) -> Result<S::Ok, S::Error> {
    Written::new(quantity.value, Some(quantity.unit)).serialize(serializer)
}

pub(super) fn optional_quantity<S: Serializer>(quantity: &Option<Quantity>, serializer: S) -> Result<S::Ok, S::Error> {
    quantity.map(|quantity| Written::new(quantity.value, Some(quantity.unit))).serialize(serializer)
}

#[derive(Serialize)]
struct Bits<B> {
    bits: B,
    set: Vec<String>,
    reserved: B,
}

pub(super) fn flags<F: Flags<Bits: Serialize>, S: Serializer>(flags: &F, serializer: S) -> Result<S::Ok, S::Error> {
    let kebab = |name: &str| name.to_ascii_lowercase().replace('_', "-");
    Bits {
        bits: flags.bits(),
        set: flags.iter_names().map(|(name, _)| kebab(name)).collect(),
        reserved: flags.bits() & !F::all().bits(),
    }
    .serialize(serializer)
}
