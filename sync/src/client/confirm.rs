//! The end of every enrolment: nothing is called done before the tablet has signed in and read its patient.

use serde::Deserialize;

use super::{Client, Got};
use crate::{
    enrolment::PatientReference,
    fault::{NotUnderstood, SyncFault},
    registration::EnrolFault,
};

/// What is looked at of a Patient (R4, 8.1).
#[derive(Deserialize)]
struct Read {
    #[serde(rename = "resourceType")]
    resource_type: String,
}

impl Client {
    /// Signs in and reads the patient, the `expected` one or the one that the service tells with its token.
    ///
    /// # Errors
    /// Whatever keeps the tablet from its patient; above all [`EnrolFault::OtherPatient`],
    /// [`SyncFault::UnknownPatient`] and [`SyncFault::NotAuthorised`].
    pub async fn confirm(&self, expected: Option<&PatientReference>) -> Result<PatientReference, EnrolFault> {
        let told = match &self.sign_in {
            Some(sign_in) => sign_in.token().await?.patient,
            None => None,
        };
        let patient = match (expected, told) {
            (Some(expected), Some(told)) if *expected != told => {
                return Err(EnrolFault::OtherPatient { expected: expected.clone(), told });
            }
            (_, Some(told)) => told,
            (Some(expected), None) => expected.clone(),
            (None, None) => return Err(EnrolFault::NoPatient),
        };
        match self.get(patient.as_str(), None).await? {
            Got::Resource { body, .. } => match serde_json::from_slice(&body) {
                Ok(Read { resource_type }) if resource_type == "Patient" => Ok(patient),
                _ => Err(NotUnderstood::NotABundle(format!("what is at {patient} is no patient")).into()),
            },
            Got::NotModified => Err(NotUnderstood::NotABundle("nothing new (304) was not asked for".to_owned()).into()),
            Got::Missing => Err(SyncFault::UnknownPatient { reference: patient.to_string() }.into()),
        }
    }
}
