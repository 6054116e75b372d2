//! What the bits of different services have in common.

use bitflags::Flags;
use dagsform_care::Flag;

/// Says so where a bit is set that the specification reserves.
pub(super) fn reserved<F: Flags>(field: F) -> Option<Flag> {
    field.contains_unknown_bits().then_some(Flag::ReservedBitSet)
}
