//! From the clock on the wall to instants, over clock changes.

use chrono::{
    DateTime, Datelike, Duration, FixedOffset, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Utc,
};

use super::Moment;
use crate::time::Tz;

/// Whether anything can be agreed for it. Far beyond these years chrono has no local times.
pub(super) fn is_near(moment: Moment) -> bool {
    match moment {
        Moment::Date(date) => (1900..3000).contains(&date.year()),
        Moment::Instant(at) => near(at) == at,
    }
}

/// The nearest instant of those years.
pub(super) fn near(at: DateTime<FixedOffset>) -> DateTime<FixedOffset> {
    let (first, last) = (-2_208_988_800, 32_503_680_000);
    match DateTime::<Utc>::from_timestamp(at.timestamp().clamp(first, last), 0) {
        Some(clamped) if clamped.timestamp() != at.timestamp() => clamped.fixed_offset(),
        _ => at,
    }
}

/// An instant with the offset that its zone has then.
pub(super) fn fixed(at: DateTime<Tz>) -> DateTime<FixedOffset> {
    at.with_timezone(&at.offset().fix())
}

/// The instant of a local time: the first of two; one that a clock change skips is as much later as it skips.
pub(super) fn first(local: NaiveDateTime, zone: Tz) -> Option<DateTime<FixedOffset>> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(fixed(at)),
        LocalResult::None => after_gap(local, zone),
    }
}

/// The instant of a local time: the last of two, else as [`first`].
pub(super) fn last(local: NaiveDateTime, zone: Tz) -> Option<DateTime<FixedOffset>> {
    zone.from_local_datetime(&local).latest().map(fixed).or_else(|| first(local, zone))
}

/// The instant at which a local day begins.
pub(super) fn midnight(date: NaiveDate, zone: Tz) -> Option<DateTime<FixedOffset>> {
    first(date.and_time(NaiveTime::MIN), zone)
}

/// Reads a skipped local time with the offset from before the clock change. No zone has ever skipped more than a day.
fn after_gap(local: NaiveDateTime, zone: Tz) -> Option<DateTime<FixedOffset>> {
    let before = (1..=25).find_map(|hours| {
        let earlier = local.checked_sub_signed(Duration::hours(hours))?;
        Some(zone.from_local_datetime(&earlier).latest()?.offset().fix())
    })?;
    let utc = local.checked_sub_offset(before)?;
    Some(fixed(zone.from_utc_datetime(&utc)))
}
