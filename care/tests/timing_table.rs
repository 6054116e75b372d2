//! What a Timing means, line by line; and what is refused, by which field.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use chrono::{DateTime, Duration, FixedOffset, NaiveDate, NaiveTime, Weekday};
use dagsform_care::{
    Decimal, Timing,
    time::{Tz, ZONE},
    timing::{
        Abbreviation, Bounds, Day, EventTiming as E, Length, Moment, Occurrence, Repeat, Schedule, TimeUnit as U,
    },
};

fn at(text: &str) -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339(text).unwrap()
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn clock(text: &str) -> NaiveTime {
    text.parse().unwrap()
}

fn number(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn length(value: &str, unit: U) -> Length {
    Length { value: number(value), unit }
}

/// So many times in so many units.
fn every(frequency: u32, period: &str, unit: U) -> Repeat {
    Repeat { frequency: Some(frequency), period: Some(number(period)), period_unit: Some(unit), ..Repeat::default() }
}

fn at_times(times: &[&str]) -> Repeat {
    Repeat { time_of_day: times.iter().map(|time| clock(time)).collect(), ..Repeat::default() }
}

fn when(codes: &[E], offset: Option<u32>) -> Repeat {
    Repeat { when: codes.to_vec(), offset, ..Repeat::default() }
}

fn repeating(repeat: Repeat) -> Timing {
    Timing { repeat: Some(repeat), ..Timing::default() }
}

fn coded(code: Abbreviation) -> Timing {
    Timing { code: Some(code), ..Timing::default() }
}

fn schedule(timing: &Timing, since: &str) -> Schedule {
    Schedule { agreement: "a".into(), since: date(since), day: Day::default(), rule: timing.check().unwrap() }
}

/// What begins on some local days in a zone, the last included.
fn found(timing: &Timing, since: &str, first: &str, last: &str, zone: Tz) -> Vec<Occurrence> {
    let (from, until) = (at(&format!("{first}T00:00:00+01:00")), at(&format!("{last}T23:59:59+01:00")));
    // Wide, then by the local date: midnight is not the same everywhere.
    let wide = schedule(timing, since).occurrences(from - Duration::days(2), until + Duration::days(2), zone);
    let on = |one: &Occurrence| (date(first)..=date(last)).contains(&one.begins.date_naive());
    wide.into_iter().filter(on).collect()
}

/// The same, each as its local begin and end.
fn windows(timing: &Timing, since: &str, first: &str, last: &str) -> Vec<String> {
    found(timing, since, first, last, ZONE)
        .iter()
        .map(|one| {
            let day = if one.begins.date_naive() == one.ends.date_naive() { "%H:%M" } else { "%m-%d %H:%M" };
            format!("{}-{}", one.begins.format("%m-%d %H:%M"), one.ends.format(day))
        })
        .collect()
}

#[test]
fn what_r4_forbids_or_is_not_supported_is_refused_by_the_name_of_its_field() {
    let plain = || every(1, "1", U::Day);
    let twice_at = |times: &[&str]| Repeat { time_of_day: at_times(times).time_of_day, ..plain() };
    let monday = vec![Weekday::Mon];
    for (field, repeat) in [
        ("repeat.durationUnit", Repeat { duration: Some(number("1")), ..plain() }),
        ("repeat.periodUnit", Repeat { period_unit: None, ..plain() }),
        ("repeat.duration", Repeat { duration: Some(number("-1")), duration_unit: Some(U::Hour), ..plain() }),
        ("repeat.duration", Repeat { duration: Some(number("0")), duration_unit: Some(U::Hour), ..plain() }),
        ("repeat.duration", Repeat { duration: Some(number("1.5")), duration_unit: Some(U::Day), ..plain() }),
        ("repeat.period", every(1, "-1", U::Day)),
        ("repeat.periodMax", Repeat { period_max: Some(number("2")), ..at_times(&["08:00:00"]) }),
        ("repeat.periodMax", Repeat { period_max: Some(number("0.9")), ..plain() }),
        ("repeat.durationMax", Repeat { duration_max: Some(number("1")), ..plain() }),
        ("repeat.countMax", Repeat { count_max: Some(1), ..plain() }),
        ("repeat.countMax", Repeat { count: Some(2), count_max: Some(1), ..plain() }),
        ("repeat.offset", Repeat { offset: Some(30), ..plain() }),
        ("repeat.offset", when(&[E::Wake, E::Breakfast], Some(30))),
        ("repeat.offset", when(&[E::Wake], Some(721))),
        ("repeat.timeOfDay", Repeat { when: vec![E::Wake], ..at_times(&["08:00:00"]) }),
        ("repeat.timeOfDay", at_times(&["08:00:00", "08:00:00"])),
        ("repeat.timeOfDay", at_times(&["08:00:00.5"])),
        ("repeat.timeOfDay", Repeat { time_of_day: vec![clock("08:00:00")], ..every(1, "8", U::Hour) }),
        ("repeat.when", when(&[E::Wake, E::Wake], None)),
        ("repeat.when", Repeat { when: vec![E::Wake], ..every(1, "8", U::Hour) }),
        ("repeat.dayOfWeek", Repeat { day_of_week: vec![Weekday::Mon, Weekday::Mon], ..plain() }),
        ("repeat.dayOfWeek", Repeat { day_of_week: monday.clone(), ..every(1, "1", U::Month) }),
        ("repeat.dayOfWeek", Repeat { day_of_week: monday.clone(), ..every(2, "3", U::Day) }),
        ("repeat.count", Repeat { count: Some(0), ..plain() }),
        ("repeat.count", Repeat { count: Some(10_001), ..plain() }),
        ("repeat.frequency", every(0, "1", U::Day)),
        ("repeat.frequency", every(25, "1", U::Day)),
        ("repeat.frequency", every(7, "1", U::Hour)),
        ("repeat.frequency", every(700, "1", U::Month)),
        ("repeat.frequency", Repeat { frequency: Some(3), ..twice_at(&["08:00:00", "20:00:00"]) }),
        ("repeat.frequency", Repeat { day_of_week: vec![Weekday::Mon, Weekday::Fri], ..every(3, "1", U::Week) }),
        ("repeat.frequencyMax", Repeat { frequency_max: Some(1), ..every(2, "1", U::Day) }),
        ("repeat.period", Repeat::default()),
        ("repeat.period", Repeat { frequency: Some(2), ..at_times(&["08:00:00", "20:00:00"]) }),
        ("repeat.period", every(1, "0", U::Day)),
        ("repeat.period", every(1, "1.5", U::Day)),
        ("repeat.period", every(1, "59", U::Minute)),
        ("repeat.period", every(1, "0.0001", U::Hour)),
        ("repeat.period", every(1, "11", U::Year)),
        ("repeat.period", every(1, "7E+127", U::Second)),
        ("repeat.period", Repeat { period: None, ..plain() }),
        ("repeat.boundsDuration", Repeat { bounds: Some(Bounds::Duration(length("0", U::Day))), ..plain() }),
        ("repeat.boundsRange", Repeat { bounds: Some(Bounds::Range { low: None, high: None }), ..plain() }),
        (
            "repeat.boundsPeriod",
            Repeat {
                bounds: Some(Bounds::Period {
                    start: Some(Moment::Date(date("2026-11-02"))),
                    end: Some(Moment::Instant(at("2026-11-01T12:00:00+01:00"))),
                }),
                ..plain()
            },
        ),
    ] {
        let refused = repeating(repeat.clone()).check().map_err(|refused| refused.field);
        assert_eq!(refused.err(), Some(field), "{repeat:?}");
    }
}

#[test]
fn events_and_codes_that_contradict_a_repeat_are_refused() {
    let morning = Moment::Instant(at("2026-11-23T08:00:00+01:00"));
    for (field, timing) in [
        ("repeat", Timing::default()),
        ("event", Timing { event: vec![morning, morning], ..Timing::default() }),
        (
            "event",
            Timing { event: vec![morning, Moment::Date(date("2026-11-24"))], ..repeating(every(1, "1", U::Day)) },
        ),
        ("event", Timing { event: vec![morning], ..repeating(every(2, "1", U::Day)) }),
        ("code", Timing { code: Some(Abbreviation::Bid), ..repeating(every(3, "1", U::Day)) }),
        ("code", Timing { code: Some(Abbreviation::Am), ..repeating(every(1, "1", U::Day)) }),
    ] {
        assert_eq!(timing.check().map_err(|refused| refused.field).err(), Some(field), "{timing:?}");
    }
}

#[test]
fn a_refusal_is_a_sentence_about_the_field() {
    let refused = repeating(Repeat { offset: Some(30), ..every(1, "1", U::Day) }).check().unwrap_err();
    assert_eq!(refused.to_string(), "Timing.repeat.offset: without when, or beside C, CM, CD or CV (tim-9)");
}

#[test]
fn times_a_day_share_the_waking_day_equally() {
    for (times, expected) in [
        (1, vec!["11-23 07:00-22:00"]),
        (2, vec!["11-23 07:00-14:30", "11-23 14:30-22:00"]),
        (3, vec!["11-23 07:00-12:00", "11-23 12:00-17:00", "11-23 17:00-22:00"]),
    ] {
        let timing = repeating(every(times, "1", U::Day));
        assert_eq!(windows(&timing, "2026-11-23", "2026-11-23", "2026-11-23"), expected);
    }
}

#[test]
fn a_code_means_what_its_repeat_would_and_the_bounds_of_a_repeat_hold_for_it() {
    for (code, expected) in [
        (Abbreviation::Bid, vec!["11-23 07:00-14:30", "11-23 14:30-22:00", "11-24 07:00-14:30", "11-24 14:30-22:00"]),
        (Abbreviation::Am, vec!["11-23 07:00-12:00", "11-24 07:00-12:00"]),
        (Abbreviation::Pm, vec!["11-23 12:00-18:00", "11-24 12:00-18:00"]),
        (Abbreviation::Bed, vec!["11-23 21:00-22:00", "11-24 21:00-22:00"]),
        (Abbreviation::Qod, vec!["11-23 07:00-22:00"]),
        (Abbreviation::Wk, vec!["11-23 07:00-22:00"]),
        (
            Abbreviation::Q8h,
            vec![
                "11-23 07:00-09:00",
                "11-23 15:00-17:00",
                "11-23 23:00-11-24 01:00",
                "11-24 07:00-09:00",
                "11-24 15:00-17:00",
                "11-24 23:00-11-25 01:00",
            ],
        ),
    ] {
        assert_eq!(windows(&coded(code), "2026-11-23", "2026-11-23", "2026-11-24"), expected, "{code:?}");
    }
    let bounds = Some(Bounds::Duration(length("1", U::Day)));
    let one_day = Timing { repeat: Some(Repeat { bounds, ..Repeat::default() }), ..coded(Abbreviation::Am) };
    assert_eq!(windows(&one_day, "2026-11-23", "2026-11-20", "2026-11-30"), ["11-23 07:00-12:00"]);
    // A repeat that says more, of the same period.
    let repeat = Repeat { time_of_day: at_times(&["09:00:00", "21:00:00"]).time_of_day, ..every(2, "1", U::Day) };
    let more = Timing { repeat: Some(repeat), ..coded(Abbreviation::Bid) };
    assert_eq!(windows(&more, "2026-11-23", "2026-11-23", "2026-11-23"), ["11-23 09:00-11:00", "11-23 21:00-23:00"]);
}

#[test]
fn several_times_in_several_days_are_spread_over_them() {
    let days = |timing: &Timing, first: &str, last: &str| -> Vec<String> {
        found(timing, "2026-11-23", first, last, ZONE)
            .iter()
            .map(|one| one.begins.format("%m-%d").to_string())
            .collect()
    };
    let weekly = repeating(every(3, "1", U::Week));
    assert_eq!(days(&weekly, "2026-11-23", "2026-12-06"), ["11-23", "11-25", "11-27", "11-30", "12-02", "12-04"]);
    let monthly = repeating(every(2, "1", U::Month));
    assert_eq!(days(&monthly, "2026-11-23", "2027-01-20"), ["11-23", "12-08", "12-23", "01-07"]);
    // More times than days.
    let often = repeating(every(3, "2", U::Day));
    assert_eq!(days(&often, "2026-11-23", "2026-11-25"), ["11-23", "11-23", "11-24", "11-25", "11-25"]);
}

#[test]
fn parts_of_the_day_and_meals_follow_the_patients_own_day() {
    for (codes, offset, expected) in [
        (vec![E::Morning], None, vec!["11-23 07:00-12:00"]),
        (vec![E::EarlyMorning, E::LateMorning], None, vec!["11-23 07:00-09:30", "11-23 09:30-12:00"]),
        (vec![E::Evening], None, vec!["11-23 18:00-22:00"]),
        (vec![E::Night], None, vec!["11-23 22:00-11-24 07:00"]),
        (vec![E::BeforeBreakfast], None, vec!["11-23 07:00-08:00"]),
        (vec![E::BeforeMeal], Some(15), vec!["11-23 07:45-08:00", "11-23 11:45-12:00", "11-23 15:45-16:00"]),
        (vec![E::AfterMeal], Some(90), vec!["11-23 09:30-11:30", "11-23 13:30-15:30", "11-23 17:30-19:30"]),
        (vec![E::Breakfast, E::Dinner], None, vec!["11-23 08:00-09:00", "11-23 16:00-17:00"]),
        (vec![E::BeforeSleep], Some(30), vec!["11-23 21:30-22:00"]),
        (vec![E::AfterSleep], Some(60), vec!["11-23 23:00-11-24 01:00"]),
        (vec![E::Wake], Some(30), vec!["11-23 07:30-08:00"]),
        // Before dinner is named twice, and is once.
        (
            vec![E::BeforeMeal, E::BeforeDinner],
            Some(60),
            vec!["11-23 07:00-08:00", "11-23 11:00-12:00", "11-23 15:00-16:00"],
        ),
    ] {
        let timing = repeating(when(&codes, offset));
        assert_eq!(windows(&timing, "2026-11-23", "2026-11-23", "2026-11-23"), expected, "{codes:?}");
    }
}

#[test]
fn a_day_that_ends_after_midnight_keeps_its_evening_in_one_piece() {
    let mut late = schedule(&repeating(when(&[E::Evening], None)), "2026-11-23");
    late.day = Day { wakes: clock("09:00:00"), sleeps: clock("01:30:00"), ..Day::default() };
    let found = late.occurrences(at("2026-11-23T00:00:00+01:00"), at("2026-11-24T00:00:00+01:00"), ZONE);
    let ends: Vec<_> = found.iter().map(|one| (one.begins, one.ends)).collect();
    assert_eq!(ends, [(at("2026-11-23T18:00:00+01:00"), at("2026-11-24T01:30:00+01:00"))]);
}

#[test]
fn a_time_is_open_for_two_hours_or_until_the_next_or_for_its_duration() {
    let open = |repeat: Repeat| windows(&repeating(repeat), "2026-11-23", "2026-11-23", "2026-11-23");
    let times = || at_times(&["20:00:00", "08:00:00", "09:00:00"]);
    assert_eq!(open(times()), ["11-23 08:00-09:00", "11-23 09:00-11:00", "11-23 20:00-22:00"]);
    assert_eq!(open(at_times(&["23:30:00", "00:15:00"])), ["11-23 00:15-02:15", "11-23 23:30-11-24 00:15"]);
    let hours = |duration, duration_max| Repeat { duration, duration_max, duration_unit: Some(U::Hour), ..times() };
    let half = Some(number("0.5"));
    assert_eq!(open(hours(half, None)), ["11-23 08:00-08:30", "11-23 09:00-09:30", "11-23 20:00-20:30"]);
    let most = Some(number("3"));
    assert_eq!(open(hours(half, most)), ["11-23 08:00-11:00", "11-23 09:00-12:00", "11-23 20:00-23:00"]);
}

#[test]
fn weekdays_are_kept_whether_a_week_is_called_a_week_or_seven_days() {
    let on = |repeat: Repeat| {
        let repeat = Repeat { day_of_week: vec![Weekday::Fri, Weekday::Mon], ..repeat };
        windows(&repeating(repeat), "2026-11-25", "2026-11-23", "2026-12-11")
    };
    let every_week =
        ["11-27 07:00-22:00", "11-30 07:00-22:00", "12-04 07:00-22:00", "12-07 07:00-22:00", "12-11 07:00-22:00"];
    assert_eq!(on(Repeat::default()), every_week);
    assert_eq!(on(every(1, "1", U::Day)), every_week);
    assert_eq!(on(every(2, "1", U::Week)), every_week);
    assert_eq!(on(every(2, "7", U::Day)), every_week);
    // Every other week, counted from that of the agreement.
    assert_eq!(on(every(1, "2", U::Week)), ["11-27 07:00-22:00", "12-07 07:00-22:00", "12-11 07:00-22:00"]);
}

#[test]
fn months_without_the_day_and_years_without_the_29th_take_the_last() {
    let days = |repeat: Repeat, since: &str, last: &str| -> Vec<String> {
        found(&repeating(repeat), since, since, last, ZONE)
            .iter()
            .map(|one| one.begins.format("%F").to_string())
            .collect()
    };
    let monthly = days(every(1, "1", U::Month), "2028-01-31", "2028-05-31");
    assert_eq!(monthly, ["2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30", "2028-05-31"]);
    let yearly = days(every(1, "1", U::Year), "2024-02-29", "2028-12-31");
    assert_eq!(yearly, ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]);
    let days = days(every(1, "1", U::Day), "2028-02-28", "2028-03-01");
    assert_eq!(days, ["2028-02-28", "2028-02-29", "2028-03-01"]);
}

