//! What the engine is given, and what it gives back.

use std::{fmt, sync::Arc, time::Duration};

use super::backoff::Timing;
use crate::fault::SyncFault;

/// Called at a named moment between two steps, so that tests can let the program die there:
/// "before-post"; "after-post", when the service has answered and nothing is settled; "after-settle".
pub type Gap = Arc<dyn Fn(&'static str) + Send + Sync>;

/// How much goes into one transaction, and how often the engine looks by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// At most this many readings.
    pub entries: usize,
    /// At most about this many bytes, but always one reading.
    pub bytes: usize,
    /// Without a wake the outbox is looked at this often.
    pub idle: Duration,
    /// The state of the kit is told this often, if nothing that matters changes before.
    pub condition: Duration,
}

impl Default for Limits {
    /// Fifty readings or 256 KiB (a few seconds on a poor mobile connection), every fifteen minutes; the state of the kit
    /// every hour.
    fn default() -> Self {
        Self {
            entries: 50,
            bytes: 256 * 1024,
            idle: Duration::from_secs(15 * 60),
            condition: Duration::from_secs(60 * 60),
        }
    }
}

/// What the engine is given besides its ports.
#[derive(Clone)]
pub struct Settings {
    /// The limits.
    pub limits: Limits,
    /// Time and chance.
    pub timing: Timing,
    /// The named moments.
    pub gap: Gap,
}

impl Default for Settings {
    fn default() -> Self {
        Self { limits: Limits::default(), timing: Timing::default(), gap: Arc::new(|_| {}) }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// What one pass did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PassReport {
    /// Entries confirmed and settled.
    pub delivered: usize,
    /// Entries set aside.
    pub set_aside: usize,
    /// Requests made.
    pub requests: usize,
    /// Why something is left, if something is.
    pub fault: Option<SyncFault>,
}
