//! Senssun IF_B7, which advertises what it weighs.
//!
//! Its manufacturer data (company 0x0100) have 17 bytes: 02 03 11, its address, and what is read here: a divisor, the
//! weight in steps of 10 g, the impedance, a state, whose bits 5 and 7 say that it is stable; then two more bytes. The
//! most significant byte comes first.
//!
//! Known: one advertisement of the device (custom-components/ble_monitor@5690220 senssun.py and its test). Not known:
//! what another divisor than 2 means, the last two bytes, other units than kg.

use dagsform_care::{Kind, Metric, Unit};

use super::{Advertisement, Frame, Layout, Maker, Model, Said, Secrets, Standing};
use crate::codec::{DecodeError, reader::Reader};

pub(super) const MAKER: Maker = Maker { models: &[IF_B7], loose: &[] };

const IF_B7: Model = Model {
    name: "Senssun IF_B7",
    kinds: &[Kind::BodyWeight],
    known: "bytes of one advertisement",
    advertised,
    layouts: &[&FRAME],
    ..Model::PLAIN
};

static FRAME: Layout = Layout { name: "senssun", aliases: &["senssun-if-b7"], repeats: true, read };

const COMPANY: u16 = 0x0100;
const STABLE: u8 = 0xA0;

fn advertised(heard: &Advertisement, _: &Secrets<'_>) -> Option<Result<Frame, DecodeError>> {
    let (_, data) = heard.manufacturer_data.iter().find(|(company, _)| *company == COMPANY)?;
    let [0x02, 0x03, 0x11, _, _, _, _, _, _, bytes @ .., _, _] = data.as_slice() else { return None };
    let frame = || Frame { layout: &FRAME, bytes: bytes.to_vec(), authenticated: false };
    (bytes.len() == 6).then(|| Ok(frame()))
}

fn read(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let mut reader = Reader::new(FRAME.name, bytes);
    let divisor = reader.u8("divisor")?;
    let (weight, impedance) = (reader.u16_be("weight")?, reader.u16_be("impedance")?);
    let state = reader.u8("state")?;
    reader.finish()?;
    let is_stable = state & STABLE == STABLE;
    let standing = match (is_stable, weight) {
        (false, _) => Standing::Interim(Kind::BodyWeight),
        (true, 0) => Standing::Refused("a placeholder"),
        (true, _) => Standing::Reading(Kind::BodyWeight),
    };
    Ok(Said::new(standing)
        .value(Metric::BodyWeight, weight, -2, Unit::Kilogram)
        .detail("impedance_ohm", impedance)
        .detail("stabilized", is_stable)
        .detail("divisor", divisor)
        .same_as(weight.to_be_bytes()))
}
