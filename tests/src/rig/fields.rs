//! Fields that the measurements of several services share, and what is said of them.

use chrono::{Datelike as _, NaiveDateTime, Timelike as _};

use super::description::Meaning;
use super::number::{Float, Sfloat};

/// A number, or the name of what stands in its place.
pub(super) enum Figure {
    Number(String),
    Instead(String),
}

impl From<Sfloat> for Figure {
    fn from(number: Sfloat) -> Self {
        number.special().map_or_else(|| Self::Number(number.text()), |name| Self::Instead(name.to_owned()))
    }
}

impl From<Float> for Figure {
    fn from(number: Float) -> Self {
        number.special().map_or_else(|| Self::Number(number.text()), |name| Self::Instead(name.to_owned()))
    }
}

impl Meaning {
    /// A record of this kind and time that says nothing yet.
    pub(super) fn of(kind: &str, device_time: Option<NaiveDateTime>) -> Self {
        let device_time = device_time.map(|time| time.format("%Y-%m-%dT%H:%M:%S").to_string());
        Self { kind: kind.to_owned(), device_time, ..Self::default() }
    }

    /// Says a number with its UCUM unit; what stands in the place of a number is a detail.
    pub(super) fn say(&mut self, name: &str, figure: impl Into<Figure>, unit: &str) {
        match figure.into() {
            Figure::Number(text) => {
                self.values.insert(name.to_owned(), text);
                self.units.insert(name.to_owned(), unit.to_owned());
            }
            Figure::Instead(text) => self.mention(name, text),
        }
    }

    /// Says what is no number.
    pub(super) fn mention(&mut self, name: &str, text: impl Into<String>) {
        self.details.insert(name.to_owned(), text.into());
    }

    /// Says for which of its users the device took the measurement; 0xFF is none that it knows.
    pub(super) fn mention_user(&mut self, user_id: u8) {
        let text = if user_id == u8::MAX { "unknown".to_owned() } else { user_id.to_string() };
        self.mention("user_id", text);
    }
}

/// Flags: a bit for each field, from the lowest on.
pub(super) fn flags(parts: &[bool]) -> u8 {
    parts.iter().rev().fold(0, |flags, part| flags << 1 | u8::from(*part))
}

/// Date Time: year, month, day, hours, minutes, seconds.
pub(super) fn date_time(time: &NaiveDateTime) -> Vec<u8> {
    let year = u16::try_from(time.year()).unwrap_or(0).to_le_bytes();
    let rest = [time.month(), time.day(), time.hour(), time.minute(), time.second()];
    year.into_iter().chain(rest.into_iter().map(|part| u8::try_from(part).unwrap_or(0))).collect()
}

/// The names of the bits that are set.
pub(super) fn names(table: &[(u8, &str)], bits: u32) -> Vec<String> {
    table.iter().filter(|(bit, _)| bits >> bit & 1 == 1).map(|(_, name)| (*name).to_owned()).collect()
}

/// The name of a number of a list; the number itself where it is reserved.
pub(super) fn entry(table: &[(u8, &str)], number: u8) -> String {
    let found = table.iter().find(|(candidate, _)| *candidate == number);
    found.map_or_else(|| number.to_string(), |(_, name)| (*name).to_owned())
}
