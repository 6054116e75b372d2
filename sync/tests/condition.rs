//! The state of the kit: told to the service beside the readings, and never in their way.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    reason = "tests"
)]

use std::{sync::Arc, time::Duration};

use common::{
    MemoryOutbox, at, client, enrolment,
    golden::compare,
    good, information, sensor,
    server::{Behave, Server, status},
};
use dagsform_care::Kind;
use dagsform_sync::{
    BodyForm, Condition, Engine, Enrolment, Limits, Settings,
    condition::{Charge, SensorCondition, SensorFault},
    fhir,
};
use serde_json::Value;
use tokio::sync::{mpsc, watch};

mod common;

fn condition() -> Condition {
    let sensor = SensorCondition {
        id: sensor(),
        kind: Kind::PulseOximetry,
        information: information(),
        last_contact: Some(at("2026-11-23T08:00:10.250+01:00").to_utc()),
        fault: Some(SensorFault::NotFound),
    };
    Condition {
        battery: Some(Charge { percent: 64, charging: true }),
        storage_free: Some(2048),
        waiting: 3,
        set_aside: 1,
        clock_in_doubt: true,
        sensors: vec![sensor],
    }
}

/// A service with an engine that has these readings to send, and the state of the kit to tell in this form.
struct Bench {
    server: Server,
    outbox: Arc<MemoryOutbox>,
    engine: Engine<MemoryOutbox>,
    newest: watch::Sender<Option<Condition>>,
}

async fn bench(form: BodyForm, readings: i64, every: Duration) -> Bench {
    let server = Server::start().await;
    let outbox = Arc::new(MemoryOutbox::with((0..readings).map(good)));
    let enrolment = Enrolment { form, ..enrolment(&server.address) };
    let limits = Limits { condition: every, ..Limits::default() };
    let settings = Settings { limits, ..Settings::default() };
    let (newest, watched) = watch::channel(Some(condition()));
    let engine =
        Engine::new(outbox.clone(), client(&enrolment), enrolment, settings, mpsc::unbounded_channel().0).unwrap();
    Bench { server, outbox, engine: engine.with_condition(watched), newest }
}

const HOUR: Duration = Duration::from_secs(3600);

fn updates(server: &Server) -> usize {
    let done = std::mem::take(&mut server.state.lock().unwrap().done);
    done.iter().filter(|request| request.starts_with("PUT Device?identifier=")).count()
}

#[test]
fn the_state_of_the_kit_becomes_devices() {
    let resources = fhir::condition::map(&condition(), &enrolment(common::SERVICE)).unwrap();
    compare("condition", &serde_json::to_string(&fhir::transaction(&resources)).unwrap());
}

#[tokio::test]
async fn each_form_tells_tablet_and_sensors_once_after_the_readings_and_doubles_no_device() {
    for form in [BodyForm::Fhir, BodyForm::Pmd] {
        let Bench { server, outbox, mut engine, newest: _newest } = bench(form, 3, HOUR).await;
        let report = engine.pass().await;
        assert_eq!((report.delivered, report.requests, report.fault), (3, 2, None));
        assert_eq!((updates(&server), outbox.left().len()), (2, 0));
        assert_eq!(engine.pass().await.requests, 0, "nothing is new");
        let devices = server.state.lock().unwrap().kept.values().filter(|(_, r)| r["resourceType"] == "Device").count();
        assert_eq!(devices, 2);
        let tablet = server.held("urn:ietf:rfc:3986|urn:uuid:01990000-0000-7000-8000-000000000001");
        assert_eq!(tablet["patient"]["reference"], "Patient/123");
        assert_eq!(tablet["property"][0]["valueQuantity"][0]["value"], 64);
        // A reading's own entry creates a Device and changes none.
        outbox.add(4, good(4));
        engine.pass().await;
        let after = server.held("urn:ietf:rfc:3986|urn:uuid:01990000-0000-7000-8000-000000000001");
        assert_eq!(after, tablet);
    }
}

