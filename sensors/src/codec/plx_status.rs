//! What the characteristics of the Pulse Oximeter Service share: the two status fields and the pair
//! of values (Pulse Oximeter Service 1.0.1, 3.1 to 3.3).

use std::collections::BTreeSet;

use bitflags::{Flags, bitflags};
use dagsform_care::{Flag, Measured, Metric, Quantity, Unit};
use serde::{Serialize, Serializer};

use super::{
    flags::reserved,
    json,
    reader::{DecodeError, Reader},
};

bitflags! {
    /// Measurement Status, 16 bits. Bits 0 to 4 are reserved.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct MeasurementStatus: u16 {
        /// Measurement ongoing.
        const MEASUREMENT_ONGOING = 1 << 5;
        /// Early estimated data.
        const EARLY_ESTIMATED_DATA = 1 << 6;
        /// Validated data.
        const VALIDATED_DATA = 1 << 7;
        /// Fully qualified data.
        const FULLY_QUALIFIED_DATA = 1 << 8;
        /// Data from measurement storage: sent from the device's memory. The one bit that changes
        /// with the way a record travels.
        const DATA_FROM_MEASUREMENT_STORAGE = 1 << 9;
        /// Data for demonstration.
        const DATA_FOR_DEMONSTRATION = 1 << 10;
        /// Data for testing.
        const DATA_FOR_TESTING = 1 << 11;
        /// Calibration ongoing.
        const CALIBRATION_ONGOING = 1 << 12;
        /// Measurement unavailable.
        const MEASUREMENT_UNAVAILABLE = 1 << 13;
        /// Questionable measurement detected.
        const QUESTIONABLE_MEASUREMENT_DETECTED = 1 << 14;
        /// Invalid measurement detected.
        const INVALID_MEASUREMENT_DETECTED = 1 << 15;
    }
}

bitflags! {
    /// Device and Sensor Status, 24 bits. Bits 16 to 23 are reserved.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct DeviceAndSensorStatus: u32 {
        /// Extended display update ongoing.
        const EXTENDED_DISPLAY_UPDATE_ONGOING = 1;
        /// Equipment malfunction detected.
        const EQUIPMENT_MALFUNCTION_DETECTED = 1 << 1;
        /// Signal processing irregularity detected.
        const SIGNAL_PROCESSING_IRREGULARITY_DETECTED = 1 << 2;
        /// Inadequate signal detected.
        const INADEQUATE_SIGNAL_DETECTED = 1 << 3;
        /// Poor signal detected.
        const POOR_SIGNAL_DETECTED = 1 << 4;
        /// Low perfusion detected.
        const LOW_PERFUSION_DETECTED = 1 << 5;
        /// Erratic signal detected.
        const ERRATIC_SIGNAL_DETECTED = 1 << 6;
        /// Nonpulsatile signal detected.
        const NONPULSATILE_SIGNAL_DETECTED = 1 << 7;
        /// Questionable pulse detected.
        const QUESTIONABLE_PULSE_DETECTED = 1 << 8;
        /// Signal analysis ongoing.
        const SIGNAL_ANALYSIS_ONGOING = 1 << 9;
        /// Sensor interference detected.
        const SENSOR_INTERFERENCE_DETECTED = 1 << 10;
        /// Sensor unconnected to user.
        const SENSOR_UNCONNECTED_TO_USER = 1 << 11;
        /// Unknown sensor connected.
        const UNKNOWN_SENSOR_CONNECTED = 1 << 12;
        /// Sensor displaced.
        const SENSOR_DISPLACED = 1 << 13;
        /// Sensor malfunctioning.
        const SENSOR_MALFUNCTIONING = 1 << 14;
        /// Sensor disconnected.
        const SENSOR_DISCONNECTED = 1 << 15;
    }
}

/// Oxygen saturation and pulse rate, always sent together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct SpO2Pr {
    /// SpO2: per cent.
    #[serde(serialize_with = "json::quantity")]
    pub spo2: Quantity,
    /// PR: beats per minute.
    #[serde(serialize_with = "json::quantity")]
    pub pulse_rate: Quantity,
}

