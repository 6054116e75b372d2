//! The day's tasks.

use slint::SharedString;

use super::{day, kind, model, said};
use crate::generated::{DoneItem, TaskItem, TaskShape, TodayScreenState};
use crate::moment::Moment;
use crate::view::{FollowUp, PlanRemark, TaskKind, TaskState, TaskView, TodayView};
use crate::words::Words;

pub(super) fn apply(screen: &TodayScreenState<'_>, view: &TodayView, words: Words) {
    let mut now = now(view).map(|(place, task)| item(place, task, words));
    let next = now.next();
    let later = with_state(view, |state| state == TaskState::Later);
    screen.set_date(day::heading(view.date, words).into());
    screen.set_follow_up(follow_up(view.follow_up, words).into());
    screen.set_plan(model(view.plan.iter().map(|remark| plan(*remark, words).into())));
    screen.set_unread(unread(view.unread, words));
    screen.set_has_next(next.is_some());
    screen.set_next(next.unwrap_or_default());
    screen.set_now(model(now));
    screen.set_nothing_now(nothing_now(view, words).into());
    screen.set_later(model(later.map(|(place, task)| item(place, task, words))));
    screen.set_done(model(view.tasks.iter().filter_map(|task| done(task, words))));
    screen.set_paused(paused(view, words).into());
    screen.set_lists(model(view.lists.iter().map(SharedString::from)));
    screen.set_other(model(view.other.iter().map(|other| kind::item(*other, words))));
    screen.set_asking(asking(view.asking, words));
}

fn follow_up(follow_up: FollowUp, words: Words) -> String {
    match follow_up {
        FollowUp::Running => String::new(),
        FollowUp::Paused { through: None } => {
            words.text("today", "A pause in the follow-up is agreed. You may still measure if you want to.", &[])
        }
        FollowUp::Paused { through: Some(date) } => words.text(
            "today",
            "A pause in the follow-up is agreed, up to and including {}. You may still measure if you want to.",
            &[&day::in_sentence(date, words)],
        ),
        FollowUp::Ended { on: None } => words.text("today", "The follow-up has ended.", &[]),
        FollowUp::Ended { on: Some(date) } => {
            words.text("today", "The follow-up ended on {}.", &[&day::in_sentence(date, words)])
        }
    }
}

fn plan(remark: PlanRemark, words: Words) -> String {
    match remark {
        PlanRemark::NotChecked { last: Some(at) } => {
            words.text("today", "The tablet last checked the plan {}. There may be a newer one.", &[&at.text(words)])
        }
        PlanRemark::NotChecked { last: None } => {
            words.text("today", "The tablet has not been able to check the plan yet. There may be a newer one.", &[])
        }
        PlanRemark::NewerRefused { at } => words.text(
            "today",
            "A newer plan came {}, but it could not be used. The plan you have still applies.",
            &[&at.text(words)],
        ),
    }
}

fn unread(messages: u32, words: Words) -> SharedString {
    match messages {
        0 => SharedString::default(),
        _ => words.count("today", "One new message", "{n} new messages", messages, &[]).into(),
    }
}

/// What can be done now, with its place: what is due, then what has been left, then what the clock leaves open.
/// The first is the one thing to do next.
fn now(view: &TodayView) -> impl Iterator<Item = (usize, &TaskView)> {
    let due = with_state(view, |state| state == TaskState::Due);
    let late = with_state(view, |state| state == TaskState::Late);
    due.chain(late).chain(with_state(view, |state| state == TaskState::ClockInDoubt))
}

fn with_state(view: &TodayView, wanted: fn(TaskState) -> bool) -> impl Iterator<Item = (usize, &TaskView)> {
    view.tasks.iter().enumerate().filter(move |(_, task)| wanted(task.state))
}

/// Where nothing is to be done now, that and why; of a follow-up that rests or has ended it is said already.
fn nothing_now(view: &TodayView, words: Words) -> String {
    let is = |wanted: fn(TaskState) -> bool| with_state(view, wanted).next().is_some();
    if now(view).next().is_some() {
        String::new()
    } else if is(|state| state == TaskState::Later) {
        words.text("today", "There is nothing to do right now.", &[])
    } else if is(|state| matches!(state, TaskState::Done { .. } | TaskState::NotTaken { .. })) {
        words.text("today", "Everything is done for today.", &[])
    } else if view.follow_up != FollowUp::Running {
        String::new()
    } else if is(|state| state == TaskState::Paused) {
        words.text("today", "A pause is agreed for today.", &[])
    } else {
        words.text("today", "Nothing is agreed for today.", &[])
    }
}

