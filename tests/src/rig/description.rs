//! What a simulated device is, as JSON: the same description is given to the emulator and to the
//! peripheral in the virtual machine.
//!
//! UUIDs are written as the specification writes them (`"2A5E"`, `"1822"`) or in full; bytes are
//! written as hex. Records count from one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One simulated device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// `AA:BB:CC:DD:EE:FF`. A random address must be a static one (the two highest bits set).
    pub address: String,
    /// Public, or random static.
    #[serde(default)]
    pub address_type: AddressType,
    /// The name it advertises, if any.
    #[serde(default)]
    pub name: Option<String>,
    /// How it pairs.
    pub pairing: Pairing,
    /// Whether it accepts a new bond now. A bonded tablet connects in either case.
    #[serde(default = "yes")]
    pub pairing_mode: bool,
    /// How it says no outside its pairing mode.
    #[serde(default)]
    pub refusal: Refusal,
    /// Whether it is in range and advertising.
    #[serde(default = "yes")]
    pub present: bool,
    /// Service UUIDs in the advertisement.
    #[serde(default)]
    pub advertised: Vec<String>,
    /// Service data in the advertisement: UUID to bytes.
    #[serde(default)]
    pub service_data: BTreeMap<String, String>,
    /// Manufacturer data in the advertisement: company identifier (decimal) to bytes.
    #[serde(default)]
    pub manufacturer_data: BTreeMap<u16, String>,
    /// Its GATT database.
    #[serde(default)]
    pub services: Vec<Service>,
    /// Records that can be asked for through the Record Access Control Point (2A52).
    #[serde(default)]
    pub memory: Option<Memory>,
    /// Records that it sends unasked after a connection, as devices without RACP do.
    #[serde(default)]
    pub pour: Option<Pour>,
}

/// The kind of a device's address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressType {
    /// Registered with the IEEE.
    Public,
    /// Random static.
    #[default]
    Random,
}

/// How a device pairs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case", deny_unknown_fields)]
pub enum Pairing {
    /// The device shows six digits which must be entered on the tablet.
    Passkey {
        /// The digits.
        passkey: u32,
    },
    /// A bond without proof of who is at the other end.
    JustWorks,
    /// The device knows no bonds.
    None,
}

/// How a device that is not in pairing mode answers an attempt to pair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// "Pairing not supported": BlueZ reports `AuthenticationFailed` without having asked for a code.
    #[default]
    Failed,
    /// BlueZ reports `AuthenticationRejected` (emulator only).
    Rejected,
    /// It lets no stranger connect: BlueZ reports `ConnectionAttemptFailed` (emulator only).
    Unreachable,
}

/// A primary service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Its UUID.
    pub uuid: String,
    /// Its characteristics, in the order of their handles.
    pub characteristics: Vec<Characteristic>,
}

/// A characteristic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Characteristic {
    /// Its UUID.
    pub uuid: String,
    /// `read`, `write`, `write-without-response`, `notify`, `indicate`.
    pub flags: Vec<String>,
    /// What the link needs before it can be read, written or subscribed to.
    #[serde(default)]
    pub security: Security,
    /// The value that a read gives.
    #[serde(default)]
    pub value: String,
}

/// What a characteristic asks of the link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Security {
    /// Nothing.
    #[default]
    None,
    /// A bond of any kind.
    Encrypt,
    /// A bond made with a passkey.
    Authenticate,
}

/// Stored records behind a Record Access Control Point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// The characteristic that carries the records.
    pub characteristic: String,
    /// The records, oldest first.
    pub records: Vec<Record>,
    /// Wait before each record, in milliseconds.
    #[serde(default)]
    pub gap_ms: u64,
    /// Drop the link instead of sending these records, once each (by their place in the memory, from one).
    #[serde(default)]
    pub drop_before_records: Vec<usize>,
    /// The operators it knows (Record Access Control Point, table of operators); all when empty.
    #[serde(default)]
    pub operators: Vec<u8>,
    /// Whether the collector may delete records.
    #[serde(default = "yes")]
    pub deletable: bool,
}

