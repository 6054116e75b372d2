//! FitTrack Dara 2.0.
//!
//! Recognised by service 0xFFB0 with 0xFFB1 (written) and 0xFFB2 (notified), which other makers use, together with its
//! name "FitTrack". Its frames are those of `icomon`; the weight is in tenths of the unit that it was told to show, and
//! says not which. In the bytes that are known that was lb, and so `fittrack-dara` reads them; what is collected here
//! is `fittrack-dara-kg`, from a scale that the opening tells to show kg.
//!
//! Known: bytes of the device (openScale@f7a733b2 FitTrackDaraHandler.kt and its test). It may send only live weights
//! and never say that one is final, and then gives no reading here. Not known: the numbers of its own challenge (0xAD,
//! 0xAE), without which it may keep back its composition. Not built: person and time, which the composition needs.

use dagsform_care::{Kind, Unit};

use super::{Channel, Layout, Maker, Model, Way, Write, icomon};
use crate::characteristic::Characteristic;

pub(super) const MAKER: Maker = Maker { models: &[DARA], loose: &[&POUNDS] };

const DARA: Model = Model {
    name: "FitTrack Dara 2.0",
    kinds: &[Kind::BodyWeight],
    known: "bytes of the device",
    is: |seen| seen.serves(0xFFB0) && seen.has(WRITTEN) && seen.has(NOTIFIED) && seen.is_called(&["FitTrack"]),
    channels: &[Channel { characteristic: Characteristic::assigned(NOTIFIED), layout: &KILOGRAMS, way: Way::Readings }],
    opening: |_| vec![command([0xF7, 0, 0, 0]), command([0xFA, 0, 0, 0]), command([0xFE, 6, 0, 0])],
    layouts: &[&KILOGRAMS],
    ..Model::PLAIN
};

const WRITTEN: u16 = 0xFFB1;
const NOTIFIED: u16 = 0xFFB2;

static POUNDS: Layout = Layout {
    name: "fittrack-dara",
    aliases: &[],
    repeats: false,
    read: |bytes, _| icomon::read("fittrack-dara", bytes, -1, Unit::Pound),
};
static KILOGRAMS: Layout = Layout {
    name: "fittrack-dara-kg",
    aliases: &[],
    repeats: false,
    read: |bytes, _| icomon::read("fittrack-dara-kg", bytes, -1, Unit::Kilogram),
};

fn command(content: [u8; 4]) -> Write {
    Write { characteristic: WRITTEN.into(), bytes: icomon::command(content) }
}
