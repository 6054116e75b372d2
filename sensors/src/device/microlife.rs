//! Microlife.
//!
//! BP3GY1-2N, a cuff without the Blood Pressure Service. Commands are written to 0xFFF2 of the service 0xFFF0, at most
//! twenty bytes at a time; replies are notified on 0xFFF1 in pieces. Both are frames: 4D FF (command) or 4D 3A (reply),
//! a length of two bytes that counts the payload and the checksum, the payload, the sum of all before it. "Get
//! measurements" is answered by one frame with all of the memory: 38 bytes, then ten a measurement, empty places zero.
//! Known from joergmlpts/blood-pressure-monitor@d120d84:bpm_bt.py, which was written with a device at hand, and
//! derdilla/blood-pressure-monitor-fl@17aba3d0 with its tests; no bytes of a device are shown in either.
//!
//! Not known: the Model Number String, therefore its name is taken too; the 38 bytes, the last two of a measurement; in
//! which order the measurements come, and whether all are of the user chosen on the device. A reply does not say which
//! command it answers.

use chrono::{DateTime, Datelike, FixedOffset};
use dagsform_care::Kind;

use super::{
    Channel, Clock, Maker, Model, Way, Write,
    date::date_time,
    microlife_frame::{self as frame, COMMAND_MARK, REPLY_MARK, SET_TIME, framed},
};
use crate::characteristic::Characteristic;

pub(super) const MAKER: Maker =
    Maker { models: &[BP3GY1], loose: &[&frame::COMMAND, &frame::MEASUREMENT, &frame::MEMORY] };

const SERVICE: Characteristic = Characteristic::assigned(0xFFF0);
const REPLIES: Characteristic = Characteristic::assigned(0xFFF1);
const COMMANDS: Characteristic = Characteristic::assigned(0xFFF2);
const NAMES: &[&str] = &["BP3GY1"];

const BP3GY1: Model = Model {
    name: "Microlife BP3GY1-2N",
    kinds: &[Kind::BloodPressure],
    known: "other programs that collect from it",
    is: |seen| {
        let characteristics = seen.serves(SERVICE) && seen.has(REPLIES) && seen.has(COMMANDS);
        characteristics && (seen.is_model(NAMES) || seen.is_called(NAMES))
    },
    channels: &[Channel { characteristic: REPLIES, layout: &frame::REPLY, way: Way::Batch { whole, records } }],
    opening: |_| vec![command_of(&GET_MEASUREMENTS)],
    acknowledgement: |reply| if memory(reply).is_some() { vec![command_of(&HANG_UP)] } else { Vec::new() },
    clock: Some(Clock { characteristic: COMMANDS, now: set_time }),
    layouts: &[&frame::REPLY],
    ..Model::PLAIN
};

const GET_MEASUREMENTS: [u8; 8] = [0, 0, 0, 0, 0, 0, 0, 0xFD];
const HANG_UP: [u8; 1] = [4];

fn command_of(payload: &[u8]) -> Write {
    Write { characteristic: COMMANDS, bytes: framed(COMMAND_MARK, payload) }
}

fn set_time(now: DateTime<FixedOffset>) -> Vec<u8> {
    let [_, _, time @ ..] = date_time(now.naive_local());
    let year = u8::try_from(now.year().saturating_sub(2000)).unwrap_or_default();
    framed(COMMAND_MARK, &[&[SET_TIME, year], time.as_slice()].concat())
}

/// How many bytes make the first reply. What does not begin like one is handed on as it is, to be refused.
fn whole(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [] | [0x4D] | [0x4D, 0x3A] | [0x4D, 0x3A, _] => None,
        [0x4D, 0x3A, high, low, ..] => {
            let length = usize::from(u16::from_be_bytes([*high, *low])).saturating_add(4);
            (bytes.len() >= length).then_some(length)
        }
        _ => Some(bytes.len()),
    }
}

/// The measurements of a reply that holds the memory, each as a reply that holds it alone.
fn records(reply: &[u8]) -> Vec<Vec<u8>> {
    let memory = memory(reply).unwrap_or_default();
    let places = memory.chunks_exact(10).filter(|place| place.iter().any(|byte| *byte != 0));
    places.map(|place| framed(REPLY_MARK, place)).collect()
}

/// The memory in a reply, if it holds one and its checksum is right.
fn memory(reply: &[u8]) -> Option<Vec<u8>> {
    let (payload, crc_ok) = frame::taken_apart(frame::REPLY.name, REPLY_MARK, reply).ok()?;
    let (_, memory) = payload.split_at_checked(frame::BEFORE)?;
    crc_ok.then(|| memory.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_the_sources_write() {
        let written = |writes: Vec<Write>| writes.into_iter().map(|write| hex::encode(write.bytes)).collect::<Vec<_>>();
        let now = DateTime::parse_from_rfc3339("2024-06-15T14:30:45+02:00").unwrap();
        assert_eq!(written((BP3GY1.opening)(now)), ["4dff000900000000000000fd52"]);
        assert_eq!(hex::encode(set_time(now)), "4dff00080d18060f0e1e2de7");
        let memory = framed(REPLY_MARK, &[0; 38]);
        assert_eq!(written((BP3GY1.acknowledgement)(&memory)), ["4dff00020452"]);
        assert_eq!((BP3GY1.acknowledgement)(&framed(REPLY_MARK, &[0x81])), []);
    }

    #[test]
    fn a_reply_in_pieces_gives_each_of_its_measurements_once() {
        let places = [[120, 80, 60, 24, 6, 15, 14, 30, 0, 0], [0; 10], [130, 85, 70, 25, 1, 2, 3, 4, 0, 0]];
        let reply = framed(REPLY_MARK, &[[0; 38].as_slice(), places.as_flattened()].concat());
        for length in 0..reply.len() {
            assert_eq!(whole(&reply[..length]), None, "{length}");
        }
        let and_more = [reply.as_slice(), &[0x4D]].concat();
        assert_eq!(whole(&and_more), Some(reply.len()));
        assert_eq!(records(&reply), [framed(REPLY_MARK, &places[0]), framed(REPLY_MARK, &places[2])]);
    }

    #[test]
    fn a_reply_with_a_wrong_checksum_gives_no_measurement() {
        let mut reply = framed(REPLY_MARK, &[9; 48]);
        assert_eq!(records(&reply).len(), 1);
        reply[20] ^= 1;
        assert!(records(&reply).is_empty());
        assert_eq!((BP3GY1.acknowledgement)(&reply), []);
    }

    #[test]
    fn bytes_that_begin_in_the_middle_of_a_reply_are_handed_on_to_be_refused() {
        assert_eq!(whole(&[0, 0, 0]), Some(3));
        assert!(records(&[0, 0, 0]).is_empty());
    }
}
