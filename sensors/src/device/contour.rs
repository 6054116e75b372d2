//! Contour, of Ascensia.
//!
//! Contour Next One and its kin: meters that keep to the Glucose Service. Only their clock lies elsewhere: a
//! characteristic of their own that can be written and indicates, and cannot be read. It takes a 1, the time in UTC as in
//! Date Time, and how many minutes the local time is ahead (weliem/blessed-android@44bba83, tested with the meter;
//! characteristics also in NightscoutFoundation/xDrip@c2a0ba1). They must be bonded before anything else (blessed), with
//! a code that the meter shows. xDrip asks for the records from a number on, which is what the collector does anyway.
//!
//! Not known: what the other four characteristics of their own service are for; what the clock indicates.

use chrono::{DateTime, FixedOffset};
use dagsform_care::Kind;

use super::{Clock, Maker, Model, date::date_time};
use crate::{characteristic::Characteristic, codec::GlucoseMeasurement};

pub(super) const MAKER: Maker = Maker { models: &[NEXT_ONE], loose: &[] };

const CLOCK: Characteristic = Characteristic::own(0x00001026_0002_11e2_9e96_0800200c9a66);

const NEXT_ONE: Model = Model {
    name: "Contour Next One",
    kinds: &[Kind::BloodGlucose],
    known: "other programs that collect from it",
    is: |seen| seen.has(CLOCK) && seen.has(GlucoseMeasurement::CHARACTERISTIC),
    clock: Some(Clock { characteristic: CLOCK, now }),
    ..Model::PLAIN
};

fn now(now: DateTime<FixedOffset>) -> Vec<u8> {
    let minutes = now.offset().local_minus_utc().div_euclid(60);
    let ahead = i16::try_from(minutes).unwrap_or_default().to_le_bytes();
    [[1].as_slice(), &date_time(now.naive_utc()), &ahead].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_told_the_time_in_utc_and_the_minutes_to_the_local_one() {
        let bytes = |time: &str| hex::encode(now(DateTime::parse_from_rfc3339(time).unwrap()));
        assert_eq!(bytes("2026-11-23T00:30:15+01:00"), "01ea070b16171e0f3c00");
        assert_eq!(bytes("2026-06-23T12:30:15-03:30"), "01ea07061710000f2eff");
    }
}
