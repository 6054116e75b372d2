//! A maker of pulse oximeter records (Pulse Oximeter Service 1.0.1, PLX Spot-Check Measurement 2A5E).
//!
//! Bytes and meaning are built side by side from the same figures; nothing here decodes.

use std::collections::BTreeSet;

use chrono::{NaiveDateTime, TimeDelta};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use super::description::{Meaning, Record};
use super::fields::{Figure, date_time, flags, names};
pub use super::number::Sfloat;

/// The `kind` of every [`Meaning`] made here.
pub const SPOT_CHECK: &str = "plx_spot_check";

/// Names of the bits of the Measurement Status field.
pub const MEASUREMENT_STATUS: [(u8, &str); 11] = [
    (5, "measurement_ongoing"),
    (6, "early_estimated_data"),
    (7, "validated_data"),
    (8, "fully_qualified_data"),
    (9, "data_from_measurement_storage"),
    (10, "data_for_demonstration"),
    (11, "data_for_testing"),
    (12, "calibration_ongoing"),
    (13, "measurement_unavailable"),
    (14, "questionable_measurement_detected"),
    (15, "invalid_measurement_detected"),
];

/// Names of the bits of the Device and Sensor Status field.
pub const DEVICE_AND_SENSOR_STATUS: [(u8, &str); 16] = [
    (0, "extended_display_update_ongoing"),
    (1, "equipment_malfunction_detected"),
    (2, "signal_processing_irregularity_detected"),
    (3, "inadequate_signal_detected"),
    (4, "poor_signal_detected"),
    (5, "low_perfusion_detected"),
    (6, "erratic_signal_detected"),
    (7, "non_pulsatile_signal_detected"),
    (8, "questionable_pulse_detected"),
    (9, "signal_analysis_ongoing"),
    (10, "sensor_interference_detected"),
    (11, "sensor_unconnected_to_user"),
    (12, "unknown_sensor_connected"),
    (13, "sensor_displaced"),
    (14, "sensor_malfunctioning"),
    (15, "sensor_disconnected"),
];

/// A spot-check measurement to be made into a record.
#[derive(Clone, Debug, PartialEq)]
pub struct SpotCheck {
    /// Oxygen saturation, per cent.
    pub spo2: Sfloat,
    /// Pulse rate, beats a minute.
    pub pulse_rate: Sfloat,
    /// The time on the device's clock.
    pub device_time: Option<NaiveDateTime>,
    /// Measurement Status, see [`MEASUREMENT_STATUS`].
    pub measurement_status: Option<u16>,
    /// Device and Sensor Status, 24 bits, see [`DEVICE_AND_SENSOR_STATUS`].
    pub device_and_sensor_status: Option<u32>,
    /// Pulse Amplitude Index, per cent.
    pub pulse_amplitude_index: Option<Sfloat>,
    /// The device says that its clock was never set.
    pub clock_not_set: bool,
}

impl SpotCheck {
    /// Saturation and pulse in whole numbers at a time, without any status field.
    #[must_use]
    pub fn at(device_time: NaiveDateTime, spo2: i16, pulse_rate: i16) -> Self {
        Self {
            spo2: Sfloat::whole(spo2),
            pulse_rate: Sfloat::whole(pulse_rate),
            device_time: Some(device_time),
            measurement_status: None,
            device_and_sensor_status: None,
            pulse_amplitude_index: None,
            clock_not_set: false,
        }
    }

    /// The record: bytes and meaning.
    #[must_use]
    pub fn record(&self) -> Record {
        Record { bytes: hex::encode(self.bytes()), sequence: None, meaning: Some(self.meaning()), followed_by: vec![] }
    }

    fn bytes(&self) -> Vec<u8> {
        let parts = [
            self.device_time.is_some(),
            self.measurement_status.is_some(),
            self.device_and_sensor_status.is_some(),
            self.pulse_amplitude_index.is_some(),
            self.clock_not_set,
        ];
        let mut bytes = vec![flags(&parts)];
        bytes.extend(self.spo2.bytes());
        bytes.extend(self.pulse_rate.bytes());
        bytes.extend(self.device_time.iter().flat_map(date_time));
        bytes.extend(self.measurement_status.iter().flat_map(|status| status.to_le_bytes()));
        bytes.extend(self.device_and_sensor_status.iter().flat_map(|status| status.to_le_bytes().into_iter().take(3)));
        bytes.extend(self.pulse_amplitude_index.iter().flat_map(|index| index.bytes()));
        bytes
    }

