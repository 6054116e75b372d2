//! Tokens: got, shared, renewed, refused.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta};
use dagsform_sync::{
    Access, Client, Engine, Limits, NotUnderstood, PassReport, PatientReference, Refusal, Settings, SyncFault,
    TabletKey, Trust,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::{
    common::{
        MemoryOutbox, enrolment, good,
        server::{Behave, say, status},
    },
    front::{CONFIGURATION, Front, TABLET, TOKEN, now, set_by_hand, stands_at},
};

fn patient() -> PatientReference {
    PatientReference::parse("Patient/123").unwrap()
}

/// An engine with some readings, two to a transaction.
fn engine(front: &Front, client: &Client, readings: i64) -> (Engine<MemoryOutbox>, Arc<MemoryOutbox>) {
    let outbox = Arc::new(MemoryOutbox::with((1..=readings).map(good)));
    let limits = Limits { entries: 2, ..Limits::default() };
    let settings = Settings { limits, ..Settings::default() };
    let (events, _) = mpsc::unbounded_channel();
    let engine = Engine::new(outbox.clone(), client.clone(), enrolment(&front.address), settings, events).unwrap();
    (engine, outbox)
}

async fn pass(front: &Front, client: &Client, readings: i64) -> PassReport {
    engine(front, client, readings).0.pass().await
}

async fn fault(client: &Client) -> SyncFault {
    client.knows(&patient()).await.unwrap_err()
}

fn refused(refusal: Refusal) -> SyncFault {
    SyncFault::NotAuthorised(refusal)
}

#[tokio::test]
async fn a_tablet_signs_in_once_and_sends_with_its_token() {
    let front = Front::start().await;
    let report = pass(&front, &front.client(stands_at(now())), 3).await;
    assert_eq!((report.delivered, report.fault), (3, None));
    let state = front.state();
    assert_eq!(state.requests, [CONFIGURATION, TOKEN, "POST /fhir", "POST /fhir"]);
    let [claims] = &state.claims[..] else { panic!() };
    assert_eq!((&claims["iss"], &claims["sub"]), (&json!(TABLET), &json!(TABLET)));
    assert_eq!(claims["aud"], front.address.replace("/fhir", "/token"));
    assert_eq!(claims["iat"], now().timestamp());
    let life = claims["exp"].as_i64().unwrap() - now().timestamp();
    assert!((60..=300).contains(&life), "{life}");
}

#[tokio::test]
async fn tasks_that_start_together_ask_for_one_token() {
    let front = Front::start().await;
    let client = front.client(stands_at(now()));
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.knows(&patient()).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), Ok(true));
    }
    assert_eq!((front.asked(CONFIGURATION), front.asked(TOKEN)), (1, 1));
}

#[tokio::test]
async fn tasks_whose_token_is_refused_together_ask_for_one_more() {
    let front = Front::start().await;
    let client = front.client(stands_at(now()));
    client.knows(&patient()).await.unwrap();
    front.state().tokens.clear();
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.knows(&patient()).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), Ok(true));
    }
    assert_eq!(front.asked(TOKEN), 2);
}

#[tokio::test]
async fn a_token_is_renewed_a_minute_before_its_end() {
    let front = Front::start().await;
    let (hand, clock) = set_by_hand();
    let client = front.client(clock);
    // The service's own clock goes on with the tablet's.
    for (seconds, tokens) in [(0, 1), (239, 1), (240, 2), (479, 2), (480, 3)] {
        *hand.lock().unwrap() = now() + TimeDelta::seconds(seconds);
        front.state().now = now() + TimeDelta::seconds(seconds);
        assert_eq!(client.knows(&patient()).await, Ok(true));
        assert_eq!(front.asked(TOKEN), tokens, "after {seconds} s");
    }
    assert_eq!(front.asked(CONFIGURATION), 1);
}

#[tokio::test]
async fn a_token_of_a_short_life_or_of_none_said_is_used_all_the_same() {
    for (life, good_for) in [(json!(20), 10), (json!(1), 1), (json!(null), 240), (json!(u64::MAX), 86_340)] {
        let front = Front::start().await;
        let (hand, clock) = set_by_hand();
        let client = front.client(clock);
        grant(&front, &life);
        for (seconds, tokens) in [(0, 1), (good_for - 1, 1), (good_for, 2)] {
            *hand.lock().unwrap() = now() + TimeDelta::seconds(seconds);
            assert_eq!(client.knows(&patient()).await, Ok(true));
            assert_eq!(front.asked(TOKEN), tokens, "{life} after {seconds} s");
        }
    }
}

