//! Where the person is, and what is known there.
//!
//! ```text
//!              Measure              ByHand                Saved
//!   Today ───────────────▶ Measure ────────▶ Entry ──────────────▶ Measure
//!     │ ▲   Live, Saved       │                │ Back
//!     │ └─────────────────────┴── Back, Done   └──────────▶ Measure
//!     ├── AskWhose ──▶ Whose ── all asked, Back ──▶ Today
//!     ├── Task, OpenList ── Begun ──▶ Questions ── Done, Back ──▶ Today
//!     └── Go ──▶ Readings, Messages, Equipment, Today
//! ```
//!
//! A sensor that is used leads to the measuring screen by itself, from the day's tasks and from another
//! measurement, not out of an entry or a list. What comes out of a sensor's memory does so only if it was
//! measured just now: it must not stand in the way of something else.

mod by_plan;

use std::sync::Arc;

use chrono::{DateTime, Duration, FixedOffset};
use dagsform_care::{
    DeviceId, Identity, Kind, Meal, Performer, Reading, Why,
    agenda::{About, Task},
    item::Item,
    questionnaire::Checked,
    timing::OccurrenceId,
};
use dagsform_ui as ui;

use super::{
    after, entry,
    measure::{self, RecordTrouble, Shown, Trouble},
    messages, planned, questions, readings, reminding, whose,
};
use by_plan::{begin, clock, followed, in_after, in_messages, in_questions, medicine, task};

use crate::{
    control::Entered,
    record::{AssignedDevice, Draft, ReadingRow},
    said::{NewMedicine, NewMessage},
    screen::words::{kind_of, meal_of, part_of, performer_of, why_of, wish_of},
};

/// A hand that trembles touches twice; an answer so soon after its question was not meant for it.
const DOUBLE_TOUCH: Duration = Duration::milliseconds(700);

/// A hand that has not touched for so long is doing nothing here.
const AT_REST: Duration = Duration::minutes(1);

/// What was measured longer ago than this is not what the person is doing now.
const JUST_NOW: Duration = Duration::minutes(10);

/// All that the screens show.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// The sensors, what comes in, and what is wrong.
    pub measure: measure::State,
    /// Where the person is.
    pub page: Page,
    /// What the record says.
    pub book: Book,
    /// The record cannot be opened: nothing else can be shown.
    pub shut: bool,
    /// What follows the last reading.
    pub after: Option<after::State>,
    /// The person measures again: the measuring screen is shown, not what follows the reading before.
    pub again: bool,
    /// What is reminded of.
    pub reminding: reminding::State,
    /// A message that is not finished, while the person is elsewhere.
    pub writing: messages::State,
    /// The language of the screens (BCP 47).
    pub language: String,
    /// The question that stands on the screen, and since when.
    asked: Option<(Question, DateTime<FixedOffset>)>,
    /// When the person last touched something.
    touched_at: Option<DateTime<FixedOffset>>,
    /// Something is due that was not shown yet: it waits until the person is at rest.
    due: bool,
}

/// A question whose answer cannot be taken back, or not easily.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Question {
    /// Whose it is, or, then, whether it is to be erased.
    Whose(Option<Identity>, bool),
    /// Why it is taken back.
    WhyBack(Identity),
    /// A question of a list, by its page; the summary comes after the last.
    Page(usize),
    /// What would help.
    TooMuch,
    /// The medicine that stands first on the day: when something was said of it, another one stands there.
    Medicine(Option<OccurrenceId>),
}

/// A place.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Page {
    /// The day's tasks.
    #[default]
    Today,
    /// Measuring this.
    Measure(Kind),
    /// Entering something by hand.
    Entry(entry::State),
    /// Lists and trends.
    Readings(readings::State),
    /// Whose is it?
    Whose(whose::State),
    /// Answering a list of questions.
    Questions(Box<questions::State>),
    /// Messages both ways.
    Messages(messages::State),
    /// Sensors and tablet.
    Equipment,
}

