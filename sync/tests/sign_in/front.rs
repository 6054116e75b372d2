//! What stands before a FHIR service: discovery, registration and tokens; nobody gets past it without a token.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use dagsform_sync::{
    Access, Client, Clock, Credentials, Invitation, ServiceAddress, TabletKey, Trust, access::SCOPE, jwk::PublicJwk,
};
use ring::signature::{ECDSA_P384_SHA384_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use crate::common::{
    at,
    server::{Behave, Server},
};

/// The name of a tablet that is registered from the start.
pub const TABLET: &str = "tablet-1";
/// A code that was made, and not used yet.
pub const CODE: &str = "K7QM-4TXD-9RP8";
pub const CONFIGURATION: &str = "GET /fhir/.well-known/smart-configuration";
pub const REGISTRATION: &str = "POST /register";
pub const TOKEN: &str = "POST /token";

/// What time it is in these tests, unless one of the clocks is wrong.
pub fn now() -> DateTime<Utc> {
    at("2026-11-23T08:00:00Z").with_timezone(&Utc)
}

/// What became of a code.
#[derive(Clone, PartialEq, Eq)]
pub enum Code {
    Fresh,
    Expired,
    UsedBy(String),
}

/// Decides about a request, and may change what the service knows.
type Script = Box<dyn FnMut(&str, &mut State) -> Behave + Send>;

pub struct State {
    script: Script,
    /// What time it is here, by which assertions are judged.
    pub now: DateTime<Utc>,
    /// How far the `Date` of an answer is from that; `None` leaves it out.
    pub date_off: Option<TimeDelta>,
    /// Errors say our own reasons.
    pub reasons: bool,
    /// Errors repeat what was sent.
    pub quotes: bool,
    pub clients: BTreeMap<String, PublicJwk>,
    pub revoked: BTreeSet<String>,
    pub codes: BTreeMap<String, Code>,
    /// What the token and the registration say of the patient.
    pub patient: Option<&'static str>,
    pub tokens: BTreeSet<String>,
    jtis: BTreeSet<String>,
    /// Changes in what is said of the endpoints.
    pub configuration: Value,
    /// "METHOD path" of each request.
    pub requests: Vec<String>,
    /// The claims of each assertion.
    pub claims: Vec<Value>,
    /// The assertions themselves.
    pub assertions: Vec<String>,
    /// The body of each registration.
    pub registrations: Vec<Value>,
}

pub struct Front {
    pub address: String,
    pub state: Arc<Mutex<State>>,
    /// The FHIR service behind it.
    pub fhir: Server,
}

impl Front {
    pub async fn start() -> Self {
        Self::with(None).await
    }

    /// With TLS, where an acceptor is given.
    pub async fn with(tls: Option<TlsAcceptor>) -> Self {
        let state = Arc::new(Mutex::new(State {
            script: Box::new(|_, _| Behave::Well),
            now: now(),
            date_off: Some(TimeDelta::zero()),
            reasons: true,
            quotes: false,
            clients: BTreeMap::new(),
            revoked: BTreeSet::new(),
            codes: BTreeMap::from([(CODE.replace('-', ""), Code::Fresh)]),
            patient: Some("123"),
            tokens: BTreeSet::new(),
            jtis: BTreeSet::new(),
            configuration: json!({}),
            requests: Vec::new(),
            claims: Vec::new(),
            assertions: Vec::new(),
            registrations: Vec::new(),
        }));
        let fhir = Server::start().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let root = if tls.is_some() { format!("https://localhost:{port}") } else { format!("http://127.0.0.1:{port}") };
        let door = Arc::new(Door { root: root.clone(), inner: fhir.address.clone(), state: state.clone() });
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (tls, door) = (tls.clone(), door.clone());
                tokio::spawn(async move {
                    match tls {
                        None => door.serve(stream).await,
                        Some(tls) => door.serve(tls.accept(stream).await.ok()?).await,
                    }
                });
            }
        });
        Self { address: format!("{root}/fhir"), state, fhir }
    }

    pub fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn service(&self) -> ServiceAddress {
        ServiceAddress::parse(&self.address).unwrap()
    }

    /// An invitation as someone types it.
    pub fn invitation(&self) -> Invitation {
        Invitation::typed(self.service(), CODE.parse().unwrap())
    }

    /// Makes a tablet known, and gives its key.
    pub fn knows_a_tablet(&self) -> TabletKey {
        let key = TabletKey::generate().unwrap();
        self.state().clients.insert(TABLET.to_owned(), key.public_jwk().clone());
        key
    }

    /// A client of a tablet that is known, by this clock.
    pub fn client(&self, clock: Clock) -> Client {
        self.client_with(self.knows_a_tablet(), Trust::System, clock)
    }

    pub fn client_with(&self, key: TabletKey, trust: Trust, clock: Clock) -> Client {
        let sign_in = Credentials { client_id: TABLET.to_owned(), key, scope: SCOPE.to_owned() };
        Client::new(self.service(), Access { sign_in: Some(sign_in), trust, clock }).unwrap()
    }

    /// Misbehaves by this script from now on.
    pub fn script(&self, script: impl FnMut(&str, &mut State) -> Behave + Send + 'static) {
        self.state().script = Box::new(script);
    }

    /// Misbehaves so for this request from now on.
    pub fn always(&self, request: &'static str, behave: Behave) {
        self.script(move |path, _| if path == request { behave.clone() } else { Behave::Well });
    }

    /// Misbehaves so for this request once.
    pub fn once(&self, request: &'static str, behave: Behave) {
        let mut next = Some(behave);
        self.script(move |path, _| next.take_if(|_| path == request).unwrap_or(Behave::Well));
    }

    /// How often this was asked for.
    pub fn asked(&self, request: &str) -> usize {
        self.state().requests.iter().filter(|path| *path == request).count()
    }
}

