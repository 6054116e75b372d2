//! A tablet that signs in, with requests of its own: a key by ring, assertions written by hand.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::Utc;
use dagsform_sync::{PatientReference, jwk::PublicJwk};
use reqwest::{Response, StatusCode};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Rig, read};

pub const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A tablet's key, and the name under which it is registered.
pub struct Tablet {
    pair: EcdsaKeyPair,
    pub client: String,
}

impl Tablet {
    /// One with a new key, not registered.
    pub fn new() -> Self {
        let (kind, chance) = (&ECDSA_P384_SHA384_FIXED_SIGNING, SystemRandom::new());
        let key = EcdsaKeyPair::generate_pkcs8(kind, &chance).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(kind, key.as_ref(), &chance).unwrap();
        Self { pair, client: "nobody".to_owned() }
    }

    /// One that has registered for this patient.
    pub async fn registered(rig: &Rig, patient: &str) -> Self {
        let mut tablet = Self::new();
        let (status, said) = tablet.register(rig, &invite(rig, patient).await).await;
        assert_eq!(status, 201, "{said}");
        tablet.client = said["client_id"].as_str().unwrap().to_owned();
        tablet
    }

    pub fn jwk(&self) -> Value {
        PublicJwk::from_point(self.pair.public_key().as_ref()).unwrap().to_json()
    }

    pub fn metadata(&self) -> Value {
        json!({
            "client_name": "Dagsform", "software_id": "dagsform", "software_version": "1.2.3",
            "grant_types": ["client_credentials"], "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_signing_alg": "ES384", "scope": "system/*.cruds",
            "jwks": {"keys": [self.jwk()]}, "dagsform_tablet": "urn:uuid:3f2a1c9e-0000-4000-8000-000000000001",
        })
    }

    pub async fn register(&self, rig: &Rig, code: &str) -> (StatusCode, Value) {
        read(register(rig, code, "application/json", self.metadata().to_string()).await).await
    }

    pub fn header(&self) -> Value {
        json!({"alg": "ES384", "typ": "JWT", "kid": self.jwk()["kid"]})
    }

    pub fn claims(&self, rig: &Rig) -> Value {
        let now = Utc::now().timestamp();
        json!({"iss": self.client, "sub": self.client, "aud": endpoint(rig, "token"), "iat": now, "exp": now + 240,
            "jti": Uuid::now_v7().to_string()})
    }

    /// A JWT, whatever it says.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// Asks for a token.
    pub async fn sign_in(&self, rig: &Rig) -> (StatusCode, Value) {
        present(rig, &self.sign(&self.header(), &self.claims(rig))).await
    }

    /// A token, which must be given.
    pub async fn token(&self, rig: &Rig) -> String {
        let (status, said) = self.sign_in(rig).await;
        assert_eq!(status, 200, "{said}");
        said["access_token"].as_str().unwrap().to_owned()
    }
}

/// A one-time code for a patient.
pub async fn invite(rig: &Rig, patient: &str) -> String {
    rig.service.invite(&PatientReference::parse(patient).unwrap()).await.unwrap().to_string()
}

/// Where tokens are given or keys registered.
pub fn endpoint(rig: &Rig, name: &str) -> String {
    format!("{}auth/{name}", rig.service.page())
}

pub async fn register(rig: &Rig, code: &str, media_type: &str, body: String) -> Response {
    let request = rig.http.post(endpoint(rig, "register")).header("content-type", media_type);
    request.bearer_auth(code.replace('-', "")).body(body).send().await.unwrap()
}

/// Asks for a token with an assertion.
pub async fn present(rig: &Rig, assertion: &str) -> (StatusCode, Value) {
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", "system/*.cruds"),
        ("client_assertion_type", ASSERTION),
        ("client_assertion", assertion),
    ];
    ask(rig, &form).await
}

/// Posts a form to the token endpoint.
pub async fn ask(rig: &Rig, form: &[(&str, &str)]) -> (StatusCode, Value) {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = rig.http.post(endpoint(rig, "token")).header("content-type", "application/x-www-form-urlencoded");
    read(request.body(body).send().await.unwrap()).await
}
