//! A FHIR service as seen from outside: what the tests put there and look up, whoever runs it.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use reqwest::{
    Client, Method,
    header::{AUTHORIZATION, HeaderMap, HeaderValue},
};
use serde_json::{Value, json};

/// How long one request may take.
const REQUEST: Duration = Duration::from_secs(30);

/// A client without memory: each request has a connection of its own, so that a service may be killed.
#[derive(Clone, Debug)]
pub struct Rest {
    http: Client,
}

/// An answer, whatever it says.
#[derive(Clone, Debug)]
pub struct Said {
    /// The HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// The body as it was spelled.
    pub text: String,
}

impl Said {
    /// The body as JSON; null if it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// A header's value; empty if it is not there.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
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
        Self::with_headers(HeaderMap::new())
    }

    /// A client that shows this token with every request (RFC 6750).
    ///
    /// # Errors
    /// The HTTP library cannot start, or this is no token.
    pub fn with_token(token: &str) -> Result<Self> {
        let mut shown = HeaderValue::try_from(format!("Bearer {token}"))?;
        shown.set_sensitive(true);
        Self::with_headers(HeaderMap::from_iter([(AUTHORIZATION, shown)]))
    }

    fn with_headers(headers: HeaderMap) -> Result<Self> {
        dagsform_sync::client::install_crypto();
        Ok(Self {
            http: Client::builder()
                .default_headers(headers)
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .pool_max_idle_per_host(0)
                .timeout(REQUEST)
                .build()?,
        })
    }

    /// What is said to a request, as FHIR in JSON.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn ask(
        &self,
        method: Method,
        address: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Result<Said> {
        let mut request = self.http.request(method, address).header("accept", "application/fhir+json");
        if let Some(body) = body {
            request = request.header("content-type", "application/fhir+json").body(body.to_owned());
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.with_context(|| format!("asking {address}"))?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Ok(Said { status, headers, text: answer.text().await? })
    }

    /// What is said to a form, as the token endpoint takes it (RFC 6749, 4.4.2).
    ///
    /// # Errors
    /// There is no answer.
    pub async fn ask_form(&self, address: &str, fields: &[(&str, &str)]) -> Result<Said> {
        // The library's own way, by the address.
        let body = reqwest::Url::parse_with_params("http://form.invalid", fields)?;
        let request = self.http.post(address).header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(body.query().unwrap_or_default().to_owned()).send().await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Ok(Said { status, headers, text: answer.text().await? })
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
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        Ok(self.ask_form(address.as_str(), &fields).await?.status)
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
        good(self.http.put(format!("{base}/{reference}")).body(patient.to_string())).await?;
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
