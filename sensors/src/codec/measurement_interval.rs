//! Measurement Interval (0x2A21): how often a thermometer measures by itself (Health Thermometer Service 1.0, 3.4).

use serde::Serialize;

use super::reader::{DecodeError, Reader};

/// How often the device measures by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct MeasurementInterval {
    /// Seconds, 1 to 65535; 0: it does not measure by itself.
    pub seconds: u16,
}

impl MeasurementInterval {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2A21;

    /// Decodes the characteristic.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("Measurement Interval", bytes);
        let seconds = reader.u16("seconds")?;
        reader.finish()?;
        Ok(Self { seconds })
    }
}
