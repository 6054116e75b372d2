//! Codecs: what the bytes of a characteristic say, one file per characteristic. Pure.
//!
//! [`decode`] says all that the bytes say, [`observe`] only what is a measurement, in the words of
//! `dagsform-care`. Nothing is judged here: an implausible number, a reserved bit, a date that does
//! not exist are decoded and marked. Refused is only what the specification gives no meaning: a field
//! that is cut short, bytes left over.
//!
//! In JSON a number keeps the precision that the device claimed: `{"value":"2.00","mantissa":200,
//! "exponent":-2}`, with `"unit":"%"` (UCUM) where it has one; in place of a number stands
//! `{"special":"not-a-number"}`. Bits are `{"bits":512,"set":["data-from-measurement-storage"],
//! "reserved":0}`.
//!
//! A maker's departures from the specification never enter here; they belong to the device's profile.

pub mod battery;
pub mod blood_pressure_measurement;
mod code;
pub mod concentration;
pub mod date_time;
pub mod device_information;
mod flags;
pub mod glucose_measurement;
pub mod glucose_measurement_context;
mod json;
#[cfg(test)]
mod measurement_tests;
#[cfg(test)]
mod observed_tests;
pub mod plx_continuous_measurement;
pub mod plx_features;
pub mod plx_spot_check_measurement;
pub mod plx_status;
pub mod racp;
pub mod reader;
pub mod sfloat;
pub mod temperature_measurement;
pub mod temperature_type;
#[cfg(test)]
mod tests;
pub mod user_id;
pub mod weight_measurement;

use std::{fmt, str::FromStr};

use dagsform_care::{Observed, Value};
use serde::Serialize;

pub use battery::BatteryLevel;
pub use blood_pressure_measurement::BloodPressureMeasurement;
pub use concentration::{Concentration, ConcentrationUnit};
pub use date_time::DateTime;
pub use device_information::{PnpId, SystemId, Text, describe};
pub use glucose_measurement::GlucoseMeasurement;
pub use glucose_measurement_context::GlucoseMeasurementContext;
pub use plx_continuous_measurement::PlxContinuousMeasurement;
pub use plx_features::PlxFeatures;
pub use plx_spot_check_measurement::PlxSpotCheckMeasurement;
pub use racp::RecordAccessControlPoint;
pub use reader::DecodeError;
pub use temperature_measurement::TemperatureMeasurement;
pub use temperature_type::TemperatureType;
pub use user_id::UserId;
pub use weight_measurement::WeightMeasurement;

/// Decodes one value of a characteristic, given by its 16-bit assigned number.
pub fn decode(characteristic: u16, bytes: &[u8]) -> Result<Decoded, DecodeError> {
    Selector::Characteristic(characteristic).decode(bytes)
}

/// Decodes a frame that carries a measurement; `None` for a characteristic that carries none.
///
/// `context` is the Glucose Measurement Context of a Glucose Measurement, and nothing to any other. One
/// that cannot be decoded, or is of another record, costs the reading its context and nothing else. It
/// never changes [`Observed::canonical`]: the same record with it and without it is the same reading.
pub fn observe(characteristic: u16, bytes: &[u8], context: Option<&[u8]>) -> Result<Option<Observed>, DecodeError> {
    Ok(match decode(characteristic, bytes)? {
        Decoded::BloodPressureMeasurement(measurement) => Some(measurement.observed(bytes)),
        Decoded::GlucoseMeasurement(measurement) => Some(measurement.observed(bytes, context)),
        Decoded::PlxSpotCheckMeasurement(measurement) => Some(measurement.observed(bytes)),
        Decoded::PlxContinuousMeasurement(measurement) => Some(measurement.observed(bytes)),
        Decoded::TemperatureMeasurement(measurement) => Some(measurement.observed(bytes)),
        Decoded::WeightMeasurement(measurement) => Some(measurement.observed(bytes)),
        _ => None,
    })
}

/// Finds what to decode by number (`2A5E`, `0x2a5e`) or name (`plx-spot-check-measurement`).
pub fn by_name(name: &str) -> Result<Selector, UnknownName> {
    let plain = name.trim().to_ascii_lowercase().replace(['_', ' '], "-");
    let number = u16::from_str_radix(plain.strip_prefix("0x").unwrap_or(&plain), 16).ok();
    known()
        .find(|known| known.name == plain || (number.is_some() && known.number() == number))
        .map(|known| known.selector)
        .ok_or_else(|| UnknownName(name.to_owned()))
}

/// All that can be decoded, in the order of the assigned numbers, the bare number formats last.
pub fn known() -> impl Iterator<Item = &'static Known> {
    KNOWN.iter()
}

