//! The form of *Pasientens måledata*: a batch in which each entry stands alone and is answered by its `fullUrl`. Nothing
//! is lost, doubled or blamed on a reading that is not its fault, as in the other form.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    reason = "tests"
)]

use std::sync::Arc;

use common::{
    MemoryOutbox, SERVICE, at, client, enrolment, entry,
    golden::compare,
    good, local, measured, number, observed, reception,
    server::{Behave, Server, say, status},
};
use dagsform_care::{Metric, Reading, TakenBack, Why};
use dagsform_sync::{
    BodyForm, Engine, Enrolment, Entry, Limits, NotUnderstood, Outcome, PassReport, Settings, SyncFault, fhir,
};
use serde_json::{Value, json};
use tokio::sync::mpsc;

mod common;

fn pmd(server: &Server) -> Enrolment {
    Enrolment { form: BodyForm::Pmd, ..enrolment(&server.address) }
}

fn outbox(n: i64) -> Arc<MemoryOutbox> {
    Arc::new(MemoryOutbox::with((0..n).map(good)))
}

fn engine_with(server: &Server, outbox: &Arc<MemoryOutbox>, limits: Limits) -> Engine<MemoryOutbox> {
    let settings = Settings { limits, ..Settings::default() };
    let events = mpsc::unbounded_channel().0;
    Engine::new(outbox.clone(), client(&pmd(server)), pmd(server), settings, events).unwrap()
}

fn engine(server: &Server, outbox: &Arc<MemoryOutbox>) -> Engine<MemoryOutbox> {
    engine_with(server, outbox, Limits::default())
}

fn pulse_of(n: i64) -> String {
    good(n - 1).identity.of_metric(Metric::PulseRate).to_string()
}

/// Objects to the pulse of the readings with these numbers.
fn poison(server: &Server, poisoned: &[i64]) {
    let marks: Vec<String> = poisoned.iter().map(|n| pulse_of(*n)).collect();
    server.object(move |resource| {
        let text = resource["identifier"].to_string();
        marks.iter().any(|mark| text.contains(mark)).then(|| "the pulse is not acceptable".to_owned())
    });
}

fn entries(answer: &mut Value) -> &mut Vec<Value> {
    answer["entry"].as_array_mut().unwrap()
}

fn taken_back(reading: Reading) -> Reading {
    Reading { taken_back: Some(TakenBack { at: at("2026-11-23T09:00:00+01:00"), why: Why::WrongPerson }), ..reading }
}

#[test]
fn a_reading_stands_alone_with_its_devices_by_name_and_the_comparison_of_clocks_in_it() {
    let reading = Reading::received(
        observed(vec![measured(Metric::OxygenSaturation, number("92.0"))], &[], local("2021-01-01T00:00:30")),
        &reception("2026-07-23T08:00:10+02:00", false),
    );
    let enrolment = Enrolment { form: BodyForm::Pmd, ..enrolment(SERVICE) };
    let mapped = fhir::map(&entry(1, reading), &enrolment).unwrap();
    let tablet = fhir::device::tablet(&enrolment.tablet).unwrap();
    let all = [&tablet].into_iter().chain(&mapped.sensor).chain(&mapped.resources);
    compare("batch", &serde_json::to_string(&fhir::batch(all)).unwrap());
}

#[tokio::test]
async fn a_whole_outbox_is_delivered_in_batches_and_each_reading_once() {
    let (server, outbox) = (Server::start().await, outbox(120));
    let report = engine(&server, &outbox).pass().await;
    assert_eq!((report.delivered, report.set_aside, report.fault), (120, 0, None));
    assert!(report.requests < 6, "{}", report.requests);
    assert_eq!((server.observations(), outbox.left().len()), (240, 0));
    let Some(Outcome::Delivered { locations, created: true }) = outbox.outcome(1) else { panic!() };
    assert!(locations.len() == 2 && locations.iter().all(|place| place.starts_with("Observation/")));
}

#[tokio::test]
async fn answers_are_known_by_their_full_url_in_whatever_order_they_come() {
    let (server, outbox) = (Server::start().await, outbox(20));
    poison(&server, &[7]);
    server.once(Behave::Altered(|answer| entries(answer).reverse()));
    let report = engine(&server, &outbox).pass().await;
    assert_eq!((report.delivered, report.set_aside, report.fault), (19, 1, None));
    assert_eq!(outbox.set_aside(), [7]);
}

