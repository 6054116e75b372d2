//! Answering a list of questions, with the record beside it.
//!
//! ```text
//!              Begin (a draft of it is taken up)                       Said
//!   (nothing) ───────────────────────────────────▶ Filling ── Submit ──────────▶ Filling: Submitted
//!                                                   │  ▲ │               NotSaid
//!                                     each answer   ▼  │ └── Submit ──────────▶ Filling: Summary
//!                                                KeepDraft
//! ```
//!
//! The questions themselves are `dagsform_care::questionnaire::filling`. Here an answer gets what the record needs:
//! an identity, made when the answering began, so that what is sent in twice is one; for which agreed time it is; who
//! answers; and the plan in force when it is sent in.

use std::sync::Arc;

use chrono::{DateTime, FixedOffset};
use dagsform_care::{
    Identity, PatientId, Performer,
    item::{Answers, Item},
    plan::PlanVersion,
    questionnaire::{
        Checked, Filling,
        filling::{self, Stage},
    },
};

use crate::record::Draft;

/// A list that is being answered.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// The questions.
    pub list: Arc<Checked>,
    /// How far it has come.
    pub filling: Filling,
    /// Who answers.
    pub by: Performer,
    /// What came of sending it in, for the last screen.
    pub sent: Option<Box<Answers>>,
    identity: Identity,
    occurrence: Option<String>,
}

/// Something happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// With the questions.
    Filling(filling::Event),
    /// Someone has said who answers.
    By(Performer),
    /// The answers are in the record.
    Said(Identity),
    /// They are not.
    NotSaid(Identity),
}

/// What is to be done in answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Commit the draft.
    KeepDraft(Box<Draft>),
    /// Commit the answers.
    Say(Box<Item>),
}

/// What the answers are given as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circumstances {
    /// Whose answers they are.
    pub patient: PatientId,
    /// The plan in force.
    pub plan: Option<PlanVersion>,
    /// What time it is.
    pub now: DateTime<FixedOffset>,
}

impl State {
    /// Begins a list, or goes on with a draft of it for the same time, where there is one that still fits. `new` is a new
    /// UUIDv7.
    pub fn begin(list: Arc<Checked>, draft: Option<Draft>, occurrence: Option<String>, new: Identity) -> Self {
        // Answers that were given for another time are not those of this one.
        let taken_up = draft.filter(|draft| draft.occurrence == occurrence).and_then(|draft| {
            let filling = Filling::take_up(&list, draft.filling).ok()?;
            Some((filling, draft.identity, draft.occurrence, draft.by))
        });
        let (filling, identity, occurrence, by) =
            taken_up.unwrap_or_else(|| (Filling::begin(&list), new, occurrence, Performer::Patient));
        Self { list, filling, by, sent: None, identity, occurrence }
    }

    /// The identity of the answers that it becomes.
    pub fn identity(&self) -> Identity {
        self.identity
    }

    fn draft(&self, now: DateTime<FixedOffset>) -> Box<Draft> {
        Box::new(Draft {
            identity: self.identity,
            occurrence: self.occurrence.clone(),
            by: self.by,
            filling: self.filling.clone(),
            changed_at: now,
        })
    }
}

/// The next state, and what is to be done.
pub fn update(mut state: State, event: Event, around: &Circumstances) -> (State, Option<Effect>) {
    let event = match event {
        Event::Filling(event) => event,
        Event::By(by) => {
            state.by = by;
            let draft = state.draft(around.now);
            return (state, Some(Effect::KeepDraft(draft)));
        }
        // A late word on another list changes nothing.
        Event::Said(identity) if identity == state.identity => filling::Event::Stored,
        Event::NotSaid(identity) if identity == state.identity => filling::Event::NotStored,
        Event::Said(_) | Event::NotSaid(_) => return (state, None),
    };
    let before = state.filling.stage == Stage::Submitting;
    let (filling, effect) = filling::update(&state.list, state.filling.clone(), event);
    state.filling = filling;
    let effect = effect.map(|effect| match effect {
        filling::Effect::StoreDraft => Effect::KeepDraft(state.draft(around.now)),
        filling::Effect::Submit(response) => {
            let answers = Answers {
                identity: state.identity,
                patient: around.patient.clone(),
                response: *response,
                by: state.by,
                occurrence: state.occurrence.clone(),
                plan: around.plan.clone(),
                taken_back: None,
            };
            state.sent = Some(Box::new(answers.clone()));
            Effect::Say(Box::new(Item::Answers(answers)))
        }
    });
    if before && state.filling.stage == Stage::Summary {
        state.sent = None;
    }
    (state, effect)
}

#[cfg(test)]
mod tests;
