//! Which certificates are taken, by which time, and what the others are called.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use dagsform_sync::{
    CertificateFault, Client, Credentials, EnrolFault, Invitation, PatientReference, SyncFault, Trust, access,
    access::SCOPE, register,
};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, PublicKeyData, date_time_ymd,
};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use sha2::{Digest, Sha256};
use tokio::{io::AsyncWriteExt, net::TcpListener};
use tokio_rustls::TlsAcceptor;

use crate::{
    common::{at, enrolment},
    front::{CODE, Front, now, stands_at},
};

/// An authority of somebody's own, from 2025 to 2030.
struct Ca(CertifiedIssuer<'static, KeyPair>);

impl Ca {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        (params.not_before, params.not_after) = (date_time_ymd(2025, 1, 1), date_time_ymd(2030, 1, 1));
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn trust(&self) -> Trust {
        self.0.pem().parse().unwrap()
    }

    /// A certificate for a name, valid in 2026, and its key.
    fn certificate(&self, name: &str) -> Site {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.not_before, params.not_after) = (date_time_ymd(2026, 1, 1), date_time_ymd(2027, 1, 1));
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let pin = STANDARD.encode(Sha256::digest(key.subject_public_key_info()));
        let pin = format!("sha256/{pin}").parse().unwrap();
        Site { chain: vec![certificate.der().clone(), self.0.der().clone()], key, pin }
    }
}

/// What a service shows.
struct Site {
    chain: Vec<rustls::pki_types::CertificateDer<'static>>,
    key: KeyPair,
    pin: Trust,
}

/// Shows a certificate whether or not the key fits it.
#[derive(Debug)]
struct Shows(Arc<CertifiedKey>);

impl ResolvesServerCert for Shows {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}

impl Site {
    fn acceptor(&self) -> TlsAcceptor {
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        let key = ring::sign::any_supported_type(&key).unwrap();
        let shows = Shows(Arc::new(CertifiedKey::new(self.chain.clone(), key)));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(shows));
        TlsAcceptor::from(Arc::new(config))
    }
}

fn patient() -> PatientReference {
    PatientReference::parse("Patient/123").unwrap()
}

/// What becomes of a first request to a service with this certificate.
async fn reached(site: &Site, trust: Trust, clock: access::Clock) -> Result<bool, SyncFault> {
    let front = Front::with(Some(site.acceptor())).await;
    front.client_with(front.knows_a_tablet(), trust, clock).knows(&patient()).await
}

fn date(text: &str) -> DateTime<Utc> {
    at(text).with_timezone(&Utc)
}

#[tokio::test]
async fn a_certificate_by_the_own_authority_is_taken() {
    let ca = Ca::new("Municipality");
    assert_eq!(reached(&ca.certificate("localhost"), ca.trust(), stands_at(now())).await, Ok(true));
}

#[tokio::test]
async fn a_certificate_with_the_pinned_key_is_taken_whoever_signed_it_for_whatever_name_and_time() {
    let ca = Ca::new("Municipality");
    for (name, time) in [("localhost", now()), ("other.example", now()), ("localhost", DateTime::UNIX_EPOCH)] {
        let site = ca.certificate(name);
        assert_eq!(reached(&site, site.pin.clone(), stands_at(time)).await, Ok(true), "{name} {time}");
    }
}

#[tokio::test]
async fn a_wrong_certificate_is_told_by_what_is_wrong() {
    let (ca, other) = (Ca::new("Municipality"), Ca::new("Another"));
    let site = ca.certificate("localhost");
    let later = date("2027-01-02T00:00:00Z");
    for (site, trust, time, expected) in [
        (&site, Trust::System, now(), CertificateFault::UnknownIssuer),
        (&site, other.trust(), now(), CertificateFault::UnknownIssuer),
        (&ca.certificate("other.example"), ca.trust(), now(), CertificateFault::OtherName),
        (&site, ca.trust(), later, CertificateFault::Expired { until: date("2027-01-01T00:00:00Z") }),
        (&site, other.certificate("localhost").pin, now(), CertificateFault::OtherKey),
    ] {
        assert_eq!(reached(site, trust, stands_at(time)).await, Err(SyncFault::Certificate(expected)));
    }
}

