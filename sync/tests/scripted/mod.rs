//! A FHIR service that can be read, changes when it is told to, and misbehaves as told; and an inbox in memory.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use chrono::{DateTime, SecondsFormat, Utc};
use reqwest::Url;
use serde_json::{Value as Json, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

pub mod inbox;

/// An answer: status and body; with headers of its own.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Option<Json>,
}

/// Called before each request with its path and query; what it gives is the answer.
type Script = Box<dyn FnMut(&str, &mut State) -> Option<Answer> + Send>;

/// What the service makes of `_lastUpdated` and `_sort`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByTime {
    Known,
    Ignored,
    Refused,
}

pub struct State {
    /// By `Type/id`.
    resources: BTreeMap<String, Json>,
    /// What time it is here.
    pub clock: DateTime<Utc>,
    /// So many resources a page at most.
    pub page: usize,
    pub by_time: ByTime,
    /// Whether it knows `If-None-Match`.
    pub knows_etags: bool,
    /// Each request, its path and query below the base.
    pub requests: Vec<String>,
    address: String,
}

pub struct Service {
    pub address: String,
    state: Arc<Mutex<State>>,
    script: Arc<Mutex<Script>>,
}

pub fn answer(status: u16, body: Json) -> Answer {
    Answer { status, headers: Vec::new(), body: Some(body) }
}

pub fn outcome(status: u16) -> Answer {
    let issue = json!([{"severity": "error", "code": "processing", "diagnostics": "as told"}]);
    answer(status, json!({"resourceType": "OperationOutcome", "issue": issue}))
}

impl State {
    /// Stores a resource: it gets a new version, and the time.
    pub fn put(&mut self, mut resource: Json) {
        let name = format!("{}/{}", resource["resourceType"].as_str().unwrap(), resource["id"].as_str().unwrap());
        let before = self.resources.get(&name).map_or(0, |old| version(old).parse::<u32>().unwrap());
        let updated = self.clock.to_rfc3339_opts(SecondsFormat::Millis, true);
        resource["meta"] = json!({"versionId": (before + 1).to_string(), "lastUpdated": updated});
        self.resources.insert(name, resource);
    }

    /// Stores it with another value in one place.
    pub fn change(&mut self, name: &str, pointer: &str, value: Json) {
        let mut resource = self.resources[name].clone();
        *resource.pointer_mut(pointer).unwrap() = value;
        self.put(resource);
    }

