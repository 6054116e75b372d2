//! Huawei Scale 2 Pro, Scale 3, Scale 3 Pro ("Hagrid") and AH100 / CH100: what they send, after decryption.
//!
//! Hagrid: weight in steps of 10 g, fat in tenths of a per cent, the time, then either the heart rate at the end of 26
//! bytes or impedances. AH100: the user, weight and fat in tenths, the time with the day of the week, the impedance.
//!
//! Known: bytes of one weighing of a Scale 3, and made-up ones of an AH100 in the layout that a user confirmed
//! (openScale@f7a733b2 HuaweiHagridWspLib.kt, HuaweiAhCh100Handler.kt with their tests). Not built, and so no model of
//! them is collected from: keys, encryption and framing, for which the maker's secrets are needed.

use chrono::NaiveDateTime;
use dagsform_care::{Kind, Metric, Unit, User};

use super::{Layout, Maker, Said, Secrets, Standing};
use crate::codec::{DateTime, DecodeError, reader::Reader};

pub(super) const MAKER: Maker = Maker { models: &[], loose: &[&HAGRID, &AH100] };

static HAGRID: Layout = Layout {
    name: "huawei-hagrid-plain",
    aliases: &["huawei-hagrid", "huawei-scale-3"],
    repeats: false,
    read: read_hagrid,
};
static AH100: Layout = Layout {
    name: "huawei-ah100-plain",
    aliases: &["huawei-ah-ch100", "huawei-ah100"],
    repeats: false,
    read: read_ah100,
};

fn read_hagrid(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let mut reader = Reader::new(HAGRID.name, bytes);
    let (weight, fat) = (reader.u16("weight")?, reader.u16("fat")?);
    let time = DateTime::read(&mut reader, "time")?;
    let rest = reader.array::<15>("impedances and heart rate")?;
    reader.finish()?;
    let [.., low, high] = rest;
    Ok(said(weight, -2, fat, time.time())
        .detail("heart_rate", u16::from_le_bytes([low, high]))
        .detail("rest", rest.to_vec()))
}

fn read_ah100(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let mut reader = Reader::new(AH100.name, bytes);
    let user = reader.u8("user")?;
    let (weight, fat) = (reader.u16("weight")?, reader.u16("fat")?);
    let time = DateTime::read(&mut reader, "time")?;
    reader.u8("day of the week")?;
    let impedance = reader.u16("impedance")?;
    reader.finish()?;
    Ok(said(weight, -1, fat, time.time()).by(User::Index(user)).detail("impedance_ohm", impedance))
}

fn said(weight: u16, exponent: i16, fat: u16, time: Option<NaiveDateTime>) -> Said {
    let standing = match weight {
        0 => Standing::Refused("a placeholder"),
        _ => Standing::Reading(Kind::BodyWeight),
    };
    Said::new(standing).value(Metric::BodyWeight, weight, exponent, Unit::Kilogram).at(time).number(
        "fat_percent",
        fat,
        -1,
    )
}
