//! Weight Measurement (0x2A9D): one weighing, live or from the scale's memory (Weight Scale Service 1.0,
//! 3.2; GATT Specification Supplement, Weight Measurement).

use bitflags::bitflags;
use dagsform_care::{Decimal, DeviceTime, Kind, Measured, Metric, Observed, Quantity, Special, Unit, User, Value};
use serde::{Serialize, Serializer};

use super::{
    date_time::DateTime,
    flags::reserved,
    json,
    reader::{DecodeError, Reader},
    user_id::UserId,
};

/// One weighing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WeightMeasurement {
    /// Flags: the system of units, and which fields follow.
    pub flags: WeightFlags,
    /// Weight: kg in steps of 0.005, or lb in steps of 0.01, 65534 of them at most. The word 0xFFFF
    /// says that the measurement was unsuccessful; here that is not a number.
    #[serde(serialize_with = "json::quantity")]
    pub weight: Quantity,
    /// Time Stamp, by the device's clock.
    pub timestamp: Option<DateTime>,
    /// User ID.
    pub user_id: Option<UserId>,
    /// BMI, in steps of 0.1; kg/m², whichever the system of units.
    #[serde(serialize_with = "json::optional_quantity")]
    pub bmi: Option<Quantity>,
    /// Height: metres in steps of 0.001, or inches in steps of 0.1.
    #[serde(serialize_with = "json::optional_quantity")]
    pub height: Option<Quantity>,
    /// What follows, announced by a bit that is reserved today. Its meaning is not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub additional_data: Vec<u8>,
}

bitflags! {
    /// Flags of [`WeightMeasurement`], 8 bits. Bits 4 to 7 are reserved.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct WeightFlags: u8 {
        /// Imperial units (lb and inch); without the bit SI (kg and metre).
        const IMPERIAL = 1;
        /// Time Stamp field is present.
        const TIMESTAMP_PRESENT = 1 << 1;
        /// User ID field is present.
        const USER_ID_PRESENT = 1 << 2;
        /// BMI and Height fields are present.
        const BMI_AND_HEIGHT_PRESENT = 1 << 3;
    }
}

/// Weight of a measurement that was unsuccessful.
const UNSUCCESSFUL: u16 = 0xFFFF;

impl WeightMeasurement {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2A9D;

    /// Decodes the characteristic.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("Weight Measurement", bytes);
        let r = &mut reader;
        let flags = WeightFlags::from_bits_retain(r.u8("flags")?);
        let imperial = flags.contains(WeightFlags::IMPERIAL);
        let has = |flag| flags.contains(flag).then_some(());
        Ok(Self {
            flags,
            weight: weight(r.u16("weight")?, imperial),
            timestamp: has(WeightFlags::TIMESTAMP_PRESENT).map(|()| DateTime::read(r, "timestamp")).transpose()?,
            user_id: has(WeightFlags::USER_ID_PRESENT).map(|()| UserId::read(r)).transpose()?,
            bmi: has(WeightFlags::BMI_AND_HEIGHT_PRESENT)
                .map(|()| r.u16("bmi"))
                .transpose()?
                .map(|tenths| quantity(tenths, -1, Unit::KilogramPerSquareMetre)),
            height: has(WeightFlags::BMI_AND_HEIGHT_PRESENT)
                .map(|()| r.u16("height"))
                .transpose()?
                .map(|steps| if imperial { quantity(steps, -1, Unit::Inch) } else { quantity(steps, -3, Unit::Metre) }),
            additional_data: reader.additional_data(flags)?,
        })
    }

    /// The same in the words of `dagsform-care`; `frame` is what this was decoded from.
    ///
    /// Nothing is left out of the canonical frame: no bit of it tells a record of the memory from a live one.
    pub(super) fn observed(&self, frame: &[u8]) -> Observed {
        let bmi = self.bmi.map(|quantity| (Metric::BodyMassIndex, quantity));
        let height = self.height.map(|quantity| (Metric::BodyHeight, quantity));
        let values = [Some((Metric::BodyWeight, self.weight)), bmi, height].into_iter().flatten();
        Observed {
            kind: Kind::BodyWeight,
            values: values.map(|(metric, quantity)| Measured { metric, quantity }).collect(),
            flags: reserved(self.flags).into_iter().collect(),
            time: self.timestamp.map_or(DeviceTime::Absent, DateTime::device_time),
            sequence: None,
            user: self.user_id.map_or(User::Unsaid, User::from),
            meal: None,
            canonical: frame.to_vec(),
        }
    }
}

/// The exact decimal: 14000 steps of 5 g are 70.000 kg.
fn weight(steps: u16, imperial: bool) -> Quantity {
    let number = match (steps, imperial) {
        (UNSUCCESSFUL, _) => Value::Special(Special::NotANumber),
        (steps, false) => Value::Number(Decimal::new(i64::from(steps) * 5, -3)),
        (steps, true) => Value::Number(Decimal::new(i64::from(steps), -2)),
    };
    Quantity { value: number, unit: if imperial { Unit::Pound } else { Unit::Kilogram } }
}

fn quantity(steps: u16, exponent: i16, unit: Unit) -> Quantity {
    Quantity { value: Value::Number(Decimal::new(i64::from(steps), exponent)), unit }
}

impl Serialize for WeightFlags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::flags(self, serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_is_the_exact_decimal_of_its_steps() {
        for (steps, imperial, text) in [
            (0, false, "0.000"),
            (1, false, "0.005"),
            (14_001, false, "70.005"),
            (0xFFFE, false, "327.670"),
            (1, true, "0.01"),
            (0xFFFE, true, "655.34"),
        ] {
            let Value::Number(number) = weight(steps, imperial).value else { panic!("{steps} is no weight") };
            assert_eq!(number.to_string(), text);
        }
    }

    #[test]
    fn an_unsuccessful_weighing_is_no_weight_in_either_system_of_units() {
        for imperial in [false, true] {
            assert_eq!(weight(0xFFFF, imperial).value, Value::Special(Special::NotANumber));
        }
    }
}
