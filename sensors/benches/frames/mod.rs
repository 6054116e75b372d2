//! Typical frames: a whole record with time and status where the characteristic has them.

use dagsform_sensors::codec::Selector;

/// Name, what it is, and its bytes.
pub(crate) const FRAMES: &[(&str, Selector, &str)] = &[
    ("glucose-measurement", Selector::Characteristic(0x2A18), "1b0400e407070e0b06055a0277b0f80000"),
    ("temperature-measurement", Selector::Characteristic(0x2A1C), "06680100ffe207030a15340002"),
    ("current-time", Selector::Characteristic(0x2A2B), "e9070c1f173b3b07ff06"),
    ("glucose-measurement-context", Selector::Characteristic(0x2A34), "086400840350"),
    ("blood-pressure-measurement", Selector::Characteristic(0x2A35), "1e7c0056006100e807060f11111b3300012700"),
    ("intermediate-cuff-pressure", Selector::Characteristic(0x2A36), "1e040000000000e807060f11111b3c00012700"),
    ("heart-rate-measurement", Selector::Characteristic(0x2A37), "10495e039603"),
    ("plx-spot-check-measurement", Selector::Characteristic(0x2A5E), "1761006000e10701010122132000200000"),
    ("plx-continuous-measurement", Selector::Characteristic(0x2A5F), "1fdef3caf3caf35af5d4f3b2f220010000007ae3"),
    ("body-composition-measurement", Selector::Characteristic(0x2A9C), "9803c500a01b7c013c2f74205212"),
    ("weight-measurement", Selector::Characteristic(0x2A9D), "0e783eea07050c12353601ee002607"),
    ("cgm-measurement", Selector::Characteristic(0x2AA7), "0fe3d2e405000214ff02f0e5f38e3f"),
    (
        "ieee11073-20601-apdu",
        Selector::Apdu,
        "e7000036003412390100002e0028ffffffff0d290024f00000000002001c0001000a00622007120612100000000a000a00482007120612100000",
    ),
];

/// The bytes of a frame.
pub(crate) fn frame(hex: &str) -> Vec<u8> {
    hex::decode(hex).unwrap()
}
