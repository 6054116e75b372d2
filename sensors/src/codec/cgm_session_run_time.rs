//! CGM Session Run Time (0x2AAB): how long a glucose sensor is expected to last (Continuous Glucose Monitoring
//! Service 1.0.2, 3.5; GATT Specification Supplement, CGM Session Run Time). Decoded only: continuous glucose is
//! not in the kit.

use serde::Serialize;

use super::{
    e2e_crc::E2eCrc,
    reader::{DecodeError, Reader},
};

/// How long the session can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct CgmSessionRunTime {
    /// Hours from its start.
    pub hours: u16,
    /// E2E-CRC.
    pub e2e_crc: Option<E2eCrc>,
}

impl CgmSessionRunTime {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2AAB;

    /// Decodes the characteristic.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("CGM Session Run Time", bytes);
        let decoded = Self { hours: reader.u16("hours")?, e2e_crc: E2eCrc::read_if_any(&mut reader, bytes)? };
        reader.finish()?;
        Ok(decoded)
    }
}
