//! The FHIR side of the embedded service, over HTTP: what a tablet needs of any service.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, unreachable_pub, reason = "tests")]

use common::{MemoryOutbox, client, enrolment, good};
use dagsform_sync::{
    Engine, Settings,
    service::{Options, Service, ServiceError},
};
use reqwest::Method;
use serde_json::{Value, json};
use service::{Plain, Rig, open, read, saturation, statuses, transaction, unless, uri, urn};
use std::sync::Arc;
use tokio::sync::mpsc;

mod common;
mod service;

const MORNING: &str = "2026-11-20T08:00:00+01:00";

/// A patient, a sensor that refers to it, and readings that refer to both by their addresses in the bundle.
fn bundle(readings: &[(&str, u8)]) -> (Value, String) {
    let (patient, sensor) = (urn(), urn());
    let person = json!({"resourceType": "Patient", "identifier": uri(&urn())});
    let device = json!({"resourceType": "Device", "identifier": uri(&urn()), "patient": {"reference": patient}});
    let identifier = person["identifier"][0]["value"].as_str().unwrap().to_owned();
    let mut resources = vec![(sensor.clone(), device), (patient.clone(), person)];
    for (when, value) in readings {
        let mut reading = saturation(&patient, &urn(), when, *value);
        reading["device"] = json!({"reference": sensor});
        reading["extension"] = json!([{"url": "http://hl7.org/fhir/StructureDefinition/observation-gatewayDevice",
            "valueReference": {"reference": sensor}}]);
        resources.push((urn(), reading));
    }
    (transaction(&resources), identifier)
}

#[tokio::test]
async fn the_tablets_own_engine_delivers_to_it_and_nothing_twice() {
    let rig = Rig::start().await;
    let enrolment = enrolment(&rig.service.base());
    let patient = enrolment.patient_reference.as_str().to_owned();
    let person = json!({"resourceType": "Patient", "id": patient.strip_prefix("Patient/").unwrap()});
    assert_eq!(rig.send(Method::PUT, &patient, &person).await.0, 201);
    for _ in 0..2 {
        let outbox = Arc::new(MemoryOutbox::with((0..120).map(good)));
        let (sender, _events) = mpsc::unbounded_channel();
        let mut engine =
            Engine::new(outbox, client(&enrolment), enrolment.clone(), Settings::default(), sender).unwrap();
        let report = engine.pass().await;
        assert_eq!((report.delivered, report.set_aside, report.fault), (120, 0, None));
        assert_eq!(rig.total(&format!("Observation?patient={patient}")).await, 240);
    }
}

#[tokio::test]
async fn a_transaction_sent_twice_creates_once_and_its_references_lead_to_what_it_created() {
    let rig = Rig::start().await;
    let (bundle, identifier) = bundle(&[(MORNING, 94), ("2026-11-21T08:00:00+01:00", 91)]);
    let (status, first) = rig.post("", &bundle).await;
    assert_eq!((status.as_u16(), statuses(&first)), (200, vec!["201 Created".to_owned(); 4]), "{first}");
    let (status, second) = rig.post("", &bundle).await;
    assert_eq!((status.as_u16(), statuses(&second)), (200, vec!["200 OK".to_owned(); 4]), "{second}");
    for (one, other) in first["entry"].as_array().unwrap().iter().zip(second["entry"].as_array().unwrap()) {
        assert_eq!(one["response"]["location"], other["response"]["location"]);
        assert_eq!(one["response"]["etag"], "W/\"1\"");
        assert_eq!(one["fullUrl"], other["fullUrl"]);
    }
    let (_, found) = rig.get(&format!("Patient?{}", unless(&identifier))).await;
    assert_eq!(found["total"], 1);
    let patient = format!("Patient/{}", found["entry"][0]["resource"]["id"].as_str().unwrap());
    let (_, found) = rig.get(&format!("Observation?patient={patient}&_sort=-date&_count=1")).await;
    let newest = &found["entry"][0]["resource"];
    assert_eq!((&found["total"], &newest["valueQuantity"]["value"]), (&json!(2), &json!(91)));
    assert_eq!(newest["subject"]["reference"], patient);
    let device = newest["device"]["reference"].as_str().unwrap();
    assert_eq!(newest["extension"][0]["valueReference"]["reference"], device);
    assert_eq!(rig.get(device).await.1["patient"]["reference"], patient);
}

