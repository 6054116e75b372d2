//! The pages of a list of questions: what is touched and typed, until it is an answer.
//!
//! ```text
//!            YesNo, Choose (one), DontKnow, ThisDay          Next, what is typed fits
//!   ┌──────────────── an answer, and on ───────────────┐  ┌──────────────────────────┐
//!   │                                                  ▼  │                          ▼
//!   Question ── Choose (several), Slide ── an answer ── Question ── Next at the last ── Summary
//!   │  ▲  │ Typed, keys, days: not yet an answer        │  ▲                            │   │
//!   │  └──┘      Next, what is typed does not fit ──────┘  └──── Change, Back ──────────┘   │ Send
//!   └─ Back at the first ──▶ Left                                                           ▼
//!                                                            Summary, sent ◀── Said ── Summary, saving
//! ```
//!
//! What is an answer is kept at once ([`super::answering`]); what is only typed is kept when the person goes on or back.

use std::sync::Arc;

use chrono::{Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime};
use dagsform_care::{
    Decimal, Identity,
    questionnaire::{
        Answer, Checked, ChoiceOption, Given, Item, ItemKind, LinkId, Number, Unfit,
        filling::{Event as Fill, Stage},
    },
};

use super::answering::{self, Circumstances, Effect};
use crate::record::Draft;

/// A line with more places than this cannot be pointed at; then the number is typed.
const MOST_PLACES: i64 = 101;
/// No number is longer.
const DIGITS: usize = 12;

/// A list on the screen.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// The list.
    pub answering: answering::State,
    /// What is typed or turned on this page and is no answer yet.
    pub typed: Typed,
    /// The person has gone back beyond the first question: what was answered is kept.
    pub left: bool,
}

/// What is typed on a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    /// The question.
    pub at: Option<LinkId>,
    /// Words or digits, with a point as the decimal mark.
    pub text: String,
    /// Changes when the program, not the person, has changed the text.
    pub edition: u32,
    /// The unit that is chosen.
    pub unit: usize,
    /// The day that is shown.
    pub day: NaiveDate,
    /// It does not fit.
    pub unfit: Option<Unfit>,
}

/// A part of a day's date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The day of the month.
    Day,
    /// The month.
    Month,
    /// The year.
    Year,
}

/// Something happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Yes, or no.
    YesNo(bool),
    /// The option at this place.
    Choose(usize),
    /// The unit at this place.
    Unit(usize),
    /// The place on the line.
    Slide(usize),
    /// A digit of the pad.
    Digit(u8),
    /// The decimal mark.
    Point,
    /// Away with the last digit.
    Delete,
    /// The text of the field is this now.
    Typed(String),
    /// One more or less of a part of the date.
    Turn(Part, bool),
    /// The day that is shown is the answer.
    ThisDay,
    /// "I do not know".
    DontKnow,
    /// On.
    Next,
    /// Back.
    Back,
    /// Change the answer of the row at this place of the summary.
    Change(usize),
    /// Send the answers.
    Send,
    /// The answers are in the record.
    Said(Identity),
    /// They are not.
    NotSaid(Identity),
}

impl State {
    /// Begins a list, or goes on with its draft. `new` is a new UUIDv7.
    pub fn begin(
        list: Arc<Checked>,
        draft: Option<Draft>,
        occurrence: Option<String>,
        new: Identity,
        today: NaiveDate,
    ) -> Self {
        let answering = answering::State::begin(list, draft, occurrence, new);
        let typed = Typed { day: today, ..Typed::default() };
        settle(Self { answering, typed, left: false })
    }

    /// The question, or the words, that the page shows; `None` in the summary.
    pub fn item(&self) -> Option<&Item> {
        let Stage::Asking { at, .. } = &self.answering.filling.stage else { return None };
        self.answering.list.way_to(at).last().copied()
    }

    /// The pages of the list, by what has been answered.
    pub fn steps(&self) -> Vec<&Item> {
        self.answering.list.steps(&self.answering.filling.given)
    }

    /// What is given to a question.
    pub fn given(&self, name: &LinkId) -> Option<&Given> {
        self.answering.filling.given.get(name)
    }
}

/// The next state, and what is to be done.
pub fn update(state: State, event: Event, around: &Circumstances) -> (State, Vec<Effect>) {
    let mut step = Step { state, effects: Vec::new(), around };
    step.take(event);
    (settle(step.state), step.effects)
}

/// The places of a line, from the least on; `None`: it cannot be drawn.
pub fn places(number: &Number) -> Option<Vec<Decimal>> {
    let slider = number.slider.as_ref()?;
    let (min, max) = (number.bounds.min?, number.bounds.max?);
    let exponent = min.exponent.min(max.exponent).min(slider.step.exponent);
    let scaled = |number: Decimal| {
        let places = u32::try_from(i32::from(number.exponent) - i32::from(exponent)).ok()?;
        number.mantissa.checked_mul(10_i64.checked_pow(places)?)
    };
    let (min, max, step) = (scaled(min)?, scaled(max)?, scaled(slider.step)?);
    let count = max.checked_sub(min)?.checked_div(step)?.checked_add(1)?;
    let all = (0..count).map(|place| Decimal::new(min + place * step, exponent));
    (2..=MOST_PLACES).contains(&count).then(|| all.collect())
}

