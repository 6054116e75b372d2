//! Which service, which patient, which tablet.

use std::{fmt, net::IpAddr, str::FromStr};

use dagsform_care::PatientId;
use reqwest::Url;
use uuid::Uuid;

/// What the tablet was told when it was given to its patient. The patient exists at the service
/// already; the tablet never creates one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// The base address of the service's FHIR interface.
    pub service: ServiceAddress,
    /// The patient at the service.
    pub patient_reference: PatientReference,
    /// The patient on the tablet. A reading of anyone else is never sent.
    pub patient: PatientId,
    /// This tablet.
    pub tablet: Tablet,
    /// In which form the service takes what is sent.
    pub form: BodyForm,
}

/// In which form the service takes what is sent. The municipal service decides; it is said at enrolment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BodyForm {
    /// A transaction of conditional creates (R4, 3.1.0.11.2), readings with the devices that they name.
    #[default]
    Fhir,
    /// The batch of the national *Pasientens måledata*: each entry stands alone and is answered by its `fullUrl`. The
    /// service adds the national identity number, which the tablet does not know.
    Pmd,
}

impl BodyForm {
    /// Its name in an enrolment file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fhir => "fhir",
            Self::Pmd => "pmd",
        }
    }

    /// The form of a name.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Fhir, Self::Pmd].into_iter().find(|form| form.name() == name)
    }
}

/// What the tablet says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tablet {
    /// Its identity, made at installation.
    pub id: Uuid,
    /// Who makes it, if known.
    pub manufacturer: Option<String>,
    /// The product's name and model.
    pub model: String,
    /// The version of the program.
    pub version: String,
}

/// The base address of a FHIR service: https, or http to this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAddress(Url);

/// Why a text is not an address of a service.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// Not a URL.
    #[error("'{0}' is not a web address such as https://service.example/fhir")]
    NotAnAddress(String),
    /// http to another machine would send readings in the clear.
    #[error("'{0}' is not encrypted: use https (http is only for this machine itself)")]
    NotEncrypted(String),
    /// An address that the service names, encrypted where the service is not, or the other way round.
    #[error("'{0}' is not protected as the service's own address is")]
    Mixed(String),
    /// Another protocol.
    #[error("'{0}' is neither https nor http")]
    Protocol(String),
    /// A name or password in the address would end up in logs.
    #[error("the address may not hold a user name or a password")]
    Credentials,
    /// A query or a fragment cannot be a base.
    #[error("'{0}' holds a '?' or '#': give the base address alone")]
    NotABase(String),
}

impl ServiceAddress {
    /// Reads and checks an address.
    pub fn parse(text: &str) -> Result<Self, BadAddress> {
        let mut url = protected(text)?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(BadAddress::NotABase(text.to_owned()));
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self(url))
    }

    /// The address without a slash at its end.
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// The address of something below the base.
    pub(crate) fn below(&self, path: &str) -> String {
        format!("{}/{path}", self.as_str())
    }

    /// The address that a link of the service leads to, if it stays within the service.
    pub(crate) fn within<'a>(&self, link: &'a str) -> Option<&'a str> {
        let rest = link.strip_prefix(self.as_str())?;
        rest.starts_with(['/', '?']).then_some(link)
    }

    /// Another address that the service names, if the way there is as well protected as the way to the service.
    pub(crate) fn endpoint(&self, text: &str) -> Result<Url, BadAddress> {
        let url = protected(text)?;
        if url.scheme() != self.0.scheme() {
            return Err(BadAddress::Mixed(text.to_owned()));
        }
        Ok(url)
    }

    /// Whether the way to it is encrypted; where it is not, it leads to this machine itself.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether it is this machine itself.
    pub(crate) fn is_loopback(&self) -> bool {
        self.0.host_str().is_some_and(is_loopback)
    }
}

/// A web address that nobody on the way can listen to.
fn protected(text: &str) -> Result<Url, BadAddress> {
    let url = Url::parse(text.trim()).map_err(|_| BadAddress::NotAnAddress(text.to_owned()))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(BadAddress::Credentials);
    }
    let host = url.host_str().ok_or_else(|| BadAddress::NotAnAddress(text.to_owned()))?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(host) => Ok(url),
        "http" => Err(BadAddress::NotEncrypted(text.to_owned())),
        _ => Err(BadAddress::Protocol(text.to_owned())),
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

impl fmt::Display for ServiceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ServiceAddress {
    type Err = BadAddress;
    fn from_str(text: &str) -> Result<Self, BadAddress> {
        Self::parse(text)
    }
}

