//! Eufy P2 and P2 Pro (T9148, T9149).
//!
//! A frame of its 0xFFF2 has 16 bytes: 0xCF, the length of the rest, 0, 0xCF, the impedance in tenths of an ohm, the
//! weight in steps of 10 g, six bytes of which the fifth is 0 in the final frame, two more, and the exclusive or of all
//! from the third byte on.
//!
//! Known: seven frames of a P2 Pro with what its program showed (KristianP26/ble-scale-sync@3cce009 eufy-p2.ts and its
//! test, issue 289). Not known: bytes 8 to 11. Not built, and so no model of it is collected from: the handshake of
//! four encrypted messages (0xC0 to 0xC3) that must come before.

use dagsform_care::{Kind, Metric, Unit};

use super::{Layout, Maker, Said, Secrets, Standing, checksum};
use crate::codec::{DecodeError, reader::Reader};

pub(super) const MAKER: Maker = Maker { models: &[], loose: &[&FRAME] };

static FRAME: Layout = Layout { name: "eufy-p2", aliases: &["eufy-p2-pro"], repeats: false, read };

fn read(bytes: &[u8], _: &Secrets<'_>) -> Result<Said, DecodeError> {
    let [0xCF, 14, body @ .., check] = bytes else {
        return Err(DecodeError::Mismatch { of: FRAME.name, problem: "it does not begin with CF 0E" });
    };
    let mut reader = Reader::new(FRAME.name, body);
    if reader.array("mark")? != [0x00, 0xCF] {
        return Err(DecodeError::Mismatch { of: FRAME.name, problem: "its third and fourth byte are not 00 CF" });
    }
    let (impedance, weight) = (reader.u16("impedance")?, reader.u16("weight")?);
    let unknown = reader.array::<4>("unknown")?.to_vec();
    let state = reader.u8("state")?;
    reader.array::<2>("end")?;
    reader.finish()?;
    let standing = match (state, weight) {
        (0, 0) => Standing::Refused("a placeholder"),
        (0, _) => Standing::Reading(Kind::BodyWeight),
        _ => Standing::Interim(Kind::BodyWeight),
    };
    let said = Said::new(standing)
        .value(Metric::BodyWeight, weight, -2, Unit::Kilogram)
        .number("impedance_ohm", impedance, -1)
        .detail("unknown", unknown);
    Ok(checksum::checked(said, checksum::xor(body) == *check))
}
