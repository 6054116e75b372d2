//! A simulated blood-pressure cuff (Blood Pressure Service 1.1.1). It has no control point for its memory:
//! what the tablet has not heard yet it sends as soon as it is listened to.

use std::{ops::Deref, time::Duration};

use chrono::NaiveDateTime;
use tokio::time::sleep;

use super::device::{Device, Gives, Model, date_time, sfloat};

const PRESSURE: u16 = 0x2A35;

pub(super) const MODEL: Model = Model { number: "SIM-BLS", reading: PRESSURE, others: &[], gives: Gives::ByItself };

/// The cuff is pumped up and let down in so long.
const MEASURES: Duration = Duration::from_secs(8);

/// The hand that uses the cuff.
#[derive(Clone)]
pub struct Cuff(pub(super) Device);

impl Cuff {
    /// Measures: then the device is heard, gives all that it has kept, and switches itself off.
    ///
    /// Pressures in mmHg, pulse in beats per minute.
    pub async fn measure(&self, systolic: u16, diastolic: u16, pulse: u16) {
        sleep(MEASURES).await;
        self.give(vec![(PRESSURE, blood_pressure(systolic, diastolic, pulse, self.now()))]).await;
    }
}

impl Deref for Cuff {
    type Target = Device;
    fn deref(&self) -> &Device {
        &self.0
    }
}

/// A Blood Pressure Measurement in mmHg with time, pulse and status, nothing to remark.
pub fn blood_pressure(systolic: u16, diastolic: u16, pulse: u16, time: NaiveDateTime) -> Vec<u8> {
    // A third of the way up from the diastolic pressure, as cuffs estimate the mean.
    let mean = diastolic.saturating_add(systolic.saturating_sub(diastolic) / 3);
    let pressures = [sfloat(systolic, 0), sfloat(diastolic, 0), sfloat(mean, 0)].concat();
    [&[0x16][..], &pressures, &date_time(time), &sfloat(pulse, 0), &[0, 0]].concat()
}
