//! Properties that hold for all bytes, against an encoder written apart from the decoders.

use std::collections::BTreeSet;

use dagsform_care::{DeviceTime, Flag, Metric, Observed};
use proptest::{collection::vec, option, prelude::*};
use serde_json::json;

use super::*;

/// A frame of the Pulse Oximeter Service, field by field: name, and the bytes if it is present.
type Fields = Vec<(&'static str, Option<Vec<u8>>)>;

/// The frame; the optional fields, in their order, own the bits of the Flags field from 0 on.
fn frame(fields: &Fields, more_flags: u8) -> Vec<u8> {
    let present = |place: usize| u8::from(fields[place].1.is_some()) << (place - 2);
    let flags = (2..fields.len()).map(present).sum::<u8>() + more_flags;
    let bytes = fields.iter().filter_map(|(_, bytes)| bytes.clone());
    [vec![flags]].into_iter().chain(bytes).flatten().collect()
}

/// The name of the field that the byte at `offset` belongs to.
fn field_at(fields: &Fields, offset: usize) -> &'static str {
    let mut end = 1;
    for (name, bytes) in fields {
        end += bytes.as_ref().map_or(0, Vec::len);
        if bytes.is_some() && offset >= 1 && offset < end {
            return name;
        }
    }
    "flags"
}

fn spot_check() -> impl Strategy<Value = Fields> {
    let values = (vec(any::<u8>(), 2), vec(any::<u8>(), 2));
    let options = (
        option::of(vec(any::<u8>(), 7)),
        option::of(vec(any::<u8>(), 2)),
        option::of(vec(any::<u8>(), 3)),
        option::of(vec(any::<u8>(), 2)),
    );
    (values, options).prop_map(|((spo2, rate), (time, status, sensor, index))| {
        vec![
            ("spo2", Some(spo2)),
            ("pulse_rate", Some(rate)),
            ("timestamp", time),
            ("measurement_status", status),
            ("device_and_sensor_status", sensor),
            ("pulse_amplitude_index", index),
        ]
    })
}

/// Here the fast and the slow pair are one optional field each, of four bytes.
fn continuous() -> impl Strategy<Value = Fields> {
    let values = (vec(any::<u8>(), 2), vec(any::<u8>(), 2));
    let options = (
        option::of(vec(any::<u8>(), 4)),
        option::of(vec(any::<u8>(), 4)),
        option::of(vec(any::<u8>(), 2)),
        option::of(vec(any::<u8>(), 3)),
        option::of(vec(any::<u8>(), 2)),
    );
    (values, options).prop_map(|((spo2, rate), (fast, slow, status, sensor, index))| {
        vec![
            ("spo2", Some(spo2)),
            ("pulse_rate", Some(rate)),
            ("fast", fast),
            ("slow", slow),
            ("measurement_status", status),
            ("device_and_sensor_status", sensor),
            ("pulse_amplitude_index", index),
        ]
    })
}

fn bytes_of<'a>(fields: &'a Fields, name: &str) -> Option<&'a [u8]> {
    fields.iter().find(|(n, _)| *n == name)?.1.as_deref()
}

/// Little-endian, by arithmetic.
fn number(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |sum, byte| sum * 256 + u32::from(*byte))
}

fn sfloat_of(bytes: &[u8]) -> dagsform_care::Value {
    sfloat::sfloat(u16::try_from(number(bytes)).unwrap())
}

fn observed(characteristic: u16, bytes: &[u8]) -> Observed {
    observe(characteristic, bytes, None).unwrap().unwrap()
}

/// What the truncated frame must be refused with: the field that is cut, or the first that is gone.
fn expect_truncated(characteristic: u16, frame: &[u8], length: usize, fields: &Fields) -> Result<(), TestCaseError> {
    let Err(DecodeError::Truncated { field, missing, .. }) = decode(characteristic, &frame[..length]) else {
        return Err(TestCaseError::fail(format!("{length} bytes of {frame:02x?} were decoded")));
    };
    let cut = field_at(fields, length);
    prop_assert!(missing > 0);
    if cut == "fast" || cut == "slow" {
        prop_assert!(field.ends_with(cut), "{} is not of {}", field, cut);
    } else {
        prop_assert_eq!(field, cut);
    }
    Ok(())
}

