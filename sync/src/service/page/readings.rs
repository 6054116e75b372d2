//! Observations as people read them: those of one measurement together.

use std::collections::HashMap;

use super::{
    arrivals::{self, Arrival},
    html::Frame,
    patients, says,
};
use crate::service::{
    PageWords, extension,
    fhir::{
        reference,
        search::{self, escaped},
        store::{Store, Stored},
    },
    json::Json,
    problem::Problem,
};

/// R4, "Extension: sequelTo" of Observation: it follows an earlier one.
const SEQUEL_TO: &str = "http://hl7.org/fhir/StructureDefinition/observation-sequelTo";

/// The Observations of one measurement.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) observations: Vec<Observation>,
    /// The sensor, if one measured.
    device: Option<Json>,
    /// The performer, if it is a resource of this service.
    performer: Option<Json>,
    /// The measurement that this one repeats.
    pub(super) repeats: Vec<Observation>,
}

/// One Observation.
#[derive(Debug)]
pub(super) struct Observation(pub(super) Arrival);

/// Groups what belongs to one measurement: the same device, time and receipt by the tablet.
pub(super) fn group(store: &Store<'_>, found: Vec<Stored>) -> Result<Vec<Reading>, Problem> {
    let mut readings: Vec<Reading> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for arrival in arrivals::with_marks(store, found)? {
        let part = |name: &str| arrival.body.get(name).map(Json::write).unwrap_or_default();
        let key = ["device", "effectiveDateTime", "effectivePeriod", "issued"].map(part).join("\n");
        let repeated = repeated(store, &arrival.body)?;
        let known = places.get(&key).and_then(|at| readings.get_mut(*at));
        if let Some(reading) = known {
            reading.observations.push(Observation(arrival));
            reading.repeats.extend(repeated);
            continue;
        }
        let device = target(store, arrival.body.get("device"))?;
        let performer = target(store, arrival.body.get_list("performer").first())?;
        places.insert(key, readings.len());
        let repeats = repeated.into_iter().collect();
        readings.push(Reading { observations: vec![Observation(arrival)], device, performer, repeats });
    }
    Ok(readings)
}

