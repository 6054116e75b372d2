//! The service's opening hours (brief R24): weekdays, public holidays, exceptions.

mod holidays;

use chrono::{
    DateTime, Datelike, Days, Duration, FixedOffset, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, Offset,
    TimeZone, Weekday,
};
use serde::{Deserialize, Serialize};

use crate::time::Tz;

pub use holidays::is_public_holiday;

/// How far ahead an opening is looked for, in days.
const AHEAD: u64 = 366;

/// When someone is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Hours {
    /// An ordinary week.
    pub weekly: Vec<Window>,
    /// Closed on Norway's public holidays ([`is_public_holiday`]).
    #[serde(default)]
    pub closed_on_public_holidays: bool,
    /// Closes at this time, if not earlier, on 24 and 31 December, which are no public holidays. `None`: they
    /// are days as others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_days_until: Option<NaiveTime>,
    /// Days on which all of the above does not apply.
    #[serde(default)]
    pub exceptions: Vec<Exception>,
}

/// Open on some days of the week from one time to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Window {
    /// The days of the week.
    pub days: Vec<Weekday>,
    /// From when until when.
    #[serde(flatten)]
    pub open: Open,
}

/// From one time of a day to a later one, by the clock on the wall.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Open {
    /// Open from this time on.
    pub opens: NaiveTime,
    /// Closed from this time on; 00:00 is the midnight that ends the day.
    pub closes: NaiveTime,
}

/// A day with hours of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Exception {
    /// The day.
    pub date: NaiveDate,
    /// When it is open; empty: not at all.
    #[serde(default)]
    pub open: Vec<Open>,
}

/// Whether the service is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// It is open.
    Open,
    /// It is closed.
    Closed {
        /// When it opens; `None`: not within 366 days.
        opens: Option<DateTime<FixedOffset>>,
    },
}

/// Why opening hours are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Hours of no day.
    #[error("the opening hours from {} to {} are for no weekday: name the days", .0.opens, .0.closes)]
    WithoutDays(Open),
    /// Hours that end before they begin.
    #[error("the opening hours from {} to {} end before they begin: write two windows for a night", .0.opens, .0.closes)]
    EndBeforeBeginning(Open),
    /// Two exceptions for one day.
    #[error("{0} has two exceptions from the opening hours: write one with all its hours")]
    SameDate(NaiveDate),
}

impl Hours {
    /// Refuses hours with a fault, naming it.
    pub fn check(&self) -> Result<(), Fault> {
        if let Some(window) = self.weekly.iter().find(|window| window.days.is_empty()) {
            return Err(Fault::WithoutDays(window.open));
        }
        let weekly = self.weekly.iter().map(|window| window.open);
        let exceptions = self.exceptions.iter().flat_map(|exception| exception.open.iter().copied());
        if let Some(open) = weekly.chain(exceptions).find(|open| !open.ends_after_it_begins()) {
            return Err(Fault::EndBeforeBeginning(open));
        }
        for (place, exception) in self.exceptions.iter().enumerate() {
            if self.exceptions.iter().take(place).any(|other| other.date == exception.date) {
                return Err(Fault::SameDate(exception.date));
            }
        }
        Ok(())
    }

    /// Whether the service is there, by its hours.
    pub fn service(&self, now: DateTime<FixedOffset>, zone: Tz) -> Service {
        match self.next_opening(now, zone) {
            Some(opens) if opens == now => Service::Open,
            opens => Service::Closed { opens },
        }
    }

    /// Whether it is open.
    pub fn is_open(&self, now: DateTime<FixedOffset>, zone: Tz) -> bool {
        self.service(now, zone) == Service::Open
    }

    /// The first instant from now on at which it is open: now itself, if it is open now. `None`: not within
    /// 366 days.
    pub fn next_opening(&self, now: DateTime<FixedOffset>, zone: Tz) -> Option<DateTime<FixedOffset>> {
        let utc = now.naive_utc();
        let today = utc.checked_add_offset(zone.offset_from_utc_datetime(&utc).fix())?.date();
        // Where the clock is set back at midnight, the hours of a day can reach into the next.
        let first = today.pred_opt().unwrap_or(today);
        self.windows(first, AHEAD + 1, zone).filter(|(_, closes)| now < *closes).map(|(opens, _)| opens.max(now)).min()
    }

