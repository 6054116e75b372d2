//! What is sent, rule by rule. Each test bears the name of the rule that it checks: of FHIR R4, of the HL7 Personal
//! Health Device guide (PHD), of the Norwegian VkpObservation (VKP).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    reason = "tests"
)]

use common::{SERVICE, at, enrolment, entry, local, measured, number, of_kind, reception};
use dagsform_care::{
    ByHand, Flag, Kind, Meal, Measured, Metric, Observed, PatientId, Performer, Quantity, Reading, ReadingTime, Source,
    Special, TakenBack, Trust, Unit, Value, Why,
};
use dagsform_sync::fhir;
use serde_json::{Value as Json, json};
use uuid::Uuid;

mod common;

const MDC: &str = "urn:iso:std:iso:11073:10101";
const LOINC: &str = "http://loinc.org";
const SNOMED_CT: &str = "http://snomed.info/sct";
const NPU: &str = "urn:oid:2.16.578.1.12.4.1.1.7280";

fn sent(reading: Reading) -> Vec<Json> {
    let mut entry = entry(1, reading);
    if entry.reading.source == Source::ByHand {
        entry.sensor = None;
    }
    let mapped = fhir::map(&entry, &enrolment(SERVICE)).unwrap();
    mapped.resources.iter().map(|resource| serde_json::from_str(resource.json.get()).unwrap()).collect()
}

fn observed(kind: Kind, values: &[(Metric, &str)], flags: &[Flag]) -> Observed {
    let values = values.iter().map(|(metric, text)| measured(*metric, number(text))).collect();
    of_kind(kind, values, flags, local("2026-11-23T08:00:00"))
}

fn received(observed: Observed) -> Reading {
    Reading::received(observed, &reception("2026-11-23T08:00:10+01:00", false))
}

fn reading(kind: Kind, values: &[(Metric, &str)], flags: &[Flag]) -> Reading {
    received(observed(kind, values, flags))
}

fn pressure(flags: &[Flag]) -> Reading {
    let values = [
        (Metric::Systolic, "137"),
        (Metric::Diastolic, "83"),
        (Metric::MeanArterialPressure, "101"),
        (Metric::PulseRateByCuff, "68"),
    ];
    reading(Kind::BloodPressure, &values, flags)
}

/// A reading of each kind.
fn of_each_kind() -> Vec<Reading> {
    vec![
        reading(Kind::PulseOximetry, &[(Metric::OxygenSaturation, "94"), (Metric::PulseRate, "71")], &[]),
        pressure(&[]),
        reading(Kind::BodyWeight, &[(Metric::BodyWeight, "80.5")], &[]),
        reading(Kind::BloodGlucose, &[(Metric::GlucoseCapillaryWholeBlood, "6.3")], &[]),
        reading(Kind::BodyTemperature, &[(Metric::BodyTemperature, "37.2")], &[]),
        reading(
            Kind::Spirometry,
            &[(Metric::PeakExpiratoryFlow, "412"), (Metric::ForcedExpiratoryVolume, "2.31")],
            &[],
        ),
    ]
}

fn by_hand(kind: Kind, values: &[(Metric, &str)], performer: Performer) -> Reading {
    let values = values.iter().map(|(metric, text)| measured(*metric, number(text))).collect();
    let time = ReadingTime::by_hand(at("2026-11-23T07:30:00+01:00"), at("2026-11-23T08:00:10+01:00"), Trust::Trusted);
    let entered = ByHand { kind, values, meal: None, performer };
    Reading::by_hand(Uuid::from_u128(7), PatientId("p-1".to_owned()), entered, time)
}

/// The codes of a system in a concept.
fn codes<'a>(concept: &'a Json, system: &str) -> Vec<&'a str> {
    let codings = concept["coding"].as_array().map_or(&[][..], Vec::as_slice);
    codings.iter().filter(|c| c["system"] == system).map(|c| c["code"].as_str().unwrap()).collect()
}

fn concepts(list: &Json) -> Vec<&Json> {
    list.as_array().map(|list| list.iter().collect()).unwrap_or_default()
}

fn interpretations(observation: &Json) -> Vec<&str> {
    let system = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation";
    concepts(&observation["interpretation"]).into_iter().flat_map(|concept| codes(concept, system)).collect()
}

