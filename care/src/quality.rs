//! How far a reading can be trusted, and why.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    metric::Metric,
    plausible::{contradiction, is_plausible},
    quantity::Value,
    reading::Measured,
};

/// What a device said about the measurement or about itself, across all kinds of device.
///
/// The names follow the Pulse Oximeter Service 1.0.1 (Measurement Status; Device and Sensor Status);
/// the same meaning from another service takes the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flag {
    /// The device says that its clock has not been set.
    DeviceClockNotSet,
    /// The measurement was still going on.
    MeasurementOngoing,
    /// An early estimate.
    EarlyEstimate,
    /// Validated by the device.
    Validated,
    /// Fully qualified by the device.
    FullyQualified,
    /// Read from the device's memory, not live.
    FromStorage,
    /// Made up for a demonstration.
    Demonstration,
    /// Made up for a test.
    Testing,
    /// The device was calibrating.
    CalibrationOngoing,
    /// The device has no measurement to give.
    MeasurementUnavailable,
    /// The device doubts the measurement.
    QuestionableMeasurement,
    /// The device says that the measurement is invalid.
    InvalidMeasurement,
    /// The display was still being updated.
    ExtendedDisplayUpdate,
    /// The device is faulty.
    EquipmentMalfunction,
    /// Irregular signal processing.
    SignalProcessingIrregularity,
    /// Too little signal.
    InadequateSignal,
    /// Poor signal.
    PoorSignal,
    /// Little blood flow at the sensor, often a cold finger.
    LowPerfusion,
    /// Erratic signal, often movement.
    ErraticSignal,
    /// A signal without pulse.
    NonpulsatileSignal,
    /// A pulse that the device doubts.
    QuestionablePulse,
    /// The signal was still being analysed.
    SignalAnalysisOngoing,
    /// Something disturbs the sensor, often light.
    SensorInterference,
    /// The sensor is not on the person.
    SensorUnconnectedToUser,
    /// A sensor that the device does not know.
    UnknownSensorConnected,
    /// The sensor has slipped.
    SensorDisplaced,
    /// The sensor is faulty.
    SensorMalfunctioning,
    /// The sensor is not connected to the device.
    SensorDisconnected,
    /// The person moved (Blood Pressure Service 1.1.1, Measurement Status).
    BodyMovement,
    /// The cuff was too loose.
    CuffTooLoose,
    /// The pulse was irregular.
    IrregularPulse,
    /// The pulse rate was above what the device measures.
    PulseRateAboveRange,
    /// The pulse rate was below what the device measures.
    PulseRateBelowRange,
    /// The cuff was not at the height of the heart.
    ImproperMeasurementPosition,
    /// The device's battery was low (Glucose Service 1.0.1, Sensor Status Annunciation).
    BatteryLow,
    /// Too little blood.
    SampleSizeInsufficient,
    /// The strip was not put in right.
    StripInsertionError,
    /// A strip of the wrong kind.
    StripTypeIncorrect,
    /// The result is higher than the device can tell. Clinically urgent: never hidden.
    ResultAboveRange,
    /// The result is lower than the device can tell. Clinically urgent: never hidden.
    ResultBelowRange,
    /// The sensor was too warm for a valid result.
    SensorTooWarm,
    /// The sensor was too cold for a valid result.
    SensorTooCold,
    /// The strip was pulled out too soon.
    ReadInterrupted,
    /// The device has a fault.
    GeneralDeviceFault,
    /// The device's clock has a fault.
    DeviceClockFault,
    /// Control solution instead of blood.
    ControlSolution,
    /// A bit is set that the specification reserves.
    ReservedBitSet,
}

/// What may be done with a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing speaks against it.
    Good,
    /// Kept, sent and shown, marked as in doubt.
    Doubtful,
    /// Measuring failed: kept and sent as failed, never shown as a value.
    Failed,
    /// Not a reading of a person at all (demonstration, test): kept, never sent.
    NotAReading,
}

/// A reason for a verdict below [`Verdict::Good`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "because")]
pub enum Reason {
    /// The device said so.
    Flagged {
        /// What it said.
        flag: Flag,
    },
    /// A special value stands where this number should be.
    NoValue {
        /// Which number.
        metric: Metric,
    },
    /// A number that cannot be right.
    Implausible {
        /// Which number.
        metric: Metric,
    },
    /// The time of the measurement is not known, or not to be trusted.
    TimeInDoubt,
    /// Taken before the sensor was given to this patient, or at a time that is not known: may be someone else's.
    BeforeAssignment,
    /// The device says that another of its users measured, or that it does not know who.
    OtherUser,
    /// So far from what this patient usually has that someone else may have measured.
    UnlikeThePatient {
        /// Which number.
        metric: Metric,
    },
}

