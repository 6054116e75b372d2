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
    /// The adapter is switched off.
    #[error("Bluetooth is switched off")]
    AdapterOff,
    /// No device with that address or name was seen within the deadline.
    #[error("the device was not found")]
    NotFound,
    /// The device did not let us pair: it is not in its pairing mode.
    #[error("the device is not in pairing mode")]
    NotInPairingMode,
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
    /// Connected, but the device no longer accepts our bond, or we have lost it.
    #[error("the pairing with the device is lost")]
    BondLost,
    /// Connected, but it sends nothing although it should.
    #[error("the device is connected but sends nothing")]
    Silent,
    /// The device sends without pairing, so that anyone could send in its name, and that is not allowed here.
    #[error("the device sends without pairing, which is not allowed")]
    NotAllowed,
    /// The device has none of the services that we know.
    #[error("the device is of a kind that is not supported")]
    Unsupported,
    /// Anything else the radio reported.
    #[error("Bluetooth reported a failure")]
    Failed,
}
