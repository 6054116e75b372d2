//! How frames are cut out of a flow of bytes.

/// The bytes at the beginning of which `start` does not stand, and which therefore are no frame: how many there are up
/// to the next `start`, at least one.
pub(super) fn up_to_next(start: u8, bytes: &[u8]) -> usize {
    bytes.iter().skip(1).position(|byte| *byte == start).map_or(bytes.len(), |place| place.saturating_add(1))
}
