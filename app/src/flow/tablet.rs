//! Where the person is, and what is known there.
//!
//! ```text
//!              Measure              ByHand                Saved
//!   Today ───────────────▶ Measure ────────▶ Entry ──────────────▶ Measure
//!     │ ▲   Live, Saved       │                │ Back
//!     │ └─────────────────────┴── Back, Done   └──────────▶ Measure
//!     ├── AskWhose ──▶ Whose ── all asked, Back ──▶ Today
//!     └── Go ──▶ Readings, Equipment, Today
//! ```
//!
//! A sensor that is used leads to the measuring screen by itself, from the day's tasks and from another
//! measurement, not out of an entry or a list. What comes out of a sensor's memory does so only if it was
//! measured just now: it must not stand in the way of something else.

use chrono::{DateTime, Duration, FixedOffset};
use dagsform_care::{DeviceId, Identity, Kind, Meal, Performer, Reading, Why, schedule::DailyTask};
use dagsform_ui as ui;

use super::{
    entry,
    measure::{self, RecordTrouble, Shown, Trouble},
    readings, whose,
};
use crate::{
    control::Entered,
    record::{AssignedDevice, ReadingRow},
    screen::words::{kind_of, meal_of, performer_of, why_of},
};

/// A hand that trembles touches twice; an answer so soon after its question was not meant for it.
const DOUBLE_TOUCH: Duration = Duration::milliseconds(700);

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
    /// The question that stands on the screen, and since when.
    asked: Option<(Question, DateTime<FixedOffset>)>,
}

/// A question whose answer cannot be taken back, or not easily.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    /// Whose it is, or, then, whether it is to be erased.
    Whose(Option<Identity>, bool),
    /// Why it is taken back.
    WhyBack(Identity),
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
    /// Sensors and tablet.
    Equipment,
}

/// What the record says, as it was read last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Book {
    /// What is agreed for each day.
    pub tasks: Vec<DailyTask>,
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
    /// What was entered by hand was not committed.
    NotEntered(RecordTrouble),
    /// What was said of a reading was not committed.
    NotChanged(RecordTrouble),
    /// The record cannot be opened, or can again.
    Shut(Option<RecordTrouble>),
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
}

impl State {
    /// What is left when everything starts anew.
    #[must_use]
    pub fn anew(self) -> Self {
        Self { measure: self.measure.anew(), page: Page::Today, ..Self::default() }
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

    fn question(&self) -> Option<Question> {
        match &self.page {
            Page::Whose(whose) => Some(Question::Whose(whose.about, whose.erase)),
            Page::Readings(list) => list.open.filter(|open| open.asking).map(|open| Question::WhyBack(open.identity)),
            _ => None,
        }
    }

    /// Whether the question has only just come: then it was the button before it that was touched, twice.
    fn is_too_soon(&self, now: DateTime<FixedOffset>) -> bool {
        let since = |since| now.signed_duration_since(since);
        self.asked.is_some_and(|(_, asked)| (Duration::zero()..DOUBLE_TOUCH).contains(&since(asked)))
    }

    /// Whether there is nothing to show but why.
    pub fn is_shut(&self) -> bool {
        self.shut || self.measure.troubles.contains(&Trouble::NotEnrolled)
    }
}

/// The next state, and what is to be done.
pub fn update(state: State, event: Event, now: DateTime<FixedOffset>) -> (State, Vec<Effect>) {
    if let Event::Touched(action) = &event
        && is_answer(*action)
        && state.is_too_soon(now)
    {
        return (state, Vec::new());
    }
    let (mut state, effects) = changed(state, event, now);
    let question = state.question();
    if state.asked.map(|(asked, _)| asked) != question {
        state.asked = question.map(|question| (question, now));
    }
    (state, effects)
}

/// Whether it answers a question of those that count.
fn is_answer(action: ui::Action) -> bool {
    use ui::Action as A;
    matches!(action, A::Whose(_) | A::Erase | A::Keep | A::TakeBackBecause(_))
}

fn changed(state: State, event: Event, now: DateTime<FixedOffset>) -> (State, Vec<Effect>) {
    match event {
        Event::Measure(event) => sensed(state, event),
        Event::Book(book) => booked(state, *book),
        Event::Listed(list) => in_list(state, readings::Event::Listed(list)),
        Event::Touched(action) => touched(state, action, now),
        Event::Entered(reading) => {
            let kind = reading.kind;
            // It is shown whatever came meanwhile: the person must see that it is saved.
            let entered = Shown { reading: reading.clone(), delivered: None };
            let (mut state, effects) = measured(state, measure::Event::Saved(reading));
            if matches!(state.page, Page::Entry(_)) {
                state.page = Page::Measure(kind);
                state.measure.live = None;
                state.measure.shown = Some(entered);
            }
            (state, effects)
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
            state.page = Page::Today;
            measured(state, measure::Event::Done)
        }
        A::Go(place) => go(state, place),
        A::Back => back(state),
        A::Measure(kind) => {
            state.page = Page::Measure(kind_of(kind));
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
        A::Key(ui::Key::Digit(digit)) => in_entry(state, entry::Event::Digit(digit), now),
        A::Key(ui::Key::Decimal) => in_entry(state, entry::Event::Point, now),
        A::Key(ui::Key::Delete) => in_entry(state, entry::Event::Delete, now),
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
    match place {
        ui::Place::Today => state.page = Page::Today,
        ui::Place::Equipment => state.page = Page::Equipment,
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
