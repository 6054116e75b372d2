//! One question of a list (brief R14).

use super::Draft;
use crate::fault::Fault;

/// A question, or words to read, on a page of its own. All words are the list's.
#[derive(Debug, Clone, PartialEq)]
pub struct QuestionView {
    /// What the list is called.
    pub title: String,
    /// Which page it is, from 1.
    pub place: u32,
    /// Of so many; it changes with the answers.
    pub of: u32,
    /// The headings of the groups that it stands in, the outermost first.
    pub groups: Vec<String>,
    /// The question, or the words to read.
    pub text: String,
    /// What is said beside it.
    pub help: Vec<String>,
    /// It has to be answered, if only with "I do not know".
    pub required: bool,
    /// How it is answered, and what is given.
    pub answer: AnswerView,
    /// "I do not know" is given.
    pub dont_know: bool,
    /// Why the last answer was not taken.
    pub problem: Option<AnswerProblem>,
    /// The language of the words (BCP 47, such as `nb`), told where the screen's is another; `None`: not said.
    pub written_in: Option<String>,
    /// What is wrong now.
    pub faults: Vec<Fault>,
}

/// How a question is answered, with what is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerView {
    /// Words to read: nothing is asked.
    Read,
    /// Yes or no.
    YesNo(Option<bool>),
    /// One of these.
    One(Vec<OptionView>),
    /// Any of these.
    Several(Vec<OptionView>),
    /// These, or words of one's own.
    OpenChoice {
        /// The options.
        options: Vec<OptionView>,
        /// More than one can be chosen.
        several: bool,
        /// One's own words.
        own: Draft,
    },
    /// A number by the pad.
    Number {
        /// What was typed, with a point as the decimal mark.
        typed: String,
        /// In what; one of them is chosen where there are several, and none is there for a bare number.
        units: Vec<OptionView>,
        /// Whether it may have decimals.
        decimals: bool,
    },
    /// A place on a line.
    Slider {
        /// The number at each place, from the least on, with a point as the decimal mark. Two at least.
        places: Vec<String>,
        /// The place that is given.
        at: Option<usize>,
        /// The word at the least; may be empty.
        low: String,
        /// The word at the greatest; may be empty.
        high: String,
    },
    /// Words.
    Text {
        /// What was typed.
        draft: Draft,
        /// More than a line.
        long: bool,
    },
    /// A day.
    Day {
        /// The day that is shown: the one that is given, else one to begin with.
        shown: CalendarDay,
        /// Whether it is given.
        given: bool,
    },
}

/// An option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionView {
    /// Its words.
    pub words: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// A day of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CalendarDay {
    /// 1 to 31.
    pub day: u8,
    /// 1 to 12.
    pub month: u8,
    /// Such as 2026.
    pub year: u16,
}

/// Why an answer was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerProblem {
    /// It has to be answered.
    Missing,
    /// The number is below this one (with a point as the decimal mark).
    TooLow(String),
    /// The number is above this one.
    TooHigh(String),
    /// More digits or decimals than are taken.
    TooManyDigits,
    /// More than so many characters.
    TooLong(u32),
    /// Before this day.
    TooEarly(CalendarDay),
    /// After this day.
    TooLate(CalendarDay),
    /// It does not go together with what is chosen beside it.
    NotTogether,
    /// It is none of the answers that the question takes.
    NotTaken,
}
