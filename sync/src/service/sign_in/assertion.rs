//! The assertion by which a tablet shows that it has its key: a JWT (RFC 7519) signed with ES384 (RFC 7518, 3.4), as
//! SMART App Launch 2.2.0, "Client Authentication: Asymmetric", and RFC 7523, 3, want it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use ring::signature::{ECDSA_P384_SHA384_FIXED, UnparsedPublicKey};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    SKEW,
    refusal::{Reason, Refusal},
};
use crate::jwk::PublicJwk;

/// Longer than this no assertion lives.
const LONGEST_LIFE: TimeDelta = TimeDelta::minutes(5);

/// An assertion, read and not yet believed.
#[derive(Debug)]
pub(super) struct Assertion {
    signed: String,
    signature: Vec<u8>,
    header: Header,
    claims: Claims,
}

#[derive(Debug, Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    /// Extensions that must be understood: none is.
    crit: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Value,
    exp: i64,
    iat: Option<i64>,
    nbf: Option<i64>,
    jti: String,
}

impl Assertion {
    /// Reads one. Any other algorithm than ES384, `none` among them, is refused before anything else.
    pub(super) fn read(text: &str) -> Result<Self, Refusal> {
        let malformed = |what: &str| Refusal::client(None, format!("the assertion is no signed JWT: {what}"));
        let mut parts = text.split('.');
        let (Some(header), Some(claims), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(malformed("it does not have three parts"));
        };
        let signed = format!("{header}.{claims}");
        let header: Header = json(header).ok_or_else(|| malformed("its header cannot be read"))?;
        if header.alg != "ES384" {
            return Err(Refusal::client(Some(Reason::WrongKey), "the assertion is not signed with ES384"));
        }
        if header.crit.is_some() || header.typ.as_ref().is_some_and(|typ| !typ.eq_ignore_ascii_case("JWT")) {
            return Err(malformed("its header asks for more than this service knows"));
        }
        let claims: Claims = json(claims)
            .ok_or_else(|| malformed("it needs the claims iss, sub, aud, exp and jti, times in whole seconds"))?;
        if claims.iss != claims.sub {
            return Err(malformed("'iss' and 'sub' are not the same"));
        }
        if claims.jti.is_empty() {
            return Err(malformed("'jti' is empty"));
        }
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| malformed("its signature cannot be read"))?;
        Ok(Self { signed, signature, header, claims })
    }

    /// Whom it says that it is from.
    pub(super) fn client(&self) -> &str {
        &self.claims.iss
    }

    /// Its own name, which is used once.
    pub(super) fn name(&self) -> &str {
        &self.claims.jti
    }

    /// Until when it could be used again.
    pub(super) fn ends(&self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(self.claims.exp, 0)?.checked_add_signed(SKEW)
    }

    /// Whether it is signed with this key, for this address, at this time.
    pub(super) fn check(&self, key: &PublicJwk, audience: &str, now: DateTime<Utc>) -> Result<(), Refusal> {
        let wrong_key = || Refusal::client(Some(Reason::WrongKey), "the assertion is not signed with the tablet's key");
        if self.header.kid.as_ref().is_some_and(|kid| *kid != key.thumbprint()) {
            return Err(wrong_key());
        }
        UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, key.point())
            .verify(self.signed.as_bytes(), &self.signature)
            .map_err(|_| wrong_key())?;
        let audiences = match &self.claims.aud {
            Value::Array(all) => all.as_slice(),
            one => std::slice::from_ref(one),
        };
        if !matches!(audiences, [Value::String(one)] if one == audience) {
            return Err(Refusal::client(Some(Reason::WrongAudience), format!("'aud' is not {audience}")));
        }
        self.in_time(now)
    }

    fn in_time(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        let expired = |said: &str| Err(Refusal::client(Some(Reason::Expired), said));
        let (now, skew, longest) = (now.timestamp(), SKEW.num_seconds(), LONGEST_LIFE.num_seconds());
        let Claims { exp, iat, nbf, .. } = self.claims;
        if exp <= now.saturating_sub(skew) {
            return expired("the assertion has run out: is the tablet's clock right?");
        }
        if exp > now.saturating_add(longest + skew) || iat.is_some_and(|iat| exp.saturating_sub(iat) > longest) {
            return expired("the assertion lives longer than five minutes: is the tablet's clock right?");
        }
        if [iat, nbf].into_iter().flatten().any(|from| from > now.saturating_add(skew)) {
            return expired("the assertion is from the future: is the tablet's clock right?");
        }
        Ok(())
    }
}

fn json<T: DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,60}|[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,9}") {
            if let Err(refusal) = Assertion::read(&text) {
                prop_assert!(!refusal.is_wrong_code());
            }
        }

        #[test]
        fn any_times_are_taken_or_refused(
            exp in any::<i64>(), iat in any::<Option<i64>>(), nbf in any::<Option<i64>>(), now in -9_000_000_000_i64..9_000_000_000,
        ) {
            let claims = Claims { iss: String::new(), sub: String::new(), aud: Value::Null, exp, iat, nbf, jti: String::new() };
            let header = Header { alg: String::new(), kid: None, typ: None, crit: None };
            let assertion = Assertion { signed: String::new(), signature: Vec::new(), header, claims };
            let taken = assertion.in_time(DateTime::from_timestamp(now, 0).unwrap()).is_ok();
            let fits = |at: i64, low: i64, high: i64| at > now + low && at <= now + high;
            prop_assert!(!taken || fits(exp, -60, 360));
            prop_assert!(assertion.ends().is_some() || !taken);
        }
    }
}
