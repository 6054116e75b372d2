//! The embedded service against kills, against anything that can be posted to it, and its pace.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    reason = "tests"
)]

use std::{
    cell::Cell,
    env,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Instant,
};

use proptest::{collection::vec, prelude::*, sample::select, test_runner::TestRunner};
use reqwest::Method;
use serde_json::{Value, json};
use service::{Rig, http, open, read, saturation, statuses, transaction, urn};
use tokio::runtime::Runtime;

mod service;

const FILE: &str = "DAGSFORM_TEST_SERVICE_FILE";

/// Not a test of its own: the process that [`what_was_confirmed_outlives_a_kill`] kills.
#[tokio::test]
#[ignore = "what_was_confirmed_outlives_a_kill starts it, in every run, and kills it"]
async fn serve_until_killed() {
    let Ok(file) = env::var(FILE) else { return };
    let service = open(Path::new(&file)).await.unwrap();
    println!("\nserving {}", service.base());
    std::future::pending::<()>().await;
}

/// A service in a process of its own, and its address.
fn spawn(file: &Path) -> (Child, String) {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--ignored", "--exact", "serve_until_killed", "--nocapture"])
        .env(FILE, file)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let said = |line: std::io::Result<String>| line.unwrap().split_once("serving ").map(|(_, base)| base.to_owned());
    let base = lines.filter_map(said).next().expect("the service says where it is");
    (child, base)
}

#[tokio::test]
async fn what_was_confirmed_outlives_a_kill() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("service.sqlite");
    let http = http();
    let post = async |base: &str, path: &str, body: &Value| {
        let request = http.post(format!("{base}{path}")).header("content-type", "application/fhir+json");
        let response = request.body(body.to_string()).send().await.ok()?;
        Some(read(response).await)
    };
    let person = json!({"resourceType": "Patient", "id": "p", "active": true});
    let (mut child, base) = spawn(&file);
    let request = http.put(format!("{base}/Patient/p")).header("content-type", "application/fhir+json");
    assert_eq!(request.body(person.to_string()).send().await.unwrap().status(), 201);
    child.kill().unwrap();
    child.wait().unwrap();
    let mut sent = Vec::new();
    for round in 0..5u8 {
        let (mut child, base) = spawn(&file);
        let mut confirmed = 0;
        // The kill falls among the transactions after the first few.
        let (enough, told) = mpsc::channel();
        let killer = thread::spawn(move || {
            told.recv().unwrap();
            child.kill().unwrap();
            child.wait().unwrap();
        });
        loop {
            let reading = saturation("Patient/p", &urn(), "2026-11-20T08:00:00+01:00", 90 + round);
            let bundle = transaction(&[
                (urn(), reading.clone()),
                (urn(), saturation("Patient/p", &urn(), "2026-11-20T08:00:00Z", 1)),
            ]);
            sent.push((bundle.clone(), false));
            let Some((status, _)) = post(&base, "", &bundle).await else { break };
            assert_eq!(status, 200);
            sent.last_mut().unwrap().1 = true;
            confirmed += 1;
            if confirmed == 3 + round {
                enough.send(()).unwrap();
            }
        }
        killer.join().unwrap();
    }
    let (mut child, base) = spawn(&file);
    for (bundle, confirmed) in &sent {
        let (_, answer) = post(&base, "", bundle).await.unwrap();
        let found = statuses(&answer);
        // Confirmed: all there. Cut off: all there or nothing, and now created.
        assert_eq!(found[0], found[1]);
        assert!(!confirmed || found[0] == "200 OK", "a confirmed reading was gone");
    }
    let (_, all) = read(http.get(format!("{base}/Observation?_summary=count")).send().await.unwrap()).await;
    assert_eq!(all["total"], sent.len() * 2);
    child.kill().unwrap();
    child.wait().unwrap();
}

