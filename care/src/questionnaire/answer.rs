//! Answers, and which of them fit a question.

use std::{cmp::Ordering, fmt};

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};

use super::{Bounds, Item, ItemKind, Number, QuantityUnit, number::is_usual};
use crate::quantity::Decimal;

/// One answer (`QuestionnaireResponse.item.answer.value[x]`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Yes or no.
    Boolean(bool),
    /// A chosen code.
    Coded(Coding),
    /// A whole number.
    Integer(i32),
    /// A number with the decimals that were given.
    Decimal(Decimal),
    /// A number in a unit.
    Quantity {
        /// The number.
        value: Decimal,
        /// Its unit; the person's own words are a coding without a system.
        unit: Coding,
    },
    /// Words; of a string, a text, or one's own in an open choice.
    Text(String),
    /// A day.
    Date(NaiveDate),
    /// A day and a time of it.
    DateTime(DateTime<FixedOffset>),
    /// A time of the day.
    Time(NaiveTime),
}

/// A code of a system (FHIR R4 `Coding`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coding {
    /// The system's address, such as `http://loinc.org`.
    pub system: Option<String>,
    /// The code.
    pub code: String,
    /// The words that its author gave it.
    pub display: Option<String>,
}

impl Coding {
    /// Whether both mean the same: system and code do, the words do not matter.
    pub fn is_same(&self, other: &Self) -> bool {
        self.code == other.code && self.system == other.system
    }
}

/// What was given to a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Given {
    /// Answers; more than one only where the question repeats, and never none.
    Answers(Vec<Answer>),
    /// "Don't know".
    DontKnow,
}

impl Given {
    /// The answers; none for "don't know".
    pub fn answers(&self) -> &[Answer] {
        match self {
            Self::Answers(answers) => answers,
            Self::DontKnow => &[],
        }
    }
}

/// Why an answer does not fit its question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum Unfit {
    /// There is nothing.
    #[error("nothing is answered")]
    Nothing,
    /// There are several.
    #[error("the question takes one answer")]
    OnlyOne,
    /// The same twice.
    #[error("the same answer stands twice")]
    Twice,
    /// One that excludes all others stands with another.
    #[error("an answer that excludes the others stands beside another")]
    NotAlone,
    /// It is of another type.
    #[error("the answer is not of the question's type")]
    Type,
    /// It is not one of the options.
    #[error("the answer is not among the options")]
    NotAnOption,
    /// It is in another unit.
    #[error("the question does not take the unit")]
    Unit,
    /// It is below the least.
    #[error("it is less than {0}")]
    TooLow(String),
    /// It is above the greatest.
    #[error("it is more than {0}")]
    TooHigh(String),
    /// It has more decimals, or more digits, than are taken.
    #[error("it has more digits than the question takes")]
    Digits,
    /// It is too long.
    #[error("it is longer than {0} characters")]
    TooLong(u32),
}

impl Answer {
    /// Whether both mean the same: numbers by value, codes by system and code.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Coded(a), Self::Coded(b)) => a.is_same(b),
            _ => self.compare(other) == Some(Ordering::Equal) || self == other,
        }
    }

    /// How the values compare; `None` where they have no order between them: other types, other units, words.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Integer(a), Self::Integer(b)) => Some(a.cmp(b)),
            (Self::Decimal(a), Self::Decimal(b)) => Some(a.compare(*b)),
            (Self::Quantity { value: a, unit }, Self::Quantity { value: b, unit: other }) if unit.is_same(other) => {
                Some(a.compare(*b))
            }
            (Self::Date(a), Self::Date(b)) => Some(a.cmp(b)),
            (Self::DateTime(a), Self::DateTime(b)) => Some(a.cmp(b)),
            (Self::Time(a), Self::Time(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }
}

