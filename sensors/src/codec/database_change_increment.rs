//! Database Change Increment (0x2A99): how often the data of a device's user changed (User Data Service 1.1, 3.2).

use serde::Serialize;

use super::reader::{DecodeError, Reader};

/// How often the data of the user changed. The collector writes one more than it read when it changes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct DatabaseChangeIncrement {
    /// The count.
    pub increment: u32,
}

impl DatabaseChangeIncrement {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2A99;

    /// Decodes the characteristic.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("Database Change Increment", bytes);
        let increment = reader.u32("increment")?;
        reader.finish()?;
        Ok(Self { increment })
    }

    /// The bytes to write to the characteristic.
    pub fn bytes(self) -> [u8; 4] {
        self.increment.to_le_bytes()
    }
}
