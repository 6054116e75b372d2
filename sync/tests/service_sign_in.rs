//! Signing in to the embedded service: codes, keys, tokens, and how far a token reaches.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, unreachable_pub, reason = "tests")]

use std::{path::Path, time::Duration};

use chrono::Utc;
use dagsform_sync::{
    BodyForm, PatientReference,
    jwk::PublicJwk,
    service::{Options, TabletAccess},
};
use proptest::{collection::vec, prelude::*, test_runner::TestRunner};
use reqwest::{Method, StatusCode};
use rusqlite::Connection;
use serde_json::{Value, json};
use service::{
    Rig, STAFF,
    browser::{field, form, page, submit},
    read, saturation, statuses,
    tablet::{ASSERTION, Tablet, ask, endpoint, invite, present, register},
    transaction, unless, uri, urn,
};
use tokio::runtime::Runtime;

mod service;

const MORNING: &str = "2026-11-20T08:00:00+01:00";

fn said(answer: &(StatusCode, Value)) -> (u16, &str, &str) {
    let text = |name: &str| answer.1[name].as_str().unwrap_or_default();
    (answer.0.as_u16(), text("error"), text("dagsform_reason"))
}

/// Something done to the service's file while it does not run.
fn sql(text: &'static str) -> impl FnOnce(&Path) {
    move |file| Connection::open(file).unwrap().execute_batch(text).unwrap()
}

