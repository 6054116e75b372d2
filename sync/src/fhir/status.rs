//! What the device and the tablet say of a measurement: reasons for absence, interpretations, bits,
//! remarks.

use dagsform_care::{
    DeviceTime, Flag, Kind, Measured, Metric, Reading, Reason, Source, Special, Trust, Value, Verdict, Why,
};

use super::{
    codes::{self, DATA_ABSENT_REASON, INTERPRETATION, MDC, MEASUREMENT_STATUS, coding, concept, modality, status_bit},
    instant,
    model::{Annotation, CodeableConcept, ObservationComponent},
};

/// `entered-in-error` for what a person has taken back; `preliminary` for what the device calls unfinished; else
/// `final`, also for a failed measurement: PhdBaseObservation allows the latter two, and the PHD guide's table has
/// `entered-in-error` for an invalid measurement, where a nurse could not tell it from one that was taken back.
pub fn observation_status(reading: &Reading) -> &'static str {
    if reading.taken_back.is_some() {
        return "entered-in-error";
    }
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
/// not make a value questionable. What lies beyond the device's range is told by [`off_scale`].
pub fn interpretation(reading: &Reading) -> Vec<CodeableConcept> {
    let has = |flag| reading.flags.contains(&flag);
    let doubts_value = |reason: &Reason| match reason {
        Reason::Flagged { flag } => !matches!(
            flag,
            Flag::CalibrationOngoing
                | Flag::EarlyEstimate
                | Flag::MeasurementOngoing
                | Flag::ResultAboveRange
                | Flag::ResultBelowRange
        ),
        Reason::NoValue { metric } => !reading.value(*metric).is_some_and(|quantity| is_infinite(quantity.value)),
        Reason::Implausible { .. } => true,
        Reason::TimeInDoubt | Reason::BeforeAssignment | Reason::OtherUser | Reason::UnlikeThePatient { .. } => false,
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

/// That a number is higher or lower than the device can tell, which must be seen whatever else is wrong. `value` is
/// the number, where there is one.
///
/// The PHD guide wants a code of its own system in each interpretation, so one stands beside HL7's: `questionable`, or
/// `invalid` where the measurement failed.
pub fn off_scale(reading: &Reading, value: Option<Value>) -> Vec<CodeableConcept> {
    let has = |flag| reading.flags.contains(&flag);
    let is = |special| value == Some(Value::Special(special));
    let (status, words) = if reading.quality.verdict >= Verdict::Failed {
        ("invalid", "Invalid")
    } else {
        ("questionable", "Questionable")
    };
    [
        (has(Flag::ResultAboveRange) || is(Special::PositiveInfinity), ">", "Off scale high"),
        (has(Flag::ResultBelowRange) || is(Special::NegativeInfinity), "<", "Off scale low"),
    ]
    .into_iter()
    .filter(|(holds, ..)| *holds)
    .map(|(_, code, display)| {
        codes::coded(vec![coding(INTERPRETATION, code, display), coding(MEASUREMENT_STATUS, status, words)])
    })
    .collect()
}

fn is_infinite(value: Value) -> bool {
    matches!(value, Value::Special(special) if !special.says_nothing())
}

/// The supplemental type of a number, where it has one; how a glucose stands to a meal; the bits of the sensor's
/// status that are set (PHD guide: "for bits of type event only set bits need to be reported").
pub fn components(reading: &Reading, metric: Option<Metric>) -> Vec<ObservationComponent> {
    let supplemental = metric.and_then(modality).map(|value| ObservationComponent {
        code: concept(MDC, 68_193, "MDC_ATTR_SUPPLEMENTAL_TYPES"),
        value_codeable_concept: Some(value),
        ..ObservationComponent::default()
    });
    // A glucose without a number is known by the reading's kind.
    let is_glucose = metric.map_or(reading.kind == Kind::BloodGlucose, Metric::is_glucose);
    let meal = reading.meal.filter(|_| is_glucose).map(|meal| {
        let (code, value) = codes::meal(meal);
        ObservationComponent { code, value_codeable_concept: Some(value), ..ObservationComponent::default() }
    });
    let bits =
        reading.flags.iter().filter_map(|flag| status_bit(reading.kind, *flag)).map(|bit| ObservationComponent {
            code: codes::coded(vec![bit]),
            value_boolean: Some(true),
            ..ObservationComponent::default()
        });
    supplemental.into_iter().chain(meal).chain(bits).collect()
}

/// What has no code: in English, as FHIR's displays are.
pub fn notes(reading: &Reading, metrics: &[Metric]) -> Vec<Annotation> {
    let mut texts = Vec::new();
    let has = |flag| reading.flags.contains(&flag);
    if let Some(taken_back) = reading.taken_back {
        let why = match taken_back.why {
            Why::WrongPerson => "it is of another person",
            Why::Mistyped => "a figure was mistyped",
            Why::MeasuringError => "the measuring went wrong",
        };
        let at = instant::write(taken_back.at).map(|at| format!(" at {at}")).unwrap_or_default();
        texts.push(format!("Taken back on the tablet{at}: {why}."));
    }
    // PHD guide, "Measurement Status": "manually entered: add a note".
    if reading.source == Source::ByHand {
        texts.push("Entered by hand.".to_owned());
    }
    if reading.claimed && reading.source != Source::ByHand {
        texts.push(
            "It was open whose measurement this is; someone at the tablet has said that it is the patient's."
                .to_owned(),
        );
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
    if has(Flag::DeviceClockFault) {
        texts.push("The sensor says that its clock has a fault.".to_owned());
    }
    if metrics.iter().any(|metric| reading.quality.reasons.contains(&Reason::Implausible { metric: *metric })) {
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
    if time.from_storage
        && let (Some(_), Some(seconds)) = (time.effective, time.correction_seconds)
    {
        texts.push(format!(
            "The time is in doubt: the sensor's clock is {} seconds ahead; the measurement is at most as much older.",
            seconds.unsigned_abs()
        ));
    }
    if time.local_time_ambiguous {
        texts.push("The time is in doubt: it falls in a change between winter and summer time.".to_owned());
    }
    if time.tablet_clock == Trust::Untrusted {
        texts.push("The time is in doubt: the tablet's clock was wrong when it received the measurement.".to_owned());
    }
    if let Some(seconds) = time.tablet_correction_seconds {
        texts.push(format!(
            "The time was corrected later: when the measurement came, the tablet's clock showed {}, {} seconds {}.",
            time.received.format("%Y-%m-%dT%H:%M:%S%:z"),
            seconds.unsigned_abs(),
            if seconds < 0 { "too much" } else { "too little" },
        ));
    }
    texts.into_iter().map(|text| Annotation { text }).collect()
}
