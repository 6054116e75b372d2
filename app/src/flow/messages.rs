//! Messages: what is being written, and what is asked.
//!
//! ```text
//!              TooMuch                     Wish
//!   Reading ────────────▶ TooMuch ──────────────────▶ Reading, saving ── Wrote ──▶ Reading, the field is empty
//!      │ ▲                   │ Back                        ▲    │
//!      │ └───────────────────┘                             │    └── NotWritten ──▶ Reading, the words are still there
//!      └── Send, ContactMe ────────────────────────────────┘
//! ```
//!
//! While one is being saved no other is: a hand that trembles writes one message.

use dagsform_care::{
    Performer,
    message::{LONGEST, MessageKind, Wish},
};

use crate::said::NewMessage;

/// What is being written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The words so far.
    pub text: String,
    /// Changes when the program, not the person, has changed the text.
    pub edition: u32,
    /// It is asked what would help.
    pub too_much: bool,
    /// One is on its way into the record.
    pub saving: bool,
}

/// Something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The text of the field is this now.
    Typed(String),
    /// Send what is typed.
    Send,
    /// "Please contact me".
    ContactMe,
    /// "This is too much".
    TooMuch,
    /// This would help.
    Wish(Wish),
    /// Back from the question.
    Back,
    /// It is in the record.
    Wrote,
    /// It is not.
    NotWritten,
}

/// The next state, and the message to be saved.
pub fn update(mut state: State, event: Event) -> (State, Option<NewMessage>) {
    let message = |kind, text: &str| NewMessage { kind, text: text.to_owned(), by: Performer::Patient, answers: None };
    let new = match event {
        Event::Typed(text) => {
            state.text = text.chars().take(LONGEST).collect();
            if state.text != text {
                state.edition = state.edition.wrapping_add(1);
            }
            None
        }
        Event::TooMuch => {
            state.too_much = true;
            None
        }
        Event::Back => {
            state.too_much = false;
            None
        }
        Event::Wrote => {
            if state.saving && !state.too_much {
                state.text.clear();
                state.edition = state.edition.wrapping_add(1);
            }
            (state.saving, state.too_much) = (false, false);
            None
        }
        Event::NotWritten => {
            state.saving = false;
            None
        }
        Event::Send | Event::ContactMe | Event::Wish(_) if state.saving => None,
        Event::Send if state.text.trim().is_empty() => None,
        Event::Send => Some(message(MessageKind::Words, &state.text)),
        // What is typed already goes with it.
        Event::ContactMe => Some(message(MessageKind::PleaseContactMe, &state.text)),
        Event::Wish(wish) if state.too_much => Some(message(MessageKind::TooMuch(wish), "")),
        Event::Wish(_) => None,
    };
    state.saving |= new.is_some();
    (state, new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(events: &[Event]) -> (State, Option<NewMessage>) {
        events.iter().fold((State::default(), None), |(state, _), event| update(state, event.clone()))
    }

    fn typed(text: &str) -> Event {
        Event::Typed(text.into())
    }

    #[test]
    fn each_event_leads_where_it_is_drawn() {
        use Event as E;
        type Row = (Vec<E>, &'static str, bool, bool, Option<MessageKind>);
        let rows: Vec<Row> = vec![
            (vec![typed("Hei")], "Hei", false, false, None),
            (vec![E::Send], "", false, false, None),
            (vec![typed("Hei"), E::Send], "Hei", false, true, Some(MessageKind::Words)),
            (vec![typed("Hei"), E::Send, E::Send], "Hei", false, true, None),
            (vec![typed("Hei"), E::Send, E::Wrote], "", false, false, None),
            (vec![typed("Hei"), E::Send, E::NotWritten], "Hei", false, false, None),
            (vec![typed("Hei"), E::ContactMe], "Hei", false, true, Some(MessageKind::PleaseContactMe)),
            (vec![E::TooMuch], "", true, false, None),
            (vec![E::TooMuch, E::Back], "", false, false, None),
            (vec![E::Wish(Wish::Pause)], "", false, false, None),
            (vec![E::TooMuch, E::Wish(Wish::Pause)], "", true, true, Some(MessageKind::TooMuch(Wish::Pause))),
            (vec![typed("Hei"), E::TooMuch, E::Wish(Wish::Pause), E::Wrote], "Hei", false, false, None),
            (vec![E::TooMuch, E::Wish(Wish::Pause), E::NotWritten], "", true, false, None),
        ];
        for (events, text, too_much, saving, kind) in rows {
            let (state, new) = after(&events);
            let found = (state.text.as_str(), state.too_much, state.saving, new.map(|new| new.kind));
            assert_eq!(found, (text, too_much, saving, kind), "{events:?}");
        }
    }

    #[test]
    fn a_field_that_was_emptied_by_the_program_is_told_so() {
        let (before, _) = after(&[typed("Hei"), Event::Send]);
        let (state, _) = update(before.clone(), Event::Wrote);
        assert_ne!(state.edition, before.edition);
    }
}
