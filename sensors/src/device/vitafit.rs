//! Vitafit VT701.
//!
//! Recognised by service 0xFFF0 with 0xFFF1 (notified) and 0xFFF2 (written), which many makers use, together with its
//! name "Vitafit". A frame is: 0x5A from the scale or 0xA5 to it, the length of what follows, 0x26, a type, the
//! content, the exclusive or of all between the first byte and itself, 0xAA. Type 0x10 is the weight in steps of 10 g,
//! with 2 where it is stable; type 0x11 the impedance, sent once the stable weight has been acknowledged.
//!
//! Known: bytes of the device of two weighings with what its display showed (openScale@f7a733b2 VitafitVT701Handler.kt
//! and its test). Not known: the byte before the weight, other units than kg.

use dagsform_care::{Kind, Metric, Unit};

use super::{Channel, Layout, Maker, Model, Said, Secrets, Standing, Way, Write, checksum};
use crate::{
    characteristic::Characteristic,
    codec::{DecodeError, reader::Reader},
};

pub(super) const MAKER: Maker = Maker { models: &[VT701], loose: &[] };

const VT701: Model = Model {
    name: "Vitafit VT701",
    kinds: &[Kind::BodyWeight],
    known: "bytes of the device",
    is: |seen| seen.serves(0xFFF0) && seen.has(NOTIFIED) && seen.has(WRITTEN) && seen.is_called(&["Vitafit"]),
    channels: &[Channel { characteristic: Characteristic::assigned(NOTIFIED), layout: &FRAME, way: Way::Readings }],
    opening: |_| vec![command(0x33, &[0]), command(0x44, &[]), command(0x17, &[1])],
    acknowledgement: |frame| match frame {
        [FROM_SCALE, _, PRODUCT, WEIGHT, STABLE, ..] => vec![command(WEIGHT, &[STABLE])],
        [FROM_SCALE, _, PRODUCT, IMPEDANCE, ..] => vec![command(IMPEDANCE, &[0])],
        _ => Vec::new(),
    },
    layouts: &[&FRAME],
    ..Model::PLAIN
};

static FRAME: Layout = Layout { name: "vitafit-vt701", aliases: &[], repeats: false, read };

const NOTIFIED: u16 = 0xFFF1;
const WRITTEN: u16 = 0xFFF2;
const FROM_SCALE: u8 = 0x5A;
const TO_SCALE: u8 = 0xA5;
const PRODUCT: u8 = 0x26;
const END: u8 = 0xAA;
const WEIGHT: u8 = 0x10;
const IMPEDANCE: u8 = 0x11;
const STABLE: u8 = 0x02;

fn command(kind: u8, content: &[u8]) -> Write {
    let length = u8::try_from(content.len().saturating_add(4)).unwrap_or_default();
    let body = [&[length, PRODUCT, kind], content].concat();
    let bytes = [&[TO_SCALE], body.as_slice(), &[checksum::xor(&body), END]].concat();
    Write { characteristic: WRITTEN.into(), bytes }
}

fn read(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let wrong = |problem| DecodeError::Mismatch { of: FRAME.name, problem };
    let [FROM_SCALE | TO_SCALE, body @ .., check, END] = bytes else {
        return Err(wrong("it does not begin and end as a frame of this scale"));
    };
    let mut reader = Reader::new(FRAME.name, body);
    let [length, product, kind] = reader.array("head")?;
    if product != PRODUCT || usize::from(length) != body.len().saturating_add(1) {
        return Err(wrong("its length or its product is not what it should be"));
    }
    let said = match (kind, reader.remaining()) {
        (WEIGHT, 6) => {
            let state = reader.u8("state")?;
            let unknown = reader.array::<3>("unknown")?.to_vec();
            weight(state, reader.u16_be("weight")?).detail("unknown", unknown)
        }
        (IMPEDANCE, 7) => {
            reader.array::<5>("unknown")?;
            Said::new(Standing::Word).detail("impedance_ohm", reader.u16_be("impedance")?)
        }
        _ => Said::new(Standing::Word).detail("type", kind).detail("content", reader.rest("content")),
    };
    Ok(checksum::checked(said, checksum::xor(body) == *check))
}

fn weight(state: u8, weight: u16) -> Said {
    let standing = match (state, weight) {
        (STABLE, 0) => Standing::Refused("a placeholder"),
        (STABLE, _) => Standing::Reading(Kind::BodyWeight),
        _ => Standing::Interim(Kind::BodyWeight),
    };
    Said::new(standing).value(Metric::BodyWeight, weight, -2, Unit::Kilogram).detail("stabilized", state == STABLE)
}
