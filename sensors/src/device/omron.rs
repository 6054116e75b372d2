//! Omron.
//!
//! A part of the cuffs and scales keeps to the standard services (BP5250, BP7000, X2 Smart+, X4 Smart, SC-150;
//! StanfordSpezi/SpeziDevices@f6d0b16, derdilla/blood-pressure-monitor-fl@17aba3d0:docs/bluetooth.md): nothing is to be
//! said of them here but what they advertise. Their name is `BLESmart_` or `BLEsmart_`, then eight hexadecimal digits of
//! the model and twelve of the address; with a small `s` the device is in pairing mode, with a capital one it has
//! readings to give. The others keep their readings in a memory that is read block by block; the layouts of its records
//! are in `omron_record`.
//!
//! Told, not built: Manufacturer Data of company 0x020E that begins with 01, 02 or 06 has in its second byte bit 2
//! "clock not set" and bit 3 "pairing mode" (SpeziDevices and eigger/hass-omron@d6758ed agree; they do not on the number
//! of users in bits 0 and 1). The clock (0x2A2B) is taken only once in a connection, after its first notification
//! (SpeziDevices), and only if it is off by more than ten minutes (weliem/blessed-android@44bba83). X4 Smart forgets
//! what it has sent. Record Access Control Point of Omron's option service: get the last sequence number (0x10).
//!
//! Not known: how the memory is unlocked and read, index and unread counter differ by model (see hass-omron and
//! userx14/omblepy@708c13e); no such model is collected from.

use super::{Layout, Maker, Said, Secrets, Standing, omron_record};
use crate::codec::DecodeError;

pub(super) const MAKER: Maker = Maker {
    models: &[],
    loose: &[
        &ADVERTISED_NAME,
        &omron_record::VITAL_14LE,
        &omron_record::VITAL_14BIT_BE,
        &omron_record::VITAL_16LE,
        &omron_record::VITAL_16_6401,
        &omron_record::VITAL_24_HEARTGUIDE,
    ],
};

/// What a device is ready for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OmronMode {
    /// To be paired.
    Pairing,
    /// To give its readings to whom it is paired with.
    Transfer,
}

/// What a device is ready for, by the name that it advertises; `None` for a name that says nothing of it.
pub fn omron_mode(name: &str) -> Option<OmronMode> {
    match name.get(..PREFIX)? {
        "BLEsmart_" => Some(OmronMode::Pairing),
        "BLESmart_" => Some(OmronMode::Transfer),
        _ => None,
    }
}
const PREFIX: usize = 9;

static ADVERTISED_NAME: Layout =
    Layout { name: "omron-advertised-name", aliases: &["omron"], repeats: false, read: advertised_name };

fn advertised_name(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let of = ADVERTISED_NAME.name;
    let mismatch = |problem| DecodeError::Mismatch { of, problem };
    let name = std::str::from_utf8(bytes).map_err(|_| mismatch("it is no text"))?;
    let mode = omron_mode(name).ok_or(mismatch("it begins with neither BLESmart_ nor BLEsmart_"))?;
    let digits = name.get(PREFIX..).filter(|rest| rest.bytes().all(|digit| digit.is_ascii_hexdigit()));
    let (model, mac) = digits
        .filter(|digits| digits.len() == 20)
        .and_then(|digits| digits.split_at_checked(8))
        .ok_or(mismatch("not twenty hexadecimal digits of model and address"))?;
    let mode = match mode {
        OmronMode::Pairing => "pairing",
        OmronMode::Transfer => "transfer",
    };
    Ok(Said::new(Standing::Word).detail("name", name).detail("mode", mode).detail("model", model).detail("mac", mac))
}
