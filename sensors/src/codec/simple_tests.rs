//! Properties of the characteristics without a Flags field, and of those that repeat another's layout.

use proptest::{collection::vec, prelude::*};
use serde_json::{Value as Json, json};

use super::*;

fn json_of(characteristic: u16, bytes: &[u8]) -> Json {
    serde_json::to_value(decode(characteristic, bytes).unwrap()).unwrap()
}

fn set(characteristic: u16, field: &str, bytes: &[u8]) -> Json {
    json_of(characteristic, bytes)[field]["set"].clone()
}

/// Characteristic, the length of its value, and whether a checksum may follow it.
const FIXED: [(u16, usize, bool); 17] = [
    (0x2A0F, 2, false),
    (0x2A14, 4, false),
    (0x2A21, 2, false),
    (0x2A2B, 10, false),
    (0x2A38, 1, false),
    (0x2A49, 2, false),
    (0x2A51, 2, false),
    (0x2A99, 4, false),
    (0x2A9A, 1, false),
    (0x2A9B, 4, false),
    (0x2A9E, 4, false),
    (0x2AA8, 6, false),
    (0x2AA9, 5, true),
    (0x2AAA, 9, true),
    (0x2AAB, 2, true),
    (0x2A1D, 1, false),
    (0x2A08, 7, false),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_value_of_fixed_length_has_that_length_and_no_other(bytes in vec(any::<u8>(), 14)) {
        for (characteristic, length, checksum) in FIXED {
            for given in 0..bytes.len() {
                let fits = given == length || checksum && given == length + 2;
                let decoded = decode(characteristic, &bytes[..given]);
                prop_assert_eq!(decoded.is_ok(), fits, "{:04x} with {} bytes", characteristic, given);
                if given < length {
                    let truncated = matches!(decoded, Err(DecodeError::Truncated { .. }));
                    prop_assert!(truncated);
                }
            }
        }
    }

    #[test]
    fn an_intermediate_value_is_laid_out_as_the_measurement_that_it_leads_to(
        bytes in vec(any::<u8>(), 0..24), reserved in 0u8..8,
    ) {
        let bytes = match bytes.split_first() {
            Some((flags, rest)) => [&[flags & 0x1F | reserved << 5], rest].concat(),
            None => bytes,
        };
        match (decode(0x2A36, &bytes), decode(0x2A35, &bytes)) {
            (Ok(Decoded::IntermediateCuffPressure(p)), Ok(Decoded::BloodPressureMeasurement(m))) => {
                prop_assert_eq!((p.flags, p.current_cuff_pressure), (m.flags, m.systolic));
                prop_assert_eq!((p.timestamp, p.pulse_rate), (m.timestamp, m.pulse_rate));
                prop_assert_eq!((p.user_id, p.measurement_status), (m.user_id, m.measurement_status));
                prop_assert_eq!(p.additional_data, m.additional_data);
            }
            (pressure, measurement) => prop_assert!(pressure.is_err() && measurement.is_err()),
        }
        match (decode(0x2A1E, &bytes), decode(0x2A1C, &bytes)) {
            (Ok(Decoded::IntermediateTemperature(t)), Ok(Decoded::TemperatureMeasurement(m))) => prop_assert_eq!(t.0, m),
            (temperature, measurement) => prop_assert!(temperature.is_err() && measurement.is_err()),
        }
    }

    #[test]
    fn a_heart_rate_is_decoded_to_what_was_encoded(
        rate: u16, contact in 0u8..4, energy: Option<u16>, intervals in vec(any::<u16>(), 0..8),
    ) {
        let wide = rate > 255;
        let bit = |set: bool, bit: u8| u8::from(set) << bit;
        let flags = bit(wide, 0) + contact * 2 + bit(energy.is_some(), 3) + bit(!intervals.is_empty(), 4);
        let rate_bytes = rate.to_le_bytes();
        let energy_bytes = energy.map(u16::to_le_bytes);
        let frame = [
            &[flags][..],
            &rate_bytes[..if wide { 2 } else { 1 }],
            energy_bytes.as_ref().map_or(&[], |bytes| &bytes[..]),
            &intervals.iter().flat_map(|i| i.to_le_bytes()).collect::<Vec<_>>(),
        ]
        .concat();
        let m = HeartRateMeasurement::decode(&frame).unwrap();
        prop_assert_eq!(m.heart_rate.value.number().unwrap().to_string(), rate.to_string());
        prop_assert_eq!(json!(m.sensor_contact), ["not-supported", "not-supported", "not-detected", "detected"][usize::from(contact)]);
        prop_assert_eq!(m.energy_expended_kilojoules, energy);
        prop_assert_eq!(&m.rr_intervals_1024, &intervals);
        // One byte less cuts a field, except that an 8-bit value may be all there is.
        let shorter = HeartRateMeasurement::decode(&frame[..frame.len() - 1]);
        prop_assert!(shorter.is_err());
    }

    #[test]
    fn what_the_user_control_point_is_asked_is_what_it_reads(bytes in vec(any::<u8>(), 0..6), op in 0u8..8) {
        let frame = [&[if op == 0 { 0x20 } else { op }], &bytes[..]].concat();
        for frame in [&bytes, &frame] {
            if let Ok(decoded) = UserControlPoint::decode(frame) {
                prop_assert_eq!(&decoded.bytes(), frame);
            }
        }
    }

    #[test]
    fn what_is_written_as_current_time_or_change_increment_reads_as_such(bytes: [u8; 10], increment: u32) {
        prop_assert_eq!(CurrentTime::decode(&bytes).unwrap().bytes(), bytes);
        let increment = DatabaseChangeIncrement { increment };
        prop_assert_eq!(DatabaseChangeIncrement::decode(&increment.bytes()), Ok(increment));
    }
}