fn bits(observation: &Json) -> Vec<&str> {
    let system = "http://terminology.hl7.org/CodeSystem/ASN1ToHL7";
    concepts(&observation["component"]).into_iter().flat_map(|part| codes(&part["code"], system)).collect()
}

fn notes(observation: &Json) -> String {
    observation["note"].to_string()
}

fn is_vital_sign(observation: &Json) -> bool {
    observation["category"].to_string().contains("vital-signs")
}

#[test]
fn phd_code_every_measurement_has_its_mdc_code() {
    for observation in of_each_kind().into_iter().flat_map(sent) {
        assert_eq!(codes(&observation["code"], MDC).len(), 1, "{observation}");
    }
}

#[test]
fn phd_category_only_what_a_sensor_measured_is_phd_generated() {
    for observation in of_each_kind().into_iter().flat_map(sent) {
        assert!(observation["category"].to_string().contains("PhdObservationCategories"), "{observation}");
    }
}

#[test]
fn phd_compound_numeric_a_blood_pressure_is_one_observation_without_a_value_of_its_own() {
    let sent = sent(pressure(&[]));
    assert_eq!(sent.len(), 2);
    let panel = &sent[0];
    assert_eq!(codes(&panel["code"], MDC), ["150020"]);
    assert!(
        panel.get("valueQuantity").is_none() && panel["meta"].to_string().contains("PhdCompoundNumericObservation")
    );
    let numbers: Vec<(&str, &Json)> = concepts(&panel["component"])
        .iter()
        .map(|part| (codes(&part["code"], MDC)[0], &part["valueQuantity"]["value"]))
        .collect();
    assert_eq!(numbers, [("150021", &json!(137)), ("150022", &json!(83)), ("150023", &json!(101))]);
    assert_eq!((codes(&sent[1]["code"], MDC), &sent[1]["valueQuantity"]["value"]), (vec!["149546"], &json!(68)));
}

#[test]
fn phd_measurement_status_bits_are_those_of_the_sensors_own_status_word() {
    assert_eq!(bits(&sent(pressure(&[Flag::BodyMovement, Flag::IrregularPulse]))[0]), ["8410608.0", "8410608.2"]);
    let values = [(Metric::GlucoseCapillaryPlasma, "6.3")];
    let flags = [Flag::BatteryLow, Flag::SensorTooCold];
    assert_eq!(bits(&sent(reading(Kind::BloodGlucose, &values, &flags))[0]), ["8417752.0", "8417752.8"]);
    let values = [(Metric::OxygenSaturation, "94")];
    assert_eq!(bits(&sent(reading(Kind::PulseOximetry, &values, &[Flag::LowPerfusion]))[0]), ["150604.10"]);
}

#[test]
fn phd_interpretation_each_has_a_code_of_the_measurement_status() {
    let system = "http://hl7.org/fhir/uv/pocd/CodeSystem/measurement-status";
    let values = [(Metric::GlucoseCapillaryPlasma, "33.3")];
    for flags in [vec![Flag::ResultAboveRange], vec![Flag::ResultBelowRange, Flag::StripTypeIncorrect]] {
        let observation = &sent(reading(Kind::BloodGlucose, &values, &flags))[0];
        let all = concepts(&observation["interpretation"]);
        assert!(!all.is_empty() && all.iter().all(|concept| codes(concept, system).len() == 1), "{observation}");
    }
}

#[test]
fn phd_coded_enumeration_a_glucose_says_how_it_stands_to_a_meal() {
    for (meal, code) in [
        (Meal::Preprandial, "8417868"),
        (Meal::Postprandial, "8417872"),
        (Meal::Fasting, "8417876"),
        (Meal::Casual, "8417880"),
        (Meal::Bedtime, "8417908"),
    ] {
        let observed = observed(Kind::BloodGlucose, &[(Metric::GlucoseCapillaryPlasma, "6.3")], &[]);
        let sent = sent(received(Observed { meal: Some(meal), ..observed }));
        let component = &sent[0]["component"][0];
        assert_eq!(codes(&component["code"], MDC), ["8417864"]);
        assert_eq!(codes(&component["valueCodeableConcept"], MDC), [code]);
    }
}

