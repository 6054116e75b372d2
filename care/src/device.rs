//! The sensor that a reading came from.

use serde::{Deserialize, Serialize};

/// The Bluetooth device address of an assigned sensor, upper case with colons (`F0:F1:F2:F3:F4:F5`).
///
/// For a bonded device this is its identity address: public, or static random (Bluetooth Core 5.4,
/// Vol 6, Part B, 1.3). It does not change while the bond lives.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeviceId(String);

/// Why a text is not a Bluetooth device address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a Bluetooth address: write it as six pairs such as F0:F1:F2:F3:F4:F5")]
pub struct NotAnAddress(pub String);

impl DeviceId {
    /// Reads an address with colons, in either case.
    pub fn parse(text: &str) -> Result<Self, NotAnAddress> {
        let pairs: Vec<&str> = text.split(':').collect();
        let well_formed =
            pairs.len() == 6 && pairs.iter().all(|pair| pair.len() == 2 && pair.bytes().all(|b| b.is_ascii_hexdigit()));
        if !well_formed {
            return Err(NotAnAddress(text.to_owned()));
        }
        Ok(Self(text.to_ascii_uppercase()))
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for DeviceId {
    type Error = NotAnAddress;
    fn try_from(text: String) -> Result<Self, NotAnAddress> {
        Self::parse(&text)
    }
}

impl From<DeviceId> for String {
    fn from(id: DeviceId) -> Self {
        id.0
    }
}

impl std::fmt::Display for DeviceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a device says of itself (Device Information Service 1.1; Battery Service 1.0).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeviceInformation {
    /// Manufacturer Name String (0x2A29).
    pub manufacturer: Option<String>,
    /// Model Number String (0x2A24).
    pub model: Option<String>,
    /// Serial Number String (0x2A25).
    pub serial: Option<String>,
    /// Firmware Revision String (0x2A26).
    pub firmware: Option<String>,
    /// Hardware Revision String (0x2A27).
    pub hardware: Option<String>,
    /// Software Revision String (0x2A28).
    pub software: Option<String>,
    /// System ID (0x2A23): an EUI-64 in upper-case hexadecimal with hyphens, most significant byte first.
    pub system_id: Option<String>,
    /// Battery Level (0x2A19) in per cent, 0 to 100.
    pub battery: Option<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_in_one_spelling() {
        assert_eq!(DeviceId::parse("f0:f1:f2:f3:f4:f5").unwrap().as_str(), "F0:F1:F2:F3:F4:F5");
    }

    #[test]
    fn what_is_not_an_address_is_refused() {
        for text in ["", "F0:F1:F2:F3:F4", "F0-F1-F2-F3-F4-F5", "F0:F1:F2:F3:F4:G5", "F0:F1:F2:F3:F4:F5:F6"] {
            assert!(DeviceId::parse(text).is_err(), "{text}");
        }
    }
}
