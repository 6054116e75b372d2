//! The first byte chooses the characteristic, the second how much is the context. The canonical frame says
//! what the frame said, but for where it came from, and is its own canonical frame; no context changes it.
#![no_main]

use dagsform_care::{Flag, Quality};
use dagsform_sensors::codec::{DecodeError, observe};
use libfuzzer_sys::fuzz_target;

const MEASUREMENTS: [u16; 6] = [0x2A18, 0x2A1C, 0x2A35, 0x2A5E, 0x2A5F, 0x2A9D];

fuzz_target!(|bytes: &[u8]| {
    let [choice, cut, rest @ ..] = bytes else { return };
    let characteristic = MEASUREMENTS[usize::from(*choice) % MEASUREMENTS.len()];
    let (context, frame) = rest.split_at(usize::from(*cut).min(rest.len()));
    let mut observed = match observe(characteristic, frame, Some(context)) {
        Ok(observed) => observed.expect("a measurement"),
        Err(DecodeError::Unsupported { .. }) => panic!("no codec"),
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let _judged = Quality::assess(&observed.values, &observed.flags);
    let alone = observe(characteristic, frame, None).expect("a frame").expect("a measurement");
    assert_eq!(alone.canonical, observed.canonical);
    let again = observe(characteristic, &observed.canonical, Some(context)).expect("a frame").expect("a measurement");
    observed.flags.remove(&Flag::FromStorage);
    assert_eq!(again, observed);
});
