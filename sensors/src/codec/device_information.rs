//! What a device says of itself: the texts, System ID (0x2A23) and PnP ID (0x2A50)
//! (Device Information Service 1.1, 3).

use dagsform_care::DeviceInformation;
use serde::{Serialize, Serializer, ser::SerializeStruct};

use super::{
    battery::BatteryLevel,
    reader::{DecodeError, Reader},
};

/// Model Number String.
pub const MODEL_NUMBER_STRING: u16 = 0x2A24;
/// Serial Number String.
pub const SERIAL_NUMBER_STRING: u16 = 0x2A25;
/// Firmware Revision String.
pub const FIRMWARE_REVISION_STRING: u16 = 0x2A26;
/// Hardware Revision String.
pub const HARDWARE_REVISION_STRING: u16 = 0x2A27;
/// Software Revision String.
pub const SOFTWARE_REVISION_STRING: u16 = 0x2A28;
/// Manufacturer Name String.
pub const MANUFACTURER_NAME_STRING: u16 = 0x2A29;

/// The characteristics that [`describe`] understands.
pub const DESCRIPTIVE: [u16; 8] = [
    MANUFACTURER_NAME_STRING,
    MODEL_NUMBER_STRING,
    SERIAL_NUMBER_STRING,
    FIRMWARE_REVISION_STRING,
    HARDWARE_REVISION_STRING,
    SOFTWARE_REVISION_STRING,
    SystemId::CHARACTERISTIC,
    BatteryLevel::CHARACTERISTIC,
];

/// Enters what one characteristic says into `information`; false where it says nothing that belongs
/// there. An empty text and a battery level without meaning are entered as not known.
pub fn describe(information: &mut DeviceInformation, characteristic: u16, bytes: &[u8]) -> Result<bool, DecodeError> {
    let text = || Text::decode(bytes).spoken();
    match characteristic {
        MANUFACTURER_NAME_STRING => information.manufacturer = text(),
        MODEL_NUMBER_STRING => information.model = text(),
        SERIAL_NUMBER_STRING => information.serial = text(),
        FIRMWARE_REVISION_STRING => information.firmware = text(),
        HARDWARE_REVISION_STRING => information.hardware = text(),
        SOFTWARE_REVISION_STRING => information.software = text(),
        SystemId::CHARACTERISTIC => {
            information.system_id = Some(SystemId::decode(bytes)?.to_string());
        }
        BatteryLevel::CHARACTERISTIC => information.battery = BatteryLevel::decode(bytes)?.level,
        _ => return Ok(false),
    }
    Ok(true)
}

/// A text of the device's, UTF-8.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Text {
    /// The text without the zero bytes that some devices send after it.
    pub text: String,
    /// Some bytes were not UTF-8; U+FFFD stands in their place.
    pub lossy: bool,
}

impl Text {
    /// Decodes the characteristic. Any bytes are a text: a name in the wrong encoding must not make a
    /// device unusable.
    pub fn decode(bytes: &[u8]) -> Self {
        let zeros = bytes.iter().rev().take_while(|byte| **byte == 0).count();
        let kept = bytes.get(..bytes.len().saturating_sub(zeros)).unwrap_or_default();
        Self { text: String::from_utf8_lossy(kept).into_owned(), lossy: std::str::from_utf8(kept).is_err() }
    }

    /// The text fit to be shown and compared: no control characters, no blanks around it.
    fn spoken(self) -> Option<String> {
        let plain = self.text.replace(char::is_control, " ");
        let trimmed = plain.trim();
        (!trimmed.is_empty()).then(|| trimmed.to_owned())
    }
}

/// System ID: an EUI-64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SystemId {
    /// Organizationally Unique Identifier, 24 bits, most significant byte first.
    pub organizationally_unique_identifier: [u8; 3],
    /// Manufacturer-defined Identifier, 40 bits, most significant byte first.
    pub manufacturer_defined_identifier: [u8; 5],
}

impl SystemId {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2A23;

