//! CGM Session Start Time (0x2AAA): what the minutes of a glucose sensor's records are counted from (Continuous
//! Glucose Monitoring Service 1.0.2, 3.4; GATT Specification Supplement, CGM Session Start Time). Decoded only:
//! continuous glucose is not in the kit.

use serde::Serialize;

use super::{
    date_time::DateTime,
    e2e_crc::E2eCrc,
    local_time_information::{DstOffset, TimeZone},
    reader::{DecodeError, Reader},
};

/// When the session began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct CgmSessionStartTime {
    /// Session Start Time, by the clock that the collector set.
    pub start_time: DateTime,
    /// Time Zone of it.
    pub time_zone: TimeZone,
    /// DST Offset of it.
    pub dst_offset: DstOffset,
    /// E2E-CRC.
    pub e2e_crc: Option<E2eCrc>,
}

impl CgmSessionStartTime {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2AAA;

    /// Decodes the characteristic.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("CGM Session Start Time", bytes);
        let r = &mut reader;
        let decoded = Self {
            start_time: DateTime::read(r, "start_time")?,
            time_zone: TimeZone::read(r)?,
            dst_offset: DstOffset::read(r)?,
            e2e_crc: E2eCrc::read_if_any(r, bytes)?,
        };
        reader.finish()?;
        Ok(decoded)
    }
}
