//! How numbers and bits are written in JSON; see the module's root.

use bitflags::Flags;
use dagsform_care::{Quantity, Special, Value};
use serde::{Serialize, Serializer};

/// A number, a special value, and the unit of either.
#[derive(Serialize)]
pub(crate) struct Written {
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mantissa: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exponent: Option<i16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    special: Option<Special>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'static str>,
}

impl Written {
    pub(crate) fn new(value: Value, unit: Option<&'static str>) -> Self {
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

pub(super) fn with_unit<S: Serializer>(value: Value, unit: &'static str, serializer: S) -> Result<S::Ok, S::Error> {
    Written::new(value, Some(unit)).serialize(serializer)
}

pub(super) fn quantity<S: Serializer>(quantity: &Quantity, serializer: S) -> Result<S::Ok, S::Error> {
    Written::new(quantity.value, Some(quantity.unit.ucum())).serialize(serializer)
}

pub(super) fn optional_quantity<S: Serializer>(quantity: &Option<Quantity>, serializer: S) -> Result<S::Ok, S::Error> {
    quantity.map(|quantity| Written::new(quantity.value, Some(quantity.unit.ucum()))).serialize(serializer)
}

#[derive(Serialize)]
struct Bits<B> {
    bits: B,
    set: Vec<String>,
    reserved: B,
}

pub(super) fn flags<F: Flags<Bits: Serialize>, S: Serializer>(flags: &F, serializer: S) -> Result<S::Ok, S::Error> {
    flags_of(flags, &F::all(), serializer)
}

/// As [`flags`], where the bits of `numbers` have no names, since together they make numbers told elsewhere.
pub(super) fn flags_beside_numbers<F: Flags<Bits: Serialize>, S: Serializer>(
    flags: &F,
    numbers: F::Bits,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    flags_of(flags, &F::from_bits_retain(F::all().bits() | numbers), serializer)
}

/// As [`flags`], where of the bits that have a name only `meant` mean something in this combination.
pub(super) fn flags_of<F: Flags<Bits: Serialize>, S: Serializer>(
    flags: &F,
    meant: &F,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let kebab = |name: &str| name.to_ascii_lowercase().replace('_', "-");
    let named = |(name, bit): (&str, F)| meant.contains(bit).then(|| kebab(name));
    Bits {
        bits: flags.bits(),
        set: flags.iter_names().filter_map(named).collect(),
        reserved: flags.bits() & !meant.bits(),
    }
    .serialize(serializer)
}