#[tokio::test]
async fn a_new_reading_may_refer_to_a_patient_that_the_same_transaction_finds_there() {
    let rig = Rig::start().await;
    let (mut bundle, _) = bundle(&[(MORNING, 94)]);
    rig.post("", &bundle).await;
    let identifier = urn();
    bundle["entry"][2]["resource"]["identifier"] = uri(&identifier);
    bundle["entry"][2]["request"]["ifNoneExist"] = json!(unless(&identifier));
    let (_, answer) = rig.post("", &bundle).await;
    assert_eq!(statuses(&answer), ["200 OK", "200 OK", "201 Created"]);
    assert_eq!((rig.total("Patient").await, rig.total("Observation").await), (1, 2));
}

#[tokio::test]
async fn one_bad_entry_rolls_a_whole_transaction_back_and_is_named() {
    let rig = Rig::start().await;
    type Spoil = fn(&mut Value);
    let faults: [(Spoil, &str); 6] = [
        (|entry| entry["resource"]["status"] = json!("finalx"), "Bundle.entry[3].resource.status"),
        (|entry| drop(entry["resource"].as_object_mut().unwrap().remove("code")), "Bundle.entry[3].resource.code"),
        (
            |entry| entry["resource"]["subject"]["reference"] = json!("Patient/nobody"),
            "Bundle.entry[3].resource.subject",
        ),
        (|entry| entry["resource"]["subject"]["reference"] = json!(urn()), "Bundle.entry[3].resource.subject"),
        (|entry| entry["resource"]["effectiveDateTime"] = json!("soon"), "Bundle.entry[3].resource.effectiveDateTime"),
        (|entry| entry["request"]["method"] = json!("PATCH"), "Bundle.entry[3]"),
    ];
    for (spoil, place) in faults {
        let (mut bundle, _) = bundle(&[(MORNING, 94), (MORNING, 91)]);
        spoil(&mut bundle["entry"][3]);
        let (status, outcome) = rig.post("", &bundle).await;
        assert!(status.is_client_error(), "{status}");
        assert_eq!(outcome["issue"][0]["expression"], json!([place]), "{outcome}");
        assert!(outcome["issue"][0]["details"]["text"].is_string());
        assert_eq!((rig.total("Patient").await, rig.total("Observation").await), (0, 0), "{place}");
    }
}

#[tokio::test]
async fn two_conditional_creates_at_once_create_once() {
    let rig = Rig::start().await;
    let patient = rig.patient().await;
    for round in 0..10 {
        let identifier = urn();
        let reading = saturation(&patient, &identifier, MORNING, 90 + round);
        let create = || {
            let request = rig.request(Method::POST, "Observation").header("if-none-exist", unless(&identifier));
            let request = request.header("content-type", "application/fhir+json").body(reading.to_string());
            async { read(request.send().await.unwrap()).await }
        };
        let (one, two, three) = tokio::join!(create(), create(), create());
        let mut codes = [one.0.as_u16(), two.0.as_u16(), three.0.as_u16()];
        codes.sort_unstable();
        assert_eq!(codes, [200, 200, 201]);
        assert_eq!((&one.1["id"], &two.1["id"]), (&two.1["id"], &three.1["id"]));
    }
    assert_eq!(rig.total("Observation").await, 10);
}

#[tokio::test]
async fn a_condition_that_several_meet_is_refused_with_412() {
    let rig = Rig::start().await;
    let identifier = urn();
    let person = json!({"resourceType": "Patient", "identifier": uri(&identifier)});
    for _ in 0..2 {
        assert_eq!(rig.post("Patient", &person).await.0, 201);
    }
    let (status, outcome) = rig.post("", &transaction(&[(urn(), person.clone())])).await;
    assert_eq!((status.as_u16(), &outcome["issue"][0]["code"]), (412, &json!("multiple-matches")));
    assert_eq!(rig.send(Method::PUT, &format!("Patient?{}", unless(&identifier)), &person).await.0, 412);
    let nothing = rig.request(Method::POST, "Patient").header("if-none-exist", "").body(person.to_string());
    assert_eq!(nothing.header("content-type", "application/json").send().await.unwrap().status(), 400);
    assert_eq!(rig.total("Patient").await, 2);
}