/// Gives tokens of this life and takes them for ever.
fn grant(front: &Front, life: &Value) {
    let granted = json!({"access_token": "short", "token_type": "Bearer", "expires_in": life});
    front.always(TOKEN, say(200, "application/json", &granted.to_string()));
    front.state().tokens.insert("short".to_owned());
}

#[tokio::test]
async fn a_token_without_any_life_is_good_for_one_request() {
    let front = Front::start().await;
    let client = front.client(stands_at(now()));
    grant(&front, &json!(0));
    for tokens in 1..=3 {
        assert_eq!(client.knows(&patient()).await, Ok(true));
        assert_eq!(front.asked(TOKEN), tokens);
    }
}

#[tokio::test]
async fn a_token_that_was_got_before_the_clock_was_set_back_is_not_kept_for_ever() {
    let front = Front::start().await;
    let (hand, clock) = set_by_hand();
    let client = front.client(clock);
    *hand.lock().unwrap() = now() + TimeDelta::days(400);
    assert_eq!(client.knows(&patient()).await, Ok(true));
    *hand.lock().unwrap() = now();
    assert_eq!(client.knows(&patient()).await, Ok(true));
    // How far the clock was off is no longer true either, and costs one assertion.
    assert_eq!(front.asked(TOKEN), 3);
}

#[tokio::test]
async fn a_token_that_ends_in_the_middle_of_a_pass_is_renewed_and_each_reading_arrives_once() {
    let front = Front::start().await;
    let client = front.client(stands_at(now()));
    let mut transactions = 0;
    front.script(move |path, state| {
        transactions += usize::from(path == "POST /fhir");
        if transactions == 2 {
            state.tokens.clear();
            transactions += 1;
        }
        Behave::Well
    });
    let report = pass(&front, &client, 8).await;
    assert_eq!((report.delivered, report.fault), (8, None));
    assert_eq!((front.fhir.observations(), front.asked(CONFIGURATION)), (16, 1));
}

#[tokio::test]
async fn a_new_token_that_is_not_taken_either_is_a_fault() {
    let front = Front::start().await;
    let client = front.client(stands_at(now()));
    front.script(|path, _| if path.contains("/fhir/Patient") { status(401) } else { Behave::Well });
    assert_eq!(fault(&client).await, refused(Refusal::Token));
    assert_eq!((front.asked(TOKEN), front.asked("GET /fhir/Patient/123")), (2, 2));
}

#[tokio::test]
async fn a_service_that_asks_who_a_tablet_without_credentials_is_says_that_it_is_not_registered() {
    let front = Front::start().await;
    let client = Client::new(front.service(), Access::default()).unwrap();
    assert_eq!(fault(&client).await, refused(Refusal::NotRegistered));
    assert_eq!(front.asked(TOKEN), 0);
}

#[tokio::test]
async fn a_wrong_key_is_told_as_such_or_in_the_services_words() {
    let front = Front::start().await;
    front.knows_a_tablet();
    let client = front.client_with(TabletKey::generate().unwrap(), Trust::System, stands_at(now()));
    assert_eq!(fault(&client).await, refused(Refusal::WrongKey));
    assert_eq!(front.asked(TOKEN), 1, "another assertion by the same key is of no use");
    front.state().reasons = false;
    let said = "invalid_client: refused: invalid_client".to_owned();
    assert_eq!(fault(&client).await, refused(Refusal::Unsaid { said }));
}

#[tokio::test]
async fn a_tablet_that_the_service_does_not_know_is_told_so() {
    let front = Front::start().await;
    let client = front.client_with(TabletKey::generate().unwrap(), Trust::System, stands_at(now()));
    assert_eq!(fault(&client).await, refused(Refusal::UnknownClient));
}

#[tokio::test]
async fn a_tablet_that_is_revoked_in_the_middle_of_a_pass_keeps_its_readings() {
    let front = Front::start().await;
    let client = front.client(stands_at(now()));
    let (mut engine, outbox) = engine(&front, &client, 4);
    assert_eq!(client.knows(&patient()).await, Ok(true));
    front.state().tokens.clear();
    front.state().revoked.insert(TABLET.to_owned());
    let report = engine.pass().await;
    assert_eq!((report.delivered, report.set_aside), (0, 0));
    assert_eq!(report.fault, Some(refused(Refusal::Revoked)));
    assert_eq!(outbox.left(), [1, 2, 3, 4]);
    assert_eq!(front.asked(TOKEN), 2);
    // Enrolled anew by the same name, all of it is sent.
    front.state().revoked.clear();
    assert_eq!(engine.pass().await.delivered, 4);
}

