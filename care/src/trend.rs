//! Averages over single values (brief R8).

use crate::quantity::Decimal;

/// The mean of some numbers, rounded half away from zero to as many decimals as the most exact of them has;
/// `None` of none, and where the numbers are too large to be added.
pub fn mean(numbers: &[Decimal]) -> Option<Decimal> {
    let exponent = numbers.iter().map(|number| number.exponent).min()?.min(0);
    let mut sum: i128 = 0;
    for number in numbers {
        let places = u32::try_from(i32::from(number.exponent) - i32::from(exponent)).ok()?;
        let scaled = i128::from(number.mantissa).checked_mul(10_i128.checked_pow(places)?)?;
        sum = sum.checked_add(scaled)?;
    }
    let count = i128::try_from(numbers.len()).ok()?;
    let half = if sum < 0 { -(count / 2) } else { count / 2 };
    let rounded = sum.checked_add(half)?.checked_div(count)?;
    Some(Decimal::new(i64::try_from(rounded).ok()?, exponent))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mean_of(numbers: &[&str]) -> Option<String> {
        let numbers: Vec<Decimal> = numbers.iter().map(|text| text.parse().unwrap()).collect();
        mean(&numbers).map(|mean| mean.to_string())
    }

    #[test]
    fn a_mean_has_as_many_decimals_as_a_reading() {
        assert_eq!(mean_of(&["96", "97"]).as_deref(), Some("97"));
        assert_eq!(mean_of(&["80.2", "80.3", "80"]).as_deref(), Some("80.2"));
        assert_eq!(mean_of(&["-0.5", "0.2"]).as_deref(), Some("-0.2"));
        assert_eq!(mean_of(&[]), None);
    }

    proptest! {
        #[test]
        fn a_mean_lies_between_the_least_and_the_greatest(mantissas in prop::collection::vec(-100_000_i64..100_000, 1..50)) {
            let numbers: Vec<Decimal> = mantissas.iter().map(|mantissa| Decimal::new(*mantissa, -1)).collect();
            let mean = mean(&numbers).unwrap().mantissa;
            prop_assert!(mantissas.iter().min().unwrap() <= &mean && &mean <= mantissas.iter().max().unwrap());
        }

        #[test]
        fn no_number_is_too_large_to_be_asked_about(mantissa: i64, exponent in -200i16..200) {
            let _ = mean(&[Decimal::new(mantissa, exponent), Decimal::new(1, 0)]);
        }
    }
}