/// Stored records that are sent without being asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pour {
    /// The characteristic that carries the records.
    pub characteristic: String,
    /// The records, oldest first; each is forgotten once it has left (indicated: been confirmed), and
    /// what a broken link kept back is sent over the next one.
    pub records: Vec<Record>,
    /// Wait between the subscription and the first record, in milliseconds.
    #[serde(default)]
    pub delay_ms: u64,
    /// Wait between two records, in milliseconds.
    #[serde(default)]
    pub gap_ms: u64,
    /// Whether the device ends the connection after the last record.
    #[serde(default)]
    pub hang_up: bool,
}

/// One record: the bytes that go over the air, and what they mean by the one who made them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The value of the characteristic, as hex.
    pub bytes: String,
    /// The sequence number that the control point filters on; the record's place when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u16>,
    /// What the bytes say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meaning: Option<Meaning>,
    /// Frames on other characteristics that belong to the record and follow it at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub followed_by: Vec<Frame>,
}

/// A value on a characteristic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frame {
    /// The characteristic.
    pub characteristic: String,
    /// The value, as hex.
    pub bytes: String,
    /// What the bytes say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meaning: Option<Meaning>,
}

/// What a record says, written by its maker and never by a decoder.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meaning {
    /// The kind of record, for example `plx_spot_check`.
    pub kind: String,
    /// The time on the device's own clock, `2026-11-23T08:15:00`.
    #[serde(default)]
    pub device_time: Option<String>,
    /// Decimal text by name, as precise as the bytes: `spo2` → `97`, `pulse_rate` → `61.0`.
    pub values: BTreeMap<String, String>,
    /// UCUM codes of the values, by the same names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub units: BTreeMap<String, String>,
    /// What it says beside numbers, by name: `user_id` → `2`, `meal` → `fasting`, and what stands in
    /// the place of a number: `glucose` → `+INFINITY`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<String, String>,
    /// The names of the status bits that are set.
    #[serde(default)]
    pub flags: Vec<String>,
}

impl Device {
    /// The characteristic with this UUID, short or full.
    #[must_use]
    pub fn characteristic(&self, uuid: &str) -> Option<&Characteristic> {
        let wanted = full_uuid(uuid);
        let mut all = self.services.iter().flat_map(|service| &service.characteristics);
        all.find(|characteristic| full_uuid(&characteristic.uuid) == wanted)
    }
}

impl Characteristic {
    /// Whether a flag is among its flags.
    #[must_use]
    pub fn is(&self, flag: &str) -> bool {
        self.flags.iter().any(|candidate| candidate == flag)
    }
}

const BASE_UUID: &str = "-0000-1000-8000-00805f9b34fb";

/// The UUID in full, lower case.
#[must_use]
pub fn full_uuid(uuid: &str) -> String {
    let uuid = uuid.to_ascii_lowercase();
    match uuid.len() {
        4 => format!("0000{uuid}{BASE_UUID}"),
        8 => format!("{uuid}{BASE_UUID}"),
        _ => uuid,
    }
}

/// The UUID as the specification writes it (`2A5E`), or in full where it has no short form.
#[must_use]
pub fn short_uuid(uuid: &str) -> String {
    let full = full_uuid(uuid);
    let short = full.strip_suffix(BASE_UUID).and_then(|head| head.strip_prefix("0000"));
    short.map_or_else(|| full.clone(), str::to_ascii_uppercase)
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_known_by_its_short_and_its_full_form() {
        assert_eq!(full_uuid("2A5E"), "00002a5e-0000-1000-8000-00805f9b34fb");
        assert_eq!(short_uuid("00002a5e-0000-1000-8000-00805f9b34fb"), "2A5E");
        let own = "cd5c1525-4448-7db8-ae4c-d1da8cba36d0";
        assert_eq!((full_uuid(own), short_uuid(own)), (own.to_owned(), own.to_owned()));
    }

    #[test]
    fn a_description_without_the_optional_parts_is_a_present_device_in_pairing_mode() {
        let json = r#"{"address":"F0:00:00:00:00:01","pairing":{"method":"just_works"}}"#;
        let device: Device = serde_json::from_str(json).unwrap();
        assert!(device.present && device.pairing_mode);
        assert_eq!(device.address_type, AddressType::Random);
    }
}
