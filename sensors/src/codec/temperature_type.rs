//! Temperature Type (0x2A1D), alone or as a field: where on the body a temperature was taken (Health
//! Thermometer Service 1.0, 3.2; GATT Specification Supplement, Temperature Type).

use super::{
    code::code,
    reader::{DecodeError, Reader},
};

code! {
    /// Where on the body a temperature was taken.
    TemperatureType {
        1 /// 1.
        Armpit,
        2 /// 2: the body in general.
        Body,
        3 /// 3: usually the ear lobe.
        Ear,
        4 /// 4.
        Finger,
        5 /// 5.
        GastroIntestinalTract,
        6 /// 6.
        Mouth,
        7 /// 7.
        Rectum,
        8 /// 8.
        Toe,
        9 /// 9: the ear drum.
        Tympanum,
    }
}

impl TemperatureType {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2A1D;

    /// Decodes the characteristic.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("Temperature Type", bytes);
        let decoded = Self::read(&mut reader)?;
        reader.finish()?;
        Ok(decoded)
    }

    /// Takes the byte as one field of another characteristic.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.u8("temperature_type").map(Self::from)
    }
}
