//! A maker of glucose records (Glucose Service 1.0.1, Glucose Measurement 2A18 and the Glucose
//! Measurement Context 2A34 that follows it).
//!
//! Bytes and meaning are built side by side from the same figures; nothing here decodes.

use chrono::{NaiveDateTime, TimeDelta};

use super::description::{Frame, Meaning, Record};
use super::fields::{Figure, date_time, entry, flags, names};
use super::number::Sfloat;

/// The `kind` of the [`Meaning`] of a record.
pub const GLUCOSE: &str = "glucose";
/// The `kind` of the [`Meaning`] of the frame that follows it.
pub const GLUCOSE_CONTEXT: &str = "glucose_context";
/// Glucose Measurement Context.
const CONTEXT: &str = "2A34";

/// Names of the bits of the Sensor Status Annunciation field.
pub const SENSOR_STATUS_ANNUNCIATION: [(u8, &str); 12] = [
    (0, "device_battery_low"),
    (1, "sensor_malfunction"),
    (2, "sample_size_insufficient"),
    (3, "strip_insertion_error"),
    (4, "strip_type_incorrect"),
    (5, "result_higher_than_device_can_process"),
    (6, "result_lower_than_device_can_process"),
    (7, "sensor_temperature_too_high"),
    (8, "sensor_temperature_too_low"),
    (9, "sensor_read_interrupted"),
    (10, "general_device_fault"),
    (11, "time_fault"),
];

/// Names of the values of the Type field.
pub const FLUID_TYPE: [(u8, &str); 10] = [
    (1, "capillary_whole_blood"),
    (2, "capillary_plasma"),
    (3, "venous_whole_blood"),
    (4, "venous_plasma"),
    (5, "arterial_whole_blood"),
    (6, "arterial_plasma"),
    (7, "undetermined_whole_blood"),
    (8, "undetermined_plasma"),
    (9, "interstitial_fluid"),
    (10, "control_solution"),
];

/// Names of the values of the Sample Location field.
pub const SAMPLE_LOCATION: [(u8, &str); 5] =
    [(1, "finger"), (2, "alternate_site_test"), (3, "earlobe"), (4, "control_solution"), (15, "not_available")];

/// Names of the values of the Carbohydrate ID field.
pub const CARBOHYDRATE_ID: [(u8, &str); 7] =
    [(1, "breakfast"), (2, "lunch"), (3, "dinner"), (4, "snack"), (5, "drink"), (6, "supper"), (7, "brunch")];

/// Names of the values of the Meal field.
pub const MEAL: [(u8, &str); 5] =
    [(1, "preprandial"), (2, "postprandial"), (3, "fasting"), (4, "casual"), (5, "bedtime")];

/// Names of the values of the Tester field.
pub const TESTER: [(u8, &str); 4] =
    [(1, "self"), (2, "health_care_professional"), (3, "lab_test"), (15, "not_available")];

/// Names of the values of the Health field.
pub const HEALTH: [(u8, &str); 6] = [
    (1, "minor_health_issues"),
    (2, "major_health_issues"),
    (3, "during_menses"),
    (4, "under_stress"),
    (5, "no_health_issues"),
    (15, "not_available"),
];

/// Names of the values of the Medication ID field.
pub const MEDICATION_ID: [(u8, &str); 5] = [
    (1, "rapid_acting_insulin"),
    (2, "short_acting_insulin"),
    (3, "intermediate_acting_insulin"),
    (4, "long_acting_insulin"),
    (5, "pre_mixed_insulin"),
];

/// A measurement to be made into a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glucose {
    /// The device's own number of the record; the context has the same.
    pub sequence_number: u16,
    /// The time on the device's inner clock.
    pub base_time: NaiveDateTime,
    /// Minutes, -32767 to 32766, that the user's settings add to the base time.
    pub time_offset: Option<i16>,
    /// What was measured, if anything was.
    pub concentration: Option<Concentration>,
    /// Sensor Status Annunciation, see [`SENSOR_STATUS_ANNUNCIATION`].
    pub sensor_status_annunciation: Option<u16>,
    /// What the user told the meter about it.
    pub context: Option<Context>,
}

