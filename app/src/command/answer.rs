//! `dagsform answer`: answers to a list of questions, kept as a draft at each answer, and sent in.

use anyhow::{Context, Result};

use super::{
    enter::By,
    reading::{Because, identity_of},
};
use crate::{
    answers::Answering,
    control::Request,
    exit::{Exit, failure},
};

/// Answer a list of questions of the plan.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// The list: its id in the plan, or the address of its questionnaire
    #[arg(required_unless_present = "take_back")]
    list: Option<String>,
    /// Answers: the question's linkId and the answer, `slime=yes`; `?` for don't know; several with commas
    #[arg(value_name = "QUESTION=ANSWER")]
    answers: Vec<String>,
    /// For which of the agreed times, as `today` names it
    #[arg(long)]
    occurrence: Option<String>,
    /// Who answers
    #[arg(long, value_enum, default_value_t = By::Patient)]
    by: By,
    /// Send the answers in
    #[arg(long)]
    send: bool,
    /// Take back answers that were sent in, by their identity as `export said` writes it; they stay, marked
    #[arg(long, value_name = "IDENTITY", conflicts_with_all = ["list", "send"])]
    take_back: Option<String>,
    /// Why they are taken back
    #[arg(long, value_enum, requires = "take_back", default_value_t = Because::Mistyped)]
    why: Because,
}

impl Arguments {
    pub(super) fn request(self) -> Result<Request> {
        if let Some(identity) = &self.take_back {
            return Ok(Request::TakeBackAnswers(identity_of(identity)?, self.why.into()));
        }
        let pair = |text: &String| {
            let (question, answer) =
                text.split_once('=').with_context(|| format!("'{text}' is not QUESTION=ANSWER"))?;
            Ok((question.to_owned(), answer.to_owned()))
        };
        let answers = self.answers.iter().map(pair).collect::<Result<_>>();
        let answers = answers.map_err(|error| failure(Exit::Usage, error.to_string()))?;
        let Self { list, occurrence, by, send, .. } = self;
        let list = list.unwrap_or_default();
        Ok(Request::Answer(Answering { list, answers, occurrence, by: by.into(), send }))
    }
}