#[tokio::test]
async fn it_is_told_again_when_the_time_is_over_or_something_changed_that_matters() {
    let Bench { server, mut engine, newest, .. } = bench(BodyForm::Fhir, 0, HOUR).await;
    engine.pass().await;
    assert_eq!(updates(&server), 2);
    newest
        .send(Some(Condition { waiting: 500, battery: Some(Charge { percent: 68, charging: true }), ..condition() }))
        .unwrap();
    engine.pass().await;
    assert_eq!(updates(&server), 0, "it can wait");
    newest.send(Some(Condition { clock_in_doubt: false, ..condition() })).unwrap();
    engine.pass().await;
    assert_eq!(updates(&server), 2);

    let Bench { server, mut engine, newest, .. } = bench(BodyForm::Fhir, 0, Duration::ZERO).await;
    engine.pass().await;
    engine.pass().await;
    assert_eq!(updates(&server), 4);
    newest.send(None).unwrap();
    assert_eq!(engine.pass().await.requests, 0, "nothing is known of the kit");
}

#[tokio::test]
async fn a_refusal_costs_no_reading_anything_and_is_not_repeated_at_once() {
    for form in [BodyForm::Fhir, BodyForm::Pmd] {
        let Bench { server, outbox, mut engine, newest } = bench(form, 3, HOUR).await;
        server.object(|resource| resource.get("property").map(|_| "no states here".to_owned()));
        let report = engine.pass().await;
        assert_eq!((report.delivered, report.set_aside, report.fault), (3, 0, None));
        assert_eq!(updates(&server), 0);
        outbox.add(4, good(4));
        let report = engine.pass().await;
        assert_eq!((report.delivered, report.requests, report.fault), (1, 1, None));
        newest.send(Some(Condition { set_aside: 2, ..condition() })).unwrap();
        assert_eq!(engine.pass().await.requests, 1);
    }
}

#[tokio::test]
async fn what_did_not_get_there_is_told_in_the_next_pass_and_is_no_fault_of_the_readings() {
    for fails in [status(503), status(401), status(413), Behave::LoseTheAnswer, Behave::HalfABody] {
        let Bench { server, mut engine, newest: _newest, .. } = bench(BodyForm::Fhir, 3, HOUR).await;
        let is_too_large = matches!(fails, Behave::Say { status: 413, .. });
        let mut failing = Some(fails);
        server.script(move |_, body| {
            let tells = body.to_string().contains("device-property");
            if tells { failing.take().unwrap_or(Behave::Well) } else { Behave::Well }
        });
        let report = engine.pass().await;
        assert_eq!((report.delivered, report.fault), (3, None));
        updates(&server);
        assert_eq!(engine.pass().await.fault, None);
        assert_eq!(updates(&server), if is_too_large { 0 } else { 2 });
    }
}

#[tokio::test]
async fn it_waits_while_the_service_cannot_be_reached_but_not_for_a_full_disk() {
    let Bench { server, mut engine, newest: _newest, .. } = bench(BodyForm::Fhir, 3, HOUR).await;
    server.once(status(500));
    let report = engine.pass().await;
    assert_eq!((report.requests, report.fault.is_some()), (1, true));

    let Bench { server, outbox, mut engine, newest: _newest } = bench(BodyForm::Fhir, 3, HOUR).await;
    outbox.break_settling(true);
    assert!(engine.pass().await.fault.is_some());
    assert_eq!(updates(&server), 2);
}

#[test]
fn neither_where_the_kit_is_nor_how_it_is_used_is_told() {
    for resource in fhir::condition::map(&condition(), &enrolment(common::SERVICE)).unwrap() {
        let device: Value = serde_json::from_str(resource.json.get()).unwrap();
        for element in ["location", "owner", "contact", "url", "note", "safety"] {
            assert!(device.get(element).is_none(), "{element}");
        }
    }
}