/// Glucose Concentration, with the Type and Sample Location that are always sent with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concentration {
    /// Glucose.
    pub glucose: Sfloat,
    /// Its unit.
    pub unit: ConcentrationUnit,
    /// Type, 0 to 15, see [`FLUID_TYPE`].
    pub fluid_type: u8,
    /// Sample Location, 0 to 15, see [`SAMPLE_LOCATION`].
    pub sample_location: u8,
}

/// The unit of a concentration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConcentrationUnit {
    /// kg/L: 119 mg/dL are 119 × 10⁻⁵ of them.
    KilogramPerLitre,
    /// mol/L: 6.6 mmol/L are 66 × 10⁻⁴ of them.
    MolePerLitre,
}

/// Glucose Measurement Context.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// Carbohydrate ID, see [`CARBOHYDRATE_ID`], and Carbohydrate, kg.
    pub carbohydrate: Option<(u8, Sfloat)>,
    /// Meal, see [`MEAL`].
    pub meal: Option<u8>,
    /// Tester, see [`TESTER`], and Health, see [`HEALTH`]; 0 to 15 each.
    pub tester_health: Option<(u8, u8)>,
    /// Exercise Duration, seconds (65535: more than that), and Exercise Intensity, per cent.
    pub exercise: Option<(u16, u8)>,
    /// Medication ID, see [`MEDICATION_ID`], with the medication and its unit.
    pub medication: Option<(u8, Sfloat, MedicationUnit)>,
    /// HbA1c, per cent.
    pub hba1c: Option<Sfloat>,
    /// Extended Flags; all of their bits are reserved.
    pub extended_flags: Option<u8>,
}

/// The unit of a medication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MedicationUnit {
    /// kg.
    Kilogram,
    /// L.
    Litre,
}

impl Glucose {
    /// Tenths of mmol/L in capillary whole blood from a finger, by a meter whose clock the user never
    /// touched.
    #[must_use]
    pub fn at(sequence_number: u16, base_time: NaiveDateTime, tenths: i16) -> Self {
        let concentration = Concentration {
            glucose: Sfloat { mantissa: tenths, exponent: -4 },
            unit: ConcentrationUnit::MolePerLitre,
            fluid_type: 1,
            sample_location: 1,
        };
        Self {
            sequence_number,
            base_time,
            time_offset: None,
            concentration: Some(concentration),
            sensor_status_annunciation: None,
            context: None,
        }
    }

    /// The record: bytes and meaning, and the context that follows it.
    #[must_use]
    pub fn record(&self) -> Record {
        let context = self.context.as_ref().map(|context| context.frame(self.sequence_number));
        Record {
            bytes: hex::encode(self.bytes()),
            sequence: Some(self.sequence_number),
            meaning: Some(self.meaning()),
            followed_by: context.into_iter().collect(),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let in_moles = |concentration: Concentration| concentration.unit == ConcentrationUnit::MolePerLitre;
        let mut bytes = vec![flags(&[
            self.time_offset.is_some(),
            self.concentration.is_some(),
            self.concentration.is_some_and(in_moles),
            self.sensor_status_annunciation.is_some(),
            self.context.is_some(),
        ])];
        bytes.extend(self.sequence_number.to_le_bytes());
        bytes.extend(date_time(&self.base_time));
        bytes.extend(self.time_offset.iter().flat_map(|minutes| minutes.to_le_bytes()));
        if let Some(concentration) = self.concentration {
            bytes.extend(concentration.glucose.bytes());
            bytes.push(nibbles(concentration.fluid_type, concentration.sample_location));
        }
        bytes.extend(self.sensor_status_annunciation.iter().flat_map(|status| status.to_le_bytes()));
        bytes
    }

    fn meaning(&self) -> Meaning {
        let device_time = self.base_time + TimeDelta::minutes(self.time_offset.unwrap_or(0).into());
        let mut meaning = Meaning::of(GLUCOSE, Some(device_time));
        if let Some(concentration) = self.concentration {
            let unit = match concentration.unit {
                ConcentrationUnit::KilogramPerLitre => "kg/L",
                ConcentrationUnit::MolePerLitre => "mol/L",
            };
            meaning.say("glucose", concentration.glucose, unit);
            meaning.mention("fluid_type", entry(&FLUID_TYPE, concentration.fluid_type));
            meaning.mention("sample_location", entry(&SAMPLE_LOCATION, concentration.sample_location));
        }
        meaning.flags = names(&SENSOR_STATUS_ANNUNCIATION, self.sensor_status_annunciation.unwrap_or(0).into());
        meaning
    }
}

impl Context {
    fn frame(&self, sequence_number: u16) -> Frame {
        let bytes = hex::encode(self.bytes(sequence_number));
        Frame { characteristic: CONTEXT.to_owned(), bytes, meaning: Some(self.meaning()) }
    }

