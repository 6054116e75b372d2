//! The enrolment file: what is read, and what each mistake is called.

use dagsform_sync::{BadCode, BadInvitation, BadTrust, BodyForm, Entrance, Invitation, PatientReference, Trust};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::front::CODE;

fn file() -> Value {
    json!({"service": "https://service.example/fhir", "code": CODE})
}

/// The file with some members changed; those that are null are left out.
fn with(changes: Value) -> Vec<u8> {
    let mut file = file();
    for (name, value) in changes.as_object().unwrap() {
        file[name] = value.clone();
    }
    file.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    file.to_string().into_bytes()
}

fn certificate() -> String {
    rcgen::generate_simple_self_signed(vec!["service.example".to_owned()]).unwrap().cert.pem()
}

#[test]
fn a_file_says_the_service_and_the_code_and_the_rest_is_as_usual() {
    let invitation = Invitation::read(&with(json!({}))).unwrap();
    assert_eq!(invitation, Invitation::typed("https://service.example/fhir".parse().unwrap(), CODE.parse().unwrap()));
    assert_eq!(
        (invitation.form, &invitation.trust, invitation.scope.as_str()),
        (None, &Trust::System, "system/*.cruds")
    );
}

#[test]
fn a_file_may_say_form_scope_and_whom_to_trust() {
    let pin = format!("sha256/{}=", "A".repeat(43));
    let file = with(json!({"form": "pmd", "scope": "system/*.c", "key_pin": pin, "code": " k7qm 4txd 9rp8 "}));
    let invitation = Invitation::read(&file).unwrap();
    assert_eq!(invitation.form, Some(BodyForm::Pmd));
    assert_eq!(invitation.scope, "system/*.c");
    assert_eq!(invitation.trust.to_string(), pin);
    assert_eq!(invitation.entrance, Entrance::Code(CODE.parse().unwrap()));
    let pem = certificate();
    let invitation = Invitation::read(&with(json!({"authority": pem}))).unwrap();
    assert_eq!(invitation.trust, pem.parse().unwrap());
}

#[test]
fn a_tablet_that_is_known_already_has_a_name_in_place_of_a_code() {
    let known = |changes| Invitation::read(&with(changes)).unwrap().entrance;
    let patient = PatientReference::parse("Patient/12").unwrap();
    assert_eq!(
        known(json!({"code": null, "client": "tablet-1", "patient": "Patient/12"})),
        Entrance::Known { client_id: "tablet-1".to_owned(), patient: Some(patient) }
    );
    assert_eq!(
        known(json!({"code": null, "client": "tablet-1"})),
        Entrance::Known { client_id: "tablet-1".to_owned(), patient: None }
    );
}

#[test]
fn a_service_on_this_machine_may_ask_nobody_and_another_one_may_not() {
    let with = |service| Invitation::read(&with(json!({"service": service, "code": null, "patient": "Patient/12"})));
    let patient = PatientReference::parse("Patient/12").unwrap();
    assert_eq!(with("http://127.0.0.1:8090/fhir").unwrap().entrance, Entrance::Open { patient });
    assert_eq!(with("https://service.example/fhir"), Err(BadInvitation::Missing("code")));
}

#[test]
fn a_byte_order_mark_is_no_mistake() {
    let marked = [b"\xef\xbb\xbf".as_slice(), &with(json!({}))].concat();
    assert_eq!(Invitation::read(&marked), Invitation::read(&with(json!({}))));
}

