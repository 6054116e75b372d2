//! Eighteen months of a made-up patient with COPD, diabetes and heart failure, as the sensors would have
//! sent them. How often is from the final evaluation of Norwegian digital home follow-up (2018-2021): the
//! days of a year with a measurement, and the measurements on such a day. All figures are chance; the same
//! seed gives the same history.

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use dagsform_care::{DeviceId, Kind, Meal};
use dagsform_sensors::radio::simulated::{blood_pressure, glucose, glucose_context, spot_check, temperature, weight};
use rand::{Rng, SeedableRng, rngs::StdRng};

/// How far back, in days.
const DAYS: u64 = 548;
/// No measurements so many days ago: on holiday, without the tablet.
const AWAY: [std::ops::Range<u64>; 2] = [140..152, 410..419];
/// A worse week, so many days ago.
const WORSE: std::ops::Range<u64> = 60..70;

/// One value that a sensor sent.
pub(super) struct Sent {
    /// What was measured.
    pub(super) kind: Kind,
    /// The characteristic.
    pub(super) characteristic: u16,
    /// The bytes.
    pub(super) bytes: Vec<u8>,
    /// The context that followed.
    pub(super) context: Option<Vec<u8>>,
    /// When, by the clock on the wall.
    pub(super) at: NaiveDateTime,
}

/// Days of a year with a measurement, and tenths of measurements on such a day.
const LOAD: [(Kind, u32, u32); 5] = [
    (Kind::PulseOximetry, 196, 12),
    (Kind::BloodPressure, 146, 14),
    (Kind::BodyWeight, 105, 11),
    (Kind::BloodGlucose, 201, 18),
    (Kind::BodyTemperature, 130, 12),
];

/// All that was measured up to the evening before this day, oldest first.
pub(super) fn until(today: NaiveDate, seed: u64) -> Vec<Sent> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut number = 0;
    let mut all = Vec::new();
    for ago in (1..=DAYS).rev() {
        let Some(day) = today.checked_sub_days(Days::new(ago)) else { continue };
        if AWAY.iter().any(|away| away.contains(&ago)) {
            continue;
        }
        for (kind, days, tenths) in LOAD {
            if random.random_range(0..365) >= days {
                continue;
            }
            let times = tenths / 10 + u32::from(random.random_range(0..10) < tenths % 10);
            for time in 0..times {
                let minutes = 7 * 60 + 20 + i64::from(time) * 330 + random.random_range(0..140);
                let at = day.and_time(NaiveTime::MIN) + TimeDelta::minutes(minutes);
                number += 1;
                all.push(one(kind, at, ago, number, &mut random));
            }
        }
    }
    all.sort_by_key(|sent| sent.at);
    all
}

/// One measurement, at a time.
pub(super) fn one(kind: Kind, at: NaiveDateTime, ago: u64, number: u16, random: &mut StdRng) -> Sent {
    let worse = u16::from(WORSE.contains(&ago));
    // A kilogram less every half year.
    let lost = u32::try_from(DAYS.saturating_sub(ago)).unwrap_or_default() * 200 / 365;
    let mut context = None;
    let (characteristic, bytes) = match kind {
        Kind::PulseOximetry => {
            let spo2 = random.random_range(92..=96) - 3 * worse;
            (0x2A5E, spot_check(spo2, random.random_range(68..=84) + 9 * worse, at))
        }
        Kind::BloodPressure => {
            let systolic = random.random_range(122..=148);
            let diastolic = random.random_range(70..=88);
            (0x2A35, blood_pressure(systolic, diastolic, random.random_range(66..=82), at))
        }
        Kind::BodyWeight => {
            let hundredths = 8420 - lost + random.random_range(0..120) + u32::from(worse) * 140;
            (0x2A9D, weight(hundredths, None, at))
        }
        Kind::BloodGlucose => {
            let fasting = at.time() < NaiveTime::MIN + TimeDelta::hours(9);
            let tenths = if fasting { random.random_range(52..=78) } else { random.random_range(64..=118) };
            let meal = if fasting { Meal::Fasting } else { Meal::Postprandial };
            context = Some(glucose_context(number, meal));
            (0x2A18, glucose(number, tenths, true, at))
        }
        Kind::BodyTemperature | Kind::Spirometry => (0x2A1C, temperature(random.random_range(364..=371) + 11 * worse)),
    };
    Sent { kind, characteristic, bytes, context, at }
}

/// The address of the simulated sensor of a kind: locally administered, so that no real device has it.
pub(super) fn address(kind: Kind) -> Option<DeviceId> {
    let last = match kind {
        Kind::PulseOximetry => 1,
        Kind::BloodPressure => 2,
        Kind::BodyWeight => 3,
        Kind::BloodGlucose => 4,
        Kind::BodyTemperature => 5,
        Kind::Spirometry => return None,
    };
    DeviceId::parse(&format!("02:00:00:00:00:{last:02}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn the_history_keeps_the_table_and_every_value_can_be_decoded() {
        let today: NaiveDate = "2026-11-23".parse().unwrap();
        let all = until(today, 1);
        let mut counts: BTreeMap<Kind, u32> = BTreeMap::new();
        for sent in &all {
            *counts.entry(sent.kind).or_default() += 1;
            let observed =
                dagsform_sensors::codec::observe(sent.characteristic, &sent.bytes, sent.context.as_deref()).unwrap();
            assert_eq!(observed.unwrap().kind, sent.kind);
            assert!(sent.at.date() < today);
        }
        for (kind, days, tenths) in LOAD {
            // Eighteen months, three weeks of them away.
            let wanted = f64::from(days) / 365.0 * 527.0 * f64::from(tenths) / 10.0;
            let measured = f64::from(counts[&kind]);
            assert!((measured - wanted).abs() < wanted * 0.15, "{kind:?}: {measured}, {wanted} by the table");
        }
        assert!(all.is_sorted_by_key(|sent| sent.at));
    }
}
