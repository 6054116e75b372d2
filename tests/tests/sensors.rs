//! Each sensor of the kit from its measurement to the service: what the service holds is what the sensor's
//! own log says was sent.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use dagsform_tests::{
    facts,
    follow_up::{FollowUp, Which},
    rig::{
        FastRig,
        blood_pressure::{BloodPressure, PressureUnit},
        description::Record,
        devices,
        glucose::{Concentration, ConcentrationUnit, Context, Glucose},
        log,
        month::Sensor,
        number::{Float, Sfloat},
        plx::SpotCheck,
        temperature::{Temperature, TemperatureUnit},
        weight::{Build, System, Weighing},
    },
    tablet::{Tablet, measure, wait_for_events},
};

const ENDING: Duration = Duration::from_secs(30);

/// Noon at the patient's, whatever the day of the test is.
fn noon() -> DateTime<Utc> {
    (devices::noon() - chrono::TimeDelta::hours(1)).and_utc()
}

/// A time of the day before.
fn yesterday(hour: u32, minute: u32) -> NaiveDateTime {
    let day = NaiveDate::from_ymd_opt(2026, 11, 22);
    day.and_then(|day| day.and_hms_opt(hour, minute, 5)).unwrap_or_default()
}

/// The sensor holds `stored`, which is fetched; then the patient measures `live`; then the sensor sends what it
/// holds once more.
async fn arrives(sensor: Sensor, stored: &[Record], live: &Record) -> Result<()> {
    for which in Which::BOTH {
        arrives_at(which, sensor, stored, live).await.with_context(|| format!("{which:?}"))?;
    }
    Ok(())
}

