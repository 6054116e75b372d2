//! Two bytes are hours, and two more are its checksum; any other count is refused.
#![no_main]

use dagsform_sensors::codec::CgmSessionRunTime;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let decoded = CgmSessionRunTime::decode(bytes);
    assert_eq!(decoded.is_ok(), [2, 2 + 2].contains(&bytes.len()));
    if let Ok(decoded) = decoded {
        assert_eq!(decoded.e2e_crc.is_some(), bytes.len() == 2 + 2);
        serde_json::to_string(&decoded).unwrap();
    }
});