#[test]
fn a_clock_change_neither_drops_nor_doubles_a_time() {
    let begins = |repeat: Repeat, since: &str, last: &str| -> Vec<String> {
        found(&repeating(repeat), since, since, last, ZONE).iter().map(|one| one.begins.to_rfc3339()).collect()
    };
    let half_past_two = || at_times(&["02:30:00"]);
    assert_eq!(
        begins(half_past_two(), "2026-03-28", "2026-03-30"),
        ["2026-03-28T02:30:00+01:00", "2026-03-29T03:30:00+02:00", "2026-03-30T02:30:00+02:00"]
    );
    assert_eq!(
        begins(half_past_two(), "2026-10-24", "2026-10-26"),
        ["2026-10-24T02:30:00+02:00", "2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"]
    );
    // Every 12 hours keeps to the wall clock, every 18 hours to the hours that pass.
    assert_eq!(
        begins(every(1, "12", U::Hour), "2026-10-24", "2026-10-25"),
        [
            "2026-10-24T07:00:00+02:00",
            "2026-10-24T19:00:00+02:00",
            "2026-10-25T07:00:00+01:00",
            "2026-10-25T19:00:00+01:00"
        ]
    );
    assert_eq!(
        begins(every(1, "18", U::Hour), "2026-10-24", "2026-10-25"),
        ["2026-10-24T07:00:00+02:00", "2026-10-25T01:00:00+02:00", "2026-10-25T18:00:00+01:00"]
    );
    // Hourly in the night of the change: the hour that comes twice is two hours.
    let night = found(&repeating(every(1, "1", U::Hour)), "2026-10-20", "2026-10-25", "2026-10-25", ZONE);
    assert_eq!(night.len(), 25);
    let night = found(&repeating(every(1, "1", U::Hour)), "2026-03-20", "2026-03-29", "2026-03-29", ZONE);
    assert_eq!(night.len(), 23);
}