#[test]
fn phd_manually_entered_is_a_note_and_claims_neither_profile_nor_device() {
    for observation in sent(by_hand(Kind::BodyWeight, &[(Metric::BodyWeight, "80.5")], Performer::Patient)) {
        assert!(notes(&observation).contains("Entered by hand."));
        assert!(["meta", "device", "method"].iter().all(|field| observation.get(field).is_none()), "{observation}");
        assert!(!observation["category"].to_string().contains("phd") && is_vital_sign(&observation));
    }
}

#[test]
fn phd_performer_is_only_who_someone_has_said() {
    let performer = |performer| {
        let values = [(Metric::BodyWeight, "80.5")];
        sent(by_hand(Kind::BodyWeight, &values, performer))[0]["performer"].clone()
    };
    assert_eq!(performer(Performer::Unknown), Json::Null);
    assert_eq!(performer(Performer::Patient), json!([{"reference": "Patient/123"}]));
    assert_eq!(performer(Performer::Relative), json!([{"type": "RelatedPerson", "display": "A relative"}]));
}

#[test]
fn phd_floats_keep_their_precision() {
    for text in ["80", "80.0", "80.50", "8E+1"] {
        let reading = reading(Kind::BodyWeight, &[(Metric::BodyWeight, text)], &[]);
        let mapped = fhir::map(&entry(1, reading), &enrolment(SERVICE)).unwrap();
        let written = if text == "8E+1" { "80" } else { text };
        assert!(mapped.resources[0].json.get().contains(&format!("\"value\":{written},")), "{text}");
    }
}

#[test]
fn fhir_vital_signs_have_the_loinc_code_that_their_profile_demands() {
    let values = [(Metric::BodyWeight, "80.5"), (Metric::BodyMassIndex, "26.1"), (Metric::BodyHeight, "1.75")];
    let scale = sent(reading(Kind::BodyWeight, &values, &[]));
    assert_eq!(scale.iter().map(|o| codes(&o["code"], LOINC)[0]).collect::<Vec<_>>(), ["29463-7", "39156-5", "8302-2"]);
    let cuff = sent(pressure(&[]));
    assert_eq!(codes(&cuff[0]["code"], LOINC), ["85354-9"]);
    let parts: Vec<_> = concepts(&cuff[0]["component"]).iter().map(|part| codes(&part["code"], LOINC)[0]).collect();
    assert_eq!(parts, ["8480-6", "8462-4", "8478-0"]);
    assert_eq!(codes(&cuff[1]["code"], LOINC), ["8867-4"]);
    assert_eq!(codes(&sent(of_each_kind().remove(4))[0]["code"], LOINC), ["8310-5"]);
}

#[test]
fn fhir_vital_signs_take_only_some_units_and_in_another_the_value_is_sent_as_it_is() {
    let in_unit = |kind, metric, text, unit| {
        let mut values = vec![Measured { metric, quantity: Quantity { value: number(text), unit } }];
        // A height alone is no outcome.
        values.extend((metric == Metric::BodyHeight).then(|| measured(Metric::BodyWeight, number("80.5"))));
        let sent = sent(received(of_kind(kind, values, &[], local("2026-11-23T08:00:00"))));
        let quantity = if sent[0].get("valueQuantity").is_some() { &sent[0] } else { &sent[0]["component"][0] };
        assert_eq!(quantity["valueQuantity"]["code"], unit.ucum());
        assert_eq!(quantity["valueQuantity"]["value"].to_string(), text);
        is_vital_sign(&sent[0])
    };
    assert!(in_unit(Kind::BodyWeight, Metric::BodyWeight, "176.4", Unit::Pound));
    assert!(in_unit(Kind::BodyTemperature, Metric::BodyTemperature, "98.6", Unit::DegreeFahrenheit));
    assert!(in_unit(Kind::BloodPressure, Metric::Systolic, "137", Unit::MillimetreOfMercury));
    assert!(!in_unit(Kind::BloodPressure, Metric::Systolic, "18.3", Unit::Kilopascal));
    assert!(!in_unit(Kind::BodyWeight, Metric::BodyHeight, "1.75", Unit::Metre));
}

#[test]
fn fhir_bp_a_missing_pressure_has_a_reason() {
    let sent = sent(reading(Kind::BloodPressure, &[(Metric::Systolic, "137")], &[]));
    let diastolic = &sent[0]["component"][1];
    assert_eq!(codes(&diastolic["code"], LOINC), ["8462-4"]);
    assert_eq!(diastolic["dataAbsentReason"]["coding"][0]["code"], "unknown");
}

