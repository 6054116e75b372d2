//! What can befall a request.

/// One kind of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The connection ends at once, and for a moment nobody listens.
    Refused,
    /// The request is taken and nothing comes.
    Silence,
    /// The service gets the first bytes of the request only.
    RequestCut,
    /// The service has done it, and its answer is lost.
    AnswerLost,
    /// The answer ends at some byte, in its head or in its body.
    AnswerCut,
    /// The body ends at some byte, and its length says so.
    AnswerShortened,
    /// The body is whole, and its length says that there is more.
    AnswerOverlong,
    /// An old answer comes once more; the service may not have heard of the request at all.
    AnswerRepeated,
    /// The service has done it, and its answer comes as the one to a later request.
    AnswerLate,
    /// It takes its time.
    Delay,
    /// 4xx or 5xx without any word of FHIR.
    Status,
    /// 401, 403, 408 or 5xx with an OperationOutcome.
    Outcome,
    /// A large content is refused (400, 404, 409, 412, 422) with an OperationOutcome, though nothing is wrong with it.
    Refusal,
    /// 413 for a large content.
    TooLarge,
    /// 429 or 503 with a `Retry-After` of one second.
    Busy,
    /// 200 with the page of a network that wants a login.
    LoginPage,
    /// 302 to such a page.
    LoginRedirect,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Refused,
        Self::Silence,
        Self::RequestCut,
        Self::AnswerLost,
        Self::AnswerCut,
        Self::AnswerShortened,
        Self::AnswerOverlong,
        Self::AnswerRepeated,
        Self::AnswerLate,
        Self::Delay,
        Self::Status,
        Self::Outcome,
        Self::Refusal,
        Self::TooLarge,
        Self::Busy,
        Self::LoginPage,
        Self::LoginRedirect,
    ];

    /// What it is called in a table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refused => "connection refused",
            Self::Silence => "silence",
            Self::RequestCut => "request cut",
            Self::AnswerLost => "answer lost",
            Self::AnswerCut => "answer cut",
            Self::AnswerShortened => "body cut, right length",
            Self::AnswerOverlong => "length too long",
            Self::AnswerRepeated => "old answer",
            Self::AnswerLate => "answer held back",
            Self::Delay => "delay",
            Self::Status => "bare status",
            Self::Outcome => "status with outcome",
            Self::Refusal => "content refused",
            Self::TooLarge => "413",
            Self::Busy => "Retry-After",
            Self::LoginPage => "login page",
            Self::LoginRedirect => "login redirect",
        }
    }
}
