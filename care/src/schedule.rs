//! What is agreed to be measured in a day, and how that stands.

use chrono::{NaiveTime, Timelike};

use crate::{metric::Kind, reading::Reading, time::Tz};

/// One measurement that is agreed for every day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DailyTask {
    /// What is measured.
    pub kind: Kind,
    /// From when on, by the clock on the wall.
    pub begins: NaiveTime,
    /// Until when.
    pub ends: NaiveTime,
}

/// How a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing<'a> {
    /// Its time comes later.
    Later,
    /// Now is its time.
    Due,
    /// Its time is over; it can still be done.
    Late,
    /// This reading is it.
    Done(&'a Reading),
}

/// How the tasks of a day stand at a time of it, each with its own reading: `readings` are those of the
/// day, oldest first, and only what counts is taken for a task.
///
/// A reading is given to the task whose time it falls in, else to the first one that had begun and has
/// none yet; so two tasks of one kind need two readings, and one done late is done all the same. A reading
/// before the time of its first task is extra.
pub fn standings<'a>(
    tasks: &[DailyTask],
    readings: &'a [Reading],
    now: NaiveTime,
    zone: Tz,
) -> Vec<(DailyTask, Standing<'a>)> {
    let mut done: Vec<Option<&Reading>> = vec![None; tasks.len()];
    for reading in readings.iter().filter(|reading| reading.counts()) {
        let Some(taken) = reading.time.effective else { continue };
        let at = taken.with_timezone(&zone).time();
        let open = |place: &usize, inside: bool| {
            tasks
                .get(*place)
                .is_some_and(|task| task.kind == reading.kind && task.begins <= at && (!inside || at < task.ends))
        };
        let free: Vec<usize> = (0..tasks.len()).filter(|place| done.get(*place).is_some_and(Option::is_none)).collect();
        let mine = free.iter().find(|place| open(place, true)).or_else(|| free.iter().find(|place| open(place, false)));
        if let Some(slot) = mine.and_then(|place| done.get_mut(*place)) {
            *slot = Some(reading);
        }
    }
    let now = now.with_nanosecond(0).unwrap_or(now);
    tasks
        .iter()
        .zip(done)
        .map(|(task, done)| {
            let standing = match done {
                Some(reading) => Standing::Done(reading),
                None if now < task.begins => Standing::Later,
                None if now < task.ends => Standing::Due,
                None => Standing::Late,
            };
            (*task, standing)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        person::{PatientId, Performer},
        quantity::{Quantity, Unit, Value},
        reading::{ByHand, Measured, TakenBack, Why},
        time::{ReadingTime, Trust, ZONE},
    };
    use chrono::DateTime;
    use uuid::Uuid;

    fn clock(text: &str) -> NaiveTime {
        text.parse().unwrap()
    }

    fn weighed(at: &str) -> Reading {
        let at = DateTime::parse_from_rfc3339(&format!("2026-11-23T{at}:00+01:00")).unwrap();
        let quantity = Quantity { value: Value::Number("80.0".parse().unwrap()), unit: Unit::Kilogram };
        let entered = ByHand {
            kind: Kind::BodyWeight,
            values: vec![Measured { metric: crate::metric::Metric::BodyWeight, quantity }],
            meal: None,
            performer: Performer::Patient,
        };
        Reading::by_hand(
            Uuid::from_u128(1),
            PatientId("p".into()),
            entered,
            ReadingTime::by_hand(at, at, Trust::Trusted),
        )
    }

    fn stand(readings: &[Reading], now: &str) -> String {
        let task = |begins, ends| DailyTask { kind: Kind::BodyWeight, begins: clock(begins), ends: clock(ends) };
        let tasks = [task("07:00:00", "10:00:00"), task("17:00:00", "20:00:00")];
        standings(&tasks, readings, clock(now), ZONE)
            .iter()
            .map(|(_, standing)| match standing {
                Standing::Later => 'l',
                Standing::Due => 'd',
                Standing::Late => 'o',
                Standing::Done(_) => 'x',
            })
            .collect()
    }

    #[test]
    fn a_task_is_later_then_due_then_late_and_done_once_there_is_its_reading() {
        for (now, stands) in [
            ("06:59:59", "ll"),
            ("07:00:00", "dl"),
            ("09:59:59", "dl"),
            ("10:00:00", "ol"),
            ("17:00:00", "od"),
            ("21:00:00", "oo"),
        ] {
            assert_eq!(stand(&[], now), stands, "{now}");
        }
        assert_eq!(stand(&[weighed("08:00")], "09:00:00"), "xl");
        // Late, and done all the same.
        assert_eq!(stand(&[weighed("12:00")], "12:01:00"), "xl");
        // In the evening: the evening's.
        assert_eq!(stand(&[weighed("18:00")], "18:01:00"), "ox");
        // One reading is not two tasks; an extra one is none.
        assert_eq!(stand(&[weighed("08:00"), weighed("08:10")], "09:00:00"), "xl");
        assert_eq!(stand(&[weighed("05:00")], "09:00:00"), "dl");
    }

    #[test]
    fn what_was_taken_back_does_no_task() {
        let mut reading = weighed("08:00");
        reading.taken_back = Some(TakenBack { at: reading.time.received, why: Why::Mistyped });
        assert_eq!(stand(&[reading], "09:00:00"), "dl");
    }
}
