//! What a device measures, by its services.

use dagsform_care::Kind;

/// The services of the Bluetooth SIG that measure what the kit measures, with their names (Bluetooth SIG, Assigned
/// Numbers, 3.4).
pub const MEASURING: [(u16, &str); 5] = [
    (0x1822, "Pulse Oximeter"),
    (0x1810, "Blood Pressure"),
    (0x181D, "Weight Scale"),
    (0x1808, "Glucose"),
    (0x1809, "Health Thermometer"),
];

/// The kind of reading that a service is for, by its 16-bit assigned number.
pub fn kind_of(service: u16) -> Option<Kind> {
    Some(match service {
        0x1822 => Kind::PulseOximetry,
        0x1810 => Kind::BloodPressure,
        0x181D => Kind::BodyWeight,
        0x1808 => Kind::BloodGlucose,
        0x1809 => Kind::BodyTemperature,
        _ => return None,
    })
}