/// What a service says of an assertion.
fn invalid(reason: &str) -> Behave {
    say(401, "application/json", &json!({"error": "invalid_client", "dagsform_reason": reason}).to_string())
}

#[tokio::test]
async fn an_assertion_that_was_seen_before_is_made_anew_once() {
    let front = Front::start().await;
    let client = front.client(stands_at(now()));
    front.once(TOKEN, invalid("replayed"));
    assert_eq!(client.knows(&patient()).await, Ok(true));
    assert_eq!(front.asked(TOKEN), 2);

    front.state().tokens.clear();
    front.always(TOKEN, invalid("replayed"));
    assert_eq!(fault(&client).await, refused(Refusal::Replayed));
    assert_eq!(front.asked(TOKEN), 4);
}

#[tokio::test]
async fn no_two_assertions_have_the_same_name() {
    let front = Front::start().await;
    let client = front.client(stands_at(now()));
    for _ in 0..5 {
        front.state().tokens.clear();
        // The service itself refuses a name that it has seen.
        assert_eq!(client.knows(&patient()).await, Ok(true));
    }
    assert_eq!(front.asked(TOKEN), 5);
}

#[tokio::test]
async fn an_assertion_that_is_always_too_old_is_a_fault_and_not_the_clocks() {
    let front = Front::start().await;
    let client = front.client(stands_at(now()));
    front.always(TOKEN, invalid("expired"));
    assert_eq!(fault(&client).await, refused(Refusal::Expired));
    front.always(TOKEN, invalid("wrong-audience"));
    assert_eq!(fault(&client).await, refused(Refusal::WrongAudience));
}

#[tokio::test]
async fn a_scope_that_is_not_allowed_is_told_in_the_services_words() {
    let front = Front::start().await;
    let client = front.client(stands_at(now()));
    let said = json!({"error": "invalid_scope", "error_description": "system/*.d is never allowed"});
    front.always(TOKEN, say(400, "application/json", &said.to_string()));
    let said = "invalid_scope: system/*.d is never allowed".to_owned();
    assert_eq!(fault(&client).await, refused(Refusal::Scope { said }));
    assert_eq!(front.asked(TOKEN), 1);
}

#[tokio::test]
async fn a_clock_that_is_an_hour_off_costs_nothing() {
    for off in [TimeDelta::hours(1), TimeDelta::hours(-1), TimeDelta::days(-20_000)] {
        let front = Front::start().await;
        let report = pass(&front, &front.client(stands_at(now() + off)), 3).await;
        assert_eq!((report.delivered, report.fault), (3, None), "{off}");
        assert_eq!(front.asked(TOKEN), 1, "{off}: the discovery has told the time");
    }
}

#[tokio::test]
async fn a_clock_that_goes_wrong_later_is_repaired_within_the_same_pass() {
    for off in [TimeDelta::hours(1), TimeDelta::hours(-1)] {
        let front = Front::start().await;
        let (hand, clock) = set_by_hand();
        let client = front.client(clock);
        assert_eq!(client.knows(&patient()).await, Ok(true));
        *hand.lock().unwrap() = now() + off;
        front.state().tokens.clear();
        let report = pass(&front, &client, 3).await;
        assert_eq!((report.delivered, report.fault), (3, None), "{off}");
    }
}

#[tokio::test]
async fn a_service_that_tells_its_time_only_with_the_refusal_is_heard() {
    let front = Front::start().await;
    let client = front.client(stands_at(now() - TimeDelta::hours(1)));
    front.state().date_off = None;
    front.script(|path, state| {
        if path == TOKEN {
            state.date_off = Some(TimeDelta::zero());
        }
        Behave::Well
    });
    assert_eq!(client.knows(&patient()).await, Ok(true));
    assert_eq!(front.asked(TOKEN), 2);
}

#[tokio::test]
async fn a_proxy_with_a_wrong_clock_does_not_keep_a_tablet_out_whose_clock_is_right() {
    let front = Front::start().await;
    front.state().date_off = Some(TimeDelta::hours(5));
    let client = front.client(stands_at(now()));
    assert_eq!(client.knows(&patient()).await, Ok(true));
    assert_eq!(front.asked(TOKEN), 2);
}

#[tokio::test]
async fn a_clock_that_is_off_is_told_with_the_difference_where_nothing_helps() {
    for (off, words) in [
        (TimeDelta::minutes(-61), "1 h 1 min (behind)"),
        (TimeDelta::minutes(61), "1 h 1 min (ahead)"),
        (TimeDelta::minutes(2), "2 min (ahead)"),
        (TimeDelta::days(-20_000), "20000 days (behind)"),
    ] {
        let front = Front::start().await;
        let client = front.client(stands_at(now() + off));
        front.always(TOKEN, invalid("expired"));
        let fault = fault(&client).await;
        assert_eq!(fault, SyncFault::ClockOff { by: off });
        assert_eq!(fault.to_string(), format!("the tablet's clock is wrong by {words} and has to be set"));
    }
}

