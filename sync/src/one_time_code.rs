//! The one-time code by which a tablet registers its key (RFC 7591, 3: the initial access token), as people read it out
//! and type it: `K7QM-4TXD-9RP8`.
//!
//! Eleven letters of Crockford's base 32 by chance, 55 bits, and one that checks them: Damm's algorithm over the field
//! of 32 elements, which finds every single wrong letter and every two that changed places.

use std::{fmt, str::FromStr};

/// Crockford's base 32: no I, L, O and U.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Letters of a code, the check letter among them.
const LENGTH: usize = 12;
/// A dash stands after so many letters.
const GROUP: usize = 4;
/// x⁵ + x² + 1, which makes a field of five bits.
const POLYNOMIAL: u8 = 0b10_0101;

/// A one-time code. Who has it can register a key for its patient: it is shown with `Display` alone, never by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct OneTimeCode(String);

/// Why a text is no one-time code. It never repeats the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCode {
    /// Too few letters or too many.
    #[error("a one-time code has {LENGTH} letters and digits, this one has {found}")]
    Length {
        /// How many there are.
        found: usize,
    },
    /// A letter that no code has.
    #[error("a one-time code never has '{0}'")]
    Letter(char),
    /// The check letter says that another letter is wrong.
    #[error("a letter or a digit of the one-time code is wrong")]
    Mistyped,
}

impl OneTimeCode {
    /// A new one, by chance.
    #[cfg(feature = "service")]
    pub(crate) fn generate() -> Self {
        let mut values: Vec<u8> = rand::random::<[u8; LENGTH - 1]>().map(|byte| byte & 31).to_vec();
        values.push(check(&values));
        Self(values.into_iter().filter_map(letter).collect())
    }

    /// As it is sent: capital letters without dashes.
    #[must_use]
    pub fn as_bearer(&self) -> &str {
        &self.0
    }
}

/// The letter that makes the check come out: the sum is zero with it.
fn check(values: &[u8]) -> u8 {
    let doubled = |value: u8| if value & 16 == 0 { value << 1 } else { (value << 1) ^ POLYNOMIAL };
    values.iter().fold(0, |sum, value| doubled(sum ^ value))
}

fn letter(value: u8) -> Option<char> {
    LETTERS.get(usize::from(value)).copied().map(char::from)
}

/// The value of a letter as people type it.
fn value(typed: char) -> Option<u8> {
    let meant = match typed.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let place = LETTERS.iter().position(|letter| char::from(*letter) == meant)?;
    u8::try_from(place).ok()
}

impl FromStr for OneTimeCode {
    type Err = BadCode;

    /// Reads what people type: small letters, O for 0, I or L for 1, spaces and dashes anywhere.
    fn from_str(text: &str) -> Result<Self, BadCode> {
        let typed: Vec<char> = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '–' | '_')).collect();
        if typed.len() != LENGTH {
            return Err(BadCode::Length { found: typed.len() });
        }
        let values =
            typed.into_iter().map(|c| value(c).ok_or(BadCode::Letter(c))).collect::<Result<Vec<u8>, BadCode>>()?;
        match values.split_last() {
            Some((last, rest)) if check(rest) == *last => Ok(Self(values.into_iter().filter_map(letter).collect())),
            _ => Err(BadCode::Mistyped),
        }
    }
}

impl fmt::Display for OneTimeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, letter) in self.0.chars().enumerate() {
            if at > 0 && at % GROUP == 0 {
                f.write_str("-")?;
            }
            write!(f, "{letter}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for OneTimeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_code() -> impl Strategy<Value = String> {
        proptest::collection::vec(0_u8..32, LENGTH - 1).prop_map(|mut values| {
            values.push(check(&values));
            values.into_iter().filter_map(letter).collect()
        })
    }

    #[test]
    fn a_code_is_read_as_people_type_it_and_shown_in_groups() {
        let code: OneTimeCode = "K7QM-4TXD-9RP8".parse().unwrap();
        assert_eq!(code.to_string(), "K7QM-4TXD-9RP8");
        assert_eq!(code.as_bearer(), "K7QM4TXD9RP8");
        for typed in ["k7qm4txd9rp8", " K7QM 4TXD 9RP8\n", "k7-qm4t-xd9r–p8"] {
            assert_eq!(typed.parse(), Ok(code.clone()), "{typed}");
        }
        assert_eq!(format!("{code:?}"), "OneTimeCode(…)");
        // All zeros check to zero.
        assert_eq!("oOo0-0000-0000".parse::<OneTimeCode>().unwrap().as_bearer(), "000000000000");
    }

    #[test]
    fn what_is_no_code_says_why() {
        let fault = |text: &str| text.parse::<OneTimeCode>().unwrap_err();
        assert_eq!(fault(""), BadCode::Length { found: 0 });
        assert_eq!(fault("K7QM-4TXD-9RP"), BadCode::Length { found: 11 });
        assert_eq!(fault("K7QM-4TXD-9RPU"), BadCode::Letter('U'));
        assert_eq!(fault("K7QM-4TXD-9RPÅ"), BadCode::Letter('Å'));
        assert_eq!(fault("K7QM-4TXD-9RPM"), BadCode::Mistyped);
    }

    proptest! {
        #[test]
        fn one_wrong_letter_is_always_found(code in any_code(), at in 0..LENGTH, other in 0_u8..32) {
            let mut letters: Vec<char> = code.chars().collect();
            let wrong = letter(other).unwrap();
            prop_assume!(letters[at] != wrong);
            letters[at] = wrong;
            let text: String = letters.into_iter().collect();
            prop_assert_eq!(text.parse::<OneTimeCode>(), Err(BadCode::Mistyped));
        }

        #[test]
        fn two_letters_that_changed_places_are_always_found(code in any_code(), one in 0..LENGTH, other in 0..LENGTH) {
            let mut letters: Vec<char> = code.chars().collect();
            prop_assume!(letters[one] != letters[other]);
            letters.swap(one, other);
            let text: String = letters.into_iter().collect();
            prop_assert_eq!(text.parse::<OneTimeCode>(), Err(BadCode::Mistyped));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,20}|[0-9A-Za-z -]{10,16}") {
            if let Ok(code) = text.parse::<OneTimeCode>() {
                prop_assert_eq!(code.to_string().parse(), Ok(code));
            }
        }
    }
}
