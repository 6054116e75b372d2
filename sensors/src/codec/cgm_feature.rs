//! CGM Feature (0x2AA8): what a glucose sensor can notice and do, and where it sits (Continuous Glucose Monitoring
//! Service 1.0.2, 3.2; GATT Specification Supplement, CGM Feature). Decoded only: continuous glucose is not in the
//! kit.

use bitflags::bitflags;
use serde::{Serialize, Serializer};

use super::{
    code::code,
    e2e_crc::E2eCrc,
    glucose_measurement::FluidType,
    json,
    reader::{DecodeError, Reader},
};

/// What the sensor can, and where it sits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct CgmFeature {
    /// CGM Feature.
    pub supported_features: CgmFeatures,
    /// Type and sample location.
    #[serde(flatten)]
    pub sample: CgmSample,
    /// E2E-CRC. `None`: a sensor that supports none sends 0xFFFF in its place.
    pub e2e_crc: Option<E2eCrc>,
}

/// Type-Sample Location: two numbers in one byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct CgmSample {
    /// Type: the lower four bits.
    pub fluid_type: FluidType,
    /// Sample Location: the upper four bits.
    pub sample_location: CgmSampleLocation,
}

code! {
    /// Sample Location.
    CgmSampleLocation {
        1 /// 1.
        Finger,
        2 /// 2: alternate site test.
        AlternateSiteTest,
        3 /// 3.
        Earlobe,
        4 /// 4: a test of the device, not of a person.
        ControlSolution,
        5 /// 5: under the skin.
        SubcutaneousTissue,
        15 /// 15.
        NotAvailable,
    }
}

bitflags! {
    /// CGM Feature, 24 bits. Bits 17 to 23 are reserved.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct CgmFeatures: u32 {
        /// It can be calibrated.
        const CALIBRATION_SUPPORTED = 1;
        /// It alerts at the patient's high and low levels.
        const PATIENT_HIGH_LOW_ALERTS_SUPPORTED = 1 << 1;
        /// It alerts at hypoglycaemia.
        const HYPO_ALERTS_SUPPORTED = 1 << 2;
        /// It alerts at hyperglycaemia.
        const HYPER_ALERTS_SUPPORTED = 1 << 3;
        /// It alerts at fast changes.
        const RATE_OF_INCREASE_DECREASE_ALERTS_SUPPORTED = 1 << 4;
        /// It has an alert of its own.
        const DEVICE_SPECIFIC_ALERT_SUPPORTED = 1 << 5;
        /// It notices a sensor malfunction.
        const SENSOR_MALFUNCTION_DETECTION_SUPPORTED = 1 << 6;
        /// It notices that it is too warm or too cold.
        const SENSOR_TEMPERATURE_HIGH_LOW_DETECTION_SUPPORTED = 1 << 7;
        /// It notices a result beyond what it can process.
        const SENSOR_RESULT_HIGH_LOW_DETECTION_SUPPORTED = 1 << 8;
        /// It notices a low battery.
        const LOW_BATTERY_DETECTION_SUPPORTED = 1 << 9;
        /// It notices a sensor of the wrong type.
        const SENSOR_TYPE_ERROR_DETECTION_SUPPORTED = 1 << 10;
        /// It notices a general fault of its own.
        const GENERAL_DEVICE_FAULT_SUPPORTED = 1 << 11;
        /// Its values end with a checksum.
        const E2E_CRC_SUPPORTED = 1 << 12;
        /// It keeps more than one bond.
        const MULTIPLE_BONDS_SUPPORTED = 1 << 13;
        /// It keeps more than one session.
        const MULTIPLE_SESSIONS_SUPPORTED = 1 << 14;
        /// It sends the trend.
        const TREND_INFORMATION_SUPPORTED = 1 << 15;
        /// It sends the quality.
        const QUALITY_SUPPORTED = 1 << 16;
    }
}

impl CgmFeature {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2AA8;

    /// Decodes the characteristic.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        /// In place of a checksum that the sensor does not support.
        const NONE: u16 = 0xFFFF;
        let mut reader = Reader::new("CGM Feature", bytes);
        let supported_features = CgmFeatures::from_bits_retain(reader.u24("supported_features")?);
        let sample = CgmSample::read(&mut reader)?;
        let e2e_crc = E2eCrc::read(&mut reader, bytes)?;
        reader.finish()?;
        let none = e2e_crc.sent == NONE && !supported_features.contains(CgmFeatures::E2E_CRC_SUPPORTED);
        Ok(Self { supported_features, sample, e2e_crc: (!none).then_some(e2e_crc) })
    }
}

impl CgmSample {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let byte = reader.u8("type_sample_location")?;
        Ok(Self { fluid_type: (byte & 0x0F).into(), sample_location: (byte >> 4).into() })
    }
}

impl Serialize for CgmFeatures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::flags(self, serializer)
    }
}
