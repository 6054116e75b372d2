//! A time of day as it is told to a person.

use crate::words::Words;

/// When something happened, already in the patient's own time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The day, seen from now.
    pub day: Day,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
}

/// A day as one speaks of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day {
    /// The day it is now.
    Today,
    /// The day before.
    Yesterday,
    /// Any other day.
    Date {
        /// 1 to 31.
        day: u8,
        /// 1 to 12.
        month: u8,
        /// Such as 2026.
        year: u16,
    },
}

impl Moment {
    /// "today at 14.05"
    #[must_use]
    pub fn text(self, words: Words) -> String {
        let clock = format!("{:02}.{:02}", self.hour, self.minute);
        match self.day {
            // In one line: "i" at the end of one and "dag" on the next are hard to read.
            Day::Today => unbroken(&words.text("time", "today at {}", &[&clock])),
            Day::Yesterday => unbroken(&words.text("time", "yesterday at {}", &[&clock])),
            Day::Date { day, month, year } => {
                let date = format!("{day:02}.{month:02}.{year}");
                words.text("time", "{0} at {1}", &[&date, &clock])
            }
        }
    }
}

fn unbroken(text: &str) -> String {
    text.replace(' ', "\u{a0}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    #[test]
    fn a_time_is_told_as_one_says_it() {
        let words = Words::in_language(Language::Nb);
        let at = |day| Moment { day, hour: 8, minute: 5 };
        assert_eq!(at(Day::Today).text(words), "i\u{a0}dag\u{a0}kl.\u{a0}08.05");
        assert_eq!(at(Day::Yesterday).text(words), "i\u{a0}går\u{a0}kl.\u{a0}08.05");
        let date = Day::Date { day: 3, month: 11, year: 2026 };
        assert_eq!(at(date).text(words), "03.11.2026 kl. 08.05");
    }
}