/// The same record in all four ways it can travel: with or without the bit of the memory, with or
/// without an otherwise empty status field.
fn expect_one_canonical(characteristic: u16, fields: &Fields, more_flags: u8) -> Result<(), TestCaseError> {
    let with_status = |status: Option<Vec<u8>>| {
        let mut fields = fields.clone();
        let field = fields.iter_mut().find(|(name, _)| *name == "measurement_status").unwrap();
        field.1 = status;
        frame(&fields, more_flags)
    };
    let status = bytes_of(fields, "measurement_status").map_or(0, number);
    let split = |status: u32| Some(status.to_le_bytes()[..2].to_vec());
    let (live, stored) = (status & !0x200, status | 0x200);
    let canonical = observed(characteristic, &with_status(split(stored))).canonical;
    prop_assert_eq!(&observed(characteristic, &with_status(split(live))).canonical, &canonical);
    if live == 0 {
        prop_assert_eq!(&with_status(None), &canonical);
        prop_assert_eq!(&observed(characteristic, &with_status(None)).canonical, &canonical);
    } else {
        prop_assert_eq!(&with_status(split(live)), &canonical);
    }
    let again = observed(characteristic, &canonical);
    let mut before = observed(characteristic, &frame(fields, more_flags));
    prop_assert_eq!(&again.canonical, &canonical);
    before.flags.remove(&Flag::FromStorage);
    prop_assert_eq!(again, before);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_bytes_bring_any_codec_down(bytes in vec(any::<u8>(), 0..48)) {
        for known in known() {
            match known.selector.decode(&bytes) {
                Ok(decoded) => {
                    let json = serde_json::to_value(&decoded).unwrap();
                    prop_assert_eq!(&json["characteristic"], known.name);
                }
                Err(error) => prop_assert!(!error.to_string().is_empty()),
            }
        }
    }

    #[test]
    fn the_measurements_and_nothing_else_are_observed(bytes in vec(any::<u8>(), 0..24)) {
        for characteristic in known().filter_map(Known::number) {
            let measures = [0x2A18, 0x2A1C, 0x2A35, 0x2A5E, 0x2A5F, 0x2A9D].contains(&characteristic);
            if let Ok(observed) = observe(characteristic, &bytes, Some(&bytes)) {
                prop_assert_eq!(observed.is_some(), measures);
            }
        }
    }

    #[test]
    fn a_spot_check_is_decoded_to_what_was_encoded(fields in spot_check(), clock_not_set: bool) {
        let clock = if clock_not_set { 16 } else { 0 };
        let Decoded::PlxSpotCheckMeasurement(m) = decode(0x2A5E, &frame(&fields, clock)).unwrap() else {
            panic!("another characteristic");
        };
        prop_assert_eq!(m.spo2pr_spot_check.spo2.value, sfloat_of(bytes_of(&fields, "spo2").unwrap()));
        prop_assert_eq!(m.spo2pr_spot_check.pulse_rate.value, sfloat_of(bytes_of(&fields, "pulse_rate").unwrap()));
        let sent = m.timestamp.map(|t| {
            let [low, high] = t.year.to_le_bytes();
            vec![low, high, t.month, t.day, t.hours, t.minutes, t.seconds]
        });
        prop_assert_eq!(sent.as_deref(), bytes_of(&fields, "timestamp"));
        prop_assert_eq!(m.measurement_status.map(|s| u32::from(s.bits())), bytes_of(&fields, "measurement_status").map(number));
        prop_assert_eq!(m.device_and_sensor_status.map(|s| s.bits()), bytes_of(&fields, "device_and_sensor_status").map(number));
        prop_assert_eq!(m.pulse_amplitude_index.map(|q| q.value), bytes_of(&fields, "pulse_amplitude_index").map(sfloat_of));
        let seen = observed(0x2A5E, &frame(&fields, clock));
        prop_assert_eq!(seen.flags.contains(&Flag::DeviceClockNotSet), clock_not_set);
        prop_assert_eq!(seen.time == DeviceTime::Absent, m.timestamp.is_none());
    }

    #[test]
    fn a_continuous_measurement_is_decoded_to_what_was_encoded(fields in continuous()) {
        let Decoded::PlxContinuousMeasurement(m) = decode(0x2A5F, &frame(&fields, 0)).unwrap() else {
            panic!("another characteristic");
        };
        let pair = |name| bytes_of(&fields, name).map(|b| (sfloat_of(&b[..2]), sfloat_of(&b[2..])));
        prop_assert_eq!(m.spo2pr_normal.spo2.value, sfloat_of(bytes_of(&fields, "spo2").unwrap()));
        prop_assert_eq!(m.spo2pr_normal.pulse_rate.value, sfloat_of(bytes_of(&fields, "pulse_rate").unwrap()));
        prop_assert_eq!(m.spo2pr_fast.map(|p| (p.spo2.value, p.pulse_rate.value)), pair("fast"));
        prop_assert_eq!(m.spo2pr_slow.map(|p| (p.spo2.value, p.pulse_rate.value)), pair("slow"));
        prop_assert_eq!(m.measurement_status.map(|s| u32::from(s.bits())), bytes_of(&fields, "measurement_status").map(number));
        prop_assert_eq!(m.device_and_sensor_status.map(|s| s.bits()), bytes_of(&fields, "device_and_sensor_status").map(number));
        prop_assert_eq!(m.pulse_amplitude_index.map(|q| q.value), bytes_of(&fields, "pulse_amplitude_index").map(sfloat_of));
        let seen = observed(0x2A5F, &frame(&fields, 0));
        let metrics: BTreeSet<Metric> = seen.values.iter().map(|m| m.metric).collect();
        prop_assert_eq!(metrics.len(), seen.values.len());
        prop_assert_eq!(seen.time, DeviceTime::Absent);
    }

    #[test]
    fn every_shorter_frame_is_refused_with_the_field_that_is_cut(spot in spot_check(), flow in continuous()) {
        for (characteristic, fields) in [(0x2A5E, &spot), (0x2A5F, &flow)] {
            let whole = frame(fields, 0);
            for length in 0..whole.len() {
                expect_truncated(characteristic, &whole, length, fields)?;
            }
        }
    }

    #[test]
    fn a_longer_frame_is_refused_unless_a_reserved_flag_may_have_announced_it(
        spot in spot_check(), flow in continuous(), surplus in vec(any::<u8>(), 1..5), reserved in 1u8..8,
    ) {
        for (characteristic, fields) in [(0x2A5E, &spot), (0x2A5F, &flow)] {
            let mut longer = frame(fields, 0);
            let length = longer.len();
            longer.extend(&surplus);
            match decode(characteristic, &longer) {
                Err(DecodeError::LeftOver { offset, count, .. }) => prop_assert_eq!((offset, count), (length, surplus.len())),
                other => return Err(TestCaseError::fail(format!("{other:?}"))),
            }
            longer[0] |= reserved << 5;
            let seen = observed(characteristic, &longer);
            prop_assert!(seen.flags.contains(&Flag::ReservedBitSet));
            prop_assert!(seen.canonical.ends_with(&surplus));
            let plain = observed(characteristic, &frame(fields, 0));
            prop_assert_eq!((seen.values, seen.time), (plain.values, plain.time));
        }
    }

    #[test]
    fn a_record_is_the_same_live_and_from_the_memory(spot in spot_check(), flow in continuous(), clock_not_set: bool) {
        expect_one_canonical(0x2A5E, &spot, if clock_not_set { 16 } else { 0 })?;
        expect_one_canonical(0x2A5F, &flow, 0)?;
    }

    #[test]
    fn the_same_holds_where_the_status_says_nothing_else(mut spot in spot_check()) {
        spot[3].1 = Some(vec![0, 2]);
        expect_one_canonical(0x2A5E, &spot, 0)?;
    }

    #[test]
    fn shorter_frames_of_the_fixed_characteristics_are_refused(bytes in vec(any::<u8>(), 8)) {
        for (characteristic, length) in [(0x2A08, 7), (0x2A19, 1), (0x2A23, 8), (0x2A50, 7)] {
            for cut in 0..length {
                let truncated = matches!(decode(characteristic, &bytes[..cut]), Err(DecodeError::Truncated { .. }));
                prop_assert!(truncated);
            }
            prop_assert!(decode(characteristic, &bytes[..length]).is_ok());
        }
    }
}

