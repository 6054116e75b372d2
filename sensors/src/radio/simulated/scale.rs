//! A simulated scale (Weight Scale Service 1.0). Like the cuff it sends by itself what it has kept.

use std::{ops::Deref, time::Duration};

use chrono::NaiveDateTime;
use tokio::time::sleep;

use super::device::{Device, Gives, Model, date_time};

const WEIGHT: u16 = 0x2A9D;

pub(super) const MODEL: Model = Model { number: "SIM-WSS", reading: WEIGHT, others: &[], gives: Gives::ByItself };

/// A person stands still for so long.
const MEASURES: Duration = Duration::from_secs(4);

/// The foot that uses the scale.
#[derive(Clone)]
pub struct Scale(pub(super) Device);

impl Scale {
    /// Weighs: then the device is heard, gives all that it has kept, and switches itself off.
    ///
    /// `user`: who it says it was (255: one it does not know); `None` for a scale without users.
    pub async fn measure(&self, kilograms_in_hundredths: u32, user: Option<u8>) {
        sleep(MEASURES).await;
        self.give(vec![(WEIGHT, weight(kilograms_in_hundredths, user, self.now()))]).await;
    }
}

impl Deref for Scale {
    type Target = Device;
    fn deref(&self) -> &Device {
        &self.0
    }
}

/// A Weight Measurement with time; more than 327.67 kg is an unsuccessful one.
pub fn weight(kilograms_in_hundredths: u32, user: Option<u8>, time: NaiveDateTime) -> Vec<u8> {
    // Steps of 5 g.
    let steps = u16::try_from(kilograms_in_hundredths.saturating_mul(2)).unwrap_or(u16::MAX);
    let flags = 0x02 | if user.is_some() { 0x04 } else { 0 };
    let user: Vec<u8> = user.into_iter().collect();
    [&[flags][..], &steps.to_le_bytes(), &date_time(time), &user].concat()
}
