//! Blood Pressure Measurement (0x2A35): one finished measurement, live or from the device's memory
//! (Blood Pressure Service 1.1.1, 3.1; GATT Specification Supplement, Blood Pressure Measurement).

use bitflags::bitflags;
use dagsform_care::{DeviceTime, Flag, Kind, Measured, Metric, Observed, Quantity, Unit, User};
use serde::{Serialize, Serializer};

use super::{
    date_time::DateTime,
    flags::reserved,
    json,
    reader::{DecodeError, Reader},
    user_id::UserId,
};

/// One finished measurement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BloodPressureMeasurement {
    /// Flags: the unit of the pressures, and which fields follow.
    pub flags: BloodPressureFlags,
    /// Systolic: mmHg or kPa.
    #[serde(serialize_with = "json::quantity")]
    pub systolic: Quantity,
    /// Diastolic: mmHg or kPa.
    #[serde(serialize_with = "json::quantity")]
    pub diastolic: Quantity,
    /// Mean Arterial Pressure: mmHg or kPa. Many devices send NaN.
    #[serde(serialize_with = "json::quantity")]
    pub mean_arterial_pressure: Quantity,
    /// Time Stamp, by the device's clock.
    pub timestamp: Option<DateTime>,
    /// Pulse Rate: beats per minute.
    #[serde(serialize_with = "json::optional_quantity")]
    pub pulse_rate: Option<Quantity>,
    /// User ID.
    pub user_id: Option<UserId>,
    /// Measurement Status. A measurement that failed may come as all NaN without any bit of it.
    pub measurement_status: Option<BloodPressureStatus>,
    /// What follows, announced by a bit that is reserved today. Its meaning is not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub additional_data: Vec<u8>,
}

bitflags! {
    /// Flags of [`BloodPressureMeasurement`], 8 bits. Bits 5 to 7 are reserved.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct BloodPressureFlags: u8 {
        /// Blood pressure in kPa; without the bit in mmHg.
        const UNITS_OF_KPA = 1;
        /// Time Stamp field is present.
        const TIMESTAMP_PRESENT = 1 << 1;
        /// Pulse Rate field is present.
        const PULSE_RATE_PRESENT = 1 << 2;
        /// User ID field is present.
        const USER_ID_PRESENT = 1 << 3;
        /// Measurement Status field is present.
        const MEASUREMENT_STATUS_PRESENT = 1 << 4;
    }
}

bitflags! {
    /// Measurement Status, 16 bits. Bits 6 to 15 are reserved.
    ///
    /// Bits 3 and 4 are one number, the pulse rate range: 0 within the range, 1 above, 2 below,
    /// 3 reserved; see [`BloodPressureStatus::pulse_rate_range`].
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct BloodPressureStatus: u16 {
        /// Body movement during the measurement.
        const BODY_MOVEMENT_DETECTED = 1;
        /// Cuff too loose.
        const CUFF_TOO_LOOSE = 1 << 1;
        /// Irregular pulse detected.
        const IRREGULAR_PULSE_DETECTED = 1 << 2;
        /// Pulse rate exceeds the upper limit; nothing together with the bit of the lower one.
        const PULSE_RATE_EXCEEDS_UPPER_LIMIT = 1 << 3;
        /// Pulse rate is less than the lower limit; nothing together with the bit of the upper one.
        const PULSE_RATE_LESS_THAN_LOWER_LIMIT = 1 << 4;
        /// Improper measurement position.
        const IMPROPER_MEASUREMENT_POSITION = 1 << 5;
    }
}

/// Pulse Rate Range Detection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PulseRateRange {
    /// 0: within the range, or the device does not look.
    Within,
    /// 1: exceeds the upper limit.
    Above,
    /// 2: less than the lower limit.
    Below,
    /// 3.
    Reserved,
}

impl BloodPressureMeasurement {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2A35;