    /// When it closes, if it is open now.
    pub fn closes(&self, now: DateTime<FixedOffset>, zone: Tz) -> Option<DateTime<FixedOffset>> {
        let first = now.with_timezone(&zone).date_naive().pred_opt()?;
        let open = self.windows(first, 2, zone).filter(|(opens, closes)| *opens <= now && now < *closes);
        open.map(|(_, closes)| closes).max()
    }

    /// When it opens and closes, on a day and so many after it.
    fn windows(
        &self,
        first: NaiveDate,
        days: u64,
        zone: Tz,
    ) -> impl Iterator<Item = (DateTime<FixedOffset>, DateTime<FixedOffset>)> {
        (0..=days)
            .filter_map(move |days| first.checked_add_days(Days::new(days)))
            .flat_map(move |date| self.open_on(date).into_iter().filter_map(move |open| open.on(date, zone)))
    }

    /// The hours of a day, by the clock on the wall.
    fn open_on(&self, date: NaiveDate) -> Vec<Open> {
        if let Some(exception) = self.exceptions.iter().find(|exception| exception.date == date) {
            return exception.open.clone();
        }
        if self.closed_on_public_holidays && is_public_holiday(date) {
            return Vec::new();
        }
        let on_the_day = self.weekly.iter().filter(|window| window.days.contains(&date.weekday()));
        let until = self.half_days_until.filter(|_| is_half_day(date));
        on_the_day.filter_map(|window| window.open.until(until)).collect()
    }
}

impl Open {
    fn ends_after_it_begins(self) -> bool {
        self.opens < self.closes || self.closes == NaiveTime::MIN
    }

    /// Closed from `end` on at the latest; `None`: then it does not open at all.
    fn until(self, end: Option<NaiveTime>) -> Option<Self> {
        match end {
            Some(end) if end <= self.opens => None,
            Some(end) if end < self.closes || self.closes == NaiveTime::MIN => Some(Self { closes: end, ..self }),
            _ => Some(self),
        }
    }

    /// On a date: the first instant, and the first after the last. `None` where the clock skips all of it.
    fn on(self, date: NaiveDate, zone: Tz) -> Option<(DateTime<FixedOffset>, DateTime<FixedOffset>)> {
        let end = if self.closes == NaiveTime::MIN { date.succ_opt()? } else { date };
        let (opens, closes) = (instant(date.and_time(self.opens), zone)?, instant(end.and_time(self.closes), zone)?);
        (opens < closes).then_some((opens, closes))
    }
}

/// Christmas Eve and New Year's Eve.
fn is_half_day(date: NaiveDate) -> bool {
    date.month() == 12 && matches!(date.day(), 24 | 31)
}

