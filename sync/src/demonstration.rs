//! What only a demonstration may do: a tablet in use never creates a patient.

use dagsform_care::PatientId;

use crate::{
    client::{Answer, Client},
    engine::confirmation,
    enrolment::{NotAPatient, PatientReference},
    fault::{NotUnderstood, SyncFault},
    fhir::{
        Resource,
        codes::URI,
        model::{HumanName, Identifier, Patient, ResourceType},
        transaction,
    },
};

/// Makes sure that the service has a made-up patient, and says how it calls them.
pub async fn register_patient(client: &Client, patient: &PatientId, name: &str) -> Result<PatientReference, SyncFault> {
    let not_understood = |said: String| SyncFault::from(NotUnderstood::NotABundle(said));
    let identifier =
        Identifier { kind: None, system: URI.to_owned(), value: format!("urn:dagsform:demonstration:{}", patient.0) };
    let person = Patient {
        resource_type: ResourceType::Patient,
        identifier: vec![identifier.clone()],
        name: vec![HumanName { text: Some(name.to_owned()) }],
    };
    let address = "urn:uuid:00000000-0000-8000-8000-000000000001".to_owned();
    let resource = Resource::new(ResourceType::Patient, address, &identifier, &person)
        .map_err(|error| not_understood(error.to_string()))?;
    let body = serde_json::to_vec(&transaction([&resource])).map_err(|error| not_understood(error.to_string()))?;
    let answer = match client.transaction(body).await? {
        Answer::Response(bundle) => bundle,
        Answer::TooLarge => return Err(SyncFault::TooLarge),
        Answer::Rejected { status, .. } => return Err(SyncFault::NotFhir { status }),
    };
    let sent = [&resource];
    let confirmed = confirmation::read(&answer, &sent)?;
    let location = match confirmed.into_iter().next() {
        Some(confirmation::Said::Confirmed { location: Some(location), .. }) => location,
        other => return Err(not_understood(format!("no location for the patient: {other:?}"))),
    };
    PatientReference::parse(&location).map_err(|error: NotAPatient| not_understood(error.to_string()))
}
