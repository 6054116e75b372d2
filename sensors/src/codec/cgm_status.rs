//! CGM Status (0x2AA9): how a glucose sensor is doing, and the octets that its measurements bear too (Continuous
//! Glucose Monitoring Service 1.0.2, 3.1 and 3.3; GATT Specification Supplement, CGM Measurement and CGM
//! Status). Decoded only: continuous glucose is not in the kit.

use bitflags::bitflags;
use serde::{Serialize, Serializer};

use super::{
    e2e_crc::E2eCrc,
    json,
    reader::{DecodeError, Reader},
};

/// How the sensor is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct CgmStatus {
    /// Time Offset: minutes since the session began.
    pub time_offset_minutes: u16,
    /// Status octet.
    pub status: SensorStatus,
    /// Cal/Temp octet.
    pub calibration_temperature: CalibrationTemperature,
    /// Warning octet.
    pub warning: SensorWarning,
    /// E2E-CRC.
    pub e2e_crc: Option<E2eCrc>,
}

bitflags! {
    /// Status octet. Bits 6 and 7 are reserved.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct SensorStatus: u8 {
        /// The session is stopped.
        const SESSION_STOPPED = 1;
        /// The battery is low.
        const DEVICE_BATTERY_LOW = 1 << 1;
        /// A sensor of the wrong type.
        const SENSOR_TYPE_INCORRECT = 1 << 2;
        /// The sensor is faulty.
        const SENSOR_MALFUNCTION = 1 << 3;
        /// An alert that this device alone has.
        const DEVICE_SPECIFIC_ALERT = 1 << 4;
        /// A general fault.
        const GENERAL_DEVICE_FAULT = 1 << 5;
    }
}

bitflags! {
    /// Cal/Temp octet. Bit 7 is reserved.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct CalibrationTemperature: u8 {
        /// The clocks of sensor and collector must be brought together.
        const TIME_SYNCHRONIZATION_REQUIRED = 1;
        /// Calibration is not allowed now.
        const CALIBRATION_NOT_ALLOWED = 1 << 1;
        /// Calibration is recommended.
        const CALIBRATION_RECOMMENDED = 1 << 2;
        /// Calibration is required.
        const CALIBRATION_REQUIRED = 1 << 3;
        /// Too warm for a valid result.
        const SENSOR_TEMPERATURE_TOO_HIGH = 1 << 4;
        /// Too cold for a valid result.
        const SENSOR_TEMPERATURE_TOO_LOW = 1 << 5;
        /// A calibration is being worked on.
        const CALIBRATION_PENDING = 1 << 6;
    }
}

bitflags! {
    /// Warning octet.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct SensorWarning: u8 {
        /// Below the patient's low level.
        const RESULT_LOWER_THAN_PATIENT_LOW_LEVEL = 1;
        /// Above the patient's high level.
        const RESULT_HIGHER_THAN_PATIENT_HIGH_LEVEL = 1 << 1;
        /// Below the level of hypoglycaemia.
        const RESULT_LOWER_THAN_HYPO_LEVEL = 1 << 2;
        /// Above the level of hyperglycaemia.
        const RESULT_HIGHER_THAN_HYPER_LEVEL = 1 << 3;
        /// Falling faster than the level for it.
        const RATE_OF_DECREASE_EXCEEDED = 1 << 4;
        /// Rising faster than the level for it.
        const RATE_OF_INCREASE_EXCEEDED = 1 << 5;
        /// Below what the device can process.
        const RESULT_LOWER_THAN_DEVICE_CAN_PROCESS = 1 << 6;
        /// Above what the device can process.
        const RESULT_HIGHER_THAN_DEVICE_CAN_PROCESS = 1 << 7;
    }
}

impl CgmStatus {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2AA9;

    /// Decodes the characteristic.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("CGM Status", bytes);
        let r = &mut reader;
        let decoded = Self {
            time_offset_minutes: r.u16("time_offset")?,
            status: SensorStatus::read(r)?,
            calibration_temperature: CalibrationTemperature::read(r)?,
            warning: SensorWarning::read(r)?,
            e2e_crc: E2eCrc::read_if_any(r, bytes)?,
        };
        reader.finish()?;
        Ok(decoded)
    }
}

impl SensorStatus {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.u8("status").map(Self::from_bits_retain)
    }
}

impl CalibrationTemperature {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.u8("calibration_temperature").map(Self::from_bits_retain)
    }
}

impl SensorWarning {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.u8("warning").map(Self::from_bits_retain)
    }
}

impl Serialize for SensorStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::flags(self, serializer)
    }
}

impl Serialize for CalibrationTemperature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::flags(self, serializer)
    }
}

impl Serialize for SensorWarning {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::flags(self, serializer)
    }
}
