//! QN (Yolanda), the maker of scales sold as Renpho Elis 1, ES-30M, ES-26M, GE CS 10 G "Fit Plus", Arboleaf and many
//! more.
//!
//! A frame is: what it is, its length, the content, the sum of all before. 0x10 is the weight, in two forms that the
//! length tells apart: 14 bytes with a state (2 is stable) and tenths of a kg, or fewer with a state (1 is stable) and
//! steps of 10 g; the most significant byte comes first. 0x23 is a record of the memory, 0xB4 one with the sweep of the
//! impedance; 0xB1 03 01 is the weighing that has just been, in the newest ones, the least significant byte first. Time
//! counts in seconds from 2000.
//!
//! Known: bytes of a Renpho Elis 1 and of a GE CS 10 G with its display (KristianP26/ble-scale-sync@3cce009 qn-scale.ts
//! and its test, issue 235); openScale@f7a733b2 QNHandler.kt and pull request 1502. The scale says in another frame
//! (0x12) whether the weight of 0x10 is in tenths or hundredths: the short form is read as the latter, the long one by
//! its size. Not built, and so no model of it is collected from: its handshake, which differs between firmwares and is
//! encrypted in the newest.

use dagsform_care::{Flag, Kind, Metric, Unit};

use super::{Layout, Maker, Said, Secrets, Standing, checksum};
use crate::codec::{DecodeError, reader::Reader};

pub(super) const MAKER: Maker = Maker { models: &[], loose: &[&FRAME] };

static FRAME: Layout =
    Layout { name: "qn-scale", aliases: &["qn", "renpho-elis-1", "renpho-es-30m"], repeats: false, read };

/// 2000-01-01 00:00:00 in seconds since 1970.
const EPOCH: i64 = 946_684_800;

fn read(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let wrong = |problem| DecodeError::Mismatch { of: FRAME.name, problem };
    let (check, framed) = bytes.split_last().ok_or(wrong("it is empty"))?;
    let mut reader = Reader::new(FRAME.name, framed);
    let [what, length] = reader.array("head")?;
    if usize::from(length) != bytes.len() {
        return Err(wrong("its length is not what it says"));
    }
    let said = match what {
        0x10 => weighing(reader, bytes.len())?,
        0x23 => {
            reader.array::<4>("record")?;
            let time = reader.u32("time")?;
            let said = reading(reader.u16_be("weight")?, -2).flag(Flag::FromStorage, true).at(since_2000(time));
            reader.u8("unknown")?;
            resistances(said, reader.u16("impedance")?, reader.u16("second impedance")?)
        }
        0xB1 if reader.array("part")? == [0x03, 0x01] => {
            reader.u8("unknown")?;
            reading(reader.u16("weight")?, -2)
        }
        0xB4 => {
            reader.array::<5>("record")?;
            let time = reader.u32("time")?;
            reading(reader.u16("weight")?, -2).flag(Flag::FromStorage, true).at(since_2000(time))
        }
        _ => Said::new(Standing::Word).detail("operation", what),
    };
    Ok(checksum::checked(said, checksum::sum(framed) == *check))
}

fn weighing(mut reader: Reader<'_>, length: usize) -> Result<Said, DecodeError> {
    reader.u8("protocol")?;
    let (is_stable, weight, exponent) = if length == 14 {
        reader.u8("unknown")?;
        let (state, weight) = (reader.u8("state")?, reader.u16_be("weight")?);
        // Some firmwares send hundredths also in this form; no scale of these weighs 300 kg.
        (state == 2, weight, if weight < 3000 { -1 } else { -2 })
    } else {
        let weight = reader.u16_be("weight")?;
        (reader.u8("state")? == 1, weight, -2)
    };
    let mut said = reading(weight, exponent);
    if !is_stable {
        said.standing = Standing::Interim(Kind::BodyWeight);
    }
    Ok(resistances(said, reader.u16_be("impedance")?, reader.u16_be("second impedance")?))
}

fn reading(weight: u16, exponent: i16) -> Said {
    let standing = match weight {
        0 => Standing::Refused("a placeholder"),
        _ => Standing::Reading(Kind::BodyWeight),
    };
    Said::new(standing).value(Metric::BodyWeight, weight, exponent, Unit::Kilogram)
}

fn resistances(said: Said, first: u16, second: u16) -> Said {
    said.detail("impedance_ohm", first).detail("impedance_second_ohm", second)
}

fn since_2000(seconds: u32) -> Option<chrono::NaiveDateTime> {
    chrono::DateTime::from_timestamp(i64::from(seconds).saturating_add(EPOCH), 0).map(|time| time.naive_utc())
}
