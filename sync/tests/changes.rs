//! Readings that change after they were sent: the service ends with the newest version, whatever happens on the way.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    reason = "tests"
)]

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use common::{
    MemoryOutbox, at, client, enrolment, good,
    server::{Behave, Server, say, status},
};
use dagsform_care::{Metric, Performer, Reading, TakenBack, Why};
use dagsform_sync::{Engine, Limits, Outcome, PassReport, Settings, SyncEvent, fhir};
use serde_json::Value;
use tokio::sync::mpsc;

mod common;

fn outbox(n: i64) -> Arc<MemoryOutbox> {
    Arc::new(MemoryOutbox::with((0..n).map(good)))
}

fn engine(server: &Server, outbox: &Arc<MemoryOutbox>, settings: Settings) -> Engine<MemoryOutbox> {
    Engine::new(
        outbox.clone(),
        client(&enrolment(&server.address)),
        enrolment(&server.address),
        settings,
        mpsc::unbounded_channel().0,
    )
    .unwrap()
}

async fn pass(server: &Server, outbox: &Arc<MemoryOutbox>) -> PassReport {
    engine(server, outbox, Settings::default()).pass().await
}

fn taken_back(reading: Reading) -> Reading {
    Reading { taken_back: Some(TakenBack { at: at("2026-11-23T09:00:00+01:00"), why: Why::WrongPerson }), ..reading }
}

/// The service has each reading once, in its newest version.
fn assert_newest(server: &Server, outbox: &MemoryOutbox) {
    let entries = outbox.entries();
    let mapped = entries.iter().flat_map(|entry| fhir::map(entry, &enrolment(&server.address)).unwrap().resources);
    let mut count = 0;
    for resource in mapped {
        let newest: Value = serde_json::from_str(resource.json.get()).unwrap();
        assert_eq!(server.held(&resource.identifier), newest);
        count += 1;
    }
    assert_eq!(server.observations(), count);
}

#[tokio::test]
async fn a_reading_taken_back_after_delivery_is_entered_in_error_where_it_stands() {
    let (server, outbox) = (Server::start().await, outbox(3));
    assert_eq!(pass(&server, &outbox).await.delivered, 3);
    server.done();
    outbox.change(2, taken_back);
    assert_eq!(outbox.left(), [2]);
    assert_eq!(pass(&server, &outbox).await.delivered, 1);
    let identifier = format!("urn:ietf:rfc:3986|urn:uuid:{}", good(1).identity.of_metric(Metric::PulseRate));
    assert_eq!(server.held(&identifier)["status"], "entered-in-error");
    let done = server.done();
    assert!(done.len() == 2 && done.iter().all(|request| request.starts_with("PUT Observation?")), "{done:?}");
    assert_newest(&server, &outbox);
}

#[tokio::test]
async fn a_reading_changed_while_its_first_version_is_in_flight_is_sent_again() {
    let (server, outbox) = (Server::start().await, outbox(1));
    let (changing, changed) = (outbox.clone(), AtomicBool::new(false));
    let settings = Settings {
        gap: Arc::new(move |name| {
            if name == "after-post" && !changed.swap(true, Ordering::SeqCst) {
                changing.change(1, taken_back);
            }
        }),
        ..Settings::default()
    };
    let mut engine = engine(&server, &outbox, settings);
    assert_eq!(engine.pass().await.fault, None);
    assert_eq!((outbox.left(), outbox.entries()[0].version), (vec![1], 2));
    assert_eq!(engine.pass().await.fault, None);
    assert_eq!(outbox.left(), Vec::<i64>::new());
    assert_newest(&server, &outbox);
}

