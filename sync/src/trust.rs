//! How the tablet knows that it speaks with its service: by whom the service's certificate is signed, or by its key.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};

/// What makes a service the right one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// A certificate for its name by one of the authorities that the system trusts.
    #[default]
    System,
    /// A certificate for its name by this authority and no other.
    Authority(Authority),
    /// This public key, whoever signed its certificate, for whatever name and time.
    PublicKey(KeyPin),
}

/// The certificates of an authority of one's own.
#[derive(Clone, PartialEq, Eq)]
pub struct Authority(Vec<CertificateDer<'static>>);

/// The SHA-256 of a certificate's SubjectPublicKeyInfo (RFC 7469, 2.4).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyPin([u8; 32]);

/// Why a text says nothing that can be trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTrust {
    /// Neither `system`, nor a pin, nor certificates.
    #[error("give the certificate of an authority as PEM, or a key as sha256/ and 44 characters of base64")]
    Unreadable,
    /// Not 32 octets of base64.
    #[error("the key is not sha256/ and 44 characters of base64")]
    NotAPin,
    /// PEM that cannot be read to its end.
    #[error("the authority's certificate is damaged: {0}")]
    Damaged(String),
}

const SYSTEM: &str = "system";
const PIN: &str = "sha256/";
/// PEM's lines are of this length (RFC 7468, 2).
const LINE: usize = 64;

impl Authority {
    /// Reads certificates in PEM (RFC 7468). Other things in it, such as a key, are left out.
    ///
    /// # Errors
    /// There is no certificate in it, or one that cannot be an authority's.
    pub fn from_pem(text: &str) -> Result<Self, BadTrust> {
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(text.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|error| BadTrust::Damaged(error.to_string()))?;
        if certificates.is_empty() {
            return Err(BadTrust::Unreadable);
        }
        let authority = Self(certificates);
        authority.roots().map_err(|error| BadTrust::Damaged(error.to_string()))?;
        Ok(authority)
    }

    /// What rustls checks a chain by.
    pub(crate) fn roots(&self) -> Result<RootCertStore, rustls::Error> {
        let mut roots = RootCertStore::empty();
        for certificate in &self.0 {
            roots.add(certificate.clone())?;
        }
        Ok(roots)
    }
}

impl KeyPin {
    /// The pin of a digest.
    pub fn new(sha256: [u8; 32]) -> Self {
        Self(sha256)
    }
}

impl FromStr for KeyPin {
    type Err = BadTrust;
    fn from_str(text: &str) -> Result<Self, BadTrust> {
        let digest = text.trim().strip_prefix(PIN).and_then(|digest| STANDARD.decode(digest).ok());
        let digest = digest.and_then(|digest| <[u8; 32]>::try_from(digest).ok());
        digest.map(Self).ok_or(BadTrust::NotAPin)
    }
}

impl FromStr for Trust {
    type Err = BadTrust;

    /// Reads what `Display` wrote.
    fn from_str(text: &str) -> Result<Self, BadTrust> {
        match text.trim() {
            SYSTEM => Ok(Self::System),
            pin if pin.starts_with(PIN) => Ok(Self::PublicKey(pin.parse()?)),
            pem => Ok(Self::Authority(Authority::from_pem(pem)?)),
        }
    }
}

impl fmt::Display for Trust {
    /// `system`, PEM, or `sha256/` and base64.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str(SYSTEM),
            Self::Authority(authority) => authority.fmt(f),
            Self::PublicKey(pin) => pin.fmt(f),
        }
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for certificate in &self.0 {
            f.write_str("-----BEGIN CERTIFICATE-----\n")?;
            for line in STANDARD.encode(certificate).as_bytes().chunks(LINE) {
                writeln!(f, "{}", String::from_utf8_lossy(line))?;
            }
            f.write_str("-----END CERTIFICATE-----\n")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authority({} certificates)", self.0.len())
    }
}

impl fmt::Display for KeyPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PIN}{}", STANDARD.encode(self.0))
    }
}

impl fmt::Debug for KeyPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyPin({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate() -> (String, String) {
        let signed = rcgen::generate_simple_self_signed(vec!["service.example".to_owned()]).unwrap();
        (signed.cert.pem(), signed.signing_key.serialize_pem())
    }

    #[test]
    fn what_is_trusted_is_the_same_after_it_was_written_down() {
        let (pem, _) = certificate();
        let authority = Trust::Authority(Authority::from_pem(&pem).unwrap());
        let pin = Trust::PublicKey(KeyPin::new([7; 32]));
        for trust in [Trust::System, authority, pin] {
            assert_eq!(trust.to_string().parse(), Ok(trust));
        }
    }

    #[test]
    fn several_certificates_are_read_and_a_key_among_them_is_not_kept() {
        let ((one, key), (other, _)) = (certificate(), certificate());
        let authority = Authority::from_pem(&format!("Of the municipality:\r\n{one}{key}\n{other}")).unwrap();
        assert_eq!(authority.0.len(), 2);
        assert!(!authority.to_string().contains("PRIVATE"));
    }

    #[test]
    fn what_cannot_be_trusted_says_why() {
        let (pem, key) = certificate();
        let of = |text: &str| text.parse::<Trust>().unwrap_err();
        for text in ["", "yes", "sha1/AAAA", &key] {
            assert_eq!(of(text), BadTrust::Unreadable, "{text}");
        }
        for text in ["sha256/", "sha256/AAAA", "sha256/=", &"sha256/A".repeat(7)] {
            assert_eq!(of(text), BadTrust::NotAPin, "{text}");
        }
        let damaged = [
            pem.replace("MII", "!!!"),
            pem.replace("-----END CERTIFICATE-----", ""),
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----".to_owned(),
        ];
        for text in damaged {
            assert!(matches!(of(&text), BadTrust::Damaged(_)), "{text}");
        }
    }
}
