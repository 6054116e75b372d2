//! The first byte chooses the characteristic. Every text is one, without zeros after it.
#![no_main]

use dagsform_care::DeviceInformation;
use dagsform_sensors::codec::{self, PnpId, Text, describe, device_information::DESCRIPTIVE};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, bytes)) = bytes.split_first() else { return };
    let text = Text::decode(bytes);
    assert!(!text.text.ends_with('\0'));
    assert_eq!(PnpId::decode(bytes).is_ok(), bytes.len() == 7);
    let characteristic = DESCRIPTIVE[usize::from(*choice) % DESCRIPTIVE.len()];
    let mut information = DeviceInformation::default();
    let described = describe(&mut information, characteristic, bytes);
    assert_eq!(described.is_ok(), codec::decode(characteristic, bytes).is_ok());
    let texts = [information.manufacturer, information.model, information.serial, information.firmware];
    assert!(!texts.iter().flatten().any(|text| text.is_empty() || text.contains(char::is_control)));
});
