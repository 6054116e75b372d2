//! Ready-made devices, to be altered by the test that uses them.

use chrono::{NaiveDate, NaiveDateTime};

use super::description::{AddressType, Characteristic, Device, Memory, Pairing, Record, Refusal, Security, Service};

/// PLX Spot-Check Measurement.
pub const SPOT_CHECK: &str = "2A5E";
/// PLX Continuous Measurement.
pub const CONTINUOUS: &str = "2A5F";
/// Record Access Control Point.
pub const CONTROL_POINT: &str = "2A52";
/// Battery Level.
pub const BATTERY_LEVEL: &str = "2A19";

/// A pulse oximeter by the specification, with a passkey, an empty memory and no clock service.
///
/// Spot checks are indicated, the continuous values notified; features and the control point need
/// the bond.
#[must_use]
pub fn oximeter(address: &str, passkey: u32) -> Device {
    Device {
        name: Some("SIM-OXI".to_owned()),
        pairing: Pairing::Passkey { passkey },
        advertised: vec!["1822".to_owned()],
        services: vec![
            Service {
                uuid: "1822".to_owned(),
                characteristics: vec![
                    characteristic(SPOT_CHECK, &["indicate"], Security::None, &[]),
                    characteristic(CONTINUOUS, &["notify"], Security::None, &[]),
                    characteristic("2A60", &["read"], Security::Encrypt, &[0x07, 0x00]),
                    characteristic(CONTROL_POINT, &["write", "indicate"], Security::Authenticate, &[]),
                ],
            },
            battery(87),
            device_information("Sim Medical", "SIM-OXI-1", "OX-000001"),
        ],
        memory: Some(memory(vec![])),
        ..nothing(address)
    }
}

/// A device that cannot be found, has no services and knows no bonds: a start for others.
#[must_use]
pub fn nothing(address: &str) -> Device {
    Device {
        address: address.to_owned(),
        address_type: AddressType::Random,
        name: None,
        pairing: Pairing::None,
        pairing_mode: true,
        refusal: Refusal::Failed,
        present: true,
        advertised: vec![],
        service_data: [].into(),
        manufacturer_data: [].into(),
        services: vec![],
        memory: None,
        pour: None,
    }
}

/// Records on the spot-check characteristic, sent without pauses.
#[must_use]
pub fn memory(records: Vec<Record>) -> Memory {
    Memory {
        characteristic: SPOT_CHECK.to_owned(),
        records,
        gap_ms: 0,
        drop_before_record: None,
        operators: vec![],
        deletable: true,
    }
}

/// A battery service.
#[must_use]
pub fn battery(per_cent: u8) -> Service {
    let level = characteristic(BATTERY_LEVEL, &["read", "notify"], Security::None, &[per_cent]);
    Service { uuid: "180F".to_owned(), characteristics: vec![level] }
}

/// A device information service.
#[must_use]
pub fn device_information(maker: &str, model: &str, serial: &str) -> Service {
    let text = |uuid: &str, text: &str| characteristic(uuid, &["read"], Security::None, text.as_bytes());
    Service {
        uuid: "180A".to_owned(),
        characteristics: vec![text("2A29", maker), text("2A24", model), text("2A25", serial)],
    }
}

/// A characteristic.
#[must_use]
pub fn characteristic(uuid: &str, flags: &[&str], security: Security, value: &[u8]) -> Characteristic {
    let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
    Characteristic { uuid: uuid.to_owned(), flags, security, value: hex::encode(value) }
}

/// Noon on 23 November 2026, a time to start from.
#[must_use]
pub fn noon() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(2026, 11, 23).and_then(|day| day.and_hms_opt(12, 0, 0)).unwrap_or_default()
}
