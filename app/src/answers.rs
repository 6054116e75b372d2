//! Answering a list of questions from the command line: the same flow as on the screen, its events given by name.

use std::sync::Arc;

use anyhow::{Context, Result};
use chrono::NaiveDate;
use dagsform_care::{
    Identity, Performer,
    plan::{List, Plan},
    questionnaire::{Answer, ChoiceOption, Coding, Item, ItemKind, LinkId, filling::Event as Fill, filling::Stage},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    exit::{Exit, failure},
    flow::answering::{self, Circumstances, Effect, Event, State},
    gaps,
    record::{Draft, Record, RecordError},
};

/// What is to be answered, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answering {
    /// The list: its id in the plan, or the address of its questionnaire.
    pub list: String,
    /// Questions by their linkId, with the answer as text; `?` for "don't know".
    pub answers: Vec<(String, String)>,
    /// For which of the agreed times, by its id.
    pub occurrence: Option<String>,
    /// Who answers.
    pub by: Performer,
    /// Send the answers in.
    pub send: bool,
}

/// Takes answers into the draft of a list, and sends them in where that is wanted. What the list asks for still, and
/// the identity of the answers.
///
/// # Errors
/// There is no such list in the plan, no such question in the list, or an answer does not fit: what was given before
/// is kept. Something that must be answered is not.
pub async fn answer(record: &Record, request: Answering) -> Result<Value> {
    let patient = record.enrolment().await?.ok_or(RecordError::NotEnrolled)?.patient;
    let plan = record.plan().await?.ok_or_else(|| failure(Exit::Data, "there is no plan on this tablet yet"))?.plan;
    let list = find(&plan, &request.list)?;
    let questions = record.questionnaire(list.questionnaire.clone()).await?;
    let questions = questions.with_context(|| format!("the list {} is not in the record", list.questionnaire))?;
    let checked = Arc::new(questions.check().context("the list cannot be answered")?);
    let drafts = record.drafts().await?;
    let same =
        |draft: &Draft| draft.filling.questionnaire == list.questionnaire && draft.occurrence == request.occurrence;
    let draft = drafts.into_iter().find(same);
    let new = Identity::by_hand(Uuid::now_v7());
    let mut state = State::begin(checked, draft, request.occurrence, new);
    let mut step =
        Step { record, around: Circumstances { patient, plan: Some(plan.version.clone()), now: record.now().0 } };
    if request.by != state.by {
        state = step.take(state, Event::By(request.by)).await?;
    }
    for (question, text) in &request.answers {
        let given = read(&state, question, text)?;
        state = step.take(state, Event::Filling(Fill::ToSummary)).await?;
        state = step.take(state, Event::Filling(Fill::Change(question.as_str().into()))).await?;
        if !matches!(&state.filling.stage, Stage::Asking { at, .. } if at.0 == *question) {
            let text = format!("question {question} is not asked now; it depends on another answer");
            return Err(failure(Exit::Data, text));
        }
        state = step.take(state, Event::Filling(given)).await?;
        if let Some(unfit) = &state.filling.unfit {
            return Err(failure(Exit::Data, format!("question {question}: '{text}': {unfit}")));
        }
    }
    if request.send {
        state = step.take(state, Event::Filling(Fill::ToSummary)).await?;
        state = step.take(state, Event::Filling(Fill::Submit(step.around.now))).await?;
        if state.filling.stage != Stage::Submitted {
            let missing = state.list.missing(&state.filling.given);
            let names: Vec<&str> = missing.iter().map(|name| name.0.as_str()).collect();
            let text = format!("not sent yet: answer {} first, or say ? for don't know", names.join(", "));
            return Err(failure(Exit::Data, text));
        }
    }
    Ok(told(&state))
}

/// The flow with the record beside it.
struct Step<'a> {
    record: &'a Record,
    around: Circumstances,
}

