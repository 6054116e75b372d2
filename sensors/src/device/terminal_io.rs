//! Terminal I/O, Telit's serial line over Bluetooth Low Energy: service FEFB, which many makers' devices have.
//!
//! Whoever sends needs a credit for each value, and the other side grants them: the device by indicating, we by writing.
//! It sends once we have subscribed to its credits and to its data and have granted some. By Telit 30507ST10753A, as
//! carried out in the driver of btzen (GitHub file 7817059071).

use super::{Channel, Layout, Said, Secrets, Seen, Standing, Way, Write};
use crate::{
    characteristic::Characteristic,
    codec::{DecodeError, reader::Reader},
};

const SERVICE: Characteristic = Characteristic::assigned(0xFEFB);
const TO_DEVICE: Characteristic = Characteristic::own(0x00000001_0000_1000_8000_008025000000);
const CREDITS_TO_DEVICE: Characteristic = Characteristic::own(0x00000003_0000_1000_8000_008025000000);
const CREDITS_FROM_DEVICE: Characteristic = Characteristic::own(0x00000004_0000_1000_8000_008025000000);

/// Where the device's data come.
pub(super) const FROM_DEVICE: Characteristic = Characteristic::own(0x00000002_0000_1000_8000_008025000000);

/// The channel on which the device grants credits; it must be listened to.
pub(super) const CREDITS_CHANNEL: Channel =
    Channel { characteristic: CREDITS_FROM_DEVICE, layout: &CREDITS, way: Way::Readings };

/// What the device grants.
pub(super) static CREDITS: Layout =
    Layout { name: "telit-terminal-io-credits", aliases: &[], repeats: false, read: credits };

/// Whether the device talks so.
pub(super) fn spoken(seen: &Seen<'_>) -> bool {
    let all = [TO_DEVICE, FROM_DEVICE, CREDITS_TO_DEVICE, CREDITS_FROM_DEVICE];
    seen.serves(SERVICE) && all.into_iter().all(|characteristic| seen.has(characteristic))
}

/// Lets the device send so many values.
pub(super) fn grant(credits: u8) -> Write {
    Write { characteristic: CREDITS_TO_DEVICE, bytes: vec![credits] }
}

/// Sends bytes to the device.
pub(super) fn send(bytes: &[u8]) -> Write {
    Write { characteristic: TO_DEVICE, bytes: bytes.to_vec() }
}

fn credits(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let mut reader = Reader::new(CREDITS.name, bytes);
    let credits = reader.u8("credits")?;
    reader.finish().map(|()| Said::new(Standing::Word).detail("credits", credits))
}
