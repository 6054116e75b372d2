//! The numbers that devices send (IEEE 11073-20601, FLOAT-Type and SFLOAT-Type), written byte by byte.

/// An IEEE 11073 SFLOAT: twelve bits of mantissa, four of exponent, base ten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sfloat {
    /// -2045 to 2045.
    pub mantissa: i16,
    /// -8 to 7.
    pub exponent: i8,
}

/// An IEEE 11073 FLOAT: 24 bits of mantissa, eight of exponent, base ten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Float {
    /// -8 388 605 to 8 388 605.
    pub mantissa: i32,
    /// The power of ten.
    pub exponent: i8,
}

impl Sfloat {
    /// Not a number: there is no result.
    pub const NAN: Self = Self::whole(0x07FF);
    /// Not at this resolution.
    pub const NRES: Self = Self::whole(-0x0800);
    /// More than the device can measure.
    pub const POSITIVE_INFINITY: Self = Self::whole(0x07FE);
    /// Less than the device can measure.
    pub const NEGATIVE_INFINITY: Self = Self::whole(-0x07FE);

    /// A whole number.
    #[must_use]
    pub const fn whole(mantissa: i16) -> Self {
        Self { mantissa, exponent: 0 }
    }

    /// A number of tenths: `tenths(975)` is 97.5.
    #[must_use]
    pub const fn tenths(mantissa: i16) -> Self {
        Self { mantissa, exponent: -1 }
    }

    pub(super) fn bytes(self) -> [u8; 2] {
        let [low, high] = self.mantissa.to_le_bytes();
        let [exponent] = self.exponent.to_le_bytes();
        [low, (high & 0x0F) | (exponent << 4)]
    }

    /// The number with all the digits it was sent with (2.0 is not 2), or the name of what it is instead.
    #[must_use]
    pub fn text(self) -> String {
        self.special().map_or_else(|| decimal(self.mantissa.into(), self.exponent), str::to_owned)
    }

    /// The name of what it is when it is no number.
    pub(super) fn special(self) -> Option<&'static str> {
        Some(match self {
            Self::NAN => "NaN",
            Self::NRES => "NRes",
            Self::POSITIVE_INFINITY => "+INFINITY",
            Self::NEGATIVE_INFINITY => "-INFINITY",
            _ => return None,
        })
    }
}

impl Float {
    /// Not a number: there is no result.
    pub const NAN: Self = Self { mantissa: 0x7F_FFFF, exponent: 0 };

    /// A number of tenths: `tenths(368)` is 36.8.
    #[must_use]
    pub const fn tenths(mantissa: i32) -> Self {
        Self { mantissa, exponent: -1 }
    }

    pub(super) fn bytes(self) -> [u8; 4] {
        let [low, middle, high, _] = self.mantissa.to_le_bytes();
        let [exponent] = self.exponent.to_le_bytes();
        [low, middle, high, exponent]
    }

    /// The number with all the digits it was sent with, or the name of what it is instead.
    #[must_use]
    pub fn text(self) -> String {
        self.special().map_or_else(|| decimal(self.mantissa.into(), self.exponent), str::to_owned)
    }

    /// The name of what it is when it is no number.
    pub(super) fn special(self) -> Option<&'static str> {
        (self == Self::NAN).then_some("NaN")
    }
}

/// `mantissa × 10^exponent` with all its digits.
pub(super) fn decimal(mantissa: i64, exponent: i8) -> String {
    let digits = mantissa.unsigned_abs().to_string();
    let sign = if mantissa < 0 { "-" } else { "" };
    let places = usize::from(exponent.unsigned_abs());
    if exponent >= 0 {
        let zeros = if mantissa == 0 { 0 } else { places };
        return format!("{sign}{digits}{}", "0".repeat(zeros));
    }
    let padded = format!("{digits:0>width$}", width = places + 1);
    let (whole, fraction) = padded.split_at(padded.len() - places);
    format!("{sign}{whole}.{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_keeps_the_digits_it_was_sent_with() {
        let texts = [Sfloat::whole(97), Sfloat::tenths(20), Sfloat::tenths(5), Sfloat { mantissa: -123, exponent: -2 }];
        assert_eq!(texts.map(Sfloat::text), ["97", "2.0", "0.5", "-1.23"]);
        assert_eq!(Sfloat { mantissa: 12, exponent: 2 }.text(), "1200");
        assert_eq!([Float::tenths(368), Float { mantissa: 9876, exponent: -2 }].map(Float::text), ["36.8", "98.76"]);
    }

    #[test]
    fn a_short_number_has_its_exponent_in_the_upper_four_bits() {
        assert_eq!(Sfloat::whole(97).bytes(), [0x61, 0x00]);
        assert_eq!(Sfloat::tenths(975).bytes(), [0xCF, 0xF3]);
        assert_eq!(Sfloat { mantissa: -1, exponent: -8 }.bytes(), [0xFF, 0x8F]);
    }

    #[test]
    fn a_long_number_has_its_exponent_in_the_last_byte() {
        assert_eq!(Float::tenths(368).bytes(), [0x70, 0x01, 0x00, 0xFF]);
        assert_eq!(Float { mantissa: -2, exponent: 1 }.bytes(), [0xFE, 0xFF, 0xFF, 0x01]);
    }

    /// The words of IEEE 11073-20601 for what is no number.
    #[test]
    fn what_is_no_number_has_the_bits_of_its_name() {
        let cases = [
            (Sfloat::NAN, 0x07FF_u16, "NaN"),
            (Sfloat::NRES, 0x0800, "NRes"),
            (Sfloat::POSITIVE_INFINITY, 0x07FE, "+INFINITY"),
            (Sfloat::NEGATIVE_INFINITY, 0x0802, "-INFINITY"),
        ];
        for (number, word, name) in cases {
            assert_eq!((number.bytes(), number.text().as_str()), (word.to_le_bytes(), name));
        }
        assert_eq!((Float::NAN.bytes(), Float::NAN.text().as_str()), ([0xFF, 0xFF, 0x7F, 0x00], "NaN"));
    }
}
