//! Transactions and batches (R4, 3.1.0.11), asked plainly: what a tablet sends, and what no tablet should.

use anyhow::{Context as _, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    patient,
    server::{Place, Server},
};
use crate::rest::{Rest, Said};

/// The system of identifiers that are URIs.
const URI: &str = "urn:ietf:rfc:3986";

pub(super) fn urn() -> String {
    format!("urn:uuid:{}", Uuid::now_v7())
}

/// A reading of a patient, under an identifier.
pub(super) fn observation(patient: &str, identifier: &str) -> Value {
    json!({
        "resourceType": "Observation",
        "identifier": [{"system": URI, "value": identifier}],
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "59408-5"}]},
        "subject": {"reference": patient},
        "effectiveDateTime": "2026-11-23T08:00:00+01:00",
        "valueQuantity": {"value": 94, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"},
    })
}

/// A conditional create.
fn create(resource: &Value) -> Value {
    let condition = format!("identifier={URI}|{}", resource["identifier"][0]["value"].as_str().unwrap_or_default());
    json!({"fullUrl": urn(), "resource": resource,
        "request": {"method": "POST", "url": resource["resourceType"], "ifNoneExist": condition}})
}

fn bundle(kind: &str, entries: &[Value]) -> Value {
    json!({"resourceType": "Bundle", "type": kind, "entry": entries})
}

pub(super) async fn post(rest: &Rest, base: &str, body: &Value) -> Result<Said> {
    rest.ask(Method::POST, base, &[], Some(&body.to_string())).await
}

/// The status of each entry of a good answer.
fn statuses(said: &Said, kind: &str) -> Result<Vec<String>> {
    ensure!(said.status == 200, "{}: {}", said.status, said.text);
    let answer = said.json();
    ensure!(answer["type"] == kind, "{}", answer["type"]);
    let entries = answer["entry"].as_array().context("no entries")?;
    let status = |entry: &Value| entry["response"]["status"].as_str().unwrap_or_default().chars().take(3).collect();
    Ok(entries.iter().map(status).collect())
}

/// How many resources a search finds.
async fn count(place: &Place, search: &str) -> Result<usize> {
    Ok(place.rest.search(&place.base, search).await?.len())
}

/// One reading, with the search that finds it.
async fn reading(server: &Server) -> Result<(Value, String)> {
    let (patient, identifier) = (patient::add(&server.place).await?, urn());
    Ok((observation(&patient, &identifier), format!("Observation?identifier={URI}|{identifier}")))
}

/// Another reading of the same patient, which does not say what was measured.
fn without_code(good: &Value) -> Result<Value> {
    let mut bad = observation(good["subject"]["reference"].as_str().unwrap_or_default(), &urn());
    bad.as_object_mut().context("no object")?.remove("code");
    Ok(bad)
}

pub(super) async fn creates(server: &Server) -> Result<()> {
    creates_as(&server.place, &server.place.rest).await
}

/// A transaction of one who asks, about a patient whom staff has added.
pub(super) async fn creates_as(place: &Place, asking: &Rest) -> Result<()> {
    let patient = patient::add(place).await?;
    let entries = [create(&observation(&patient, &urn())), create(&observation(&patient, &urn()))];
    let said = post(asking, &place.base, &bundle("transaction", &entries)).await?;
    ensure!(statuses(&said, "transaction-response")? == ["201", "201"], "{}", said.text);
    ensure!(count(place, &format!("Observation?patient={patient}")).await? == 2, "not found again");
    Ok(())
}

pub(super) async fn again(server: &Server) -> Result<()> {
    let (resource, search) = reading(server).await?;
    let sent = bundle("transaction", &[create(&resource)]);
    let Place { base, rest } = &server.place;
    for expected in ["201", "200"] {
        let said = post(rest, base, &sent).await?;
        ensure!(statuses(&said, "transaction-response")? == [expected], "{}", said.text);
    }
    ensure!(count(&server.place, &search).await? == 1, "it is doubled");
    Ok(())
}

pub(super) async fn whole(server: &Server) -> Result<()> {
    let (resource, search) = reading(server).await?;
    let bad = without_code(&resource)?;
    let Place { base, rest } = &server.place;
    let said = post(rest, base, &bundle("transaction", &[create(&resource), create(&bad)])).await?;
    ensure!((400..500).contains(&said.status), "{}: {}", said.status, said.text);
    ensure!(said.json()["resourceType"] == "OperationOutcome", "{}", said.text);
    ensure!(count(&server.place, &search).await? == 0, "half of it was done");
    Ok(())
}

