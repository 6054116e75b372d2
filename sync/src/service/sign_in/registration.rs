//! The registration endpoint: a one-time code is taken, a key registered (RFC 7591, 3).

use ring::{agreement, rand::SystemRandom};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    SCOPE, milliseconds,
    refusal::{Reason, Refusal},
    tablets::{Code, Tablet, Tablets},
};
use crate::{
    enrolment::BodyForm,
    jwk::PublicJwk,
    one_time_code::OneTimeCode,
    service::fhir::store::{Store, new_id},
};

/// The longest version of a program, in characters.
const LONGEST_VERSION: usize = 100;

/// What a tablet says of itself.
#[derive(Debug)]
pub(super) struct Metadata {
    key: PublicJwk,
    version: Option<String>,
    name: Option<Uuid>,
    /// The reference of the patient whom the tablet has already.
    patient: Option<String>,
}

/// As it is sent. What is not there has the value that this service needs (RFC 7591, 2).
#[derive(Deserialize)]
struct Sent {
    grant_types: Option<Vec<String>>,
    token_endpoint_auth_method: Option<String>,
    token_endpoint_auth_signing_alg: Option<String>,
    software_version: Option<String>,
    jwks: Keys,
    dagsform_tablet: Option<String>,
    dagsform_patient: Option<String>,
}

#[derive(Deserialize)]
struct Keys {
    keys: Vec<Value>,
}

impl Metadata {
    /// Reads the body that was posted.
    pub(super) fn read(media_type: String, body: &[u8]) -> Result<Self, Refusal> {
        if media_type != "application/json" {
            return Err(Refusal::metadata("send JSON, with the header Content-Type: application/json"));
        }
        let sent: Sent = serde_json::from_slice(body).map_err(|error| Refusal::metadata(error.to_string()))?;
        if sent.grant_types.is_some_and(|types| types != ["client_credentials"]) {
            return Err(Refusal::metadata("'grant_types' is client_credentials here, and nothing else"));
        }
        if sent.token_endpoint_auth_method.is_some_and(|method| method != "private_key_jwt") {
            return Err(Refusal::metadata("'token_endpoint_auth_method' is private_key_jwt here"));
        }
        if sent.token_endpoint_auth_signing_alg.is_some_and(|alg| alg != "ES384") {
            return Err(Refusal::metadata("'token_endpoint_auth_signing_alg' is ES384 here"));
        }
        let [key] = sent.jwks.keys.as_slice() else {
            return Err(Refusal::metadata("'jwks' holds one key: the tablet's"));
        };
        let key = PublicJwk::read(key).map_err(|fault| Refusal::metadata(fault.to_string()))?;
        if !is_on_the_curve(&key) {
            return Err(Refusal::metadata("the key is no point of its curve"));
        }
        let name = sent.dagsform_tablet.map(|name| {
            let uuid = name.strip_prefix("urn:uuid:").and_then(|uuid| uuid.parse().ok());
            uuid.ok_or_else(|| Refusal::metadata("'dagsform_tablet' is not urn:uuid: and a UUID"))
        });
        let version = sent.software_version;
        if version.as_ref().is_some_and(|version| version.chars().count() > LONGEST_VERSION) {
            return Err(Refusal::metadata(format!("'software_version' is longer than {LONGEST_VERSION} characters")));
        }
        Ok(Self { key, version, name: name.transpose()?, patient: sent.dagsform_patient })
    }
}

/// Asked of the one part of ring that looks at a point before it is used.
fn is_on_the_curve(key: &PublicJwk) -> bool {
    let Ok(own) = agreement::EphemeralPrivateKey::generate(&agreement::ECDH_P384, &SystemRandom::new()) else {
        return false;
    };
    let theirs = agreement::UnparsedPublicKey::new(&agreement::ECDH_P384, key.point());
    agreement::agree_ephemeral(own, &theirs, |_| ()).is_ok()
}

/// Registers the key for the code's patient, once. The same code with the same key is answered as it was the first
/// time: that answer may have been lost.
pub(super) fn register(
    store: &Store<'_>,
    code: Option<&OneTimeCode>,
    metadata: Result<Metadata, Refusal>,
    form: BodyForm,
) -> Result<Value, Refusal> {
    let tablets = Tablets(store);
    let unknown = || Refusal::code(Reason::CodeUnknown, "this is no one-time code of this service");
    let code = code.ok_or_else(unknown)?;
    let Code { patient, ends, client } = tablets.code(code)?.ok_or_else(unknown)?;
    let now = milliseconds(store.now);
    if client.is_none() && ends <= now {
        return Err(Refusal::code(Reason::CodeExpired, "the one-time code has run out: ask for a new one"));
    }
    // Only who has a code is told what is wrong with the rest.
    let Metadata { key, version, name, patient: has } = metadata?;
    // The code stays as it is, and the patient's own tablet keeps its access.
    if has.is_some_and(|has| has.strip_prefix("Patient/") != Some(&patient)) {
        return Err(Refusal::metadata("the one-time code is for another patient than this tablet has"));
    }
    let tablet = match client {
        Some(client) => {
            let known = tablets.by_client(&client)?.ok_or_else(unknown)?;
            match &known.key {
                Some(registered) if *registered == key => known,
                Some(_) => return Err(Refusal::code(Reason::CodeUsed, "the one-time code was used for another key")),
                None => return Err(Refusal::code(Reason::Revoked, "the key of this one-time code was revoked")),
            }
        }
        None => {
            let (client, name) = (new_id(), name.map(|name| name.urn().to_string()));
            let tablet = Tablet { client, patient, name, version, key: Some(key.clone()), since: now, contact: now };
            tablets.register(code, &tablet)?;
            tablet
        }
    };
    Ok(json!({
        "client_id": tablet.client,
        "client_id_issued_at": tablet.since / 1000,
        "client_name": "Dagsform",
        "software_id": "dagsform",
        "software_version": tablet.version,
        "grant_types": ["client_credentials"],
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "ES384",
        "jwks": { "keys": [key] },
        "scope": SCOPE,
        "patient": tablet.patient,
        "dagsform_tablet": tablet.name,
        "dagsform_form": form.name(),
    }))
}