#[tokio::test]
async fn numbers_and_unknown_elements_come_back_as_they_were_sent() {
    let rig = Rig::start().await;
    let patient = rig.patient().await;
    let body = format!(
        r#"{{"resourceType":"Observation","status":"final","code":{{"text":"x"}},"subject":{{"reference":"{patient}"}},
        "later":{{"added":[1E2,-0.50]}},"valueQuantity":{{"value":2.00,"unit":"kg"}},
        "component":[{{"code":{{"text":"y"}},"valueQuantity":{{"value":0.10000000000000000000000001}}}}]}}"#
    );
    let request = rig.request(Method::POST, "Observation").header("content-type", "application/fhir+json");
    let made = request.body(body).send().await.unwrap();
    assert_eq!(made.status(), 201);
    let location = made.headers()["location"].to_str().unwrap().to_owned();
    let text = rig.http.get(location).send().await.unwrap().text().await.unwrap();
    for exact in [r#""value":2.00,"#, "0.10000000000000000000000001", r#""later":{"added":[1E2,-0.50]}"#] {
        assert!(text.contains(exact), "{exact} in {text}");
    }
}

#[tokio::test]
async fn a_resource_is_changed_only_from_the_version_that_was_read_and_every_version_stays() {
    let rig = Rig::start().await;
    let patient = rig.patient().await;
    let response = rig.request(Method::GET, &patient).send().await.unwrap();
    let tag = response.headers()["etag"].to_str().unwrap().to_owned();
    assert!(response.headers().contains_key("last-modified") && response.headers().contains_key("date"));
    assert_eq!(response.headers()["content-type"], "application/fhir+json; charset=utf-8");
    let mut body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    let cached = rig.request(Method::GET, &patient).header("if-none-match", &tag).send().await.unwrap();
    assert_eq!((cached.status().as_u16(), cached.text().await.unwrap().as_str()), (304, ""));
    body["active"] = json!(true);
    let put = |body: &Value, tag: &str| {
        let request = rig.request(Method::PUT, &patient).header("if-match", tag).body(body.to_string());
        let request = request.header("content-type", "application/fhir+json");
        async { request.send().await.unwrap().status().as_u16() }
    };
    assert_eq!((put(&body, &tag).await, put(&body, &tag).await), (200, 412));
    let (_, history) = rig.get(&format!("{patient}/_history")).await;
    let versions: Vec<&Value> =
        history["entry"].as_array().unwrap().iter().map(|entry| &entry["resource"]["meta"]["versionId"]).collect();
    assert_eq!(versions, ["2", "1"]);
    assert_eq!(rig.get(&format!("{patient}/_history/1")).await.1["active"], Value::Null);
    assert_eq!(rig.get(&format!("{patient}/_history/2")).await.1["active"], true);
    assert_eq!(rig.get(&format!("{patient}/_history/3")).await.0, 404);
    assert_eq!((rig.total("Patient?active=true").await, rig.total("Patient?active=false").await), (1, 0));
}

#[tokio::test]
async fn a_conditional_update_creates_changes_and_keeps_to_one() {
    let rig = Rig::start().await;
    let identifier = urn();
    let at = format!("Device?{}", unless(&identifier));
    let mut device = json!({"resourceType": "Device", "identifier": uri(&identifier), "status": "active"});
    let (status, made) = rig.send(Method::PUT, &at, &device).await;
    assert_eq!(status, 201);
    device["status"] = json!("inactive");
    let (status, changed) = rig.send(Method::PUT, &at, &device).await;
    assert_eq!((status.as_u16(), &changed["id"]), (200, &made["id"]));
    device["id"] = json!("another");
    assert_eq!(rig.send(Method::PUT, &at, &device).await.0, 400);
    assert_eq!(rig.send(Method::PUT, "Device/another", &device).await.0, 201);
    assert_eq!(rig.total("Device?status=inactive").await, 2);
}

