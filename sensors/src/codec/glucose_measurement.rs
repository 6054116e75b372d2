//! Glucose Measurement (0x2A18): one record of a glucose meter (Glucose Service 1.0.1, 3.1; GATT
//! Specification Supplement, Glucose Measurement). It comes live or on request through the Record
//! Access Control Point, and nothing in it tells which.

use bitflags::bitflags;
use chrono::Duration;
use dagsform_care::{DeviceTime, Flag, Kind, Measured, Metric, Observed, User};
use serde::{Serialize, Serializer};

use super::{
    code::code,
    concentration::{Concentration, ConcentrationUnit},
    date_time::DateTime,
    flags::reserved,
    glucose_measurement_context::{GlucoseMeasurementContext, Meal},
    json,
    reader::{DecodeError, Reader},
};

/// One record of a glucose meter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GlucoseMeasurement {
    /// Flags: which fields follow, the unit, and whether a context follows.
    pub flags: GlucoseFlags,
    /// Sequence Number: the device's own number of the record, 0 to 65535, one more with each record.
    /// The context of the record has the same.
    pub sequence_number: u16,
    /// Base Time: by the device's inner clock, which the user's settings do not move.
    pub base_time: DateTime,
    /// Time Offset: what the user's settings add to [`GlucoseMeasurement::base_time`].
    pub time_offset: Option<TimeOffset>,
    /// Glucose Concentration: kg/L or mol/L. 119 mg/dL come as 119 × 10⁻⁵ kg/L and 6.6 mmol/L as
    /// 66 × 10⁻⁴ mol/L: what the meter displays is the same digits with another exponent.
    pub glucose_concentration: Option<Concentration>,
    /// Type and Sample Location, always sent with the concentration.
    pub type_sample_location: Option<TypeSampleLocation>,
    /// Sensor Status Annunciation.
    pub sensor_status_annunciation: Option<SensorStatusAnnunciation>,
    /// What follows, announced by a bit that is reserved today. Its meaning is not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub additional_data: Vec<u8>,
}

bitflags! {
    /// Flags of [`GlucoseMeasurement`], 8 bits. Bits 5 to 7 are reserved.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct GlucoseFlags: u8 {
        /// Time Offset field is present.
        const TIME_OFFSET_PRESENT = 1;
        /// Glucose Concentration and Type-Sample Location fields are present.
        const CONCENTRATION_TYPE_AND_SAMPLE_LOCATION_PRESENT = 1 << 1;
        /// The concentration is in mol/L; without the bit in kg/L.
        const UNITS_OF_MOL_PER_LITRE = 1 << 2;
        /// Sensor Status Annunciation field is present.
        const SENSOR_STATUS_ANNUNCIATION_PRESENT = 1 << 3;
        /// A Glucose Measurement Context with the same sequence number follows.
        const CONTEXT_INFORMATION_FOLLOWS = 1 << 4;
    }
}

bitflags! {
    /// Sensor Status Annunciation, 16 bits. Bits 12 to 15 are reserved.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct SensorStatusAnnunciation: u16 {
        /// The battery was low.
        const DEVICE_BATTERY_LOW = 1;
        /// Sensor malfunction or fault.
        const SENSOR_MALFUNCTION = 1 << 1;
        /// Too little of the sample (blood or control solution).
        const SAMPLE_SIZE_INSUFFICIENT = 1 << 2;
        /// Strip insertion error.
        const STRIP_INSERTION_ERROR = 1 << 3;
        /// A strip of the wrong type.
        const STRIP_TYPE_INCORRECT = 1 << 4;
        /// The result is higher than the device can process.
        const RESULT_HIGHER_THAN_DEVICE_CAN_PROCESS = 1 << 5;
        /// The result is lower than the device can process.
        const RESULT_LOWER_THAN_DEVICE_CAN_PROCESS = 1 << 6;
        /// Too warm for a valid test.
        const SENSOR_TEMPERATURE_TOO_HIGH = 1 << 7;
        /// Too cold for a valid test.
        const SENSOR_TEMPERATURE_TOO_LOW = 1 << 8;
        /// The strip was pulled too soon.
        const SENSOR_READ_INTERRUPTED = 1 << 9;
        /// General device fault.
        const GENERAL_DEVICE_FAULT = 1 << 10;
        /// A fault of the clock: the time may be wrong.
        const TIME_FAULT = 1 << 11;
    }
}

