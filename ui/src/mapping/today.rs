//! The day's tasks.

use slint::SharedString;

use super::{kind, model, said};
use crate::generated::{DoneItem, TaskItem, TodayScreenState};
use crate::moment::Moment;
use crate::view::{Date, Delivery, Kind, TaskState, TaskView, TimeOfDay, TodayView};
use crate::words::Words;

pub(super) fn apply(screen: &TodayScreenState<'_>, view: &TodayView, words: Words) {
    let mut now = now(view).map(|task| item(task, words));
    let next = now.next();
    screen.set_date(date(view.date, words).into());
    screen.set_has_next(next.is_some());
    screen.set_next(next.unwrap_or_default());
    screen.set_now(model(now));
    screen.set_nothing_now(nothing_now(view, words).into());
    screen.set_later(model(with_state(view, |state| state == TaskState::Later).map(|task| item(task, words))));
    screen.set_done(model(view.tasks.iter().filter_map(|task| done(task, words))));
    screen.set_other(model(view.other.iter().map(|other| kind::item(*other, words))));
    screen.set_asking(asking(view.asking, words));
}

/// What can be done now: what is due, and then what has been left. The first is the one thing to do next.
fn now(view: &TodayView) -> impl Iterator<Item = &TaskView> {
    let due = with_state(view, |state| state == TaskState::Due);
    due.chain(with_state(view, |state| state == TaskState::Late))
}

fn with_state(view: &TodayView, wanted: fn(TaskState) -> bool) -> impl Iterator<Item = &TaskView> {
    view.tasks.iter().filter(move |task| wanted(task.state))
}

fn nothing_now(view: &TodayView, words: Words) -> String {
    if view.tasks.is_empty() {
        return words.text("today", "Nothing is agreed for today.", &[]);
    }
    if now(view).next().is_some() {
        return String::new();
    }
    if with_state(view, |state| state == TaskState::Later).next().is_some() {
        words.text("today", "There is nothing to measure right now.", &[])
    } else {
        words.text("today", "Everything is measured for today.", &[])
    }
}

fn item(task: &TaskView, words: Words) -> TaskItem {
    TaskItem { what: kind::item(task.kind, words), note: note(task, words).into() }
}

/// A task that is late is told without reproach.
fn note(task: &TaskView, words: Words) -> String {
    match task.state {
        TaskState::Due => words.text("today", "Until {}", &[&clock(task.until)]),
        TaskState::Late => words.text("today", "Not measured yet", &[]),
        TaskState::Later => words.text("today", "Between {0} and {1}", &[&clock(task.from), &clock(task.until)]),
        TaskState::Done { .. } => String::new(),
    }
}

fn done(task: &TaskView, words: Words) -> Option<DoneItem> {
    match task.state {
        TaskState::Done { at, delivery } => Some(done_item(task.kind, at, delivery, words)),
        TaskState::Due | TaskState::Late | TaskState::Later => None,
    }
}

fn done_item(done: Kind, at: Moment, delivery: Delivery, words: Words) -> DoneItem {
    let name = kind::name(done, words);
    let measured = said::measured(Some(at), words);
    let delivery = said::delivery(delivery, words);
    DoneItem {
        kind: done.into(),
        spoken: said::sentences(&[&name, &measured, &delivery.text]).into(),
        name: name.into(),
        measured: measured.into(),
        delivery,
    }
}

fn asking(readings: u32, words: Words) -> SharedString {
    match readings {
        0 => SharedString::default(),
        _ => words.count("today", "One reading: is it yours?", "{n} readings: are they yours?", readings, &[]).into(),
    }
}

fn clock(time: TimeOfDay) -> String {
    format!("{:02}.{:02}", time.hour, time.minute)
}

/// "Monday 23 November"
fn date(date: Date, words: Words) -> String {
    words.text(
        "date",
        "{0} {1} {2}",
        &[&weekday(date.weekday, words), &date.day.to_string(), &month(date.month, words)],
    )
}

fn weekday(weekday: u8, words: Words) -> String {
    match weekday {
        1 => words.text("date", "Monday", &[]),
        2 => words.text("date", "Tuesday", &[]),
        3 => words.text("date", "Wednesday", &[]),
        4 => words.text("date", "Thursday", &[]),
        5 => words.text("date", "Friday", &[]),
        6 => words.text("date", "Saturday", &[]),
        _ => words.text("date", "Sunday", &[]),
    }
}

fn month(month: u8, words: Words) -> String {
    match month {
        1 => words.text("date", "January", &[]),
        2 => words.text("date", "February", &[]),
        3 => words.text("date", "March", &[]),
        4 => words.text("date", "April", &[]),
        5 => words.text("date", "May", &[]),
        6 => words.text("date", "June", &[]),
        7 => words.text("date", "July", &[]),
        8 => words.text("date", "August", &[]),
        9 => words.text("date", "September", &[]),
        10 => words.text("date", "October", &[]),
        11 => words.text("date", "November", &[]),
        _ => words.text("date", "December", &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    const WORDS: Words = Words::in_language(Language::Nb);

    fn view(tasks: &[(Kind, TaskState)]) -> TodayView {
        let at = |hour| TimeOfDay { hour, minute: 0 };
        let task = |&(kind, state)| TaskView { kind, from: at(7), until: at(10), state };
        TodayView {
            date: Date { weekday: 1, day: 23, month: 11 },
            tasks: tasks.iter().map(task).collect(),
            other: Vec::new(),
            asking: 0,
            faults: Vec::new(),
            waiting_to_send: 0,
        }
    }

    #[test]
    fn the_day_is_written_as_one_says_it() {
        assert_eq!(date(Date { weekday: 1, day: 23, month: 11 }, WORDS), "Mandag 23. november");
    }

    #[test]
    fn what_is_due_comes_before_what_is_late() {
        let view = view(&[(Kind::BodyWeight, TaskState::Late), (Kind::BloodPressure, TaskState::Due)]);
        let order: Vec<_> = now(&view).map(|task| task.kind).collect();
        assert_eq!(order, [Kind::BloodPressure, Kind::BodyWeight]);
    }

    #[test]
    fn a_day_without_anything_to_do_now_says_why() {
        let later = view(&[(Kind::BodyWeight, TaskState::Later)]);
        let late = view(&[(Kind::BodyWeight, TaskState::Late)]);
        assert_eq!(nothing_now(&view(&[]), WORDS), "Ingenting er avtalt for i dag.");
        assert_eq!(nothing_now(&later, WORDS), "Det er ikke noe å måle akkurat nå.");
        assert_eq!(nothing_now(&late, WORDS), "");
    }
}
