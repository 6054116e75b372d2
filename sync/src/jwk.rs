//! A public key on the curve P-384 as a JSON Web Key (RFC 7517; RFC 7518, 6.2), for signatures with ES384.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// Bytes of a coordinate.
const COORDINATE: usize = 48;
/// Says that a point is written with both coordinates (SEC 1, 2.3.3).
const UNCOMPRESSED: u8 = 4;

/// A public key for ES384.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicJwk {
    x: [u8; COORDINATE],
    y: [u8; COORDINATE],
}

/// Why a JSON value is no public key for ES384.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// Another kind of key, another curve, another use.
    #[error("the key's '{member}' is not '{wanted}'")]
    Other {
        /// The member.
        member: &'static str,
        /// What it has to be.
        wanted: &'static str,
    },
    /// A coordinate is missing, or is not 48 bytes in base64url.
    #[error("the key's '{0}' is not 48 bytes in base64url")]
    Coordinate(&'static str),
    /// `kid` is not the thumbprint of the key.
    #[error("the key's 'kid' is not its thumbprint (RFC 7638)")]
    Thumbprint,
    /// The private part was sent along.
    #[error("the key holds its private part: that never leaves the tablet; make a new key")]
    Private,
}

impl PublicJwk {
    /// The key of a point as ECDSA libraries write it: 4, x, y. `None` for anything else.
    #[must_use]
    pub fn from_point(point: &[u8]) -> Option<Self> {
        let (&UNCOMPRESSED, coordinates) = point.split_first()? else { return None };
        let (x, y) = coordinates.split_at_checked(COORDINATE)?;
        Some(Self { x: x.try_into().ok()?, y: y.try_into().ok()? })
    }

    /// The point as ECDSA libraries read it: 4, x, y. Whether it lies on the curve is theirs to check.
    #[must_use]
    pub fn point(&self) -> Vec<u8> {
        [&[UNCOMPRESSED], self.x.as_slice(), &self.y].concat()
    }

    /// Reads a JWK. What is there has to fit; only kind, curve and coordinates have to be there.
    pub fn read(jwk: &Value) -> Result<Self, BadKey> {
        if jwk.get("d").is_some() {
            return Err(BadKey::Private);
        }
        let is = |member, wanted: &'static str, needed: bool| match jwk.get(member) {
            None if !needed => Ok(()),
            Some(found) if found == wanted => Ok(()),
            _ => Err(BadKey::Other { member, wanted }),
        };
        is("kty", "EC", true)?;
        is("crv", "P-384", true)?;
        is("alg", "ES384", false)?;
        is("use", "sig", false)?;
        let key = Self { x: coordinate(jwk, "x")?, y: coordinate(jwk, "y")? };
        if jwk.get("kid").is_some_and(|kid| *kid != key.thumbprint()) {
            return Err(BadKey::Thumbprint);
        }
        Ok(key)
    }

    /// As a JWK, with its thumbprint as `kid`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut jwk = self.required();
        jwk.extend([
            ("kid".to_owned(), json!(self.thumbprint())),
            ("alg".to_owned(), json!("ES384")),
            ("use".to_owned(), json!("sig")),
            ("key_ops".to_owned(), json!(["verify"])),
        ]);
        Value::Object(jwk)
    }

    /// The key's own name: the SHA-256 of its required members in base64url (RFC 7638, 3).
    #[must_use]
    pub fn thumbprint(&self) -> String {
        // `serde_json` writes members sorted and without spaces, as RFC 7638, 3.3 wants it.
        URL_SAFE_NO_PAD.encode(Sha256::digest(Value::Object(self.required()).to_string()))
    }

    fn required(&self) -> Map<String, Value> {
        Map::from_iter([
            ("crv".to_owned(), json!("P-384")),
            ("kty".to_owned(), json!("EC")),
            ("x".to_owned(), json!(URL_SAFE_NO_PAD.encode(self.x))),
            ("y".to_owned(), json!(URL_SAFE_NO_PAD.encode(self.y))),
        ])
    }
}

impl Serialize for PublicJwk {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

fn coordinate(jwk: &Value, member: &'static str) -> Result<[u8; COORDINATE], BadKey> {
    let text = jwk.get(member).and_then(Value::as_str).unwrap_or_default();
    let bytes = URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
    bytes.try_into().map_err(|_| BadKey::Coordinate(member))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> PublicJwk {
        PublicJwk { x: [1; COORDINATE], y: [0xfe; COORDINATE] }
    }

    #[test]
    fn a_key_is_read_as_it_was_written() {
        assert_eq!(PublicJwk::read(&key().to_json()), Ok(key()));
        assert_eq!(PublicJwk::from_point(&key().point()), Some(key()));
        assert_eq!(key().point().len(), 97);
        assert_eq!(PublicJwk::from_point(&key().point()[..96]), None);
        assert_eq!(PublicJwk::from_point(&[[2].as_slice(), &[1; 96]].concat()), None);
    }

    #[test]
    fn a_thumbprint_is_that_of_the_required_members_in_their_order() {
        let (x, y) = ("AQEB".repeat(16), "_v7-".repeat(16));
        let text = format!(r#"{{"crv":"P-384","kty":"EC","x":"{x}","y":"{y}"}}"#);
        assert_eq!(key().thumbprint(), URL_SAFE_NO_PAD.encode(Sha256::digest(text)));
        assert_eq!(key().to_json()["kid"], key().thumbprint());
    }

    #[test]
    fn what_is_no_key_for_es384_says_why() {
        let fault = |member: &str, value: Value| {
            let mut jwk = key().to_json();
            jwk[member] = value;
            PublicJwk::read(&jwk).unwrap_err()
        };
        assert_eq!(fault("crv", json!("P-256")), BadKey::Other { member: "crv", wanted: "P-384" });
        assert_eq!(fault("kty", json!("oct")), BadKey::Other { member: "kty", wanted: "EC" });
        assert_eq!(fault("alg", json!("none")), BadKey::Other { member: "alg", wanted: "ES384" });
        assert_eq!(fault("use", json!("enc")), BadKey::Other { member: "use", wanted: "sig" });
        assert_eq!(fault("x", json!("AQEB")), BadKey::Coordinate("x"));
        assert_eq!(fault("y", json!(7)), BadKey::Coordinate("y"));
        assert_eq!(fault("y", json!(format!("{}=", "_v7-".repeat(16)))), BadKey::Coordinate("y"));
        assert_eq!(fault("kid", json!("mine")), BadKey::Thumbprint);
        assert_eq!(fault("d", json!("AQEB")), BadKey::Private);
        for value in [json!(null), json!([]), json!("key"), json!({})] {
            assert_eq!(PublicJwk::read(&value), Err(BadKey::Other { member: "kty", wanted: "EC" }), "{value}");
        }
    }
}
