//! Weight Scale Feature (0x2A9E): what a scale sends and how finely (Weight Scale Service 1.0, 3.1; GATT
//! Specification Supplement, Weight Scale Feature).

use bitflags::bitflags;
use serde::{Serialize, Serializer};

use super::{
    json,
    reader::{DecodeError, Reader},
    resolution::{HeightResolution, MassResolution, bits},
};

bitflags! {
    /// What the scale supports, 32 bits. Bits 10 to 31 are reserved.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct WeightScaleFeatures: u32 {
        /// It says when it weighed.
        const TIMESTAMP_SUPPORTED = 1;
        /// It knows several users.
        const MULTIPLE_USERS_SUPPORTED = 1 << 1;
        /// It sends the body mass index.
        const BMI_SUPPORTED = 1 << 2;
    }
}

/// What the scale supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct WeightScaleFeature {
    /// Weight Scale Feature, all of its bits.
    pub supported_features: WeightScaleFeatures,
    /// Weight Measurement Resolution: bits 3 to 6 of it.
    pub weight_resolution: MassResolution,
    /// Height Measurement Resolution: bits 7 to 9 of it.
    pub height_resolution: HeightResolution,
}

impl WeightScaleFeature {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2A9E;

    /// Decodes the characteristic.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("Weight Scale Feature", bytes);
        let word = reader.u32("supported_features")?;
        reader.finish()?;
        Ok(Self {
            supported_features: WeightScaleFeatures::from_bits_retain(word),
            weight_resolution: bits(word, 3, 4).into(),
            height_resolution: bits(word, 7, 3).into(),
        })
    }
}

/// The bits that make up the two numbers.
const RESOLUTIONS: u32 = 0x3F8;

impl Serialize for WeightScaleFeatures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::flags_beside_numbers(self, RESOLUTIONS, serializer)
    }
}
