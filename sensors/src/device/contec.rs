//! Contec, and what it makes for others.
//!
//! CMS50D-BT, a finger oximeter that notifies its numbers once a second when it is told to. Recognised by service FF12
//! with the characteristics FF01 and FF02 (which other devices of Contec's have too, the Beurer PO 60 among them)
//! together with its model number or name (`SpO208`). EMAY SleepO2 sends the same frames. Every byte but a frame's
//! first is meant to have bit 7 clear, and the last is the sum of the others modulo 128.
//!
//! Known from frames of the device in tobiasisenberg/OxiVis issue 2 (2021-10-08 and -09), whose last byte this
//! explains; the tests of EMAYSleepO2 (GitHub file 55725876231) for the numbers that mean none; names, frame lengths
//! and checksum from OSCAR's contec_ble_protocol.cpp (GitHub file 70560461916). The PO 60's record from
//! eViaHealthSystem/eviahealth-app@c217dd0 (po60manager.java), Shreyan1/Beurer-PO60-PulseOximeter-Bluetooth-Integration
//! (code.py) and GitHub file 59293752690, which agree but for the highest bit of the pulse.
//!
//! Not known: what byte 2 of the numbers says (04, 05 and 06 were seen); how a pulse above 127 is sent; its memory. Of
//! the PO 60: bytes of the device, its last byte, how many records a page has (10 or 12), so it is not collected from.

use std::time::Duration;

use dagsform_care::{Flag, Kind};

use super::{
    Channel, KeepAlive, Layout, Maker, Model, Said, Secrets, Standing, Way, Write,
    checksum::{checked, sum},
    date::since_2000,
    oximetry::{oximetry, unless},
    pieces::up_to_next,
};
use crate::{
    characteristic::Characteristic,
    codec::{DecodeError, reader::Reader},
};

pub(super) const MAKER: Maker = Maker { models: &[CMS50D_BT], loose: &[&PO60] };

const SERVICE: Characteristic = Characteristic::assigned(0xFF12);
const COMMANDS: Characteristic = Characteristic::assigned(0xFF01);
const FRAMES: Characteristic = Characteristic::assigned(0xFF02);

const CMS50D_BT: Model = Model {
    name: "Contec CMS50D-BT",
    kinds: &[Kind::PulseOximetry],
    known: "a few frames of the device",
    is: |seen| {
        let called = seen.is_model(&["CMS50D", "SpO208"]) || seen.is_called(&["CMS50D", "SpO208"]);
        called && seen.serves(SERVICE) && seen.has(COMMANDS) && seen.has(FRAMES)
    },
    channels: &[Channel { characteristic: FRAMES, layout: &FRAME, way: Way::StreamInPieces(whole) }],
    opening: |_| stream(),
    // Told once, it streams for less than a minute.
    keep_alive: Some(KeepAlive { every: Duration::from_secs(20), writes: stream }),
    layouts: &[&FRAME],
    ..Model::PLAIN
};

static FRAME: Layout =
    Layout { name: "contec-cms50d-bt", aliases: &["contec-cms50", "emay-sleepo2"], repeats: false, read: frame };
static PO60: Layout = Layout { name: "beurer-po60", aliases: &[], repeats: false, read: po60 };

fn stream() -> Vec<Write> {
    vec![Write { characteristic: COMMANDS, bytes: vec![0x9B, 0x01, 0x1C] }]
}

/// Each kind has its length.
fn whole(bytes: &[u8]) -> Option<usize> {
    let length = match bytes {
        [] | [0xEB] => return None,
        [0xEB, 0x00, ..] => 6,
        [0xEB, 0x01 | 0x02, ..] => 8,
        [0xEB, 0x7F, ..] => 3,
        _ => up_to_next(0xEB, bytes),
    };
    (length <= bytes.len()).then_some(length)
}

fn frame(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let mut reader = Reader::new(FRAME.name, bytes);
    let (start, kind) = (reader.u8("start")?, reader.u8("kind")?);
    let said = match (start, kind) {
        (0xEB, 0x00) => {
            let [state, wave, bar] = reader.array("wave")?;
            Said::new(Standing::Word)
                .detail("beat", state & 1 << 6 != 0)
                .detail("waveform", wave)
                .detail("bar_graph", bar)
        }
        (0xEB, 0x01) => {
            let [state, pulse, saturation, a, b] = reader.array("numbers")?;
            let (no_saturation, no_pulse) = (matches!(saturation, 0 | 0x7F | 0xFF), matches!(pulse, 0 | 0xFF));
            oximetry(true, unless(no_saturation, saturation), unless(no_pulse, pulse))
                .flag(Flag::MeasurementUnavailable, no_saturation && no_pulse)
                .detail("state", state)
                .detail("unknown", vec![a, b])
        }
        _ => return Err(DecodeError::Mismatch { of: FRAME.name, problem: "it begins with neither EB 00 nor EB 01" }),
    };
    let checksum = reader.u8("checksum")?;
    reader.finish()?;
    let summed = bytes.split_last().map_or(0, |(_, rest)| sum(rest)) & 0x7F;
    Ok(checked(said, summed == checksum))
}

/// A record of the Beurer PO 60: the extremes and the averages between two times.
fn po60(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let mut reader = Reader::new(PO60.name, bytes);
    if reader.u8("start")? != 0xE9 {
        return Err(DecodeError::Mismatch { of: PO60.name, problem: "it does not begin with E9" });
    }
    let index = reader.u8("index")?;
    let (start, end) = (reader.array("start_time")?, reader.array("end_time")?);
    let [high, _, _] = reader.array("high_bits")?;
    let [saturation_max, saturation_min, saturation] = reader.array("spo2")?.map(|byte: u8| byte & 0x7F);
    let [pulse_max, pulse_min, pulse] = reader.array("pulse_rate")?.map(|byte: u8| byte & 0x7F);
    let last = reader.u8("unknown")?;
    reader.finish()?;
    let said = oximetry(true, unless(saturation == 0, saturation), unless(pulse == 0, pulse))
        .at(since_2000(start))
        // One of these adds 128 to the pulse; the sources do not agree on which.
        .flag(Flag::QuestionableMeasurement, high & 0b11_1100 != 0)
        .detail("record", index & 0xF)
        .detail("last_record", index & 0x40 != 0)
        .detail("spo2_max_percent", saturation_max)
        .detail("spo2_min_percent", saturation_min)
        .detail("pulse_max_per_minute", pulse_max)
        .detail("pulse_min_per_minute", pulse_min)
        .detail("high_bits", high)
        .detail("unknown", last);
    Ok(match since_2000(end) {
        Some(end) => said.detail("end_time", end.to_string()),
        None => said,
    })
}