impl Step<'_> {
    /// An event, and what it asks of the record.
    async fn take(&mut self, state: State, event: Event) -> Result<State> {
        let (state, effect) = answering::update(state, event, &self.around);
        match effect {
            None => Ok(state),
            Some(Effect::KeepDraft(draft)) => {
                self.record.keep_draft(*draft).await?;
                gaps::pass("draft-kept");
                Ok(state)
            }
            Some(Effect::Say(item)) => {
                let identity = item.identity();
                self.record.say(*item).await?;
                gaps::pass("answers-said");
                Ok(answering::update(state, Event::Said(identity), &self.around).0)
            }
        }
    }
}

fn find<'p>(plan: &'p Plan, name: &str) -> Result<&'p List> {
    let named = |list: &&List| list.id == name || list.questionnaire.url == name;
    plan.lists.iter().find(named).ok_or_else(|| {
        let known: Vec<&str> = plan.lists.iter().map(|list| list.id.as_str()).collect();
        failure(Exit::Usage, format!("the plan has no list '{name}'; it has {}", known.join(", ")))
    })
}

fn told(state: &State) -> Value {
    let missing: Vec<String> = state.list.missing(&state.filling.given).into_iter().map(|name| name.0).collect();
    let sent = state.sent.as_ref().filter(|_| state.filling.stage == Stage::Submitted);
    json!({
        "identity": state.identity().to_string(),
        "list": state.filling.questionnaire.to_string(),
        "given": state.filling.given,
        "missing": missing,
        "sent": sent.is_some(),
        "scores": sent.map(|answers| &answers.response.scores),
    })
}

/// What a text says to a question.
fn read(state: &State, question: &str, text: &str) -> Result<Fill> {
    let name = LinkId::from(question);
    let item = item(&state.list.questionnaire().items, &name).filter(|item| item.is_question());
    let item = item.ok_or_else(|| failure(Exit::Usage, format!("the list has no question '{question}'")))?;
    if text == "?" {
        return Ok(Fill::DontKnow);
    }
    let unreadable = |is: &str| failure(Exit::Data, format!("question {question}: '{text}' is not {is}"));
    let several = || text.split(',').map(str::trim);
    let answers = match &item.kind {
        ItemKind::Boolean => vec![Answer::Boolean(match text {
            "yes" | "ja" | "true" => true,
            "no" | "nei" | "false" => false,
            _ => return Err(unreadable("yes or no")),
        })],
        ItemKind::Choice(options) if item.repeats => several().map(|one| chosen(options, one)).collect(),
        ItemKind::Choice(options) | ItemKind::OpenChoice(options) => vec![chosen(options, text)],
        ItemKind::Integer(_) => vec![Answer::Integer(text.parse().map_err(|_| unreadable("a whole number"))?)],
        ItemKind::Decimal(_) => vec![Answer::Decimal(text.parse().map_err(|_| unreadable("a number such as 4.5"))?)],
        ItemKind::Quantity { units, .. } => {
            let value = text.parse().map_err(|_| unreadable("a number such as 4.5"))?;
            let unit = units.first().ok_or_else(|| unreadable("a number with a unit that the list knows"))?;
            vec![Answer::Quantity { value, unit: unit.coding.clone() }]
        }
        ItemKind::Date(_) => {
            vec![Answer::Date(text.parse::<NaiveDate>().map_err(|_| unreadable("a day such as 2026-11-23"))?)]
        }
        _ => vec![Answer::Text(text.to_owned())],
    };
    Ok(Fill::Answer(answers))
}

/// The option of this code or with these words; else the words themselves, which the question may take.
fn chosen(options: &[ChoiceOption], text: &str) -> Answer {
    let is = |option: &&ChoiceOption| match &option.value {
        Answer::Coded(Coding { code, display, .. }) => code == text || display.as_deref() == Some(text),
        Answer::Integer(number) => number.to_string() == text,
        Answer::Text(words) => words == text,
        Answer::Date(date) => date.to_string() == text,
        _ => false,
    };
    options.iter().find(is).map_or_else(|| Answer::Text(text.to_owned()), |option| option.value.clone())
}

/// An item of a list by its name, wherever it stands.
fn item<'q>(items: &'q [Item], name: &LinkId) -> Option<&'q Item> {
    items.iter().find_map(|one| if one.link_id == *name { Some(one) } else { item(&one.items, name) })
}