impl MeasurementStatus {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.u16("measurement_status").map(Self::from_bits_retain)
    }

    /// The same in the words of `dagsform-care`.
    pub fn flags(self) -> impl Iterator<Item = Flag> {
        [
            (Self::MEASUREMENT_ONGOING, Flag::MeasurementOngoing),
            (Self::EARLY_ESTIMATED_DATA, Flag::EarlyEstimate),
            (Self::VALIDATED_DATA, Flag::Validated),
            (Self::FULLY_QUALIFIED_DATA, Flag::FullyQualified),
            (Self::DATA_FROM_MEASUREMENT_STORAGE, Flag::FromStorage),
            (Self::DATA_FOR_DEMONSTRATION, Flag::Demonstration),
            (Self::DATA_FOR_TESTING, Flag::Testing),
            (Self::CALIBRATION_ONGOING, Flag::CalibrationOngoing),
            (Self::MEASUREMENT_UNAVAILABLE, Flag::MeasurementUnavailable),
            (Self::QUESTIONABLE_MEASUREMENT_DETECTED, Flag::QuestionableMeasurement),
            (Self::INVALID_MEASUREMENT_DETECTED, Flag::InvalidMeasurement),
        ]
        .into_iter()
        .filter(move |(bit, _)| self.contains(*bit))
        .map(|(_, flag)| flag)
        .chain(reserved(self))
    }
}

impl DeviceAndSensorStatus {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.u24("device_and_sensor_status").map(Self::from_bits_retain)
    }

    /// The same in the words of `dagsform-care`.
    pub fn flags(self) -> impl Iterator<Item = Flag> {
        [
            (Self::EXTENDED_DISPLAY_UPDATE_ONGOING, Flag::ExtendedDisplayUpdate),
            (Self::EQUIPMENT_MALFUNCTION_DETECTED, Flag::EquipmentMalfunction),
            (Self::SIGNAL_PROCESSING_IRREGULARITY_DETECTED, Flag::SignalProcessingIrregularity),
            (Self::INADEQUATE_SIGNAL_DETECTED, Flag::InadequateSignal),
            (Self::POOR_SIGNAL_DETECTED, Flag::PoorSignal),
            (Self::LOW_PERFUSION_DETECTED, Flag::LowPerfusion),
            (Self::ERRATIC_SIGNAL_DETECTED, Flag::ErraticSignal),
            (Self::NONPULSATILE_SIGNAL_DETECTED, Flag::NonpulsatileSignal),
            (Self::QUESTIONABLE_PULSE_DETECTED, Flag::QuestionablePulse),
            (Self::SIGNAL_ANALYSIS_ONGOING, Flag::SignalAnalysisOngoing),
            (Self::SENSOR_INTERFERENCE_DETECTED, Flag::SensorInterference),
            (Self::SENSOR_UNCONNECTED_TO_USER, Flag::SensorUnconnectedToUser),
            (Self::UNKNOWN_SENSOR_CONNECTED, Flag::UnknownSensorConnected),
            (Self::SENSOR_DISPLACED, Flag::SensorDisplaced),
            (Self::SENSOR_MALFUNCTIONING, Flag::SensorMalfunctioning),
            (Self::SENSOR_DISCONNECTED, Flag::SensorDisconnected),
        ]
        .into_iter()
        .filter(move |(bit, _)| self.contains(*bit))
        .map(|(_, flag)| flag)
        .chain(reserved(self))
    }
}

impl SpO2Pr {
    pub(super) fn read(
        reader: &mut Reader<'_>,
        spo2: &'static str,
        pulse_rate: &'static str,
    ) -> Result<Self, DecodeError> {
        Ok(Self {
            spo2: Quantity { value: reader.sfloat(spo2)?, unit: Unit::Percent },
            pulse_rate: Quantity { value: reader.sfloat(pulse_rate)?, unit: Unit::PerMinute },
        })
    }