/// What the record says, as it was read last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Book {
    /// The plan, its lists, and what was done by it.
    pub plan: planned::Book,
    /// The readings of this day, oldest first.
    pub today: Vec<ReadingRow>,
    /// The last reading of each kind that counts.
    pub last: Vec<Reading>,
    /// The readings of which it is open whose they are, newest first.
    pub in_question: Vec<ReadingRow>,
    /// The sensors.
    pub devices: Vec<AssignedDevice>,
    /// When something came from a sensor last.
    pub heard: Vec<(DeviceId, DateTime<FixedOffset>)>,
    /// The kinds of which there are readings.
    pub kinds: Vec<Kind>,
    /// When the service confirmed something last.
    pub last_delivered: Option<DateTime<FixedOffset>>,
}

impl Book {
    /// The sensors that measure this.
    pub fn sensors(&self, kind: Kind) -> impl Iterator<Item = &AssignedDevice> + Clone {
        self.devices.iter().filter(move |device| device.kinds.contains(&kind))
    }

    fn open(&self) -> Vec<Identity> {
        self.in_question.iter().map(|row| row.reading.identity).collect()
    }
}

/// Something happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// With sensors, record or service.
    Measure(measure::Event),
    /// The record was read.
    Book(Box<Book>),
    /// The list was read.
    Listed(Box<readings::List>),
    /// The person touched something.
    Touched(ui::Action),
    /// What was entered by hand is committed.
    Entered(Box<Reading>),
    /// What was said of a reading is committed.
    Changed(Box<Reading>),
    /// A reading of which it was open whose it is, is the patient's.
    Claimed(Box<Reading>),
    /// What was entered by hand was not committed.
    NotEntered(RecordTrouble),
    /// What was said of a reading was not committed.
    NotChanged(RecordTrouble),
    /// The record cannot be opened, or can again.
    Shut(Option<RecordTrouble>),
    /// A list of questions is there to be answered.
    Begun(Box<questions::State>),
    /// What was said is committed.
    Said(Identity),
    /// It was not.
    NotSaid(Identity, RecordTrouble),
    /// A message is committed.
    Wrote,
    /// It was not.
    NotWritten(RecordTrouble),
    /// What was said of a medicine, or of two readings, was not committed.
    NotKept(RecordTrouble),
    /// Time has passed.
    Clock,
}

/// What is to be done in answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// For the sensors, or the sending.
    Measure(measure::Effect),
    /// Read this list.
    List(readings::Query),
    /// Commit what was entered by hand.
    Enter(Entered),
    /// It is the patient's.
    Claim(Identity),
    /// This person measured.
    Performer(Identity, Performer),
    /// It is taken back.
    TakeBack(Identity, Why),
    /// It is erased for good.
    Erase(Identity),
    /// Begin a list of questions, or go on with its draft; for this occurrence.
    Begin(Arc<Checked>, Option<String>),
    /// Commit a draft.
    KeepDraft(Box<Draft>),
    /// Commit answers.
    Say(Box<Item>),
    /// Commit a message.
    Write(NewMessage),
    /// Commit what was said of a medicine.
    Medicine(NewMedicine),
    /// The first reading was taken again for the second.
    Repeats {
        /// The later one.
        second: Identity,
        /// The earlier one.
        first: Identity,
    },
    /// The patient has this message on the screen.
    Read(String),
}

impl State {
    /// The beginning, with screens in a language (BCP 47).
    pub fn in_language(tag: &str) -> Self {
        Self { language: tag.to_owned(), ..Self::default() }
    }

    /// What is left when everything starts anew.
    #[must_use]
    pub fn anew(self) -> Self {
        Self { measure: self.measure.anew(), page: Page::Today, language: self.language, ..Self::default() }
    }

