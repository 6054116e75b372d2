//! Any ten bytes are a time, and are written as the same bytes; any other count is refused.
#![no_main]

use dagsform_sensors::codec::CurrentTime;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match CurrentTime::decode(bytes) {
        Ok(decoded) => {
            assert_eq!(decoded.bytes(), bytes);
            serde_json::to_string(&decoded).unwrap();
        }
        Err(_) => assert_ne!(bytes.len(), 10),
    }
});
