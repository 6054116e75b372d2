//! The nurse's page of the embedded service, through HTTP as a browser would use it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, unreachable_pub, reason = "tests")]

use reqwest::Method;
use serde_json::{Value, json};
use service::{
    Rig,
    browser::{field, fields, page, submit},
    saturation, transaction, uri, urn,
};

mod service;

const HOSTILE: &str = "<script>alert('x')</script>\"&";

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
    let targets = fields(&html, "target");
    let both = [("token", token), ("target", targets[0]), ("target", targets[1])];
    for _ in 0..2 {
        assert_eq!(submit(&rig, &format!("{path}/seen"), &both).await.0, 303, "posted twice, it marks once");
    }
    let (_, marks) = rig.get(&format!("Provenance?patient={patient}&_lastUpdated=ge2020-01-01")).await;
    assert_eq!(marks["total"], 1);
    let mark = &marks["entry"][0]["resource"];
    let marked: Vec<&str> =
        mark["target"].as_array().unwrap().iter().map(|target| target["reference"].as_str().unwrap()).collect();
    let unversioned = |version: &str| version.split("/_history").next().unwrap().to_owned();
    assert_eq!(marked, [unversioned(targets[0]), unversioned(targets[1]), patient.clone()]);
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
    let mark = [("token", field(&html, "token")), ("target", field(&html, "target"))];
    assert_eq!(submit(&rig, &format!("{path}/seen"), &mark).await.0, 303);
    made["status"] = json!("entered-in-error");
    assert_eq!(rig.send(Method::PUT, &format!("Observation/{id}"), &made).await.0, 200);
    let html = page(&rig, &path).await;
    assert!(html.contains("<s>Oxygen saturation <b>94 %</b></s>") && html.contains("Taken back"), "{html}");
    assert!(html.contains("Mark as seen"));
    assert_eq!(submit(&rig, &format!("{path}/seen"), &mark).await.0, 409, "not the version that was looked at");
    assert!(page(&rig, &path).await.contains("Mark as seen"));
}

#[tokio::test]
async fn a_message_reaches_the_patient_and_a_hostile_one_stays_text() {
    let rig = Rig::start().await;
    let patient = rig.patient().await;
    let path = patient.replace("Patient", "patient");
    let html = page(&rig, &path).await;
    let token = field(&html, "token").to_owned();
    let form = field(&html, "form").to_owned();
    let send = |text: &'static str| {
        let (rig, path, token, form) = (&rig, format!("{path}/message"), token.clone(), form.clone());
        async move { submit(rig, &path, &[("token", &token), ("form", &form), ("text", text)]).await }
    };
    assert_eq!(send("  \r\n ").await.0, 400);
    for _ in 0..2 {
        assert_eq!(send(HOSTILE).await.0, 303, "posted twice, it sends once");
    }
    assert_eq!(send("other words").await.0, 409, "never taken for sent");
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
    let target = format!("Observation/{}/_history/1", other["id"].as_str().unwrap());
    let fields = [("token", token.as_str()), ("target", target.as_str())];
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

fn message_code(code: &str) -> Value {
    json!([{"coding": [{"system": "https://dagsform.example/fhir/CodeSystem/message", "code": code}]}])
}

fn own(name: &str, kind: &str, value: &str) -> Value {
    json!({"url": format!("https://dagsform.example/fhir/StructureDefinition/{name}"), kind: value})
}

