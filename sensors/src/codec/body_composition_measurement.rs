//! Body Composition Measurement (0x2A9C; Body Composition Service 1.0, 3.2; GATT Specification Supplement, Body
//! Composition Measurement). Decoded only: the care plans of the kit ask for no body composition. The weight of
//! the same weighing comes in a Weight Measurement of its own.
//!
//! Some scales send zeros in every field where they could not measure. They are decoded as zeros.

use bitflags::bitflags;
use dagsform_care::{Decimal, Value};
use serde::{Serialize, Serializer};

use super::{
    amount::Amount,
    date_time::DateTime,
    json,
    reader::{DecodeError, Reader},
    user_id::UserId,
};

/// One measurement, or one part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BodyCompositionMeasurement {
    /// Flags: the system of units, and which fields follow.
    pub flags: BodyCompositionFlags,
    /// Body Fat Percentage, in steps of 0.1 %. The word 0xFFFF says that the measurement was unsuccessful;
    /// here that is not a number.
    pub body_fat_percentage: Amount,
    /// Time Stamp, by the device's clock.
    pub timestamp: Option<DateTime>,
    /// User ID.
    pub user_id: Option<UserId>,
    /// Basal Metabolism: kilojoules, of one day.
    pub basal_metabolism: Option<Amount>,
    /// Muscle Percentage, in steps of 0.1 %.
    pub muscle_percentage: Option<Amount>,
    /// Muscle Mass: as all the masses, kg in steps of 0.005, or lb in steps of 0.01.
    pub muscle_mass: Option<Amount>,
    /// Fat Free Mass.
    pub fat_free_mass: Option<Amount>,
    /// Soft Lean Mass.
    pub soft_lean_mass: Option<Amount>,
    /// Body Water Mass.
    pub body_water_mass: Option<Amount>,
    /// Impedance, in steps of 0.1 Ω.
    pub impedance: Option<Amount>,
    /// Weight.
    pub weight: Option<Amount>,
    /// Height: metres in steps of 0.001, or inches in steps of 0.1.
    pub height: Option<Amount>,
    /// What follows, announced by a bit that is reserved today. Its meaning is not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub additional_data: Vec<u8>,
}

bitflags! {
    /// Flags of [`BodyCompositionMeasurement`], 16 bits. Bits 13 to 15 are reserved.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct BodyCompositionFlags: u16 {
        /// Imperial units (lb and inch); without the bit SI (kg and metre).
        const IMPERIAL = 1;
        /// Time Stamp field is present.
        const TIMESTAMP_PRESENT = 1 << 1;
        /// User ID field is present.
        const USER_ID_PRESENT = 1 << 2;
        /// Basal Metabolism field is present.
        const BASAL_METABOLISM_PRESENT = 1 << 3;
        /// Muscle Percentage field is present.
        const MUSCLE_PERCENTAGE_PRESENT = 1 << 4;
        /// Muscle Mass field is present.
        const MUSCLE_MASS_PRESENT = 1 << 5;
        /// Fat Free Mass field is present.
        const FAT_FREE_MASS_PRESENT = 1 << 6;
        /// Soft Lean Mass field is present.
        const SOFT_LEAN_MASS_PRESENT = 1 << 7;
        /// Body Water Mass field is present.
        const BODY_WATER_MASS_PRESENT = 1 << 8;
        /// Impedance field is present.
        const IMPEDANCE_PRESENT = 1 << 9;
        /// Weight field is present.
        const WEIGHT_PRESENT = 1 << 10;
        /// Height field is present.
        const HEIGHT_PRESENT = 1 << 11;
        /// The measurement is split: this is one part of it, and the other has this bit too.
        const MULTIPLE_PACKET_MEASUREMENT = 1 << 12;
    }
}

impl BodyCompositionMeasurement {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2A9C;

    /// Decodes the characteristic.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        use BodyCompositionFlags as Flags;
        let mut reader = Reader::new("Body Composition Measurement", bytes);
        let r = &mut reader;
        let flags = Flags::from_bits_retain(r.u16("flags")?);
        let imperial = flags.contains(Flags::IMPERIAL);
        let has = |flag| flags.contains(flag).then_some(());
        let word = |r: &mut Reader<'_>, flag, field| has(flag).map(|()| r.u16(field)).transpose();
        let mass = |steps| mass(steps, imperial);
        let (height_step, height_unit) = if imperial { (-1, "[in_i]") } else { (-3, "m") };
        Ok(Self {
            flags,
            body_fat_percentage: Amount::steps_or_unsuccessful(r.u16("body_fat_percentage")?, -1, "%"),
            timestamp: has(Flags::TIMESTAMP_PRESENT).map(|()| DateTime::read(r, "timestamp")).transpose()?,
            user_id: has(Flags::USER_ID_PRESENT).map(|()| UserId::read(r)).transpose()?,
            basal_metabolism: word(r, Flags::BASAL_METABOLISM_PRESENT, "basal_metabolism")?
                .map(|kilojoules| Amount::steps(kilojoules, 0, "kJ")),
            muscle_percentage: word(r, Flags::MUSCLE_PERCENTAGE_PRESENT, "muscle_percentage")?
                .map(|tenths| Amount::steps(tenths, -1, "%")),
            muscle_mass: word(r, Flags::MUSCLE_MASS_PRESENT, "muscle_mass")?.map(mass),
            fat_free_mass: word(r, Flags::FAT_FREE_MASS_PRESENT, "fat_free_mass")?.map(mass),
            soft_lean_mass: word(r, Flags::SOFT_LEAN_MASS_PRESENT, "soft_lean_mass")?.map(mass),
            body_water_mass: word(r, Flags::BODY_WATER_MASS_PRESENT, "body_water_mass")?.map(mass),
            impedance: word(r, Flags::IMPEDANCE_PRESENT, "impedance")?.map(|tenths| Amount::steps(tenths, -1, "Ohm")),
            weight: word(r, Flags::WEIGHT_PRESENT, "weight")?.map(mass),
            height: word(r, Flags::HEIGHT_PRESENT, "height")?
                .map(|steps| Amount::steps(steps, height_step, height_unit)),
            additional_data: reader.additional_data(flags)?,
        })
    }
}

/// The exact decimal: 12091 steps of 5 g are 60.455 kg.
fn mass(steps: u16, imperial: bool) -> Amount {
    if imperial {
        Amount::steps(steps, -2, "[lb_av]")
    } else {
        Amount { value: Value::Number(Decimal::new(i64::from(steps) * 5, -3)), unit: "kg" }
    }
}

impl Serialize for BodyCompositionFlags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::flags(self, serializer)
    }
}