    pub fn delete(&mut self, name: &str) {
        self.resources.remove(name).unwrap();
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    fn act(&self, path: &str, etag: Option<&str>) -> Answer {
        let url = Url::parse(&format!("{}/{path}", self.address)).unwrap();
        if path.split('?').next().unwrap().contains('/') { self.read(path, etag) } else { self.search(path, &url) }
    }

    fn read(&self, name: &str, etag: Option<&str>) -> Answer {
        let Some(resource) = self.resources.get(name) else { return outcome(404) };
        let current = format!("W/\"{}\"", version(resource));
        if self.knows_etags && etag == Some(current.as_str()) {
            return Answer { status: 304, headers: Vec::new(), body: None };
        }
        Answer { headers: vec![("ETag", current)], ..answer(200, resource.clone()) }
    }

    fn search(&self, path: &str, url: &Url) -> Answer {
        let kind = path.split('?').next().unwrap();
        let mut found: Vec<&Json> = self.resources.values().filter(|it| it["resourceType"] == kind).collect();
        let mut first = 0;
        for (name, value) in url.query_pairs() {
            match name.as_ref() {
                "patient" | "recipient" => found.retain(|it| it.to_string().contains(&format!("\"{value}\""))),
                "url" | "version" => found.retain(|it| it[name.as_ref()] == value.as_ref()),
                "_lastUpdated" | "_sort" if self.by_time == ByTime::Refused => return outcome(400),
                "_lastUpdated" if self.by_time == ByTime::Known => {
                    let since = value.strip_prefix("ge").unwrap().parse::<DateTime<Utc>>().unwrap();
                    found.retain(|it| updated(it) >= since);
                }
                "_sort" if self.by_time == ByTime::Known => found.sort_by_key(|it| updated(it)),
                "_lastUpdated" | "_sort" | "_count" => {}
                "page" => first = value.parse().unwrap(),
                other => panic!("a search by {other}"),
            }
        }
        let end = found.len().min(first + self.page);
        let mut bundle = json!({"resourceType": "Bundle", "type": "searchset", "total": found.len(), "link": []});
        bundle["entry"] = found[first..end].iter().map(|it| json!({"resource": it})).collect();
        if end < found.len() {
            let pairs =
                url.query_pairs().filter(|(name, _)| name != "page").map(|(n, v)| (n.into_owned(), v.into_owned()));
            let mut next = url.clone();
            let pairs: Vec<(String, String)> = pairs.collect();
            next.query_pairs_mut().clear().extend_pairs(pairs).append_pair("page", &end.to_string());
            bundle["link"] = json!([{"relation": "next", "url": next.as_str()}]);
        }
        answer(200, bundle)
    }
}

fn version(resource: &Json) -> &str {
    resource["meta"]["versionId"].as_str().unwrap()
}

fn updated(resource: &Json) -> DateTime<Utc> {
    resource["meta"]["lastUpdated"].as_str().unwrap().parse().unwrap()
}

impl Service {
    /// Starts at eight in the morning, with nothing.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/fhir", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State {
            resources: BTreeMap::new(),
            clock: "2026-11-23T08:00:00Z".parse().unwrap(),
            page: 100,
            by_time: ByTime::Known,
            knows_etags: true,
            requests: Vec::new(),
            address: address.clone(),
        }));
        let script: Arc<Mutex<Script>> = Arc::new(Mutex::new(Box::new(|_, _| None)));
        let shared = (state.clone(), script.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, shared.0.clone(), shared.1.clone()));
            }
        });
        Self { address, state, script }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// From now on this is asked before each answer; it may also change what there is.
    pub fn script(&self, script: impl FnMut(&str, &mut State) -> Option<Answer> + Send + 'static) {
        *self.script.lock().unwrap() = Box::new(script);
    }

    /// From now on it behaves well.
    pub fn behave(&self) {
        self.script(|_, _| None);
    }

    /// The requests since it was asked last.
    pub fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.state().requests)
    }
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>, script: Arc<Mutex<Script>>) -> Option<()> {
    let head = receive(&mut stream).await?;
    let path = head.lines().next()?.split(' ').nth(1)?.strip_prefix("/fhir/")?.to_owned();
    let etag = head.lines().find_map(|line| line.strip_prefix("if-none-match: "));
    let (answer, now) = {
        let mut state = state.lock().unwrap();
        state.requests.push(path.clone());
        let said = (script.lock().unwrap())(&path, &mut state);
        (said.unwrap_or_else(|| state.act(&path, etag)), state.clock)
    };
    let body = answer.body.map(|body| body.to_string()).unwrap_or_default();
    let mut text = format!(
        "HTTP/1.1 {} X\r\nContent-Length: {}\r\nContent-Type: application/fhir+json\r\nDate: {}\r\nConnection: close\r\n",
        answer.status,
        body.len(),
        now.format("%a, %d %b %Y %H:%M:%S GMT"),
    );
    for (name, value) in answer.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{text}\r\n{body}").as_bytes()).await.ok()?;
    stream.shutdown().await.ok()
}

/// The head of a request that only asks.
async fn receive(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 8192];
    while !bytes.ends_with(b"\r\n\r\n") {
        let n = stream.read(&mut buffer).await.ok().filter(|n| *n > 0)?;
        bytes.extend_from_slice(&buffer[..n]);
    }
    String::from_utf8(bytes).ok()
}
