//! Whose is this reading?

use super::Kind;
use crate::doubt::Doubt;
use crate::fault::Fault;
use crate::moment::Moment;
use crate::value::ValueView;

/// A reading of which it is open whose it is. Until someone has said it is kept apart (brief R29).
#[derive(Debug, Clone, PartialEq)]
pub struct WhoseView {
    /// What was measured.
    pub kind: Kind,
    /// Its values.
    pub values: Vec<ValueView>,
    /// When it was measured, if that is known.
    pub at: Option<Moment>,
    /// The sensor's name.
    pub device_name: String,
    /// Why it is asked: it differs much from the last ones, another user of the device measured, or it
    /// comes from before the sensor was given to the patient.
    pub why: Doubt,
    /// How far the question has come.
    pub stage: WhoseStage,
    /// So many more are asked after this one.
    pub more: u32,
    /// What is wrong now.
    pub faults: Vec<Fault>,
}

/// How far the question has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WhoseStage {
    /// "Is this your reading?"
    Asking,
    /// It is someone else's: "Erase it?"
    Erase,
}