#[test]
fn an_announced_interval_between_beats_must_come() {
    assert!(HeartRateMeasurement::decode(&[0x10, 72]).is_err());
    assert!(HeartRateMeasurement::decode(&[0x10, 72, 1]).is_err());
    assert!(HeartRateMeasurement::decode(&[0x10, 72, 1, 3]).is_ok());
    assert!(HeartRateMeasurement::decode(&[0x00, 72, 1, 3]).is_err());
    assert_eq!(HeartRateMeasurement::decode(&[0x20, 72, 1]).unwrap().additional_data, [1]);
}

#[test]
fn the_features_are_named_in_the_order_of_their_bits() {
    let named = |characteristic: u16, width: usize, first: u32, last: u32| -> Vec<String> {
        let word = |bit: u32| (1u32 << bit).to_le_bytes();
        let bytes = |bit| match characteristic {
            0x2AA8 => [&word(bit)[..3], &[0x59, 0, 0]].concat(),
            _ => word(bit)[..width].to_vec(),
        };
        let name = |bit| match set(characteristic, "supported_features", &bytes(bit)).as_array().unwrap().as_slice() {
            [name] => name.as_str().unwrap().trim_end_matches("-supported").trim_end_matches("-detection").to_owned(),
            _ => "-".to_owned(),
        };
        (first..=last).map(name).collect()
    };
    assert_eq!(
        named(0x2A49, 2, 0, 9).join(" "),
        "body-movement cuff-fit irregular-pulse pulse-rate-range measurement-position multiple-bonds e2e-crc \
         user-data-service user-facing-time -"
    );
    assert_eq!(
        named(0x2A51, 2, 0, 11).join(" "),
        "low-battery sensor-malfunction sample-size strip-insertion-error strip-type-error result-high-low \
         temperature-high-low read-interrupt general-device-fault time-fault multiple-bonds -"
    );
    assert_eq!(named(0x2A9E, 4, 0, 3).join(" "), "timestamp multiple-users bmi -");
    assert_eq!(
        named(0x2A9B, 4, 0, 11).join(" "),
        "timestamp multiple-users basal-metabolism muscle-percentage muscle-mass fat-free-mass soft-lean-mass \
         body-water-mass impedance weight height -"
    );
    assert_eq!(
        named(0x2AA8, 3, 0, 17).join(" "),
        "calibration patient-high-low-alerts hypo-alerts hyper-alerts rate-of-increase-decrease-alerts \
         device-specific-alert sensor-malfunction sensor-temperature-high-low sensor-result-high-low low-battery \
         sensor-type-error general-device-fault e2e-crc multiple-bonds multiple-sessions trend-information quality -"
    );
}

