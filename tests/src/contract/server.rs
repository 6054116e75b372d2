//! The servers that the checks are run against.

use std::{str::FromStr, sync::Arc};

use anyhow::{Context as _, Result, bail, ensure};
use dagsform_sync::{
    Access, Credentials, PatientReference, ServiceAddress, Tablet,
    access::SCOPE,
    invitation::Invitation,
    key::TabletKey,
    registration::register,
    service::{Options, PageWords, Service, TabletAccess},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use super::signer::{Claims, Signer};
use crate::{
    fhir_server::FhirServer,
    helios::Helios,
    rest::{Rest, Said},
};

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The embedded service, in this process.
    Embedded,
    /// sekmet-fhir, with SMART on and the keys known to it beforehand.
    Sekmet,
    /// helios-hfs, which checks what it is sent and asks nobody who they are.
    Helios,
}

impl Which {
    /// The name of a column.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Sekmet => "sekmet",
            Self::Helios => "helios",
        }
    }
}

impl FromStr for Which {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "embedded" => Ok(Self::Embedded),
            "sekmet" => Ok(Self::Sekmet),
            "helios" => Ok(Self::Helios),
            _ => bail!("there is no server '{name}'; name embedded, sekmet or helios"),
        }
    }
}

/// A running server; it ends when dropped.
pub struct Server {
    /// As one who may do everything.
    pub(super) place: Place,
    sign_in: Option<SignIn>,
    running: Running,
}

/// A FHIR interface, and who asks.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) base: String,
    pub(super) rest: Rest,
}

/// How one signs in.
pub(super) struct SignIn {
    token_endpoint: String,
    /// The tablet that the server knows.
    pub(super) tablet: Signer,
}

enum Running {
    Embedded { service: Service, _folder: TempDir },
    Sekmet(#[expect(dead_code, reason = "it runs for as long as it is held")] FhirServer),
    Helios(#[expect(dead_code, reason = "it runs for as long as it is held")] Helios),
}

impl Server {
    /// Starts one without data. The embedded service runs on the caller's runtime, which needs two threads.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start(which: Which) -> Result<Self> {
        match which {
            Which::Embedded => Self::embedded().await,
            Which::Sekmet => Self::sekmet().await,
            Which::Helios => {
                let helios = Helios::start().await?;
                let place = Place { base: helios.base(), rest: Rest::new()? };
                Ok(Self { place, sign_in: None, running: Running::Helios(helios) })
            }
        }
    }

    async fn embedded() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let database = folder.path().join("service.sqlite");
        let staff = Uuid::now_v7().to_string();
        let options = Options::new("127.0.0.1:0".parse()?, database, Arc::new(AsWritten));
        let options = Options { access: TabletAccess::SignIn, staff: Some(staff.clone()), ..options };
        let service = Service::start(options).await?;
        let place = Place { base: service.base(), rest: Rest::with_token(&staff)? };
        let patient = super::patient::add(&place).await?;
        let tablet = Signer::of(&registered(&service, &patient).await?)?;
        let sign_in = SignIn { token_endpoint: token_endpoint(&place).await?, tablet };
        let running = Running::Embedded { service, _folder: folder };
        Ok(Self { place, sign_in: Some(sign_in), running })
    }

    async fn sekmet() -> Result<Self> {
        let (tablet, staff) = (Signer::new("tablet")?, Signer::new("staff")?);
        let known = |signer: &Signer| {
            Ok(json!({"client_id": signer.client_id, "jwks": {"keys": [signer.jwk()?]}, "scopes": SCOPE}))
        };
        let clients: Result<Vec<Value>> = [&tablet, &staff].map(known).into_iter().collect();
        let server = FhirServer::start_with_sign_in(&json!(clients?)).await?;
        let place = Place { base: server.base(), rest: Rest::new()? };
        let sign_in = SignIn { token_endpoint: token_endpoint(&place).await?, tablet };
        let token = sign_in.token_of(&staff).await?;
        let place = Place { rest: Rest::with_token(&token)?, ..place };
        Ok(Self { place, sign_in: Some(sign_in), running: Running::Sekmet(server) })
    }

