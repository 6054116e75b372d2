//! What the tablet sends beside readings, and readings with what they are by the plan: by example, reviewed by eye in
//! `golden/`; and what comes back: messages and marks of what was seen.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    reason = "tests"
)]

use common::{
    SERVICE, at, by_hand, enrolment,
    golden::{compare, golden},
    measured, number,
};
use dagsform_care::{
    ByHand, Decimal, Identity, Kind, Meal, Metric, PatientId, Performer, Reading, ReadingTime, TakenBack, Trust, Why,
    item::{Answers, Item},
    limits::{Bounds, By, Change, Direction, Finding, Judged, Judgement, Limit, WhyNot},
    medicine::MedicineTaken,
    message::{Message, MessageKind, PlanReport, Wish},
    plan::PlanVersion,
    questionnaire::{Answer, Answered, Canonical, Coding, Given, Response},
    reading::JudgedBy,
    shown::shown_unit,
    zones::Level,
};
use dagsform_sync::{
    PatientReference,
    fhir::{self, FaultKind, MappingError, Request, message, seen},
    outbox::ItemEntry,
};
use serde_json::{Value as Json, json, value::RawValue};
use uuid::Uuid;

mod common;

fn identity(n: u128) -> Identity {
    Identity::by_hand(Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0000 + n))
}

fn patient() -> PatientId {
    PatientId("p-1".to_owned())
}

fn version() -> PlanVersion {
    PlanVersion("CarePlan/12/_history/4".to_owned())
}

fn entry(item: Item) -> ItemEntry {
    ItemEntry { number: 7, version: 1, item, sent_before: false }
}

/// What is sent of an item.
fn sent(item: Item) -> String {
    let mapped = fhir::map_item(&entry(item), &enrolment(SERVICE)).unwrap();
    mapped.resources[0].json.get().to_owned()
}

fn answered(name: &str, given: Option<Given>, items: Vec<Answered>) -> Answered {
    Answered { link_id: name.into(), given, items }
}

fn one(answer: Answer) -> Option<Given> {
    Some(Given::Answers(vec![answer]))
}

fn coding(system: Option<&str>, code: &str, display: Option<&str>) -> Coding {
    Coding { system: system.map(str::to_owned), code: code.to_owned(), display: display.map(str::to_owned) }
}

/// Answers of every type.
fn answers() -> Answers {
    let milligram = coding(Some("http://unitsofmeasure.org"), "mg", Some("milligram"));
    let below = vec![answered("slime-colour", one(Answer::Text("gult \"lys\"".to_owned())), Vec::new())];
    let items = vec![
        answered("breath", None, vec![answered("slime", one(Answer::Boolean(true)), below)]),
        answered("worse", Some(Given::DontKnow), Vec::new()),
        answered(
            "signs",
            Some(Given::Answers(vec![
                Answer::Coded(coding(Some("https://x.example/s"), "cough", Some("Hoste"))),
                Answer::Coded(coding(None, "fever", None)),
            ])),
            Vec::new(),
        ),
        answered("scale", one(Answer::Integer(7)), Vec::new()),
        answered("sum", one(Answer::Decimal(Decimal::new(1250, -2))), Vec::new()),
        answered("dose", one(Answer::Quantity { value: Decimal::new(200, -1), unit: milligram }), Vec::new()),
        answered(
            "own",
            one(Answer::Quantity { value: Decimal::new(3, 0), unit: coding(None, "uker", None) }),
            Vec::new(),
        ),
        answered("day", one(Answer::Date("2026-11-23".parse().unwrap())), Vec::new()),
        answered("when", one(Answer::DateTime(at("2026-11-23T07:15:00+01:00"))), Vec::new()),
        answered("at", one(Answer::Time("07:15:00".parse().unwrap())), Vec::new()),
    ];
    Answers {
        identity: identity(1),
        patient: patient(),
        response: Response {
            questionnaire: Canonical { url: "https://x.example/q".to_owned(), version: Some("2".to_owned()) },
            authored: at("2026-11-23T08:00:00+01:00"),
            items,
            scores: Vec::new(),
        },
        by: Performer::Relative,
        occurrence: None,
        plan: Some(version()),
        taken_back: None,
    }
}

#[test]
fn answers_become_a_questionnaire_response() {
    compare("response", &sent(Item::Answers(answers())));
}

#[test]
fn answers_that_were_taken_back_are_entered_in_error() {
    let taken_back = Some(TakenBack { at: at("2026-11-23T09:00:00+01:00"), why: Why::Mistyped });
    let sent: Json = serde_json::from_str(&sent(Item::Answers(Answers { taken_back, ..answers() }))).unwrap();
    assert_eq!(sent["status"], "entered-in-error");
}

