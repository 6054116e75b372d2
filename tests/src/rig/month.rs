//! A month of one patient who has COPD, diabetes and heart failure and so uses all the sensors.
//!
//! How often is from the final evaluation of Norwegian digital home follow-up (2018-2021), first 365
//! days of 230 patients: days with a measurement in the year, and measurements on such a day. Which
//! days and hours, and all figures, are chance; the same seed gives the same month.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use rand::rngs::StdRng;
use rand::seq::index;
use rand::{Rng as _, SeedableRng as _};

use super::blood_pressure::{BloodPressure, PressureUnit};
use super::description::Record;
use super::devices;
use super::glucose::{Concentration, ConcentrationUnit, Context, Glucose, MedicationUnit};
use super::number::{Float, Sfloat};
use super::plx::SpotCheck;
use super::temperature::{Temperature, TemperatureUnit};
use super::weight::{Build, System, Weighing};

/// How many days a month has here.
pub const DAYS: u32 = 30;
const DAYS_A_YEAR: u32 = 365;
/// A day that begins before ten does not reach midnight with these.
const MOST_REPETITIONS: u32 = 3;
/// The patient's number in the cuff and the scale.
const USER: u8 = 1;
/// Minutes that the glucose meter's settings add to its inner clock.
const METER_OFFSET: i16 = 60;

/// One of the patient's sensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sensor {
    /// Oxygen saturation and pulse.
    Oximeter,
    /// Blood pressure, and sometimes pulse.
    Cuff,
    /// Weight.
    Scale,
    /// Blood glucose.
    GlucoseMeter,
    /// Body temperature.
    Thermometer,
}

/// How often a sensor is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Days of the year with a measurement.
    pub days_a_year: u32,
    /// Measurements on such a day, in tenths.
    pub tenths_a_day: u32,
}

/// One measurement of the month.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// The sensor that took it.
    pub sensor: Sensor,
    /// When, on the sensor's clock.
    pub at: NaiveDateTime,
    /// What the sensor sends.
    pub record: Record,
}

impl Sensor {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Oximeter, Self::Cuff, Self::Scale, Self::GlucoseMeter, Self::Thermometer];

    /// How often it is used.
    #[must_use]
    pub fn load(self) -> Load {
        let (days_a_year, tenths_a_day) = match self {
            Self::Oximeter => (196, 12),
            Self::Cuff => (146, 14),
            Self::Scale => (105, 11),
            Self::GlucoseMeter => (201, 18),
            Self::Thermometer => (130, 12),
        };
        Load { days_a_year, tenths_a_day }
    }

    /// The characteristic that its records are sent on.
    #[must_use]
    pub fn characteristic(self) -> &'static str {
        match self {
            Self::Oximeter => devices::SPOT_CHECK,
            Self::Cuff => devices::BLOOD_PRESSURE,
            Self::Scale => devices::WEIGHT,
            Self::GlucoseMeter => devices::GLUCOSE,
            Self::Thermometer => devices::TEMPERATURE,
        }
    }

    /// What it measures at these times.
    pub fn records(self, times: &[NaiveDateTime], random: &mut StdRng) -> Vec<Record> {
        match self {
            Self::Oximeter => spot_checks(times, random),
            Self::Cuff => pressures(times, random),
            Self::Scale => weighings(times, random),
            Self::GlucoseMeter => glucoses(times, random),
            Self::Thermometer => temperatures(times, random),
        }
    }

    /// Whether a second try can follow within the minute: a cuff and a meter take longer.
    fn is_quick(self) -> bool {
        matches!(self, Self::Oximeter | Self::Scale | Self::Thermometer)
    }
}

/// The measurements of 30 days from `start` on, by time.
#[must_use]
pub fn month(seed: u64, start: NaiveDate) -> Vec<Measurement> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut all: Vec<Measurement> = Sensor::ALL
        .into_iter()
        .flat_map(|sensor| {
            let times = times(sensor, start, &mut random);
            let records = sensor.records(&times, &mut random);
            times.into_iter().zip(records).map(move |(at, record)| Measurement { sensor, at, record })
        })
        .collect();
    all.sort_by_key(|measurement| measurement.at);
    all
}