#[test]
fn fhir_interpretation_off_scale_is_never_hidden() {
    let high = [Flag::ResultAboveRange];
    let with_value = [(Metric::GlucoseCapillaryPlasma, "33.3")];
    assert_eq!(interpretations(&sent(reading(Kind::BloodGlucose, &with_value, &high))[0]), [">"]);
    assert_eq!(interpretations(&sent(reading(Kind::BloodGlucose, &[], &high))[0]), [">"]);
    assert_eq!(interpretations(&sent(reading(Kind::BloodGlucose, &[], &[Flag::ResultBelowRange]))[0]), ["<"]);
    // Also where the device says that something else is wrong.
    let failed = [Flag::ResultAboveRange, Flag::InvalidMeasurement];
    assert_eq!(interpretations(&sent(reading(Kind::BloodGlucose, &with_value, &failed))[0]), [">"]);
    for (special, sign) in [(Special::PositiveInfinity, ">"), (Special::NegativeInfinity, "<")] {
        let values = vec![measured(Metric::GlucoseCapillaryPlasma, Value::Special(special))];
        let reading = received(of_kind(Kind::BloodGlucose, values, &[], local("2026-11-23T08:00:00")));
        assert_eq!(interpretations(&sent(reading)[0]), [sign]);
    }
}

#[test]
fn fhir_entered_in_error_is_what_was_taken_back_and_says_why() {
    for (why, words) in [
        (Why::WrongPerson, "it is of another person"),
        (Why::Mistyped, "a figure was mistyped"),
        (Why::MeasuringError, "the measuring went wrong"),
    ] {
        let taken_back = Some(TakenBack { at: at("2026-11-23T09:15:00+01:00"), why });
        for observation in sent(Reading { taken_back, ..pressure(&[]) }) {
            assert_eq!(observation["status"], "entered-in-error");
            assert!(notes(&observation).contains(words) && notes(&observation).contains("2026-11-23T09:15:00+01:00"));
        }
    }
}

#[test]
fn fhir_note_a_reading_that_someone_claimed_says_so() {
    let open = Reading { claimed: true, ..pressure(&[]) };
    assert!(notes(&sent(open)[0]).contains("someone at the tablet has said that it is the patient's"));
    assert!(!notes(&sent(pressure(&[]))[0]).contains("someone at the tablet"));
    let by_hand = by_hand(Kind::BodyWeight, &[(Metric::BodyWeight, "80.5")], Performer::Patient);
    assert!(!notes(&sent(by_hand)[0]).contains("someone at the tablet"));
}

#[test]
fn vkp_codes_stage_1() {
    let of = |kind: usize| sent(of_each_kind().remove(kind));
    let snomed = |observation: &Json| codes(&observation["code"], SNOMED_CT).first().map(ToString::to_string);
    assert_eq!(snomed(&of(0)[0]).as_deref(), Some("431314004"));
    assert_eq!(snomed(&of(0)[1]).as_deref(), Some("364075005"));
    let cuff = of(1);
    assert_eq!(snomed(&cuff[0]).as_deref(), Some("75367002"));
    assert_eq!(snomed(&cuff[0]["component"][0]).as_deref(), Some("271649006"));
    assert_eq!(snomed(&cuff[0]["component"][1]).as_deref(), Some("271650006"));
    assert_eq!(snomed(&of(2)[0]).as_deref(), Some("27113001"));
    assert_eq!(snomed(&of(3)[0]).as_deref(), Some("434912009"));
    assert_eq!(snomed(&of(4)[0]).as_deref(), Some("276885007"));
}

#[test]
fn vkp_npu_and_loinc_tell_glucose_by_fluid_and_by_unit() {
    use {Metric::*, Unit::*};
    for (metric, unit, loinc, npu) in [
        (GlucoseCapillaryWholeBlood, MillimolePerLitre, "15074-8", Some("NPU02187")),
        (GlucoseCapillaryWholeBlood, MilligramPerDecilitre, "2339-0", None),
        (GlucoseUndeterminedPlasma, MillimolePerLitre, "14749-6", Some("NPU02192")),
        (GlucoseUndeterminedPlasma, MilligramPerDecilitre, "2345-7", None),
        (GlucoseInterstitialFluid, MillimolePerLitre, "105272-9", None),
        (GlucoseInterstitialFluid, MilligramPerDecilitre, "99504-3", None),
    ] {
        let quantity = Quantity { value: number(if unit == MillimolePerLitre { "6.3" } else { "113" }), unit };
        let values = vec![Measured { metric, quantity }];
        let sent = sent(received(of_kind(Kind::BloodGlucose, values, &[], local("2026-11-23T08:00:00"))));
        assert_eq!(codes(&sent[0]["code"], LOINC), [loinc], "{metric:?} {unit:?}");
        assert_eq!(codes(&sent[0]["code"], NPU).first().copied(), npu, "{metric:?} {unit:?}");
    }
}

