//! The embedded follow-up service, as the demonstration and `dagsform service` run it.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use chrono::NaiveDate;
use dagsform_sync::{
    client::install_crypto,
    service::{Options, PageWords, Service, ServiceError, TabletAccess},
};
use dagsform_ui::{Language, Words};
use serde_json::{Value, json};

use super::plans::{self, Patient};
use crate::exit::{Exit, failure};

/// How long the service may take for an answer.
const ANSWER: Duration = Duration::from_secs(20);
/// Names the made-up patients.
const IDENTIFIER: &str = "https://dagsform.example/demo";

/// The words of the nurse's page, out of the one catalogue.
struct OnPage(Words);

impl PageWords for OnPage {
    fn text(&self, context: &str, id: &str, values: &[(&str, &str)]) -> String {
        let text = self.0.text(context, id, &[]);
        values.iter().fold(text, |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }

    fn language_tag(&self) -> &str {
        self.0.language().tag()
    }
}

/// Who may use the service.
pub(crate) enum Users {
    /// Whoever is on this machine.
    Anybody,
    /// Tablets that sign in; and whoever has this token, with all rights.
    TabletsAnd(String),
}

/// Starts the service on this machine.
pub(crate) async fn start(address: SocketAddr, database: &Path, language: Language, users: Users) -> Result<Service> {
    let words = Arc::new(OnPage(Words::in_language(language)));
    let options = Options::new(address, database.to_owned(), words);
    let options = match users {
        Users::Anybody => options,
        Users::TabletsAnd(staff) => Options { access: TabletAccess::SignIn, staff: Some(staff), ..options },
    };
    Service::start(options).await.map_err(|error| {
        let exit = match error {
            ServiceError::NotLoopback(_) => Exit::Usage,
            ServiceError::Newer { .. } => Exit::Data,
            ServiceError::Database { .. } | ServiceError::Refused(_) => Exit::InputOutput,
            ServiceError::Listen { .. } | ServiceError::InUse(_) => Exit::TryAgain,
        };
        failure(exit, error.to_string())
    })
}

/// A user of the service, such as the demonstration.
pub(crate) struct Visitor {
    base: String,
    staff: String,
    http: reqwest::Client,
}

impl Visitor {
    pub(crate) fn of(base: String, staff: &str) -> Result<Self> {
        install_crypto();
        Ok(Self { base, staff: staff.to_owned(), http: reqwest::Client::builder().no_proxy().timeout(ANSWER).build()? })
    }

    /// The made-up patient, made if the service has not got them yet.
    pub(crate) async fn patient(&self, patient: Patient) -> Result<String> {
        let (system, value, name) = (IDENTIFIER, patient.identifier(), patient.name());
        let patient = json!({
            "resourceType": "Patient",
            "identifier": [{ "system": system, "value": value }],
            "name": [{ "text": name }],
        });
        let request = self.http.post(format!("{}/Patient", self.base)).body(patient.to_string());
        let request = request
            .header("content-type", "application/fhir+json")
            .header("prefer", "return=representation")
            .header("if-none-exist", format!("identifier={system}|{value}"));
        let answer = self.answer(request).await?;
        let id = answer.get("id").and_then(Value::as_str).context("the follow-up service made no patient")?;
        Ok(format!("Patient/{id}"))
    }

    /// The lists of questions, and the plan of a patient that has none yet: what a nurse has changed since stays.
    pub(crate) async fn plan(&self, patient: Patient, reference: &str, today: NaiveDate) -> Result<()> {
        let plans = format!("{}/CarePlan?patient={reference}&_summary=count", self.base);
        if self.answer(self.http.get(plans)).await?.get("total").and_then(Value::as_u64).is_some_and(|total| total > 0)
        {
            return Ok(());
        }
        for questionnaire in plans::QUESTIONNAIRES {
            let list: Value = serde_json::from_str(questionnaire)?;
            let id = list.get("id").and_then(Value::as_str).context("a list of questions without id")?;
            self.send(self.http.put(format!("{}/Questionnaire/{id}", self.base)), questionnaire.to_owned()).await?;
        }
        let id = reference.rsplit('/').next().unwrap_or(reference);
        self.send(self.http.post(&self.base), patient.plan(id, today)).await
    }

    async fn send(&self, request: reqwest::RequestBuilder, body: String) -> Result<()> {
        self.answer(request.body(body).header("content-type", "application/fhir+json")).await.map(drop)
    }

    /// How many readings the service has of a patient, and the newest of them as it tells them.
    pub(crate) async fn newest(&self, patient: &str, count: u32) -> Result<(u64, Vec<Value>)> {
        let query = format!("{}/Observation?subject={patient}&_sort=-date&_count={count}&_total=accurate", self.base);
        let bundle = self.answer(self.http.get(query)).await?;
        let total = bundle.get("total").and_then(Value::as_u64).context("the follow-up service gave no total")?;
        let entries = bundle.get("entry").and_then(Value::as_array).cloned().unwrap_or_default();
        let resources = entries.into_iter().filter_map(|mut entry| entry.get_mut("resource").map(Value::take));
        Ok((total, resources.collect()))
    }

    async fn answer(&self, request: reqwest::RequestBuilder) -> Result<Value> {
        let answer = request.bearer_auth(&self.staff).send().await.context("the follow-up service does not answer")?;
        let status = answer.status();
        let body = answer.text().await.context("the follow-up service broke off its answer")?;
        if !status.is_success() {
            bail!("the follow-up service answered {status}: {body}");
        }
        serde_json::from_str(&body).context("the follow-up service's answer is not JSON")
    }
}

/// One line on an Observation: time, code, values.
pub(crate) fn line(observation: &Value) -> String {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or("-").to_owned();
    // The name in LOINC reads better than the one in IEEE 11073.
    let codings = observation.pointer("/code/coding").and_then(Value::as_array).cloned().unwrap_or_default();
    let loinc = codings.iter().find(|coding| coding.get("system").is_some_and(|system| system == "http://loinc.org"));
    let code = loinc.or(codings.first()).and_then(|coding| coding.get("display"));
    let quantity = |of: &Value| {
        let quantity = of.get("valueQuantity")?;
        Some(format!("{} {}", quantity.get("value")?, text(quantity.get("unit"))))
    };
    let components = observation.get("component").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut values: Vec<String> =
        quantity(observation).into_iter().chain(components.iter().filter_map(quantity)).collect();
    if values.is_empty() {
        values.push("no value".to_owned());
    }
    let status = text(observation.get("status"));
    let mark = if status == "final" { String::new() } else { format!("  ({status})") };
    format!("{}  {}: {}{mark}", text(observation.get("effectiveDateTime")), text(code), values.join(", "))
}
