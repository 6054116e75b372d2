//! The one-byte checksums that makers put at the end of their frames, and what becomes of a frame with a wrong one.

use super::{Said, Standing};

/// The low byte of the sum of all bytes.
pub(super) fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

/// All bytes combined by exclusive or.
pub(super) fn xor(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |all, byte| all ^ byte)
}

/// CRC-8 with the polynomial x^8 + x^2 + x + 1, beginning with 0 (CRC-8/SMBUS).
pub(super) fn crc8(bytes: &[u8]) -> u8 {
    let step = |crc: u8, _| if crc & 0x80 == 0 { crc << 1 } else { crc << 1 ^ 0x07 };
    bytes.iter().fold(0, |crc, byte| (0..8).fold(crc ^ byte, step))
}

/// CRC-8 with the polynomial x^8 + x^5 + x^4 + 1, the bits reversed, beginning with 0 (CRC-8/MAXIM-DOW).
pub(super) fn crc8_maxim(bytes: &[u8]) -> u8 {
    let step = |crc: u8, _| if crc & 1 == 0 { crc >> 1 } else { crc >> 1 ^ 0x8C };
    bytes.iter().fold(0, |crc, byte| (0..8).fold(crc ^ byte, step))
}

/// What a frame says, with whether its checksum is right; with a wrong one it is not to be taken as a reading.
pub(super) fn checked(mut said: Said, right: bool) -> Said {
    if !right {
        said.standing = Standing::Refused("the checksum is wrong");
    }
    said.detail("crc_ok", right)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_sum_wraps_and_an_exclusive_or_cancels() {
        assert_eq!(super::sum(&[0xFF, 0x02]), 0x01);
        assert_eq!(super::sum(&[]), 0);
        assert_eq!(super::xor(&[0x5A, 0x0F, 0x5A]), 0x0F);
    }

    #[test]
    fn the_cyclic_checks_have_their_check_values() {
        assert_eq!(super::crc8(b"123456789"), 0xF4);
        assert_eq!(super::crc8_maxim(b"123456789"), 0xA1);
    }
}