/// The login page of a network, in two manners.
fn portals() -> [Behave; 2] {
    let headers = vec![("Location", "http://login.example/".to_owned())];
    [say(200, "text/html", "<html>Welcome</html>"), Behave::Say { status: 302, headers, body: String::new() }]
}

#[tokio::test]
async fn a_networks_login_page_at_any_step_costs_nothing() {
    for step in [CONFIGURATION, TOKEN, "POST /fhir"] {
        for portal in portals() {
            let front = Front::start().await;
            let client = front.client(stands_at(now()));
            let (mut engine, outbox) = engine(&front, &client, 3);
            front.always(step, portal.clone());
            let report = engine.pass().await;
            let told = matches!(
                report.fault,
                Some(SyncFault::NotUnderstood(NotUnderstood::ContentType { .. } | NotUnderstood::Redirected { .. }))
            );
            assert!(told, "{step} {portal:?}: {report:?}");
            assert_eq!(outbox.left(), [1, 2, 3], "{step} {portal:?}");
            front.script(|_, _| Behave::Well);
            assert_eq!(engine.pass().await.delivered, 3, "{step} {portal:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_to_another_request_is_told_as_such_and_its_time_not_heard() {
    for step in [CONFIGURATION, TOKEN, "GET /fhir/Patient/123"] {
        for (name, id, old) in [
            ("X-Request-Id", "dagsform-0199", true),
            ("X-Correlation-Id", "dagsform-0199", true),
            // A service may have ids of its own (R4, 3.1.0.1).
            ("X-Request-Id", "77", false),
        ] {
            let front = Front::start().await;
            let client = front.client(stands_at(now()));
            let headers = vec![(name, id.to_owned())];
            front.always(step, Behave::Say { status: 500, headers, body: String::new() });
            let fault = fault(&client).await;
            assert_eq!(fault == NotUnderstood::OldAnswer.into(), old, "{step} {name}: {id}");
            // The time of an old answer is an old time.
            assert_eq!(client.last_answer().is_none(), old && step == CONFIGURATION, "{step} {name}: {id}");
        }
    }
}

#[tokio::test]
async fn patience_that_is_asked_for_at_any_step_is_given() {
    for step in [CONFIGURATION, TOKEN, "POST /fhir"] {
        for code in [429, 503] {
            let front = Front::start().await;
            let client = front.client(stands_at(now()));
            let headers = vec![("Retry-After", "120".to_owned())];
            front.always(step, Behave::Say { status: code, headers, body: String::new() });
            let fault = pass(&front, &client, 1).await.fault;
            let asked = Some(Duration::from_secs(120));
            assert_eq!(fault, Some(SyncFault::Busy { status: code, retry_after: asked }), "{step}");
            assert_eq!(front.asked(step), 1, "{step}");
        }
    }
}

#[tokio::test]
async fn patience_until_a_time_of_day_is_meant_by_the_services_clock() {
    let front = Front::start().await;
    let headers = vec![("Retry-After", "Mon, 23 Nov 2026 08:00:40 GMT".to_owned())];
    front.always(TOKEN, Behave::Say { status: 503, headers, body: String::new() });
    let fault = fault(&front.client(stands_at(DateTime::UNIX_EPOCH))).await;
    assert_eq!(fault.retry_after(), Some(Duration::from_secs(40)));
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    for step in [CONFIGURATION, TOKEN] {
        let front = Front::start().await;
        let client = front.client(stands_at(now()));
        front.always(step, say(200, "application/json", &format!("\"{}\"", "x".repeat(300_000))));
        assert_eq!(fault(&client).await, NotUnderstood::TooLong.into(), "{step}");
    }
}

#[tokio::test]
async fn a_failure_at_any_step_is_the_services() {
    for step in [CONFIGURATION, TOKEN] {
        let front = Front::start().await;
        let client = front.client(stands_at(now()));
        front.always(step, status(500));
        assert_eq!(fault(&client).await, SyncFault::ServerError { status: 500 }, "{step}");
        front.always(step, Behave::LoseTheAnswer);
        assert!(matches!(fault(&client).await, SyncFault::Unreachable { .. }), "{step}");
    }
}

#[tokio::test]
async fn a_service_without_signing_in_is_told_as_such() {
    let front = Front::start().await;
    let client = front.client(stands_at(now()));
    for code in [400, 401, 404, 410] {
        front.always(CONFIGURATION, status(code));
        assert_eq!(fault(&client).await, SyncFault::NoSignIn, "{code}");
    }
    front.script(|_, _| Behave::Well);
    front.state().configuration = json!({"token_endpoint": null});
    assert_eq!(fault(&client).await, SyncFault::NoSignIn);
}

#[tokio::test]
async fn a_configuration_that_cannot_be_used_is_told_by_what_is_wrong() {
    let front = Front::start().await;
    let client = front.client(stands_at(now()));
    for (configuration, named) in [
        (json!({"token_endpoint": "http://service.example/token"}), "token_endpoint: 'http://service.example/token'"),
        (json!({"token_endpoint": "https://a:b@service.example/token"}), "token_endpoint: the address may not hold"),
        (json!({"registration_endpoint": "file:///etc"}), "registration_endpoint: 'file:///etc'"),
        (json!({"token_endpoint_auth_signing_alg_values_supported": ["RS384"]}), "ES384"),
        (json!({"token_endpoint": 7}), "configuration: invalid type"),
    ] {
        front.state().configuration = configuration.clone();
        let SyncFault::NotUnderstood(NotUnderstood::SignIn(said)) = fault(&client).await else { panic!() };
        assert!(said.contains(named), "{configuration}: {said}");
        assert_eq!(front.asked(TOKEN), 0);
    }
}

#[tokio::test]
async fn an_endpoint_that_has_moved_is_looked_up_again() {
    let front = Front::start().await;
    let client = front.client(stands_at(now()));
    front.once(TOKEN, status(404));
    assert!(matches!(fault(&client).await, SyncFault::NotUnderstood(NotUnderstood::SignIn(_))));
    assert_eq!(client.knows(&patient()).await, Ok(true));
    assert_eq!((front.asked(CONFIGURATION), front.asked(TOKEN)), (2, 2));
}

#[tokio::test]
async fn what_is_no_token_is_not_sent() {
    let front = Front::start().await;
    let client = front.client(stands_at(now()));
    for body in [
        json!({}),
        json!([]),
        json!({"access_token": "s3cret", "token_type": "mac"}),
        json!({"access_token": "s3cret\r\nX: y", "token_type": "bearer"}),
        json!({"access_token": ["s3cret"], "token_type": "bearer"}),
        json!({"access_token": "s3cret", "token_type": "bearer", "expires_in": "s3cret"}),
        json!({"access_token": "s3cret", "token_type": "bearer", "patient": "a/b"}),
    ] {
        front.always(TOKEN, say(200, "application/json", &body.to_string()));
        let fault = fault(&client).await;
        assert!(matches!(fault, SyncFault::NotUnderstood(NotUnderstood::SignIn(_))), "{body}: {fault:?}");
        assert!(!format!("{fault:?} {fault}").contains("s3cret"), "{fault:?}");
    }
    assert_eq!(front.asked("GET /fhir/Patient/123"), 0);
}

#[tokio::test]
async fn nothing_secret_is_ever_shown() {
    let front = Front::start().await;
    let key = front.knows_a_tablet();
    let client = front.client_with(key.clone(), Trust::System, stands_at(now()));
    client.knows(&patient()).await.unwrap();
    let shown = format!("{client:?}");
    assert!(shown.contains(TABLET) && shown.contains(key.thumbprint()), "{shown}");
    let bytes = format!("{:?}", key.pkcs8());
    for secret in ["token-1", bytes.trim_matches(['[', ']'])] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[tokio::test]
async fn an_assertion_that_the_service_repeats_is_not_shown() {
    let front = Front::start().await;
    let client = front.client(stands_at(now()));
    front.state().revoked.insert(TABLET.to_owned());
    (front.state().quotes, front.state().reasons) = (true, false);
    let fault = fault(&client).await;
    let SyncFault::NotAuthorised(Refusal::Unsaid { said }) = &fault else { panic!("{fault:?}") };
    assert!(said.contains("refused: …"), "{said}");
    assert!(!said.contains(&front.state().assertions[1]), "{said}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn whatever_a_service_says_is_a_fault_or_a_token(body in "\\PC{0,80}", code in 200_u16..600) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let front = Front::start().await;
            let client = front.client(stands_at(now()));
            for step in [CONFIGURATION, TOKEN] {
                front.always(step, say(code, "application/json", &body));
                prop_assert!(client.knows(&patient()).await.is_err());
            }
            Ok(())
        })?;
    }
}