    /// Decodes the characteristic.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("Blood Pressure Measurement", bytes);
        let r = &mut reader;
        let flags = BloodPressureFlags::from_bits_retain(r.u8("flags")?);
        let pressure = |value| Quantity { value, unit: flags.unit() };
        let systolic = r.sfloat("systolic").map(pressure)?;
        let diastolic = r.sfloat("diastolic").map(pressure)?;
        let mean_arterial_pressure = r.sfloat("mean_arterial_pressure").map(pressure)?;
        let Details { timestamp, pulse_rate, user_id, measurement_status } = Details::read(r, flags)?;
        let additional_data = reader.additional_data(flags)?;
        Ok(Self {
            flags,
            systolic,
            diastolic,
            mean_arterial_pressure,
            timestamp,
            pulse_rate,
            user_id,
            measurement_status,
            additional_data,
        })
    }

    /// The same in the words of `dagsform-care`; `frame` is what this was decoded from.
    ///
    /// Nothing is left out of the canonical frame: no bit of it tells a record of the memory from a live one.
    pub(super) fn observed(&self, frame: &[u8]) -> Observed {
        let pulse = self.pulse_rate.map(|quantity| (Metric::PulseRateByCuff, quantity));
        let values = [
            (Metric::Systolic, self.systolic),
            (Metric::Diastolic, self.diastolic),
            (Metric::MeanArterialPressure, self.mean_arterial_pressure),
        ];
        let status = self.measurement_status.into_iter().flat_map(BloodPressureStatus::flags);
        Observed {
            kind: Kind::BloodPressure,
            values: values.into_iter().chain(pulse).map(|(metric, quantity)| Measured { metric, quantity }).collect(),
            flags: reserved(self.flags).into_iter().chain(status).collect(),
            time: self.timestamp.map_or(DeviceTime::Absent, DateTime::device_time),
            sequence: None,
            user: self.user_id.map_or(User::Unsaid, User::from),
            meal: None,
            canonical: frame.to_vec(),
        }
    }
}

/// The fields that a measurement and a cuff pressure on the way to one have in common.
pub(super) struct Details {
    pub(super) timestamp: Option<DateTime>,
    pub(super) pulse_rate: Option<Quantity>,
    pub(super) user_id: Option<UserId>,
    pub(super) measurement_status: Option<BloodPressureStatus>,
}

impl Details {
    pub(super) fn read(r: &mut Reader<'_>, flags: BloodPressureFlags) -> Result<Self, DecodeError> {
        let has = |flag| flags.contains(flag).then_some(());
        Ok(Self {
            timestamp: has(BloodPressureFlags::TIMESTAMP_PRESENT)
                .map(|()| DateTime::read(r, "timestamp"))
                .transpose()?,
            pulse_rate: has(BloodPressureFlags::PULSE_RATE_PRESENT)
                .map(|()| r.sfloat("pulse_rate"))
                .transpose()?
                .map(|value| Quantity { value, unit: Unit::PerMinute }),
            user_id: has(BloodPressureFlags::USER_ID_PRESENT).map(|()| UserId::read(r)).transpose()?,
            measurement_status: has(BloodPressureFlags::MEASUREMENT_STATUS_PRESENT)
                .map(|()| r.u16("measurement_status"))
                .transpose()?
                .map(BloodPressureStatus::from_bits_retain),
        })
    }
}

impl BloodPressureFlags {
    /// The unit of the pressures.
    pub(super) fn unit(self) -> Unit {
        if self.contains(Self::UNITS_OF_KPA) { Unit::Kilopascal } else { Unit::MillimetreOfMercury }
    }
}