/// The Observation that this one repeats: named by its identifier, since the tablet may not know its place.
fn repeated(store: &Store<'_>, observation: &Json) -> Result<Option<Observation>, Problem> {
    let sequel = |extension: &&Json| extension.get_text("url") == Some(SEQUEL_TO);
    let sequel = observation.get_list("extension").iter().find(sequel);
    let identifier = sequel.and_then(|one| one.get("valueReference")?.get("identifier"));
    let identifier = identifier.and_then(|one| Some(format!("{}|{}", one.get_text("system")?, one.get_text("value")?)));
    let subject = observation.get("subject").and_then(|subject| subject.get_text("reference"));
    let (Some(identifier), Some(subject)) = (identifier, subject) else { return Ok(None) };
    let conditions = [("identifier", escaped(&identifier)), ("subject", escaped(subject))];
    let found = search::found(store, "Observation", &conditions)?.pop();
    found.map(|stored| Ok(Observation(Arrival { body: stored.json()?, seen: None, stored }))).transpose()
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
        self.observations.iter().find_map(Observation::measured)
    }

    /// When the service had the first of it.
    pub(super) fn received(&self) -> Option<String> {
        self.observations.iter().map(|observation| observation.0.stored.created).min().map(says::milliseconds)
    }

    /// Who measured.
    pub(super) fn performer(&self, words: &dyn PageWords) -> String {
        let by = self.observations.first().and_then(|observation| observation.0.body.get_list("performer").first());
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
        let with_device = self.observations.iter().any(|observation| observation.0.body.get("device").is_some());
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

    /// What the sensor, the tablet or someone remarked, each once.
    pub(super) fn doubts(&self, words: &dyn PageWords) -> Vec<String> {
        let mut doubts: Vec<String> = Vec::new();
        for doubt in self.observations.iter().flat_map(|observation| observation.doubts(words)) {
            if !doubts.contains(&doubt) {
                doubts.push(doubt);
            }
        }
        doubts
    }

    /// The zone that the tablet put it in, `green`, `yellow` or `red`: the worst of its Observations.
    pub(super) fn zone(&self) -> Option<&str> {
        let zones = self.observations.iter().filter_map(|one| extension::one(&one.0.body, "zone"));
        zones.filter_map(|zone| zone.get_text("valueCode")).max_by_key(|zone| says::severity(zone))
    }

    /// The version of the plan that it was judged by, in words.
    pub(super) fn plan_version(&self, frame: Frame<'_>) -> Option<String> {
        self.observations.iter().find_map(|observation| observation.0.plan_version(frame))
    }

    /// In one line, such as "Pulse 71 /min (2026-11-20 08:00)".
    fn line(words: &dyn PageWords, observations: &[Observation]) -> String {
        let values = observations.iter().flat_map(|observation| observation.values(words));
        let values: Vec<String> = values.map(|(what, value)| format!("{what} {value}")).collect();
        let measured = observations.iter().find_map(Observation::measured);
        let measured = measured.map(|time| format!(" ({time})")).unwrap_or_default();
        format!("{}{measured}", values.join(", "))
    }

    /// The measurement that it repeats, and those among `others` that repeat it.
    pub(super) fn repetitions(&self, words: &dyn PageWords, others: &[Self]) -> Vec<String> {
        let mut said = Vec::new();
        if !self.repeats.is_empty() {
            let reading = Self::line(words, &self.repeats);
            said.push(words.text("service-page", "Measured again after: {reading}", &[("reading", &reading)]));
        }
        let is_mine = |one: &Observation| self.observations.iter().any(|own| own.0.stored.key == one.0.stored.key);
        for other in others.iter().filter(|other| other.repeats.iter().any(is_mine)) {
            let reading = Self::line(words, &other.observations);
            said.push(words.text("service-page", "Measured again later: {reading}", &[("reading", &reading)]));
        }
        said
    }
}

impl Observation {
    fn measured(&self) -> Option<String> {
        let period = self.0.body.get("effectivePeriod").and_then(|period| period.get_text("start"));
        self.0.body.get_text("effectiveDateTime").or(period).map(says::fhir_time)
    }

    /// What was measured and its value, one line for each number.
    pub(super) fn values(&self, words: &dyn PageWords) -> Vec<(String, String)> {
        let own = value(words, &self.0.body).map(|value| (says::measured(words, self.0.body.get("code")), value));
        let parts = self.0.body.get_list("component").iter().filter(|part| !is_flag(part));
        let parts = parts.filter_map(|part| Some((says::measured(words, part.get("code")), value(words, part)?)));
        let all: Vec<(String, String)> = own.into_iter().chain(parts).collect();
        if all.is_empty() {
            let nothing = words.text("service-page", "No value", &[]);
            return vec![(says::measured(words, self.0.body.get("code")), nothing)];
        }
        all
    }

    /// What the sensor or the tablet doubts, and what was remarked.
    pub(super) fn doubts(&self, words: &dyn PageWords) -> Vec<String> {
        let mut said = Vec::new();
        if self.0.body.get_text("status") == Some("preliminary") {
            said.push(words.text("service-page", "Preliminary", &[]));
        }
        let concepts = self.0.body.get("dataAbsentReason").into_iter().chain(self.0.body.get_list("interpretation"));
        said.extend(concepts.map(|concept| says::doubt(words, concept)));
        let parts = self.0.body.get_list("component").iter();
        said.extend(parts.clone().filter_map(|part| part.get("dataAbsentReason")).map(|why| says::doubt(words, why)));
        let flags = parts.filter(|part| is_flag(part) && part.get("valueBoolean") == Some(&Json::Bool(true)));
        said.extend(flags.filter_map(|part| part.get("code")).map(|code| says::doubt(words, code)));
        let notes = self.0.body.get_list("note").iter().filter_map(|note| note.get_text("text"));
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