/// An entry whose answer is altered stays due, with a fault, and all others are settled; the next pass delivers it.
async fn only_the_last_stays_due(alter: fn(&mut Value)) {
    let (server, outbox) = (Server::start().await, outbox(20));
    server.once(Behave::Altered(alter));
    let mut engine = engine(&server, &outbox);
    let report = engine.pass().await;
    assert_eq!((report.delivered, report.set_aside, outbox.left()), (19, 0, vec![20]));
    let nothing = NotUnderstood::Entry { index: 0, said: "nothing".to_owned() };
    assert_eq!(report.fault, Some(SyncFault::NotUnderstood(nothing)));
    let report = engine.pass().await;
    assert_eq!((report.delivered, report.fault), (1, None));
    assert_eq!((server.observations(), outbox.left().len()), (40, 0));
}

#[tokio::test]
async fn an_entry_without_an_answer_stays_due_alone() {
    only_the_last_stays_due(|answer| drop(entries(answer).pop())).await;
}

#[tokio::test]
async fn an_entry_with_two_answers_stays_due_alone() {
    only_the_last_stays_due(|answer| {
        let twice = entries(answer).last().unwrap().clone();
        entries(answer).push(twice);
    })
    .await;
}

#[tokio::test]
async fn an_answer_to_something_else_says_nothing_of_anything() {
    only_the_last_stays_due(|answer| {
        entries(answer).last_mut().unwrap()["fullUrl"] = json!("urn:uuid:00000000-0000-4000-8000-000000000000");
    })
    .await;
}

