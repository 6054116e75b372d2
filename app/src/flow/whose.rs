//! Whose is this reading? (brief R29)
//!
//! ```text
//!             Anothers
//!   Asking ──────────────▶ Erase
//!     │ ▲ Mine, NotSure      │ Erase, Keep
//!     ▼ └────────────────────┘ the next one, or back to the day
//! ```
//!
//! Until someone has said, the reading stays apart; "not sure" asks again another time.

use dagsform_care::{Identity, Why};

/// The question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The reading that is asked about; `None`: nothing is left to ask.
    pub about: Option<Identity>,
    /// It is someone else's: it is asked whether it is to be erased.
    pub erase: bool,
    /// What was answered, or put off, this time.
    seen: Vec<Identity>,
}

/// Something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// It is the patient's.
    Mine,
    /// It is someone else's.
    Anothers,
    /// Not now.
    NotSure,
    /// Erase it for good.
    Erase,
    /// Keep it on the tablet, marked.
    Keep,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It is the patient's.
    Claim(Identity),
    /// It is erased.
    Erase(Identity),
    /// It is kept, taken back as of the wrong person.
    TakeBack(Identity, Why),
}

impl State {
    /// Asks about the first of these that was not asked about yet.
    #[must_use]
    pub fn about(mut self, open: &[Identity]) -> Self {
        if !self.about.is_some_and(|about| open.contains(&about) && !self.seen.contains(&about)) {
            self.about = open.iter().find(|identity| !self.seen.contains(identity)).copied();
            self.erase = false;
        }
        self
    }

    /// How many more are asked after this one.
    pub fn more(&self, open: &[Identity]) -> usize {
        open.iter().filter(|identity| !self.seen.contains(identity) && self.about != Some(**identity)).count()
    }
}

/// The next state, and what is to be done.
pub fn update(mut state: State, event: Event, open: &[Identity]) -> (State, Option<Effect>) {
    let Some(about) = state.about else { return (state, None) };
    let effect = match (state.erase, event) {
        (false, Event::Anothers) => {
            state.erase = true;
            return (state, None);
        }
        (false, Event::Mine) => Some(Effect::Claim(about)),
        (_, Event::NotSure) => None,
        (true, Event::Erase) => Some(Effect::Erase(about)),
        (true, Event::Keep) => Some(Effect::TakeBack(about, Why::WrongPerson)),
        _ => return (state, None),
    };
    state.seen.push(about);
    (state.about(open), effect)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn open() -> Vec<Identity> {
        (1..=2).map(|n| Identity::by_hand(Uuid::from_u128(n))).collect()
    }

    #[test]
    fn each_answer_leads_to_what_is_drawn_above() {
        let open = open();
        let (first, second) = (open[0], open[1]);
        for (events, effect, about, erase) in [
            (&[Event::Mine][..], Some(Effect::Claim(first)), second, false),
            (&[Event::NotSure], None, second, false),
            (&[Event::Anothers], None, first, true),
            (&[Event::Anothers, Event::NotSure], None, second, false),
            (&[Event::Anothers, Event::Erase], Some(Effect::Erase(first)), second, false),
            (&[Event::Anothers, Event::Keep], Some(Effect::TakeBack(first, Why::WrongPerson)), second, false),
            // Out of place: nothing.
            (&[Event::Erase], None, first, false),
            (&[Event::Anothers, Event::Mine], None, first, true),
        ] {
            let (mut state, mut last) = (State::default().about(&open), None);
            for event in events {
                (state, last) = update(state, *event, &open);
            }
            assert_eq!((last, state.about, state.erase), (effect, Some(about), erase), "{events:?}");
        }
    }

    #[test]
    fn when_all_were_asked_about_nothing_is_left() {
        let open = open();
        let state = State::default().about(&open);
        assert_eq!(state.more(&open), 1);
        let (state, _) = update(state, Event::NotSure, &open);
        assert_eq!(state.more(&open), 0);
        let (state, _) = update(state, Event::NotSure, &open);
        assert_eq!(state.about, None);
    }
}
