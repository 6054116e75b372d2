//! One reading out of the list.

use super::{kind, model, said};
use crate::generated::{ReadingScreenState, TakeBackShape};
use crate::view::{Delivery, NotSent, ReadingView, TakingBack};
use crate::words::Words;

pub(super) fn apply(screen: &ReadingScreenState<'_>, view: &ReadingView, words: Words) {
    let row = &view.row;
    screen.set_heading(kind::name(view.kind, words).into());
    screen.set_values(model(row.values.iter().map(|value| said::tile(value, words))));
    screen.set_measured_at(said::measured(row.at, words).into());
    screen.set_source(said::source(row.by_hand, &view.device_name, words).into());
    screen.set_delivery(said::delivery(row.delivery, words));
    screen.set_doubts(model(said::doubts(&row.doubts, words)));
    screen.set_performer(view.performer.into());
    screen.set_take_back(match view.taking_back {
        TakingBack::Possible => TakeBackShape::Possible,
        TakingBack::Asking => TakeBackShape::Asking,
        TakingBack::Done | TakingBack::ServiceNotTold | TakingBack::ServiceRefused => TakeBackShape::Done,
    });
    screen.set_may_be_mistyped(row.by_hand);
    screen.set_taken_back(taken_back(view, words).into());
}

/// A reading that never left the tablet is nothing the service could know of.
fn taken_back(view: &ReadingView, words: Words) -> String {
    match (view.taking_back, view.row.delivery) {
        (TakingBack::Possible | TakingBack::Asking, _) => String::new(),
        (_, Delivery::NotSent(NotSent::TakenBack)) => {
            words.text("take-back", "The reading is taken back. It stays on the tablet.", &[])
        }
        (TakingBack::Done, _) => {
            words.text("take-back", "The reading is taken back. The follow-up service has been told.", &[])
        }
        (TakingBack::ServiceRefused, _) => words.text(
            "take-back",
            "The reading is taken back here. The follow-up service did not take the message. Call them.",
            &[],
        ),
        (TakingBack::ServiceNotTold, _) => words.text(
            "take-back",
            "The reading is taken back. The follow-up service is told as soon as the tablet can send.",
            &[],
        ),
    }
}
