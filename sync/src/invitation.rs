//! What a tablet is given to be enrolled: a service's address, and a one-time code or the word that the service knows it
//! already; typed, or in a file.
//!
//! The enrolment file is a JSON object of strings:
//!
//! | member | meaning |
//! |---|---|
//! | `service` | the base address of the service's FHIR interface |
//! | `code` | the one-time code (RFC 7591, 3: the initial access token) |
//! | `client` | in place of a code: the name under which the service knows the tablet's key already |
//! | `patient` | with `client`: the patient at the service, `Patient/12`; alone: a service on this machine asks nobody |
//! | `form` | the form of what is sent: `fhir` (so if missing) or `pmd` |
//! | `scope` | what the tablet asks to be allowed |
//! | `authority` | the certificate of the only authority to trust, as PEM |
//! | `key_pin` | the only key to trust: `sha256/` and the base64 of its digest |

use serde_json::value::RawValue;

use crate::{
    access::{SCOPE, is_visible},
    enrolment::{BadAddress, BodyForm, NotAPatient, PatientReference, ServiceAddress},
    members::Members,
    one_time_code::{BadCode, OneTimeCode},
    trust::{Authority, BadTrust, Trust},
};

/// What a tablet is given to be enrolled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// The base address of the service's FHIR interface.
    pub service: ServiceAddress,
    /// How the tablet comes to be known there.
    pub entrance: Entrance,
    /// The form of what is sent, if it was said.
    pub form: Option<BodyForm>,
    /// How the service is known to be the right one.
    pub trust: Trust,
    /// What the tablet asks to be allowed.
    pub scope: String,
    /// The patient whom the tablet has already; not part of the file. A code for someone else is then not used up.
    pub patient_on_tablet: Option<PatientReference>,
}

/// How a tablet comes to be known at a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entrance {
    /// It registers its key by this code.
    Code(OneTimeCode),
    /// Someone has registered its key there.
    Known {
        /// Its name there.
        client_id: String,
        /// Its patient there, if it was said.
        patient: Option<PatientReference>,
    },
    /// The service, on this machine, asks nobody who they are.
    Open {
        /// Its patient there.
        patient: PatientReference,
    },
}

