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
//! A maker's departures from the specification never enter here; they belong to `device`. Its layouts are decoded
//! through the same door.

pub mod amount;
pub mod apdu;
pub mod battery;
pub mod blood_pressure_feature;
pub mod blood_pressure_measurement;
pub mod body_composition_feature;
pub mod body_composition_measurement;
pub mod body_sensor_location;
pub mod cgm_feature;
pub mod cgm_measurement;
pub mod cgm_session_run_time;
pub mod cgm_session_start_time;
pub mod cgm_specific_ops_control_point;
pub mod cgm_status;
#[cfg(test)]
mod cgm_tests;
mod code;
pub mod concentration;
pub mod current_time;
pub mod database_change_increment;
pub mod date_time;
pub mod device_information;
pub mod e2e_crc;
mod flags;
mod format;
pub mod glucose_feature;
pub mod glucose_measurement;
pub mod glucose_measurement_context;
pub mod heart_rate_measurement;
pub mod intermediate_cuff_pressure;
pub mod intermediate_temperature;
pub(crate) mod json;
pub mod local_time_information;
pub mod measurement_interval;
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
pub mod reference_time_information;
pub mod resolution;
pub mod sfloat;
#[cfg(test)]
mod simple_tests;
pub mod temperature_measurement;
pub mod temperature_type;
#[cfg(test)]
mod tests;
pub mod user_control_point;
pub mod user_id;
pub mod user_index;
pub mod weight_measurement;
pub mod weight_scale_feature;

use std::{fmt, str::FromStr};

use dagsform_care::{Observed, Value};
use serde::Serialize;

pub use amount::Amount;
pub use apdu::Apdu;
pub use battery::BatteryLevel;
pub use blood_pressure_feature::BloodPressureFeature;
pub use blood_pressure_measurement::BloodPressureMeasurement;
pub use body_composition_feature::BodyCompositionFeature;
pub use body_composition_measurement::BodyCompositionMeasurement;
pub use body_sensor_location::BodySensorLocation;
pub use cgm_feature::CgmFeature;
pub use cgm_measurement::CgmMeasurement;
pub use cgm_session_run_time::CgmSessionRunTime;
pub use cgm_session_start_time::CgmSessionStartTime;
pub use cgm_specific_ops_control_point::CgmSpecificOpsControlPoint;
pub use cgm_status::CgmStatus;
pub use concentration::{Concentration, ConcentrationUnit};
pub use current_time::CurrentTime;
pub use database_change_increment::DatabaseChangeIncrement;
pub use date_time::DateTime;
pub use device_information::{PnpId, SystemId, Text, describe};
pub use e2e_crc::E2eCrc;
pub use format::{Format, NotAFormat};
pub use glucose_feature::GlucoseFeature;
pub use glucose_measurement::GlucoseMeasurement;
pub use glucose_measurement_context::GlucoseMeasurementContext;
pub use heart_rate_measurement::HeartRateMeasurement;
pub use intermediate_cuff_pressure::IntermediateCuffPressure;
pub use intermediate_temperature::IntermediateTemperature;
pub use local_time_information::LocalTimeInformation;
pub use measurement_interval::MeasurementInterval;
pub use plx_continuous_measurement::PlxContinuousMeasurement;
pub use plx_features::PlxFeatures;
pub use plx_spot_check_measurement::PlxSpotCheckMeasurement;
pub use racp::RecordAccessControlPoint;
pub use reader::DecodeError;
pub use reference_time_information::ReferenceTimeInformation;
pub use temperature_measurement::TemperatureMeasurement;
pub use temperature_type::TemperatureType;
pub use user_control_point::UserControlPoint;
pub use user_id::UserId;
pub use user_index::UserIndex;
pub use weight_measurement::WeightMeasurement;
pub use weight_scale_feature::WeightScaleFeature;

use crate::device::{self, Layout, Said, Secrets, Standing};

/// Decodes one value of a characteristic, given by its 16-bit assigned number.
pub fn decode(characteristic: u16, bytes: &[u8]) -> Result<Decoded, DecodeError> {
    Selector::Characteristic(characteristic).decode(bytes)
}

