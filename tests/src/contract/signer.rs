//! A tablet's key and what it signs, written out so that every part of it can also be wrong.
//!
//! Sources: SMART App Launch 2.2.0, "Client Authentication: Asymmetric"; RFC 7515 (JWS), RFC 7517 (JWK), RFC 7518, 3.4
//! (ES384).

use anyhow::{Result, anyhow};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::Utc;
use dagsform_sync::{Credentials, access::SCOPE, key::TabletKey};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair},
};
use serde_json::{Value, json};
use uuid::Uuid;

/// A key with the name under which a service knows it.
pub(super) struct Signer {
    pub(super) client_id: String,
    tablet: TabletKey,
    key: EcdsaKeyPair,
}

/// What an assertion says, apart from whose it is.
#[derive(Clone, Debug)]
pub(super) struct Claims {
    pub(super) audience: String,
    /// Seconds from now until it expires; may be negative.
    pub(super) lives: i64,
    pub(super) jti: String,
}

impl Claims {
    /// As they should be.
    pub(super) fn good(audience: &str) -> Self {
        Self { audience: audience.to_owned(), lives: 240, jti: Uuid::now_v7().to_string() }
    }
}

impl Signer {
    /// With a new key.
    pub(super) fn new(client_id: &str) -> Result<Self> {
        Self::with(client_id, TabletKey::generate()?)
    }

    /// With the key of a tablet.
    pub(super) fn of(tablet: &Credentials) -> Result<Self> {
        Self::with(&tablet.client_id, TabletKey::from_pkcs8(tablet.key.pkcs8())?)
    }

    fn with(client_id: &str, tablet: TabletKey) -> Result<Self> {
        let (algorithm, random) = (&ECDSA_P384_SHA384_FIXED_SIGNING, SystemRandom::new());
        let key = EcdsaKeyPair::from_pkcs8(algorithm, tablet.pkcs8(), &random).map_err(|error| anyhow!("{error}"))?;
        Ok(Self { client_id: client_id.to_owned(), tablet, key })
    }

    /// As the tablet's own parts sign in.
    pub(super) fn credentials(&self) -> Result<Credentials> {
        let key = TabletKey::from_pkcs8(self.tablet.pkcs8())?;
        Ok(Credentials { client_id: self.client_id.clone(), key, scope: SCOPE.to_owned() })
    }

    /// The public part, as a service registers it.
    pub(super) fn jwk(&self) -> Result<Value> {
        Ok(serde_json::to_value(self.tablet.public_jwk())?)
    }

    /// A signed assertion of these claims.
    pub(super) fn assertion(&self, claims: &Claims) -> Result<String> {
        let now = Utc::now().timestamp();
        // One that has expired was made before it did.
        let made = now.min(now + claims.lives - 1);
        let header = json!({"alg": "ES384", "kid": self.tablet.thumbprint(), "typ": "JWT"});
        let claims = json!({"iss": self.client_id, "sub": self.client_id, "aud": claims.audience,
            "iat": made, "exp": now + claims.lives, "jti": claims.jti});
        let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes()).map_err(|_| anyhow!("cannot sign"))?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref())))
    }
}
