//! A patient's plan at the embedded service: loaded by a transaction, found by a tablet, changed on the page.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, unreachable_pub, reason = "tests")]

use std::cell::Cell;

use chrono::{NaiveDate, Utc};
use dagsform_care::time::ZONE;
use proptest::{prelude::*, sample::Index, test_runner::TestRunner};
use reqwest::Method;
use serde_json::{Value, json};
use service::{
    Rig,
    browser::{field, form, page, submit},
    read, saturation, statuses, uri, urn,
};
use tokio::runtime::Runtime;

mod service;

const OWN: &str = "https://dagsform.example/fhir/StructureDefinition";
const CODES: &str = "https://dagsform.example/fhir/CodeSystem";

fn own(name: &str, kind: &str, value: &Value) -> Value {
    json!({"url": format!("{OWN}/{name}"), kind: value})
}

fn coded(system: &str, code: &str) -> Value {
    json!({"coding": [{"system": format!("{CODES}/{system}"), "code": code}]})
}

fn kilograms(value: u8) -> Value {
    json!({"value": value, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"})
}

fn put(resource: Value) -> Value {
    let url = format!("{}/{}", resource["resourceType"].as_str().unwrap(), resource["id"].as_str().unwrap());
    json!({"fullUrl": urn(), "resource": resource, "request": {"method": "PUT", "url": url}})
}

fn zone(name: &str, colour: &str, order: u8) -> Value {
    let detail = |part: &str, text: &str| json!({"detail": {"status": "not-started", "code": coded("zone-part", part), "description": text}});
    let mut call = detail("call", "Når det varer i to dager");
    call["detail"]["performer"] = json!([{"display": "Fastlegen"}]);
    call["detail"]["extension"] = json!([own("phone", "valueString", &json!("22 00 00 00"))]);
    json!({"resourceType": "CarePlan", "id": format!("p-zone-{colour}"), "status": "active", "intent": "plan",
        "title": name, "subject": {"reference": "Patient/p"}, "partOf": [{"reference": "CarePlan/p-plan"}],
        "extension": [own("order", "valuePositiveInt", &json!(order))],
        "contained": [{"resourceType": "Condition", "id": "condition", "severity": coded("zone", colour),
            "subject": {"reference": "Patient/p"}}],
        "addresses": [{"reference": "#condition"}],
        "activity": [detail("notice", &format!("Merker {colour}")), call]})
}

/// A whole plan: every kind of part, references between the entries by their addresses and by their ids.
fn plan() -> Value {
    let patient = json!({"reference": "Patient/p"});
    let mut weight = put(json!({"resourceType": "ServiceRequest", "id": "p-weight", "status": "active",
        "intent": "order", "category": [coded("task", "measurement")], "subject": patient,
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "patientInstruction": "Før frokost",
        "occurrenceTiming": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "when": ["MORN"]}},
        "extension": [{"url": format!("{OWN}/change-limit"), "extension": [
            {"url": "type", "valueCode": "yellow"}, {"url": "direction", "valueCode": "up"},
            {"url": "by", "valueQuantity": kilograms(2)},
            {"url": "within", "valueDuration": {"value": 3, "unit": "d", "system": "http://unitsofmeasure.org", "code": "d"}}]},
            own("measure-again", "valueBoolean", &json!(true))]}));
    let address = urn();
    weight["fullUrl"] = json!(address);
    let team = json!({"resourceType": "CareTeam", "id": "p-team", "status": "active", "subject": patient,
        "contained": [{"resourceType": "PractitionerRole", "id": "service", "active": true,
            "telecom": [{"system": "phone", "value": "22 00 00 01"}],
            "availableTime": [{"daysOfWeek": ["mon"], "availableStartTime": "08:00:00", "availableEndTime": "15:30:00"}],
            "notAvailable": [{"description": "Juleferie", "during": {"start": "2026-12-24", "end": "2026-12-26"}}]}],
        "participant": [{"role": [coded("contact", "follow-up-service")], "member": {"reference": "#service"}}]});
    let entries = json!([
        put(json!({"resourceType": "CarePlan", "id": "p-plan", "language": "nb", "status": "active", "intent": "plan",
            "title": "Plan for Kari", "subject": patient, "period": {"start": "2026-11-01"},
            "careTeam": [{"reference": "CareTeam/p-team"}], "goal": [{"reference": "Goal/p-goal"}],
            "activity": [{"reference": {"reference": address}},
                {"reference": {"reference": "MedicationRequest/p-medicine"}},
                {"reference": {"reference": "Appointment/p-review"}}],
            "extension": [{"url": format!("{OWN}/calm"), "extension": [{"url": "hide-numbers", "valueBoolean": true}]}]})),
        put(zone("Når det er ille", "red", 3)),
        put(zone("Som vanlig", "green", 1)),
        put(zone("Gul sone", "yellow", 2)),
        put(json!({"resourceType": "Goal", "id": "p-goal", "lifecycleStatus": "active", "subject": patient,
            "description": {"text": "Gå tur med hunden"}, "expressedBy": patient, "startDate": "2026-11-01"})),
        put(team),
        weight,
        put(json!({"resourceType": "MedicationRequest", "id": "p-medicine", "status": "active", "intent": "order",
            "subject": patient, "medicationCodeableConcept": {"text": "Furosemid 40 mg"},
            "dosageInstruction": [{"text": "1 tablett", "timing": {"repeat": {"timeOfDay": ["08:00:00"]}}}]})),
        put(json!({"resourceType": "Appointment", "id": "p-review", "status": "booked", "description": "Samtale",
            "start": "2026-12-01T10:00:00+01:00", "end": "2026-12-01T10:30:00+01:00",
            "participant": [{"actor": patient, "status": "accepted"}]})),
        put(json!({"resourceType": "Questionnaire", "id": "form", "status": "active", "version": "1.0",
            "url": "https://dagsform.example/fhir/Questionnaire/form", "title": "Slik er formen",
            "item": [{"linkId": "1", "type": "boolean", "text": "Er formen dårligere enn vanlig?"}]})),
    ]);
    json!({"resourceType": "Bundle", "type": "transaction", "entry": entries})
}

