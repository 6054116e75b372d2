//! The enrolment as the record keeps it, in the words of the sync.

use std::sync::Arc;

use anyhow::{Context, Result};
use dagsform_sync::{self as sync, Access, Client, TabletKey, access::Clock, access::Credentials, trust::Trust};
use uuid::Uuid;

use crate::record::{Enrolment, Record, RecordError};

/// The enrolment for the sending.
pub fn for_sync(enrolment: &Enrolment) -> Result<sync::Enrolment> {
    Ok(sync::Enrolment {
        service: sync::ServiceAddress::parse(&enrolment.at.service).context("the service's address in the record")?,
        patient_reference: sync::PatientReference::parse(&enrolment.at.patient_reference)
            .context("the patient's reference in the record")?,
        patient: enrolment.patient.clone(),
        tablet: this_tablet(enrolment.tablet),
        form: enrolment.at.form,
    })
}

/// What the tablet says of itself.
pub fn this_tablet(id: Uuid) -> sync::Tablet {
    sync::Tablet { id, manufacturer: None, model: "Dagsform".into(), version: env!("CARGO_PKG_VERSION").into() }
}

/// The best time that the record knows, for certificates and tokens.
pub fn clock(record: &Record) -> Clock {
    let record = record.clone();
    Arc::new(move || record.best_time())
}

/// The connection to the service, as the tablet that it knows.
pub async fn connection(record: &Record, enrolment: &Enrolment) -> Result<Client> {
    let sign_in = match &enrolment.at.client {
        None => None,
        Some((client_id, scope)) => {
            let proof = record.proof().await?.ok_or_else(|| RecordError::Unreadable("the tablet's key".to_owned()))?;
            let key = TabletKey::from_pkcs8(&proof.key).context("the tablet's key in the record")?;
            Some(Credentials { client_id: client_id.clone(), key, scope: scope.clone() })
        }
    };
    let trust: Option<Trust> = enrolment.at.trust.as_deref().map(str::parse).transpose()?;
    let access = Access { sign_in, trust: trust.unwrap_or(Trust::System), clock: clock(record) };
    Ok(Client::new(for_sync(enrolment)?.service, access)?)
}
