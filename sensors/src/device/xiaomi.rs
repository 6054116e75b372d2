//! Xiaomi: Mi Scale (weight only, "V1") and Mi Body Composition Scale 1 and 2 ("V2"). The S400 is in `xiaomi_s400`.
//!
//! Both advertise each change of the weight as service data, V1 under the Weight Scale Service (0x181D, 10 bytes), V2
//! under the Body Composition Service (0x181B, 13 bytes), and notify the same bytes when connected: V1 on Weight
//! Measurement (0x2A9D), V2 on Body Composition Measurement (0x2A9C). Neither is what the Bluetooth SIG means by these
//! numbers, so a connected one is known by the history characteristic of its own (00002A2F-0000-3512-2118-…) beside
//! them; the advertised ones by service and length.
//!
//! Known: the bits and the order of the fields (openScale wiki "Xiaomi Bluetooth Mi Scale"; openScale@f7a733b2
//! MiScaleHandler.kt; custom-components/ble_monitor@5690220 miscale.py), each against bytes of the devices. The clock
//! of a scale that no program has set starts in 1970 (openScale issue 627). The impedance is 0 while it is being
//! measured, and 0xFFFD or 0xFFFE where it could not be. The time of a settled weight stands still: one that a V1
//! advertises for long after (ble_monitor issue 366) is the same reading. That a person has stepped off is told by the
//! bit "removed"; V2 keeps weight and time then (openScale issue 392), V1 not the time (the wiki), so that is no
//! reading.
//!
//! Not known: bits 1 to 3 and 6 of V1's status, bits 0 and 2 to 4 of V2's, what sets bit 2 of V2's first byte. Not
//! built: reading the memory by the history characteristic, setting unit and clock.

use dagsform_care::{Kind, Metric, Unit};

use super::{Advertisement, Channel, Frame, Layout, Maker, Model, Said, Secrets, Seen, Standing, Way, xiaomi_s400};
use crate::{
    characteristic::Characteristic,
    codec::{DateTime, DecodeError, WeightMeasurement, reader::Reader},
};

pub(super) const MAKER: Maker = Maker { models: &[V1, V2, xiaomi_s400::S400], loose: &[&xiaomi_s400::ENCRYPTED] };

const V1: Model = Model {
    name: "Xiaomi Mi Scale",
    kinds: &[Kind::BodyWeight],
    known: "bytes of the device, advertised and notified",
    is: |seen| seen.has(WeightMeasurement::CHARACTERISTIC) && has_history(seen),
    channels: &[channel(WeightMeasurement::CHARACTERISTIC, &MI_SCALE_V1)],
    advertised: |heard, _| frame(heard, WEIGHT_SCALE, 10, &MI_SCALE_V1),
    layouts: &[&MI_SCALE_V1],
    ..Model::PLAIN
};

const V2: Model = Model {
    name: "Xiaomi Mi Body Composition Scale 1 and 2",
    kinds: &[Kind::BodyWeight],
    known: "bytes of the device, advertised and notified",
    is: |seen| seen.has(BODY_COMPOSITION_MEASUREMENT) && has_history(seen),
    channels: &[channel(BODY_COMPOSITION_MEASUREMENT, &MI_SCALE_V2)],
    advertised: |heard, _| frame(heard, BODY_COMPOSITION, 13, &MI_SCALE_V2),
    layouts: &[&MI_SCALE_V2],
    ..Model::PLAIN
};

static MI_SCALE_V1: Layout =
    Layout { name: "xiaomi-mi-scale-v1", aliases: &["mi-scale-v1"], repeats: true, read: read_v1 };
static MI_SCALE_V2: Layout =
    Layout { name: "xiaomi-mi-scale-v2", aliases: &["mi-scale-v2", "xiaomi-mibcs"], repeats: true, read: read_v2 };

