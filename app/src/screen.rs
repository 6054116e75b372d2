//! Screen controllers: they turn the state of the flows into what `dagsform-ui` draws. No rule lives here.

mod after;
pub mod driver;
mod entry;
mod equipment;
mod faults;
mod hours;
mod measure;
mod messages;
mod questions;
mod reading;
mod readings;
mod today;
mod whose;
pub(crate) mod words;

use chrono::{DateTime, FixedOffset};
use dagsform_care::Kind;
use dagsform_ui as ui;

use crate::flow::tablet::{Page, State};

/// What the window shows of a state, at this time.
pub fn view(state: &State, now: DateTime<FixedOffset>) -> ui::Screen {
    if state.is_shut() {
        return ui::Screen::Measure(measure::view(state, Kind::PulseOximetry, now));
    }
    match &state.page {
        Page::Today => None,
        Page::Measure(kind) => Some(match state.following().and_then(|after| after::view(after, state, now)) {
            Some(after) => ui::Screen::After(after),
            None => ui::Screen::Measure(measure::view(state, *kind, now)),
        }),
        Page::Questions(list) => Some(questions::view(list, state, now)),
        Page::Messages(writing) => Some(ui::Screen::Messages(messages::view(writing, state, now))),
        Page::Entry(entry) => entry::view(entry, state, now).map(ui::Screen::Entry),
        Page::Readings(list) => Some(match list.opened() {
            Some(opened) => ui::Screen::Reading(readings::one(opened, state, now)),
            None => ui::Screen::Readings(readings::list(list, &state.book, now)),
        }),
        Page::Whose(whose) => whose::view(whose, state, now).map(ui::Screen::Whose),
        Page::Equipment => Some(ui::Screen::Equipment(equipment::view(state, now))),
    }
    .unwrap_or_else(|| ui::Screen::Today(today::view(state, now)))
}

#[cfg(test)]
mod tests;
