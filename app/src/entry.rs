//! Readings that are entered by hand: what is asked for, and what is made of it.

use anyhow::Result;
use dagsform_care::{Kind, Metric, Reading, ReadingTime, Trust};
use uuid::Uuid;

use crate::{
    control::Entered,
    exit::{Exit, failure},
    record::{Record, RecordError, SavedReading},
};

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

/// Commits what was entered, as this patient's.
pub async fn enter(record: &Record, entered: Entered) -> Result<Reading> {
    let patient = record.enrolment().await?.ok_or(RecordError::NotEnrolled)?.patient;
    let (now, trust) = record.now();
    // A clock that is behind must not refuse what is true.
    if trust == Trust::Trusted && entered.taken.is_some_and(|taken| taken > now) {
        return Err(failure(Exit::Data, "the time of the measurement has not come yet; check it"));
    }
    let time = ReadingTime::by_hand(entered.taken.unwrap_or(now), now, trust);
    let time = ReadingTime { by_calendar: entered.by_calendar, ..time };
    let reading = Reading::by_hand(Uuid::now_v7(), patient, entered.reading, time);
    // Saved, it has been judged.
    Ok(match record.save_by_hand(reading.clone()).await? {
        SavedReading::New(saved) => *saved,
        SavedReading::Known(_) => reading,
    })
}
