//! A cursor over bytes from outside. Every read can fail, and the failure names what was being read.

use bitflags::Flags;
use dagsform_care::Value;
use serde::Serialize;

use super::sfloat;

/// Why bytes could not be decoded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "error", rename_all = "kebab-case")]
pub enum DecodeError {
    /// There is no codec for this characteristic.
    #[error("there is no codec for the characteristic 0x{characteristic:04X}")]
    Unsupported {
        /// Its assigned number.
        characteristic: u16,
    },
    /// The bytes end within a field.
    #[error("{of}: '{field}' at byte {offset} is cut short: {missing} byte(s) missing")]
    Truncated {
        /// The characteristic's name.
        of: &'static str,
        /// The field's name.
        field: &'static str,
        /// Where the field begins, counted from 0.
        offset: usize,
        /// How many bytes are missing.
        missing: usize,
    },
    /// The bytes go on after the last field.
    #[error("{of}: {count} byte(s) left over at byte {offset}, after '{after}'")]
    LeftOver {
        /// The characteristic's name.
        of: &'static str,
        /// The last field that was read.
        after: &'static str,
        /// Where the surplus begins, counted from 0.
        offset: usize,
        /// How many bytes are left over.
        count: usize,
    },
    /// The bytes are not what they should be: a wrong mark, length or checksum.
    #[error("{of}: {problem}")]
    Mismatch {
        /// The layout's name.
        of: &'static str,
        /// What is wrong.
        problem: &'static str,
    },
    /// The bytes are encrypted, and there is no key.
    #[error("{of}: the bytes are encrypted; give the device's key and its address")]
    KeyNeeded {
        /// The layout's name.
        of: &'static str,
    },
    /// The bytes are encrypted with another key.
    #[error("{of}: the key does not fit these bytes")]
    WrongKey {
        /// The layout's name.
        of: &'static str,
    },
    /// Bytes that were kept and are no measurement, with the reason.
    #[error("{of}: {reason}")]
    NotAReading {
        /// The layout's name.
        of: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// A field that tells a size or a count does not agree with the bytes.
    #[error("{of}: '{field}' at byte {offset} says {said}, and the bytes say otherwise")]
    Disagrees {
        /// The characteristic's name.
        of: &'static str,
        /// The field's name.
        field: &'static str,
        /// Where the field begins, counted from 0.
        offset: usize,
        /// What it says.
        said: u16,
    },
    /// The bytes are a kind of message that is not decoded here.
    #[error("{of}: '{field}' at byte {offset} is 0x{said:04X}, which is not decoded here")]
    NotDecoded {
        /// The name of what was to be decoded.
        of: &'static str,
        /// The field's name.
        field: &'static str,
        /// Where the field begins, counted from 0.
        offset: usize,
        /// What it says.
        said: u16,
    },
}

/// A cursor over the bytes of one characteristic.
#[derive(Debug)]
pub struct Reader<'a> {
    of: &'static str,
    rest: &'a [u8],
    offset: usize,
    last: &'static str,
}

impl<'a> Reader<'a> {
    /// A cursor at the first of `bytes`, which are a value of the characteristic named `of`.
    pub fn new(of: &'static str, bytes: &'a [u8]) -> Self {
        Self { of, rest: bytes, offset: 0, last: "nothing" }
    }