/// When a sensor is used: on so many days of the month, and so many times in all. Every second
/// repetition with a quick sensor is within the minute.
fn times(sensor: Sensor, start: NaiveDate, random: &mut StdRng) -> Vec<NaiveDateTime> {
    let load = sensor.load();
    let days = rounded(DAYS * load.days_a_year, DAYS_A_YEAR);
    let repetitions = rounded(days * load.tenths_a_day, 10) - days;
    let mut firsts: Vec<NaiveDateTime> = sample(random, DAYS, days)
        .into_iter()
        .map(|day| {
            let minutes = random.random_range(6 * 60 + 30..10 * 60);
            let time = TimeDelta::minutes(minutes) + TimeDelta::seconds(random.random_range(0..25));
            start.and_time(NaiveTime::MIN) + TimeDelta::days(day.into()) + time
        })
        .collect();
    firsts.sort();
    let mut last = firsts.clone();
    let mut all = firsts;
    for (number, slot) in sample(random, days * MOST_REPETITIONS, repetitions).into_iter().enumerate() {
        let day = usize::try_from(slot / MOST_REPETITIONS).unwrap_or(0);
        let Some(before) = last.get_mut(day) else { continue };
        *before += if sensor.is_quick() && number % 2 == 0 {
            TimeDelta::seconds(random.random_range(15..35))
        } else {
            TimeDelta::minutes(random.random_range(90..180))
        };
        all.push(*before);
    }
    all.sort();
    all
}

/// Saturation 86 to 96 %, pulse 58 to 98 a minute.
fn spot_checks(times: &[NaiveDateTime], random: &mut StdRng) -> Vec<Record> {
    let odd = sample(random, count(times), 4);
    let record = |place: u32, time: &NaiveDateTime| {
        let mut check = SpotCheck::at(*time, random.random_range(86..=96), random.random_range(58..=98));
        match odd.iter().position(|candidate| *candidate == place) {
            // Low perfusion.
            Some(0 | 1) => check.device_and_sensor_status = Some(1 << 5),
            // Questionable measurement.
            Some(2) => check.measurement_status = Some(1 << 14),
            // Inadequate signal, and how weak it was.
            Some(_) => {
                check.device_and_sensor_status = Some(1 << 3);
                check.pulse_amplitude_index = Some(Sfloat::tenths(random.random_range(2..8)));
            }
            None => {}
        }
        check.record()
    };
    numbered(times, record)
}

/// 112 to 158 over 62 to 94 mmHg; a pulse of 58 to 98 a minute with every second of them, so that
/// there are as many pulse rates as the evaluation counts.
fn pressures(times: &[NaiveDateTime], random: &mut StdRng) -> Vec<Record> {
    let odd = sample(random, count(times), 6);
    let record = |place: u32, time: &NaiveDateTime| {
        let (systolic, diastolic) = (random.random_range(112..=158), random.random_range(62..=94));
        let mut pressure = BloodPressure::at(*time, systolic, diastolic, random.random_range(58..=98));
        pressure.mean_arterial_pressure = Sfloat::whole(diastolic + (systolic - diastolic) / 3);
        pressure.pulse_rate = pressure.pulse_rate.filter(|_| place.is_multiple_of(2));
        pressure.user_id = Some(USER);
        match odd.iter().position(|candidate| *candidate == place) {
            // Body movement, cuff too loose, irregular pulse.
            Some(0) => pressure.measurement_status = Some(1),
            Some(1) => pressure.measurement_status = Some(1 << 1),
            Some(2 | 3) => pressure.measurement_status = Some(1 << 2),
            Some(_) => {
                pressure.unit = PressureUnit::Kilopascal;
                // A mmHg is 0.1333 kPa.
                let kilopascals = |mmhg: Sfloat| Sfloat::tenths(mmhg.mantissa * 4 / 3);
                pressure.systolic = kilopascals(pressure.systolic);
                pressure.diastolic = kilopascals(pressure.diastolic);
                pressure.mean_arterial_pressure = kilopascals(pressure.mean_arterial_pressure);
            }
            None => pressure.measurement_status = Some(0),
        }
        pressure.record()
    };
    numbered(times, record)
}