    fn bytes(&self, sequence_number: u16) -> Vec<u8> {
        let in_litres = self.medication.is_some_and(|(.., unit)| unit == MedicationUnit::Litre);
        let mut bytes = vec![flags(&[
            self.carbohydrate.is_some(),
            self.meal.is_some(),
            self.tester_health.is_some(),
            self.exercise.is_some(),
            self.medication.is_some(),
            in_litres,
            self.hba1c.is_some(),
            self.extended_flags.is_some(),
        ])];
        bytes.extend(sequence_number.to_le_bytes());
        bytes.extend(self.extended_flags);
        if let Some((id, amount)) = self.carbohydrate {
            bytes.push(id);
            bytes.extend(amount.bytes());
        }
        bytes.extend(self.meal);
        bytes.extend(self.tester_health.map(|(tester, health)| nibbles(tester, health)));
        if let Some((duration, intensity)) = self.exercise {
            bytes.extend(duration.to_le_bytes());
            bytes.push(intensity);
        }
        if let Some((id, amount, _)) = self.medication {
            bytes.push(id);
            bytes.extend(amount.bytes());
        }
        bytes.extend(self.hba1c.iter().flat_map(|per_cent| per_cent.bytes()));
        bytes
    }

    fn meaning(&self) -> Meaning {
        let mut meaning = Meaning::of(GLUCOSE_CONTEXT, None);
        if let Some((id, amount)) = self.carbohydrate {
            meaning.mention("carbohydrate_id", entry(&CARBOHYDRATE_ID, id));
            meaning.say("carbohydrate", amount, "kg");
        }
        if let Some(meal) = self.meal {
            meaning.mention("meal", entry(&MEAL, meal));
        }
        if let Some((tester, health)) = self.tester_health {
            meaning.mention("tester", entry(&TESTER, tester));
            meaning.mention("health", entry(&HEALTH, health));
        }
        if let Some((duration, intensity)) = self.exercise {
            let duration = match duration {
                u16::MAX => Figure::Instead("overrun".to_owned()),
                seconds => Figure::Number(seconds.to_string()),
            };
            meaning.say("exercise_duration", duration, "s");
            meaning.say("exercise_intensity", Figure::Number(intensity.to_string()), "%");
        }
        if let Some((id, amount, unit)) = self.medication {
            let unit = match unit {
                MedicationUnit::Kilogram => "kg",
                MedicationUnit::Litre => "L",
            };
            meaning.mention("medication_id", entry(&MEDICATION_ID, id));
            meaning.say("medication", amount, unit);
        }
        if let Some(per_cent) = self.hba1c {
            meaning.say("hba1c", per_cent, "%");
        }
        meaning
    }
}

/// Two numbers of four bits in one byte, the first in the lower half.
fn nibbles(low: u8, high: u8) -> u8 {
    low & 0x0F | high << 4
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rig::devices::noon;

    #[test]
    fn a_full_record_has_its_fields_in_the_order_of_the_specification() {
        let context = Context { meal: Some(3), ..Context::default() };
        let record = Glucose {
            time_offset: Some(-90),
            sensor_status_annunciation: Some(0x0801),
            context: Some(context),
            ..Glucose::at(259, noon(), 66)
        };
        let Record { bytes, sequence, meaning, followed_by } = record.record();
        assert_eq!(bytes, "1f0301ea070b170c0000a6ff42c0110108");
        assert_eq!(sequence, Some(259));
        let meaning = meaning.unwrap();
        assert_eq!((meaning.values["glucose"].as_str(), meaning.units["glucose"].as_str()), ("0.0066", "mol/L"));
        assert_eq!(meaning.device_time.as_deref(), Some("2026-11-23T10:30:00"));
        assert_eq!(meaning.details["fluid_type"], "capillary_whole_blood");
        assert_eq!(meaning.details["sample_location"], "finger");
        assert_eq!(meaning.flags, ["device_battery_low", "time_fault"]);
        let frames: Vec<_> = followed_by.iter().map(|frame| (&*frame.characteristic, &*frame.bytes)).collect();
        assert_eq!(frames, [("2A34", "02030103")]);
    }

    #[test]
    fn a_concentration_is_kept_in_the_unit_of_the_meter() {
        let mut record = Glucose::at(4, noon(), 0);
        record.concentration = record.concentration.map(|concentration| Concentration {
            glucose: Sfloat { mantissa: 119, exponent: -5 },
            unit: ConcentrationUnit::KilogramPerLitre,
            ..concentration
        });
        let Record { bytes, meaning, .. } = record.record();
        let meaning = meaning.unwrap();
        assert_eq!(bytes, "020400ea070b170c000077b011");
        assert_eq!((meaning.values["glucose"].as_str(), meaning.units["glucose"].as_str()), ("0.00119", "kg/L"));
    }

    #[test]
    fn a_result_above_the_range_is_no_number() {
        let mut record = Glucose { sensor_status_annunciation: Some(1 << 5), ..Glucose::at(4, noon(), 0) };
        record.concentration = record
            .concentration
            .map(|concentration| Concentration { glucose: Sfloat::POSITIVE_INFINITY, ..concentration });
        let meaning = record.record().meaning.unwrap();
        assert!(meaning.values.is_empty());
        assert_eq!(meaning.details["glucose"], "+INFINITY");
        assert_eq!(meaning.flags, ["result_higher_than_device_can_process"]);
    }

    #[test]
    fn a_full_context_has_its_fields_in_the_order_of_the_specification() {
        let context = Context {
            carbohydrate: Some((1, Sfloat { mantissa: 60, exponent: -3 })),
            meal: Some(1),
            tester_health: Some((1, 5)),
            exercise: Some((900, 80)),
            medication: Some((4, Sfloat { mantissa: 12, exponent: -6 }, MedicationUnit::Litre)),
            hba1c: Some(Sfloat::tenths(68)),
            extended_flags: Some(0),
        };
        let Frame { bytes, meaning, .. } = context.frame(4);
        assert_eq!(bytes, "ff0400".to_owned() + "00" + "013cd0" + "01" + "51" + "840350" + "040ca0" + "44f0");
        let meaning = meaning.unwrap();
        let numbers = ["carbohydrate", "exercise_duration", "exercise_intensity", "medication", "hba1c"];
        assert_eq!(numbers.map(|name| meaning.values[name].as_str()), ["0.060", "900", "80", "0.000012", "6.8"]);
        assert_eq!(numbers.map(|name| meaning.units[name].as_str()), ["kg", "s", "%", "L", "%"]);
        let names = ["carbohydrate_id", "meal", "tester", "health", "medication_id"];
        let said = ["breakfast", "preprandial", "self", "no_health_issues", "long_acting_insulin"];
        assert_eq!(names.map(|name| meaning.details[name].as_str()), said);
    }

    #[test]
    fn a_number_that_is_reserved_is_said_as_it_is() {
        let context = Context { meal: Some(6), ..Context::default() };
        assert_eq!(context.frame(4).meaning.unwrap().details["meal"], "6");
    }
}
