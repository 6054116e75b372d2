//! The port through which raw bytes leave this room: whoever implements it commits them.

use async_trait::async_trait;
use chrono::{DateTime, FixedOffset};
use dagsform_care::{DeviceId, Identity, Reading};
use serde::{Deserialize, Serialize};

/// One value of a characteristic, as received, nothing interpreted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawFrame {
    /// The assigned device that sent it.
    pub device: DeviceId,
    /// The characteristic's 16-bit assigned number, e.g. 0x2A5E.
    pub characteristic: u16,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// When the program received them, by the tablet's clock.
    pub received: DateTime<FixedOffset>,
    /// They came in answer to a request for the device's memory.
    pub from_storage: bool,
    /// How many records with the same canonical bytes (transport-dependent bits left out) came before
    /// this one in the same transfer of the memory; 0 for a live frame.
    pub ordinal: u32,
}

/// What became of a frame. Every variant is said only after the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// A new reading is in the record, with its outbox entry.
    Saved(Box<Reading>),
    /// The record had this reading already; nothing was added.
    Known(Identity),
    /// The bytes are kept, but no codec understands them.
    Undecodable {
        /// Why, for the log and the fault on the screen.
        reason: String,
    },
}

/// Why a frame could not be committed. The collector must not go on taking from the device then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SinkError {
    /// The disk is full.
    #[error("the disk is full; free some space")]
    Full,
    /// The record can be read but not written.
    #[error("the record is read-only; check the permissions of its folder")]
    ReadOnly,
    /// The record is damaged.
    #[error("the record is damaged ({0}); keep a copy of its folder and call the follow-up service")]
    Damaged(String),
    /// The device is not assigned to this patient.
    #[error("the device {0} is not assigned")]
    NotAssigned(DeviceId),
    /// The record has been closed: the program is ending.
    #[error("the record is closed")]
    Closed,
    /// Something else of the record's.
    #[error("the record could not be written: {0}")]
    Other(String),
}

/// Commits raw frames, and what they mean.
#[async_trait]
pub trait FrameSink: Send + Sync + 'static {
    /// Commits the raw frame first, then the reading made of it with its outbox entry.
    ///
    /// Returns only after the commit. A frame taken once more (same device, record and ordinal) is
    /// [`Taken::Known`].
    async fn take(&self, frame: RawFrame) -> Result<Taken, SinkError>;

    /// Keeps what the device said of itself (device information, battery). Best effort: a failure
    /// here loses no reading.
    async fn describe(
        &self,
        device: &DeviceId,
        information: &dagsform_care::DeviceInformation,
    ) -> Result<(), SinkError>;
}
