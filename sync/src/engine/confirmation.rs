//! What a transaction's response says of each resource that was sent.

use std::collections::HashSet;

use crate::{
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

/// Reads the response to these resources, in their order. An answer that does not fit what was sent
/// (another number of entries, other types, one place for two resources) says nothing about any of
/// them.
pub fn read(answer: &Bundle, sent: &[&Resource]) -> Result<Vec<Said>, NotUnderstood> {
    if answer.entry.len() != sent.len() {
        return Err(NotUnderstood::EntryCount { sent: sent.len(), received: answer.entry.len() });
    }
    let mut places = HashSet::new();
    let mut all = Vec::with_capacity(sent.len());
    for (index, (entry, resource)) in answer.entry.iter().zip(sent).enumerate() {
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
    Ok(Said::Confirmed { location, created: status == 201 })
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
