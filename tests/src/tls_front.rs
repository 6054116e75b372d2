//! A service behind TLS, as a municipality has it: a front that shows a certificate and passes on what comes.

use std::sync::{
    Arc,
    atomic::{AtomicU16, Ordering},
};

use anyhow::{Context as _, Result};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

/// A front before a service of this machine; it ends when dropped.
#[derive(Debug)]
pub struct TlsFront {
    port: u16,
    leads_to: Arc<AtomicU16>,
    authority: String,
    passing: JoinHandle<()>,
}

impl TlsFront {
    /// A front with a certificate for `localhost` by an authority of its own. It leads nowhere yet.
    ///
    /// # Errors
    /// No certificate can be made, or no port is free.
    pub async fn start() -> Result<Self> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "The municipality's authority");
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let key = KeyPair::generate()?;
        let certificate = CertificateParams::new(["localhost".to_owned()])?.signed_by(&key, &authority)?;
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let front = listener.local_addr().context("the front has no address")?.port();
        let leads_to = Arc::new(AtomicU16::new(0));
        let behind = Arc::clone(&leads_to);
        let passing = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, port) = (acceptor.clone(), behind.load(Ordering::Relaxed));
                tokio::spawn(async move {
                    // Who does not trust the certificate hangs up here.
                    let mut from = acceptor.accept(stream).await?;
                    let mut to = TcpStream::connect(("127.0.0.1", port)).await?;
                    copy_bidirectional(&mut from, &mut to).await
                });
            }
        });
        Ok(Self { port: front, leads_to, authority: authority.pem(), passing })
    }

    /// From now on it leads to the service at this port.
    pub fn lead_to(&self, port: u16) {
        self.leads_to.store(port, Ordering::Relaxed);
    }

    /// Its address, as the service behind it has to tell it.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// The base address of the service behind it.
    #[must_use]
    pub fn base(&self) -> String {
        format!("{}/fhir", self.origin())
    }

    /// The authority's certificate, as PEM.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }
}

impl Drop for TlsFront {
    fn drop(&mut self) {
        self.passing.abort();
    }
}
