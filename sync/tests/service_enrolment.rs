//! Enrolment and signing in, the tablet's real side against the embedded service.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, unreachable_pub, reason = "tests")]

use std::sync::Arc;

use chrono::{TimeDelta, Utc};
use common::{MemoryOutbox, enrolment, good};
use dagsform_sync::{
    Access, BodyForm, Client, Clock, Credentials, Engine, EnrolFault, Enrolment, Invitation, OneTimeCode,
    PatientReference, Refusal, Registered, ServiceAddress, Settings, SyncFault, TabletKey, register,
};
use service::Rig;
use tokio::sync::mpsc;

mod common;
mod service;

/// A service with one patient.
async fn started() -> (Rig, PatientReference) {
    let rig = Rig::signing_in().await;
    let patient = PatientReference::parse(&rig.patient().await).unwrap();
    (rig, patient)
}

fn address(rig: &Rig) -> ServiceAddress {
    ServiceAddress::parse(&rig.url("")).unwrap()
}

fn off_by(by: TimeDelta) -> Clock {
    Arc::new(move || Utc::now() + by)
}

async fn enrol(rig: &Rig, code: &OneTimeCode, key: &TabletKey) -> Result<Registered, EnrolFault> {
    let invitation = Invitation::typed(address(rig), code.clone());
    register(&invitation, &enrolment("https://service.example").tablet, key, off_by(TimeDelta::zero())).await
}

fn client(rig: &Rig, registered: &Registered, key: &TabletKey, clock: Clock) -> Client {
    let Registered { client_id, scope, .. } = registered.clone();
    let sign_in = Some(Credentials { client_id, key: key.clone(), scope });
    Client::new(address(rig), Access { sign_in, clock, ..Access::default() }).unwrap()
}

#[tokio::test]
async fn a_tablet_is_enrolled_by_its_code_and_sends_its_readings_until_it_is_revoked() {
    let (rig, patient) = started().await;
    let key = TabletKey::generate().unwrap();
    let code = rig.service.invite(&patient).await.unwrap();
    let registered = enrol(&rig, &code, &key).await.unwrap();
    assert_eq!((registered.patient.as_ref(), registered.form), (Some(&patient), BodyForm::Fhir));
    let client = client(&rig, &registered, &key, off_by(TimeDelta::zero()));
    assert_eq!(client.confirm(registered.patient.as_ref()).await, Ok(patient.clone()));

    let outbox = Arc::new(MemoryOutbox::with((1..=5).map(good)));
    let enrolment = Enrolment { patient_reference: patient.clone(), ..enrolment(address(&rig).as_str()) };
    let (events, _) = mpsc::unbounded_channel();
    let mut engine = Engine::new(outbox.clone(), client, enrolment, Settings::default(), events).unwrap();
    let report = engine.pass().await;
    assert_eq!((report.delivered, report.fault), (5, None));

    rig.service.revoke(&patient).await.unwrap();
    outbox.add(6, good(6));
    let report = engine.pass().await;
    assert_eq!(report.fault, Some(SyncFault::NotAuthorised(Refusal::Revoked)));
    assert_eq!((report.set_aside, outbox.left()), (0, vec![6]));
}

#[tokio::test]
async fn a_code_is_good_for_one_key_however_often_it_comes() {
    let (rig, patient) = started().await;
    let (key, other) = (TabletKey::generate().unwrap(), TabletKey::generate().unwrap());
    let code = rig.service.invite(&patient).await.unwrap();
    let registered = enrol(&rig, &code, &key).await.unwrap();
    assert_eq!(enrol(&rig, &code, &key).await, Ok(registered));
    assert_eq!(enrol(&rig, &code, &other).await, Err(EnrolFault::CodeUsed));
    let unknown = "0000-0000-0000".parse().unwrap();
    assert_eq!(enrol(&rig, &unknown, &other).await, Err(EnrolFault::CodeUnknown));
}

#[tokio::test]
async fn a_new_tablet_replaces_the_old_one() {
    let (rig, patient) = started().await;
    let (old, new) = (TabletKey::generate().unwrap(), TabletKey::generate().unwrap());
    let first = enrol(&rig, &rig.service.invite(&patient).await.unwrap(), &old).await.unwrap();
    let second = enrol(&rig, &rig.service.invite(&patient).await.unwrap(), &new).await.unwrap();
    let now = off_by(TimeDelta::zero());
    assert_eq!(client(&rig, &second, &new, now.clone()).confirm(Some(&patient)).await, Ok(patient.clone()));
    let fault = client(&rig, &first, &old, now.clone()).confirm(Some(&patient)).await;
    assert_eq!(fault, Err(EnrolFault::Sync(SyncFault::NotAuthorised(Refusal::Revoked))));
    // The name of the new one with the key of the old one.
    let fault = client(&rig, &second, &old, now).confirm(Some(&patient)).await;
    assert_eq!(fault, Err(EnrolFault::Sync(SyncFault::NotAuthorised(Refusal::WrongKey))));
}

#[tokio::test]
async fn a_tablet_whose_clock_is_wrong_signs_in_all_the_same() {
    let (rig, patient) = started().await;
    let key = TabletKey::generate().unwrap();
    let registered = enrol(&rig, &rig.service.invite(&patient).await.unwrap(), &key).await.unwrap();
    for by in [TimeDelta::hours(1), TimeDelta::hours(-1), TimeDelta::days(-20_000)] {
        assert_eq!(client(&rig, &registered, &key, off_by(by)).confirm(None).await, Ok(patient.clone()), "{by}");
    }
}
