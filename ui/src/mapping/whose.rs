//! Whose is this reading?

use slint::SharedString;

use super::{model, said};
use crate::generated::WhoseScreenState;
use crate::view::{WhoseStage, WhoseView};
use crate::words::Words;

pub(super) fn apply(screen: &WhoseScreenState<'_>, view: &WhoseView, words: Words) {
    screen.set_erasing(view.stage == WhoseStage::Erase);
    screen.set_values(model(view.values.iter().map(|value| said::tile(value, words))));
    screen.set_measured_at(said::measured(view.at, words).into());
    screen.set_source(said::source(false, &view.device_name, words).into());
    screen.set_why(view.why.text(words).into());
    screen.set_more(more(view.more, words));
}

fn more(readings: u32, words: Words) -> SharedString {
    match readings {
        0 => SharedString::default(),
        _ => words
            .count("whose", "There is one more after this one.", "There are {n} more after this one.", readings, &[])
            .into(),
    }
}
