//! A small FHIR service that keeps what it is sent and misbehaves as told.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// How one request is answered.
#[derive(Clone, Debug)]
pub enum Behave {
    /// As it should be.
    Well,
    /// With this, without doing anything.
    Say { status: u16, headers: Vec<(&'static str, String)>, body: String },
    /// Everything is done, but half of the answer gets lost.
    HalfABody,
    /// Everything is done, and the connection ends without an answer.
    LoseTheAnswer,
    /// Everything is done, but the last entry is missing from the answer.
    OneEntryShort,
    /// Everything is done, but the answer speaks of other types of resource.
    OtherTypes,
    /// Nothing is done, and the answer is that of the request before.
    LastAnswerAgain,
    /// Everything is done, but the answer has all Observations in one place.
    OnePlaceForAll,
    /// Everything is done, but the answer is altered.
    Altered(fn(&mut Value)),
}

pub fn say(status: u16, content_type: &str, body: &str) -> Behave {
    Behave::Say { status, headers: vec![("Content-Type", content_type.to_owned())], body: body.to_owned() }
}

pub fn status(status: u16) -> Behave {
    say(status, "text/plain", "")
}

/// Decides about a request by its method and path; transactions by their body too.
type Script = Box<dyn FnMut(&str, &Value) -> Behave + Send>;
/// What the service holds against a resource.
type Objection = Box<dyn Fn(&Value) -> Option<String> + Send>;

pub struct State {
    script: Script,
    objection: Objection,
    /// The objection names the entry in `expression`.
    pub names_the_entry: bool,
    /// Refuses entry by entry instead of the whole, as no FHIR service should.
    pub not_atomic: bool,
    /// Patients that are known; `None` forbids asking.
    pub patients: Option<Vec<String>>,
    /// By identifier: how often created, and the resource.
    pub kept: BTreeMap<String, (usize, Value)>,
    places: BTreeMap<String, usize>,
    /// How often each place was written.
    versions: BTreeMap<usize, usize>,
    /// What is changed keeps its version.
    pub keeps_versions: bool,
    /// Repeats the addresses of a transaction's entries too, as only a batch has to.
    pub repeats_addresses: bool,
    /// Every update by identifier finds several.
    pub several: bool,
    /// The `Date` of its answers.
    pub date: Option<String>,
    pub last: (u16, Value),
    /// "METHOD path" of each request.
    pub requests: Vec<String>,
    /// "METHOD path" of each entry of the transactions that were done.
    pub done: Vec<String>,
}

pub struct Server {
    pub address: String,
    pub state: Arc<Mutex<State>>,
}

impl Server {
    pub async fn start() -> Self {
        let state = Arc::new(Mutex::new(State {
            script: Box::new(|_, _| Behave::Well),
            objection: Box::new(|_| None),
            names_the_entry: false,
            not_atomic: false,
            patients: Some(vec!["Patient/123".to_owned()]),
            kept: BTreeMap::new(),
            places: BTreeMap::new(),
            versions: BTreeMap::new(),
            keeps_versions: false,
            repeats_addresses: false,
            several: false,
            date: None,
            last: (0, Value::Null),
            requests: Vec::new(),
            done: Vec::new(),
        }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/fhir", listener.local_addr().unwrap());
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, shared.clone()));
            }
        });
        Self { address, state }
    }

    /// Misbehaves by this script from now on.
    pub fn script(&self, script: impl FnMut(&str, &Value) -> Behave + Send + 'static) {
        self.state.lock().unwrap().script = Box::new(script);
    }

    /// Misbehaves in this way for the next request, then behaves.
    pub fn once(&self, behave: Behave) {
        let mut next = Some(behave);
        self.script(move |_, _| next.take().unwrap_or(Behave::Well));
    }

    /// Refuses transactions with a resource that this objects to.
    pub fn object(&self, objection: impl Fn(&Value) -> Option<String> + Send + 'static) {
        self.state.lock().unwrap().objection = Box::new(objection);
    }

    /// How many Observations it keeps, and whether any came twice.
    pub fn observations(&self) -> usize {
        let state = self.state.lock().unwrap();
        let mine = |(_, r): &&(usize, Value)| r["resourceType"] == "Observation";
        for (identifier, (times, _)) in &state.kept {
            assert_eq!(*times, 1, "{identifier} was created {times} times");
        }
        state.kept.values().filter(mine).count()
    }

    /// Moves everything to other places.
    pub fn move_all(&self) {
        self.state.lock().unwrap().places.values_mut().for_each(|place| *place += 1000);
    }

    /// What it keeps under an identifier.
    pub fn held(&self, identifier: &str) -> Value {
        let mut resource = self.state.lock().unwrap().kept[&format!("identifier={identifier}")].1.clone();
        resource.as_object_mut().unwrap().remove("id");
        resource
    }

    /// The requests within transactions that were done since it was asked last, Devices left out.
    pub fn done(&self) -> Vec<String> {
        let done = std::mem::take(&mut self.state.lock().unwrap().done);
        done.into_iter().filter(|request| !request.contains("Device")).collect()
    }

    pub fn requests(&self) -> usize {
        self.state.lock().unwrap().requests.len()
    }
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) -> Option<()> {
    let (method_and_path, body) = receive(&mut stream).await?;
    let body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let (behave, answer) = {
        let mut state = state.lock().unwrap();
        state.requests.push(method_and_path.clone());
        let behave = (state.script)(&method_and_path, &body);
        match behave {
            Behave::Say { .. } | Behave::LastAnswerAgain => (behave, state.last.clone()),
            _ => {
                let answer = act(&mut state, &method_and_path, &body);
                state.last = answer.clone();
                (behave, answer)
            }
        }
    };
    let mut fhir = vec![("Content-Type", "application/fhir+json; charset=utf-8".to_owned())];
    fhir.extend(state.lock().unwrap().date.clone().map(|date| ("Date", date)));
    let (status, mut answer) = answer;
    match behave {
        Behave::LoseTheAnswer => {}
        Behave::Say { status, headers, body } => {
            send(&mut stream, status, &headers, body.as_bytes(), body.len()).await;
        }
        Behave::HalfABody => {
            let body = answer.to_string().into_bytes();
            send(&mut stream, status, &fhir, &body[..body.len() / 2], body.len()).await;
        }
        Behave::OneEntryShort => {
            answer["entry"].as_array_mut().unwrap().pop();
            let body = answer.to_string();
            send(&mut stream, status, &fhir, body.as_bytes(), body.len()).await;
        }
        Behave::OtherTypes => {
            let body = answer.to_string().replace("Observation/", "Encounter/");
            send(&mut stream, status, &fhir, body.as_bytes(), body.len()).await;
        }
        Behave::OnePlaceForAll => {
            for entry in answer["entry"].as_array_mut().unwrap() {
                if entry["response"]["location"].as_str().unwrap().starts_with("Observation/") {
                    entry["response"]["location"] = json!("Observation/1");
                }
            }
            let body = answer.to_string();
            send(&mut stream, status, &fhir, body.as_bytes(), body.len()).await;
        }
        Behave::Altered(alter) => {
            alter(&mut answer);
            let body = answer.to_string();
            send(&mut stream, status, &fhir, body.as_bytes(), body.len()).await;
        }
        Behave::Well | Behave::LastAnswerAgain => {
            let body = answer.to_string();
            send(&mut stream, status, &fhir, body.as_bytes(), body.len()).await;
        }
    }
    stream.shutdown().await.ok()
}