#[tokio::test]
async fn what_the_patient_asks_for_stands_first_until_it_is_seen_and_can_be_answered() {
    let rig = Rig::start().await;
    let patient = rig.patient().await;
    let path = patient.replace("Patient", "patient");
    let message = |code: &str, text: &str| {
        json!({"resourceType": "Communication", "identifier": uri(&urn()), "status": "completed",
            "category": message_code(code), "subject": {"reference": patient}, "sender": {"reference": patient},
            "sent": "2026-11-20T08:00:00+01:00", "payload": [{"contentString": text}]})
    };
    let mut much = message("too-much", "Det er mye nå");
    much["extension"] = json!([own("wish", "valueCode", "pause")]);
    let mut receipt = message("plan-taken", "");
    receipt.as_object_mut().unwrap().remove("payload");
    for body in [&message("please-contact-me", HOSTILE), &message("message", "Hei"), &much, &receipt] {
        let (status, made) = rig.post("Communication", body).await;
        assert_eq!(status, 201, "{made}");
    }
    let list = page(&rig, "").await;
    assert!(list.contains("Not seen: 3") && list.contains("Needs attention"), "no receipt counts: {list}");
    let html = page(&rig, &path).await;
    let first = html.split("<section").nth(1).unwrap();
    for text in ["Needs attention", "Wants to be contacted", "It is too much: wants a pause", "&lt;script&gt;"] {
        assert!(first.contains(text), "{text} in {first}");
    }
    assert!(!first.contains("Hei") && html.contains("<p>Hei</p>"));
    let token = field(&html, "token");
    for wish in ["Wants to be contacted", "wants a pause"] {
        let item = html.split("<li>").find(|item| item.contains(wish)).unwrap();
        let mark = [("token", token), ("target", field(item, "target"))];
        assert_eq!(submit(&rig, &format!("{path}/seen"), &mark).await.0, 303);
    }
    let html = page(&rig, &path).await;
    assert!(!html.contains("Needs attention") && html.contains("Wants to be contacted"), "{html}");
    assert!(page(&rig, "").await.contains("Not seen: 1"));
    let item = html.split("<li>").find(|item| item.contains("<p>Hei</p>")).unwrap();
    let question = field(item, "answers");
    let send = [("token", token), ("form", field(item, "form")), ("answers", question), ("text", "Hei!")];
    assert_eq!(submit(&rig, &format!("{path}/message"), &send).await.0, 303);
    let (_, found) = rig.get(&format!("Communication?recipient={patient}&_lastUpdated=ge2020-01-01")).await;
    let answer = &found["entry"][0]["resource"];
    assert_eq!(answer["inResponseTo"][0]["reference"], format!("Communication/{question}"));
    let other = rig.patient().await.replace("Patient", "patient");
    let stray = [("token", token), ("form", &urn()[9..]), ("answers", question), ("text", "Hei!")];
    assert_eq!(submit(&rig, &format!("{other}/message"), &stray).await.0, 404, "another patient's message");
}

#[tokio::test]
async fn a_message_that_was_withdrawn_is_shown_so() {
    let rig = Rig::start().await;
    let patient = rig.patient().await;
    let path = patient.replace("Patient", "patient");
    let body = json!({"resourceType": "Communication", "status": "entered-in-error", "subject": {"reference": patient},
        "sender": {"reference": patient}, "category": message_code("please-contact-me"),
        "payload": [{"contentString": "Ring meg"}]});
    assert_eq!(rig.post("Communication", &body).await.0, 201);
    let html = page(&rig, &path).await;
    assert!(html.contains("<s>Ring meg</s>") && html.contains("Withdrawn") && !html.contains("Needs attention"));
    assert!(!page(&rig, "").await.contains("Needs attention"));
}

#[tokio::test]
async fn a_reading_comes_with_its_zone_its_plan_and_the_one_that_it_repeats() {
    let rig = Rig::start().await;
    let (patient, other) = (rig.patient().await, rig.patient().await);
    let path = patient.replace("Patient", "patient");
    let judged = |identifier: &str, when: &str, value: u8, zone: &str| {
        let mut reading = saturation(&patient, identifier, when, value);
        reading["extension"] =
            json!([own("zone", "valueCode", zone), own("plan-version", "valueString", "CarePlan/p/_history/7")]);
        reading
    };
    let (first, second, foreign) = (urn(), urn(), urn());
    let sequel = |to: &str| {
        json!({"url": "http://hl7.org/fhir/StructureDefinition/observation-sequelTo",
            "valueReference": {"identifier": {"system": "urn:ietf:rfc:3986", "value": to}}})
    };
    let mut again = judged(&second, "2026-11-20T08:06:00+01:00", 91, "yellow");
    again["extension"].as_array_mut().unwrap().push(sequel(&first));
    let mut stray = judged(&urn(), "2026-11-20T09:00:00+01:00", 92, "green");
    stray["extension"].as_array_mut().unwrap().push(sequel(&foreign));
    for body in [
        &judged(&first, "2026-11-20T08:00:00+01:00", 86, "red"),
        &again,
        &saturation(&other, &foreign, "2026-11-20T08:00:00+01:00", 77),
        &stray,
    ] {
        assert_eq!(rig.post("Observation", body).await.0, 201);
    }
    let html = page(&rig, &path).await;
    for text in [
        "<div class=\"zone red\">Red zone</div><small>Plan version 7</small>",
        "<div class=\"zone yellow\">Yellow zone</div>",
        "Measured again after: Oxygen saturation 86 % (2026-11-20 08:00)",
        "Measured again later: Oxygen saturation 91 % (2026-11-20 08:06)",
    ] {
        assert!(html.contains(text), "{text} in {html}");
    }
    assert!(!html.contains("77 %"), "never another patient's");
}