/// A service with patient `p`, and the plan if it is wanted.
async fn rig(with_plan: bool) -> Rig {
    let rig = Rig::start().await;
    let person = json!({"resourceType": "Patient", "id": "p", "name": [{"text": "Kari Testesen"}]});
    assert_eq!(rig.send(Method::PUT, "Patient/p", &person).await.0, 201);
    if with_plan {
        let (status, answer) = rig.post("", &plan()).await;
        assert_eq!((status.as_u16(), statuses(&answer)), (200, vec!["201 Created".to_owned(); 10]), "{answer}");
    }
    rig
}

/// The version of the plan that a tablet sees.
async fn version(rig: &Rig) -> u32 {
    let (status, plan) = rig.get("CarePlan/p-plan").await;
    assert_eq!(status, 200);
    plan["meta"]["versionId"].as_str().unwrap().parse().unwrap()
}

/// Posts one of the page's forms as it stands there, with these fields filled in.
async fn fill(rig: &Rig, html: &str, action: &str, holds: &str, filled: &[(&str, &str)]) -> u16 {
    let form = form(html, action, holds);
    let mut fields = filled.to_vec();
    for hidden in form.split("<input type=\"hidden\" name=\"").skip(1) {
        let (name, rest) = hidden.split_once("\" value=\"").unwrap();
        fields.push((name, rest.split_once('"').unwrap().0));
    }
    submit(rig, &format!("patient/p/{action}"), &fields).await.0.as_u16()
}

const NO_LIMITS: [(&str, &str); 4] = [("red-low", ""), ("yellow-low", ""), ("yellow-high", ""), ("red-high", "")];

