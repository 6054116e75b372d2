//! A simulated pulse oximeter (Pulse Oximeter Service 1.0.1).

use std::{ops::Deref, time::Duration};

use chrono::NaiveDateTime;
use tokio::time::sleep;

use super::device::{Device, Gives, Model, RACP, SPOT, date_time, sfloat};

const STREAM: u16 = 0x2A5F;

pub(super) const MODEL: Model =
    Model { number: "SIM-PLX", reading: SPOT, others: &[STREAM, RACP], gives: Gives::OnRequest };

/// A finger stays in for so many values, one a second.
const VALUES: u32 = 8;

/// The hand that uses the oximeter.
#[derive(Clone)]
pub struct Oximeter(pub(super) Device);

impl Oximeter {
    /// Measures: switches the device on, streams, gives the reading, and switches it off again.
    ///
    /// Saturation in per cent, pulse in beats per minute.
    pub async fn measure(&self, spo2: u16, pulse: u16) {
        self.switch(true);
        let this = self.pick_up();
        for _ in 0..VALUES {
            sleep(Duration::from_secs(1)).await;
            self.say(STREAM, [&[0][..], &sfloat(spo2, 0), &sfloat(pulse, 0)].concat());
        }
        if self.traits().spot_check {
            let reading = spot_check(spo2, pulse, self.now());
            self.say(SPOT, reading.clone());
            self.store(stored(reading));
        } else {
            // The finger is out: sensor unconnected to user (bit 11 of the device and sensor status).
            self.say(STREAM, vec![0x08, 0xFF, 0x07, 0xFF, 0x07, 0x00, 0x08, 0x00]);
        }
        self.put_down(this).await;
    }
}

impl Deref for Oximeter {
    type Target = Device;
    fn deref(&self) -> &Device {
        &self.0
    }
}

/// A PLX Spot-Check Measurement with time and status, validated, as the device sends it live.
pub fn spot_check(spo2: u16, pulse: u16, time: NaiveDateTime) -> Vec<u8> {
    [&[0x03][..], &sfloat(spo2, 0), &sfloat(pulse, 0), &date_time(time), &0x0080_u16.to_le_bytes()].concat()
}

/// The reading as the memory reports it: data from measurement storage (bit 9 of the status).
fn stored(mut reading: Vec<u8>) -> Vec<u8> {
    if let Some(status) = reading.last_mut() {
        *status |= 0x02;
    }
    reading
}
