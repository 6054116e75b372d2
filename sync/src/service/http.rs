//! Connections: who may connect, how much and how long, and which side of the service answers whom.

use std::{
    convert::Infallible,
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::DateTime;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header, request::Parts};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    database::Database,
    fhir::{
        answer::{Ask, Reply, answer},
        search::query,
        store::Store,
    },
    json::Json,
    page::Page,
    problem::Problem,
    sign_in::{Caller, SignIn},
};
use crate::client::FHIR_JSON;

/// Given back with the answer, so that an old one can be told (R4, 3.1.0.1, "Custom Headers").
const REQUEST_ID: &str = "x-request-id";
/// A longer one is not given back, in bytes.
const LONGEST_ID: usize = 64;
/// The largest body that is read, in bytes.
const LARGEST_BODY: usize = 8 * 1024 * 1024;
/// The same, where someone signs in.
const LARGEST_SIGN_IN: usize = 64 * 1024;
/// How many connections at once; the next waits until one ends. A county's tablets each keep one.
const CONNECTIONS: usize = 16_384;
/// How long the head of a request may take; so long an idle connection is kept.
const HEAD: Duration = Duration::from_secs(60);
/// How long its body may take.
const BODY: Duration = Duration::from_secs(30);
/// How long to wait when the system gives no more connections.
const EXHAUSTED: Duration = Duration::from_millis(200);

pub(crate) type Answer = Response<Full<Bytes>>;

/// The sides of the service.
pub(crate) struct Sides {
    pub(crate) database: Database,
    pub(crate) page: Page,
    /// Without it everyone may do everything.
    pub(crate) sign_in: Option<SignIn>,
}

/// Answers connections until it is stopped; then those under way have `patience` to finish.
pub(crate) async fn serve(listener: TcpListener, sides: Sides, mut stopped: watch::Receiver<bool>, patience: Duration) {
    let sides = Arc::new(sides);
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let next = async {
            let place = places.clone().acquire_owned().await;
            (place, listener.accept().await)
        };
        tokio::select! {
            _ = stopped.changed() => break,
            Some(_) = connections.join_next() => {}
            (place, accepted) = next => match accepted {
                Ok((stream, _)) => {
                    let (sides, stopped) = (sides.clone(), stopped.clone());
                    connections.spawn(async move {
                        connection(stream, sides, stopped).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "the follow-up service cannot take a connection");
                    sleep(EXHAUSTED).await;
                }
            }
        }
    }
    drop(listener);
    let finished = async { while connections.join_next().await.is_some() {} };
    if timeout(patience, finished).await.is_err() {
        tracing::warn!("the follow-up service ends with requests under way");
    }
}