/// A clock that stands.
pub fn stands_at(time: DateTime<Utc>) -> Clock {
    Arc::new(move || time)
}

/// A clock that is set by hand.
pub fn set_by_hand() -> (Arc<Mutex<DateTime<Utc>>>, Clock) {
    let hand = Arc::new(Mutex::new(now()));
    let shown = hand.clone();
    (hand, Arc::new(move || *shown.lock().unwrap()))
}

/// An OAuth error with a reason of ours.
fn refuse(state: &State, status: u16, error: &str, reason: &str, sent: &str) -> (u16, Value) {
    let what = if state.quotes { sent } else { error };
    let mut body = json!({"error": error, "error_description": format!("refused: {what}")});
    if state.reasons {
        body["dagsform_reason"] = json!(reason);
    }
    (status, body)
}

struct Door {
    root: String,
    inner: String,
    state: Arc<Mutex<State>>,
}

impl Door {
    async fn serve<S: AsyncRead + AsyncWrite + Unpin>(&self, mut stream: S) -> Option<()> {
        let (head, body) = receive(&mut stream).await?;
        let mut words = head.split(' ');
        let request = format!("{} {}", words.next()?, words.next()?);
        let behave = {
            let mut state = self.state.lock().unwrap();
            state.requests.push(request.clone());
            let mut script = std::mem::replace(&mut state.script, Box::new(|_, _| Behave::Well));
            let behave = script(&request, &mut state);
            state.script = script;
            behave
        };
        // Each answer says which request it is to.
        let id = head.lines().find_map(|line| line.strip_prefix("x-request-id: ")).unwrap();
        let echo = format!("X-Request-Id: {id}\r\n");
        if let Behave::Say { status, headers, body } = behave {
            let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            let named = headers.contains("X-Request-Id") || headers.contains("X-Correlation-Id");
            let headers = if named { headers } else { format!("{headers}{echo}") };
            return self.answer(&mut stream, status, &headers, body.as_bytes()).await;
        }
        let bearer = head.lines().find_map(|line| line.strip_prefix("authorization: Bearer "));
        let said = match request.as_str() {
            CONFIGURATION => Some(self.configuration()),
            REGISTRATION => Some(self.register(bearer, &body)),
            TOKEN => Some(self.token(&body)),
            _ if bearer.is_some_and(|token| self.state.lock().unwrap().tokens.contains(token)) => None,
            _ => Some((401, json!({"error": "invalid_token"}))),
        };
        match said {
            _ if matches!(behave, Behave::LoseTheAnswer) => stream.shutdown().await.ok(),
            Some((status, body)) => {
                let headers = format!("Content-Type: application/json\r\n{echo}");
                self.answer(&mut stream, status, &headers, body.to_string().as_bytes()).await
            }
            None => {
                let address = self.inner.trim_start_matches("http://").trim_end_matches("/fhir");
                let mut inner = TcpStream::connect(address).await.ok()?;
                inner.write_all(format!("{head}\r\n\r\n").as_bytes()).await.ok()?;
                inner.write_all(&body).await.ok()?;
                copy(&mut inner, &mut stream).await.ok()?;
                stream.shutdown().await.ok()
            }
        }
    }

    async fn answer<S: AsyncWrite + Unpin>(
        &self,
        stream: &mut S,
        status: u16,
        headers: &str,
        body: &[u8],
    ) -> Option<()> {
        let date = {
            let state = self.state.lock().unwrap();
            let date = state.date_off.map(|off| state.now + off);
            date.map(|date| format!("Date: {}\r\n", date.format("%a, %d %b %Y %H:%M:%S GMT"))).unwrap_or_default()
        };
        let length = body.len();
        let head =
            format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n{headers}{date}Connection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await.ok()?;
        stream.write_all(body).await.ok()?;
        stream.shutdown().await.ok()
    }

