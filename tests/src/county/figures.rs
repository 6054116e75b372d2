//! What is counted while a county is at work.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::Serialize;

use super::clock::Clock;
use crate::service_process::Request;

/// Who has failed and waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The sending.
    Engine,
    /// The fetching.
    Fetcher,
}

/// Counts of one run, by the county's time.
pub struct Figures {
    clock: Clock,
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    requests: Vec<(Duration, Request)>,
    engine_retries: u64,
    fetch_retries: u64,
    saved: u64,
    worst_waiting: u64,
    tablets: Vec<Tablet>,
    /// When the service was last started again.
    restored: Option<Duration>,
}

/// What is known of one tablet.
#[derive(Clone, Default)]
struct Tablet {
    waiting: u64,
    /// When nothing waited any more after the service was back.
    sent: Option<Duration>,
    /// When all was fetched after the service was back.
    fetched: Option<Duration>,
}

/// The figures of a run. Durations are seconds, of the county's time where nothing else is said.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Readings and answers saved on tablets.
    pub saved: u64,
    /// Requests that the service answered.
    pub requests: usize,
    /// Of these, those that sent something.
    pub sending: usize,
    /// Answers by HTTP status.
    pub statuses: BTreeMap<u16, usize>,
    /// Requests a second, on average.
    pub mean: f64,
    /// The most requests in one second.
    pub largest: usize,
    /// When that was, in seconds since midnight.
    pub largest_at: u64,
    /// The same of requests that send something.
    pub largest_sending: usize,
    /// Half of the seconds had at most so many; 99 of a hundred.
    pub seconds: Percentiles,
    /// Tries a second: engines, fetchers and persons that were woken by their own time, answered or not.
    pub tries: Percentiles,
    /// The most tries of a second of each part of the run.
    pub tries_over_time: Vec<usize>,
    /// Requests a second by parts of the run: when the part begins (seconds since midnight), the mean of all, the mean
    /// of those that send, the most of all in one second.
    pub over_time: Vec<(u64, f64, f64, usize)>,
    /// Requests a second that the service answered at most in any second of the machine's time.
    pub service_rate: usize,
    /// The most requests under way at once in the service.
    pub in_flight: usize,
    /// How long the service took for a request, in milliseconds of the machine's time.
    pub took: Percentiles,
    /// Passes of the sending that failed and were tried again.
    pub engine_retries: u64,
    /// Passes of the fetching that failed and were tried again.
    pub fetch_retries: u64,
    /// The most that waited on any tablet.
    pub worst_waiting: u64,
    /// What waits at the end, on all tablets.
    pub left: u64,
    /// After the service was back: until a tablet had sent all.
    pub sent: Option<Percentiles>,
    /// After the service was back: until a tablet had fetched all.
    pub fetched: Option<Percentiles>,
    /// Tablets that are not up to date at the end.
    pub not_up_to_date: usize,
}

/// The middle and the upper end of many numbers.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Percentiles {
    /// Half are at most this.
    pub half: f64,
    /// 95 of a hundred are.
    pub of_95: f64,
    /// 99 of a hundred are.
    pub of_99: f64,
    /// All are.
    pub all: f64,
}

impl Percentiles {
    fn of(mut all: Vec<f64>) -> Option<Self> {
        all.sort_by(f64::total_cmp);
        let last = all.len().checked_sub(1)?;
        let at = |percent: usize| all.get(last * percent / 100).copied();
        Some(Self { half: at(50)?, of_95: at(95)?, of_99: at(99)?, all: at(100)? })
    }
}

impl Figures {
    /// Nothing counted yet, of so many tablets.
    #[must_use]
    pub fn of(clock: Clock, tablets: usize) -> Self {
        let counts = Counts { tablets: vec![Tablet::default(); tablets], ..Counts::default() };
        Self { clock, counts: Mutex::new(counts) }
    }

    /// The service has answered a request.
    pub fn request(&self, request: Request) {
        let now = self.clock.now();
        self.counts().requests.push((now, request));
    }

    /// A pass has failed and will be tried again.
    pub fn retry(&self, part: Part) {
        let mut counts = self.counts();
        match part {
            Part::Engine => counts.engine_retries += 1,
            Part::Fetcher => counts.fetch_retries += 1,
        }
    }