#[test]
fn no_plan_and_nobody_named_leaves_both_out() {
    let bare = Answers { plan: None, by: Performer::Unknown, ..answers() };
    let sent: Json = serde_json::from_str(&sent(Item::Answers(bare))).unwrap();
    assert!(sent.get("extension").is_none() && sent.get("source").is_none());
}

fn said(kind: MessageKind, text: &str) -> Message {
    Message {
        identity: identity(2),
        patient: patient(),
        kind,
        text: text.to_owned(),
        written: at("2026-11-23T08:00:00+01:00"),
        by: Performer::Patient,
        answers: None,
    }
}

#[test]
fn a_message_becomes_a_communication() {
    let message = Message {
        by: Performer::Relative,
        answers: Some("Communication/9".to_owned()),
        ..said(MessageKind::Words, "Jeg har en dårlig dag.")
    };
    compare("message", &sent(Item::Message(message)));
}

#[test]
fn a_message_says_what_it_is_by_its_category_and_may_have_no_words() {
    let code = |sent: &Json| sent["category"][0]["coding"][0]["code"].as_str().unwrap().to_owned();
    for (kind, expected, wish) in [
        (MessageKind::PleaseContactMe, "please-contact-me", None),
        (MessageKind::TooMuch(Wish::LessMeasuring), "too-much", Some("less-measuring")),
        (MessageKind::TooMuch(Wish::FewerQuestions), "too-much", Some("fewer-questions")),
        (MessageKind::TooMuch(Wish::Pause), "too-much", Some("pause")),
    ] {
        let sent: Json = serde_json::from_str(&sent(Item::Message(said(kind, " ")))).unwrap();
        assert_eq!(code(&sent), expected);
        assert_eq!(sent["extension"][0]["valueCode"].as_str(), wish);
        assert!(sent.get("payload").is_none() && sent.get("note").is_none());
    }
}

#[test]
fn what_the_tablet_made_of_a_plan_becomes_a_communication_about_it() {
    let report = PlanReport {
        identity: identity(3),
        patient: patient(),
        version: version(),
        at: at("2026-11-23T08:00:00+01:00"),
        refused: Some("ServiceRequest/3: code: it is missing; write it".to_owned()),
    };
    compare("plan_refused", &sent(Item::Plan(report.clone())));
    let taken: Json = serde_json::from_str(&sent(Item::Plan(PlanReport { refused: None, ..report }))).unwrap();
    assert_eq!(taken["category"][0]["coding"][0]["code"], "plan-taken");
    assert!(taken.get("payload").is_none());
}

fn medicine(taken: bool) -> MedicineTaken {
    MedicineTaken {
        identity: identity(4),
        patient: patient(),
        medicine: "inhaler".to_owned(),
        name: "Tiotropium".to_owned(),
        due: None,
        at: at("2026-11-23T08:00:00+01:00"),
        said: at("2026-11-23T08:07:30+01:00"),
        taken,
        by: Performer::Patient,
        plan: Some(version()),
    }
}

#[test]
fn a_medicine_taken_or_not_becomes_a_medication_statement() {
    compare("medicine", &sent(Item::Medicine(medicine(true))));
    let not: Json = serde_json::from_str(&sent(Item::Medicine(medicine(false)))).unwrap();
    assert_eq!(not["status"], "not-taken");
}

#[test]
fn an_item_is_created_by_its_identity_and_later_versions_are_updates_of_it() {
    let item = Item::Medicine(medicine(true));
    let mapped = fhir::map_item(&entry(item.clone()), &enrolment(SERVICE)).unwrap();
    let resource = &mapped.resources[0];
    assert_eq!((mapped.number, mapped.version, mapped.identity), (7, 1, identity(4)));
    assert_eq!(resource.full_url, format!("urn:uuid:{}", identity(4)));
    assert_eq!(resource.identifier, format!("urn:ietf:rfc:3986|urn:uuid:{}", identity(4)));
    assert_eq!(resource.request, Request::Create);
    let again = ItemEntry { version: 2, sent_before: true, ..entry(item) };
    let mapped = fhir::map_item(&again, &enrolment(SERVICE)).unwrap();
    assert_eq!(mapped.resources[0].request, Request::Update);
}

