//! The embedded service takes the form of *Pasientens måledata*, and the state of the kit.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, unreachable_pub, reason = "tests")]

use std::sync::Arc;

use common::{
    MemoryOutbox, any::any_item, at, client, enrolment, entry, good, information, local, measured, number, observed,
    reception, sensor,
};
use dagsform_care::{Kind, Metric, Reading, TakenBack, Why};
use dagsform_sync::{
    BodyForm, Condition, Engine, Enrolment, Settings,
    condition::{Charge, SensorCondition, SensorFault},
    fhir,
    outbox::ItemEntry,
};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use reqwest::Method;
use serde_json::json;
use service::{Rig, statuses};
use tokio::sync::{mpsc, watch};

mod common;
mod service;

/// A service with the patient.
async fn rig() -> (Rig, Enrolment) {
    let rig = Rig::start().await;
    let enrolment = Enrolment { form: BodyForm::Pmd, ..enrolment(&rig.service.base()) };
    let person = json!({"resourceType": "Patient", "id": "123"});
    assert_eq!(rig.send(Method::PUT, "Patient/123", &person).await.0, 201);
    (rig, enrolment)
}

fn condition() -> Condition {
    let sensor = SensorCondition {
        id: sensor(),
        kind: Kind::PulseOximetry,
        information: information(),
        last_contact: None,
        fault: Some(SensorFault::NotFound),
    };
    let battery = Some(Charge { percent: 64, charging: false });
    Condition {
        battery,
        storage_free: Some(900),
        waiting: 0,
        set_aside: 0,
        clock_in_doubt: false,
        sensors: vec![sensor],
    }
}

#[tokio::test]
async fn the_tablets_own_engine_delivers_changes_and_tells_of_the_kit_and_nothing_is_there_twice() {
    let (rig, enrolment) = rig().await;
    let outbox = Arc::new(MemoryOutbox::with((0..60).map(good)));
    let wrong_clock = observed(vec![measured(Metric::PulseRate, number("92.0"))], &[], local("2021-01-01T00:00:30"));
    outbox.add(61, Reading::received(wrong_clock, &reception("2026-07-23T08:00:10+02:00", false)));
    let events = mpsc::unbounded_channel().0;
    let engine =
        Engine::new(outbox.clone(), client(&enrolment), enrolment.clone(), Settings::default(), events).unwrap();
    let (_newest, watched) = watch::channel(Some(condition()));
    let mut engine = engine.with_condition(watched);
    let report = engine.pass().await;
    assert_eq!((report.delivered, report.set_aside, report.fault), (61, 0, None));
    let at = at("2026-11-23T09:00:00+01:00");
    outbox.change(7, |reading| Reading { taken_back: Some(TakenBack { at, why: Why::Mistyped }), ..reading });
    let report = engine.pass().await;
    assert_eq!((report.delivered, report.fault), (1, None));

    assert_eq!(rig.total("Observation?patient=Patient/123").await, 121);
    assert_eq!(rig.total("Observation?status=entered-in-error").await, 2);
    assert_eq!(rig.total("Device").await, 2);
    let (_, found) = rig.get("Device?patient=Patient/123").await;
    assert_eq!(found["total"], 2, "{found}");
    assert!(found.to_string().contains("not-found") && found.to_string().contains("67996"));
}

#[tokio::test]
async fn readings_answers_messages_medicines_and_devices_go_in_one_batch() {
    let (rig, enrolment) = rig().await;
    let mut runner = TestRunner::deterministic();
    let mut resources = vec![fhir::device::tablet(&enrolment.tablet).unwrap()];
    for n in 0..10 {
        let reading = fhir::map(&entry(n, good(n)), &enrolment).unwrap();
        resources.extend(reading.sensor.filter(|_| n == 0));
        resources.extend(reading.resources);
    }
    let kinds = ["QuestionnaireResponse", "MedicationStatement", "Communication"];
    while kinds.iter().any(|kind| !resources.iter().any(|resource| resource.kind.name() == *kind)) {
        let item = any_item().new_tree(&mut runner).unwrap().current();
        let mapped =
            fhir::map_item(&ItemEntry { number: 1, version: 1, item, sent_before: false }, &enrolment).unwrap();
        // No CarePlan or Communication to refer to is there.
        resources.extend(mapped.resources.into_iter().filter(|it| !it.json.get().contains(r#""reference":"C"#)));
    }
    let medicine = json!({
        "resourceType": "MedicationRequest", "id": "inhaler", "status": "active", "intent": "plan",
        "medicationCodeableConcept": {"text": "x"}, "subject": {"reference": "Patient/123"},
    });
    assert_eq!(rig.send(Method::PUT, "MedicationRequest/inhaler", &medicine).await.0, 201);
    let batch = serde_json::to_value(fhir::batch(&resources)).unwrap();
    for expected in ["201 Created", "200 OK"] {
        let (status, answer) = rig.post("", &batch).await;
        assert_eq!((status.as_u16(), &answer["type"]), (200, &json!("batch-response")));
        assert_eq!(statuses(&answer), vec![expected.to_owned(); resources.len()], "{answer}");
        for (answer, sent) in answer["entry"].as_array().unwrap().iter().zip(&resources) {
            assert_eq!(answer["fullUrl"], sent.full_url.as_str());
        }
    }
}