#[tokio::test]
async fn searches_find_what_they_say() {
    let rig = Rig::start().await;
    let (patient, other) = (rig.patient().await, rig.patient().await);
    let bare = patient.strip_prefix("Patient/").unwrap();
    for (day, value) in [("20", 94), ("21", 91), ("22", 90)] {
        let reading = saturation(&patient, &urn(), &format!("2026-11-{day}T08:00:00+01:00"), value);
        assert_eq!(rig.post("Observation", &reading).await.0, 201);
    }
    let (_, one) = rig.get("Observation?_count=1").await;
    let id = one["entry"][0]["resource"]["id"].as_str().unwrap();
    let order = json!({"resourceType": "ServiceRequest", "status": "active", "intent": "order",
        "subject": {"reference": patient}, "code": {"coding": [{"system": "http://loinc.org", "code": "59408-5"}]}});
    rig.post("ServiceRequest", &order).await;
    let mark = json!({"resourceType": "Provenance", "target": [{"reference": format!("Observation/{id}")}],
        "recorded": "2026-11-23T08:00:00Z", "agent": [{"who": {"display": "someone"}}]});
    assert_eq!(rig.post("Provenance", &mark).await.0, 201);
    for (search, expected) in [
        (format!("Observation?patient={patient}"), 3),
        (format!("Observation?patient={bare}"), 3),
        (format!("Observation?subject={bare}"), 3),
        (format!("Observation?patient={other}"), 0),
        (format!("Observation?patient={other},{patient}"), 3),
        (format!("Observation?subject={patient}&status=final,amended"), 3),
        (format!("Observation?_id={id}"), 1),
        ("Observation?code=http://loinc.org|59408-5".to_owned(), 3),
        ("Observation?code=59408-5&code=150456".to_owned(), 3),
        ("Observation?code=http://loinc.org|150456".to_owned(), 0),
        ("Observation?code=|59408-5".to_owned(), 0),
        ("Observation?code=http://loinc.org|".to_owned(), 3),
        ("Observation?category=vital-signs".to_owned(), 3),
        ("Observation?date=2026-11-21".to_owned(), 1),
        ("Observation?date=ge2026-11-21&date=lt2026-11-22".to_owned(), 1),
        ("Observation?date=ge2026-11-21".to_owned(), 2),
        ("Observation?date=gt2026-11-21".to_owned(), 1),
        ("Observation?date=le2026-11-21".to_owned(), 2),
        ("Observation?date=ne2026-11-21".to_owned(), 2),
        ("Observation?date=2026-11-21T08:00:00%2B01:00".to_owned(), 1),
        ("Observation?date=sa2026-11-20&date=eb2026-11-22".to_owned(), 1),
        ("Observation?_lastUpdated=gt2020-01-01".to_owned(), 3),
        ("Observation?_lastUpdated=gt2120-01-01T00:00:00Z".to_owned(), 0),
        ("ServiceRequest?status=active&code=59408-5".to_owned(), 1),
        (format!("Provenance?target=Observation/{id}"), 1),
        ("Patient".to_owned(), 2),
    ] {
        assert_eq!(rig.total(&search).await, expected, "{search}");
    }
    let (status, found) = rig.get("Observation?_summary=count").await;
    assert_eq!((status.as_u16(), &found["total"], &found["entry"]), (200, &json!(3), &Value::Null));
    let form = rig.request(Method::POST, "Observation/_search").body(format!("patient=Patient%2F{bare}"));
    let form = form.header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(read(form.send().await.unwrap()).await.1["total"], 3);
    let (_, found) = rig.get(&format!("Patient/{bare}/$everything")).await;
    assert_eq!(found["total"], 5);
    for nonsense in [
        "Observation?colour=red",
        "Observation?date=soon",
        "Observation?code:text=a",
        "Observation?code=",
        "Observation?_sort=colour",
        "Observation?_count=-1",
        "Observation?_include=Observation:code",
    ] {
        let (status, outcome) = rig.get(nonsense).await;
        assert_eq!((status.as_u16(), &outcome["resourceType"]), (400, &json!("OperationOutcome")), "{nonsense}");
    }
}

#[tokio::test]
async fn pages_neither_skip_nor_repeat_while_readings_arrive_and_change() {
    let rig = Rig::start().await;
    let patient = rig.patient().await;
    let add = async |n: u8| {
        let reading = saturation(&patient, &urn(), &format!("2026-11-20T08:{n:02}:00+01:00"), n);
        rig.post("Observation", &reading).await.1["id"].as_str().unwrap().to_owned()
    };
    for sort in ["_lastUpdated", "-date", "date", "-_lastUpdated"] {
        let rig = &rig;
        let before = rig.total("Observation").await;
        let mut first = Vec::new();
        for n in 0..7 {
            first.push(add(n).await);
        }
        let mut next = Some(rig.url(&format!("Observation?_sort={sort}&_count=3")));
        let mut seen: Vec<String> = Vec::new();
        while let Some(url) = next {
            let (_, page) = read(rig.http.get(url).send().await.unwrap()).await;
            let entries = page["entry"].as_array().unwrap();
            seen.extend(entries.iter().map(|entry| entry["resource"]["id"].as_str().unwrap().to_owned()));
            let link = page["link"].as_array().unwrap().iter().find(|link| link["relation"] == "next").cloned();
            next = link.map(|link| link["url"].as_str().unwrap().to_owned());
            if seen.len() == 3 {
                add(9).await;
            }
        }
        let mut once = seen.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), seen.len(), "{sort}: nothing twice");
        assert!(first.iter().all(|id| seen.contains(id)), "{sort}: nothing skipped");
        assert!(seen.len() >= usize::try_from(before).unwrap() + 7);
    }
}