/// The options of a choice.
pub fn options(item: &Item) -> &[ChoiceOption] {
    match &item.kind {
        ItemKind::Choice(options) | ItemKind::OpenChoice(options) => options,
        _ => &[],
    }
}

/// Takes over what is given where a page has come up.
fn settle(mut state: State) -> State {
    let at = state.item().map(|item| item.link_id.clone());
    if at == state.typed.at {
        return state;
    }
    let today = state.typed.day;
    let mut typed =
        Typed { at: at.clone(), edition: state.typed.edition.wrapping_add(1), day: today, ..Typed::default() };
    if let (Some(item), Some(Given::Answers(answers))) = (state.item(), at.and_then(|at| state.given(&at).cloned())) {
        for answer in &answers {
            match answer {
                Answer::Integer(number) => typed.text = number.to_string(),
                Answer::Decimal(number) => typed.text = number.to_string(),
                Answer::Quantity { value, unit } => {
                    typed.text = value.to_string();
                    if let ItemKind::Quantity { units, .. } = &item.kind {
                        typed.unit = units.iter().position(|known| known.coding.is_same(unit)).unwrap_or_default();
                    }
                }
                Answer::Text(words) => typed.text.clone_from(words),
                Answer::Date(day) => typed.day = *day,
                Answer::DateTime(_) | Answer::Time(_) => typed.text = written(answer),
                Answer::Boolean(_) | Answer::Coded(_) => {}
            }
        }
    }
    state.typed = typed;
    state
}

/// A time as it is typed.
fn written(answer: &Answer) -> String {
    match answer {
        Answer::Time(time) => time.format("%H:%M").to_string(),
        Answer::DateTime(time) => time.format("%Y-%m-%d %H:%M").to_string(),
        _ => String::new(),
    }
}

struct Step<'a> {
    state: State,
    effects: Vec<Effect>,
    around: &'a Circumstances,
}

impl Step<'_> {
    fn take(&mut self, event: Event) {
        match event {
            Event::YesNo(yes) => self.answer_and_on(Fill::Answer(vec![Answer::Boolean(yes)])),
            Event::DontKnow => {
                self.state.typed.text.clear();
                self.answer_and_on(Fill::DontKnow);
            }
            Event::ThisDay => self.answer_and_on(Fill::Answer(vec![Answer::Date(self.state.typed.day)])),
            Event::Choose(place) => self.choose(place),
            Event::Slide(place) => self.slide(place),
            Event::Unit(place) => self.state.typed.unit = place,
            Event::Digit(digit) if self.state.typed.text.len() < DIGITS => {
                self.state.typed.text.push_str(&digit.to_string());
            }
            Event::Point if !self.state.typed.text.contains('.') && !self.state.typed.text.is_empty() => {
                self.state.typed.text.push('.');
            }
            Event::Delete => drop(self.state.typed.text.pop()),
            Event::Digit(_) | Event::Point => {}
            Event::Typed(text) => self.state.typed.text = text,
            Event::Turn(part, up) => self.state.typed.day = turned(self.state.typed.day, part, up),
            Event::Next => {
                if self.commit() {
                    self.fill(Fill::Next);
                }
            }
            Event::Back => self.back(),
            Event::Change(place) => {
                let questions = self.state.steps().into_iter().filter(|item| item.is_question());
                if let Some(name) = questions.map(|item| item.link_id.clone()).nth(place) {
                    self.fill(Fill::Change(name));
                }
            }
            Event::Send => self.fill(Fill::Submit(self.around.now)),
            Event::Said(identity) => self.pass(answering::Event::Said(identity)),
            Event::NotSaid(identity) => self.pass(answering::Event::NotSaid(identity)),
        }
    }

    fn pass(&mut self, event: answering::Event) {
        let (answering, effect) = answering::update(self.state.answering.clone(), event, self.around);
        self.state.answering = answering;
        self.effects.extend(effect);
    }

    fn fill(&mut self, event: Fill) {
        self.pass(answering::Event::Filling(event));
    }

    /// An answer; if it fits, on to the next page.
    fn answer_and_on(&mut self, event: Fill) {
        self.fill(event);
        if self.state.answering.filling.unfit.is_none() {
            self.fill(Fill::Next);
        }
    }

    fn choose(&mut self, place: usize) {
        let Some(item) = self.state.item().cloned() else { return };
        let Some(chosen) = options(&item).get(place) else { return };
        if !item.repeats {
            self.state.typed.text.clear();
            return self.answer_and_on(Fill::Answer(vec![chosen.value.clone()]));
        }
        let mut answers = self.state.given(&item.link_id).map(|given| given.answers().to_vec()).unwrap_or_default();
        if let Some(there) = answers.iter().position(|answer| answer.is_same(&chosen.value)) {
            answers.remove(there);
        } else {
            let alone =
                |answer: &Answer| options(&item).iter().any(|option| option.exclusive && option.value.is_same(answer));
            answers.retain(|answer| !chosen.exclusive && !alone(answer));
            answers.push(chosen.value.clone());
        }
        self.fill(if answers.is_empty() { Fill::Clear } else { Fill::Answer(answers) });
    }

    fn slide(&mut self, place: usize) {
        let Some(item) = self.state.item() else { return };
        let number = match &item.kind {
            ItemKind::Integer(number) | ItemKind::Decimal(number) | ItemKind::Quantity { number, .. } => number,
            _ => return,
        };
        let Some(value) = places(number).and_then(|places| places.get(place).copied()) else { return };
        self.state.typed.text = value.to_string();
        self.commit();
    }

    /// Back; what is typed and fits is kept.
    fn back(&mut self) {
        self.commit();
        let before = self.state.answering.filling.stage.clone();
        self.fill(Fill::Back);
        self.state.left = self.state.answering.filling.stage == before && before != Stage::Submitting;
    }

    /// Makes an answer of what is typed; whether it fits, or there was nothing to do.
    fn commit(&mut self) -> bool {
        let Some(item) = self.state.item().cloned() else { return true };
        let before = self.state.given(&item.link_id).cloned();
        let text = self.state.typed.text.trim().to_owned();
        let wanted = match typed(&item, &text, self.state.typed.unit) {
            Ok(Some(answer)) => answer,
            Ok(None) => return true,
            Err(unfit) => {
                self.state.typed.unfit = Some(unfit);
                return false;
            }
        };
        let mut answers: Vec<Answer> = before.as_ref().map(|given| given.answers().to_vec()).unwrap_or_default();
        // Of a choice the options stay, and one's own words take the place of one's own words.
        answers.retain(|answer| options(&item).iter().any(|option| option.value.is_same(answer)) && item.repeats);
        answers.extend(wanted);
        let given = (!answers.is_empty()).then(|| Given::Answers(answers.clone()));
        let unsaid = given.is_none() && matches!(before, None | Some(Given::DontKnow));
        if given == before || unsaid {
            return true;
        }
        self.fill(given.map_or(Fill::Clear, |_| Fill::Answer(answers)));
        self.state.typed.unfit.clone_from(&self.state.answering.filling.unfit);
        self.state.typed.unfit.is_none()
    }
}