    /// How a new tablet of this patient gets in: it registers, or is known beforehand, or nobody asks.
    ///
    /// # Errors
    /// It cannot register.
    pub(super) async fn access(&self, patient: &str) -> Result<Access> {
        let sign_in = match (&self.running, &self.sign_in) {
            (Running::Embedded { service, .. }, _) => Some(registered(service, patient).await?),
            (_, Some(sign_in)) => Some(sign_in.tablet.credentials()?),
            (_, None) => None,
        };
        Ok(Access { sign_in, ..Access::default() })
    }

    /// How one signs in here.
    ///
    /// # Errors
    /// Nobody has to.
    pub(super) fn sign_in(&self) -> Result<&SignIn> {
        self.sign_in.as_ref().context("it asks nobody who they are")
    }
}

/// Registers a new tablet of this patient by a one-time code, as a tablet does.
async fn registered(service: &Service, patient: &str) -> Result<Credentials> {
    let code = service.invite(&PatientReference::parse(patient)?).await?;
    let invitation = Invitation::typed(ServiceAddress::parse(&service.base())?, code);
    let tablet = Tablet {
        id: Uuid::now_v7(),
        manufacturer: None,
        model: "Dagsform".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let key = TabletKey::generate()?;
    let registered = register(&invitation, &tablet, &key, Access::default().clock).await?;
    Ok(Credentials { client_id: registered.client_id, key, scope: registered.scope })
}

/// What a server tells of signing in (SMART App Launch 2.2.0, "Conformance").
pub(super) async fn discovered(place: &Place) -> Result<Value> {
    let address = format!("{}/.well-known/smart-configuration", place.base);
    let said = place.rest.ask(reqwest::Method::GET, &address, &[], None).await?;
    ensure!(said.status == 200, "{} at {address}", said.status);
    Ok(said.json())
}

async fn token_endpoint(place: &Place) -> Result<String> {
    let discovered = discovered(place).await?;
    Ok(discovered["token_endpoint"].as_str().context("no token_endpoint")?.to_owned())
}

impl SignIn {
    /// The claims of an assertion as they should be.
    pub(super) fn claims(&self) -> Claims {
        Claims::good(&self.token_endpoint)
    }

    /// What is said to an assertion.
    pub(super) async fn ask(&self, assertion: &str, scope: &str) -> Result<Said> {
        let fields = [
            ("grant_type", "client_credentials"),
            ("scope", scope),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", assertion),
        ];
        Rest::new()?.ask_form(&self.token_endpoint, &fields).await
    }

    /// A client with the tablet's token for a scope.
    pub(super) async fn with_scope(&self, scope: &str) -> Result<Rest> {
        let said = self.ask(&self.tablet.assertion(&self.claims())?, scope).await?;
        Rest::with_token(&token(&said)?)
    }

    async fn token_of(&self, signer: &Signer) -> Result<String> {
        token(&self.ask(&signer.assertion(&self.claims())?, SCOPE).await?)
    }
}

/// The token of an answer (RFC 6749, 5.1).
pub(super) fn token(said: &Said) -> Result<String> {
    ensure!(said.status == 200, "{}: {}", said.status, said.text);
    let json = said.json();
    ensure!(json["token_type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("bearer")), "{json}");
    Ok(json["access_token"].as_str().context("no access_token")?.to_owned())
}

/// The words of the page as they stand in the program; nobody looks at it here.
struct AsWritten;

impl PageWords for AsWritten {
    fn text(&self, _context: &str, id: &str, _values: &[(&str, &str)]) -> String {
        id.to_owned()
    }

    fn language_tag(&self) -> &str {
        "en"
    }
}
