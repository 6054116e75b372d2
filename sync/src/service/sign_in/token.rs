//! The token endpoint: an assertion is taken, a token given (RFC 6749, 4.4; RFC 7523, 2.2).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{
    SCOPE,
    assertion::Assertion,
    milliseconds,
    refusal::{Reason, Refusal},
    tablets::Tablets,
};
use crate::service::fhir::store::Store;

/// What a request must say.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What is asked for.
#[derive(Debug)]
pub(super) struct Asked {
    assertion: Assertion,
}

impl Asked {
    /// Reads the form that was posted.
    pub(super) fn read(media_type: String, body: &[u8]) -> Result<Self, Refusal> {
        let request = |said: &str| Refusal::request("invalid_request", said);
        if media_type != "application/x-www-form-urlencoded" {
            return Err(request("send a form: Content-Type: application/x-www-form-urlencoded"));
        }
        let form: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
        let one = |name: &str| {
            let mut found = form.iter().filter(|(field, _)| field == name).map(|(_, value)| value.as_str());
            match (found.next(), found.next()) {
                (value, None) => Ok(value.unwrap_or_default()),
                _ => Err(request("a parameter stands there twice")),
            }
        };
        if one("grant_type")? != "client_credentials" {
            return Err(Refusal::request("unsupported_grant_type", "'grant_type' is client_credentials here"));
        }
        if one("client_assertion_type")? != ASSERTION_TYPE {
            return Err(request(
                "'client_assertion_type' is urn:ietf:params:oauth:client-assertion-type:jwt-bearer here",
            ));
        }
        // What is more than a tablet may is left out of what is given (RFC 6749, 3.3).
        if !one("scope")?.split(' ').any(|scope| scope.starts_with("system/")) {
            return Err(Refusal::request("invalid_scope", format!("'scope' asks for nothing of {SCOPE}")));
        }
        let assertion = Assertion::read(one("client_assertion")?)?;
        if !["", assertion.client()].contains(&one("client_id")?) {
            return Err(Refusal::client(None, "'client_id' is not the assertion's"));
        }
        Ok(Self { assertion })
    }
}

/// Gives a token of this life, if the assertion is right and new. Refused, it leaves nothing behind.
pub(super) fn give(store: &Store<'_>, asked: &Asked, audience: &str, life: TimeDelta) -> Result<Value, Refusal> {
    let (tablets, assertion) = (Tablets(store), &asked.assertion);
    let unknown = || Refusal::client(Some(Reason::UnknownClient), "no tablet has registered under this 'iss'");
    let tablet = tablets.by_client(assertion.client())?.ok_or_else(unknown)?;
    let revoked = || Refusal::client(Some(Reason::Revoked), "the tablet's key was revoked");
    assertion.check(tablet.key.as_ref().ok_or_else(revoked)?, audience, store.now)?;
    let ends = assertion.ends().map_or(i64::MAX, milliseconds);
    if !tablets.first_use(&tablet.client, assertion.name(), ends)? {
        return Err(Refusal::client(
            Some(Reason::Replayed),
            "the assertion was used before: make one with a new 'jti'",
        ));
    }
    let token = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
    let ends = store.now.checked_add_signed(life).unwrap_or(DateTime::<Utc>::MAX_UTC);
    tablets.keep_token(&tablet.client, &token, milliseconds(ends))?;
    Ok(json!({
        "access_token": token,
        "token_type": "bearer",
        "expires_in": life.num_seconds(),
        "scope": SCOPE,
        "patient": tablet.patient,
    }))
}
