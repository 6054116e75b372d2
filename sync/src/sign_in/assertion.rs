//! The assertion by which a tablet says who it is: a JSON Web Token signed by its key (RFC 7523, 2.2 and 3).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::{access::Credentials, fault::NotUnderstood, fault::SyncFault};

/// How long it is valid. SMART allows five minutes; the rest is for clocks that differ a little.
const LIFE: TimeDelta = TimeDelta::minutes(3);

#[derive(Serialize)]
struct Header<'a> {
    alg: &'a str,
    kid: &'a str,
    typ: &'a str,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    jti: Uuid,
}

/// A new assertion (JWS Compact Serialization, RFC 7515, 7.1), for the token endpoint alone, good for one use.
pub(super) fn write(credentials: &Credentials, audience: &str, now: DateTime<Utc>) -> Result<String, SyncFault> {
    let Credentials { client_id, key, .. } = credentials;
    let header = Header { alg: "ES384", kid: key.thumbprint(), typ: "JWT" };
    let claims = Claims {
        iss: client_id,
        sub: client_id,
        aud: audience,
        iat: now.timestamp(),
        exp: (now + LIFE).timestamp(),
        jti: Uuid::now_v7(),
    };
    let part = |json: serde_json::Result<Vec<u8>>| match json {
        Ok(json) => Ok(URL_SAFE_NO_PAD.encode(json)),
        Err(error) => Err(NotUnderstood::SignIn(error.to_string())),
    };
    let signed = format!("{}.{}", part(serde_json::to_vec(&header))?, part(serde_json::to_vec(&claims))?);
    let signature = URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes())?);
    Ok(format!("{signed}.{signature}"))
}
