//! What is decoded can be written as JSON; a frame without its last byte says less or nothing.
#![no_main]

use dagsform_sensors::codec::BodyCompositionMeasurement;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(decoded) = BodyCompositionMeasurement::decode(bytes) else { return };
    assert!(bytes.len() >= 4);
    serde_json::to_string(&decoded).unwrap();
    let (_, shorter) = bytes.split_last().unwrap();
    assert_eq!(BodyCompositionMeasurement::decode(shorter).is_ok(), !decoded.additional_data.is_empty());
});