async fn receive(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 8192];
    let head = loop {
        let n = stream.read(&mut buffer).await.ok().filter(|n| *n > 0)?;
        bytes.extend_from_slice(&buffer[..n]);
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break end;
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let length = text
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok())
        .unwrap_or(0);
    let mut body = bytes.split_off(head + 4);
    while body.len() < length {
        let n = stream.read(&mut buffer).await.ok().filter(|n| *n > 0)?;
        body.extend_from_slice(&buffer[..n]);
    }
    let mut words = text.split(' ');
    Some((format!("{} {}", words.next()?, words.next()?), body))
}

async fn send(stream: &mut TcpStream, status: u16, headers: &[(&str, String)], body: &[u8], length: usize) {
    let mut head = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let _ = stream.write_all(format!("{head}\r\n").as_bytes()).await;
    let _ = stream.write_all(body).await;
}

pub fn outcome(diagnostics: &str, expression: &[String]) -> Value {
    json!({"resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "invalid", "diagnostics": diagnostics, "expression": expression}]})
}

fn act(state: &mut State, method_and_path: &str, body: &Value) -> (u16, Value) {
    if let Some(path) = method_and_path.strip_prefix("GET /fhir/") {
        return match &state.patients {
            None => (403, outcome("not allowed to read", &[])),
            Some(known) if known.iter().any(|p| p == path) => (200, json!({"resourceType": "Patient"})),
            Some(_) => (404, outcome("no such patient", &[])),
        };
    }
    assert_eq!(method_and_path, "POST /fhir");
    let is_batch = body["type"] == "batch";
    assert!(is_batch || body["type"] == "transaction");
    let entries = body["entry"].as_array().unwrap();
    if is_batch {
        // R4, 3.1.0.11.1: entries of a batch may not refer to each other.
        assert!(entries.iter().all(|entry| !entry["resource"].to_string().contains(r#""reference":"urn:"#)));
    }
    let atomic = !is_batch && !state.not_atomic;
    let objections: Vec<Option<String>> = entries.iter().map(|e| (state.objection)(&e["resource"])).collect();
    if atomic && let Some((index, said)) = objections.iter().enumerate().find_map(|(i, o)| Some((i, o.clone()?))) {
        let named = if state.names_the_entry { vec![format!("Bundle.entry[{index}].resource")] } else { vec![] };
        return (422, outcome(&said, &named));
    }
    for entry in entries {
        if let Err((status, said)) = found(state, entry)
            && atomic
        {
            return (status, outcome(said, &[]));
        }
    }
    let mut answers = Vec::new();
    for (entry, objection) in entries.iter().zip(objections) {
        if let Some(said) = objection {
            answers.push(json!({"response": {"status": "422 Unprocessable Entity", "outcome": outcome(&said, &[])}}));
            continue;
        }
        let (condition, known) = match found(state, entry) {
            Ok(found) => found,
            Err((status, said)) => {
                answers.push(json!({"response": {"status": status.to_string(), "outcome": outcome(said, &[])}}));
                continue;
            }
        };
        let request = &entry["request"];
        let (method, url) = (request["method"].as_str().unwrap(), request["url"].as_str().unwrap());
        state.done.push(format!("{method} {url}"));
        let next = state.places.len();
        let place = *state.places.entry(condition.clone()).or_insert(next);
        let kept = state.kept.entry(condition).or_insert_with(|| (1, entry["resource"].clone()));
        let version = state.versions.entry(place).or_insert(1);
        if method == "PUT" {
            kept.1 = entry["resource"].clone();
            *version += usize::from(known && !state.keeps_versions);
        }
        let status = if known { "200 OK" } else { "201 Created" };
        let kind = entry["resource"]["resourceType"].as_str().unwrap();
        answers.push(json!({"response": {"status": status, "location": format!("{kind}/{place}/_history/{version}")}}));
    }
    if is_batch || state.repeats_addresses {
        for (answer, entry) in answers.iter_mut().zip(entries) {
            answer["fullUrl"] = entry["fullUrl"].clone();
        }
    }
    let kind = if is_batch { "batch-response" } else { "transaction-response" };
    (200, json!({"resourceType": "Bundle", "type": kind, "entry": answers}))
}

/// Under which condition an entry's resource is or will be kept, and whether it is there; or why it cannot be said.
fn found(state: &State, entry: &Value) -> Result<(String, bool), (u16, &'static str)> {
    let request = &entry["request"];
    let url = request["url"].as_str().unwrap();
    let is_kept = |condition: String| {
        let known = state.kept.contains_key(&condition);
        Ok((condition, known))
    };
    if request["method"] == "POST" {
        return is_kept(request["ifNoneExist"].as_str().unwrap().to_owned());
    }
    assert_eq!(request["method"], "PUT");
    if let Some((_, condition)) = url.split_once('?') {
        return if state.several { Err((412, "several match")) } else { is_kept(condition.to_owned()) };
    }
    panic!("an update of a place, {url}")
}