#[tokio::test]
async fn an_authority_of_the_same_name_is_not_the_own_one() {
    let (ca, impostor) = (Ca::new("Municipality"), Ca::new("Municipality"));
    let fault = reached(&impostor.certificate("localhost"), ca.trust(), stands_at(now())).await.unwrap_err();
    assert!(matches!(fault, SyncFault::Certificate(_)), "{fault:?}");
}

#[tokio::test]
async fn who_shows_a_certificate_without_having_its_key_is_not_let_in() {
    let ca = Ca::new("Municipality");
    let shown = ca.certificate("localhost");
    let impostor = Site { key: KeyPair::generate().unwrap(), ..ca.certificate("localhost") };
    let impostor = Site { chain: shown.chain.clone(), ..impostor };
    for trust in [ca.trust(), shown.pin.clone()] {
        let fault = reached(&impostor, trust, stands_at(now())).await.unwrap_err();
        assert!(matches!(fault, SyncFault::Certificate(CertificateFault::Other(_))), "{fault:?}");
    }
}

#[tokio::test]
async fn a_tablet_that_believes_it_is_1970_reaches_its_service_by_a_time_that_it_knows_has_passed() {
    let ca = Ca::new("Municipality");
    let site = ca.certificate("localhost");
    let in_1970 = stands_at(DateTime::UNIX_EPOCH);
    let passed = stands_at(date("2026-11-01T00:00:00Z"));
    assert_eq!(reached(&site, ca.trust(), passed).await, Ok(true));
    // Without such a time it is the clock that is to blame: 56 years.
    let by = DateTime::UNIX_EPOCH - date("2026-01-01T00:00:00Z");
    assert_eq!(reached(&site, ca.trust(), in_1970).await, Err(SyncFault::ClockOff { by }));
    // A certificate that was made after that time.
    let passed = stands_at(date("2025-12-31T20:00:00Z"));
    let by = TimeDelta::hours(-4);
    assert_eq!(reached(&site, ca.trust(), passed).await, Err(SyncFault::ClockOff { by }));
}

#[tokio::test]
async fn a_tablet_is_enrolled_over_tls_by_what_its_invitation_trusts() {
    let ca = Ca::new("Municipality");
    let site = ca.certificate("localhost");
    let front = Front::with(Some(site.acceptor())).await;
    let tablet = enrolment("https://service.example").tablet;
    let key = dagsform_sync::TabletKey::generate().unwrap();
    let typed = Invitation::typed(front.service(), CODE.parse().unwrap());
    let fault = register(&typed, &tablet, &key, stands_at(now())).await.unwrap_err();
    assert_eq!(fault, EnrolFault::Sync(SyncFault::Certificate(CertificateFault::UnknownIssuer)));

    let invitation = Invitation { trust: ca.trust(), ..typed };
    let registered = register(&invitation, &tablet, &key, stands_at(now())).await.unwrap();
    let sign_in = Credentials { client_id: registered.client_id, key, scope: SCOPE.to_owned() };
    let access = dagsform_sync::Access { sign_in: Some(sign_in), trust: invitation.trust, clock: stands_at(now()) };
    let client = Client::new(front.service(), access).unwrap();
    assert_eq!(client.confirm(None).await, Ok(patient()));
}

#[tokio::test]
async fn a_service_without_tls_at_an_encrypted_address_is_not_reached() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let service = format!("https://localhost:{}/fhir", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await.unwrap();
    });
    let client = Client::new(service.parse().unwrap(), access::Access::default()).unwrap();
    let fault = client.knows(&patient()).await.unwrap_err();
    assert!(matches!(fault, SyncFault::Unreachable { .. }), "{fault:?}");
}
