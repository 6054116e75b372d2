//! Answering a questionnaire, one question at a time.
//!
//! ```text
//!    begin                     Next, at the last               Submit               Stored
//!   ───────▶ Asking ─────────────────────────────▶ Summary ─────────────▶ Submitting ──────▶ Submitted
//!             │ ▲ ▲    or ToSummary                 │ │ ▲                     │
//!        Next,│ │ └──────── Back, to the last ──────┘ │ └──── NotStored ───────┘
//!        Back,│ │                                     │
//!      Answer,│ │    Change, or Submit with something missing: with an errand
//!    DontKnow,│ └─────────────────────────────────────┘
//!       Clear └──▶ (Asking)
//! ```
//!
//! Every change of the answers is told to be stored as a draft, which is the state itself. With an errand, Next leads
//! through what is missing and what the change brought up, and then back to the summary. Answers to questions that
//! are no longer asked stay in the draft, for the person may change back, and are not submitted. Moving about changes
//! no answer. An event that does not belong to the stage changes nothing.

use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};

use super::{AllGiven, Answer, Canonical, Checked, Given, LinkId, Response, Unfit, standing::Standing, tree::Node};

/// How far the answering has come; serialised, it is the draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filling {
    /// What is answered.
    pub questionnaire: Canonical,
    /// What has been given, also to questions that are no longer asked.
    pub given: AllGiven,
    /// Where the person is.
    pub stage: Stage,
    /// Why the last answer was not taken; the one before it still stands.
    pub unfit: Option<Unfit>,
}

/// Where the person is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// At a question, or at words that stand alone.
    Asking {
        /// Which.
        at: LinkId,
        /// Having come from the summary: what is still asked before it is shown again, in no order.
        errand: Option<Vec<LinkId>>,
    },
    /// All answers are shown.
    Summary,
    /// The response is on its way into the record.
    Submitting,
    /// It is in the record.
    Submitted,
}

/// Something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The question is answered so.
    Answer(Vec<Answer>),
    /// "Don't know".
    DontKnow,
    /// The answer is taken away.
    Clear,
    /// On to the next question.
    Next,
    /// Back to the one before.
    Back,
    /// To the summary, whatever is answered.
    ToSummary,
    /// From the summary to the answer of a question, to change it.
    Change(LinkId),
    /// The answers are sent in, at this time.
    Submit(DateTime<FixedOffset>),
    /// The response is in the record.
    Stored,
    /// The record did not take it.
    NotStored,
}

/// What is to be done in answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Store the state as the draft.
    StoreDraft,
    /// Store the response and drop the draft, together; then tell [`Event::Stored`] or [`Event::NotStored`].
    Submit(Box<Response>),
}

/// Why a draft is not taken up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTakenUp {
    /// It answers another questionnaire, or another version.
    #[error("the draft answers {draft}, and the questionnaire is {now} now")]
    Other {
        /// What the draft answers.
        draft: Canonical,
        /// What there is.
        now: Canonical,
    },
    /// It answers what is not asked in this questionnaire.
    #[error("the draft answers '{0}', which this questionnaire does not ask")]
    NotAsked(LinkId),
    /// An answer does not fit.
    #[error("the draft's answer to '{item}' does not fit: {why}")]
    Unfit {
        /// The question.
        item: LinkId,
        /// Why not.
        why: Unfit,
    },
}

impl Filling {
    /// The beginning: at the first question, with the initial values given.
    pub fn begin(checked: &Checked) -> Self {
        let nodes = checked.questionnaire().nodes();
        let begun = nodes.iter().filter(|node| node.is_askable() && !node.item.initial.is_empty());
        let given = begun.map(|node| (node.item.link_id.clone(), Given::Answers(node.item.initial.clone()))).collect();
        let questionnaire = checked.questionnaire().canonical.clone();
        let stage = first(&Standing::of(checked, &given));
        Self { questionnaire, given, stage, unfit: None }
    }

    /// Goes on where a draft stopped. A draft that does not belong to this very questionnaire is not applied: no
    /// answer is put to a question that it was not given to.
    pub fn take_up(checked: &Checked, draft: Self) -> Result<Self, NotTakenUp> {
        let now = &checked.questionnaire().canonical;
        if draft.questionnaire != *now {
            return Err(NotTakenUp::Other { draft: draft.questionnaire, now: now.clone() });
        }
        let nodes = checked.questionnaire().nodes();
        for (name, given) in &draft.given {
            let node = nodes.iter().find(|node| node.item.link_id == *name && node.is_askable());
            let node = node.ok_or_else(|| NotTakenUp::NotAsked(name.clone()))?;
            if let Given::Answers(answers) = given {
                node.item.accepts(answers).map_err(|why| NotTakenUp::Unfit { item: name.clone(), why })?;
            }
        }
        let standing = Standing::of(checked, &draft.given);
        let stage = match draft.stage {
            Stage::Asking { at, errand } if is_step(&standing, &at) => Stage::Asking { at, errand },
            Stage::Asking { .. } => first(&standing),
            // While there is a draft, its response is not in the record.
            Stage::Summary | Stage::Submitting | Stage::Submitted => Stage::Summary,
        };
        Ok(Self { stage, ..draft })
    }

