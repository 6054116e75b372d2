//! Battery Level (0x2A19; Battery Service 1.0, 3.1).

use serde::Serialize;

use super::reader::{DecodeError, Reader};

/// How much the device's battery holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct BatteryLevel {
    /// Per cent, 0 to 100. `None`: the byte is above 100, which has no meaning.
    pub level: Option<u8>,
    /// The byte as sent.
    pub raw: u8,
}

impl BatteryLevel {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2A19;

    /// Decodes the characteristic.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("Battery Level", bytes);
        let raw = reader.u8("level")?;
        reader.finish()?;
        Ok(Self { level: (raw <= 100).then_some(raw), raw })
    }
}