/// What rests, in one line, each thing once. Of a whole follow-up that rests it is said already.
fn paused(view: &TodayView, words: Words) -> String {
    if view.follow_up != FollowUp::Running {
        return String::new();
    }
    let mut names: Vec<String> = Vec::new();
    for (_, task) in with_state(view, |state| state == TaskState::Paused) {
        let name = name(&task.what, words);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        return String::new();
    }
    words.text("today", "A pause is agreed for: {}", &[&names.join(", ")])
}

fn name(what: &TaskKind, words: Words) -> String {
    match what {
        TaskKind::Measurement(measured) => kind::name(*measured, words),
        TaskKind::Questions { title } => title.clone(),
        TaskKind::Medicine { name, .. } => name.clone(),
    }
}

fn item(place: usize, task: &TaskView, words: Words) -> TaskItem {
    let name = name(&task.what, words);
    let item = TaskItem {
        note: note(task, words).into(),
        place: i32::try_from(place).unwrap_or(i32::MAX),
        ..TaskItem::default()
    };
    match &task.what {
        TaskKind::Measurement(measured) => TaskItem {
            shape: TaskShape::Measurement,
            kind: (*measured).into(),
            name: name.into(),
            doing: kind::item(*measured, words).doing,
            ..item
        },
        TaskKind::Questions { .. } => TaskItem {
            shape: TaskShape::Questions,
            name: name.into(),
            doing: words.text("today", "Answer the questions", &[]).into(),
            ..item
        },
        TaskKind::Medicine { dose, .. } => TaskItem {
            shape: TaskShape::Medicine,
            dose: dose.as_deref().unwrap_or_default().into(),
            taken: words.text("today", "{}: taken", &[&name]).into(),
            not_taken: words.text("today", "{}: not taken", &[&name]).into(),
            name: name.into(),
            ..item
        },
    }
}

/// A task that is late is told without reproach.
fn note(task: &TaskView, words: Words) -> String {
    match task.state {
        TaskState::Due => words.text("today", "Until {}", &[&day::clock(task.until)]),
        TaskState::Late => match task.what {
            TaskKind::Measurement(_) => words.text("today", "Not measured yet", &[]),
            TaskKind::Questions { .. } => words.text("today", "Not answered yet", &[]),
            TaskKind::Medicine { .. } => words.text("today", "Not ticked off yet", &[]),
        },
        TaskState::Later => {
            words.text("today", "Between {0} and {1}", &[&day::clock(task.from), &day::clock(task.until)])
        }
        TaskState::ClockInDoubt => {
            words.text("today", "The clock in the tablet may be wrong. Do this when it suits you.", &[])
        }
        TaskState::Done { .. } | TaskState::NotTaken { .. } | TaskState::Paused => String::new(),
    }
}

fn done(task: &TaskView, words: Words) -> Option<DoneItem> {
    let (when, delivery) = match task.state {
        TaskState::Done { at, delivery } => (done_at(&task.what, at, words), delivery),
        TaskState::NotTaken { at, delivery } => {
            (words.text("today", "Not taken, ticked off {}", &[&at.text(words)]), delivery)
        }
        TaskState::Due | TaskState::Late | TaskState::Later | TaskState::Paused | TaskState::ClockInDoubt => {
            return None;
        }
    };
    let name = name(&task.what, words);
    let delivery = match task.what {
        TaskKind::Measurement(_) => said::delivery(delivery, words),
        TaskKind::Questions { .. } | TaskKind::Medicine { .. } => said::way(delivery, words),
    };
    Some(DoneItem {
        spoken: said::sentences(&[&name, &when, &delivery.text]).into(),
        name: name.into(),
        when: when.into(),
        delivery,
    })
}

