//! Renpho R-MSC04, ES-26BB, ES-CS20M (the last two also by other sellers).
//!
//! Recognised by service 0x1A10 with 0x2A10 (notified), 0x2A11 (written) and, in the R-MSC04 alone, 0x2A12 (indicated).
//! A frame is: 55 AA, what it is, the length of the content in two bytes, the content, the sum of all before. The
//! number of 10 g is its last two bytes in 0x21 (live) and 0x24 (final) of the R-MSC04, its bytes 1 to 4 after a state
//! in 0x14 of the others (1 and 0x11 are final), and its first four in 0x15, weighed some seconds ago while nobody
//! listened.
//!
//! Known: bytes of an R-MSC04 (KristianP26/ble-scale-sync@3cce009 renpho-msc04.ts and its test); the others from the
//! programs only (openScale@f7a733b2 RenphoES26BBHandler.kt, ble-scale-sync es-cs20m.ts). Some ES-CS20M never set the
//! state and say that they are done by 0x11: those give no reading here. Not known: the R-MSC04's composition (0x26).
//! What is stored (0x15) says no time but its age, and is acknowledged, or the scale sends it again.

use dagsform_care::{Flag, Kind, Metric, Unit};

use super::{Channel, Layout, Maker, Model, Said, Secrets, Standing, Way, Write, checksum};
use crate::{
    characteristic::Characteristic,
    codec::{DecodeError, reader::Reader},
};

pub(super) const MAKER: Maker = Maker { models: &[MSC04, ES26BB], loose: &[] };

const MSC04: Model = Model {
    name: "Renpho R-MSC04",
    kinds: &[Kind::BodyWeight],
    known: "bytes of the device",
    is: |seen| seen.serves(0x1A10) && seen.has(WRITTEN) && seen.has(INDICATED),
    channels: &[channel(NOTIFIED, &MSC04_FRAME), channel(INDICATED, &MSC04_FRAME)],
    opening: |_| vec![start()],
    layouts: &[&MSC04_FRAME],
    ..Model::PLAIN
};

const ES26BB: Model = Model {
    name: "Renpho ES-26BB, ES-CS20M",
    kinds: &[Kind::BodyWeight],
    known: "no bytes; as other programs read them",
    is: |seen| seen.serves(0x1A10) && seen.has(WRITTEN) && seen.has(NOTIFIED) && !seen.has(INDICATED),
    channels: &[channel(NOTIFIED, &ES26BB_FRAME)],
    opening: |_| vec![start()],
    acknowledgement: |frame| match frame {
        [0x55, 0xAA, STORED, ..] => vec![command(&[0x55, 0xAA, 0x95, 0, 1, 1])],
        _ => Vec::new(),
    },
    layouts: &[&ES26BB_FRAME],
    ..Model::PLAIN
};

static MSC04_FRAME: Layout = Layout {
    name: "renpho-r-msc04",
    aliases: &["renpho-msc04"],
    repeats: false,
    read: |bytes, _| read("renpho-r-msc04", bytes),
};
static ES26BB_FRAME: Layout = Layout {
    name: "renpho-es-26bb",
    aliases: &["es-cs20m"],
    repeats: false,
    read: |bytes, _: &Secrets<'_>| read("renpho-es-26bb", bytes),
};

const NOTIFIED: u16 = 0x2A10;
const WRITTEN: u16 = 0x2A11;
const INDICATED: u16 = 0x2A12;
const MEASURED: u8 = 0x14;
const STORED: u8 = 0x15;
const LIVE: u8 = 0x21;
const FINAL: u8 = 0x24;

const fn channel(number: u16, layout: &'static Layout) -> Channel {
    Channel { characteristic: Characteristic::assigned(number), layout, way: Way::Readings }
}

fn start() -> Write {
    command(&[0x55, 0xAA, 0x90, 0, 4, 1, 0, 0, 0])
}

fn command(bytes: &[u8]) -> Write {
    Write { characteristic: WRITTEN.into(), bytes: [bytes, &[checksum::sum(bytes)]].concat() }
}

fn read(of: &'static str, bytes: &[u8]) -> Result<Said, DecodeError> {
    let wrong = |problem| DecodeError::Mismatch { of, problem };
    let (check, framed) = bytes.split_last().ok_or(wrong("it is empty"))?;
    let [0x55, 0xAA, what, high, low, content @ ..] = framed else {
        return Err(wrong("it does not begin with 55 AA"));
    };
    if content.len() != usize::from(u16::from_be_bytes([*high, *low])) {
        return Err(wrong("its length is not what it says"));
    }
    let mut reader = Reader::new(of, content);
    let said = match (*what, content) {
        (LIVE, [.., a, b]) => weight(false, u16::from_be_bytes([*a, *b]).into()),
        (FINAL, [.., a, b]) => weight(true, u16::from_be_bytes([*a, *b]).into()),
        (MEASURED, _) => {
            let state = reader.u8("state")?;
            let said = weight(matches!(state, 0x01 | 0x11), reader.u32_be("weight")?);
            said.detail("state", state).detail("impedance_ohm", reader.u16_be("impedance")?)
        }
        (STORED, _) => {
            let said = weight(true, reader.u32_be("weight")?).flag(Flag::FromStorage, true);
            let said = said.detail("impedance_ohm", reader.u16_be("impedance")?);
            said.detail("age_s", reader.u32_be("age")?)
        }
        _ => Said::new(Standing::Word).detail("operation", *what).detail("content", content.to_vec()),
    };
    Ok(checksum::checked(said, checksum::sum(framed) == *check))
}

fn weight(is_final: bool, weight: u32) -> Said {
    let standing = match (is_final, weight) {
        (false, _) => Standing::Interim(Kind::BodyWeight),
        (true, 0) => Standing::Refused("a placeholder"),
        (true, _) => Standing::Reading(Kind::BodyWeight),
    };
    Said::new(standing).value(Metric::BodyWeight, weight, -2, Unit::Kilogram)
}
