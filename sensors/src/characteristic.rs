//! Which value of a device's: a characteristic by its UUID, whether the Bluetooth SIG or a maker gave it.

use std::fmt;

use uuid::Uuid;

/// What the UUIDs of the Bluetooth SIG have in common (Bluetooth Core 5.4, Vol 3, Part B, 2.5.1).
const BASE: u128 = 0x0000_0000_0000_1000_8000_0080_5F9B_34FB;

/// A characteristic or a service.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Characteristic(Uuid);

impl Characteristic {
    /// One of the Bluetooth SIG's, by its 16-bit assigned number.
    pub const fn assigned(number: u16) -> Self {
        // A widening; `From` is not const.
        #[allow(clippy::as_conversions, reason = "u16 to u128 loses nothing")]
        Self(Uuid::from_u128(((number as u128) << 96) | BASE))
    }

    /// A maker's own, by its UUID.
    pub const fn own(uuid: u128) -> Self {
        Self(Uuid::from_u128(uuid))
    }

    /// The 16-bit assigned number, if it has one. Makers also use such numbers without having been given them.
    pub fn number(self) -> Option<u16> {
        let rest = self.0.as_u128() ^ BASE;
        let number = u16::try_from(rest >> 96).ok()?;
        (rest << 32 == 0).then_some(number)
    }

    /// Its UUID.
    pub fn uuid(self) -> Uuid {
        self.0
    }
}

impl From<u16> for Characteristic {
    fn from(number: u16) -> Self {
        Self::assigned(number)
    }
}

impl From<Uuid> for Characteristic {
    fn from(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl PartialEq<u16> for Characteristic {
    fn eq(&self, number: &u16) -> bool {
        *self == Self::assigned(*number)
    }
}

impl fmt::Display for Characteristic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number() {
            Some(number) => write!(f, "{number:04X}"),
            None => self.0.fmt(f),
        }
    }
}

impl fmt::Debug for Characteristic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assigned_number_is_read_from_its_uuid_alone() {
        let number = |text: &str| Characteristic::from(text.parse::<Uuid>().unwrap()).number();
        assert_eq!(number("00002a5e-0000-1000-8000-00805f9b34fb"), Some(0x2A5E));
        assert_eq!(number("00002a5e-0000-1000-8000-00805f9b34fc"), None);
        assert_eq!(number("46a970e0-0d5f-11e2-8b5e-0002a5d5c51b"), None);
        assert_eq!(Characteristic::assigned(0x2A5E).number(), Some(0x2A5E));
        assert_eq!(Characteristic::assigned(0x2A5E).to_string(), "2A5E");
    }
}