#[tokio::test]
async fn a_plan_is_loaded_whole_and_a_tablet_finds_every_part_of_it() {
    let rig = rig(true).await;
    for (search, expected) in [
        ("CarePlan?patient=Patient/p", 4),
        ("CarePlan?part-of=CarePlan/p-plan", 3),
        ("ServiceRequest?patient=Patient/p", 1),
        ("Goal?patient=Patient/p", 1),
        ("CareTeam?patient=Patient/p", 1),
        ("MedicationRequest?patient=Patient/p", 1),
        ("Appointment?patient=Patient/p", 1),
        ("Questionnaire?url=https://dagsform.example/fhir/Questionnaire/form&version=1.0", 1),
        ("Questionnaire?url=https://dagsform.example/fhir/Questionnaire/form&version=2.0", 0),
        ("ServiceRequest?patient=Patient/p&_lastUpdated=ge2020-01-01", 1),
    ] {
        assert_eq!(rig.total(search).await, expected, "{search}");
    }
    let (_, parent) = rig.get("CarePlan/p-plan").await;
    assert_eq!(parent["activity"][0]["reference"]["reference"], "ServiceRequest/p-weight", "the address is resolved");
    let (_, team) = rig.get("CareTeam/p-team").await;
    assert_eq!(team["contained"][0]["notAvailable"][0]["during"]["end"], "2026-12-26");
    let cached = rig.request(Method::GET, "CarePlan/p-plan").header("if-none-match", "W/\"1\"").send().await.unwrap();
    assert_eq!(cached.status(), 304);
    let (_, again) = rig.post("", &plan()).await;
    assert_eq!(statuses(&again), vec!["200 OK".to_owned(); 10], "a second time it makes versions, no copies");
    assert_eq!((version(&rig).await, rig.total("CarePlan").await), (2, 4));
    assert_eq!(rig.get("CarePlan/p-plan/_history/1").await.1["meta"]["versionId"], "1");
}

#[tokio::test]
async fn a_plan_with_one_bad_part_leaves_nothing_behind() {
    let rig = rig(false).await;
    let mut bundle = plan();
    bundle["entry"][6]["resource"]["subject"]["reference"] = json!("Patient/nobody");
    let (status, outcome) = rig.post("", &bundle).await;
    assert_eq!(status, 422);
    assert_eq!(outcome["issue"][0]["expression"], json!(["Bundle.entry[6].resource.subject"]));
    assert_eq!((rig.total("CarePlan").await, rig.total("ServiceRequest").await), (0, 0));
}

#[tokio::test]
async fn messages_are_fetched_page_by_page_from_a_time_on() {
    let rig = rig(false).await;
    for n in 0..5 {
        let html = page(&rig, "patient/p").await;
        let text = format!("melding {n}");
        assert_eq!(fill(&rig, &html, "message", "textarea", &[("text", &text)]).await, 303);
    }
    let search = "Communication?recipient=Patient/p&_lastUpdated=ge2020-01-01&_sort=_lastUpdated&_count=2";
    let mut next = Some(rig.url(search));
    let mut texts = Vec::new();
    while let Some(url) = next {
        let (_, found) = read(rig.http.get(url).send().await.unwrap()).await;
        let entries = found["entry"].as_array().unwrap().iter();
        texts.extend(entries.map(|one| one["resource"]["payload"][0]["contentString"].as_str().unwrap().to_owned()));
        let link = found["link"].as_array().unwrap().iter().find(|link| link["relation"] == "next").cloned();
        next = link.map(|link| link["url"].as_str().unwrap().to_owned());
    }
    assert_eq!(texts, ["melding 0", "melding 1", "melding 2", "melding 3", "melding 4"]);
    assert_eq!(rig.total("Communication?recipient=Patient/p&_lastUpdated=ge2126-01-01").await, 0);
}

#[tokio::test]
async fn the_page_shows_the_plan_in_its_own_words() {
    let rig = rig(true).await;
    let html = page(&rig, "patient/p").await;
    for text in [
        "Plan version 1",
        "Plan for Kari",
        "Gå tur med hunden",
        "<h3>Som vanlig <small>Green zone</small></h3>",
        "Merker red",
        "Når det varer i to dager · Fastlegen · 22 00 00 00",
        "The tablet has not taken the plan yet.",
        "Før frokost",
    ] {
        assert!(html.contains(text), "{text} in {html}");
    }
    let places = ["Som vanlig", "Gul sone", "Når det er ille"].map(|name| html.find(name).unwrap());
    assert!(places.is_sorted(), "by their order");
}

