//! ADE scale BA 1600, made by Transtek (`transtek` has the bytes).
//!
//! Recognised by service 0x7892 with 0x8A24 and 0x8A81. It wants the time, then "enable disconnect" (0x22), and its
//! challenge (event 0xA1 on 0x8A82) sent back after 0x20. The clock is written as the opening because nothing comes
//! without it; a stored record keeps the stamp that it has.
//!
//! Known: bytes of the device and what its maker's program answers (KristianP26/ble-scale-sync@3cce009 trisa.ts, issue
//! 138, pull requests 153 and 158). Not known: how it behaves with more than one user. Not built: the password of
//! Weight Gurus and 1BODY CONNECT, whose frames lie the same (event 0xA0).

use dagsform_care::Kind;

use super::{Channel, Layout, Maker, Model, Said, Standing, Way, Write, transtek};
use crate::{characteristic::Characteristic, codec::reader::Reader};

pub(super) const MAKER: Maker = Maker { models: &[BA1600], loose: &[] };

const BA1600: Model = Model {
    name: "ADE BA 1600",
    kinds: &[Kind::BodyWeight],
    known: "bytes of the device",
    is: |seen| seen.serves(0x7892) && seen.has(WEIGHT) && seen.has(transtek::COMMAND),
    channels: &[channel(WEIGHT, &RECORD), channel(transtek::COMPOSITION, &RECORD), channel(EVENT, &EVENTS)],
    opening: |now| vec![transtek::set_time(now), transtek::command(vec![ENABLE_DISCONNECT])],
    acknowledgement: answer,
    layouts: &[&RECORD, &EVENTS],
    ..Model::PLAIN
};

const WEIGHT: u16 = 0x8A24;
const EVENT: u16 = 0x8A82;
const ENABLE_DISCONNECT: u8 = 0x22;
const CHALLENGE: u8 = 0xA1;
const RESPONSE: u8 = 0x20;

const NAME: &str = "ade-ba1600";
static RECORD: Layout = Layout {
    name: NAME,
    aliases: &["weight-gurus-a3", "body-connect"],
    repeats: false,
    read: |bytes, _| transtek::read(NAME, bytes),
};
static EVENTS: Layout = Layout {
    name: "ade-event",
    aliases: &[],
    repeats: false,
    read: |bytes, _| {
        let mut reader = Reader::new("ade-event", bytes);
        let event = reader.u8("event")?;
        Ok(Said::new(Standing::Word).detail("event", event).detail("content", reader.rest("content")))
    },
};

const fn channel(number: u16, layout: &'static Layout) -> Channel {
    Channel { characteristic: Characteristic::assigned(number), layout, way: Way::Readings }
}

/// The challenge goes back as it came: this model gives no password to combine it with.
fn answer(frame: &[u8]) -> Vec<Write> {
    match frame {
        [CHALLENGE, a, b, c, d, ..] => vec![transtek::command(vec![RESPONSE, *a, *b, *c, *d])],
        _ => Vec::new(),
    }
}
