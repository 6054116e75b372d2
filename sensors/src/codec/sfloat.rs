//! SFLOAT (16 bits) and FLOAT (32 bits): decimal numbers that keep their precision
//! (IEEE 11073-20601, SFLOAT-Type and FLOAT-Type; GATT Specification Supplement, medfloat16 and
//! medfloat32).
//!
//! Both are a signed exponent of ten above a signed mantissa, two's complement. The standard defines
//! the five special values as words with the exponent 0, so the whole word is compared, not the
//! mantissa alone: 0xF7FF is 204.7 and 0x0FFF is -1, neither is NaN. To take every such mantissa for
//! a special value would turn a pulse of 204.7 into nothing.

use dagsform_care::{Decimal, Special, Value};

use super::reader::{DecodeError, Reader};

/// The number that a 16-bit word stands for: 12 bits of mantissa, 4 of exponent.
pub fn sfloat(word: u16) -> Value {
    match word {
        0x07FF => Value::Special(Special::NotANumber),
        0x07FE => Value::Special(Special::PositiveInfinity),
        0x0800 => Value::Special(Special::NotAtThisResolution),
        0x0801 => Value::Special(Special::Reserved),
        0x0802 => Value::Special(Special::NegativeInfinity),
        _ => {
            let signed = word.cast_signed();
            // Shifting left and back right spreads the mantissa's sign.
            let mantissa = (signed << 4) >> 4;
            Value::Number(Decimal::new(i64::from(mantissa), signed >> 12))
        }
    }
}

/// The number that a 32-bit word stands for: 24 bits of mantissa, 8 of exponent.
pub fn float(word: u32) -> Value {
    match word {
        0x007F_FFFF => Value::Special(Special::NotANumber),
        0x007F_FFFE => Value::Special(Special::PositiveInfinity),
        0x0080_0000 => Value::Special(Special::NotAtThisResolution),
        0x0080_0001 => Value::Special(Special::Reserved),
        0x0080_0002 => Value::Special(Special::NegativeInfinity),
        _ => {
            let [.., exponent] = word.to_le_bytes();
            let mantissa = (word.cast_signed() << 8) >> 8;
            Value::Number(Decimal::new(i64::from(mantissa), i16::from(exponent.cast_signed())))
        }
    }
}

/// Decodes two bytes, the least significant first.
pub fn decode_sfloat(bytes: &[u8]) -> Result<Value, DecodeError> {
    let mut reader = Reader::new("SFLOAT", bytes);
    let value = reader.sfloat("value")?;
    reader.finish()?;
    Ok(value)
}

/// Decodes four bytes, the least significant first.
pub fn decode_float(bytes: &[u8]) -> Result<Value, DecodeError> {
    let mut reader = Reader::new("FLOAT", bytes);
    let value = reader.float("value")?;
    reader.finish()?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SPECIALS: [u16; 5] = [0x07FE, 0x07FF, 0x0800, 0x0801, 0x0802];

    #[test]
    fn every_sfloat_is_its_exact_number_or_one_of_five_specials() {
        for word in 0..=u16::MAX {
            let Value::Number(number) = sfloat(word) else {
                assert!(SPECIALS.contains(&word), "{word:04x}");
                continue;
            };
            assert!(!SPECIALS.contains(&word), "{word:04x}");
            // By arithmetic instead of shifts: subtract the weight of the sign bit, doubled.
            let mantissa = f64::from(word & 0x7FF) - f64::from(word & 0x800);
            let exponent = f64::from((word >> 12) & 7) - f64::from((word >> 12) & 8);
            let expected = mantissa * 10f64.powf(exponent);
            let actual: f64 = number.to_string().parse().unwrap();
            assert!((actual - expected).abs() <= expected.abs() * 1e-14, "{word:04x}");
            assert_eq!(number.mantissa, format!("{mantissa}").parse::<i64>().unwrap());
            assert_eq!(number.exponent, format!("{exponent}").parse::<i16>().unwrap());
        }
    }

    #[test]
    fn each_special_has_its_meaning_in_both_sizes() {
        for (short, long, special) in [
            (0x07FF, 0x007F_FFFF, Special::NotANumber),
            (0x0800, 0x0080_0000, Special::NotAtThisResolution),
            (0x07FE, 0x007F_FFFE, Special::PositiveInfinity),
            (0x0802, 0x0080_0002, Special::NegativeInfinity),
            (0x0801, 0x0080_0001, Special::Reserved),
        ] {
            assert_eq!(sfloat(short), Value::Special(special));
            assert_eq!(float(long), Value::Special(special));
        }
    }

    #[test]
    fn a_mantissa_like_a_special_with_another_exponent_is_a_number() {
        assert_eq!(sfloat(0xF7FF), Value::Number(Decimal::new(2047, -1)));
        assert_eq!(float(0xFF80_0000), Value::Number(Decimal::new(-8_388_608, -1)));
    }

    proptest! {
        #[test]
        fn every_float_is_put_together_from_its_parts(mantissa in -0x80_0000i32..=0x7F_FFFF, exponent: i8) {
            let word = u32::from_be_bytes([
                exponent.to_be_bytes()[0],
                mantissa.to_be_bytes()[1],
                mantissa.to_be_bytes()[2],
                mantissa.to_be_bytes()[3],
            ]);
            let special = exponent == 0 && !(-0x7F_FFFD..=0x7F_FFFD).contains(&mantissa);
            match float(word) {
                Value::Number(number) => {
                    prop_assert!(!special);
                    prop_assert_eq!(number, Decimal::new(mantissa.into(), exponent.into()));
                }
                Value::Special(_) => prop_assert!(special),
            }
        }
    }
}
