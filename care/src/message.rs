//! Messages between patient and service, and what the tablet reports of itself.

use chrono::{DateTime, FixedOffset, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    identity::Identity,
    person::{PatientId, Performer},
    plan::PlanVersion,
};

/// The longest message, in characters.
pub const LONGEST: usize = 4000;

/// A message to the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// A UUIDv7, made when it was saved.
    pub identity: Identity,
    /// Who it is from.
    pub patient: PatientId,
    /// What it is.
    pub kind: MessageKind,
    /// The words; may be empty where the kind says all.
    pub text: String,
    /// When it was written, by the tablet's clock.
    pub written: DateTime<FixedOffset>,
    /// Who wrote it.
    pub by: Performer,
    /// The message that it answers, as the service names it: `Communication/12`.
    pub answers: Option<String>,
}

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageKind {
    /// Words.
    Words,
    /// "Please contact me".
    PleaseContactMe,
    /// "This is too much" (brief R12): what would help.
    TooMuch(Wish),
}

/// What would make it less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wish {
    /// Measure less often.
    LessMeasuring,
    /// Fewer questions.
    FewerQuestions,
    /// A pause.
    Pause,
}

/// Why a message cannot be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageFault {
    /// No word in it.
    #[error("the message is empty; write what you want to say")]
    Empty,
    /// Too long.
    #[error("the message is longer than {LONGEST} characters; write it as two")]
    TooLong,
}

impl Message {
    /// Whether it can be saved and sent.
    ///
    /// # Errors
    /// It is empty where the words are all it has, or too long.
    pub fn check(&self) -> Result<(), MessageFault> {
        if self.kind == MessageKind::Words && self.text.trim().is_empty() {
            return Err(MessageFault::Empty);
        }
        if self.text.chars().count() > LONGEST { Err(MessageFault::TooLong) } else { Ok(()) }
    }
}

/// A message from the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// As the service names it: `Communication/12`.
    pub reference: String,
    /// The service's version of it.
    pub version: String,
    /// The words.
    pub text: String,
    /// Who sent it.
    pub sender: Option<String>,
    /// When, by the service.
    pub sent: Option<DateTime<Utc>>,
    /// The message of the patient that it answers, by its identity.
    pub answers: Option<Identity>,
    /// The service has taken it back.
    pub withdrawn: bool,
}

/// What the tablet made of a version of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanReport {
    /// A UUIDv7, made with it.
    pub identity: Identity,
    /// Whose plan it is.
    pub patient: PatientId,
    /// Which version.
    pub version: PlanVersion,
    /// When, by the tablet's clock.
    pub at: DateTime<FixedOffset>,
    /// Why it was refused; `None`: it is in force on the tablet.
    pub refused: Option<String>,
}
