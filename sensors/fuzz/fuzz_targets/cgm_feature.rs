//! Any six bytes are features, with a checksum or 0xFFFF; any other count is refused.
#![no_main]

use dagsform_sensors::codec::CgmFeature;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let decoded = CgmFeature::decode(bytes);
    assert_eq!(decoded.is_ok(), bytes.len() == 6);
    if let Ok(decoded) = decoded {
        serde_json::to_string(&decoded).unwrap();
    }
});
