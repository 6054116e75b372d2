//! The HTTP side: a transaction is posted, a resource asked for; the answer is either understood or not.

use std::{
    sync::{Arc, Mutex, Once, PoisonError},
    time::{Duration, SystemTime},
};

use chrono::{DateTime, Utc};
use reqwest::{
    Response, StatusCode, Url,
    header::{ACCEPT, CONTENT_TYPE, DATE, ETAG, IF_NONE_MATCH, RETRY_AFTER},
    redirect,
};

use crate::{
    access::Access,
    enrolment::{PatientReference, ServiceAddress},
    fault::{NotUnderstood, SyncFault},
    fhir::{Bundle, OperationOutcome, model::ResourceType},
};

pub mod retry_after;

/// The media type of FHIR in JSON.
pub const FHIR_JSON: &str = "application/fhir+json";
/// Of an answer, not more than this is read.
pub const LARGEST_ANSWER: usize = 16 * 1024 * 1024;
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long one request may take, from the first byte sent to the last received.
const WHOLE_REQUEST: Duration = Duration::from_secs(60);

/// A connection to a service.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    service: ServiceAddress,
    #[expect(dead_code, reason = "the signing in uses it")]
    access: Access,
    /// The `Date` of the last answer, until it is asked for.
    date: Arc<Mutex<Option<DateTime<Utc>>>>,
}

/// The client could not be set up, for instance because the system's certificates cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("no connection can be made from this tablet: {0}")]
pub struct ClientError(String);

/// What the service says of a transaction, as far as it can be the readings' business.
#[derive(Debug)]
pub enum Answer {
    /// A transaction's response, not yet compared with what was sent.
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
    /// A client of a service.
    pub fn new(service: ServiceAddress, access: Access) -> Result<Self, ClientError> {
        install_crypto();
        let builder = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .timeout(WHOLE_REQUEST)
            // A transaction is never redirected: what redirects is a network that wants a login, or it
            // would turn the POST into a GET, or carry readings to another host.
            .redirect(redirect::Policy::none())
            .referer(false)
            .user_agent(concat!("dagsform/", env!("CARGO_PKG_VERSION")));
        let builder = if service.is_loopback() { builder.no_proxy() } else { builder };
        let http = builder.build().map_err(|error| ClientError(told(&error)))?;
        Ok(Self { http, service, access, date: Arc::default() })
    }

    /// Posts a transaction.
    pub async fn transaction(&self, body: Vec<u8>) -> Result<Answer, SyncFault> {
        let request = self.http.post(self.service.as_str()).header(CONTENT_TYPE, FHIR_JSON).body(body);
        let response = self.send(request).await?;
        let status = response.status();
        if status == StatusCode::PAYLOAD_TOO_LARGE {
            return Ok(Answer::TooLarge);
        }
        if status.is_success() {
            let body = fhir_body(response).await?;
            return Ok(Answer::Response(read_bundle(&body)?));
        }
        if !matches!(status.as_u16(), 400 | 404 | 405 | 409 | 410 | 412 | 422) {
            return Err(not_fhir(status));
        }
        // Only FHIR's own words can speak about readings (R4, 3.1.0.11.2: a failed transaction gives an
        // OperationOutcome); a proxy's or a login page's 400 or 404 cannot.
        let body = match (fhir_body(response).await, status) {
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
        let request = self.http.get(self.service.below(patient.as_str()));
        let response = self.send(request).await?;
        let status = response.status();
        if status.is_success() {
            fhir_body(response).await?;
            return Ok(true);
        }
        if !matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE) {
            return Err(not_fhir(status));
        }
        let body = fhir_body(response).await?;
        OperationOutcome::read(&body).map(|_| false).ok_or_else(|| not_fhir(status))
    }

    /// Asks for one resource, `CarePlan/12`; with the ETag of a known version only for a newer one (R4, 3.1.0.2.1).
    pub async fn get(&self, path: &str, etag: Option<&str>) -> Result<Got, SyncFault> {
        let request = self.http.get(self.service.below(path));
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
        self.fetch(self.http.get(address)).await
    }