/// Time Offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeOffset {
    /// Minutes, -32767 to 32766.
    Minutes(i16),
    /// 0x7FFF: more than that.
    Overrun,
    /// 0x8000: less than that.
    Underrun,
}

/// Type-Sample Location: two numbers in one byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct TypeSampleLocation {
    /// Type: the lower four bits.
    pub fluid_type: FluidType,
    /// Sample Location: the upper four bits.
    pub sample_location: SampleLocation,
}

code! {
    /// Type: what was measured.
    FluidType {
        1 /// 1.
        CapillaryWholeBlood,
        2 /// 2.
        CapillaryPlasma,
        3 /// 3.
        VenousWholeBlood,
        4 /// 4.
        VenousPlasma,
        5 /// 5.
        ArterialWholeBlood,
        6 /// 6.
        ArterialPlasma,
        7 /// 7.
        UndeterminedWholeBlood,
        8 /// 8.
        UndeterminedPlasma,
        9 /// 9.
        InterstitialFluid,
        10 /// 10: a test of the meter, not of a person.
        ControlSolution,
    }
}

code! {
    /// Sample Location: where it was taken.
    SampleLocation {
        1 /// 1.
        Finger,
        2 /// 2: alternate site test.
        AlternateSiteTest,
        3 /// 3.
        Earlobe,
        4 /// 4: a test of the meter, not of a person.
        ControlSolution,
        15 /// 15.
        NotAvailable,
    }
}

impl GlucoseMeasurement {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2A18;

    /// Decodes the characteristic.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("Glucose Measurement", bytes);
        let r = &mut reader;
        let flags = GlucoseFlags::from_bits_retain(r.u8("flags")?);
        let has = |flag| flags.contains(flag).then_some(());
        let unit = match has(GlucoseFlags::UNITS_OF_MOL_PER_LITRE) {
            Some(()) => ConcentrationUnit::MolePerLitre,
            None => ConcentrationUnit::KilogramPerLitre,
        };
        Ok(Self {
            flags,
            sequence_number: r.u16("sequence_number")?,
            base_time: DateTime::read(r, "base_time")?,
            time_offset: has(GlucoseFlags::TIME_OFFSET_PRESENT).map(|()| TimeOffset::read(r)).transpose()?,
            glucose_concentration: has(GlucoseFlags::CONCENTRATION_TYPE_AND_SAMPLE_LOCATION_PRESENT)
                .map(|()| r.sfloat("glucose_concentration"))
                .transpose()?
                .map(|value| Concentration { value, unit }),
            type_sample_location: has(GlucoseFlags::CONCENTRATION_TYPE_AND_SAMPLE_LOCATION_PRESENT)
                .map(|()| r.u8("type_sample_location"))
                .transpose()?
                .map(TypeSampleLocation::from),
            sensor_status_annunciation: has(GlucoseFlags::SENSOR_STATUS_ANNUNCIATION_PRESENT)
                .map(|()| r.u16("sensor_status_annunciation"))
                .transpose()?
                .map(SensorStatusAnnunciation::from_bits_retain),
            additional_data: reader.additional_data(flags)?,
        })
    }

    /// The time that the meter displayed: its base time and the offset. An offset that is beyond its
    /// range leaves it unknown.
    pub fn device_time(&self) -> DeviceTime {
        match (self.base_time.device_time(), self.time_offset) {
            (DeviceTime::Local(base), Some(TimeOffset::Minutes(minutes))) => base
                .checked_add_signed(Duration::minutes(minutes.into()))
                .map_or(DeviceTime::Unknown, DeviceTime::Local),
            (base, None) => base,
            (_, Some(_)) => DeviceTime::Unknown,
        }
    }
}

impl GlucoseMeasurement {
    /// Whether a Glucose Measurement Context with the same sequence number follows.
    pub fn context_follows(&self) -> bool {
        self.flags.contains(GlucoseFlags::CONTEXT_INFORMATION_FOLLOWS)
    }

