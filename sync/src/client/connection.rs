//! What every request of a tablet shares, whoever answers it: deadlines, TLS, the service's time, answers of a limited size.

use std::{
    fmt,
    sync::Once,
    time::{Duration, SystemTime},
};

use chrono::{DateTime, Datelike as _, Utc};
use reqwest::{
    RequestBuilder, Response,
    header::{CONTENT_TYPE, DATE, RETRY_AFTER},
    redirect,
};

use super::{ClientError, FHIR_JSON, lost, request_id, retry_after, service_clock::ServiceClock, tls};
use crate::{
    access::Clock,
    enrolment::ServiceAddress,
    fault::{NotUnderstood, SyncFault},
    trust::Trust,
};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long one request may take, from the first byte sent to the last received.
const WHOLE_REQUEST: Duration = Duration::from_secs(60);

/// The way to a service. A copy shares it.
#[derive(Clone)]
pub(crate) struct Connection {
    pub(crate) http: reqwest::Client,
    pub(crate) clock: ServiceClock,
}

impl Connection {
    pub(crate) fn new(service: &ServiceAddress, trust: &Trust, clock: Clock) -> Result<Self, ClientError> {
        install_crypto();
        let builder = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .timeout(WHOLE_REQUEST)
            // A request is never redirected: what redirects is a network that wants a login, or it
            // would turn the POST into a GET, or carry readings to another host.
            .redirect(redirect::Policy::none())
            .referer(false)
            .user_agent(concat!("dagsform/", env!("CARGO_PKG_VERSION")))
            .tls_backend_preconfigured(tls::config(trust, clock.clone(), service.is_encrypted())?);
        let builder = if service.is_loopback() { builder.no_proxy() } else { builder };
        let http = builder.build().map_err(|error| ClientError(lost::told(&error)))?;
        Ok(Self { http, clock: ServiceClock::new(clock) })
    }

    /// Sends a request and hears what time it is by the answer.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Response, SyncFault> {
        let id = request_id::new();
        let request = request.header(request_id::REQUEST, &id);
        let response = request.send().await.map_err(|error| lost::fault(&error))?;
        if request_id::names_another(response.headers(), &id) {
            return Err(NotUnderstood::OldAnswer.into());
        }
        if let Some(date) = date(&response) {
            self.clock.hear(date);
        }
        Ok(response)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

/// Sorts out what is no answer to any request: a redirection, a request for patience, a failure.
pub(crate) fn sorted(response: Response) -> Result<Response, SyncFault> {
    let status = response.status().as_u16();
    Err(match status {
        300..=399 => NotUnderstood::Redirected { status }.into(),
        429 | 503 => SyncFault::Busy { status, retry_after: asked_patience(&response) },
        408 | 425 | 500..=599 => SyncFault::ServerError { status },
        _ => return Ok(response),
    })
}

fn date(response: &Response) -> Option<DateTime<Utc>> {
    // RFC 9110, 5.6.7: IMF-fixdate, as for `Retry-After`.
    let text = response.headers().get(DATE)?.to_str().ok()?;
    let said = DateTime::parse_from_rfc2822(text.trim()).ok()?.with_timezone(&Utc);
    // No service has such a clock, and nothing can be reckoned with it.
    (2020..2200).contains(&said.year()).then_some(said)
}

fn asked_patience(response: &Response) -> Option<Duration> {
    let value = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    // A time of day is meant by the service's clock; the tablet's may be years away.
    retry_after::read(value, date(response).map_or_else(SystemTime::now, SystemTime::from))
}

/// The body of an answer that says that it is FHIR or at least JSON, of `largest` bytes at most.
pub(crate) async fn json(mut response: Response, largest: usize) -> Result<Vec<u8>, NotUnderstood> {
    let content_type =
        response.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !matches!(media_type, FHIR_JSON | "application/json") {
        return Err(NotUnderstood::ContentType { content_type: content_type.chars().take(80).collect() });
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| NotUnderstood::CutShort)? {
        if body.len() + chunk.len() > largest {
            return Err(NotUnderstood::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// TLS needs a provider of cryptography for the whole process; one that is there already stays. A
/// [`crate::Client`] sees to it; other users of `reqwest` in the same process call this first.
pub fn install_crypto() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}