#[tokio::test]
async fn the_page_tells_which_version_the_tablet_uses_and_why_it_refused_one() {
    let rig = rig(true).await;
    let say = |code: &'static str, about: &'static str, text: &'static str| {
        let body = json!({"resourceType": "Communication", "status": "completed", "subject": {"reference": "Patient/p"},
            "sender": {"reference": "Patient/p"}, "category": [coded("message", code)],
            "about": [{"reference": about}], "sent": "2026-11-20T08:00:00+01:00", "payload": [{"contentString": text}]});
        let rig = &rig;
        async move { assert_eq!(rig.post("Communication", &body).await.0, 201) }
    };
    say("plan-taken", "CarePlan/p-plan/_history/1", "-").await;
    let html = page(&rig, "patient/p").await;
    assert!(html.contains("The tablet has used this version since 2026-11-20 08:00."), "{html}");
    assert_eq!(fill(&rig, &html, "pause", "first", &[("first", "2026-12-01"), ("last", "2026-12-02")]).await, 303);
    let html = page(&rig, "patient/p").await;
    assert!(html.contains("The tablet does not use this version yet. It uses: Plan version 1."), "{html}");
    say("plan-refused", "CarePlan/p-plan/_history/2", "ServiceRequest/p-weight: code").await;
    let html = page(&rig, "patient/p").await;
    assert!(
        html.contains("The tablet could not use this version, 2026-11-20 08:00:</b> ServiceRequest/p-weight: code")
    );
    assert!(html.contains("Needs attention"));
}

#[tokio::test]
async fn a_changed_limit_comes_with_a_new_version_of_the_plan() {
    let rig = rig(true).await;
    let html = page(&rig, "patient/p").await;
    let shown = form(&html, "limit", "Weight");
    assert!(shown.contains("name=\"change-by\" value=\"2\"") && shown.contains("name=\"change-days\" value=\"3\""));
    let set = async |html: &str, by: &str, days: &str| {
        let mut fields = NO_LIMITS.to_vec();
        fields[3].1 = "95,5";
        fields.extend([("change-zone", "red"), ("change-direction", "up"), ("change-by", by), ("change-days", days)]);
        fields.extend([("change-zone", "red"), ("change-direction", "up"), ("change-by", ""), ("change-days", "")]);
        fill(&rig, html, "limit", "Weight", &fields).await
    };
    for (by, days) in [("0", "3"), ("-1", "3"), ("2", "0"), ("2", "367"), ("2", ""), ("2", "soon"), ("much", "3")] {
        assert_eq!(set(&html, by, days).await, 400, "{by} {days}");
    }
    assert_eq!(version(&rig).await, 1);
    assert_eq!(set(&html, "2,5", "7").await, 303);
    assert_eq!(set(&html, "9", "7").await, 409, "the form is overtaken");
    assert_eq!(version(&rig).await, 2);
    let (_, order) = rig.get("ServiceRequest/p-weight").await;
    assert_eq!(
        (&order["meta"]["versionId"], &order["occurrenceTiming"]["repeat"]["when"][0]),
        (&json!("2"), &json!("MORN"))
    );
    let extensions = order["extension"].as_array().unwrap();
    let urls: Vec<&str> =
        extensions.iter().map(|one| one["url"].as_str().unwrap().rsplit('/').next().unwrap()).collect();
    assert_eq!(urls, ["measure-again", "reference-range", "change-limit"]);
    let part = |name: &str| {
        let parts = extensions[2]["extension"].as_array().unwrap();
        parts.iter().find(|part| part["url"] == name).unwrap().clone()
    };
    assert_eq!(
        (part("type")["valueCode"].clone(), part("direction")["valueCode"].clone()),
        (json!("red"), json!("up"))
    );
    assert_eq!(part("by")["valueQuantity"]["value"], json!(2.5));
    assert_eq!(
        (part("within")["valueDuration"]["value"].clone(), part("within")["valueDuration"]["code"].clone()),
        (json!(7), json!("d"))
    );
    assert_eq!(set(&page(&rig, "patient/p").await, "", "").await, 303);
    let (_, order) = rig.get("ServiceRequest/p-weight").await;
    assert_eq!(order["extension"].as_array().unwrap().len(), 2, "an emptied line is a limit taken away");
}