    /// Takes the next `N` bytes as they stand.
    pub fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], DecodeError> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or_else(|| DecodeError::Truncated {
            of: self.of,
            field,
            offset: self.offset,
            missing: N.saturating_sub(self.rest.len()),
        })?;
        self.rest = rest;
        self.offset = self.offset.saturating_add(N);
        self.last = field;
        Ok(*taken)
    }

    /// Takes one byte.
    pub fn u8(&mut self, field: &'static str) -> Result<u8, DecodeError> {
        self.array(field).map(u8::from_le_bytes)
    }

    /// Takes two bytes, the least significant first.
    pub fn u16(&mut self, field: &'static str) -> Result<u16, DecodeError> {
        self.array(field).map(u16::from_le_bytes)
    }

    /// Takes three bytes, the least significant first.
    pub fn u24(&mut self, field: &'static str) -> Result<u32, DecodeError> {
        let [low, middle, high] = self.array(field)?;
        Ok(u32::from_le_bytes([low, middle, high, 0]))
    }

    /// Takes four bytes, the least significant first.
    pub fn u32(&mut self, field: &'static str) -> Result<u32, DecodeError> {
        self.array(field).map(u32::from_le_bytes)
    }

    /// Takes two bytes, the most significant first.
    pub fn u16_be(&mut self, field: &'static str) -> Result<u16, DecodeError> {
        self.array(field).map(u16::from_be_bytes)
    }

    /// Takes four bytes, the most significant first.
    pub fn u32_be(&mut self, field: &'static str) -> Result<u32, DecodeError> {
        self.array(field).map(u32::from_be_bytes)
    }

    /// Takes an SFLOAT.
    pub fn sfloat(&mut self, field: &'static str) -> Result<Value, DecodeError> {
        self.u16(field).map(sfloat::sfloat)
    }

    /// Takes a FLOAT.
    pub fn float(&mut self, field: &'static str) -> Result<Value, DecodeError> {
        self.u32(field).map(sfloat::float)
    }

    /// Takes the next `length` bytes as a part with an end of its own.
    pub fn part(&mut self, field: &'static str, length: usize) -> Result<Self, DecodeError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(|| DecodeError::Truncated {
            of: self.of,
            field,
            offset: self.offset,
            missing: length.saturating_sub(self.rest.len()),
        })?;
        let part = Self { of: self.of, rest: taken, offset: self.offset, last: field };
        self.rest = rest;
        self.offset = self.offset.saturating_add(length);
        self.last = field;
        Ok(part)
    }

    /// What is left, not taken.
    pub fn peek(&self) -> &'a [u8] {
        self.rest
    }

    /// That the `width` bytes just taken as `field` say a size or a count which the bytes do not bear out.
    pub fn disagrees(&self, field: &'static str, width: usize, said: u16) -> DecodeError {
        DecodeError::Disagrees { of: self.of, field, offset: self.offset.saturating_sub(width), said }
    }

    /// That the two bytes just taken as `field` name a kind of message that is not decoded here.
    pub fn not_decoded(&self, field: &'static str, said: u16) -> DecodeError {
        DecodeError::NotDecoded { of: self.of, field, offset: self.offset.saturating_sub(2), said }
    }

    /// How many bytes are left.
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Takes all that is left, which may be nothing.
    pub fn rest(&mut self, field: &'static str) -> Vec<u8> {
        let rest = std::mem::take(&mut self.rest);
        self.offset = self.offset.saturating_add(rest.len());
        self.last = field;
        rest.to_vec()
    }

    /// Ends the reading of a frame with a Flags field: takes what comes after the last field that is known.
    ///
    /// A field to come would be announced by a bit that is reserved today. The profiles have a collector
    /// ignore such a bit with the data it brings; without one, nobody announced the surplus and the
    /// frame is not what it says.
    pub fn additional_data<F: Flags>(mut self, flags: F) -> Result<Vec<u8>, DecodeError> {
        let additional = if flags.contains_unknown_bits() { self.rest("additional_data") } else { Vec::new() };
        self.finish()?;
        Ok(additional)
    }

    /// Ends the reading: nothing may be left.
    pub fn finish(self) -> Result<(), DecodeError> {
        if self.rest.is_empty() {
            return Ok(());
        }
        Err(DecodeError::LeftOver { of: self.of, after: self.last, offset: self.offset, count: self.rest.len() })
    }

    /// Takes three bytes, the most significant first.
    pub fn u24_be(&mut self, field: &'static str) -> Result<u32, DecodeError> {
        let [high, middle, low] = self.array(field)?;
        Ok(u32::from_be_bytes([0, high, middle, low]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_cut_short_is_named_with_its_place_and_what_is_missing() {
        let mut reader = Reader::new("Date Time", &[1, 2, 3]);
        assert_eq!(reader.u16("year"), Ok(0x0201));
        assert_eq!(
            reader.u24("surplus").unwrap_err().to_string(),
            "Date Time: 'surplus' at byte 2 is cut short: 2 byte(s) missing"
        );
    }

    #[test]
    fn what_is_left_over_is_told_with_its_place() {
        let mut reader = Reader::new("Battery Level", &[1, 2, 3]);
        assert_eq!(reader.u8("level"), Ok(1));
        assert_eq!(
            reader.finish().unwrap_err().to_string(),
            "Battery Level: 2 byte(s) left over at byte 1, after 'level'"
        );
    }

    #[test]
    fn a_part_keeps_its_place_and_ends_on_its_own() {
        let mut reader = Reader::new("CGM Measurement", &[1, 2, 3, 4]);
        assert_eq!(reader.u8("size"), Ok(1));
        let mut part = reader.part("record", 2).unwrap();
        assert_eq!(part.u8("flags"), Ok(2));
        assert_eq!(
            part.u16("glucose").unwrap_err().to_string(),
            "CGM Measurement: 'glucose' at byte 2 is cut short: 1 byte(s) missing"
        );
        assert_eq!((part.peek(), reader.peek()), (&[3][..], &[4][..]));
        assert_eq!(
            reader.part("record", 3).unwrap_err().to_string(),
            "CGM Measurement: 'record' at byte 3 is cut short: 2 byte(s) missing"
        );
        assert_eq!(
            reader.disagrees("record", 2, 9).to_string(),
            "CGM Measurement: 'record' at byte 1 says 9, and the bytes say otherwise"
        );
    }

    #[test]
    fn a_failed_read_takes_nothing() {
        let mut reader = Reader::new("Date Time", &[7]);
        assert!(reader.u16("year").is_err());
        assert_eq!(reader.u8("month"), Ok(7));
        assert!(reader.finish().is_ok());
    }
}
