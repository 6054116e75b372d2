//! One byte is a user, known or unknown; any other count is refused.
#![no_main]

use dagsform_sensors::codec::UserIndex;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let decoded = UserIndex::decode(bytes);
    assert_eq!(decoded.is_ok(), bytes.len() == 1);
    if let Ok(decoded) = decoded {
        serde_json::to_string(&decoded).unwrap();
    }
});
