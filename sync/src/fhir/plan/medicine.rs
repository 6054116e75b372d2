//! MedicationRequest: a medicine of the plan (R4, 11.1).

use dagsform_care::plan::{Medicine, When};
use serde_json::value::RawValue;

use super::parts::{Parts, is_in_force, others, part};
use crate::fhir::{
    element::{Element, Harmless},
    fault::{Fault, FaultKind},
    timing,
};

const HARMLESS: Harmless = Harmless {
    members: &[
        "meta",
        "text",
        "language",
        "identifier",
        "statusReason",
        "category",
        "priority",
        "reportedBoolean",
        "reportedReference",
        "encounter",
        "supportingInformation",
        "requester",
        "performer",
        "performerType",
        "recorder",
        "reasonCode",
        "reasonReference",
        "instantiatesCanonical",
        "instantiatesUri",
        "basedOn",
        "groupIdentifier",
        "courseOfTherapyType",
        "insurance",
        "note",
        "dispenseRequest",
        "substitution",
        "priorPrescription",
        "eventHistory",
        "contained",
    ],
    extension: others,
};

/// What a dosage says in codes beside its `text`, which by R4 says all of it.
const IN_THE_TEXT: [&str; 11] = [
    "sequence",
    "additionalInstruction",
    "patientInstruction",
    "site",
    "route",
    "method",
    "doseAndRate",
    "maxDosePerPeriod",
    "maxDosePerAdministration",
    "maxDosePerLifetime",
    "asNeededCodeableConcept",
];

/// Reads a medicine; `None` for one that does not count now.
pub(super) fn read(json: &RawValue, parts: &Parts<'_>) -> Result<Option<Medicine>, Fault> {
    let request = part(json, "MedicationRequest", "subject", parts.patient)?;
    let not = ["on-hold", "cancelled", "completed", "entered-in-error", "stopped", "draft"];
    if !is_in_force(&request, "status", &["active"], &not)? {
        return Ok(None);
    }
    let intents = [("order", ()), ("plan", ()), ("original-order", ()), ("instance-order", ())];
    request.need("intent", |request, name| request.code(name, &intents))?;
    if request.boolean("doNotPerform")? == Some(true) {
        return Err(
            request.unsupported("doNotPerform", "a medicine that must not be taken; write it in a zone's words")
        );
    }
    let medicine = request.child("medicationCodeableConcept")?;
    let medicine = medicine
        .ok_or_else(|| request.missing("medicationCodeableConcept", "write the medicine's name as its text"))?;
    let name = medicine.need("text", Element::text)?;
    medicine.finish(&Harmless { members: &["coding"], extension: others })?;
    let (dose, when) = dosage(&request)?;
    let since = parts.since(&request)?;
    let id = request.need("id", Element::text)?;
    request.finish(&HARMLESS)?;
    Ok(Some(Medicine { id, name, dose, when, since }))
}

fn dosage(request: &Element<'_>) -> Result<(Option<String>, When), Fault> {
    let dosages = request.list("dosageInstruction")?;
    let dosage = match dosages.as_slice() {
        [one] => one,
        [] => return Err(request.missing("dosageInstruction", "say when it is taken, or that it is as needed")),
        _ => {
            let problem = "the tablet takes one dosage; write a MedicationRequest for each";
            return Err(request.unsupported("dosageInstruction", problem));
        }
    };
    let dose = dosage.text("text")?;
    if let (None, Some(coded)) = (&dose, IN_THE_TEXT.iter().find(|name| dosage.has(name))) {
        let problem = format!("it is missing; write in words all that the dosage says, also the {coded}");
        return Err(dosage.fault("text", FaultKind::Missing, problem));
    }
    let timing = timing::read(dosage, "timing")?;
    let as_needed = dosage.boolean("asNeededBoolean")? == Some(true) || dosage.has("asNeededCodeableConcept");
    dosage.finish(&Harmless { members: &IN_THE_TEXT, extension: others })?;
    match (as_needed, timing) {
        (true, _) => Ok((dose, When::AsNeeded)),
        (false, Some(timing)) => Ok((dose, When::At(timing))),
        (false, None) => Err(dosage.missing("timing", "say when it is taken, or asNeededBoolean true")),
    }
}