/// The display codes of a list of concepts, of any system.
fn first_codes(list: &Json) -> Vec<&str> {
    concepts(list).into_iter().map(|concept| concept["coding"][0]["code"].as_str().unwrap()).collect()
}

fn extension<'a>(observation: &'a Json, name: &str) -> Option<&'a Json> {
    concepts(&observation["extension"]).into_iter().find(|one| one["url"].as_str().unwrap().ends_with(name))
}

/// By a clock that was five years behind.
fn corrected() -> Reading {
    let values = vec![measured(Metric::OxygenSaturation, number("92")), measured(Metric::PulseRate, number("71"))];
    let observed = of_kind(Kind::PulseOximetry, values, &[], local("2021-01-01T00:00:30"));
    Reading::received(observed, &reception("2026-07-23T08:00:10+02:00", false))
}

#[test]
fn phd_profiles_each_observation_of_a_sensor_names_that_of_its_kind() {
    let profile =
        |observation: &Json| observation["meta"]["profile"][0].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let profiles = |reading| sent(reading).iter().map(profile).collect::<Vec<_>>();
    assert_eq!(profiles(pressure(&[])), ["PhdCompoundNumericObservation", "PhdNumericObservation"]);
    assert_eq!(profiles(reading(Kind::BloodGlucose, &[], &[Flag::ResultAboveRange])), ["PhdBaseObservation"]);
    let with_clocks = ["PhdNumericObservation", "PhdNumericObservation", "PhdCoincidentTimeStampObservation"];
    assert_eq!(profiles(corrected()), with_clocks);
}

#[test]
fn phd_identifier_each_observation_has_one_of_its_own_and_is_created_only_without_one() {
    let mut seen = std::collections::HashSet::new();
    for reading in of_each_kind().into_iter().chain([corrected()]) {
        let mapped = fhir::map(&entry(1, reading), &enrolment(SERVICE)).unwrap();
        let bundle = serde_json::to_value(fhir::transaction(&mapped.resources)).unwrap();
        for entry in bundle["entry"].as_array().unwrap() {
            let identifiers = entry["resource"]["identifier"].as_array().unwrap();
            assert_eq!(identifiers.len(), 1);
            let search = format!(
                "identifier={}|{}",
                identifiers[0]["system"].as_str().unwrap(),
                identifiers[0]["value"].as_str().unwrap()
            );
            assert_eq!(entry["request"], json!({"method": "POST", "url": "Observation", "ifNoneExist": search}));
            assert!(seen.insert(search));
        }
    }
}

#[test]
fn phd_gateway_device_each_observation_names_the_tablet_that_received_it() {
    for observation in of_each_kind().into_iter().flat_map(sent) {
        let gateway = extension(&observation, "/observation-gatewayDevice").unwrap();
        assert_eq!(gateway["valueReference"]["reference"], "urn:uuid:01990000-0000-7000-8000-000000000001");
    }
}

#[test]
fn phd_subject_and_device_each_observation_is_of_the_patient_by_the_sensor() {
    let sensor = fhir::device::sensor_url(&common::sensor());
    for observation in of_each_kind().into_iter().flat_map(sent) {
        assert_eq!(observation["subject"], json!({"reference": "Patient/123"}));
        assert_eq!(observation["device"], json!({"reference": sensor}));
    }
}

#[test]
fn phd_effective_is_the_corrected_time_with_its_offset_or_a_reason_why_there_is_none() {
    assert_eq!(sent(corrected())[0]["effectiveDateTime"], "2026-07-23T08:00:10+02:00");
    let observed = observed(Kind::PulseOximetry, &[(Metric::PulseRate, "58")], &[Flag::FromStorage]);
    let observed = Observed { time: local("2021-01-01T00:00:30"), ..observed };
    let stored = &sent(Reading::received(observed, &reception("2026-11-23T08:00:10+01:00", true)))[0];
    assert_eq!(stored["_effectiveDateTime"]["extension"][0]["valueCode"], "unknown");
    assert!(stored.get("effectiveDateTime").is_none() && notes(stored).contains("2021-01-01T00:00:30"));
}

