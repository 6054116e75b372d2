//! Soehnle: Shape Sense Connect 50, 100, 200 and Style Sense Connect 100.
//!
//! Recognised by their own service 352E3000-… with the characteristic 352E3001-…; commands go to 352E3002-…. A record
//! (mark 0x09) has the user, the time, the weight in steps of 100 g and two impedances, the most significant byte
//! first. They are asked for by 0x09 and the user's number, 1 to 7.
//!
//! Known: bytes of a Shape Sense Connect 200 with what its display showed (openScale issue 487), openScale@f7a733b2
//! SoehnleHandler.kt. While it weighs it sends mark 0x30 (and 0x0C) with the weight: one frame of each is known, so
//! they are never readings. Not known: the rest of those two marks, whether a record is sent again at the next asking.
//! Not built: creating a user (User Data Service); a user must have been set up with the maker's program.

use chrono::NaiveDate;
use dagsform_care::{Kind, Metric, Unit, User};

use super::{Channel, Layout, Maker, Model, Said, Secrets, Standing, Way, Write};
use crate::{
    characteristic::Characteristic,
    codec::{DecodeError, reader::Reader},
};

pub(super) const MAKER: Maker = Maker { models: &[SHAPE_SENSE], loose: &[] };

const SHAPE_SENSE: Model = Model {
    name: "Soehnle Shape Sense Connect, Style Sense Connect",
    kinds: &[Kind::BodyWeight],
    known: "bytes of a Shape Sense Connect 200",
    is: |seen| seen.serves(SERVICE) && seen.has(RECORDS),
    channels: &[Channel { characteristic: RECORDS, layout: &RECORD, way: Way::Readings }],
    opening: |_| (1..=7).map(|user| Write { characteristic: COMMANDS, bytes: vec![RECORD_MARK, user] }).collect(),
    layouts: &[&RECORD],
    ..Model::PLAIN
};

static RECORD: Layout = Layout { name: "soehnle-shape-sense", aliases: &[], repeats: false, read };

const SERVICE: Characteristic = Characteristic::own(0x352E_3000_28E9_40B8_A361_6DB4_CCA4_147C);
const RECORDS: Characteristic = Characteristic::own(0x352E_3001_28E9_40B8_A361_6DB4_CCA4_147C);
const COMMANDS: Characteristic = Characteristic::own(0x352E_3002_28E9_40B8_A361_6DB4_CCA4_147C);

const RECORD_MARK: u8 = 0x09;
const LIVE_MARK: u8 = 0x30;
const SETTLED_MARK: u8 = 0x0C;

fn read(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let mut reader = Reader::new(RECORD.name, bytes);
    match reader.u8("mark")? {
        RECORD_MARK => record(reader),
        LIVE_MARK => interim::<2>(reader),
        SETTLED_MARK => interim::<6>(reader),
        mark => Ok(Said::new(Standing::Word).detail("mark", mark).detail("content", reader.rest("content"))),
    }
}

fn record(mut reader: Reader<'_>) -> Result<Said, DecodeError> {
    let user = reader.u8("user")?;
    let year = reader.u16_be("year")?;
    let [month, day, hour, minute, second] = reader.array("time")?.map(u32::from);
    let weight = reader.u16_be("weight")?;
    let impedances = (reader.u16_be("impedance at 5 kHz")?, reader.u16_be("impedance at 50 kHz")?);
    reader.finish()?;
    let standing = match weight {
        0 => Standing::Refused("a placeholder"),
        _ => Standing::Reading(Kind::BodyWeight),
    };
    let date = NaiveDate::from_ymd_opt(year.into(), month, day);
    Ok(kilograms(standing, weight)
        .at(date.and_then(|date| date.and_hms_opt(hour, minute, second)))
        .by(User::Index(user))
        .detail("impedance_5khz_ohm", impedances.0)
        .detail("impedance_50khz_ohm", impedances.1))
}

/// A frame of the weighing itself; `BEFORE` bytes come between the mark and the weight.
fn interim<const BEFORE: usize>(mut reader: Reader<'_>) -> Result<Said, DecodeError> {
    let before = reader.array::<BEFORE>("before the weight")?;
    let weight = reader.u16_be("weight")?;
    Ok(kilograms(Standing::Interim(Kind::BodyWeight), weight)
        .detail("before", before.to_vec())
        .detail("after", reader.rest("after the weight")))
}

fn kilograms(standing: Standing, weight: u16) -> Said {
    Said::new(standing).value(Metric::BodyWeight, weight, -1, Unit::Kilogram)
}
