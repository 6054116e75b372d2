//! The day: what the plan asks for, and what there is to know.

use chrono::{DateTime, Duration, FixedOffset, NaiveDate};
use dagsform_care::{
    Identity,
    agenda::{About, Task},
    item::Item,
    plan::{Period, Plan},
    time::ZONE,
    timing::Standing,
};
use dagsform_ui as ui;

use super::{
    faults::faults,
    hours::date,
    reading::{delivery, item_delivery},
    words::{self, day, moment, time_of_day},
};
use crate::flow::tablet::State;

/// A plan that has not been compared with the service's for so long may be an old one (brief R19).
const LATELY: Duration = Duration::hours(24);

/// Due, later, done, at this time.
pub(super) fn view(state: &State, now: DateTime<FixedOffset>) -> ui::TodayView {
    let today = day(now);
    let book = &state.book.plan;
    let agenda = book.agenda(now);
    let tasks = agenda.iter().flat_map(|agenda| &agenda.tasks).map(|task| task_view(state, task, now)).collect();
    ui::TodayView {
        date: date(today).unwrap_or(ui::Date { weekday: 1, day: 1, month: 1 }),
        follow_up: book.plan().map_or(ui::FollowUp::Running, |plan| follow_up(plan, today)),
        plan: remarks(state, now),
        unread: u32::try_from(book.unread()).unwrap_or(u32::MAX),
        tasks,
        lists: book.always().map(|list| list.title.clone()).collect(),
        other: ui::Kind::ALL.to_vec(),
        asking: u32::try_from(state.book.in_question.len()).unwrap_or(u32::MAX),
        faults: faults(state),
        waiting_to_send: state.measure.waiting,
    }
}

fn follow_up(plan: &Plan, today: NaiveDate) -> ui::FollowUp {
    if plan.is_ended() {
        return ui::FollowUp::Ended { on: plan.period.end.and_then(date) };
    }
    if !plan.is_paused(today) {
        return ui::FollowUp::Running;
    }
    let pause = |pause: &&Period| pause.contains(today);
    let through = plan.pauses.iter().filter(pause).filter_map(|pause| pause.end).max();
    ui::FollowUp::Paused { through: through.and_then(date) }
}

/// What is to be said of the plan: one that could not be compared lately, a newer one that was refused.
fn remarks(state: &State, now: DateTime<FixedOffset>) -> Vec<ui::PlanRemark> {
    let book = &state.book.plan;
    let checked = book.checked_at.map(|checked| now.signed_duration_since(checked) < LATELY);
    let old = book.in_force.is_some() && checked != Some(true);
    let last = book.checked_at.and_then(|checked| moment(checked, day(now)));
    let refused = book.refused.as_ref().and_then(|refused| moment(refused.at, day(now)));
    let old = old.then_some(ui::PlanRemark::NotChecked { last });
    old.into_iter().chain(refused.map(|at| ui::PlanRemark::NewerRefused { at })).collect()
}

fn task_view(state: &State, task: &Task<'_>, now: DateTime<FixedOffset>) -> ui::TaskView {
    let local = |at: DateTime<FixedOffset>| time_of_day(at.with_timezone(&ZONE).time());
    ui::TaskView {
        what: match task.about {
            About::Measurement(measurement) => ui::TaskKind::Measurement(words::kind(measurement.kind)),
            About::List(list) => ui::TaskKind::Questions { title: list.title.clone() },
            About::Medicine(medicine) => {
                ui::TaskKind::Medicine { name: medicine.name.clone(), dose: medicine.dose.clone() }
            }
        },
        from: local(task.occurrence.begins),
        until: local(task.occurrence.ends),
        state: match task.standing {
            Standing::Due => ui::TaskState::Later,
            Standing::Open => ui::TaskState::Due,
            Standing::Late => ui::TaskState::Late,
            Standing::Paused => ui::TaskState::Paused,
            Standing::ClockInDoubt => ui::TaskState::ClockInDoubt,
            Standing::Done(at) => task.done.and_then(|by| done(state, by, at, now)).unwrap_or(ui::TaskState::Due),
        },
    }
}

/// What did a task, and how far that has come.
fn done(state: &State, by: Identity, at: DateTime<FixedOffset>, now: DateTime<FixedOffset>) -> Option<ui::TaskState> {
    let book = &state.book.plan;
    let at = moment(at, day(now))?;
    if let Some(row) = book.readings.iter().find(|row| row.reading.identity == by) {
        return Some(ui::TaskState::Done { at, delivery: delivery(row) });
    }
    let row = book.said.iter().find(|row| row.item.identity() == by)?;
    let delivery = item_delivery(row);
    Some(match &row.item {
        Item::Medicine(said) if !said.taken => ui::TaskState::NotTaken { at, delivery },
        _ => ui::TaskState::Done { at, delivery },
    })
}
