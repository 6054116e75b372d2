//! Single resources: what is refused and how that is said, versions, the time.

use anyhow::{Context as _, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    bundles::{observation, urn},
    patient,
    server::{Place, Server},
};
use crate::rest::Said;

async fn post(server: &Server, resource: &Value) -> Result<Said> {
    let kind = resource["resourceType"].as_str().unwrap_or_default();
    post_text(server, kind, &resource.to_string()).await
}

async fn post_text(server: &Server, kind: &str, body: &str) -> Result<Said> {
    let Place { base, rest } = &server.place;
    rest.ask(Method::POST, &format!("{base}/{kind}"), &[], Some(body)).await
}

async fn get(server: &Server, path: &str, headers: &[(&str, &str)]) -> Result<Said> {
    let Place { base, rest } = &server.place;
    rest.ask(Method::GET, &format!("{base}/{path}"), headers, None).await
}

/// A refusal in FHIR's words (R4, 3.1.0.1.5).
fn in_fhirs_words(said: &Said, statuses: &[u16]) -> Result<()> {
    ensure!(statuses.contains(&said.status), "{}: {}", said.status, said.text);
    let kind = said.header("content-type");
    ensure!(kind.starts_with("application/fhir+json") || kind.starts_with("application/json"), "'{kind}' is no FHIR");
    let outcome = said.json();
    ensure!(outcome["resourceType"] == "OperationOutcome", "no OperationOutcome: {}", said.text);
    ensure!(outcome["issue"][0]["severity"].is_string(), "no issue: {}", said.text);
    Ok(())
}

async fn good(server: &Server) -> Result<Value> {
    Ok(observation(&patient::add(&server.place).await?, &urn()))
}

pub(super) async fn without_status(server: &Server) -> Result<()> {
    let mut resource = good(server).await?;
    resource.as_object_mut().context("no object")?.remove("status");
    in_fhirs_words(&post(server, &resource).await?, &[400, 422])
}

pub(super) async fn wrong_status(server: &Server) -> Result<()> {
    let mut resource = good(server).await?;
    resource["status"] = json!("finalx");
    in_fhirs_words(&post(server, &resource).await?, &[400, 422])
}

pub(super) async fn unknown_refused(server: &Server) -> Result<()> {
    let mut resource = good(server).await?;
    resource["valuQuantity"] = json!(1);
    in_fhirs_words(&post(server, &resource).await?, &[400, 422])
}

pub(super) async fn unknown_not_lost(server: &Server) -> Result<()> {
    let mut resource = good(server).await?;
    resource["valuQuantity"] = json!(1);
    let said = post(server, &resource).await?;
    if (400..500).contains(&said.status) {
        return Ok(());
    }
    let id = created(&said)?;
    let held = get(server, &format!("Observation/{id}"), &[]).await?.json();
    ensure!(held["valuQuantity"] == json!(1), "it was taken without a word, and left out");
    Ok(())
}

pub(super) async fn no_json(server: &Server) -> Result<()> {
    in_fhirs_words(&post_text(server, "Observation", "{\"resourceType\": \"Obs").await?, &[400])
}

pub(super) async fn no_type(server: &Server) -> Result<()> {
    in_fhirs_words(&get(server, "Nothing/1", &[]).await?, &[400, 404])
}

pub(super) async fn not_there(server: &Server) -> Result<()> {
    in_fhirs_words(&get(server, &format!("Observation/{}", Uuid::now_v7()), &[]).await?, &[404])
}

/// The id of a resource that was made.
fn created(said: &Said) -> Result<String> {
    ensure!(said.status == 201, "{}: {}", said.status, said.text);
    let location = said.header("location").split("/_history/").next().unwrap_or_default();
    let id = location.rsplit('/').next().filter(|id| !id.is_empty());
    id.map(str::to_owned).with_context(|| format!("'{location}' is no place"))
}

pub(super) async fn deleted(server: &Server) -> Result<()> {
    let id = created(&post(server, &good(server).await?).await?)?;
    let Place { base, rest } = &server.place;
    let said = rest.ask(Method::DELETE, &format!("{base}/Observation/{id}"), &[], None).await?;
    ensure!(matches!(said.status, 200 | 202 | 204), "it deletes nothing ({})", said.status);
    in_fhirs_words(&get(server, &format!("Observation/{id}"), &[]).await?, &[404, 410])
}

pub(super) async fn etag(server: &Server) -> Result<()> {
    let path = format!("Observation/{}", created(&post(server, &good(server).await?).await?)?);
    let said = get(server, &path, &[]).await?;
    let resource = said.json();
    // R4, 3.1.0.1.1.
    let expected = format!("W/\"{}\"", resource["meta"]["versionId"].as_str().context("no versionId")?);
    ensure!(said.header("etag") == expected, "'{}' for {expected}", said.header("etag"));
    ensure!(resource["meta"]["lastUpdated"].is_string(), "no lastUpdated");
    Ok(())
}

pub(super) async fn not_modified(server: &Server) -> Result<()> {
    let path = format!("Observation/{}", created(&post(server, &good(server).await?).await?)?);
    let before = get(server, &path, &[]).await?;
    let etag = before.header("etag").to_owned();
    let said = get(server, &path, &[("if-none-match", &etag)]).await?;
    ensure!(said.status == 304 && said.text.is_empty(), "{}: {}", said.status, said.text);
    let mut changed = before.json();
    changed["status"] = json!("amended");
    let Place { base, rest } = &server.place;
    rest.put(base, &changed).await?;
    let said = get(server, &path, &[("if-none-match", &etag)]).await?;
    ensure!(said.status == 200 && said.header("etag") != etag, "a new version is not told: {}", said.status);
    Ok(())
}

pub(super) async fn date(server: &Server) -> Result<()> {
    for path in ["metadata", "Observation", "Nothing/1"] {
        let said = get(server, path, &[]).await?;
        let date = said.header("date");
        ensure!(chrono::DateTime::parse_from_rfc2822(date).is_ok(), "{path}: '{date}'");
    }
    Ok(())
}