/// What to decode: a characteristic, or a number format alone (for tests and for the curious).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Selector {
    /// A characteristic by its 16-bit assigned number.
    Characteristic(u16),
    /// An SFLOAT alone, two bytes.
    Sfloat,
    /// A FLOAT alone, four bytes.
    Float,
}

impl Selector {
    /// Decodes `bytes` as this.
    pub fn decode(self, bytes: &[u8]) -> Result<Decoded, DecodeError> {
        match self {
            Self::Sfloat => sfloat::decode_sfloat(bytes).map(Decoded::Sfloat),
            Self::Float => sfloat::decode_float(bytes).map(Decoded::Float),
            Self::Characteristic(characteristic) => known()
                .find(|known| known.selector == self)
                .ok_or(DecodeError::Unsupported { characteristic })
                .and_then(|known| (known.decode)(bytes)),
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Characteristic(number) => write!(f, "{number:04X}"),
            Self::Sfloat => f.write_str("SFLOAT"),
            Self::Float => f.write_str("FLOAT"),
        }
    }
}

impl FromStr for Selector {
    type Err = UnknownName;
    fn from_str(name: &str) -> Result<Self, UnknownName> {
        by_name(name)
    }
}

/// Nothing that can be decoded has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not known here; known are: {list}", list = list())]
pub struct UnknownName(pub String);

/// One thing that can be decoded.
#[derive(Debug)]
pub struct Known {
    /// How it is selected.
    pub selector: Selector,
    /// Its name on the command line and in JSON, e.g. `plx-spot-check-measurement`.
    pub name: &'static str,
    decode: fn(&[u8]) -> Result<Decoded, DecodeError>,
}

impl Known {
    fn number(&self) -> Option<u16> {
        match self.selector {
            Selector::Characteristic(number) => Some(number),
            Selector::Sfloat | Selector::Float => None,
        }
    }
}

