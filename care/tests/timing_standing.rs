//! How an occurrence stands, which of what was done is it, and when a reminder comes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

use chrono::{DateTime, Duration, FixedOffset, NaiveDate, NaiveTime};
use dagsform_care::{
    Trust,
    time::ZONE,
    timing::{
        Clock, Occurrence, OccurrenceId, Pause, Place, PutOff, QuietHours, Standing, assign, next_reminder, standing,
    },
};
use proptest::prelude::*;

/// An instant of 2026, `11-23 08:00` in Oslo; `11-23 08:00+02` where the offset is told.
fn at(text: &str) -> DateTime<FixedOffset> {
    let (local, offset) = text.split_once('+').unwrap_or((text, "01"));
    DateTime::parse_from_rfc3339(&format!("2026-{}:00+{offset}:00", local.replace(' ', "T"))).unwrap()
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn occurrence(index: u32, begins: &str, ends: &str) -> Occurrence {
    let (begins, ends) = (at(begins), at(ends));
    let place = Place::Day { date: begins.date_naive(), index };
    Occurrence { id: OccurrenceId { agreement: "a".into(), place }, begins, ends }
}

fn stands(occurrence: &Occurrence, done: Option<&str>, pauses: &[Pause], now: &str, trust: Trust) -> Standing {
    standing(occurrence, done.map(at), pauses, Clock { now: at(now), trust }, ZONE)
}

#[test]
fn an_occurrence_is_due_then_open_then_late_and_done_once_it_is_done() {
    let morning = occurrence(0, "11-23 07:00", "11-23 10:00");
    for (now, done, expected) in [
        ("11-22 12:00", None, Standing::Due),
        ("11-23 06:59", None, Standing::Due),
        ("11-23 07:00", None, Standing::Open),
        ("11-23 09:59", None, Standing::Open),
        ("11-23 10:00", None, Standing::Late),
        ("11-25 10:00", None, Standing::Late),
        ("11-23 09:00", Some("11-23 08:00"), Standing::Done(at("11-23 08:00"))),
        ("11-23 12:00", Some("11-23 11:00"), Standing::Done(at("11-23 11:00"))),
    ] {
        assert_eq!(stands(&morning, done, &[], now, Trust::Trusted), expected, "{now} {done:?}");
        assert_eq!(stands(&morning, done, &[], now, Trust::Unverified), expected, "{now} {done:?}");
    }
}

#[test]
fn by_a_clock_that_is_wrong_only_what_is_done_or_paused_is_known() {
    let morning = occurrence(0, "11-23 07:00", "11-23 10:00");
    let pause = [Pause::Days { first: date("2026-11-23"), last: None }];
    for now in ["01-01 00:00", "11-23 08:00", "12-23 08:00"] {
        assert_eq!(stands(&morning, None, &[], now, Trust::Untrusted), Standing::ClockInDoubt);
        assert_eq!(stands(&morning, None, &pause, now, Trust::Untrusted), Standing::Paused);
        let done = stands(&morning, Some("11-23 08:00"), &[], now, Trust::Untrusted);
        assert_eq!(done, Standing::Done(at("11-23 08:00")));
    }
}

#[test]
fn a_pause_that_shares_any_time_with_an_occurrence_excuses_it_and_done_stays_done() {
    let morning = occurrence(0, "11-23 07:00", "11-23 10:00");
    let instants = |from, until: Option<&str>| Pause::Instants { from: at(from), until: until.map(at) };
    let days = |first, last: Option<&str>| Pause::Days { first: date(first), last: last.map(date) };
    for (pause, paused) in [
        (instants("11-23 00:00", Some("11-23 07:00")), false),
        (instants("11-23 00:00", Some("11-23 07:01")), true),
        (instants("11-23 09:59", None), true),
        (instants("11-23 10:00", None), false),
        (instants("11-23 09:00", Some("11-23 08:00")), false),
        (days("2026-11-20", Some("2026-11-22")), false),
        (days("2026-11-20", Some("2026-11-23")), true),
        (days("2026-11-23", Some("2026-11-23")), true),
        (days("2026-11-24", None), false),
        (days("2026-11-01", None), true),
        (days("2026-11-24", Some("2026-11-22")), false),
        (Pause::Days { first: NaiveDate::MIN, last: Some(NaiveDate::MAX) }, true),
    ] {
        let expected = if paused { Standing::Paused } else { Standing::Open };
        assert_eq!(stands(&morning, None, &[pause], "11-23 08:00", Trust::Trusted), expected, "{pause:?}");
        let done = stands(&morning, Some("11-23 08:00"), &[pause], "11-23 08:00", Trust::Trusted);
        assert_eq!(done, Standing::Done(at("11-23 08:00")), "{pause:?}");
    }
}

#[test]
fn a_reading_is_the_occurrence_that_was_open_else_the_first_that_had_begun() {
    let day = [occurrence(0, "11-23 07:00", "11-23 10:00"), occurrence(1, "11-23 17:00", "11-23 20:00")];
    for (done, expected) in [
        (vec![], [None, None]),
        (vec!["11-23 08:00"], [Some(0), None]),
        (vec!["11-23 12:00"], [Some(0), None]),
        (vec!["11-23 18:00"], [None, Some(0)]),
        (vec!["11-23 21:00"], [Some(0), None]),
        (vec!["11-23 18:00", "11-23 18:05"], [Some(1), Some(0)]),
        // One reading is not two; an extra one, and one before all, is none.
        (vec!["11-23 08:00", "11-23 08:10"], [Some(0), None]),
        (vec!["11-23 05:00"], [None, None]),
        (vec!["11-23 05:00", "11-23 10:00"], [Some(1), None]),
    ] {
        let at: Vec<_> = done.iter().map(|done| at(done)).collect();
        assert_eq!(assign(&day, &at), expected, "{done:?}");
    }
}

/// When the next reminder comes and of which places, `11-23 07:30 0,1`; with the standings as they are at `now`.
fn reminder(day: &[Occurrence], put_off: &[PutOff], quiet: Option<(&str, &str)>, now: &str) -> String {
    let clock = Clock { now: at(now), trust: Trust::Trusted };
    let stand = |one: &Occurrence| (one.clone(), standing(one, None, &[], clock, ZONE));
    let standings: Vec<_> = day.iter().map(stand).collect();
    let quiet = quiet.map(|(from, until)| QuietHours { from: from.parse().unwrap(), until: until.parse().unwrap() });
    let Some(next) = next_reminder(&standings, put_off, quiet, clock.now, ZONE) else { return "none".into() };
    let places: Vec<String> = next
        .occurrences
        .iter()
        .map(|id| match id.place {
            Place::Day { index, .. } => index.to_string(),
            Place::Step(step) => step.to_string(),
        })
        .collect();
    format!("{} {}", next.at.format("%m-%d %H:%M"), places.join(","))
}

#[test]
fn a_reminder_comes_half_an_hour_after_the_begin_or_at_half_the_window() {
    let day = [occurrence(0, "11-23 07:00", "11-23 10:00"), occurrence(1, "11-23 07:00", "11-23 07:20")];
    for (now, expected) in [
        ("11-22 20:00", "11-23 07:10 1"),
        ("11-23 07:10", "11-23 07:10 1"),
        ("11-23 07:15", "11-23 07:15 1"),
        ("11-23 07:20", "11-23 07:30 0"),
        ("11-23 08:00", "11-23 08:00 0"),
        ("11-23 10:00", "none"),
    ] {
        assert_eq!(reminder(&day, &[], None, now), expected, "{now}");
    }
}

#[test]
fn what_is_to_be_reminded_of_together_is_one_reminder() {
    let day = [occurrence(0, "11-23 07:00", "11-23 10:00"), occurrence(1, "11-23 07:00", "11-23 12:00")];
    assert_eq!(reminder(&day, &[], None, "11-23 06:00"), "11-23 07:30 0,1");
    assert_eq!(reminder(&day, &[], None, "11-23 09:00"), "11-23 09:00 0,1");
}

#[test]
fn a_reminder_that_is_put_off_comes_then_if_its_occurrence_is_still_open() {
    let day = [occurrence(0, "11-23 07:00", "11-23 10:00"), occurrence(1, "11-23 08:00", "11-23 10:00")];
    let put_off = |place: usize, until| PutOff { occurrence: day[place].id.clone(), until: at(until) };
    for (put_off, now, expected) in [
        (vec![put_off(0, "11-23 08:00")], "11-23 07:45", "11-23 08:00 0"),
        (vec![put_off(0, "11-23 08:45")], "11-23 07:45", "11-23 08:30 1"),
        (vec![put_off(0, "11-23 07:10")], "11-23 07:00", "11-23 07:30 0"),
        (vec![put_off(0, "11-23 08:00"), put_off(0, "11-23 09:00")], "11-23 08:50", "11-23 08:50 1"),
        (vec![put_off(0, "11-23 10:00"), put_off(1, "11-23 10:00")], "11-23 08:50", "none"),
    ] {
        assert_eq!(reminder(&day, &put_off, None, now), expected, "{put_off:?} {now}");
    }
}

#[test]
fn quiet_hours_hold_a_reminder_back_until_they_end() {
    let night = Some(("21:00:00", "08:00:00"));
    let noon = Some(("12:00:00", "13:00:00"));
    let early = [occurrence(0, "11-23 06:00", "11-23 10:00")];
    let short = [occurrence(0, "11-23 06:00", "11-23 08:00")];
    let late = [occurrence(0, "11-23 20:50", "11-24 09:00")];
    let lunch = [occurrence(0, "11-23 11:45", "11-23 14:00")];
    for (day, quiet, now, expected) in [
        (&early, night, "11-22 20:00", "11-23 08:00 0"),
        (&early, night, "11-23 06:31", "11-23 08:00 0"),
        (&early, night, "11-23 08:00", "11-23 08:00 0"),
        // No longer open when the quiet hours end.
        (&short, night, "11-23 06:31", "none"),
        (&late, night, "11-23 20:55", "11-24 08:00 0"),
        (&late, night, "11-24 02:00", "11-24 08:00 0"),
        (&lunch, noon, "11-23 11:50", "11-23 13:00 0"),
        (&lunch, noon, "11-23 13:30", "11-23 13:30 0"),
        // Equal ends are no time at all.
        (&early, Some(("06:00:00", "06:00:00")), "11-23 06:00", "11-23 06:30 0"),
    ] {
        assert_eq!(reminder(day, &[], quiet, now), expected, "{quiet:?} {now}");
    }
}

#[test]
fn quiet_hours_end_once_at_a_clock_change() {
    let quiet = |from: &str, until: &str| QuietHours { from: from.parse().unwrap(), until: until.parse().unwrap() };
    for (hours, now, expected) in [
        // 02:30 is skipped: quiet until 03:30, which is what 02:30 would have been.
        (quiet("22:00:00", "02:30:00"), "03-29 01:59+01", "03-29 03:30+02"),
        (quiet("22:00:00", "07:00:00"), "03-28 23:00+01", "03-29 07:00+02"),
        // 02:30 comes twice: quiet until the second.
        (quiet("22:00:00", "02:30:00"), "10-25 02:29+02", "10-25 02:30+01"),
        (quiet("22:00:00", "02:30:00"), "10-25 02:45+02", "10-25 02:30+01"),
        (quiet("22:00:00", "02:30:00"), "10-25 02:30+01", "10-25 02:30+01"),
        (quiet("02:15:00", "02:30:00"), "10-25 02:05+01", "10-25 02:30+01"),
        (quiet("02:15:00", "02:30:00"), "10-25 02:10+02", "10-25 02:10+02"),
        (quiet("22:00:00", "07:00:00"), "10-24 23:00+02", "10-25 07:00+01"),
    ] {
        assert_eq!(hours.after(at(now), ZONE), at(expected), "{hours:?} {now}");
    }
}

#[test]
fn nothing_that_is_done_paused_closed_or_in_doubt_is_reminded_of() {
    let one = occurrence(0, "11-23 07:00", "11-23 10:00");
    for (standing, reminded) in [
        (Standing::Due, true),
        (Standing::Open, true),
        (Standing::Late, false),
        (Standing::Done(at("11-23 08:00")), false),
        (Standing::Paused, false),
        (Standing::ClockInDoubt, false),
    ] {
        let next = next_reminder(&[(one.clone(), standing)], &[], None, at("11-23 08:00"), ZONE);
        assert_eq!(next.is_some(), reminded, "{standing:?}");
    }
}

proptest! {
    #[test]
    fn no_reminder_falls_into_quiet_hours_or_outside_what_is_open(
        begins in 0i64..366 * 1440, length in 1i64..3000, waited in -2000i64..3000, from in 0i64..1440, quiet in 0i64..1200,
    ) {
        let begins = at("01-01 00:00") + Duration::minutes(begins);
        let mut one = occurrence(0, "01-01 00:00", "01-01 00:00");
        (one.begins, one.ends) = (begins, begins + Duration::minutes(length));
        let now = begins + Duration::minutes(waited);
        let time = |minutes: i64| NaiveTime::MIN + Duration::minutes(minutes);
        let hours = QuietHours { from: time(from), until: time((from + quiet) % 1440) };

        let state = standing(&one, None, &[], Clock { now, trust: Trust::Trusted }, ZONE);
        let Some(next) = next_reminder(&[(one.clone(), state)], &[], Some(hours), now, ZONE) else {
            let last = hours.after(now.max(one.begins + Duration::minutes(30.min(length))), ZONE);
            prop_assert!(last >= one.ends || now >= one.ends, "forgotten: {:?}", one);
            return Ok(());
        };
        prop_assert!(now <= next.at && one.begins < next.at && next.at < one.ends);
        prop_assert_eq!(hours.after(next.at, ZONE), next.at, "it is quiet at {}", next.at);
        let clock = next.at.with_timezone(&ZONE).time();
        let (from, until) = (hours.from, hours.until);
        let inside = if from <= until { from <= clock && clock < until } else { from <= clock || clock < until };
        // On the days of the clock changes the wall clock alone does not tell.
        let changes = ["03-29", "10-25"].contains(&next.at.format("%m-%d").to_string().as_str());
        prop_assert!(!inside || changes, "{} in {:?}", next.at, hours);
    }
}
