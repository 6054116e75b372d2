//! What the collector tells: for the screen, the command line, the log.

use dagsform_care::{DeviceId, DeviceInformation};

use crate::sink::{SinkError, Taken};

/// Something happened. Sent after the fact, never before.
#[derive(Clone, Debug, PartialEq)]
pub enum CollectorEvent {
    /// The radio is up and looks for the assigned devices.
    Ready,
    /// An assigned device was seen.
    Appeared(DeviceId),
    /// It is connected, its services are known and subscribed to.
    Connected(DeviceId),
    /// What it says of itself has been read.
    Described(DeviceId, DeviceInformation),
    /// Its memory is being fetched; the number of records it announced, where it did.
    TransferStarted(DeviceId, Option<u32>),
    /// Its memory has been fetched to the end.
    TransferComplete(DeviceId, u32),
    /// The link was lost, or the deadline passed, after so many records; it is fetched again when the
    /// device comes back.
    TransferInterrupted(DeviceId, u32),
    /// Values of a measurement that is still going on; not stored.
    Live(DeviceId, dagsform_care::Observed),
    /// A frame was committed; what became of it.
    Taken(DeviceId, Taken),
    /// A frame could not be committed. The collector lets go of the device, so that the device keeps
    /// its records, and tries again.
    NotTaken(DeviceId, SinkError),
    /// The link is gone.
    Disconnected(DeviceId),
    /// Something is wrong with the radio or a device.
    Fault(Option<DeviceId>, RadioFault),
    /// What was wrong is over.
    FaultEnded(Option<DeviceId>, RadioFault),
    /// The device's clock was wrong and has been set.
    ClockSet {
        /// The device.
        device: DeviceId,
        /// By how many seconds it was ahead; `None`: it had not been set.
        was_off_seconds: Option<i64>,
    },
    /// The device's clock is wrong and could not be set.
    ClockOff {
        /// The device.
        device: DeviceId,
        /// By how many seconds it is ahead; `None`: it is not set.
        off_seconds: Option<i64>,
    },
    /// The radio's event stream had died and was restarted.
    Restarted,
}

/// What can be wrong with radio and devices, named so that words and a way out can be chosen.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize, thiserror::Error,
)]
#[serde(rename_all = "snake_case")]
pub enum RadioFault {
    /// There is no Bluetooth service on this machine (bluetoothd is not running).
    #[error("the Bluetooth service of this machine does not answer")]
    NoService,
    /// There is no Bluetooth adapter.
    #[error("there is no Bluetooth adapter")]
    NoAdapter,
    /// There was a Bluetooth adapter, and it is gone: a stick that was pulled.
    #[error("the Bluetooth adapter is gone")]
    AdapterGone,
    /// The adapter is switched off.
    #[error("Bluetooth is switched off")]
    AdapterOff,
    /// No such device was heard within the deadline.
    #[error("the device was not found")]
    NotFound,
    /// Several devices fit what was looked for, and none is chosen by guessing.
    #[error("two devices of this kind are heard")]
    TwoAlike,
    /// The device did not let us pair: it is not in its pairing mode. One that belongs to another phone or
    /// tablet most often looks the same.
    #[error("the device is not in pairing mode")]
    NotInPairingMode,
    /// The device did not let us pair, and advertises only for whom it is paired with already.
    #[error("the device waits for another phone or tablet that it is paired with")]
    BondedElsewhere,
    /// The passkey was wrong.
    #[error("the code is wrong")]
    WrongCode,
    /// The device wants a passkey and none was given.
    #[error("the device asks for a code")]
    CodeNeeded,
    /// It went out of range or was switched off.
    #[error("the device went away")]
    Gone,
    /// A deadline passed.
    #[error("the device did not answer in time")]
    Timeout,
    /// The device no longer accepts our bond, or this machine has lost it: both are mended by pairing anew.
    #[error("the pairing with the device is lost")]
    BondLost,
    /// Connected, but it sends nothing although it should.
    #[error("the device is connected but sends nothing")]
    Silent,
    /// The device sends without pairing, so that anyone could send in its name, and that is not allowed here.
    #[error("the device sends without pairing, which is not allowed")]
    NotAllowed,
    /// The device encrypts what it sends, and no key was given.
    #[error("the device encrypts what it sends, and its key is not known")]
    KeyNeeded,
    /// The device encrypts what it sends with another key than the one that was given.
    #[error("the device's key is wrong")]
    WrongKey,
    /// The device does not take the code that opens the patient's place among its users.
    #[error("the device refuses the user's code")]
    ConsentRefused,
    /// The device has none of the services that we know.
    #[error("the device is of a kind that is not supported")]
    Unsupported,
    /// Anything else the radio reported.
    #[error("Bluetooth reported a failure")]
    Failed,
}

impl RadioFault {
    /// One of each.
    pub const ALL: [Self; 20] = [
        Self::NoService,
        Self::NoAdapter,
        Self::AdapterGone,
        Self::AdapterOff,
        Self::NotFound,
        Self::TwoAlike,
        Self::NotInPairingMode,
        Self::BondedElsewhere,
        Self::WrongCode,
        Self::CodeNeeded,
        Self::Gone,
        Self::Timeout,
        Self::BondLost,
        Self::Silent,
        Self::NotAllowed,
        Self::KeyNeeded,
        Self::WrongKey,
        Self::ConsentRefused,
        Self::Unsupported,
        Self::Failed,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_the_faults_stay_what_programs_know_them_by() {
        let names = [
            "no_service",
            "no_adapter",
            "adapter_gone",
            "adapter_off",
            "not_found",
            "two_alike",
            "not_in_pairing_mode",
            "bonded_elsewhere",
            "wrong_code",
            "code_needed",
            "gone",
            "timeout",
            "bond_lost",
            "silent",
            "not_allowed",
            "key_needed",
            "wrong_key",
            "consent_refused",
            "unsupported",
            "failed",
        ];
        assert_eq!(serde_json::json!(RadioFault::ALL), serde_json::json!(names));
    }
}