/// What the bytes of a characteristic say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "characteristic", rename_all = "kebab-case")]
pub enum Decoded {
    /// 0x2A08.
    DateTime(DateTime),
    /// 0x2A18.
    GlucoseMeasurement(GlucoseMeasurement),
    /// 0x2A19.
    BatteryLevel(BatteryLevel),
    /// 0x2A1C.
    TemperatureMeasurement(TemperatureMeasurement),
    /// 0x2A1D.
    TemperatureType {
        /// Temperature Text Description.
        temperature_type: TemperatureType,
    },
    /// 0x2A23.
    SystemId(SystemId),
    /// 0x2A24.
    ModelNumberString(Text),
    /// 0x2A25.
    SerialNumberString(Text),
    /// 0x2A26.
    FirmwareRevisionString(Text),
    /// 0x2A27.
    HardwareRevisionString(Text),
    /// 0x2A28.
    SoftwareRevisionString(Text),
    /// 0x2A29.
    ManufacturerNameString(Text),
    /// 0x2A34.
    GlucoseMeasurementContext(GlucoseMeasurementContext),
    /// 0x2A35.
    BloodPressureMeasurement(BloodPressureMeasurement),
    /// 0x2A50.
    PnpId(PnpId),
    /// 0x2A52.
    RecordAccessControlPoint(RecordAccessControlPoint),
    /// 0x2A5E.
    PlxSpotCheckMeasurement(PlxSpotCheckMeasurement),
    /// 0x2A5F.
    PlxContinuousMeasurement(PlxContinuousMeasurement),
    /// 0x2A60.
    PlxFeatures(PlxFeatures),
    /// 0x2A9D.
    WeightMeasurement(WeightMeasurement),
    /// A 16-bit IEEE 11073-20601 number alone.
    Sfloat(#[serde(serialize_with = "json::value")] Value),
    /// A 32-bit IEEE 11073-20601 number alone.
    Float(#[serde(serialize_with = "json::value")] Value),
}

const KNOWN: &[Known] = &[
    Known {
        selector: Selector::Characteristic(DateTime::CHARACTERISTIC),
        name: "date-time",
        decode: |bytes| DateTime::decode(bytes).map(Decoded::DateTime),
    },
    Known {
        selector: Selector::Characteristic(GlucoseMeasurement::CHARACTERISTIC),
        name: "glucose-measurement",
        decode: |bytes| GlucoseMeasurement::decode(bytes).map(Decoded::GlucoseMeasurement),
    },
    Known {
        selector: Selector::Characteristic(BatteryLevel::CHARACTERISTIC),
        name: "battery-level",
        decode: |bytes| BatteryLevel::decode(bytes).map(Decoded::BatteryLevel),
    },
    Known {
        selector: Selector::Characteristic(TemperatureMeasurement::CHARACTERISTIC),
        name: "temperature-measurement",
        decode: |bytes| TemperatureMeasurement::decode(bytes).map(Decoded::TemperatureMeasurement),
    },
    Known {
        selector: Selector::Characteristic(TemperatureType::CHARACTERISTIC),
        name: "temperature-type",
        decode: |bytes| {
            TemperatureType::decode(bytes).map(|temperature_type| Decoded::TemperatureType { temperature_type })
        },
    },
    Known {
        selector: Selector::Characteristic(SystemId::CHARACTERISTIC),
        name: "system-id",
        decode: |bytes| SystemId::decode(bytes).map(Decoded::SystemId),
    },
    Known {
        selector: Selector::Characteristic(device_information::MODEL_NUMBER_STRING),
        name: "model-number-string",
        decode: |bytes| Ok(Decoded::ModelNumberString(Text::decode(bytes))),
    },
    Known {
        selector: Selector::Characteristic(device_information::SERIAL_NUMBER_STRING),
        name: "serial-number-string",
        decode: |bytes| Ok(Decoded::SerialNumberString(Text::decode(bytes))),
    },
    Known {
        selector: Selector::Characteristic(device_information::FIRMWARE_REVISION_STRING),
        name: "firmware-revision-string",
        decode: |bytes| Ok(Decoded::FirmwareRevisionString(Text::decode(bytes))),
    },
    Known {
        selector: Selector::Characteristic(device_information::HARDWARE_REVISION_STRING),
        name: "hardware-revision-string",
        decode: |bytes| Ok(Decoded::HardwareRevisionString(Text::decode(bytes))),
    },
    Known {
        selector: Selector::Characteristic(device_information::SOFTWARE_REVISION_STRING),
        name: "software-revision-string",
        decode: |bytes| Ok(Decoded::SoftwareRevisionString(Text::decode(bytes))),
    },
    Known {
        selector: Selector::Characteristic(device_information::MANUFACTURER_NAME_STRING),
        name: "manufacturer-name-string",
        decode: |bytes| Ok(Decoded::ManufacturerNameString(Text::decode(bytes))),
    },
    Known {
        selector: Selector::Characteristic(GlucoseMeasurementContext::CHARACTERISTIC),
        name: "glucose-measurement-context",
        decode: |bytes| GlucoseMeasurementContext::decode(bytes).map(Decoded::GlucoseMeasurementContext),
    },
    Known {
        selector: Selector::Characteristic(BloodPressureMeasurement::CHARACTERISTIC),
        name: "blood-pressure-measurement",
        decode: |bytes| BloodPressureMeasurement::decode(bytes).map(Decoded::BloodPressureMeasurement),
    },
    Known {
        selector: Selector::Characteristic(PnpId::CHARACTERISTIC),
        name: "pnp-id",
        decode: |bytes| PnpId::decode(bytes).map(Decoded::PnpId),
    },
    Known {
        selector: Selector::Characteristic(RecordAccessControlPoint::CHARACTERISTIC),
        name: "record-access-control-point",
        decode: |bytes| RecordAccessControlPoint::decode(bytes).map(Decoded::RecordAccessControlPoint),
    },
    Known {
        selector: Selector::Characteristic(PlxSpotCheckMeasurement::CHARACTERISTIC),
        name: "plx-spot-check-measurement",
        decode: |bytes| PlxSpotCheckMeasurement::decode(bytes).map(Decoded::PlxSpotCheckMeasurement),
    },
    Known {
        selector: Selector::Characteristic(PlxContinuousMeasurement::CHARACTERISTIC),
        name: "plx-continuous-measurement",
        decode: |bytes| PlxContinuousMeasurement::decode(bytes).map(Decoded::PlxContinuousMeasurement),
    },
    Known {
        selector: Selector::Characteristic(PlxFeatures::CHARACTERISTIC),
        name: "plx-features",
        decode: |bytes| PlxFeatures::decode(bytes).map(Decoded::PlxFeatures),
    },
    Known {
        selector: Selector::Characteristic(WeightMeasurement::CHARACTERISTIC),
        name: "weight-measurement",
        decode: |bytes| WeightMeasurement::decode(bytes).map(Decoded::WeightMeasurement),
    },
    Known {
        selector: Selector::Sfloat,
        name: "sfloat",
        decode: |bytes| sfloat::decode_sfloat(bytes).map(Decoded::Sfloat),
    },
    Known { selector: Selector::Float, name: "float", decode: |bytes| sfloat::decode_float(bytes).map(Decoded::Float) },
];

fn list() -> String {
    let names: Vec<_> = known()
        .map(|known| match known.number() {
            Some(number) => format!("{number:04X} {}", known.name),
            None => known.name.to_owned(),
        })
        .collect();
    names.join(", ")
}
