//! Cuffs that depart from the standard: bytes that no one of this project made, against what their sources say they
//! mean; how a model is recognised; what is refused.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

use dagsform_sensors::{
    Characteristic,
    codec::{self, Decoded, Selector},
    device::{self, Detail, OmronMode, Said, Secrets, Seen, Standing, omron_mode},
};
use proptest::prelude::*;
use serde_json::{Value, json};

const LAYOUTS: [&str; 12] = [
    "beurer-bm85",
    "microlife-command",
    "microlife-measurement",
    "microlife-memory",
    "microlife-reply",
    "omron-advertised-name",
    "omron-classic-vital-14bit-be",
    "omron-classic-vital-14le",
    "omron-classic-vital-16-6401",
    "omron-classic-vital-16le",
    "omron-classic-vital-24-heartguide",
    "yonker-yk-ibpa1",
];

#[test]
fn every_vector_means_what_its_source_says() {
    let vectors: Vec<Value> = serde_json::from_str(include_str!("vectors/makers-cuffs.json")).unwrap();
    let wrong: Vec<String> =
        vectors.iter().filter_map(|vector| Some(format!("{vector}\n  {}", differs(vector)?))).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(vectors.len(), 58);
}

/// In what a vector differs from what was decoded.
fn differs(vector: &Value) -> Option<String> {
    let selector = codec::by_name(vector["characteristic"].as_str().unwrap()).unwrap();
    let expected = vector["expect"].as_object().unwrap();
    let said = match selector.decode(&hex::decode(vector["hex"].as_str().unwrap()).unwrap()) {
        Ok(decoded) => serde_json::to_value(&decoded).unwrap(),
        Err(error) => return (!expected.contains_key("error")).then(|| error.to_string()),
    };
    let refused = said["standing"] == "refused";
    if refused != expected.contains_key("error") {
        return Some(said.to_string());
    }
    let equal = |(key, value): &(&String, &Value)| key.as_str() == "error" || same(&fact(&said, key), value);
    expected.iter().find(|pair| !equal(pair)).map(|(key, _)| format!("{key}: {said}"))
}

/// What was decoded, under a key of the vectors.
fn fact(said: &Value, key: &str) -> Value {
    let flag = |flag: &str| json!(said["flags"].as_array().is_some_and(|flags| flags.contains(&json!(flag))));
    let number = |name: &str| json!(said[name]["value"].as_str().map(|number| number.parse::<f64>().unwrap()));
    match key {
        "sys" | "systolic" => number("systolic"),
        "dia" | "diastolic" => number("diastolic"),
        "bpm" | "pulse" => number("pulse_rate_by_cuff"),
        "timestamp" => said["time"].clone(),
        "seq" => said["sequence_number"].clone(),
        "irregular_pulse" | "ihb" => flag("irregular-pulse"),
        "mov" => flag("body-movement"),
        "status_swapped" => said["measurement_status"].clone(),
        "payload" => json!(hex::decode(said["payload"].as_str().unwrap()).unwrap()),
        other => said[other].clone(),
    }
}

/// Numbers compare as numbers; a time may leave out its seconds.
fn same(said: &Value, expected: &Value) -> bool {
    match (said, expected) {
        (Value::Number(said), Value::Number(expected)) => said.as_f64() == expected.as_f64(),
        (Value::String(said), Value::String(expected)) => said == expected || *said == format!("{expected}:00"),
        _ => said == expected,
    }
}

fn read(name: &str, bytes: &[u8]) -> Said {
    let Selector::Layout(layout) = codec::by_name(name).unwrap() else { panic!("{name}") };
    (layout.read)(bytes, &Secrets::default()).unwrap()
}

proptest! {
    #[test]
    fn any_bytes_are_decoded_or_refused_without_a_panic(
        mut bytes in prop::collection::vec(any::<u8>(), 0..64),
        mark in prop::option::of(prop::sample::select(vec![[0x4D, 0x3A], [0x4D, 0xFF], [0x81, 0x78], [0x56, 0x6A]])),
    ) {
        if let (Some(mark), Some(start)) = (mark, bytes.first_chunk_mut()) {
            *start = mark;
        }
        for name in LAYOUTS {
            match codec::by_name(name).unwrap().decode(&bytes) {
                Ok(Decoded::Own { layout, said }) => {
                    prop_assert_eq!(layout, name);
                    prop_assert!(serde_json::to_value(&said).is_ok());
                }
                Ok(other) => prop_assert!(false, "{:?}", other),
                Err(error) => prop_assert!(error.to_string().starts_with(name), "{}", error),
            }
        }
    }

    #[test]
    fn one_wrong_byte_in_a_record_of_omron_is_noticed(place in 0_usize..13, change in 1_u8..) {
        let mut record = hex::decode("645a611a7219041180000d006699").unwrap();
        record[place] ^= change;
        let said = read("omron-classic-vital-14le", &record);
        prop_assert!(matches!(said.standing, Standing::Refused(_)), "{:?}", said);
    }

    #[test]
    fn exchanging_the_bytes_of_each_word_makes_one_omron_record_the_other(record: [u8; 14]) {
        let swapped: Vec<u8> = record.chunks(2).flat_map(|word| [word[1], word[0]]).collect();
        let [straight, exchanged] =
            [read("omron-classic-vital-14le", &record), read("omron-classic-vital-14bit-be", &swapped)];
        prop_assert_eq!(straight.values, exchanged.values);
        prop_assert_eq!((straight.time, straight.flags), (exchanged.time, exchanged.flags));
        prop_assert_eq!((straight.standing, straight.details), (exchanged.standing, exchanged.details));
    }
}

