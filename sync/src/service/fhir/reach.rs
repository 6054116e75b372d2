//! What the token of a tablet reaches: what is about its own patient, and what is about nobody.
//!
//! Staff, and the page, reach everything ([`Store::patient`] is `None`).

use super::{
    definitions::{self, Definition},
    index::{self, Found},
    reference,
    store::{Store, Stored},
};
use crate::service::{json::Json, problem::Problem};

/// Types that are about no patient: every tablet may read them.
const COMMON: [&str; 4] = ["Organization", "Practitioner", "PractitionerRole", "Questionnaire"];
/// Types that tablets write. Plans, limits and marks of what was seen are the service's.
const WRITTEN: [&str; 5] = ["Communication", "Device", "MedicationStatement", "Observation", "QuestionnaireResponse"];
/// The type of a tablet (IEEE 11073-10101, MDC_MOC_VMS_MDS_AHD), as JSON.
const TABLET: &str = "\"531981\"";
/// By what a resource is a patient's. A message may be to a patient and about nobody.
const OWNERS: [&str; 2] = ["patient", "recipient"];

/// Refuses to show what is someone else's.
pub(crate) fn read(store: &Store<'_>, stored: &Stored) -> Result<(), Problem> {
    if shows(store, stored)? {
        return Ok(());
    }
    Err(Problem::forbidden(format!("{} is not about the patient of this tablet", stored.path())))
}

/// Whether a version of a resource may be shown.
pub(crate) fn shows(store: &Store<'_>, stored: &Stored) -> Result<bool, Problem> {
    let Some(own) = store.patient else { return Ok(true) };
    let Some(definition) = definitions::find(&stored.kind) else { return Ok(false) };
    Ok(match definition.name {
        "Patient" => stored.id == own,
        kind if COMMON.contains(&kind) => true,
        kind => {
            let owners = patients(definition, &stored.json()?, &OWNERS);
            owners.iter().any(|owner| owner == own) || (kind == "Device" && owners.is_empty())
        }
    })
}

/// What a search for a type finds, as SQL about `resource r`; `own` is the place of the patient's id in it. `None`: all.
pub(crate) fn found(definition: &Definition, own: &str) -> Option<String> {
    let owners = OWNERS.map(|owner| format!("'{owner}'")).join(", ");
    let theirs = format!(
        "r.key IN (SELECT w.key FROM word w WHERE w.value = {own} AND w.system = 'Patient' AND w.parameter IN ({owners}))"
    );
    match definition.name {
        "Patient" => Some(format!("r.id = {own}")),
        "Device" => Some(format!(
            "({theirs} OR NOT EXISTS (SELECT 1 FROM word w WHERE w.key = r.key AND w.parameter = 'patient'))"
        )),
        kind if COMMON.contains(&kind) => None,
        _ => Some(theirs),
    }
}

/// Whether the condition of a conditional create or update looks at what others have too. A sensor that was another
/// patient's is the same sensor.
pub(crate) fn is_shared(definition: &Definition) -> bool {
    definition.name == "Device"
}

/// Whether a Device is a sensor, which can go from one patient to the next. A tablet stays its patient's.
fn is_sensor(device: &Json) -> bool {
    !device.get("type").is_some_and(|kind| kind.write().contains(TABLET))
}

/// Refuses to write what tablets do not write, or what is about someone else. `old` is what would be replaced.
pub(crate) fn write(
    store: &Store<'_>,
    definition: &Definition,
    resource: &Json,
    old: Option<&Stored>,
) -> Result<(), Problem> {
    let Some(own) = store.patient else { return Ok(()) };
    let name = definition.name;
    if !WRITTEN.contains(&name) {
        return Err(Problem::forbidden(format!("a tablet does not write a {name}")));
    }
    if let Some(old) = old
        && !(is_shared(definition) && is_sensor(&old.json()?))
    {
        read(store, old)?;
    }
    let others = |text: &str| reference::local(text).is_some_and(|(kind, id)| kind == "Patient" && id != own);
    let about_own =
        is_shared(definition) || patients(definition, resource, &["patient"]).iter().any(|subject| subject == own);
    if about_own && !reference::any(resource, &others) {
        return Ok(());
    }
    Err(Problem::forbidden(format!("this {name} is not about the patient of this tablet")))
}

/// The patients that a resource is found by.
fn patients(definition: &Definition, resource: &Json, parameters: &[&str]) -> Vec<String> {
    let of_patient = |(parameter, found)| match found {
        Found::Word { system, value } if parameters.contains(&parameter) && system == "Patient" => Some(value),
        _ => None,
    };
    index::values(definition, resource).into_iter().filter_map(of_patient).collect()
}
