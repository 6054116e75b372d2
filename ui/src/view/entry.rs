//! Entry by hand.

use super::{Kind, Meal, Performer};
use crate::fault::Fault;
use crate::moment::Moment;
use crate::value::{Quantity, Unit};

/// A number pad and its fields.
#[derive(Debug, Clone, PartialEq)]
pub struct EntryView {
    /// What is entered.
    pub kind: Kind,
    /// The numbers, in the order in which they are asked for.
    pub fields: Vec<FieldView>,
    /// The place of the field that the keys go to.
    pub active: usize,
    /// Whether it is asked how the reading stands to a meal.
    pub asks_meal: bool,
    /// What was answered.
    pub meal: Option<Meal>,
    /// Who measured.
    pub performer: Performer,
    /// When it was measured.
    pub taken: Moment,
    /// It cannot be moved later: it is now.
    pub is_now: bool,
    /// How far it has come.
    pub stage: EntryStage,
    /// What is wrong now.
    pub faults: Vec<Fault>,
}

/// One number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldView {
    /// What it is.
    pub quantity: Quantity,
    /// In what.
    pub unit: Unit,
    /// What was typed, with a point as the decimal mark.
    pub typed: String,
    /// Whether it may be left out.
    pub optional: bool,
    /// What is wrong with it.
    pub problem: Option<EntryProblem>,
}

/// What is wrong with a typed number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntryProblem {
    /// Nothing was typed.
    Missing,
    /// No living person has so little.
    TooLow,
    /// No living person has so much.
    TooHigh,
    /// The upper pressure has to be higher than the lower one.
    NotAboveLower,
}

/// How far an entry has come. Once it is stored, the measuring screen shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntryStage {
    /// Numbers are typed.
    Typing,
    /// Possible, but far from what this patient had last: "Is this right?".
    Check,
    /// On its way into the record.
    Saving,
}
