//! Records of Omron's memories.
//!
//! All but one begin with the same eight bytes: systolic less 25, diastolic, pulse, year since 2000 in six bits, then
//! two words. The first has, from its lowest bit, hour (5 bits), day (5), month (4), irregular pulse, movement; the
//! second has second (6), minute (6), cuff fits, battery, position (2). Known from eigger/hass-omron@d6758ed
//! (record_parsers.py, its tests, issues 7, 13, 71, 92) and userx14/omblepy@708c13e (deviceSpecific, issue 55):
//!
//! - `14le`: HEM-7142T2, 7144T2, 7146T2. Bytes 10 and 11 count the records; byte 12 is the sum of those before it. The
//!   sum, which neither project names, is right in all fourteen records that they show.
//! - `14bit-be`: HEM-7322T, 7600T, 7530T, 6232T and their kin. The same with the two bytes of each word exchanged, the
//!   sum too: right in all seven records shown, of two models. omblepy has irregular pulse and movement the other way
//!   round for HEM-6232T alone.
//! - `16le`: HEM-7150T, 7155T, 7342T, 7361T, 7188T1. One record is shown; what its last eight bytes say is not known.
//! - `16-6401`, `24-heartguide` (HEM-9601T, 9700T): from the maker's tables by way of hass-omron; no bytes of a device.
//!
//! Not known: what the other bytes say (`unknown`), whether "cuff fits" is ever set on a cuff that cannot tell, the
//! scale of `position`; which of its users has measured, for that is in the record's address.

use dagsform_care::{Flag, Kind, Metric, Unit};

use super::{Layout, Said, Secrets, Standing, checksum::sum, date::since_2000};
use crate::codec::{DecodeError, reader::Reader};

pub(super) static VITAL_14LE: Layout =
    Layout { name: "omron-classic-vital-14le", aliases: &["omron-classic-vital-14"], repeats: false, read: vital_14le };
pub(super) static VITAL_14BIT_BE: Layout = Layout {
    name: "omron-classic-vital-14bit-be",
    aliases: &["omron-classic-vital-14-bitpacked", "omron-classic-vital-14-6232"],
    repeats: false,
    read: vital_14bit_be,
};
pub(super) static VITAL_16LE: Layout =
    Layout { name: "omron-classic-vital-16le", aliases: &["omron-classic-vital-16"], repeats: false, read: vital_16le };
pub(super) static VITAL_16_6401: Layout =
    Layout { name: "omron-classic-vital-16-6401", aliases: &["omron-hem-6401t"], repeats: false, read: vital_16_6401 };
pub(super) static VITAL_24_HEARTGUIDE: Layout = Layout {
    name: "omron-classic-vital-24-heartguide",
    aliases: &["omron-classic-vital-24", "omron-heartguide", "omron-heartguide-24"],
    repeats: false,
    read: vital_24_heartguide,
};

const PLACEHOLDER: &str = "a placeholder";
/// Systolic pressures above it, less 25, mark an empty place.
const HIGHEST: u8 = 0xE1;

fn vital_14le(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let record = whole::<14>(VITAL_14LE.name, bytes)?;
    let [.., low, high, _, _] = record;
    let mut said = vital_14(VITAL_14LE.name, record)?;
    said.sequence = Some(u32::from(u16::from_le_bytes([low, high])));
    Ok(said)
}

fn vital_14bit_be(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n] = whole::<14>(VITAL_14BIT_BE.name, bytes)?;
    vital_14(VITAL_14BIT_BE.name, [b, a, d, c, f, e, h, g, j, i, l, k, n, m])
}

fn vital_14(of: &'static str, record: [u8; 14]) -> Result<Said, DecodeError> {
    let mut r = Reader::new(of, &record);
    let said = vital(r.array("vital")?);
    let unknown: [u8; 4] = r.array("unknown")?;
    let crc_ok = r.u8("checksum")? == record.first_chunk::<12>().map_or(0, |before| sum(before));
    let said = said.detail("unknown", unknown.to_vec()).detail("crc_ok", crc_ok);
    Ok(if crc_ok { said } else { refuse(said, "the checksum is wrong") })
}

