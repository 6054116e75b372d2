//! Observations as people read them: those of one measurement together.

use std::collections::HashMap;

use super::{patients, says};
use crate::service::{
    PageWords,
    fhir::{
        reference,
        store::{Store, Stored},
    },
    json::Json,
    problem::Problem,
    seen::{self, Seen},
};

/// The Observations of one measurement.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) observations: Vec<Observation>,
    /// The sensor, if one measured.
    device: Option<Json>,
    /// The performer, if it is a resource of this service.
    performer: Option<Json>,
}

/// One Observation.
#[derive(Debug)]
pub(super) struct Observation {
    pub(super) id: String,
    pub(super) seen: Option<Seen>,
    body: Json,
    received: i64,
}

/// Groups what belongs to one measurement: the same device, time and receipt by the tablet.
pub(super) fn group(store: &Store<'_>, found: Vec<Stored>) -> Result<Vec<Reading>, Problem> {
    let mut marks = seen::of(store, &found)?;
    let mut readings: Vec<Reading> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for stored in found {
        let body = stored.json()?;
        let part = |name: &str| body.get(name).map(Json::write).unwrap_or_default();
        let key = ["device", "effectiveDateTime", "effectivePeriod", "issued"].map(part).join("\n");
        let observation = Observation { seen: marks.remove(&stored.id), id: stored.id, received: stored.created, body };
        let known = places.get(&key).and_then(|at| readings.get_mut(*at));
        if let Some(reading) = known {
            reading.observations.push(observation);
            continue;
        }
        let device = target(store, observation.body.get("device"))?;
        let performer = target(store, observation.body.get_list("performer").first())?;
        places.insert(key, readings.len());
        readings.push(Reading { observations: vec![observation], device, performer });
    }
    Ok(readings)
}

fn target(store: &Store<'_>, to: Option<&Json>) -> Result<Option<Json>, Problem> {
    let Some((kind, id)) = to.and_then(|to| to.get_text("reference")).and_then(reference::local) else {
        return Ok(None);
    };
    store.find(kind, id)?.map(|stored| stored.json()).transpose()
}

impl Reading {
    /// When it was measured; `None` if nobody knows.
    pub(super) fn measured(&self) -> Option<String> {
        self.observations.iter().find_map(|observation| {
            let body = &observation.body;
            let period = body.get("effectivePeriod").and_then(|period| period.get_text("start"));
            body.get_text("effectiveDateTime").or(period).map(says::fhir_time)
        })
    }

    /// When the service had the first of it.
    pub(super) fn received(&self) -> Option<String> {
        self.observations.iter().map(|observation| observation.received).min().map(says::milliseconds)
    }

    /// Who measured.
    pub(super) fn performer(&self, words: &dyn PageWords) -> String {
        let by = self.observations.first().and_then(|observation| observation.body.get_list("performer").first());
        let kind = by.and_then(|by| {
            let local = by.get_text("reference").and_then(reference::local).map(|(kind, _)| kind);
            local.or(by.get_text("type"))
        });
        match kind {
            Some("Patient") => words.text("service-page", "The patient", &[]),
            Some("RelatedPerson") => words.text("service-page", "A relative", &[]),
            Some("Practitioner" | "PractitionerRole") => words.text("service-page", "Health personnel", &[]),
            _ => {
                let named = self.performer.as_ref().and_then(patients::name);
                named.unwrap_or_else(|| words.text("service-page", "Not known", &[]))
            }
        }
    }

    /// With what it was measured.
    pub(super) fn means(&self, words: &dyn PageWords) -> String {
        let with_device = self.observations.iter().any(|observation| observation.body.get("device").is_some());
        let named = self.device.as_ref().map(|device| {
            let parts = ["manufacturer", "modelNumber"].into_iter().filter_map(|part| device.get_text(part));
            parts.collect::<Vec<_>>().join(" ")
        });
        match named.filter(|name| !name.is_empty()) {
            Some(name) => name,
            None if with_device => words.text("service-page", "A sensor", &[]),
            None => words.text("service-page", "By hand", &[]),
        }
    }
}

impl Observation {
    pub(super) fn taken_back(&self) -> bool {
        self.body.get_text("status") == Some("entered-in-error")
    }

    /// What was measured and its value, one line for each number.
    pub(super) fn values(&self, words: &dyn PageWords) -> Vec<(String, String)> {
        let own = value(words, &self.body).map(|value| (says::measured(words, self.body.get("code")), value));
        let parts = self.body.get_list("component").iter().filter(|part| !is_flag(part));
        let parts = parts.filter_map(|part| Some((says::measured(words, part.get("code")), value(words, part)?)));
        let all: Vec<(String, String)> = own.into_iter().chain(parts).collect();
        if all.is_empty() {
            let nothing = words.text("service-page", "No value", &[]);
            return vec![(says::measured(words, self.body.get("code")), nothing)];
        }
        all
    }

    /// What the sensor or the tablet doubts, and what was remarked.
    pub(super) fn doubts(&self, words: &dyn PageWords) -> Vec<String> {
        let mut said = Vec::new();
        if self.body.get_text("status") == Some("preliminary") {
            said.push(words.text("service-page", "Preliminary", &[]));
        }
        let concepts = self.body.get("dataAbsentReason").into_iter().chain(self.body.get_list("interpretation"));
        said.extend(concepts.map(|concept| says::doubt(words, concept)));
        let parts = self.body.get_list("component").iter();
        said.extend(parts.clone().filter_map(|part| part.get("dataAbsentReason")).map(|why| says::doubt(words, why)));
        let flags = parts.filter(|part| is_flag(part) && part.get("valueBoolean") == Some(&Json::Bool(true)));
        said.extend(flags.filter_map(|part| part.get("code")).map(|code| says::doubt(words, code)));
        let notes = self.body.get_list("note").iter().filter_map(|note| note.get_text("text"));
        said.extend(notes.map(|text| says::remark(words, text)));
        said.retain(|text| !text.is_empty());
        said
    }
}

fn is_flag(component: &Json) -> bool {
    component.get("valueBoolean").is_some()
}

fn value(words: &dyn PageWords, part: &Json) -> Option<String> {
    if let Some(quantity) = part.get("valueQuantity") {
        let Some(Json::Number(digits)) = quantity.get("value") else { return None };
        let unit = quantity.get_text("unit").or(quantity.get_text("code")).unwrap_or_default();
        let comparator = quantity.get_text("comparator").unwrap_or_default();
        let unit = says::unit(unit);
        return Some(format!("{comparator}{} {unit}", says::number(words, digits)).trim_end().to_owned());
    }
    if let Some(concept) = part.get("valueCodeableConcept") {
        return says::meal(words, concept).or_else(|| says::display(Some(concept)));
    }
    match part.get("valueInteger").or(part.get("valueString")).or(part.get("valueDateTime"))? {
        Json::Number(text) | Json::Text(text) => Some(text.clone()),
        _ => None,
    }
}