#[tokio::test]
async fn an_answer_without_address_status_or_fitting_type_says_nothing() {
    only_the_last_stays_due(|answer| {
        entries(answer).last_mut().unwrap().as_object_mut().unwrap().remove("fullUrl");
    })
    .await;
    only_the_last_stays_due(|answer| {
        entries(answer).last_mut().unwrap().as_object_mut().unwrap().remove("response");
    })
    .await;
    only_the_last_stays_due(|answer| entries(answer).last_mut().unwrap()["response"]["status"] = json!("fine")).await;
    only_the_last_stays_due(|answer| {
        entries(answer).last_mut().unwrap()["response"]["location"] = json!("Encounter/1");
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_answers_nothing_counts_against_no_reading() {
    let without_addresses: fn(&mut Value) = |answer| {
        for entry in entries(answer) {
            entry.as_object_mut().unwrap().remove("fullUrl");
        }
    };
    let of_a_transaction: fn(&mut Value) = |answer| answer["type"] = json!("transaction-response");
    for alter in [without_addresses, of_a_transaction] {
        let (server, outbox) = (Server::start().await, outbox(20));
        server.once(Behave::Altered(alter));
        let mut engine = engine(&server, &outbox);
        let report = engine.pass().await;
        assert!(matches!(report.fault, Some(SyncFault::NotUnderstood(NotUnderstood::NotABundle(_)))), "{report:?}");
        assert_eq!((report.delivered, report.set_aside), (0, 0));
        assert_eq!(engine.pass().await.fault, None);
        assert_eq!((server.observations(), outbox.delivered().len()), (40, 20));
    }
}

#[tokio::test]
async fn poisoned_entries_are_set_aside_by_their_own_answers_without_a_search() {
    let (server, outbox) = (Server::start().await, outbox(50));
    poison(&server, &[1, 2, 25, 49, 50]);
    let report = engine(&server, &outbox).pass().await;
    assert_eq!((report.delivered, report.set_aside, report.fault), (45, 5, None));
    assert_eq!(outbox.set_aside(), [1, 2, 25, 49, 50]);
    let Some(Outcome::Refused { status: 422, reason }) = outbox.outcome(25) else { panic!() };
    assert_eq!(reason, "the pulse is not acceptable");
    // The batch, and whether the patient is known.
    assert_eq!(report.requests, 2);
}

#[tokio::test]
async fn a_batch_that_is_refused_whole_is_halved_until_the_reason_is_alone() {
    let (server, outbox) = (Server::start().await, outbox(20));
    let mark = pulse_of(7);
    server.script(move |_, body| {
        let refusal = r#"{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"invalid"}]}"#;
        if body.to_string().contains(&mark) { say(422, "application/fhir+json", refusal) } else { Behave::Well }
    });
    let report = engine(&server, &outbox).pass().await;
    assert_eq!((report.delivered, report.set_aside, report.fault), (19, 1, None));
    assert_eq!((outbox.set_aside(), server.observations()), (vec![7], 38));
}

#[tokio::test]
async fn too_large_a_batch_is_sent_in_smaller_ones() {
    let (server, outbox) = (Server::start().await, outbox(20));
    server.script(|_, body| if body["entry"].as_array().unwrap().len() > 8 { status(413) } else { Behave::Well });
    let report = engine(&server, &outbox).pass().await;
    assert_eq!((report.delivered, report.set_aside, report.fault), (20, 0, None));
    assert_eq!(server.observations(), 40);
}

#[tokio::test]
async fn a_service_that_does_not_know_the_patient_is_the_enrolments_fault_and_no_readings() {
    let (server, outbox) = (Server::start().await, outbox(20));
    server.object(|resource| resource.to_string().contains("Patient/123").then(|| "no such patient".to_owned()));
    server.state.lock().unwrap().patients = Some(vec![]);
    let report = engine(&server, &outbox).pass().await;
    assert_eq!(report.fault, Some(SyncFault::UnknownPatient { reference: "Patient/123".to_owned() }));
    assert_eq!((outbox.left().len(), server.observations()), (20, 0));
}

#[tokio::test]
async fn refused_devices_keep_no_reading_back_but_are_blamed_before_the_first_one() {
    let refuses_devices =
        |resource: &Value| (resource["resourceType"] == "Device").then(|| "Observations only".to_owned());
    let (server, outbox) = (Server::start().await, outbox(20));
    server.object(refuses_devices);
    let report = engine(&server, &outbox).pass().await;
    assert_eq!((report.delivered, report.set_aside, report.fault), (20, 0, None));

    // A poisoned reading among good ones is its own fault; where nothing is taken it may be the devices'.
    let mark = pulse_of(2);
    let refuses_both = move |resource: &Value| {
        refuses_devices(resource).or_else(|| resource.to_string().contains(&mark).then(|| "no".to_owned()))
    };
    let (server, outbox) = (Server::start().await, self::outbox(2));
    server.object(refuses_both.clone());
    let report = engine(&server, &outbox).pass().await;
    assert_eq!((report.delivered, report.set_aside, report.fault), (1, 1, None));
    let (server, outbox) = (Server::start().await, self::outbox(0));
    server.object(refuses_both);
    outbox.add(2, good(1));
    let report = engine(&server, &outbox).pass().await;
    assert!(matches!(report.fault, Some(SyncFault::DeviceRefused { status: 422, .. })), "{report:?}");
    assert_eq!(outbox.left(), [2]);
}

#[tokio::test]
async fn a_failure_of_single_entries_leaves_them_for_the_next_pass_and_one_of_all_is_the_services() {
    let (server, outbox) = (Server::start().await, outbox(20));
    server.once(Behave::Altered(|answer| {
        entries(answer)[2]["response"] = json!({ "status": "503 Service Unavailable" });
    }));
    let mut engine = engine(&server, &outbox);
    let report = engine.pass().await;
    assert_eq!((report.delivered, report.set_aside, outbox.left()), (19, 0, vec![1]));
    assert!(matches!(report.fault, Some(SyncFault::NotUnderstood(NotUnderstood::Entry { .. }))), "{report:?}");
    assert_eq!(engine.pass().await.fault, None);

    (2..=20).for_each(|n| outbox.change(n, taken_back));
    server.once(Behave::Altered(|answer| {
        for entry in entries(answer) {
            entry["response"] = json!({ "status": "503 Service Unavailable" });
        }
    }));
    let report = engine.pass().await;
    assert_eq!((report.delivered, report.set_aside, report.requests), (0, 0, 1));
    assert_eq!(engine.pass().await.delivered, 19);
}

#[tokio::test]
async fn an_answer_given_a_second_time_confirms_neither_another_reading_nor_a_newer_version() {
    let (server, outbox) = (Server::start().await, outbox(1));
    let mut engine = engine(&server, &outbox);
    assert_eq!(engine.pass().await.delivered, 1);
    outbox.add(2, good(2));
    server.once(Behave::LastAnswerAgain);
    let report = engine.pass().await;
    assert_eq!((report.delivered, outbox.left()), (0, vec![2]));
    assert!(matches!(report.fault, Some(SyncFault::NotUnderstood(_))), "{report:?}");
    assert_eq!(engine.pass().await.delivered, 1);

    outbox.change(2, taken_back);
    server.once(Behave::LastAnswerAgain);
    let report = engine.pass().await;
    assert_eq!((report.delivered, outbox.left()), (0, vec![2]), "{report:?}");
    assert_eq!(engine.pass().await.delivered, 1);
    let identifier = format!("urn:ietf:rfc:3986|urn:uuid:{}", good(2).identity.of_metric(Metric::PulseRate));
    assert_eq!(server.held(&identifier)["status"], "entered-in-error");
}

#[tokio::test]
async fn two_entries_in_one_place_are_both_left() {
    let (server, outbox) = (Server::start().await, outbox(2));
    server.once(Behave::OnePlaceForAll);
    let mut engine = engine(&server, &outbox);
    assert!(engine.pass().await.fault.is_some());
    assert_eq!(outbox.left(), [1, 2]);
    assert_eq!(engine.pass().await.delivered, 2);
}

async fn until_empty(engine: &mut Engine<MemoryOutbox>, outbox: &MemoryOutbox, seed: u32) -> PassReport {
    let mut passes = 0;
    loop {
        let report = engine.pass().await;
        if outbox.left().is_empty() {
            return report;
        }
        passes += 1;
        assert!(passes < 200, "seed {seed}: {:?}", outbox.left());
    }
}

#[tokio::test]
async fn whatever_mixture_of_faults_comes_the_service_ends_with_the_newest_versions_and_none_is_blamed() {
    for seed in 1..=8u32 {
        let (server, outbox) = (Server::start().await, outbox(30));
        poison(&server, &[11]);
        let (mut state, mut requests) = (seed.wrapping_mul(2_654_435_761), 0);
        let changing = outbox.clone();
        server.script(move |request, _| {
            requests += 1;
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let post = request.starts_with("POST");
            if requests < 60 && state % 3 == 0 {
                let n = 1 + i64::from(state >> 16) % 30;
                if n != 11 {
                    changing.change(n, taken_back);
                }
            }
            match (state >> 24) % 24 {
                _ if requests > 150 => Behave::Well,
                0 => status(500),
                1 => status(413),
                2 => status(401),
                3 => status(429),
                4 => say(200, "text/html", "<html>"),
                5 => say(400, "application/fhir+json", "{}"),
                6 | 7 => Behave::LoseTheAnswer,
                8 => Behave::HalfABody,
                9 | 10 if post => Behave::LastAnswerAgain,
                11 if post => Behave::OtherTypes,
                12 if post => Behave::OneEntryShort,
                13 if post => Behave::OnePlaceForAll,
                14 if post => Behave::Altered(|answer| {
                    if let Some(entries) = answer["entry"].as_array_mut() {
                        entries.rotate_left(3);
                        entries.truncate(17);
                    }
                }),
                _ => Behave::Well,
            }
        });
        let mut engine = engine_with(&server, &outbox, Limits { entries: 12, ..Limits::default() });
        until_empty(&mut engine, &outbox, seed).await;
        assert_eq!(outbox.set_aside(), [11], "seed {seed}");
        for entry in outbox.entries().into_iter().filter(|entry| entry.number != 11) {
            assert_newest(&server, &entry, seed);
        }
    }
}

/// The service has the reading once, in its newest version.
fn assert_newest(server: &Server, entry: &Entry, seed: u32) {
    for resource in fhir::map(entry, &pmd(server)).unwrap().resources {
        let newest: Value = serde_json::from_str(resource.json.get()).unwrap();
        assert_eq!(server.held(&resource.identifier), newest, "seed {seed}, entry {}", entry.number);
    }
}
