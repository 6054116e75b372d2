//! What the tablet sends, by the real engine out of a real record.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use dagsform_care::{
    Decimal, Identity, Kind, Metric, Performer, Why,
    item::{Answers, Item},
    medicine::MedicineTaken,
    message::{Message, MessageKind},
    questionnaire::{Answer, Answered, Canonical, Given, LinkId, Response},
};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{patient::Patient, server::Server};

/// One of each kind, with digits that a careless server loses.
const READINGS: [(Kind, &[(Metric, &str)]); 6] = [
    (Kind::PulseOximetry, &[(Metric::OxygenSaturation, "97.0"), (Metric::PulseRate, "71")]),
    (Kind::BloodPressure, &[(Metric::Systolic, "132"), (Metric::Diastolic, "8.1E+1"), (Metric::PulseRateByCuff, "66")]),
    (Kind::BodyWeight, &[(Metric::BodyWeight, "82.50")]),
    (Kind::BloodGlucose, &[(Metric::GlucoseCapillaryPlasma, "6.10")]),
    (Kind::BodyTemperature, &[(Metric::BodyTemperature, "37.00")]),
    (Kind::Spirometry, &[(Metric::PeakExpiratoryFlow, "4E+2"), (Metric::ForcedExpiratoryVolume, "2.00")]),
];

/// A patient who has measured all of them, and whose tablet has delivered them.
async fn measured(server: &Server) -> Result<Patient> {
    let patient = Patient::new(server).await?;
    for (kind, numbers) in READINGS {
        patient.enter(kind, numbers).await?;
    }
    patient.deliver().await?;
    Ok(patient)
}

/// The identifiers of resources, each of which is there once.
fn identifiers(resources: &[Value]) -> Result<BTreeSet<String>> {
    let all: BTreeSet<String> = resources.iter().map(|it| it["identifier"].to_string()).collect();
    ensure!(all.len() == resources.len(), "{} resources have {} identifiers", resources.len(), all.len());
    Ok(all)
}

pub(super) async fn every_kind(server: &Server) -> Result<()> {
    let held = measured(server).await?.held("Observation").await?;
    ensure!(identifiers(&held)?.len() >= READINGS.len(), "{} Observations", held.len());
    Ok(())
}

pub(super) async fn twice(server: &Server) -> Result<()> {
    let first = measured(server).await?;
    let before = first.held("Observation").await?;
    // A tablet that was restored from a copy made before anything was delivered.
    let second = first.with_another_tablet(server).await?;
    for row in first.record.readings().await? {
        second.record.save_by_hand(row.reading).await?;
    }
    second.deliver().await?;
    let after = second.held("Observation").await?;
    ensure!(identifiers(&before)? == identifiers(&after)?, "{} have become {}", before.len(), after.len());
    Ok(())
}

/// The patient's readings as the server spells them.
async fn spelled_out(patient: &Patient) -> Result<String> {
    let address = format!("{}/Observation?patient={}&_count=100", patient.place.base, patient.reference);
    Ok(patient.place.rest.ask(Method::GET, &address, &[], None).await?.text)
}

/// The numbers in them.
async fn spelled(server: &Server) -> Result<Vec<String>> {
    let text = spelled_out(&measured(server).await?).await?;
    let values = text.split("\"value\"").skip(1).map(|rest| rest.trim_start_matches([':', ' ']));
    let end = |rest: &str| rest.chars().take_while(|c| c.is_ascii_digit() || "+-.eE".contains(*c)).collect();
    Ok(values.map(end).filter(|number: &String| !number.is_empty()).collect())
}

fn numbers() -> impl Iterator<Item = &'static str> {
    READINGS.into_iter().flat_map(|(_, numbers)| numbers.iter().map(|(_, number)| *number))
}

pub(super) async fn value(server: &Server) -> Result<()> {
    let value = |text: &str| text.parse::<f64>().with_context(|| format!("'{text}' is no number"));
    let held: Vec<f64> = spelled(server).await?.iter().map(|text| value(text)).collect::<Result<_>>()?;
    for number in numbers() {
        let wanted = value(number)?;
        ensure!(held.iter().any(|held| (held - wanted).abs() < 1e-9), "{number} is not among {held:?}");
    }
    Ok(())
}

pub(super) async fn digits(server: &Server) -> Result<()> {
    let held = spelled(server).await?;
    for number in numbers() {
        let sent = number.parse::<Decimal>().with_context(|| format!("'{number}'"))?.to_string();
        ensure!(held.contains(&sent), "{sent} is not among {held:?}");
    }
    Ok(())
}

pub(super) async fn taken_back(server: &Server) -> Result<()> {
    let patient = measured(server).await?;
    let before = patient.held("Observation").await?;
    let weight = patient.record.readings_of(Kind::BodyWeight, 1).await?;
    let identity = weight.first().context("no weight")?.reading.identity;
    patient.record.take_back(identity, Why::Mistyped).await?;
    patient.deliver().await?;
    let after = patient.held("Observation").await?;
    ensure!(identifiers(&before)? == identifiers(&after)?, "{} have become {}", before.len(), after.len());
    let errors: Vec<&Value> = after.iter().filter(|it| it["status"] == "entered-in-error").collect();
    let [error] = errors.as_slice() else { anyhow::bail!("{} are entered in error", errors.len()) };
    ensure!(before.iter().any(|it| it["id"] == error["id"]), "it is in another place");
    Ok(())
}

