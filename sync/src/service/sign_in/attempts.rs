//! How many wrong codes are answered: nobody finds a code by trying.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// So many wrong codes are answered in [`WINDOW`].
const MOST: usize = 20;
const WINDOW: Duration = Duration::from_secs(60);

/// When wrong codes came in the last minute.
#[derive(Debug, Default)]
pub(super) struct Attempts(VecDeque<Instant>);

impl Attempts {
    /// Lets another attempt in, or says how long to wait.
    pub(super) fn admit(&mut self, now: Instant) -> Result<(), Duration> {
        let age = |at: &Instant| now.saturating_duration_since(*at);
        while self.0.front().is_some_and(|at| age(at) >= WINDOW) {
            self.0.pop_front();
        }
        match self.0.front() {
            Some(oldest) if self.0.len() >= MOST => Err(WINDOW - age(oldest)),
            _ => Ok(()),
        }
    }

    /// The attempt was wrong.
    pub(super) fn count(&mut self, now: Instant) {
        self.0.push_back(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_wrong_codes_a_minute_are_answered_and_right_ones_do_not_count() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut attempts = Attempts::default();
        for second in 0..20 {
            for _right in 0..30 {
                assert_eq!(attempts.admit(after(second)), Ok(()));
            }
            attempts.count(after(second));
        }
        assert_eq!(attempts.admit(after(20)), Err(Duration::from_secs(40)));
        assert_eq!(attempts.admit(after(59)), Err(Duration::from_secs(1)));
        assert_eq!(attempts.admit(after(60)), Ok(()), "the oldest is forgotten");
        attempts.count(after(60));
        assert_eq!(attempts.admit(after(60)), Err(Duration::from_secs(1)));
    }
}