/// The model of a device with these services, characteristics, and so named by itself.
fn model(services: &[&str], characteristics: &[&str], model: Option<&str>, name: Option<&str>) -> Option<&'static str> {
    let all = |uuids: &[&str]| -> Vec<Characteristic> {
        uuids.iter().map(|uuid| Characteristic::from(uuid.parse::<uuid::Uuid>().unwrap())).collect()
    };
    let (services, characteristics) = (all(services), all(characteristics));
    let seen = Seen { services: &services, characteristics: &characteristics, manufacturer: None, model, name };
    device::model_of(&seen).map(|model| model.name)
}

const BLOOD_PRESSURE: &str = "00001810-0000-1000-8000-00805f9b34fb";
const BLOOD_PRESSURE_MEASUREMENT: &str = "00002a35-0000-1000-8000-00805f9b34fb";
const YONKER: &str = "cdeacd80-5235-4c07-8846-93a37ee6b86d";
const YONKER_MEASUREMENT: &str = "cdeacd81-5235-4c07-8846-93a37ee6b86d";

#[test]
fn a_bm85_is_known_by_its_characteristic_together_with_what_it_calls_itself() {
    let (services, characteristics) = ([BLOOD_PRESSURE], [BLOOD_PRESSURE_MEASUREMENT]);
    let bm85 = Some("Beurer BM 85");
    assert_eq!(model(&services, &characteristics, Some("BM85"), None), bm85);
    assert_eq!(model(&services, &characteristics, None, Some("Beurer BM85")), bm85);
    assert_eq!(model(&[], &[], None, Some("Beurer BM85")), None, "never by its name alone");
    assert_eq!(
        model(&services, &characteristics, Some("BM54"), Some("BM54")),
        None,
        "a cuff that keeps to the standard"
    );
}

#[test]
fn a_yonker_cuff_is_known_by_its_service_together_with_what_it_calls_itself() {
    let (services, characteristics) = ([YONKER], [YONKER_MEASUREMENT]);
    let yonker = Some("Yonker YK-IBPA1");
    assert_eq!(model(&services, &characteristics, None, Some("YK-IBPA1")), yonker);
    assert_eq!(model(&services, &characteristics, Some("YK-BPW5"), None), yonker);
    assert_eq!(model(&[BLOOD_PRESSURE], &[BLOOD_PRESSURE_MEASUREMENT], None, Some("YK-IBPA1")), None);
    assert_ne!(model(&services, &characteristics, None, Some("YK-81C")), yonker, "an oximeter with the same service");
}

const OWN_OF_A_AND_D: &str = "233bf001-5a34-1b6d-975c-000d5690abe4";
const DATE_TIME: &str = "00002a08-0000-1000-8000-00805f9b34fb";

#[test]
fn a_and_d_is_known_by_its_own_characteristic_and_has_its_clock_in_a_date_time() {
    for (measurement, name) in [
        (BLOOD_PRESSURE_MEASUREMENT, "A&D UA-651BLE, UA-656BLE"),
        ("00002a9d-0000-1000-8000-00805f9b34fb", "A&D UC-352BLE"),
        ("00002a1c-0000-1000-8000-00805f9b34fb", "A&D UT-201BLE"),
    ] {
        assert_eq!(model(&[], &[measurement, DATE_TIME, OWN_OF_A_AND_D], None, None), Some(name));
        assert_eq!(model(&[], &[measurement, DATE_TIME], Some("UA-651BLE"), Some("A&D_UA-651BLE_004B6B")), None);
    }
    let cuff = device::models().find(|model| model.name.starts_with("A&D UA-651BLE")).unwrap();
    let clock = cuff.clock.as_ref().unwrap();
    let now = chrono::DateTime::parse_from_rfc3339("2026-11-23T08:05:59+01:00").unwrap();
    assert_eq!(hex::encode((clock.now)(now)), "ea070b1708053b");
    assert_eq!(clock.characteristic, 0x2A08);
}

