//! Any two or four bytes are a number; any other count is refused.
#![no_main]

use dagsform_sensors::codec::{Decoded, Selector};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for (selector, length) in [(Selector::Sfloat, 2), (Selector::Float, 4)] {
        let decoded = selector.decode(bytes);
        assert_eq!(decoded.is_ok(), bytes.len() == length);
        if let Ok(Decoded::Sfloat(value) | Decoded::Float(value)) = decoded
            && let Some(number) = value.number()
        {
            let _written = number.to_string();
        }
    }
});
