//! The first byte chooses the characteristic. The canonical frame says what the frame said, but for\n//! where it came from, and is its own canonical frame.
#![no_main]

use dagsform_care::{Flag, Quality};
use dagsform_sensors::codec::{DecodeError, observe};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, frame)) = bytes.split_first() else { return };
    let characteristic = if choice % 2 == 0 { 0x2A5E } else { 0x2A5F };
    let mut observed = match observe(characteristic, frame) {
        Ok(observed) => observed.expect("a measurement"),
        Err(DecodeError::Unsupported { .. }) => panic!("no codec"),
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert!(observed.values.len() >= 2);
    let _judged = Quality::assess(&observed.values, &observed.flags);
    let again = observe(characteristic, &observed.canonical).expect("a frame").expect("a measurement");
    observed.flags.remove(&Flag::FromStorage);
    assert_eq!(again, observed);
});