/// 80.8 to 83.6 kg at a height of 1.72 m: the water of a failing heart comes and goes.
fn weighings(times: &[NaiveDateTime], random: &mut StdRng) -> Vec<Record> {
    let odd = sample(random, count(times), 2);
    let record = |place: u32, time: &NaiveDateTime| {
        // Steps of 5 g; the scale shows steps of 100 g.
        let hectograms: u16 = random.random_range(808..=836);
        let mut weighing = Weighing::at(*time, hectograms * 20);
        weighing.user_id = Some(USER);
        // 1.72² is 2.958.
        let body_mass_index = u16::try_from(u32::from(hectograms) * 1_000 / 2_958).unwrap_or(0);
        weighing.build = Some(Build { body_mass_index, height: 1_720 });
        if odd.contains(&place) {
            // 100 g are 22 hundredths of a pound; this scale shows fifths of one.
            weighing.body_weight = hectograms * 22 / 20 * 20;
            weighing.system = System::Imperial;
            weighing.build = None;
        }
        weighing.record()
    };
    numbered(times, record)
}

/// 4.1 to 14.8 mmol/L; some are sent in kg/L, one is above the meter's range.
fn glucoses(times: &[NaiveDateTime], random: &mut StdRng) -> Vec<Record> {
    let odd = sample(random, count(times), 7);
    let first = random.random_range(100..5_000);
    let record = |place: u32, time: &NaiveDateTime| {
        let number = u16::try_from(first + place).unwrap_or(u16::MAX);
        let base_time = *time - TimeDelta::minutes(METER_OFFSET.into());
        let mut glucose = Glucose::at(number, base_time, random.random_range(41..=148));
        glucose.time_offset = Some(METER_OFFSET);
        glucose.sensor_status_annunciation = Some(0);
        let change = |glucose: &mut Glucose, value: Sfloat, unit: ConcentrationUnit| {
            glucose.concentration =
                glucose.concentration.map(|concentration| Concentration { glucose: value, unit, ..concentration });
        };
        match odd.iter().position(|candidate| *candidate == place) {
            // Result higher than the device can process.
            Some(0) => {
                glucose.sensor_status_annunciation = Some(1 << 5);
                change(&mut glucose, Sfloat::POSITIVE_INFINITY, ConcentrationUnit::MolePerLitre);
            }
            // The battery was low.
            Some(1) => glucose.sensor_status_annunciation = Some(1),
            // 74 to 266 mg/dL.
            Some(_) => {
                let value = Sfloat { mantissa: random.random_range(74..=266), exponent: -5 };
                change(&mut glucose, value, ConcentrationUnit::KilogramPerLitre);
            }
            None => {}
        }
        glucose.context = random.random_bool(0.6).then(|| context(random));
        glucose.record()
    };
    numbered(times, record)
}

/// A meal; sometimes what was eaten, 20 to 80 g of carbohydrate, and insulin, 40 to 160 µL (4 to 16 units).
fn context(random: &mut StdRng) -> Context {
    let amount = |mantissa, exponent| Sfloat { mantissa, exponent };
    let mut context = Context { meal: Some(random.random_range(1..=5)), ..Context::default() };
    if random.random_bool(0.3) {
        context.carbohydrate = Some((random.random_range(1..=7), amount(random.random_range(20..=80), -3)));
    }
    if random.random_bool(0.3) {
        let insulin = amount(random.random_range(4..=16), -5);
        context.medication = Some((random.random_range(1..=5), insulin, MedicationUnit::Litre));
    }
    context
}

