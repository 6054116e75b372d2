//! What is sent beside Observations, rule by rule, as `rules.rs` does for those: bundles, devices, answers, messages,
//! medicines.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    reason = "tests"
)]

use std::collections::HashSet;

use common::{SERVICE, any::any_item, enrolment, entry, good, information, sensor};
use dagsform_care::{DeviceInformation, Kind, item::Item};
use dagsform_sync::{
    BodyForm, Condition, Enrolment,
    condition::{SensorCondition, SensorFault},
    fhir,
    outbox::ItemEntry,
};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

mod common;

const MDC: &str = "urn:iso:std:iso:11073:10101";

fn read(resource: &fhir::Resource) -> Json {
    serde_json::from_str(resource.json.get()).unwrap()
}

fn sensor_of(said: &DeviceInformation, kind: Kind) -> Json {
    read(&fhir::device::sensor(&sensor(), said, kind).unwrap())
}

fn tablet() -> Json {
    read(&fhir::device::tablet(&enrolment(SERVICE).tablet).unwrap())
}

fn coded(concept: &Json) -> (&str, &str) {
    (concept["coding"][0]["system"].as_str().unwrap(), concept["coding"][0]["code"].as_str().unwrap())
}

/// Three readings and what they name, in the form of *Pasientens måledata*.
fn batch() -> Json {
    let enrolment = Enrolment { form: BodyForm::Pmd, ..enrolment(SERVICE) };
    let tablet = fhir::device::tablet(&enrolment.tablet).unwrap();
    let mapped: Vec<fhir::Mapped> = (0..3)
        .map(|n| dagsform_sync::Entry { sent_before: n == 2, version: 2, ..entry(1, good(n)) })
        .map(|entry| fhir::map(&entry, &enrolment).unwrap())
        .collect();
    let own = mapped.iter().flat_map(|mapped| &mapped.resources);
    serde_json::to_value(fhir::batch([&tablet].into_iter().chain(&mapped[0].sensor).chain(own))).unwrap()
}

fn entries(bundle: &Json) -> &Vec<Json> {
    bundle["entry"].as_array().unwrap()
}

#[test]
fn vkp_pmd_bundle_is_a_batch() {
    assert_eq!((&batch()["resourceType"], &batch()["type"]), (&json!("Bundle"), &json!("batch")));
}

#[test]
fn vkp_pmd_bundle_every_entry_has_a_full_url_of_its_own() {
    let bundle = batch();
    let mut seen = HashSet::new();
    assert!(entries(&bundle).iter().all(|entry| seen.insert(entry["fullUrl"].as_str().unwrap())));
    assert!(seen.iter().all(|url| url.starts_with("urn:uuid:")));
}

#[test]
fn vkp_pmd_bundle_requests_are_post_or_put() {
    let bundle = batch();
    let methods: HashSet<&str> = entries(&bundle).iter().map(|it| it["request"]["method"].as_str().unwrap()).collect();
    assert_eq!(methods, HashSet::from(["POST", "PUT"]));
}

#[test]
fn vkp_pmd_bundle_what_a_reading_becomes_is_observations_only() {
    let bundle = batch();
    let kinds: Vec<&str> =
        entries(&bundle).iter().map(|entry| entry["resource"]["resourceType"].as_str().unwrap()).collect();
    assert_eq!(kinds[..2], ["Device", "Device"]);
    assert!(kinds.len() == 8 && kinds[2..].iter().all(|kind| *kind == "Observation"));
}

#[test]
fn fhir_batch_no_entry_refers_to_another() {
    let bundle = batch();
    for entry in entries(&bundle) {
        let url = entry["fullUrl"].to_string();
        let others = entries(&bundle).iter().filter(|other| other["fullUrl"] != entry["fullUrl"]);
        let mut references = others.map(|other| other["resource"].to_string());
        assert!(!references.any(|text| text.contains(&format!("\"reference\":{url}"))), "{url}");
    }
}

#[test]
fn fhir_reference_by_identifier_has_the_type_and_the_identifier_of_the_device_that_is_sent() {
    let bundle = batch();
    let (tablet, sensor) = (&entries(&bundle)[0]["resource"], &entries(&bundle)[1]["resource"]);
    for entry in &entries(&bundle)[2..] {
        let gateway = &entry["resource"]["extension"][0]["valueReference"];
        for (reference, device) in [(gateway, tablet), (&entry["resource"]["device"], sensor)] {
            assert_eq!(reference["type"], "Device");
            assert_eq!(reference["identifier"]["system"], device["identifier"][0]["system"]);
            assert_eq!(reference["identifier"]["value"], device["identifier"][0]["value"]);
        }
    }
}