#[tokio::test]
async fn the_first_limit_begins_a_plan_that_points_to_its_order() {
    let rig = rig(false).await;
    let html = page(&rig, "patient/p").await;
    assert!(html.contains("The patient has no plan yet."));
    let mut limits = NO_LIMITS.to_vec();
    limits[0].1 = "88";
    assert_eq!(fill(&rig, &html, "limit", "Oxygen", &limits).await, 303);
    assert_eq!(fill(&rig, &html, "limit", "Oxygen", &limits).await, 409, "posted twice, it makes one order");
    assert_eq!(fill(&rig, &html, "limit", "Temperature", &limits).await, 303);
    let (_, found) = rig.get("CarePlan?patient=Patient/p").await;
    assert_eq!(found["total"], 1);
    let plan = &found["entry"][0]["resource"];
    assert_eq!(
        (&plan["status"], &plan["intent"], &plan["meta"]["versionId"]),
        (&json!("active"), &json!("plan"), &json!("2"))
    );
    let (_, orders) = rig.get("ServiceRequest?patient=Patient/p").await;
    let orders: Vec<String> = orders["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| format!("ServiceRequest/{}", one["resource"]["id"].as_str().unwrap()))
        .collect();
    let pointed: Vec<&str> = plan["activity"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["reference"]["reference"].as_str().unwrap())
        .collect();
    assert_eq!(pointed, orders);
}

#[tokio::test]
async fn a_list_is_sent_withdrawn_and_neither_twice() {
    let rig = rig(true).await;
    let today = Utc::now().with_timezone(&ZONE).date_naive().to_string();
    let list = "https://dagsform.example/fhir/Questionnaire/form|1.0";
    for (turn, when) in (1..).zip(["today", "every-day", "always"]) {
        let html = page(&rig, "patient/p").await;
        let fields = [("questionnaire", list), ("when", when)];
        assert_eq!(fill(&rig, &html, "list", "questionnaire", &fields).await, 303);
        assert_eq!(fill(&rig, &html, "list", "questionnaire", &fields).await, 409);
        assert_eq!(version(&rig).await, 1 + turn);
    }
    let (_, found) = rig.get(&format!("ServiceRequest?patient=Patient/p&category={CODES}/task|questions")).await;
    let orders: Vec<&Value> = found["entry"].as_array().unwrap().iter().map(|entry| &entry["resource"]).collect();
    assert_eq!(orders.len(), 3);
    assert_eq!(
        (&orders[0]["code"]["text"], &orders[0]["instantiatesCanonical"]),
        (&json!("Slik er formen"), &json!([list]))
    );
    let daily =
        |bounds: Value| json!({"repeat": {"boundsPeriod": bounds, "frequency": 1, "period": 1, "periodUnit": "d"}});
    assert_eq!(orders[0]["occurrenceTiming"], daily(json!({"start": today, "end": today})));
    assert_eq!(orders[1]["occurrenceTiming"], daily(json!({"start": today})));
    assert_eq!((&orders[2]["occurrenceTiming"], &orders[2]["asNeededBoolean"]), (&Value::Null, &json!(true)));
    let (_, plan) = rig.get("CarePlan/p-plan").await;
    let last = &plan["activity"].as_array().unwrap().last().unwrap()["reference"]["reference"];
    let place = format!("ServiceRequest/{}", orders[2]["id"].as_str().unwrap());
    assert_eq!(last, &json!(place));
    let html = page(&rig, "patient/p").await;
    assert!(html.contains(&format!("once, on {today}")), "{html}");
    assert_eq!(fill(&rig, &html, "withdraw", "whenever", &[]).await, 303);
    assert_eq!(fill(&rig, &html, "withdraw", "whenever", &[]).await, 409);
    assert_eq!(rig.get(&place).await.1["status"], "revoked");
    let (_, plan) = rig.get("CarePlan/p-plan").await;
    assert!(!plan["activity"].to_string().contains(&place));
    let html = page(&rig, "patient/p").await;
    let unknown = [("questionnaire", "https://elsewhere.example|1"), ("when", "today")];
    assert_eq!(fill(&rig, &html, "list", "questionnaire", &unknown).await, 404);
    assert_eq!(version(&rig).await, 5);
}

#[tokio::test]
async fn a_pause_is_agreed_and_taken_back() {
    let rig = rig(true).await;
    let html = page(&rig, "patient/p").await;
    let pause = async |html: &str, first: &str, last: &str| {
        fill(&rig, html, "pause", "first", &[("first", first), ("last", last)]).await
    };
    assert_eq!(pause(&html, "2026-12-24", "2026-12-23").await, 400);
    assert_eq!(pause(&html, "soon", "2026-12-23").await, 400);
    assert_eq!(pause(&html, "2026-12-24", "2027-01-02").await, 303);
    assert_eq!(pause(&html, "2026-12-24", "2027-01-02").await, 409);
    let (_, plan) = rig.get("CarePlan/p-plan").await;
    let pauses = |plan: &Value| {
        let all = plan["extension"].as_array().unwrap().iter().filter(|one| one["url"] == format!("{OWN}/pause"));
        all.map(|one| one["valuePeriod"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(pauses(&plan), [json!({"start": "2026-12-24", "end": "2027-01-02"})]);
    let html = page(&rig, "patient/p").await;
    assert!(html.contains("From 2026-12-24 to 2027-01-02, both days included"));
    assert_eq!(fill(&rig, &html, "unpause", "2026-12-24", &[]).await, 303);
    let (_, plan) = rig.get("CarePlan/p-plan").await;
    assert_eq!((pauses(&plan).len(), &plan["meta"]["versionId"]), (0, &json!("3")));
}

#[tokio::test]
async fn the_follow_up_ends_only_when_it_is_meant_and_then_nothing_of_it_changes() {
    let rig = rig(true).await;
    let html = page(&rig, "patient/p").await;
    assert_eq!(fill(&rig, &html, "end", "sure", &[]).await, 400);
    let before = Utc::now().with_timezone(&ZONE).date_naive();
    assert_eq!(fill(&rig, &html, "end", "sure", &[("sure", "yes")]).await, 303);
    let (_, plan) = rig.get("CarePlan/p-plan").await;
    let end: NaiveDate = plan["period"]["end"].as_str().unwrap().parse().unwrap();
    assert!(end >= before && end <= Utc::now().with_timezone(&ZONE).date_naive());
    assert_eq!((&plan["status"], &plan["period"]["start"]), (&json!("completed"), &json!("2026-11-01")));
    for (action, holds, fields) in [
        ("end", "sure", vec![("sure", "yes")]),
        ("pause", "first", vec![("first", "2026-12-01"), ("last", "2026-12-02")]),
        ("limit", "Weight", NO_LIMITS.to_vec()),
        (
            "list",
            "questionnaire",
            vec![("questionnaire", "https://dagsform.example/fhir/Questionnaire/form|1.0"), ("when", "today")],
        ),
    ] {
        assert_eq!(fill(&rig, &html, action, holds, &fields).await, 409, "{action}");
    }
    assert_eq!(version(&rig).await, 2);
    let html = page(&rig, "patient/p").await;
    assert!(html.contains(&format!("The follow-up has ended {end}")) && !html.contains("/limit\""), "{html}");
    assert_eq!(fill(&rig, &html, "message", "textarea", &[("text", "Takk for nå")]).await, 303, "words still reach");
    assert!(field(&html, "form").len() == 36);
}

/// What a tablet sends beside the plan.
fn sent() -> Vec<Value> {
    let (patient, first) = (json!({"reference": "Patient/p"}), urn());
    let message = |code: &str| {
        json!({"resourceType": "Communication", "id": format!("c-{code}"), "status": "completed", "subject": patient,
            "sender": patient, "category": [coded("message", code)], "sent": "2026-11-20T08:00:00Z",
            "about": [{"reference": "CarePlan/p-plan/_history/1"}], "payload": [{"contentString": "x"}],
            "extension": [own("wish", "valueCode", &json!("pause"))]})
    };
    let mut reading = saturation("Patient/p", &first, "2026-11-20T08:00:00Z", 90);
    reading["id"] = json!("o-1");
    let mut again = saturation("Patient/p", &urn(), "2026-11-20T08:06:00Z", 91);
    again["id"] = json!("o-2");
    again["extension"] = json!([own("zone", "valueCode", &json!("red")),
        own("plan-version", "valueString", &json!("CarePlan/p-plan/_history/1")),
        {"url": "http://hl7.org/fhir/StructureDefinition/observation-sequelTo",
            "valueReference": {"identifier": uri(&first)[0]}}]);
    let answers = json!({"resourceType": "QuestionnaireResponse", "id": "q-1", "status": "completed", "subject": patient,
        "questionnaire": "https://dagsform.example/fhir/Questionnaire/form|1.0", "source": patient,
        "authored": "2026-11-20T08:00:00Z", "item": [{"linkId": "1", "answer": [{"valueBoolean": true}]},
        {"linkId": "2", "answer": [{"valueQuantity": {"value": 1, "unit": "mg"}}, {"valueCoding": {"code": "a"}}]}]});
    let medicine = json!({"resourceType": "MedicationStatement", "id": "m-1", "status": "completed", "subject": patient,
        "medicationCodeableConcept": {"text": "Furosemid"}, "effectiveDateTime": "2026-11-20", "dateAsserted": "2026-11-20"});
    vec![message("plan-taken"), message("plan-refused"), message("too-much"), reading, again, answers, medicine]
}

fn places(value: &Value, here: String, all: &mut Vec<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, v)| places(v, format!("{here}/{name}"), all)),
        Value::Array(items) => items.iter().enumerate().for_each(|(at, v)| places(v, format!("{here}/{at}"), all)),
        _ => {}
    }
    all.push(here);
}

#[test]
fn whatever_is_kept_the_page_is_still_shown() {
    let runtime = Runtime::new().unwrap();
    let rig = runtime.block_on(rig(true));
    let sound: Vec<Value> = plan()["entry"].as_array().unwrap().iter().map(|entry| entry["resource"].clone()).collect();
    // References to addresses of the bundle lead nowhere outside it.
    let sound: Vec<Value> = sound
        .into_iter()
        .filter(|one| one["id"] != "p-plan")
        .chain(sent())
        .chain([runtime.block_on(rig.get("CarePlan/p-plan")).1])
        .collect();
    let other = prop_oneof![
        Just(json!([])),
        Just(json!({"a": 1})),
        Just(json!([{"a": "b"}])),
        any::<i32>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        "[|,\\\\/ a-c0-9:-]{1,9}".prop_map(Value::from),
        "\\PC{1,9}".prop_map(Value::from),
    ];
    let kept = Cell::new(0);
    TestRunner::new(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })
        .run(&(any::<Index>(), any::<Index>(), other), |(which, place, other)| {
            let mut resource = sound[which.index(sound.len())].clone();
            let url = format!("{}/{}", resource["resourceType"].as_str().unwrap(), resource["id"].as_str().unwrap());
            let mut all = Vec::new();
            places(&resource, String::new(), &mut all);
            *resource.pointer_mut(&all[place.index(all.len())]).unwrap() = other;
            let (status, _) = runtime.block_on(rig.send(Method::PUT, &url, &resource));
            prop_assert!(status.is_success() || status.is_client_error(), "{status} {url}");
            kept.set(kept.get() + usize::from(status.is_success()));
            runtime.block_on(page(&rig, "patient/p"));
            runtime.block_on(page(&rig, ""));
            Ok(())
        })
        .unwrap();
    assert!(kept.get() > 100, "some are kept: {}", kept.get());
}
