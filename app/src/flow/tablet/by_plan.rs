//! What the plan brings to the tablet: what follows a reading, the day's tasks, lists of questions, messages, reminders.

use chrono::{DateTime, FixedOffset};
use dagsform_care::{Performer, Reading, agenda::About, limits::Judgement, questionnaire::Canonical};

use super::{
    super::{
        after,
        answering::{self, Circumstances},
        measure, messages, questions, reminding,
    },
    Effect, Page, State, is_just_now, measured,
};
use crate::said::NewMedicine;

/// A reading that was taken just now was stored: what follows it begins, or goes on with it as the second one.
pub(super) fn followed(state: &mut State, reading: &Reading, now: DateTime<FixedOffset>) -> Option<Effect> {
    let judged = reading.judged.as_ref().filter(|_| is_just_now(reading))?;
    let taken = after::Taken::of(reading, judged.judgement.clone());
    state.again = false;
    if let Some(before) = state.after.take() {
        let goes_on = !matches!(before.stage, after::Stage::Over | after::Stage::Fine);
        let (after, effects) = after::update(before, after::Event::Measured(taken.clone()), now);
        let linked = effects.into_iter().find_map(|effect| match effect {
            after::Effect::LinkAgain { first, second } => Some(Effect::Repeats { second, first }),
            after::Effect::WakeAt(_) => None,
        });
        // What follows a reading is not ended by one of another kind, unless that needs more.
        let other = after.asked.reading.kind != reading.kind;
        if linked.is_some() || (goes_on && other && after.level() >= judged.judgement.level()) {
            state.after = Some(after);
            return linked;
        }
    }
    let plan = state.book.plan.plan();
    let limit = |id: &str| plan?.measurements.iter().find(|one| one.limits.iter().any(|limit| limit.id == id));
    let crossed = match &judged.judgement {
        Judgement::Judged(judged) => judged.findings.iter().find(|finding| finding.level == judged.level),
        Judgement::NotJudged(_) => None,
    };
    let agreed = crossed.and_then(|finding| limit(&finding.limit)).filter(|one| one.kind == reading.kind);
    let agreed = agreed.or_else(|| plan?.measurement(reading.kind));
    let asked = after::Asked {
        reading: taken,
        measure_again: agreed.is_some_and(|agreed| agreed.measure_again),
        rest_minutes: agreed.and_then(|agreed| agreed.rest_minutes),
        zones: plan.map(|plan| plan.zones.clone()).unwrap_or_default(),
        hours: plan.and_then(|plan| plan.service()?.hours.clone()),
    };
    // Its deadlines are looked at with every look at the record, and while it counts down each second.
    let (after, _) = after::begin(asked, now);
    state.after = Some(after);
    None
}

pub(super) fn clock(mut state: State, now: DateTime<FixedOffset>) -> (State, Vec<Effect>) {
    let next = state.book.plan.next_reminder(now);
    let (reminding, remind) = reminding::looked(std::mem::take(&mut state.reminding), next, now);
    state.due = (state.due || remind) && matches!(reminding.stage, reminding::Stage::Reminding { .. });
    state.reminding = reminding;
    // What is due comes to the front where something was only looked at, and by nobody any more: a reading that is
    // taken back makes its task due again, and the word that it was taken back must be read first.
    if state.due && !state.is_busy(now) {
        if matches!(state.page, Page::Readings(_) | Page::Equipment) && state.question(now).is_none() {
            state.page = Page::Today;
        }
        state.due = !matches!(state.page, Page::Today);
    }
    state.after = state.after.map(|after| after::update(after, after::Event::Clock, now).0);
    if !matches!(state.page, Page::Messages(_)) {
        return (state, Vec::new());
    }
    // What is on the screen is read.
    let unread = state.book.plan.received.iter().filter(|row| row.read_at.is_none());
    let read = unread.map(|row| Effect::Read(row.message.reference.clone())).collect();
    (state, read)
}

/// Passes an event to what follows the last reading.
pub(super) fn in_after(mut state: State, event: after::Event, now: DateTime<FixedOffset>) -> (State, Vec<Effect>) {
    state.after = state.after.map(|after| after::update(after, event, now).0);
    (state, Vec::new())
}

/// Passes an event to the list of questions.
pub(super) fn in_questions(
    mut state: State,
    event: questions::Event,
    now: DateTime<FixedOffset>,
) -> (State, Vec<Effect>) {
    let Page::Questions(list) = state.page else { return (state, Vec::new()) };
    // Without a patient there is nobody to answer.
    let Some(patient) = state.book.plan.patient.clone() else {
        return (State { page: Page::Today, ..state }, Vec::new());
    };
    let plan = state.book.plan.plan().map(|plan| plan.version.clone());
    let (list, effects) = questions::update(*list, event, &Circumstances { patient, plan, now });
    state.page = if list.left { Page::Today } else { Page::Questions(Box::new(list)) };
    let effect = |effect| match effect {
        answering::Effect::KeepDraft(draft) => Effect::KeepDraft(draft),
        answering::Effect::Say(item) => Effect::Say(item),
    };
    (state, effects.into_iter().map(effect).collect())
}

/// Passes an event to the messages.
pub(super) fn in_messages(mut state: State, event: messages::Event) -> (State, Vec<Effect>) {
    let Page::Messages(messages) = state.page else { return (state, Vec::new()) };
    let (messages, new) = messages::update(messages, event);
    state.page = Page::Messages(messages);
    (state, new.map(Effect::Write).into_iter().collect())
}

/// Begins a list; of one that is open as a draft the draft goes on.
pub(super) fn begin(state: State, canonical: &Canonical, occurrence: Option<String>) -> (State, Vec<Effect>) {
    let list = state.book.plan.list(canonical).cloned();
    (state, list.map(|list| Effect::Begin(list, occurrence)).into_iter().collect())
}

/// The task at a place of the day: its measurement, or its list.
pub(super) fn task(mut state: State, place: usize, now: DateTime<FixedOffset>) -> (State, Vec<Effect>) {
    let agenda = state.book.plan.agenda(now);
    let Some(task) = agenda.as_ref().and_then(|agenda| agenda.tasks.get(place)) else {
        return (state, Vec::new());
    };
    match task.about {
        About::Measurement(measurement) => {
            let kind = measurement.kind;
            drop(agenda);
            state.page = Page::Measure(kind);
            state.again = true;
            measured(state, measure::Event::Done)
        }
        About::List(list) => {
            let (canonical, occurrence) = (list.questionnaire.clone(), task.occurrence.id.to_string());
            drop(agenda);
            begin(state, &canonical, Some(occurrence))
        }
        About::Medicine(_) => {
            drop(agenda);
            (state, Vec::new())
        }
    }
}

/// What is said of the medicine at a place of the day.
pub(super) fn medicine(state: State, place: usize, taken: bool, now: DateTime<FixedOffset>) -> (State, Vec<Effect>) {
    let agenda = state.book.plan.agenda(now);
    let said = agenda.as_ref().and_then(|agenda| agenda.tasks.get(place)).and_then(|task| match task.about {
        About::Medicine(medicine) => Some(NewMedicine {
            medicine: medicine.id.clone(),
            occurrence: Some(task.occurrence.id.to_string()),
            taken,
            by: Performer::Patient,
        }),
        About::Measurement(_) | About::List(_) => None,
    });
    drop(agenda);
    (state, said.map(Effect::Medicine).into_iter().collect())
}