/// 36.1 to 38.4 °C; some are sent in °F.
fn temperatures(times: &[NaiveDateTime], random: &mut StdRng) -> Vec<Record> {
    let odd = sample(random, count(times), 2);
    let record = |place: u32, time: &NaiveDateTime| {
        let tenths = random.random_range(361..=384);
        let mut temperature = Temperature::at(*time, tenths);
        if odd.contains(&place) {
            temperature.body_temperature = Float::tenths(tenths * 9 / 5 + 320);
            temperature.unit = TemperatureUnit::Fahrenheit;
        }
        temperature.record()
    };
    numbered(times, record)
}

fn numbered(times: &[NaiveDateTime], record: impl FnMut(u32, &NaiveDateTime) -> Record) -> Vec<Record> {
    let mut record = record;
    (0..).zip(times).map(|(place, time)| record(place, time)).collect()
}

/// Different places among so many, in the order of chance.
fn sample(random: &mut StdRng, among: u32, amount: u32) -> Vec<u32> {
    let size = |number| usize::try_from(number).unwrap_or(0);
    let places = index::sample(random, size(among), size(amount.min(among)));
    places.into_iter().map(|place| u32::try_from(place).unwrap_or(u32::MAX)).collect()
}

fn count(times: &[NaiveDateTime]) -> u32 {
    u32::try_from(times.len()).unwrap_or(u32::MAX)
}