    /// So much waits on a tablet now.
    pub fn waiting(&self, tablet: usize, waiting: u64) {
        let now = self.clock.now();
        let mut counts = self.counts();
        counts.worst_waiting = counts.worst_waiting.max(waiting);
        let restored = counts.restored.is_some();
        let Some(tablet) = counts.tablets.get_mut(tablet) else { return };
        tablet.waiting = waiting;
        if restored && waiting == 0 {
            tablet.sent.get_or_insert(now);
        }
    }

    /// Something was saved on a tablet.
    pub fn saved(&self) {
        self.counts().saved += 1;
    }

    /// A tablet has fetched all that there is.
    pub fn fetched(&self, tablet: usize) {
        let now = self.clock.now();
        let mut counts = self.counts();
        if counts.restored.is_some()
            && let Some(tablet) = counts.tablets.get_mut(tablet)
        {
            tablet.fetched.get_or_insert(now);
        }
    }

    /// The service is back. A tablet on which nothing waits has sent all.
    pub fn restored(&self) {
        let now = self.clock.now();
        let mut counts = self.counts();
        counts.restored = Some(now);
        for tablet in &mut counts.tablets {
            *tablet = Tablet { sent: (tablet.waiting == 0).then_some(now), fetched: None, ..tablet.clone() };
        }
    }

    /// Whether every tablet has sent and fetched all since the service was back.
    #[must_use]
    pub fn all_up_to_date(&self) -> bool {
        self.counts().tablets.iter().all(|tablet| tablet.sent.is_some() && tablet.fetched.is_some())
    }

