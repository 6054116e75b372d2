//! Sums of answers, and the bands they fall in.

mod fhirpath;

use std::{cmp::Ordering, collections::BTreeMap};

use serde::{Deserialize, Serialize};

use super::{LinkId, Text};
use crate::quantity::Decimal;

/// How a reckoned item comes about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scoring {
    /// The sum.
    pub sum: Sum,
    /// What the sum is called by its size, the lowest first; may be empty.
    pub bands: Vec<Band>,
}

/// A sum of answers times a factor, the only calculation that is done.
///
/// A chosen option counts its ordinal value, a number itself. Nothing stands for an answer that is not there: where
/// a question that is asked has none, or "don't know", or an option without a value, there is no sum. A question
/// that is not asked is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// What is added.
    pub of: Summed,
    /// What the sum is multiplied by; never zero.
    pub times: Decimal,
}

/// What is added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Summed {
    /// These questions.
    Items(Vec<LinkId>),
    /// Every choice whose options have ordinal values.
    AllChoices,
    /// Of these, the ones that stand below no group and no question.
    TopChoices,
}

/// A name for the sums of a span.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Band {
    /// What it is called.
    pub name: Text,
    /// The least sum.
    pub from: Decimal,
    /// The greatest; `None`: no end. Bands are written in whole numbers and sums need not be, so one that lies
    /// between two bands has not reached the upper and belongs to the lower.
    pub to: Option<Decimal>,
}

impl Scoring {
    /// The band that a sum falls in: the highest whose least sum it reaches.
    pub fn band(&self, sum: Decimal) -> Option<&Band> {
        let at_least = |least: Decimal| sum.compare(least) != Ordering::Less;
        let (place, band) = self.bands.iter().enumerate().rev().find(|(_, band)| at_least(band.from))?;
        let is_last = place + 1 == self.bands.len();
        let beyond = is_last && band.to.is_some_and(|to| sum.compare(to) == Ordering::Greater);
        (!beyond).then_some(band)
    }
}

/// A sum with its band.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// The reckoned item.
    pub item: LinkId,
    /// The sum.
    pub value: Decimal,
    /// The name of its band.
    pub band: Option<Text>,
}

/// The variables that an expression may name (extension `variable`): each with its own FHIRPath text.
pub type Variables = BTreeMap<String, String>;

/// Why an expression is not a sum that is done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{expression}' is not a sum of answers times a number: {why}")]
pub struct NotASum {
    /// The expression.
    pub expression: String,
    /// What is wrong with it.
    pub why: String,
}
