//! The HTTP side: a transaction is posted, a resource asked for; the answer is either understood or not.

use chrono::{DateTime, Utc};
use reqwest::{
    Response, StatusCode, Url,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, ETAG, IF_NONE_MATCH},
};

use crate::{
    access::Access,
    enrolment::{PatientReference, ServiceAddress},
    fault::{NotUnderstood, Refusal, SyncFault},
    fhir::{Bundle, OperationOutcome, model::ResourceType},
    sign_in::SignIn,
};

mod confirm;
pub(crate) mod connection;
mod lost;
mod request_id;
pub mod retry_after;
pub(crate) mod service_clock;
mod tls;

pub use connection::install_crypto;
use connection::{Connection, json, sorted};

/// The media type of FHIR in JSON.
pub const FHIR_JSON: &str = "application/fhir+json";
/// Of an answer, not more than this is read.
pub const LARGEST_ANSWER: usize = 16 * 1024 * 1024;

/// A connection to a service. A copy shares the token and what was heard of the service's time.
#[derive(Clone, Debug)]
pub struct Client {
    connection: Connection,
    service: ServiceAddress,
    sign_in: Option<SignIn>,
}

/// The client could not be set up, for instance because the system's certificates cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no connection can be made from this tablet: {0}")]
pub struct ClientError(String);

/// What the service says of a transaction, as far as it can be the readings' business.
#[derive(Debug)]
pub enum Answer {
    /// The response to a transaction or a batch, not yet compared with what was sent.
    Response(Bundle),
    /// The service refuses the content: 400, 404, 405, 409, 410, 412 or 422 with an OperationOutcome.
    Rejected {
        /// The HTTP status.
        status: u16,
        /// What it says.
        outcome: OperationOutcome,
    },
    /// 413: fewer at a time.
    TooLarge,
}

/// What a service gives when it is asked for something.
#[derive(Debug)]
pub enum Got {
    /// This, in this version.
    Resource {
        /// The body.
        body: Vec<u8>,
        /// The `ETag`.
        etag: Option<String>,
    },
    /// 304: what the ETag stands for is still so.
    NotModified,
    /// 404 or 410, in FHIR's words: there is nothing.
    Missing,
}

impl Client {
    /// A client of a service. Nothing is sent yet.
    ///
    /// # Errors
    /// The certificates of the system's authorities cannot be read.
    pub fn new(service: ServiceAddress, access: Access) -> Result<Self, ClientError> {
        let connection = Connection::new(&service, &access.trust, access.clock)?;
        let sign_in = access.sign_in.map(|credentials| SignIn::new(credentials, service.clone(), connection.clone()));
        Ok(Self { connection, service, sign_in })
    }

    /// Posts a transaction or a batch.
    pub async fn transaction(&self, body: Vec<u8>) -> Result<Answer, SyncFault> {
        let request = self.connection.http.post(self.service.as_str()).header(CONTENT_TYPE, FHIR_JSON).body(body);
        let response = self.send(request).await?;
        let status = response.status();
        if status == StatusCode::PAYLOAD_TOO_LARGE {
            return Ok(Answer::TooLarge);
        }
        if status.is_success() {
            let body = json(response, LARGEST_ANSWER).await?;
            return Ok(Answer::Response(read_bundle(&body)?));
        }
        if !matches!(status.as_u16(), 400 | 404 | 405 | 409 | 410 | 412 | 422) {
            return Err(not_fhir(status));
        }
        // Only FHIR's own words can speak about readings (R4, 3.1.0.11.2: a failed transaction gives an
        // OperationOutcome); a proxy's or a login page's 400 or 404 cannot.
        let body = match (json(response, LARGEST_ANSWER).await, status) {
            (Ok(body), _) => body,
            // Without FHIR's words it is the address that takes no transactions, not a place that takes no update.
            (Err(_), StatusCode::METHOD_NOT_ALLOWED | StatusCode::GONE) => return Err(not_fhir(status)),
            (Err(fault), _) => return Err(fault.into()),
        };
        let outcome = OperationOutcome::read(&body).ok_or_else(|| not_fhir(status))?;
        Ok(Answer::Rejected { status: status.as_u16(), outcome })
    }

