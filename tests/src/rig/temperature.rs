//! A maker of body temperature records (Health Thermometer Service 1.0, Temperature Measurement 2A1C).
//!
//! Bytes and meaning are built side by side from the same figures; nothing here decodes.

use chrono::NaiveDateTime;

use super::description::{Meaning, Record};
use super::fields::{date_time, entry, flags};
use super::number::Float;

/// The `kind` of every [`Meaning`] made here.
pub const BODY_TEMPERATURE: &str = "body_temperature";

/// Names of the values of the Temperature Type field and characteristic (2A1D).
pub const TEMPERATURE_TYPE: [(u8, &str); 9] = [
    (1, "armpit"),
    (2, "body"),
    (3, "ear"),
    (4, "finger"),
    (5, "gastro_intestinal_tract"),
    (6, "mouth"),
    (7, "rectum"),
    (8, "toe"),
    (9, "tympanum"),
];

/// The unit of a temperature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemperatureUnit {
    /// Degree Celsius.
    Celsius,
    /// Degree Fahrenheit.
    Fahrenheit,
}

/// A finished measurement to be made into a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Temperature {
    /// Body temperature.
    pub body_temperature: Float,
    /// Its unit.
    pub unit: TemperatureUnit,
    /// The time on the device's clock.
    pub device_time: Option<NaiveDateTime>,
    /// Where on the body, see [`TEMPERATURE_TYPE`]; absent where the device always measures in one place.
    pub temperature_type: Option<u8>,
}

impl Temperature {
    /// A temperature in tenths of a degree Celsius at a time.
    #[must_use]
    pub fn at(device_time: NaiveDateTime, tenths: i32) -> Self {
        Self {
            body_temperature: Float::tenths(tenths),
            unit: TemperatureUnit::Celsius,
            device_time: Some(device_time),
            temperature_type: None,
        }
    }

    /// The record: bytes and meaning.
    #[must_use]
    pub fn record(&self) -> Record {
        Record { bytes: hex::encode(self.bytes()), sequence: None, meaning: Some(self.meaning()), followed_by: vec![] }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![flags(&[
            self.unit == TemperatureUnit::Fahrenheit,
            self.device_time.is_some(),
            self.temperature_type.is_some(),
        ])];
        bytes.extend(self.body_temperature.bytes());
        bytes.extend(self.device_time.iter().flat_map(date_time));
        bytes.extend(self.temperature_type);
        bytes
    }

    fn meaning(&self) -> Meaning {
        let unit = match self.unit {
            TemperatureUnit::Celsius => "Cel",
            TemperatureUnit::Fahrenheit => "[degF]",
        };
        let mut meaning = Meaning::of(BODY_TEMPERATURE, self.device_time);
        meaning.say("body_temperature", self.body_temperature, unit);
        if let Some(place) = self.temperature_type {
            meaning.mention("temperature_type", entry(&TEMPERATURE_TYPE, place));
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
        let Record { bytes, meaning, .. } =
            Temperature { temperature_type: Some(3), ..Temperature::at(noon(), 368) }.record();
        assert_eq!(bytes, "06700100ffea070b170c0000".to_owned() + "03");
        let meaning = meaning.unwrap();
        assert_eq!(meaning.values["body_temperature"], "36.8");
        assert_eq!(meaning.units["body_temperature"], "Cel");
        assert_eq!(meaning.details["temperature_type"], "ear");
    }

    #[test]
    fn the_least_record_is_a_temperature() {
        let fahrenheit = Temperature {
            unit: TemperatureUnit::Fahrenheit,
            device_time: None,
            body_temperature: Float { mantissa: 9_950, exponent: -2 },
            ..Temperature::at(noon(), 0)
        };
        let Record { bytes, meaning, .. } = fahrenheit.record();
        let meaning = meaning.unwrap();
        assert_eq!((bytes.as_str(), meaning.values["body_temperature"].as_str()), ("01de2600fe", "99.50"));
        assert_eq!((meaning.units["body_temperature"].as_str(), meaning.device_time), ("[degF]", None));
    }
}