    /// The troubles that are told where the person is, by their places in the list: what is wrong with another
    /// sensor must not stand in the way of a measurement, and a list or a question is not about the sensors.
    pub fn told_here(&self) -> Vec<usize> {
        let elsewhere = |device: &DeviceId, kind| {
            self.book.devices.iter().any(|known| known.address == *device && !known.kinds.contains(&kind))
        };
        let told = |trouble: &Trouble| match (&self.page, trouble) {
            _ if self.is_shut() => true,
            (Page::Today | Page::Equipment, _) => true,
            (
                Page::Measure(kind),
                Trouble::Radio(Some(device), _) | Trouble::BatteryLow(device, _) | Trouble::NotUnderstood(device),
            ) => !elsewhere(device, *kind),
            (Page::Measure(_), _) => true,
            (_, trouble) => matches!(trouble, Trouble::Record(_)),
        };
        let troubles = self.measure.troubles.iter().enumerate();
        troubles.filter(|(_, trouble)| told(trouble)).map(|(place, _)| place).collect()
    }

    fn question(&self, now: DateTime<FixedOffset>) -> Option<Question> {
        match &self.page {
            Page::Today => {
                let agenda = self.book.plan.agenda(now)?;
                let open = |task: &&Task<'_>| matches!(task.about, About::Medicine(_)) && task.done.is_none();
                Some(Question::Medicine(agenda.tasks.iter().find(open).map(|task| task.occurrence.id.clone())))
            }
            Page::Messages(messages) if messages.too_much => Some(Question::TooMuch),
            Page::Whose(whose) => Some(Question::Whose(whose.about, whose.erase)),
            Page::Readings(list) => list.open.filter(|open| open.asking).map(|open| Question::WhyBack(open.identity)),
            Page::Questions(list) => {
                let at = &list.typed.at;
                let steps = list.steps();
                let page = steps.iter().position(|item| Some(&item.link_id) == at.as_ref());
                Some(Question::Page(page.unwrap_or(steps.len())))
            }
            _ => None,
        }
    }

    /// Whether the question has only just come: then it was the button before it that was touched, twice.
    fn is_too_soon(&self, now: DateTime<FixedOffset>) -> bool {
        let since = |since| now.signed_duration_since(since);
        self.asked.as_ref().is_some_and(|(_, asked)| (Duration::zero()..DOUBLE_TOUCH).contains(&since(*asked)))
    }

    /// Whether the person does something here. A clock that was set back does not make them busy for ever.
    fn is_busy(&self, now: DateTime<FixedOffset>) -> bool {
        let since = |touched| now.signed_duration_since(touched);
        self.touched_at.is_some_and(|touched| (Duration::zero()..AT_REST).contains(&since(touched)))
    }

    /// Whether something changes on the screen with every second.
    pub fn counts_down(&self) -> bool {
        self.after.as_ref().is_some_and(|after| matches!(after.stage, after::Stage::Resting { .. }))
    }

    /// What follows the last reading, where it is shown now.
    pub fn following(&self) -> Option<&after::State> {
        let Page::Measure(kind) = self.page else { return None };
        let shown = |after: &&after::State| match after.stage {
            after::Stage::Over => false,
            after::Stage::Fine => after.second.is_some(),
            _ => true,
        };
        let here = self.measure.live.is_none() && !self.again;
        self.after.as_ref().filter(|after| here && after.asked.reading.kind == kind).filter(shown)
    }

    /// What follows a reading and was not looked at to its end: the person was elsewhere.
    pub fn unfinished(&self) -> Option<&after::State> {
        let open = |after: &&after::State| !matches!(after.stage, after::Stage::Fine | after::Stage::Over);
        self.after.as_ref().filter(open)
    }

    /// Whether there is nothing to show but why.
    pub fn is_shut(&self) -> bool {
        self.shut || self.measure.troubles.contains(&Trouble::NotEnrolled)
    }
}

/// The next state, and what is to be done.
pub fn update(state: State, event: Event, now: DateTime<FixedOffset>) -> (State, Vec<Effect>) {
    if let Event::Touched(action) = &event
        && is_answer(action)
        && state.is_too_soon(now)
    {
        return (state, Vec::new());
    }
    let elsewhere = !matches!(state.page, Page::Today | Page::Measure(_));
    let touched_at = if matches!(event, Event::Touched(_)) { Some(now) } else { state.touched_at };
    let (mut state, effects) = changed(State { touched_at, ..state }, event, now);
    if elsewhere
        && state.page == Page::Today
        && !state.again
        && let Some(after) = state.unfinished()
    {
        // What follows a reading waits until the person is back.
        state.page = Page::Measure(after.asked.reading.kind);
    }
    let question = state.question(now);
    if state.asked.as_ref().map(|(asked, _)| asked) != question.as_ref() {
        state.asked = question.map(|question| (question, now));
    }
    (state, effects)
}

