//! What the device and the tablet say of a measurement: reasons for absence, interpretations, bits,
//! remarks.

use dagsform_care::{
    DeviceTime, Flag, Metric, Reading, Reason, Source, Special, Trust, Value, Verdict, reading::Measured,
};

use super::{
    codes::{DATA_ABSENT_REASON, MDC, MEASUREMENT_STATUS, concept, modality, status_bit},
    model::{Annotation, CodeableConcept, ObservationComponent},
};

/// `preliminary` for what the device calls unfinished, else `final`, also for a failed measurement:
/// PhdBaseObservation allows these two. The PHD guide's table has `entered-in-error` for an invalid
/// measurement, which we keep for what a person has taken back.
pub fn observation_status(reading: &Reading) -> &'static str {
    let unfinished = [Flag::EarlyEstimate, Flag::MeasurementOngoing];
    if unfinished.iter().any(|flag| reading.flags.contains(flag)) { "preliminary" } else { "final" }
}

/// Why a number is not sent as a value (PHD guide, PhdBaseObservation "Measurement Status", and
/// "FLOATs"). The status of the measurement goes before the special value.
pub fn data_absent_reason(reading: &Reading, measured: &Measured) -> Option<CodeableConcept> {
    let special = match measured.quantity.value {
        Value::Number(_) => None,
        Value::Special(special) => Some(special_value(special)),
    };
    let failed = reading.quality.verdict >= Verdict::Failed;
    let (code, display) = if failed && reading.flags.contains(&Flag::InvalidMeasurement) {
        ("error", "Error")
    } else if failed && reading.flags.contains(&Flag::MeasurementUnavailable) {
        ("not-performed", "Not Performed")
    } else if let Some(special) = special {
        special
    } else if failed {
        ("error", "Error")
    } else {
        return None;
    };
    Some(concept(DATA_ABSENT_REASON, code, display))
}

fn special_value(special: Special) -> (&'static str, &'static str) {
    match special {
        Special::NotANumber => ("not-a-number", "Not a Number (NaN)"),
        Special::PositiveInfinity => ("positive-infinity", "Positive Infinity (PINF)"),
        Special::NegativeInfinity => ("negative-infinity", "Negative Infinity (NINF)"),
        Special::NotAtThisResolution | Special::Reserved => ("error", "Error"),
    }
}

/// What the device says of the measurement, and our own doubt (PHD guide, MsmtStatusInterpretation).
///
/// A doubt is about the reading, so each of its numbers carries it; one about the time alone does
/// not make a value questionable.
pub fn interpretation(reading: &Reading) -> Vec<CodeableConcept> {
    let has = |flag| reading.flags.contains(&flag);
    let doubts_value = |reason: &Reason| match reason {
        Reason::Flagged { flag } => {
            !matches!(flag, Flag::CalibrationOngoing | Flag::EarlyEstimate | Flag::MeasurementOngoing)
        }
        Reason::NoValue { .. } | Reason::Implausible { .. } => true,
        Reason::TimeInDoubt | Reason::BeforeAssignment => false,
    };
    let questionable = reading.quality.verdict == Verdict::Doubtful && reading.quality.reasons.iter().any(doubts_value);
    [
        (questionable, "questionable", "Questionable"),
        (has(Flag::CalibrationOngoing), "calibration-ongoing", "Calibration ongoing"),
        (has(Flag::Validated), "validated-data", "Validated data"),
        (has(Flag::EarlyEstimate), "early-indication", "Early indication"),
        (has(Flag::MeasurementOngoing), "msmt-ongoing", "Measurement ongoing"),
    ]
    .into_iter()
    .filter(|(holds, ..)| *holds)
    .map(|(_, code, display)| concept(MEASUREMENT_STATUS, code, display))
    .collect()
}

/// The supplemental type and the bits of the sensor's status that are set (PHD guide: "for bits of
/// type event only set bits need to be reported").
pub fn components(reading: &Reading, metric: Metric) -> Vec<ObservationComponent> {
    let supplemental = modality(metric).map(|value| ObservationComponent {
        code: concept(MDC, 68_193, "MDC_ATTR_SUPPLEMENTAL_TYPES"),
        value_codeable_concept: Some(value),
        value_boolean: None,
    });
    let bits = reading.flags.iter().filter_map(|flag| status_bit(*flag)).map(|bit| ObservationComponent {
        code: CodeableConcept { coding: vec![bit] },
        value_codeable_concept: None,
        value_boolean: Some(true),
    });
    supplemental.into_iter().chain(bits).collect()
}

/// What has no code: in English, as FHIR's displays are.
pub fn notes(reading: &Reading, metric: Metric) -> Vec<Annotation> {
    let mut texts = Vec::new();
    let has = |flag| reading.flags.contains(&flag);
    // PHD guide, "Measurement Status": "manually entered: add a note".
    if reading.source == Source::ByHand {
        texts.push("Entered by hand.".to_owned());
    }
    if has(Flag::FromStorage) {
        texts.push("Read from the sensor's memory, not received live.".to_owned());
    }
    if has(Flag::FullyQualified) {
        texts.push("The sensor calls the measurement fully qualified.".to_owned());
    }
    if has(Flag::DeviceClockNotSet) {
        texts.push("The sensor says that its clock is not set.".to_owned());
    }
    if reading.quality.reasons.contains(&Reason::Implausible { metric }) {
        texts.push("Outside what can be right for a living person.".to_owned());
    }
    let time = &reading.time;
    if time.effective.is_none() {
        texts.push(match time.device {
            DeviceTime::Local(said) => format!(
                "The time of the measurement is not known: the sensor's clock said {}, which cannot be right.",
                said.format("%Y-%m-%dT%H:%M:%S%.f")
            ),
            DeviceTime::Absent | DeviceTime::Unknown => "The time of the measurement is not known.".to_owned(),
        });
    }
    if time.local_time_ambiguous {
        texts.push("The time is in doubt: it falls in a change between winter and summer time.".to_owned());
    }
    if time.tablet_clock == Trust::Untrusted {
        texts.push("The time is in doubt: the tablet's clock was wrong when it received the measurement.".to_owned());
    }
    texts.into_iter().map(|text| Annotation { text }).collect()
}