/// When a clock on the wall shows a time: the second time, where it shows it twice, so that nobody is promised
/// before it is certain; the time is read by the clock as it was set before, where it skips it.
fn instant(local: NaiveDateTime, zone: Tz) -> Option<DateTime<FixedOffset>> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(only) => Some(only.fixed_offset()),
        LocalResult::Ambiguous(_, second) => Some(second.fixed_offset()),
        LocalResult::None => {
            let before = zone.offset_from_utc_datetime(&local.checked_sub_signed(Duration::days(1))?).fix();
            let utc = local.checked_sub_signed(Duration::seconds(i64::from(before.local_minus_utc())))?;
            Some(zone.from_utc_datetime(&utc).fixed_offset())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::ZONE;
    use Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
    use proptest::prelude::*;

    fn at(text: &str) -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339(text).unwrap()
    }

    fn open(text: &str) -> Open {
        let (opens, closes) = text.split_once('-').unwrap();
        let time = |text| NaiveTime::parse_from_str(text, "%H:%M").unwrap();
        Open { opens: time(opens), closes: time(closes) }
    }

    #[test]
    fn it_closes_when_its_hours_end_and_only_if_it_is_open() {
        let close = |now: &str| weekdays().closes(at(now), ZONE).map(|closes| closes.to_rfc3339());
        assert_eq!(close("2026-11-23T08:00:00+01:00").as_deref(), Some("2026-11-23T15:30:00+01:00"));
        assert_eq!(close("2026-11-23T15:29:59+01:00").as_deref(), Some("2026-11-23T15:30:00+01:00"));
        assert_eq!(close("2026-11-23T15:30:00+01:00"), None);
        assert_eq!(close("2026-11-22T12:00:00+01:00"), None);
    }

    /// Weekdays from 8 to 15:30, as such services are.
    fn weekdays() -> Hours {
        Hours {
            weekly: vec![Window { days: vec![Mon, Tue, Wed, Thu, Fri], open: open("08:00-15:30") }],
            closed_on_public_holidays: true,
            half_days_until: NaiveTime::from_hms_opt(12, 0, 0),
            exceptions: vec![
                Exception { date: "2026-11-26".parse().unwrap(), open: vec![] },
                Exception { date: "2026-11-28".parse().unwrap(), open: vec![open("10:00-12:00"), open("13:00-14:00")] },
                Exception { date: "2026-12-25".parse().unwrap(), open: vec![open("10:00-11:00")] },
            ],
        }
    }

    fn every_day(text: &str) -> Hours {
        let days = vec![Mon, Tue, Wed, Thu, Fri, Sat, Sun];
        Hours { weekly: vec![Window { days, open: open(text) }], ..Hours::default() }
    }

    #[test]
    fn the_next_opening_is_now_or_the_next_time_that_someone_is_there() {
        for (now, opens) in [
            ("2026-11-23T07:59:59+01:00", "2026-11-23T08:00:00+01:00"),
            ("2026-11-23T08:00:00+01:00", "2026-11-23T08:00:00+01:00"),
            ("2026-11-23T15:29:59+01:00", "2026-11-23T15:29:59+01:00"),
            ("2026-11-23T15:30:00+01:00", "2026-11-24T08:00:00+01:00"),
            // The weekend.
            ("2026-11-20T16:00:00+01:00", "2026-11-23T08:00:00+01:00"),
            // A day that is closed, one that is open in two parts.
            ("2026-11-25T16:00:00+01:00", "2026-11-27T08:00:00+01:00"),
            ("2026-11-28T09:00:00+01:00", "2026-11-28T10:00:00+01:00"),
            ("2026-11-28T12:00:00+01:00", "2026-11-28T13:00:00+01:00"),
            ("2026-11-28T14:00:00+01:00", "2026-11-30T08:00:00+01:00"),
            // Easter of 2026, from the evening of Wednesday on.
            ("2026-04-01T16:00:00+02:00", "2026-04-07T08:00:00+02:00"),
            // Christmas Eve is a half day; an exception opens on a holiday.
            ("2026-12-24T11:59:59+01:00", "2026-12-24T11:59:59+01:00"),
            ("2026-12-24T12:00:00+01:00", "2026-12-25T10:00:00+01:00"),
            ("2026-12-31T12:00:00+01:00", "2027-01-04T08:00:00+01:00"),
            // The weekends of the clock changes.
            ("2026-03-27T16:00:00+01:00", "2026-03-30T08:00:00+02:00"),
            ("2026-10-23T16:00:00+02:00", "2026-10-26T08:00:00+01:00"),
            // Someone whose clock shows another zone.
            ("2026-11-23T06:59:00+00:00", "2026-11-23T08:00:00+01:00"),
        ] {
            assert_eq!(weekdays().next_opening(at(now), ZONE), Some(at(opens)), "{now}");
            assert_eq!(weekdays().is_open(at(now), ZONE), at(now) == at(opens), "{now}");
        }
    }

    #[test]
    fn holidays_and_half_days_are_days_as_others_unless_the_plan_says_so() {
        let plain = Hours { closed_on_public_holidays: false, half_days_until: None, ..weekdays() };
        for (now, by_the_plan) in [
            ("2026-05-14T10:00:00+02:00", false),
            ("2026-12-24T14:00:00+01:00", false),
            ("2026-12-24T11:00:00+01:00", true),
        ] {
            assert_eq!(weekdays().is_open(at(now), ZONE), by_the_plan, "{now}");
            assert!(plain.is_open(at(now), ZONE), "{now}");
        }
    }

    #[test]
    fn a_half_day_that_ends_before_it_would_begin_is_closed() {
        let eve = "2026-12-24T10:00:00+01:00";
        for (hours, until, is_open) in [
            ("09:00-17:00", "12:00", true),
            ("09:00-17:00", "10:00", false),
            ("09:00-17:00", "09:00", false),
            ("09:00-17:00", "00:00", false),
            ("00:00-00:00", "12:00", true),
            ("00:00-00:00", "10:00", false),
            ("00:00-00:00", "00:00", false),
            ("09:00-11:00", "12:00", true),
        ] {
            let until = NaiveTime::parse_from_str(until, "%H:%M").ok();
            let hours = Hours { half_days_until: until, ..every_day(hours) };
            assert_eq!(hours.is_open(at(eve), ZONE), is_open, "{hours:?}");
        }
    }

    #[test]
    fn a_window_to_midnight_goes_on_until_the_next_day_begins() {
        let evening = every_day("18:00-00:00");
        assert!(evening.is_open(at("2026-11-23T23:59:59+01:00"), ZONE));
        assert_eq!(
            evening.service(at("2026-11-24T00:00:00+01:00"), ZONE),
            Service::Closed { opens: Some(at("2026-11-24T18:00:00+01:00")) }
        );
        let always = every_day("00:00-00:00");
        for now in ["2026-11-24T00:00:00+01:00", "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"] {
            assert_eq!(always.service(at(now), ZONE), Service::Open, "{now}");
            assert!(always.closes(at(now), ZONE).is_some(), "{now}");
        }
    }

    #[test]
    fn a_midnight_that_comes_twice_is_the_second_one() {
        // On 1 November 2026 Havana's clocks go from 01:00 back to 00:00.
        let evening = every_day("18:00-00:00");
        let havana = chrono_tz::America::Havana;
        assert!(evening.is_open(at("2026-11-01T00:30:00-04:00"), havana));
        assert!(!evening.is_open(at("2026-11-01T00:00:00-05:00"), havana));
    }

    #[test]
    fn hours_in_the_night_of_a_clock_change_are_never_promised_too_early() {
        for (hours, now, opens) in [
            // 02:30 comes twice: the second one is meant, for the beginning and for the end.
            ("02:30-06:00", "2026-10-25T01:00:00+02:00", "2026-10-25T02:30:00+01:00"),
            ("01:00-02:30", "2026-10-25T02:29:00+01:00", "2026-10-25T02:29:00+01:00"),
            ("01:00-02:30", "2026-10-25T02:30:00+01:00", "2026-10-26T01:00:00+01:00"),
            // 02:30 does not come: 03:30 as the clock shows it.
            ("02:30-06:00", "2026-03-29T01:00:00+01:00", "2026-03-29T03:30:00+02:00"),
            ("01:00-02:30", "2026-03-29T03:29:00+02:00", "2026-03-29T03:29:00+02:00"),
            ("01:00-02:30", "2026-03-29T03:30:00+02:00", "2026-03-30T01:00:00+02:00"),
            // Nothing of it comes.
            ("02:30-03:00", "2026-03-29T01:00:00+01:00", "2026-03-30T02:30:00+02:00"),
        ] {
            assert_eq!(every_day(hours).next_opening(at(now), ZONE), Some(at(opens)), "{hours} {now}");
        }
    }

    #[test]
    fn a_service_that_never_opens_says_so() {
        assert_eq!(Hours::default().service(at("2026-11-23T10:00:00+01:00"), ZONE), Service::Closed { opens: None });
        let once = |date: &str| Hours {
            exceptions: vec![Exception { date: date.parse().unwrap(), open: vec![open("08:00-09:00")] }],
            ..Hours::default()
        };
        let now = at("2026-11-23T10:00:00+01:00");
        assert_eq!(once("2027-11-24").next_opening(now, ZONE), Some(at("2027-11-24T08:00:00+01:00")));
        assert_eq!(once("2027-11-25").next_opening(now, ZONE), None);
        assert_eq!(once("2026-11-22").next_opening(now, ZONE), None);
    }

    #[test]
    fn the_ends_of_the_calendar_are_no_trouble() {
        for end in [DateTime::<chrono::Utc>::MIN_UTC, DateTime::<chrono::Utc>::MAX_UTC] {
            let _ = weekdays().next_opening(end.fixed_offset(), ZONE);
        }
    }

    #[test]
    fn faulty_hours_are_refused_by_what_is_wrong() {
        assert_eq!(weekdays().check(), Ok(()));
        assert_eq!(every_day("18:00-00:00").check(), Ok(()));
        let exception = |text| Exception { date: "2026-11-26".parse().unwrap(), open: vec![open(text)] };
        for (hours, fault) in [
            (every_day("15:30-08:00"), Fault::EndBeforeBeginning(open("15:30-08:00"))),
            (every_day("08:00-08:00"), Fault::EndBeforeBeginning(open("08:00-08:00"))),
            (
                Hours { weekly: vec![Window { days: vec![], open: open("08:00-15:30") }], ..Hours::default() },
                Fault::WithoutDays(open("08:00-15:30")),
            ),
            (
                Hours { exceptions: vec![exception("12:00-10:00")], ..weekdays() },
                Fault::EndBeforeBeginning(open("12:00-10:00")),
            ),
            (
                Hours { exceptions: vec![exception("08:00-09:00"), exception("10:00-11:00")], ..weekdays() },
                Fault::SameDate("2026-11-26".parse().unwrap()),
            ),
        ] {
            assert_eq!(hours.check(), Err(fault));
        }
        assert_eq!(
            every_day("15:30-08:00").check().unwrap_err().to_string(),
            "the opening hours from 15:30:00 to 08:00:00 end before they begin: write two windows for a night"
        );
    }

    #[test]
    fn hours_read_back_as_they_were_written() {
        let text = serde_json::to_string(&weekdays()).unwrap();
        assert_eq!(serde_json::from_str::<Hours>(&text).unwrap(), weekdays());
    }

    /// Hours that are right, with any minutes.
    fn some_hours() -> impl Strategy<Value = Hours> {
        let time = |minutes: u32| NaiveTime::from_hms_opt(minutes / 60 % 24, minutes % 60, 0).unwrap();
        let open = (0_u32..1439)
            .prop_flat_map(|opens| (Just(opens), opens + 1..=1440))
            .prop_map(move |(opens, closes)| Open { opens: time(opens), closes: time(closes) });
        let days = prop::sample::subsequence(vec![Mon, Tue, Wed, Thu, Fri, Sat, Sun], 1..=7);
        let weekly = (days, open.clone()).prop_map(|(days, open)| Window { days, open });
        let exception = (0_u64..40, prop::collection::vec(open, 0..3));
        (
            prop::collection::vec(weekly, 0..4),
            prop::bool::ANY,
            prop::option::of((0_u32..1440).prop_map(time)),
            prop::collection::btree_map(exception.clone().prop_map(|(day, _)| day), exception, 0..4),
        )
            .prop_map(|(weekly, closed_on_public_holidays, half_days_until, exceptions)| {
                let first: NaiveDate = "2026-03-20".parse().unwrap();
                let exceptions =
                    exceptions.into_iter().map(|(day, (_, open))| Exception { date: first + Days::new(day), open });
                Hours { weekly, closed_on_public_holidays, half_days_until, exceptions: exceptions.collect() }
            })
    }

    proptest! {
        #[test]
        fn the_next_opening_is_open_and_nothing_before_it_is(
            hours in some_hours(),
            // Across both clock changes, Easter and Christmas.
            start in prop::sample::select(vec!["2026-03-26", "2026-10-23", "2026-12-23", "2026-04-01"]),
            minutes in 0_i64..5000,
            between in prop::collection::vec(0_i64..200_000, 20),
        ) {
            prop_assert_eq!(hours.check(), Ok(()));
            let now = at(&format!("{start}T00:00:00+01:00")) + Duration::minutes(minutes);
            match hours.next_opening(now, ZONE) {
                Some(opens) => {
                    prop_assert!(opens >= now && hours.is_open(opens, ZONE));
                    let span = (opens - now).num_seconds();
                    for part in between {
                        let before = now + Duration::seconds(part.min(span));
                        prop_assert!(before == opens || !hours.is_open(before, ZONE), "{}", before);
                    }
                    if opens > now {
                        prop_assert!(!hours.is_open(opens - Duration::seconds(1), ZONE));
                    }
                }
                None => prop_assert!(hours.weekly.is_empty() || hours.closed_on_public_holidays || hours.half_days_until.is_some()),
            }
        }

        #[test]
        fn on_days_without_a_clock_change_it_is_open_when_the_wall_clock_is_in_a_window(
            hours in some_hours(),
            minute in 0_i64..60 * 24 * 60,
        ) {
            let now = at("2026-03-30T03:00:00+02:00") + Duration::minutes(minute);
            let local = now.with_timezone(&ZONE).naive_local();
            let inside = |open: &Open| {
                open.opens <= local.time() && (local.time() < open.closes || open.closes == NaiveTime::MIN)
            };
            let expected = match hours.exceptions.iter().find(|exception| exception.date == local.date()) {
                Some(exception) => exception.open.iter().any(inside),
                None if hours.closed_on_public_holidays && is_public_holiday(local.date()) => false,
                None => hours.weekly.iter().any(|week| week.days.contains(&local.weekday()) && inside(&week.open)),
            };
            prop_assert_eq!(hours.is_open(now, ZONE), expected, "{}", now);
        }
    }
}
