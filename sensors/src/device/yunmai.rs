//! Yunmai X (YMBS-M268), which advertises what it weighs.
//!
//! It gives no company: its manufacturer data begin with its own address backwards, of which the first two bytes stand
//! where the company should. Then come 0B 74 17, a byte of the session, a state (1 live, 2 stable, 3 final), the weight
//! in steps of 10 g, the impedance, the most significant byte first, and the exclusive or of these six.
//!
//! Known: the layout, from frames made up after a device's (openScale@f7a733b2 YunmaiXHandler.kt and its test). It
//! repeats the final frame for many seconds. Not known: other units than kg. Whether the frame is of the device that
//! sends it (its address inside) is checked where the address is known.

use dagsform_care::{Kind, Metric, Unit};

use super::{Advertisement, Frame, Layout, Maker, Model, Said, Secrets, Standing, checksum, octets};
use crate::codec::{DecodeError, reader::Reader};

pub(super) const MAKER: Maker = Maker { models: &[X], loose: &[] };

const X: Model = Model {
    name: "Yunmai X",
    kinds: &[Kind::BodyWeight],
    known: "no bytes of the device; as another program reads them",
    advertised,
    layouts: &[&FRAME],
    ..Model::PLAIN
};

static FRAME: Layout = Layout { name: "yunmai-x", aliases: &[], repeats: true, read };

const SIGNATURE: [u8; 3] = [0x0B, 0x74, 0x17];
const FINAL: u8 = 3;

fn advertised(heard: &Advertisement, secrets: &Secrets<'_>) -> Option<Result<Frame, DecodeError>> {
    heard.manufacturer_data.iter().find_map(|(company, data)| {
        let [c, d, e, f, signature @ .., _, _, _, _, _, _, _] = data.as_slice() else { return None };
        let [b, a] = company.to_be_bytes();
        let own = secrets.address.is_none_or(|address| octets(address) == [*f, *e, *d, *c, b, a]);
        let frame = || Frame { layout: &FRAME, bytes: data.clone(), authenticated: false };
        (signature == SIGNATURE && own).then(|| Ok(frame()))
    })
}

fn read(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let mut reader = Reader::new(FRAME.name, bytes);
    reader.array::<4>("address")?;
    if reader.array("signature")? != SIGNATURE {
        return Err(DecodeError::Mismatch { of: FRAME.name, problem: "its signature is not 0B 74 17" });
    }
    let summed = reader.array::<6>("weighing")?;
    let check = reader.u8("checksum")?;
    reader.finish()?;
    let [_, state, a, b, c, d] = summed;
    let weight = u16::from_be_bytes([a, b]);
    let standing = match (state, weight) {
        (FINAL, 0) => Standing::Refused("a placeholder"),
        (FINAL, _) => Standing::Reading(Kind::BodyWeight),
        _ => Standing::Interim(Kind::BodyWeight),
    };
    let said = Said::new(standing)
        .value(Metric::BodyWeight, weight, -2, Unit::Kilogram)
        .detail("impedance_ohm", u16::from_be_bytes([c, d]))
        .detail("state", state);
    Ok(checksum::checked(said, checksum::xor(&summed) == check))
}