    fn configuration(&self) -> (u16, Value) {
        let mut configuration = json!({
            "token_endpoint": format!("{}/token", self.root),
            "registration_endpoint": format!("{}/register", self.root),
            "token_endpoint_auth_signing_alg_values_supported": ["RS384", "ES384"],
            "grant_types_supported": ["client_credentials"],
            "capabilities": ["client-confidential-asymmetric"],
        });
        for (name, value) in self.state.lock().unwrap().configuration.as_object().unwrap() {
            configuration[name] = value.clone();
        }
        (200, configuration)
    }

    fn register(&self, code: Option<&str>, body: &[u8]) -> (u16, Value) {
        let mut state = self.state.lock().unwrap();
        let metadata: Value = serde_json::from_slice(body).unwrap();
        let key = PublicJwk::read(&metadata["jwks"]["keys"][0]).unwrap();
        state.registrations.push(metadata);
        let code = code.unwrap_or_default().to_owned();
        let client = match state.codes.get(&code).cloned() {
            None => return refuse(&state, 401, "invalid_token", "code-unknown", &code),
            Some(Code::Expired) => return refuse(&state, 401, "invalid_token", "code-expired", &code),
            Some(Code::UsedBy(client)) if state.clients[&client] == key => client,
            Some(Code::UsedBy(_)) => return refuse(&state, 401, "invalid_token", "code-used", &code),
            Some(Code::Fresh) => format!("registered-{}", state.clients.len()),
        };
        state.codes.insert(code, Code::UsedBy(client.clone()));
        state.clients.insert(client.clone(), key);
        let mut answer = json!({"client_id": client, "scope": "system/*.cru", "dagsform_form": "pmd"});
        if let Some(patient) = state.patient {
            answer["patient"] = json!(patient);
        }
        (201, answer)
    }

    fn token(&self, body: &[u8]) -> (u16, Value) {
        let form: BTreeMap<String, String> = form_urlencoded::parse(body).into_owned().collect();
        let wanted = [
            ("grant_type", "client_credentials"),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ];
        assert!(wanted.iter().all(|(name, value)| form[*name] == *value), "{form:?}");
        let mut state = self.state.lock().unwrap();
        if let Err(reason) = self.judge(&mut state, &form["client_assertion"]) {
            return refuse(&state, 401, "invalid_client", reason, &form["client_assertion"]);
        }
        let token = format!("token-{}", state.claims.len());
        state.tokens.insert(token.clone());
        let mut answer =
            json!({"access_token": token, "token_type": "bearer", "expires_in": 300, "scope": form["scope"]});
        if let Some(patient) = state.patient {
            answer["patient"] = json!(patient);
        }
        (200, answer)
    }

    /// As a service has to judge it (RFC 7523, 3).
    fn judge(&self, state: &mut State, assertion: &str) -> Result<(), &'static str> {
        let parts: Vec<&str> = assertion.split('.').collect();
        let [header, claims, signature] = parts[..] else { panic!("{assertion}") };
        let read = |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        let (header, claims_read) = (read(header), read(claims));
        state.assertions.push(assertion.to_owned());
        state.claims.push(claims_read.clone());
        assert_eq!((header["alg"].as_str(), header["typ"].as_str()), (Some("ES384"), Some("JWT")));
        assert_eq!(claims_read["iss"], claims_read["sub"]);
        let client = claims_read["sub"].as_str().unwrap();
        if state.revoked.contains(client) {
            return Err("revoked");
        }
        let key = state.clients.get(client).ok_or("unknown-client")?;
        let signed = format!("{}.{claims}", parts[0]);
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let known = UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, key.point());
        if header["kid"] != key.thumbprint() || known.verify(signed.as_bytes(), &signature).is_err() {
            return Err("wrong-key");
        }
        if claims_read["aud"] != format!("{}/token", self.root) {
            return Err("wrong-audience");
        }
        let time = |name: &str| claims_read[name].as_i64().unwrap();
        let now = state.now.timestamp();
        if time("exp") <= now - 60 || time("exp") > now + 360 || time("iat") > now + 60 {
            return Err("expired");
        }
        if !state.jtis.insert(claims_read["jti"].as_str().unwrap().to_owned()) {
            return Err("replayed");
        }
        Ok(())
    }
}

async fn receive<S: AsyncRead + Unpin>(stream: &mut S) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 8192];
    let end = loop {
        let n = stream.read(&mut buffer).await.ok().filter(|n| *n > 0)?;
        bytes.extend_from_slice(&buffer[..n]);
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
    };
    let mut body = bytes.split_off(end + 4);
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |n| n.parse().unwrap());
    while body.len() < length {
        let n = stream.read(&mut buffer).await.ok().filter(|n| *n > 0)?;
        body.extend_from_slice(&buffer[..n]);
    }
    Some((head, body))
}