    pub(super) fn measured(self, spo2: Metric, pulse_rate: Metric) -> [Measured; 2] {
        [Measured { metric: spo2, quantity: self.spo2 }, Measured { metric: pulse_rate, quantity: self.pulse_rate }]
    }
}

pub(super) fn read_pulse_amplitude_index(reader: &mut Reader<'_>) -> Result<Quantity, DecodeError> {
    Ok(Quantity { value: reader.sfloat("pulse_amplitude_index")?, unit: Unit::Percent })
}

/// The flags of a frame out of its Flags field and its two status fields.
pub(super) fn all_flags<F: Flags>(
    field: F,
    status: Option<MeasurementStatus>,
    sensor: Option<DeviceAndSensorStatus>,
) -> BTreeSet<Flag> {
    reserved(field)
        .into_iter()
        .chain(status.into_iter().flat_map(MeasurementStatus::flags))
        .chain(sensor.into_iter().flat_map(DeviceAndSensorStatus::flags))
        .collect()
}

/// The frame as it would stand had it never been in the device's memory.
///
/// A device may send a record live without Measurement Status and add the field for "data from
/// measurement storage" alone. So that bit goes, and a field in which no bit is left goes with it,
/// together with the bit of the Flags field, `announced_by`, that announces it.
pub(super) fn without_storage(
    frame: &[u8],
    announced_by: u8,
    offset: usize,
    status: Option<MeasurementStatus>,
) -> Vec<u8> {
    let parts = || {
        let left = status?.difference(MeasurementStatus::DATA_FROM_MEASUREMENT_STORAGE);
        let (before, field) = frame.split_at_checked(offset)?;
        let (_, after) = field.split_first_chunk::<2>()?;
        let (flags, values) = before.split_first()?;
        Some((left, *flags, values, after))
    };
    match parts() {
        None => frame.to_vec(),
        Some((left, flags, values, after)) if left.is_empty() => [&[flags & !announced_by], values, after].concat(),
        Some((left, flags, values, after)) => [&[flags], values, &left.bits().to_le_bytes(), after].concat(),
    }
}

impl Serialize for MeasurementStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::flags(self, serializer)
    }
}

impl Serialize for DeviceAndSensorStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::flags(self, serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bits in their order, as the service lists them.
    const MEASUREMENT: [Flag; 11] = [
        Flag::MeasurementOngoing,
        Flag::EarlyEstimate,
        Flag::Validated,
        Flag::FullyQualified,
        Flag::FromStorage,
        Flag::Demonstration,
        Flag::Testing,
        Flag::CalibrationOngoing,
        Flag::MeasurementUnavailable,
        Flag::QuestionableMeasurement,
        Flag::InvalidMeasurement,
    ];
    const SENSOR: [Flag; 16] = [
        Flag::ExtendedDisplayUpdate,
        Flag::EquipmentMalfunction,
        Flag::SignalProcessingIrregularity,
        Flag::InadequateSignal,
        Flag::PoorSignal,
        Flag::LowPerfusion,
        Flag::ErraticSignal,
        Flag::NonpulsatileSignal,
        Flag::QuestionablePulse,
        Flag::SignalAnalysisOngoing,
        Flag::SensorInterference,
        Flag::SensorUnconnectedToUser,
        Flag::UnknownSensorConnected,
        Flag::SensorDisplaced,
        Flag::SensorMalfunctioning,
        Flag::SensorDisconnected,
    ];

    #[test]
    fn every_bit_has_the_meaning_that_the_service_gives_it() {
        let reserved = [Flag::ReservedBitSet; 8];
        for (bit, meant) in reserved[..5].iter().chain(&MEASUREMENT).enumerate() {
            let flags: Vec<_> = MeasurementStatus::from_bits_retain(1 << bit).flags().collect();
            assert_eq!(flags, [*meant], "bit {bit}");
        }
        for (bit, meant) in SENSOR.iter().chain(&reserved).enumerate() {
            let flags: Vec<_> = DeviceAndSensorStatus::from_bits_retain(1 << bit).flags().collect();
            assert_eq!(flags, [*meant], "bit {bit}");
        }
    }
}
