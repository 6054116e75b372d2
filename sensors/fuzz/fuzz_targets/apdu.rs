//! What is decoded can be written as JSON; no configuration names more numbers than there are; an APDU without its
//! last byte is refused.
#![no_main]

use dagsform_sensors::codec::Apdu;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(decoded) = Apdu::decode(bytes) else { return };
    serde_json::to_string(&decoded).unwrap();
    let numbers: usize = decoded.observations.iter().map(|observation| observation.numbers.len()).sum();
    assert!(decoded.by_standard_configuration.iter().all(|named| named.values.len() <= numbers));
    let (_, shorter) = bytes.split_last().unwrap();
    assert!(Apdu::decode(shorter).is_err());
});
