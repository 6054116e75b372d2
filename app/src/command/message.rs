//! `dagsform message`: a message to the follow-up service.

use anyhow::Result;
use clap::ValueEnum;
use dagsform_care::message::{MessageKind, Wish};

use super::enter::By;
use crate::{
    control::Request,
    exit::{Exit, failure},
    said::NewMessage,
};

/// Write a message to the follow-up service. It is not an emergency service: nobody watches all the time.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// The words
    #[arg(default_value = "")]
    text: String,
    /// "Please contact me"
    #[arg(long, conflicts_with = "too_much")]
    contact_me: bool,
    /// "This is too much", and what would help
    #[arg(long, value_enum)]
    too_much: Option<Help>,
    /// The message of the service that it answers, as `export received` names it
    #[arg(long, value_name = "REFERENCE")]
    answers: Option<String>,
    /// Who writes
    #[arg(long, value_enum, default_value_t = By::Patient)]
    by: By,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Help {
    /// Measure less often
    LessMeasuring,
    /// Fewer questions
    FewerQuestions,
    /// A pause
    Pause,
}

impl Arguments {
    pub(super) fn request(self) -> Result<Request> {
        let kind = match (self.contact_me, self.too_much) {
            (true, _) => MessageKind::PleaseContactMe,
            (false, Some(Help::LessMeasuring)) => MessageKind::TooMuch(Wish::LessMeasuring),
            (false, Some(Help::FewerQuestions)) => MessageKind::TooMuch(Wish::FewerQuestions),
            (false, Some(Help::Pause)) => MessageKind::TooMuch(Wish::Pause),
            (false, None) => MessageKind::Words,
        };
        if kind == MessageKind::Words && self.text.trim().is_empty() {
            let text = "there are no words; write some, or say --contact-me or --too-much";
            return Err(failure(Exit::Usage, text));
        }
        let Self { text, answers, by, .. } = self;
        Ok(Request::Message(NewMessage { kind, text, by: by.into(), answers }))
    }
}
