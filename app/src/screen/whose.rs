//! Whose is this reading?

use chrono::{DateTime, FixedOffset};
use dagsform_care::{Identity, Source};
use dagsform_ui as ui;

use super::{
    faults::{faults, name},
    reading::values,
    words::{self, day, moment},
};
use crate::flow::{tablet, whose::State};

/// What the screen shows of the question, at this time; `None` where nothing is left to ask.
pub(super) fn view(state: &State, tablet: &tablet::State, now: DateTime<FixedOffset>) -> Option<ui::WhoseView> {
    let book = &tablet.book;
    let open: Vec<Identity> = book.in_question.iter().map(|row| row.reading.identity).collect();
    let row = book.in_question.iter().find(|row| Some(row.reading.identity) == state.about)?;
    let reading = &row.reading;
    Some(ui::WhoseView {
        kind: words::kind(reading.kind),
        values: values(reading),
        at: reading.time.effective.and_then(|taken| moment(taken, day(now))),
        device_name: match &reading.source {
            Source::Sensor(device) => name(&tablet.measure, device),
            Source::ByHand => String::new(),
        },
        why: ui::Doubt::PerhapsAnothers,
        stage: if state.erase { ui::WhoseStage::Erase } else { ui::WhoseStage::Asking },
        more: u32::try_from(state.more(&open)).unwrap_or(u32::MAX),
        faults: faults(tablet),
    })
}
