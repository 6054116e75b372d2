//! What a device measures, by its services.

use dagsform_care::Kind;

/// The kind of reading that a service is for, by its 16-bit assigned number (Bluetooth SIG, Assigned Numbers, 3.4).
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