async fn arrives_at(which: Which, sensor: Sensor, stored: &[Record], live: &Record) -> Result<()> {
    let rig = FastRig::start()?;
    let service = FollowUp::start(which).await?;
    rig.control().add_device(&sensor.device())?;
    let tablet = Tablet::new(&rig, noon())?;
    tablet.enrol(service.base(), &service)?;
    tablet.pair(sensor)?;

    rig.control().ask(&sensor.holds(stored.to_vec()))?;
    let mut collecting = tablet.collect()?;
    wait_for_events(&mut collecting, "saved", stored.len())?;
    // A sensor that has poured out all it held hangs up, and is used again.
    let links = if sensor.is_asked() { 1 } else { 2 };
    wait_for_events(&mut collecting, "connected", links)?;
    tablet.set_clock(noon())?;
    measure(rig.control(), sensor.address(), sensor.characteristic(), live)?;
    wait_for_events(&mut collecting, "saved", stored.len() + 1)?;
    collecting.stop(ENDING)?;

    rig.control().ask(&sensor.holds(stored.to_vec()))?;
    let mut collecting = tablet.collect()?;
    // A meter is only asked for its newest record, and has nothing behind it.
    let again = if sensor == Sensor::GlucoseMeter { 1 } else { stored.len() };
    wait_for_events(&mut collecting, "known", again)?;
    let events = collecting.stop(ENDING)?;
    ensure!(!events.iter().any(|event| event["event"] == "saved"), "saved twice: {events:?}");

    tablet.deliver()?;
    let deliveries = log::deliveries(&rig.log()?);
    ensure!(deliveries.len() > stored.len() + again, "the rig sent {} records", deliveries.len());
    facts::same("the service", &facts::sent(&deliveries)?, &service.holds().await?)?;
    let readings = tablet.readings()?;
    ensure!(readings.len() == stored.len() + 1, "{} readings in the record", readings.len());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_oximeter_measured_is_at_the_service_once_with_its_marks() -> Result<()> {
    let plain = SpotCheck::at(yesterday(7, 0), 95, 62);
    let cold = SpotCheck { device_and_sensor_status: Some(1 << 5), ..SpotCheck::at(yesterday(7, 7), 93, 64) };
    let doubtful = SpotCheck { measurement_status: Some(1 << 14), ..SpotCheck::at(yesterday(7, 14), 92, 71) };
    let live = SpotCheck {
        measurement_status: Some(1 << 7),
        pulse_amplitude_index: Some(Sfloat::tenths(32)),
        ..SpotCheck::at(devices::noon(), 96, 71)
    };
    arrives(Sensor::Oximeter, &[plain, cold, doubtful].map(|check| check.record()), &live.record()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_cuff_measured_is_at_the_service_once_as_one_observation_with_its_marks() -> Result<()> {
    let user_id = Some(1);
    let moved = BloodPressure {
        mean_arterial_pressure: Sfloat::whole(101),
        measurement_status: Some(1),
        user_id,
        ..BloodPressure::at(yesterday(8, 0), 137, 83, 68)
    };
    let in_kilopascals = BloodPressure {
        unit: PressureUnit::Kilopascal,
        systolic: Sfloat::tenths(181),
        diastolic: Sfloat::tenths(112),
        pulse_rate: None,
        user_id,
        ..BloodPressure::at(yesterday(8, 10), 0, 0, 0)
    };
    let failed = BloodPressure { user_id, ..BloodPressure::failed(yesterday(8, 20)) };
    let live =
        BloodPressure { measurement_status: Some(1 << 2), user_id, ..BloodPressure::at(devices::noon(), 128, 76, 91) };
    arrives(Sensor::Cuff, &[moved, in_kilopascals, failed].map(|one| one.record()), &live.record()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_scale_measured_is_at_the_service_once_in_the_unit_of_the_scale() -> Result<()> {
    let pounds = Weighing { system: System::Imperial, user_id: Some(1), ..Weighing::at(yesterday(7, 30), 18_120) };
    let build = Some(Build { body_mass_index: 278, height: 1_720 });
    let kilograms = Weighing { user_id: Some(1), build, ..Weighing::at(yesterday(8, 30), 16_440) };
    let live = Weighing { user_id: Some(1), ..Weighing::at(devices::noon(), 16_460) };
    arrives(Sensor::Scale, &[pounds, kilograms].map(|one| one.record()), &live.record()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_glucose_meter_measured_is_at_the_service_once_with_meal_and_marks() -> Result<()> {
    let meal = |meal| Some(Context { meal: Some(meal), ..Context::default() });
    let with = |glucose: Glucose, value: Sfloat, unit: ConcentrationUnit| Glucose {
        concentration: glucose.concentration.map(|known| Concentration { glucose: value, unit, ..known }),
        ..glucose
    };
    let fasting = Glucose { context: meal(3), ..Glucose::at(41, yesterday(7, 0), 58) };
    let in_milligrams = with(
        Glucose { context: meal(2), ..Glucose::at(42, yesterday(9, 0), 0) },
        Sfloat { mantissa: 152, exponent: -5 },
        ConcentrationUnit::KilogramPerLitre,
    );
    let too_high = with(
        Glucose { sensor_status_annunciation: Some(1 << 5), ..Glucose::at(43, yesterday(11, 0), 0) },
        Sfloat::POSITIVE_INFINITY,
        ConcentrationUnit::MolePerLitre,
    );
    let live =
        Glucose { sensor_status_annunciation: Some(1), context: meal(1), ..Glucose::at(44, devices::noon(), 74) };
    let stored = [fasting, in_milligrams, too_high].map(|one| one.record());
    arrives(Sensor::GlucoseMeter, &stored, &live.record()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_thermometer_measured_is_at_the_service_once_in_the_unit_of_the_thermometer() -> Result<()> {
    let fahrenheit = Temperature {
        body_temperature: Float::tenths(1_004),
        unit: TemperatureUnit::Fahrenheit,
        ..Temperature::at(yesterday(18, 0), 0)
    };
    let celsius = Temperature { temperature_type: Some(3), ..Temperature::at(yesterday(21, 0), 379) };
    let live = Temperature::at(devices::noon(), 384);
    arrives(Sensor::Thermometer, &[fahrenheit, celsius].map(|one| one.record()), &live.record()).await
}
