//! The nurse's page of the embedded service, through HTTP as a browser would use it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, unreachable_pub, reason = "tests")]

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use service::{Rig, saturation, transaction, urn};

mod service;

const HOSTILE: &str = "<script>alert('x')</script>\"&";

async fn page(rig: &Rig, path: &str) -> String {
    let response = rig.http.get(format!("{}{path}", rig.service.page())).send().await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    let policy = response.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    response.text().await.unwrap()
}

/// The value of the first field of this name.
fn field<'a>(html: &'a str, name: &str) -> &'a str {
    let rest = html.split_once(&format!("name=\"{name}\" value=\"")).unwrap().1;
    rest.split_once('"').unwrap().0
}

async fn submit(rig: &Rig, path: &str, fields: &[(&str, &str)]) -> (StatusCode, String) {
    let body: String = fields.iter().map(|(name, value)| format!("{name}={}&", percent(value))).collect();
    let request = rig.http.post(format!("{}{path}", rig.service.page())).body(body);
    let response = request.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap();
    let status = response.status();
    if status == StatusCode::SEE_OTHER {
        assert!(response.headers()["location"].to_str().unwrap().starts_with("/patient/"));
    }
    (status, response.text().await.unwrap())
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// A pulse oximetry of two Observations, as the tablet sends it.
async fn measure(rig: &Rig, patient: &str) {
    let saturation = saturation(patient, &urn(), "2026-11-20T08:00:00+01:00", 94);
    let mut pulse = saturation.clone();
    pulse["identifier"][0]["value"] = json!(urn());
    pulse["code"] = json!({"coding": [{"system": "http://loinc.org", "code": "8867-4", "display": "Heart rate"}]});
    pulse["valueQuantity"] = json!({"value": 71.50, "unit": "/min"});
    pulse["performer"] = json!([{"type": "RelatedPerson", "display": "A relative"}]);
    pulse["note"] = json!([{"text": HOSTILE}]);
    pulse["component"] = json!([{"valueBoolean": true, "code": {"coding": [
        {"system": "http://terminology.hl7.org/CodeSystem/ASN1ToHL7", "code": "150604.10", "display": "signal-low-perfusion"}]}}]);
    let (status, answer) = rig.post("", &transaction(&[(urn(), saturation), (urn(), pulse)])).await;
    assert_eq!(status, 200, "{answer}");
}

#[tokio::test]
async fn a_reading_is_seen_once_it_is_marked_and_the_mark_is_in_fhir() {
    let rig = Rig::start().await;
    let patient = rig.patient().await;
    measure(&rig, &patient).await;
    let list = page(&rig, "").await;
    assert!(list.contains("Kari Testesen") && list.contains("Not seen: 2"), "{list}");
    let path = patient.replace("Patient", "patient");
    let html = page(&rig, &path).await;
    for text in [
        "2026-11-20 08:00",
        "Oxygen saturation <b>94 %</b>",
        "Pulse <b>71.5 /min</b>",
        "By hand",
        "Little blood flow in the finger",
        "&lt;script&gt;alert",
    ] {
        assert!(html.contains(text), "{text} in {html}");
    }
    assert_eq!(html.matches("<tr>").count(), 2, "one line for one measurement");
    let token = field(&html, "token");
    let ids: Vec<&str> =
        html.split("name=\"observation\" value=\"").skip(1).map(|s| s.split_once('"').unwrap().0).collect();
    let fields = [("token", token), ("observation", ids[0]), ("observation", ids[1])];
    assert_eq!(submit(&rig, &format!("{path}/seen"), &fields).await.0, 303);
    let (_, marks) = rig.get(&format!("Provenance?target=Observation/{}", ids[1])).await;
    let mark = &marks["entry"][0]["resource"];
    assert_eq!(mark["target"].as_array().unwrap().len(), 2);
    assert_eq!(mark["activity"]["coding"][0]["code"], "access");
    let who = mark["agent"][0]["who"]["reference"].as_str().unwrap();
    assert_eq!(rig.get(who).await.1["name"], "The follow-up service");
    let html = page(&rig, &path).await;
    assert!(!html.contains("Mark as seen") && html.contains("<br>The follow-up service"), "{html}");
    assert!(page(&rig, "").await.contains("All seen"));
}

#[tokio::test]
async fn what_is_taken_back_is_struck_through_and_is_to_be_seen_again() {
    let rig = Rig::start().await;
    let patient = rig.patient().await;
    let path = patient.replace("Patient", "patient");
    let reading = saturation(&patient, &urn(), "2026-11-20T08:00:00+01:00", 94);
    let (_, mut made) = rig.post("Observation", &reading).await;
    let id = made["id"].as_str().unwrap().to_owned();
    let html = page(&rig, &path).await;
    let fields = [("token", field(&html, "token")), ("observation", id.as_str())];
    submit(&rig, &format!("{path}/seen"), &fields).await;
    made["status"] = json!("entered-in-error");
    assert_eq!(rig.send(Method::PUT, &format!("Observation/{id}"), &made).await.0, 200);
    let html = page(&rig, &path).await;
    assert!(html.contains("<s>Oxygen saturation <b>94 %</b></s>") && html.contains("Taken back"), "{html}");
    assert!(html.contains("Mark as seen"));
}

#[tokio::test]
async fn a_message_reaches_the_patient_and_a_hostile_one_stays_text() {
    let rig = Rig::start().await;
    let patient = rig.patient().await;
    let path = patient.replace("Patient", "patient");
    let html = page(&rig, &path).await;
    let token = field(&html, "token").to_owned();
    let send = |text: &'static str| {
        let (rig, path, token) = (&rig, format!("{path}/message"), token.clone());
        async move { submit(rig, &path, &[("token", &token), ("text", text)]).await }
    };
    assert_eq!(send(HOSTILE).await.0, 303);
    assert_eq!(send("  \r\n ").await.0, 400);
    let (_, found) = rig.get(&format!("Communication?recipient={patient}")).await;
    assert_eq!(found["total"], 1);
    let message = &found["entry"][0]["resource"];
    assert_eq!(message["payload"][0]["contentString"], HOSTILE);
    assert_eq!((&message["status"], &message["subject"]["reference"]), (&json!("completed"), &json!(patient)));
    assert!(message["sender"]["reference"].as_str().unwrap().starts_with("Organization/"));
    let html = page(&rig, &path).await;
    assert!(!html.contains("<script") && html.contains("&lt;script&gt;alert(&#39;x&#39;)"), "{html}");
}

