use chrono::Weekday;
use uuid::Uuid;

use super::*;
use crate::{
    metric::Kind,
    plan::PlanVersion,
    quantity::Decimal,
    time::{Trust, ZONE},
    timing::{OccurrenceId, Repeat, TimeUnit},
};

fn at(text: &str) -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339(&format!("2026-11-{text}:00+01:00")).unwrap()
}

fn date(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
}

fn daily(times: &[&str]) -> Timing {
    let repeat = Repeat {
        frequency: Some(1),
        period: Some(Decimal::new(1, 0)),
        period_unit: Some(TimeUnit::Day),
        time_of_day: times.iter().map(|time| time.parse().unwrap()).collect(),
        ..Repeat::default()
    };
    Timing { repeat: Some(repeat), ..Timing::default() }
}

fn mondays() -> Timing {
    let mut timing = daily(&["08:00:00"]);
    if let Some(repeat) = &mut timing.repeat {
        repeat.day_of_week = vec![Weekday::Mon];
        repeat.period_unit = Some(TimeUnit::Week);
    }
    timing
}

fn measured(id: &str, kind: Kind, timing: Timing) -> Measurement {
    Measurement::at(id, kind, timing, date(2))
}

/// Weight every morning at eight, pulse oximetry on Mondays, a list and a medicine every day.
fn plan() -> Plan {
    Plan {
        measurements: vec![
            measured("w", Kind::BodyWeight, daily(&["08:00:00"])),
            measured("o", Kind::PulseOximetry, mondays()),
        ],
        lists: vec![List {
            id: "l".into(),
            title: "Dagens spørsmål".into(),
            questionnaire: canonical("1"),
            when: When::At(daily(&["09:00:00"])),
            since: date(2),
        }],
        medicines: vec![Medicine {
            id: "m".into(),
            name: "Furosemid".into(),
            dose: None,
            when: When::At(daily(&["08:00:00", "20:00:00"])),
            since: date(2),
        }],
        ..Plan::bare(PlanVersion("CarePlan/1/_history/1".into()), at("01T12:00").to_utc())
    }
}

fn canonical(version: &str) -> Canonical {
    Canonical { url: "https://example.org/q".into(), version: Some(version.into()) }
}

fn identity(n: u128) -> Identity {
    Identity::by_hand(Uuid::from_u128(n))
}

fn done(n: u128, what: Doing, time: &str) -> Done {
    Done { what, at: at(time), identity: identity(n) }
}

fn weight(n: u128, time: &str) -> Done {
    done(n, Doing::Measured(Kind::BodyWeight), time)
}

/// Each task as `id/day/place standing`.
fn stand(plan: &Plan, done: &[Done], now: &str) -> Vec<String> {
    stand_by(plan, done, now, Trust::Trusted)
}

fn stand_by(plan: &Plan, done: &[Done], now: &str, trust: Trust) -> Vec<String> {
    let agenda = agenda(plan, done, at("02T00:00"), Clock { now: at(now), trust }, ZONE);
    let word = |standing| match standing {
        Standing::Due => "later",
        Standing::Open => "open",
        Standing::Late => "late",
        Standing::Done(_) => "done",
        Standing::Paused => "paused",
        Standing::ClockInDoubt => "in doubt",
    };
    agenda.tasks.iter().map(|task| format!("{} {}", task.occurrence.id, word(task.standing))).collect()
}

#[test]
fn a_day_shows_what_is_asked_for_on_it_in_order() {
    // A Tuesday; the Monday's pulse oximetry was done.
    let oximetry = done(1, Doing::Measured(Kind::PulseOximetry), "23T08:30");
    assert_eq!(
        stand(&plan(), &[oximetry], "24T08:30"),
        [
            "o/2026-11-23/0 done",
            "m/2026-11-24/0 open",
            "w/2026-11-24/0 open",
            "l/2026-11-24/0 later",
            "m/2026-11-24/1 later",
        ]
    );
}

#[test]
fn what_was_missed_can_be_made_up_for_until_the_next_has_begun_but_only_what_is_seldom_is_carried_over() {
    let late =
        |now: &str| stand(&plan(), &[], now).into_iter().filter(|task| task.ends_with("late")).collect::<Vec<_>>();
    assert_eq!(late("24T08:30"), ["o/2026-11-23/0 late"], "yesterday's weight is not asked for, Monday's oximetry is");
    assert_eq!(late("29T07:00"), ["o/2026-11-23/0 late"]);
    assert_eq!(late("30T07:00"), Vec::<String>::new(), "a new Monday");
}

#[test]
fn a_measurement_does_the_task_whose_time_it_is_and_a_further_one_is_extra() {
    let both = [weight(1, "24T08:10"), weight(2, "24T08:20")];
    let plan = plan();
    let agenda = agenda(&plan, &both, at("02T00:00"), Clock { now: at("24T08:30"), trust: Trust::Trusted }, ZONE);
    let task = agenda.tasks.iter().find(|task| task.occurrence.id.to_string() == "w/2026-11-24/0").unwrap();
    assert_eq!(task.done, Some(identity(1)));
    assert_eq!(agenda.extra, [identity(2)]);
}

#[test]
fn what_is_measured_shortly_before_its_time_is_not_asked_for_again() {
    assert!(stand(&plan(), &[weight(1, "24T07:35")], "24T08:00").contains(&"w/2026-11-24/0 done".to_owned()));
    assert!(stand(&plan(), &[weight(1, "24T07:25")], "24T08:00").contains(&"w/2026-11-24/0 open".to_owned()));
}

