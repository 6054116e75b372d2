//! The first byte chooses a maker's layout. What is decoded is written as JSON, and a reading is its own canonical frame's
//! or names what makes it the same.
#![no_main]

use dagsform_sensors::{
    codec::{Format, Selector, observe},
    device::{self, Key, Secrets},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let [choice, frame @ ..] = bytes else { return };
    let count = device::layouts().count();
    let layout = device::layouts().nth(usize::from(*choice) % count).expect("a layout");
    let address = "F0:F1:F2:F3:F4:F5".to_owned().try_into().expect("an address");
    let secrets = Secrets { key: Some(&Key([7; 16])), address: Some(&address) };
    match Selector::Layout(layout).decode_with(frame, &secrets) {
        Ok(decoded) => assert!(serde_json::to_value(&decoded).expect("JSON")["layout"] == layout.name),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    if let Ok(Some(observed)) = observe(Format::Layout(layout), frame, None) {
        assert!(!observed.canonical.is_empty() || frame.is_empty());
        assert_eq!(observe(Format::Layout(layout), frame, None).expect("again"), Some(observed));
    }
});
