//! E2E-CRC: the checksum at the end of the values of the Continuous Glucose Monitoring Service
//! (Continuous Glucose Monitoring Service 1.0.2, 3.11: CRC-CCITT with the generator x¹⁶ + x¹² + x⁵ + 1, both
//! bytes and result reflected, begun with 0xFFFF; the least significant byte comes first).

use serde::Serialize;

use super::reader::{DecodeError, Reader};

/// The checksum that came with a value. A wrong one is told and not refused: what was sent is decoded all the
/// same, and whoever makes a reading of it must look here first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct E2eCrc {
    /// As sent.
    pub sent: u16,
    /// Whether it is that of the bytes before it.
    pub crc_ok: bool,
}

impl E2eCrc {
    /// Takes the checksum at the end of `whole`.
    pub(super) fn read(reader: &mut Reader<'_>, whole: &[u8]) -> Result<Self, DecodeError> {
        let sent = reader.u16("e2e_crc")?;
        let before = whole.split_last_chunk::<2>().map_or(whole, |(before, _)| before);
        Ok(Self { sent, crc_ok: sent == checksum(before) })
    }

    /// The same where nothing says beforehand whether there is one: it is there if anything is left.
    pub(super) fn read_if_any(reader: &mut Reader<'_>, whole: &[u8]) -> Result<Option<Self>, DecodeError> {
        if reader.remaining() == 0 { Ok(None) } else { Self::read(reader, whole).map(Some) }
    }
}

/// The checksum of `bytes`.
pub fn checksum(bytes: &[u8]) -> u16 {
    /// The generator, reflected.
    const GENERATOR: u16 = 0x8408;
    bytes.iter().fold(0xFFFF, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ GENERATOR } else { crc >> 1 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};

    #[test]
    fn the_checksum_is_that_of_the_service_and_of_other_programs() {
        // The example of the service, which prints its two bytes in the other order, then those of
        // NordicSemiconductor/Android-BLE-Common-Library@c078e25 (CRC16Test.java, MCRF4XX).
        for (bytes, expected) in [
            (&[0x3E, 1, 2, 3, 4, 5, 6, 7, 8, 9][..], 0x2F01),
            (b"123456789", 0x6F91),
            (b"A", 0x5C0A),
            (&[0x58, 0x25, 0x1F, 0x98], 0x07F1),
            (&[], 0xFFFF),
        ] {
            assert_eq!(checksum(bytes), expected, "{bytes:02x?}");
        }
    }

    proptest! {
        #[test]
        fn one_wrong_bit_is_always_noticed(bytes in vec(any::<u8>(), 1..32), place: prop::sample::Index, bit in 0u8..8) {
            let mut sent = [&bytes[..], &checksum(&bytes).to_le_bytes()].concat();
            let read = |sent: &[u8]| {
                let mut reader = Reader::new("a value", sent);
                reader.part("the value", bytes.len()).unwrap();
                E2eCrc::read_if_any(&mut reader, sent).unwrap().unwrap().crc_ok
            };
            prop_assert!(read(&sent));
            let place = place.index(sent.len());
            sent[place] ^= 1 << bit;
            prop_assert!(!read(&sent));
        }
    }
}
