//! Appointment (R4, 12.12).

use dagsform_care::plan::Appointment;
use serde_json::value::RawValue;

use super::parts::{is_in_force, others};
use crate::{
    enrolment::PatientReference,
    fhir::{
        element::{Element, Harmless},
        fault::{Fault, FaultKind},
    },
};

/// Reasons for appointments (HL7 version 2, table 0276).
const REASONS: &str = "http://terminology.hl7.org/CodeSystem/v2-0276";
/// A visit that follows an earlier one: here, the talk on how the follow-up goes.
const FOLLOW_UP: &str = "FOLLOWUP";

const HARMLESS: Harmless = Harmless {
    members: &[
        "meta",
        "text",
        "language",
        "identifier",
        "cancelationReason",
        "serviceCategory",
        "serviceType",
        "specialty",
        "reasonCode",
        "reasonReference",
        "priority",
        "supportingInformation",
        "minutesDuration",
        "slot",
        "created",
        "basedOn",
        "requestedPeriod",
        "contained",
    ],
    extension: others,
};

/// Reads an appointment; `None` for one that is not agreed, or is over.
pub(super) fn read(json: &RawValue, patient: &PatientReference) -> Result<Option<Appointment>, Fault> {
    let appointment = Element::resource(json, "Appointment")?;
    let with = participants(&appointment, patient)?;
    let not = ["proposed", "pending", "waitlist", "fulfilled", "cancelled", "noshow", "entered-in-error"];
    if !is_in_force(&appointment, "status", &["booked", "arrived", "checked-in"], &not)? {
        return Ok(None);
    }
    let read = Appointment {
        id: appointment.need("id", Element::text)?,
        begins: appointment.need("start", Element::instant)?.to_utc(),
        ends: appointment.instant("end")?.map(|end| end.to_utc()),
        text: appointment.need("description", Element::text)?,
        with,
        place: appointment.text("comment")?,
        review: is_review(&appointment)?,
    };
    // Written for the patient in R4, unlike the comment.
    if let Some(instruction) = appointment.text("patientInstruction")? {
        let problem = format!("the tablet does not show it ('{instruction}'); write it in the description");
        return Err(appointment.unsupported("patientInstruction", problem));
    }
    appointment.finish(&HARMLESS)?;
    Ok(Some(read))
}

/// Who takes part beside the patient, who must.
fn participants(appointment: &Element<'_>, patient: &PatientReference) -> Result<Vec<String>, Fault> {
    let (mut with, mut is_the_patients, mut another) = (Vec::new(), false, None);
    for participant in appointment.list("participant")? {
        participant.refuse_modifiers()?;
        let Some(actor) = participant.child("actor")? else { continue };
        match (actor.text("reference")?, actor.text("display")?) {
            (Some(reference), _) if reference == patient.as_str() => is_the_patients = true,
            (Some(reference), _) if reference.starts_with("Patient/") => another = Some(reference),
            (_, name) => with.extend(name),
        }
    }
    match another {
        Some(another) if !is_the_patients => {
            let problem = format!("it is of {another}, and this is the tablet of {patient}");
            Err(appointment.fault("participant", FaultKind::OtherPatient, problem))
        }
        None if !is_the_patients => Err(appointment.missing("participant", &format!("one must be {patient}"))),
        _ => Ok(with),
    }
}

fn is_review(appointment: &Element<'_>) -> Result<bool, Fault> {
    let Some(kind) = appointment.child("appointmentType")? else { return Ok(false) };
    for coding in kind.list("coding")? {
        if coding.text("system")?.as_deref() == Some(REASONS) && coding.text("code")?.as_deref() == Some(FOLLOW_UP) {
            return Ok(true);
        }
    }
    Ok(false)
}
