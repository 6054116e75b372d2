//! The enrolment as the record keeps it, in the words of the sync.

use anyhow::{Context, Result};
use dagsform_sync as sync;

use crate::record::Enrolment;

/// The enrolment for the sending.
pub fn for_sync(enrolment: &Enrolment) -> Result<sync::Enrolment> {
    Ok(sync::Enrolment {
        service: sync::ServiceAddress::parse(&enrolment.service).context("the service's address in the record")?,
        patient_reference: sync::PatientReference::parse(&enrolment.patient_reference)
            .context("the patient's reference in the record")?,
        patient: enrolment.patient.clone(),
        tablet: sync::Tablet {
            id: enrolment.tablet,
            manufacturer: None,
            model: "Dagsform".into(),
            version: env!("CARGO_PKG_VERSION").into(),
        },
        form: sync::BodyForm::default(),
    })
}
