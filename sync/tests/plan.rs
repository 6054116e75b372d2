//! A patient's plan as the service writes it: read whole, or refused whole by the name of the resource and the element.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    reason = "tests"
)]

use std::{fs, path::Path};

use chrono::{NaiveDate, NaiveTime, Weekday};
use dagsform_care::{
    Decimal, Kind, Meal, Metric,
    limits::{Bounds, Direction},
    plan::{Period, Plan, Role, Status, When},
    timing::{Abbreviation, EventTiming, Moment},
    zones::Level,
};
use dagsform_sync::{
    PatientReference,
    fhir::{Fault, FaultKind, plan},
};
use proptest::prelude::*;
use serde_json::{Value as Json, json, value::RawValue};

mod written;

fn patient() -> PatientReference {
    PatientReference::parse("Patient/123").unwrap()
}

fn raw(json: &Json) -> Box<RawValue> {
    RawValue::from_string(json.to_string()).unwrap()
}

/// Reads resources of which the first is the plan.
fn read(resources: &[Json]) -> Result<Plan, Fault> {
    let parts: Vec<Box<RawValue>> = resources[1..].iter().map(raw).collect();
    plan::read(&raw(&resources[0]), &parts, &patient())
}

fn whole() -> Vec<Json> {
    serde_json::from_str(include_str!("plans/whole.json")).unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn time(text: &str) -> NaiveTime {
    text.parse().unwrap()
}

#[test]
fn a_plan_tells_when_it_holds_and_how_calm_it_is() {
    let plan = read(&whole()).unwrap();
    assert_eq!(plan.version.0, "CarePlan/plan/_history/7");
    assert_eq!(plan.dated.to_rfc3339(), "2026-11-23T08:00:00+00:00");
    assert_eq!((plan.language.as_deref(), plan.title.as_deref()), (Some("nb"), Some("Plan for deg")));
    assert_eq!(plan.status, Status::Active);
    assert_eq!(plan.period, Period { start: Some(day("2026-09-01")), end: None });
    assert_eq!(plan.pauses, [Period { start: Some(day("2026-12-22")), end: Some(day("2027-01-03")) }]);
    assert_eq!(plan.bad_periods, [Period { start: Some(day("2026-11-20")), end: None }]);
    assert!(plan.calm.hide_numbers);
    assert_eq!(plan.calm.extra_measurements_a_day, Some(3));
    assert!(!plan.reminders.on);
    let quiet = plan.reminders.quiet.unwrap();
    assert_eq!((quiet.from, quiet.until), (time("21:00:00"), time("07:30:00")));
    assert_eq!(
        (plan.day.wakes, plan.day.sleeps, plan.day.dinner),
        (time("06:30:00"), time("23:00:00"), time("17:00:00"))
    );
}

#[test]
fn a_plan_is_active_on_hold_or_ended_by_its_status() {
    for (code, status) in [
        ("active", Status::Active),
        ("on-hold", Status::OnHold),
        ("completed", Status::Ended),
        ("revoked", Status::Ended),
    ] {
        let mut resources = whole();
        resources[0]["status"] = json!(code);
        assert_eq!(read(&resources).unwrap().status, status);
        assert_eq!(plan::head(&raw(&resources[0])).unwrap().is_in_use(), status != Status::Ended);
    }
}

#[test]
fn measurements_come_with_their_times_and_limits() {
    let plan = read(&whole()).unwrap();
    let ids: Vec<&str> = plan.measurements.iter().map(|measurement| measurement.id.as_str()).collect();
    assert_eq!(ids, ["oximetry", "pressure", "weight", "glucose"]);
    let oximetry = plan.measurement(Kind::PulseOximetry).unwrap();
    // Half past eleven in the evening in UTC is the next day in Norway.
    assert_eq!(oximetry.since, day("2026-11-01"));
    let When::At(timing) = &oximetry.when else { panic!("{:?}", oximetry.when) };
    assert_eq!(timing.repeat.as_ref().unwrap().when, [EventTiming::Morning]);
    assert_eq!(oximetry.in_bad_periods.as_ref().unwrap().repeat.as_ref().unwrap().frequency, Some(3));
    let pressure = plan.measurement(Kind::BloodPressure).unwrap();
    assert_eq!((pressure.rest_minutes, pressure.measure_again), (Some(5), true));
    assert_eq!(pressure.instruction.as_deref(), Some("Sitt rolig først."));
    // Not dated themselves: from the first day of the plan.
    assert_eq!(pressure.since, day("2026-09-01"));
    let When::At(timing) = &pressure.when else { panic!("{:?}", pressure.when) };
    let repeat = timing.repeat.as_ref().unwrap();
    assert_eq!(repeat.day_of_week, [Weekday::Mon, Weekday::Thu]);
    assert_eq!(repeat.duration, Some(Decimal::new(4, 0)));
    let When::At(timing) = &plan.measurement(Kind::BodyWeight).unwrap().when else { panic!() };
    assert_eq!(timing.code, Some(Abbreviation::Qod));
    assert_eq!(plan.measurement(Kind::BloodGlucose).unwrap().when, When::AsNeeded);
}

#[test]
fn the_yellow_and_the_red_range_of_a_number_are_one_limit_digit_for_digit() {
    let plan = read(&whole()).unwrap();
    let limits = &plan.measurement(Kind::PulseOximetry).unwrap().limits;
    let saturation = &limits[0];
    assert_eq!((saturation.id.as_str(), saturation.metric), ("oximetry#1", Metric::OxygenSaturation));
    let bounds =
        Bounds { red_low: Some(Decimal::new(86, 0)), yellow_low: Some(Decimal::new(900, -1)), ..Bounds::default() };
    assert_eq!(saturation.bounds, bounds);
    // The pulse has no measurement of its own: it comes with the oximeter.
    assert_eq!((limits[1].id.as_str(), limits[1].metric), ("pulse#1", Metric::PulseRate));
    let systolic = &plan.measurement(Kind::BloodPressure).unwrap().limits[0];
    assert_eq!((systolic.id.as_str(), systolic.metric), ("systolic-2", Metric::Systolic));
    let glucose = &plan.measurement(Kind::BloodGlucose).unwrap().limits[0];
    assert_eq!((glucose.meal, glucose.metric), (Some(Meal::Fasting), Metric::GlucoseCapillaryPlasma));
    let weight = &plan.measurement(Kind::BodyWeight).unwrap().limits[0];
    let change = weight.change.unwrap();
    assert_eq!((change.direction, change.by, change.within_days), (Direction::Rise, Decimal::new(20, -1), 3));
    assert_eq!((change.level, weight.bounds), (Level::Yellow, Bounds::default()));
}

#[test]
fn limits_on_the_pulse_alone_make_a_measurement_that_is_never_due() {
    let mut resources = whole();
    resources[0]["activity"] = json!([{ "reference": { "reference": "ServiceRequest/pulse" } }]);
    let plan = read(&resources).unwrap();
    let pulse = plan.measurement(Kind::PulseOximetry).unwrap();
    assert_eq!((pulse.id.as_str(), &pulse.when, pulse.limits.len()), ("pulse", &When::AsNeeded, 1));
}

#[test]
fn lists_medicines_and_appointments_are_read() {
    let plan = read(&whole()).unwrap();
    let [due, anytime] = plan.lists.as_slice() else { panic!("{:?}", plan.lists) };
    assert_eq!(due.questionnaire.to_string(), "https://dagsform.example/fhir/Questionnaire/symptoms|2");
    let When::At(timing) = &due.when else { panic!("{:?}", due.when) };
    assert_eq!(timing.event, [Moment::Date(day("2026-11-24"))]);
    assert_eq!((anytime.title.as_str(), &anytime.when), ("Slik er formen", &When::AsNeeded));
    assert_eq!(anytime.questionnaire.version, None);
    let inhaler = &plan.medicines[0];
    assert_eq!((inhaler.name.as_str(), inhaler.dose.as_deref()), ("Tiotropium", Some("1 inhalasjon hver morgen")));
    assert_eq!(inhaler.since, day("2026-10-01"));
    let review = &plan.appointments[0];
    assert!(review.review);
    assert_eq!(
        (review.with.as_slice(), review.place.as_deref()),
        (&["Sykepleier Berit".to_owned()][..], Some("Hjemme hos deg"))
    );
    assert_eq!(review.begins.to_rfc3339(), "2026-12-09T10:00:00+00:00");
}

#[test]
fn zones_come_in_the_order_of_the_service_with_the_lines_that_count() {
    let plan = read(&whole()).unwrap();
    let [green, red] = plan.zones.as_slice() else { panic!("{:?}", plan.zones) };
    assert_eq!((green.level, green.name.as_str()), (Level::Green, "Grønn sone"));
    assert_eq!(
        (&green.act[..], &green.prescribed[..]),
        (&["Gå en tur.".to_owned()][..], &["Ta de faste medisinene.".to_owned()][..])
    );
    assert_eq!((red.level, red.notice[0].as_str()), (Level::Red, "Pusten er tung i ro."));
    let call = &red.call[0];
    assert_eq!((call.who.as_str(), call.phone.as_deref()), ("Legevakten", Some("116 117")));
    assert_eq!(call.when, "Når de andre har stengt.");
}

#[test]
fn contacts_come_with_opening_hours_and_days_of_their_own() {
    let plan = read(&whole()).unwrap();
    let service = plan.service().unwrap();
    assert_eq!(
        (service.name.as_str(), service.phone.as_deref()),
        ("Oppfølgingstjenesten i Eksempel", Some("00 00 00 10"))
    );
    let hours = service.hours.as_ref().unwrap();
    assert!(hours.closed_on_public_holidays);
    assert_eq!(hours.half_days_until, Some(time("12:00:00")));
    assert_eq!(hours.weekly[0].days.len(), 5);
    let days: Vec<(String, usize)> =
        hours.exceptions.iter().map(|exception| (exception.date.to_string(), exception.open.len())).collect();
    let expected = [("2026-12-28", 0), ("2026-12-29", 1), ("2026-12-30", 0)].map(|(day, open)| (day.to_owned(), open));
    assert_eq!(days, expected);
    let neighbour = &plan.contacts[1];
    assert_eq!((neighbour.role, neighbour.role_text.as_deref(), &neighbour.hours), (Role::Other, Some("Nabo"), &None));
}

#[test]
fn every_part_may_be_missing() {
    let mut resources = whole();
    resources.truncate(1);
    let parent = resources[0].as_object_mut().unwrap();
    parent.retain(|name, _| matches!(name.as_str(), "resourceType" | "id" | "meta" | "status" | "intent" | "subject"));
    let plan = read(&resources).unwrap();
    assert!(plan.measurements.is_empty() && plan.zones.is_empty() && plan.contacts.is_empty());
    assert!(plan.reminders.on && !plan.calm.hide_numbers);
}

/// What is changed in the whole plan: the resource, the place in it, and what stands there then.
type Change = (&'static str, &'static str, Json);

fn with((name, pointer, value): &Change) -> Vec<Json> {
    let mut resources = whole();
    let is_it = |json: &&mut Json| format!("{}/{}", json["resourceType"], json["id"]).replace('"', "") == *name;
    let resource = resources.iter_mut().find(is_it).unwrap();
    let (parent, member) = pointer.rsplit_once('/').unwrap();
    let parent = resource.pointer_mut(parent).unwrap_or_else(|| panic!("{name} has no {parent}"));
    match parent {
        Json::Array(items) => items[member.parse::<usize>().unwrap()] = value.clone(),
        Json::Object(members) if value.is_null() => drop(members.remove(member)),
        Json::Object(members) => drop(members.insert(member.to_owned(), value.clone())),
        other => panic!("{other}"),
    }
    resources
}

#[test]
fn a_fault_refuses_the_whole_plan_by_the_name_of_resource_and_element() {
    use FaultKind::*;
    let our = |name: &str| format!("https://dagsform.example/fhir/StructureDefinition/{name}");
    let ucum = "http://unitsofmeasure.org";
    let quantity = |value: f64, code: &str| json!({ "value": value, "unit": code, "system": ucum, "code": code });
    let cases: Vec<(Change, FaultKind, &str)> = vec![
        // The plan itself.
        (("CarePlan/plan", "/status", json!("draft")), Unsupported, "CarePlan/plan: status: 'draft' is not known"),
        (("CarePlan/plan", "/status", json!(null)), Missing, "CarePlan/plan: status: it is missing"),
        (
            ("CarePlan/plan", "/subject/reference", json!("Patient/9")),
            OtherPatient,
            "CarePlan/plan: subject: it is of Patient/9",
        ),
        (("CarePlan/plan", "/meta/versionId", json!(null)), Missing, "CarePlan/plan: meta.versionId"),
        (("CarePlan/plan", "/meta/lastUpdated", json!(null)), Missing, "CarePlan/plan: meta.lastUpdated"),
        (
            ("CarePlan/plan", "/modifierExtension", json!([{ "url": "https://x.example/not" }])),
            Unsupported,
            "CarePlan/plan: modifierExtension",
        ),
        (("CarePlan/plan", "/implicitRules", json!("https://x.example")), Unsupported, "CarePlan/plan: implicitRules"),
        (
            ("CarePlan/plan", "/period/end", json!("2026")),
            Unreadable,
            "CarePlan/plan: period.end: \"2026\" is not a day",
        ),
        (("CarePlan/plan", "/period/end", json!("2026-08-01")), Contradiction, "CarePlan/plan: period"),
        (("CarePlan/plan", "/extension/0/url", json!(our("pauze"))), Unsupported, "pauze"),
        (
            ("CarePlan/plan", "/extension/0/valuePeriod", json!(null)),
            Missing,
            "CarePlan/plan: extension(pause).valuePeriod",
        ),
        (
            ("CarePlan/plan", "/extension/2/extension/1/valuePositiveInt", json!(0)),
            Unreadable,
            "extension(calm).extension(extra-measurements-a-day).valuePositiveInt: 0 is not",
        ),
        (
            ("CarePlan/plan", "/extension/3/extension/0/valueTime", json!("24:00:00")),
            Unreadable,
            "extension(quiet-hours).extension(from).valueTime",
        ),
        (
            ("CarePlan/plan", "/extension/4", json!({ "url": our("calm") })),
            Contradiction,
            "CarePlan/plan: extension(calm): it stands there twice",
        ),
        (
            ("CarePlan/plan", "/activity/0", json!({ "detail": { "description": "Mål" } })),
            Missing,
            "CarePlan/plan: activity[0].reference",
        ),
        (
            ("CarePlan/plan", "/activity/0/reference/reference", json!("ServiceRequest/gone")),
            Missing,
            "activity[0].reference: there is no ServiceRequest/gone",
        ),
        (
            ("CarePlan/plan", "/activity/0/reference/reference", json!("https://x.example/fhir/ServiceRequest/1")),
            Unsupported,
            "is not written as Type/id",
        ),
        (
            ("CarePlan/plan", "/activity/0/reference/reference", json!("Goal/goal")),
            Unsupported,
            "Goal/goal is no ServiceRequest",
        ),
        (
            ("CarePlan/plan", "/goal/0/reference", json!("CareTeam/team")),
            Unsupported,
            "CareTeam/team stands where a Goal is expected",
        ),
        // Zones.
        (("CarePlan/zone-red", "/title", json!(null)), Missing, "CarePlan/zone-red: title"),
        (("CarePlan/zone-red", "/subject/reference", json!("Patient/9")), OtherPatient, "CarePlan/zone-red: subject"),
        (("CarePlan/zone-red", "/description", json!("Ring")), Unsupported, "CarePlan/zone-red: description"),
        (
            ("CarePlan/zone-red", "/contained/0/severity/coding/0/code", json!("purple")),
            Unsupported,
            "contained(#condition).severity.coding[0].code: 'purple'",
        ),
        (("CarePlan/zone-red", "/addresses", json!(null)), Missing, "CarePlan/zone-red: addresses"),
        (
            ("CarePlan/zone-red", "/activity/0/detail/code/coding/0/code", json!("hope")),
            Unsupported,
            "activity[0].detail.code.coding[0].code: 'hope'",
        ),
        (
            ("CarePlan/zone-red", "/activity/0/detail/description", json!("  ")),
            Unreadable,
            "activity[0].detail.description: it is empty",
        ),
        (
            ("CarePlan/zone-red", "/activity/0/detail/doNotPerform", json!(true)),
            Unsupported,
            "activity[0].detail.doNotPerform",
        ),
        (("CarePlan/zone-red", "/activity/1/detail/performer", json!(null)), Missing, "activity[1].detail.performer"),
        (
            ("CarePlan/zone-red", "/activity/1/detail/extension/0/valueString", json!("ring legen")),
            Contradiction,
            "CarePlan/zone-red: activity: zone 'zone-red': 'ring legen'",
        ),
        // Goals and contacts.
        (("Goal/goal", "/lifecycleStatus", json!("hoped-for")), Unsupported, "Goal/goal: lifecycleStatus: 'hoped-for'"),
        (("Goal/goal", "/description/text", json!(null)), Missing, "Goal/goal: description.text"),
        (("Goal/goal", "/target", json!([{ "dueDate": "2027-01-01" }])), Unsupported, "Goal/goal: target"),
        (
            ("CareTeam/team", "/participant/0/member/reference", json!("#nobody")),
            Missing,
            "CareTeam/team: participant[0].member.reference: #nobody",
        ),
        (
            ("CareTeam/team", "/participant/0/role/0/coding/0/code", json!("boss")),
            Unsupported,
            "participant[0].role[0].coding[0].code: 'boss'",
        ),
        (
            ("CareTeam/team", "/participant/1/member/display", json!(null)),
            Missing,
            "CareTeam/team: participant[1].member.display",
        ),
        (
            ("CareTeam/team", "/contained/0/availableTime/0/availableEndTime", json!("07:00:00")),
            Contradiction,
            "availableTime: the opening hours from 08:00:00 to 07:00:00",
        ),
        (
            ("CareTeam/team", "/contained/0/availableTime/0/daysOfWeek/0", json!("monday")),
            Unreadable,
            "availableTime[0].daysOfWeek: 'monday'",
        ),
        (
            ("CareTeam/team", "/contained/0/notAvailable/0/during/end", json!("2026-12-01")),
            Contradiction,
            "notAvailable[0].during.end: it ends before",
        ),
        (
            ("CareTeam/team", "/contained/0/notAvailable/0/during/end", json!("2036-12-01")),
            Unsupported,
            "an absence of more than 366 days",
        ),
        // Measurements.
        (
            ("ServiceRequest/weight", "/status", json!("unknown")),
            Unsupported,
            "ServiceRequest/weight: status: 'unknown'",
        ),
        (
            ("ServiceRequest/weight", "/intent", json!("proposal")),
            Unsupported,
            "ServiceRequest/weight: intent: 'proposal'",
        ),
        (("ServiceRequest/weight", "/doNotPerform", json!(true)), Unsupported, "ServiceRequest/weight: doNotPerform"),
        (
            ("ServiceRequest/weight", "/bodySite", json!([{ "text": "venstre arm" }])),
            Unsupported,
            "ServiceRequest/weight: bodySite",
        ),
        (
            ("ServiceRequest/weight", "/code/coding/0/code", json!("1234-5")),
            Unsupported,
            "ServiceRequest/weight: code.coding[0].code: '1234-5'",
        ),
        (
            ("ServiceRequest/weight", "/code/coding/0/system", json!("http://snomed.info/sct")),
            Unsupported,
            "code.coding: none is of LOINC",
        ),
        (
            ("ServiceRequest/oximetry", "/code/coding/1/code", json!("8310-5")),
            Contradiction,
            "the LOINC codes are of different measurements",
        ),
        (
            ("ServiceRequest/oximetry", "/category/0/coding/0/code", json!("dance")),
            Unsupported,
            "category[0].coding[0].code: 'dance'",
        ),
        (
            ("ServiceRequest/pulse", "/occurrenceTiming", json!({ "event": ["2026-11-24"] })),
            Unsupported,
            "ServiceRequest/pulse: occurrenceTiming: the pulse comes with",
        ),
        (
            ("ServiceRequest/weight", "/occurrencePeriod", json!({ "start": "2026-11-24" })),
            Unreadable,
            "occurrencePeriod",
        ),
        (
            ("ServiceRequest/glucose", "/occurrencePeriod", json!({ "start": "2026-11-24" })),
            Unsupported,
            "ServiceRequest/glucose: occurrencePeriod",
        ),
        (
            ("ServiceRequest/weight", "/occurrenceTiming/code/coding/0/code", json!("Q5D")),
            Unreadable,
            "occurrenceTiming.code.coding[0].code: 'Q5D'",
        ),
        (
            ("ServiceRequest/weight", "/occurrenceTiming/code", json!({ "text": "ofte" })),
            Unsupported,
            "occurrenceTiming.code: no abbreviation",
        ),
        (
            ("ServiceRequest/pressure", "/occurrenceTiming/repeat/periodUnit", json!(null)),
            Contradiction,
            "occurrenceTiming.repeat.period",
        ),
        (
            ("ServiceRequest/pressure", "/occurrenceTiming/repeat/timeOfDay/0", json!("7:30")),
            Unreadable,
            "occurrenceTiming.repeat.timeOfDay: '7:30'",
        ),
        (
            ("ServiceRequest/pressure", "/occurrenceTiming/repeat/dayOfWeek/0", json!("man")),
            Unreadable,
            "occurrenceTiming.repeat.dayOfWeek: 'man'",
        ),
        (
            ("ServiceRequest/pressure", "/occurrenceTiming/repeat/period", json!(0)),
            Contradiction,
            "occurrenceTiming.repeat.period",
        ),
        (
            ("ServiceRequest/pressure", "/occurrenceTiming/repeat/frequency", json!(0)),
            Unreadable,
            "occurrenceTiming.repeat.frequency: 0",
        ),
        (
            ("ServiceRequest/pressure", "/occurrenceTiming/repeat/often", json!(true)),
            Unsupported,
            "occurrenceTiming.repeat.often",
        ),
        (
            ("ServiceRequest/pressure", "/occurrenceTiming/repeat/boundsPeriod/start", json!("2026-09")),
            Unreadable,
            "repeat.boundsPeriod.start: '2026-09'",
        ),
        (
            ("ServiceRequest/pressure", "/extension/1/valueDuration/code", json!("h")),
            Unsupported,
            "extension(rest): a rest is in whole minutes",
        ),
        // Limits.
        (
            ("ServiceRequest/oximetry", "/extension/0/extension/0/valueCode", json!("blue")),
            Unsupported,
            "extension(reference-range).extension(type).valueCode: 'blue'",
        ),
        (
            ("ServiceRequest/oximetry", "/extension/0/extension/1/valueQuantity", quantity(0.9, "1")),
            Unsupported,
            "extension(low).valueQuantity.code: 1; write it in %",
        ),
        (
            ("ServiceRequest/oximetry", "/extension/0/extension/1/valueQuantity/comparator", json!("<")),
            Unsupported,
            "valueQuantity.comparator",
        ),
        (
            ("ServiceRequest/oximetry", "/extension/1/extension/1/valueQuantity", quantity(95.0, "%")),
            Contradiction,
            "ServiceRequest/oximetry: extension(reference-range): limit 'oximetry#1'",
        ),
        (
            ("ServiceRequest/oximetry", "/extension/1/extension/0/valueCode", json!("yellow")),
            Contradiction,
            "two ranges of one type",
        ),
        (
            ("ServiceRequest/pressure", "/extension/0/extension/1", json!({ "url": "id", "valueString": "x" })),
            Missing,
            "extension(reference-range).component: it is missing",
        ),
        (
            (
                "ServiceRequest/pressure",
                "/extension/0/extension/1/valueCodeableConcept/coding/0/code",
                json!("29463-7"),
            ),
            Contradiction,
            "it is no part of what is ordered",
        ),
        (
            ("ServiceRequest/weight", "/extension/0/extension/1/valueCode", json!("sideways")),
            Unsupported,
            "extension(change-limit).extension(direction).valueCode: 'sideways'",
        ),
        (
            ("ServiceRequest/weight", "/extension/0/extension/3/valueDuration/code", json!("h")),
            Unsupported,
            "extension(change-limit).within: it is counted in whole days",
        ),
        (
            ("ServiceRequest/glucose", "/extension/0/extension/1/valueCode", json!("brunch")),
            Unsupported,
            "extension(meal).valueCode: 'brunch'",
        ),
        // What belongs to another kind of part, or would end unseen.
        (
            ("ServiceRequest/pulse", "/patientInstruction", json!("Sitt ned")),
            Unsupported,
            "ServiceRequest/pulse: patientInstruction",
        ),
        (
            ("ServiceRequest/symptoms", "/patientInstruction", json!("Svar")),
            Unsupported,
            "ServiceRequest/symptoms: patientInstruction",
        ),
        (
            ("ServiceRequest/symptoms", "/extension", json!([{ "url": our("measure-again"), "valueBoolean": true }])),
            Unsupported,
            "ServiceRequest/symptoms: extension: the tablet does not use",
        ),
        (
            ("CareTeam/team", "/participant/1/period", json!({ "end": "2026-12-01" })),
            Unsupported,
            "CareTeam/team: participant[1].period.end",
        ),
        (
            ("CareTeam/team", "/participant/1/modifierExtension", json!([])),
            Unsupported,
            "CareTeam/team: participant[1].modifierExtension",
        ),
        (
            ("CarePlan/zone-red", "/contained/0/modifierExtension", json!([])),
            Unsupported,
            "contained(#condition).modifierExtension",
        ),
        (
            ("Appointment/review", "/participant/1/modifierExtension", json!([])),
            Unsupported,
            "Appointment/review: participant[1].modifierExtension",
        ),
        // Lists, medicines, appointments.
        (
            ("ServiceRequest/symptoms", "/instantiatesCanonical", json!(null)),
            Missing,
            "ServiceRequest/symptoms: instantiatesCanonical",
        ),
        (
            ("ServiceRequest/symptoms", "/occurrenceTiming", json!(null)),
            Missing,
            "ServiceRequest/symptoms: occurrenceTiming",
        ),
        (("ServiceRequest/symptoms", "/code/text", json!(null)), Missing, "ServiceRequest/symptoms: code.text"),
        (
            ("MedicationRequest/inhaler", "/status", json!("paused")),
            Unsupported,
            "MedicationRequest/inhaler: status: 'paused'",
        ),
        (
            ("MedicationRequest/inhaler", "/medicationCodeableConcept", json!(null)),
            Missing,
            "MedicationRequest/inhaler: medicationCodeableConcept",
        ),
        (
            ("MedicationRequest/inhaler", "/dosageInstruction", json!([])),
            Missing,
            "MedicationRequest/inhaler: dosageInstruction",
        ),
        (
            ("MedicationRequest/inhaler", "/dosageInstruction/0/text", json!(null)),
            Missing,
            "dosageInstruction[0].text: it is missing; write in words all that the dosage says, also the doseAndRate",
        ),
        (
            ("MedicationRequest/inhaler", "/dosageInstruction/0/timing", json!(null)),
            Missing,
            "dosageInstruction[0].timing",
        ),
        (
            ("MedicationRequest/inhaler", "/subject/reference", json!("Patient/9")),
            OtherPatient,
            "MedicationRequest/inhaler: subject",
        ),
        (("Appointment/review", "/status", json!("maybe")), Unsupported, "Appointment/review: status: 'maybe'"),
        (("Appointment/review", "/start", json!("2026-12-09")), Unreadable, "Appointment/review: start"),
        (("Appointment/review", "/end", json!("2026-12-09T10:00:00+01:00")), Contradiction, "appointment review"),
        (
            ("Appointment/review", "/participant/0/actor/reference", json!("Patient/9")),
            OtherPatient,
            "Appointment/review: participant",
        ),
        (
            ("Appointment/review", "/patientInstruction", json!("Ta med listen")),
            Unsupported,
            "Appointment/review: patientInstruction",
        ),
    ];
    let mut wrong = Vec::new();
    for (change, kind, words) in &cases {
        match read(&with(change)) {
            Err(fault) if fault.to_string().contains(words) && fault.kind == *kind => {}
            Err(fault) => wrong.push(format!("{change:?}: {:?} {fault}", fault.kind)),
            Ok(_) => wrong.push(format!("{change:?} was not refused")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_member_that_stands_twice_is_refused() {
    let text = raw(&whole()[0]).get().replacen("\"status\":", "\"status\":\"on-hold\",\"status\":", 1);
    let fault = plan::read(&RawValue::from_string(text).unwrap(), &[], &patient()).unwrap_err();
    assert!(fault.to_string().contains("it has 'status' twice"), "{fault}");
}

#[test]
fn what_has_ended_or_is_not_agreed_is_left_out() {
    for (name, pointer, codes) in [
        ("Goal/goal", "/lifecycleStatus", &["proposed", "completed", "entered-in-error"][..]),
        ("CareTeam/team", "/status", &["proposed", "inactive"]),
        ("ServiceRequest/weight", "/status", &["draft", "on-hold", "completed"]),
        ("MedicationRequest/inhaler", "/status", &["stopped", "cancelled"]),
        ("Appointment/review", "/status", &["pending", "cancelled", "fulfilled"]),
        ("CarePlan/zone-red", "/status", &["revoked", "draft"]),
    ] {
        for code in codes {
            let plan = read(&with(&(name, pointer, json!(code)))).unwrap();
            let parts = plan.goals.len()
                + plan.contacts.len()
                + plan.measurements.len()
                + plan.medicines.len()
                + plan.appointments.len()
                + plan.zones.len();
            let lost = if name == "CareTeam/team" { 2 } else { 1 };
            assert_eq!(parts, 11 - lost, "{name} {code}");
        }
    }
}

#[test]
fn what_two_searches_have_found_is_one_part_and_the_last_one_counts() {
    let mut resources = whole();
    let mut again = resources[1].clone();
    again["title"] = json!("Rød sone, ny");
    resources.push(again);
    let plan = read(&resources).unwrap();
    assert_eq!((plan.zones.len(), plan.zones[1].name.as_str()), (2, "Rød sone, ny"));
}

#[test]
fn a_head_tells_plans_from_zones() {
    let resources = whole();
    let head = plan::head(&raw(&resources[0])).unwrap();
    assert_eq!(
        (head.reference.as_str(), head.version_id.as_str(), head.part_of.as_deref()),
        ("CarePlan/plan", "7", None)
    );
    assert!(head.is_in_use() && head.counts());
    let mut zone = resources[1].clone();
    zone["meta"] = json!({ "versionId": "1" });
    zone["status"] = json!("entered-in-error");
    let head = plan::head(&raw(&zone)).unwrap();
    assert_eq!(head.part_of.as_deref(), Some("CarePlan/plan"));
    assert!(!head.is_in_use() && !head.counts());
}

/// The demonstration's plans, filled in for a patient and a week.
fn demonstration(name: &str) -> Vec<Json> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/demo").join(name);
    let mut text = fs::read_to_string(&path).unwrap().replace("{patient}", "123");
    let monday = day("2026-11-23");
    while let Some((before, rest)) = text.split_once("{monday") {
        let (days, after) = rest.split_once('}').unwrap();
        let days = if days.is_empty() { 0 } else { days.parse::<i64>().unwrap() };
        text = format!("{before}{}{after}", monday + chrono::Duration::days(days));
    }
    let bundle: Json = serde_json::from_str(&text).unwrap();
    let mut resources: Vec<Json> =
        bundle["entry"].as_array().unwrap().iter().map(|entry| entry["resource"].clone()).collect();
    resources[0]["meta"] = json!({ "versionId": "1", "lastUpdated": "2026-11-23T08:00:00Z" });
    resources
}

#[test]
fn the_plans_of_the_demonstration_are_read_whole() {
    for name in ["copd.json", "diabetes.json", "heart-failure.json"] {
        let plan = read(&demonstration(name)).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        assert!(plan.zones.len() == 3 && !plan.measurements.is_empty() && plan.service().is_some(), "{name}");
    }
}

/// The places of all values in a resource.
fn pointers(json: &Json) -> Vec<String> {
    let inner = |name: String, value: &Json| {
        let own = format!("/{name}");
        std::iter::once(own.clone()).chain(pointers(value).into_iter().map(|p| format!("{own}{p}"))).collect::<Vec<_>>()
    };
    match json {
        Json::Object(members) => members.iter().flat_map(|(name, value)| inner(name.clone(), value)).collect(),
        Json::Array(items) => items.iter().enumerate().flat_map(|(n, value)| inner(n.to_string(), value)).collect(),
        _ => Vec::new(),
    }
}

fn values() -> impl Strategy<Value = Json> {
    prop_oneof![
        Just(Json::Null),
        Just(json!([])),
        Just(json!({})),
        Just(json!([{ "extension": [{}] }])),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        "[#/|a-z0-9:T-]{0,12}".prop_map(Json::from),
    ]
}

proptest! {
    #[test]
    fn any_plan_that_is_written_reads_back(plan in written::plans()) {
        let (parent, parts) = written::resources(&plan);
        let read = plan::read(&parent, &parts, &patient()).map_err(|fault| TestCaseError::fail(format!("{fault}")))?;
        prop_assert_eq!(read, plan);
    }

    #[test]
    fn whatever_stands_in_a_plan_is_read_or_refused_by_name(at in 0usize..100_000, put in values()) {
        let mut resources = whole();
        let places: Vec<(usize, String)> =
            (0..resources.len()).flat_map(|n| pointers(&resources[n]).into_iter().map(move |at| (n, at))).collect();
        let (resource, pointer) = &places[at % places.len()];
        *resources[*resource].pointer_mut(pointer).unwrap() = put;
        if let Err(fault) = read(&resources) {
            prop_assert!(!fault.resource.is_empty() && !fault.element.is_empty() && !fault.problem.is_empty());
        }
    }
}