    /// Decodes the characteristic: both parts come least significant byte first, the manufacturer's
    /// before the organization's.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("System ID", bytes);
        let mut manufacturer: [u8; 5] = reader.array("manufacturer_defined_identifier")?;
        let mut organization: [u8; 3] = reader.array("organizationally_unique_identifier")?;
        reader.finish()?;
        manufacturer.reverse();
        organization.reverse();
        Ok(Self { organizationally_unique_identifier: organization, manufacturer_defined_identifier: manufacturer })
    }
}

impl std::fmt::Display for SystemId {
    /// Upper-case hexadecimal with hyphens, most significant byte first: `FE-ED-AB-EE-DE-AD-BE-EF`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = self.organizationally_unique_identifier.iter().chain(&self.manufacturer_defined_identifier);
        for (place, byte) in bytes.enumerate() {
            let hyphen = if place == 0 { "" } else { "-" };
            write!(f, "{hyphen}{byte:02X}")?;
        }
        Ok(())
    }
}

impl Serialize for SystemId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut s = serializer.serialize_struct("SystemId", 1)?;
        s.serialize_field("eui_64", &self.to_string())?;
        s.end()
    }
}

/// PnP ID: the product among those of its vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct PnpId {
    /// Vendor ID Source: who assigned the vendor's number.
    pub vendor_id_source: VendorIdSource,
    /// Vendor ID.
    pub vendor_id: u16,
    /// Product ID, assigned by the vendor.
    pub product_id: u16,
    /// Product Version, assigned by the vendor; 0xJJMN is meant to be read as version JJ.M.N.
    pub product_version: u16,
}

/// Who assigned a vendor's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum VendorIdSource {
    /// 1: Bluetooth SIG.
    BluetoothSig,
    /// 2: USB Implementer's Forum.
    UsbImplementersForum,
    /// Any other byte, reserved.
    Reserved(u8),
}

impl PnpId {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2A50;

    /// Decodes the characteristic.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("PnP ID", bytes);
        let decoded = Self {
            vendor_id_source: match reader.u8("vendor_id_source")? {
                1 => VendorIdSource::BluetoothSig,
                2 => VendorIdSource::UsbImplementersForum,
                other => VendorIdSource::Reserved(other),
            },
            vendor_id: reader.u16("vendor_id")?,
            product_id: reader.u16("product_id")?,
            product_version: reader.u16("product_version")?,
        };
        reader.finish()?;
        Ok(decoded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_after_a_text_are_dropped_and_those_within_are_kept() {
        assert_eq!(Text::decode(b"3230\0\0").text, "3230");
        assert_eq!(Text::decode(b"a\0b").text, "a\0b");
        assert_eq!(Text::decode(b"\0").text, "");
    }

    #[test]
    fn a_text_in_another_encoding_is_kept_and_marked() {
        let text = Text::decode(b"Bl\xE5tann");
        assert_eq!(text.text, "Bl\u{FFFD}tann");
        assert!(text.lossy);
        assert!(!Text::decode("Blåtann".as_bytes()).lossy);
    }

    #[test]
    fn a_description_has_no_control_characters_and_no_empty_texts() {
        let mut information = DeviceInformation::default();
        assert_eq!(describe(&mut information, MODEL_NUMBER_STRING, b" 32\x1B30 \0"), Ok(true));
        assert_eq!(information.model.as_deref(), Some("32 30"));
        assert_eq!(describe(&mut information, MODEL_NUMBER_STRING, b"  "), Ok(true));
        assert_eq!(information.model, None);
        assert_eq!(describe(&mut information, PnpId::CHARACTERISTIC, &[]), Ok(false));
    }

    #[test]
    fn each_descriptive_characteristic_is_understood() {
        let mut information = DeviceInformation::default();
        for characteristic in DESCRIPTIVE {
            let bytes: &[u8] = match characteristic {
                SystemId::CHARACTERISTIC => &[0xEF, 0xBE, 0xAD, 0xDE, 0xEE, 0xAB, 0xED, 0xFE],
                _ => &[0x42],
            };
            assert_eq!(describe(&mut information, characteristic, bytes), Ok(true));
        }
        assert_eq!(information.system_id.as_deref(), Some("FE-ED-AB-EE-DE-AD-BE-EF"));
        assert_eq!(information.battery, Some(0x42));
        assert_eq!(information.serial.as_deref(), Some("B"));
    }
}