    /// The page that a link of another one leads to. A link out of the service is not followed: the token goes with it.
    pub async fn next_page(&self, link: &str) -> Result<Got, SyncFault> {
        let address = self.service.within(link).ok_or_else(|| {
            NotUnderstood::NotABundle("the next page of a search is at another address than the service".to_owned())
        })?;
        self.fetch(self.http.get(address)).await
    }

    async fn fetch(&self, request: reqwest::RequestBuilder) -> Result<Got, SyncFault> {
        let response = self.send(request).await?;
        let status = response.status();
        if status == StatusCode::NOT_MODIFIED {
            return Ok(Got::NotModified);
        }
        if status.is_success() {
            let etag = response.headers().get(ETAG).and_then(|etag| etag.to_str().ok()).map(str::to_owned);
            return Ok(Got::Resource { body: fhir_body(response).await?, etag });
        }
        if !matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE) {
            return Err(not_fhir(status));
        }
        let body = fhir_body(response).await?;
        OperationOutcome::read(&body).map(|_| Got::Missing).ok_or_else(|| not_fhir(status))
    }

    /// What time it was by the service when it answered last.
    pub fn last_answer(&self) -> Option<DateTime<Utc>> {
        *self.date.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What time it was by the service when it answered last, told once (RFC 9110, 6.6.1). An address of a service is
    /// https or this machine itself, so nobody on the way can have changed it.
    pub fn service_clock(&self) -> Option<DateTime<Utc>> {
        self.date.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Sends a request and sorts out what is no answer to it.
    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Response, SyncFault> {
        let request = request.header(ACCEPT, FHIR_JSON);
        let response = request.send().await.map_err(|e| SyncFault::Unreachable { reason: told(&e) })?;
        if let Some(date) = date(&response) {
            *self.date.lock().unwrap_or_else(PoisonError::into_inner) = Some(date);
        }
        let status = response.status().as_u16();
        Err(match status {
            304 => return Ok(response),
            300..=399 => NotUnderstood::Redirected { status }.into(),
            401 => SyncFault::NotAuthorised,
            403 => SyncFault::Forbidden,
            429 | 503 => SyncFault::Busy { status, retry_after: asked_patience(&response) },
            408 | 425 | 500..=599 => SyncFault::ServerError { status },
            _ => return Ok(response),
        })
    }
}

fn not_fhir(status: StatusCode) -> SyncFault {
    SyncFault::NotFhir { status: status.as_u16() }
}

fn date(response: &Response) -> Option<DateTime<Utc>> {
    // RFC 9110, 5.6.7: IMF-fixdate, as for `Retry-After`.
    let text = response.headers().get(DATE)?.to_str().ok()?;
    Some(DateTime::parse_from_rfc2822(text.trim()).ok()?.with_timezone(&Utc))
}

fn asked_patience(response: &Response) -> Option<Duration> {
    let value = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    retry_after::read(value, SystemTime::now())
}

/// The body of an answer that says that it is FHIR or at least JSON.
async fn fhir_body(mut response: Response) -> Result<Vec<u8>, NotUnderstood> {
    let content_type =
        response.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !matches!(media_type, FHIR_JSON | "application/json") {
        return Err(NotUnderstood::ContentType { content_type: content_type.chars().take(80).collect() });
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| NotUnderstood::CutShort)? {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            return Err(NotUnderstood::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn read_bundle(body: &[u8]) -> Result<Bundle, NotUnderstood> {
    let bundle: Bundle = serde_json::from_slice(body).map_err(|error| {
        if error.is_eof() { NotUnderstood::CutShort } else { NotUnderstood::NotABundle(format!("no Bundle: {error}")) }
    })?;
    if bundle.resource_type != ResourceType::Bundle || bundle.kind != "transaction-response" {
        let said = format!("a {} of type '{}'", bundle.resource_type.name(), bundle.kind);
        return Err(NotUnderstood::NotABundle(said));
    }
    Ok(bundle)
}

/// An error with its causes: reqwest itself says only "error sending request".
fn told(error: &reqwest::Error) -> String {
    let mut words = if error.is_timeout() { "time ran out".to_owned() } else { error.to_string() };
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        words = format!("{words}: {next}");
        cause = next.source();
    }
    words
}

/// TLS needs a provider of cryptography for the whole process; one that is there already stays. A
/// [`Client`] sees to it; other users of `reqwest` in the same process call this first.
pub fn install_crypto() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}
