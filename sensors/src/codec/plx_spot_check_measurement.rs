//! PLX Spot-Check Measurement (0x2A5E): one finished measurement, live or from the device's memory
//! (Pulse Oximeter Service 1.0.1, 3.1).

use bitflags::bitflags;
use dagsform_care::{DeviceTime, Flag, Kind, Measured, Metric, Observed, Quantity, User};
use serde::{Serialize, Serializer};

use super::{
    date_time::DateTime,
    json,
    plx_status::{
        DeviceAndSensorStatus, MeasurementStatus, SpO2Pr, all_flags, read_pulse_amplitude_index, without_storage,
    },
    reader::{DecodeError, Reader},
};

/// One finished measurement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlxSpotCheckMeasurement {
    /// Flags: which fields follow, and the state of the clock.
    pub flags: SpotCheckFlags,
    /// SpO2PR-Spot-Check.
    #[serde(flatten)]
    pub spo2pr_spot_check: SpO2Pr,
    /// Timestamp, by the device's clock.
    pub timestamp: Option<DateTime>,
    /// Measurement Status.
    pub measurement_status: Option<MeasurementStatus>,
    /// Device and Sensor Status.
    pub device_and_sensor_status: Option<DeviceAndSensorStatus>,
    /// Pulse Amplitude Index: per cent.
    #[serde(serialize_with = "json::optional_quantity")]
    pub pulse_amplitude_index: Option<Quantity>,
    /// What follows, announced by a bit that is reserved today. Its meaning is not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub additional_data: Vec<u8>,
}

bitflags! {
    /// Flags of [`PlxSpotCheckMeasurement`], 8 bits. Bits 5 to 7 are reserved.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct SpotCheckFlags: u8 {
        /// Timestamp field is present.
        const TIMESTAMP_PRESENT = 1;
        /// Measurement Status field is present.
        const MEASUREMENT_STATUS_PRESENT = 1 << 1;
        /// Device and Sensor Status field is present.
        const DEVICE_AND_SENSOR_STATUS_PRESENT = 1 << 2;
        /// Pulse Amplitude Index field is present.
        const PULSE_AMPLITUDE_INDEX_PRESENT = 1 << 3;
        /// Device clock is not set.
        const DEVICE_CLOCK_NOT_SET = 1 << 4;
    }
}

impl PlxSpotCheckMeasurement {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2A5E;

    /// Decodes the characteristic.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("PLX Spot-Check Measurement", bytes);
        let r = &mut reader;
        let flags = SpotCheckFlags::from_bits_retain(r.u8("flags")?);
        let has = |flag| flags.contains(flag).then_some(());
        Ok(Self {
            flags,
            spo2pr_spot_check: SpO2Pr::read(r, "spo2", "pulse_rate")?,
            timestamp: has(SpotCheckFlags::TIMESTAMP_PRESENT).map(|()| DateTime::read(r, "timestamp")).transpose()?,
            measurement_status: has(SpotCheckFlags::MEASUREMENT_STATUS_PRESENT)
                .map(|()| MeasurementStatus::read(r))
                .transpose()?,
            device_and_sensor_status: has(SpotCheckFlags::DEVICE_AND_SENSOR_STATUS_PRESENT)
                .map(|()| DeviceAndSensorStatus::read(r))
                .transpose()?,
            pulse_amplitude_index: has(SpotCheckFlags::PULSE_AMPLITUDE_INDEX_PRESENT)
                .map(|()| read_pulse_amplitude_index(r))
                .transpose()?,
            additional_data: reader.additional_data(flags)?,
        })
    }

    /// The same in the words of `dagsform-care`; `frame` is what this was decoded from.
    pub(super) fn observed(&self, frame: &[u8]) -> Observed {
        let mut values: Vec<Measured> =
            self.spo2pr_spot_check.measured(Metric::OxygenSaturation, Metric::PulseRate).into();
        values.extend(
            self.pulse_amplitude_index.map(|quantity| Measured { metric: Metric::PulseAmplitudeIndex, quantity }),
        );
        let mut flags = all_flags(self.flags, self.measurement_status, self.device_and_sensor_status);
        if self.flags.contains(SpotCheckFlags::DEVICE_CLOCK_NOT_SET) {
            flags.insert(Flag::DeviceClockNotSet);
        }
        let status_at = if self.timestamp.is_some() { 12 } else { 5 };
        Observed {
            kind: Kind::PulseOximetry,
            values,
            flags,
            time: self.timestamp.map_or(DeviceTime::Absent, DateTime::device_time),
            sequence: None,
            user: User::Unsaid,
            meal: None,
            canonical: without_storage(
                frame,
                SpotCheckFlags::MEASUREMENT_STATUS_PRESENT.bits(),
                status_at,
                self.measurement_status,
            ),
        }
    }
}

impl Serialize for SpotCheckFlags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::flags(self, serializer)
    }
}