pub(super) async fn hardly_held(server: &Server) -> Result<()> {
    let patient = Patient::new(server).await?;
    patient.enter(Kind::BodyWeight, &[(Metric::BodyWeight, "82.5")]).await?;
    // Valid FHIR that no scale says, and more than a double holds.
    patient.enter(Kind::BodyWeight, &[(Metric::BodyWeight, "1E+400")]).await?;
    patient.enter(Kind::BodyWeight, &[(Metric::BodyWeight, "82.7")]).await?;
    let counts = patient.send().await?;
    ensure!(counts.waiting == 0, "{counts:?}");
    let text = spelled_out(&patient).await?;
    let huge = "1E+400".parse::<Decimal>().context("1E+400")?.to_string();
    for (number, expected) in [("82.5", true), (huge.as_str(), counts.aside == 0), ("82.7", true)] {
        ensure!(text.contains(number) == expected, "{number} is there or not, against its word: {counts:?}");
    }
    Ok(())
}

/// Says it, sends it, and sends it from another tablet: what the service has then, which is one.
async fn said(server: &Server, patient: &Patient, item: Item, kind: &str) -> Result<Value> {
    patient.record.say(item.clone()).await?;
    patient.deliver().await?;
    let another = patient.with_another_tablet(server).await?;
    another.record.say(item).await?;
    another.deliver().await?;
    let mut held = patient.held(kind).await?;
    ensure!(held.len() == 1, "{} times {kind}", held.len());
    held.pop().context("none")
}

pub(super) async fn message(server: &Server) -> Result<()> {
    let patient = Patient::new(server).await?;
    let words = "Jeg sov dårlig – «kan noen ringe?»";
    let message = Message {
        identity: Identity::by_hand(Uuid::now_v7()),
        patient: patient.on_the_tablet(),
        kind: MessageKind::Words,
        text: words.to_owned(),
        written: patient.record.now().0,
        by: Performer::Patient,
        answers: None,
    };
    let held = said(server, &patient, Item::Message(message), "Communication").await?;
    ensure!(held["payload"][0]["contentString"] == words, "{}", held["payload"]);
    Ok(())
}

pub(super) async fn answers(server: &Server) -> Result<()> {
    let patient = Patient::new(server).await?;
    let answered = |id: &str, answer| Answered {
        link_id: LinkId(id.to_owned()),
        given: Some(Given::Answers(vec![answer])),
        items: Vec::new(),
    };
    let number: Decimal = "2.50".parse().context("2.50")?;
    let answers = Answers {
        identity: Identity::by_hand(Uuid::now_v7()),
        patient: patient.on_the_tablet(),
        response: Response {
            questionnaire: Canonical { url: "https://x.example/q".to_owned(), version: Some("1".to_owned()) },
            authored: patient.record.now().0,
            items: vec![
                answered("1", Answer::Boolean(true)),
                answered("2", Answer::Text("Litt tungpusten".to_owned())),
                answered("3", Answer::Decimal(number)),
            ],
            scores: Vec::new(),
        },
        by: Performer::Patient,
        occurrence: None,
        plan: None,
        taken_back: None,
    };
    let held = said(server, &patient, Item::Answers(answers), "QuestionnaireResponse").await?;
    ensure!(held["item"][1]["answer"][0]["valueString"] == "Litt tungpusten", "{}", held["item"]);
    ensure!(held["questionnaire"] == "https://x.example/q|1", "{}", held["questionnaire"]);
    Ok(())
}

pub(super) async fn medicine(server: &Server) -> Result<()> {
    let patient = Patient::new(server).await?;
    let now = patient.record.now().0;
    let medicine = format!("{}-1", patient.id());
    let agreed = json!({"resourceType": "MedicationRequest", "id": medicine, "status": "active", "intent": "order",
        "medicationCodeableConcept": {"text": "Atorvastatin"}, "subject": {"reference": patient.reference}});
    patient.place.rest.put(&patient.place.base, &agreed).await?;
    let taken = MedicineTaken {
        identity: Identity::by_hand(Uuid::now_v7()),
        patient: patient.on_the_tablet(),
        medicine,
        name: "Atorvastatin".to_owned(),
        due: Some(now),
        at: now,
        said: now,
        taken: true,
        by: Performer::Patient,
        plan: None,
    };
    for (taken_at_all, status) in [(true, "completed"), (false, "not-taken")] {
        let taken = MedicineTaken { taken: taken_at_all, ..taken.clone() };
        patient.record.say_of_medicine(taken).await?;
        patient.deliver().await?;
        let held = patient.held("MedicationStatement").await?;
        ensure!(held.len() == 1 && held.iter().all(|it| it["status"] == status), "{held:?}");
    }
    Ok(())
}
