//! The oximeters and lung monitors with layouts of their own: bytes, what they say, and who is recognised.
//!
//! `vectors/makers-oximeters.json` holds bytes with source, class and expectation in short keys. The comparison is by
//! meaning, so 2 equals 2.00; `null` means that there is no such number, `error` that the bytes must be refused, be it
//! by the layout or as a reading.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

use std::collections::BTreeSet;

use chrono::DateTime;
use dagsform_sensors::{
    characteristic::Characteristic,
    codec::{self, Decoded},
    device::{self, Model, Said, Seen, Standing, Way, Write},
};
use proptest::prelude::*;
use serde_json::Value;

const LAYOUTS: [&str; 10] = [
    "nonin-3230",
    "nonin-df2",
    "nonin-df7",
    "nonin-df8",
    "nonin-df13",
    "nonin-serial",
    "masimo-mightysat",
    "contec-cms50d-bt",
    "viatom-pc-60fw",
    "vitalograph-lung-monitor",
];

fn vectors() -> Vec<Value> {
    serde_json::from_str(include_str!("vectors/makers-oximeters.json")).unwrap()
}

fn decode(name: &str, bytes: &[u8]) -> Result<Said, String> {
    match codec::by_name(name).unwrap().decode(bytes) {
        Ok(Decoded::Own { said, .. }) => Ok(*said),
        Ok(other) => panic!("{name} is no maker's: {other:?}"),
        Err(error) => Err(error.to_string()),
    }
}

/// Our name of what a vector calls so.
fn ours(key: &str) -> &str {
    match key {
        "pulse" => "pulse_rate",
        "pi" | "pai" => "pulse_amplitude_index",
        "pvi" => "pvi_percent",
        "rr" => "respiration_rate_per_minute",
        "serial" => "serial_number",
        "valid_frame" => "crc_ok",
        "pef" => "peak_expiratory_flow",
        "fev1_l" => "forced_expiratory_volume_1s",
        "ratio" => "fev1_fev6_ratio",
        "fef2575" => "fef2575_l_per_s",
        same => same,
    }
}

/// Numbers as numbers, a special value as none.
fn plain(said: &Value) -> Value {
    match said {
        Value::Object(map) if map.contains_key("special") => Value::Null,
        Value::Object(map) => serde_json::from_str(map["value"].as_str().unwrap()).unwrap(),
        other => other.clone(),
    }
}

fn same(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => (one - other).abs() < 1e-9,
        _ => one == other,
    }
}