#[tokio::test]
async fn without_a_token_only_what_the_service_can_do_is_told() {
    let mut rig = Rig::signing_in().await;
    let patient = rig.patient().await;
    for (token, challenge) in [(None, "Bearer"), (Some("wrong"), "Bearer error=\"invalid_token\"")] {
        rig.token = token.map(str::to_owned);
        for (method, path) in [
            (Method::GET, patient.as_str()),
            (Method::GET, "Patient"),
            (Method::POST, ""),
            (Method::PUT, "Patient/x"),
            (Method::POST, "Patient/_search"),
            (Method::GET, "no/such/thing"),
        ] {
            let response = rig.request(method, path).send().await.unwrap();
            assert_eq!(response.headers()["www-authenticate"], challenge, "{path}");
            let (status, outcome) = read(response).await;
            assert_eq!((status.as_u16(), &outcome["issue"][0]["code"]), (401, &json!("login")), "{path}");
        }
        assert_eq!(rig.get("metadata").await.0, 200);
        let (status, configuration) = rig.get(".well-known/smart-configuration").await;
        assert_eq!(status, 200);
        assert_eq!(configuration["token_endpoint"], endpoint(&rig, "token"));
        assert_eq!(configuration["registration_endpoint"], endpoint(&rig, "register"));
        assert_eq!(configuration["token_endpoint_auth_signing_alg_values_supported"], json!(["ES384"]));
        assert_eq!(configuration["capabilities"][0], "client-confidential-asymmetric");
    }
    let open = Rig::start().await;
    assert_eq!(open.get(".well-known/smart-configuration").await.0, 404, "it has no signing in");
    assert_eq!(open.http.post(endpoint(&open, "token")).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_tablet_registers_by_its_code_signs_in_and_sends() {
    let mut rig = Rig::signing_in_with(|options: &mut Options| {
        (options.access, options.staff) = (TabletAccess::SignIn, Some(STAFF.to_owned()));
        options.form = BodyForm::Pmd;
    })
    .await;
    let patient = rig.patient().await;
    let id = patient.trim_start_matches("Patient/");
    let mut tablet = Tablet::new();
    let (status, registered) = tablet.register(&rig, &invite(&rig, &patient).await).await;
    assert_eq!(status, 201, "{registered}");
    assert_eq!((&registered["patient"], &registered["dagsform_form"]), (&json!(id), &json!("pmd")));
    assert_eq!((&registered["scope"], &registered["jwks"]["keys"][0]), (&json!("system/*.crus"), &tablet.jwk()));
    tablet.client = registered["client_id"].as_str().unwrap().to_owned();
    let (status, given) = tablet.sign_in(&rig).await;
    assert_eq!(status, 200, "{given}");
    assert_eq!(
        (&given["token_type"], &given["expires_in"], &given["patient"], &given["scope"]),
        (&json!("bearer"), &json!(300), &json!(id), &json!("system/*.crus"))
    );
    rig.token = Some(given["access_token"].as_str().unwrap().to_owned());
    let reading = saturation(&patient, &urn(), MORNING, 94);
    for status in ["201 Created", "200 OK"] {
        assert_eq!(statuses(&rig.post("", &transaction(&[(urn(), reading.clone())])).await.1), [status]);
    }
    assert_eq!(rig.get(&patient).await.0, 200);
}

#[tokio::test]
async fn a_registration_whose_answer_was_lost_is_answered_again_and_another_key_is_refused() {
    let rig = Rig::signing_in().await;
    let code = invite(&rig, &rig.patient().await).await;
    let tablet = Tablet::new();
    let (_, first) = tablet.register(&rig, &code).await;
    let rig = rig.restart().await;
    assert_eq!(tablet.register(&rig, &code).await, (StatusCode::CREATED, first));
    assert_eq!(said(&Tablet::new().register(&rig, &code).await), (401, "invalid_token", "code-used"));
    let rig = rig.restart_after(sql("UPDATE code SET ends = 0")).await;
    assert_eq!(tablet.register(&rig, &code).await.0, 201, "a used code does not run out for its own key");
}

#[tokio::test]
async fn a_code_is_good_for_seven_days_and_the_newest_alone() {
    let rig = Rig::signing_in().await;
    let patient = rig.patient().await;
    let (old, new) = (invite(&rig, &patient).await, invite(&rig, &patient).await);
    assert_eq!(said(&Tablet::new().register(&rig, &old).await), (401, "invalid_token", "code-unknown"));
    let rig = rig
        .restart_after(|file| {
            let ends: i64 =
                Connection::open(file).unwrap().query_row("SELECT ends FROM code", [], |r| r.get(0)).unwrap();
            let left = ends - Utc::now().timestamp_millis();
            assert!((6 * 86_400_000..=7 * 86_400_000).contains(&left), "{left}");
        })
        .await;
    let rig = rig.restart_after(sql("UPDATE code SET ends = 1")).await;
    assert_eq!(said(&Tablet::new().register(&rig, &new).await), (401, "invalid_token", "code-expired"));
}

#[tokio::test]
async fn codes_cannot_be_found_by_trying_and_a_wrong_one_costs_nothing() {
    let rig = Rig::signing_in().await;
    let code = invite(&rig, &rig.patient().await).await;
    let tablet = Tablet::new();
    for (n, wrong) in
        ["0000-0000-0000", "K7QM-4TXD-9RP8", "mistyped", "", &code[..11]].iter().cycle().take(20).enumerate()
    {
        let answer = tablet.register(&rig, wrong).await;
        assert_eq!(said(&answer), (401, "invalid_token", "code-unknown"), "{n}: {wrong}");
    }
    let response = register(&rig, &code, "application/json", tablet.metadata().to_string()).await;
    let wait: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(said(&read(response).await), (429, "temporarily_unavailable", ""));
    // A restart forgets the attempts, never the code.
    let rig = rig.restart().await;
    for _ in 0..30 {
        assert_eq!(tablet.register(&rig, &code).await.0, 201, "a right one does not count");
    }
}

#[tokio::test]
async fn only_a_sound_public_key_for_es384_is_registered() {
    let rig = Rig::signing_in().await;
    let code = invite(&rig, &rig.patient().await).await;
    let tablet = Tablet::new();
    let off_the_curve = PublicJwk::from_point(&[[4].as_slice(), &[7; 96]].concat()).unwrap().to_json();
    let key = |member: &str, value: Value| {
        let mut key = tablet.jwk();
        key[member] = value;
        json!({"keys": [key]})
    };
    for (member, value) in [
        ("jwks", key("crv", json!("P-256"))),
        ("jwks", key("kty", json!("RSA"))),
        ("jwks", key("alg", json!("RS256"))),
        ("jwks", key("x", json!("AQEB"))),
        ("jwks", key("kid", json!("mine"))),
        ("jwks", key("d", json!("AQEB"))),
        ("jwks", json!({"keys": [off_the_curve]})),
        ("jwks", json!({"keys": []})),
        ("jwks", json!({"keys": [tablet.jwk(), Tablet::new().jwk()]})),
        ("jwks", json!(null)),
        ("grant_types", json!(["authorization_code"])),
        ("grant_types", json!("client_credentials")),
        ("token_endpoint_auth_method", json!("client_secret_basic")),
        ("token_endpoint_auth_signing_alg", json!("HS256")),
        ("software_version", json!("1".repeat(101))),
        ("dagsform_tablet", json!("tablet 7")),
    ] {
        let mut metadata = tablet.metadata();
        metadata[member] = value;
        let answer = read(register(&rig, &code, "application/json", metadata.to_string()).await).await;
        assert_eq!(said(&answer), (400, "invalid_client_metadata", ""), "{metadata}");
        assert!(answer.1["error_description"].is_string());
    }
    for (media_type, body, status) in [
        ("application/fhir+json", tablet.metadata().to_string(), 400),
        ("application/json", "{".to_owned(), 400),
        ("application/json", "[]".to_owned(), 400),
        ("application/json", String::new(), 400),
        ("application/json", format!("{{\"a\":\"{}\"}}", "x".repeat(100_000)), 413),
    ] {
        assert_eq!(register(&rig, &code, media_type, body).await.status(), status);
    }
    let get = rig.http.get(endpoint(&rig, "register")).send().await.unwrap();
    assert_eq!((get.status().as_u16(), get.headers()["allow"].to_str().unwrap()), (405, "POST"));
    let lean = json!({"jwks": {"keys": [tablet.jwk()]}}).to_string();
    assert_eq!(
        register(&rig, &code, "application/json; charset=utf-8", lean).await.status(),
        201,
        "and the code is still good"
    );
}

#[tokio::test]
async fn of_registrations_with_one_code_at_the_same_moment_one_wins() {
    let rig = Rig::signing_in().await;
    let patient = rig.patient().await;
    for _ in 0..5 {
        let code = invite(&rig, &patient).await;
        let (one, two, three) = (Tablet::new(), Tablet::new(), Tablet::new());
        let all = tokio::join!(one.register(&rig, &code), two.register(&rig, &code), three.register(&rig, &code));
        let mut answers = [said(&all.0), said(&all.1), said(&all.2)];
        answers.sort_unstable();
        assert_eq!(answers, [(201, "", ""), (401, "invalid_token", "code-used"), (401, "invalid_token", "code-used")]);
    }
}

#[tokio::test]
async fn an_assertion_that_is_not_right_is_refused_with_its_reason() {
    let rig = Rig::signing_in().await;
    let tablet = Tablet::registered(&rig, &rig.patient().await).await;
    let now = Utc::now().timestamp();
    let other = endpoint(&rig, "register");
    let audience = endpoint(&rig, "token");
    for (member, value, reason) in [
        ("aud", json!(other), "wrong-audience"),
        ("aud", json!(format!("{audience}/")), "wrong-audience"),
        ("aud", json!(rig.service.base()), "wrong-audience"),
        ("aud", json!([audience, other]), "wrong-audience"),
        ("aud", json!(7), "wrong-audience"),
        ("exp", json!(now - 90), "expired"),
        ("exp", json!(now + 3600), "expired"),
        ("iat", json!(now - 200), "expired"),
        ("iat", json!(now + 120), "expired"),
        ("nbf", json!(now + 120), "expired"),
        ("sub", json!("someone else"), ""),
        ("jti", json!(""), ""),
        ("jti", json!(null), ""),
        ("exp", json!(null), ""),
        ("exp", json!("soon"), ""),
    ] {
        let mut claims = tablet.claims(&rig);
        claims[member] = value;
        let answer = present(&rig, &tablet.sign(&tablet.header(), &claims)).await;
        assert_eq!(said(&answer), (401, "invalid_client", reason), "{claims}");
    }
    for (member, value, reason) in [
        ("alg", json!("none"), "wrong-key"),
        ("alg", json!("HS256"), "wrong-key"),
        ("alg", json!("RS256"), "wrong-key"),
        ("alg", json!("ES256"), "wrong-key"),
        ("alg", json!("es384"), "wrong-key"),
        ("kid", json!("another"), "wrong-key"),
        ("typ", json!("JWE"), ""),
        ("crit", json!(["b64"]), ""),
        ("alg", json!(null), ""),
    ] {
        let mut header = tablet.header();
        header[member] = value;
        let answer = present(&rig, &tablet.sign(&header, &tablet.claims(&rig))).await;
        assert_eq!(said(&answer), (401, "invalid_client", reason), "{header}");
    }
    let nobody = Tablet::new();
    assert_eq!(said(&nobody.sign_in(&rig).await), (401, "invalid_client", "unknown-client"));
    let mut thief = Tablet::new();
    thief.client.clone_from(&tablet.client);
    assert_eq!(said(&thief.sign_in(&rig).await), (401, "invalid_client", "wrong-key"));
    let named = thief.sign(&tablet.header(), &tablet.claims(&rig));
    assert_eq!(said(&present(&rig, &named).await), (401, "invalid_client", "wrong-key"));
    let good = tablet.sign(&tablet.header(), &tablet.claims(&rig));
    for cut in [&good[..good.len() - 4], &good[1..], &format!("{good}.x"), good.rsplit_once('.').unwrap().0, "", "..."]
    {
        let answer = present(&rig, cut).await;
        assert_eq!((answer.0.as_u16(), &answer.1["error"]), (401, &json!("invalid_client")), "{cut}");
    }
    assert_eq!(present(&rig, &good).await.0, 200, "all of this costs the right one nothing");
}

#[tokio::test]
async fn the_clocks_may_differ_by_a_minute() {
    let rig = Rig::signing_in().await;
    let tablet = Tablet::registered(&rig, &rig.patient().await).await;
    for (ahead, life) in [(-40, 20), (40, 240), (30, 300)] {
        let mut claims = tablet.claims(&rig);
        let from = Utc::now().timestamp() + ahead;
        (claims["iat"], claims["nbf"], claims["exp"]) = (json!(from), json!(from), json!(from + life));
        let answer = present(&rig, &tablet.sign(&tablet.header(), &claims)).await;
        assert_eq!(answer.0, 200, "{}", answer.1);
    }
}

#[tokio::test]
async fn an_assertion_is_good_once_also_after_a_restart() {
    let rig = Rig::signing_in().await;
    let tablet = Tablet::registered(&rig, &rig.patient().await).await;
    let assertion = tablet.sign(&tablet.header(), &tablet.claims(&rig));
    let together = tokio::join!(present(&rig, &assertion), present(&rig, &assertion));
    let mut answers = [said(&together.0), said(&together.1)];
    answers.sort_unstable();
    assert_eq!(answers, [(200, "", ""), (401, "invalid_client", "replayed")]);
    let at = rig.service.page();
    let claims = tablet.claims(&rig);
    let again = tablet.sign(&tablet.header(), &claims);
    assert_eq!(present(&rig, &again).await.0, 200);
    let rig = rig.restart().await;
    // The service has another port now: the same name of an assertion, for the new address.
    let moved = claims["aud"].as_str().unwrap().replace(&at, &rig.service.page());
    let mut claims = claims;
    claims["aud"] = json!(moved);
    let answer = present(&rig, &tablet.sign(&tablet.header(), &claims)).await;
    assert_eq!(said(&answer), (401, "invalid_client", "replayed"));
}

#[tokio::test]
async fn a_request_for_a_token_that_is_none_is_told_so() {
    let rig = Rig::signing_in().await;
    let tablet = Tablet::registered(&rig, &rig.patient().await).await;
    let assertion = tablet.sign(&tablet.header(), &tablet.claims(&rig));
    let right = [
        ("grant_type", "client_credentials"),
        ("scope", "system/*.cruds"),
        ("client_assertion_type", ASSERTION),
        ("client_assertion", assertion.as_str()),
    ];
    for (at, value, error) in [
        (0, "password", "unsupported_grant_type"),
        (0, "", "unsupported_grant_type"),
        (1, "user/*.read", "invalid_scope"),
        (1, "", "invalid_scope"),
        (2, "secret", "invalid_request"),
    ] {
        let mut form = right;
        form[at].1 = value;
        assert_eq!(said(&ask(&rig, &form).await), (400, error, ""));
    }
    let twice: Vec<(&str, &str)> = right.into_iter().chain([right[0]]).collect();
    assert_eq!(said(&ask(&rig, &twice).await), (400, "invalid_request", ""));
    let named: Vec<(&str, &str)> = right.into_iter().chain([("client_id", "someone else")]).collect();
    assert_eq!(said(&ask(&rig, &named).await), (401, "invalid_client", ""));
    let post = async |kind: &str, body: String| {
        let request = rig.http.post(endpoint(&rig, "token")).header("content-type", kind);
        read(request.body(body).send().await.unwrap()).await
    };
    assert_eq!(said(&post("application/json", "{}".to_owned()).await), (400, "invalid_request", ""));
    let huge = format!("client_assertion={}", "x".repeat(100_000));
    assert_eq!(said(&post("application/x-www-form-urlencoded", huge).await), (413, "invalid_request", ""));
    assert_eq!(rig.http.get(endpoint(&rig, "token")).send().await.unwrap().status(), 405);
    assert_eq!(ask(&rig, &right).await.0, 200, "none of it used the assertion up");
}

#[tokio::test]
async fn a_token_runs_out() {
    let mut rig = Rig::signing_in_with(|options: &mut Options| {
        (options.access, options.staff) = (TabletAccess::SignIn, Some(STAFF.to_owned()));
        options.token_life = Duration::ZERO;
    })
    .await;
    let patient = rig.patient().await;
    let tablet = Tablet::registered(&rig, &patient).await;
    rig.token = Some(tablet.token(&rig).await);
    let response = rig.request(Method::GET, &patient).send().await.unwrap();
    assert_eq!(response.status(), 401);
    assert_eq!(response.headers()["www-authenticate"], "Bearer error=\"invalid_token\"");
}

#[tokio::test]
async fn neither_a_code_nor_a_token_stands_in_the_file() {
    let mut rig = Rig::signing_in().await;
    let patient = rig.patient().await;
    let code = invite(&rig, &patient).await;
    let mut tablet = Tablet::new();
    let (_, registered) = tablet.register(&rig, &code).await;
    tablet.client = registered["client_id"].as_str().unwrap().to_owned();
    let token = tablet.token(&rig).await;
    rig.token = Some(token.clone());
    let rig = rig
        .restart_after(|file| {
            let bytes = std::fs::read(file).unwrap();
            let holds = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
            assert!(holds(&tablet.client));
            for secret in [code.as_str(), &code.replace('-', ""), &token] {
                assert!(!holds(secret));
            }
        })
        .await;
    assert_eq!(rig.get(&patient).await.0, 200, "a token outlives a restart");
}

#[tokio::test]
async fn a_token_reaches_its_own_patient_alone() {
    let mut rig = Rig::signing_in().await;
    let (own, other) = (rig.patient().await, rig.patient().await);
    let make = async |path: &str, body: Value| {
        let (status, made) = rig.post(path, &body).await;
        assert_eq!(status, 201, "{made}");
        format!("{path}/{}", made["id"].as_str().unwrap())
    };
    let theirs = make("Observation", saturation(&other, &urn(), MORNING, 90)).await;
    let mine = make("Observation", saturation(&own, &urn(), MORNING, 94)).await;
    let list = json!({"resourceType": "Questionnaire", "status": "active", "url": "https://example.org/q"});
    let list = make("Questionnaire", list).await;
    let sensor = urn();
    let device = json!({"resourceType": "Device", "identifier": uri(&sensor), "patient": {"reference": other}});
    let device = make("Device", device).await;
    let plan = |to: &str| json!({"resourceType": "CarePlan", "status": "active", "intent": "plan", "subject": {"reference": to}});
    let (my_plan, their_plan) = (make("CarePlan", plan(&own)).await, make("CarePlan", plan(&other)).await);
    let message = json!({"resourceType": "Communication", "status": "completed", "recipient": [{"reference": own}]});
    let message = make("Communication", message).await;
    let tablet = Tablet::registered(&rig, &own).await;
    rig.token = Some(tablet.token(&rig).await);

    for (path, status) in [
        (own.clone(), 200),
        (other.clone(), 403),
        (mine.clone(), 200),
        (format!("{mine}/_history"), 200),
        (theirs.clone(), 403),
        (format!("{theirs}/_history"), 403),
        (format!("{theirs}/_history/1"), 403),
        (my_plan, 200),
        (their_plan, 403),
        (message, 200),
        (list, 200),
        (device.clone(), 403),
        (format!("{own}/$everything"), 200),
        (format!("{other}/$everything"), 403),
        (format!("Observation?patient={other}"), 403),
        (format!("Observation?subject={other},{own}"), 403),
        (format!("Communication?recipient={other}"), 403),
        ("Observation/none".to_owned(), 404),
    ] {
        let (found, body) = rig.get(&path).await;
        assert_eq!(found, status, "{path}: {body}");
        if status == 403 {
            assert_eq!(body["issue"][0]["code"], "forbidden");
            assert!(body["issue"][0]["details"]["text"].as_str().unwrap().contains("patient of"), "{body}");
        }
    }
    for (search, total) in [
        ("Observation".to_owned(), 1),
        (format!("Observation?patient={own}"), 1),
        (format!("Observation?_id={}", theirs.trim_start_matches("Observation/")), 0),
        (format!("Observation?subject={}", other.trim_start_matches("Patient/")), 0),
        ("Patient".to_owned(), 1),
        ("CarePlan".to_owned(), 1),
        ("Device".to_owned(), 0),
        ("Questionnaire?url=https://example.org/q".to_owned(), 1),
        (format!("Communication?recipient={own}"), 1),
        ("Provenance".to_owned(), 0),
    ] {
        assert_eq!(rig.total(&search).await, total, "{search}");
    }

    let reading = |to: &str| saturation(to, &urn(), MORNING, 95);
    let mut of_two = reading(&own);
    of_two["performer"] = json!([{"reference": other}]);
    let mut nobodys = reading(&own);
    nobodys["subject"] = json!({"reference": device});
    let mark = json!({"resourceType": "Provenance", "target": [{"reference": own}], "recorded": "2026-11-23T08:00:00Z",
        "agent": [{"who": {"display": "x"}}]});
    let words =
        |to: &str| json!({"resourceType": "Communication", "status": "completed", "subject": {"reference": to}});
    let person = json!({"resourceType": "Patient", "active": true});
    for (path, body, status) in [
        ("Observation", reading(&own), 201),
        ("Observation", reading(&other), 403),
        ("Observation", of_two, 403),
        ("Observation", nobodys, 403),
        ("Communication", words(&own), 201),
        ("Communication", words(&other), 403),
        ("Provenance", mark, 403),
        ("CarePlan", plan(&own), 403),
        ("Patient", person, 403),
        ("Device", json!({"resourceType": "Device"}), 201),
        ("Device", json!({"resourceType": "Device", "patient": {"reference": other}}), 403),
    ] {
        assert_eq!(rig.post(path, &body).await.0, status, "{body}");
    }
    let put = async |path: &str, body: &Value| rig.send(Method::PUT, path, body).await.0.as_u16();
    let with_id = |path: &str, mut body: Value| {
        body["id"] = json!(path.split('/').nth(1).unwrap());
        body
    };
    assert_eq!(put(&mine, &with_id(&mine, reading(&own))).await, 200);
    assert_eq!(put(&mine, &with_id(&mine, reading(&other))).await, 403, "nor is one given away");
    assert_eq!(put(&theirs, &with_id(&theirs, reading(&own))).await, 403, "nor taken");
    let taken_over = json!({"resourceType": "Device", "identifier": uri(&sensor), "patient": {"reference": own}});
    assert_eq!(
        put(&format!("Device?{}", unless(&sensor)), &taken_over).await,
        200,
        "a sensor is the same with whomever"
    );
    assert_eq!(rig.get(&device).await.1["patient"]["reference"], own);

    let refused = transaction(&[(urn(), reading(&own)), (urn(), reading(&other))]);
    assert_eq!(rig.post("", &refused).await.0, 403);
    let mut batch = refused;
    batch["type"] = json!("batch");
    let (_, answer) = rig.post("", &batch).await;
    assert_eq!(statuses(&answer), ["201 Created", "403 Forbidden"]);
    for n in [0, 1] {
        assert_eq!(answer["entry"][n]["fullUrl"], batch["entry"][n]["fullUrl"]);
    }
    assert_eq!(rig.total("Observation").await, 3);
}

#[tokio::test]
async fn a_revoked_tablet_is_out_at_once_and_a_new_one_takes_its_place() {
    let mut rig = Rig::signing_in().await;
    let patient = rig.patient().await;
    let at = patient.replace("Patient", "patient");
    let html = page(&rig, &at).await;
    assert!(html.contains("No tablet has access.") && !html.contains("End the tablet&#39;s access"), "{html}");
    let first = Tablet::registered(&rig, &patient).await;
    rig.token = Some(first.token(&rig).await);
    let html = page(&rig, &at).await;
    assert!(html.contains("A tablet has had access since") && html.contains("Version 1.2.3"), "{html}");
    let stale = form(&html, "revoke", "client").to_owned();
    let revoke = async |form: &str, sure: bool| {
        let mut fields = vec![("token", field(form, "token")), ("client", field(form, "client"))];
        fields.extend(sure.then_some(("sure", "yes")));
        submit(&rig, &format!("{at}/revoke"), &fields).await.0.as_u16()
    };
    assert_eq!(revoke(&stale, false).await, 400);
    assert_eq!(rig.get(&patient).await.0, 200);

    // Another tablet: the first one keeps its access until the second has registered.
    let code = invite(&rig, &patient).await;
    assert_eq!(rig.get(&patient).await.0, 200);
    let mut second = Tablet::new();
    second.client = second.register(&rig, &code).await.1["client_id"].as_str().unwrap().to_owned();
    assert_eq!(rig.get(&patient).await.0, 401);
    assert_eq!(said(&first.sign_in(&rig).await), (401, "invalid_client", "revoked"));
    assert_eq!(revoke(&stale, true).await, 409, "the form was about the first tablet");
    rig.token = Some(second.token(&rig).await);
    assert_eq!(rig.get(&patient).await.0, 200);

    let html = page(&rig, &at).await;
    let form = form(&html, "revoke", "client");
    let fields = [("token", field(form, "token")), ("client", field(form, "client")), ("sure", "yes")];
    assert_eq!(submit(&rig, &format!("{at}/revoke"), &fields).await.0, 303);
    assert_eq!(rig.get(&patient).await.0, 401);
    assert_eq!(said(&second.sign_in(&rig).await), (401, "invalid_client", "revoked"));
    assert_eq!(said(&second.register(&rig, &code).await), (401, "invalid_token", "revoked"));
    assert!(page(&rig, &at).await.contains("No tablet has access."));
    let third = Tablet::registered(&rig, &patient).await;
    rig.token = Some(third.token(&rig).await);
    rig.service.revoke(&PatientReference::parse(&patient).unwrap()).await.unwrap();
    assert_eq!(rig.get(&patient).await.0, 401);
}

#[tokio::test]
async fn a_nurse_makes_a_code_that_is_shown_once_and_saved_as_a_file() {
    let rig = Rig::signing_in().await;
    let (patient, other) = (rig.patient().await, rig.patient().await);
    let at = patient.replace("Patient", "patient");
    let token = field(&page(&rig, &at).await, "token").to_owned();
    assert_eq!(submit(&rig, &format!("{at}/code"), &[("token", "another")]).await.0, 403);
    assert_eq!(submit(&rig, "patient/none/code", &[("token", &token)]).await.0, 404);
    let (status, html) = submit(&rig, &format!("{at}/code"), &[("token", &token)]).await;
    assert_eq!(status, 200);
    let code = field(&html, "code");
    for text in ["Kari Testesen", &rig.service.base(), code, "Valid until"] {
        assert!(html.contains(text), "{text} in {html}");
    }
    let fields = [("token", token.as_str()), ("code", code)];
    let (status, file) = submit(&rig, &format!("{at}/code-file"), &fields).await;
    assert_eq!(status, 200);
    let file: Value = serde_json::from_str(&file).unwrap();
    assert_eq!(file, json!({"service": rig.service.base(), "code": code}));
    let elsewhere = format!("{}/code-file", other.replace("Patient", "patient"));
    assert_eq!(submit(&rig, &elsewhere, &fields).await.0, 404);
    let html = page(&rig, &at).await;
    assert!(!html.contains(code) && html.contains("A one-time code that nobody has used is valid until"), "{html}");
    assert_eq!(Tablet::new().register(&rig, code).await.0, 201);
    assert_eq!(submit(&rig, &format!("{at}/code-file"), &fields).await.0, 404, "it was used");
    assert!(!page(&rig, &at).await.contains("that nobody has used"));

    let open = Rig::start().await;
    let at = open.patient().await.replace("Patient", "patient");
    let html = page(&open, &at).await;
    assert!(!html.contains("one-time code"), "nothing to sign in to");
    let fields = [("token", field(&html, "token"))];
    assert_eq!(submit(&open, &format!("{at}/code"), &fields).await.0, 404);
}

#[tokio::test]
async fn the_page_shows_the_state_of_the_kit_as_its_devices_say() {
    let mut rig = Rig::signing_in().await;
    let patient = rig.patient().await;
    let tablet = Tablet::registered(&rig, &patient).await;
    rig.token = Some(tablet.token(&rig).await);
    let mdc = |code: &str| json!({"coding": [{"system": "urn:iso:std:iso:11073:10101", "code": code}]});
    let ours = |set: &str, code: &str| json!({"coding": [{"system": format!("https://dagsform.example/fhir/CodeSystem/{set}"), "code": code}]});
    let number = |kind: Value, value: u32| json!({"type": kind, "valueQuantity": [{"value": value}]});
    let yes = json!({"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0136", "code": "Y"}]});
    let device = |name: &str, kind: &str, property: Value| {
        json!({"resourceType": "Device", "identifier": uri(name), "status": "active", "type": mdc(kind),
            "patient": {"reference": patient}, "property": property})
    };
    let name = tablet.metadata()["dagsform_tablet"].as_str().unwrap().to_owned();
    let mut this = device(
        &name,
        "531981",
        json!([
            number(mdc("67996"), 81),
            {"type": ours("device-property", "charging"), "valueCode": [yes]},
            number(ours("device-property", "waiting"), 3),
            number(ours("device-property", "set-aside"), 0),
            {"type": ours("device-property", "fault"), "valueCode": [ours("device-fault", "clock-in-doubt")]},
        ]),
    );
    this["version"] = json!([{"value": "2.0.0"}]);
    let mut sensor = device(
        &urn(),
        "65573",
        json!([
            number(mdc("67996"), 12),
            {"type": ours("device-property", "fault"), "valueCode": [ours("device-fault", "not-found")]},
            {"type": ours("device-property", "fault"), "valueCode": [ours("device-fault", "something newer")]},
        ]),
    );
    (sensor["manufacturer"], sensor["modelNumber"]) = (json!("<Nonin>"), json!("3230"));
    sensor["extension"] = json!([{"url": "https://dagsform.example/fhir/StructureDefinition/last-contact",
        "valueDateTime": MORNING}]);
    let replaced = device(&urn(), "531981", json!([number(mdc("67996"), 5)]));
    for device in [&sensor, &this, &replaced] {
        let condition = unless(device["identifier"][0]["value"].as_str().unwrap());
        assert_eq!(rig.send(Method::PUT, &format!("Device?{condition}"), device).await.0, 201);
    }
    let html = page(&rig, &patient.replace("Patient", "patient")).await;
    for text in [
        "<td>The tablet</td><td>81 %, charging</td><td>2.0.0</td>",
        "<div>Waits to be sent: 3</div><div class=\"note\">The tablet&#39;s clock is in doubt</div></td>",
        "<td>&lt;Nonin&gt; 3230</td><td>12 %</td><td></td><td>2026-11-20 08:00</td>",
        "The tablet does not find it</div><div class=\"note\">Another fault",
    ] {
        assert!(html.contains(text), "{text} in {html}");
    }
    assert!(!html.contains("<td>5 %"), "the tablet before this one");
    assert!(html.find("The tablet</td>").unwrap() < html.find("3230").unwrap());
    assert!(!html.contains("Version 1.2.3"), "what it says now counts");
}