#[test]
fn answers_and_medicines_do_the_occurrence_that_they_name() {
    let evening = medicine(1, "24T20:00", "24T08:00");
    let answered = done(2, Doing::Answered(canonical("2"), None), "24T09:30");
    let tasks = stand(&plan(), &[evening, answered], "24T10:30");
    assert!(tasks.contains(&"m/2026-11-24/0 late".to_owned()) && tasks.contains(&"m/2026-11-24/1 done".to_owned()));
    assert!(tasks.contains(&"l/2026-11-24/0 done".to_owned()), "a new version is the same list: {tasks:?}");
}

fn medicine(n: u128, due: &str, time: &str) -> Done {
    done(n, Doing::Medicine { id: "m".into(), due: Some(at(due)) }, time)
}

#[test]
fn a_dose_that_was_taken_stays_taken_when_the_plan_changes_and_no_other_dose_is() {
    let with = |times: &[&str]| {
        let mut plan = plan();
        plan.medicines[0].when = When::At(daily(times));
        plan.measurements.clear();
        plan.lists.clear();
        plan
    };
    // Of three doses the middle one was taken; then there are two.
    let noon = [medicine(1, "24T14:00", "24T14:05")];
    assert_eq!(
        stand(&with(&["08:00:00", "14:00:00", "20:00:00"]), &noon, "24T21:00"),
        ["m/2026-11-24/0 late", "m/2026-11-24/1 done", "m/2026-11-24/2 open",]
    );
    let two = stand(&with(&["08:00:00", "20:00:00"]), &noon, "24T21:00");
    assert_eq!(two[1], "m/2026-11-24/1 open", "the dose at eight in the evening is not the one at two");
    // The evening's only dose was taken; then there is a morning's before it.
    let evening = [medicine(1, "24T20:00", "24T20:05")];
    assert_eq!(stand(&with(&["08:00:00", "20:00:00"]), &evening, "24T21:00")[1], "m/2026-11-24/1 done");
    // The evening's dose moves a little: it is not asked for once more.
    assert_eq!(stand(&with(&["20:30:00"]), &evening, "24T21:00"), ["m/2026-11-24/0 done"]);
}

#[test]
fn in_a_pause_nothing_is_asked_for_and_what_was_done_is_done() {
    let mut plan = plan();
    plan.pauses = vec![Period { start: Some(date(24)), end: Some(date(25)) }];
    let tasks = stand(&plan, &[weight(1, "24T08:10")], "24T12:00");
    assert_eq!(
        tasks,
        [
            "o/2026-11-23/0 late",
            "m/2026-11-24/0 paused",
            "w/2026-11-24/0 done",
            "l/2026-11-24/0 paused",
            "m/2026-11-24/1 paused",
        ]
    );
}

#[test]
fn an_ended_plan_and_one_on_hold_ask_for_nothing_nor_does_a_day_outside_the_plans_period() {
    for (status, end) in [(Status::OnHold, None), (Status::Ended, None), (Status::Active, Some(date(20)))] {
        let plan = Plan { status, period: Period { start: None, end }, ..plan() };
        assert_eq!(stand(&plan, &[], "24T12:00"), Vec::<String>::new(), "{status:?} {end:?}");
    }
}

#[test]
fn what_was_over_before_the_plan_was_first_followed_is_not_asked_for() {
    let clock = Clock { now: at("24T12:00"), trust: Trust::Trusted };
    let plan = plan();
    let agenda = agenda(&plan, &[], at("24T11:30"), clock, ZONE);
    let tasks: Vec<String> = agenda.tasks.iter().map(|task| task.occurrence.id.to_string()).collect();
    assert_eq!(tasks, ["m/2026-11-24/1"]);
}

#[test]
fn in_a_bad_period_more_is_asked_for_and_each_day_follows_one_timing() {
    let mut plan = plan();
    plan.bad_periods = vec![Period { start: Some(date(24)), end: None }];
    plan.measurements.truncate(1);
    plan.lists.clear();
    plan.medicines.clear();
    plan.measurements[0].in_bad_periods = Some(daily(&["08:00:00", "14:00:00", "20:00:00"]));
    assert_eq!(stand(&plan, &[], "23T07:00"), ["w/2026-11-23/0 later"]);
    assert_eq!(
        stand(&plan, &[], "24T07:00"),
        ["w~bad/2026-11-24/0 later", "w~bad/2026-11-24/1 later", "w~bad/2026-11-24/2 later",]
    );
}

#[test]
fn by_a_clock_in_doubt_nothing_is_late() {
    let tasks = stand_by(&plan(), &[], "24T12:00", Trust::Untrusted);
    assert!(tasks.iter().all(|task| task.ends_with("in doubt")), "{tasks:?}");
}

#[test]
fn a_reminder_comes_for_what_is_open_and_stops_when_it_is_done_and_where_the_plan_wants_none() {
    let remind = |plan: &Plan, done: &[Done], put_off: &[PutOff]| {
        let now = at("24T08:05");
        let agenda = agenda(plan, done, at("02T00:00"), Clock { now, trust: Trust::Trusted }, ZONE);
        let next = agenda.next_reminder(plan, put_off, now, ZONE)?;
        Some((next.at.format("%H:%M").to_string(), next.occurrences.len()))
    };
    let mut plan = plan();
    assert_eq!(remind(&plan, &[], &[]), Some(("08:30".into(), 2)), "weight and medicine");
    assert_eq!(remind(&plan, &[weight(1, "24T08:01")], &[]), Some(("08:30".into(), 1)));
    let of = |agreement: &str| OccurrenceId {
        agreement: agreement.into(),
        place: crate::timing::Place::Day { date: date(24), index: 0 },
    };
    let put_off = ["w", "m"].map(|id| PutOff { occurrence: of(id), until: at("24T09:10") });
    assert_eq!(remind(&plan, &[], &put_off), Some(("09:10".into(), 2)));
    plan.reminders.on = false;
    assert_eq!(remind(&plan, &[], &[]), None);
}