    fn meaning(&self) -> Meaning {
        let mut meaning = Meaning::of(SPOT_CHECK, self.device_time);
        meaning.say("spo2", self.spo2, "%");
        meaning.say("pulse_rate", self.pulse_rate, "/min");
        if let Some(index) = self.pulse_amplitude_index {
            meaning.say("pulse_amplitude_index", index, "%");
        }
        meaning.flags = names(&MEASUREMENT_STATUS, u32::from(self.measurement_status.unwrap_or(0)));
        meaning.flags.extend(names(&DEVICE_AND_SENSOR_STATUS, self.device_and_sensor_status.unwrap_or(0)));
        meaning.flags.extend(self.clock_not_set.then(|| "device_clock_not_set".to_owned()));
        meaning
    }
}

/// The `kind` of a value of a stream.
pub const CONTINUOUS: &str = "plx_continuous";

/// A value of a stream (PLX Continuous Measurement 2A5F) that the device says is an early estimate.
#[must_use]
pub fn early_estimate(spo2: u16, pulse_rate: u16) -> Record {
    let status: u16 = 1 << 6;
    // Flags: bit 2, the Measurement Status field is there.
    let mut bytes = vec![1 << 2];
    bytes.extend([spo2, pulse_rate, status].iter().flat_map(|word| word.to_le_bytes()));
    let mut meaning = Meaning::of(CONTINUOUS, None);
    meaning.say("spo2", Figure::Number(spo2.to_string()), "%");
    meaning.say("pulse_rate", Figure::Number(pulse_rate.to_string()), "/min");
    meaning.flags = names(&MEASUREMENT_STATUS, status.into());
    Record { bytes: hex::encode(bytes), sequence: None, meaning: Some(meaning), followed_by: vec![] }
}

/// `count` records from `start` on, oldest first, no two with the same time and values.
///
/// Some share a minute and some even a second, as those of a person who tries twice do. The same
/// seed gives the same records.
#[must_use]
pub fn many(seed: u64, count: usize, start: NaiveDateTime) -> Vec<Record> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut seen = BTreeSet::new();
    let mut records = Vec::with_capacity(count);
    let mut time = start;
    while records.len() < count {
        let step = match random.random_range(0..10) {
            0 => 0,
            1 | 2 => random.random_range(1..60),
            _ => random.random_range(60..7200),
        };
        time += TimeDelta::seconds(step);
        let mut check = SpotCheck::at(time, random.random_range(82..=100), random.random_range(48..=130));
        if random.random_bool(0.2) {
            check.pulse_rate = Sfloat::tenths(check.pulse_rate.mantissa * 10 + random.random_range(0..10));
        }
        if random.random_bool(0.3) {
            check.measurement_status = Some(1 << random.random_range(7..=9));
        }
        if random.random_bool(0.1) {
            check.device_and_sensor_status = Some(1 << random.random_range(3..=6));
        }
        if random.random_bool(0.1) {
            check.pulse_amplitude_index = Some(Sfloat::tenths(random.random_range(2..200)));
        }
        if seen.insert((time, check.spo2.text(), check.pulse_rate.text())) {
            records.push(check.record());
        }
    }
    records
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn noon() -> NaiveDateTime {
        NaiveDate::from_ymd_opt(2026, 11, 23).unwrap().and_hms_opt(12, 0, 5).unwrap()
    }

    #[test]
    fn a_full_record_has_its_fields_in_the_order_of_the_specification() {
        let mut check = SpotCheck::at(noon(), 97, 61);
        check.measurement_status = Some(0x4200);
        check.device_and_sensor_status = Some(0x00_0120);
        check.pulse_amplitude_index = Some(Sfloat::tenths(15));
        let record = check.record();
        assert_eq!(record.bytes, "0f61003d00ea070b170c00050042200100".to_owned() + "0ff0");
        let meaning = record.meaning.unwrap();
        assert_eq!(meaning.values["pulse_amplitude_index"], "1.5");
        assert_eq!(
            meaning.flags,
            [
                "data_from_measurement_storage",
                "questionable_measurement_detected",
                "low_perfusion_detected",
                "questionable_pulse_detected"
            ]
        );
    }

    #[test]
    fn two_thousand_records_are_all_different_and_the_same_for_the_same_seed() {
        let records = many(7, 2_000, noon());
        let identities: BTreeSet<_> = records
            .iter()
            .map(|record| {
                let meaning = record.meaning.clone().unwrap();
                (meaning.device_time, meaning.values["spo2"].clone(), meaning.values["pulse_rate"].clone())
            })
            .collect();
        let bytes: BTreeSet<_> = records.iter().map(|record| &record.bytes).collect();
        assert_eq!((identities.len(), bytes.len()), (2_000, 2_000));
        assert_eq!(records, many(7, 2_000, noon()));
        assert_ne!(records, many(8, 2_000, noon()));
    }
}
