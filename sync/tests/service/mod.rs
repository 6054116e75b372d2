//! What the tests of the embedded service share: a service in a folder of its own, and requests to it.
#![allow(dead_code, reason = "each test file uses a part")]

use std::{path::Path, sync::Arc, time::Duration};

use dagsform_sync::{
    client::install_crypto,
    service::{Options, PageWords, Service, ServiceError, TabletAccess},
};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

pub mod browser;
pub mod tablet;

/// The token of the staff where tablets sign in.
pub const STAFF: &str = "the staff's own token";

/// The English wordings themselves.
pub struct Plain;

impl PageWords for Plain {
    fn text(&self, _context: &str, id: &str, values: &[(&str, &str)]) -> String {
        values.iter().fold(id.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }
    fn language_tag(&self) -> &str {
        "en"
    }
}

pub struct Rig {
    pub service: Service,
    pub folder: TempDir,
    pub http: reqwest::Client,
    /// Sent with every request, if there is one.
    pub token: Option<String>,
    options: fn(&mut Options),
}

pub async fn open(file: &Path) -> Result<Service, ServiceError> {
    open_with(file, |_| {}).await
}

async fn open_with(file: &Path, options: fn(&mut Options)) -> Result<Service, ServiceError> {
    let mut all = Options::new("127.0.0.1:0".parse().unwrap(), file.to_owned(), Arc::new(Plain));
    options(&mut all);
    Service::start(all).await
}

pub fn http() -> reqwest::Client {
    install_crypto();
    let redirects = reqwest::redirect::Policy::none();
    let builder = reqwest::Client::builder().no_proxy().redirect(redirects).timeout(Duration::from_secs(30));
    builder.build().unwrap()
}

impl Rig {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// One where tablets sign in; its own requests are the staff's.
    pub async fn signing_in() -> Self {
        Self::signing_in_with(|options| {
            (options.access, options.staff) = (TabletAccess::SignIn, Some(STAFF.to_owned()));
        })
        .await
    }

    /// One with these options, which has the staff's token.
    pub async fn signing_in_with(options: fn(&mut Options)) -> Self {
        Self { token: Some(STAFF.to_owned()), ..Self::start_with(options).await }
    }

    async fn start_with(options: fn(&mut Options)) -> Self {
        let folder = TempDir::new().unwrap();
        let service = open_with(&folder.path().join("service.sqlite"), options).await.unwrap();
        Self { service, folder, http: http(), token: None, options }
    }

    /// Stops the service and starts it on the same file.
    pub async fn restart(self) -> Self {
        self.restart_after(|_| {}).await
    }

    /// The same, with something done to the file in between.
    pub async fn restart_after(self, done: impl FnOnce(&Path)) -> Self {
        let Self { service, folder, http, token, options } = self;
        service.stop().await;
        let file = folder.path().join("service.sqlite");
        done(&file);
        let service = open_with(&file, options).await.unwrap();
        Self { service, folder, http, token, options }
    }

    pub fn url(&self, path: &str) -> String {
        let base = self.service.base();
        if path.is_empty() { base } else { format!("{base}/{path}") }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, self.url(path));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        read(self.request(Method::GET, path).send().await.unwrap()).await
    }

    pub async fn send(&self, method: Method, path: &str, body: &Value) -> (StatusCode, Value) {
        let request = self.request(method, path).header("content-type", "application/fhir+json");
        read(request.body(body.to_string()).send().await.unwrap()).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        self.send(Method::POST, path, body).await
    }

    /// How many match, by the answer's own total.
    pub async fn total(&self, search: &str) -> u64 {
        let (status, found) = self.get(search).await;
        assert_eq!(status, 200, "{search}: {found}");
        found["total"].as_u64().unwrap()
    }

    /// A new patient: `Patient/123`.
    pub async fn patient(&self) -> String {
        let body = json!({"resourceType": "Patient", "name": [{"given": ["Kari"], "family": "Testesen"}]});
        let (status, made) = self.post("Patient", &body).await;
        assert_eq!(status, 201, "{made}");
        format!("Patient/{}", made["id"].as_str().unwrap())
    }
}

pub async fn read(response: Response) -> (StatusCode, Value) {
    let status = response.status();
    let text = response.text().await.unwrap();
    let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
    (status, body)
}

pub fn urn() -> String {
    format!("urn:uuid:{}", Uuid::now_v7())
}

pub fn uri(value: &str) -> Value {
    json!([{"system": "urn:ietf:rfc:3986", "value": value}])
}

/// The condition of a conditional create.
pub fn unless(identifier: &str) -> String {
    format!("identifier=urn:ietf:rfc:3986|{identifier}")
}

pub fn saturation(subject: &str, identifier: &str, when: &str, value: u8) -> Value {
    json!({
        "resourceType": "Observation",
        "identifier": uri(identifier),
        "status": "final",
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}]}],
        "code": {"coding": [
            {"system": "http://loinc.org", "code": "59408-5"},
            {"system": "urn:iso:std:iso:11073:10101", "code": "150456"},
        ]},
        "subject": {"reference": subject},
        "effectiveDateTime": when,
        "issued": when,
        "valueQuantity": {"value": value, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"},
    })
}

/// A transaction of conditional creates.
pub fn transaction(resources: &[(String, Value)]) -> Value {
    let entry = |(full_url, resource): &(String, Value)| {
        let identifier = resource["identifier"][0]["value"].as_str().unwrap();
        let request = json!({"method": "POST", "url": resource["resourceType"], "ifNoneExist": unless(identifier)});
        json!({"fullUrl": full_url, "resource": resource, "request": request})
    };
    let entries: Vec<Value> = resources.iter().map(entry).collect();
    json!({"resourceType": "Bundle", "type": "transaction", "entry": entries})
}

/// The status of each entry; an answer to an empty batch has none.
pub fn statuses(bundle: &Value) -> Vec<String> {
    let entries = bundle["entry"].as_array().into_iter().flatten();
    entries.map(|entry| entry["response"]["status"].as_str().unwrap().to_owned()).collect()
}
