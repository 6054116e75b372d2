//! What a failed pairing means.
//!
//! What BlueZ tells (`src/device.c`, `new_authentication_return`) is coarse: `AuthenticationFailed` for every word of
//! the security manager's, `AuthenticationCanceled` for a link that fell, `ConnectionAttemptFailed` for one that did
//! not come up. So it is judged together with what was asked, with what was known before, and with whether the
//! device is still heard. A device refuses before it asks for anything if it is not in its pairing mode; whether it
//! belongs to someone else cannot be seen then, unless it says by its flags that it advertises for its own alone.

use crate::{
    device::{OmronMode, omron_mode},
    event::RadioFault,
    radio::{
        agent::Asked,
        bluez::{BusError, Known},
    },
};

/// What is known of an attempt to pair, beside the error.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    /// What the device asked for.
    pub(super) asked: Asked,
    /// This machine had a bond with it, which the device did not accept any longer.
    pub(super) was_bonded: bool,
    /// It is heard after the failure.
    pub(super) still_heard: bool,
    /// What it said of itself, see [`invites`].
    pub(super) invites: Option<bool>,
}

/// Whether it depends on the device's being still there what the error means.
pub(super) fn may_have_gone(error: &BusError, asked: Asked) -> bool {
    !asked.asked && matches!(error.kind(), "AuthenticationCanceled" | "ConnectionAttemptFailed")
}

/// What a failed `Pair` means.
pub(super) fn failure(error: &BusError, attempt: Attempt) -> RadioFault {
    let Asked { asked, answered } = attempt.asked;
    match error.kind() {
        "AuthenticationFailed" | "AuthenticationRejected" | "AuthenticationCanceled" | "AuthenticationTimeout"
            if asked && !answered =>
        {
            RadioFault::CodeNeeded
        }
        "AuthenticationFailed" | "AuthenticationRejected" if answered => RadioFault::WrongCode,
        "AuthenticationFailed" | "AuthenticationRejected" => refused(attempt),
        // Some let no stranger connect, or hang up on one, while they are not in their pairing mode.
        "AuthenticationCanceled" | "ConnectionAttemptFailed" if !asked && attempt.still_heard => refused(attempt),
        "AuthenticationCanceled" | "ConnectionAttemptFailed" => RadioFault::Gone,
        "AuthenticationTimeout" => RadioFault::Timeout,
        "UnknownObject" | "DoesNotExist" => RadioFault::Gone,
        _ => error.fault(),
    }
}

/// The device wants no new bond now.
fn refused(attempt: Attempt) -> RadioFault {
    match attempt {
        Attempt { was_bonded: true, .. } => RadioFault::BondLost,
        Attempt { invites: Some(false), .. } => RadioFault::BondedElsewhere,
        _ => RadioFault::NotInPairingMode,
    }
}

/// Whether a device says by what it advertises that it can be paired now; `None`: it does not say.
pub(super) fn invites(known: &Known) -> Option<bool> {
    let said = known.name.as_deref().and_then(omron_mode).map(|mode| mode == OmronMode::Pairing);
    said.or(known.discoverable)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOT_ASKED: Asked = Asked { asked: false, answered: false };
    const UNANSWERED: Asked = Asked { asked: true, answered: false };
    const ANSWERED: Asked = Asked { asked: true, answered: true };

    const STRANGER: Attempt = Attempt { asked: NOT_ASKED, was_bonded: false, still_heard: false, invites: None };
    const HEARD: Attempt = Attempt { still_heard: true, ..STRANGER };
    const OURS: Attempt = Attempt { was_bonded: true, ..HEARD };
    const OPEN: Attempt = Attempt { invites: Some(true), ..HEARD };
    const ANOTHERS: Attempt = Attempt { invites: Some(false), ..HEARD };

    fn named(kind: &str, attempt: Attempt) -> RadioFault {
        failure(&BusError { name: format!("org.bluez.Error.{kind}"), message: String::new() }, attempt)
    }

    #[test]
    fn a_failed_pairing_is_named_by_what_was_asked_and_answered() {
        for (kind, asked, fault) in [
            ("AuthenticationFailed", ANSWERED, RadioFault::WrongCode),
            ("AuthenticationFailed", UNANSWERED, RadioFault::CodeNeeded),
            ("AuthenticationFailed", NOT_ASKED, RadioFault::NotInPairingMode),
            ("AuthenticationRejected", ANSWERED, RadioFault::WrongCode),
            ("AuthenticationRejected", UNANSWERED, RadioFault::CodeNeeded),
            ("AuthenticationRejected", NOT_ASKED, RadioFault::NotInPairingMode),
            ("AuthenticationCanceled", NOT_ASKED, RadioFault::Gone),
            ("AuthenticationCanceled", ANSWERED, RadioFault::Gone),
            ("AuthenticationCanceled", UNANSWERED, RadioFault::CodeNeeded),
            ("AuthenticationTimeout", NOT_ASKED, RadioFault::Timeout),
            ("AuthenticationTimeout", ANSWERED, RadioFault::Timeout),
            ("AuthenticationTimeout", UNANSWERED, RadioFault::CodeNeeded),
            ("ConnectionAttemptFailed", NOT_ASKED, RadioFault::Gone),
            ("UnknownObject", NOT_ASKED, RadioFault::Gone),
            ("DoesNotExist", NOT_ASKED, RadioFault::Gone),
            ("NotReady", NOT_ASKED, RadioFault::AdapterOff),
            ("NoReply", NOT_ASKED, RadioFault::Timeout),
            ("Failed", NOT_ASKED, RadioFault::Failed),
        ] {
            assert_eq!(named(kind, Attempt { asked, ..STRANGER }), fault, "{kind} {asked:?}");
        }
    }

    #[test]
    fn a_refusal_is_named_by_whose_the_device_was_and_for_whom_it_advertises() {
        let refusals =
            ["AuthenticationFailed", "AuthenticationRejected", "AuthenticationCanceled", "ConnectionAttemptFailed"];
        for (attempt, fault) in [
            (HEARD, RadioFault::NotInPairingMode),
            (OPEN, RadioFault::NotInPairingMode),
            (ANOTHERS, RadioFault::BondedElsewhere),
            (OURS, RadioFault::BondLost),
            (Attempt { was_bonded: true, ..ANOTHERS }, RadioFault::BondLost),
        ] {
            for kind in refusals {
                assert_eq!(named(kind, attempt), fault, "{kind} {attempt:?}");
            }
        }
    }

    #[test]
    fn a_code_that_was_asked_for_tells_more_than_what_was_before() {
        for before in [HEARD, OPEN, ANOTHERS, OURS] {
            assert_eq!(named("AuthenticationFailed", Attempt { asked: ANSWERED, ..before }), RadioFault::WrongCode);
            assert_eq!(named("AuthenticationFailed", Attempt { asked: UNANSWERED, ..before }), RadioFault::CodeNeeded);
            assert_eq!(named("AuthenticationCanceled", Attempt { asked: ANSWERED, ..before }), RadioFault::Gone);
        }
    }
}
