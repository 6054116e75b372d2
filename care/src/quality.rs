//! How far a reading can be trusted, and why.

use std::{cmp::Ordering, collections::BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    metric::Metric,
    quantity::{Decimal, Value},
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
        let mut missing = 0;
        for Measured { metric, quantity } in values {
            match quantity.value {
                Value::Special(_) => {
                    missing += 1;
                    quality.add(Verdict::Doubtful, Reason::NoValue { metric: *metric });
                }
                Value::Number(number) if !plausible(*metric, number) => {
                    quality.add(Verdict::Doubtful, Reason::Implausible { metric: *metric });
                }
                Value::Number(_) => {}
            }
        }
        // A measurement of which nothing came out has failed, whether or not a flag says so.
        if missing == values.len() && quality.verdict < Verdict::Failed {
            quality.verdict = Verdict::Failed;
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
        // "Reserved for future use" shall be ignored by a collector; it stays in the record.
        | Flag::ReservedBitSet => None,
        Flag::Demonstration | Flag::Testing => Some(Verdict::NotAReading),
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
        | Flag::SensorMalfunctioning => Some(Verdict::Doubtful),
    }
}

/// Whether a number can be right for a living person. Wide on purpose: only the impossible is marked.
fn plausible(metric: Metric, number: Decimal) -> bool {
    let within = |low: i64, high: i64| {
        number.compare(Decimal::new(low, 0)) != Ordering::Less
            && number.compare(Decimal::new(high, 0)) != Ordering::Greater
    };
    match metric {
        // A saturation is a share; below 35 % no pulse oximeter claims to measure
        // (ISO 80601-2-61:2017 has accuracy stated over at least 70 to 100 %).
        Metric::OxygenSaturation | Metric::OxygenSaturationFast | Metric::OxygenSaturationSlow => within(35, 100),
        // The span that oximeters of the kit display: 18 to 321 beats a minute.
        Metric::PulseRate | Metric::PulseRateFast | Metric::PulseRateSlow => within(18, 321),
        Metric::PulseAmplitudeIndex => within(0, 100),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::{Quantity, Special, Unit};

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
}
