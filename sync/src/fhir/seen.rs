//! "Seen": the service's marks on what the tablet has sent, as Provenance (R4, 6.3).

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;

use super::{element::Element, fault::Fault};

/// ISO 21089-2017, life cycle of records. Its `access` says that someone opened the record to look at it, and no more.
const LIFECYCLE: &str = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle";
const ACCESS: &str = "access";

/// What was seen and when: places at the service, `Observation/12`. None of a Provenance of something else.
///
/// # Errors
/// It says that something was seen, and not what or when.
pub fn marks(resource: &RawValue) -> Result<Vec<(String, DateTime<Utc>)>, Fault> {
    let provenance = Element::resource(resource, "Provenance")?;
    if !is_access(&provenance)? {
        return Ok(Vec::new());
    }
    provenance.refuse_modifiers()?;
    let recorded = provenance.need("recorded", Element::instant)?.to_utc();
    let mut marks = Vec::new();
    for target in provenance.list("target")? {
        let Some(place) = target.text("reference")? else { continue };
        let place = place.split_once("/_history/").map_or(place.as_str(), |(place, _)| place);
        // The patient is a target too, so that the marks can be searched for by patient.
        if !place.starts_with("Patient/") {
            marks.push((place.to_owned(), recorded));
        }
    }
    Ok(marks)
}

fn is_access(provenance: &Element<'_>) -> Result<bool, Fault> {
    let Some(activity) = provenance.child("activity")? else { return Ok(false) };
    for coding in activity.list("coding")? {
        if coding.text("system")?.as_deref() == Some(LIFECYCLE) && coding.text("code")?.as_deref() == Some(ACCESS) {
            return Ok(true);
        }
    }
    Ok(false)
}