#[test]
fn phd_coincident_time_stamp_compares_the_clocks_and_each_corrected_observation_refers_to_it() {
    let mapped = fhir::map(&entry(1, corrected()), &enrolment(SERVICE)).unwrap();
    let (clocks, corrected) = mapped.resources.split_last().unwrap();
    assert_eq!(corrected.len(), 2);
    for resource in corrected {
        let observation: Json = serde_json::from_str(resource.json.get()).unwrap();
        let compared = extension(&observation, "/CoincidentTimeStampReference").unwrap();
        assert_eq!(compared["valueReference"]["reference"], clocks.full_url.as_str());
    }
    let clocks: Json = serde_json::from_str(clocks.json.get()).unwrap();
    assert_eq!(codes(&clocks["code"], MDC), ["67975"]);
    assert_eq!(clocks["subject"]["reference"], fhir::device::sensor_url(&common::sensor()));
    assert_eq!(clocks["effectiveDateTime"], "2026-07-23T08:00:10+02:00");
    assert_eq!(clocks["valueDateTime"], "2021-01-01T00:00:30+02:00");
    assert_eq!(sent(pressure(&[])).iter().filter_map(|it| extension(it, "/CoincidentTimeStampReference")).count(), 0);
}

#[test]
fn phd_supplemental_types_tell_a_fast_from_a_slow_response() {
    for (metric, code) in
        [(Metric::OxygenSaturationFast, "MDC_MODALITY_FAST"), (Metric::OxygenSaturationSlow, "MDC_MODALITY_SLOW")]
    {
        let observation = &sent(reading(Kind::PulseOximetry, &[(metric, "94")], &[]))[0];
        assert_eq!(codes(&observation["component"][0]["code"], MDC), ["68193"]);
        assert_eq!(observation["component"][0]["valueCodeableConcept"]["coding"][0]["display"], code);
    }
}

#[test]
fn phd_floats_special_values_and_failed_measurements_have_a_reason_and_no_value() {
    let special = |special| {
        let values = vec![measured(Metric::OxygenSaturation, Value::Special(special))];
        sent(received(of_kind(Kind::PulseOximetry, values, &[], local("2026-11-23T08:00:00")))).remove(0)
    };
    let flagged = |flag| sent(reading(Kind::PulseOximetry, &[(Metric::OxygenSaturation, "94")], &[flag])).remove(0);
    for (observation, reason) in [
        (special(Special::NotANumber), "not-a-number"),
        (special(Special::NotAtThisResolution), "error"),
        (special(Special::PositiveInfinity), "positive-infinity"),
        (special(Special::NegativeInfinity), "negative-infinity"),
        (special(Special::Reserved), "error"),
        (flagged(Flag::InvalidMeasurement), "error"),
        (flagged(Flag::MeasurementUnavailable), "not-performed"),
    ] {
        assert_eq!(observation["dataAbsentReason"]["coding"][0]["code"], reason);
        assert!(observation.get("valueQuantity").is_none());
    }
}

#[test]
fn phd_measurement_status_early_estimates_are_preliminary_and_doubt_is_an_interpretation() {
    let flagged = |flag| sent(reading(Kind::PulseOximetry, &[(Metric::OxygenSaturation, "94")], &[flag])).remove(0);
    for (flag, status, interpretation) in [
        (Flag::EarlyEstimate, "preliminary", "early-indication"),
        (Flag::MeasurementOngoing, "preliminary", "msmt-ongoing"),
        (Flag::Validated, "final", "validated-data"),
        (Flag::CalibrationOngoing, "final", "calibration-ongoing"),
        (Flag::QuestionableMeasurement, "final", "questionable"),
    ] {
        let observation = flagged(flag);
        assert_eq!(observation["status"], status, "{flag:?}");
        assert!(first_codes(&observation["interpretation"]).contains(&interpretation), "{flag:?}: {observation}");
    }
}