#[test]
fn every_vector_means_what_its_source_says() {
    let vectors = vectors();
    let mut wrong = Vec::new();
    for vector in &vectors {
        let bytes = hex::decode(vector["hex"].as_str().unwrap()).unwrap();
        let expected = vector["expect"].as_object().unwrap();
        let said = match decode(vector["characteristic"].as_str().unwrap(), &bytes) {
            Ok(said) => said,
            Err(error) if !expected.contains_key("error") => {
                wrong.push(format!("{vector}\n  refused: {error}"));
                continue;
            }
            Err(_) => continue,
        };
        if expected.contains_key("error") {
            if !matches!(said.standing, Standing::Refused(_)) {
                wrong.push(format!("{vector}\n  not refused: {said:?}"));
            }
            continue;
        }
        let json = serde_json::to_value(&said).unwrap();
        for (key, value) in expected {
            let found = plain(&json[ours(key)]);
            let agrees = match (value, &found) {
                (Value::Array(flags), Value::Array(set)) => flags.iter().all(|flag| set.contains(flag)),
                _ => same(&found, value),
            };
            if !agrees {
                wrong.push(format!("{vector}\n  {key}: {found}, of {json}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(vectors.len(), VECTORS);
}
const VECTORS: usize = 102;

#[test]
fn every_layout_has_vectors_that_it_reads_and_vectors_that_it_refuses() {
    let named = |wanted: &dyn Fn(&Value) -> bool| -> BTreeSet<String> {
        let of = |v: &Value| codec::by_name(v["characteristic"].as_str().unwrap()).unwrap().to_string();
        vectors().iter().filter(|v| wanted(&v["expect"])).map(of).collect()
    };
    let (read, refused) = (named(&|expect| expect.get("error").is_none()), named(&|e| e.get("error").is_some()));
    for name in LAYOUTS {
        assert!(read.contains(name), "{name}");
        assert!(refused.contains(name), "{name}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_decoded_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..140)) {
        for name in LAYOUTS.into_iter().chain(["beurer-po60", "telit-terminal-io-credits"]) {
            let _ = decode(name, &bytes);
        }
    }

    #[test]
    fn a_vector_with_some_bytes_changed_is_decoded_or_refused(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let vectors = vectors();
        let vector = which.get(&vectors);
        let mut bytes = hex::decode(vector["hex"].as_str().unwrap()).unwrap();
        for (place, byte) in changes {
            *place.get_mut(&mut bytes) = byte;
        }
        let _ = decode(vector["characteristic"].as_str().unwrap(), &bytes);
        for model in device::models() {
            let _ = (model.acknowledgement)(&bytes);
        }
    }
}

/// Its services and characteristics, and what it calls itself.
struct Device {
    services: &'static [&'static str],
    characteristics: &'static [&'static str],
    name: &'static str,
}

const NONIN: Device = Device {
    services: &["46A970E0-0D5F-11E2-8B5E-0002A5D5C51B"],
    characteristics: &["0AAD7EA0-0D60-11E2-8E3C-0002A5D5C51B", "1447AF80-0D60-11E2-88B6-0002A5D5C51B"],
    name: "Nonin3230_502134567",
};
const MASIMO: Device = Device {
    services: &["54C21000-A720-4B4F-11E4-9FE20002A5D5"],
    characteristics: &["54C21001-A720-4B4F-11E4-9FE20002A5D5", "54C21002-A720-4B4F-11E4-9FE20002A5D5"],
    name: "MightySat 123",
};
const CONTEC: Device = Device {
    services: &["0000FF12-0000-1000-8000-00805F9B34FB"],
    characteristics: &["0000FF01-0000-1000-8000-00805F9B34FB", "0000FF02-0000-1000-8000-00805F9B34FB"],
    name: "SpO208",
};
const VIATOM: Device = Device {
    services: &["6E400001-B5A3-F393-E0A9-E50E24DCCA9E"],
    characteristics: &["6E400002-B5A3-F393-E0A9-E50E24DCCA9E", "6E400003-B5A3-F393-E0A9-E50E24DCCA9E"],
    name: "PC-60F_SN109400",
};
const VITALOGRAPH: Device = Device {
    services: &["0000FEFB-0000-1000-8000-00805F9B34FB"],
    characteristics: &[
        "00000001-0000-1000-8000-008025000000",
        "00000002-0000-1000-8000-008025000000",
        "00000003-0000-1000-8000-008025000000",
        "00000004-0000-1000-8000-008025000000",
    ],
    name: "LUNG_129406",
};

fn characteristics(uuids: &[&str]) -> Vec<Characteristic> {
    uuids.iter().map(|uuid| Characteristic::from(uuid.parse::<uuid::Uuid>().unwrap())).collect()
}

fn model_of(services: &[&str], has: &[&str], name: &str) -> Option<&'static Model> {
    let (services, has) = (characteristics(services), characteristics(has));
    device::model_of(&Seen {
        services: &services,
        characteristics: &has,
        manufacturer: None,
        model: None,
        name: Some(name),
    })
}

impl Device {
    fn model(&self) -> &'static Model {
        model_of(self.services, self.characteristics, self.name).unwrap()
    }
}

#[test]
fn a_model_is_recognised_by_what_it_has_and_never_by_its_name_alone() {
    for (device, name) in [
        (NONIN, "Nonin 3230 and WristOx2 3150 BLE"),
        (MASIMO, "Masimo MightySat"),
        (CONTEC, "Contec CMS50D-BT"),
        (VIATOM, "Viatom PC-60FW"),
        (VITALOGRAPH, "Vitalograph Lung Monitor BLE"),
    ] {
        assert_eq!(device.model().name, name);
        assert_eq!(model_of(&[], &[], device.name), None, "{name}");
        assert_eq!(model_of(&["0000180A-0000-1000-8000-00805F9B34FB"], &[], device.name), None, "{name}");
    }
}

#[test]
fn services_that_many_devices_have_are_not_enough() {
    for device in [CONTEC, VIATOM, VITALOGRAPH] {
        assert_eq!(model_of(device.services, device.characteristics, "PO60"), None);
    }
}

#[test]
fn an_oximeter_that_also_keeps_to_the_standard_is_left_to_it() {
    for device in [NONIN, MASIMO] {
        let mut has = device.characteristics.to_vec();
        has.push("00002A5F-0000-1000-8000-00805F9B34FB");
        assert_eq!(model_of(device.services, &has, device.name), None);
    }
}

fn written(writes: &[Write]) -> Vec<(String, String)> {
    writes.iter().map(|write| (write.characteristic.to_string(), hex::encode(&write.bytes))).collect()
}

#[test]
fn each_is_told_what_it_wants_to_be_told() {
    let now = DateTime::parse_from_rfc3339("2026-11-23T08:00:00+01:00").unwrap();
    let opening = |device: Device| written(&(device.model().opening)(now));
    let to = |uuid: &str, hex: &str| (uuid.to_ascii_lowercase(), hex.to_owned());
    assert_eq!(opening(NONIN), []);
    // The first is the one of the capture; the second has the checksum of its polynomial.
    let masimo = opening(MASIMO);
    assert_eq!(masimo[0], to(MASIMO.characteristics[0], "77020107"));
    assert_eq!(masimo[1], to(MASIMO.characteristics[0], "7705030b0000d6"));
    assert_eq!(opening(CONTEC), [("FF01".to_owned(), "9b011c".to_owned())]);
    assert_eq!(opening(VITALOGRAPH), [to(VITALOGRAPH.characteristics[2], "20")]);

    let blow = vectors().into_iter().find(|v| v["characteristic"] == "vendor:VitalographLungMonitor").unwrap();
    let mut frame = hex::decode(blow["hex"].as_str().unwrap()).unwrap();
    let answer = |frame: &[u8]| written(&(VITALOGRAPH.model().acknowledgement)(frame))[0].clone();
    assert_eq!(answer(&frame), to(VITALOGRAPH.characteristics[0], "06"));
    *frame.last_mut().unwrap() ^= 1;
    assert_eq!(answer(&frame), to(VITALOGRAPH.characteristics[0], "15"));
    // Credits that it grants are no frame.
    assert_eq!((VITALOGRAPH.model().acknowledgement)(&[2]), []);

    let again = CONTEC.model().keep_alive.unwrap();
    assert_eq!((again.writes)(), (CONTEC.model().opening)(now));
}

fn whole_of(device: &Device, layout: &str) -> fn(&[u8]) -> Option<usize> {
    let channel = device.model().channels.iter().find(|channel| channel.layout.name == layout).unwrap();
    match channel.way {
        Way::Pieces(whole) | Way::StreamInPieces(whole) => whole,
        other => panic!("{other:?}"),
    }
}

/// The models whose frames come in pieces.
const IN_PIECES: [(Device, &str); 4] = [
    (MASIMO, "masimo-mightysat"),
    (CONTEC, "contec-cms50d-bt"),
    (VIATOM, "viatom-pc-60fw"),
    (VITALOGRAPH, "vitalograph-lung-monitor"),
];

#[test]
fn a_frame_is_whole_wherever_it_is_cut() {
    for (device, layout) in IN_PIECES {
        let whole = whole_of(&device, layout);
        let of = |v: &Value| codec::by_name(v["characteristic"].as_str().unwrap()).unwrap().to_string() == layout;
        for vector in vectors().iter().filter(|v| of(v) && v["expect"].get("error").is_none()) {
            let frame = hex::decode(vector["hex"].as_str().unwrap()).unwrap();
            for cut in 0..frame.len() {
                assert_eq!(whole(&frame[..cut]), None, "{vector} {cut}");
            }
            assert_eq!(whole(&[&frame[..], &frame[..2]].concat()), Some(frame.len()), "{vector}");
            // A lost beginning costs that frame and no other.
            let flow = [&frame[1..], &frame[..]].concat();
            let (frames, left) = cut(whole, &flow);
            assert_eq!((frames.last(), left), (Some(&&frame[..]), &[][..]), "{vector}");
        }
    }
}

/// The frames of a flow, and what is left.
fn cut(whole: fn(&[u8]) -> Option<usize>, mut left: &[u8]) -> (Vec<&[u8]>, &[u8]) {
    let mut frames = Vec::new();
    while let Some(length) = whole(left) {
        assert!((1..=left.len()).contains(&length), "{length} of {left:02X?}");
        frames.push(&left[..length]);
        left = &left[length..];
    }
    (frames, left)
}

proptest! {
    #[test]
    fn whatever_comes_is_cut_into_frames_until_nothing_is_left_or_more_is_needed(
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(vec![2, 3, 0x55, 0x77, 0xAA, 0xEB])], 0..80),
    ) {
        for (device, layout) in IN_PIECES {
            let (frames, left) = cut(whole_of(&device, layout), &bytes);
            prop_assert_eq!(frames.concat().len() + left.len(), bytes.len());
        }
    }
}

#[test]
fn what_has_not_settled_is_interim_and_says_why() {
    for (name, hex, flag) in [
        ("nonin-3230", "0a191e01f4000162004 8", "signal-analysis-ongoing"),
        ("nonin-3230", "0a051e01f40001620048", "sensor-displaced"),
        ("nonin-df8", "80396208", "sensor-unconnected-to-user"),
        ("masimo-mightysat", "7711050000200004ff04ff04ff0cffff04ff8c", "sensor-unconnected-to-user"),
        ("contec-cms50d-bt", "eb010400007f006f", "measurement-unavailable"),
    ] {
        let said = decode(name, &hex::decode(hex.replace(' ', "")).unwrap()).unwrap();
        let json = serde_json::to_value(&said).unwrap();
        assert_eq!(json["standing"], "interim", "{json}");
        assert!(json["flags"].as_array().unwrap().contains(&flag.into()), "{json}");
    }
}