#[test]
fn phd_device_is_known_by_bluetooth_address_and_system_id() {
    let sensor = sensor_of(&information(), Kind::PulseOximetry);
    let kinds: Vec<_> = sensor["identifier"].as_array().unwrap().iter().map(|it| coded(&it["type"]).1).collect();
    assert_eq!(kinds, ["BTMAC", "SYSID"]);
    assert_eq!(sensor["identifier"][0]["value"], "F0-F1-F2-F3-F4-F5");
    assert_eq!(sensor["identifier"][1]["value"], "00-1C-05-FF-FE-FF-E8-74");
}

#[test]
fn phd_device_type_tells_a_sensor_from_a_gateway() {
    assert_eq!(coded(&sensor_of(&information(), Kind::BodyWeight)["type"]), (MDC, "65573"));
    assert_eq!(coded(&tablet()["type"]), (MDC, "531981"));
}

#[test]
fn phd_device_specialization_is_that_of_the_kind_with_a_version_and_a_gateway_has_all_that_it_supports() {
    for (kind, code) in [
        (Kind::PulseOximetry, "528388"),
        (Kind::BloodPressure, "528391"),
        (Kind::BodyTemperature, "528392"),
        (Kind::BodyWeight, "528399"),
        (Kind::BloodGlucose, "528401"),
        (Kind::Spirometry, "528405"),
    ] {
        let sensor = sensor_of(&information(), kind);
        let specializations = sensor["specialization"].as_array().unwrap();
        assert_eq!(specializations.len(), 1);
        assert_eq!(coded(&specializations[0]["systemType"]), (MDC, code));
        assert!(specializations[0]["version"].is_string());
        assert!(tablet()["specialization"].to_string().contains(code));
    }
}

#[test]
fn phd_device_manufacturer_and_model_are_told_or_marked_as_unknown() {
    let known = sensor_of(&information(), Kind::PulseOximetry);
    assert_eq!((&known["manufacturer"], &known["modelNumber"]), (&json!("Nonin Medical, Inc."), &json!("Model 3230")));
    let unknown = sensor_of(&DeviceInformation::default(), Kind::PulseOximetry);
    for element in ["_manufacturer", "_modelNumber"] {
        assert_eq!(unknown[element]["extension"][0]["valueCode"], "unknown");
    }
    assert!(unknown.get("manufacturer").is_none() && unknown.get("modelNumber").is_none());
}

#[test]
fn phd_device_versions_are_told_by_part_and_the_serial_number_by_itself() {
    let said = DeviceInformation { hardware: Some("A".to_owned()), ..information() };
    let sensor = sensor_of(&said, Kind::PulseOximetry);
    let versions: Vec<_> = sensor["version"]
        .as_array()
        .unwrap()
        .iter()
        .map(|version| (coded(&version["type"]).1, version["value"].as_str().unwrap()))
        .collect();
    assert_eq!(versions, [("531976", "1.10"), ("531975", "2.0"), ("531974", "A")]);
    assert_eq!(sensor["serialNumber"], "501900083");
    assert_eq!(tablet()["version"][0]["value"], "0.1.0");
}

#[test]
fn phd_device_profiles() {
    assert!(sensor_of(&information(), Kind::PulseOximetry)["meta"].to_string().ends_with("PhdDevice\"]}"));
    assert!(tablet()["meta"].to_string().ends_with("PhgDevice\"]}"));
}

#[test]
fn fhir_device_each_fault_has_a_code_and_words_and_a_kit_without_any_has_none() {
    let kit = |fault, clock_in_doubt| {
        let sensor = SensorCondition {
            id: sensor(),
            kind: Kind::PulseOximetry,
            information: information(),
            last_contact: None,
            fault,
        };
        let (battery, storage_free, sensors) = (None, None, vec![sensor]);
        let condition = Condition { battery, storage_free, waiting: 0, set_aside: 0, clock_in_doubt, sensors };
        let resources = fhir::condition::map(&condition, &enrolment(SERVICE)).unwrap();
        resources.iter().map(read).collect::<Vec<Json>>()
    };
    let faults = |device: &Json| -> Vec<String> {
        let all = device["property"].as_array().unwrap().iter();
        let faults = all.filter(|property| coded(&property["type"]).1 == "fault");
        faults
            .map(|fault| {
                assert!(fault["valueCode"][0]["coding"][0]["display"].is_string());
                coded(&fault["valueCode"][0]).1.to_owned()
            })
            .collect()
    };
    for (fault, code) in
        [(SensorFault::NotPaired, "not-paired"), (SensorFault::NotFound, "not-found"), (SensorFault::NoData, "no-data")]
    {
        assert_eq!(faults(&kit(Some(fault), false)[1]), [code]);
    }
    let well = kit(None, false);
    assert!(faults(&well[0]).is_empty() && faults(&well[1]).is_empty());
    assert_eq!(faults(&kit(None, true)[0]), ["clock-in-doubt"]);
    assert!(well.iter().all(|device| device["status"] == "active" && device["patient"]["reference"] == "Patient/123"));
}