impl Reason {
    /// Whether it leaves open whose reading it is: such a reading is kept apart until someone has said (brief R29).
    pub fn leaves_whose_open(self) -> bool {
        matches!(self, Self::BeforeAssignment | Self::OtherUser | Self::UnlikeThePatient { .. })
    }
}

/// A verdict with its reasons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quality {
    /// The verdict: the worst that any reason gives.
    pub verdict: Verdict,
    /// The reasons, none for [`Verdict::Good`].
    pub reasons: BTreeSet<Reason>,
}

impl Quality {
    /// Judges a measurement by its values and flags alone.
    pub fn assess(values: &[Measured], flags: &BTreeSet<Flag>) -> Self {
        let mut quality = Self { verdict: Verdict::Good, reasons: BTreeSet::new() };
        for flag in flags {
            if let Some(verdict) = weight(*flag) {
                quality.add(verdict, Reason::Flagged { flag: *flag });
            }
        }
        // "Higher" or "lower than the device can tell" is an outcome, and one that must be seen.
        let mut outcome = flags.contains(&Flag::ResultAboveRange) || flags.contains(&Flag::ResultBelowRange);
        for Measured { metric, quantity } in values {
            let metric = *metric;
            outcome |= metric.is_main() && !matches!(quantity.value, Value::Special(special) if special.says_nothing());
            match quantity.value {
                Value::Special(_) if metric.is_main() => quality.add(Verdict::Doubtful, Reason::NoValue { metric }),
                // What only accompanies the reading may be missing without harm.
                Value::Special(_) => {}
                Value::Number(number) if !is_plausible(metric, number, quantity.unit) => {
                    quality.add(Verdict::Doubtful, Reason::Implausible { metric });
                }
                Value::Number(_) => {}
            }
        }
        if let Some(metric) = contradiction(values) {
            quality.add(Verdict::Doubtful, Reason::Implausible { metric });
        }
        // A measurement of which nothing came out has failed, whether or not a flag says so.
        if !outcome && quality.verdict < Verdict::Failed {
            quality.verdict = Verdict::Failed;
        }
        quality
    }

    /// Someone has said whose it is: the reasons that left it open no longer count.
    #[must_use]
    pub fn claimed(self, values: &[Measured], flags: &BTreeSet<Flag>) -> Self {
        let mut quality = Self::assess(values, flags);
        if self.reasons.contains(&Reason::TimeInDoubt) {
            quality.add(Verdict::Doubtful, Reason::TimeInDoubt);
        }
        quality
    }

    /// Adds a reason; the verdict becomes the worse of the two.
    pub fn add(&mut self, verdict: Verdict, reason: Reason) {
        self.reasons.insert(reason);
        self.verdict = self.verdict.max(verdict);
    }
}

