//! One byte is a place, named or kept with its number; any other count is refused.
#![no_main]

use dagsform_sensors::codec::TemperatureType;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match TemperatureType::decode(bytes) {
        Ok(place) => assert_eq!(bytes, [place.number()]),
        Err(_) => assert_ne!(bytes.len(), 1),
    }
});
