//! A simulated glucose meter (Glucose Service 1.0.1). Its memory is asked for; nothing comes unasked.

use std::{ops::Deref, time::Duration};

use chrono::NaiveDateTime;
use dagsform_care::Meal;
use tokio::time::sleep;

use super::device::{Device, Gives, Model, RACP, date_time, sfloat};

const GLUCOSE: u16 = 0x2A18;
const CONTEXT: u16 = 0x2A34;

pub(super) const MODEL: Model =
    Model { number: "SIM-GLS", reading: GLUCOSE, others: &[CONTEXT, RACP], gives: Gives::OnRequest };

/// The meter needs so long for a drop.
const MEASURES: Duration = Duration::from_secs(5);

/// The hand that uses the meter.
#[derive(Clone)]
pub struct GlucoseMeter(pub(super) Device);

impl GlucoseMeter {
    /// Measures: then the device is heard, gives its memory on request, and switches itself off.
    ///
    /// `tenths_mmol`: tenths of mmol/L. `meal`: what the person tells the meter.
    pub async fn measure(&self, tenths_mmol: u16, meal: Option<Meal>) {
        // A strip that is put in ends the link.
        self.switch(false);
        sleep(MEASURES).await;
        let number = self.number();
        let record = (GLUCOSE, glucose(number, tenths_mmol, meal.is_some(), self.now()));
        let context = meal.map(|meal| (CONTEXT, glucose_context(number, meal)));
        self.give(std::iter::once(record).chain(context).collect()).await;
    }
}

impl Deref for GlucoseMeter {
    type Target = Device;
    fn deref(&self) -> &Device {
        &self.0
    }
}

/// A Glucose Measurement in mol/L: capillary plasma from the finger, nothing to remark.
pub fn glucose(number: u16, tenths_mmol: u16, context_follows: bool, time: NaiveDateTime) -> Vec<u8> {
    let flags = 0x0F | if context_follows { 0x10 } else { 0 };
    let fields = [&number.to_le_bytes()[..], &date_time(time), &[0, 0], &sfloat(tenths_mmol, -4)].concat();
    [&[flags][..], &fields, &[0x12, 0, 0]].concat()
}

/// The Glucose Measurement Context with the meal of a record.
pub fn glucose_context(number: u16, meal: Meal) -> Vec<u8> {
    let [low, high] = number.to_le_bytes();
    let meal = match meal {
        Meal::Preprandial => 1,
        Meal::Postprandial => 2,
        Meal::Fasting => 3,
        Meal::Casual => 4,
        Meal::Bedtime => 5,
    };
    vec![0x02, low, high, meal]
}