#[test]
fn a_window_is_never_empty_and_lasts_by_the_wall_clock_over_a_change() {
    let found = found(&repeating(at_times(&["02:30:00", "03:00:00"])), "2026-03-29", "2026-03-29", "2026-03-29", ZONE);
    let windows: Vec<_> = found.iter().map(|one| (one.begins, one.ends)).collect();
    assert_eq!(
        windows,
        [
            (at("2026-03-29T03:00:00+02:00"), at("2026-03-29T05:00:00+02:00")),
            (at("2026-03-29T03:30:00+02:00"), at("2026-03-29T04:00:00+02:00")),
        ]
    );
}

#[test]
fn bounds_hold_their_ends_and_cut_what_is_open_at_them() {
    let within = |bounds: Bounds| {
        let repeat = Repeat { bounds: Some(bounds), ..at_times(&["08:00:00", "20:00:00"]) };
        windows(&repeating(repeat), "2026-11-23", "2026-11-20", "2026-11-30")
    };
    let day = |text: &str| Some(Moment::Date(date(text)));
    let instant = |text: &str| Some(Moment::Instant(at(text)));
    let range = |low, high| Bounds::Range { low, high };
    let one_day = ["11-23 08:00-10:00", "11-23 20:00-22:00"];
    assert_eq!(within(Bounds::Period { start: day("2026-11-23"), end: day("2026-11-23") }), one_day);
    let morning = Bounds::Period { start: None, end: instant("2026-11-23T20:00:00+01:00") };
    assert_eq!(within(morning), ["11-23 08:00-10:00", "11-23 20:00-20:00"]);
    let evening = Bounds::Period { start: instant("2026-11-23T08:00:01+01:00"), end: day("2026-11-23") };
    assert_eq!(within(evening), ["11-23 20:00-22:00"]);
    assert_eq!(within(Bounds::Duration(length("1", U::Day))), one_day);
    assert_eq!(within(Bounds::Duration(length("21", U::Hour))), ["11-23 08:00-10:00", "11-23 20:00-21:00"]);
    assert_eq!(within(range(Some(length("1", U::Day)), Some(length("1", U::Week)))), one_day);
    assert_eq!(within(range(None, Some(length("1", U::Day)))), one_day);
}