#[tokio::test]
async fn a_crash_between_answer_and_commit_and_then_a_change_still_end_with_the_newest_version() {
    let (server, outbox) = (Server::start().await, outbox(2));
    let dying =
        Settings { gap: Arc::new(|name| assert_ne!(name, "after-post", "dies as told")), ..Settings::default() };
    let mut before = engine(&server, &outbox, dying);
    assert!(tokio::spawn(async move { before.pass().await }).await.is_err());
    outbox.change(1, taken_back);
    server.done();
    assert_eq!(pass(&server, &outbox).await.delivered, 2);
    // Nobody knows the places of the first: it is found by its identifier. The second was never changed.
    let done = server.done();
    let starts = |start: &str| done.iter().filter(|request| request.starts_with(start)).count();
    assert_eq!((starts("PUT Observation?identifier=urn:ietf:rfc:3986|urn:uuid:"), starts("POST Observation")), (2, 2));
    assert_newest(&server, &outbox);
}

#[tokio::test]
async fn a_change_before_anything_was_sent_creates_the_newest_version() {
    let (server, outbox) = (Server::start().await, outbox(1));
    outbox.change(1, taken_back);
    assert_eq!(pass(&server, &outbox).await.delivered, 1);
    assert!(matches!(outbox.outcome(1), Some(Outcome::Delivered { created: true, .. })));
    assert_newest(&server, &outbox);
}

#[tokio::test]
async fn a_service_that_moved_its_resources_is_asked_by_identifier() {
    for not_atomic in [false, true] {
        let (server, outbox) = (Server::start().await, outbox(4));
        assert_eq!(pass(&server, &outbox).await.delivered, 4);
        server.state.lock().unwrap().not_atomic = not_atomic;
        server.move_all();
        (1..=4).for_each(|n| outbox.change(n, taken_back));
        let report = pass(&server, &outbox).await;
        assert_eq!((report.delivered, report.set_aside, report.fault), (4, 0, None));
        assert_newest(&server, &outbox);
    }
}

#[tokio::test]
async fn a_service_that_has_a_reading_several_times_gets_it_set_aside_with_words() {
    let (server, outbox) = (Server::start().await, outbox(2));
    outbox.change(1, taken_back);
    server.state.lock().unwrap().several = true;
    let report = pass(&server, &outbox).await;
    assert_eq!((report.delivered, report.set_aside, report.fault), (1, 1, None));
    let Some(Outcome::Refused { status: 412, reason }) = outbox.outcome(1) else { panic!() };
    assert!(reason.starts_with("the service has this measurement more than once"), "{reason}");
}

#[tokio::test]
async fn an_answer_that_puts_an_update_elsewhere_confirms_nothing() {
    let (server, outbox) = (Server::start().await, outbox(2));
    assert_eq!(pass(&server, &outbox).await.delivered, 2);
    outbox.change(1, taken_back);
    server.once(Behave::OnePlaceForAll);
    assert!(pass(&server, &outbox).await.fault.is_some());
    assert_eq!(outbox.left(), [1]);
    assert_eq!(pass(&server, &outbox).await.fault, None);
    assert_newest(&server, &outbox);
}

#[tokio::test]
async fn the_answer_to_an_older_version_given_again_does_not_confirm_the_newer_one() {
    let (server, outbox) = (Server::start().await, outbox(2));
    server.state.lock().unwrap().repeats_addresses = true;
    let mut engine = engine(&server, &outbox, Settings::default());
    assert_eq!(engine.pass().await.delivered, 2);
    (1..=2).for_each(|n| outbox.change(n, taken_back));
    server.once(Behave::LastAnswerAgain);
    assert!(engine.pass().await.fault.is_some());
    assert_eq!(outbox.left(), [1, 2]);
    assert_eq!(engine.pass().await.delivered, 2);
    assert_newest(&server, &outbox);
}

#[tokio::test]
async fn where_no_addresses_are_repeated_the_version_tells_that_an_answer_is_of_before_the_change() {
    let (server, outbox) = (Server::start().await, outbox(2));
    let mut engine = engine(&server, &outbox, Settings::default());
    assert_eq!(engine.pass().await.delivered, 2);
    (1..=2).for_each(|n| outbox.change(n, taken_back));
    server.once(Behave::LastAnswerAgain);
    let fault = engine.pass().await.fault.unwrap().to_string();
    assert!(fault.contains("a version that was there before the change"), "{fault}");
    assert_eq!(outbox.left(), [1, 2]);
    assert_eq!(engine.pass().await.delivered, 2);
    assert_newest(&server, &outbox);
}

