//! Signing in: SMART App Launch 2.2.0, "Backend Services". The tablet signs an assertion with its key and gets a token for
//! some minutes.
//!
//! A token is got when it is first needed, renewed before its end, and once anew when the service does not take it. The
//! assertion carries the service's time, since the tablet's own clock may be wrong.

use std::{fmt, sync::Arc};

use chrono::TimeDelta;
use tokio::sync::Mutex;

use crate::{
    access::Credentials,
    client::connection::Connection,
    enrolment::ServiceAddress,
    fault::{Refusal, SyncFault},
};

mod assertion;
pub(crate) mod discovery;
pub(crate) mod said;
mod token;

use discovery::Endpoints;
use token::Asked;
pub(crate) use token::Token;

/// An answer to a question of signing in is not larger than this, in bytes.
pub(crate) const LARGEST_ANSWER: usize = 256 * 1024;
/// Clocks that differ by no more than this agree: services allow it (RFC 7519, 4.1.4).
const AGREE: TimeDelta = TimeDelta::seconds(60);

/// The signing in of one tablet at one service. A copy shares the token; two tasks never ask for it at the same time.
#[derive(Clone)]
pub(crate) struct SignIn {
    credentials: Arc<Credentials>,
    service: ServiceAddress,
    connection: Connection,
    held: Arc<Mutex<Held>>,
}

#[derive(Default)]
struct Held {
    endpoints: Option<Endpoints>,
    token: Option<Token>,
}

impl SignIn {
    pub(crate) fn new(credentials: Credentials, service: ServiceAddress, connection: Connection) -> Self {
        Self { credentials: Arc::new(credentials), service, connection, held: Arc::default() }
    }

    /// A token that has a while to live.
    pub(crate) async fn token(&self) -> Result<Token, SyncFault> {
        let mut held = self.held.lock().await;
        match &held.token {
            Some(token) if token.is_fresh(self.connection.clock.tablet()) => Ok(token.clone()),
            _ => self.renew(&mut held).await,
        }
    }

    /// Another token than this one, which the service did not take. Someone may have got it already.
    pub(crate) async fn another(&self, refused: &Token) -> Result<Token, SyncFault> {
        let mut held = self.held.lock().await;
        match &held.token {
            Some(token) if token != refused => Ok(token.clone()),
            _ => self.renew(&mut held).await,
        }
    }

    async fn renew(&self, held: &mut Held) -> Result<Token, SyncFault> {
        held.token = None;
        let endpoints = match held.endpoints.take() {
            Some(endpoints) => endpoints,
            None => discovery::discover(&self.connection, &self.service).await?,
        };
        let token = self.sign_in(&endpoints).await;
        // Whatever went wrong may come of an address that has moved: it is looked up again.
        let token = token?;
        held.endpoints = Some(endpoints);
        held.token = Some(token.clone());
        Ok(token)
    }

    /// Asks for a token, and once more where another assertion can mend what the service holds against the first.
    async fn sign_in(&self, endpoints: &Endpoints) -> Result<Token, SyncFault> {
        let offset = self.connection.clock.offset().unwrap_or_default();
        match self.ask(endpoints, offset).await? {
            Asked::Token(token) => return Ok(token),
            Asked::Refused(refusal) if !is_about_the_assertion(&refusal) => {
                return Err(SyncFault::NotAuthorised(refusal));
            }
            Asked::Refused(_) => tracing::debug!("an assertion was refused, and is made anew"),
        }
        match self.ask(endpoints, self.other_offset(offset)).await? {
            Asked::Token(token) => Ok(token),
            Asked::Refused(refusal) => Err(self.clock_or(refusal)),
        }
    }

    async fn ask(&self, endpoints: &Endpoints, offset: TimeDelta) -> Result<Asked, SyncFault> {
        let now = self.connection.clock.tablet() + offset;
        let assertion = assertion::write(&self.credentials, &endpoints.token, now)?;
        token::ask(&self.connection, endpoints, &self.credentials.scope, &assertion).await
    }

    /// How the time of a second assertion differs from the tablet's: as the refusal's own `Date` says; if that is what
    /// was tried already, the tablet's clock may be right and that of a proxy wrong.
    fn other_offset(&self, tried: TimeDelta) -> TimeDelta {
        let newest = self.connection.clock.offset().unwrap_or_default();
        match (newest - tried).abs() > AGREE {
            true => newest,
            false if tried.abs() > AGREE => TimeDelta::zero(),
            false => newest,
        }
    }

    /// The time is the tablet's fault only if its clock is wrong.
    fn clock_or(&self, refusal: Refusal) -> SyncFault {
        match self.connection.clock.offset() {
            Some(offset) if refusal == Refusal::Expired && offset.abs() > AGREE => SyncFault::clock_off(-offset),
            _ => SyncFault::NotAuthorised(refusal),
        }
    }
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn").field("credentials", &self.credentials).finish_non_exhaustive()
    }
}

/// Whether another assertion by the same key may be taken.
fn is_about_the_assertion(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Replayed | Refusal::Expired | Refusal::Unsaid { .. })
}
