//! Messages in both directions, as Communications (R4, 12.8).
//!
//! What a message of the patient is stands in its category ([`ours::MESSAGE`]); what the tablet made of a plan travels
//! the same way. A relative's message is the patient's, with a note.

use dagsform_care::{
    Identity, Performer,
    message::{Message, MessageKind, PlanReport, Received, Wish},
};
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::{
    codes::{URI, coding},
    element::Element,
    fault::{Fault, FaultKind},
    item::{identifier, plan_version},
    model::{Annotation, CodeableConcept, Extension, Identifier, Reference, ResourceType},
    ours,
    reading::{MappingError, written},
};
use crate::enrolment::{Enrolment, PatientReference};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Communication {
    resource_type: ResourceType,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extension: Vec<Extension>,
    identifier: Vec<Identifier>,
    /// The message that it answers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    in_response_to: Vec<Reference>,
    status: &'static str,
    category: Vec<CodeableConcept>,
    subject: Reference,
    /// The plan that it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    about: Vec<Reference>,
    sent: String,
    recipient: Vec<Reference>,
    sender: Reference,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    payload: Vec<Payload>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    note: Vec<Annotation>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    content_string: String,
}

/// A message of the patient as a resource.
pub(super) fn write(message: &Message, enrolment: &Enrolment) -> Result<Communication, MappingError> {
    let (code, wish) = match message.kind {
        MessageKind::Words => ("message", None),
        MessageKind::PleaseContactMe => ("please-contact-me", None),
        MessageKind::TooMuch(wish) => ("too-much", Some(Extension::code(ours::WISH, name(wish)))),
    };
    let by = match message.by {
        Performer::Unknown | Performer::Patient => None,
        Performer::Relative => Some("Written by a relative."),
        Performer::Staff => Some("Written by health personnel."),
    };
    Ok(Communication {
        extension: wish.into_iter().collect(),
        in_response_to: message.answers.iter().map(Reference::to).collect(),
        payload: payload(Some(&message.text)),
        note: by.map(|text| Annotation { text: text.to_owned() }).into_iter().collect(),
        ..communication(message.identity, code, written("written", message.written)?, enrolment)
    })
}

/// What the tablet made of a version of the plan, as a resource.
pub(super) fn report(report: &PlanReport, enrolment: &Enrolment) -> Result<Communication, MappingError> {
    let code = if report.refused.is_some() { "plan-refused" } else { "plan-taken" };
    let about = report.version.0.split_once("/_history/").map(|(plan, _)| Reference::to(plan));
    Ok(Communication {
        extension: vec![plan_version(&report.version)],
        about: about.into_iter().collect(),
        payload: payload(report.refused.as_ref()),
        ..communication(report.identity, code, written("at", report.at)?, enrolment)
    })
}

/// What all that goes to the service has.
fn communication(identity: Identity, code: &str, sent: String, enrolment: &Enrolment) -> Communication {
    let patient = Reference::to(enrolment.patient_reference.as_str());
    let service = Reference {
        kind: Some("Organization".to_owned()),
        display: Some("The follow-up service".to_owned()),
        ..Reference::default()
    };
    Communication {
        resource_type: ResourceType::Communication,
        extension: Vec::new(),
        identifier: vec![identifier(identity)],
        in_response_to: Vec::new(),
        status: "completed",
        category: vec![super::codes::coded(vec![coding(ours::MESSAGE, code, words(code))])],
        subject: patient.clone(),
        about: Vec::new(),
        sent,
        recipient: vec![service],
        sender: patient,
        payload: Vec::new(),
        note: Vec::new(),
    }
}

/// The words; a message that says all by its kind has none.
fn payload(text: Option<&String>) -> Vec<Payload> {
    let text = text.filter(|text| !text.trim().is_empty());
    text.map(|text| Payload { content_string: text.clone() }).into_iter().collect()
}

fn words(code: &str) -> &'static str {
    match code {
        "please-contact-me" => "Please contact me",
        "too-much" => "This is too much",
        "plan-taken" => "The tablet has the plan",
        "plan-refused" => "The tablet could not use the plan",
        _ => "Message",
    }
}

fn name(wish: Wish) -> &'static str {
    match wish {
        Wish::LessMeasuring => "less-measuring",
        Wish::FewerQuestions => "fewer-questions",
        Wish::Pause => "pause",
    }
}

/// A message of the service to the patient; `None` for what is not one: it has another recipient, or was not sent.
///
/// # Errors
/// What it says cannot be shown: it has no words, or more than words.
pub fn received(resource: &RawValue, patient: &PatientReference) -> Result<Option<Received>, Fault> {
    let communication = Element::resource(resource, "Communication")?;
    let mut recipients = communication.list("recipient")?.into_iter();
    let is_the_patients =
        |recipient: Element<'_>| Ok(recipient.text("reference")?.is_some_and(|to| to == patient.as_str()));
    if !recipients.try_fold(false, |found, recipient| is_the_patients(recipient).map(|is| found || is))? {
        return Ok(None);
    }
    let status = [
        ("completed", Some(false)),
        ("in-progress", Some(false)),
        ("entered-in-error", Some(true)),
        ("preparation", None),
        ("not-done", None),
        ("on-hold", None),
        ("stopped", None),
    ];
    let Some(withdrawn) = communication.need("status", |it, name| it.code(name, &status))? else { return Ok(None) };
    communication.refuse_modifiers()?;
    let meta = communication.child("meta")?;
    let meta = meta.ok_or_else(|| communication.missing("meta", "a message is known by id and version"))?;
    let sender = communication.child("sender")?;
    Ok(Some(Received {
        reference: format!("Communication/{}", communication.need("id", Element::text)?),
        version: meta.need("versionId", Element::text)?,
        text: text(&communication, withdrawn)?,
        sender: sender.map(|sender| sender.text("display")).transpose()?.flatten(),
        sent: communication.instant("sent")?.map(|sent| sent.to_utc()),
        answers: answers(&communication)?,
        withdrawn,
    }))
}

/// The words. What was withdrawn need not have any left.
fn text(communication: &Element<'_>, withdrawn: bool) -> Result<String, Fault> {
    let mut all = Vec::new();
    for payload in communication.list("payload")? {
        payload.refuse_modifiers()?;
        let text = payload.text("contentString")?;
        all.push(text.ok_or_else(|| payload.unsupported("", "the tablet shows words only; write contentString"))?);
    }
    if all.is_empty() && !withdrawn {
        return Err(communication.fault("payload", FaultKind::Missing, "it says nothing; write contentString"));
    }
    Ok(all.join("\n\n"))
}

/// The message of the patient that it answers, by its identifier.
fn answers(communication: &Element<'_>) -> Result<Option<Identity>, Fault> {
    for reference in communication.list("inResponseTo")? {
        let Some(identifier) = reference.child("identifier")? else { continue };
        if identifier.text("system")?.as_deref() == Some(URI)
            && let Some(uuid) = identifier.text("value")?.and_then(|value| Uuid::parse_str(&value).ok())
        {
            return Ok(Some(Identity::by_hand(uuid)));
        }
    }
    Ok(None)
}
