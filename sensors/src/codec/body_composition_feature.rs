//! Body Composition Feature (0x2A9B): what a body composition scale sends and how finely (Body Composition
//! Service 1.0, 3.1; GATT Specification Supplement, Body Composition Feature).

use bitflags::bitflags;
use serde::{Serialize, Serializer};

use super::{
    json,
    reader::{DecodeError, Reader},
    resolution::{HeightResolution, MassResolution, bits},
};

bitflags! {
    /// What the scale supports, 32 bits. Bits 18 to 31 are reserved.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct BodyCompositionFeatures: u32 {
        /// It says when it measured.
        const TIMESTAMP_SUPPORTED = 1;
        /// It knows several users.
        const MULTIPLE_USERS_SUPPORTED = 1 << 1;
        /// It sends the basal metabolism.
        const BASAL_METABOLISM_SUPPORTED = 1 << 2;
        /// It sends the muscle percentage.
        const MUSCLE_PERCENTAGE_SUPPORTED = 1 << 3;
        /// It sends the muscle mass.
        const MUSCLE_MASS_SUPPORTED = 1 << 4;
        /// It sends the fat free mass.
        const FAT_FREE_MASS_SUPPORTED = 1 << 5;
        /// It sends the soft lean mass.
        const SOFT_LEAN_MASS_SUPPORTED = 1 << 6;
        /// It sends the body water mass.
        const BODY_WATER_MASS_SUPPORTED = 1 << 7;
        /// It sends the impedance.
        const IMPEDANCE_SUPPORTED = 1 << 8;
        /// It sends the weight.
        const WEIGHT_SUPPORTED = 1 << 9;
        /// It sends the height.
        const HEIGHT_SUPPORTED = 1 << 10;
    }
}

/// What the scale supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct BodyCompositionFeature {
    /// Body Composition Feature, all of its bits.
    pub supported_features: BodyCompositionFeatures,
    /// Mass Measurement Resolution: bits 11 to 14 of it.
    pub mass_resolution: MassResolution,
    /// Height Measurement Resolution: bits 15 to 17 of it.
    pub height_resolution: HeightResolution,
}

impl BodyCompositionFeature {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2A9B;

    /// Decodes the characteristic.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("Body Composition Feature", bytes);
        let word = reader.u32("supported_features")?;
        reader.finish()?;
        Ok(Self {
            supported_features: BodyCompositionFeatures::from_bits_retain(word),
            mass_resolution: bits(word, 11, 4).into(),
            height_resolution: bits(word, 15, 3).into(),
        })
    }
}

/// The bits that make up the two numbers.
const RESOLUTIONS: u32 = 0x3_F800;

impl Serialize for BodyCompositionFeatures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::flags_beside_numbers(self, RESOLUTIONS, serializer)
    }
}