/// What a flag means for the reading; `None` where it says nothing against it.
fn weight(flag: Flag) -> Option<Verdict> {
    match flag {
        Flag::Validated
        | Flag::FullyQualified
        | Flag::FromStorage
        | Flag::ExtendedDisplayUpdate
        // Two spot checks captured from ChoiceMMed oximeters have it set on their final value.
        | Flag::MeasurementOngoing
        // The clock is judged with the time, not with the value.
        | Flag::DeviceClockNotSet
        | Flag::DeviceClockFault
        // What the pulse does is for the nurse to see; the pressure stands.
        | Flag::IrregularPulse
        | Flag::PulseRateAboveRange
        | Flag::PulseRateBelowRange
        | Flag::BatteryLow
        // "Reserved for future use" shall be ignored by a collector; it stays in the record.
        | Flag::ReservedBitSet => None,
        Flag::Demonstration | Flag::Testing | Flag::ControlSolution => Some(Verdict::NotAReading),
        Flag::InvalidMeasurement | Flag::MeasurementUnavailable | Flag::SensorDisconnected | Flag::SensorUnconnectedToUser => {
            Some(Verdict::Failed)
        }
        Flag::EarlyEstimate
        | Flag::CalibrationOngoing
        | Flag::QuestionableMeasurement
        | Flag::EquipmentMalfunction
        | Flag::SignalProcessingIrregularity
        | Flag::InadequateSignal
        | Flag::PoorSignal
        | Flag::LowPerfusion
        | Flag::ErraticSignal
        | Flag::NonpulsatileSignal
        | Flag::QuestionablePulse
        | Flag::SignalAnalysisOngoing
        | Flag::SensorInterference
        | Flag::UnknownSensorConnected
        | Flag::SensorDisplaced
        | Flag::SensorMalfunctioning
        | Flag::BodyMovement
        | Flag::CuffTooLoose
        | Flag::ImproperMeasurementPosition
        | Flag::SampleSizeInsufficient
        | Flag::StripInsertionError
        | Flag::StripTypeIncorrect
        | Flag::ResultAboveRange
        | Flag::ResultBelowRange
        | Flag::SensorTooWarm
        | Flag::SensorTooCold
        | Flag::ReadInterrupted
        | Flag::GeneralDeviceFault => Some(Verdict::Doubtful),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::{Decimal, Quantity, Special, Unit};

    fn spo2(value: Value) -> Vec<Measured> {
        vec![Measured { metric: Metric::OxygenSaturation, quantity: Quantity { value, unit: Unit::Percent } }]
    }
    fn number(n: i64) -> Value {
        Value::Number(Decimal::new(n, 0))
    }
    fn verdict(value: Value, flags: &[Flag]) -> Verdict {
        Quality::assess(&spo2(value), &flags.iter().copied().collect()).verdict
    }

    #[test]
    fn a_verdict_is_the_worst_of_its_reasons() {
        assert_eq!(verdict(number(97), &[]), Verdict::Good);
        assert_eq!(verdict(number(97), &[Flag::FromStorage, Flag::FullyQualified]), Verdict::Good);
        assert_eq!(verdict(number(97), &[Flag::LowPerfusion]), Verdict::Doubtful);
        assert_eq!(verdict(number(97), &[Flag::LowPerfusion, Flag::InvalidMeasurement]), Verdict::Failed);
        assert_eq!(verdict(number(97), &[Flag::InvalidMeasurement, Flag::Demonstration]), Verdict::NotAReading);
    }

    #[test]
    fn an_impossible_number_is_marked_not_refused() {
        assert_eq!(verdict(number(101), &[]), Verdict::Doubtful);
        assert_eq!(verdict(number(100), &[]), Verdict::Good);
    }

    #[test]
    fn a_measurement_of_which_nothing_came_out_has_failed_without_any_flag() {
        assert_eq!(verdict(Value::Special(Special::NotANumber), &[]), Verdict::Failed);
    }

    #[test]
    fn what_only_accompanies_a_reading_may_be_missing() {
        let quantity = |value| Quantity { value, unit: Unit::MillimetreOfMercury };
        let values = [
            Measured { metric: Metric::Systolic, quantity: quantity(number(120)) },
            Measured { metric: Metric::Diastolic, quantity: quantity(number(80)) },
            Measured { metric: Metric::MeanArterialPressure, quantity: quantity(Value::Special(Special::NotANumber)) },
        ];
        assert_eq!(Quality::assess(&values, &BTreeSet::new()).verdict, Verdict::Good);
        assert_eq!(Quality::assess(&values[2..], &BTreeSet::new()).verdict, Verdict::Failed);
    }

    #[test]
    fn a_glucose_that_is_higher_than_the_meter_can_tell_is_never_called_failed() {
        let high = |value| Measured {
            metric: Metric::GlucoseCapillaryPlasma,
            quantity: Quantity { value, unit: Unit::MillimolePerLitre },
        };
        let flags = BTreeSet::from([Flag::ResultAboveRange]);
        assert_eq!(Quality::assess(&[], &flags).verdict, Verdict::Doubtful);
        let infinite = high(Value::Special(Special::PositiveInfinity));
        assert_eq!(Quality::assess(&[infinite], &BTreeSet::new()).verdict, Verdict::Doubtful);
        let nothing = high(Value::Special(Special::NotANumber));
        assert_eq!(Quality::assess(&[nothing], &BTreeSet::new()).verdict, Verdict::Failed);
        assert_eq!(Quality::assess(&[nothing], &flags).verdict, Verdict::Doubtful);
    }

    #[test]
    fn a_reading_that_was_claimed_keeps_every_other_doubt() {
        let flags = BTreeSet::from([Flag::LowPerfusion]);
        let mut quality = Quality::assess(&spo2(number(97)), &flags);
        quality.add(Verdict::Doubtful, Reason::TimeInDoubt);
        let before = quality.clone();
        quality.add(Verdict::Doubtful, Reason::BeforeAssignment);
        assert_eq!(quality.claimed(&spo2(number(97)), &flags), before);
    }
}
