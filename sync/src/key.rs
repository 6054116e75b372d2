//! The tablet's key: made on the tablet, and never seen outside it.

use std::{fmt, sync::Arc};

use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};

use crate::jwk::PublicJwk;

/// A key for ES384 (RFC 7518, 3.4). A copy shares it.
#[derive(Clone)]
pub struct TabletKey(Arc<Parts>);

struct Parts {
    pkcs8: Vec<u8>,
    pair: EcdsaKeyPair,
    public: PublicJwk,
    thumbprint: String,
}

/// What can be wrong with a key. It never holds any of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The system gave no randomness.
    #[error("the tablet could not make or use its key: the system gives no random numbers")]
    NoRandomness,
    /// Not a PKCS #8 document (RFC 5958) with a P-384 key.
    #[error("what is kept as the tablet's key is none; the tablet has to be enrolled again")]
    NotAKey,
}

impl TabletKey {
    /// Makes a new key.
    ///
    /// # Errors
    /// [`KeyError::NoRandomness`].
    pub fn generate() -> Result<Self, KeyError> {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &SystemRandom::new())
            .map_err(|_| KeyError::NoRandomness)?;
        Self::from_pkcs8(pkcs8.as_ref())
    }

    /// A key as [`TabletKey::pkcs8`] gave it.
    ///
    /// # Errors
    /// [`KeyError::NotAKey`].
    pub fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, KeyError> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, pkcs8, &SystemRandom::new())
            .map_err(|_| KeyError::NotAKey)?;
        let public = PublicJwk::from_point(pair.public_key().as_ref()).ok_or(KeyError::NotAKey)?;
        let thumbprint = public.thumbprint();
        Ok(Self(Arc::new(Parts { pkcs8: pkcs8.to_vec(), pair, public, thumbprint })))
    }

    /// The whole key as PKCS #8 (RFC 5958), for the record alone.
    pub fn pkcs8(&self) -> &[u8] {
        &self.0.pkcs8
    }

    /// The public part, for the service.
    pub fn public_jwk(&self) -> &PublicJwk {
        &self.0.public
    }

    /// The key's name: the digest of its public part (RFC 7638).
    pub fn thumbprint(&self) -> &str {
        &self.0.thumbprint
    }

    /// The signature of a message in the form of a JWS (RFC 7518, 3.4: two numbers of 48 octets).
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let signature = self.0.pair.sign(&SystemRandom::new(), message).map_err(|_| KeyError::NoRandomness)?;
        Ok(signature.as_ref().to_vec())
    }
}

impl fmt::Debug for TabletKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TabletKey").field(&self.0.thumbprint).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_outlives_a_restart_and_another_one_is_another() {
        let key = TabletKey::generate().unwrap();
        let again = TabletKey::from_pkcs8(key.pkcs8()).unwrap();
        assert_eq!(key.thumbprint(), again.thumbprint());
        assert_ne!(key.thumbprint(), TabletKey::generate().unwrap().thumbprint());
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let key = TabletKey::generate().unwrap();
        let pkcs8 = key.pkcs8();
        for bad in [&[][..], b"key", &pkcs8[..pkcs8.len() - 1]] {
            assert_eq!(TabletKey::from_pkcs8(bad).unwrap_err(), KeyError::NotAKey);
        }
    }

    #[test]
    fn a_key_is_shown_by_its_name_alone() {
        let key = TabletKey::generate().unwrap();
        assert_eq!(format!("{key:?}"), format!("TabletKey({:?})", key.thumbprint()));
    }
}
