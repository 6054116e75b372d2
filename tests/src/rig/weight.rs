//! A maker of weight records (Weight Scale Service 1.0, Weight Measurement 2A9D).
//!
//! Bytes and meaning are built side by side from the same figures; nothing here decodes.

use chrono::NaiveDateTime;

use super::description::{Meaning, Record};
use super::fields::{Figure, date_time, flags};
use super::number::decimal;

/// The `kind` of every [`Meaning`] made here.
pub const WEIGHT: &str = "weight";

/// The weight of a measurement that was unsuccessful.
pub const UNSUCCESSFUL: u16 = 0xFFFF;

/// A user that the scale does not know (Weight Scale Service 1.0, 3.2.1.4).
pub const UNKNOWN_USER: u8 = 0xFF;

/// The system of units of weight and height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// Kilogram and metre.
    Si,
    /// Pound and inch.
    Imperial,
}

/// A weighing to be made into a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weighing {
    /// Body weight in steps of 5 g or of 0.01 lb, or [`UNSUCCESSFUL`].
    pub body_weight: u16,
    /// The system of units.
    pub system: System,
    /// The time on the device's clock.
    pub device_time: Option<NaiveDateTime>,
    /// The scale's own number of the user; [`UNKNOWN_USER`] where it does not know.
    pub user_id: Option<u8>,
    /// What the scale works out with the height that was entered in it.
    pub build: Option<Build>,
}

/// BMI and Height, which are sent together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Build {
    /// Body mass index, tenths of kg/m².
    pub body_mass_index: u16,
    /// Height in millimetres or in tenths of an inch.
    pub height: u16,
}

impl Weighing {
    /// A weight in steps of 5 g at a time, of nobody in particular.
    #[must_use]
    pub fn at(device_time: NaiveDateTime, body_weight: u16) -> Self {
        Self { body_weight, system: System::Si, device_time: Some(device_time), user_id: None, build: None }
    }

    /// The record: bytes and meaning.
    #[must_use]
    pub fn record(&self) -> Record {
        Record { bytes: hex::encode(self.bytes()), sequence: None, meaning: Some(self.meaning()), followed_by: vec![] }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![flags(&[
            self.system == System::Imperial,
            self.device_time.is_some(),
            self.user_id.is_some(),
            self.build.is_some(),
        ])];
        bytes.extend(self.body_weight.to_le_bytes());
        bytes.extend(self.device_time.iter().flat_map(date_time));
        bytes.extend(self.user_id);
        let build = self.build.map(|build| [build.body_mass_index, build.height]);
        bytes.extend(build.iter().flatten().flat_map(|number| number.to_le_bytes()));
        bytes
    }

    fn meaning(&self) -> Meaning {
        let mut meaning = Meaning::of(WEIGHT, self.device_time);
        let steps = i64::from(self.body_weight);
        let (weight, unit) = match self.system {
            System::Si => (decimal(steps * 5, -3), "kg"),
            System::Imperial => (decimal(steps, -2), "[lb_av]"),
        };
        let weight = match self.body_weight {
            UNSUCCESSFUL => Figure::Instead("unsuccessful".to_owned()),
            _ => Figure::Number(weight),
        };
        meaning.say("body_weight", weight, unit);
        if let Some(user) = self.user_id {
            meaning.mention_user(user);
        }
        if let Some(build) = self.build {
            let (places, unit) = match self.system {
                System::Si => (-3, "m"),
                System::Imperial => (-1, "[in_i]"),
            };
            meaning.say("body_mass_index", Figure::Number(decimal(build.body_mass_index.into(), -1)), "kg/m2");
            meaning.say("height", Figure::Number(decimal(build.height.into(), places)), unit);
        }
        meaning
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rig::devices::noon;

    #[test]
    fn a_full_record_has_its_fields_in_the_order_of_the_specification() {
        let build = Some(Build { body_mass_index: 245, height: 1_750 });
        let Record { bytes, meaning, .. } =
            Weighing { user_id: Some(3), build, ..Weighing::at(noon(), 14_000) }.record();
        assert_eq!(bytes, "0eb036ea070b170c0000".to_owned() + "03f500d606");
        let meaning = meaning.unwrap();
        let values = ["body_weight", "body_mass_index", "height"];
        assert_eq!(values.map(|name| meaning.values[name].as_str()), ["70.000", "24.5", "1.750"]);
        assert_eq!(values.map(|name| meaning.units[name].as_str()), ["kg", "kg/m2", "m"]);
        assert_eq!(meaning.details["user_id"], "3");
    }

    #[test]
    fn pounds_and_inches_have_steps_of_their_own() {
        let build = Some(Build { body_mass_index: 245, height: 680 });
        let pounds = Weighing {
            system: System::Imperial,
            device_time: None,
            user_id: Some(UNKNOWN_USER),
            build,
            ..Weighing::at(noon(), 15_700)
        };
        let Record { bytes, meaning, .. } = pounds.record();
        assert_eq!(bytes, "0d543dfff500a802");
        let meaning = meaning.unwrap();
        let values = ["body_weight", "body_mass_index", "height"];
        assert_eq!(values.map(|name| meaning.values[name].as_str()), ["157.00", "24.5", "68.0"]);
        assert_eq!(values.map(|name| meaning.units[name].as_str()), ["[lb_av]", "kg/m2", "[in_i]"]);
        assert_eq!(meaning.details["user_id"], "unknown");
    }

    #[test]
    fn an_unsuccessful_weighing_says_no_number() {
        let Record { bytes, meaning, .. } =
            Weighing { device_time: None, ..Weighing::at(noon(), UNSUCCESSFUL) }.record();
        let meaning = meaning.unwrap();
        assert_eq!((bytes.as_str(), meaning.values.len()), ("00ffff", 0));
        assert_eq!(meaning.details["body_weight"], "unsuccessful");
    }
}
