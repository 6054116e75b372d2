//! User ID: which of its users a device took the measurement for (Blood Pressure Service 1.1.1, 3.1;
//! Weight Scale Service 1.0, 3.2).

use dagsform_care::User;
use serde::Serialize;

use super::reader::{DecodeError, Reader};

/// One of a device's users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UserId {
    /// 0 to 254: the device's own number of the user.
    Known(u8),
    /// 255: the device does not know who was measured.
    Unknown,
}

impl UserId {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.u8("user_id").map(Self::from)
    }
}

impl From<u8> for UserId {
    fn from(number: u8) -> Self {
        match number {
            u8::MAX => Self::Unknown,
            known => Self::Known(known),
        }
    }
}

impl From<UserId> for User {
    fn from(user: UserId) -> Self {
        match user {
            UserId::Known(number) => Self::Index(number),
            UserId::Unknown => Self::Unknown,
        }
    }
}