#[test]
fn of_every_range_the_least_is_agreed() {
    let count = Repeat { count: Some(2), count_max: Some(5), ..every(1, "1", U::Day) };
    let frequency = Repeat { frequency_max: Some(4), ..every(2, "1", U::Day) };
    let period = Repeat { period_max: Some(number("3")), ..every(1, "2", U::Day) };
    for (repeat, expected) in [(count, 2), (frequency, 12), (period, 2)] {
        let found = found(&repeating(repeat.clone()), "2026-11-23", "2026-11-23", "2026-11-28", ZONE);
        assert_eq!(found.len(), expected, "{repeat:?}");
    }
}

#[test]
fn single_events_are_open_for_two_hours_or_for_their_day() {
    let event = vec![Moment::Date(date("2026-11-25")), Moment::Instant(at("2026-11-24T08:00:00Z"))];
    let timing = Timing { event, ..Timing::default() };
    let expected = ["11-24 09:00-11:00", "11-25 07:00-22:00"];
    assert_eq!(windows(&timing, "2026-12-24", "2026-11-20", "2026-11-30"), expected);
}

#[test]
fn an_event_beside_a_repeat_is_where_it_starts() {
    let event = vec![Moment::Instant(at("2026-11-24T08:45:00+01:00"))];
    let timing = Timing { event, ..repeating(every(1, "2", U::Day)) };
    assert_eq!(windows(&timing, "2026-11-23", "2026-11-20", "2026-11-27"), ["11-24 08:45-10:45", "11-26 08:45-10:45"]);
}

