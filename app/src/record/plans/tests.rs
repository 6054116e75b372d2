use chrono::TimeDelta;
use dagsform_care::{
    ByHand, Kind, Meal, Measured, Metric, Performer, Quantity, ReadingTime, Trust, Unit, Value,
    limits::{Bounds, Change, Direction},
    plan::{Measurement, Status},
    questionnaire::{Item as Question, ItemKind},
    timing::Timing,
    zones::Level,
};
use dagsform_sync::outbox::{Due, Outbox};
use tempfile::TempDir;

use super::*;
use crate::record::Enrolling;

const PATIENT: &str = "Patient/1";

async fn enrolled(folder: &TempDir) -> Record {
    let record = Record::open(folder.path()).unwrap();
    record.enrol(Enrolling::open(PATIENT, "http://127.0.0.1:1/fhir")).await.unwrap();
    record
}

/// A version of a plan in which more than this is yellow, in kilograms, and a rise of more than 2 kg in 3 days red.
fn plan(version: u32, yellow_above: &str, dated: DateTime<FixedOffset>) -> Plan {
    let limit = |id: &str| Limit {
        id: id.into(),
        metric: Metric::BodyWeight,
        meal: None,
        unit: Unit::Kilogram,
        bounds: Bounds::default(),
        change: None,
    };
    let change = Change { direction: Direction::Rise, by: "2".parse().unwrap(), within_days: 3, level: Level::Red };
    let mut measurement = Measurement::at("w", Kind::BodyWeight, Timing::default(), "2026-01-01".parse().unwrap());
    measurement.limits = vec![
        Limit {
            bounds: Bounds { yellow_high: Some(yellow_above.parse().unwrap()), ..Bounds::default() },
            ..limit("1")
        },
        Limit { change: Some(change), ..limit("2") },
    ];
    let version = PlanVersion(format!("CarePlan/1/_history/{version}"));
    Plan { measurements: vec![measurement], ..Plan::bare(version, dated.to_utc()) }
}

async fn weigh(record: &Record, kilograms: &str, at: DateTime<FixedOffset>) -> Reading {
    let quantity = Quantity { value: Value::Number(kilograms.parse().unwrap()), unit: Unit::Kilogram };
    let values = vec![Measured { metric: Metric::BodyWeight, quantity }];
    let entered = ByHand { kind: Kind::BodyWeight, values, meal: None::<Meal>, performer: Performer::Patient };
    let time = ReadingTime::by_hand(at, at, Trust::Trusted);
    let reading = Reading::by_hand(Uuid::now_v7(), dagsform_care::PatientId(PATIENT.into()), entered, time);
    let identity = reading.identity;
    record.save_by_hand(reading).await.unwrap();
    record.reading(identity).await.unwrap().unwrap().reading
}

fn level(reading: &Reading) -> Option<(String, Option<Level>)> {
    reading.judged.as_ref().map(|judged| (judged.plan.0.clone(), judged.judgement.level()))
}

fn by(version: u32, level: Level) -> Option<(String, Option<Level>)> {
    Some((format!("CarePlan/1/_history/{version}"), Some(level)))
}

async fn reports(record: &Record) -> Vec<(String, Option<String>)> {
    let items = record.items().await.unwrap();
    let report = |row: items::ItemRow| match row.item {
        Item::Plan(report) => Some((report.version.0, report.refused)),
        _ => None,
    };
    items.into_iter().filter_map(report).collect()
}

#[tokio::test]
async fn a_reading_is_judged_by_the_plan_in_force_and_a_later_plan_changes_nothing_of_it() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(&folder).await;
    let now = record.now().0;
    let before = weigh(&record, "84.0", now - TimeDelta::days(2)).await;
    record.take_plan(plan(1, "85", now - TimeDelta::days(1)), vec![]).await.unwrap();
    let first = weigh(&record, "84.5", now - TimeDelta::hours(3)).await;
    record.take_plan(plan(2, "84", now - TimeDelta::hours(2)), vec![]).await.unwrap();
    let second = weigh(&record, "84.5", now - TimeDelta::hours(1)).await;
    // Taken while the version before was in force, and known only now.
    let earlier = weigh(&record, "84.5", now - TimeDelta::hours(4)).await;
    assert_eq!(level(&before), None, "there was no plan");
    assert_eq!(level(&first), by(1, Level::Green));
    assert_eq!(level(&second), by(2, Level::Yellow));
    assert_eq!(level(&earlier), by(1, Level::Green));
    let kept = record.reading(first.identity).await.unwrap().unwrap().reading;
    assert_eq!(kept, first);
    let judged = first.judged.unwrap();
    assert_eq!(judged.limits.len(), 2, "the limits travel with the reading");
}

