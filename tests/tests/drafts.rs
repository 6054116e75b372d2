//! Lists that are being answered, when the tablet loses its power at any answer.
#![allow(clippy::indexing_slicing, reason = "tests: JSON")]

use anyhow::{Context as _, Result, ensure};
use chrono::{DateTime, NaiveDate, Utc};
use dagsform_tests::{
    demo_patient::DemoPatient,
    follow_up::{FollowUp, Which},
    rig::FastRig,
    tablet::Tablet,
};
use serde_json::Value;

const LIST: &str = "kari-symptoms";
const ANSWERS: [&str; 5] = ["sleep=no", "pillows=2", "swelling=more", "swollen-places=feet,calves", "dizzy=?"];

fn monday() -> NaiveDate {
    NaiveDate::from_ymd_opt(2031, 3, 24).unwrap_or_default()
}

/// A tablet of the patient with heart failure, with the plan.
async fn with_plan(rig: &FastRig) -> Result<(Tablet, FollowUp)> {
    let service = FollowUp::start(Which::Embedded).await?;
    DemoPatient::HeartFailure.enter(&service, monday()).await?;
    let now: DateTime<Utc> = "2031-03-24T07:00:00Z".parse()?;
    let tablet = Tablet::new(rig, now)?;
    tablet.enrol(service.base(), &service)?;
    tablet.deliver()?;
    Ok((tablet, service))
}

fn given(answering: &Value) -> Vec<String> {
    answering["given"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

fn names(answers: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = answers.iter().filter_map(|one| one.split('=').next()).map(str::to_owned).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_power_cut_at_any_answer_costs_none_and_the_list_arrives_once() -> Result<()> {
    let rig = FastRig::start()?;
    let (tablet, service) = with_plan(&rig).await?;
    let mut identity = None;
    for passing in 1..=ANSWERS.len() {
        // The power goes right after this answer, again and again, each time one further.
        let mut arguments = vec!["answer", LIST];
        arguments.extend(&ANSWERS[..passing]);
        tablet.killed_at("draft-kept", passing, &arguments)?;
        let answering = tablet.ask(&["answer", LIST])?;
        ensure!(given(&answering) == names(&ANSWERS[..passing]), "after {passing} answers: {answering}");
        let of = answering["identity"].as_str().context("answers without identity")?.to_owned();
        ensure!(*identity.get_or_insert(of.clone()) == of, "the draft became another");
    }
    // And once more when the answers are in the record, before anyone is told.
    tablet.killed_at("answers-said", 1, &["answer", LIST, "--send"])?;
    ensure!(given(&tablet.ask(&["answer", LIST])?).is_empty(), "what was sent in is a draft still");
    tablet.deliver()?;
    let arrived = service.search("QuestionnaireResponse").await?;
    let [response] = arrived.as_slice() else { anyhow::bail!("{} arrived, not one", arrived.len()) };
    let identity = identity.context("there was no draft")?;
    ensure!(response["identifier"]["value"] == format!("urn:uuid:{identity}").as_str(), "{response}");
    let answered = response["item"].as_array().map_or(0, Vec::len);
    ensure!(answered == ANSWERS.len(), "{response}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_are_taken_back_are_so_on_both_sides() -> Result<()> {
    let rig = FastRig::start()?;
    let (tablet, service) = with_plan(&rig).await?;
    let sent = tablet.ask(&["answer", LIST, "swelling=none", "--send"])?;
    tablet.deliver()?;
    let identity = sent["identity"].as_str().context("answers without identity")?;
    tablet.command(&["answer", "--take-back", identity, "--why", "mistyped"])?;
    tablet.deliver()?;
    let arrived = service.search("QuestionnaireResponse").await?;
    ensure!(arrived.len() == 1 && arrived[0]["status"] == "entered-in-error", "{arrived:?}");
    let said = tablet.said()?;
    ensure!(said.iter().any(|item| item["said"]["answers"]["taken_back"]["why"] == "mistyped"), "{said:?}");
    Ok(())
}
