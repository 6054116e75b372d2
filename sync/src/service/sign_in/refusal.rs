//! What signing in says when it refuses (RFC 6749, 5.2; RFC 6750, 3; RFC 7591, 3.2.2).

use std::time::Duration;

use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use super::said;
use crate::service::{http::Answer, problem::Problem};

/// Why, for the tablet to choose its words by: our own member `dagsform_reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    UnknownClient,
    WrongKey,
    Replayed,
    Expired,
    WrongAudience,
    Revoked,
    CodeUnknown,
    CodeUsed,
    CodeExpired,
}

impl Reason {
    fn code(self) -> &'static str {
        match self {
            Self::UnknownClient => "unknown-client",
            Self::WrongKey => "wrong-key",
            Self::Replayed => "replayed",
            Self::Expired => "expired",
            Self::WrongAudience => "wrong-audience",
            Self::Revoked => "revoked",
            Self::CodeUnknown => "code-unknown",
            Self::CodeUsed => "code-used",
            Self::CodeExpired => "code-expired",
        }
    }
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    status: StatusCode,
    error: &'static str,
    description: String,
    reason: Option<Reason>,
    retry_after: Option<Duration>,
}

impl Refusal {
    fn new(status: StatusCode, error: &'static str, description: impl Into<String>) -> Self {
        Self { status, error, description: description.into(), reason: None, retry_after: None }
    }

    /// 400: the request itself is not understood, or not one for a token.
    pub(super) fn request(error: &'static str, description: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error, description)
    }

    /// 401: the assertion is none that this service takes.
    pub(super) fn client(reason: Option<Reason>, description: impl Into<String>) -> Self {
        Self { reason, ..Self::new(StatusCode::UNAUTHORIZED, "invalid_client", description) }
    }

    /// 401: the one-time code is none that this service takes.
    pub(super) fn code(reason: Reason, description: &str) -> Self {
        Self { reason: Some(reason), ..Self::new(StatusCode::UNAUTHORIZED, "invalid_token", description) }
    }

    /// 400: what is to be registered is not what this service registers.
    pub(super) fn metadata(description: impl Into<String>) -> Self {
        Self::request("invalid_client_metadata", description)
    }

    /// 405.
    pub(super) fn method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "invalid_request", "here only POST can be used")
    }

    /// 429: too many wrong codes.
    pub(super) fn throttled(wait: Duration) -> Self {
        let said = "too many wrong codes: wait a minute";
        let refusal = Self::new(StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable", said);
        Self { retry_after: Some(wait), ..refusal }
    }

    /// What kept the request from being read.
    pub(super) fn unread(problem: &Problem) -> Self {
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let error = if status.is_server_error() { "server_error" } else { "invalid_request" };
        let retry_after = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(Duration::from_secs(5));
        Self { retry_after, ..Self::new(status, error, problem.text()) }
    }

    /// Whether it tells someone who tries codes that this was none.
    pub(super) fn is_wrong_code(&self) -> bool {
        self.reason == Some(Reason::CodeUnknown)
    }

    pub(super) fn answer(&self) -> Answer {
        let mut body = json!({ "error": self.error, "error_description": self.description });
        if let (Some(reason), Some(members)) = (self.reason, body.as_object_mut()) {
            members.insert("dagsform_reason".to_owned(), json!(reason.code()));
        }
        let mut answer = said(self.status, &body);
        let headers = answer.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(wait) = self.retry_after {
            // Whole seconds, never too few.
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs() + 1));
        }
        answer
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::unread(&problem)
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Problem::from(error).into()
    }
}
