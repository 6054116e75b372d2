//! The engine against a service that misbehaves: nothing lost, nothing doubled, nothing blamed on a
//! reading that is not its fault.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    reason = "tests"
)]

use std::{
    future::pending,
    sync::{Arc, Mutex},
    time::Duration,
};

use common::{
    MemoryOutbox, client, enrolment, good,
    server::{Behave, Server, say, status},
};
use dagsform_care::{Flag, PatientId, Reading};
use dagsform_sync::{Engine, Limits, NotUnderstood, Outcome, Refusal, Settings, SyncEvent, SyncFault, Timing, Wake};
use serde_json::Value;
use tokio::sync::mpsc;

mod common;

type Events = mpsc::UnboundedReceiver<SyncEvent>;

fn engine_with(server: &Server, outbox: &Arc<MemoryOutbox>, settings: Settings) -> (Engine<MemoryOutbox>, Events) {
    let (sender, events) = mpsc::unbounded_channel();
    let engine =
        Engine::new(outbox.clone(), client(&enrolment(&server.address)), enrolment(&server.address), settings, sender)
            .unwrap();
    (engine, events)
}

fn engine(server: &Server, outbox: &Arc<MemoryOutbox>) -> (Engine<MemoryOutbox>, Events) {
    engine_with(server, outbox, Settings::default())
}

fn outbox(n: i64) -> Arc<MemoryOutbox> {
    Arc::new(MemoryOutbox::with((0..n).map(good)))
}

fn all(events: &mut Events) -> Vec<SyncEvent> {
    std::iter::from_fn(|| events.try_recv().ok()).collect()
}

/// Objects to every resource in whose text this stands.
fn holding(text: String) -> impl Fn(&Value) -> Option<String> + Send + 'static {
    move |resource| resource.to_string().contains(&text).then(|| "not acceptable".to_owned())
}

/// Objects to the readings with these numbers.
fn poison(server: &Server, poisoned: &[i64]) {
    let marks: Vec<String> = poisoned
        .iter()
        .map(|n| good(*n - 1).identity.of_metric(dagsform_care::Metric::PulseRate).to_string())
        .collect();
    server.object(move |resource| {
        let text = resource["identifier"].to_string();
        marks.iter().any(|mark| text.contains(mark)).then(|| "the pulse is not acceptable".to_owned())
    });
}

#[tokio::test]
async fn a_whole_outbox_is_delivered_in_few_requests_and_each_reading_once() {
    let (server, outbox) = (Server::start().await, outbox(120));
    let (mut engine, mut events) = engine(&server, &outbox);
    let report = engine.pass().await;
    assert_eq!((report.delivered, report.set_aside, report.requests, report.fault), (120, 0, 3, None));
    assert_eq!((server.observations(), outbox.left().len()), (240, 0));
    let told = all(&mut events);
    assert_eq!(told.len(), 121);
    assert_eq!(told.last(), Some(&SyncEvent::Idle { waiting: 0 }));
    let Some(Outcome::Delivered { locations, created: true }) = outbox.outcome(1) else { panic!() };
    assert!(locations.len() == 2 && locations.iter().all(|l| l.starts_with("Observation/") && !l.contains("_history")));
}

