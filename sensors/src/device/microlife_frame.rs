//! The frames of Microlife's cuff (`microlife`).

use dagsform_care::{DeviceTime, Kind, Metric, Unit};

use super::{
    Layout, Said, Secrets, Standing,
    checksum::{checked, sum},
    date::since_2000,
};
use crate::codec::{DecodeError, reader::Reader};

pub(super) const COMMAND_MARK: [u8; 2] = [0x4D, 0xFF];
pub(super) const REPLY_MARK: [u8; 2] = [0x4D, 0x3A];
/// The command that is followed by the time.
pub(super) const SET_TIME: u8 = 0x0D;

pub(super) static COMMAND: Layout = Layout {
    name: "microlife-command",
    aliases: &["microlife-set-time", "microlife-get-measurements", "microlife-get-id", "microlife-disconnect"],
    repeats: false,
    read: command,
};
/// A reply; one of ten bytes is a measurement.
pub(super) static REPLY: Layout = Layout {
    name: "microlife-reply",
    aliases: &["microlife-ack", "microlife-response", "microlife-frame", "microlife"],
    repeats: false,
    read: reply,
};
/// A measurement without a frame: eight bytes, or ten with what stands between two of them in the memory.
pub(super) static MEASUREMENT: Layout =
    Layout { name: "microlife-measurement", aliases: &["microlife-record"], repeats: false, read: measurement };

/// The payload of the reply that holds the memory: how many measurements, and the newest of them.
pub(super) static MEMORY: Layout =
    Layout { name: "microlife-memory", aliases: &["microlife-measurements"], repeats: false, read: memory };
/// What stands before the measurements in the memory.
pub(super) const BEFORE: usize = 38;

/// A frame with this payload.
pub(super) fn framed(mark: [u8; 2], payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap_or(u16::MAX).saturating_add(1).to_be_bytes();
    let mut frame = [&mark, &length, payload].concat();
    frame.push(sum(&frame));
    frame
}

/// Takes a frame apart: its payload, and whether its checksum is right.
pub(super) fn taken_apart(of: &'static str, mark: [u8; 2], bytes: &[u8]) -> Result<(Vec<u8>, bool), DecodeError> {
    let mismatch = |problem| DecodeError::Mismatch { of, problem };
    let mut r = Reader::new(of, bytes);
    if r.array("mark")? != mark {
        return Err(mismatch("it does not begin with the mark of such a frame"));
    }
    let length = u16::from_be_bytes(r.array("length")?);
    if r.remaining() != usize::from(length) {
        return Err(mismatch("its length is not the one that it says"));
    }
    let mut payload = r.rest("payload");
    let checksum = payload.pop().ok_or(mismatch("it has no checksum"))?;
    Ok((payload, bytes.split_last().is_some_and(|(_, before)| sum(before) == checksum)))
}

fn command(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let (payload, crc_ok) = taken_apart(COMMAND.name, COMMAND_MARK, bytes)?;
    let name = match payload.first() {
        Some(0x00) => "get-measurements",
        Some(0x04) => "disconnect",
        Some(0x05) => "get-id",
        Some(0x06) => "set-id",
        Some(&SET_TIME) => "set-time",
        _ => "unknown",
    };
    let said = Said::new(Standing::Word).detail("command", name);
    let said = match payload.as_slice() {
        [SET_TIME, year, month, day, hour, minute, second] => {
            said.at(since_2000([*year, *month, *day, *hour, *minute, *second]))
        }
        _ => said,
    };
    Ok(checked(said.detail("payload", payload), crc_ok))
}

fn reply(bytes: &[u8], secrets: &Secrets<'_>) -> Result<Said, DecodeError> {
    let (payload, crc_ok) = taken_apart(REPLY.name, REPLY_MARK, bytes)?;
    let said = match payload.len() {
        10 => measurement(&payload, secrets)?,
        _ => Said::new(Standing::Word).detail("done", payload == [0x81]).detail("payload", payload),
    };
    Ok(checked(said, crc_ok))
}

fn measurement(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let mut r = Reader::new(MEASUREMENT.name, bytes);
    let [systolic, diastolic, pulse] = r.array("measurement")?;
    let [year, month, day, hour, minute] = r.array("time")?;
    if r.remaining() > 0 {
        let _: [u8; 2] = r.array("unknown")?;
    }
    r.finish()?;
    let empty = [systolic, diastolic, pulse] == [0; 3];
    let standing = if empty { Standing::Refused("a placeholder") } else { Standing::Reading(Kind::BloodPressure) };
    Ok(Said::new(standing)
        .value(Metric::Systolic, systolic, 0, Unit::MillimetreOfMercury)
        .value(Metric::Diastolic, diastolic, 0, Unit::MillimetreOfMercury)
        .value(Metric::PulseRateByCuff, pulse, 0, Unit::PerMinute)
        .at(since_2000([year, month, day, hour, minute, 0])))
}

fn memory(bytes: &[u8], secrets: &Secrets<'_>) -> Result<Said, DecodeError> {
    let mut r = Reader::new(MEMORY.name, bytes);
    let _: [u8; BEFORE] = r.array("unknown")?;
    let rest = r.rest("measurements");
    let read = rest.chunks_exact(10).map(|place| measurement(place, secrets)).collect::<Result<Vec<_>, _>>()?;
    let held: Vec<Said> = read.into_iter().filter(|said| matches!(said.standing, Standing::Reading(_))).collect();
    let count = u32::try_from(held.len()).unwrap_or(u32::MAX);
    let time = |said: &Said| match said.time {
        DeviceTime::Local(time) => Some(time),
        DeviceTime::Absent | DeviceTime::Unknown => None,
    };
    let newest = held.into_iter().max_by_key(time).unwrap_or_else(|| Said::new(Standing::Word));
    Ok(Said { standing: Standing::Word, ..newest }.detail("count", count))
}
