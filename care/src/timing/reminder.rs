//! When to remind of what is open and not done.

use chrono::{DateTime, Duration, FixedOffset, NaiveTime};
use serde::{Deserialize, Serialize};

use super::{
    Occurrence, OccurrenceId, Standing,
    local::{first, last},
};
use crate::time::Tz;

/// How long an occurrence is open before it is reminded of; half its window where that is shorter.
pub const REMIND_AFTER: Duration = Duration::minutes(30);

/// Someone asked to be reminded of an occurrence no sooner than this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutOff {
    /// Of which occurrence.
    pub occurrence: OccurrenceId,
    /// Until when.
    pub until: DateTime<FixedOffset>,
}

/// The hours in which nothing sounds, every night, by the clock on the wall. They may span midnight; equal ends are no
/// time at all. At a clock change they last from the first time that the clock shows `from` to the last that it shows
/// `until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuietHours {
    /// From when on.
    pub from: NaiveTime,
    /// Until when; then it is no longer quiet.
    pub until: NaiveTime,
}

impl QuietHours {
    /// The first instant from one on that is not quiet.
    pub fn after(&self, at: DateTime<FixedOffset>, zone: Tz) -> DateTime<FixedOffset> {
        let date = at.with_timezone(&zone).date_naive();
        let end_of_night_from = |date: chrono::NaiveDate| {
            let end = if self.from < self.until { date } else { date.succ_opt()? };
            let (from, until) = (first(date.and_time(self.from), zone)?, last(end.and_time(self.until), zone)?);
            (from <= at && at < until && self.from != self.until).then_some(until)
        };
        let nights = [date.pred_opt(), Some(date)].into_iter().flatten();
        nights.filter_map(end_of_night_from).max().unwrap_or(at)
    }
}

/// The next reminder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reminder {
    /// When; `now` where it is time already.
    pub at: DateTime<FixedOffset>,
    /// Of which occurrences, in the order that they came in.
    pub occurrences: Vec<OccurrenceId>,
}

/// The next reminder that is to come if nothing else happens, from `now` on.
///
/// One comes when an occurrence has been open for [`REMIND_AFTER`], not before the instant that it was put off to, and
/// after the quiet hours if they fall there. None comes of what is done, paused or closed, or while the clock is in
/// doubt. A reminder stays due until one of these changes: who shows it knows that it is shown.
pub fn next_reminder(
    standings: &[(Occurrence, Standing)],
    put_off: &[PutOff],
    quiet: Option<QuietHours>,
    now: DateTime<FixedOffset>,
    zone: Tz,
) -> Option<Reminder> {
    let waiting = standings.iter().filter(|(_, standing)| matches!(standing, Standing::Due | Standing::Open));
    let due = |occurrence: &Occurrence| {
        let window = occurrence.ends.signed_duration_since(occurrence.begins);
        let usual = occurrence.begins.checked_add_signed(REMIND_AFTER.min(window / 2))?;
        let asked = put_off.iter().filter(|put_off| put_off.occurrence == occurrence.id).map(|put_off| put_off.until);
        let at = asked.chain([usual, now]).max()?;
        let at = quiet.map_or(at, |quiet| quiet.after(at, zone));
        (at < occurrence.ends).then(|| (at, occurrence.id.clone()))
    };
    let due: Vec<_> = waiting.filter_map(|(occurrence, _)| due(occurrence)).collect();
    let at = due.iter().map(|(at, _)| *at).min()?;
    let occurrences = due.into_iter().filter(|(when, _)| *when == at).map(|(_, id)| id).collect();
    Some(Reminder { at, occurrences })
}
