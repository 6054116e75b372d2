//! One byte is a level, or kept as none; any other count is refused.
#![no_main]

use dagsform_sensors::codec::BatteryLevel;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match BatteryLevel::decode(bytes) {
        Ok(battery) => {
            assert_eq!(bytes, [battery.raw]);
            assert!(battery.level.is_none_or(|level| level <= 100));
        }
        Err(_) => assert_ne!(bytes.len(), 1),
    }
});