#[test]
fn a_contour_is_known_by_its_own_clock_beside_the_glucose_service() {
    const CLOCK: &str = "00001026-0002-11e2-9e96-0800200c9a66";
    const GLUCOSE: &str = "00002a18-0000-1000-8000-00805f9b34fb";
    assert_eq!(model(&[], &[GLUCOSE, CLOCK], None, None), Some("Contour Next One"));
    assert_eq!(model(&[], &[GLUCOSE], Some("Contour7800"), Some("Contour7830H6000001")), None);
}

#[test]
fn a_microlife_cuff_is_known_by_its_name_beside_characteristics_that_many_makers_use() {
    let assigned = |number: &str| format!("0000{number}-0000-1000-8000-00805f9b34fb");
    let [service, replies, commands] = ["fff0", "fff1", "fff2"].map(assigned);
    let characteristics = [replies.as_str(), commands.as_str()];
    assert_eq!(model(&[&service], &characteristics, None, Some("BP3GY1-2N")), Some("Microlife BP3GY1-2N"));
    assert_ne!(model(&[&service], &characteristics, None, None), Some("Microlife BP3GY1-2N"));
    assert_eq!(model(&[], &[], None, Some("BP3GY1-2N")), None);
}

#[test]
fn omron_tells_pairing_from_transfer_by_one_letter_of_its_name() {
    assert_eq!(omron_mode("BLEsmart_00000160005FBF0CD044"), Some(OmronMode::Pairing));
    assert_eq!(omron_mode("BLESmart_0000021F005FBF88C25B"), Some(OmronMode::Transfer));
    for other in ["", "BLESmart", "blesmart_0000021F005FBF88C25B", "X4 Smart", "BLESmårt_"] {
        assert_eq!(omron_mode(other), None, "{other}");
    }
    let name = codec::by_name("omron").unwrap();
    for malformed in
        ["BLESmart_", "BLESmart_0000021F005FBF88C25", "BLESmart_0000021F005FBF88C25BB", "BLESmart_0000021G005FBF88C25B"]
    {
        assert!(name.decode(malformed.as_bytes()).is_err(), "{malformed}");
    }
}

#[test]
fn a_yonker_cuff_that_still_measures_gives_its_pressure_and_no_reading() {
    let mut frame = [0; 15];
    frame[..3].copy_from_slice(&[0x80, 0, 147]);
    let said = read("yonker-yk-ibpa1", &frame);
    assert!(matches!(said.standing, Standing::Interim(_)));
    assert!(said.values.is_empty());
    assert_eq!(said.details, [("cuff_pressure_mmhg", Detail::Whole(147))]);
}

#[test]
fn a_bm85_frame_without_the_user_that_it_always_sends_is_refused() {
    let frame = hex::decode("566a0047000000ea07080b121f00003f000000").unwrap();
    let bm85 = codec::by_name("beurer-bm85").unwrap();
    for length in 0..frame.len() {
        assert!(bm85.decode(&frame[..length]).is_err(), "{length}");
    }
    assert!(bm85.decode(&[frame.as_slice(), &[0]].concat()).is_err());
}

#[test]
fn the_mean_pressure_that_a_bm85_does_not_measure_is_absent_and_kilopascals_are_kept() {
    let mut frame = hex::decode("566a0047000000ea07080b121f00003f000000").unwrap();
    let units = |frame: &[u8]| -> Vec<&str> {
        read("beurer-bm85", frame).values.iter().map(|measured| measured.quantity.unit.ucum()).collect()
    };
    assert_eq!(units(&frame), ["mm[Hg]", "mm[Hg]", "/min"]);
    frame[0] |= 1;
    frame[5] = 90;
    assert_eq!(units(&frame), ["kPa", "kPa", "kPa", "/min"]);
}

#[test]
fn a_record_of_an_omron_6401_has_its_date_first() {
    let mut record = [26, 8, 15, 7, 30, 12, 103, 82, 66, 0, 0, 0b0101, 0, 0, 0, 0];
    let said = serde_json::to_value(read("omron-classic-vital-16-6401", &record)).unwrap();
    assert_eq!(said["time"], "2026-08-15T07:30:12");
    assert_eq!((fact(&said, "sys"), fact(&said, "dia"), fact(&said, "bpm")), (json!(128.0), json!(82.0), json!(66.0)));
    assert_eq!((fact(&said, "ihb"), fact(&said, "mov")), (json!(true), json!(true)));
    record[6] = 0xFF;
    assert!(matches!(read("omron-classic-vital-16-6401", &record).standing, Standing::Refused(_)));
}