fn done_at(what: &TaskKind, at: Moment, words: Words) -> String {
    match what {
        TaskKind::Measurement(_) => said::measured(Some(at), words),
        TaskKind::Questions { .. } => words.text("today", "Answered {}", &[&at.text(words)]),
        TaskKind::Medicine { .. } => words.text("today", "Taken, ticked off {}", &[&at.text(words)]),
    }
}

fn asking(readings: u32, words: Words) -> SharedString {
    match readings {
        0 => SharedString::default(),
        _ => words.count("today", "One reading: is it yours?", "{n} readings: are they yours?", readings, &[]).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;
    use crate::moment::Day;
    use crate::view::{Date, Delivery, Kind, TimeOfDay};

    const WORDS: Words = Words::in_language(Language::Nb);
    const WEIGHT: TaskKind = TaskKind::Measurement(Kind::BodyWeight);
    const PRESSURE: TaskKind = TaskKind::Measurement(Kind::BloodPressure);

    fn view(tasks: Vec<(TaskKind, TaskState)>) -> TodayView {
        let at = |hour| TimeOfDay { hour, minute: 0 };
        let task = |(what, state)| TaskView { what, from: at(7), until: at(10), state };
        TodayView {
            date: Date { weekday: 1, day: 23, month: 11 },
            follow_up: FollowUp::Running,
            plan: Vec::new(),
            unread: 0,
            tasks: tasks.into_iter().map(task).collect(),
            lists: Vec::new(),
            other: Vec::new(),
            asking: 0,
            faults: Vec::new(),
            waiting_to_send: 0,
        }
    }

    fn medicine(state: TaskState) -> (TaskKind, TaskState) {
        (TaskKind::Medicine { name: "Spiriva".to_owned(), dose: None }, state)
    }

    #[test]
    fn what_is_due_comes_before_what_is_late_and_both_before_what_the_clock_leaves_open() {
        let view = view(vec![
            (WEIGHT, TaskState::ClockInDoubt),
            (WEIGHT, TaskState::Late),
            (PRESSURE, TaskState::Paused),
            (PRESSURE, TaskState::Due),
        ]);
        let order: Vec<_> = now(&view).map(|(place, _)| place).collect();
        assert_eq!(order, [3, 1, 0]);
    }

    #[test]
    fn a_day_without_anything_to_do_now_says_why() {
        let at = Moment { day: Day::Today, hour: 8, minute: 5 };
        let delivery = Delivery::Waiting;
        for (tasks, why) in [
            (vec![], "Ingenting er avtalt for i dag."),
            (vec![(WEIGHT, TaskState::Later)], "Det er ikke noe å gjøre akkurat nå."),
            (vec![(WEIGHT, TaskState::Late)], ""),
            (vec![(WEIGHT, TaskState::ClockInDoubt)], ""),
            (vec![(WEIGHT, TaskState::Paused)], "Det er avtalt pause i dag."),
            (vec![(WEIGHT, TaskState::Done { at, delivery })], "Alt er gjort for i dag."),
            (vec![medicine(TaskState::NotTaken { at, delivery })], "Alt er gjort for i dag."),
        ] {
            assert_eq!(nothing_now(&view(tasks), WORDS), why);
        }
        let ended = TodayView { follow_up: FollowUp::Ended { on: None }, ..view(vec![]) };
        assert_eq!(nothing_now(&ended, WORDS), "");
    }

    #[test]
    fn what_rests_is_one_line_and_each_thing_stands_in_it_once() {
        let rests = |what| (what, TaskState::Paused);
        let view = view(vec![rests(WEIGHT), rests(PRESSURE), rests(WEIGHT), (PRESSURE, TaskState::Due)]);
        assert_eq!(paused(&view, WORDS), "Avtalt pause for: Vekt, Blodtrykk");
        let all = TodayView { follow_up: FollowUp::Paused { through: None }, ..view };
        assert_eq!(paused(&all, WORDS), "");
    }

    #[test]
    fn a_medicine_that_was_not_taken_is_never_told_as_taken() {
        let at = Moment { day: Day::Today, hour: 8, minute: 5 };
        let view = view(vec![medicine(TaskState::NotTaken { at, delivery: Delivery::Delivered })]);
        let item = done(&view.tasks[0], WORDS).expect("told");
        assert!(item.when.starts_with("Ikke tatt"), "{}", item.when);
    }
}
