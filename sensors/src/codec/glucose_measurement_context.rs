//! Glucose Measurement Context (0x2A34): what a person told the meter about a record, which has the same
//! sequence number (Glucose Service 1.0.1, 3.2; GATT Specification Supplement, Glucose Measurement
//! Context).

use bitflags::bitflags;
use dagsform_care::{Quantity, Unit};
use serde::{Serialize, Serializer};

use super::{
    code::code,
    json,
    reader::{DecodeError, Reader},
};

/// What a person told the meter about a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GlucoseMeasurementContext {
    /// Flags: which fields follow, and the unit of the medication.
    pub flags: ContextFlags,
    /// Sequence Number: that of the record which this belongs to.
    pub sequence_number: u16,
    /// Extended Flags.
    pub extended_flags: Option<ExtendedFlags>,
    /// Carbohydrate ID.
    pub carbohydrate_id: Option<CarbohydrateId>,
    /// Carbohydrate: kg.
    #[serde(serialize_with = "json::optional_quantity")]
    pub carbohydrate: Option<Quantity>,
    /// Meal. Some meters give values of their own to numbers that are reserved.
    pub meal: Option<Meal>,
    /// Tester and Health.
    pub tester_health: Option<TesterHealth>,
    /// Exercise Duration.
    pub exercise_duration: Option<ExerciseDuration>,
    /// Exercise Intensity: per cent, 0 to 100; more means nothing and is kept.
    pub exercise_intensity: Option<u8>,
    /// Medication ID.
    pub medication_id: Option<MedicationId>,
    /// Medication: kg or litres.
    #[serde(serialize_with = "json::optional_quantity")]
    pub medication: Option<Quantity>,
    /// HbA1c: per cent.
    #[serde(serialize_with = "json::optional_quantity")]
    pub hba1c: Option<Quantity>,
    /// What follows, announced by a bit of the Extended Flags. Its meaning is not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub additional_data: Vec<u8>,
}

bitflags! {
    /// Flags of [`GlucoseMeasurementContext`], 8 bits, none reserved.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct ContextFlags: u8 {
        /// Carbohydrate ID and Carbohydrate fields are present.
        const CARBOHYDRATE_ID_AND_CARBOHYDRATE_PRESENT = 1;
        /// Meal field is present.
        const MEAL_PRESENT = 1 << 1;
        /// Tester-Health field is present.
        const TESTER_HEALTH_PRESENT = 1 << 2;
        /// Exercise Duration and Exercise Intensity fields are present.
        const EXERCISE_DURATION_AND_INTENSITY_PRESENT = 1 << 3;
        /// Medication ID and Medication fields are present.
        const MEDICATION_ID_AND_MEDICATION_PRESENT = 1 << 4;
        /// The medication is in litres; without the bit in kg.
        const MEDICATION_IN_LITRES = 1 << 5;
        /// HbA1c field is present.
        const HBA1C_PRESENT = 1 << 6;
        /// Extended Flags field is present.
        const EXTENDED_FLAGS_PRESENT = 1 << 7;
    }
}

bitflags! {
    /// Extended Flags, 8 bits, all of them reserved.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct ExtendedFlags: u8 {}
}

/// Exercise Duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExerciseDuration {
    /// Seconds, 0 to 65534.
    Seconds(u16),
    /// 65535: more than that.
    Overrun,
}

/// Tester-Health: two numbers in one byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct TesterHealth {
    /// Tester: the lower four bits.
    pub tester: Tester,
    /// Health: the upper four bits.
    pub health: Health,
}

code! {
    /// Carbohydrate ID: what was eaten.
    CarbohydrateId {
        1 /// 1.
        Breakfast,
        2 /// 2.
        Lunch,
        3 /// 3.
        Dinner,
        4 /// 4.
        Snack,
        5 /// 5.
        Drink,
        6 /// 6.
        Supper,
        7 /// 7.
        Brunch,
    }
}

code! {
    /// Meal: when in relation to a meal.
    Meal {
        1 /// 1: before it.
        Preprandial,
        2 /// 2: after it.
        Postprandial,
        3 /// 3.
        Fasting,
        4 /// 4: between meals (snacks, drinks).
        Casual,
        5 /// 5.
        Bedtime,
    }
}

code! {
    /// Tester: who measured.
    Tester {
        1 /// 1: the person.
        OneSelf,
        2 /// 2.
        HealthCareProfessional,
        3 /// 3.
        LabTest,
        15 /// 15.
        NotAvailable,
    }
}

