//! Words for what the codes of an Observation say.

use chrono::{DateTime, Utc};
use dagsform_care::time::ZONE;

use crate::{
    fhir::codes::{DATA_ABSENT_REASON, INTERPRETATION, LOINC, MDC, MEASUREMENT_STATUS, STATUS_BITS},
    service::{PageWords, json::Json},
};

/// The follow-up service as a sender.
pub(super) fn service(words: &dyn PageWords) -> String {
    words.text("service-page", "The follow-up service", &[])
}

/// The name of what was measured.
pub(super) fn measured(words: &dyn PageWords, code: Option<&Json>) -> String {
    let codings = code.map(|code| code.get_list("coding")).unwrap_or_default();
    let known = codings.iter().find_map(|coding| known(words, coding));
    known.or_else(|| display(code)).unwrap_or_else(|| words.text("service-page", "Another measurement", &[]))
}

fn known(words: &dyn PageWords, coding: &Json) -> Option<String> {
    Some(match (coding.get_text("system")?, coding.get_text("code")?) {
        (LOINC, "59408-5" | "2708-6") => words.text("service-page", "Oxygen saturation", &[]),
        (LOINC, "8867-4") => words.text("service-page", "Pulse", &[]),
        (LOINC, "85354-9") => words.text("service-page", "Blood pressure", &[]),
        (LOINC, "8480-6") => words.text("service-page", "Systolic", &[]),
        (LOINC, "8462-4") => words.text("service-page", "Diastolic", &[]),
        (LOINC, "8478-0") => words.text("service-page", "Mean pressure", &[]),
        (LOINC, "29463-7") => words.text("service-page", "Weight", &[]),
        (LOINC, "39156-5") => words.text("service-page", "Body mass index", &[]),
        (LOINC, "41982-0") => words.text("service-page", "Body fat", &[]),
        (LOINC, "15074-8" | "14749-6") | (MDC, "160184" | "160188" | "160368") => {
            words.text("service-page", "Blood glucose", &[])
        }
        (LOINC, "8310-5") => words.text("service-page", "Temperature", &[]),
        (LOINC, "19935-6") => words.text("service-page", "Peak flow", &[]),
        (LOINC, "20150-9") => words.text("service-page", "FEV1", &[]),
        (MDC, "150488") => words.text("service-page", "Pulse amplitude", &[]),
        (MDC, "8417864") => words.text("service-page", "Meal", &[]),
        _ => return None,
    })
}

/// How a glucose reading stands to a meal (`fhir::codes`, MDC_CTXT_GLU_MEAL).
pub(super) fn meal(words: &dyn PageWords, concept: &Json) -> Option<String> {
    let code = concept.get_list("coding").iter().find(|coding| coding.get_text("system") == Some(MDC))?;
    Some(match code.get_text("code")? {
        "8417868" => words.text("service-page", "before", &[]),
        "8417872" => words.text("service-page", "after", &[]),
        "8417876" => words.text("service-page", "fasting", &[]),
        "8417880" => words.text("service-page", "between meals", &[]),
        "8417908" => words.text("service-page", "at bedtime", &[]),
        _ => return None,
    })
}

/// A unit as people write it; those that need no other spelling stay as they are in UCUM.
pub(super) fn unit(ucum: &str) -> &str {
    match ucum {
        "mm[Hg]" => "mmHg",
        "Cel" => "°C",
        "[degF]" => "°F",
        "[lb_av]" => "lb",
        other => other,
    }
}

/// The text or the first display of a concept.
pub(super) fn display(concept: Option<&Json>) -> Option<String> {
    let first = concept?.get_list("coding").iter().find_map(|coding| coding.get_text("display"));
    concept?.get_text("text").or(first).map(str::to_owned)
}

/// How bad a zone is; 0 for what is none.
pub(super) fn severity(zone: &str) -> u8 {
    match zone {
        "green" => 1,
        "yellow" => 2,
        "red" => 3,
        _ => 0,
    }
}

/// A zone by its colour.
pub(super) fn zone(words: &dyn PageWords, zone: &str) -> String {
    match zone {
        "green" => words.text("service-page", "Green zone", &[]),
        "yellow" => words.text("service-page", "Yellow zone", &[]),
        "red" => words.text("service-page", "Red zone", &[]),
        other => other.to_owned(),
    }
}

/// The version of a plan by its name, `CarePlan/1/_history/2`.
pub(super) fn plan_version(words: &dyn PageWords, name: &str) -> String {
    let number = name.rsplit_once("/_history/").map_or(name, |(_, number)| number);
    words.text("service-page", "Plan version {number}", &[("number", number)])
}