/// Why a text is no invitation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadInvitation {
    /// More than [`LARGEST`].
    #[error("the enrolment file is far too long to be one")]
    TooLong,
    /// Not a JSON object.
    #[error("the enrolment file is no JSON object: {0}")]
    NotAnObject(String),
    /// Members that no enrolment file has.
    #[error("the enrolment file has unknown members: {}", .0.join(", "))]
    Unknown(Vec<String>),
    /// A member stands there twice.
    #[error("the enrolment file has '{0}' twice")]
    Twice(&'static str),
    /// A member is no string, or an empty one.
    #[error("'{0}' in the enrolment file is no text")]
    NotText(&'static str),
    /// A member is missing.
    #[error("the enrolment file lacks '{0}'")]
    Missing(&'static str),
    /// Two members exclude each other.
    #[error("the enrolment file has both '{0}' and '{1}', which exclude each other")]
    Both(&'static str, &'static str),
    /// Not a service's address.
    #[error("'service' in the enrolment file: {0}")]
    Service(#[from] BadAddress),
    /// Not a one-time code.
    #[error("'code' in the enrolment file: {0}")]
    Code(#[from] BadCode),
    /// Not a patient's reference.
    #[error("'patient' in the enrolment file: {0}")]
    Patient(#[from] NotAPatient),
    /// Not a form.
    #[error("'form' in the enrolment file is '{0}', and neither fhir nor pmd")]
    Form(String),
    /// A scope or a name with letters that it cannot have (RFC 6749, appendix A).
    #[error("'{0}' in the enrolment file has letters that cannot stand there")]
    Letters(&'static str),
    /// Nothing to trust.
    #[error("'{0}' in the enrolment file: {1}")]
    Trust(&'static str, BadTrust),
}

/// An enrolment file is not larger than this, in bytes.
pub const LARGEST: usize = 64 * 1024;

const MEMBERS: [&str; 8] = ["service", "code", "client", "patient", "form", "scope", "authority", "key_pin"];

impl Invitation {
    /// What someone typed: an address and a code. The system's authorities are trusted.
    pub fn typed(service: ServiceAddress, code: OneTimeCode) -> Self {
        Self {
            service,
            entrance: Entrance::Code(code),
            form: None,
            trust: Trust::System,
            scope: SCOPE.to_owned(),
            patient_on_tablet: None,
        }
    }

    /// Reads an enrolment file.
    ///
    /// # Errors
    /// The first thing that is wrong, by its name.
    pub fn read(file: &[u8]) -> Result<Self, BadInvitation> {
        if file.len() > LARGEST {
            return Err(BadInvitation::TooLong);
        }
        // Some editors put a byte order mark before the text.
        let json = file.strip_prefix("\u{feff}".as_bytes()).unwrap_or(file);
        let Members(members) = serde_json::from_slice(json).map_err(|e| BadInvitation::NotAnObject(e.to_string()))?;
        let unknown: Vec<String> =
            members.iter().filter(|(name, _)| !MEMBERS.contains(&name.as_str())).map(|(name, _)| short(name)).collect();
        if !unknown.is_empty() {
            return Err(BadInvitation::Unknown(unknown));
        }
        let text = |name| member(&members, name);
        let service = ServiceAddress::parse(&text("service")?.ok_or(BadInvitation::Missing("service"))?)?;
        let form = text("form")?.map(|name| BodyForm::of_name(&name).ok_or_else(|| BadInvitation::Form(short(&name))));
        let trust = match (text("authority")?, text("key_pin")?) {
            (Some(_), Some(_)) => return Err(BadInvitation::Both("authority", "key_pin")),
            (Some(pem), None) => {
                Trust::Authority(Authority::from_pem(&pem).map_err(|bad| BadInvitation::Trust("authority", bad))?)
            }
            (None, Some(pin)) => Trust::PublicKey(pin.parse().map_err(|bad| BadInvitation::Trust("key_pin", bad))?),
            (None, None) => Trust::System,
        };
        let patient = text("patient")?.map(|patient| PatientReference::parse(&patient)).transpose()?;
        let entrance = match (text("code")?, text("client")?, patient) {
            (Some(_), Some(_), _) => return Err(BadInvitation::Both("code", "client")),
            (Some(_), None, Some(_)) => return Err(BadInvitation::Both("code", "patient")),
            (Some(code), None, None) => Entrance::Code(code.parse()?),
            (None, Some(client_id), patient) => Entrance::Known { client_id: visible("client", client_id)?, patient },
            (None, None, Some(patient)) if service.is_loopback() => Entrance::Open { patient },
            (None, None, _) => return Err(BadInvitation::Missing("code")),
        };
        let scope = text("scope")?.map_or(Ok(SCOPE.to_owned()), |scope| visible("scope", scope))?;
        Ok(Self { service, entrance, form: form.transpose()?, trust, scope, patient_on_tablet: None })
    }
}

/// The member of a name, if it is there.
fn member(members: &[(String, &RawValue)], name: &'static str) -> Result<Option<String>, BadInvitation> {
    let mut found = members.iter().filter(|(other, _)| other == name);
    let Some((_, value)) = found.next() else { return Ok(None) };
    if found.next().is_some() {
        return Err(BadInvitation::Twice(name));
    }
    let text: String = serde_json::from_str(value.get()).map_err(|_| BadInvitation::NotText(name))?;
    let text = text.trim();
    if text.is_empty() { Err(BadInvitation::NotText(name)) } else { Ok(Some(text.to_owned())) }
}

fn visible(name: &'static str, text: String) -> Result<String, BadInvitation> {
    if is_visible(&text) { Ok(text) } else { Err(BadInvitation::Letters(name)) }
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}