fn any_json() -> impl Strategy<Value = Value> {
    let words = select(vec![
        "Observation",
        "Patient",
        "Bundle",
        "transaction",
        "batch",
        "POST",
        "PUT",
        "GET",
        "final",
        "Patient/1",
        "urn:uuid:1",
        "Observation?identifier=a|b",
        "identifier=a|b",
        "2026-11-20",
        "_history",
        "Patient/1/_history/1",
        "",
        "metadata",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        words.prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((name(), inner), 0..6).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn name() -> impl Strategy<Value = String> {
    let known = select(vec![
        "resourceType",
        "type",
        "entry",
        "request",
        "resource",
        "method",
        "url",
        "fullUrl",
        "ifNoneExist",
        "ifMatch",
        "id",
        "meta",
        "status",
        "code",
        "coding",
        "system",
        "subject",
        "reference",
        "identifier",
        "value",
        "valueQuantity",
        "effectiveDateTime",
        "effectivePeriod",
        "start",
        "component",
        "extension",
        "parameter",
        "name",
        "target",
    ]);
    prop_oneof![9 => known.prop_map(str::to_owned), 1 => "\\PC{0,8}"]
}

/// A sound bundle in which one value, anywhere, is another.
fn spoiled() -> impl Strategy<Value = Value> {
    (any::<prop::sample::Index>(), any_json(), any::<bool>()).prop_map(|(at, other, batch)| {
        let patient = urn();
        let person = json!({"resourceType": "Patient", "identifier": service::uri(&urn())});
        let reading = saturation(&patient, &urn(), "2026-11-20T08:00:00+01:00", 94);
        let mut bundle = transaction(&[(patient, person), (urn(), reading)]);
        if batch {
            bundle["type"] = json!("batch");
        }
        let mut places = Vec::new();
        pointers(&bundle, String::new(), &mut places);
        *bundle.pointer_mut(&places[at.index(places.len())]).unwrap() = other;
        bundle
    })
}

fn pointers(value: &Value, here: String, all: &mut Vec<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, v)| pointers(v, format!("{here}/{name}"), all)),
        Value::Array(items) => items.iter().enumerate().for_each(|(at, v)| pointers(v, format!("{here}/{at}"), all)),
        _ => {}
    }
    all.push(here);
}

#[test]
fn any_json_gets_a_clean_answer_and_never_a_failure_of_the_service() {
    let runtime = Runtime::new().unwrap();
    let rig = runtime.block_on(Rig::start());
    let targets = select(vec![
        (Method::POST, ""),
        (Method::POST, ""),
        (Method::POST, "Observation"),
        (Method::POST, "Provenance"),
        (Method::PUT, "Patient/1"),
        (Method::PUT, "Patient?identifier=a|b"),
        (Method::POST, "Observation/$validate"),
    ]);
    let body = prop_oneof![any_json(), spoiled()];
    let accepted = Cell::new(0);
    TestRunner::new(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })
        .run(&(targets, body), |((method, path), body)| {
            let (status, answer) = runtime.block_on(rig.send(method.clone(), path, &body));
            prop_assert!(status.is_success() || status.is_client_error(), "{method} {path}: {status} {answer}");
            prop_assert!(answer["resourceType"].is_string(), "{status} {answer}");
            if answer["type"] == "batch-response" {
                let failed = statuses(&answer).iter().any(|status| status.starts_with('5'));
                prop_assert!(!failed, "{answer}");
            }
            accepted.set(accepted.get() + usize::from(status.is_success()));
            Ok(())
        })
        .unwrap();
    assert!(accepted.get() > 20, "some are sound: {}", accepted.get());
}

#[test]
fn any_query_and_any_bytes_get_a_clean_answer() {
    let runtime = Runtime::new().unwrap();
    let rig = runtime.block_on(Rig::start());
    let found = Cell::new(0);
    let pair = (
        "(_id|_sort|_count|_after|_include|date|code|patient|_lastUpdated|_summary|\\PC{0,5})",
        "(eq|ne|gt|ge|lt|le|sa|eb)?20[0-9]{2}(-1[0-2])?|Patient/1|date|[0-9a-z|,.:=$\\\\-]{0,12}|\\PC{0,8}",
    );
    TestRunner::new(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })
        .run(&(vec(pair, 0..4), vec(any::<u8>(), 0..200)), |(query, bytes)| {
            let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&query).finish();
            let url = rig.request(Method::GET, &format!("Observation?{query}"));
            let (status, answer) = runtime.block_on(async { read(url.send().await.unwrap()).await });
            found.set(found.get() + usize::from(status == 200));
            prop_assert!(status == 200 || status == 400, "{status} {answer}");
            let posted = rig.request(Method::POST, "").header("content-type", "application/json").body(bytes);
            let (status, answer) = runtime.block_on(async { read(posted.send().await.unwrap()).await });
            prop_assert!(status.is_client_error(), "{status} {answer}");
            Ok(())
        })
        .unwrap();
    assert!(found.get() > 20, "some are sound: {}", found.get());
}

/// Says with `--nocapture` how fast: a figure, not a promise.
#[tokio::test]
async fn forty_transactions_of_fifty_conditional_creates_are_all_taken() {
    let rig = Rig::start().await;
    let patient = rig.patient().await;
    let (rounds, size) = (40, 50);
    let began = Instant::now();
    for _ in 0..rounds {
        let readings: Vec<(String, Value)> =
            (0..size).map(|_| (urn(), saturation(&patient, &urn(), "2026-11-20T08:00:00+01:00", 94))).collect();
        assert_eq!(rig.post("", &transaction(&readings)).await.0, 200);
    }
    let rate = f64::from(rounds * size) / began.elapsed().as_secs_f64();
    println!("{rate:.0} conditional creates a second, in transactions of {size}");
}
