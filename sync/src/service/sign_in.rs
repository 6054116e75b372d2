//! Signing in: a tablet registers the key that it made by a one-time code, and gets short-lived tokens by it.
//!
//! SMART App Launch 2.2.0, "Backend Services" and "Client Authentication: Asymmetric (private_key_jwt)"; RFC 7591
//! (registration), RFC 6749 and RFC 7523 (tokens). Codes and tokens are kept as digests alone: who reads the file cannot
//! use them.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Bytes;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{database::Database, fhir::store::Store, http::Answer, problem::Problem};
use crate::{enrolment::BodyForm, one_time_code::OneTimeCode};
use attempts::Attempts;
use refusal::Refusal;
use tablets::Tablets;

mod assertion;
mod attempts;
mod refusal;
mod registration;
pub(crate) mod tablets;
mod token;

/// What every tablet may do (SMART App Launch 2.2.0, 2.0.11): create, read, update and search, never delete. Which
/// resources, and that of its own patient's alone, is [`super::fhir::reach`]'s to say.
const SCOPE: &str = "system/*.crus";
/// Where a token is asked for.
const TOKEN: &str = "/auth/token";
/// Where a key is registered.
const REGISTRATION: &str = "/auth/register";
/// So far may the clocks of tablet and service differ.
const SKEW: TimeDelta = TimeDelta::seconds(60);

/// A SHA-256.
type Digest = [u8; 32];

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// Someone who may do everything.
    Staff,
    /// A tablet, for this patient's id.
    Tablet(String),
}

impl Caller {
    /// The only patient who may be reached.
    pub(crate) fn patient(&self) -> Option<&str> {
        match self {
            Self::Staff => None,
            Self::Tablet(patient) => Some(patient),
        }
    }
}

/// The signing in of one service.
pub(crate) struct SignIn {
    database: Database,
    /// `http://127.0.0.1:8080`.
    origin: String,
    staff: Option<Digest>,
    token_life: TimeDelta,
    form: BodyForm,
    wrong_codes: Arc<Mutex<Attempts>>,
}

impl SignIn {
    pub(crate) fn new(
        database: Database,
        origin: String,
        staff: Option<&str>,
        token_life: Duration,
        form: BodyForm,
    ) -> Self {
        let token_life = TimeDelta::from_std(token_life).unwrap_or(TimeDelta::MAX);
        Self { database, origin, staff: staff.map(digest), token_life, form, wrong_codes: Arc::default() }
    }

    /// What the service says of its signing in (SMART App Launch 2.2.0, "Conformance").
    pub(crate) fn configuration(&self) -> Answer {
        let body = json!({
            "token_endpoint": self.token_endpoint(),
            "registration_endpoint": format!("{}{REGISTRATION}", self.origin),
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["ES384"],
            "grant_types_supported": ["client_credentials"],
            "scopes_supported": [SCOPE],
            "capabilities": ["client-confidential-asymmetric", "permission-v2"],
        });
        said(StatusCode::OK, &body)
    }

    /// Whether this path is one of the signing in.
    pub(crate) fn has(path: &str) -> bool {
        matches!(path, TOKEN | REGISTRATION)
    }

    /// Answers a request to such a path.
    pub(crate) async fn answer(&self, method: &Method, path: &str, headers: &HeaderMap, body: &[u8]) -> Answer {
        if method != Method::POST {
            let mut answer = Refusal::method().answer();
            answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
            return answer;
        }
        let done = match path {
            TOKEN => self.token(headers, body).await.map(|said| (StatusCode::OK, said)),
            _ => self.register(headers, body).await.map(|said| (StatusCode::CREATED, said)),
        };
        match done {
            Ok((status, body)) => said(status, &body),
            Err(refusal) => refusal.answer(),
        }
    }

    /// A request that could not even be read.
    pub(crate) fn fault(problem: &Problem) -> Answer {
        Refusal::unread(problem).answer()
    }

    async fn token(&self, headers: &HeaderMap, body: &[u8]) -> Result<Value, Refusal> {
        let asked = token::Asked::read(media_type(headers), body)?;
        let (audience, life) = (self.token_endpoint(), self.token_life);
        self.database.run(move |store| token::give(store, &asked, &audience, life)).await
    }

    async fn register(&self, headers: &HeaderMap, body: &[u8]) -> Result<Value, Refusal> {
        let code = bearer(headers).and_then(|code| code.parse::<OneTimeCode>().ok());
        let metadata = registration::Metadata::read(media_type(headers), body);
        let (form, wrong_codes) = (self.form, self.wrong_codes.clone());
        // One transaction at a time: none slips past the count.
        let work = move |store: &Store<'_>| {
            let (mut wrong_codes, now) = (wrong_codes.lock().unwrap_or_else(PoisonError::into_inner), Instant::now());
            wrong_codes.admit(now).map_err(Refusal::throttled)?;
            let done = registration::register(store, code.as_ref(), metadata, form);
            if done.as_ref().is_err_and(Refusal::is_wrong_code) {
                wrong_codes.count(now);
            }
            done
        };
        self.database.run(work).await
    }

    fn token_endpoint(&self) -> String {
        format!("{}{TOKEN}", self.origin)
    }

    /// Who asks, by the token that came along.
    pub(crate) async fn caller(&self, headers: &HeaderMap) -> Result<Caller, Problem> {
        let Some(token) = bearer(headers) else {
            return Err(Problem::not_signed_in(false, "sign in first: this service gives nothing without a token"));
        };
        let token = digest(token);
        // Of digests: the time that it takes tells nothing of the token.
        if self.staff == Some(token) {
            return Ok(Caller::Staff);
        }
        let patient = self.database.run(move |store| Tablets(store).by_token(&token)).await?;
        patient
            .map(Caller::Tablet)
            .ok_or_else(|| Problem::not_signed_in(true, "the token has run out, was revoked, or was never given"))
    }
}

/// The token of `Authorization: Bearer …` (RFC 6750, 2.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}

fn media_type(headers: &HeaderMap) -> String {
    let text = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn digest(secret: &str) -> Digest {
    Sha256::digest(secret).into()
}

/// A body in JSON that nobody may keep (RFC 6749, 5.1).
fn said(status: StatusCode, body: &Value) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(body.to_string())));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

/// In milliseconds since 1970, as the tables have it.
fn milliseconds(at: DateTime<Utc>) -> i64 {
    at.timestamp_millis()
}
