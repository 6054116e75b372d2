//! A maker of what a Xiaomi Mi Smart Scale (XMTZC01HM, "MI_SCALE") advertises: service data of 181D, ten bytes.
//!
//! Flags, weight in steps of 5 g (kilograms), and the date and time of the scale's clock; as openScale
//! (`BluetoothMiScale`) and ble_monitor (`miscale.py`) read them. Bytes and meaning are built side by side.

use chrono::NaiveDateTime;

use super::description::{Meaning, Record};
use super::fields::{Figure, date_time};
use super::number::decimal;
use super::weight::WEIGHT;

/// The service whose data it advertises.
pub const SERVICE: &str = "181D";
/// Bit 1 of the flags: kilograms. Bits 5 and 7 say that the weight has settled, and that nobody stands on it.
const KILOGRAMS: u8 = 1 << 1;
const SETTLED: u8 = 1 << 5;

/// A weight that has settled, in steps of 5 g.
#[must_use]
pub fn settled(device_time: NaiveDateTime, steps: u16) -> Record {
    let mut bytes = vec![KILOGRAMS | SETTLED];
    bytes.extend(steps.to_le_bytes());
    bytes.extend(date_time(&device_time));
    let mut meaning = Meaning::of(WEIGHT, Some(device_time));
    meaning.say("body_weight", Figure::Number(decimal(i64::from(steps) * 5, -3)), "kg");
    Record { bytes: hex::encode(bytes), sequence: None, meaning: Some(meaning), followed_by: vec![] }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    /// A frame of a real scale (ble_monitor@5690220, test_miscale_parser.py): 86.55 kg.
    #[test]
    fn a_settled_weight_has_the_bytes_that_a_real_scale_sent() {
        let time = NaiveDate::from_ymd_opt(2021, 4, 11).unwrap().and_hms_opt(16, 19, 1).unwrap();
        let record = settled(time, 17_310);
        assert_eq!(record.bytes, "229e43e507040b101301");
        assert_eq!(record.meaning.unwrap().values["body_weight"], "86.550");
    }
}
