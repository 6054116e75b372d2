//! Goal: what matters to the patient (R4, 9.2).

use dagsform_care::plan::Goal;
use serde_json::value::RawValue;

use super::parts::{is_in_force, others, part};
use crate::{
    enrolment::PatientReference,
    fhir::{
        element::{Element, Harmless},
        fault::Fault,
    },
};

const HARMLESS: Harmless = Harmless {
    members: &[
        "meta",
        "text",
        "language",
        "identifier",
        "achievementStatus",
        "category",
        "priority",
        "startCodeableConcept",
        "statusDate",
        "statusReason",
        "expressedBy",
        "addresses",
        "note",
        "outcomeCode",
        "outcomeReference",
    ],
    extension: others,
};

/// Reads a goal; `None` for one that does not count now.
pub(super) fn read(json: &RawValue, patient: &PatientReference) -> Result<Option<Goal>, Fault> {
    let goal = part(json, "Goal", "subject", patient)?;
    let not = ["proposed", "planned", "on-hold", "completed", "cancelled", "entered-in-error", "rejected"];
    if !is_in_force(&goal, "lifecycleStatus", &["active", "accepted"], &not)? {
        return Ok(None);
    }
    let description = goal.child("description")?;
    let description =
        description.ok_or_else(|| goal.missing("description", "write the patient's words as its text"))?;
    let read = Goal { text: description.need("text", Element::text)?, since: goal.date("startDate")? };
    description.finish(&Harmless { members: &["coding"], extension: others })?;
    goal.finish(&HARMLESS)?;
    Ok(Some(read))
}