#[tokio::test]
async fn a_limit_is_a_version_of_the_order_and_never_overwrites_what_was_not_read() {
    let rig = Rig::start().await;
    let patient = rig.patient().await;
    let path = patient.replace("Patient", "patient");
    let html = page(&rig, &path).await;
    let token = field(&html, "token").to_owned();
    let set = |measurement: &'static str, version: &'static str, numbers: [&'static str; 4]| {
        let (rig, path, token) = (&rig, format!("{path}/limit"), token.clone());
        async move {
            let fields = [
                ("token", token.as_str()),
                ("measurement", measurement),
                ("version", version),
                ("red-low", numbers[0]),
                ("yellow-low", numbers[1]),
                ("yellow-high", numbers[2]),
                ("red-high", numbers[3]),
            ];
            submit(rig, &path, &fields).await.0.as_u16()
        }
    };
    assert_eq!(set("systolic", "0", ["90", "100,50", "", "180"]).await, 303);
    assert_eq!(set("diastolic", "1", ["", "", "90", ""]).await, 303);
    assert_eq!(set("systolic", "1", ["", "", "", ""]).await, 409);
    assert_eq!(set("systolic", "2", ["100", "90", "", ""]).await, 400);
    assert_eq!(set("systolic", "2", ["<b>", "", "", ""]).await, 400);
    assert_eq!(set("mood", "0", ["", "", "", ""]).await, 404);
    let (_, found) = rig.get(&format!("ServiceRequest?patient={patient}&status=active&code=85354-9")).await;
    let order = &found["entry"][0]["resource"];
    assert_eq!(
        (&found["total"], &order["meta"]["versionId"], &order["intent"]),
        (&json!(1), &json!("2"), &json!("order"))
    );
    let ranges: Vec<String> = order["extension"].as_array().unwrap().iter().map(range).collect();
    assert_eq!(ranges, ["8480-6 yellow 100.5..", "8480-6 red 90..180", "8462-4 yellow ..90"]);
    assert!(page(&rig, &path).await.contains("name=\"yellow-low\" value=\"100.50\""));
}