#[tokio::test]
async fn a_file_of_before_there_was_signing_in_is_taken_over() {
    let rig = Rig::signing_in().await;
    let patient = rig.patient().await;
    let before = "DROP TABLE assertion; DROP TABLE token; DROP TABLE code; DROP TABLE tablet; PRAGMA user_version = 1";
    let rig = rig.restart_after(sql(before)).await;
    assert_eq!(rig.get(&patient).await.0, 200);
    Tablet::registered(&rig, &patient).await.token(&rig).await;
}

#[test]
fn any_bytes_get_a_clean_refusal() {
    let runtime = Runtime::new().unwrap();
    let rig = runtime.block_on(Rig::signing_in());
    let tablet = Tablet::new();
    let code = runtime.block_on(async { invite(&rig, &rig.patient().await).await });
    let bytes = vec(any::<u8>(), 0..200);
    let cut = (0..tablet.metadata().to_string().len(), any::<u8>()).prop_map(move |(at, byte)| {
        let mut body = tablet.metadata().to_string().into_bytes();
        body[at] = byte;
        body
    });
    TestRunner::new(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(150) })
        .run(&(bytes, cut, "\\PC{0,80}"), |(bytes, spoiled, words)| {
            for body in [bytes, spoiled] {
                let body = String::from_utf8_lossy(&body).into_owned();
                let status = runtime.block_on(register(&rig, &code, "application/json", body)).status();
                prop_assert!(matches!(status.as_u16(), 400 | 201 | 401), "{status}");
            }
            let (status, body) = runtime.block_on(present(&rig, &words));
            prop_assert_eq!((status.as_u16(), &body["error"]), (401, &json!("invalid_client")));
            Ok(())
        })
        .unwrap();
}
