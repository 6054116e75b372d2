//! What is decoded can be written as JSON, and as the bytes that were sent.
#![no_main]

use dagsform_sensors::codec::UserControlPoint;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(decoded) = UserControlPoint::decode(bytes) else { return };
    assert_eq!(decoded.bytes(), bytes);
    serde_json::to_string(&decoded).unwrap();
});
