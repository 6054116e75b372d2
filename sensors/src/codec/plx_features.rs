//! PLX Features (0x2A60): what a pulse oximeter can do (Pulse Oximeter Service 1.0.1, 3.3).

use bitflags::bitflags;
use serde::{Serialize, Serializer};

use super::{
    json,
    plx_status::{DeviceAndSensorStatus, MeasurementStatus},
    reader::{DecodeError, Reader},
};

/// What a pulse oximeter can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlxFeatures {
    /// Supported Features.
    pub supported_features: SupportedFeatures,
    /// Measurement Status Support: the bits that the device may ever set.
    pub measurement_status_support: Option<MeasurementStatus>,
    /// Device and Sensor Status Support: the bits that the device may ever set.
    pub device_and_sensor_status_support: Option<DeviceAndSensorStatus>,
    /// What follows, announced by a bit that is reserved today. Its meaning is not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub additional_data: Vec<u8>,
}

bitflags! {
    /// Supported Features, 16 bits. Bits 8 to 15 are reserved.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct SupportedFeatures: u16 {
        /// Measurement Status support is present.
        const MEASUREMENT_STATUS_SUPPORT_PRESENT = 1;
        /// Device and Sensor Status support is present.
        const DEVICE_AND_SENSOR_STATUS_SUPPORT_PRESENT = 1 << 1;
        /// Measurement storage for spot-check measurements is supported.
        const MEASUREMENT_STORAGE_SUPPORTED = 1 << 2;
        /// Timestamp for spot-check measurements is supported.
        const TIMESTAMP_SUPPORTED = 1 << 3;
        /// SpO2PR-Fast metric is supported.
        const SPO2PR_FAST_SUPPORTED = 1 << 4;
        /// SpO2PR-Slow metric is supported.
        const SPO2PR_SLOW_SUPPORTED = 1 << 5;
        /// Pulse Amplitude Index field is supported.
        const PULSE_AMPLITUDE_INDEX_SUPPORTED = 1 << 6;
        /// Multiple bonds are supported.
        const MULTIPLE_BONDS_SUPPORTED = 1 << 7;
    }
}

impl PlxFeatures {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2A60;

    /// Decodes the characteristic.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("PLX Features", bytes);
        let r = &mut reader;
        let features = SupportedFeatures::from_bits_retain(r.u16("supported_features")?);
        let has = |feature| features.contains(feature).then_some(());
        Ok(Self {
            supported_features: features,
            measurement_status_support: has(SupportedFeatures::MEASUREMENT_STATUS_SUPPORT_PRESENT)
                .map(|()| MeasurementStatus::read(r))
                .transpose()?,
            device_and_sensor_status_support: has(SupportedFeatures::DEVICE_AND_SENSOR_STATUS_SUPPORT_PRESENT)
                .map(|()| DeviceAndSensorStatus::read(r))
                .transpose()?,
            additional_data: reader.additional_data(features)?,
        })
    }
}

impl Serialize for SupportedFeatures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::flags(self, serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bits in their order, as the service lists them.
    const NAMES: [&str; 8] = [
        "measurement-status-support-present",
        "device-and-sensor-status-support-present",
        "measurement-storage-supported",
        "timestamp-supported",
        "spo2pr-fast-supported",
        "spo2pr-slow-supported",
        "pulse-amplitude-index-supported",
        "multiple-bonds-supported",
    ];

    #[test]
    fn every_bit_has_the_meaning_that_the_service_gives_it() {
        for bit in 0..16 {
            let json = serde_json::to_value(SupportedFeatures::from_bits_retain(1 << bit)).unwrap();
            match NAMES.get(bit) {
                Some(name) => assert_eq!(json["set"], serde_json::json!([name])),
                None => assert_eq!(json["reserved"], 1 << bit),
            }
        }
    }
}