/// When a meal is, as a limit says it.
pub(super) fn limit_meal(words: &dyn PageWords, code: &str) -> String {
    match code {
        "preprandial" => words.text("service-page", "before", &[]),
        "postprandial" => words.text("service-page", "after", &[]),
        "fasting" => words.text("service-page", "fasting", &[]),
        "casual" => words.text("service-page", "between meals", &[]),
        _ => words.text("service-page", "at bedtime", &[]),
    }
}

/// The name of one of the page's limits.
pub(super) fn limit(words: &dyn PageWords, key: &str) -> String {
    match key {
        "oxygen-saturation" => words.text("service-page", "Oxygen saturation", &[]),
        "pulse" | "pulse-by-oximeter" | "pulse-by-cuff" => words.text("service-page", "Pulse", &[]),
        "systolic" => words.text("service-page", "Systolic", &[]),
        "diastolic" => words.text("service-page", "Diastolic", &[]),
        "weight" => words.text("service-page", "Weight", &[]),
        "glucose" => words.text("service-page", "Blood glucose", &[]),
        "peak-flow" => words.text("service-page", "Peak flow", &[]),
        "fev1" => words.text("service-page", "FEV1", &[]),
        _ => words.text("service-page", "Temperature", &[]),
    }
}

/// What a sensor or the tablet says of a measurement: interpretation, reason for absence, status bit. What
/// has no words here comes with its own display.
pub(super) fn doubt(words: &dyn PageWords, concept: &Json) -> String {
    let codings = concept.get_list("coding").iter();
    let code = codings.filter_map(|coding| Some((coding.get_text("system")?, coding.get_text("code")?))).next();
    match code {
        Some((MEASUREMENT_STATUS, "questionable")) => words.text("service-page", "The value is in doubt", &[]),
        Some((MEASUREMENT_STATUS, "early-indication")) => words.text("service-page", "An early estimate", &[]),
        Some((MEASUREMENT_STATUS, "msmt-ongoing")) => {
            words.text("service-page", "Measured before it was finished", &[])
        }
        Some((MEASUREMENT_STATUS, "calibration-ongoing")) => {
            words.text("service-page", "The sensor was calibrating", &[])
        }
        Some((MEASUREMENT_STATUS, "validated-data")) => words.text("service-page", "Checked by the sensor", &[]),
        Some((DATA_ABSENT_REASON, "not-performed")) => words.text("service-page", "Not measured", &[]),
        Some((DATA_ABSENT_REASON, "positive-infinity")) => {
            words.text("service-page", "Higher than the sensor can show", &[])
        }
        Some((DATA_ABSENT_REASON, "negative-infinity")) => {
            words.text("service-page", "Lower than the sensor can show", &[])
        }
        Some((DATA_ABSENT_REASON, _)) => words.text("service-page", "The measurement failed", &[]),
        Some((STATUS_BITS, bit)) => {
            let known = bit_of_oximeter(words, bit).or_else(|| bit_of_cuff(words, bit));
            let known = known.or_else(|| bit_of_meter(words, bit));
            known.or_else(|| display(Some(concept))).unwrap_or_default()
        }
        Some((INTERPRETATION, ">")) => words.text("service-page", "Higher than the sensor can show", &[]),
        Some((INTERPRETATION, "<")) => words.text("service-page", "Lower than the sensor can show", &[]),
        _ => display(Some(concept)).unwrap_or_default(),
    }
}

/// MDC_PULS_OXIM_DEV_STATUS; see `fhir::codes::status_bit`.
fn bit_of_oximeter(words: &dyn PageWords, bit: &str) -> Option<String> {
    Some(match bit.strip_prefix("150604.")? {
        "0" => words.text("service-page", "Sensor disconnected", &[]),
        "1" | "14" => words.text("service-page", "Fault of the sensor", &[]),
        "2" | "4" => words.text("service-page", "The clip did not sit right", &[]),
        "5" => words.text("service-page", "Disturbed by light or movement", &[]),
        "7" => words.text("service-page", "The pulse is in doubt", &[]),
        "8" => words.text("service-page", "No pulse found", &[]),
        "9" | "13" => words.text("service-page", "Irregular signal", &[]),
        "10" => words.text("service-page", "Little blood flow in the finger", &[]),
        "11" | "12" => words.text("service-page", "Weak signal", &[]),
        _ => return None,
    })
}