#[test]
fn what_another_patient_said_is_not_sent() {
    let others = MedicineTaken { patient: PatientId("p-2".to_owned()), ..medicine(true) };
    let error = fhir::map_item(&entry(Item::Medicine(others)), &enrolment(SERVICE)).unwrap_err();
    assert_eq!(error, MappingError::OtherPatient);
}

fn limit(id: &str, metric: Metric, bounds: Bounds) -> Limit {
    Limit { id: id.to_owned(), metric, meal: None, unit: shown_unit(metric), bounds, change: None }
}

fn finding(metric: Metric, level: Level) -> Finding {
    Finding { limit: "1".to_owned(), metric, level, by: By::Within }
}

fn judged(limits: Vec<Limit>, findings: Vec<Finding>) -> Option<Box<JudgedBy>> {
    let level = findings.iter().map(|finding| finding.level).max().unwrap();
    let judged = Judged { plan_version: version().0, level, findings, left: Vec::new() };
    Some(Box::new(JudgedBy { plan: version(), limits, judgement: Judgement::Judged(judged) }))
}

fn entered(kind: Kind, values: &[(Metric, &str)], meal: Option<Meal>) -> Reading {
    let values = values.iter().map(|(metric, text)| measured(*metric, number(text))).collect();
    let made = ByHand { kind, values, meal, performer: Performer::Patient };
    let time = at("2026-11-23T07:30:00+01:00");
    Reading::by_hand(identity(5).uuid(), patient(), made, ReadingTime::by_hand(time, time, Trust::Trusted))
}

#[test]
fn a_judged_blood_pressure_tells_its_plan_its_zone_its_limits_and_what_it_repeats() {
    let some = |text: &str| Some(text.parse().unwrap());
    let limits = vec![
        limit(
            "s",
            Metric::Systolic,
            Bounds { yellow_low: some("100"), yellow_high: some("150"), red_high: some("180"), ..Bounds::default() },
        ),
        limit("p", Metric::PulseRate, Bounds { yellow_high: some("100"), ..Bounds::default() }),
    ];
    let findings = vec![finding(Metric::Systolic, Level::Red), finding(Metric::PulseRateByCuff, Level::Green)];
    let values = [(Metric::Systolic, "182"), (Metric::Diastolic, "80"), (Metric::PulseRateByCuff, "70")];
    let reading = Reading {
        judged: judged(limits, findings),
        repeats: Some(identity(9)),
        ..entered(Kind::BloodPressure, &values, None)
    };
    golden("judged_blood_pressure", &by_hand(reading));
}

#[test]
fn limits_for_a_meal_and_on_a_change_travel_with_the_reading() {
    let bounds = |low: &str, high: &str| Bounds {
        yellow_low: Some(low.parse().unwrap()),
        yellow_high: Some(high.parse().unwrap()),
        ..Bounds::default()
    };
    let fasting =
        Limit { meal: Some(Meal::Fasting), ..limit("f", Metric::GlucoseCapillaryPlasma, bounds("4.0", "7.0")) };
    let findings = vec![finding(Metric::GlucoseUndeterminedPlasma, Level::Green)];
    let reading = Reading {
        judged: judged(vec![fasting], findings),
        ..entered(Kind::BloodGlucose, &[(Metric::GlucoseUndeterminedPlasma, "6.4")], Some(Meal::Fasting))
    };
    golden("judged_glucose", &by_hand(reading));

    let change = Change { direction: Direction::Rise, by: Decimal::new(20, -1), within_days: 3, level: Level::Yellow };
    let rise = Limit { change: Some(change), ..limit("w", Metric::BodyWeight, Bounds::default()) };
    let reading = Reading {
        judged: judged(vec![rise], vec![finding(Metric::BodyWeight, Level::Yellow)]),
        ..entered(Kind::BodyWeight, &[(Metric::BodyWeight, "82.6")], None)
    };
    golden("judged_change", &by_hand(reading));
}

#[test]
fn a_reading_that_could_not_be_judged_names_the_plan_and_no_zone() {
    let judgement = Judgement::NotJudged(WhyNot::NoLimit);
    let judged = Some(Box::new(JudgedBy { plan: version(), limits: Vec::new(), judgement }));
    let reading = Reading { judged, ..entered(Kind::BodyWeight, &[(Metric::BodyWeight, "82.6")], None) };
    let mapped = fhir::map(&by_hand(reading), &enrolment(SERVICE)).unwrap();
    let sent = mapped.resources[0].json.get();
    assert!(sent.contains("plan-version") && sent.contains("CarePlan/12/_history/4"));
    assert!(!sent.contains("StructureDefinition/zone") && !sent.contains("referenceRange"));
}

