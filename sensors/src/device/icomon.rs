//! Icomon (Elink, Lefu), the maker of scales sold as Swan, Icomon, YG, Hutbit, Dr Trust, FitTrack, Taylor. They have
//! service 0xFFB0 in common, not what the numbers mean: so only the bytes are here, and no model but FitTrack's.
//!
//! A frame has 8 bytes: AC 02, four of content, a channel, the sum of these five. Channel 0xCE is a weight that may
//! still change, 0xCA the final one, 0xCB what else was measured (FD 01: the impedance), 0xCC commands and their echo.
//! Taylor's 5331891 sends 20 bytes: AC 27, 0x80 where the weight is final, one bit and two bytes of grams.
//!
//! Known: openScale@f7a733b2 MGBHandler.kt (hundredths of a kg), FitTrackDaraHandler.kt (tenths of the unit shown),
//! TaylorBIAHandler.kt with their tests; KristianP26/ble-scale-sync@3cce009 hutbit.ts, issues 254 and 322 (tenths of a
//! kg). Not known: what tells the divisors apart, Taylor's last three bytes. Not built: the composition of 20 bytes.

use dagsform_care::{Kind, Metric, Unit};

use super::{Layout, Maker, Said, Secrets, Standing, checksum};
use crate::codec::{DecodeError, reader::Reader};

pub(super) const MAKER: Maker = Maker { models: &[], loose: &[&MGB, &HUTBIT, &TAYLOR] };

static MGB: Layout = Layout {
    name: "icomon-mgb",
    aliases: &["mgb", "dr-trust-505"],
    repeats: false,
    read: |bytes, _| read("icomon-mgb", bytes, -2, Unit::Kilogram),
};
static HUTBIT: Layout =
    Layout { name: "hutbit", aliases: &[], repeats: false, read: |bytes, _| read("hutbit", bytes, -1, Unit::Kilogram) };
static TAYLOR: Layout = Layout { name: "taylor-bia", aliases: &["taylor-5331891"], repeats: false, read: read_taylor };

const LIVE: u8 = 0xCE;
const FINAL: u8 = 0xCA;
const MEASURED: u8 = 0xCB;
const COMMAND: u8 = 0xCC;

/// A command to such a scale.
pub(super) fn command(content: [u8; 4]) -> Vec<u8> {
    let [a, b, c, d] = content;
    vec![0xAC, 0x02, a, b, c, d, COMMAND, checksum::sum(&[a, b, c, d, COMMAND])]
}

/// Reads a frame of 8 bytes of the layout that is named `of`, whose weight is in 10^`exponent` of `unit`.
pub(super) fn read(of: &'static str, bytes: &[u8], exponent: i16, unit: Unit) -> Result<Said, DecodeError> {
    let [0xAC, 0x02, a, b, c, d, channel, check] = *bytes else {
        return Err(DecodeError::Mismatch { of, problem: "it is no frame of 8 bytes that begins with AC 02" });
    };
    let first = u16::from_be_bytes([a, b]);
    let said = match (channel, a, b) {
        (LIVE, ..) => weight(Standing::Interim(Kind::BodyWeight), first, exponent, unit),
        (FINAL, ..) if first == 0 => weight(Standing::Refused("a placeholder"), first, exponent, unit),
        (FINAL, ..) => weight(Standing::Reading(Kind::BodyWeight), first, exponent, unit),
        (MEASURED, 0xFD, 0x01) => Said::new(Standing::Word).detail("impedance_ohm", u16::from_be_bytes([c, d])),
        _ => Said::new(Standing::Word).detail("channel", channel).detail("content", vec![a, b, c, d]),
    };
    Ok(checksum::checked(said, checksum::sum(&[a, b, c, d, channel]) == check))
}

fn weight(standing: Standing, number: u16, exponent: i16, unit: Unit) -> Said {
    Said::new(standing).value(Metric::BodyWeight, number, exponent, unit)
}

fn read_taylor(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let mut reader = Reader::new(TAYLOR.name, bytes);
    if reader.array("head")? != [0xAC, 0x27] {
        return Err(DecodeError::Mismatch { of: TAYLOR.name, problem: "it does not begin with AC 27" });
    }
    let [state, channel] = reader.array("state")?;
    let low = reader.u16_be("weight")?;
    let rest = reader.rest("rest");
    let grams = (u32::from(channel & 1) << 16) | u32::from(low);
    let standing = match (state, channel | 1, grams) {
        (0x00, 0x8D, _) => Standing::Interim(Kind::BodyWeight),
        (0x80, 0x8D, 0) => Standing::Refused("a placeholder"),
        (0x80, 0x8D, _) => Standing::Reading(Kind::BodyWeight),
        // A summary of the weighing, and what else there may be.
        _ => return Ok(Said::new(Standing::Word).detail("state", state).detail("content", rest)),
    };
    Ok(Said::new(standing).value(Metric::BodyWeight, grams, -3, Unit::Kilogram).detail("rest", rest))
}
