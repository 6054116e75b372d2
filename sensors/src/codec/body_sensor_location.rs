//! Body Sensor Location (0x2A38): where a heart rate sensor is worn (Heart Rate Service 1.0, 3.2; GATT
//! Specification Supplement, Body Sensor Location).

use super::{
    code::code,
    reader::{DecodeError, Reader},
};

code! {
    /// Where the sensor is worn.
    BodySensorLocation {
        0 /// 0.
        Other,
        1 /// 1.
        Chest,
        2 /// 2.
        Wrist,
        3 /// 3.
        Finger,
        4 /// 4.
        Hand,
        5 /// 5.
        EarLobe,
        6 /// 6.
        Foot,
    }
}

impl BodySensorLocation {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2A38;

    /// Decodes the characteristic.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("Body Sensor Location", bytes);
        let decoded = reader.u8("body_sensor_location")?.into();
        reader.finish()?;
        Ok(decoded)
    }
}