fn vital_16le(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let mut r = Reader::new(VITAL_16LE.name, bytes);
    let said = vital(r.array("vital")?);
    let unknown: [u8; 8] = r.array("unknown")?;
    r.finish()?;
    Ok(said.detail("unknown", unknown.to_vec()))
}

fn vital_16_6401(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let record = whole::<16>(VITAL_16_6401.name, bytes)?;
    let [year, month, day, hour, minute, second, systolic, diastolic, pulse, _, _, status, ..] = record;
    let said = measured(systolic, diastolic, pulse)
        .at(since_2000([year, month, day, hour, minute, second]))
        .flag(Flag::IrregularPulse, status & 0b11 != 0)
        .flag(Flag::BodyMovement, status & 0b1100 != 0);
    let empty = systolic > HIGHEST || record.iter().take(9).all(|byte| *byte == 0);
    Ok(if empty { refuse(said, PLACEHOLDER) } else { said })
}

fn vital_24_heartguide(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let mut r = Reader::new(VITAL_24_HEARTGUIDE.name, bytes);
    let mut said = vital(r.array("vital")?);
    let _: [u8; 2] = r.array("unknown")?;
    said.sequence = Some(u32::from(r.u16("sequence_number")?));
    let _: [u8; 5] = r.array("unknown")?;
    let error = r.u8("error")?;
    let _: [u8; 6] = r.array("unknown")?;
    r.finish()?;
    let said = said.detail("error_code", error);
    Ok(if error == 0 { said } else { refuse(said, "the device says that measuring failed") })
}

/// What the eight bytes say that the records begin with.
fn vital([systolic, diastolic, pulse, year, date_low, date_high, time_low, time_high]: [u8; 8]) -> Said {
    let date = u16::from_le_bytes([date_low, date_high]);
    let clock = u16::from_le_bytes([time_low, time_high]);
    let year = year & 0x3F;
    let [month, day, hour] = [bits(date, 10, 4), bits(date, 5, 5), bits(date, 0, 5)];
    // Seconds go up to 63 (omblepy).
    let [minute, second] = [bits(clock, 6, 6), bits(clock, 0, 6).min(59)];
    let said = measured(systolic, diastolic, pulse)
        .at(since_2000([year, month, day, hour, minute, second]))
        .flag(Flag::IrregularPulse, bits(date, 14, 1) == 1)
        .flag(Flag::BodyMovement, bits(date, 15, 1) == 1)
        .detail("battery_low", bits(clock, 13, 1) == 1)
        .detail("position", bits(clock, 14, 2));
    if systolic > HIGHEST || (diastolic, pulse, year, date, clock) == (0, 0, 0, 0, 0) {
        return refuse(said, PLACEHOLDER);
    }
    said.flag(Flag::CuffTooLoose, bits(clock, 12, 1) == 0)
}

fn measured(systolic: u8, diastolic: u8, pulse: u8) -> Said {
    Said::new(Standing::Reading(Kind::BloodPressure))
        .value(Metric::Systolic, u16::from(systolic).saturating_add(25), 0, Unit::MillimetreOfMercury)
        .value(Metric::Diastolic, diastolic, 0, Unit::MillimetreOfMercury)
        .value(Metric::PulseRateByCuff, pulse, 0, Unit::PerMinute)
}

/// So many bits of a word, counted from its lowest; at most eight.
fn bits(word: u16, from: u32, count: u32) -> u8 {
    let [low, _] = word.wrapping_shr(from).to_le_bytes();
    low & u8::MAX.wrapping_shr(8_u32.saturating_sub(count))
}

/// Refuses a reading; what is refused already keeps its reason.
fn refuse(mut said: Said, reason: &'static str) -> Said {
    if matches!(said.standing, Standing::Reading(_)) {
        said.standing = Standing::Refused(reason);
    }
    said
}

/// The bytes, if they are so many.
fn whole<const N: usize>(of: &'static str, bytes: &[u8]) -> Result<[u8; N], DecodeError> {
    let mut reader = Reader::new(of, bytes);
    let record = reader.array("record")?;
    reader.finish()?;
    Ok(record)
}
