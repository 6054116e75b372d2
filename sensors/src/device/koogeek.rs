//! Koogeek S1.
//!
//! Recognised by service 0xFFF0 with 0xFFF3 (written) and 0xFFF4 (notified), which many makers use, together with its
//! name "Koogeek-S1". A frame is: 55 AA 55 AA, what it is, the content, the exclusive or of all before. It repeats its
//! greeting (1) and weighs only when that has been answered by 0x81; a question (7) is answered by 0x87 and its second
//! byte. The weight (2 while it may change, 3 stable) is in tenths of a kg, the most significant byte first.
//!
//! Known: bytes of the device with what its display showed (KristianP26/ble-scale-sync@3cce009 koogeek-s1.ts, issue
//! 270). Not known: the four bytes before the weight, other units than kg.

use dagsform_care::{Kind, Metric, Unit};

use super::{Channel, Layout, Maker, Model, Said, Secrets, Standing, Way, Write, checksum};
use crate::{
    characteristic::Characteristic,
    codec::{DecodeError, reader::Reader},
};

pub(super) const MAKER: Maker = Maker { models: &[S1], loose: &[] };

const S1: Model = Model {
    name: "Koogeek S1",
    kinds: &[Kind::BodyWeight],
    known: "bytes of the device",
    is: |seen| seen.serves(0xFFF0) && seen.has(WRITTEN) && seen.has(NOTIFIED) && seen.is_called(&["Koogeek-S1"]),
    channels: &[Channel { characteristic: Characteristic::assigned(NOTIFIED), layout: &FRAME, way: Way::Readings }],
    acknowledgement: |frame| match frame {
        [0x55, 0xAA, 0x55, 0xAA, GREETING, ..] => vec![answer(0x81, 0x01)],
        [0x55, 0xAA, 0x55, 0xAA, QUESTION, _, which, ..] => vec![answer(0x87, *which)],
        _ => Vec::new(),
    },
    layouts: &[&FRAME],
    ..Model::PLAIN
};

static FRAME: Layout = Layout { name: "koogeek-s1", aliases: &[], repeats: false, read };

const WRITTEN: u16 = 0xFFF3;
const NOTIFIED: u16 = 0xFFF4;
const GREETING: u8 = 1;
const LIVE: u8 = 2;
const STABLE: u8 = 3;
const QUESTION: u8 = 7;

fn answer(what: u8, content: u8) -> Write {
    let mut bytes = vec![0x55, 0xAA, 0x55, 0xAA, what, 0x01, content];
    bytes.push(checksum::xor(&bytes));
    Write { characteristic: WRITTEN.into(), bytes }
}

fn read(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let [0x55, 0xAA, 0x55, 0xAA, what, content @ .., _] = bytes else {
        return Err(DecodeError::Mismatch { of: FRAME.name, problem: "it does not begin with 55 AA 55 AA" });
    };
    let said = match *what {
        LIVE | STABLE => weight(*what == STABLE, content)?,
        _ => Said::new(Standing::Word).detail("operation", *what).detail("content", content.to_vec()),
    };
    Ok(checksum::checked(said, checksum::xor(bytes) == 0))
}

fn weight(is_stable: bool, content: &[u8]) -> Result<Said, DecodeError> {
    let mut reader = Reader::new(FRAME.name, content);
    let unknown = reader.array::<4>("unknown")?.to_vec();
    let (weight, impedance) = (reader.u16_be("weight")?, reader.u16_be("impedance")?);
    reader.finish()?;
    let standing = match (is_stable, weight) {
        (false, _) => Standing::Interim(Kind::BodyWeight),
        (true, 0) => Standing::Refused("a placeholder"),
        (true, _) => Standing::Reading(Kind::BodyWeight),
    };
    Ok(Said::new(standing)
        .value(Metric::BodyWeight, weight, -1, Unit::Kilogram)
        .detail("impedance_ohm", impedance)
        .detail("stabilized", is_stable)
        .detail("unknown", unknown))
}
