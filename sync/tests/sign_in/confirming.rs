//! The end of an enrolment: signed in, and the patient read.

use dagsform_sync::{Access, Client, EnrolFault, NotUnderstood, PatientReference, Refusal, SyncFault};

use crate::{
    common::server::{say, status},
    front::{CONFIGURATION, Front, TABLET, TOKEN, now, stands_at},
};

fn patient(id: &str) -> PatientReference {
    PatientReference::parse(&format!("Patient/{id}")).unwrap()
}

#[tokio::test]
async fn the_patient_is_read_whoever_named_it() {
    for (expected, told) in [(Some(patient("123")), Some("123")), (Some(patient("123")), None), (None, Some("123"))] {
        let front = Front::start().await;
        front.state().patient = told;
        let client = front.client(stands_at(now()));
        assert_eq!(client.confirm(expected.as_ref()).await, Ok(patient("123")));
        assert_eq!(front.state().requests, [CONFIGURATION, TOKEN, "GET /fhir/Patient/123"]);
    }
}

#[tokio::test]
async fn a_tablet_for_another_patient_is_not_confirmed() {
    let front = Front::start().await;
    let client = front.client(stands_at(now()));
    let fault = client.confirm(Some(&patient("7"))).await.unwrap_err();
    assert_eq!(fault, EnrolFault::OtherPatient { expected: patient("7"), told: patient("123") });
    assert_eq!(front.asked("GET /fhir/Patient/7"), 0);
}

#[tokio::test]
async fn a_patient_whom_nobody_names_or_the_service_does_not_know_is_not_confirmed() {
    let front = Front::start().await;
    front.state().patient = None;
    let client = front.client(stands_at(now()));
    assert_eq!(client.confirm(None).await, Err(EnrolFault::NoPatient));
    let reference = "Patient/7".to_owned();
    let fault = client.confirm(Some(&patient("7"))).await;
    assert_eq!(fault, Err(EnrolFault::Sync(SyncFault::UnknownPatient { reference })));
}

#[tokio::test]
async fn what_is_no_patient_is_not_confirmed() {
    let front = Front::start().await;
    let client = front.client(stands_at(now()));
    for body in [r#"{"resourceType":"Group"}"#, "{}", "[]", r#""Patient""#] {
        front.always("GET /fhir/Patient/123", say(200, "application/fhir+json", body));
        let fault = client.confirm(None).await.unwrap_err();
        assert!(matches!(fault, EnrolFault::Sync(SyncFault::NotUnderstood(NotUnderstood::NotABundle(_)))), "{fault:?}");
    }
    front.always("GET /fhir/Patient/123", status(304));
    assert!(client.confirm(None).await.is_err());
}

#[tokio::test]
async fn a_revoked_tablet_is_not_confirmed() {
    let front = Front::start().await;
    let client = front.client(stands_at(now()));
    front.state().revoked.insert(TABLET.to_owned());
    let fault = client.confirm(None).await;
    assert_eq!(fault, Err(EnrolFault::Sync(SyncFault::NotAuthorised(Refusal::Revoked))));
}

#[tokio::test]
async fn where_nobody_is_asked_who_they_are_the_patient_is_read_all_the_same() {
    let front = Front::start().await;
    let open = dagsform_sync::ServiceAddress::parse(&front.fhir.address).unwrap();
    let client = Client::new(open, Access::default()).unwrap();
    assert_eq!(client.confirm(Some(&patient("123"))).await, Ok(patient("123")));
    assert_eq!(client.confirm(None).await, Err(EnrolFault::NoPatient));
}
