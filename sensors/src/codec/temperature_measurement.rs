//! Temperature Measurement (0x2A1C): one finished measurement, live or from the device's memory (Health
//! Thermometer Service 1.0, 3.1; GATT Specification Supplement, Temperature Measurement).

use bitflags::bitflags;
use dagsform_care::{DeviceTime, Kind, Measured, Metric, Observed, Quantity, Unit, User};
use serde::{Serialize, Serializer};

use super::{
    date_time::DateTime,
    flags::reserved,
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
    #[serde(serialize_with = "json::quantity")]
    pub temperature: Quantity,
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
        Self::read(Reader::new("Temperature Measurement", bytes))
    }

    /// Takes the whole of a value with this layout.
    pub(super) fn read(mut reader: Reader<'_>) -> Result<Self, DecodeError> {
        let r = &mut reader;
        let flags = TemperatureFlags::from_bits_retain(r.u8("flags")?);
        let has = |flag| flags.contains(flag).then_some(());
        let unit = match has(TemperatureFlags::FAHRENHEIT) {
            Some(()) => Unit::DegreeFahrenheit,
            None => Unit::DegreeCelsius,
        };
        Ok(Self {
            flags,
            temperature: Quantity { value: r.float("temperature")?, unit },
            timestamp: has(TemperatureFlags::TIMESTAMP_PRESENT).map(|()| DateTime::read(r, "timestamp")).transpose()?,
            temperature_type: has(TemperatureFlags::TEMPERATURE_TYPE_PRESENT)
                .map(|()| TemperatureType::read(r))
                .transpose()?,
            additional_data: reader.additional_data(flags)?,
        })
    }

    /// The same in the words of `dagsform-care`; `frame` is what this was decoded from.
    ///
    /// Nothing is left out of the canonical frame: no bit of it tells a record of the memory from a live one.
    pub(super) fn observed(&self, frame: &[u8]) -> Observed {
        Observed {
            kind: Kind::BodyTemperature,
            values: vec![Measured { metric: Metric::BodyTemperature, quantity: self.temperature }],
            flags: reserved(self.flags).into_iter().collect(),
            time: self.timestamp.map_or(DeviceTime::Absent, DateTime::device_time),
            sequence: None,
            user: User::Unsaid,
            meal: None,
            canonical: frame.to_vec(),
        }
    }
}

impl Serialize for TemperatureFlags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::flags(self, serializer)
    }
}
