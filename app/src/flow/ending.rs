//! The end of the follow-up (brief R27): nothing unsent, the patient's own data as files, then an empty tablet.
//!
//! ```text
//!                 Ended                  NothingWaits              Handed                Wiped
//!   Following ───────────▶ SendingRest ─────────────▶ ToHandOver ──────────▶ HandedOver ─────────▶ Wiped
//!       ▲                     │  ▲                        │ ▲                 │
//!       │ TakenUp             │  └── SomethingWaits ──────┘ └── NotHanded ────┤ (stays where it is)
//!       └─────────────────────┴──────────────────────────────────────────────┘
//! ```
//!
//! What the service refuses for good, and what is not to be sent, stands in the way of nothing, and is in the files.
//! Nothing is wiped before the files are written and read back, and nothing on the tablet's own account: a person
//! asks for each step. If the service takes the follow-up up again, all is as before.

/// How far the end has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
    /// The files are written.
    HandedOver,
    /// The tablet is empty.
    Wiped,
}

/// Something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The record was looked at: whether the plan has ended, and how many wait to be sent.
    Looked {
        /// The service has ended the follow-up.
        ended: bool,
        /// Not yet delivered.
        waiting: u32,
    },
    /// The person wants the files.
    HandOver,
    /// They are written and were read back.
    Handed,
    /// They could not be written.
    NotHanded,
    /// The person wants the tablet emptied.
    Wipe,
    /// It is empty.
    Wiped,
    /// It could not be emptied.
    NotWiped,
}

/// What is to be done in answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send what waits, now.
    SendNow,
    /// Write the files, and read them back.
    WriteFiles,
    /// Empty the tablet.
    Wipe,
}

/// Why a step is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotYet {
    /// The follow-up goes on.
    #[error("the follow-up goes on; the service ends it")]
    Following,
    /// Something is not sent.
    #[error("{0} readings, answers or messages are not sent yet; let the tablet reach the service first")]
    Unsent(u32),
    /// The patient does not have the files.
    #[error("the patient's data is not handed over yet; give a folder for the files first")]
    NotHandedOver,
}

impl Stage {
    /// Whether the files may be written.
    ///
    /// # Errors
    /// What stands in the way.
    pub fn may_hand_over(self) -> Result<(), NotYet> {
        match self {
            Self::Following => Err(NotYet::Following),
            Self::SendingRest { waiting } => Err(NotYet::Unsent(waiting)),
            Self::ToHandOver | Self::HandedOver | Self::Wiped => Ok(()),
        }
    }

    /// Whether the tablet may be emptied.
    ///
    /// # Errors
    /// What stands in the way.
    pub fn may_wipe(self) -> Result<(), NotYet> {
        self.may_hand_over()?;
        if self == Self::ToHandOver { Err(NotYet::NotHandedOver) } else { Ok(()) }
    }
}

/// The next stage, and what is to be done.
pub fn update(stage: Stage, event: Event) -> (Stage, Option<Effect>) {
    match (stage, event) {
        (Stage::Wiped, _) => (stage, None),
        (_, Event::Looked { ended: false, .. }) => (Stage::Following, None),
        (Stage::Following, Event::Looked { waiting, .. }) if waiting > 0 => {
            (Stage::SendingRest { waiting }, Some(Effect::SendNow))
        }
        (_, Event::Looked { waiting, .. }) if waiting > 0 => (Stage::SendingRest { waiting }, None),
        // What came in the meantime is not in the files that were written: only if nothing came are they whole.
        (Stage::HandedOver, Event::Looked { .. }) => (Stage::HandedOver, None),
        (_, Event::Looked { .. }) => (Stage::ToHandOver, None),
        (Stage::ToHandOver | Stage::HandedOver, Event::HandOver) => (stage, Some(Effect::WriteFiles)),
        (Stage::ToHandOver, Event::Handed) => (Stage::HandedOver, None),
        (Stage::HandedOver, Event::NotHanded) => (Stage::ToHandOver, None),
        (Stage::HandedOver, Event::Wipe) => (stage, Some(Effect::Wipe)),
        (Stage::HandedOver, Event::Wiped) => (Stage::Wiped, None),
        _ => (stage, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDED: Event = Event::Looked { ended: true, waiting: 0 };
    const WAITS: Event = Event::Looked { ended: true, waiting: 2 };
    const GOES_ON: Event = Event::Looked { ended: false, waiting: 2 };

    #[test]
    fn each_event_leads_where_it_is_drawn() {
        use Stage as S;
        let sending = S::SendingRest { waiting: 2 };
        let rows = [
            (S::Following, GOES_ON, S::Following, None),
            (S::Following, WAITS, sending, Some(Effect::SendNow)),
            (S::Following, ENDED, S::ToHandOver, None),
            (S::Following, Event::HandOver, S::Following, None),
            (S::Following, Event::Wipe, S::Following, None),
            (sending, WAITS, sending, None),
            (sending, ENDED, S::ToHandOver, None),
            (sending, GOES_ON, S::Following, None),
            (sending, Event::HandOver, sending, None),
            (sending, Event::Wipe, sending, None),
            (S::ToHandOver, WAITS, sending, None),
            (S::ToHandOver, Event::HandOver, S::ToHandOver, Some(Effect::WriteFiles)),
            (S::ToHandOver, Event::Handed, S::HandedOver, None),
            (S::ToHandOver, Event::NotHanded, S::ToHandOver, None),
            (S::ToHandOver, Event::Wipe, S::ToHandOver, None),
            (S::HandedOver, ENDED, S::HandedOver, None),
            (S::HandedOver, WAITS, sending, None),
            (S::HandedOver, GOES_ON, S::Following, None),
            (S::HandedOver, Event::HandOver, S::HandedOver, Some(Effect::WriteFiles)),
            (S::HandedOver, Event::NotHanded, S::ToHandOver, None),
            (S::HandedOver, Event::Wipe, S::HandedOver, Some(Effect::Wipe)),
            (S::HandedOver, Event::NotWiped, S::HandedOver, None),
            (S::HandedOver, Event::Wiped, S::Wiped, None),
            (S::Wiped, GOES_ON, S::Wiped, None),
        ];
        for (stage, event, next, effect) in rows {
            assert_eq!(update(stage, event), (next, effect), "{stage:?} {event:?}");
        }
    }

    #[test]
    fn nothing_is_handed_over_or_wiped_too_early() {
        let sending = Stage::SendingRest { waiting: 2 };
        assert_eq!(Stage::Following.may_hand_over(), Err(NotYet::Following));
        assert_eq!(sending.may_wipe(), Err(NotYet::Unsent(2)));
        assert_eq!(Stage::ToHandOver.may_wipe(), Err(NotYet::NotHandedOver));
        assert_eq!(Stage::ToHandOver.may_hand_over(), Ok(()));
        assert_eq!(Stage::HandedOver.may_wipe(), Ok(()));
    }
}
