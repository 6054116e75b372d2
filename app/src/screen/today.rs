//! The day's tasks.

use chrono::{DateTime, Datelike, FixedOffset, NaiveTime, Timelike};
use dagsform_care::{
    Reading,
    schedule::{Standing, standings},
    time::ZONE,
};
use dagsform_ui as ui;

use super::{
    faults::faults,
    reading::delivery,
    words::{self, day, moment},
};
use crate::flow::tablet::State;

/// Due, later, done, at this time.
pub(super) fn view(state: &State, now: DateTime<FixedOffset>) -> ui::TodayView {
    let today = day(now);
    let readings: Vec<Reading> = state.book.today.iter().map(|row| row.reading.clone()).collect();
    let tasks = standings(&state.book.tasks, &readings, now.with_timezone(&ZONE).time(), ZONE)
        .into_iter()
        .map(|(task, standing)| ui::TaskView {
            kind: words::kind(task.kind),
            from: time_of_day(task.begins),
            until: time_of_day(task.ends),
            state: match standing {
                Standing::Later => ui::TaskState::Later,
                Standing::Due => ui::TaskState::Due,
                Standing::Late => ui::TaskState::Late,
                Standing::Done(reading) => done(state, reading, now).unwrap_or(ui::TaskState::Due),
            },
        })
        .collect();
    ui::TodayView {
        date: ui::Date {
            weekday: u8::try_from(today.weekday().number_from_monday()).unwrap_or(1),
            day: u8::try_from(today.day()).unwrap_or(1),
            month: u8::try_from(today.month()).unwrap_or(1),
        },
        tasks,
        other: ui::Kind::ALL.to_vec(),
        asking: u32::try_from(state.book.in_question.len()).unwrap_or(u32::MAX),
        faults: faults(state),
        waiting_to_send: state.measure.waiting,
    }
}

fn done(state: &State, reading: &Reading, now: DateTime<FixedOffset>) -> Option<ui::TaskState> {
    let row = state.book.today.iter().find(|row| row.reading.identity == reading.identity)?;
    Some(ui::TaskState::Done { at: moment(reading.time.effective?, day(now))?, delivery: delivery(row) })
}

fn time_of_day(time: NaiveTime) -> ui::TimeOfDay {
    ui::TimeOfDay {
        hour: u8::try_from(time.hour()).unwrap_or_default(),
        minute: u8::try_from(time.minute()).unwrap_or_default(),
    }
}
