//! Reports as they are, cut, and made wrong.

use proptest::{collection::vec, prelude::*};
use serde_json::json;

use super::*;
use crate::codec::Selector;

/// Of signove/antidote (tests/resources/apdu), each of another format: one person's and several persons', fixed and
/// variable, by the device and by a scanner.
const REPORTS: [&str; 5] = [
    "e7000036003412390100002e0028ffffffff0d290024f00000000002001c0001000a00622007120612100000000a000a00482007120612100000",
    "e700003e003c0054010100360000004900500d1d002cf000000000020024000100120003000600780050006420071206121000000002000af2582007120612100000",
    "e7000052005000010101004a0000ffffffff0d1f0040f000000100010038004200030032000100120003000600710047005520100721153553000002000a004720100721153553000003000a00002010072115355300",
    "e700004a00481238010100420037ffffffff0d220038f0000000000200300001000200120a4c00020062099000082007120612100000000a000200120a4c00020048099000082007120612100000",
    "e7000050004e1238010100480037ffffffff0d25003ef0000000000100360001000200300001000200120a4c00020062099000082007120612100000000a000200120a4c00020048099000082007120612100000",
];

fn decode(hex: &str) -> Result<Apdu, DecodeError> {
    Apdu::decode(&hex::decode(hex).unwrap())
}

#[test]
fn a_report_is_told_by_handle_and_by_the_configurations_that_it_fits() {
    let decoded = Selector::Apdu.decode(&hex::decode(REPORTS[2]).unwrap()).unwrap();
    let json = serde_json::to_value(decoded).unwrap();
    assert_eq!(json["characteristic"], "ieee11073-20601-apdu");
    assert_eq!(json["observations"][1]["handle"], 2);
    assert_eq!(json["observations"][1]["numbers"], json!([{"value": "71", "mantissa": 71, "exponent": 0}]));
    assert_eq!(json["observations"][2]["handle"], 3);
    let fits = &json["by_standard_configuration"];
    assert_eq!(fits.as_array().map(Vec::len), Some(1));
    assert_eq!(fits[0]["device"], "blood-pressure-monitor");
    assert_eq!(fits[0]["values"].as_array().map(Vec::len), Some(4));
    assert_eq!(fits[0]["values"][0]["person"], 0x42);
    assert_eq!(fits[0]["values"][0]["metric"], "systolic");
    assert_eq!(
        fits[0]["values"][0]["amount"],
        json!({"value": "113", "mantissa": 113, "exponent": 0, "unit": "mm[Hg]"})
    );
    assert_eq!(fits[0]["values"][0]["time"]["time"], "2010-07-21T15:35:53");
}

fn sized(bytes: &[u8]) -> Vec<u8> {
    [&u16::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat()
}

/// The data of a report with one observation.
fn report(event_type: u16, observation: &[u8]) -> Vec<u8> {
    let info = [&[0xF0, 0, 0, 0, 0, 1][..], &sized(observation)].concat();
    let event = [&[0, 0, 0xFF, 0xFF, 0xFF, 0xFF][..], &event_type.to_be_bytes(), &sized(&info)].concat();
    sized(&[&[0, 1, 1, 1][..], &sized(&event)].concat())
}

#[test]
fn a_report_that_fits_several_configurations_is_told_by_each() {
    let devices = |report: &[u8]| -> Vec<_> {
        Apdu::decode(report).unwrap().by_standard_configuration.iter().map(|named| named.device).collect()
    };
    let number = [0xFF, 0, 1, 0x6C];
    let time = [0x20, 0x26, 0x11, 0x23, 8, 0, 0, 0];
    let fixed = |handle| report(0x0D1D, &[&[0, handle], &sized(&[&number[..], &time].concat())[..]].concat());
    assert_eq!(devices(&fixed(1)), ["thermometer", "weighing-scale"]);
    assert_eq!(devices(&fixed(3)), ["weighing-scale"]);
    assert!(devices(&fixed(4)).is_empty());

    let variable = |unit: u16| {
        let attributes = [&[0x0A, 0x56][..], &sized(&number), &[0x09, 0x96], &sized(&unit.to_be_bytes())].concat();
        report(0x0D1E, &[&[0, 1, 0, 2], &sized(&attributes)[..]].concat())
    };
    assert_eq!(devices(&variable(0x17A0)), ["thermometer"]);
    assert_eq!(devices(&variable(0x06E0)), ["weighing-scale"]);
    assert!(devices(&variable(0x0852)).is_empty());
    assert!(devices(&variable(0xFFFF)).is_empty());
}

#[test]
fn a_value_of_a_layout_that_no_device_of_the_kit_has_is_kept_as_sent() {
    let report = report(0x0D1D, &[&[0, 9], &sized(&[1, 2, 3])[..]].concat());
    let observation = &Apdu::decode(&report).unwrap().observations[0];
    assert_eq!((observation.handle, observation.shape), (9, Shape::None));
    assert_eq!(observation.other, [Attribute { id: None, value: vec![1, 2, 3] }]);
}

#[test]
fn what_is_no_measurement_report_is_refused_by_its_number() {
    for (hex, words) in [
        ("e2000032800000000001002a", "'apdu_choice' at byte 0 is 0xE200"),
        ("e7000016001400010201000e0000ffffffff0d1c000440000000", "'message' at byte 8 is 0x0201"),
        (
            "e700002c002a1239010000240028ffffffff0d2a001af000000100010012001000620000200807031210000000490062",
            "'event_type' at byte 18 is 0x0D2A",
        ),
    ] {
        let error = decode(hex).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn a_time_that_is_not_decimal_is_no_time() {
    let report = REPORTS[1].replace("2007120612100000", "ffffffffffffffff");
    let time = decode(&report).unwrap().observations[0].time.unwrap();
    assert_eq!(time.date_time.time(), None);
    let time = decode(REPORTS[1]).unwrap().observations[0].time.unwrap();
    assert_eq!(time.date_time.time().unwrap().to_string(), "2007-12-06 12:10:00");
}

proptest! {
    #[test]
    fn no_bytes_bring_it_down(bytes in vec(any::<u8>(), 0..80)) {
        let _either = Apdu::decode(&bytes);
    }

    #[test]
    fn no_change_of_a_report_brings_it_down(report in 0..5usize, place: prop::sample::Index, byte: u8) {
        let mut bytes = hex::decode(REPORTS[report]).unwrap();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        let _either = Apdu::decode(&bytes);
    }

    #[test]
    fn a_report_that_is_cut_or_goes_on_is_refused(report in 0..5usize, surplus in vec(any::<u8>(), 1..4)) {
        let whole = hex::decode(REPORTS[report]).unwrap();
        prop_assert!(Apdu::decode(&whole).is_ok());
        prop_assert!(Apdu::decode(&whole[4..]).is_ok(), "from the octet string on");
        for length in 0..whole.len() {
            prop_assert!(Apdu::decode(&whole[..length]).is_err());
        }
        prop_assert!(Apdu::decode(&[&whole[..], &surplus].concat()).is_err());
    }
}
