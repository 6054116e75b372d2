//! Temperature Measurement (0x2A1C): one finished measurement, live or from the device's memory (Health
//! Thermometer Service 1.0, 3.1; GATT Specification Supplement, Temperature Measurement).

use bitflags::bitflags;
use serde::{Serialize, Serializer};

use super::{
    amount::{Amount, AmountUnit},
    date_time::DateTime,
    json,
    reader::{DecodeError, Reader},
    temperature_type::TemperatureType,
};

/// One finished measurement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TemperatureMeasurement {
    /// Flags: the unit, and which fields follow.
    pub flags: TemperatureFlags,
    /// Temperature Measurement Value: degrees Celsius or Fahrenheit.
    pub temperature: Amount,
    /// Time Stamp, by the device's clock.
    pub timestamp: Option<DateTime>,
    /// Temperature Type. A device that always measures in one place may give the characteristic of
    /// that name instead.
    pub temperature_type: Option<TemperatureType>,
    /// What follows, announced by a bit that is reserved today. Its meaning is not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub additional_data: Vec<u8>,
}

bitflags! {
    /// Flags of [`TemperatureMeasurement`], 8 bits. Bits 3 to 7 are reserved.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct TemperatureFlags: u8 {
        /// Degrees Fahrenheit; without the bit Celsius.
        const FAHRENHEIT = 1;
        /// Time Stamp field is present.
        const TIMESTAMP_PRESENT = 1 << 1;
        /// Temperature Type field is present.
        const TEMPERATURE_TYPE_PRESENT = 1 << 2;
    }
}

impl TemperatureMeasurement {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2A1C;

    /// Decodes the characteristic.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("Temperature Measurement", bytes);
        let r = &mut reader;
        let flags = TemperatureFlags::from_bits_retain(r.u8("flags")?);
        let has = |flag| flags.contains(flag).then_some(());
        let unit = match has(TemperatureFlags::FAHRENHEIT) {
            Some(()) => AmountUnit::DegreeFahrenheit,
            None => AmountUnit::DegreeCelsius,
        };
        Ok(Self {
            flags,
            temperature: Amount { value: r.float("temperature")?, unit },
            timestamp: has(TemperatureFlags::TIMESTAMP_PRESENT).map(|()| DateTime::read(r, "timestamp")).transpose()?,
            temperature_type: has(TemperatureFlags::TEMPERATURE_TYPE_PRESENT)
                .map(|()| TemperatureType::read(r))
                .transpose()?,
            additional_data: reader.additional_data(flags)?,
        })
    }
}

impl Serialize for TemperatureFlags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::flags(self, serializer)
    }
}