impl Item {
    /// Whether these answers together fit the question, and if not, why.
    pub fn accepts(&self, answers: &[Answer]) -> Result<(), Unfit> {
        match answers {
            [] => return Err(Unfit::Nothing),
            [_, _, ..] if !self.repeats => return Err(Unfit::OnlyOne),
            _ => {}
        }
        for answer in answers {
            self.accepts_one(answer)?;
        }
        if !self.kind.is_choice() {
            return Ok(());
        }
        let options = self.kind.options();
        for (place, answer) in answers.iter().enumerate() {
            if answers.iter().skip(place + 1).any(|later| later.is_same(answer)) {
                return Err(Unfit::Twice);
            }
            if answers.len() > 1 && options.iter().any(|option| option.exclusive && option.value.is_same(answer)) {
                return Err(Unfit::NotAlone);
            }
        }
        Ok(())
    }

    fn accepts_one(&self, answer: &Answer) -> Result<(), Unfit> {
        match (&self.kind, answer) {
            (ItemKind::Boolean, Answer::Boolean(_)) => Ok(()),
            (ItemKind::Choice(options) | ItemKind::OpenChoice(options), answer)
                if options.iter().any(|option| option.value.is_same(answer)) =>
            {
                Ok(())
            }
            (ItemKind::Choice(_), _) => Err(Unfit::NotAnOption),
            (ItemKind::OpenChoice(_), Answer::Text(words)) => fits_words(words, None),
            (ItemKind::OpenChoice(_), _) => Err(Unfit::NotAnOption),
            (ItemKind::Integer(number), Answer::Integer(value)) => number.takes(Decimal::new(i64::from(*value), 0)),
            (ItemKind::Decimal(number), Answer::Decimal(value)) => number.takes(*value),
            (ItemKind::Quantity { number, units }, Answer::Quantity { value, unit }) => {
                if takes_unit(units, unit) {
                    number.takes(*value)
                } else {
                    Err(Unfit::Unit)
                }
            }
            (ItemKind::String { max_length } | ItemKind::Text { max_length }, Answer::Text(words)) => {
                fits_words(words, *max_length)
            }
            (ItemKind::Date(bounds), Answer::Date(day)) => has_year(*day).and_then(|()| fits(day, bounds)),
            (ItemKind::DateTime(bounds), Answer::DateTime(at)) => {
                has_year(at.date_naive()).and_then(|()| fits(at, bounds))
            }
            (ItemKind::Time(bounds), Answer::Time(time)) => fits(time, bounds),
            _ => Err(Unfit::Type),
        }
    }
}

impl Number {
    fn takes(&self, value: Decimal) -> Result<(), Unfit> {
        let decimals = value.exponent.min(0).unsigned_abs();
        if !is_usual(value) || self.decimals.is_some_and(|most| decimals > u16::from(most)) {
            return Err(Unfit::Digits);
        }
        match self.bounds {
            Bounds { min: Some(min), .. } if value.compare(min) == Ordering::Less => {
                Err(Unfit::TooLow(min.to_string()))
            }
            Bounds { max: Some(max), .. } if value.compare(max) == Ordering::Greater => {
                Err(Unfit::TooHigh(max.to_string()))
            }
            _ => Ok(()),
        }
    }
}

fn fits_words(words: &str, most: Option<u32>) -> Result<(), Unfit> {
    if words.trim().is_empty() {
        return Err(Unfit::Nothing);
    }
    let length = u32::try_from(words.chars().count()).unwrap_or(u32::MAX);
    most.filter(|most| length > *most).map_or(Ok(()), |most| Err(Unfit::TooLong(most)))
}

/// A year that FHIR writes has four digits.
fn has_year(day: NaiveDate) -> Result<(), Unfit> {
    if (1..=9999).contains(&day.year()) { Ok(()) } else { Err(Unfit::Digits) }
}

fn fits<T: PartialOrd + fmt::Display>(value: &T, bounds: &Bounds<T>) -> Result<(), Unfit> {
    match bounds {
        Bounds { min: Some(min), .. } if value < min => Err(Unfit::TooLow(min.to_string())),
        Bounds { max: Some(max), .. } if value > max => Err(Unfit::TooHigh(max.to_string())),
        _ => Ok(()),
    }
}

/// Whether a quantity with these units can be in this one.
pub(super) fn takes_unit(units: &[QuantityUnit], unit: &Coding) -> bool {
    let is_own_word = units.is_empty() && unit.system.is_none() && !unit.code.trim().is_empty();
    is_own_word || units.iter().any(|known| known.coding.is_same(unit))
}