/// MDC_BLOOD_PRESSURE_MEASUREMENT_STATUS; see `fhir::codes::status_bit`.
fn bit_of_cuff(words: &dyn PageWords, bit: &str) -> Option<String> {
    Some(match bit.strip_prefix("8410608.")? {
        "0" => words.text("service-page", "The body moved", &[]),
        "1" => words.text("service-page", "The cuff was too loose", &[]),
        "2" => words.text("service-page", "Irregular pulse", &[]),
        "3" => words.text("service-page", "The pulse is above what the sensor can show", &[]),
        "4" => words.text("service-page", "The pulse is below what the sensor can show", &[]),
        "5" => words.text("service-page", "The cuff was not at the height of the heart", &[]),
        _ => return None,
    })
}

/// MDC_GLU_METER_DEV_STATUS; see `fhir::codes::status_bit`.
fn bit_of_meter(words: &dyn PageWords, bit: &str) -> Option<String> {
    Some(match bit.strip_prefix("8417752.")? {
        "0" => words.text("service-page", "The battery is low", &[]),
        "1" | "10" => words.text("service-page", "Fault of the sensor", &[]),
        "2" => words.text("service-page", "Too little blood on the strip", &[]),
        "3" => words.text("service-page", "The strip was not put in right", &[]),
        "4" => words.text("service-page", "The wrong kind of strip", &[]),
        "5" => words.text("service-page", "Higher than the sensor can show", &[]),
        "6" => words.text("service-page", "Lower than the sensor can show", &[]),
        "7" => words.text("service-page", "The sensor was too warm", &[]),
        "8" => words.text("service-page", "The sensor was too cold", &[]),
        "9" => words.text("service-page", "The strip was taken out too early", &[]),
        _ => return None,
    })
}

/// A remark. The tablet's own come in English (`fhir::status::notes`); the others as they are written.
pub(super) fn remark(words: &dyn PageWords, text: &str) -> String {
    match text {
        "Entered by hand." => words.text("service-page", "Entered by hand.", &[]),
        "Read from the sensor's memory, not received live." => {
            words.text("service-page", "Read from the sensor's memory, not received live.", &[])
        }
        "The sensor calls the measurement fully qualified." => {
            words.text("service-page", "The sensor calls the measurement fully qualified.", &[])
        }
        "The sensor says that its clock is not set." => {
            words.text("service-page", "The sensor says that its clock is not set.", &[])
        }
        "Outside what can be right for a living person." => {
            words.text("service-page", "Outside what can be right for a living person.", &[])
        }
        "The time of the measurement is not known." => {
            words.text("service-page", "The time of the measurement is not known.", &[])
        }
        "The time is in doubt: it falls in a change between winter and summer time." => words.text(
            "service-page",
            "The time is in doubt: it falls in a change between winter and summer time.",
            &[],
        ),
        "The time is in doubt: the tablet's clock was wrong when it received the measurement." => words.text(
            "service-page",
            "The time is in doubt: the tablet's clock was wrong when it received the measurement.",
            &[],
        ),
        other => taken_back(words, other).unwrap_or_else(|| other.to_owned()),
    }
}

/// "Taken back on the tablet at …: why."
fn taken_back(words: &dyn PageWords, text: &str) -> Option<String> {
    let (_, why) = text.strip_prefix("Taken back on the tablet")?.rsplit_once(": ")?;
    Some(match why {
        "it is of another person." => words.text("service-page", "Taken back: it is of another person.", &[]),
        "a figure was mistyped." => words.text("service-page", "Taken back: a figure was mistyped.", &[]),
        "the measuring went wrong." => words.text("service-page", "Taken back: the measuring went wrong.", &[]),
        _ => return None,
    })
}

/// A number as this language writes it.
pub(super) fn number(words: &dyn PageWords, digits: &str) -> String {
    if words.language_tag().starts_with("en") { digits.to_owned() } else { digits.replace('.', ",") }
}

/// An instant in Norwegian time, in the order that cannot be misread.
pub(super) fn moment(at: DateTime<Utc>) -> String {
    at.with_timezone(&ZONE).format("%Y-%m-%d %H:%M").to_string()
}

/// Milliseconds since 1970, likewise.
pub(super) fn milliseconds(at: i64) -> String {
    DateTime::from_timestamp_millis(at).map(moment).unwrap_or_default()
}

/// A FHIR `dateTime`, likewise; one without a time of day as it is written.
pub(super) fn fhir_time(text: &str) -> String {
    DateTime::parse_from_rfc3339(text).map_or_else(|_| text.to_owned(), |at| moment(at.with_timezone(&Utc)))
}