#[tokio::test]
async fn a_service_that_keeps_the_version_of_what_it_changes_is_believed_the_second_time() {
    let (server, outbox) = (Server::start().await, outbox(2));
    server.state.lock().unwrap().keeps_versions = true;
    let mut engine = engine(&server, &outbox, Settings::default());
    assert_eq!(engine.pass().await.delivered, 2);
    outbox.change(1, taken_back);
    let mut passes = 0;
    while !outbox.left().is_empty() {
        engine.pass().await;
        passes += 1;
        assert!(passes < 5);
    }
    assert_newest(&server, &outbox);
}

#[tokio::test]
async fn whatever_changes_and_whatever_fails_the_service_ends_with_the_newest_versions() {
    for seed in 1..=8u32 {
        let (server, outbox) = (Server::start().await, outbox(20));
        let (mut state, mut requests) = (seed.wrapping_mul(2_654_435_761), 0);
        server.script(move |request, _| {
            requests += 1;
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            match (state >> 24) % 16 {
                _ if requests > 120 || !request.starts_with("POST") => Behave::Well,
                0 => status(500),
                1 => status(413),
                2 => say(200, "text/html", "<html>"),
                3 | 4 => Behave::LoseTheAnswer,
                5 => Behave::HalfABody,
                6 => Behave::OneEntryShort,
                _ => Behave::Well,
            }
        });
        let (changing, mut chance, mut changes) = (outbox.clone(), seed, 0);
        let chance = std::sync::Mutex::new(move || {
            chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            changes += 1;
            (changes <= 30).then_some(i64::from(chance >> 16))
        });
        let settings = Settings {
            limits: Limits { entries: 6, ..Limits::default() },
            gap: Arc::new(move |_| {
                let Some(draw) = (*chance.lock().unwrap())() else { return };
                let performer = if draw % 2 == 0 { Performer::Staff } else { Performer::Patient };
                changing.change(1 + draw % 20, |reading| Reading { performer, ..reading });
            }),
            ..Settings::default()
        };
        let mut engine = engine(&server, &outbox, settings);
        let mut passes = 0;
        while !outbox.left().is_empty() {
            engine.pass().await;
            passes += 1;
            assert!(passes < 200, "seed {seed}: {:?}", outbox.left());
        }
        assert_newest(&server, &outbox);
        assert_eq!(outbox.set_aside(), Vec::<i64>::new(), "seed {seed}");
    }
}

/// What was told of the service's clock during a pass.
async fn clock_told(server: &Server, readings: i64) -> Vec<String> {
    let (sender, mut events) = mpsc::unbounded_channel();
    let settings = Settings { limits: Limits { entries: 1, ..Limits::default() }, ..Settings::default() };
    let mut engine = Engine::new(
        outbox(readings),
        client(&enrolment(&server.address)),
        enrolment(&server.address),
        settings,
        sender,
    )
    .unwrap();
    engine.pass().await;
    std::iter::from_fn(|| events.try_recv().ok())
        .filter_map(|event| match event {
            SyncEvent::ServiceClock { says } => Some(says.to_rfc3339()),
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn the_services_time_is_told_once_a_pass_and_also_by_a_refusal() {
    let server = Server::start().await;
    server.state.lock().unwrap().date = Some("Mon, 23 Nov 2026 08:00:30 GMT".to_owned());
    assert_eq!(clock_told(&server, 3).await, ["2026-11-23T08:00:30+00:00"]);
    let date = ("Date", "Mon, 23 Nov 2026 08:00:31 GMT".to_owned());
    server.once(Behave::Say { status: 401, headers: vec![date], body: String::new() });
    assert_eq!(clock_told(&server, 1).await, ["2026-11-23T08:00:31+00:00"]);
}

#[tokio::test]
async fn without_a_readable_date_nothing_is_told_of_the_time() {
    let server = Server::start().await;
    for date in [None, Some("yesterday"), Some("")] {
        server.state.lock().unwrap().date = date.map(str::to_owned);
        assert_eq!(clock_told(&server, 1).await, Vec::<String>::new());
    }
}
