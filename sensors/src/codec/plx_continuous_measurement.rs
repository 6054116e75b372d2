//! PLX Continuous Measurement (0x2A5F): the values of a measurement that goes on, about one a second
//! (Pulse Oximeter Service 1.0.1, 3.2). It bears no time.

use bitflags::bitflags;
use dagsform_care::{DeviceTime, Kind, Measured, Metric, Observed, Quantity, User};
use serde::{Serialize, Serializer};

use super::{
    json,
    plx_status::{
        DeviceAndSensorStatus, MeasurementStatus, SpO2Pr, all_flags, read_pulse_amplitude_index, without_storage,
    },
    reader::{DecodeError, Reader},
};

/// The values at one moment of a measurement that goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlxContinuousMeasurement {
    /// Flags: which fields follow.
    pub flags: ContinuousFlags,
    /// SpO2PR-Normal.
    #[serde(flatten)]
    pub spo2pr_normal: SpO2Pr,
    /// SpO2PR-Fast: averaged over a shorter time.
    pub spo2pr_fast: Option<SpO2Pr>,
    /// SpO2PR-Slow: averaged over a longer time.
    pub spo2pr_slow: Option<SpO2Pr>,
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
    /// Flags of [`PlxContinuousMeasurement`], 8 bits. Bits 5 to 7 are reserved.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct ContinuousFlags: u8 {
        /// SpO2PR-Fast field is present.
        const SPO2PR_FAST_PRESENT = 1;
        /// SpO2PR-Slow field is present.
        const SPO2PR_SLOW_PRESENT = 1 << 1;
        /// Measurement Status field is present.
        const MEASUREMENT_STATUS_PRESENT = 1 << 2;
        /// Device and Sensor Status field is present.
        const DEVICE_AND_SENSOR_STATUS_PRESENT = 1 << 3;
        /// Pulse Amplitude Index field is present.
        const PULSE_AMPLITUDE_INDEX_PRESENT = 1 << 4;
    }
}

impl PlxContinuousMeasurement {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2A5F;

    /// Decodes the characteristic.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("PLX Continuous Measurement", bytes);
        let r = &mut reader;
        let flags = ContinuousFlags::from_bits_retain(r.u8("flags")?);
        let has = |flag| flags.contains(flag).then_some(());
        Ok(Self {
            flags,
            spo2pr_normal: SpO2Pr::read(r, "spo2", "pulse_rate")?,
            spo2pr_fast: has(ContinuousFlags::SPO2PR_FAST_PRESENT)
                .map(|()| SpO2Pr::read(r, "spo2_fast", "pulse_rate_fast"))
                .transpose()?,
            spo2pr_slow: has(ContinuousFlags::SPO2PR_SLOW_PRESENT)
                .map(|()| SpO2Pr::read(r, "spo2_slow", "pulse_rate_slow"))
                .transpose()?,
            measurement_status: has(ContinuousFlags::MEASUREMENT_STATUS_PRESENT)
                .map(|()| MeasurementStatus::read(r))
                .transpose()?,
            device_and_sensor_status: has(ContinuousFlags::DEVICE_AND_SENSOR_STATUS_PRESENT)
                .map(|()| DeviceAndSensorStatus::read(r))
                .transpose()?,
            pulse_amplitude_index: has(ContinuousFlags::PULSE_AMPLITUDE_INDEX_PRESENT)
                .map(|()| read_pulse_amplitude_index(r))
                .transpose()?,
            additional_data: reader.additional_data(flags)?,
        })
    }

    /// The same in the words of `dagsform-care`; `frame` is what this was decoded from.
    pub(super) fn observed(&self, frame: &[u8]) -> Observed {
        let mut values: Vec<Measured> = self.spo2pr_normal.measured(Metric::OxygenSaturation, Metric::PulseRate).into();
        let fast = self.spo2pr_fast.map(|pair| pair.measured(Metric::OxygenSaturationFast, Metric::PulseRateFast));
        let slow = self.spo2pr_slow.map(|pair| pair.measured(Metric::OxygenSaturationSlow, Metric::PulseRateSlow));
        let status_at = 5 + fast.map_or(0, |_| 4) + slow.map_or(0, |_| 4);
        values.extend([fast, slow].into_iter().flatten().flatten());
        values.extend(
            self.pulse_amplitude_index.map(|quantity| Measured { metric: Metric::PulseAmplitudeIndex, quantity }),
        );
        Observed {
            kind: Kind::PulseOximetry,
            values,
            flags: all_flags(self.flags, self.measurement_status, self.device_and_sensor_status),
            time: DeviceTime::Absent,
            sequence: None,
            user: User::Unsaid,
            meal: None,
            canonical: without_storage(
                frame,
                ContinuousFlags::MEASUREMENT_STATUS_PRESENT.bits(),
                status_at,
                self.measurement_status,
            ),
        }
    }
}

impl Serialize for ContinuousFlags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::flags(self, serializer)
    }
}
