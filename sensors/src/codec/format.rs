//! Which codec reads a frame.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::device::{self, Layout};

/// How the bytes of a frame are to be read. Written as `2A5E`, or as the layout's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// As the characteristic with this 16-bit assigned number.
    Characteristic(u16),
    /// In a maker's own layout.
    Layout(&'static Layout),
}

impl Format {
    /// The characteristic's number, where it is one's.
    pub fn characteristic(self) -> Option<u16> {
        match self {
            Self::Characteristic(number) => Some(number),
            Self::Layout(_) => None,
        }
    }

    /// Whether it comes in advertisements, which repeat.
    pub fn repeats(self) -> bool {
        matches!(self, Self::Layout(layout) if layout.repeats)
    }
}

impl From<u16> for Format {
    fn from(number: u16) -> Self {
        Self::Characteristic(number)
    }
}

impl From<&'static Layout> for Format {
    fn from(layout: &'static Layout) -> Self {
        Self::Layout(layout)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Characteristic(number) => write!(f, "{number:04X}"),
            Self::Layout(layout) => f.write_str(layout.name),
        }
    }
}

/// A text that names no format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is neither four hexadecimal digits nor a layout's name")]
pub struct NotAFormat(pub String);

impl FromStr for Format {
    type Err = NotAFormat;
    fn from_str(text: &str) -> Result<Self, NotAFormat> {
        let number = (text.len() == 4).then(|| u16::from_str_radix(text, 16).ok()).flatten();
        let layout = || device::layout(text).map(Self::Layout);
        number.map(Self::Characteristic).or_else(layout).ok_or_else(|| NotAFormat(text.to_owned()))
    }
}

impl Serialize for Format {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Format {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_read_back_from_what_is_written() {
        let layouts = device::layouts().map(Format::from);
        for format in layouts.chain([0x2A5E.into(), 0x0001.into()]) {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        assert!("2A5".parse::<Format>().is_err());
    }
}
