//! User Index (0x2A9A): which of a device's users is chosen (User Data Service 1.1, 3.3).

use serde::Serialize;

use super::{
    reader::{DecodeError, Reader},
    user_id::UserId,
};

/// The user who is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct UserIndex {
    /// The user.
    pub user_id: UserId,
}

impl UserIndex {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2A9A;

    /// Decodes the characteristic.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("User Index", bytes);
        let user_id = UserId::read(&mut reader)?;
        reader.finish()?;
        Ok(Self { user_id })
    }
}