impl BloodPressureStatus {
    /// The same in the words of `dagsform-care`.
    pub fn flags(self) -> impl Iterator<Item = Flag> {
        let range = match self.pulse_rate_range() {
            PulseRateRange::Within => None,
            PulseRateRange::Above => Some(Flag::PulseRateAboveRange),
            PulseRateRange::Below => Some(Flag::PulseRateBelowRange),
            PulseRateRange::Reserved => Some(Flag::ReservedBitSet),
        };
        [
            (Self::BODY_MOVEMENT_DETECTED, Flag::BodyMovement),
            (Self::CUFF_TOO_LOOSE, Flag::CuffTooLoose),
            (Self::IRREGULAR_PULSE_DETECTED, Flag::IrregularPulse),
            (Self::IMPROPER_MEASUREMENT_POSITION, Flag::ImproperMeasurementPosition),
        ]
        .into_iter()
        .filter(move |(bit, _)| self.contains(*bit))
        .map(|(_, flag)| flag)
        .chain(range)
        .chain(reserved(self))
    }

    const RANGE: Self = Self::PULSE_RATE_EXCEEDS_UPPER_LIMIT.union(Self::PULSE_RATE_LESS_THAN_LOWER_LIMIT);

    /// What the two bits of the pulse rate say together.
    pub fn pulse_rate_range(self) -> PulseRateRange {
        match (
            self.contains(Self::PULSE_RATE_EXCEEDS_UPPER_LIMIT),
            self.contains(Self::PULSE_RATE_LESS_THAN_LOWER_LIMIT),
        ) {
            (false, false) => PulseRateRange::Within,
            (true, false) => PulseRateRange::Above,
            (false, true) => PulseRateRange::Below,
            (true, true) => PulseRateRange::Reserved,
        }
    }
}

impl Serialize for BloodPressureFlags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::flags(self, serializer)
    }
}

impl Serialize for BloodPressureStatus {
    /// Both limits at once are a reserved value, so neither counts as set then.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let meant = match self.pulse_rate_range() {
            PulseRateRange::Reserved => Self::all().difference(Self::RANGE),
            PulseRateRange::Within | PulseRateRange::Above | PulseRateRange::Below => Self::all(),
        };
        json::flags_of(self, &meant, serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn status(bits: u16) -> serde_json::Value {
        serde_json::to_value(BloodPressureStatus::from_bits_retain(bits)).unwrap()
    }

    #[test]
    fn every_bit_has_the_meaning_that_the_service_gives_it() {
        let names = [
            "body-movement-detected",
            "cuff-too-loose",
            "irregular-pulse-detected",
            "pulse-rate-exceeds-upper-limit",
            "pulse-rate-less-than-lower-limit",
            "improper-measurement-position",
        ];
        for bit in 0..16 {
            match names.get(bit) {
                Some(name) => assert_eq!(status(1 << bit)["set"], json!([name])),
                None => assert_eq!(status(1 << bit)["reserved"], 1 << bit),
            }
        }
    }

    #[test]
    fn every_bit_becomes_the_flag_of_its_meaning() {
        let meant = [
            Flag::BodyMovement,
            Flag::CuffTooLoose,
            Flag::IrregularPulse,
            Flag::PulseRateAboveRange,
            Flag::PulseRateBelowRange,
            Flag::ImproperMeasurementPosition,
        ];
        for bit in 0..16 {
            let flags: Vec<_> = BloodPressureStatus::from_bits_retain(1 << bit).flags().collect();
            assert_eq!(flags, [*meant.get(bit).unwrap_or(&Flag::ReservedBitSet)], "bit {bit}");
        }
        let both: Vec<_> = BloodPressureStatus::from_bits_retain(0b1_1000).flags().collect();
        assert_eq!(both, [Flag::ReservedBitSet]);
    }

    #[test]
    fn a_pulse_above_and_below_its_limits_is_neither_but_reserved() {
        assert_eq!(status(0x1C), json!({"bits": 0x1C, "set": ["irregular-pulse-detected"], "reserved": 0x18}));
        let ranges = [0, 8, 16, 24].map(|bits| BloodPressureStatus::from_bits_retain(bits).pulse_rate_range());
        use PulseRateRange::{Above, Below, Reserved, Within};
        assert_eq!(ranges, [Within, Above, Below, Reserved]);
    }
}
