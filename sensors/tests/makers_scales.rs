//! Scales that depart from the standard: bytes of theirs against what their sources say they mean.
//!
//! `vectors/makers-scales.json` is in the form of `gatt.json`. Keys of an expectation that are none of the sources' are
//! the names of our details; `standing` and null (must not be said) are ours too.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::sync::LazyLock;

use chrono::DateTime;
use dagsform_care::{DeviceId, DeviceTime, Metric, Unit, User};
use dagsform_sensors::{
    Characteristic,
    codec::{self, DecodeError, Decoded, Selector},
    device::{self, Advertisement, Detail, Key, Model, Said, Secrets, Seen, Standing},
};
use proptest::prelude::*;
use serde_json::{Value, json};

const VECTORS: &str = include_str!("vectors/makers-scales.json");

#[test]
fn every_vector_of_a_scale_means_what_its_source_says() {
    let vectors: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
    let wrong: Vec<String> =
        vectors.iter().filter_map(|vector| differs(vector).map(|d| format!("{vector}\n  {d}"))).collect();
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), vectors.len(), wrong.join("\n"));
}

/// What of a vector is not so.
fn differs(vector: &Value) -> Option<String> {
    let text = |key: &str| vector["expect"].get(key).and_then(Value::as_str);
    let key: Option<Key> = text("bindkey").map(|key| key.parse().unwrap());
    let address = text("mac").map(|mac| DeviceId::parse(mac).unwrap());
    let secrets = Secrets { key: key.as_ref(), address: address.as_ref() };
    let bytes = hex::decode(vector["hex"].as_str().unwrap()).unwrap();
    let name = vector["characteristic"].as_str().unwrap();
    let said = match codec::by_name(name).unwrap().decode_with(&bytes, &secrets) {
        Ok(Decoded::Own { said, .. }) => said,
        Ok(other) => panic!("{name} is no layout of a maker's: {other:?}"),
        Err(_) if text("error").is_some() => return None,
        Err(error) => return Some(format!("refused: {error}")),
    };
    let expected = vector["expect"].as_object().unwrap().iter();
    let mut facts = expected.filter(|(key, _)| !["bindkey", "mac"].contains(&key.as_str()));
    facts.find(|(key, value)| !same(&fact(&said, key), value)).map(|(key, _)| format!("{key}: {said:?}"))
}

/// What was said, by the name that a source has for it.
fn fact(said: &Said, key: &str) -> Value {
    match key {
        "weight_kg" => weight(said, Unit::Kilogram),
        "weight_lb" => weight(said, Unit::Pound),
        "time" | "timestamp" => match said.time {
            DeviceTime::Local(time) => json!(time),
            DeviceTime::Unknown => json!("unknown"),
            DeviceTime::Absent => Value::Null,
        },
        "user" => match said.user {
            User::Index(index) => index.into(),
            User::Unknown => json!("unknown"),
            User::Unsaid => Value::Null,
        },
        "standing" => match said.standing {
            Standing::Reading(_) => "reading",
            Standing::Interim(_) => "interim",
            Standing::Word => "word",
            Standing::Refused(_) => "refused",
        }
        .into(),
        "hr" => detail(said, "heart_rate"),
        "impedance" => detail(said, "impedance_ohm"),
        name => detail(said, name),
    }
}

fn weight(said: &Said, unit: Unit) -> Value {
    let is = |m: &&dagsform_care::Measured| m.metric == Metric::BodyWeight && m.quantity.unit == unit;
    let number = said.values.iter().find(is).and_then(|measured| measured.quantity.value.number());
    number.map_or(Value::Null, |number| number.to_string().parse::<f64>().unwrap().into())
}

fn detail(said: &Said, name: &str) -> Value {
    match said.details.iter().find(|(known, _)| *known == name) {
        None => Value::Null,
        Some((_, Detail::Bit(bit))) => (*bit).into(),
        Some((_, Detail::Whole(whole))) => (*whole).into(),
        Some((_, Detail::Number(number))) => number.to_string().parse::<f64>().unwrap().into(),
        Some((_, Detail::Text(text))) => text.as_str().into(),
        Some((_, Detail::Bytes(bytes))) => hex::encode(bytes).into(),
    }
}

/// Numbers compare as numbers, a bit also with 0 and 1, all else as it is written.
fn same(ours: &Value, theirs: &Value) -> bool {
    let number = |value: &Value| value.as_f64().or_else(|| value.as_bool().map(|bit| f64::from(u8::from(bit))));
    match (number(ours), number(theirs)) {
        (Some(ours), Some(theirs)) => (ours - theirs).abs() < 1e-9,
        _ => ours == theirs,
    }
}

