//! The one place where views become the properties of the screens.

mod after;
mod day;
mod entry;
mod equipment;
mod frame;
mod kind;
mod measure;
mod messages;
mod question;
mod reading;
mod readings;
mod said;
mod service;
mod summary;
mod today;
mod twins;
mod typing;
mod whose;
mod written;

use std::rc::Rc;

use slint::{ComponentHandle, ModelRc, VecModel};

use crate::generated::MainWindow;
use crate::view::Screen;
use crate::words::Words;

pub(crate) use readings::commands;

/// Hands a screen's view to the window.
pub(crate) fn apply(main: &MainWindow, screen: &Screen, words: Words) {
    match screen {
        Screen::Today(view) => today::apply(&main.global(), view, words),
        Screen::Measure(view) => measure::apply(&main.global(), view, words),
        Screen::After(view) => after::apply(&main.global(), view, words),
        Screen::Entry(view) => entry::apply(&main.global(), view, words),
        Screen::Question(view) => question::apply(&main.global(), view, words),
        Screen::Summary(view) => summary::apply(&main.global(), view, words),
        Screen::Messages(view) => messages::apply(&main.global(), view, words),
        Screen::Readings(view) => readings::apply(&main.global(), view, words),
        Screen::Reading(view) => reading::apply(&main.global(), view, words),
        Screen::Whose(view) => whose::apply(&main.global(), view, words),
        Screen::Equipment(view) => equipment::apply(&main.global(), view, words),
    }
    let page = frame::page(screen);
    match screen {
        Screen::Question(view) => question::apply_typing(&main.global(), &page, view),
        Screen::Messages(view) => typing::apply(&main.global(), "messages", &view.draft),
        _ => typing::none(&main.global()),
    }
    frame::apply(&main.global(), screen, &page, words);
}

fn model<T: Clone + 'static>(items: impl IntoIterator<Item = T>) -> ModelRc<T> {
    Rc::new(VecModel::from_iter(items)).into()
}
