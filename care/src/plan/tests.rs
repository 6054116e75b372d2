use super::*;
use crate::{
    limits::Bounds,
    metric::Metric,
    quantity::Unit,
    timing::{Repeat, TimeUnit},
};

fn bare() -> Plan {
    Plan::bare(PlanVersion("CarePlan/1/_history/1".into()), DateTime::UNIX_EPOCH)
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn period(start: &str, end: &str) -> Period {
    Period { start: Some(date(start)), end: Some(date(end)) }
}

fn weight(id: &str, timing: Timing) -> Measurement {
    Measurement::at(id, Kind::BodyWeight, timing, date("2026-11-01"))
}

fn limit(id: &str, bounds: Bounds) -> Limit {
    Limit { id: id.into(), metric: Metric::BodyWeight, meal: None, unit: Unit::Kilogram, bounds, change: None }
}

#[test]
fn a_plan_with_every_part_missing_is_a_plan() {
    assert_eq!(bare().check(), Ok(()));
}

#[test]
fn a_fault_in_any_part_refuses_the_plan_and_is_named() {
    let crossed = Bounds {
        yellow_low: Some("90".parse().unwrap()),
        yellow_high: Some("80".parse().unwrap()),
        ..Bounds::default()
    };
    let half = Repeat { period: Some("1".parse().unwrap()), ..Repeat::default() };
    let unfit = Timing { repeat: Some(half), ..Timing::default() };
    let contact = |name: &str| Contact { role: Role::Gp, role_text: None, name: name.into(), phone: None, hours: None };
    let appointment = |text: &str, ends: i64| Appointment {
        id: "a".into(),
        begins: DateTime::UNIX_EPOCH,
        ends: DateTime::from_timestamp(ends, 0),
        text: text.into(),
        with: vec![],
        place: None,
        review: true,
    };
    let zone = |id: &str| Zone {
        id: id.into(),
        level: Level::Red,
        name: "Rød".into(),
        notice: vec![],
        act: vec![],
        prescribed: vec![],
        call: vec![],
    };
    type Spoil = Box<dyn Fn(&mut Plan)>;
    let rows: Vec<(&str, Spoil)> = vec![
        ("period", Box::new(|plan| plan.period = period("2026-11-02", "2026-11-01"))),
        ("pause", Box::new(|plan| plan.pauses = vec![period("2026-11-02", "2026-11-01")])),
        ("bad period", Box::new(|plan| plan.bad_periods = vec![period("2026-11-02", "2026-11-01")])),
        ("measurement w", Box::new(move |plan| plan.measurements = vec![weight("w", unfit.clone())])),
        (
            "measurement w",
            Box::new(|plan| plan.measurements = vec![weight("w", Timing::default()), weight("w", Timing::default())]),
        ),
        (
            "limits",
            Box::new(move |plan| {
                plan.measurements = vec![Measurement {
                    when: When::AsNeeded,
                    limits: vec![limit("1", crossed)],
                    ..weight("w", Timing::default())
                }];
            }),
        ),
        ("goal", Box::new(|plan| plan.goals = vec![Goal { text: " ".into(), since: None }])),
        ("contact", Box::new(move |plan| plan.contacts = vec![contact("")])),
        ("appointment a", Box::new(move |plan| plan.appointments = vec![appointment("", 60)])),
        ("appointment a", Box::new(move |plan| plan.appointments = vec![appointment("Samtale", -60)])),
        ("zones", Box::new(move |plan| plan.zones = vec![zone("z"), zone("z")])),
    ];
    for (place, (part, spoil)) in rows.into_iter().enumerate() {
        let mut plan = bare();
        spoil(&mut plan);
        let fault = plan.check().expect_err(&format!("row {place}, {part}"));
        assert_eq!(fault.part, part, "row {place}: {fault}");
        assert!(!fault.problem.is_empty());
    }
}

#[test]
fn a_plan_is_what_it_was_when_it_is_read_again() {
    let daily = Repeat {
        frequency: Some(1),
        period: Some("1".parse().unwrap()),
        period_unit: Some(TimeUnit::Day),
        ..Repeat::default()
    };
    let timing = Timing { repeat: Some(daily), ..Timing::default() };
    let plan = Plan { measurements: vec![weight("w", timing)], period: period("2026-11-01", "2027-11-01"), ..bare() };
    let again: Plan = serde_json::from_str(&serde_json::to_string(&plan).unwrap()).unwrap();
    assert_eq!(again, plan);
}

#[test]
fn a_period_holds_both_its_ends_and_an_open_end_has_none() {
    let november = period("2026-11-01", "2026-11-30");
    for (day, held) in [("2026-10-31", false), ("2026-11-01", true), ("2026-11-30", true), ("2026-12-01", false)] {
        assert_eq!(november.contains(date(day)), held, "{day}");
    }
    assert!(Period::default().contains(date("1999-01-01")));
}
