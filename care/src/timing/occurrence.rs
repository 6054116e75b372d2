//! What is agreed between two instants.

use std::{fmt, iter};

use chrono::{DateTime, Duration, FixedOffset, Months, NaiveDate, NaiveDateTime, NaiveTime, Weekday};
use serde::{Deserialize, Serialize};

use super::{
    Day, Moment, Rule,
    day::Span,
    local::{first, fixed, is_near, midnight, near},
    rule::{Cadence, Every, Lasts, OPEN_FOR, Windows, Within, is_on, windows_of},
};
use crate::time::Tz;

/// A rule in force: of which agreement, since when, by whose day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// What the agreement is called, in its occurrences' ids.
    pub agreement: String,
    /// The day that it counts from where its Timing names none.
    pub since: NaiveDate,
    /// The patient's times of day.
    pub day: Day,
    /// When.
    pub rule: Rule,
}

/// One time that something is agreed for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occurrence {
    /// The same in whatever window and zone it is asked for.
    pub id: OccurrenceId,
    /// From when on it is open.
    pub begins: DateTime<FixedOffset>,
    /// From when on it is no longer; after `begins`.
    pub ends: DateTime<FixedOffset>,
}

/// Which occurrence of which agreement.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OccurrenceId {
    /// The agreement.
    pub agreement: String,
    /// Its place in it.
    pub place: Place,
}

/// The place of an occurrence. It does not hold the time of day, so that a patient who rises later keeps what is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Of a local day.
    Day {
        /// The day whose rule it follows; in the small hours it may be the day before.
        date: NaiveDate,
        /// Its place among the day's, from 0.
        index: u32,
    },
    /// Of the events as they were listed, or of the intervals that have passed, from 0.
    Step(u64),
}

/// `agreement/2026-11-23/0` or `agreement/17`.
impl fmt::Display for OccurrenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Place::Day { date, index } => write!(f, "{}/{date}/{index}", self.agreement),
            Place::Step(step) => write!(f, "{}/{step}", self.agreement),
        }
    }
}

/// A place with its window.
type Placed = (Place, DateTime<FixedOffset>, DateTime<FixedOffset>);

/// Between which instants occurrences may begin, the last excluded.
struct Limits {
    from: DateTime<FixedOffset>,
    until: Option<DateTime<FixedOffset>>,
}

impl Limits {
    fn holds(&self, at: DateTime<FixedOffset>) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }
}

impl Schedule {
    /// The occurrences that begin between two instants, the second excluded, in the order of their begin.
    ///
    /// Windows that lie side by side hold each occurrence once, whichever way a time is divided. Local times are those
    /// of `zone`; on a journey the ids stay. Before 1900 and after 2999 nothing is agreed.
    pub fn occurrences(&self, from: DateTime<FixedOffset>, until: DateTime<FixedOffset>, zone: Tz) -> Vec<Occurrence> {
        let (from, until) = (near(from), near(until));
        let mut placed = self.placed(from, until, zone).unwrap_or_default();
        placed.retain(|(_, begins, _)| from <= *begins && *begins < until);
        placed.sort_by_key(|(place, begins, _)| (*begins, *place));
        let named = |place| OccurrenceId { agreement: self.agreement.clone(), place };
        placed.into_iter().map(|(place, begins, ends)| Occurrence { id: named(place), begins, ends }).collect()
    }

    /// What the rule counts from: its event, or the start of its bounds, or the day of the agreement.
    fn anchor(&self) -> Moment {
        let start = match self.rule.within {
            Within::Period { start, .. } => start,
            Within::First(_) => None,
        };
        self.rule.event.or(start).unwrap_or(Moment::Date(self.since))
    }

