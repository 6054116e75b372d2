//! The port through which this room hands over what comes from the service: the plan, messages, marks.

use std::future::Future;

use chrono::{DateTime, Utc};
use dagsform_care::{
    message::Received,
    plan::{Plan, PlanVersion},
    questionnaire::Questionnaire,
};

/// Why what came could not be kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InboxError {
    /// It was not kept; it will be fetched again.
    #[error("what came from the service could not be kept: {0}")]
    NotKept(String),
    /// It contradicts what is kept already, and will never be kept.
    #[error("{0}")]
    Contradicts(String),
}

/// What is remembered of the fetching between two runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The parent CarePlan that was met last, and its ETag: `CarePlan/12 W/"4"`.
    Plan,
    /// What was read of its parts, as a digest.
    Parts,
    /// The `meta.lastUpdated` of the last message.
    Messages,
    /// The `meta.lastUpdated` of the last mark of having seen something.
    Seen,
    /// When the plan was last compared with the service's.
    Checked,
}

impl Mark {
    /// A stable word for it, as in the record.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Parts => "parts",
            Self::Messages => "messages",
            Self::Seen => "seen",
            Self::Checked => "checked",
        }
    }
}

/// The inbox: implemented by the record. Each call commits; a call that comes again changes nothing.
pub trait Inbox: Send + Sync + 'static {
    /// What was remembered.
    fn mark(&self, mark: Mark) -> impl Future<Output = Result<Option<String>, InboxError>> + Send;

    /// Remembers.
    fn set_mark(&self, mark: Mark, value: String) -> impl Future<Output = Result<(), InboxError>> + Send;

    /// What time it is by the service. It comes before what depends on the time.
    fn told_time(&self, says: DateTime<Utc>) -> impl Future<Output = Result<(), InboxError>> + Send;

    /// Takes a version of the plan, with all its lists of questions, as the one in force.
    fn take_plan(&self, plan: Plan, lists: Vec<Questionnaire>) -> impl Future<Output = Result<(), InboxError>> + Send;

    /// A version of the plan cannot be used: the one before stays in force.
    fn refuse_plan(&self, version: PlanVersion, problem: String)
    -> impl Future<Output = Result<(), InboxError>> + Send;

    /// The messages that are kept and not withdrawn, by their references.
    fn messages(&self) -> impl Future<Output = Result<Vec<String>, InboxError>> + Send;

    /// These are gone from the service: they are kept as withdrawn.
    fn withdraw_messages(&self, references: Vec<String>) -> impl Future<Output = Result<(), InboxError>> + Send;

    /// Messages, new or in a new version.
    fn take_messages(&self, messages: Vec<Received>) -> impl Future<Output = Result<(), InboxError>> + Send;

    /// What the service says that it has seen, by the places where it keeps it, and when.
    fn take_seen(&self, seen: Vec<(String, DateTime<Utc>)>) -> impl Future<Output = Result<(), InboxError>> + Send;
}