#[test]
fn what_is_as_needed_is_never_due() {
    let timing = Timing { as_needed: true, ..repeating(every(3, "1", U::Day)) };
    assert_eq!(windows(&timing, "2026-11-23", "2026-11-01", "2026-12-31"), [""; 0]);
    let alone = Timing { as_needed: true, ..Timing::default() };
    assert_eq!(windows(&alone, "2026-11-23", "2026-11-01", "2026-12-31"), [""; 0]);
}

#[test]
fn ids_stay_on_a_journey_and_when_the_patients_day_changes() {
    let timing = coded(Abbreviation::Tid);
    let ids = |found: Vec<Occurrence>| -> Vec<String> { found.iter().map(|one| one.id.to_string()).collect() };
    let home = ids(found(&timing, "2026-11-23", "2026-11-24", "2026-11-24", ZONE));
    assert_eq!(home, ["a/2026-11-24/0", "a/2026-11-24/1", "a/2026-11-24/2"]);
    assert_eq!(ids(found(&timing, "2026-11-23", "2026-11-24", "2026-11-24", Tz::Asia__Tokyo)), home);
    let mut late = schedule(&timing, "2026-11-23");
    late.day.wakes = clock("10:00:00");
    let late = late.occurrences(at("2026-11-24T00:00:00+01:00"), at("2026-11-25T00:00:00+01:00"), ZONE);
    assert_eq!(ids(late), home);
}

