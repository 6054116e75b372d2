//! What the tablet fetches, by the real fetcher into a real record.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use chrono::NaiveDate;
use dagsform_care::{
    Kind, Metric,
    plan::{Plan, Status},
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    patient::Patient,
    server::{Place, Server},
};
use crate::demo_patient::{DemoPatient, lists};

/// A patient with the plan of the demonstration's patient with heart failure, which the tablet has.
async fn followed(server: &Server) -> Result<Patient> {
    let mut patient = Patient::new(server).await?;
    let Place { base, rest } = &patient.place;
    for list in lists()? {
        rest.put(base, &list).await?;
    }
    let monday = NaiveDate::from_ymd_opt(2026, 11, 23).context("a Monday")?;
    rest.transaction(base, &DemoPatient::HeartFailure.plan(patient.id(), monday)?).await?;
    patient.fetch().await?;
    Ok(patient)
}

async fn in_force(patient: &Patient) -> Result<Arc<Plan>> {
    if let Some(refused) = patient.record.refused_plan().await? {
        anyhow::bail!("refused: {}", refused.problem);
    }
    Ok(patient.record.plan().await?.context("no plan was fetched")?.plan)
}

/// Changes a resource.
async fn change(patient: &Patient, path: &str, change: impl FnOnce(&mut Value)) -> Result<()> {
    let Place { base, rest } = &patient.place;
    let mut resource = rest.read(base, path).await?;
    change(&mut resource);
    rest.put(base, &resource).await
}

async fn delete(patient: &Patient, path: &str) -> Result<()> {
    let Place { base, rest } = &patient.place;
    let said = rest.ask(Method::DELETE, &format!("{base}/{path}"), &[], None).await?;
    ensure!(matches!(said.status, 200 | 202 | 204), "it deletes nothing ({})", said.status);
    Ok(())
}

fn parent(patient: &Patient) -> String {
    format!("CarePlan/{}-plan", patient.id())
}

pub(super) async fn plan(server: &Server) -> Result<()> {
    let plan = in_force(&followed(server).await?).await?;
    let parts = [
        ("goals", plan.goals.len()),
        ("measurements", plan.measurements.len()),
        ("lists", plan.lists.len()),
        ("zones", plan.zones.len()),
        ("medicines", plan.medicines.len()),
        ("contacts", plan.contacts.len()),
    ];
    for (part, count) in parts {
        ensure!(count > 0, "no {part}");
    }
    Ok(())
}

pub(super) async fn change_seen(server: &Server) -> Result<()> {
    let mut patient = followed(server).await?;
    let before = in_force(&patient).await?.version.clone();
    change(&patient, &parent(&patient), |plan| plan["title"] = json!("En annen plan")).await?;
    patient.fetch().await?;
    let after = in_force(&patient).await?;
    ensure!(after.version != before && after.title.as_deref() == Some("En annen plan"), "{before}, {}", after.version);
    Ok(())
}

pub(super) async fn plan_deleted(server: &Server) -> Result<()> {
    let mut patient = followed(server).await?;
    in_force(&patient).await?;
    delete(&patient, &parent(&patient)).await?;
    patient.fetch().await?;
    ensure!(in_force(&patient).await?.status == Status::OnHold, "it is still in force");
    Ok(())
}

pub(super) async fn plan_ended(server: &Server) -> Result<()> {
    let mut patient = followed(server).await?;
    change(&patient, &parent(&patient), |plan| plan["status"] = json!("completed")).await?;
    patient.fetch().await?;
    ensure!(in_force(&patient).await?.status == Status::Ended, "it has not ended");
    Ok(())
}