    /// The question that the person is at; `None` at words and outside [`Stage::Asking`].
    fn question<'a>(&self, nodes: &[Node<'a>]) -> Option<Node<'a>> {
        let Stage::Asking { at, .. } = &self.stage else { return None };
        nodes.iter().find(|node| node.item.link_id == *at && node.is_askable()).copied()
    }
}

/// The next state, and what is to be done. A state of another questionnaire stays as it is.
pub fn update(checked: &Checked, state: Filling, event: Event) -> (Filling, Option<Effect>) {
    if state.questionnaire != checked.questionnaire().canonical {
        return (state, None);
    }
    match event {
        Event::Answer(answers) => answer(checked, state, Some(Given::Answers(answers))),
        Event::DontKnow => answer(checked, state, Some(Given::DontKnow)),
        Event::Clear => answer(checked, state, None),
        Event::Submit(at) => submit(checked, state, at),
        _ => {
            let standing = Standing::of(checked, &state.given);
            let stage = moved(&standing, &state.stage, event);
            (stage.map_or_else(|| state.clone(), |stage| Filling { stage, unfit: None, ..state.clone() }), None)
        }
    }
}

/// Gives an answer to the question that the person is at, or takes it away.
fn answer(checked: &Checked, mut state: Filling, given: Option<Given>) -> (Filling, Option<Effect>) {
    let Some(question) = state.question(&checked.questionnaire().nodes()) else { return (state, None) };
    if let Some(Given::Answers(answers)) = &given
        && let Err(why) = question.item.accepts(answers)
    {
        state.unfit = Some(why);
        return (state, None);
    }
    let before = names(&Standing::of(checked, &state.given));
    let name = question.item.link_id.clone();
    match given {
        Some(given) => state.given.insert(name, given),
        None => state.given.remove(&name),
    };
    state.unfit = None;
    if let Stage::Asking { errand: Some(errand), .. } = &mut state.stage {
        let new = names(&Standing::of(checked, &state.given)).into_iter().filter(|name| !before.contains(name));
        errand.extend(new);
    }
    (state, Some(Effect::StoreDraft))
}

/// Sends the answers in from the summary, or leads to what is missing.
fn submit(checked: &Checked, mut state: Filling, at: DateTime<FixedOffset>) -> (Filling, Option<Effect>) {
    if state.stage != Stage::Summary {
        return (state, None);
    }
    let missing = checked.missing(&state.given);
    if let Some(first) = missing.first() {
        state.stage = Stage::Asking { at: first.clone(), errand: Some(missing) };
        return (state, None);
    }
    state.stage = Stage::Submitting;
    let response = Response {
        questionnaire: state.questionnaire.clone(),
        authored: at,
        items: checked.answered(&state.given),
        scores: checked.scores(&state.given),
    };
    (state, Some(Effect::Submit(Box::new(response))))
}

/// Where an event that changes no answer leads; `None`: nowhere.
fn moved(standing: &Standing<'_>, stage: &Stage, event: Event) -> Option<Stage> {
    let steps = names(standing);
    let ordinary = |at: &LinkId| Stage::Asking { at: at.clone(), errand: None };
    match (stage, event) {
        (Stage::Asking { at, errand: None }, Event::Next) => {
            let next = steps.iter().skip_while(|step| *step != at).nth(1);
            Some(next.map_or(Stage::Summary, ordinary))
        }
        (Stage::Asking { at, errand: Some(errand) }, Event::Next) => {
            let left: Vec<LinkId> = errand.iter().filter(|name| *name != at).cloned().collect();
            let is_open = |step: &&LinkId| {
                let place = standing.nodes.iter().position(|node| node.item.link_id == **step);
                left.contains(step) && place.is_some_and(|place| !standing.is_given(place))
            };
            let next = steps.iter().find(is_open).cloned();
            Some(next.map_or(Stage::Summary, |at| Stage::Asking { at, errand: Some(left) }))
        }
        (Stage::Asking { at, errand }, Event::Back) => {
            let before = steps.iter().take_while(|step| *step != at).last()?;
            Some(Stage::Asking { at: before.clone(), errand: errand.clone() })
        }
        (Stage::Asking { .. }, Event::ToSummary) => Some(Stage::Summary),
        (Stage::Summary, Event::Back) => steps.last().map(ordinary),
        (Stage::Summary, Event::Change(name)) if steps.contains(&name) => {
            Some(Stage::Asking { at: name, errand: Some(Vec::new()) })
        }
        (Stage::Submitting, Event::Stored) => Some(Stage::Submitted),
        (Stage::Submitting, Event::NotStored) => Some(Stage::Summary),
        _ => None,
    }
}

fn first(standing: &Standing<'_>) -> Stage {
    names(standing).into_iter().next().map_or(Stage::Summary, |at| Stage::Asking { at, errand: None })
}

fn is_step(standing: &Standing<'_>, name: &LinkId) -> bool {
    names(standing).contains(name)
}

/// The names of the steps.
fn names(standing: &Standing<'_>) -> Vec<LinkId> {
    let nodes = standing.steps().into_iter().filter_map(|place| standing.nodes.get(place));
    nodes.map(|node| node.item.link_id.clone()).collect()
}
