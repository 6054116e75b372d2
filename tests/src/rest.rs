//! A FHIR service as seen from outside: what the tests put there and look up, whoever runs it.

use std::time::Duration;

use anyhow::Result;
use reqwest::Client;
use serde_json::{Value, json};

/// How long one request may take.
const REQUEST: Duration = Duration::from_secs(30);

/// A client without memory: each request has a connection of its own, so that a service may be killed.
#[derive(Clone, Debug)]
pub struct Rest {
    http: Client,
}

impl Rest {
    /// A client.
    ///
    /// # Errors
    /// The HTTP library cannot start.
    pub fn new() -> Result<Self> {
        dagsform_sync::client::install_crypto();
        Ok(Self { http: Client::builder().no_proxy().pool_max_idle_per_host(0).timeout(REQUEST).build()? })
    }

    /// A page, as a browser would get it.
    ///
    /// # Errors
    /// There is none.
    pub async fn page(&self, address: reqwest::Url) -> Result<String> {
        Ok(self.http.get(address).send().await?.error_for_status()?.text().await?)
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