#[tokio::test]
async fn a_rise_is_judged_by_what_was_measured_before() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(&folder).await;
    let now = record.now().0;
    record.take_plan(plan(1, "95", now - TimeDelta::days(9)), vec![]).await.unwrap();
    weigh(&record, "80.0", now - TimeDelta::days(4)).await;
    weigh(&record, "81.0", now - TimeDelta::days(2)).await;
    assert_eq!(level(&weigh(&record, "83.0", now - TimeDelta::hours(2)).await), by(1, Level::Green));
    assert_eq!(level(&weigh(&record, "83.1", now - TimeDelta::hours(1)).await), by(1, Level::Red));
}

#[tokio::test]
async fn a_plan_is_taken_once_and_the_service_is_told() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(&folder).await;
    let now = record.now().0;
    record.take_plan(plan(1, "85", now), vec![]).await.unwrap();
    record.take_plan(plan(1, "85", now), vec![]).await.unwrap();
    assert_eq!(reports(&record).await, [("CarePlan/1/_history/1".to_owned(), None)]);
    let due = record.due(0, 10).await.unwrap();
    assert!(matches!(due.as_slice(), [Due::Item(entry)] if matches!(entry.item, Item::Plan(_))), "{due:?}");
}

#[tokio::test]
async fn a_refused_plan_leaves_the_one_before_in_force_and_is_told_until_a_newer_one_is_taken() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(&folder).await;
    let now = record.now().0;
    record.take_plan(plan(1, "85", now), vec![]).await.unwrap();
    let second = PlanVersion("CarePlan/1/_history/2".into());
    record.refuse_plan(second.clone(), "Goal/1: no words".into()).await.unwrap();
    record.refuse_plan(second.clone(), "Goal/1: no words".into()).await.unwrap();
    assert_eq!(record.plan().await.unwrap().unwrap().plan.version.0, "CarePlan/1/_history/1");
    assert_eq!(record.refused_plan().await.unwrap().unwrap().version, second);
    assert_eq!(record.fate(second).await.unwrap(), Some(Fate::Refused("Goal/1: no words".into())));
    assert_eq!(reports(&record).await.len(), 2);
    record.take_plan(plan(3, "85", now), vec![]).await.unwrap();
    assert_eq!(record.refused_plan().await.unwrap(), None);
}

fn list(words: &str, standard: bool) -> Questionnaire {
    let canonical = Canonical { url: "https://example.org/q".into(), version: Some("1".into()) };
    Questionnaire { canonical, title: None, standard, items: vec![Question::new("a", words, ItemKind::Boolean)] }
}

#[tokio::test]
async fn a_standard_list_that_changes_within_its_version_refuses_the_plan_whole() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(&folder).await;
    let now = record.now().0;
    record.take_plan(plan(1, "85", now), vec![list("Sover du godt?", true)]).await.unwrap();
    let changed = record.take_plan(plan(2, "85", now), vec![list("Sover du dårlig?", true)]).await;
    assert!(matches!(changed, Err(RecordError::ListChanged(_))), "{changed:?}");
    assert_eq!(record.plan().await.unwrap().unwrap().plan.version.0, "CarePlan/1/_history/1");
    let kept = record.questionnaire(list("", true).canonical).await.unwrap();
    assert_eq!(kept, Some(list("Sover du godt?", true)));
}

#[tokio::test]
async fn an_ended_plan_is_a_plan_that_has_ended() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(&folder).await;
    let now = record.now().0;
    record.take_plan(Plan { status: Status::Ended, ..plan(1, "85", now) }, vec![]).await.unwrap();
    assert!(record.plan().await.unwrap().unwrap().plan.is_ended());
}