/// Sends the patient messages; the place of the first.
async fn write(patient: &Patient, texts: &[String]) -> Result<String> {
    let Place { base, rest } = &patient.place;
    let mut first = None;
    for text in texts {
        let to = json!({"reference": patient.reference});
        let message = json!({"resourceType": "Communication", "status": "completed", "subject": to, "recipient": [to],
            "sent": "2026-11-23T08:00:00Z", "payload": [{"contentString": text}]});
        let address = format!("{base}/Communication");
        let said = rest.ask(Method::POST, &address, &[], Some(&message.to_string())).await?;
        ensure!(said.status == 201, "{}: {}", said.status, said.text);
        let location = said.header("location").split("/_history/").next().unwrap_or_default().to_owned();
        first = first.or_else(|| location.find("Communication/").map(|at| location.split_at(at).1.to_owned()));
    }
    first.context("no place was told")
}

/// The texts of the messages that are shown.
async fn shown(patient: &Patient) -> Result<Vec<String>> {
    let rows = patient.record.received().await?;
    Ok(rows.into_iter().filter(|row| !row.message.withdrawn).map(|row| row.message.text).collect())
}

pub(super) async fn messages(server: &Server) -> Result<()> {
    let mut patient = Patient::new(server).await?;
    for round in 1..=2 {
        write(&patient, &[format!("Nummer {round}")]).await?;
        patient.fetch().await?;
        patient.fetch().await?;
    }
    // Of one moment, in either order.
    let mut shown = shown(&patient).await?;
    shown.sort();
    ensure!(shown == ["Nummer 1", "Nummer 2"], "{shown:?}");
    Ok(())
}

pub(super) async fn many_messages(server: &Server) -> Result<()> {
    const MESSAGES: usize = 120;
    let mut patient = Patient::new(server).await?;
    let texts: Vec<String> = (0..MESSAGES).map(|n| format!("Nummer {n}")).collect();
    write(&patient, &texts).await?;
    patient.fetch().await?;
    let shown = shown(&patient).await?.len();
    ensure!(shown == MESSAGES, "{shown} of {MESSAGES}");
    Ok(())
}

pub(super) async fn message_withdrawn(server: &Server) -> Result<()> {
    let mut patient = Patient::new(server).await?;
    let place = write(&patient, &["Feil".to_owned()]).await?;
    patient.fetch().await?;
    ensure!(shown(&patient).await? == ["Feil"], "it did not come");
    change(&patient, &place, |message| message["status"] = json!("entered-in-error")).await?;
    patient.fetch().await?;
    ensure!(shown(&patient).await?.is_empty(), "it is still shown");
    Ok(())
}

pub(super) async fn message_deleted(server: &Server) -> Result<()> {
    let mut patient = Patient::new(server).await?;
    let place = write(&patient, &["Feil".to_owned()]).await?;
    patient.fetch().await?;
    ensure!(shown(&patient).await? == ["Feil"], "it did not come");
    delete(&patient, &place).await?;
    patient.restart()?;
    patient.fetch().await?;
    ensure!(shown(&patient).await?.is_empty(), "it is still shown");
    Ok(())
}

pub(super) async fn seen(server: &Server) -> Result<()> {
    let mut patient = Patient::new(server).await?;
    let reading = patient.enter(Kind::BodyWeight, &[(Metric::BodyWeight, "82.5")]).await?;
    patient.deliver().await?;
    let held = patient.held("Observation").await?;
    let place = format!("Observation/{}", held.first().context("none")?["id"].as_str().unwrap_or_default());
    let recorded = chrono::Utc::now() + chrono::Duration::minutes(1);
    let mark = json!({"resourceType": "Provenance", "recorded": recorded.to_rfc3339(),
        "target": [{"reference": place}, {"reference": patient.reference}],
        "agent": [{"who": {"display": "Oppfølgingstjenesten"}}],
        "activity": {"coding": [
            {"system": "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle", "code": "access"}]}});
    let Place { base, rest } = &patient.place;
    let said = rest.ask(Method::POST, &format!("{base}/Provenance"), &[], Some(&mark.to_string())).await?;
    ensure!(said.status == 201, "{}: {}", said.status, said.text);
    patient.fetch().await?;
    let row = patient.record.reading(reading.identity).await?.context("it is gone")?;
    ensure!(row.seen.is_some(), "the tablet does not know it");
    Ok(())
}
