//! Ready-made devices, to be altered by the test that uses them.

use chrono::{NaiveDate, NaiveDateTime};

use super::description::{
    AddressType, Characteristic, Device, Memory, Pairing, Pour, Record, Refusal, Security, Service,
};
use super::mi_scale;

/// PLX Spot-Check Measurement.
pub const SPOT_CHECK: &str = "2A5E";
/// PLX Continuous Measurement.
pub const CONTINUOUS: &str = "2A5F";
/// Blood Pressure Measurement.
pub const BLOOD_PRESSURE: &str = "2A35";
/// Intermediate Cuff Pressure.
pub const CUFF_PRESSURE: &str = "2A36";
/// Weight Measurement.
pub const WEIGHT: &str = "2A9D";
/// Glucose Measurement.
pub const GLUCOSE: &str = "2A18";
/// Glucose Measurement Context.
pub const GLUCOSE_CONTEXT: &str = "2A34";
/// Temperature Measurement.
pub const TEMPERATURE: &str = "2A1C";
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

/// A blood pressure cuff by the specification, which pairs as it is told to. It has nothing to pour
/// ([`pour`]) and knows all the status bits; measurements need the bond.
#[must_use]
pub fn cuff(address: &str, pairing: Pairing) -> Device {
    let measurement = [
        characteristic(BLOOD_PRESSURE, &["indicate"], Security::Encrypt, &[]),
        characteristic(CUFF_PRESSURE, &["notify"], Security::Encrypt, &[]),
        // Blood Pressure Feature: bits 0 to 4, a flag for each kind of doubt.
        characteristic("2A49", &["read"], Security::None, &[0x1F, 0x00]),
    ];
    sensor(address, "SIM-CUFF", "1810", pairing, measurement.into())
}

/// A weight scale by the specification, with several users, which pairs as it is told to. It has
/// nothing to pour ([`pour`]); measurements need the bond.
#[must_use]
pub fn scale(address: &str, pairing: Pairing) -> Device {
    let measurement = [
        characteristic(WEIGHT, &["indicate"], Security::Encrypt, &[]),
        // Weight Scale Feature: time, users and BMI; steps of 5 g or 0.01 lb, of 1 mm or 0.1 inch.
        characteristic("2A9E", &["read"], Security::None, &[0xBF, 0x01, 0x00, 0x00]),
    ];
    sensor(address, "SIM-SCALE", "181D", pairing, measurement.into())
}

/// A glucose meter by the specification, with a passkey and an empty memory ([`glucose_memory`]).
///
/// Measurements and their contexts are notified; they need the bond.
#[must_use]
pub fn glucose_meter(address: &str, passkey: u32) -> Device {
    let measurement = [
        characteristic(GLUCOSE, &["notify"], Security::Encrypt, &[]),
        characteristic(GLUCOSE_CONTEXT, &["notify"], Security::Encrypt, &[]),
        // Glucose Feature: bits 0 to 9, each of the status bits.
        characteristic("2A51", &["read"], Security::None, &[0xFF, 0x03]),
        characteristic(CONTROL_POINT, &["write", "indicate"], Security::Authenticate, &[]),
    ];
    Device {
        memory: Some(glucose_memory(vec![])),
        ..sensor(address, "SIM-GLUCO", "1808", Pairing::Passkey { passkey }, measurement.into())
    }
}

/// A health thermometer by the specification, which pairs without a code and always measures in the
/// ear. It has nothing to pour ([`pour`]); measurements need the bond.
#[must_use]
pub fn thermometer(address: &str) -> Device {
    let measurement = [
        characteristic(TEMPERATURE, &["indicate"], Security::Encrypt, &[]),
        characteristic("2A1D", &["read"], Security::None, &[3]),
    ];
    sensor(address, "SIM-TEMP", "1809", Pairing::JustWorks, measurement.into())
}

/// A pulse oximeter that only streams, without a memory and without single readings: it pairs without a code, and its
/// values need the bond.
#[must_use]
pub fn streamer(address: &str) -> Device {
    let stream = characteristic(CONTINUOUS, &["notify"], Security::Encrypt, &[]);
    sensor(address, "SIM-STREAM", "1822", Pairing::JustWorks, vec![stream])
}

/// A scale that only advertises: it knows no bonds, and nobody connects to it.
#[must_use]
pub fn mi_scale(address: &str, service_data: &str) -> Device {
    Device {
        address_type: AddressType::Public,
        name: Some("MI_SCALE".to_owned()),
        advertised: vec![mi_scale::SERVICE.to_owned()],
        service_data: [(mi_scale::SERVICE.to_owned(), service_data.to_owned())].into(),
        ..nothing(address)
    }
}

/// A device with one service to measure, a battery and its papers.
fn sensor(address: &str, name: &str, service: &str, pairing: Pairing, measurement: Vec<Characteristic>) -> Device {
    Device {
        name: Some(name.to_owned()),
        pairing,
        advertised: vec![service.to_owned()],
        services: vec![
            Service { uuid: service.to_owned(), characteristics: measurement },
            battery(87),
            device_information("Sim Medical", &format!("{name}-1"), &format!("{name}-000001")),
        ],
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
    memory_of(SPOT_CHECK, records)
}

/// Records of a glucose meter, sent without pauses.
#[must_use]
pub fn glucose_memory(records: Vec<Record>) -> Memory {
    memory_of(GLUCOSE, records)
}

fn memory_of(characteristic: &str, records: Vec<Record>) -> Memory {
    Memory {
        characteristic: characteristic.to_owned(),
        records,
        gap_ms: 0,
        drop_before_records: vec![],
        operators: vec![],
        deletable: true,
    }
}

/// Records that a device without a control point sends as soon as it is listened to, without pauses;
/// then it hangs up, as such devices do.
#[must_use]
pub fn pour(characteristic: &str, records: Vec<Record>) -> Pour {
    Pour { characteristic: characteristic.to_owned(), records, delay_ms: 0, gap_ms: 0, hang_up: true }
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
