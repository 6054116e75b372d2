//! Intermediate Temperature (0x2A1E): what a thermometer shows while it still measures (Health Thermometer
//! Service 1.0, 3.3). Never a reading: the Temperature Measurement that ends the measurement is.

use serde::Serialize;

use super::{
    reader::{DecodeError, Reader},
    temperature_measurement::TemperatureMeasurement,
};

/// A temperature on the way to a measurement; laid out as one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IntermediateTemperature(pub TemperatureMeasurement);

impl IntermediateTemperature {
    /// Its assigned number.
    pub const CHARACTERISTIC: u16 = 0x2A1E;

    /// Decodes the characteristic.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        TemperatureMeasurement::read(Reader::new("Intermediate Temperature", bytes)).map(Self)
    }
}
