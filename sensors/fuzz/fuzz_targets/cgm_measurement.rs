//! The records of a value are as long as they say, and can be written as JSON; a value without its last byte is
//! refused.
#![no_main]

use dagsform_sensors::codec::CgmMeasurement;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(decoded) = CgmMeasurement::decode(bytes) else { return };
    serde_json::to_string(&decoded).unwrap();
    let mut rest = bytes;
    for _ in &decoded.records {
        assert!(rest[0] >= 6);
        rest = &rest[usize::from(rest[0])..];
    }
    assert!(rest.is_empty());
    let (_, shorter) = bytes.split_last().unwrap();
    if let Ok(shorter) = CgmMeasurement::decode(shorter) {
        panic!("{shorter:?}");
    }
});
