//! A FHIR service as seen from outside: what the tests put there and look up, whoever runs it.

use std::time::Duration;

use anyhow::{Result, ensure};
use reqwest::Client;
use serde_json::{Value, json};

/// How long one request may take.
const REQUEST: Duration = Duration::from_secs(30);

/// A client without memory: each request has a connection of its own, so that a service may be killed.
#[derive(Clone, Debug)]
pub struct Rest {
    http: Client,
}

/// What a good answer holds; of a bad one, what it says.
async fn good(request: reqwest::RequestBuilder) -> Result<Value> {
    let answer = request.header("content-type", "application/fhir+json").send().await?;
    let status = answer.status();
    let body = answer.text().await?;
    ensure!(status.is_success(), "{status}: {body}");
    Ok(if body.is_empty() { Value::Null } else { serde_json::from_str(&body)? })
}

impl Rest {
    /// A client.
    ///
    /// # Errors
    /// The HTTP library cannot start.
    pub fn new() -> Result<Self> {
        dagsform_sync::client::install_crypto();
        Ok(Self {
            http: Client::builder()
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .pool_max_idle_per_host(0)
                .timeout(REQUEST)
                .build()?,
        })
    }

    /// A page, as a browser would get it.
    ///
    /// # Errors
    /// There is none.
    pub async fn page(&self, address: reqwest::Url) -> Result<String> {
        Ok(self.http.get(address).send().await?.error_for_status()?.text().await?)
    }

    /// Posts a form, as a browser would; the status of the answer, which is not followed.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn post_form(&self, address: reqwest::Url, fields: &[(String, String)]) -> Result<u16> {
        // The library's own way, by the address.
        let body = reqwest::Url::parse_with_params("http://form.invalid", fields)?;
        let body = body.query().unwrap_or_default().to_owned();
        let request = self.http.post(address).body(body);
        let answer = request.header("content-type", "application/x-www-form-urlencoded").send().await?;
        Ok(answer.status().as_u16())
    }

    /// Whether the service at this base is up.
    pub async fn answers(&self, base: &str) -> bool {
        let metadata = self.http.get(format!("{base}/metadata"));
        metadata.send().await.is_ok_and(|response| response.status().is_success())
    }

    /// Makes a patient with this id, and gives the reference.
    ///
    /// # Errors
    /// The service does not do it.
    pub async fn add_patient(&self, base: &str, id: &str) -> Result<String> {
        let reference = format!("Patient/{id}");
        let patient = json!({"resourceType": "Patient", "id": id, "name": [{"text": "Kari Testesen"}]});
        self.http.put(format!("{base}/{reference}")).json(&patient).send().await?.error_for_status()?;
        Ok(reference)
    }

    /// One resource.
    ///
    /// # Errors
    /// It is not there.
    pub async fn read(&self, base: &str, path: &str) -> Result<Value> {
        good(self.http.get(format!("{base}/{path}"))).await
    }

    /// Puts a resource at its own id.
    ///
    /// # Errors
    /// The service does not do it.
    pub async fn put(&self, base: &str, resource: &Value) -> Result<()> {
        let text = |name| resource.get(name).and_then(Value::as_str).unwrap_or_default();
        let place = format!("{base}/{}/{}", text("resourceType"), text("id"));
        good(self.http.put(place).json(resource)).await.map(drop)
    }

    /// Does a transaction.
    ///
    /// # Errors
    /// The service does not do it.
    pub async fn transaction(&self, base: &str, bundle: &Value) -> Result<()> {
        good(self.http.post(base).json(bundle)).await.map(drop)
    }

    /// All resources that a search finds (`Observation`, `Device?identifier=…`), page by page.
    ///
    /// # Errors
    /// The service does not answer a page.
    pub async fn search(&self, base: &str, search: &str) -> Result<Vec<Value>> {
        let separator = if search.contains('?') { '&' } else { '?' };
        let mut next = Some(format!("{base}/{search}{separator}_count=100"));
        let mut found = Vec::new();
        while let Some(page) = next {
            let mut bundle: Value = self.http.get(&page).send().await?.error_for_status()?.json().await?;
            let text = |link: &Value, name: &str| link.get(name).and_then(Value::as_str).map(str::to_owned);
            let link = |link: &Value| text(link, "url").filter(|_| text(link, "relation").is_some_and(|r| r == "next"));
            next = bundle.get("link").and_then(Value::as_array).into_iter().flatten().find_map(link);
            if let Some(Value::Array(entries)) = bundle.get_mut("entry").map(Value::take) {
                found.extend(entries.into_iter().filter_map(|mut entry| entry.get_mut("resource").map(Value::take)));
            }
        }
        Ok(found)
    }
}
