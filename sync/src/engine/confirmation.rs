//! What a response says of each resource that was sent.

use std::collections::{HashMap, HashSet};

use crate::{
    enrolment::BodyForm,
    fault::NotUnderstood,
    fhir::{Bundle, Resource, bundle::BundleEntry},
};

/// What the service says of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// 200 (it had it already) or 201 (it has it now).
    Confirmed {
        /// Where it keeps it, relative to its base and without a version (`Observation/123`).
        location: Option<String>,
        /// In which version (`2` of `Observation/123/_history/2`), if it said so.
        version: Option<String>,
        /// It was new.
        created: bool,
    },
    /// Something else.
    Refused {
        /// The HTTP status.
        status: u16,
        /// Its words.
        reason: String,
    },
}

impl Said {
    /// The place, if it is confirmed and the service said where.
    pub fn location(&self) -> Option<&String> {
        match self {
            Self::Confirmed { location, .. } => location.as_ref(),
            Self::Refused { .. } => None,
        }
    }
}

/// What the response says of each of these resources, in their order; of one of a batch perhaps nothing.
pub fn read(form: BodyForm, answer: &Bundle, sent: &[&Resource]) -> Result<Vec<Option<Said>>, NotUnderstood> {
    let expected = match form {
        BodyForm::Fhir => "transaction-response",
        BodyForm::Pmd => "batch-response",
    };
    if answer.kind != expected {
        return Err(NotUnderstood::NotABundle(format!("a Bundle of type '{}'", answer.kind)));
    }
    match form {
        BodyForm::Fhir => Ok(transaction(answer, sent)?.into_iter().map(Some).collect()),
        BodyForm::Pmd => batch(answer, sent),
    }
}

/// The answers are in the order of what was sent, and stand or fall together: one that does not fit (another number of
/// entries, other types, one place for two resources) says nothing about any.
fn transaction(answer: &Bundle, sent: &[&Resource]) -> Result<Vec<Said>, NotUnderstood> {
    if answer.entry.len() != sent.len() {
        return Err(NotUnderstood::EntryCount { sent: sent.len(), received: answer.entry.len() });
    }
    let mut places = HashSet::new();
    let mut all = Vec::with_capacity(sent.len());
    for (index, (entry, resource)) in answer.entry.iter().zip(sent).enumerate() {
        // Nobody has to repeat the address, and a service may give its own.
        if let Some(address) = entry.full_url.as_deref().filter(|url| url.starts_with("urn:uuid:"))
            && address != resource.full_url
        {
            return Err(NotUnderstood::Entry { index, said: format!("something of {address}, which was not sent") });
        }
        let said = said(index, entry, resource)?;
        if let Some(place) = said.location()
            && !places.insert(place.clone())
        {
            return Err(NotUnderstood::Entry { index, said: format!("{place}, a second time") });
        }
        all.push(said);
    }
    Ok(all)
}

/// The answers are known by their `fullUrl`, whatever their order (HL7 Norway, PmdBundleResponse). One that is missing,
/// comes twice, was not asked for or does not fit says nothing, and nothing about the others.
fn batch(answer: &Bundle, sent: &[&Resource]) -> Result<Vec<Option<Said>>, NotUnderstood> {
    let mut answers: HashMap<&str, Vec<(usize, &BundleEntry)>> = HashMap::new();
    for (index, entry) in answer.entry.iter().enumerate() {
        if let Some(address) = &entry.full_url {
            answers.entry(address).or_default().push((index, entry));
        }
    }
    let mut all: Vec<Option<Said>> = sent
        .iter()
        .map(|resource| match answers.get(resource.full_url.as_str()).map(Vec::as_slice) {
            Some([(index, entry)]) => said(*index, entry, resource).ok(),
            _ => None,
        })
        .collect();
    let mut places: HashMap<String, usize> = HashMap::new();
    for place in all.iter().flatten().filter_map(Said::location) {
        *places.entry(place.clone()).or_default() += 1;
    }
    for answered in &mut all {
        let shared = |said: &Said| said.location().and_then(|place| places.get(place)).is_some_and(|n| *n > 1);
        if answered.as_ref().is_some_and(shared) {
            *answered = None;
        }
    }
    if !sent.is_empty() && all.iter().all(Option::is_none) {
        let said = format!("none of {} entries answers one that was sent", answer.entry.len());
        return Err(NotUnderstood::NotABundle(said));
    }
    Ok(all)
}

fn said(index: usize, entry: &BundleEntry, sent: &Resource) -> Result<Said, NotUnderstood> {
    let wrong = |said: String| NotUnderstood::Entry { index, said };
    let response = entry.response.as_ref().ok_or_else(|| wrong("nothing".to_owned()))?;
    let status = response.code().ok_or_else(|| wrong(response.status.chars().take(80).collect()))?;
    if !matches!(status, 200 | 201) {
        let reason = response.outcome.as_ref().map_or_else(|| response.status.clone(), |outcome| outcome.reason());
        return Ok(Said::Refused { status, reason });
    }
    let location = match &response.location {
        None => None,
        Some(text) => {
            let place = relative(text, sent.kind.name());
            Some(place.ok_or_else(|| wrong(format!("{status} at {}", text.chars().take(120).collect::<String>())))?)
        }
    };
    let version = response.location.as_ref().and_then(|text| text.split_once("/_history/"));
    let version = version.map(|(_, version)| version.to_owned());
    Ok(Said::Confirmed { location, version, created: status == 201 })
}

/// `Observation/123` out of `https://service.example/fhir/Observation/123/_history/1`; `None` if it is
/// the place of another type of resource.
fn relative(location: &str, kind: &str) -> Option<String> {
    let mut segments = location.split('/').skip_while(|segment| *segment != kind);
    let (kind, id) = (segments.next()?, segments.next()?);
    (!id.is_empty()).then(|| format!("{kind}/{id}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_read_whether_absolute_or_versioned_and_another_type_is_none() {
        for text in ["Observation/1", "https://service.example/fhir/Observation/1/_history/2", "/fhir/Observation/1"] {
            assert_eq!(relative(text, "Observation").as_deref(), Some("Observation/1"), "{text}");
        }
        for text in ["Device/1", "", "Observation", "Observation/"] {
            assert_eq!(relative(text, "Observation"), None, "{text}");
        }
    }
}
