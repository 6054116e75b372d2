//! Robi S9, a scale for the program Fitdays.
//!
//! Recognised by service 0xFFB0 with 0xFFB1, 0xFFB2 and 0xFFB3, which other makers use, together with its name "Robi".
//! A frame has 20 bytes: a number, the length, 0, a type, the content, and at the end the sum of all from the type on,
//! five bits of it. Type 0xA3 on 0xFFB3 is the result: the weight in grams, four bytes, the most significant first.
//! 0xA2 on 0xFFB2 comes while it weighs: a state (4 is stable), and the same.
//!
//! Known: bytes of the device of one weighing with its display, and what its program writes first, which is sent again
//! here as it was, with that program's old time in it (KristianP26/ble-scale-sync@3cce009 robi-s9.ts, issues 228 and
//! 248; openScale@f7a733b2 RobiS9Handler.kt, whose comment adds heart rate and impedance). Not known: types 0xA0 and
//! 0xA1, how to say the right time, the composition.

use dagsform_care::{Kind, Metric, Unit};

use super::{Channel, Layout, Maker, Model, Said, Secrets, Standing, Way, Write, checksum};
use crate::{
    characteristic::Characteristic,
    codec::{DecodeError, reader::Reader},
};

pub(super) const MAKER: Maker = Maker { models: &[S9], loose: &[] };

const S9: Model = Model {
    name: "Robi S9",
    kinds: &[Kind::BodyWeight],
    known: "bytes of the device",
    is: |seen| {
        let own = [WRITTEN, LIVE, RESULT].into_iter().all(|number| seen.has(number));
        seen.serves(0xFFB0) && own && seen.is_called(&["Robi"])
    },
    channels: &[
        Channel { characteristic: Characteristic::assigned(LIVE), layout: &FRAME, way: Way::Readings },
        Channel { characteristic: Characteristic::assigned(RESULT), layout: &FRAME, way: Way::Readings },
    ],
    opening: |_| opening(),
    layouts: &[&FRAME],
    ..Model::PLAIN
};

static FRAME: Layout = Layout { name: "robi-s9", aliases: &[], repeats: false, read };

const WRITTEN: u16 = 0xFFB1;
const LIVE: u16 = 0xFFB2;
const RESULT: u16 = 0xFFB3;
const LIVE_WEIGHT: u8 = 0xA2;
const FINAL: u8 = 0xA3;

/// What its program was seen to write, in order: length, type and content.
const OPENING: [(u8, &[u8]); 11] = [
    (3, &[0xB0]),
    (16, SESSION),
    (16, SESSION),
    (6, &[0xB2, 0x01, 0xAA, 0x1E, 0x55, 0xB2]),
    (2, &[0xBD, 0x09]),
    (16, SESSION),
    (16, SESSION),
    (6, &[0xB2, 0x01, 0xAA, 0x1E, 0x55, 0xB2]),
    (16, SESSION),
    (3, &[0xB0, 0x01]),
    (3, &[0xB0, 0x02]),
];
const SESSION: &[u8] =
    &[0xB1, 0x6A, 0x2E, 0xEF, 0xA9, 0x00, 0x3C, 0x01, 0xAA, 0x1E, 0x55, 0xB2, 0x0F, 0x1B, 0x58, 0x14];

fn opening() -> Vec<Write> {
    let frame = |(number, (length, content)): (u8, (u8, &[u8]))| {
        let mut content = content.to_vec();
        content.resize(16, 0);
        let end = checksum::sum(&content) & 0x1F;
        Write { characteristic: WRITTEN.into(), bytes: [&[number, length, 0], content.as_slice(), &[end]].concat() }
    };
    (0..).zip(OPENING).map(frame).collect()
}

fn read(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let mut reader = Reader::new(FRAME.name, bytes);
    let [number, length, zero] = reader.array("head")?;
    let content = reader.array::<16>("content")?;
    let end = reader.u8("checksum")?;
    reader.finish()?;
    if zero != 0 {
        return Err(DecodeError::Mismatch { of: FRAME.name, problem: "its third byte is not 0" });
    }
    let mut content_reader = Reader::new(FRAME.name, &content);
    let said = match content_reader.u8("type")? {
        FINAL => weight(true, content_reader)?,
        LIVE_WEIGHT => {
            let state = content_reader.u8("state")?;
            weight(false, content_reader)?.detail("state", state)
        }
        kind => Said::new(Standing::Word).detail("type", kind).detail("content", content_reader.rest("content")),
    };
    let said = said.detail("packet_counter", number).detail("length", length);
    Ok(checksum::checked(said, checksum::sum(&content) & 0x1F == end))
}

fn weight(is_final: bool, mut reader: Reader<'_>) -> Result<Said, DecodeError> {
    let weight = reader.u32_be("weight")?;
    let (pulse, impedance) = (reader.u8("heart rate")?, reader.u16_be("impedance")?);
    let standing = match (is_final, weight) {
        (false, _) => Standing::Interim(Kind::BodyWeight),
        (true, 0) => Standing::Refused("a placeholder"),
        (true, _) => Standing::Reading(Kind::BodyWeight),
    };
    Ok(Said::new(standing)
        .value(Metric::BodyWeight, weight, -3, Unit::Kilogram)
        .detail("heart_rate", pulse)
        .detail("impedance_ohm", impedance))
}
