//! A Timing that was checked: one rule, and the windows that it gives to a local day.

use std::cmp::Reverse;

use chrono::{Datelike, Duration, Months, NaiveDate, NaiveTime, Timelike, Weekday};

use super::{
    Day, EventTiming, Moment,
    day::{Span, since_midnight},
};

/// How long an occurrence is open of which only the time is agreed.
pub const OPEN_FOR: Duration = Duration::hours(2);

/// The most times a day that anything can be agreed by `frequency` and `period`.
pub const MOST_A_DAY: u32 = 24;

/// A [`super::Timing`] that was checked. Made by [`super::Timing::check`] only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Where the repetition starts, if the Timing says so by an event.
    pub(super) event: Option<Moment>,
    pub(super) within: Within,
    pub(super) count: Option<usize>,
    pub(super) lasts: Option<Lasts>,
    pub(super) cadence: Cadence,
}

/// A length of time: by the calendar, or elapsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lasts {
    Elapsed(Duration),
    Days(u32),
    Months(u32),
}

/// Within which time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Within {
    /// Between two ends, both of them in it.
    Period { start: Option<Moment>, end: Option<Moment> },
    /// So long from the start on.
    First(Lasts),
}

/// How it repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cadence {
    /// Only as needed.
    Never,
    /// At single times.
    Events(Vec<Moment>),
    /// On some days, in windows of the day.
    Days { every: Every, on: Vec<Weekday>, windows: Windows },
    /// By elapsed time, on some days of the week.
    Elapsed { interval: Duration, on: Vec<Weekday> },
}

/// A period of whole days; never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Every {
    Days(u32),
    /// Weeks from Monday, of which the days are named.
    Weeks(u32),
    Months(u32),
}

/// The windows of one period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Windows {
    /// Times, ascending, on each of the days.
    Times(Vec<NaiveTime>),
    /// Parts of each of the days.
    When { codes: Vec<EventTiming>, offset: Option<Duration> },
    /// So many windows in the waking day of each of the days.
    Share(i32),
    /// So many windows, spread over the period's days.
    Spread(i32),
    /// Every so often from the time of the start on, around the clock; the interval shares a day equally.
    Clock(Duration),
}

/// A period that a day is of: its first day, and its length in days.
struct Slot {
    first: NaiveDate,
    days: i64,
}

impl Every {
    /// The period that a day is of, counted from the first day of all; `None` for a day before it, and for one in a
    /// week that is left out.
    fn slot(self, anchor: NaiveDate, date: NaiveDate) -> Option<Slot> {
        let since = date.signed_duration_since(anchor).num_days();
        if since < 0 {
            return None;
        }
        match self {
            Self::Days(every) => {
                let days = i64::from(every);
                let first = date.checked_sub_signed(Duration::days(since.checked_rem(days)?))?;
                Some(Slot { first, days })
            }
            Self::Weeks(every) => {
                let monday = |date: NaiveDate| date.checked_sub_signed(into_week(date));
                let weeks = monday(date)?.signed_duration_since(monday(anchor)?).num_weeks();
                (weeks.checked_rem(i64::from(every))? == 0).then_some(Slot { first: date, days: 1 })
            }
            Self::Months(every) => {
                let month = |date: NaiveDate| i64::from(date.year()) * 12 + i64::from(date.month0());
                let passed = u32::try_from(month(date) - month(anchor)).ok()?;
                let start = |slots: u32| anchor.checked_add_months(Months::new(slots.checked_mul(every)?));
                let slots = passed.checked_div(every)?;
                // In the month itself the day may still be to come.
                let slots = if start(slots)? > date { slots.checked_sub(1)? } else { slots };
                let (first, next) = (start(slots)?, start(slots.checked_add(1)?)?);
                Some(Slot { first, days: next.signed_duration_since(first).num_days() })
            }
        }
    }
}

/// The days since Monday.
fn into_week(date: NaiveDate) -> Duration {
    Duration::days(i64::from(date.weekday().num_days_from_monday()))
}

/// Whether a day is one of the named; where none is named, each is.
pub(super) fn is_on(on: &[Weekday], date: NaiveDate) -> bool {
    on.is_empty() || on.contains(&date.weekday())
}

/// The windows of a local day, ascending; `start` is the time of day that the repetition starts with.
pub(super) fn windows_of(
    date: NaiveDate,
    anchor: NaiveDate,
    start: NaiveTime,
    day: &Day,
    (every, on, windows): (Every, &[Weekday], &Windows),
) -> Vec<Span> {
    let Some(slot) = every.slot(anchor, date).filter(|_| is_on(on, date)) else { return Vec::new() };
    let place = date.signed_duration_since(slot.first).num_days();
    match windows {
        Windows::Spread(times) => day.shared(falling_on(place, i64::from(*times), slot.days)),
        _ if place != 0 => Vec::new(),
        Windows::Share(times) => day.shared(*times),
        Windows::Times(times) => spaced(times.iter().copied().map(since_midnight).collect()),
        Windows::Clock(interval) => spaced(around_the_clock(start, *interval)),
        Windows::When { codes, offset } => {
            let mut spans: Vec<Span> = codes.iter().flat_map(|code| day.spans(*code, *offset)).collect();
            // Those that begin together are one, for as long as the longest.
            spans.sort_unstable_by_key(|span| (span.begins, Reverse(span.ends)));
            spans.dedup_by_key(|span| span.begins);
            spans
        }
    }
}

/// How many of some times fall on the place-th of some days when they are spread equally, the first on the first day:
/// those `i` with `i × days / times` rounded down being the place.
fn falling_on(place: i64, times: i64, days: i64) -> i32 {
    let before = |place: i64| (place * times + days - 1).checked_div(days).unwrap_or(0);
    i32::try_from(before(place + 1) - before(place)).unwrap_or(0)
}

/// The times of a day that lie a multiple of an interval from its start.
fn around_the_clock(start: NaiveTime, interval: Duration) -> Vec<Duration> {
    let step = interval.num_seconds().max(1);
    let first = i64::from(start.num_seconds_from_midnight()) % step;
    let times = (Duration::days(1).num_seconds() / step).clamp(1, i64::from(MOST_A_DAY));
    (0..times).map(|place| Duration::seconds(first + place * step)).collect()
}

/// Windows that are open for [`OPEN_FOR`], or until the next time; the day's last one until the first of the next day.
fn spaced(times: Vec<Duration>) -> Vec<Span> {
    let tomorrow = times.first().map(|first| *first + Duration::days(1));
    let next = times.iter().copied().skip(1).chain(tomorrow);
    times.iter().zip(next).map(|(begins, next)| Span { begins: *begins, ends: next.min(*begins + OPEN_FOR) }).collect()
}