/// Whether it answers a question of those that count.
fn is_answer(action: &ui::Action) -> bool {
    use ui::Action as A;
    matches!(
        action,
        A::Whose(_)
            | A::Erase
            | A::Keep
            | A::TakeBackBecause(_)
            | A::YesNo(_)
            | A::Choose(_)
            | A::DontKnow
            | A::ThisDay
            | A::Next
            | A::SendAnswers
            | A::Wish(_)
            | A::MedicineTaken(_)
            | A::MedicineNotTaken(_)
    )
}

fn changed(state: State, event: Event, now: DateTime<FixedOffset>) -> (State, Vec<Effect>) {
    match event {
        Event::Measure(event) => {
            let saved = match &event {
                measure::Event::Saved(reading) => Some(reading.clone()),
                _ => None,
            };
            let (mut state, mut effects) = sensed(state, event);
            effects.extend(saved.and_then(|reading| followed(&mut state, &reading, now)));
            (state, effects)
        }
        Event::Book(book) => {
            let (state, mut effects) = booked(state, *book);
            let (state, more) = clock(state, now);
            effects.extend(more);
            (state, effects)
        }
        Event::Clock => clock(state, now),
        Event::Begun(list) => {
            // The person may have gone elsewhere meanwhile.
            if state.page == Page::Today {
                return (State { page: Page::Questions(list), ..state }, Vec::new());
            }
            (state, Vec::new())
        }
        Event::Said(identity) => in_questions(state, questions::Event::Said(identity), now),
        Event::NotSaid(identity, trouble) => {
            let (state, mut effects) = in_questions(state, questions::Event::NotSaid(identity), now);
            let (state, more) = measured(state, measure::Event::NotSaved(trouble));
            effects.extend(more);
            (state, effects)
        }
        Event::Wrote => {
            let mut state = state;
            state.writing = messages::update(state.writing, messages::Event::Wrote).0;
            in_messages(state, messages::Event::Wrote)
        }
        Event::NotWritten(trouble) => {
            let mut state = state;
            state.writing = messages::update(state.writing, messages::Event::NotWritten).0;
            let (state, _) = in_messages(state, messages::Event::NotWritten);
            measured(state, measure::Event::NotSaved(trouble))
        }
        Event::NotKept(trouble) => measured(state, measure::Event::NotSaved(trouble)),
        Event::Listed(list) => in_list(state, readings::Event::Listed(list)),
        Event::Touched(action) => touched(state, action, now),
        Event::Entered(reading) => {
            let kind = reading.kind;
            // It is shown whatever came meanwhile: the person must see that it is saved.
            let entered = Shown { reading: reading.clone(), delivered: None };
            let just_entered = reading.clone();
            let (mut state, mut effects) = measured(state, measure::Event::Saved(reading));
            if matches!(state.page, Page::Entry(_)) {
                state.page = Page::Measure(kind);
                state.measure.live = None;
                state.measure.shown = Some(entered);
            }
            effects.extend(followed(&mut state, &just_entered, now));
            (state, effects)
        }
        Event::Claimed(reading) => {
            // It may be outside the limits, and was not looked at so far.
            let mut state = state;
            let effect = followed(&mut state, &reading, now);
            let outside = state.after.as_ref().is_some_and(|after| after.asked.reading.identity == reading.identity);
            if outside && state.page == Page::Today && state.unfinished().is_some() {
                state.page = Page::Measure(reading.kind);
                state.measure.shown = Some(Shown { reading, delivered: None });
            }
            (state, effect.into_iter().collect())
        }
        Event::Changed(reading) => measured(state, measure::Event::Changed(reading)),
        Event::NotChanged(trouble) => measured(state, measure::Event::NotSaved(trouble)),
        Event::NotEntered(trouble) => {
            let (mut state, effects) = measured(state, measure::Event::NotSaved(trouble));
            if let Page::Entry(entry) = state.page {
                state.page = Page::Entry(entry::update(entry, entry::Event::Failed, now).0);
            }
            (state, effects)
        }
        Event::Shut(trouble) => {
            let state = State { shut: trouble.is_some(), ..state };
            match trouble {
                Some(trouble) => measured(state, measure::Event::NotSaved(trouble)),
                None => (state, Vec::new()),
            }
        }
    }
}

