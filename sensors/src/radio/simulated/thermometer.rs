//! A simulated thermometer (Health Thermometer Service 1.0): a simple one, without clock and without memory.

use std::{ops::Deref, time::Duration};

use tokio::time::sleep;

use super::device::{Device, Gives, Model};

const TEMPERATURE: u16 = 0x2A1C;

pub(super) const MODEL: Model = Model { number: "SIM-HTS", reading: TEMPERATURE, others: &[], gives: Gives::ByItself };

/// It is in the ear for so long.
const MEASURES: Duration = Duration::from_secs(3);

/// The hand that uses the thermometer.
#[derive(Clone)]
pub struct Thermometer(pub(super) Device);

impl Thermometer {
    /// Measures: then the device is heard, gives the reading, and switches itself off; a reading that
    /// nobody has taken by then is lost. In tenths of a degree Celsius.
    pub async fn measure(&self, tenths_celsius: u16) {
        sleep(MEASURES).await;
        self.give(vec![(TEMPERATURE, temperature(tenths_celsius))]).await;
        if !self.is_on() {
            self.forget_all();
        }
    }
}

impl Deref for Thermometer {
    type Target = Device;
    fn deref(&self) -> &Device {
        &self.0
    }
}

/// A Temperature Measurement in degrees Celsius, taken in the ear, without a time.
pub fn temperature(tenths_celsius: u16) -> Vec<u8> {
    let [low, high] = tenths_celsius.to_le_bytes();
    // FLOAT: three bytes of mantissa, then the exponent -1.
    vec![0x04, low, high, 0, 0xFF, 3]
}