    /// The same in the words of `dagsform-care`; `frame` is what this was decoded from.
    ///
    /// A result beyond what the meter can process may come without a concentration; it is an outcome all
    /// the same, told by its flag.
    pub(super) fn observed(&self, frame: &[u8], context: Option<&[u8]>) -> Observed {
        let sample = self.type_sample_location;
        let measured = |(concentration, sample): (Concentration, TypeSampleLocation)| Measured {
            metric: sample.fluid_type.metric(),
            quantity: concentration.displayed(),
        };
        let status = self.sensor_status_annunciation.into_iter().flat_map(SensorStatusAnnunciation::flags);
        Observed {
            kind: Kind::BloodGlucose,
            values: self.glucose_concentration.zip(sample).map(measured).into_iter().collect(),
            flags: reserved(self.flags)
                .into_iter()
                .chain(sample.into_iter().flat_map(TypeSampleLocation::flags))
                .chain(status)
                .collect(),
            time: self.device_time(),
            sequence: Some(self.sequence_number.into()),
            user: User::Unsaid,
            meal: context.and_then(|context| self.meal(context)),
            canonical: without_context(frame),
        }
    }

    /// How the record stands to a meal, if that is the record which `context` belongs to.
    fn meal(&self, context: &[u8]) -> Option<dagsform_care::Meal> {
        let context = GlucoseMeasurementContext::decode(context).ok()?;
        (context.sequence_number == self.sequence_number).then_some(context.meal).flatten().and_then(Meal::known)
    }
}

/// The frame as it would stand if no context followed.
///
/// A person may tell the meter about the meal long after the record was first sent; the record is then
/// sent with a context, and is still the same reading. Nothing else is left out: no other bit tells how
/// the record travelled, and all other fields are of the moment of measuring.
fn without_context(frame: &[u8]) -> Vec<u8> {
    match frame.split_first() {
        Some((flags, rest)) => [&[flags & !GlucoseFlags::CONTEXT_INFORMATION_FOLLOWS.bits()], rest].concat(),
        None => Vec::new(),
    }
}

impl SensorStatusAnnunciation {
    /// The same in the words of `dagsform-care`.
    pub fn flags(self) -> impl Iterator<Item = Flag> {
        [
            (Self::DEVICE_BATTERY_LOW, Flag::BatteryLow),
            (Self::SENSOR_MALFUNCTION, Flag::SensorMalfunctioning),
            (Self::SAMPLE_SIZE_INSUFFICIENT, Flag::SampleSizeInsufficient),
            (Self::STRIP_INSERTION_ERROR, Flag::StripInsertionError),
            (Self::STRIP_TYPE_INCORRECT, Flag::StripTypeIncorrect),
            (Self::RESULT_HIGHER_THAN_DEVICE_CAN_PROCESS, Flag::ResultAboveRange),
            (Self::RESULT_LOWER_THAN_DEVICE_CAN_PROCESS, Flag::ResultBelowRange),
            (Self::SENSOR_TEMPERATURE_TOO_HIGH, Flag::SensorTooWarm),
            (Self::SENSOR_TEMPERATURE_TOO_LOW, Flag::SensorTooCold),
            (Self::SENSOR_READ_INTERRUPTED, Flag::ReadInterrupted),
            (Self::GENERAL_DEVICE_FAULT, Flag::GeneralDeviceFault),
            (Self::TIME_FAULT, Flag::DeviceClockFault),
        ]
        .into_iter()
        .filter(move |(bit, _)| self.contains(*bit))
        .map(|(_, flag)| flag)
        .chain(reserved(self))
    }
}

impl TypeSampleLocation {
    /// Either half may say that this was a test of the meter.
    fn flags(self) -> impl Iterator<Item = Flag> {
        let control =
            self.fluid_type == FluidType::ControlSolution || self.sample_location == SampleLocation::ControlSolution;
        let unknown = matches!(self.fluid_type, FluidType::Reserved(_));
        [(control, Flag::ControlSolution), (unknown, Flag::ReservedBitSet)]
            .into_iter()
            .filter_map(|(says, flag)| says.then_some(flag))
    }
}

