//! A tablet registers its key by a one-time code (RFC 7591), and learns its name at the service.

use reqwest::{
    StatusCode,
    header::{ACCEPT, CONTENT_TYPE},
};
use serde::{Deserialize, Serialize};

use crate::{
    access::{Clock, is_visible},
    client::{
        ClientError,
        connection::{Connection, json, sorted},
    },
    enrolment::{BodyForm, PatientReference, Tablet},
    fault::{NotUnderstood, SyncFault},
    invitation::{Entrance, Invitation},
    jwk::PublicJwk,
    key::TabletKey,
    one_time_code::OneTimeCode,
    sign_in::{LARGEST_ANSWER, discovery::discover, said::Said},
};

/// What a tablet is at its service after it was registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Its name there.
    pub client_id: String,
    /// Its patient, if the service or the invitation said so; else the first token tells, see
    /// [`crate::Client::confirm`].
    pub patient: Option<PatientReference>,
    /// The form of what is sent.
    pub form: BodyForm,
    /// What it may ask to be allowed.
    pub scope: String,
}

/// Why a tablet was not enrolled. Nothing is half done: the same invitation with the same key can be tried again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnrolFault {
    /// The service does not know the code.
    #[error("the service does not know this one-time code")]
    CodeUnknown,
    /// The code was used by another tablet, or by this one with another key.
    #[error("this one-time code has been used already")]
    CodeUsed,
    /// The code is too old.
    #[error("this one-time code is too old")]
    CodeExpired,
    /// The service does not take the code and does not say why (401 or 403).
    #[error("the service does not take this one-time code")]
    CodeRefused,
    /// The service has signing in, but registers no tablets: someone has to register the key there.
    #[error("the service registers no tablets by itself")]
    NoRegistration,
    /// The service does not take what the tablet says of itself (400).
    #[error("the service does not take the registration: {said}")]
    Refused {
        /// Its words, shortened.
        said: String,
    },
    /// The service's patient is another than the one that was said.
    #[error("the service says that this tablet is for {told}, not for {expected}")]
    OtherPatient {
        /// Whom the tablet was told.
        expected: PatientReference,
        /// Whom the service tells.
        told: PatientReference,
    },
    /// Nobody says who the patient is.
    #[error("neither the invitation nor the service says who the patient is")]
    NoPatient,
    /// No connection can be made from this tablet.
    #[error(transparent)]
    Connection(#[from] ClientError),
    /// The way to the service, its answers, or the signing in.
    #[error(transparent)]
    Sync(#[from] SyncFault),
}

impl From<NotUnderstood> for EnrolFault {
    fn from(fault: NotUnderstood) -> Self {
        Self::Sync(fault.into())
    }
}

/// A tablet's metadata (RFC 7591, 2), and which tablet it is.
#[derive(Serialize)]
struct Metadata<'a> {
    client_name: &'a str,
    software_id: &'a str,
    software_version: &'a str,
    grant_types: [&'a str; 1],
    token_endpoint_auth_method: &'a str,
    token_endpoint_auth_signing_alg: &'a str,
    scope: &'a str,
    jwks: Keys<'a>,
    dagsform_tablet: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    dagsform_patient: Option<&'a str>,
}

#[derive(Serialize)]
struct Keys<'a> {
    keys: [&'a PublicJwk; 1],
}

/// The service's answer (RFC 7591, 3.2.1), as far as the tablet does not know it.
#[derive(Deserialize)]
struct Answer {
    client_id: String,
    scope: Option<String>,
    patient: Option<String>,
    dagsform_form: Option<String>,
}

/// Registers a key by the invitation's code; where the service knows the key already, nothing is sent; a service that
/// asks nobody registers nobody. A code that comes again with the same key, after an answer that was lost, gives the same
/// as before.
///
/// # Errors
/// See [`EnrolFault`].
pub async fn register(
    invitation: &Invitation,
    tablet: &Tablet,
    key: &TabletKey,
    clock: Clock,
) -> Result<Registered, EnrolFault> {
    let code = match &invitation.entrance {
        Entrance::Code(code) => code,
        Entrance::Known { client_id, patient } => {
            return Ok(Registered {
                client_id: client_id.clone(),
                patient: patient.clone(),
                form: invitation.form.unwrap_or_default(),
                scope: invitation.scope.clone(),
            });
        }
        Entrance::Open { .. } => return Err(EnrolFault::NoRegistration),
    };
    let connection = Connection::new(&invitation.service, &invitation.trust, clock)?;
    let endpoints = discover(&connection, &invitation.service).await?;
    let endpoint = endpoints.registration.ok_or(EnrolFault::NoRegistration)?;
    let metadata = Metadata {
        client_name: "Dagsform",
        software_id: "dagsform",
        software_version: &tablet.version,
        grant_types: ["client_credentials"],
        token_endpoint_auth_method: "private_key_jwt",
        token_endpoint_auth_signing_alg: "ES384",
        scope: &invitation.scope,
        jwks: Keys { keys: [key.public_jwk()] },
        dagsform_tablet: tablet.id.urn().to_string(),
        dagsform_patient: invitation.patient_on_tablet.as_ref().map(PatientReference::as_str),
    };
    let answer = ask(&connection, &endpoint, code, &metadata).await?;
    let patient = answer.patient.map(|patient| PatientReference::of_id(&patient)).transpose();
    let form = answer.dagsform_form.map(|form| BodyForm::of_name(&form).ok_or(form)).transpose();
    Ok(Registered {
        client_id: answer.client_id,
        patient: patient.map_err(|bad| not_understood(bad.to_string()))?,
        form: form
            .map_err(|form| not_understood(format!("'{form}' is no form of what is sent")))?
            .or(invitation.form)
            .unwrap_or_default(),
        scope: answer.scope.unwrap_or_else(|| invitation.scope.clone()),
    })
}

async fn ask(
    connection: &Connection,
    endpoint: &str,
    code: &OneTimeCode,
    metadata: &Metadata<'_>,
) -> Result<Answer, EnrolFault> {
    let body = serde_json::to_vec(metadata).map_err(|error| not_understood(error.to_string()))?;
    let request = connection.http.post(endpoint).bearer_auth(code.as_bearer());
    let request = request.header(ACCEPT, "application/json").header(CONTENT_TYPE, "application/json").body(body);
    let response = sorted(connection.send(request).await?)?;
    let status = response.status();
    if status.is_success() {
        let body = json(response, LARGEST_ANSWER).await?;
        let answer: Answer = serde_json::from_slice(&body).map_err(|error| not_understood(error.to_string()))?;
        if answer.client_id.is_empty()
            || !is_visible(&answer.client_id)
            || !answer.scope.as_deref().is_none_or(is_visible)
        {
            return Err(
                not_understood("the tablet's name or scope has letters that cannot stand there".to_owned()).into()
            );
        }
        return Ok(answer);
    }
    match status {
        StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            let body = json(response, LARGEST_ANSWER).await?;
            let said = Said::read(&body, code.as_bearer());
            Err(refused(status, &said.ok_or_else(|| not_understood(format!("{status} without an error")))?))
        }
        _ => Err(EnrolFault::NoRegistration),
    }
}

fn refused(status: StatusCode, said: &Said) -> EnrolFault {
    match said.reason.as_deref() {
        Some("code-unknown") => EnrolFault::CodeUnknown,
        Some("code-used") => EnrolFault::CodeUsed,
        Some("code-expired") => EnrolFault::CodeExpired,
        _ if status == StatusCode::BAD_REQUEST => EnrolFault::Refused { said: said.words() },
        _ => EnrolFault::CodeRefused,
    }
}

fn not_understood(problem: String) -> NotUnderstood {
    NotUnderstood::SignIn(format!("the service's registration: {problem}"))
}
