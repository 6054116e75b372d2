//! What is decoded can be written as JSON, and its codes are the bytes that were sent.
#![no_main]

use dagsform_sensors::codec::RecordAccessControlPoint;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(decoded) = RecordAccessControlPoint::decode(bytes) else { return };
    assert_eq!(bytes[..2], [decoded.op_code.number(), decoded.operator.number()]);
    serde_json::to_string(&decoded).unwrap();
});