#[tokio::test]
async fn an_empty_outbox_asks_the_service_nothing() {
    let (server, outbox) = (Server::start().await, outbox(0));
    let (mut engine, mut events) = engine(&server, &outbox);
    assert_eq!(engine.pass().await.requests, 0);
    assert_eq!(all(&mut events), [SyncEvent::Idle { waiting: 0 }]);
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn no_status_that_is_not_about_content_counts_against_a_reading() {
    let seconds = |n| Some(Duration::from_secs(n));
    let retry =
        |code, n: &str| Behave::Say { status: code, headers: vec![("Retry-After", n.to_owned())], body: String::new() };
    let cases = [
        (status(500), SyncFault::ServerError { status: 500 }),
        (status(502), SyncFault::ServerError { status: 502 }),
        (status(408), SyncFault::ServerError { status: 408 }),
        (status(401), SyncFault::NotAuthorised(Refusal::NotRegistered)),
        (status(403), SyncFault::Forbidden),
        (status(429), SyncFault::Busy { status: 429, retry_after: None }),
        (retry(429, "7"), SyncFault::Busy { status: 429, retry_after: seconds(7) }),
        (retry(503, "120"), SyncFault::Busy { status: 503, retry_after: seconds(120) }),
        (status(405), SyncFault::NotFhir { status: 405 }),
        (status(415), SyncFault::NotFhir { status: 415 }),
        // A proxy's or a login page's word about readings is no word about readings.
        (say(400, "application/json", r#"{"error":"bad request"}"#), SyncFault::NotFhir { status: 400 }),
    ];
    for (behave, expected) in cases {
        let (server, outbox) = (Server::start().await, outbox(20));
        server.once(behave);
        let (mut engine, mut events) = engine(&server, &outbox);
        let report = engine.pass().await;
        assert_eq!((report.fault.as_ref(), report.set_aside, report.delivered), (Some(&expected), 0, 0));
        let told = [SyncEvent::Fault(expected), SyncEvent::Idle { waiting: 20 }];
        assert_eq!(all(&mut events), told);
        assert_eq!(engine.pass().await.fault, None);
        assert_eq!((server.observations(), outbox.delivered().len()), (40, 20));
        assert!(all(&mut events).contains(&SyncEvent::FaultEnded));
    }
}

#[tokio::test]
async fn an_answer_that_is_not_understood_counts_against_no_reading_and_is_tried_again() {
    let html = "<html><body>Please log in</body></html>";
    let redirect = Behave::Say {
        status: 302,
        headers: vec![("Location", "http://127.0.0.1:9/login".to_owned())],
        body: String::new(),
    };
    let batch_response = r#"{"resourceType":"Bundle","type":"batch-response","entry":[]}"#;
    let fhir = "application/fhir+json";
    type Expected = fn(&NotUnderstood) -> bool;
    let cases: [(Behave, Expected); 11] = [
        (say(200, "text/html", html), |f| matches!(f, NotUnderstood::ContentType { .. })),
        (say(404, "text/html", html), |f| matches!(f, NotUnderstood::ContentType { .. })),
        (say(200, fhir, html), |f| matches!(f, NotUnderstood::NotABundle(_))),
        (redirect, |f| matches!(f, NotUnderstood::Redirected { status: 302 })),
        (say(200, fhir, r#"{"resourceType":"Patient"}"#), |f| matches!(f, NotUnderstood::NotABundle(_))),
        (say(200, fhir, batch_response), |f| matches!(f, NotUnderstood::NotABundle(_))),
        (say(200, fhir, ""), |f| matches!(f, NotUnderstood::CutShort)),
        (say(200, fhir, r#"{"resourceType":"Bundle","#), |f| matches!(f, NotUnderstood::CutShort)),
        (Behave::HalfABody, |f| matches!(f, NotUnderstood::CutShort)),
        (Behave::OneEntryShort, |f| matches!(f, NotUnderstood::EntryCount { sent: 42, received: 41 })),
        (Behave::OtherTypes, |f| matches!(f, NotUnderstood::Entry { .. })),
    ];
    for (behave, expected) in cases {
        let (server, outbox) = (Server::start().await, outbox(20));
        server.once(behave.clone());
        let (mut engine, _events) = engine(&server, &outbox);
        let report = engine.pass().await;
        let Some(SyncFault::NotUnderstood(fault)) = &report.fault else { panic!("{behave:?}: {report:?}") };
        assert!(expected(fault), "{behave:?}: {fault:?}");
        assert_eq!((report.delivered, report.set_aside), (0, 0));
        assert_eq!(engine.pass().await.fault, None);
        assert_eq!((server.observations(), outbox.delivered().len()), (40, 20));
    }
}

#[tokio::test]
async fn an_answer_given_a_second_time_to_another_transaction_confirms_nothing() {
    let (server, outbox) = (Server::start().await, outbox(1));
    let (mut engine, _events) = engine(&server, &outbox);
    assert_eq!(engine.pass().await.delivered, 1);
    outbox.add(2, good(2));
    server.once(Behave::LastAnswerAgain);
    let report = engine.pass().await;
    assert!(matches!(report.fault, Some(SyncFault::NotUnderstood(NotUnderstood::Entry { .. }))), "{report:?}");
    assert_eq!((report.delivered, outbox.left()), (0, vec![2]));
    assert_eq!(engine.pass().await.delivered, 1);
    assert_eq!(server.observations(), 4);
}

#[tokio::test]
async fn an_answer_of_many_transactions_ago_confirms_nothing() {
    let (server, outbox) = (Server::start().await, outbox(50));
    let (mut engine, _events) = engine(&server, &outbox);
    assert_eq!(engine.pass().await.delivered, 50);
    let first = server.state.lock().unwrap().last.1.to_string();
    (51..=650).for_each(|n| outbox.add(n, good(n)));
    let mut posts = 0;
    server.script(move |_, _| {
        posts += 1;
        if posts == 12 { say(200, "application/fhir+json", &first) } else { Behave::Well }
    });
    let report = engine.pass().await;
    assert!(matches!(report.fault, Some(SyncFault::NotUnderstood(NotUnderstood::Entry { .. }))), "{report:?}");
    assert_eq!((report.delivered, outbox.left().len()), (550, 50));
    assert_eq!(engine.pass().await.fault, None);
    assert_eq!(server.observations(), 1300);
}

#[tokio::test]
async fn an_answer_that_puts_two_readings_in_one_place_confirms_neither() {
    let (server, outbox) = (Server::start().await, outbox(2));
    server.once(Behave::OnePlaceForAll);
    let (mut engine, _events) = engine(&server, &outbox);
    assert!(matches!(engine.pass().await.fault, Some(SyncFault::NotUnderstood(NotUnderstood::Entry { .. }))));
    assert_eq!(outbox.left(), [1, 2]);
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    let (server, outbox) = (Server::start().await, outbox(1));
    server.once(say(200, "application/fhir+json", &" ".repeat(17 * 1024 * 1024)));
    let (mut engine, _events) = engine(&server, &outbox);
    assert_eq!(engine.pass().await.fault, Some(NotUnderstood::TooLong.into()));
}

#[tokio::test]
async fn a_lost_answer_and_a_second_sending_leave_each_reading_there_once() {
    let (server, outbox) = (Server::start().await, outbox(20));
    server.once(Behave::LoseTheAnswer);
    let (mut engine, _events) = engine(&server, &outbox);
    assert!(matches!(engine.pass().await.fault, Some(SyncFault::Unreachable { .. })));
    assert_eq!((server.observations(), outbox.delivered().len()), (40, 0));
    assert_eq!(engine.pass().await.fault, None);
    assert_eq!((server.observations(), outbox.delivered().len()), (40, 20));
    assert!(matches!(outbox.outcome(1), Some(Outcome::Delivered { created: false, .. })));
}

#[tokio::test]
async fn one_poisoned_reading_among_twenty_is_set_aside_alone_and_the_others_arrive_once() {
    for poisoned in [1, 7, 20] {
        let (server, outbox) = (Server::start().await, outbox(20));
        poison(&server, &[poisoned]);
        let (mut engine, mut events) = engine(&server, &outbox);
        let report = engine.pass().await;
        assert_eq!((report.delivered, report.set_aside, report.fault), (19, 1, None));
        assert_eq!((server.observations(), outbox.set_aside()), (38, vec![poisoned]));
        let Some(Outcome::Refused { status: 422, reason }) = outbox.outcome(poisoned) else { panic!() };
        assert_eq!(reason, "the pulse is not acceptable");
        assert!(
            all(&mut events).iter().any(|e| matches!(e, SyncEvent::SetAside { number, .. } if *number == poisoned))
        );
    }
}

#[tokio::test]
async fn several_poisoned_readings_are_all_found() {
    let (server, outbox) = (Server::start().await, outbox(50));
    poison(&server, &[1, 2, 25, 49, 50]);
    let (mut engine, _events) = engine(&server, &outbox);
    let report = engine.pass().await;
    assert_eq!((report.delivered, report.set_aside, report.fault), (45, 5, None));
    assert_eq!((server.observations(), outbox.set_aside()), (90, vec![1, 2, 25, 49, 50]));
    assert!(report.requests < 50, "{} requests", report.requests);
}

#[tokio::test]
async fn a_refusal_that_names_the_entry_needs_no_search() {
    let (server, outbox) = (Server::start().await, outbox(20));
    poison(&server, &[7]);
    server.state.lock().unwrap().names_the_entry = true;
    let (mut engine, _events) = engine(&server, &outbox);
    let report = engine.pass().await;
    assert_eq!((report.delivered, report.set_aside), (19, 1));
    // All, the named one alone, the others; whether patient, tablet and sensor are the reason.
    assert_eq!(report.requests, 6);
}

#[tokio::test]
async fn a_service_that_refuses_entry_by_entry_is_understood_too() {
    let (server, outbox) = (Server::start().await, outbox(20));
    poison(&server, &[7]);
    server.state.lock().unwrap().not_atomic = true;
    let (mut engine, _events) = engine(&server, &outbox);
    let report = engine.pass().await;
    assert_eq!((report.delivered, report.set_aside, report.fault), (19, 1, None));
    assert_eq!(outbox.set_aside(), [7]);
}

#[tokio::test]
async fn a_service_that_does_not_know_the_patient_is_the_enrolments_fault_and_no_readings() {
    let (server, outbox) = (Server::start().await, outbox(20));
    server.object(holding("Patient/123".to_owned()));
    server.state.lock().unwrap().patients = Some(vec![]);
    let (mut engine, _events) = engine(&server, &outbox);
    let report = engine.pass().await;
    assert_eq!(report.fault, Some(SyncFault::UnknownPatient { reference: "Patient/123".to_owned() }));
    assert_eq!((outbox.left().len(), server.observations()), (20, 0));
}

#[tokio::test]
async fn a_service_that_refuses_everything_and_may_not_be_asked_sets_nothing_aside() {
    let (server, outbox) = (Server::start().await, outbox(4));
    server.object(holding("Patient/123".to_owned()));
    server.state.lock().unwrap().patients = None;
    let (mut engine, _events) = engine(&server, &outbox);
    let report = engine.pass().await;
    assert!(matches!(report.fault, Some(SyncFault::NothingAccepted { status: 422, .. })), "{report:?}");
    assert_eq!(outbox.left().len(), 4);
}

#[tokio::test]
async fn a_service_that_may_not_be_asked_but_takes_other_readings_gets_the_poisoned_one_set_aside() {
    let (server, outbox) = (Server::start().await, outbox(20));
    poison(&server, &[20]);
    server.state.lock().unwrap().patients = None;
    let (mut engine, _events) = engine(&server, &outbox);
    let report = engine.pass().await;
    assert_eq!((report.delivered, report.set_aside, report.fault), (19, 1, None));
}

#[tokio::test]
async fn a_refused_tablet_or_sensor_is_no_readings_fault() {
    for text in ["PhgDevice", "PhdDevice"] {
        let (server, outbox) = (Server::start().await, outbox(4));
        server.object(holding(text.to_owned()));
        let (mut engine, _events) = engine(&server, &outbox);
        let report = engine.pass().await;
        assert!(matches!(report.fault, Some(SyncFault::DeviceRefused { status: 422, .. })), "{report:?}");
        assert_eq!(outbox.left().len(), 4);
        server.object(|_| None);
        assert_eq!(engine.pass().await.delivered, 4);
    }
}

#[tokio::test]
async fn too_large_a_transaction_is_sent_in_smaller_ones() {
    let (server, outbox) = (Server::start().await, outbox(20));
    server.script(|_, body| if body["entry"].as_array().unwrap().len() > 8 { status(413) } else { Behave::Well });
    let (mut engine, _events) = engine(&server, &outbox);
    let report = engine.pass().await;
    assert_eq!((report.delivered, report.set_aside, report.fault), (20, 0, None));
    assert_eq!(server.observations(), 40);
}

#[tokio::test]
async fn a_single_reading_too_large_is_not_set_aside_and_does_not_stop_the_others() {
    let (server, outbox) = (Server::start().await, outbox(6));
    let large = good(2).identity.of_metric(dagsform_care::Metric::PulseRate).to_string();
    server.script(move |_, body| if body.to_string().contains(&large) { status(413) } else { Behave::Well });
    let (mut engine, _events) = engine(&server, &outbox);
    let report = engine.pass().await;
    assert_eq!((report.delivered, report.set_aside, report.fault), (5, 0, Some(SyncFault::TooLarge)));
    assert_eq!(outbox.left(), [3]);
}

#[tokio::test]
async fn a_reading_that_makes_the_service_fail_stays_and_does_not_stop_the_others_for_long() {
    let (server, outbox) = (Server::start().await, outbox(20));
    let fatal = good(6).identity.of_metric(dagsform_care::Metric::PulseRate).to_string();
    server.script(move |_, body| if body.to_string().contains(&fatal) { status(500) } else { Behave::Well });
    let (mut engine, _events) = engine(&server, &outbox);
    let mut passes = 0;
    while outbox.left().len() > 1 {
        assert_eq!(engine.pass().await.fault, Some(SyncFault::ServerError { status: 500 }));
        passes += 1;
        assert!(passes < 10, "{:?}", outbox.left());
    }
    assert_eq!((outbox.left(), outbox.set_aside()), (vec![7], vec![]));
    for n in 100..110 {
        outbox.add(n, good(n));
    }
    assert_eq!(engine.pass().await.delivered, 10);
}

#[tokio::test]
async fn sent_one_by_one_a_failing_reading_lets_the_next_through_and_three_in_a_row_end_the_pass() {
    let (server, outbox) = (Server::start().await, outbox(9));
    let fatal: Vec<String> =
        [1, 4, 5, 6].map(|n| good(n).identity.of_metric(dagsform_care::Metric::PulseRate).to_string()).to_vec();
    server.script(move |_, body| {
        let text = body.to_string();
        if fatal.iter().any(|mark| text.contains(mark)) { status(500) } else { Behave::Well }
    });
    let settings = Settings { limits: Limits { entries: 1, ..Limits::default() }, ..Settings::default() };
    let (mut engine, _events) = engine_with(&server, &outbox, settings);
    let report = engine.pass().await;
    assert_eq!((report.delivered, report.requests), (3, 7));
    assert_eq!((report.fault, outbox.left()), (Some(SyncFault::ServerError { status: 500 }), vec![2, 5, 6, 7, 8, 9]));
    assert_eq!(engine.pass().await.delivered, 2);
    assert_eq!((outbox.left(), outbox.set_aside()), (vec![2, 5, 6, 7], vec![]));
}

#[tokio::test]
async fn what_the_tablet_cannot_express_is_set_aside_with_its_reason_and_nothing_is_sent_of_it() {
    let (server, outbox) = (Server::start().await, outbox(2));
    outbox.add(3, Reading { patient: PatientId("p-2".to_owned()), ..good(3) });
    outbox.add(4, Reading { values: vec![], ..good(4) });
    let mut demonstration = good(5);
    demonstration.flags.insert(Flag::Demonstration);
    demonstration.quality = dagsform_care::Quality::assess(&demonstration.values, &demonstration.flags);
    outbox.add(5, demonstration);
    let (mut engine, _events) = engine(&server, &outbox);
    let report = engine.pass().await;
    assert_eq!((report.delivered, report.set_aside, report.fault), (2, 3, None));
    assert_eq!(outbox.outcome(4), Some(Outcome::Unsendable { reason: "values: none".to_owned() }));
    assert_eq!(server.observations(), 4);
}

#[tokio::test]
async fn the_same_reading_twice_in_the_outbox_is_there_once_and_both_entries_are_delivered() {
    let (server, outbox) = (Server::start().await, outbox(2));
    outbox.add(3, good(0));
    let (mut engine, _events) = engine(&server, &outbox);
    assert_eq!(engine.pass().await.delivered, 3);
    assert_eq!(server.observations(), 4);
}

#[tokio::test]
async fn an_outbox_that_cannot_be_written_is_a_fault_and_the_next_pass_doubles_nothing() {
    let (server, outbox) = (Server::start().await, outbox(5));
    outbox.break_settling(true);
    let (mut engine, mut events) = engine(&server, &outbox);
    assert!(matches!(engine.pass().await.fault, Some(SyncFault::Outbox(_))));
    assert!(!all(&mut events).iter().any(|e| matches!(e, SyncEvent::Delivered { .. })));
    outbox.break_settling(false);
    assert_eq!(engine.pass().await.delivered, 5);
    assert_eq!(server.observations(), 10);
}

#[tokio::test]
async fn nobody_at_the_address_is_a_fault_with_a_reason() {
    let outbox = outbox(1);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/fhir", listener.local_addr().unwrap());
    drop(listener);
    let (sender, _events) = mpsc::unbounded_channel();
    let mut engine =
        Engine::new(outbox.clone(), client(&enrolment(&address)), enrolment(&address), Settings::default(), sender)
            .unwrap();
    let Some(SyncFault::Unreachable { reason }) = engine.pass().await.fault else { panic!() };
    assert!(reason.to_lowercase().contains("refused"), "{reason}");
    assert_eq!(outbox.left(), [1]);
}

#[tokio::test]
async fn the_named_gaps_are_passed_in_order_once_a_transaction() {
    let (server, outbox) = (Server::start().await, outbox(3));
    let passed = Arc::new(Mutex::new(Vec::new()));
    let list = passed.clone();
    let settings = Settings {
        gap: Arc::new(move |name| list.lock().unwrap().push(name)),
        limits: Limits { entries: 2, ..Limits::default() },
        ..Settings::default()
    };
    engine_with(&server, &outbox, settings).0.pass().await;
    let once = ["before-post", "after-post", "after-settle"];
    assert_eq!(*passed.lock().unwrap(), [once, once].concat());
}

#[tokio::test]
async fn whatever_mixture_of_faults_comes_in_the_end_each_reading_is_there_once_and_none_is_blamed() {
    for seed in 1..=8u32 {
        let (server, outbox) = (Server::start().await, outbox(30));
        poison(&server, &[11]);
        let (mut state, mut requests) = (seed.wrapping_mul(2_654_435_761), 0);
        server.script(move |request, _| {
            requests += 1;
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // Only a transaction's answer can be altered in these ways.
            let post = request.starts_with("POST");
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
                9 => Behave::Say { status: 302, headers: vec![], body: String::new() },
                10 if post => Behave::LastAnswerAgain,
                11 if post => Behave::OtherTypes,
                _ => Behave::Well,
            }
        });
        let settings = Settings { limits: Limits { entries: 12, ..Limits::default() }, ..Settings::default() };
        let (mut engine, _events) = engine_with(&server, &outbox, settings);
        let mut passes = 0;
        while !outbox.left().is_empty() {
            engine.pass().await;
            passes += 1;
            assert!(passes < 200, "seed {seed}: {:?}", outbox.left());
        }
        assert_eq!((server.observations(), outbox.set_aside()), (58, vec![11]), "seed {seed}");
    }
}

/// Sleeps are only noted; each ends at once until `enough`, then never.
fn noted(enough: usize) -> (Timing, Arc<Mutex<Vec<Duration>>>) {
    let slept = Arc::new(Mutex::new(Vec::new()));
    let list = slept.clone();
    let timing = Timing {
        sleep: Arc::new(move |duration| {
            let mut list = list.lock().unwrap();
            list.push(duration);
            if list.len() < enough { Box::pin(std::future::ready(())) } else { Box::pin(pending()) }
        }),
        jitter: Arc::new(|most| most),
    };
    (timing, slept)
}

async fn until(condition: impl Fn() -> bool) {
    let patience = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), patience).await.expect("it happens");
}

#[tokio::test]
async fn a_run_waits_longer_after_each_failure_and_is_calm_after_success() {
    let (server, outbox) = (Server::start().await, outbox(3));
    let mut failures = 4;
    server.script(move |_, _| {
        failures -= 1;
        match failures {
            3 => status(500),
            2 => Behave::Say { status: 429, headers: vec![("Retry-After", "60".to_owned())], body: String::new() },
            1 => status(401),
            _ => Behave::Well,
        }
    });
    let (timing, slept) = noted(4);
    let (engine, _events) = engine_with(&server, &outbox, Settings { timing, ..Settings::default() });
    let (wake, woken) = mpsc::channel(1);
    let run = tokio::spawn(engine.run(woken));
    until(|| slept.lock().unwrap().len() == 4).await;
    let seconds: Vec<u64> = slept.lock().unwrap().iter().map(Duration::as_secs).collect();
    // 2; what was asked for and 4; 8; then the quarter of an hour between two looks.
    assert_eq!(seconds, [2, 64, 8, 900]);
    assert_eq!(outbox.delivered().len(), 3);
    drop(wake);
    run.await.unwrap();
}

#[tokio::test]
async fn something_new_wakes_a_run_but_not_out_of_a_wait_that_the_service_asked_for() {
    let (server, outbox) = (Server::start().await, outbox(0));
    let (timing, slept) = noted(0);
    let (engine, _events) = engine_with(&server, &outbox, Settings { timing, ..Settings::default() });
    let (wake, woken) = mpsc::channel(1);
    tokio::spawn(engine.run(woken));
    until(|| slept.lock().unwrap().len() == 1).await;

    outbox.add(1, good(1));
    wake.send(Wake::New).await.unwrap();
    until(|| outbox.delivered() == [1]).await;
    until(|| slept.lock().unwrap().len() == 2).await;

    server.once(Behave::Say { status: 503, headers: vec![("Retry-After", "60".to_owned())], body: String::new() });
    outbox.add(2, good(2));
    wake.send(Wake::New).await.unwrap();
    until(|| slept.lock().unwrap().len() == 3).await;
    let before = server.requests();
    wake.send(Wake::New).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(server.requests(), before);
    wake.send(Wake::Now).await.unwrap();
    until(|| outbox.delivered() == [1, 2]).await;
}

#[tokio::test]
async fn a_request_says_in_its_head_that_it_is_fhir() {
    let seen = Arc::new(Mutex::new(String::new()));
    let kept = seen.clone();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/fhir", listener.local_addr().unwrap());
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = vec![0; 4096];
        let n = stream.read(&mut head).await.unwrap();
        *kept.lock().unwrap() = String::from_utf8_lossy(&head[..n]).into_owned();
        stream.write_all(b"HTTP/1.1 401 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await.unwrap();
    });
    let (sender, _events) = mpsc::unbounded_channel();
    let mut engine =
        Engine::new(outbox(1), client(&enrolment(&address)), enrolment(&address), Settings::default(), sender).unwrap();
    assert_eq!(engine.pass().await.fault, Some(SyncFault::NotAuthorised(Refusal::NotRegistered)));
    let head = seen.lock().unwrap().to_lowercase();
    assert!(head.contains("accept: application/fhir+json") && head.contains("content-type: application/fhir+json"));
    assert!(!head.contains("authorization"));
}