/// A device with these services and characteristics.
fn model(services: &[Characteristic], characteristics: &[Characteristic], name: &str) -> Option<&'static Model> {
    let seen = Seen { services, characteristics, manufacturer: None, model: None, name: Some(name) };
    device::model_of(&seen)
}

/// What each model is recognised by, and the name by which it must not be.
fn scales() -> Vec<(&'static str, Vec<Characteristic>, Vec<Characteristic>, &'static str)> {
    let short = |numbers: &[u16]| numbers.iter().map(|number| Characteristic::assigned(*number)).collect::<Vec<_>>();
    let own = Characteristic::own;
    let history = own(0x0000_2A2F_0000_3512_2118_0009_AF10_0700);
    let soehnle = [own(0x352E_3000_28E9_40B8_A361_6DB4_CCA4_147C), own(0x352E_3001_28E9_40B8_A361_6DB4_CCA4_147C)];
    vec![
        ("Xiaomi Mi Scale", short(&[0x181D]), vec![Characteristic::assigned(0x2A9D), history], "MI_SCALE"),
        (
            "Xiaomi Mi Body Composition Scale 1 and 2",
            short(&[0x181B]),
            vec![Characteristic::assigned(0x2A9C), history],
            "MIBFS",
        ),
        ("Medisana BS 430, 440, 444", short(&[0x78B2]), short(&[0x8A21, 0x8A22, 0x8A81, 0x8A82]), "013197"),
        ("ADE BA 1600", short(&[0x7892]), short(&[0x8A24, 0x8A22, 0x8A20, 0x8A81, 0x8A82]), "01257B"),
        ("Soehnle Shape Sense Connect, Style Sense Connect", soehnle[..1].to_vec(), soehnle[1..].to_vec(), "Shape200"),
        ("Vitafit VT701", short(&[0xFFF0]), short(&[0xFFF1, 0xFFF2]), "Vitafit"),
        ("Robi S9", short(&[0xFFB0]), short(&[0xFFB1, 0xFFB2, 0xFFB3]), "Robi S9"),
        ("FitTrack Dara 2.0", short(&[0xFFB0]), short(&[0xFFB1, 0xFFB2]), "FitTrack"),
        ("Koogeek S1", short(&[0xFFF0]), short(&[0xFFF1, 0xFFF3, 0xFFF4]), "Koogeek-S1"),
        ("Renpho R-MSC04", short(&[0x1A10]), short(&[0x2A10, 0x2A11, 0x2A12]), "R-MSC04"),
        ("Renpho ES-26BB, ES-CS20M", short(&[0x1A10]), short(&[0x2A10, 0x2A11]), "ES-26BB-B"),
    ]
}

#[test]
fn a_model_is_recognised_by_its_services_and_never_by_its_name_alone() {
    for (name, services, characteristics, called) in scales() {
        let found = |services: &[_], characteristics: &[_]| model(services, characteristics, called).map(|m| m.name);
        assert_eq!(found(&services, &characteristics), Some(name));
        assert_eq!(found(&[], &[]), None, "{name}");
        assert_eq!(found(&services, &[]), None, "{name}");
        let standard = [0x2A9C, 0x2A9D].map(Characteristic::assigned);
        assert_eq!(found(&[0x181B, 0x181D].map(Characteristic::assigned), &standard), None, "{name}");
    }
}

#[test]
fn services_that_many_makers_use_are_not_enough_without_the_name() {
    for (name, services, characteristics, _) in scales() {
        let generic = services.iter().any(|service| [0xFFF0, 0xFFB0].map(Characteristic::assigned).contains(service));
        let found = model(&services, &characteristics, "Scale").map(|m| m.name);
        assert_eq!(found, (!generic).then_some(name), "{name}");
    }
}

fn advertised(service: u16, hex: &str, secrets: &Secrets<'_>) -> Option<Result<device::Frame, DecodeError>> {
    let service_data = vec![(Characteristic::assigned(service), hex::decode(hex).unwrap())];
    let heard = Advertisement { service_data, ..Advertisement::default() };
    device::advertised(&heard, secrets).map(|(_, frame)| frame)
}

