//! Five bytes are a status, and two more are its checksum; any other count is refused.
#![no_main]

use dagsform_sensors::codec::CgmStatus;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let decoded = CgmStatus::decode(bytes);
    assert_eq!(decoded.is_ok(), [5, 5 + 2].contains(&bytes.len()));
    if let Ok(decoded) = decoded {
        assert_eq!(decoded.e2e_crc.is_some(), bytes.len() == 5 + 2);
        serde_json::to_string(&decoded).unwrap();
    }
});
