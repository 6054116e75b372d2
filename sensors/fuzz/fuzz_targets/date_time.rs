//! Any seven bytes are a date and time, known, unknown or impossible.
#![no_main]

use dagsform_care::DeviceTime;
use dagsform_sensors::codec::{DateTime, date_time::Validity};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let decoded = DateTime::decode(bytes);
    assert_eq!(decoded.is_ok(), bytes.len() == 7);
    if let Ok(time) = decoded {
        let local = matches!(time.device_time(), DeviceTime::Local(_));
        assert_eq!(local, time.validity() == Validity::Known);
        serde_json::to_string(&time).unwrap();
    }
});