#[tokio::test]
async fn in_a_batch_each_entry_stands_for_itself_and_keeps_its_address() {
    let rig = Rig::start().await;
    let patient = rig.patient().await;
    let good = saturation(&patient, &urn(), MORNING, 94);
    let mut bad = saturation(&patient, &urn(), MORNING, 94);
    bad["status"] = json!("finalx");
    let post = |resource: &Value| {
        json!({"fullUrl": urn(), "resource": resource,
        "request": {"method": "POST", "url": "Observation"}})
    };
    let entries = json!([post(&good), post(&bad), {"request": {"method": "GET", "url": patient}},
        {"request": {"method": "GET", "url": "Patient/nobody"}}, 7,
        {"fullUrl": urn(), "request": {"method": "PATCH", "url": patient}}, {"fullUrl": urn(), "resource": good}]);
    let batch = json!({"resourceType": "Bundle", "type": "batch", "entry": entries});
    let (status, answer) = rig.post("", &batch).await;
    assert_eq!((status.as_u16(), &answer["type"]), (200, &json!("batch-response")));
    assert_eq!(
        statuses(&answer),
        [
            "201 Created",
            "422 Unprocessable Entity",
            "200 OK",
            "404 Not Found",
            "400 Bad Request",
            "400 Bad Request",
            "400 Bad Request"
        ]
    );
    for n in [0, 1, 5, 6] {
        assert_eq!(answer["entry"][n]["fullUrl"], batch["entry"][n]["fullUrl"]);
    }
    let outcome = &answer["entry"][1]["response"]["outcome"];
    assert_eq!(outcome["issue"][0]["expression"], json!(["Bundle.entry[1].resource.status"]));
    assert_eq!(answer["entry"][2]["resource"]["resourceType"], "Patient");
    assert_eq!(rig.total("Observation").await, 1);
}

#[tokio::test]
async fn a_plan_comes_with_its_goals_and_what_it_refers_to_must_exist() {
    let rig = Rig::start().await;
    let patient = rig.patient().await;
    let goal = json!({"resourceType": "Goal", "lifecycleStatus": "active", "description": {"text": "g"},
        "subject": {"reference": patient}});
    let goal = rig.post("Goal", &goal).await.1["id"].as_str().unwrap().to_owned();
    let mut plan = json!({"resourceType": "CarePlan", "status": "active", "intent": "plan",
        "subject": {"reference": patient}, "goal": [{"reference": rig.url(&format!("Goal/{goal}"))}]});
    assert_eq!(rig.post("CarePlan", &plan).await.1["goal"][0]["reference"], format!("Goal/{goal}"));
    let (_, found) = rig.get(&format!("CarePlan?patient={patient}&status=active&_include=CarePlan:goal")).await;
    let modes: Vec<&Value> = found["entry"].as_array().unwrap().iter().map(|entry| &entry["search"]["mode"]).collect();
    assert_eq!((&found["total"], modes), (&json!(1), vec![&json!("match"), &json!("include")]));
    plan["goal"][0]["reference"] = json!("Goal/none");
    let (status, outcome) = rig.post("CarePlan", &plan).await;
    assert_eq!((status.as_u16(), &outcome["issue"][0]["expression"]), (422, &json!(["CarePlan.goal[0]"])));
}

