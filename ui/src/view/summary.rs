//! All answers of a list, and what becomes of them.

use super::{CalendarDay, Delivery};
use crate::fault::Fault;
use crate::moment::Moment;

/// The answers, to be looked over, sent, and seen on their way.
#[derive(Debug, Clone, PartialEq)]
pub struct SummaryView {
    /// What the list is called.
    pub title: String,
    /// The questions that are asked, in order.
    pub rows: Vec<SummaryRow>,
    /// How far it has come.
    pub stage: SummaryStage,
    /// The sums that can be reckoned, shown once the answers are saved.
    pub scores: Vec<ScoreView>,
    /// The language of the list (BCP 47, such as `nb`), told where the screen's is another; `None`: not said.
    pub written_in: Option<String>,
    /// What is wrong now.
    pub faults: Vec<Fault>,
}

/// A question with its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryRow {
    /// The question.
    pub question: String,
    /// The answer.
    pub given: GivenView,
    /// It has to be answered, if only with "I do not know".
    pub required: bool,
}

/// What is given to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GivenView {
    /// Nothing.
    Nothing,
    /// "I do not know".
    DontKnow,
    /// Yes or no.
    YesNo(bool),
    /// The words of the options, or one's own.
    Words(Vec<String>),
    /// A number with its unit, which may be empty.
    Number {
        /// With a point as the decimal mark.
        number: String,
        /// In what.
        unit: String,
    },
    /// A day.
    Day(CalendarDay),
}

/// How far the answers have come. What the screen claims follows from this alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SummaryStage {
    /// They are looked over.
    Looking,
    /// On their way into the record.
    Saving,
    /// The record has them.
    Saved {
        /// Since when.
        at: Moment,
        /// How far they have come since.
        delivery: Delivery,
    },
}

/// A sum, in the list's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreView {
    /// What it is called; may be empty.
    pub name: String,
    /// How much, with a point as the decimal mark.
    pub number: String,
    /// The name of the band that it lies in, where the list has bands.
    pub band: Option<String>,
}
