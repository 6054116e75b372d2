//! What the tablet sends beside readings, as FHIR resources.

use dagsform_care::{Identity, item::Item, plan::PlanVersion};
use serde::Serialize;

use super::{
    bundle::{Resource, address},
    codes::URI,
    medicine, message,
    model::{Extension, Identifier, ResourceType},
    ours,
    reading::{Mapped, MappingError, json},
    response,
};
use crate::{enrolment::Enrolment, outbox::ItemEntry};

/// The resource of an entry.
///
/// # Errors
/// It is another patient's, or holds what FHIR cannot write.
pub fn map_item(entry: &ItemEntry, enrolment: &Enrolment) -> Result<Mapped, MappingError> {
    let item = &entry.item;
    if *item.patient() != enrolment.patient {
        return Err(MappingError::OtherPatient);
    }
    let identity = item.identity();
    let resource = match item {
        Item::Answers(answers) => {
            written(ResourceType::QuestionnaireResponse, entry, &response::write(answers, enrolment)?)
        }
        Item::Message(said) => written(ResourceType::Communication, entry, &message::write(said, enrolment)?),
        Item::Medicine(taken) => written(ResourceType::MedicationStatement, entry, &medicine::write(taken, enrolment)?),
        Item::Plan(report) => written(ResourceType::Communication, entry, &message::report(report, enrolment)?),
    }?;
    let resource = if entry.sent_before { resource.update() } else { resource };
    Ok(Mapped { number: entry.number, version: entry.version, identity, resources: vec![resource], sensor: None })
}

fn written<T: Serialize>(kind: ResourceType, entry: &ItemEntry, resource: &T) -> Result<Resource, MappingError> {
    let identity = entry.item.identity();
    Resource::new(kind, address(identity, entry.version), &identifier(identity), resource).map_err(json(kind.name()))
}

/// What the service knows it by.
pub(super) fn identifier(identity: Identity) -> Identifier {
    Identifier { kind: None, system: URI.to_owned(), value: format!("urn:uuid:{identity}") }
}

/// The plan that was in force.
pub(super) fn plan_version(version: &PlanVersion) -> Extension {
    Extension::words(ours::PLAN_VERSION, version.0.clone())
}
