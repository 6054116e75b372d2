//! Time as the county's tablets know it: it runs faster than the machine's, but never faster than the machine can work.
//!
//! Whoever acts on the county's time is either asleep until a moment of it or busy. Time goes on by the factor; it
//! stands still while too many are busy, so that a slow machine does not look like a slow service: what is asked for
//! in one of the county's seconds is counted in that second, however long it takes to be answered.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use tokio::sync::{Notify, oneshot};

/// So long the machine may have been away from the clock without its time being made up for.
const LATE: Duration = Duration::from_millis(50);

/// The county's clock. Clones share it.
#[derive(Clone)]
pub struct Clock {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    /// Someone has fallen asleep.
    slept: Notify,
}

struct State {
    now: Duration,
    /// Who is asleep, by the moment to be woken.
    asleep: BTreeMap<Moment, oneshot::Sender<()>>,
    count: u64,
    busy: usize,
    most_busy: usize,
    /// How many were woken, by the second.
    woken: BTreeMap<u64, usize>,
}

/// A moment of the county's time; the number tells apart those who chose the same.
type Moment = (Duration, u64);

impl Clock {
    /// A clock that shows this time, since midnight, and does not go until it is [run](Clock::run). It stands still
    /// while more than `most_busy` are busy.
    #[must_use]
    pub fn at(now: Duration, most_busy: usize) -> Self {
        let state = State {
            now,
            asleep: BTreeMap::new(),
            count: 0,
            busy: 0,
            most_busy: most_busy.max(1),
            woken: BTreeMap::new(),
        };
        Self { shared: Arc::new(Shared { state: Mutex::new(state), slept: Notify::new() }) }
    }

    /// What time it is, since midnight.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.state().now
    }

    /// How many were woken in each second since midnight, where any were: what is tried, whether it is answered or not.
    #[must_use]
    pub fn woken(&self) -> BTreeMap<u64, usize> {
        self.state().woken.clone()
    }

    /// One more begins to act on this time, and is busy until it sleeps.
    pub fn join(&self) {
        self.state().busy += 1;
    }

    /// One acts no more.
    pub fn leave(&self) {
        let mut state = self.state();
        state.busy = state.busy.saturating_sub(1);
        drop(state);
        self.shared.slept.notify_one();
    }

    /// Sleeps for so long, from now on. Whoever lets go of the sleep before its end is busy again.
    #[must_use]
    pub fn sleep(&self, duration: Duration) -> Sleep {
        let mut state = self.state();
        state.count += 1;
        let moment = (state.now.saturating_add(duration), state.count);
        let (wake, woken) = oneshot::channel();
        state.asleep.insert(moment, wake);
        state.busy = state.busy.saturating_sub(1);
        drop(state);
        self.shared.slept.notify_one();
        Sleep { clock: self.clone(), moment, woken }
    }

    /// Sleeps until a moment, not at all if it has passed.
    #[must_use]
    pub fn sleep_until(&self, moment: Duration) -> Sleep {
        let now = self.now();
        self.sleep(moment.saturating_sub(now))
    }

    /// Lets time go on, so many times as fast as the machine's, until this is dropped.
    pub async fn run(&self, factor: f64) -> Infallible {
        let mut before = Instant::now();
        loop {
            let passed = before.elapsed().min(LATE);
            before = Instant::now();
            let next = self.advance(passed.mul_f64(factor));
            // At least a millisecond: timers are no finer.
            let pause = next.div_f64(factor).clamp(Duration::from_millis(1), LATE);
            let _ = tokio::time::timeout(pause, self.shared.slept.notified()).await;
        }
    }

    /// Lets at most so much time pass, and wakes who wanted to be. How long it is from then until the next.
    fn advance(&self, by: Duration) -> Duration {
        let mut state = self.state();
        let until = state.now.saturating_add(by);
        loop {
            if state.busy >= state.most_busy {
                return Duration::ZERO;
            }
            let Some((&(moment, number), _)) = state.asleep.first_key_value() else {
                state.now = until;
                return Duration::MAX;
            };
            if moment > until {
                state.now = until;
                return moment - until;
            }
            state.now = state.now.max(moment);
            if let Some(wake) = state.asleep.remove(&(moment, number)) {
                state.busy += 1;
                *state.woken.entry(moment.as_secs()).or_default() += 1;
                // Whoever has let go of the sleep in between counts for itself.
                let _ = wake.send(());
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A sleep on a [`Clock`].
pub struct Sleep {
    clock: Clock,
    moment: Moment,
    woken: oneshot::Receiver<()>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.woken).poll(context).map(drop)
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        let mut state = self.clock.state();
        if state.asleep.remove(&self.moment).is_some() {
            state.busy += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn sleepers_are_woken_in_order_and_at_their_own_moments() {
        let clock = Clock::at(Duration::ZERO, 10);
        clock.join();
        clock.join();
        let (later, sooner) = (clock.sleep(2 * MINUTE), clock.sleep(MINUTE));
        assert_eq!(clock.advance(MINUTE / 2), MINUTE / 2);
        clock.advance(MINUTE);
        sooner.await;
        assert_eq!(clock.now(), MINUTE * 3 / 2);
        clock.advance(10 * MINUTE);
        later.await;
        assert_eq!(clock.woken(), BTreeMap::from([(60, 1), (120, 1)]));
    }

    #[tokio::test]
    async fn time_stands_still_while_too_many_are_busy() {
        let clock = Clock::at(Duration::ZERO, 1);
        clock.join();
        clock.advance(MINUTE);
        assert_eq!(clock.now(), Duration::ZERO, "one is busy");
        let sleep = clock.sleep(MINUTE);
        clock.advance(2 * MINUTE);
        assert_eq!(clock.now(), MINUTE, "the one who was woken is busy");
        sleep.await;
        clock.leave();
        clock.advance(MINUTE);
        assert_eq!(clock.now(), 2 * MINUTE);
    }

    #[tokio::test]
    async fn who_is_woken_by_something_else_is_busy_again() {
        let clock = Clock::at(Duration::ZERO, 1);
        clock.join();
        drop(clock.sleep(MINUTE));
        clock.advance(2 * MINUTE);
        assert_eq!(clock.now(), Duration::ZERO);
    }
}