/// What is typed as an answer: `Ok(Some(None))` is nothing; `Ok(None)`: this question is not answered by typing.
fn typed(item: &Item, text: &str, unit: usize) -> Result<Option<Option<Answer>>, Unfit> {
    let is_choice = !options(item).is_empty();
    if text.is_empty() {
        let by_typing = matches!(
            item.kind,
            ItemKind::Integer(_)
                | ItemKind::Decimal(_)
                | ItemKind::Quantity { .. }
                | ItemKind::String { .. }
                | ItemKind::Text { .. }
        );
        return Ok(by_typing.then_some(None));
    }
    let number = || text.parse::<Decimal>().map_err(|_| Unfit::Type);
    Ok(Some(Some(match &item.kind {
        ItemKind::Integer(_) => Answer::Integer(text.parse().map_err(|_| Unfit::Digits)?),
        ItemKind::Decimal(_) => Answer::Decimal(number()?),
        ItemKind::Quantity { units, .. } => {
            let Some(unit) = units.get(unit) else { return Err(Unfit::Unit) };
            Answer::Quantity { value: number()?, unit: unit.coding.clone() }
        }
        ItemKind::String { .. } | ItemKind::Text { .. } => Answer::Text(text.to_owned()),
        ItemKind::OpenChoice(_) if is_choice => Answer::Text(text.to_owned()),
        ItemKind::Time { .. } => Answer::Time(NaiveTime::parse_from_str(text, "%H:%M").map_err(|_| Unfit::Type)?),
        ItemKind::DateTime { .. } => {
            let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").map_err(|_| Unfit::Type)?;
            let at = local.and_local_timezone(dagsform_care::time::ZONE).earliest().ok_or(Unfit::Type)?;
            Answer::DateTime(at.fixed_offset())
        }
        _ => return Ok(None),
    })))
}

/// A day with one more or less of a part; the last of the month where that day is not in it.
fn turned(day: NaiveDate, part: Part, up: bool) -> NaiveDate {
    let by = |months| {
        if up { day.checked_add_months(Months::new(months)) } else { day.checked_sub_months(Months::new(months)) }
    };
    let turned = match part {
        Part::Day if up => day.checked_add_days(Days::new(1)),
        Part::Day => day.checked_sub_days(Days::new(1)),
        Part::Month => by(1),
        Part::Year => by(12),
    };
    turned.filter(|day| (1900..=2100).contains(&day.year())).unwrap_or(day)
}

#[cfg(test)]
mod tests;