#[test]
fn a_scale_that_advertises_gives_a_frame_that_needs_no_secret_to_be_read() {
    let nothing = Secrets::default();
    let v1 = advertised(0x181D, "229e43e507040b101301", &nothing).unwrap().unwrap();
    assert_eq!((v1.layout.name, v1.authenticated), ("xiaomi-mi-scale-v1", false));
    let v2 = advertised(0x181B, "0226b20705040f0201ac018642", &nothing).unwrap().unwrap();
    assert_eq!((v2.layout.name, v2.authenticated), ("xiaomi-mi-scale-v2", false));
    // The services' own, of another maker.
    assert_eq!(advertised(0x181D, "0201", &nothing), None);
    assert_eq!(advertised(0xFE95, "5020aa01da", &nothing), None);
}

#[test]
fn a_scale_that_gives_no_company_is_known_by_its_signature_and_its_own_address() {
    let data = [&[0x12, 0xEE, 0xFF, 0xC0, 0x0B, 0x74, 0x17][..], &[0x04, 3, 0x1F, 0x40, 0x01, 0xF4, 0xAD]].concat();
    let heard = |company, data: &[u8]| Advertisement {
        manufacturer_data: vec![(company, data.to_vec())],
        ..Advertisement::default()
    };
    let at = |address: &str| DeviceId::parse(address).unwrap();
    let found = |heard: &Advertisement, address: &DeviceId| {
        let frame = device::advertised(heard, &Secrets { key: None, address: Some(address) });
        frame.map(|(model, frame)| (model.name, frame.unwrap().layout.name))
    };
    let own = at("C0:FF:EE:12:34:56");
    assert_eq!(found(&heard(0x3456, &data), &own), Some(("Yunmai X", "yunmai-x")));
    assert_eq!(found(&heard(0x3456, &data), &at("AA:BB:CC:DD:EE:FF")), None);
    assert_eq!(found(&heard(0x3456, &data[..13]), &own), None);

    let senssun = hex::decode("020311187a93c1b333021a4500b4a1ab61").unwrap();
    assert_eq!(found(&heard(0x0100, &senssun), &own), Some(("Senssun IF_B7", "senssun")));
    assert_eq!(found(&heard(0x0101, &senssun), &own), None);
    assert_eq!(found(&heard(0x0100, &senssun[1..]), &own), None);
}

#[test]
fn the_frame_of_an_s400_is_handed_on_decrypted_and_is_the_same_with_and_without_impedance() {
    let key: Key = "0728974d657a4b60964c1b1677f35f7c".parse().unwrap();
    let address = DeviceId::parse("8C:D0:B2:F6:BE:EF").unwrap();
    let secrets = Secrets { key: Some(&key), address: Some(&address) };
    let heard = "4859d53b0abc078ff2348c844138e930220000009e538599";
    let frame = advertised(0xFE95, heard, &secrets).unwrap().unwrap();
    assert_eq!((frame.layout.name, frame.authenticated), ("xiaomi-s400-plain", true));
    // Profile 1, 69.9 kg, 2025-04-10 02:03:25 UTC; neither heart rate nor impedance.
    assert_eq!(hex::encode(&frame.bytes), "01bb02ed26f767");
    let said = (frame.layout.read)(&frame.bytes, &Secrets::default()).unwrap();
    assert_eq!(weight(&said, Unit::Kilogram), json!(69.9));
    assert_eq!(detail(&said, "unix_time_s"), json!(1_744_250_605));

    let without = Secrets { key: None, ..secrets };
    assert_eq!(advertised(0xFE95, heard, &without), Some(Err(DecodeError::KeyNeeded { of: "xiaomi-s400" })));
    let other: Key = "00000000000000000000000000000001".parse().unwrap();
    let with_another = Secrets { key: Some(&other), ..secrets };
    assert_eq!(advertised(0xFE95, heard, &with_another), Some(Err(DecodeError::WrongKey { of: "xiaomi-s400" })));
}

#[test]
fn the_frames_of_one_weighing_of_a_mi_scale_are_one_reading() {
    let observed = |hex: &str| {
        let format: codec::Format = "xiaomi-mi-scale-v2".parse().unwrap();
        codec::observe(format, &hex::decode(hex).unwrap(), None).unwrap().unwrap()
    };
    let first = observed("0224e307011d11351800004c40");
    assert_eq!(first.canonical, observed("0226e307011d113518e5014c40").canonical);
    assert_eq!(first.canonical, observed("0224e307011d113518feff4c40").canonical);
    // Also once the person has stepped off.
    assert_eq!(first.canonical, observed("02a6e307011d113518e5014c40").canonical);
    // A second later; five grams more.
    assert_ne!(first.canonical, observed("0224e307011d11351900004c40").canonical);
    assert_ne!(first.canonical, observed("0224e307011d11351800004d40").canonical);
}

