//! Exact sums and products, as far as scores need them.

use crate::quantity::Decimal;

/// The most digits of a number in an answer or a rule; sums of a thousand such stay exact.
const DIGITS: u32 = 15;
/// The farthest that its point lies from the digits' end.
const POINT: u16 = 9;

/// Whether a number is one that people give in an answer.
pub(super) fn is_usual(number: Decimal) -> bool {
    number.mantissa.unsigned_abs() < 10u64.pow(DIGITS) && number.exponent.unsigned_abs() <= POINT
}

/// The sum, with the finer precision of the two; `None` where it is too large to be written.
pub(super) fn add(a: Decimal, b: Decimal) -> Option<Decimal> {
    let exponent = a.exponent.min(b.exponent);
    let sum = digits_at(a, exponent)?.checked_add(digits_at(b, exponent)?)?;
    Some(Decimal::new(i64::try_from(sum).ok()?, exponent))
}

/// The difference, likewise.
pub(super) fn subtract(a: Decimal, b: Decimal) -> Option<Decimal> {
    add(a, Decimal::new(b.mantissa.checked_neg()?, b.exponent))
}

/// The product; `None` where it is too large to be written.
pub(super) fn multiply(a: Decimal, b: Decimal) -> Option<Decimal> {
    Some(Decimal::new(a.mantissa.checked_mul(b.mantissa)?, a.exponent.checked_add(b.exponent)?))
}

/// The number as a whole one, if it is.
pub(super) fn whole(number: Decimal) -> Option<i32> {
    if number.mantissa == 0 {
        return Some(0);
    }
    let (mut mantissa, mut exponent) = (number.mantissa, number.exponent);
    while exponent < 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        exponent += 1;
    }
    i32::try_from(digits_at(Decimal::new(mantissa, exponent), 0)?).ok()
}

/// The digits of a number at an exponent that is not above its own.
fn digits_at(number: Decimal, exponent: i16) -> Option<i128> {
    let zeros = u32::try_from(number.exponent.checked_sub(exponent)?).ok()?;
    i128::from(number.mantissa).checked_mul(10i128.checked_pow(zeros)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn sums_and_products_are_exact_and_keep_their_precision() {
        for (a, b, sum, difference, product) in [
            ("13", "1.25", "14.25", "11.75", "16.25"),
            ("0.1", "0.20", "0.30", "-0.10", "0.020"),
            ("-3", "2", "-1", "-5", "-6"),
            ("0", "0", "0", "0", "0"),
        ] {
            assert_eq!(add(d(a), d(b)), Some(d(sum)), "{a} + {b}");
            assert_eq!(subtract(d(a), d(b)), Some(d(difference)), "{a} - {b}");
            assert_eq!(multiply(d(a), d(b)), Some(d(product)), "{a} * {b}");
        }
    }

    #[test]
    fn what_is_too_large_is_no_number_rather_than_a_wrong_one() {
        let most = Decimal::new(i64::MAX, 0);
        assert_eq!(add(most, d("1")), None);
        assert_eq!(add(Decimal::new(1, i16::MAX), Decimal::new(1, i16::MIN)), None);
        assert_eq!(multiply(most, d("10")), None);
        assert_eq!(multiply(Decimal::new(1, i16::MAX), Decimal::new(1, 1)), None);
    }

    #[test]
    fn a_number_is_whole_by_its_value() {
        for (number, value) in
            [("25.00", Some(25)), ("0.0", Some(0)), ("-7", Some(-7)), ("2E2", Some(200)), ("16.25", None)]
        {
            assert_eq!(whole(d(number)), value, "{number}");
        }
        assert_eq!(whole(Decimal::new(1, 10)), None);
        assert_eq!(whole(Decimal::new(0, i16::MIN)), Some(0));
    }
}