    /// All that lies in the rule's bounds and may begin between two instants, and perhaps some around it. `None` where
    /// a time is beyond the calendar.
    fn placed(&self, from: DateTime<FixedOffset>, until: DateTime<FixedOffset>, zone: Tz) -> Option<Vec<Placed>> {
        let limits = Some(self.since).filter(|since| is_near(Moment::Date(*since))).and_then(|_| self.limits(zone))?;
        let candidates: Box<dyn Iterator<Item = Placed>> = match &self.rule.cadence {
            Cadence::Never => Box::new(iter::empty()),
            Cadence::Events(events) => Box::new((0..).zip(events).filter_map(|(index, event)| {
                let (begins, ends) = self.event(*event, zone)?;
                Some((Place::Step(index), begins, ends))
            })),
            Cadence::Days { every, on, windows } => {
                let days = self.days(from, until, &limits, zone)?;
                Box::new(days.flat_map(move |date| self.on_day(date, (*every, on, windows), zone)))
            }
            Cadence::Elapsed { interval, on } => {
                let steps = self.steps(*interval, from, until, zone)?;
                Box::new(steps.filter(|(_, begins, _)| is_on(on, begins.date_naive())))
            }
        };
        let within = candidates.filter(|(_, begins, _)| limits.holds(*begins));
        let counted = within.take(self.rule.count.unwrap_or(usize::MAX));
        let cut = |ends: DateTime<FixedOffset>| limits.until.map_or(ends, |until| ends.min(until));
        Some(counted.map(|(place, begins, ends)| (place, begins, cut(ends))).collect())
    }

    /// What a rule of whole days gives to one of them.
    fn on_day(&self, date: NaiveDate, rule: (Every, &[Weekday], &Windows), zone: Tz) -> Vec<Placed> {
        let (anchor, start) = self.start(zone);
        let midnight = date.and_time(NaiveTime::MIN);
        let placed = |(index, span): (u32, Span)| {
            let at = |since: Duration| midnight.checked_add_signed(since);
            let (begins, ends) = self.window(at(span.begins)?, at(span.ends)?, zone)?;
            Some((Place::Day { date, index }, begins, ends))
        };
        (0..).zip(windows_of(date, anchor, start, &self.day, rule)).filter_map(placed).collect()
    }

    /// What begins every so often before an instant: from the start on where it is counted, else about from another.
    fn steps(
        &self,
        interval: Duration,
        from: DateTime<FixedOffset>,
        until: DateTime<FixedOffset>,
        zone: Tz,
    ) -> Option<impl Iterator<Item = Placed>> {
        let start = self.start_instant(zone)?;
        let passed = from.signed_duration_since(start).num_seconds().checked_div(interval.num_seconds())?;
        let skipped = if self.rule.count.is_some() { 0 } else { u64::try_from(passed).unwrap_or(0) };
        let placed = move |step: u64| {
            let since = interval.num_seconds().checked_mul(i64::try_from(step).ok()?)?;
            let begins = fixed(start.checked_add_signed(Duration::try_seconds(since)?)?.with_timezone(&zone));
            let ends = self.ends(begins, begins.checked_add_signed(OPEN_FOR.min(interval))?, zone)?;
            (begins < until).then_some((Place::Step(step), begins, ends))
        };
        Some((skipped..).map_while(placed))
    }

    /// The local days whose rule may give an occurrence between two instants.
    fn days(
        &self,
        from: DateTime<FixedOffset>,
        until: DateTime<FixedOffset>,
        limits: &Limits,
        zone: Tz,
    ) -> Option<impl Iterator<Item = NaiveDate> + use<>> {
        let date = |at: DateTime<FixedOffset>| at.with_timezone(&zone).date_naive();
        let (anchor, _) = self.start(zone);
        // A day's windows begin at most half a day before it (an offset) and two days after it began (a night).
        let skipped = date(from).checked_sub_signed(Duration::days(3))?;
        let begin = if self.rule.count.is_some() { anchor } else { anchor.max(skipped) };
        let until = limits.until.map_or(until, |last| last.min(until));
        let end = date(until).checked_add_signed(Duration::days(2))?;
        Some(begin.iter_days().take_while(move |day| *day <= end))
    }

    /// The first day of all, and the time of day that it starts with: the instant's, or when the patient wakes.
    fn start(&self, zone: Tz) -> (NaiveDate, NaiveTime) {
        match self.anchor() {
            Moment::Date(date) => (date, self.day.wakes),
            Moment::Instant(at) => {
                let at = at.with_timezone(&zone).naive_local();
                (at.date(), at.time())
            }
        }
    }

    /// The instant that [`Schedule::start`] is.
    fn start_instant(&self, zone: Tz) -> Option<DateTime<FixedOffset>> {
        match self.anchor() {
            Moment::Date(date) => first(date.and_time(self.day.wakes), zone),
            Moment::Instant(at) => Some(at),
        }
    }

