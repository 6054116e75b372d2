//! That a medicine was taken, or not, as a MedicationStatement (R4, 11.4).

use dagsform_care::medicine::MedicineTaken;
use serde::Serialize;

use super::{
    item::{identifier, plan_version},
    model::{CodeableConcept, Extension, Identifier, Reference, ResourceType},
    reading::{MappingError, performer, written},
};
use crate::enrolment::Enrolment;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MedicationStatement {
    resource_type: ResourceType,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extension: Vec<Extension>,
    identifier: Vec<Identifier>,
    /// The MedicationRequest of the plan.
    based_on: Vec<Reference>,
    /// `completed`: taken; `not-taken`.
    status: &'static str,
    medication_codeable_concept: CodeableConcept,
    subject: Reference,
    /// When it was taken, or should have been.
    effective_date_time: String,
    /// When it was said.
    date_asserted: String,
    /// Who said so, if someone has said.
    #[serde(skip_serializing_if = "Option::is_none")]
    information_source: Option<Reference>,
}

/// What was said of a medicine as a resource.
pub(super) fn write(taken: &MedicineTaken, enrolment: &Enrolment) -> Result<MedicationStatement, MappingError> {
    let subject = Reference::to(enrolment.patient_reference.as_str());
    Ok(MedicationStatement {
        resource_type: ResourceType::MedicationStatement,
        extension: taken.plan.iter().map(plan_version).collect(),
        identifier: vec![identifier(taken.identity)],
        based_on: vec![Reference::to(format!("MedicationRequest/{}", taken.medicine))],
        status: if taken.taken { "completed" } else { "not-taken" },
        medication_codeable_concept: CodeableConcept { coding: Vec::new(), text: Some(taken.name.clone()) },
        effective_date_time: written("at", taken.at)?,
        date_asserted: written("said", taken.said)?,
        information_source: performer(taken.by, &subject).into_iter().next(),
        subject,
    })
}
