//! Messages both ways (brief R12, R23).

use super::{Delivery, Draft, ServiceHours};
use crate::fault::Fault;
use crate::moment::Moment;

/// The messages, and what can be written.
#[derive(Debug, Clone, PartialEq)]
pub struct MessagesView {
    /// The messages, newest last.
    pub messages: Vec<MessageView>,
    /// There are older ones than these.
    pub more: bool,
    /// What is being written.
    pub draft: Draft,
    /// It was asked to be contacted, and nobody has answered since.
    pub contact_asked: bool,
    /// Whether the service is there.
    pub service: ServiceHours,
    /// What is asked.
    pub stage: MessagesStage,
    /// What is wrong now.
    pub faults: Vec<Fault>,
}

/// A message.
#[derive(Debug, Clone, PartialEq)]
pub struct MessageView {
    /// Who wrote it.
    pub from: Sender,
    /// What.
    pub words: String,
    /// When, if that is known.
    pub at: Option<Moment>,
    /// It was taken back by who wrote it; its words are not shown.
    pub withdrawn: bool,
}

/// Who wrote a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Sender {
    /// The patient's side.
    Patient {
        /// How far it has come.
        delivery: Delivery,
    },
    /// The service.
    Service {
        /// Who there; may be empty.
        name: String,
        /// It has not been shown before.
        unread: bool,
    },
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessagesStage {
    /// Nothing: the messages are shown.
    Reading,
    /// It is too much: what would help?
    TooMuch,
}

/// What would help when it is too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wish {
    /// To measure less often.
    LessMeasuring,
    /// Fewer questions.
    FewerQuestions,
    /// A pause.
    Pause,
}