#[test]
fn what_a_scale_wants_to_be_told_is_what_its_own_program_was_seen_to_write() {
    let now = DateTime::parse_from_rfc3339("2026-11-23T08:00:00+01:00").unwrap();
    let opening = |name: &str| {
        let model = device::models().find(|model| model.name == name).unwrap();
        (model.opening)(now).iter().map(|write| hex::encode(&write.bytes)).collect::<Vec<_>>()
    };
    assert_eq!(opening("Vitafit VT701"), ["a50526330010aa", "a504264466aa", "a50526170135aa"]);
    assert_eq!(opening("Soehnle Shape Sense Connect, Style Sense Connect").first().unwrap(), "0901");
    let robi = opening("Robi S9");
    assert_eq!(robi.len(), 11);
    assert_eq!(robi[0], "000300b000000000000000000000000000000010");
    assert_eq!(robi[1], "011000b16a2eefa9003c01aa1e55b20f1b581403");
    assert_eq!(robi[3], "030600b201aa1e55b20000000000000000000002");
    assert_eq!(robi[10], "0a0300b002000000000000000000000000000012");
    // 533 116 800 s after 2010 is 08:00 of that day, the local time.
    assert_eq!(opening("Medisana BS 430, 440, 444"), ["0280b7c61f"]);
    assert_eq!(opening("ADE BA 1600"), ["0280b7c61f", "22"]);
    assert_eq!(opening("Renpho R-MSC04"), ["55aa9000040100000094"]);
    assert_eq!(opening("FitTrack Dara 2.0"), ["ac02f7000000ccc3", "ac02fa000000ccc6", "ac02fe060000ccd0"]);
}

#[test]
fn an_answer_is_given_to_the_frames_that_want_one_and_to_no_other() {
    let answer = |name: &str, hex: &str| {
        let model = device::models().find(|model| model.name == name).unwrap();
        let writes = (model.acknowledgement)(&hex::decode(hex).unwrap());
        writes.iter().map(|write| hex::encode(&write.bytes)).collect::<Vec<_>>()
    };
    assert_eq!(answer("ADE BA 1600", "a10100b899"), ["200100b899"]);
    assert!(answer("ADE BA 1600", "1f681f00fe652ab21e000000006a1500ff011900").is_empty());
    assert_eq!(answer("Vitafit VT701", "5a0a26100200002121340aaa"), ["a50526100231aa"]);
    assert!(answer("Vitafit VT701", "5a0a26100100002121437eaa").is_empty());
    assert_eq!(answer("Koogeek S1", "55aa55aa010d010101162601735500000000001a"), ["55aa55aa81010181"]);
    assert!(answer("Koogeek S1", "55aa55aa0307010000030f01d6de").is_empty());
    assert!(answer("Renpho ES-26BB, ES-CS20M", "55aa140007010000251d01f4aa").is_empty());
    assert_eq!(answer("Renpho ES-26BB, ES-CS20M", "55aa15000a"), ["55aa9500010196"]);
}

#[test]
fn a_stamp_of_a_medisana_counts_from_2010_and_in_a_model_of_its_from_1970() {
    let time = |hex: &str| {
        let decoded = codec::by_name("medisana-bs444").unwrap().decode(&hex::decode(hex).unwrap()).unwrap();
        let Decoded::Own { said, .. } = decoded else { panic!("a layout of a maker's") };
        fact(&said, "time")
    };
    assert_eq!(time("01802500fe80b7c61f"), json!("2026-11-23T08:00:00"));
    assert_eq!(time("01802500fe80f2036b"), json!("2026-11-23T08:00:00"));
}

/// How each vector is selected, and its bytes.
static FRAMES: LazyLock<Vec<(Selector, Vec<u8>)>> = LazyLock::new(|| {
    let vectors: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
    let text = |vector: &Value, key: &str| vector[key].as_str().unwrap().to_owned();
    let frame = |vector| (text(vector, "characteristic").parse().unwrap(), hex::decode(text(vector, "hex")).unwrap());
    vectors.iter().map(frame).collect()
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]
    #[test]
    fn any_bytes_are_decoded_or_refused(
        which in any::<prop::sample::Index>(),
        cut in 0_usize..80,
        bytes in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let key = Key([7; 16]);
        let address = DeviceId::parse("84:46:93:64:A5:E6").unwrap();
        let secrets = Secrets { key: Some(&key), address: Some(&address) };
        let (selector, frame) = which.get(&FRAMES);
        let _ = selector.decode_with(&bytes, &secrets);
        // Also what begins as a true frame.
        let begun: Vec<u8> = frame.iter().take(cut).chain(&bytes).copied().collect();
        let _ = selector.decode_with(&begun, &secrets);
    }
}
