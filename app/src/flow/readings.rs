//! The list and the trend of one kind, and one reading out of them.

use dagsform_care::{Identity, Kind, Reading, Why};

use crate::record::ReadingRow;

/// Rows that are shown at first, and with each "more".
const ROWS: u32 = 20;

/// How far back the trend goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// Seven days.
    Week,
    /// Thirty days.
    Month,
    /// A year.
    Year,
}

impl Span {
    /// In days.
    pub fn days(self) -> u16 {
        match self {
            Self::Week => 7,
            Self::Month => 30,
            Self::Year => 365,
        }
    }
}

/// What is to be read from the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Query {
    /// Of this kind.
    pub kind: Kind,
    /// For the trend: so many days back.
    pub days: u16,
    /// For the list: so many, newest first.
    pub rows: u32,
}

/// What was read.
#[derive(Clone, Debug, PartialEq)]
pub struct List {
    /// The question.
    pub query: Query,
    /// The rows, newest first; one more than was asked for if there are more.
    pub rows: Vec<ReadingRow>,
    /// What counts, oldest first.
    pub counted: Vec<Reading>,
}

/// What is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Of this kind.
    pub kind: Kind,
    /// So far back.
    pub span: Span,
    /// So many rows.
    pub rows: u32,
    /// What was read last; of another question only until the answer comes.
    pub list: Option<List>,
    /// The reading that was opened.
    pub open: Option<Open>,
}

/// A reading that was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Open {
    /// Which.
    pub identity: Identity,
    /// It is asked why it is taken back.
    pub asking: bool,
}

/// Something happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Show this kind.
    Kind(Kind),
    /// Show this span.
    Span(Span),
    /// Show more rows.
    More,
    /// Open the row at this place.
    Open(usize),
    /// Back to the list, or out of the question.
    Close,
    /// The opened reading is to be taken back.
    TakeBack,
    /// For this reason.
    Because(Why),
    /// This was read from the record.
    Listed(Box<List>),
    /// The record has changed.
    Stale,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Read this.
    Read(Query),
    /// Take this reading back.
    TakeBack(Identity, Why),
}

impl State {
    /// The month of a kind.
    pub fn new(kind: Kind) -> (Self, Effect) {
        let state = Self { kind, span: Span::Month, rows: ROWS, list: None, open: None };
        let query = state.query();
        (state, Effect::Read(query))
    }

    fn query(&self) -> Query {
        Query { kind: self.kind, days: self.span.days(), rows: self.rows }
    }

    /// What was read for what is shown now.
    pub fn listed(&self) -> Option<&List> {
        self.list.as_ref().filter(|list| list.query.kind == self.kind)
    }

    /// The opened reading's row.
    pub fn opened(&self) -> Option<(&ReadingRow, bool)> {
        let open = self.open?;
        let row = self.listed()?.rows.iter().find(|row| row.reading.identity == open.identity)?;
        Some((row, open.asking))
    }
}

/// The next state, and what is to be done.
pub fn update(mut state: State, event: Event) -> (State, Option<Effect>) {
    let before = state.query();
    let mut effect = None;
    match event {
        Event::Kind(kind) if kind != state.kind => {
            state.kind = kind;
            state.rows = ROWS;
            state.open = None;
        }
        Event::Kind(_) => {}
        Event::Span(span) => state.span = span,
        Event::More => state.rows = state.rows.saturating_add(ROWS),
        Event::Open(place) => {
            let row = state.listed().and_then(|list| list.rows.get(place));
            state.open = row.map(|row| Open { identity: row.reading.identity, asking: false });
        }
        Event::Close => {
            state.open = match state.open {
                Some(open) if open.asking => Some(Open { asking: false, ..open }),
                _ => None,
            };
        }
        Event::TakeBack => {
            let possible = state.opened().is_some_and(|(row, _)| row.reading.taken_back.is_none());
            if let (true, Some(open)) = (possible, &mut state.open) {
                open.asking = true;
            }
        }
        Event::Because(why) => {
            if let Some(open) = &mut state.open
                && open.asking
            {
                open.asking = false;
                effect = Some(Effect::TakeBack(open.identity, why));
            }
        }
        Event::Listed(list) => {
            // An answer to a question that was asked before the last one is old.
            if list.query == before {
                state.list = Some(*list);
            }
        }
        Event::Stale => effect = Some(Effect::Read(before)),
    }
    if state.query() != before {
        effect = Some(Effect::Read(state.query()));
    }
    (state, effect)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Delivery;
    use chrono::DateTime;
    use dagsform_care::{ByHand, PatientId, Performer, ReadingTime, Trust};
    use uuid::Uuid;

    fn list(query: Query) -> Box<List> {
        let at = DateTime::parse_from_rfc3339("2026-11-23T12:00:00+01:00").unwrap();
        let entered = ByHand { kind: query.kind, values: vec![], meal: None, performer: Performer::Unknown };
        let time = ReadingTime::by_hand(at, at, Trust::Trusted);
        let reading = Reading::by_hand(Uuid::from_u128(1), PatientId("p".into()), entered, time);
        Box::new(List {
            query,
            rows: vec![ReadingRow { reading, saved_at: at, delivery: Delivery::Waiting, seen: None }],
            counted: vec![],
        })
    }

    fn shown() -> State {
        let (state, effect) = State::new(Kind::BodyWeight);
        let Effect::Read(query) = effect else { panic!("{effect:?}") };
        update(state, Event::Listed(list(query))).0
    }

    #[test]
    fn each_choice_asks_the_record_and_an_old_answer_is_not_shown() {
        let (state, effect) = update(shown(), Event::Kind(Kind::BloodPressure));
        let wanted = Query { kind: Kind::BloodPressure, days: 30, rows: ROWS };
        assert_eq!(effect, Some(Effect::Read(wanted)));
        // The weights are still there, and are not shown as pressures.
        assert!(state.listed().is_none());
        let (state, effect) = update(state, Event::Span(Span::Year));
        assert_eq!(effect, Some(Effect::Read(Query { days: 365, ..wanted })));
        let (state, _) = update(state, Event::Listed(list(wanted)));
        assert!(state.listed().is_none());
        let (state, _) = update(state, Event::Listed(list(Query { days: 365, ..wanted })));
        assert!(state.listed().is_some());
    }

    #[test]
    fn a_reading_is_taken_back_only_after_the_question_why() {
        let (state, effect) = update(shown(), Event::Because(Why::Mistyped));
        assert_eq!(effect, None);
        let (state, _) = update(state, Event::Open(0));
        let identity = state.open.unwrap().identity;
        let (state, effect) = update(state, Event::Because(Why::Mistyped));
        assert_eq!(effect, None);
        let (state, _) = update(state, Event::TakeBack);
        // Back out of the question, and in again.
        let (state, _) = update(state, Event::Close);
        assert_eq!(state.open, Some(Open { identity, asking: false }));
        let (state, _) = update(state, Event::TakeBack);
        let (state, effect) = update(state, Event::Because(Why::Mistyped));
        assert_eq!(effect, Some(Effect::TakeBack(identity, Why::Mistyped)));
        let (state, _) = update(state, Event::Close);
        assert_eq!(state.open, None);
    }

    #[test]
    fn a_place_that_is_not_in_the_list_opens_nothing() {
        assert_eq!(update(shown(), Event::Open(7)).0.open, None);
    }
}
