//! Any four bytes are features with two resolutions; any other count is refused.
#![no_main]

use dagsform_sensors::codec::BodyCompositionFeature;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let decoded = BodyCompositionFeature::decode(bytes);
    assert_eq!(decoded.is_ok(), bytes.len() == 4);
    if let Ok(decoded) = decoded {
        serde_json::to_string(&decoded).unwrap();
    }
});