/// Passes an event to the measuring.
fn measured(mut state: State, event: measure::Event) -> (State, Vec<Effect>) {
    let (next, effects) = measure::update(std::mem::take(&mut state.measure), event);
    state.measure = next;
    (state, effects.into_iter().map(Effect::Measure).collect())
}

/// Something happened with sensors, record or service: it may lead to the measuring screen.
fn sensed(state: State, event: measure::Event) -> (State, Vec<Effect>) {
    let before = state.measure.shown.clone();
    let (mut state, effects) = measured(state, event);
    if !matches!(state.page, Page::Today | Page::Measure(_)) {
        return (state, effects);
    }
    let shown = state.measure.shown.as_ref();
    if let Some(live) = &state.measure.live {
        state.page = Page::Measure(live.kind);
    } else if let Some(shown) = shown
        && before.as_ref().map(|shown| shown.reading.identity) != Some(shown.reading.identity)
    {
        let kind = shown.reading.kind;
        if is_just_now(&shown.reading) || state.page == Page::Measure(kind) {
            state.page = Page::Measure(kind);
        } else {
            // It has only come to the record, out of a memory.
            state.measure.shown = before;
        }
    }
    (state, effects)
}

fn is_just_now(reading: &Reading) -> bool {
    let received = reading.time.received;
    reading.time.effective.is_some_and(|taken| received.signed_duration_since(taken) < JUST_NOW)
}

fn booked(mut state: State, book: Book) -> (State, Vec<Effect>) {
    state.book = book;
    if let Page::Whose(whose) = state.page {
        let whose = whose.about(&state.book.open());
        state.page = if whose.about.is_some() { Page::Whose(whose) } else { Page::Today };
    }
    in_list(state, readings::Event::Stale)
}

/// Passes an event to the list, where that is shown.
fn in_list(mut state: State, event: readings::Event) -> (State, Vec<Effect>) {
    let Page::Readings(list) = state.page else { return (state, Vec::new()) };
    let (list, effect) = readings::update(list, event);
    state.page = Page::Readings(list);
    let effect = effect.map(|effect| match effect {
        readings::Effect::Read(query) => Effect::List(query),
        readings::Effect::TakeBack(identity, why) => Effect::TakeBack(identity, why),
    });
    (state, effect.into_iter().collect())
}

fn in_entry(mut state: State, event: entry::Event, now: DateTime<FixedOffset>) -> (State, Vec<Effect>) {
    let Page::Entry(entry) = state.page else { return (state, Vec::new()) };
    let (entry, save) = entry::update(entry, event, now);
    state.page = Page::Entry(entry);
    (state, save.map(Effect::Enter).into_iter().collect())
}

fn in_question(mut state: State, event: whose::Event) -> (State, Vec<Effect>) {
    let Page::Whose(whose) = state.page else { return (state, Vec::new()) };
    let (whose, effect) = whose::update(whose, event, &state.book.open());
    state.page = if whose.about.is_some() { Page::Whose(whose) } else { Page::Today };
    let effect = effect.map(|effect| match effect {
        whose::Effect::Claim(identity) => Effect::Claim(identity),
        whose::Effect::Erase(identity) => Effect::Erase(identity),
        whose::Effect::TakeBack(identity, why) => Effect::TakeBack(identity, why),
    });
    (state, effect.into_iter().collect())
}

