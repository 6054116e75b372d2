//! Registering a key by a one-time code.

use std::time::Duration;

use dagsform_sync::{
    Access, BodyForm, Client, Credentials, EnrolFault, Entrance, Invitation, NotUnderstood, PatientReference,
    Registered, SyncFault, Tablet, TabletKey, register,
};
use serde_json::json;

use crate::{
    common::{
        enrolment,
        server::{Behave, say, status},
    },
    front::{CODE, CONFIGURATION, Code, Front, REGISTRATION, now, stands_at},
};

fn tablet() -> Tablet {
    enrolment("https://service.example").tablet
}

/// Whether it is the fault that was expected.
type Expected = fn(&SyncFault) -> bool;

async fn try_with(front: &Front, key: &TabletKey) -> Result<Registered, EnrolFault> {
    register(&front.invitation(), &tablet(), key, stands_at(now())).await
}

async fn fault(front: &Front) -> EnrolFault {
    try_with(front, &TabletKey::generate().unwrap()).await.unwrap_err()
}

fn patient() -> PatientReference {
    PatientReference::parse("Patient/123").unwrap()
}

#[tokio::test]
async fn a_tablet_registers_its_key_by_a_code_and_reads_its_patient() {
    let front = Front::start().await;
    let key = TabletKey::generate().unwrap();
    let registered = try_with(&front, &key).await.unwrap();
    let expected = Registered {
        client_id: "registered-0".to_owned(),
        patient: Some(patient()),
        form: BodyForm::Pmd,
        scope: "system/*.cru".to_owned(),
    };
    assert_eq!(registered, expected);
    let Registered { client_id, scope, .. } = registered;
    let access =
        Access { sign_in: Some(Credentials { client_id, key, scope }), clock: stands_at(now()), ..Access::default() };
    let client = Client::new(front.service(), access).unwrap();
    assert_eq!(client.confirm(registered.patient.as_ref()).await, Ok(patient()));
}

#[tokio::test]
async fn a_registration_says_what_the_tablet_is_and_never_the_private_key() {
    let front = Front::start().await;
    let key = TabletKey::generate().unwrap();
    try_with(&front, &key).await.unwrap();
    let metadata = front.state().registrations[0].clone();
    let expected = json!({
        "client_name": "Dagsform",
        "software_id": "dagsform",
        "software_version": "0.1.0",
        "grant_types": ["client_credentials"],
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "ES384",
        "scope": "system/*.cruds",
        "jwks": {"keys": [key.public_jwk().to_json()]},
        "dagsform_tablet": "urn:uuid:01990000-0000-7000-8000-000000000001",
    });
    assert_eq!(metadata, expected);
    let mut members: Vec<&str> = metadata["jwks"]["keys"][0].as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["alg", "crv", "key_ops", "kid", "kty", "use", "x", "y"]);
}

#[tokio::test]
async fn a_code_that_the_service_does_not_take_is_told_by_its_reason() {
    let code = CODE.replace('-', "");
    for (state, expected) in [
        (None, EnrolFault::CodeUnknown),
        (Some(Code::Expired), EnrolFault::CodeExpired),
        (Some(Code::UsedBy("tablet-1".to_owned())), EnrolFault::CodeUsed),
    ] {
        let front = Front::start().await;
        front.knows_a_tablet();
        front.state().codes.clear();
        front.state().codes.extend(state.map(|state| (code.clone(), state)));
        assert_eq!(fault(&front).await, expected);
        front.state().reasons = false;
        assert_eq!(fault(&front).await, EnrolFault::CodeRefused);
    }
}

#[tokio::test]
async fn a_lost_answer_is_given_again_to_the_same_key_and_to_no_other() {
    let front = Front::start().await;
    let key = TabletKey::generate().unwrap();
    front.once(REGISTRATION, Behave::LoseTheAnswer);
    let lost = try_with(&front, &key).await.unwrap_err();
    assert!(matches!(lost, EnrolFault::Sync(SyncFault::Unreachable { .. })), "{lost:?}");
    assert_eq!(try_with(&front, &key).await.unwrap().client_id, "registered-0");
    assert_eq!(front.state().clients.len(), 1);
    assert_eq!(fault(&front).await, EnrolFault::CodeUsed);
}

#[tokio::test]
async fn a_service_that_registers_no_tablets_is_told_as_such() {
    let front = Front::start().await;
    front.state().configuration = json!({"registration_endpoint": null});
    assert_eq!(fault(&front).await, EnrolFault::NoRegistration);
    front.state().configuration = json!({});
    front.always(REGISTRATION, status(404));
    assert_eq!(fault(&front).await, EnrolFault::NoRegistration);
    front.always(CONFIGURATION, status(404));
    assert_eq!(fault(&front).await, EnrolFault::Sync(SyncFault::NoSignIn));
}