#[tokio::test]
async fn what_cannot_be_done_is_said_as_fhir_says_it() {
    let rig = Rig::start().await;
    let patient = rig.patient().await;
    for (method, path, status) in [
        (Method::GET, "Nothing/1", 404),
        (Method::GET, "Patient/none", 404),
        (Method::DELETE, "Patient", 405),
        (Method::DELETE, patient.as_str(), 405),
        (Method::GET, "", 405),
        (Method::GET, "a/b/c/d/e", 404),
    ] {
        let response = rig.request(method, path).send().await.unwrap();
        assert_eq!(response.headers().contains_key("allow"), status == 405, "{path}");
        let (found, outcome) = read(response).await;
        assert_eq!((found.as_u16(), &outcome["resourceType"]), (status, &json!("OperationOutcome")), "{path}");
    }
    let send = |kind: &'static str, accept: &'static str, body: String| {
        let request = rig.request(Method::POST, "Patient").header("content-type", kind).header("accept", accept);
        async { request.body(body).send().await.unwrap().status().as_u16() }
    };
    let fhir = "application/fhir+json";
    assert_eq!(send("application/fhir+xml", fhir, "<Patient/>".to_owned()).await, 415);
    assert_eq!(send(fhir, "application/fhir+xml", "{}".to_owned()).await, 406);
    assert_eq!(send(fhir, fhir, "{".to_owned()).await, 400);
    assert_eq!(send(fhir, fhir, r#"{"resourceType":"Device"}"#.to_owned()).await, 400);
    assert_eq!(send(fhir, fhir, r#"{"resourceType":"Subscription"}"#.to_owned()).await, 422);
    assert_eq!(send(fhir, fhir, " ".repeat(9 * 1024 * 1024)).await, 413);
    assert_eq!(rig.send(Method::PUT, "Patient/one", &json!({"resourceType": "Patient", "id": "two"})).await.0, 400);
    for host in ["attacker.example", "127.0.0.1.attacker.example", "localhost.attacker.example:80"] {
        let elsewhere = rig.request(Method::GET, "metadata").header("host", host);
        assert_eq!(elsewhere.send().await.unwrap().status(), 421, "{host}");
    }
    let head = rig.request(Method::HEAD, &patient).send().await.unwrap();
    assert_eq!((head.status().as_u16(), head.text().await.unwrap().as_str()), (200, ""));
}

#[tokio::test]
async fn the_capability_statement_names_what_can_be_done() {
    let rig = Rig::start().await;
    let (status, statement) = rig.get("metadata").await;
    assert_eq!((status.as_u16(), &statement["fhirVersion"]), (200, &json!("4.0.1")));
    for kind in statement["rest"][0]["resource"].as_array().unwrap() {
        let name = kind["type"].as_str().unwrap();
        for parameter in kind["searchParam"].as_array().unwrap() {
            let value = if parameter["type"] == "date" { "2026" } else { "x" };
            assert_eq!(rig.total(&format!("{name}?{}={value}", parameter["name"].as_str().unwrap())).await, 0);
        }
    }
}

#[tokio::test]
async fn validation_without_keeping_anything() {
    let rig = Rig::start().await;
    let patient = rig.patient().await;
    let good = saturation(&patient, &urn(), MORNING, 94);
    let wrapped = json!({"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": good}]});
    for body in [&good, &wrapped] {
        let (status, outcome) = rig.post("Observation/$validate", body).await;
        assert_eq!((status.as_u16(), &outcome["issue"][0]["severity"]), (200, &json!("information")));
    }
    let mut bad = good;
    bad["status"] = json!("finalx");
    let (status, outcome) = rig.post("Observation/$validate", &bad).await;
    assert_eq!((status.as_u16(), &outcome["issue"][0]["severity"]), (200, &json!("error")));
    assert_eq!(rig.total("Observation").await, 0);
}

#[tokio::test]
async fn a_restart_keeps_everything_and_two_services_never_share_a_file() {
    let rig = Rig::start().await;
    let (bundle, _) = bundle(&[(MORNING, 94)]);
    rig.post("", &bundle).await;
    let file = rig.folder.path().join("service.sqlite");
    assert!(matches!(open(&file).await, Err(ServiceError::InUse(path)) if path == file));
    let (_, before) = rig.get("Observation").await;
    let rig = rig.restart().await;
    let (_, after) = rig.get("Observation").await;
    assert_eq!(before["entry"][0]["resource"], after["entry"][0]["resource"]);
    let (_, answer) = rig.post("", &bundle).await;
    assert_eq!(statuses(&answer), vec!["200 OK".to_owned(); 3]);
}

#[tokio::test]
async fn only_this_machine_is_served_and_only_a_file_of_its_own() {
    let folder = tempfile::TempDir::new().unwrap();
    let database = folder.path().join("service.sqlite");
    for address in ["0.0.0.0:0", "192.0.2.1:80", "[::]:0"] {
        let options = Options::new(address.parse().unwrap(), database.clone(), Arc::new(Plain));
        assert!(matches!(Service::start(options).await, Err(ServiceError::NotLoopback(_))), "{address}");
    }
    assert!(!database.exists());
    let other = folder.path().join("other.txt");
    std::fs::write(&other, "not a database, but long enough to be taken for one by its size".repeat(20)).unwrap();
    assert!(matches!(open(&other).await, Err(ServiceError::Database { .. })));
}