fn touched(mut state: State, action: ui::Action, now: DateTime<FixedOffset>) -> (State, Vec<Effect>) {
    use ui::Action as A;
    match action {
        A::Retry => measured(state, measure::Event::Retry),
        A::Understood(place) => match state.told_here().get(place).copied() {
            Some(place) => measured(state, measure::Event::Understood(place)),
            None => (state, Vec::new()),
        },
        A::Done => {
            let done = state.following().is_some();
            let mut state = if done { in_after(state, after::Event::Done, now).0 } else { state };
            state.page = Page::Today;
            measured(state, measure::Event::Done)
        }
        A::Task(place) => task(state, place, now),
        A::MedicineTaken(place) => medicine(state, place, true, now),
        A::MedicineNotTaken(place) => medicine(state, place, false, now),
        A::OpenList(place) => {
            let list = state.book.plan.always().nth(place).map(|list| list.questionnaire.clone());
            match list {
                Some(canonical) => begin(state, &canonical, None),
                None => (state, Vec::new()),
            }
        }
        A::AfterReal => in_after(state, after::Event::Real, now),
        A::AfterError => in_after(state, after::Event::MeasuringError, now),
        A::AfterWords => in_after(state, after::Event::Words, now),
        A::AfterAgain => {
            let (mut state, _) = in_after(state, after::Event::Skip, now);
            state.again = true;
            measured(state, measure::Event::Done)
        }
        A::YesNo(yes) => in_questions(state, questions::Event::YesNo(yes), now),
        A::Choose(place) => in_questions(state, questions::Event::Choose(place), now),
        A::Unit(place) => in_questions(state, questions::Event::Unit(place), now),
        A::Slide(place) => in_questions(state, questions::Event::Slide(place), now),
        A::DateUp(part) => in_questions(state, questions::Event::Turn(part_of(part), true), now),
        A::DateDown(part) => in_questions(state, questions::Event::Turn(part_of(part), false), now),
        A::ThisDay => in_questions(state, questions::Event::ThisDay, now),
        A::DontKnow => in_questions(state, questions::Event::DontKnow, now),
        A::Next => in_questions(state, questions::Event::Next, now),
        A::Change(place) => in_questions(state, questions::Event::Change(place), now),
        A::SendAnswers => in_questions(state, questions::Event::Send, now),
        A::Typed(text) => match state.page {
            Page::Messages(_) => in_messages(state, messages::Event::Typed(text)),
            _ => in_questions(state, questions::Event::Typed(text), now),
        },
        A::SendMessage => in_messages(state, messages::Event::Send),
        A::PleaseContactMe => in_messages(state, messages::Event::ContactMe),
        A::TooMuch => in_messages(state, messages::Event::TooMuch),
        A::Wish(wish) => in_messages(state, messages::Event::Wish(wish_of(wish))),
        A::Go(place) => go(state, place),
        A::Back => match &state.page {
            Page::Questions(_) => in_questions(state, questions::Event::Back, now),
            Page::Messages(messages) if messages.too_much => in_messages(state, messages::Event::Back),
            _ => back(state),
        },
        A::Measure(kind) => {
            state.page = Page::Measure(kind_of(kind));
            state.again = true;
            measured(state, measure::Event::Done)
        }
        A::ByHand(kind) => {
            let kind = kind_of(kind);
            let last = state.book.last.iter().find(|reading| reading.kind == kind);
            state.page = Page::Entry(entry::State::new(kind, last));
            measured(state, measure::Event::Done)
        }
        A::Performer(performer) => said_who(state, performer_of(performer), now),
        A::Field(place) => in_entry(state, entry::Event::Field(place), now),
        A::Key(key) => {
            let (entry, question) = match key {
                ui::Key::Digit(digit) => (entry::Event::Digit(digit), questions::Event::Digit(digit)),
                ui::Key::Decimal => (entry::Event::Point, questions::Event::Point),
                ui::Key::Delete => (entry::Event::Delete, questions::Event::Delete),
            };
            match state.page {
                Page::Questions(_) => in_questions(state, question, now),
                _ => in_entry(state, entry, now),
            }
        }
        A::Earlier => in_entry(state, entry::Event::Earlier, now),
        A::Later => in_entry(state, entry::Event::Later, now),
        A::Meal(meal) => {
            let meal: Option<Meal> = meal.map(meal_of);
            in_entry(state, entry::Event::Meal(meal), now)
        }
        A::Save => in_entry(state, entry::Event::Save, now),
        A::Right => in_entry(state, entry::Event::Right, now),
        A::Correct => in_entry(state, entry::Event::Correct, now),
        A::List(kind) => in_list(state, readings::Event::Kind(kind_of(kind))),
        A::Span(span) => {
            let span = match span {
                ui::Span::Week => readings::Span::Week,
                ui::Span::Month => readings::Span::Month,
                ui::Span::Year => readings::Span::Year,
            };
            in_list(state, readings::Event::Span(span))
        }
        A::More => in_list(state, readings::Event::More),
        A::Open(place) => in_list(state, readings::Event::Open(place)),
        A::TakeBack => in_list(state, readings::Event::TakeBack),
        A::TakeBackBecause(why) => in_list(state, readings::Event::Because(why_of(why))),
        A::AskWhose => {
            let whose = whose::State::default().about(&state.book.open());
            state.page = if whose.about.is_some() { Page::Whose(whose) } else { Page::Today };
            (state, Vec::new())
        }
        A::Whose(ui::Answer::Mine) => in_question(state, whose::Event::Mine),
        A::Whose(ui::Answer::Anothers) => in_question(state, whose::Event::Anothers),
        A::Whose(ui::Answer::NotSure) => in_question(state, whose::Event::NotSure),
        A::Erase => in_question(state, whose::Event::Erase),
        A::Keep => in_question(state, whose::Event::Keep),
    }
}

