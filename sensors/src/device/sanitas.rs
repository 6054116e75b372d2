//! Sanitas SBF 70 and SBF 75, Beurer BF 700, BF 710 and BF 800, of the kind that has 0xFFE1 of service 0xFFE0 (the
//! newer ones keep to the standard).
//!
//! A frame is: 0xE7 (0xF7 in BF 700 and BF 800), what it is, the content, the most significant byte first; the weight
//! is in steps of 50 g. 0x58 is the weight, with 0 once it is stable. 0x59 is the result in parts, of which the second
//! has the time in seconds since 1970, the weight, the impedance and the fat, and the third the rest of the
//! composition.
//!
//! Known: bytes of an SBF 70 with its display (KristianP26/ble-scale-sync@3cce009 beurer-sanitas.ts and its test,
//! issues 112 and 211); openScale@f7a733b2 BeurerSanitasHandler.kt. Not known: whether its time is local (so it is a
//! detail). Not built, and so no model of it is collected from: the conversation (greeting, time, users) and the
//! acknowledgement of each frame.

use dagsform_care::{Kind, Metric, Unit};

use super::{Layout, Maker, Said, Secrets, Standing};
use crate::codec::{DecodeError, reader::Reader};

pub(super) const MAKER: Maker = Maker { models: &[], loose: &[&FRAME] };

static FRAME: Layout =
    Layout { name: "sanitas-sbf70", aliases: &["beurer-sanitas", "beurer-bf710"], repeats: false, read };

fn read(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let mut reader = Reader::new(FRAME.name, bytes);
    let [start, what] = reader.array("head")?;
    if !matches!(start, 0xE7 | 0xF7) {
        return Err(DecodeError::Mismatch { of: FRAME.name, problem: "it does not begin with E7 or F7" });
    }
    match what {
        0x58 => {
            let flag = reader.u8("flag")?;
            let weight = reader.u16_be("weight")?;
            reader.finish()?;
            Ok(kilograms(flag == 0, weight).detail("stabilized", flag == 0))
        }
        0x59 => part(reader),
        _ => Ok(Said::new(Standing::Word).detail("operation", what).detail("content", reader.rest("content"))),
    }
}

fn part(mut reader: Reader<'_>) -> Result<Said, DecodeError> {
    let [parts, part] = reader.array("part")?;
    let said = match part {
        2 => {
            let time = reader.u32_be("time")?;
            let weight = reader.u16_be("weight")?;
            let said = kilograms(true, weight).detail("unix_time_s", time);
            let said = said.detail("impedance_ohm", reader.u16_be("impedance")?);
            said.number("fat_percent", reader.u16_be("fat")?, -1)
        }
        _ => Said::new(Standing::Word),
    };
    Ok(said.detail("part", part).detail("parts", parts).detail("content", reader.rest("content")))
}

fn kilograms(is_stable: bool, weight: u16) -> Said {
    let standing = match (is_stable, weight) {
        (false, _) => Standing::Interim(Kind::BodyWeight),
        (true, 0) => Standing::Refused("a placeholder"),
        (true, _) => Standing::Reading(Kind::BodyWeight),
    };
    Said::new(standing).value(Metric::BodyWeight, i64::from(weight) * 5, -2, Unit::Kilogram)
}