#[test]
fn a_frame_as_json_keeps_precision_units_and_bits() {
    let bytes = [0x13, 0xC8, 0xE3, 0xFF, 0x07, 0xEA, 7, 2, 31, 8, 0, 0, 0x01, 0x02];
    let json = serde_json::to_value(decode(0x2A5E, &bytes).unwrap()).unwrap();
    assert_eq!(
        json,
        json!({
            "characteristic": "plx-spot-check-measurement",
            "flags": {
                "bits": 0x13,
                "set": ["timestamp-present", "measurement-status-present", "device-clock-not-set"],
                "reserved": 0,
            },
            "spo2": {"value": "9.68", "mantissa": 968, "exponent": -2, "unit": "%"},
            "pulse_rate": {"special": "not-a-number", "unit": "/min"},
            "timestamp": {
                "year": 2026, "month": 2, "day": 31, "hours": 8, "minutes": 0, "seconds": 0,
                "time": null, "validity": "impossible",
            },
            "measurement_status": {"bits": 0x201, "set": ["data-from-measurement-storage"], "reserved": 1},
            "device_and_sensor_status": null,
            "pulse_amplitude_index": null,
        })
    );
}

#[test]
fn a_number_alone_and_a_time_are_json_too() {
    let json = |name: &str, bytes: &[u8]| serde_json::to_value(by_name(name).unwrap().decode(bytes).unwrap()).unwrap();
    assert_eq!(
        json("SFLOAT", &[0xC8, 0xE0]),
        json!({"characteristic": "sfloat", "value": "2.00", "mantissa": 200, "exponent": -2})
    );
    assert_eq!(json("float", &[0xFF, 0xFF, 0x7F, 0x00]), json!({"characteristic": "float", "special": "not-a-number"}));
    assert_eq!(json("date-time", &[0xEA, 7, 11, 23, 8, 5, 0])["time"], "2026-11-23T08:05:00");
}