#[test]
fn a_timing_reads_back_as_it_was_written() {
    let repeat = Repeat { offset: Some(30), day_of_week: vec![Weekday::Sun], ..when(&[E::BeforeBreakfast], None) };
    let timing = Timing { event: vec![Moment::Date(date("2026-11-23"))], ..repeating(repeat) };
    let text = serde_json::to_string(&timing).unwrap();
    assert_eq!(serde_json::from_str::<Timing>(&text).unwrap(), timing);
    let code: Abbreviation = serde_json::from_str("\"Q8H\"").unwrap();
    assert_eq!(code, Abbreviation::Q8h);
    assert_eq!(serde_json::from_str::<E>("\"MORN.early\"").unwrap(), E::EarlyMorning);
}

#[test]
fn years_beyond_the_calendar_are_refused_or_give_nothing() {
    let (min, max) = (DateTime::<chrono::Utc>::MIN_UTC.fixed_offset(), DateTime::<chrono::Utc>::MAX_UTC.fixed_offset());
    let dates = [NaiveDate::MIN, NaiveDate::MAX].map(Moment::Date);
    for far in [dates, [min, max].map(Moment::Instant)].concat() {
        let timing = Timing { event: vec![far], ..Timing::default() };
        assert_eq!(timing.check().unwrap_err().field, "event");
        let bounds = Some(Bounds::Period { start: Some(far), end: None });
        let timing = repeating(Repeat { bounds, ..every(1, "1", U::Day) });
        assert_eq!(timing.check().unwrap_err().field, "repeat.boundsPeriod");
    }

    let mut daily = schedule(&repeating(every(1, "1", U::Day)), "2026-11-23");
    assert_eq!(daily.occurrences(min, min + Duration::days(9), ZONE), []);
    assert_eq!(daily.occurrences(max - Duration::days(1), max, ZONE), []);
    for since in [NaiveDate::MIN, NaiveDate::MAX] {
        daily.since = since;
        assert_eq!(daily.occurrences(min, at("2026-11-23T00:00:00+01:00"), ZONE), []);
    }
}