pub(super) async fn references(server: &Server) -> Result<()> {
    let (mut resource, search) = reading(server).await?;
    let device = create(&json!({"resourceType": "Device", "identifier": [{"system": URI, "value": urn()}]}));
    resource["device"] = json!({"reference": device["fullUrl"]});
    let Place { base, rest } = &server.place;
    let said = post(rest, base, &bundle("transaction", &[device, create(&resource)])).await?;
    statuses(&said, "transaction-response")?;
    let found = rest.search(base, &search).await?;
    let reference = found.first().context("not found again")?["device"]["reference"].clone();
    let place = reference.as_str().and_then(|to| to.find("Device/").map(|at| to.split_at(at).1)).unwrap_or_default();
    ensure!(!place.is_empty(), "it refers to {reference}");
    rest.read(base, place).await?;
    Ok(())
}

pub(super) async fn update(server: &Server) -> Result<()> {
    let (mut resource, search) = reading(server).await?;
    let Place { base, rest } = &server.place;
    for (status, expected) in [("final", "201"), ("entered-in-error", "200")] {
        resource["status"] = json!(status);
        let entry = json!({"fullUrl": urn(), "resource": resource, "request": {"method": "PUT", "url": search}});
        let said = post(rest, base, &bundle("transaction", &[entry])).await?;
        ensure!(statuses(&said, "transaction-response")? == [expected], "{}", said.text);
    }
    let found = rest.search(base, &search).await?;
    ensure!(found.len() == 1 && found.iter().all(|it| it["status"] == "entered-in-error"), "{found:?}");
    Ok(())
}

pub(super) async fn several(server: &Server) -> Result<()> {
    let (resource, search) = reading(server).await?;
    let Place { base, rest } = &server.place;
    for _ in 0..2 {
        let said = post(rest, &format!("{base}/Observation"), &resource).await?;
        ensure!(said.status == 201, "{}: {}", said.status, said.text);
    }
    let mut changed = resource.clone();
    changed["status"] = json!("amended");
    let entry = json!({"fullUrl": urn(), "resource": changed, "request": {"method": "PUT", "url": search}});
    for sent in [bundle("transaction", &[entry]), bundle("transaction", &[create(&resource)])] {
        let said = post(rest, base, &sent).await?;
        ensure!(said.status == 412, "{}: {}", said.status, said.text);
    }
    let found = rest.search(base, &search).await?;
    ensure!(found.len() == 2 && found.iter().all(|it| it["status"] == "final"), "{found:?}");
    Ok(())
}

/// A good reading and a bad one.
async fn good_and_bad(server: &Server) -> Result<(Value, String)> {
    let (good, search) = reading(server).await?;
    let bad = without_code(&good)?;
    Ok((bundle("batch", &[create(&good), create(&bad)]), search))
}

pub(super) async fn batch(server: &Server) -> Result<()> {
    let (sent, search) = good_and_bad(server).await?;
    let said = post(&server.place.rest, &server.place.base, &sent).await?;
    let statuses = statuses(&said, "batch-response")?;
    let [good, bad] = statuses.as_slice() else { anyhow::bail!("{} entries answer 2", statuses.len()) };
    ensure!(good == "201" && bad.starts_with('4'), "{statuses:?}");
    let answer = said.json();
    let outcome = &answer["entry"][1]["response"]["outcome"]["resourceType"];
    ensure!(outcome == "OperationOutcome", "it does not say why: {}", answer["entry"][1]);
    ensure!(count(&server.place, &search).await? == 1, "the good one is missing");
    Ok(())
}

pub(super) async fn batch_again(server: &Server) -> Result<()> {
    let (resource, search) = reading(server).await?;
    let sent = bundle("batch", &[create(&resource)]);
    for expected in ["201", "200"] {
        let said = post(&server.place.rest, &server.place.base, &sent).await?;
        ensure!(statuses(&said, "batch-response")? == [expected], "{}", said.text);
    }
    ensure!(count(&server.place, &search).await? == 1, "it is doubled");
    Ok(())
}

pub(super) async fn batch_addresses(server: &Server) -> Result<()> {
    let (sent, _) = good_and_bad(server).await?;
    let answer = post(&server.place.rest, &server.place.base, &sent).await?.json();
    for (n, entry) in sent["entry"].as_array().into_iter().flatten().enumerate() {
        let (sent, answered) = (&entry["fullUrl"], &answer["entry"][n]["fullUrl"]);
        ensure!(sent == answered, "entry {n} has {answered}, not the address that was sent");
    }
    Ok(())
}

pub(super) async fn places(server: &Server) -> Result<()> {
    let (resource, _) = reading(server).await?;
    let Place { base, rest } = &server.place;
    let said = post(rest, base, &bundle("transaction", &[create(&resource)])).await?;
    let answer = said.json();
    let response = &answer["entry"][0]["response"];
    let location = response["location"].as_str().context("no location")?;
    let at = location.find("Observation/").with_context(|| format!("'{location}' is no place"))?;
    let place = location.split_at(at).1.split("/_history/").next().unwrap_or_default();
    let held = rest.read(base, place).await?;
    ensure!(held["identifier"] == resource["identifier"], "another resource is at {place}");
    Ok(())
}
