//! Medisana scales BS 430, BS 440 and BS 444, made by Transtek (`transtek` has the bytes).
//!
//! Recognised by service 0x78B2 with 0x8A21 and 0x8A81. They send what they have stored for all users, and what they
//! weigh, once they have been told the time; without it nothing comes, which is why the clock is written as the
//! opening. A stored record keeps the stamp that it has.
//!
//! Known: bytes of a BS 444 (stackoverflow 34309288, openScale wiki "Medisana BS444"); the other two by the programs
//! that read them the same way (openScale, keptenkurk/BS440). Not known: which of the eight users is which person
//! (event 0x84 on 0x8A82, not read).

use dagsform_care::Kind;

use super::{Channel, Layout, Maker, Model, Way, transtek};
use crate::characteristic::Characteristic;

pub(super) const MAKER: Maker = Maker { models: &[BS444], loose: &[] };

const BS444: Model = Model {
    name: "Medisana BS 430, 440, 444",
    kinds: &[Kind::BodyWeight],
    known: "bytes of a BS 444",
    is: |seen| seen.serves(0x78B2) && seen.has(WEIGHT) && seen.has(transtek::COMMAND),
    channels: &[channel(WEIGHT), channel(transtek::COMPOSITION)],
    opening: |now| vec![transtek::set_time(now)],
    layouts: &[&RECORD],
    ..Model::PLAIN
};

const WEIGHT: u16 = 0x8A21;
const NAME: &str = "medisana-bs444";
static RECORD: Layout = Layout {
    name: NAME,
    // Trisa's frames lie the same; the password that it wants first is not built.
    aliases: &["trisa-body-analyze"],
    repeats: false,
    read: |bytes, _| transtek::read(NAME, bytes),
};

const fn channel(number: u16) -> Channel {
    Channel { characteristic: Characteristic::assigned(number), layout: &RECORD, way: Way::Readings }
}