impl FluidType {
    /// The metric of a concentration in this.
    pub fn metric(self) -> Metric {
        match self {
            Self::CapillaryWholeBlood => Metric::GlucoseCapillaryWholeBlood,
            Self::CapillaryPlasma => Metric::GlucoseCapillaryPlasma,
            Self::VenousWholeBlood => Metric::GlucoseVenousWholeBlood,
            Self::VenousPlasma => Metric::GlucoseVenousPlasma,
            Self::ArterialWholeBlood => Metric::GlucoseArterialWholeBlood,
            Self::ArterialPlasma => Metric::GlucoseArterialPlasma,
            Self::UndeterminedWholeBlood => Metric::GlucoseUndeterminedWholeBlood,
            // Most meters are calibrated to plasma; that the type is not known is said by a flag.
            Self::UndeterminedPlasma | Self::Reserved(_) => Metric::GlucoseUndeterminedPlasma,
            Self::InterstitialFluid => Metric::GlucoseInterstitialFluid,
            Self::ControlSolution => Metric::GlucoseControlSolution,
        }
    }
}

impl TimeOffset {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.array("time_offset").map(|bytes| match i16::from_le_bytes(bytes) {
            i16::MAX => Self::Overrun,
            i16::MIN => Self::Underrun,
            minutes => Self::Minutes(minutes),
        })
    }
}

impl From<u8> for TypeSampleLocation {
    fn from(byte: u8) -> Self {
        Self { fluid_type: (byte & 0x0F).into(), sample_location: (byte >> 4).into() }
    }
}

impl Serialize for GlucoseFlags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::flags(self, serializer)
    }
}

impl Serialize for SensorStatusAnnunciation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::flags(self, serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bits in their order, as the service lists them.
    const ANNUNCIATIONS: [&str; 12] = [
        "device-battery-low",
        "sensor-malfunction",
        "sample-size-insufficient",
        "strip-insertion-error",
        "strip-type-incorrect",
        "result-higher-than-device-can-process",
        "result-lower-than-device-can-process",
        "sensor-temperature-too-high",
        "sensor-temperature-too-low",
        "sensor-read-interrupted",
        "general-device-fault",
        "time-fault",
    ];

    #[test]
    fn every_bit_has_the_meaning_that_the_service_gives_it() {
        for bit in 0..16 {
            let json = serde_json::to_value(SensorStatusAnnunciation::from_bits_retain(1 << bit)).unwrap();
            match ANNUNCIATIONS.get(bit) {
                Some(name) => assert_eq!(json["set"], serde_json::json!([name])),
                None => assert_eq!(json["reserved"], 1 << bit),
            }
        }
    }

    #[test]
    fn every_bit_becomes_the_flag_of_its_meaning() {
        let meant = [
            Flag::BatteryLow,
            Flag::SensorMalfunctioning,
            Flag::SampleSizeInsufficient,
            Flag::StripInsertionError,
            Flag::StripTypeIncorrect,
            Flag::ResultAboveRange,
            Flag::ResultBelowRange,
            Flag::SensorTooWarm,
            Flag::SensorTooCold,
            Flag::ReadInterrupted,
            Flag::GeneralDeviceFault,
            Flag::DeviceClockFault,
        ];
        for bit in 0..16 {
            let flags: Vec<_> = SensorStatusAnnunciation::from_bits_retain(1 << bit).flags().collect();
            assert_eq!(flags, [*meant.get(bit).unwrap_or(&Flag::ReservedBitSet)], "bit {bit}");
        }
    }

    fn time(offset: Option<i16>) -> DeviceTime {
        let mut bytes = vec![u8::from(offset.is_some()), 1, 0, 0xEA, 7, 12, 31, 23, 30, 5];
        bytes.extend(offset.into_iter().flat_map(i16::to_le_bytes));
        GlucoseMeasurement::decode(&bytes).unwrap().device_time()
    }

    #[test]
    fn the_offset_is_added_to_the_base_time_across_the_years_end() {
        let local = |text: &str| DeviceTime::Local(text.parse().unwrap());
        assert_eq!(time(None), local("2026-12-31T23:30:05"));
        assert_eq!(time(Some(0)), local("2026-12-31T23:30:05"));
        assert_eq!(time(Some(30)), local("2027-01-01T00:00:05"));
        assert_eq!(time(Some(-1410)), local("2026-12-31T00:00:05"));
    }

    #[test]
    fn an_offset_beyond_its_range_leaves_the_time_unknown() {
        assert_eq!(time(Some(i16::MAX)), DeviceTime::Unknown);
        assert_eq!(time(Some(i16::MIN)), DeviceTime::Unknown);
    }
}
