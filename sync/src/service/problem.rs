//! What can go wrong with a request, as FHIR says it.

use super::json::{Json, NotJson};
use crate::fhir::{
    OperationOutcome,
    model::ResourceType,
    outcome::{Details, Issue},
};

/// A request that was not carried out: an HTTP status and what was wrong.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) status: u16,
    /// Of IssueType (R4, 2.29).
    code: &'static str,
    text: String,
    /// Where, as FHIRPath.
    place: Option<String>,
    /// For 405: what is allowed.
    pub(crate) allow: Option<&'static str>,
    /// For 401: how to sign in.
    pub(crate) challenge: Option<&'static str>,
}

impl Problem {
    fn new(status: u16, code: &'static str, text: impl Into<String>) -> Self {
        Self { status, code, text: text.into(), place: None, allow: None, challenge: None }
    }

    /// 400: the request itself is not understood.
    pub(crate) fn bad_request(text: impl Into<String>) -> Self {
        Self::new(400, "invalid", text)
    }

    /// 400: a body that is no proper JSON or no resource.
    pub(crate) fn structure(text: impl Into<String>, place: impl Into<String>) -> Self {
        Self::new(400, "structure", text).at(place)
    }

    /// 422: a resource that breaks a rule of FHIR or of this service.
    pub(crate) fn rule(code: &'static str, text: impl Into<String>, place: impl Into<String>) -> Self {
        Self::new(422, code, text).at(place)
    }

    /// 404.
    pub(crate) fn not_found(text: impl Into<String>) -> Self {
        Self::new(404, "not-found", text)
    }

    /// 404: a type, or an operation, that this service does not have.
    pub(crate) fn not_supported(text: impl Into<String>) -> Self {
        Self::new(404, "not-supported", text)
    }

    /// 401: no token came along, or one that is worth nothing (RFC 6750, 3).
    pub(crate) fn not_signed_in(with_token: bool, text: &str) -> Self {
        let challenge = if with_token { "Bearer error=\"invalid_token\"" } else { "Bearer" };
        Self { challenge: Some(challenge), ..Self::new(401, "login", text) }
    }

    /// 403: the token does not reach so far.
    pub(crate) fn forbidden(text: impl Into<String>) -> Self {
        Self::new(403, "forbidden", text)
    }

    /// 405.
    pub(crate) fn method(allow: &'static str) -> Self {
        Self { allow: Some(allow), ..Self::new(405, "not-supported", format!("here only {allow} can be used")) }
    }

    /// 409: two changes at once.
    pub(crate) fn conflict(text: impl Into<String>) -> Self {
        Self::new(409, "conflict", text)
    }

    /// 412: a condition does not hold.
    pub(crate) fn condition(text: impl Into<String>) -> Self {
        Self::new(412, "conflict", text)
    }

    /// 412: a condition that more than one resource meets.
    pub(crate) fn several(text: impl Into<String>) -> Self {
        Self::new(412, "multiple-matches", text)
    }

    /// 413.
    pub(crate) fn too_large(text: impl Into<String>) -> Self {
        Self::new(413, "too-long", text)
    }

    /// 415 or 406: another format than FHIR's JSON.
    pub(crate) fn format(status: u16, text: impl Into<String>) -> Self {
        Self::new(status, "not-supported", text)
    }

    /// 421: a request that names another host.
    pub(crate) fn other_host() -> Self {
        Self::new(421, "forbidden", "this service answers only requests to this machine itself")
    }

    /// 408: the request did not arrive in time.
    pub(crate) fn too_slow() -> Self {
        Self::new(408, "timeout", "the request did not arrive in time")
    }

    /// 503: too many at once.
    pub(crate) fn busy() -> Self {
        Self::new(503, "throttled", "the service is busy; try again in a few seconds")
    }

    /// 500: the service's own fault.
    pub(crate) fn internal(text: impl Into<String>) -> Self {
        Self::new(500, "exception", text)
    }

    /// The same problem, at a place.
    pub(crate) fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// The same problem in a resource that is an entry of a bundle: `Observation.status` becomes
    /// `Bundle.entry[3].resource.status`; what names no place is the entry's own.
    pub(crate) fn in_entry(mut self, index: usize) -> Self {
        let inside = self.place.as_deref().and_then(|place| place.split_once('.')).map(|(_, path)| path.to_owned());
        self.place = Some(match (self.place.is_some(), inside) {
            (true, Some(path)) => format!("Bundle.entry[{index}].resource.{path}"),
            (true, None) => format!("Bundle.entry[{index}].resource"),
            (false, _) => format!("Bundle.entry[{index}]"),
        });
        self
    }

    /// The words.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// As FHIR says it.
    pub(crate) fn outcome(&self) -> Json {
        outcome(self.code, "error", &self.text, self.place.as_deref())
    }
}

/// An OperationOutcome with one issue.
pub(crate) fn outcome(code: &str, severity: &str, text: &str, place: Option<&str>) -> Json {
    let outcome = OperationOutcome {
        resource_type: ResourceType::OperationOutcome,
        issue: vec![Issue {
            severity: severity.to_owned(),
            code: code.to_owned(),
            details: Some(Details { text: Some(text.to_owned()) }),
            diagnostics: None,
            expression: place.map(str::to_owned).into_iter().collect(),
        }],
    };
    // Texts alone: writing them cannot fail.
    Json::Written(serde_json::to_string(&outcome).unwrap_or_default())
}

impl From<NotJson> for Problem {
    fn from(fault: NotJson) -> Self {
        match fault {
            NotJson::Syntax(said) => Self::new(400, "structure", format!("the body is not JSON: {said}")),
            NotJson::MemberTwice(name) => {
                Self::new(400, "structure", format!("the body holds '{}' twice in one object", shortened(&name)))
            }
            NotJson::TooMuch => Self::too_large("the body holds too many values, or nests them too deeply"),
        }
    }
}

impl From<rusqlite::Error> for Problem {
    fn from(error: rusqlite::Error) -> Self {
        tracing::error!(%error, "the service's database");
        Self::internal("the service's database failed")
    }
}

/// What a request said, short enough to be repeated in an answer.
pub(crate) fn shortened(text: &str) -> String {
    const LONGEST: usize = 120;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST).chain(['…']).collect()
}
