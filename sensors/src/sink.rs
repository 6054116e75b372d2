//! The port through which raw bytes leave this room: whoever implements it commits them.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, FixedOffset};
use dagsform_care::{DeviceId, Identity, Reading};
use serde::{Deserialize, Serialize};

use crate::codec::{Format, racp};

/// The same bytes of an advertisement within so long are the same measurement, said again.
pub const REPEATS: Duration = Duration::from_secs(600);

/// One value of a characteristic, or one frame of a maker's, as received, nothing interpreted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawFrame {
    /// The assigned device that sent it.
    pub device: DeviceId,
    /// How the bytes are to be read.
    pub format: Format,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The Glucose Measurement Context (0x2A34) with the same sequence number, where these bytes are a
    /// Glucose Measurement (0x2A18) and it followed in time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Vec<u8>>,
    /// When the program received them, by the tablet's clock.
    pub received: DateTime<FixedOffset>,
    /// They came out of the device's memory: in answer to a request for it, or by themselves with a time
    /// that is not now. When they were received then says nothing about when they were measured.
    pub from_storage: bool,
    /// How many records with the same canonical bytes (transport-dependent bits left out) came before
    /// this one in the same transfer of the memory; 0 for a live frame, and for a record whose own number
    /// or time shows that the device has sent it twice.
    pub ordinal: u32,
}

impl RawFrame {
    /// Whether the device sends the same record again when its memory is asked for the next time.
    ///
    /// Where it does not, equal bytes at an equal place are no proof of a repetition: a cuff whose clock is
    /// not set sends the same bytes for the same pressures on another day.
    pub fn comes_again(&self) -> bool {
        self.from_storage && self.format.characteristic().is_some_and(racp::reports)
    }
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

/// The last record of a device's memory when the memory was last fetched to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewestRecord {
    /// The device's own number of it. Numbers begin anew; this one alone proves nothing.
    pub sequence: u16,
    /// The reading that was made of it.
    pub identity: Identity,
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

    /// Keeps that all of the device's memory up to this record has been fetched and committed. Best effort: after a
    /// failure more is fetched the next time than need be.
    async fn fetched(&self, device: &DeviceId, newest: NewestRecord) -> Result<(), SinkError> {
        let _ = (device, newest);
        Ok(())
    }

    /// What was kept last by [`FrameSink::fetched`]; `None`: the memory is fetched whole.
    async fn newest_record(&self, device: &DeviceId) -> Result<Option<NewestRecord>, SinkError> {
        let _ = device;
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(characteristic: u16, from_storage: bool, context: Option<Vec<u8>>) -> RawFrame {
        RawFrame {
            device: DeviceId::parse("F0:F1:F2:F3:F4:F5").unwrap(),
            format: characteristic.into(),
            bytes: vec![0],
            context,
            received: DateTime::parse_from_rfc3339("2026-11-23T08:00:00+01:00").unwrap(),
            from_storage,
            ordinal: 0,
        }
    }

    #[test]
    fn only_what_is_fetched_from_a_memory_comes_again() {
        for (characteristic, from_storage, again) in [
            (0x2A5E, true, true),
            (0x2A18, true, true),
            (0x2A18, false, false),
            (0x2A35, true, false),
            (0x2A9D, true, false),
            (0x2A1C, true, false),
        ] {
            assert_eq!(frame(characteristic, from_storage, None).comes_again(), again, "{characteristic:04X}");
        }
    }

    #[test]
    fn a_frame_from_before_there_were_contexts_is_still_read() {
        let mut old = serde_json::to_value(frame(0x2A5E, false, None)).unwrap();
        assert!(old.as_object_mut().unwrap().remove("context").is_none());
        assert_eq!(serde_json::from_value::<RawFrame>(old).unwrap(), frame(0x2A5E, false, None));
        let new = frame(0x2A18, true, Some(vec![2, 1, 0, 3]));
        assert_eq!(serde_json::from_value::<RawFrame>(serde_json::to_value(&new).unwrap()).unwrap(), new);
    }
}