#[test]
fn every_mistake_has_a_name_of_its_own() {
    let pin = format!("sha256/{}=", "A".repeat(43));
    for (changes, expected) in [
        (json!({"service": null}), BadInvitation::Missing("service")),
        (json!({"code": null}), BadInvitation::Missing("code")),
        (json!({"code": null, "patient": "Patient/1"}), BadInvitation::Missing("code")),
        (json!({"code": 7}), BadInvitation::NotText("code")),
        (json!({"form": " "}), BadInvitation::NotText("form")),
        (json!({"authority": ["x"]}), BadInvitation::NotText("authority")),
        (json!({"kode": "x", "b": 1}), BadInvitation::Unknown(vec!["b".to_owned(), "kode".to_owned()])),
        (json!({"form": "fax"}), BadInvitation::Form("fax".to_owned())),
        (json!({"client": "a"}), BadInvitation::Both("code", "client")),
        (json!({"patient": "Patient/1"}), BadInvitation::Both("code", "patient")),
        (json!({"authority": certificate(), "key_pin": pin}), BadInvitation::Both("authority", "key_pin")),
        (json!({"authority": "x"}), BadInvitation::Trust("authority", BadTrust::Unreadable)),
        (json!({"authority": pin}), BadInvitation::Trust("authority", BadTrust::Unreadable)),
        (json!({"key_pin": "x"}), BadInvitation::Trust("key_pin", BadTrust::NotAPin)),
        (json!({"scope": "system/*.c\n*"}), BadInvitation::Letters("scope")),
        (json!({"code": null, "client": "å"}), BadInvitation::Letters("client")),
        (json!({"code": "K7QM-4TXD-9RPN"}), BadInvitation::Code(BadCode::Mistyped)),
        (json!({"code": "K7QM-4TXD-9RP"}), BadInvitation::Code(BadCode::Length { found: 11 })),
        (json!({"code": "K7QM-4TXD-9RPU"}), BadInvitation::Code(BadCode::Letter('U'))),
    ] {
        assert_eq!(Invitation::read(&with(changes.clone())), Err(expected), "{changes}");
    }
    for (changes, named) in [
        (json!({"service": "http://service.example"}), "'service' in the enrolment file: 'http://service.example' is"),
        (json!({"service": "service"}), "'service' in the enrolment file: 'service' is not a web address"),
        (json!({"code": null, "client": "a", "patient": "12"}), "'patient' in the enrolment file: '12' is not"),
    ] {
        let said = Invitation::read(&with(changes.clone())).unwrap_err().to_string();
        assert!(said.starts_with(named), "{changes}: {said}");
    }
}

#[test]
fn what_is_no_object_and_what_stands_there_twice_is_refused() {
    for text in ["", "[]", "7", "{", "service=https://service.example", "{}x"] {
        let fault = Invitation::read(text.as_bytes()).unwrap_err();
        assert!(matches!(fault, BadInvitation::NotAnObject(_)), "{text}: {fault:?}");
    }
    let twice = format!(r#"{{"service":"https://a.example","code":"{CODE}","service":"https://b.example"}}"#);
    assert_eq!(Invitation::read(twice.as_bytes()), Err(BadInvitation::Twice("service")));
    assert_eq!(Invitation::read(&vec![b' '; 64 * 1024 + 1]), Err(BadInvitation::TooLong));
}

#[test]
fn no_mistake_repeats_the_code() {
    let shown = |file: &[u8]| {
        let read = Invitation::read(file);
        format!("{read:?} {}", read.as_ref().err().map(ToString::to_string).unwrap_or_default())
    };
    for changes in [json!({}), json!({"x": 1}), json!({"client": "a"}), json!({"code": "K7QM-4TXD-9RPN"})] {
        assert!(!shown(&with(changes.clone())).contains("4TXD"), "{changes}");
    }
    // As far as it was read before it broke.
    assert!(!shown(format!(r#"{{"code":"{CODE}","service":}}"#).as_bytes()).contains("4TXD"));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Invitation::read(&bytes);
    }

    #[test]
    fn any_texts_in_their_places_are_read_or_refused(
        texts in proptest::collection::vec("\\PC{0,30}", 8),
        there in proptest::collection::vec(any::<bool>(), 8),
    ) {
        let names = ["service", "code", "client", "patient", "form", "scope", "authority", "key_pin"];
        let members = names.into_iter().zip(texts).zip(there).filter(|(_, there)| *there);
        let changes: serde_json::Map<String, Value> =
            members.map(|((name, text), _)| (name.to_owned(), json!(text))).collect();
        let _ = Invitation::read(&with(Value::Object(changes)));
    }
}