fn go(mut state: State, place: ui::Place) -> (State, Vec<Effect>) {
    state.measure.shown = None;
    if let Page::Messages(messages) = &state.page {
        state.writing = messages::State { too_much: false, ..messages.clone() };
    }
    match place {
        ui::Place::Today => state.page = Page::Today,
        ui::Place::Equipment => state.page = Page::Equipment,
        ui::Place::Messages => {
            state.page = Page::Messages(std::mem::take(&mut state.writing));
            let unread = state.book.plan.received.iter().filter(|row| row.read_at.is_none());
            let read = unread.map(|row| Effect::Read(row.message.reference.clone())).collect();
            return (state, read);
        }
        ui::Place::Readings => {
            let kind = state.book.kinds.first().copied().unwrap_or(Kind::PulseOximetry);
            let (list, effect) = readings::State::new(kind);
            state.page = Page::Readings(list);
            if let readings::Effect::Read(query) = effect {
                return (state, vec![Effect::List(query)]);
            }
        }
    }
    (state, Vec::new())
}

fn back(mut state: State) -> (State, Vec<Effect>) {
    state.page = match state.page {
        Page::Readings(list) if list.open.is_some() => Page::Readings(readings::update(list, readings::Event::Close).0),
        Page::Entry(entry) => {
            // What came meanwhile is in the record; it is not what is measured now.
            state.measure.shown = None;
            Page::Measure(entry.kind)
        }
        Page::Messages(messages) => {
            state.writing = messages;
            Page::Today
        }
        _ => {
            state.measure.shown = None;
            Page::Today
        }
    };
    (state, Vec::new())
}

/// Who measured: of the reading that is shown, or of the one that is entered.
fn said_who(state: State, performer: Performer, now: DateTime<FixedOffset>) -> (State, Vec<Effect>) {
    let identity = match &state.page {
        Page::Measure(_) => state.measure.shown.as_ref().map(|shown| shown.reading.identity),
        Page::Readings(list) => list.open.map(|open| open.identity),
        Page::Entry(_) => return in_entry(state, entry::Event::Performer(performer), now),
        _ => None,
    };
    let effect = identity.map(|identity| Effect::Performer(identity, performer));
    (state, effect.into_iter().collect())
}

#[cfg(test)]
mod tests;
