//! Blood Pressure Feature (0x2A49): what a blood pressure meter can notice and do (Blood Pressure Service
//! 1.1.1, 3.3; GATT Specification Supplement, Blood Pressure Feature).

use bitflags::bitflags;
use serde::{Serialize, Serializer};

use super::{
    json,
    reader::{DecodeError, Reader},
};

bitflags! {
    /// What the device supports, 16 bits. Bits 9 to 15 are reserved.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct BloodPressureFeatures: u16 {
        /// It notices body movement.
        const BODY_MOVEMENT_DETECTION_SUPPORTED = 1;
        /// It notices a cuff that is too loose.
        const CUFF_FIT_DETECTION_SUPPORTED = 1 << 1;
        /// It notices an irregular pulse.
        const IRREGULAR_PULSE_DETECTION_SUPPORTED = 1 << 2;
        /// It notices a pulse rate outside of a range.
        const PULSE_RATE_RANGE_DETECTION_SUPPORTED = 1 << 3;
        /// It notices an improper position.
        const MEASUREMENT_POSITION_DETECTION_SUPPORTED = 1 << 4;
        /// It keeps more than one bond.
        const MULTIPLE_BONDS_SUPPORTED = 1 << 5;
        /// Its enhanced values end with a checksum.
        const E2E_CRC_SUPPORTED = 1 << 6;
        /// It has the User Data Service.
        const USER_DATA_SERVICE_SUPPORTED = 1 << 7;
        /// Its enhanced values have a time that the user sees.
        const USER_FACING_TIME_SUPPORTED = 1 << 8;
    }
}

/// What the device supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct BloodPressureFeature {
    /// Blood Pressure Feature.
    pub supported_features: BloodPressureFeatures,
}

impl BloodPressureFeature {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2A49;

    /// Decodes the characteristic.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("Blood Pressure Feature", bytes);
        let supported_features = BloodPressureFeatures::from_bits_retain(reader.u16("supported_features")?);
        reader.finish()?;
        Ok(Self { supported_features })
    }
}

impl Serialize for BloodPressureFeatures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::flags(self, serializer)
    }
}