#[test]
fn an_impossible_date_loses_no_reading() {
    let seen = observed(0x2A5E, &[1, 97, 0, 60, 0, 0xEA, 7, 13, 1, 8, 0, 0]);
    assert_eq!(seen.time, DeviceTime::Unknown);
    assert_eq!(seen.values.len(), 2);
}

#[test]
fn each_name_and_number_selects_what_it_names() {
    for known in known() {
        assert_eq!(by_name(known.name), Ok(known.selector));
        assert_eq!(by_name(&known.selector.to_string()), Ok(known.selector));
    }
    for name in ["2A5E", "0x2a5e", "0X2A5E", " PLX Spot-Check Measurement "] {
        assert_eq!(by_name(name), Ok(Selector::Characteristic(0x2A5E)), "{name}");
    }
}

#[test]
fn an_unknown_name_is_answered_with_the_known_ones() {
    let error = by_name("2A00").unwrap_err().to_string();
    assert!(error.starts_with("'2A00' is not known here"), "{error}");
    assert!(error.contains("2A5E plx-spot-check-measurement, "), "{error}");
    assert!(error.contains("sfloat, float, ") && error.contains("beurer-bm85"), "{error}");
    assert!(by_name("").is_err());
}

#[test]
fn a_characteristic_without_codec_is_refused_by_number() {
    let error = observe(0x2A00, &[], None).unwrap_err();
    assert_eq!(error.to_string(), "there is no codec for the characteristic 0x2A00");
    assert_eq!(observe(0x2A19, &[90], None), Ok(None));
}
