//! Glucose Feature (0x2A51): what a glucose meter can notice and do (Glucose Service 1.0.1, 3.3; GATT
//! Specification Supplement, Glucose Feature).

use bitflags::bitflags;
use serde::{Serialize, Serializer};

use super::{
    json,
    reader::{DecodeError, Reader},
};

bitflags! {
    /// What the device supports, 16 bits. Bits 11 to 15 are reserved.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct GlucoseFeatures: u16 {
        /// It notices a low battery during a measurement.
        const LOW_BATTERY_DETECTION_SUPPORTED = 1;
        /// It notices a sensor malfunction.
        const SENSOR_MALFUNCTION_DETECTION_SUPPORTED = 1 << 1;
        /// It notices too small a sample.
        const SAMPLE_SIZE_SUPPORTED = 1 << 2;
        /// It notices a strip that is inserted wrongly.
        const STRIP_INSERTION_ERROR_DETECTION_SUPPORTED = 1 << 3;
        /// It notices a strip of the wrong type.
        const STRIP_TYPE_ERROR_DETECTION_SUPPORTED = 1 << 4;
        /// It notices a result beyond what it can process.
        const RESULT_HIGH_LOW_DETECTION_SUPPORTED = 1 << 5;
        /// It notices that it is too warm or too cold.
        const TEMPERATURE_HIGH_LOW_DETECTION_SUPPORTED = 1 << 6;
        /// It notices a strip that was pulled too soon.
        const READ_INTERRUPT_DETECTION_SUPPORTED = 1 << 7;
        /// It notices a general fault of its own.
        const GENERAL_DEVICE_FAULT_SUPPORTED = 1 << 8;
        /// It notices a fault of its clock.
        const TIME_FAULT_SUPPORTED = 1 << 9;
        /// It keeps more than one bond.
        const MULTIPLE_BONDS_SUPPORTED = 1 << 10;
    }
}

/// What the device supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct GlucoseFeature {
    /// Glucose Feature.
    pub supported_features: GlucoseFeatures,
}

impl GlucoseFeature {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2A51;

    /// Decodes the characteristic.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("Glucose Feature", bytes);
        let supported_features = GlucoseFeatures::from_bits_retain(reader.u16("supported_features")?);
        reader.finish()?;
        Ok(Self { supported_features })
    }
}

impl Serialize for GlucoseFeatures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::flags(self, serializer)
    }
}