#[test]
fn phd_quantity_each_is_in_a_ucum_unit() {
    for observation in of_each_kind().into_iter().flat_map(sent) {
        let parts = concepts(&observation["component"]).into_iter().map(|part| &part["valueQuantity"]);
        for quantity in parts.chain([&observation["valueQuantity"]]).filter(|quantity| !quantity.is_null()) {
            assert_eq!(quantity["system"], "http://unitsofmeasure.org");
            assert!(quantity["code"].is_string() && quantity["unit"].is_string() && quantity["code"] != "mmHg");
        }
    }
}

#[test]
fn fhir_obs_7_no_component_has_the_code_of_an_observation_with_a_value() {
    for observation in of_each_kind().into_iter().flat_map(sent).filter(|it| it.get("valueQuantity").is_some()) {
        let parts = concepts(&observation["component"]).into_iter();
        assert!(parts.map(|part| &part["code"]).all(|code| *code != observation["code"]));
    }
}

#[test]
fn fhir_sequel_to_a_reading_that_was_measured_once_more_names_the_first_number_by_number() {
    let first = pressure(&[]);
    let again = Reading { repeats: Some(first.identity), ..pressure(&[Flag::BodyMovement]) };
    for (first, again) in sent(first).iter().zip(sent(again)) {
        let sequel = extension(&again, "/observation-sequelTo").unwrap();
        assert_eq!(sequel["valueReference"]["identifier"], first["identifier"][0]);
        assert_eq!(sequel["valueReference"]["type"], "Observation");
        assert_ne!(again["identifier"], first["identifier"]);
    }
}

#[test]
fn vkp_subject_is_the_patients_reference_and_no_national_number_is_sent() {
    for reading in of_each_kind().into_iter().chain([corrected()]) {
        let mapped = fhir::map(&entry(1, reading), &pmd()).unwrap();
        for resource in mapped.resources.iter().chain(&mapped.sensor) {
            assert!(!resource.json.get().contains("2.16.578.1.12.4.1.4"), "{}", resource.json);
        }
        for resource in &mapped.resources {
            let observation: Json = serde_json::from_str(resource.json.get()).unwrap();
            assert_eq!(observation["subject"], json!({"reference": "Patient/123"}));
        }
    }
}

fn pmd() -> dagsform_sync::Enrolment {
    dagsform_sync::Enrolment { form: dagsform_sync::BodyForm::Pmd, ..enrolment(SERVICE) }
}

#[test]
fn vkp_profile_each_observation_of_a_batch_names_vkp_observation() {
    let hand = by_hand(Kind::BodyWeight, &[(Metric::BodyWeight, "80.5")], Performer::Relative);
    for reading in of_each_kind().into_iter().chain([hand]) {
        let sensor = (reading.source != Source::ByHand).then(|| (common::sensor(), common::information()));
        let mapped = fhir::map(&dagsform_sync::Entry { sensor, ..entry(1, reading) }, &pmd()).unwrap();
        for resource in &mapped.resources {
            let observation: Json = serde_json::from_str(resource.json.get()).unwrap();
            let profile = "http://hl7.no/fhir/vkpobservation/StructureDefinition/vkp-Observation";
            assert_eq!(observation["meta"]["profile"][0], profile);
        }
    }
}

#[test]
fn vkp_observation_every_coding_slice_has_its_own_system() {
    let known = [MDC, LOINC, SNOMED_CT, NPU];
    for observation in of_each_kind().into_iter().flat_map(sent) {
        let systems = concepts(&observation["code"]["coding"]).into_iter().map(|c| c["system"].as_str().unwrap());
        assert!(systems.into_iter().all(|system| known.contains(&system)), "{observation}");
    }
}

#[test]
fn vkp_bloodpressure_method_is_left_alone_since_it_allows_auscultation_and_palpation_only() {
    for observation in sent(pressure(&[])) {
        assert!(observation.get("method").is_none() && observation.get("bodySite").is_none());
    }
}

#[test]
fn vkp_performer_is_patient_or_relative_or_personnel_and_never_a_number() {
    for (performer, kind) in [
        (Performer::Patient, Json::Null),
        (Performer::Relative, json!("RelatedPerson")),
        (Performer::Staff, json!("Practitioner")),
    ] {
        let observation = &sent(Reading { performer, ..pressure(&[]) })[0];
        assert_eq!(observation["performer"][0]["type"], kind);
        assert!(observation["performer"][0].get("identifier").is_none());
    }
}
