//! Readings that are entered by hand: what is asked for, and what is made of it.

use chrono::{DateTime, FixedOffset};
use dagsform_care::{ByHand, Kind, Metric, PatientId, Reading, ReadingTime};
use uuid::Uuid;

use crate::record::Record;

/// A number that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What it is, in the unit of [`dagsform_care::shown::shown_unit`].
    pub metric: Metric,
    /// Whether it may be left out.
    pub optional: bool,
}

/// The numbers that are asked for, in order.
pub fn asked(kind: Kind) -> Vec<Asked> {
    let needed = |metric| Asked { metric, optional: false };
    let optional = |metric| Asked { metric, optional: true };
    match kind {
        Kind::PulseOximetry => vec![needed(Metric::OxygenSaturation), optional(Metric::PulseRate)],
        Kind::BloodPressure => {
            vec![needed(Metric::Systolic), needed(Metric::Diastolic), optional(Metric::PulseRateByCuff)]
        }
        Kind::BodyWeight => vec![needed(Metric::BodyWeight)],
        // Meters for the home show plasma glucose, whatever they measure in (ISO 15197:2013).
        Kind::BloodGlucose => vec![needed(Metric::GlucoseCapillaryPlasma)],
        Kind::BodyTemperature => vec![needed(Metric::BodyTemperature)],
        Kind::Spirometry => vec![needed(Metric::PeakExpiratoryFlow), optional(Metric::ForcedExpiratoryVolume)],
    }
}

/// Makes a reading of what was entered: taken then, or now.
pub fn reading(record: &Record, patient: PatientId, entered: ByHand, taken: Option<DateTime<FixedOffset>>) -> Reading {
    let (now, trust) = record.now();
    let time = ReadingTime::by_hand(taken.unwrap_or(now), now, trust);
    Reading::by_hand(Uuid::now_v7(), patient, entered, time)
}