fn raw(json: &Json) -> Box<RawValue> {
    RawValue::from_string(json.to_string()).unwrap()
}

fn to_the_patient() -> Json {
    json!({
        "resourceType": "Communication", "id": "9", "meta": { "versionId": "2" }, "status": "completed",
        "sent": "2026-11-23T08:00:00+01:00", "recipient": [{ "reference": "Patient/123" }],
        "sender": { "reference": "Organization/1", "display": "Oppfølgingstjenesten" },
        "payload": [{ "contentString": "Hei!" }, { "contentString": "Vi ringer i dag." }],
        "inResponseTo": [{
            "reference": "Communication/3",
            "identifier": { "system": "urn:ietf:rfc:3986", "value": format!("urn:uuid:{}", identity(2)) },
        }],
    })
}

fn received(json: &Json) -> Result<Option<dagsform_care::message::Received>, fhir::Fault> {
    message::received(&raw(json), &PatientReference::parse("Patient/123").unwrap())
}

#[test]
fn a_message_of_the_service_is_read_with_what_it_answers() {
    let read = received(&to_the_patient()).unwrap().unwrap();
    assert_eq!((read.reference.as_str(), read.version.as_str()), ("Communication/9", "2"));
    assert_eq!(read.text, "Hei!\n\nVi ringer i dag.");
    assert_eq!(read.sender.as_deref(), Some("Oppfølgingstjenesten"));
    assert_eq!(read.sent.unwrap().to_rfc3339(), "2026-11-23T07:00:00+00:00");
    assert_eq!((read.answers, read.withdrawn), (Some(identity(2)), false));
}

#[test]
fn a_message_that_is_not_for_the_patient_or_was_not_sent_is_none() {
    let mut other = to_the_patient();
    other["recipient"][0]["reference"] = json!("Patient/9");
    assert_eq!(received(&other).unwrap(), None);
    for status in ["preparation", "not-done", "on-hold", "stopped"] {
        let mut unsent = to_the_patient();
        unsent["status"] = json!(status);
        assert_eq!(received(&unsent).unwrap(), None, "{status}");
    }
}

#[test]
fn a_withdrawn_message_says_so_with_or_without_its_words() {
    let mut withdrawn = to_the_patient();
    withdrawn["status"] = json!("entered-in-error");
    assert!(received(&withdrawn).unwrap().unwrap().withdrawn);
    withdrawn.as_object_mut().unwrap().remove("payload");
    assert_eq!(received(&withdrawn).unwrap().unwrap().text, "");
}

#[test]
fn a_message_that_cannot_be_shown_is_refused_by_name() {
    for (pointer, value, words) in [
        ("status", json!("unknown"), "Communication/9: status: 'unknown'"),
        ("payload", json!([]), "Communication/9: payload: it says nothing"),
        (
            "payload",
            json!([{ "contentAttachment": { "url": "https://x.example/a.pdf" } }]),
            "payload[0]: the tablet shows words only",
        ),
        ("meta", json!({}), "meta.versionId"),
        ("modifierExtension", json!([{ "url": "https://x.example/not" }]), "modifierExtension"),
    ] {
        let mut json = to_the_patient();
        json[pointer] = value;
        let fault = received(&json).unwrap_err();
        assert!(fault.to_string().contains(words), "{fault}");
    }
}

#[test]
fn marks_name_what_was_seen_and_when() {
    let lifecycle = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle";
    let provenance = |code: &str| {
        json!({
            "resourceType": "Provenance", "id": "1", "recorded": "2026-11-23T09:00:00Z",
            "target": [
                { "reference": "Observation/1/_history/2" },
                { "reference": "Communication/4" },
                { "reference": "Patient/123" },
            ],
            "activity": { "coding": [{ "system": lifecycle, "code": code }] },
        })
    };
    let marks = seen::marks(&raw(&provenance("access"))).unwrap();
    let places: Vec<&str> = marks.iter().map(|(place, _)| place.as_str()).collect();
    assert_eq!(places, ["Observation/1", "Communication/4"]);
    assert_eq!(marks[0].1.to_rfc3339(), "2026-11-23T09:00:00+00:00");
    // That someone verified it is another thing.
    assert!(seen::marks(&raw(&provenance("verify"))).unwrap().is_empty());
    let mut undated = provenance("access");
    undated.as_object_mut().unwrap().remove("recorded");
    assert_eq!(seen::marks(&raw(&undated)).unwrap_err().kind, FaultKind::Missing);
}