    /// Whether the service knows the patient: `false` only if it says so itself, in FHIR.
    pub async fn knows(&self, patient: &PatientReference) -> Result<bool, SyncFault> {
        let request = self.connection.http.get(self.service.below(patient.as_str()));
        let response = self.send(request).await?;
        let status = response.status();
        if status.is_success() {
            json(response, LARGEST_ANSWER).await?;
            return Ok(true);
        }
        if !matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE) {
            return Err(not_fhir(status));
        }
        let body = json(response, LARGEST_ANSWER).await?;
        OperationOutcome::read(&body).map(|_| false).ok_or_else(|| not_fhir(status))
    }

    /// Asks for one resource, `CarePlan/12`; with the ETag of a known version only for a newer one (R4, 3.1.0.2.1).
    pub async fn get(&self, path: &str, etag: Option<&str>) -> Result<Got, SyncFault> {
        let request = self.connection.http.get(self.service.below(path));
        self.fetch(match etag {
            Some(etag) => request.header(IF_NONE_MATCH, etag),
            None => request,
        })
        .await
    }

    /// Searches (R4, 3.1.1). A page at a time; see [`Client::next_page`].
    pub async fn search(&self, kind: &str, query: &[(&str, String)]) -> Result<Got, SyncFault> {
        let pairs = query.iter().map(|(name, value)| (*name, value.as_str()));
        let address = Url::parse_with_params(&self.service.below(kind), pairs)
            .map_err(|error| NotUnderstood::NotABundle(format!("no search for {kind} can be written: {error}")))?;
        self.fetch(self.connection.http.get(address)).await
    }

    /// The page that a link of another one leads to. A link out of the service is not followed: the token goes with it.
    pub async fn next_page(&self, link: &str) -> Result<Got, SyncFault> {
        let address = self.service.within(link).ok_or_else(|| {
            NotUnderstood::NotABundle("the next page of a search is at another address than the service".to_owned())
        })?;
        self.fetch(self.connection.http.get(address)).await
    }

    async fn fetch(&self, request: reqwest::RequestBuilder) -> Result<Got, SyncFault> {
        let response = self.send(request).await?;
        let status = response.status();
        if status == StatusCode::NOT_MODIFIED {
            return Ok(Got::NotModified);
        }
        if status.is_success() {
            let etag = response.headers().get(ETAG).and_then(|etag| etag.to_str().ok()).map(str::to_owned);
            return Ok(Got::Resource { body: json(response, LARGEST_ANSWER).await?, etag });
        }
        if !matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE) {
            return Err(not_fhir(status));
        }
        let body = json(response, LARGEST_ANSWER).await?;
        OperationOutcome::read(&body).map(|_| Got::Missing).ok_or_else(|| not_fhir(status))
    }

    /// What time it was by the service when it answered last.
    pub fn last_answer(&self) -> Option<DateTime<Utc>> {
        self.connection.clock.last()
    }

    /// What time it was by the service when it answered last, told once.
    pub fn service_clock(&self) -> Option<DateTime<Utc>> {
        self.connection.clock.news()
    }

    /// Sends a request and sorts out what is no answer to it. A token that is not taken is renewed once.
    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Response, SyncFault> {
        let request = request.header(ACCEPT, FHIR_JSON);
        let Some(sign_in) = &self.sign_in else {
            return answered(self.connection.send(request).await?, Refusal::NotRegistered);
        };
        let again = request.try_clone();
        let token = sign_in.token().await?;
        let response = self.connection.send(request.header(AUTHORIZATION, token.authorization.clone())).await?;
        let (StatusCode::UNAUTHORIZED, Some(again)) = (response.status(), again) else {
            return answered(response, Refusal::Token);
        };
        let token = sign_in.another(&token).await?;
        answered(self.connection.send(again.header(AUTHORIZATION, token.authorization)).await?, Refusal::Token)
    }
}

fn answered(response: Response, unauthorised: Refusal) -> Result<Response, SyncFault> {
    match response.status() {
        StatusCode::NOT_MODIFIED => Ok(response),
        StatusCode::UNAUTHORIZED => Err(SyncFault::NotAuthorised(unauthorised)),
        StatusCode::FORBIDDEN => Err(SyncFault::Forbidden),
        _ => sorted(response),
    }
}

fn not_fhir(status: StatusCode) -> SyncFault {
    SyncFault::NotFhir { status: status.as_u16() }
}

fn read_bundle(body: &[u8]) -> Result<Bundle, NotUnderstood> {
    let bundle: Bundle = serde_json::from_slice(body).map_err(|error| {
        if error.is_eof() { NotUnderstood::CutShort } else { NotUnderstood::NotABundle(format!("no Bundle: {error}")) }
    })?;
    let answers = matches!(bundle.kind.as_str(), "transaction-response" | "batch-response");
    if bundle.resource_type != ResourceType::Bundle || !answers {
        let said = format!("a {} of type '{}'", bundle.resource_type.name(), bundle.kind);
        return Err(NotUnderstood::NotABundle(said));
    }
    Ok(bundle)
}
