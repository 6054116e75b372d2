//! Properties of the Continuous Glucose Monitoring Service: records of any make, written apart from the decoder.

use proptest::{collection::vec, option, prelude::*};
use serde_json::json;

use super::{e2e_crc::checksum, *};

/// One record: its bytes, and what it must be decoded to.
#[derive(Clone, Debug)]
struct Record {
    bytes: Vec<u8>,
    minutes: u16,
    octets: [Option<u8>; 3],
    words: [Option<[u8; 2]>; 2],
    crc_ok: Option<bool>,
}

prop_compose! {
    fn record()(
        glucose: [u8; 2], minutes: u16, octets: [Option<u8>; 3], words: [Option<[u8; 2]>; 2], crc in option::of(any::<bool>()),
    ) -> Record {
        let [status, calibration, warning] = octets.map(|octet| octet.is_some());
        let [trend, quality] = words.map(|word| word.is_some());
        let bits = [(trend, 0), (quality, 1), (warning, 5), (calibration, 6), (status, 7)];
        let flags = bits.iter().map(|(set, bit)| u8::from(*set) << bit).sum::<u8>();
        let fields = [&[flags], &glucose[..], &minutes.to_le_bytes()].concat().into_iter()
            .chain(octets.into_iter().flatten())
            .chain(words.into_iter().flatten().flatten())
            .collect::<Vec<_>>();
        let size = fields.len() + 1 + if crc.is_some() { 2 } else { 0 };
        let mut bytes = [&[u8::try_from(size).unwrap()], &fields[..]].concat();
        if let Some(ok) = crc {
            let sum = checksum(&bytes) ^ u16::from(!ok);
            bytes.extend(sum.to_le_bytes());
        }
        Record { bytes, minutes, octets, words, crc_ok: crc }
    }
}

proptest! {
    #[test]
    fn every_record_of_a_value_is_decoded_to_what_was_encoded(records in vec(record(), 1..5)) {
        let bytes: Vec<u8> = records.iter().flat_map(|r| r.bytes.clone()).collect();
        let decoded = CgmMeasurement::decode(&bytes).unwrap().records;
        prop_assert_eq!(decoded.len(), records.len());
        for (d, r) in decoded.iter().zip(&records) {
            prop_assert_eq!(d.time_offset_minutes, r.minutes);
            let octets = [d.status.map(|o| o.bits()), d.calibration_temperature.map(|o| o.bits()), d.warning.map(|o| o.bits())];
            prop_assert_eq!(octets, r.octets);
            let words = r.words.map(|word| word.map(|w| sfloat::sfloat(u16::from_le_bytes(w))));
            prop_assert_eq!([d.trend.map(|a| a.value), d.quality.map(|a| a.value)], words);
            prop_assert_eq!(d.e2e_crc.map(|crc| crc.crc_ok), r.crc_ok);
        }
    }

    #[test]
    fn a_size_that_does_not_fit_is_refused(record in record(), size: u8) {
        let mut bytes = record.bytes.clone();
        prop_assume!(size != bytes[0]);
        // Two more or fewer bytes are a checksum more or none, if they are there.
        let fields = bytes.len() - if record.crc_ok.is_some() { 2 } else { 0 };
        let whole = usize::from(size) == fields || usize::from(size) == fields + 2;
        bytes[0] = size;
        prop_assert!(whole || CgmMeasurement::decode(&bytes).is_err());
        bytes.truncate(size.into());
        prop_assert!(whole || CgmMeasurement::decode(&bytes).is_err());
    }

    #[test]
    fn what_a_reserved_bit_may_have_announced_is_kept(record in record(), surplus in vec(any::<u8>(), 0..4), reserved in 1u8..8) {
        prop_assume!(record.crc_ok.is_none());
        let mut bytes = [&record.bytes[..], &surplus].concat();
        bytes[0] = u8::try_from(bytes.len()).unwrap();
        bytes[1] |= reserved << 2;
        let decoded = CgmMeasurement::decode(&bytes).unwrap().records;
        prop_assert_eq!(&decoded[0].additional_data, &surplus);
        prop_assert_eq!(decoded[0].e2e_crc, None);
    }

    #[test]
    fn an_answer_of_the_control_point_may_end_with_a_checksum(op in 0u8..32, operand in vec(any::<u8>(), 0..11)) {
        let frame = [&[op], &operand[..]].concat();
        let Ok(plain) = CgmSpecificOpsControlPoint::decode(&frame) else { return Ok(()) };
        prop_assert_eq!(plain.op_code.number(), op);
        if plain.e2e_crc.is_none() && !matches!(plain.operand, cgm_specific_ops_control_point::Operand::Unknown(_)) {
            let with = [&frame[..], &checksum(&frame).to_le_bytes()].concat();
            let with = CgmSpecificOpsControlPoint::decode(&with).unwrap();
            prop_assert_eq!(with.e2e_crc.map(|crc| crc.crc_ok), Some(true));
            prop_assert_eq!(with.operand, plain.operand);
        }
    }
}

#[test]
fn a_feature_without_a_checksum_says_so_by_0xffff() {
    let crc = |hex: &str| CgmFeature::decode(&hex::decode(hex).unwrap()).unwrap().e2e_crc.map(|crc| crc.crc_ok);
    assert_eq!(crc("01000059ffff"), None);
    assert_eq!(crc("010000590000"), Some(false));
    assert_eq!(crc("6e9e01168ac1"), Some(true));
    assert_eq!(crc("6e9e0116ffff"), Some(false));
}

#[test]
fn a_record_and_a_calibration_read_well() {
    let json = |number, hex: &str| serde_json::to_value(decode(number, &hex::decode(hex).unwrap()).unwrap()).unwrap();
    let record = json(0x2AA7, "0ec38d00e803000010e00a00d9af");
    assert_eq!(
        record["records"],
        json!([{
            "flags": {
                "bits": 0xC3,
                "set": [
                    "trend-information-present", "quality-present", "calibration-temperature-octet-present",
                    "status-octet-present",
                ],
                "reserved": 0,
            },
            "glucose_concentration": {"value": "141", "mantissa": 141, "exponent": 0, "unit": "mg/dL"},
            "time_offset_minutes": 1000,
            "status": {"bits": 0, "set": [], "reserved": 0},
            "calibration_temperature": {"bits": 0, "set": [], "reserved": 0},
            "warning": null,
            "trend": {"value": "0.16", "mantissa": 16, "exponent": -2, "unit": "mg/dL/min"},
            "quality": {"value": "10", "mantissa": 10, "exponent": 0, "unit": "%"},
            "e2e_crc": {"sent": 0xAFD9, "crc_ok": false},
        }])
    );
    let calibration = json(0x2AAC, "0601200a003214000100040102");
    assert_eq!(calibration["op_code"], "calibration-response");
    assert_eq!(
        calibration["operand"]["calibration"],
        json!({
            "glucose_concentration": {"value": "100", "mantissa": 1, "exponent": 2, "unit": "mg/dL"},
            "time_minutes": 10,
            "fluid_type": "capillary-plasma",
            "sample_location": "earlobe",
            "next_time_minutes": 20,
            "record_number": 1,
            "status": {"bits": 4, "set": ["pending"], "reserved": 0},
        })
    );
    assert_eq!(calibration["e2e_crc"]["crc_ok"], false);
}
