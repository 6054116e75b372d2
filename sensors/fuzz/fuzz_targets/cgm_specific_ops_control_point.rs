//! What is decoded can be written as JSON, and its code is the byte that was sent.
#![no_main]

use dagsform_sensors::codec::CgmSpecificOpsControlPoint;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(decoded) = CgmSpecificOpsControlPoint::decode(bytes) else { return };
    assert_eq!(bytes[0], decoded.op_code.number());
    serde_json::to_string(&decoded).unwrap();
});
