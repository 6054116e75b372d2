//! How the tablet reaches its service, beside the address: how it says who it is, what it trusts, what time it is.

use std::{fmt, sync::Arc};

use chrono::{DateTime, Utc};

/// What time it is, as well as the tablet knows.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// What a [`crate::Client`] needs beside the address.
#[derive(Clone)]
pub struct Access {
    /// What time it is.
    pub clock: Clock,
}

impl Default for Access {
    /// The time of the system.
    fn default() -> Self {
        Self { clock: Arc::new(Utc::now) }
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").finish_non_exhaustive()
    }
}