#[test]
fn a_resolution_is_a_number_among_the_bits_and_no_reserved_bit() {
    assert_eq!(
        json_of(0x2A9E, &[0xBF, 1, 0, 0x80]),
        json!({
            "characteristic": "weight-scale-feature",
            "supported_features": {
                "bits": 0x8000_01BF_u32,
                "set": ["timestamp-supported", "multiple-users-supported", "bmi-supported"],
                "reserved": 0x8000_0000_u32,
            },
            "weight_resolution": "five-grams-or-hundredth-of-pound",
            "height_resolution": "millimetre-or-tenth-of-inch",
        })
    );
    let composition = json_of(0x2A9B, &[0, 0x20, 1, 0]);
    assert_eq!(composition["mass_resolution"], "fifty-grams-or-tenth-of-pound");
    assert_eq!(composition["height_resolution"], "half-centimetre-or-half-inch");
    assert_eq!(composition["supported_features"]["reserved"], 0);
}

#[test]
fn a_clock_tells_where_its_time_is_from() {
    assert_eq!(
        json_of(0x2A14, &[2, 1, 255, 24]),
        json!({
            "characteristic": "reference-time-information",
            "time_source": "gps",
            "time_accuracy": {"within": {"value": "0.125", "mantissa": 125, "exponent": -3, "unit": "s"}},
            "days_since_update": "longer",
            "hours_since_update": {"reserved": 24},
        })
    );
    assert_eq!(json_of(0x2A14, &[0, 254, 0, 0])["time_accuracy"], "worse");
    assert_eq!(json_of(0x2A14, &[0, 255, 0, 255])["time_accuracy"], "unknown");
    assert_eq!(json_of(0x2A0F, &[0xFC, 4])["time_zone"], json!({"minutes": -60}));
    let time = json_of(0x2A2B, &[0xE9, 7, 12, 31, 23, 59, 59, 7, 255, 0x16]);
    assert_eq!(time["date_time"]["time"], "2025-12-31T23:59:59");
    assert_eq!(time["day_of_week"], "sunday");
    assert_eq!(
        time["adjust_reason"],
        json!({"bits": 0x16, "set": ["external-reference-time-update", "change-of-time-zone"], "reserved": 0x10})
    );
}

#[test]
fn an_unsuccessful_body_composition_is_no_percentage_and_zeros_are_zeros() {
    let fat = |hex: &str| json_of(0x2A9C, &hex::decode(hex).unwrap())["body_fat_percentage"].clone();
    assert_eq!(fat("0000ffff"), json!({"special": "not-a-number", "unit": "%"}));
    assert_eq!(fat("00000000"), json!({"value": "0.0", "mantissa": 0, "exponent": -1, "unit": "%"}));
}

#[test]
fn a_users_consent_reads_well() {
    assert_eq!(
        json_of(0x2A9F, &[2, 1, 0xD2, 4]),
        json!({"characteristic": "user-control-point", "op_code": "consent", "user_index": 1, "consent_code": 1234})
    );
    assert_eq!(
        json_of(0x2A9F, &[0x20, 2, 5]),
        json!({
            "characteristic": "user-control-point", "op_code": "response", "request": "consent",
            "result": "user-not-authorized", "parameter": [],
        })
    );
    assert!(UserControlPoint::decode(&[2, 1, 0xD2]).is_err());
    assert_eq!(json_of(0x2A9A, &[255])["user_id"], "unknown");
}