/// Weight Scale Service.
const WEIGHT_SCALE: u16 = 0x181D;
/// Body Composition Service.
const BODY_COMPOSITION: u16 = 0x181B;
/// Body Composition Measurement.
const BODY_COMPOSITION_MEASUREMENT: u16 = 0x2A9C;
/// The scale's history, its own.
const HISTORY: Characteristic = Characteristic::own(0x0000_2A2F_0000_3512_2118_0009_AF10_0700);

/// Of V1's status and V2's second byte: the weight has settled.
const STABILIZED: u8 = 1 << 5;
/// Of the same: nobody stands on the scale any more.
const REMOVED: u8 = 1 << 7;
/// Of V1's status and V2's first byte: pounds.
const POUNDS: u8 = 1;
/// Of V1's status: jin.
const V1_JIN: u8 = 1 << 4;
/// Of V2's second byte: jin.
const V2_JIN: u8 = 1 << 6;
/// Of V2's second byte: the impedance has been measured.
const IMPEDANCE: u8 = 1 << 1;

const fn channel(number: u16, layout: &'static Layout) -> Channel {
    Channel { characteristic: Characteristic::assigned(number), layout, way: Way::Readings }
}

fn has_history(seen: &Seen<'_>) -> bool {
    seen.has(HISTORY)
}

fn frame(
    heard: &Advertisement,
    service: u16,
    length: usize,
    layout: &'static Layout,
) -> Option<Result<Frame, DecodeError>> {
    let data = heard.of_service(service).filter(|data| data.len() == length)?;
    Some(Ok(Frame { layout, bytes: data.to_vec(), authenticated: false }))
}

fn read_v1(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let mut reader = Reader::new(MI_SCALE_V1.name, bytes);
    let status = reader.u8("status")?;
    let weight = reader.u16("weight")?;
    let time = DateTime::read(&mut reader, "time")?;
    reader.finish()?;
    let mut said = said(status, weight, time, status & POUNDS != 0, status & V1_JIN != 0);
    if status & REMOVED != 0 {
        said.standing = Standing::Word;
    }
    Ok(said)
}

fn read_v2(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let mut reader = Reader::new(MI_SCALE_V2.name, bytes);
    let [units, status] = reader.array("status")?;
    let time = DateTime::read(&mut reader, "time")?;
    let impedance = reader.u16("impedance")?;
    let weight = reader.u16("weight")?;
    reader.finish()?;
    Ok(said(status, weight, time, units & POUNDS != 0, status & V2_JIN != 0)
        .detail("impedance_ohm", impedance)
        .detail("impedance_measured", status & IMPEDANCE != 0))
}

/// What both say. The frames of one weighing differ in the impedance and its bits: the weight and its time make it the
/// same.
fn said(status: u8, weight: u16, time: DateTime, pounds: bool, jin: bool) -> Said {
    let standing = match (status & STABILIZED != 0, status & REMOVED != 0) {
        (false, true) => Standing::Word,
        (false, false) => Standing::Interim(Kind::BodyWeight),
        (true, _) if weight == 0 => Standing::Refused("a placeholder"),
        (true, _) => Standing::Reading(Kind::BodyWeight),
    };
    let said = match (pounds, jin) {
        (true, _) => Said::new(standing).value(Metric::BodyWeight, weight, -2, Unit::Pound),
        // A jin is half a kilogram to the gram: hundredths of it are steps of 5 g, as those of the kilogram are.
        (false, true) => kilograms(standing, weight).detail("unit", "jin"),
        (false, false) => kilograms(standing, weight),
    };
    let mut same = weight.to_le_bytes().to_vec();
    same.extend(time.year.to_le_bytes());
    same.extend([time.month, time.day, time.hours, time.minutes, time.seconds, u8::from(pounds), u8::from(jin)]);
    said.at(time.time())
        .detail("stabilized", status & STABILIZED != 0)
        .detail("removed", status & REMOVED != 0)
        .same_as(same)
}

fn kilograms(standing: Standing, weight: u16) -> Said {
    Said::new(standing).value(Metric::BodyWeight, i64::from(weight) * 5, -3, Unit::Kilogram)
}
