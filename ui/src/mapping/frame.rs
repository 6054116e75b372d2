//! What stands around every screen's content.

use std::mem::discriminant;

use super::{after, measure, model, said};
use crate::fault::Fault;
use crate::generated::{FrameState, Notice, Shown};
use crate::view::{MessagesStage, Screen};
use crate::words::Words;

pub(super) fn apply(frame: &FrameState<'_>, screen: &Screen, page: &str, words: Words) {
    frame.set_shown(shown(screen));
    frame.set_page(page.into());
    frame.set_notices(model(notices(screen, words)));
    frame.set_waiting_to_send(i32::try_from(waiting(screen)).unwrap_or(i32::MAX));
}

fn shown(screen: &Screen) -> Shown {
    match screen {
        Screen::Today(_) => Shown::Today,
        Screen::Measure(_) => Shown::Measure,
        Screen::After(_) => Shown::After,
        Screen::Entry(_) => Shown::Entry,
        Screen::Question(_) => Shown::Question,
        Screen::Summary(_) => Shown::Summary,
        Screen::Messages(view) => match view.stage {
            MessagesStage::Reading => Shown::Messages,
            MessagesStage::TooMuch => Shown::TooMuch,
        },
        Screen::Readings(_) => Shown::Readings,
        Screen::Reading(_) => Shown::Reading,
        Screen::Whose(_) => Shown::Whose,
        Screen::Equipment(_) => Shown::Equipment,
    }
}

/// Another text means another page, which is read from its top.
pub(super) fn page(screen: &Screen) -> String {
    match screen {
        Screen::Measure(view) => format!("measure {:?} {:?}", view.kind, view.stage),
        Screen::After(view) => format!("after {:?} {:?}", view.kind, discriminant(&view.step)),
        Screen::Entry(view) => format!("entry {:?} {:?}", view.kind, view.stage),
        Screen::Question(view) => format!("question {} {} {}", view.title, view.place, view.text),
        Screen::Summary(view) => format!("summary {} {:?}", view.title, discriminant(&view.stage)),
        Screen::Readings(view) => format!("readings {:?}", view.kind),
        Screen::Whose(view) => format!("whose {:?} {}", view.stage, view.more),
        Screen::Today(_) | Screen::Messages(_) | Screen::Reading(_) | Screen::Equipment(_) => {
            format!("{:?}", shown(screen))
        }
    }
}

/// On the measuring screen a fault that blocks has a place of its own.
fn notices(screen: &Screen, words: Words) -> Vec<Notice> {
    let all = |faults: &[Fault], sensor: &str| {
        faults.iter().enumerate().map(|(place, fault)| said::notice(fault, place, sensor, words)).collect()
    };
    match screen {
        Screen::Measure(view) => measure::notices(view, words),
        Screen::Today(view) => all(&view.faults, ""),
        Screen::After(view) => all(&view.faults, ""),
        Screen::Entry(view) => all(&view.faults, ""),
        Screen::Question(view) => all(&view.faults, ""),
        Screen::Summary(view) => all(&view.faults, ""),
        Screen::Messages(view) => all(&view.faults, ""),
        Screen::Reading(view) => all(&view.faults, &view.device_name),
        Screen::Whose(view) => all(&view.faults, &view.device_name),
        Screen::Equipment(view) => all(&view.faults, ""),
        Screen::Readings(_) => Vec::new(),
    }
}

fn waiting(screen: &Screen) -> u32 {
    match screen {
        Screen::Today(view) => view.waiting_to_send,
        Screen::Measure(view) => measure::others_waiting(view),
        Screen::After(view) => after::others_waiting(view),
        // The equipment has a line of its own for it, and each message a mark.
        Screen::Entry(_)
        | Screen::Question(_)
        | Screen::Summary(_)
        | Screen::Messages(_)
        | Screen::Readings(_)
        | Screen::Reading(_)
        | Screen::Whose(_)
        | Screen::Equipment(_) => 0,
    }
}