async fn connection(stream: TcpStream, sides: Arc<Sides>, mut stopped: watch::Receiver<bool>) {
    let service = service_fn(|request| {
        let sides = sides.clone();
        async move { Ok::<_, Infallible>(logged(&sides, request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        _ = stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection to the follow-up service ended early");
    }
}

/// What is logged holds no health data: neither query nor body.
async fn logged(sides: &Sides, request: Request<Incoming>) -> Answer {
    let began = Instant::now();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let id = request.headers().get(REQUEST_ID).filter(|id| id.len() <= LONGEST_ID).cloned();
    let mut answer = handle(sides, request).await;
    if let Some(id) = id {
        answer.headers_mut().insert(REQUEST_ID, id);
    }
    let (status, took) = (answer.status().as_u16(), began.elapsed());
    tracing::debug!(%method, path, status, ?took, "follow-up service");
    answer
}

async fn handle(sides: &Sides, request: Request<Incoming>) -> Answer {
    if !names_this_machine(request.headers()) {
        return refusal(&Problem::other_host());
    }
    let (head, body) = request.into_parts();
    let path = head.uri.path();
    let sign_in = sides.sign_in.as_ref().filter(|_| SignIn::has(path));
    let below = path.strip_prefix("/fhir").filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let body = match read(body, if sign_in.is_some() { LARGEST_SIGN_IN } else { LARGEST_BODY }).await {
        Ok(body) => body,
        Err(fault) if sign_in.is_some() => return SignIn::fault(&fault),
        Err(fault) if below.is_some() => return refusal(&fault),
        Err(fault) => return sides.page.fault(fault),
    };
    match (sign_in, below) {
        (Some(sign_in), _) => sign_in.answer(&head.method, path, &head.headers, &body).await,
        (None, Some(below)) => fhir_answer(sides, &head, below, &body).await.unwrap_or_else(|fault| refusal(&fault)),
        (None, None) => sides.page.answer(&head.method, path, head.uri.query().unwrap_or_default(), &body).await,
    }
}

/// Answers a request below `/fhir`. What the service can do, and how to sign in, is said to everyone.
async fn fhir_answer(sides: &Sides, head: &Parts, below: &str, body: &[u8]) -> Result<Answer, Problem> {
    let caller = match &sides.sign_in {
        Some(sign_in) if below == "/.well-known/smart-configuration" => {
            let asks = matches!(head.method, Method::GET | Method::HEAD);
            return if asks { Ok(sign_in.configuration()) } else { Err(Problem::method("GET")) };
        }
        Some(sign_in) if below != "/metadata" => sign_in.caller(&head.headers).await?,
        _ => Caller::Staff,
    };
    let ask = understood(&head.method, below, head.uri.query().unwrap_or_default(), &head.headers, body)?;
    let answered = move |store: &Store<'_>| answer(&Store { patient: caller.patient(), ..*store }, ask);
    Ok(written(sides.database.run(answered).await?, &sides.database))
}

/// A page of another site could reach this machine under a name of its own (DNS rebinding); the browser
/// then says that name.
fn names_this_machine(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else { return false };
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    let name = name.map_or(host, |(name, _)| name);
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

async fn read(body: Incoming, most: usize) -> Result<Bytes, Problem> {
    let all = timeout(BODY, Limited::new(body, most).collect()).await.map_err(|_| Problem::too_slow())?;
    match all {
        Ok(all) => Ok(all.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Problem::too_large(format!("the body is larger than {} KiB", most / 1024)))
        }
        Err(_) => Err(Problem::bad_request("the body was cut short")),
    }
}

/// A request as an interaction.
fn understood(method: &Method, path: &str, asked: &str, headers: &HeaderMap, body: &[u8]) -> Result<Ask, Problem> {
    let text = |name| headers.get(name).map(|value| value.to_str().map(str::to_owned)).transpose();
    let text =
        |name: &'static str| text(name).map_err(|_| Problem::bad_request(format!("the header {name} is no text")));
    let mut query = query(asked);
    accepts_json(text("accept")?.as_deref(), &query)?;
    let path = path.trim_matches('/').to_owned();
    let media_type = text("content-type")?.unwrap_or_default().to_ascii_lowercase();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    let carries = matches!(*method, Method::POST | Method::PUT);
    let body = match media_type {
        _ if !carries => None,
        "application/x-www-form-urlencoded" if path.ends_with("/_search") => {
            query.extend(form_urlencoded::parse(body).into_owned());
            None
        }
        _ if path.ends_with("/_search") && body.is_empty() => None,
        FHIR_JSON | "application/json" => Some(Json::read(body)?),
        _ => return Err(Problem::format(415, format!("send JSON, with the header Content-Type: {FHIR_JSON}"))),
    };
    Ok(Ask {
        method: if method == Method::HEAD { "GET".to_owned() } else { method.to_string() },
        path,
        query,
        if_match: text("if-match")?,
        if_none_match: text("if-none-match")?,
        if_none_exist: text("if-none-exist")?,
        body,
    })
}

fn accepts_json(accept: Option<&str>, query: &[(String, String)]) -> Result<(), Problem> {
    let wanted = query.iter().find(|(name, _)| name == "_format").map(|(_, value)| value.as_str()).or(accept);
    let json = |part: &str| {
        let part = part.split(';').next().unwrap_or_default().trim();
        part.contains("json") || part.is_empty() || matches!(part, "*/*" | "application/*")
    };
    match wanted {
        Some(wanted) if !wanted.split(',').any(json) => {
            Err(Problem::format(406, "this service writes JSON alone: application/fhir+json"))
        }
        _ => Ok(()),
    }
}

fn written(reply: Reply, database: &Database) -> Answer {
    let mut answer = fhir(reply.status, reply.body.as_ref());
    let Some(stored) = reply.about else { return answer };
    let headers = answer.headers_mut();
    let mut set = |name, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    };
    set(header::ETAG, stored.etag());
    if let Some(updated) = DateTime::from_timestamp_millis(stored.updated) {
        set(header::LAST_MODIFIED, updated.format("%a, %d %b %Y %H:%M:%S GMT").to_string());
    }
    if !reply.is_read {
        set(header::LOCATION, format!("{}/{}", database.base(), stored.versioned_path()));
    }
    answer
}

fn refusal(problem: &Problem) -> Answer {
    let mut answer = fhir(problem.status, Some(&problem.outcome()));
    let headers = answer.headers_mut();
    if let Some(allow) = problem.allow {
        headers.insert(header::ALLOW, HeaderValue::from_static(allow));
    }
    if let Some(challenge) = problem.challenge {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    if problem.status == 503 {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    }
    answer
}

fn fhir(status: u16, body: Option<&Json>) -> Answer {
    let text = body.map(Json::write).unwrap_or_default();
    let mut answer = Response::new(Full::new(Bytes::from(text)));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = answer.headers_mut();
    if body.is_some() {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/fhir+json; charset=utf-8"));
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}
