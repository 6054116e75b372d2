//! Searches that a tablet, or who looks after it, depends on (R4, 3.1.1).

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    bundles::{observation, post, urn},
    patient,
    server::{Place, Server},
};

/// A patient with so many readings; the reference.
async fn with_readings(server: &Server, count: usize) -> Result<String> {
    let patient = patient::add(&server.place).await?;
    let Place { base, rest } = &server.place;
    for _ in 0..count {
        let said = post(rest, &format!("{base}/Observation"), &observation(&patient, &urn())).await?;
        ensure!(said.status == 201, "{}: {}", said.status, said.text);
    }
    Ok(patient)
}

async fn found(server: &Server, search: &str) -> Result<Vec<Value>> {
    server.place.rest.search(&server.place.base, search).await
}

async fn expect(server: &Server, search: &str, count: usize) -> Result<()> {
    let found = found(server, search).await?.len();
    ensure!(found == count, "{search} finds {found}, not {count}");
    Ok(())
}

pub(super) async fn identifier(server: &Server) -> Result<()> {
    let patient = with_readings(server, 2).await?;
    let all = found(server, &format!("Observation?patient={patient}")).await?;
    let one = all.first().context("nothing found")?["identifier"][0]["value"].as_str().unwrap_or_default();
    expect(server, &format!("Observation?identifier=urn:ietf:rfc:3986|{one}"), 1).await
}

pub(super) async fn patient(server: &Server) -> Result<()> {
    let (patient, other) = (with_readings(server, 2).await?, with_readings(server, 1).await?);
    expect(server, &format!("Observation?patient={patient}"), 2).await?;
    expect(server, &format!("Observation?patient={other}"), 1).await
}

pub(super) async fn code(server: &Server) -> Result<()> {
    let patient = with_readings(server, 1).await?;
    expect(server, &format!("Observation?patient={patient}&code=http://loinc.org|59408-5"), 1).await?;
    expect(server, &format!("Observation?patient={patient}&code=http://loinc.org|8867-4"), 0).await
}

/// When the only reading of a new patient was stored, and the patient.
async fn stored(server: &Server) -> Result<(String, String)> {
    let patient = with_readings(server, 1).await?;
    let all = found(server, &format!("Observation?patient={patient}")).await?;
    let stored = all.first().context("nothing found")?["meta"]["lastUpdated"].as_str().context("no lastUpdated")?;
    Ok((patient, stored.replace('+', "%2B")))
}

pub(super) async fn since(server: &Server) -> Result<()> {
    let (patient, stored) = stored(server).await?;
    expect(server, &format!("Observation?patient={patient}&_lastUpdated=ge{stored}"), 1).await
}

pub(super) async fn not_before(server: &Server) -> Result<()> {
    let (patient, _) = stored(server).await?;
    expect(server, &format!("Observation?patient={patient}&_lastUpdated=ge2126-01-01T00:00:00.000Z"), 0).await
}

pub(super) async fn pages(server: &Server) -> Result<()> {
    const READINGS: usize = 7;
    let patient = with_readings(server, READINGS).await?;
    let Place { base, rest } = &server.place;
    let mut next = Some(format!("{base}/Observation?patient={patient}&_sort=_lastUpdated&_count=3"));
    let (mut ids, mut times, mut pages) = (BTreeSet::new(), Vec::new(), 0);
    while let Some(page) = next {
        ensure!(page.starts_with(base), "a page is at another address: {page}");
        pages += 1;
        ensure!(pages <= READINGS, "the pages have no end");
        let bundle = rest.ask(Method::GET, &page, &[], None).await?.json();
        for entry in bundle["entry"].as_array().into_iter().flatten() {
            let resource = &entry["resource"];
            ensure!(ids.insert(resource["id"].to_string()), "{} comes twice", resource["id"]);
            times.push(resource["meta"]["lastUpdated"].to_string());
        }
        let links = bundle["link"].as_array().into_iter().flatten();
        next = links.filter(|link| link["relation"] == "next").find_map(|link| link["url"].as_str().map(str::to_owned));
    }
    ensure!(ids.len() == READINGS && pages > 1, "{} on {pages} pages", ids.len());
    ensure!(times.is_sorted(), "not in the order of storing: {times:?}");
    Ok(())
}

pub(super) async fn canonical(server: &Server) -> Result<()> {
    let url = format!("https://x.example/{}", urn());
    let Place { base, rest } = &server.place;
    for version in ["1", "2"] {
        let list = json!({"resourceType": "Questionnaire", "url": url, "version": version, "status": "active",
            "item": [{"linkId": "1", "text": "Hvordan går det?", "type": "string"}]});
        let said = post(rest, &format!("{base}/Questionnaire"), &list).await?;
        ensure!(said.status == 201, "{}: {}", said.status, said.text);
    }
    expect(server, &format!("Questionnaire?url={url}"), 2).await?;
    expect(server, &format!("Questionnaire?url={url}&version=2"), 1).await
}