fn mapped(item: Item, form: BodyForm) -> fhir::Resource {
    let entry = ItemEntry { number: 1, version: 1, item, sent_before: false };
    fhir::map_item(&entry, &Enrolment { form, ..enrolment(SERVICE) }).unwrap().resources.remove(0)
}

fn is_one_of(value: &Json, allowed: &[&str]) -> bool {
    allowed.iter().any(|one| value == one)
}

/// R4, qrs-1: nested items are beneath an item or beneath its answers, not both; a question that was not answered says why.
fn assert_question(item: &Json) {
    assert!(item["linkId"].is_string());
    let (answers, items) = (item.get("answer"), item.get("item"));
    assert!(answers.is_none() || items.is_none(), "{item}");
    let unknown = item["extension"][0]["valueCode"] == "asked-unknown";
    assert_ne!(answers.is_some() || items.is_some(), unknown, "{item}");
    for answer in answers.and_then(Json::as_array).into_iter().flatten() {
        assert_eq!(answer.as_object().unwrap().keys().filter(|name| name.starts_with("value")).count(), 1);
    }
    items.and_then(Json::as_array).into_iter().flatten().for_each(assert_question);
}

proptest! {
    #[test]
    fn fhir_items_are_of_the_patient_have_an_identifier_and_are_the_same_in_both_forms(item in any_item()) {
        let resource = mapped(item.clone(), BodyForm::Fhir);
        let json = read(&resource);
        prop_assert_eq!(&json["subject"], &json!({"reference": "Patient/123"}));
        prop_assert!(resource.identifier.starts_with("urn:ietf:rfc:3986|urn:uuid:"));
        prop_assert!(!resource.json.get().contains("2.16.578.1.12.4.1.4"));
        let in_batch = mapped(item, BodyForm::Pmd);
        prop_assert_eq!((in_batch.full_url, in_batch.json.get()), (resource.full_url, resource.json.get()));
    }

    #[test]
    fn fhir_items_have_the_status_and_the_times_that_their_type_demands(item in any_item()) {
        let json = read(&mapped(item.clone(), BodyForm::Fhir));
        match item {
            Item::Answers(answers) => {
                prop_assert!(is_one_of(&json["status"], &["completed", "entered-in-error"]));
                prop_assert_eq!(json["status"] == "entered-in-error", answers.taken_back.is_some());
                prop_assert_eq!(&json["questionnaire"], "https://x.example/q|2");
                prop_assert!(json["authored"].is_string());
                json["item"].as_array().unwrap().iter().for_each(assert_question);
            }
            Item::Message(message) => {
                prop_assert_eq!(&json["status"], "completed");
                prop_assert!(json["sent"].is_string());
                prop_assert!(json["sender"]["reference"].is_string() && json["recipient"][0]["display"].is_string());
                prop_assert_eq!(json.get("payload").is_some(), !message.text.is_empty());
                prop_assert_eq!(json.get("inResponseTo").is_some(), message.answers.is_some());
            }
            Item::Medicine(medicine) => {
                prop_assert_eq!(&json["status"], if medicine.taken { "completed" } else { "not-taken" });
                prop_assert_eq!(&json["medicationCodeableConcept"]["text"], &json!(medicine.name));
                prop_assert!(json["effectiveDateTime"].is_string() && json["dateAsserted"].is_string());
            }
            Item::Plan(report) => {
                let code = if report.refused.is_some() { "plan-refused" } else { "plan-taken" };
                prop_assert_eq!(coded(&json["category"][0]).1, code);
                prop_assert_eq!(&json["about"][0]["reference"], "CarePlan/12");
            }
        }
    }
}
