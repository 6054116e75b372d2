//! How long to wait before the next try.

use std::{fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

/// The first wait is at most this.
pub const BASE: Duration = Duration::from_secs(2);
/// No wait is longer: when the network is back, a reading is at the service within a quarter of an hour.
pub const CAP: Duration = Duration::from_secs(15 * 60);
/// A service that asks for more patience than this is asked again all the same: a wrong `Retry-After`
/// must not silence a tablet for days.
pub const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(6 * 3600);

type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Time and chance, given from outside so that tests decide both.
#[derive(Clone)]
pub struct Timing {
    /// Waits.
    pub sleep: Arc<dyn Fn(Duration) -> Sleep + Send + Sync>,
    /// Picks a duration between zero and the given one.
    pub jitter: Arc<dyn Fn(Duration) -> Duration + Send + Sync>,
}

impl Default for Timing {
    /// The real ones.
    fn default() -> Self {
        Self {
            sleep: Arc::new(|duration| Box::pin(tokio::time::sleep(duration))),
            jitter: Arc::new(|most| most.mul_f64(rand::random::<f64>())),
        }
    }
}

impl fmt::Debug for Timing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Timing")
    }
}

/// Counts the failures in a row.
#[derive(Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The wait after one more failure: anything up to twice the span of the last one ("full jitter":
    /// tablets that lost the same service do not come back all at once), but at least what the
    /// service asked for.
    pub fn after_failure(&mut self, retry_after: Option<Duration>, timing: &Timing) -> Duration {
        let span = 2u32.checked_pow(self.failures).map_or(CAP, |factor| BASE.saturating_mul(factor).min(CAP));
        self.failures = self.failures.saturating_add(1);
        let jitter = (timing.jitter)(span);
        match retry_after {
            Some(asked) => asked.min(LONGEST_RETRY_AFTER).saturating_add(jitter),
            None => jitter,
        }
    }

    /// A try has succeeded.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timing(jitter: fn(Duration) -> Duration) -> Timing {
        Timing { jitter: Arc::new(jitter), ..Timing::default() }
    }

    #[test]
    fn the_span_doubles_to_a_quarter_of_an_hour_and_begins_anew_after_success() {
        let longest = timing(|most| most);
        let mut backoff = Backoff::default();
        let seconds: Vec<u64> = (0..12).map(|_| backoff.after_failure(None, &longest).as_secs()).collect();
        assert_eq!(seconds, [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
        backoff.reset();
        assert_eq!(backoff.after_failure(None, &longest), BASE);
    }

    #[test]
    fn a_hundred_failures_neither_overflow_nor_exceed_the_cap() {
        let longest = timing(|most| most);
        let mut backoff = Backoff::default();
        assert!((0..100).all(|_| backoff.after_failure(None, &longest) <= CAP));
    }

    #[test]
    fn what_the_service_asks_for_is_the_least_wait_but_never_days() {
        let shortest = timing(|_| Duration::ZERO);
        let mut backoff = Backoff::default();
        assert_eq!(backoff.after_failure(Some(Duration::from_secs(120)), &shortest), Duration::from_secs(120));
        assert_eq!(backoff.after_failure(Some(Duration::MAX), &shortest), LONGEST_RETRY_AFTER);
    }

    #[test]
    fn chance_stays_within_its_span() {
        let real = Timing::default();
        assert!((0..1000).all(|_| (real.jitter)(BASE) <= BASE));
    }
}
