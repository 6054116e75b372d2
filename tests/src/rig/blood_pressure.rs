//! A maker of blood pressure records (Blood Pressure Service 1.1.1, Blood Pressure Measurement 2A35).
//!
//! Bytes and meaning are built side by side from the same figures; nothing here decodes.

use chrono::NaiveDateTime;

use super::description::{Meaning, Record};
use super::fields::{date_time, flags, names};
use super::number::Sfloat;

/// The `kind` of every [`Meaning`] made here.
pub const BLOOD_PRESSURE: &str = "blood_pressure";

/// A user that the cuff does not know (Blood Pressure Service 1.1.1, 3.1.1.6).
pub const UNKNOWN_USER: u8 = 0xFF;

/// Names of the bits of the Measurement Status field. Bits 3 and 4 are one number, the pulse rate
/// range, of which 3 is reserved.
pub const MEASUREMENT_STATUS: [(u8, &str); 6] = [
    (0, "body_movement_detected"),
    (1, "cuff_too_loose"),
    (2, "irregular_pulse_detected"),
    (3, "pulse_rate_exceeds_upper_limit"),
    (4, "pulse_rate_less_than_lower_limit"),
    (5, "improper_measurement_position"),
];

/// The unit of all three pressures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PressureUnit {
    /// mmHg.
    MillimetreOfMercury,
    /// kPa.
    Kilopascal,
}

/// A finished measurement to be made into a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BloodPressure {
    /// Systolic pressure.
    pub systolic: Sfloat,
    /// Diastolic pressure.
    pub diastolic: Sfloat,
    /// Mean arterial pressure; many cuffs send [`Sfloat::NAN`].
    pub mean_arterial_pressure: Sfloat,
    /// The unit of the pressures.
    pub unit: PressureUnit,
    /// The time on the device's clock.
    pub device_time: Option<NaiveDateTime>,
    /// Pulse rate, beats a minute.
    pub pulse_rate: Option<Sfloat>,
    /// The device's own number of the user; [`UNKNOWN_USER`] where it does not know.
    pub user_id: Option<u8>,
    /// Measurement Status, see [`MEASUREMENT_STATUS`].
    pub measurement_status: Option<u16>,
}

impl BloodPressure {
    /// Pressures in mmHg and a pulse rate, all whole numbers, at a time, without a mean pressure.
    #[must_use]
    pub fn at(device_time: NaiveDateTime, systolic: i16, diastolic: i16, pulse_rate: i16) -> Self {
        Self {
            systolic: Sfloat::whole(systolic),
            diastolic: Sfloat::whole(diastolic),
            mean_arterial_pressure: Sfloat::NAN,
            unit: PressureUnit::MillimetreOfMercury,
            device_time: Some(device_time),
            pulse_rate: Some(Sfloat::whole(pulse_rate)),
            user_id: None,
            measurement_status: None,
        }
    }

    /// A measurement that failed as many cuffs tell it: no numbers, and no status bit to say why.
    #[must_use]
    pub fn failed(device_time: NaiveDateTime) -> Self {
        let none = Sfloat::NAN;
        Self { systolic: none, diastolic: none, pulse_rate: Some(none), ..Self::at(device_time, 0, 0, 0) }
    }

    /// The record: bytes and meaning.
    #[must_use]
    pub fn record(&self) -> Record {
        Record { bytes: hex::encode(self.bytes()), sequence: None, meaning: Some(self.meaning()), followed_by: vec![] }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![flags(&[
            self.unit == PressureUnit::Kilopascal,
            self.device_time.is_some(),
            self.pulse_rate.is_some(),
            self.user_id.is_some(),
            self.measurement_status.is_some(),
        ])];
        bytes.extend([self.systolic, self.diastolic, self.mean_arterial_pressure].iter().flat_map(|one| one.bytes()));
        bytes.extend(self.device_time.iter().flat_map(date_time));
        bytes.extend(self.pulse_rate.iter().flat_map(|rate| rate.bytes()));
        bytes.extend(self.user_id);
        bytes.extend(self.measurement_status.iter().flat_map(|status| status.to_le_bytes()));
        bytes
    }

    fn meaning(&self) -> Meaning {
        let unit = match self.unit {
            PressureUnit::MillimetreOfMercury => "mm[Hg]",
            PressureUnit::Kilopascal => "kPa",
        };
        let mut meaning = Meaning::of(BLOOD_PRESSURE, self.device_time);
        meaning.say("systolic", self.systolic, unit);
        meaning.say("diastolic", self.diastolic, unit);
        meaning.say("mean_arterial_pressure", self.mean_arterial_pressure, unit);
        if let Some(rate) = self.pulse_rate {
            meaning.say("pulse_rate", rate, "/min");
        }
        if let Some(user) = self.user_id {
            meaning.mention_user(user);
        }
        meaning.flags = names(&MEASUREMENT_STATUS, self.measurement_status.unwrap_or(0).into());
        meaning
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rig::devices::noon;

    #[test]
    fn a_full_record_has_its_fields_in_the_order_of_the_specification() {
        let record = BloodPressure {
            mean_arterial_pressure: Sfloat::whole(97),
            user_id: Some(2),
            measurement_status: Some(0x0025),
            ..BloodPressure::at(noon(), 124, 86, 51)
        };
        let Record { bytes, meaning, .. } = record.record();
        assert_eq!(bytes, "1e7c0056006100ea070b170c0000330002".to_owned() + "2500");
        let meaning = meaning.unwrap();
        let values = ["systolic", "diastolic", "mean_arterial_pressure", "pulse_rate"];
        assert_eq!(values.map(|name| meaning.values[name].as_str()), ["124", "86", "97", "51"]);
        assert_eq!(values.map(|name| meaning.units[name].as_str()), ["mm[Hg]", "mm[Hg]", "mm[Hg]", "/min"]);
        assert_eq!((meaning.details["user_id"].as_str(), meaning.details.len()), ("2", 1));
        assert_eq!(
            meaning.flags,
            ["body_movement_detected", "irregular_pulse_detected", "improper_measurement_position"]
        );
    }

    #[test]
    fn the_least_record_is_three_pressures() {
        let record = BloodPressure {
            systolic: Sfloat::tenths(165),
            diastolic: Sfloat::tenths(115),
            unit: PressureUnit::Kilopascal,
            device_time: None,
            pulse_rate: None,
            ..BloodPressure::at(noon(), 0, 0, 0)
        };
        let Record { bytes, meaning, .. } = record.record();
        assert_eq!(bytes, "01a5f073f0ff07");
        let meaning = meaning.unwrap();
        assert_eq!((meaning.values["systolic"].as_str(), meaning.units["systolic"].as_str()), ("16.5", "kPa"));
        assert_eq!((meaning.device_time, meaning.details["mean_arterial_pressure"].as_str()), (None, "NaN"));
    }

    #[test]
    fn a_failed_measurement_says_no_number_at_all() {
        let meaning = BloodPressure::failed(noon()).record().meaning.unwrap();
        assert!(meaning.values.is_empty() && meaning.units.is_empty() && meaning.flags.is_empty());
    }
}
