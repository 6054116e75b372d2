//! Keep S3, a scale that is led through its weighing by the phone.
//!
//! A frame is: type (3 is an event), 0x53, what it is, 0, the length of the rest. The event 0x57 bears the weight in
//! steps of 5 g while it weighs (stage 0) and at the end (stage 0x29), impedance and pulse; the record 0x58 the same
//! once more, after an account's number. The most significant byte comes first.
//!
//! Known: bytes of the device of two weighings (openScale@f7a733b2 KeepS3Handler.kt and its test; notified on 0xFF01 of
//! service 0x00FF). Not known: the other stages. Not built, and so no model of it is collected from: the eleven steps
//! of its opening, each sent on the answer to the one before, with an account's number, and the acknowledgement of each
//! event (04 53 57 00 00 80).

use dagsform_care::{Kind, Metric, Unit};

use super::{Layout, Maker, Said, Secrets, Standing};
use crate::codec::{DecodeError, reader::Reader};

pub(super) const MAKER: Maker = Maker { models: &[], loose: &[&EVENT] };

static EVENT: Layout = Layout { name: "keep-s3", aliases: &[], repeats: false, read };

const EVENT_TYPE: u8 = 0x03;
const MAGIC: u8 = 0x53;
const MEASUREMENT: u8 = 0x57;
const RECORD: u8 = 0x58;
const FINAL: u8 = 0x29;

fn read(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let wrong = |problem| DecodeError::Mismatch { of: EVENT.name, problem };
    let mut reader = Reader::new(EVENT.name, bytes);
    let [kind, magic, what, zero, length] = reader.array("head")?;
    if magic != MAGIC || zero != 0 {
        return Err(wrong("it does not begin as a frame of this scale"));
    }
    // An answer and an acknowledgement have a status byte that the length leaves out.
    let status = usize::from(matches!(kind, 2 | 4));
    if reader.remaining() != usize::from(length).saturating_add(status) {
        return Err(wrong("its length is not what it says"));
    }
    match (kind, what, length) {
        (EVENT_TYPE, MEASUREMENT, 8) => measurement(reader),
        (EVENT_TYPE, RECORD, 61) => record(reader),
        _ => Ok(Said::new(Standing::Word)
            .detail("type", kind)
            .detail("operation", what)
            .detail("content", reader.rest("content"))),
    }
}

fn measurement(mut reader: Reader<'_>) -> Result<Said, DecodeError> {
    let stage = reader.u8("stage")?;
    let weight = reader.u16_be("weight")?;
    let unknown = reader.u16_be("unknown")?;
    let (impedance, pulse) = (reader.u16_be("impedance")?, reader.u8("heart rate")?);
    reader.finish()?;
    Ok(kilograms(weight, stage == FINAL)
        .detail("stage", stage)
        .detail("unknown", unknown)
        .detail("impedance_ohm", impedance)
        .detail("heart_rate", pulse))
}

fn record(mut reader: Reader<'_>) -> Result<Said, DecodeError> {
    reader.array::<48>("account")?;
    let weight = reader.u16_be("weight")?;
    // Two impedances of three bytes are in a code of their own, two phase angles in tenths of a degree.
    let impedances = reader.array::<6>("impedances")?.to_vec();
    let angles = [reader.u16_be("phase angle at 50 kHz")?, reader.u16_be("phase angle at 100 kHz")?];
    let [first, second] = angles.map(u16::cast_signed);
    let pulse = reader.u8("heart rate")?;
    reader.finish()?;
    Ok(kilograms(weight, true)
        .detail("impedances_encoded", impedances)
        .number("phase_angle_50khz_degree", first, -1)
        .number("phase_angle_100khz_degree", second, -1)
        .detail("heart_rate", pulse))
}

fn kilograms(weight: u16, is_final: bool) -> Said {
    let standing = match (is_final, weight) {
        (false, _) => Standing::Interim(Kind::BodyWeight),
        (true, 0) => Standing::Refused("a placeholder"),
        (true, _) => Standing::Reading(Kind::BodyWeight),
    };
    Said::new(standing).value(Metric::BodyWeight, i64::from(weight) * 5, -3, Unit::Kilogram)
}