/// A patient at the service: `Patient/` and a FHIR id (R4, 2.24.0.1: letters, digits, `-` and `.`, at
/// most 64).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PatientReference(String);

/// Why a text is not a patient's reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a patient's reference such as Patient/123")]
pub struct NotAPatient(pub String);

impl PatientReference {
    /// Reads and checks a reference.
    pub fn parse(text: &str) -> Result<Self, NotAPatient> {
        let id = text.strip_prefix("Patient/").unwrap_or_default();
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
        if id.is_empty() || id.len() > 64 || !id.bytes().all(allowed) {
            return Err(NotAPatient(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }

    /// The reference of what SMART calls `patient`: the id alone ("Launch context parameters"). Some write it whole.
    pub(crate) fn of_id(id: &str) -> Result<Self, NotAPatient> {
        if id.starts_with("Patient/") { Self::parse(id) } else { Self::parse(&format!("Patient/{id}")) }
    }

    /// The reference as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PatientReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for PatientReference {
    type Err = NotAPatient;
    fn from_str(text: &str) -> Result<Self, NotAPatient> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_is_taken_anywhere_and_http_only_on_this_machine() {
        for good in [
            "https://service.example/fhir",
            "http://127.0.0.1:8090/fhir/",
            "http://[::1]:8090",
            "http://localhost:8090/fhir",
        ] {
            assert!(ServiceAddress::parse(good).is_ok(), "{good}");
        }
        assert!(matches!(ServiceAddress::parse("http://service.example/fhir"), Err(BadAddress::NotEncrypted(_))));
        assert!(matches!(ServiceAddress::parse("http://127.0.0.1.evil.example"), Err(BadAddress::NotEncrypted(_))));
        assert!(matches!(ServiceAddress::parse("ftp://service.example"), Err(BadAddress::Protocol(_))));
        assert!(matches!(ServiceAddress::parse("service"), Err(BadAddress::NotAnAddress(_))));
        assert!(matches!(ServiceAddress::parse("https://a:b@service.example"), Err(BadAddress::Credentials)));
        assert!(matches!(ServiceAddress::parse("https://service.example/fhir?x=1"), Err(BadAddress::NotABase(_))));
    }

    #[test]
    fn an_address_has_one_spelling_whether_or_not_it_ends_in_a_slash() {
        let of = |text| ServiceAddress::parse(text).unwrap().below("Patient/1");
        assert_eq!(of("https://service.example/fhir/"), "https://service.example/fhir/Patient/1");
        assert_eq!(of("https://service.example/fhir"), of("https://service.example/fhir/"));
        assert_eq!(of("https://service.example"), "https://service.example/Patient/1");
    }

    #[test]
    fn an_endpoint_is_protected_as_the_service_is() {
        let remote = ServiceAddress::parse("https://service.example/fhir").unwrap();
        let local = ServiceAddress::parse("http://127.0.0.1:8090/fhir").unwrap();
        assert!(remote.endpoint("https://login.example/token?x=1").is_ok());
        assert!(local.endpoint("http://localhost:8091/token").is_ok());
        for (service, endpoint) in [(&remote, "http://localhost:8091/token"), (&local, "https://login.example/token")] {
            assert!(matches!(service.endpoint(endpoint), Err(BadAddress::Mixed(_))), "{endpoint}");
        }
        assert!(matches!(local.endpoint("http://login.example/token"), Err(BadAddress::NotEncrypted(_))));
        assert!(matches!(remote.endpoint("/token"), Err(BadAddress::NotAnAddress(_))));
    }

    #[test]
    fn a_link_out_of_the_service_is_not_within_it() {
        let service = ServiceAddress::parse("https://service.example/fhir").unwrap();
        for (link, within) in [
            ("https://service.example/fhir/Goal?page=2", true),
            ("https://service.example/fhir?_getpages=2", true),
            ("https://service.example/fhir2/Goal", false),
            ("https://other.example/fhir/Goal", false),
            ("http://service.example/fhir/Goal", false),
            ("/fhir/Goal", false),
        ] {
            assert_eq!(service.within(link).is_some(), within, "{link}");
        }
    }

    #[test]
    fn what_is_not_a_patients_reference_is_refused() {
        assert!(PatientReference::parse("Patient/a-1.B").is_ok());
        for text in ["", "Patient/", "123", "Patient/1/_history/2", "Patient/a b", "Device/1", "Patient/é"] {
            assert!(PatientReference::parse(text).is_err(), "{text}");
        }
    }
}
