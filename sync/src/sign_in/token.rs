//! Asking for a token (RFC 6749, 4.4; RFC 7523, 2.2) and what it is good for.

use chrono::{DateTime, TimeDelta, Utc};
use form_urlencoded::Serializer;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use serde::Deserialize;

use super::{LARGEST_ANSWER, discovery::Endpoints, said::Said};
use crate::{
    client::connection::{Connection, json, sorted},
    enrolment::PatientReference,
    fault::{NotUnderstood, Refusal, SyncFault},
};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// A token is renewed so long before its end; a short one at half of its life.
const BEFORE_ITS_END: u64 = 60;
/// The life of a token in seconds where the service says none (RFC 6749, 5.1 only recommends it): SMART's.
const LIFE: u64 = 300;
/// A token is renewed after a day at the latest, in seconds.
const LONGEST_LIFE: u64 = 24 * 60 * 60;

/// A token, for a while.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// The value of the header `Authorization`; it is never shown.
    pub(crate) authorization: HeaderValue,
    /// Whom it is for, if the service says so (SMART App Launch 2.2.0, launch context `patient`).
    pub(crate) patient: Option<PatientReference>,
    got: DateTime<Utc>,
    renew: DateTime<Utc>,
}

impl Token {
    /// Whether it has a while to live. One that seems to come from the future was got before the clock was set.
    pub(super) fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        (self.got..self.renew).contains(&now)
    }
}

/// What a service says to an assertion.
pub(super) enum Asked {
    Token(Token),
    Refused(Refusal),
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    token_type: String,
    expires_in: Option<u64>,
    patient: Option<String>,
}

pub(super) async fn ask(
    connection: &Connection,
    endpoints: &Endpoints,
    scope: &str,
    assertion: &str,
) -> Result<Asked, SyncFault> {
    let form = Serializer::new(String::new())
        .append_pair("grant_type", "client_credentials")
        .append_pair("scope", scope)
        .append_pair("client_assertion_type", ASSERTION_TYPE)
        .append_pair("client_assertion", assertion)
        .finish();
    let request = connection.http.post(&endpoints.token).header(ACCEPT, "application/json");
    let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form);
    let got = connection.clock.tablet();
    let response = sorted(connection.send(request).await?)?;
    let status = response.status();
    if status.is_success() {
        let body = json(response, LARGEST_ANSWER).await?;
        return Ok(Asked::Token(read(&body, got)?));
    }
    if !matches!(status.as_u16(), 400 | 401 | 403) {
        return Err(not_understood(format!("its answer is {status}")).into());
    }
    let body = json(response, LARGEST_ANSWER).await?;
    let said = Said::read(&body, assertion).ok_or_else(|| not_understood(format!("{status} without an error")))?;
    Ok(Asked::Refused(said.refusal()))
}

fn read(body: &[u8], got: DateTime<Utc>) -> Result<Token, NotUnderstood> {
    // The parser's own words could hold a piece of the token.
    let granted: Granted = serde_json::from_slice(body).map_err(|_| not_understood("it gives no token".to_owned()))?;
    if !granted.token_type.eq_ignore_ascii_case("bearer") {
        return Err(not_understood("it gives a token of another type than bearer".to_owned()));
    }
    let mut authorization = HeaderValue::from_str(&format!("Bearer {}", granted.access_token))
        .map_err(|_| not_understood("it gives a token that cannot be sent".to_owned()))?;
    authorization.set_sensitive(true);
    let patient = granted.patient.map(|patient| PatientReference::of_id(&patient)).transpose();
    let patient = patient.map_err(|bad| not_understood(bad.to_string()))?;
    let life = granted.expires_in.unwrap_or(LIFE).min(LONGEST_LIFE);
    let used = i64::try_from(life - BEFORE_ITS_END.min(life / 2)).unwrap_or(0);
    Ok(Token { authorization, patient, got, renew: got + TimeDelta::seconds(used) })
}

fn not_understood(problem: String) -> NotUnderstood {
    NotUnderstood::SignIn(format!("the service's place for tokens: {problem}"))
}
