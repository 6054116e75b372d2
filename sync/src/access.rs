//! How the tablet reaches its service, beside the address: how it says who it is, what it trusts, what time it is.

use std::{fmt, sync::Arc};

use chrono::{DateTime, Utc};

use crate::{key::TabletKey, trust::Trust};

/// What time it is, as well as the tablet knows.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// The scope that is asked for where nobody said another one (SMART App Launch 2.2.0, "Scopes for requesting FHIR
/// Resources"). Which patient it reaches is the service's decision.
pub const SCOPE: &str = "system/*.cruds";

/// What a [`crate::Client`] needs beside the address.
#[derive(Clone)]
pub struct Access {
    /// As whom the tablet signs in; `None` at a service that asks nobody.
    pub sign_in: Option<Credentials>,
    /// How the service is known to be the right one.
    pub trust: Trust,
    /// What time it is. Certificates and the life of a token are judged by it.
    pub clock: Clock,
}

/// What a tablet has after its registration.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Its name at the service (RFC 6749, 2.2).
    pub client_id: String,
    /// Its key; the service knows the public part.
    pub key: TabletKey,
    /// What it asks to be allowed, as SMART writes it.
    pub scope: String,
}

impl Default for Access {
    /// Without signing in, by the authorities and the time of the system.
    fn default() -> Self {
        Self { sign_in: None, trust: Trust::System, clock: Arc::new(Utc::now) }
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").field("sign_in", &self.sign_in).field("trust", &self.trust).finish_non_exhaustive()
    }
}

/// Whether a text has only the letters that a client's name and a scope can have (RFC 6749, appendices A.1 and A.4).
pub(crate) fn is_visible(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, 0x20..=0x7e))
}