/// Decodes a frame that carries a measurement; `None` for a format that carries none.
///
/// `context` is the Glucose Measurement Context of a Glucose Measurement, and nothing to any other. One
/// that cannot be decoded, or is of another record, costs the reading its context and nothing else. It
/// never changes [`Observed::canonical`]: the same record with it and without it is the same reading.
///
/// # Errors
/// The bytes cannot be decoded, or are in a maker's layout and must not be taken as a measurement.
pub fn observe(
    format: impl Into<Format>,
    bytes: &[u8],
    context: Option<&[u8]>,
) -> Result<Option<Observed>, DecodeError> {
    let characteristic = match format.into() {
        Format::Characteristic(number) => number,
        Format::Layout(layout) => {
            let said = (layout.read)(bytes, &Secrets::default())?;
            return match said.standing {
                Standing::Refused(reason) => Err(DecodeError::NotAReading { of: layout.name, reason }),
                _ => Ok(said.observed(bytes)),
            };
        }
    };
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
///
/// Case and hyphens do not matter, nor what stands before a colon or in brackets.
pub fn by_name(name: &str) -> Result<Selector, UnknownName> {
    let plain = plain(name);
    let digits = plain.strip_prefix("0x").unwrap_or(&plain);
    let number = (digits.len() == 4).then(|| u16::from_str_radix(digits, 16).ok()).flatten();
    let is = |other: &str| self::plain(other) == plain;
    let characteristic =
        || known().find(|known| is(known.name) || (number.is_some() && known.number() == number)).map(|k| k.selector);
    let layout = || {
        let called = |layout: &&Layout| is(layout.name) || layout.aliases.iter().any(|alias| is(alias));
        device::layouts().find(called).map(Selector::Layout)
    };
    characteristic().or_else(layout).ok_or_else(|| UnknownName(name.to_owned()))
}

/// The letters and digits of a name, in lower case.
fn plain(name: &str) -> String {
    let name = name.rsplit(':').next().unwrap_or(name);
    let name = name.split('(').next().unwrap_or(name);
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// All that can be decoded, in the order of the assigned numbers, the bare number formats last.
pub fn known() -> impl Iterator<Item = &'static Known> {
    KNOWN.iter()
}

/// What to decode: a frame's format, or a number format alone (for tests and for the curious).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Selector {
    /// A characteristic by its 16-bit assigned number.
    Characteristic(u16),
    /// A maker's own layout.
    Layout(&'static Layout),
    /// An SFLOAT alone, two bytes.
    Sfloat,
    /// A FLOAT alone, four bytes.
    Float,
    /// A measurement report of an IEEE 11073-20601 agent.
    Apdu,
}

impl Selector {
    /// Decodes `bytes` as this.
    pub fn decode(self, bytes: &[u8]) -> Result<Decoded, DecodeError> {
        self.decode_with(bytes, &Secrets::default())
    }

    /// Decodes `bytes` as this, which may be encrypted.
    pub fn decode_with(self, bytes: &[u8], secrets: &Secrets<'_>) -> Result<Decoded, DecodeError> {
        match self {
            Self::Layout(layout) => {
                (layout.read)(bytes, secrets).map(|said| Decoded::Own { layout: layout.name, said: Box::new(said) })
            }
            Self::Sfloat => sfloat::decode_sfloat(bytes).map(Decoded::Sfloat),
            Self::Float => sfloat::decode_float(bytes).map(Decoded::Float),
            Self::Apdu => Apdu::decode(bytes).map(Decoded::Apdu),
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
            Self::Layout(layout) => f.write_str(layout.name),
            Self::Sfloat => f.write_str("SFLOAT"),
            Self::Float => f.write_str("FLOAT"),
            Self::Apdu => f.write_str("IEEE11073-20601 APDU"),
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
            Selector::Layout(_) | Selector::Sfloat | Selector::Float | Selector::Apdu => None,
        }
    }
}

/// What the bytes of a characteristic say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "characteristic", rename_all = "kebab-case")]
pub enum Decoded {
    /// 0x2A08.
    DateTime(DateTime),
    /// 0x2A0F.
    LocalTimeInformation(LocalTimeInformation),
    /// 0x2A14.
    ReferenceTimeInformation(ReferenceTimeInformation),
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
    /// 0x2A1E.
    IntermediateTemperature(IntermediateTemperature),
    /// 0x2A21.
    MeasurementInterval(MeasurementInterval),
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
    /// 0x2A2B.
    CurrentTime(CurrentTime),
    /// 0x2A34.
    GlucoseMeasurementContext(GlucoseMeasurementContext),
    /// 0x2A35.
    BloodPressureMeasurement(BloodPressureMeasurement),
    /// 0x2A36.
    IntermediateCuffPressure(IntermediateCuffPressure),
    /// 0x2A37.
    HeartRateMeasurement(HeartRateMeasurement),
    /// 0x2A38.
    BodySensorLocation {
        /// Where the sensor is worn.
        body_sensor_location: BodySensorLocation,
    },
    /// 0x2A49.
    BloodPressureFeature(BloodPressureFeature),
    /// 0x2A50.
    PnpId(PnpId),
    /// 0x2A51.
    GlucoseFeature(GlucoseFeature),
    /// 0x2A52.
    RecordAccessControlPoint(RecordAccessControlPoint),
    /// 0x2A5E.
    PlxSpotCheckMeasurement(PlxSpotCheckMeasurement),
    /// 0x2A5F.
    PlxContinuousMeasurement(PlxContinuousMeasurement),
    /// 0x2A60.
    PlxFeatures(PlxFeatures),
    /// 0x2A99.
    DatabaseChangeIncrement(DatabaseChangeIncrement),
    /// 0x2A9A.
    UserIndex(UserIndex),
    /// 0x2A9B.
    BodyCompositionFeature(BodyCompositionFeature),
    /// 0x2A9C.
    BodyCompositionMeasurement(BodyCompositionMeasurement),
    /// 0x2A9D.
    WeightMeasurement(WeightMeasurement),
    /// 0x2A9E.
    WeightScaleFeature(WeightScaleFeature),
    /// 0x2A9F.
    UserControlPoint(UserControlPoint),
    /// 0x2AA7.
    CgmMeasurement(CgmMeasurement),
    /// 0x2AA8.
    CgmFeature(CgmFeature),
    /// 0x2AA9.
    CgmStatus(CgmStatus),
    /// 0x2AAA.
    CgmSessionStartTime(CgmSessionStartTime),
    /// 0x2AAB.
    CgmSessionRunTime(CgmSessionRunTime),
    /// 0x2AAC.
    CgmSpecificOpsControlPoint(CgmSpecificOpsControlPoint),
    /// A measurement report of an IEEE 11073-20601 agent.
    #[serde(rename = "ieee11073-20601-apdu")]
    Apdu(Apdu),
    /// A 16-bit IEEE 11073-20601 number alone.
    Sfloat(#[serde(serialize_with = "json::value")] Value),
    /// A 32-bit IEEE 11073-20601 number alone.
    Float(#[serde(serialize_with = "json::value")] Value),
    /// In a maker's own layout.
    #[serde(untagged)]
    Own {
        /// The layout's name.
        layout: &'static str,
        /// What it says.
        #[serde(flatten)]
        said: Box<Said>,
    },
}

const KNOWN: &[Known] = &[
    Known {
        selector: Selector::Characteristic(DateTime::CHARACTERISTIC),
        name: "date-time",
        decode: |bytes| DateTime::decode(bytes).map(Decoded::DateTime),
    },
    Known {
        selector: Selector::Characteristic(LocalTimeInformation::CHARACTERISTIC),
        name: "local-time-information",
        decode: |bytes| LocalTimeInformation::decode(bytes).map(Decoded::LocalTimeInformation),
    },
    Known {
        selector: Selector::Characteristic(ReferenceTimeInformation::CHARACTERISTIC),
        name: "reference-time-information",
        decode: |bytes| ReferenceTimeInformation::decode(bytes).map(Decoded::ReferenceTimeInformation),
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
        selector: Selector::Characteristic(IntermediateTemperature::CHARACTERISTIC),
        name: "intermediate-temperature",
        decode: |bytes| IntermediateTemperature::decode(bytes).map(Decoded::IntermediateTemperature),
    },
    Known {
        selector: Selector::Characteristic(MeasurementInterval::CHARACTERISTIC),
        name: "measurement-interval",
        decode: |bytes| MeasurementInterval::decode(bytes).map(Decoded::MeasurementInterval),
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
        selector: Selector::Characteristic(CurrentTime::CHARACTERISTIC),
        name: "current-time",
        decode: |bytes| CurrentTime::decode(bytes).map(Decoded::CurrentTime),
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
        selector: Selector::Characteristic(IntermediateCuffPressure::CHARACTERISTIC),
        name: "intermediate-cuff-pressure",
        decode: |bytes| IntermediateCuffPressure::decode(bytes).map(Decoded::IntermediateCuffPressure),
    },
    Known {
        selector: Selector::Characteristic(HeartRateMeasurement::CHARACTERISTIC),
        name: "heart-rate-measurement",
        decode: |bytes| HeartRateMeasurement::decode(bytes).map(Decoded::HeartRateMeasurement),
    },
    Known {
        selector: Selector::Characteristic(BodySensorLocation::CHARACTERISTIC),
        name: "body-sensor-location",
        decode: |bytes| {
            BodySensorLocation::decode(bytes)
                .map(|body_sensor_location| Decoded::BodySensorLocation { body_sensor_location })
        },
    },
    Known {
        selector: Selector::Characteristic(BloodPressureFeature::CHARACTERISTIC),
        name: "blood-pressure-feature",
        decode: |bytes| BloodPressureFeature::decode(bytes).map(Decoded::BloodPressureFeature),
    },
    Known {
        selector: Selector::Characteristic(PnpId::CHARACTERISTIC),
        name: "pnp-id",
        decode: |bytes| PnpId::decode(bytes).map(Decoded::PnpId),
    },
    Known {
        selector: Selector::Characteristic(GlucoseFeature::CHARACTERISTIC),
        name: "glucose-feature",
        decode: |bytes| GlucoseFeature::decode(bytes).map(Decoded::GlucoseFeature),
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
        selector: Selector::Characteristic(DatabaseChangeIncrement::CHARACTERISTIC),
        name: "database-change-increment",
        decode: |bytes| DatabaseChangeIncrement::decode(bytes).map(Decoded::DatabaseChangeIncrement),
    },
    Known {
        selector: Selector::Characteristic(UserIndex::CHARACTERISTIC),
        name: "user-index",
        decode: |bytes| UserIndex::decode(bytes).map(Decoded::UserIndex),
    },
    Known {
        selector: Selector::Characteristic(BodyCompositionFeature::CHARACTERISTIC),
        name: "body-composition-feature",
        decode: |bytes| BodyCompositionFeature::decode(bytes).map(Decoded::BodyCompositionFeature),
    },
    Known {
        selector: Selector::Characteristic(BodyCompositionMeasurement::CHARACTERISTIC),
        name: "body-composition-measurement",
        decode: |bytes| BodyCompositionMeasurement::decode(bytes).map(Decoded::BodyCompositionMeasurement),
    },
    Known {
        selector: Selector::Characteristic(WeightMeasurement::CHARACTERISTIC),
        name: "weight-measurement",
        decode: |bytes| WeightMeasurement::decode(bytes).map(Decoded::WeightMeasurement),
    },
    Known {
        selector: Selector::Characteristic(WeightScaleFeature::CHARACTERISTIC),
        name: "weight-scale-feature",
        decode: |bytes| WeightScaleFeature::decode(bytes).map(Decoded::WeightScaleFeature),
    },
    Known {
        selector: Selector::Characteristic(UserControlPoint::CHARACTERISTIC),
        name: "user-control-point",
        decode: |bytes| UserControlPoint::decode(bytes).map(Decoded::UserControlPoint),
    },
    Known {
        selector: Selector::Characteristic(CgmMeasurement::CHARACTERISTIC),
        name: "cgm-measurement",
        decode: |bytes| CgmMeasurement::decode(bytes).map(Decoded::CgmMeasurement),
    },
    Known {
        selector: Selector::Characteristic(CgmFeature::CHARACTERISTIC),
        name: "cgm-feature",
        decode: |bytes| CgmFeature::decode(bytes).map(Decoded::CgmFeature),
    },
    Known {
        selector: Selector::Characteristic(CgmStatus::CHARACTERISTIC),
        name: "cgm-status",
        decode: |bytes| CgmStatus::decode(bytes).map(Decoded::CgmStatus),
    },
    Known {
        selector: Selector::Characteristic(CgmSessionStartTime::CHARACTERISTIC),
        name: "cgm-session-start-time",
        decode: |bytes| CgmSessionStartTime::decode(bytes).map(Decoded::CgmSessionStartTime),
    },
    Known {
        selector: Selector::Characteristic(CgmSessionRunTime::CHARACTERISTIC),
        name: "cgm-session-run-time",
        decode: |bytes| CgmSessionRunTime::decode(bytes).map(Decoded::CgmSessionRunTime),
    },
    Known {
        selector: Selector::Characteristic(CgmSpecificOpsControlPoint::CHARACTERISTIC),
        name: "cgm-specific-ops-control-point",
        decode: |bytes| CgmSpecificOpsControlPoint::decode(bytes).map(Decoded::CgmSpecificOpsControlPoint),
    },
    Known {
        selector: Selector::Apdu,
        name: "ieee11073-20601-apdu",
        decode: |bytes| Apdu::decode(bytes).map(Decoded::Apdu),
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
    let layouts = device::layouts().map(|layout| layout.name.to_owned());
    names.into_iter().chain(layouts).collect::<Vec<_>>().join(", ")
}
