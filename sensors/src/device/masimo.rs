//! Masimo.
//!
//! MightySat, a finger oximeter: its own service with one characteristic to write commands to and one that notifies
//! frames (77, length, message, CRC-8). Recognised by that service and both characteristics. One that also has the
//! standard's Pulse Oximeter Service (newer firmware) keeps to the standard and is no case for this file.
//!
//! Known from a summary of the maker's CSD-1322 Rev B (GitHub files 55719695392 and 56066857790, with which the program
//! in 55819420183 agrees), and from MasimoMightySat's ProtocolTests.swift (70662546700, parser 70211342608): a status
//! captured from a MightySat Rx with firmware 1.0.6.3, and values made up with the real patterns of bits. That one
//! streamed after two such writes as below, asked for all parameters and both wave forms (1F 00 03).
//!
//! Not known: bits 0 to 20 and 25 to 31 of the system's exceptions, bits 1, 3 and 5 to 7 of a parameter's; whether it
//! streams as asked for here; how long it streams. Its memory (message 06) is not fetched.

use dagsform_care::{Flag, Kind, Metric, Unit};

use super::{
    Channel, Layout, Maker, Model, Said, Secrets, Standing, Way, Write,
    checksum::{checked, crc8},
    oximetry::{keeps_to_the_standard, oximetry, unless},
    pieces::up_to_next,
};
use crate::{
    characteristic::Characteristic,
    codec::{DecodeError, reader::Reader},
};

pub(super) const MAKER: Maker = Maker { models: &[MIGHTY_SAT], loose: &[] };

const SERVICE: Characteristic = Characteristic::own(0x54C21000_A720_4B4F_11E4_9FE20002A5D5);
const COMMANDS: Characteristic = Characteristic::own(0x54C21001_A720_4B4F_11E4_9FE20002A5D5);
const FRAMES: Characteristic = Characteristic::own(0x54C21002_A720_4B4F_11E4_9FE20002A5D5);

const MIGHTY_SAT: Model = Model {
    name: "Masimo MightySat",
    kinds: &[Kind::PulseOximetry],
    known: "a captured status, and the patterns of the device with made-up values",
    is: |seen| seen.serves(SERVICE) && seen.has(COMMANDS) && seen.has(FRAMES) && !keeps_to_the_standard(seen),
    channels: &[Channel { characteristic: FRAMES, layout: &FRAME, way: Way::StreamInPieces(whole) }],
    // Who it is; then that it shall stream saturation, pulse and perfusion, and no wave form.
    opening: |_| vec![command(&[0x01]), command(&[0x03, 0x0B, 0x00, 0x00])],
    layouts: &[&FRAME],
    ..Model::PLAIN
};

const NAME: &str = "masimo-mightysat";
static FRAME: Layout = Layout { name: NAME, aliases: &["masimo-mightysat-status"], repeats: false, read };
const START: u8 = 0x77;

fn command(payload: &[u8]) -> Write {
    let length = u8::try_from(payload.len()).unwrap_or(u8::MAX).saturating_add(1);
    Write { characteristic: COMMANDS, bytes: [&[START, length], payload, &[crc8(payload)]].concat() }
}

/// The second byte says how many come after it.
fn whole(bytes: &[u8]) -> Option<usize> {
    let length = match bytes {
        [] | [START] => return None,
        [START, length, ..] => usize::from(*length).saturating_add(2),
        _ => up_to_next(START, bytes),
    };
    (length <= bytes.len()).then_some(length)
}

fn read(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let mismatch = |problem| DecodeError::Mismatch { of: NAME, problem };
    let mut reader = Reader::new(NAME, bytes);
    if reader.u8("start")? != START {
        return Err(mismatch("it does not begin with 77"));
    }
    let length = usize::from(reader.u8("length")?);
    let mut payload = reader.rest("payload");
    if payload.len() != length {
        return Err(mismatch("it is not as long as it says"));
    }
    let right = payload.pop().ok_or(mismatch("it has no checksum"))? == crc8(&payload);
    let mut reader = Reader::new(NAME, &payload);
    let said = match reader.u8("message")? {
        0x01 => information(reader)?,
        0x05 => parameters(reader)?,
        message => Said::new(Standing::Word).detail("message", message).detail("data", reader.rest("data")),
    };
    Ok(checked(said, right))
}

fn information(mut reader: Reader<'_>) -> Result<Said, DecodeError> {
    let version = reader.u16("software_version")?;
    let digit = |shift: u16| (version >> shift & 0xF).to_string();
    Ok(Said::new(Standing::Word)
        .detail("message", "device information")
        .detail("software_version", [digit(12), digit(8), digit(4), digit(0)].join("."))
        .detail("parameters", reader.u16("parameters")?)
        .detail("waveforms", reader.u8("waveforms")?)
        .detail("memory", reader.rest("memory")))
}

// Exceptions of a parameter.
const LOW_CONFIDENCE: u8 = 1;
const INVALID: u8 = 1 << 2;
const STARTING: u8 = 1 << 4;

/// The numbers. The consumer's variant has no variability index and no respiration rate.
fn parameters(mut reader: Reader<'_>) -> Result<Said, DecodeError> {
    let system = reader.u32("exceptions")?;
    let is = |bit: u8| system >> bit & 1 == 1;
    let [saturation_exceptions, saturation, pulse_exceptions, pulse] = reader.array("saturation_and_pulse")?;
    let both = saturation_exceptions | pulse_exceptions;
    let (off, searching) = (is(21), is(22));
    // Whatever is not known of a bit, the numbers are not trusted with it.
    let unknown = system & !0x01E0_0000 != 0 || both & !(LOW_CONFIDENCE | INVALID | STARTING) != 0;
    let none = |exceptions: u8, value| exceptions & INVALID != 0 || value == u8::MAX;
    let mut said = oximetry(
        !off && !searching,
        unless(none(saturation_exceptions, saturation), saturation),
        unless(none(pulse_exceptions, pulse), pulse),
    )
    .flag(Flag::SensorUnconnectedToUser, off)
    .flag(Flag::SignalAnalysisOngoing, searching)
    .flag(Flag::SensorInterference, is(23))
    .flag(Flag::LowPerfusion, is(24))
    .flag(Flag::EarlyEstimate, both & STARTING != 0)
    .flag(Flag::QuestionableMeasurement, both & LOW_CONFIDENCE != 0 || unknown)
    .detail("no_finger", off)
    .detail("system_exceptions", system);
    if reader.remaining() > 3 {
        let [exceptions, variability] = reader.array("pvi")?;
        // A first estimate counts: MasimoMightySat's program shows it too.
        if exceptions & !STARTING == 0 && variability != u8::MAX {
            said = said.detail("pvi_percent", variability);
        }
        // Seen after the finger was out, while the device was finding its pulse again.
        if exceptions & INVALID != 0 {
            said.standing = Standing::Interim(Kind::PulseOximetry);
            said = said.flag(Flag::SignalAnalysisOngoing, true);
        }
    }
    let (exceptions, perfusion) = (reader.u8("pi")?, reader.u16("pi")?);
    if exceptions & INVALID == 0 && perfusion != u16::MAX {
        said = said.value(Metric::PulseAmplitudeIndex, perfusion, -2, Unit::Percent);
    }
    if reader.remaining() > 0 {
        let [exceptions, rate] = reader.array("rrp")?;
        // Nor is it shown there while it is starting or in doubt.
        if exceptions == 0 && rate != u8::MAX {
            said = said.detail("respiration_rate_per_minute", rate);
        }
    }
    reader.finish().map(|()| said)
}
