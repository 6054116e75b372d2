//! Any two bytes are features; any other count is refused.
#![no_main]

use dagsform_sensors::codec::BloodPressureFeature;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let decoded = BloodPressureFeature::decode(bytes);
    assert_eq!(decoded.is_ok(), bytes.len() == 2);
    if let Ok(decoded) = decoded {
        serde_json::to_string(&decoded).unwrap();
    }
});
