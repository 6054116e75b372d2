//! Lists of questions, and answering them: the FHIR R4 Questionnaire as plain types with its rules.
//!
//! A [`Questionnaire`] is what came; only a [`Checked`] one can be answered, so what the tablet cannot ask is refused
//! when it arrives, by the item's name. [`filling`] is the flow of answering, [`Response`] what is sent.
//!
//! How it is written in JSON is the matter of the wire. The meanings are those of FHIR R4 (4.0.1), "Questionnaire",
//! and of SDC 3.0.0 for the extensions; what is narrower here:
//! - an item below a question is asked once the question has an answer, for it travels inside that answer;
//! - "don't know" can be said to every question that is asked. It counts as answered, but is no answer to a
//!   condition, and is never scored;
//! - a group does not repeat, and a question that repeats has no questions below it.

mod answer;
mod check;
pub mod filling;
mod item;
mod number;
mod response;
mod standing;
mod sum;
mod text;
mod tree;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use answer::{Answer, Coding, Given, Unfit};
pub use check::{Checked, Fault, Refusal, Refused};
pub use filling::Filling;
pub use item::{
    Behavior, Bounds, ChoiceOption, Condition, EnableWhen, Item, ItemKind, LinkId, Media, MediaSource, Number,
    Operator, QuantityUnit, Slider,
};
pub use response::{Answered, Response};
pub use sum::{Band, NotASum, Score, Scoring, Sum, Summed, Variables};
pub use text::{Said, Text};

/// Which questionnaire, in which version (a FHIR `canonical`, `url|version`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Canonical {
    /// Its address: `Questionnaire.url`; where it has none, the one under which the service keeps it.
    pub url: String,
    /// Its version. A standard list has one always.
    pub version: Option<String>,
}

impl std::fmt::Display for Canonical {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.version {
            Some(version) => write!(f, "{}|{version}", self.url),
            None => f.write_str(&self.url),
        }
    }
}

/// What has been given, by question.
pub type AllGiven = BTreeMap<LinkId, Given>;

/// A list of questions as it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Questionnaire {
    /// Which one.
    pub canonical: Canonical,
    /// Its title (`Questionnaire.title`).
    pub title: Option<Text>,
    /// Whether it is a standard list, which is the same for everyone and never altered within a version
    /// ([`Questionnaire::check_unaltered`]), and not questions for this patient alone.
    pub standard: bool,
    /// Groups, words and questions, in their order.
    pub items: Vec<Item>,
}