    /// The bounds as instants.
    fn limits(&self, zone: Tz) -> Option<Limits> {
        let begin = |moment| match moment {
            Moment::Date(date) => midnight(date, zone),
            Moment::Instant(at) => Some(at),
        };
        let anchor = match self.rule.cadence {
            // Single events are not counted from a day.
            Cadence::Events(_) => DateTime::<chrono::Utc>::MIN_UTC.fixed_offset(),
            _ => begin(self.anchor())?,
        };
        let limits = match self.rule.within {
            Within::Period { start, end } => {
                let from = start.map_or(Some(anchor), begin)?.max(anchor);
                Limits { from, until: end.and_then(|end| beyond(end, zone)) }
            }
            Within::First(Lasts::Elapsed(by)) => Limits { from: anchor, until: Some(anchor.checked_add_signed(by)?) },
            Within::First(by) => {
                let local = calendar(anchor.with_timezone(&zone).naive_local(), by)?;
                Limits { from: anchor, until: Some(first(local, zone)?) }
            }
        };
        // What repeats around the clock starts when the patient wakes, not in the night before.
        let clockwise = match &self.rule.cadence {
            Cadence::Days { windows, .. } => matches!(windows, Windows::Clock(_)),
            cadence => matches!(cadence, Cadence::Elapsed { .. }),
        };
        let from = if clockwise { limits.from.max(self.start_instant(zone)?) } else { limits.from };
        Some(Limits { from, ..limits })
    }

    /// The window of a single event: an instant, or the waking day of a date.
    fn event(&self, event: Moment, zone: Tz) -> Option<(DateTime<FixedOffset>, DateTime<FixedOffset>)> {
        match event {
            Moment::Instant(at) => {
                let begins = fixed(at.with_timezone(&zone));
                Some((begins, begins.checked_add_signed(OPEN_FOR)?))
            }
            Moment::Date(date) => {
                let waking = self.day.shared(1);
                let (span, midnight) = (waking.first()?, date.and_time(NaiveTime::MIN));
                self.window(midnight.checked_add_signed(span.begins)?, midnight.checked_add_signed(span.ends)?, zone)
            }
        }
    }

    /// A window on the wall clock as instants.
    fn window(
        &self,
        begins: NaiveDateTime,
        ends: NaiveDateTime,
        zone: Tz,
    ) -> Option<(DateTime<FixedOffset>, DateTime<FixedOffset>)> {
        let (at, until) = (first(begins, zone)?, first(ends, zone)?);
        // A clock change can leave nothing of it: then it is as long as it would have been.
        let until = if until > at { until } else { at.checked_add_signed(ends.signed_duration_since(begins))? };
        Some((at, self.ends(at, until, zone)?))
    }

    /// The end of a window: by the Timing's `duration`, else as told.
    fn ends(
        &self,
        begins: DateTime<FixedOffset>,
        otherwise: DateTime<FixedOffset>,
        zone: Tz,
    ) -> Option<DateTime<FixedOffset>> {
        match self.rule.lasts {
            None => Some(otherwise),
            Some(Lasts::Elapsed(by)) => Some(fixed(begins.checked_add_signed(by)?.with_timezone(&zone))),
            Some(by) => first(calendar(begins.with_timezone(&zone).naive_local(), by)?, zone),
        }
    }
}

/// A local time so much later by the calendar.
fn calendar(local: NaiveDateTime, by: Lasts) -> Option<NaiveDateTime> {
    match by {
        Lasts::Elapsed(by) => local.checked_add_signed(by),
        Lasts::Days(days) => local.checked_add_signed(Duration::days(i64::from(days))),
        Lasts::Months(months) => local.checked_add_months(Months::new(months)),
    }
}

/// The first instant after the end of a Period, which belongs to it (FHIR R4, Period.end): the next second, or the day
/// after.
fn beyond(end: Moment, zone: Tz) -> Option<DateTime<FixedOffset>> {
    match end {
        Moment::Date(date) => midnight(date.succ_opt()?, zone),
        Moment::Instant(at) => at.checked_add_signed(Duration::seconds(1)),
    }
}