code! {
    /// Health: how the person was.
    Health {
        1 /// 1.
        MinorHealthIssues,
        2 /// 2.
        MajorHealthIssues,
        3 /// 3.
        DuringMenses,
        4 /// 4.
        UnderStress,
        5 /// 5.
        NoHealthIssues,
        15 /// 15.
        NotAvailable,
    }
}

code! {
    /// Medication ID: which insulin.
    MedicationId {
        1 /// 1.
        RapidActingInsulin,
        2 /// 2.
        ShortActingInsulin,
        3 /// 3.
        IntermediateActingInsulin,
        4 /// 4.
        LongActingInsulin,
        5 /// 5.
        PreMixedInsulin,
    }
}

impl GlucoseMeasurementContext {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2A34;

    /// Decodes the characteristic.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("Glucose Measurement Context", bytes);
        let r = &mut reader;
        let flags = ContextFlags::from_bits_retain(r.u8("flags")?);
        let has = |flag| flags.contains(flag).then_some(());
        let unit = match has(ContextFlags::MEDICATION_IN_LITRES) {
            Some(()) => Unit::Litre,
            None => Unit::Kilogram,
        };
        let sequence_number = r.u16("sequence_number")?;
        let extended_flags = has(ContextFlags::EXTENDED_FLAGS_PRESENT)
            .map(|()| r.u8("extended_flags"))
            .transpose()?
            .map(ExtendedFlags::from_bits_retain);
        Ok(Self {
            flags,
            sequence_number,
            extended_flags,
            carbohydrate_id: has(ContextFlags::CARBOHYDRATE_ID_AND_CARBOHYDRATE_PRESENT)
                .map(|()| r.u8("carbohydrate_id"))
                .transpose()?
                .map(CarbohydrateId::from),
            carbohydrate: has(ContextFlags::CARBOHYDRATE_ID_AND_CARBOHYDRATE_PRESENT)
                .map(|()| r.sfloat("carbohydrate"))
                .transpose()?
                .map(|value| Quantity { value, unit: Unit::Kilogram }),
            meal: has(ContextFlags::MEAL_PRESENT).map(|()| r.u8("meal")).transpose()?.map(Meal::from),
            tester_health: has(ContextFlags::TESTER_HEALTH_PRESENT)
                .map(|()| r.u8("tester_health"))
                .transpose()?
                .map(TesterHealth::from),
            exercise_duration: has(ContextFlags::EXERCISE_DURATION_AND_INTENSITY_PRESENT)
                .map(|()| r.u16("exercise_duration"))
                .transpose()?
                .map(ExerciseDuration::from),
            exercise_intensity: has(ContextFlags::EXERCISE_DURATION_AND_INTENSITY_PRESENT)
                .map(|()| r.u8("exercise_intensity"))
                .transpose()?,
            medication_id: has(ContextFlags::MEDICATION_ID_AND_MEDICATION_PRESENT)
                .map(|()| r.u8("medication_id"))
                .transpose()?
                .map(MedicationId::from),
            medication: has(ContextFlags::MEDICATION_ID_AND_MEDICATION_PRESENT)
                .map(|()| r.sfloat("medication"))
                .transpose()?
                .map(|value| Quantity { value, unit }),
            hba1c: has(ContextFlags::HBA1C_PRESENT)
                .map(|()| r.sfloat("hba1c"))
                .transpose()?
                .map(|value| Quantity { value, unit: Unit::Percent }),
            additional_data: reader.additional_data(extended_flags.unwrap_or(ExtendedFlags::empty()))?,
        })
    }
}

impl Meal {
    /// The same in the words of `dagsform-care`; `None` for a reserved value.
    pub fn known(self) -> Option<dagsform_care::Meal> {
        Some(match self {
            Self::Preprandial => dagsform_care::Meal::Preprandial,
            Self::Postprandial => dagsform_care::Meal::Postprandial,
            Self::Fasting => dagsform_care::Meal::Fasting,
            Self::Casual => dagsform_care::Meal::Casual,
            Self::Bedtime => dagsform_care::Meal::Bedtime,
            Self::Reserved(_) => return None,
        })
    }
}

impl From<u8> for TesterHealth {
    fn from(byte: u8) -> Self {
        Self { tester: (byte & 0x0F).into(), health: (byte >> 4).into() }
    }
}

impl From<u16> for ExerciseDuration {
    fn from(seconds: u16) -> Self {
        match seconds {
            u16::MAX => Self::Overrun,
            seconds => Self::Seconds(seconds),
        }
    }
}

impl Serialize for ContextFlags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::flags(self, serializer)
    }
}

impl Serialize for ExtendedFlags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::flags(self, serializer)
    }
}
