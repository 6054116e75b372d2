//! The end of the follow-up (brief R27): nothing unsent, and the patient's own data as files.
//!
//! ```text
//!               Looked: ended, some wait            Looked: none waits
//!   Following ───────────────────────▶ SendingRest ────────────────────▶ ToHandOver ── HandOver ──▶ (WriteFiles)
//!     ▲  └──── Looked: ended, none waits ────────────────────────────────▲  │ ▲                         │
//!     │                                                                  │  │ └────── NotHanded ────────┤
//!     │ Looked: goes on                        Looked: something new ────┘  └──▶ HandedOver ◀── Handed ─┘
//!     └───────────────── from every stage
//! ```
//!
//! What the service refuses for good, and what is not to be sent, stands in the way of nothing, and is in the files.
//! If the service takes the follow-up up again, all is as before.

use serde::Serialize;

/// How far the end has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The follow-up goes on.
    #[default]
    Following,
    /// The service has ended it; so many readings, answers and messages are still to be sent.
    SendingRest {
        /// How many.
        waiting: u32,
    },
    /// All is sent; the patient's data can be handed over.
    ToHandOver,
    /// The files are written, and hold all that there is.
    HandedOver,
}

/// Something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The record was looked at.
    Looked {
        /// The service has ended the follow-up.
        ended: bool,
        /// Not yet delivered.
        waiting: u32,
        /// There are files that hold all that there is now.
        handed: bool,
    },
    /// The person wants the files.
    HandOver,
    /// They are written and were read back.
    Handed,
    /// They could not be written.
    NotHanded,
}

/// What is to be done in answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Write the files, and read them back; then tell [`Event::Handed`] or [`Event::NotHanded`].
    WriteFiles,
}

/// Why the files are not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotYet {
    /// The follow-up goes on.
    #[error("the follow-up goes on; the service ends it")]
    Following,
    /// Something is not sent.
    #[error("{0} readings, answers or messages are not sent yet; let the tablet reach the service first")]
    Unsent(u32),
}

/// The next stage, and what is to be done.
///
/// # Errors
/// The files are wanted too early.
pub fn update(stage: Stage, event: Event) -> Result<(Stage, Option<Effect>), NotYet> {
    Ok(match (stage, event) {
        (_, Event::Looked { ended: false, .. }) => (Stage::Following, None),
        (_, Event::Looked { waiting: waiting @ 1.., .. }) => (Stage::SendingRest { waiting }, None),
        (_, Event::Looked { handed: true, .. }) => (Stage::HandedOver, None),
        (_, Event::Looked { .. }) => (Stage::ToHandOver, None),
        (Stage::Following, Event::HandOver) => return Err(NotYet::Following),
        (Stage::SendingRest { waiting }, Event::HandOver) => return Err(NotYet::Unsent(waiting)),
        (Stage::ToHandOver | Stage::HandedOver, Event::HandOver) => (stage, Some(Effect::WriteFiles)),
        (Stage::ToHandOver | Stage::HandedOver, Event::Handed) => (Stage::HandedOver, None),
        (_, Event::Handed | Event::NotHanded) => (stage, None),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looked(ended: bool, waiting: u32, handed: bool) -> Event {
        Event::Looked { ended, waiting, handed }
    }

    #[test]
    fn each_event_leads_where_it_is_drawn() {
        use Stage as S;
        let sending = S::SendingRest { waiting: 2 };
        for (stage, event, next) in [
            (S::Following, looked(false, 2, false), Ok((S::Following, None))),
            (S::Following, looked(true, 2, false), Ok((sending, None))),
            (S::Following, looked(true, 0, false), Ok((S::ToHandOver, None))),
            (S::Following, looked(true, 0, true), Ok((S::HandedOver, None))),
            (S::Following, Event::HandOver, Err(NotYet::Following)),
            (sending, looked(true, 0, false), Ok((S::ToHandOver, None))),
            (sending, looked(false, 2, false), Ok((S::Following, None))),
            (sending, Event::HandOver, Err(NotYet::Unsent(2))),
            (S::ToHandOver, looked(true, 2, false), Ok((sending, None))),
            (S::ToHandOver, Event::HandOver, Ok((S::ToHandOver, Some(Effect::WriteFiles)))),
            (S::ToHandOver, Event::Handed, Ok((S::HandedOver, None))),
            (S::ToHandOver, Event::NotHanded, Ok((S::ToHandOver, None))),
            (S::HandedOver, looked(true, 0, true), Ok((S::HandedOver, None))),
            // Something has come since.
            (S::HandedOver, looked(true, 0, false), Ok((S::ToHandOver, None))),
            (S::HandedOver, looked(true, 2, false), Ok((sending, None))),
            (S::HandedOver, looked(false, 0, true), Ok((S::Following, None))),
            (S::HandedOver, Event::HandOver, Ok((S::HandedOver, Some(Effect::WriteFiles)))),
            (S::HandedOver, Event::NotHanded, Ok((S::HandedOver, None))),
        ] {
            assert_eq!(update(stage, event), next, "{stage:?} {event:?}");
        }
    }
}