#[tokio::test]
async fn a_registration_that_is_refused_is_told_in_the_services_words_without_the_code() {
    let front = Front::start().await;
    let said =
        json!({"error": "invalid_client_metadata", "error_description": format!("no, {}!", CODE.replace('-', ""))});
    front.always(REGISTRATION, say(400, "application/json", &said.to_string()));
    let said = "invalid_client_metadata: no, …!".to_owned();
    assert_eq!(fault(&front).await, EnrolFault::Refused { said });
}

#[tokio::test]
async fn a_networks_login_page_a_failure_or_too_much_at_any_step_leaves_the_code_unused() {
    let huge = say(201, "application/json", &format!("\"{}\"", "x".repeat(300_000)));
    let headers = vec![("Retry-After", "7".to_owned())];
    let patience = Some(Duration::from_secs(7));
    for step in [CONFIGURATION, REGISTRATION] {
        let cases: [(Behave, Expected); 6] = [
            (say(200, "text/html", "<html>"), |f| {
                matches!(f, SyncFault::NotUnderstood(NotUnderstood::ContentType { .. }))
            }),
            (status(302), |f| matches!(f, SyncFault::NotUnderstood(NotUnderstood::Redirected { .. }))),
            (huge.clone(), |f| *f == NotUnderstood::TooLong.into()),
            (status(502), |f| *f == SyncFault::ServerError { status: 502 }),
            (say(200, "application/json", "{\"client_id\":"), |f| {
                matches!(f, SyncFault::NotUnderstood(NotUnderstood::SignIn(_)))
            }),
            (Behave::Say { status: 429, headers: headers.clone(), body: String::new() }, |f| {
                matches!(f, SyncFault::Busy { status: 429, .. })
            }),
        ];
        for (behave, expected) in cases {
            let front = Front::start().await;
            front.always(step, behave.clone());
            let EnrolFault::Sync(fault) = fault(&front).await else { panic!("{step} {behave:?}") };
            assert!(expected(&fault), "{step} {behave:?}: {fault:?}");
            assert!(fault.retry_after().is_none_or(|asked| Some(asked) == patience), "{fault:?}");
            front.script(|_, _| Behave::Well);
            assert!(try_with(&front, &TabletKey::generate().unwrap()).await.is_ok(), "{step} {behave:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_right_is_not_taken() {
    let front = Front::start().await;
    for body in [
        json!({}),
        json!({"client_id": ""}),
        json!({"client_id": "a\u{7}b"}),
        json!({"client_id": "å"}),
        json!({"client_id": "a", "scope": "a\nb"}),
        json!({"client_id": "a", "patient": "../1"}),
        json!({"client_id": "a", "dagsform_form": "fax"}),
    ] {
        front.always(REGISTRATION, say(201, "application/json", &body.to_string()));
        let fault = fault(&front).await;
        assert!(
            matches!(fault, EnrolFault::Sync(SyncFault::NotUnderstood(NotUnderstood::SignIn(_)))),
            "{body}: {fault:?}"
        );
    }
}

#[tokio::test]
async fn what_the_service_leaves_out_is_as_the_invitation_says() {
    let front = Front::start().await;
    front.always(REGISTRATION, say(201, "application/json", r#"{"client_id": "a"}"#));
    let invitation = Invitation { form: Some(BodyForm::Pmd), scope: "system/*.c".to_owned(), ..front.invitation() };
    let key = TabletKey::generate().unwrap();
    let registered = register(&invitation, &tablet(), &key, stands_at(now())).await.unwrap();
    let expected =
        Registered { client_id: "a".to_owned(), patient: None, form: BodyForm::Pmd, scope: "system/*.c".to_owned() };
    assert_eq!(registered, expected);
}

#[tokio::test]
async fn a_tablet_that_is_known_already_sends_nothing() {
    let front = Front::start().await;
    let entrance = Entrance::Known { client_id: "tablet-1".to_owned(), patient: Some(patient()) };
    let invitation = Invitation { entrance, ..front.invitation() };
    let key = TabletKey::generate().unwrap();
    let registered = register(&invitation, &tablet(), &key, stands_at(now())).await.unwrap();
    assert_eq!((registered.client_id.as_str(), registered.patient), ("tablet-1", Some(patient())));
    assert_eq!((registered.form, registered.scope.as_str()), (BodyForm::Fhir, "system/*.cruds"));
    assert!(front.state().requests.is_empty());
}

#[tokio::test]
async fn a_service_that_asks_nobody_registers_nobody() {
    let front = Front::start().await;
    let invitation = Invitation { entrance: Entrance::Open { patient: patient() }, ..front.invitation() };
    let key = TabletKey::generate().unwrap();
    let fault = register(&invitation, &tablet(), &key, stands_at(now())).await;
    assert_eq!(fault, Err(EnrolFault::NoRegistration));
    assert!(front.state().requests.is_empty());
}
