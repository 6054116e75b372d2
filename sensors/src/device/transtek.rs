//! Transtek (Lifesense), the maker of scales that Medisana, ADE, Trisa and Greater Goods sell under their names: how
//! their bytes lie. The models are in their sellers' files.
//!
//! A scale of this kind has a weight characteristic (0x8A21, or 0x8A24 in the newer ones), one for the composition of
//! the same weighing (0x8A22), one for commands (0x8A81) and one for its events (0x8A82). Flags say which fields follow
//! the weight, a FLOAT. The same four bytes of a composition are its time, whose top byte is never that of a negative
//! exponent before 2078: so both are told apart. What follows the last field is zeros.
//!
//! Known: openScale wiki "Medisana BS444"; openScale@f7a733b2 MedisanaBs44xHandler.kt, WeightGurusA3Handler.kt (the
//! fields in full), TrisaBodyAnalyzeHandler.kt. The time counts from 2010, in a BS 430 from 1970: told apart by its
//! size until 2050. Not known: whether other units than kg change the number itself (the wiki says so), what the status
//! byte says beyond bit 0, stable.

use chrono::{FixedOffset, NaiveDateTime};
use dagsform_care::{Kind, Metric, Quantity, Unit, User, Value};

use super::{Said, Standing, Write};
use crate::codec::{DecodeError, reader::Reader};

/// Where commands are written.
pub(super) const COMMAND: u16 = 0x8A81;
/// Where the composition comes.
pub(super) const COMPOSITION: u16 = 0x8A22;

const SET_TIME: u8 = 0x02;
/// 2010-01-01 00:00:00 in seconds since 1970.
const EPOCH: i64 = 1_262_304_000;

pub(super) fn command(bytes: Vec<u8>) -> Write {
    Write { characteristic: COMMAND.into(), bytes }
}

/// Local time, so that the stamps of the records are local.
pub(super) fn set_time(now: chrono::DateTime<FixedOffset>) -> Write {
    let seconds = now.naive_local().and_utc().timestamp().saturating_sub(EPOCH);
    let mut bytes = vec![SET_TIME];
    bytes.extend(u32::try_from(seconds).unwrap_or_default().to_le_bytes());
    command(bytes)
}

/// Reads a weight or a composition of the layout that is named `of`.
pub(super) fn read(of: &'static str, bytes: &[u8]) -> Result<Said, DecodeError> {
    let mut reader = Reader::new(of, bytes);
    let flags = reader.u8("flags")?;
    let negative_exponent = bytes.get(4).is_some_and(|byte| *byte >= 0x80);
    let said = if negative_exponent { weight(of, &mut reader, flags)? } else { composition(&mut reader, flags)? };
    match reader.rest("padding") {
        rest if rest.iter().all(|byte| *byte == 0) => Ok(said),
        rest => Ok(said.detail("rest", rest)),
    }
}

fn weight(of: &'static str, reader: &mut Reader<'_>, flags: u8) -> Result<Said, DecodeError> {
    let value = reader.float("weight")?;
    // Bits 5 and 6: kg, lb, stones.
    let (standing, unit) = match ((flags >> 5) & 3, value) {
        (_, Value::Number(number)) if number.mantissa == 0 => (Standing::Refused("a placeholder"), Unit::Kilogram),
        (0, _) => (Standing::Reading(Kind::BodyWeight), Unit::Kilogram),
        (1, _) => (Standing::Reading(Kind::BodyWeight), Unit::Pound),
        _ => return Err(DecodeError::Mismatch { of, problem: "it is in a unit that is not known here" }),
    };
    let mut said = Said::new(standing).quantity(Metric::BodyWeight, Quantity { value, unit });
    for bit in 0..5 {
        if flags & (1 << bit) == 0 {
            continue;
        }
        if reader.remaining() == 0 {
            // Seen in logs that keep the first bytes only: the weight is there to be read, not to be sent.
            said.standing = Standing::Refused("the frame is cut short");
            break;
        }
        said = match bit {
            0 => said.at(time(reader.u32("time")?)),
            1 => decimal(said, "difference_kg", reader.float("difference")?),
            2 => decimal(said, "impedance_ohm", reader.float("impedance")?),
            3 => said.by(user(reader.u8("user")?)),
            _ => status(said, reader.u8("status")?),
        };
    }
    Ok(said)
}

fn composition(reader: &mut Reader<'_>, flags: u8) -> Result<Said, DecodeError> {
    let mut said = Said::new(Standing::Word).at(time(reader.u32("time")?));
    for bit in (0..8).filter(|bit| flags & (1 << bit) != 0) {
        said = match bit {
            0 => said.by(user(reader.u8("user")?)),
            1 => said.detail("basal_metabolism_kcal", reader.u16("basal metabolism")?),
            2 => decimal(said, "fat_percent", reader.sfloat("fat")?),
            3 => decimal(said, "water_percent", reader.sfloat("water")?),
            4 => decimal(said, "visceral_fat_level", reader.sfloat("visceral fat")?),
            5 => decimal(said, "muscle_percent", reader.sfloat("muscle")?),
            6 => decimal(said, "bone_percent", reader.sfloat("bone")?),
            _ => said.detail("battery_percent", reader.u8("battery")?),
        };
    }
    Ok(said)
}

fn status(said: Said, status: u8) -> Said {
    said.detail("status", status).detail("stabilized", status & 1 != 0)
}

fn decimal(said: Said, name: &'static str, value: Value) -> Said {
    match value {
        Value::Number(number) => said.number(name, number.mantissa, number.exponent),
        Value::Special(_) => said,
    }
}

fn user(index: u8) -> User {
    if index == 0xFF { User::Unknown } else { User::Index(index) }
}

fn time(seconds: u32) -> Option<NaiveDateTime> {
    let seconds = i64::from(seconds);
    let since_1970 = if seconds >= EPOCH { seconds } else { seconds.saturating_add(EPOCH) };
    chrono::DateTime::from_timestamp(since_1970, 0).map(|time| time.naive_utc())
}