#[tokio::test]
async fn answers_stand_under_their_questions_with_the_score_and_its_band() {
    let rig = Rig::start().await;
    let patient = rig.patient().await;
    let path = patient.replace("Patient", "patient");
    let band = |name: &str, from: f64, to: f64| {
        json!({"url": "https://dagsform.example/fhir/StructureDefinition/score-band", "extension": [
            {"url": "name", "valueString": name}, {"url": "from", "valueDecimal": from}, {"url": "to", "valueDecimal": to}]})
    };
    let list = |version: &str, question: &str| {
        json!({"resourceType": "Questionnaire", "url": "https://lists.example/a,b", "version": version,
        "status": "active", "title": "Dagens form", "extension": [band("low", 0.0, 16.0), band("high", 17.5, 40.0)],
        "item": [{"linkId": "g", "type": "group", "text": "Pusten", "item": [
            {"linkId": "1", "type": "boolean", "text": question}, {"linkId": "2", "type": "choice", "text": "Hvor mye?"}]},
            {"linkId": "3", "type": "quantity", "text": "Dose"},
            {"linkId": "s", "type": "decimal", "text": "Sum", "extension": [
            {"url": "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression",
                "valueExpression": {"language": "text/fhirpath", "expression": "1"}}]}]})
    };
    for body in [list("1", "Er du tung i pusten?"), list("2", "Something else")] {
        assert_eq!(rig.post("Questionnaire", &body).await.0, 201);
    }
    let unknown =
        json!([{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "asked-unknown"}]);
    let response = json!({"resourceType": "QuestionnaireResponse", "status": "completed", "subject": {"reference": patient},
        "questionnaire": "https://lists.example/a,b|1", "authored": "2026-11-20T08:00:00+01:00",
        "source": {"display": "Anne, datter"}, "extension": [own("plan-version", "valueString", "CarePlan/p/_history/7")],
        "item": [{"linkId": "g", "item": [{"linkId": "1", "answer": [{"valueBoolean": true}]},
            {"linkId": "2", "extension": unknown}]},
            {"linkId": "3", "answer": [{"valueQuantity": {"value": 7.50, "unit": "mg"}}]},
            {"linkId": "s", "answer": [{"valueDecimal": 17.50}]}]});
    assert_eq!(rig.post("QuestionnaireResponse", &response).await.0, 201);
    let html = page(&rig, &path).await;
    for text in [
        "<h3>Dagens form</h3>",
        "2026-11-20 08:00 · Anne, datter · Plan version 7",
        "<dt class=\"group\">Pusten</dt><dt>Er du tung i pusten?</dt><dd>Yes</dd><dt>Hvor mye?</dt><dd>Does not know</dd>",
        "<dt>Dose</dt><dd>7.5 mg</dd><dt>Score: Sum</dt><dd><b>17.5 (high)</b></dd>",
    ] {
        assert!(html.contains(text), "{text} in {html}");
    }
    let mark = [("token", field(&html, "token")), ("target", field(&html, "target"))];
    assert_eq!(submit(&rig, &format!("{path}/seen"), &mark).await.0, 303);
    assert!(page(&rig, "").await.contains("All seen"));
}

#[tokio::test]
async fn medicines_are_taken_or_not_and_the_oldest_unseen_is_not_pushed_off_the_page() {
    let rig = Rig::start().await;
    let patient = rig.patient().await;
    let path = patient.replace("Patient", "patient");
    let said = |status: &str, day: usize| {
        let body = json!({"resourceType": "MedicationStatement", "status": status, "subject": {"reference": patient},
            "medicationCodeableConcept": {"text": format!("Furosemid {day}")},
            "effectiveDateTime": "2026-11-20T08:00:00+01:00", "dateAsserted": "2026-11-20T08:10:00+01:00"});
        let rig = &rig;
        async move { assert_eq!(rig.post("MedicationStatement", &body).await.0, 201) }
    };
    said("not-taken", 0).await;
    for day in 1..=40 {
        said("completed", day).await;
    }
    let html = page(&rig, &path).await;
    assert!(!html.contains("Furosemid 1<") && html.contains("Furosemid 40<") && html.contains("Furosemid 11<"));
    let section = html.split("<h2>Medicines</h2>").nth(1).unwrap().split("</form>").next().unwrap();
    let mut mark: Vec<(&str, &str)> = fields(section, "target").into_iter().map(|target| ("target", target)).collect();
    assert_eq!(mark.len(), 30);
    mark.push(("token", field(&html, "token")));
    assert_eq!(submit(&rig, &format!("{path}/seen"), &mark).await.0, 303);
    let html = page(&rig, &path).await;
    assert!(html.contains("Furosemid 0</td><td>Not taken</td><td>2026-11-20 08:10"), "{html}");
}
