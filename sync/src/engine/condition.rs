//! What the service has been told of the state of the kit, and when it is to be told again.

use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::condition::Condition;

/// The newest state, and the last one told.
#[derive(Debug)]
pub(super) struct Told {
    newest: watch::Receiver<Option<Condition>>,
    last: Option<(Condition, Instant)>,
}

impl Told {
    /// The service has been told nothing yet.
    pub(super) fn nothing(newest: watch::Receiver<Option<Condition>>) -> Self {
        Self { newest, last: None }
    }

    /// What is to be told: the newest state, `every` so often or when something changed that matters.
    pub(super) fn due(&self, every: Duration) -> Option<Condition> {
        let newest = self.newest.borrow().clone()?;
        let still_good =
            self.last.as_ref().is_some_and(|(last, at)| at.elapsed() < every && !newest.differs_in_what_matters(last));
        (!still_good).then_some(newest)
    }

    /// This has been told.
    pub(super) fn now(&mut self, condition: Condition) {
        self.last = Some((condition, Instant::now()));
    }
}