fn rounded(dividend: u32, divisor: u32) -> u32 {
    (dividend + divisor / 2) / divisor
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::rig::description::Meaning;

    const SEEDS: std::ops::Range<u64> = 0..40;

    fn start() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 1).unwrap()
    }

    fn meaning(measurement: &Measurement) -> &Meaning {
        measurement.record.meaning.as_ref().unwrap()
    }

    /// Measurements a week as the evaluation counts them: a figure of its own, which the days a year
    /// and the measurements a day give only roughly.
    #[test]
    fn each_value_comes_as_often_as_in_the_evaluation() {
        let weekly = [
            ("pulse_rate", 6.4),
            ("spo2", 4.7),
            ("systolic", 3.9),
            ("body_weight", 2.5),
            ("glucose", 7.3),
            ("body_temperature", 3.5),
        ];
        for seed in SEEDS {
            let month = month(seed, start());
            for (name, expected) in weekly {
                let says = |meaning: &Meaning| meaning.values.contains_key(name) || meaning.details.contains_key(name);
                let found = month.iter().filter(|one| says(meaning(one))).count();
                let found = f64::from(u32::try_from(found).unwrap()) * 7.0 / f64::from(DAYS);
                assert!((found / expected - 1.0).abs() < 0.15, "{name}: {found} a week, not {expected}");
            }
        }
    }

    #[test]
    fn each_sensor_is_used_on_as_many_days_as_in_the_evaluation() {
        let expected = [16, 12, 9, 17, 11];
        for seed in SEEDS {
            let month = month(seed, start());
            let days = Sensor::ALL.map(|sensor| {
                let used = month.iter().filter(|one| one.sensor == sensor);
                used.map(|one| one.at.date()).collect::<BTreeSet<_>>().len()
            });
            assert_eq!(days, expected);
            let last = start() + TimeDelta::days(i64::from(DAYS) - 1);
            assert!(month.iter().all(|one| (start()..=last).contains(&one.at.date())));
        }
    }

    #[test]
    fn a_month_is_in_order_and_the_same_for_the_same_seed() {
        let one = month(3, start());
        assert!(one.is_sorted_by_key(|measurement| measurement.at));
        assert_eq!(one, month(3, start()));
        assert_ne!(one, month(4, start()));
    }

    #[test]
    fn no_two_measurements_of_a_sensor_are_of_the_same_time_though_some_share_a_minute() {
        for seed in SEEDS {
            let month = month(seed, start());
            let times: BTreeSet<_> = month.iter().map(|one| (one.sensor, one.at)).collect();
            assert_eq!(times.len(), month.len());
            for sensor in Sensor::ALL.into_iter().filter(|sensor| sensor.is_quick()) {
                let mut minutes = BTreeMap::<_, usize>::new();
                for one in month.iter().filter(|one| one.sensor == sensor) {
                    *minutes.entry(one.at.format("%Y-%m-%dT%H:%M").to_string()).or_default() += 1;
                }
                assert!(minutes.values().any(|count| *count > 1), "{sensor:?} in the month of seed {seed}");
            }
        }
    }

    #[test]
    fn every_month_has_doubts_other_units_users_and_contexts() {
        for seed in SEEDS {
            let month = month(seed, start());
            let flags: BTreeSet<&str> = month.iter().flat_map(|one| &meaning(one).flags).map(String::as_str).collect();
            let expected = [
                "body_movement_detected",
                "cuff_too_loose",
                "device_battery_low",
                "inadequate_signal_detected",
                "irregular_pulse_detected",
                "low_perfusion_detected",
                "questionable_measurement_detected",
                "result_higher_than_device_can_process",
            ];
            assert_eq!(flags, BTreeSet::from(expected));
            let units: BTreeSet<&str> =
                month.iter().flat_map(|one| meaning(one).units.values()).map(String::as_str).collect();
            for unit in ["mm[Hg]", "kPa", "kg", "[lb_av]", "mol/L", "kg/L", "Cel", "[degF]", "%", "/min"] {
                assert!(units.contains(unit), "no {unit} in the month of seed {seed}");
            }
            for one in &month {
                let user = matches!(one.sensor, Sensor::Cuff | Sensor::Scale).then_some("1");
                assert_eq!(meaning(one).details.get("user_id").map(String::as_str), user);
                assert_eq!(meaning(one).device_time, Some(one.at.format("%Y-%m-%dT%H:%M:%S").to_string()));
            }
            assert!(month.iter().any(|one| !one.record.followed_by.is_empty()));
        }
    }

    #[test]
    fn every_number_is_within_the_range_that_is_told_of_it() {
        let ranges = [
            (("spo2", "%"), 86.0, 96.0),
            (("pulse_rate", "/min"), 58.0, 98.0),
            (("pulse_amplitude_index", "%"), 0.2, 0.7),
            (("systolic", "mm[Hg]"), 112.0, 158.0),
            (("systolic", "kPa"), 14.9, 21.1),
            (("diastolic", "mm[Hg]"), 62.0, 94.0),
            (("diastolic", "kPa"), 8.2, 12.6),
            (("mean_arterial_pressure", "mm[Hg]"), 78.0, 116.0),
            (("mean_arterial_pressure", "kPa"), 10.4, 15.4),
            (("body_weight", "kg"), 80.8, 83.6),
            (("body_weight", "[lb_av]"), 177.6, 183.8),
            (("body_mass_index", "kg/m2"), 27.3, 28.2),
            (("height", "m"), 1.72, 1.72),
            (("glucose", "mol/L"), 0.0041, 0.0148),
            (("glucose", "kg/L"), 0.00074, 0.00266),
            (("body_temperature", "Cel"), 36.1, 38.4),
            (("body_temperature", "[degF]"), 96.9, 101.2),
        ];
        let ranges: BTreeMap<_, _> = ranges.into_iter().map(|(name, low, high)| (name, low..=high)).collect();
        for one in SEEDS.flat_map(|seed| month(seed, start())) {
            let meaning = meaning(&one);
            for (name, value) in &meaning.values {
                let unit = &meaning.units[name];
                let range = &ranges[&(name.as_str(), unit.as_str())];
                assert!(range.contains(&value.parse::<f64>().unwrap()), "{name} {value} {unit}");
            }
        }
    }
}
