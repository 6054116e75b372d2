//! What a questionnaire is made of (FHIR R4, `Questionnaire.item`).

use std::fmt;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};

use super::{Answer, Coding, Scoring, Text};
use crate::quantity::Decimal;

/// The name of an item, its own within a questionnaire (`linkId`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LinkId(pub String);

impl fmt::Display for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for LinkId {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

/// A group, words to read, or a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its name.
    pub link_id: LinkId,
    /// What stands before the text, such as `1.` (`prefix`).
    pub prefix: Option<Text>,
    /// The question, the heading or the words.
    pub text: Option<Text>,
    /// What it is, and what answers it takes.
    pub kind: ItemKind,
    /// A question must be answered, or "don't know" said; of a group, one question at least.
    pub required: bool,
    /// A question takes several answers.
    pub repeats: bool,
    /// The person cannot answer; the answer is [`Item::initial`].
    pub read_only: bool,
    /// It is never shown, nor what is below it (extension `questionnaire-hidden`).
    pub hidden: bool,
    /// On what it depends whether it is asked; empty: it always is.
    pub enable_when: Vec<EnableWhen>,
    /// Whether all of [`Item::enable_when`] must hold or any.
    pub enable_behavior: Behavior,
    /// The answers it begins with: `initial`, and the options that are `initialSelected`.
    pub initial: Vec<Answer>,
    /// A picture, a sound or a film to the question (SDC extension `itemMedia`).
    pub media: Option<Media>,
    /// It is not asked but reckoned (SDC extension `calculatedExpression`).
    pub calculated: Option<Scoring>,
    /// What stands below it.
    pub items: Vec<Item>,
}

impl Item {
    /// An item of a kind with its text and nothing else.
    pub fn new(link_id: &str, text: &str, kind: ItemKind) -> Self {
        Self {
            link_id: link_id.into(),
            prefix: None,
            text: Some(Text::plain(text)),
            kind,
            required: false,
            repeats: false,
            read_only: false,
            hidden: false,
            enable_when: Vec::new(),
            enable_behavior: Behavior::All,
            initial: Vec::new(),
            media: None,
            calculated: None,
            items: Vec::new(),
        }
    }

    /// Whether it takes answers.
    pub fn is_question(&self) -> bool {
        !matches!(self.kind, ItemKind::Group | ItemKind::Display)
    }
}

/// What an item is (`item.type`) with what belongs to that type only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ItemKind {
    /// Holds others together.
    Group,
    /// Words to read. Below a question they belong to it, elsewhere they stand alone.
    Display,
    /// Yes or no.
    Boolean,
    /// One of the options, or several where it repeats. A contained value set has been resolved.
    Choice(Vec<ChoiceOption>),
    /// The same, or words of one's own ([`Answer::Text`]).
    OpenChoice(Vec<ChoiceOption>),
    /// A whole number.
    Integer(Number),
    /// A number.
    Decimal(Number),
    /// A number in a unit.
    Quantity {
        /// Its bounds, in the unit: with bounds there is one.
        number: Number,
        /// The units to choose from (`questionnaire-unit`, `questionnaire-unitOption`); empty: the person says in
        /// words in which.
        units: Vec<QuantityUnit>,
    },
    /// A line of words.
    String {
        /// At most so many characters (`maxLength`).
        max_length: Option<u32>,
    },
    /// Words, as many as one wants.
    Text {
        /// At most so many characters (`maxLength`).
        max_length: Option<u32>,
    },
    /// A day.
    Date(Bounds<NaiveDate>),
    /// A day and a time of it.
    DateTime(Bounds<DateTime<FixedOffset>>),
    /// A time of the day.
    Time(Bounds<NaiveTime>),
}

impl ItemKind {
    /// What can be chosen from; nothing where it is no choice.
    pub fn options(&self) -> &[ChoiceOption] {
        match self {
            Self::Choice(options) | Self::OpenChoice(options) => options,
            _ => &[],
        }
    }

    /// Whether it is a choice of either sort.
    pub(super) fn is_choice(&self) -> bool {
        matches!(self, Self::Choice(_) | Self::OpenChoice(_))
    }
}

/// One of the answers to choose from (`answerOption`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChoiceOption {
    /// The answer: a coding, a whole number, words, a day or a time.
    pub value: Answer,
    /// How it is shown.
    pub text: Text,
    /// What it counts in a sum (extension `ordinalValue`).
    pub ordinal: Option<Decimal>,
    /// Chosen, no other can be (extension `questionnaire-optionExclusive`): "none of these".
    pub exclusive: bool,
    /// A picture to it (SDC extension `itemAnswerMedia`).
    pub media: Option<Media>,
}

/// From where to where an answer may be, both inclusive (extensions `minValue`, `maxValue`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds<T> {
    /// The least.
    pub min: Option<T>,
    /// The greatest.
    pub max: Option<T>,
}

impl<T> Default for Bounds<T> {
    fn default() -> Self {
        Self { min: None, max: None }
    }
}

/// How a number is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Number {
    /// From where to where.
    pub bounds: Bounds<Decimal>,
    /// At most so many decimals (extension `maxDecimalPlaces`).
    pub decimals: Option<u8>,
    /// The word after the number (extension `questionnaire-unit` of an integer or decimal).
    pub unit: Option<Text>,
    /// On a line from the least to the greatest, which both are there then.
    pub slider: Option<Slider>,
}

/// A line to point on (extensions `questionnaire-itemControl` with `slider`, `questionnaire-sliderStepValue`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slider {
    /// From one place to the next; more than zero.
    pub step: Decimal,
    /// The word at the least (`itemControl` with `lower`).
    pub low: Option<Text>,
    /// The word at the greatest (`itemControl` with `upper`).
    pub high: Option<Text>,
}

/// A unit to answer in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuantityUnit {
    /// The unit's code, as a rule of UCUM.
    pub coding: Coding,
    /// How it is shown.
    pub text: Text,
}

/// A picture, a sound or a film (FHIR R4 `Attachment`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// Its media type, such as `image/png`.
    pub content_type: String,
    /// What it shows, in words.
    pub title: Option<Text>,
    /// The thing itself.
    pub source: MediaSource,
}

/// Where a picture, a sound or a film is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MediaSource {
    /// At an address.
    Url(String),
    /// Here.
    Data(Vec<u8>),
}

/// A condition on the answer to another question (`enableWhen`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnableWhen {
    /// The other question.
    pub question: LinkId,
    /// What must hold of its answers.
    pub condition: Condition,
}

/// What must hold of the answers to a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// The operator `exists`: that there is one, or that there is none.
    Exists(bool),
    /// Any other operator: how they compare with an answer.
    Compare(Operator, Answer),
}

/// How an answer compares (`http://hl7.org/fhir/questionnaire-enable-operator`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operator {
    /// One answer at least is equal.
    #[serde(rename = "=")]
    Equal,
    /// No answer is equal; so it is where there is no answer.
    #[serde(rename = "!=")]
    NotEqual,
    /// One answer at least is greater.
    #[serde(rename = ">")]
    Greater,
    /// One answer at least is less.
    #[serde(rename = "<")]
    Less,
    /// One answer at least is greater or equal.
    #[serde(rename = ">=")]
    GreaterOrEqual,
    /// One answer at least is less or equal.
    #[serde(rename = "<=")]
    LessOrEqual,
}

/// Whether all conditions must hold or any (`enableBehavior`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Behavior {
    /// All of them.
    #[default]
    All,
    /// One at least.
    Any,
}
