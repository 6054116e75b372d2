//! Giving the tablet to a patient. Nothing is called done before the service has let the tablet in and shown its
//! patient; a service on this machine that asks nobody is taken at its word.

use anyhow::{Context, Result};
use dagsform_sync::{
    Access, Client, PatientReference, SyncFault, TabletKey,
    access::Credentials,
    invitation::{Entrance, Invitation},
    registration::{self, EnrolFault},
};

use crate::{
    enrolment,
    exit::{Exit, failure},
    record::{Enrolling, Enrolment, Proof, Record},
};

/// What the tablet proves itself by; made now, if it was not.
pub async fn proof(record: &Record) -> Result<Proof> {
    let damaged = match record.proof().await? {
        Some(proof) if TabletKey::from_pkcs8(&proof.key).is_ok() => return Ok(proof),
        // No service can be shown it any more.
        damaged => damaged.map(|proof| proof.key),
    };
    let key = TabletKey::generate().context("no key could be made")?;
    Ok(record.keep_proof(key.pkcs8().to_vec(), damaged).await?)
}

/// The public part of the tablet's key, as a service is given it that registers no tablets by itself: a set of one
/// (RFC 7517, 5).
pub async fn public_key(record: &Record) -> Result<serde_json::Value> {
    let key = TabletKey::from_pkcs8(&proof(record).await?.key).context("the key in the record")?;
    Ok(serde_json::json!({ "keys": [key.public_jwk().to_json()] }))
}

/// Gives the tablet to a patient by an enrolment file.
///
/// # Errors
/// The file, the way to the service, or the service says no. The same file can be tried again.
pub async fn enrol(record: &Record, file: &str) -> Result<Enrolment> {
    let mut invitation = Invitation::read(file.as_bytes()).map_err(|error| failure(Exit::Usage, error.to_string()))?;
    if let Some(before) = record.enrolment().await? {
        invitation.patient_on_tablet = Some(PatientReference::parse(&before.at.patient_reference)?);
    }
    if let Entrance::Open { patient } = &invitation.entrance {
        let at = Enrolling {
            form: invitation.form.unwrap_or_default(),
            trust: Some(invitation.trust.to_string()),
            ..Enrolling::open(patient.as_str(), invitation.service.as_str())
        };
        return Ok(record.enrol(at).await?);
    }
    if matches!(invitation.entrance, Entrance::Code(_)) {
        record.may_register_at(invitation.service.to_string()).await?;
    }
    let proof = proof(record).await?;
    let key = TabletKey::from_pkcs8(&proof.key).context("the key in the record")?;
    let clock = enrolment::clock(record);
    let tablet = enrolment::this_tablet(proof.tablet);
    let registered =
        registration::register(&invitation, &tablet, &key, clock.clone()).await.map_err(|fault| said(&fault))?;
    let (client_id, scope) = (registered.client_id.clone(), registered.scope.clone());
    let access =
        Access { sign_in: Some(Credentials { client_id, key, scope }), trust: invitation.trust.clone(), clock };
    let client = Client::new(invitation.service.clone(), access)?;
    let patient = client.confirm(registered.patient.as_ref()).await.map_err(|fault| said(&fault))?;
    let at = Enrolling {
        patient_reference: patient.to_string(),
        service: invitation.service.to_string(),
        client: Some((registered.client_id, registered.scope)),
        trust: Some(invitation.trust.to_string()),
        form: registered.form,
    };
    Ok(record.enrol(at).await?)
}

/// What went wrong, and what to do about it.
fn said(fault: &EnrolFault) -> anyhow::Error {
    let (exit, advice) = match fault {
        EnrolFault::CodeUnknown | EnrolFault::CodeRefused => {
            (Exit::Data, "look at the code again, or ask the follow-up service for a new one")
        }
        EnrolFault::CodeUsed | EnrolFault::CodeExpired => (Exit::Data, "ask the follow-up service for a new one"),
        EnrolFault::NoRegistration => {
            (Exit::Unavailable, "give the service what `dagsform key` prints, and enrol with --client and --patient")
        }
        EnrolFault::OtherPatient { .. } | EnrolFault::NoPatient | EnrolFault::Refused { .. } => {
            (Exit::Data, "ask the follow-up service")
        }
        EnrolFault::Sync(SyncFault::Certificate(_)) => {
            (Exit::TryAgain, "look at the address, and at the authority or key that is to be trusted")
        }
        EnrolFault::Sync(SyncFault::ClockOff { .. }) => (Exit::TryAgain, "set the clock"),
        EnrolFault::Sync(
            SyncFault::Unreachable { .. }
            | SyncFault::Busy { .. }
            | SyncFault::ServerError { .. }
            | SyncFault::NotUnderstood(_),
        ) => (Exit::TryAgain, "the same can be tried again on this tablet"),
        EnrolFault::Connection(_) | EnrolFault::Sync(_) => (Exit::TryAgain, "ask the follow-up service"),
    };
    failure(exit, format!("{fault}; {advice}"))
}