fn range(extension: &Value) -> String {
    let part = |url: &str| {
        let parts = extension["extension"].as_array().unwrap();
        parts.iter().find(|part| part["url"] == url).cloned().unwrap_or_default()
    };
    let bound = |url: &str| match &part(url)["valueQuantity"]["value"] {
        Value::Null => String::new(),
        number => number.to_string(),
    };
    let component = part("component")["valueCodeableConcept"]["coding"][0]["code"].clone();
    let kind = part("type")["valueCode"].clone();
    format!("{} {} {}..{}", component.as_str().unwrap(), kind.as_str().unwrap(), bound("low"), bound("high"))
}

#[tokio::test]
async fn a_form_of_another_site_or_of_an_earlier_start_changes_nothing() {
    let rig = Rig::start().await;
    let patient = rig.patient().await;
    let path = patient.replace("Patient", "patient");
    let token = field(&page(&rig, &path).await, "token").to_owned();
    let rig = rig.restart().await;
    for fields in
        [vec![("text", "hello")], vec![("token", ""), ("text", "hello")], vec![("token", &token), ("text", "hello")]]
    {
        assert_eq!(submit(&rig, &format!("{path}/message"), &fields).await.0, 403);
    }
    assert_eq!(rig.total("Communication").await, 0);
    let token = field(&page(&rig, &path).await, "token").to_owned();
    let other = saturation(&rig.patient().await, &urn(), "2026-11-20T08:00:00Z", 94);
    let (_, other) = rig.post("Observation", &other).await;
    let fields = [("token", token.as_str()), ("observation", other["id"].as_str().unwrap())];
    assert_eq!(submit(&rig, &format!("{path}/seen"), &fields).await.0, 404, "another patient's");
    assert_eq!(rig.total("Provenance").await, 0);
}

#[tokio::test]
async fn the_page_shows_a_hundred_and_leads_to_the_older_ones() {
    let rig = Rig::start().await;
    let patient = rig.patient().await;
    let path = patient.replace("Patient", "patient");
    let readings: Vec<(String, Value)> = (0..150u8)
        .map(|n| (urn(), saturation(&patient, &urn(), &format!("2026-11-20T{:02}:{:02}:00Z", n / 60, n % 60), n)))
        .collect();
    rig.post("", &transaction(&readings)).await;
    let html = page(&rig, &path).await;
    assert!(html.contains("<b>149 %</b>") && !html.contains("<b>49 %</b>"));
    let link = html.split_once(&format!("href=\"/{path}?after=")).unwrap().1.split_once('"').unwrap().0;
    let older = page(&rig, &format!("{path}?after={link}")).await;
    assert!(older.contains("<b>49 %</b>") && !older.contains("<b>50 %</b>") && !older.contains("?after="));
    for broken in ["x", "1.2.3", "9999999999999999999999.1"] {
        let url = format!("{}{path}?after={broken}", rig.service.page());
        assert_eq!(rig.http.get(url).send().await.unwrap().status(), 400, "{broken}");
    }
    for nothing in ["nobody", "patient/none", "patient/%3Cscript%3E"] {
        let response = rig.http.get(format!("{}{nothing}", rig.service.page())).send().await.unwrap();
        assert_eq!(response.status(), 404, "{nothing}");
    }
}