    /// How much waits on all tablets.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.counts().tablets.iter().map(|tablet| tablet.waiting).sum()
    }

    /// The figures from one moment to another, in parts of so long.
    #[must_use]
    pub fn report(&self, from: Duration, to: Duration, part: Duration) -> Report {
        let counts = self.counts();
        let counted = counts.requests.iter().filter(|(at, _)| (from..to).contains(at));
        let (times, requests): (Vec<_>, Vec<_>) = counted.copied().unzip();
        let mut by_second: BTreeMap<u64, (usize, usize)> =
            (from.as_secs()..to.as_secs()).map(|second| (second, (0, 0))).collect();
        for (at, request) in times.iter().zip(&requests) {
            let (all, sending) = by_second.entry(at.as_secs()).or_default();
            *all += 1;
            *sending += usize::from(request.sends);
        }
        let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
        let mean = |all: usize, seconds: usize| if seconds == 0 { 0.0 } else { count(all) / count(seconds) };
        let woken = self.clock.woken();
        let tries = |second: u64| woken.get(&second).copied().unwrap_or_default();
        let (mut over_time, mut tries_over_time) = (Vec::new(), Vec::new());
        let mut begin = from.as_secs();
        while begin < to.as_secs() {
            let end = (begin + part.as_secs().max(1)).min(to.as_secs());
            let seconds: Vec<_> = by_second.range(begin..end).map(|(_, counts)| *counts).collect();
            let sum = |of: fn(&(usize, usize)) -> usize| seconds.iter().map(of).sum::<usize>();
            let largest = seconds.iter().map(|(all, _)| *all).max().unwrap_or_default();
            over_time.push((begin, mean(sum(|s| s.0), seconds.len()), mean(sum(|s| s.1), seconds.len()), largest));
            tries_over_time.push((begin..end).map(tries).max().unwrap_or_default());
            begin = end;
        }
        let mut statuses = BTreeMap::new();
        for request in &requests {
            *statuses.entry(request.status).or_default() += 1;
        }
        let largest = by_second.iter().max_by_key(|(_, (all, _))| *all);
        let since = |when: fn(&Tablet) -> Option<Duration>| {
            let restored = counts.restored?;
            let all = counts.tablets.iter().filter_map(when).map(|at| at.saturating_sub(restored).as_secs_f64());
            Percentiles::of(all.collect())
        };
        let is_late =
            |tablet: &&Tablet| counts.restored.is_some() && (tablet.sent.is_none() || tablet.fetched.is_none());
        let nothing = Percentiles { half: 0.0, of_95: 0.0, of_99: 0.0, all: 0.0 };
        Report {
            saved: counts.saved,
            requests: requests.len(),
            sending: requests.iter().filter(|request| request.sends).count(),
            statuses,
            mean: mean(requests.len(), by_second.len()),
            largest: largest.map_or(0, |(_, (all, _))| *all),
            largest_at: largest.map_or(0, |(second, _)| *second),
            largest_sending: by_second.values().map(|(_, sending)| *sending).max().unwrap_or_default(),
            seconds: Percentiles::of(by_second.values().map(|(all, _)| count(*all)).collect()).unwrap_or(nothing),
            tries: Percentiles::of(by_second.keys().map(|second| count(tries(*second))).collect()).unwrap_or(nothing),
            tries_over_time,
            over_time,
            service_rate: service_rate(&requests),
            in_flight: in_flight(&requests),
            took: Percentiles::of(requests.iter().map(|request| request.took.as_secs_f64() * 1000.0).collect())
                .unwrap_or(nothing),
            engine_retries: counts.engine_retries,
            fetch_retries: counts.fetch_retries,
            worst_waiting: counts.worst_waiting,
            left: counts.tablets.iter().map(|tablet| tablet.waiting).sum(),
            sent: since(|tablet| tablet.sent),
            fetched: since(|tablet| tablet.fetched),
            not_up_to_date: counts.tablets.iter().filter(is_late).count(),
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The most requests that were answered in one second of the machine's time.
fn service_rate(requests: &[Request]) -> usize {
    let mut seconds: BTreeMap<i64, usize> = BTreeMap::new();
    for request in requests {
        *seconds.entry(request.answered.timestamp()).or_default() += 1;
    }
    seconds.into_values().max().unwrap_or_default()
}

/// The most requests that were under way at one time.
fn in_flight(requests: &[Request]) -> usize {
    let mut changes: Vec<(i64, i32)> = Vec::with_capacity(requests.len() * 2);
    for request in requests {
        let answered = request.answered.timestamp_micros();
        let took = i64::try_from(request.took.as_micros()).unwrap_or(i64::MAX);
        changes.extend([(answered.saturating_sub(took), 1), (answered, -1)]);
    }
    // Of one moment the ends come first.
    changes.sort_unstable();
    let mut now = 0;
    let most = changes.into_iter().map(|(_, change)| {
        now += change;
        now
    });
    most.max().and_then(|most| usize::try_from(most).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn request(answered: i64, took: u64, sends: bool) -> Request {
        let answered = DateTime::from_timestamp_millis(answered).unwrap();
        Request { answered, took: Duration::from_millis(took), sends, status: 200 }
    }

    #[test]
    fn requests_that_overlap_are_under_way_together_and_those_that_touch_are_not() {
        assert_eq!(in_flight(&[request(10, 10, true), request(20, 10, true)]), 1);
        assert_eq!(in_flight(&[request(10, 10, true), request(20, 11, true), request(30, 30, false)]), 3);
        assert_eq!(in_flight(&[]), 0);
    }

    #[test]
    fn a_tablet_with_nothing_to_send_is_up_to_date_when_it_has_fetched() {
        let figures = Figures::of(Clock::at(Duration::from_secs(60), 1), 2);
        figures.waiting(1, 3);
        figures.restored();
        figures.fetched(0);
        assert!(!figures.all_up_to_date());
        figures.fetched(1);
        figures.waiting(1, 1);
        assert!(!figures.all_up_to_date());
        figures.waiting(1, 0);
        assert!(figures.all_up_to_date());
        let report = figures.report(Duration::ZERO, Duration::from_secs(120), Duration::from_secs(60));
        assert_eq!((report.worst_waiting, report.not_up_to_date, report.left), (3, 0, 0));
    }

    #[test]
    fn a_second_with_many_requests_stands_out() {
        let clock = Clock::at(Duration::from_secs(10), 1);
        let figures = Figures::of(clock, 0);
        for n in 0..5 {
            figures.request(request(n, 1, n == 0));
        }
        let report = figures.report(Duration::ZERO, Duration::from_secs(20), Duration::from_secs(10));
        assert_eq!((report.largest, report.largest_at, report.largest_sending), (5, 10, 1));
        assert_eq!(report.over_time, [(0, 0.0, 0.0, 0), (10, 0.5, 0.1, 5)]);
    }
}
