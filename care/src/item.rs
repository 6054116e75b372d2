//! What a tablet sends beside readings.

use chrono::{DateTime, Duration, FixedOffset};
use serde::{Deserialize, Serialize};

use crate::{
    identity::Identity,
    medicine::MedicineTaken,
    message::{Message, PlanReport},
    person::{PatientId, Performer},
    plan::PlanVersion,
    questionnaire::Response,
    reading::TakenBack,
};

/// Something that was said on the tablet and goes to the service, as a reading does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Item {
    /// Questions were answered.
    Answers(Answers),
    /// A message was written.
    Message(Message),
    /// A medicine was taken, or not.
    Medicine(MedicineTaken),
    /// The tablet has a version of the plan, or refused it.
    Plan(PlanReport),
}

/// A list of questions that was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    /// A UUIDv7, made when the answering began: sending a draft twice makes one.
    pub identity: Identity,
    /// Whose answers they are.
    pub patient: PatientId,
    /// The answers, with the name and the version of the questions.
    pub response: Response,
    /// Who answered.
    pub by: Performer,
    /// For which of the agreed times, by its id.
    pub occurrence: Option<String>,
    /// The plan in force.
    pub plan: Option<PlanVersion>,
    /// It was taken back (brief R30).
    pub taken_back: Option<TakenBack>,
}

impl Item {
    /// What makes sending it twice harmless.
    pub fn identity(&self) -> Identity {
        match self {
            Self::Answers(answers) => answers.identity,
            Self::Message(message) => message.identity,
            Self::Medicine(taken) => taken.identity,
            Self::Plan(report) => report.identity,
        }
    }

    /// Whose it is.
    pub fn patient(&self) -> &PatientId {
        match self {
            Self::Answers(answers) => &answers.patient,
            Self::Message(message) => &message.patient,
            Self::Medicine(taken) => &taken.patient,
            Self::Plan(report) => &report.patient,
        }
    }

    /// When it was said, by the tablet's clock.
    pub fn at(&self) -> DateTime<FixedOffset> {
        match self {
            Self::Answers(answers) => answers.response.authored,
            Self::Message(message) => message.written,
            Self::Medicine(taken) => taken.said,
            Self::Plan(report) => report.at,
        }
    }

    /// The same with its times put right, now that it is known by how many seconds the tablet's clock was behind when
    /// it was said (brief R31).
    #[must_use]
    pub fn corrected(mut self, behind: i64) -> Self {
        let put_right = |time: &mut DateTime<FixedOffset>| {
            let right = Duration::try_seconds(behind).and_then(|behind| time.checked_add_signed(behind));
            *time = right.unwrap_or(*time);
        };
        match &mut self {
            Self::Answers(answers) => put_right(&mut answers.response.authored),
            Self::Message(message) => put_right(&mut message.written),
            Self::Medicine(taken) => {
                put_right(&mut taken.at);
                put_right(&mut taken.said);
            }
            Self::Plan(report) => put_right(&mut report.at),
        }
        self
    }

    /// A stable word for its kind, as in the record and in exports.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Answers(_) => "answers",
            Self::Message(_) => "message",
            Self::Medicine(_) => "medicine",
            Self::Plan(_) => "plan",
        }
    }
}
