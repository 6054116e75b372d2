//! The whole kit in one room: each sensor holds something, which is fetched, and is then used.

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use serde_json::{Value, json};

use super::{Action, Moment, Scenario, Step, noon};
use crate::rig::blood_pressure::{BloodPressure, PressureUnit};
use crate::rig::control::Request;
use crate::rig::description::{Device, Record};
use crate::rig::devices;
use crate::rig::glucose::{Context, Glucose};
use crate::rig::month::Sensor;
use crate::rig::number::{Float, Sfloat};
use crate::rig::plx::SpotCheck;
use crate::rig::temperature::{Temperature, TemperatureUnit};
use crate::rig::weight::{Build, System, Weighing};

/// When the sensors are used, in minutes after the scenario's begin.
const USED_AFTER: i64 = 20;

/// How many records the sensors send, each once.
pub const RECORDS: usize = 2 * Sensor::ALL.len();

/// The scenario.
#[must_use]
pub fn scenario() -> Scenario {
    let devices = Sensor::ALL.map(|sensor| Request::AddDevice { device: Box::new(with_memory(sensor)) });
    let mut steps = vec![
        step("the tablet is given to a patient", Action::Enrol, Value::Null),
        step("five sensors are in the room", Action::Room(devices.into()), Value::Null),
    ];
    steps.extend(Sensor::ALL.map(|sensor| {
        let action = Action::Pair { device: sensor.address().to_owned(), passkey: sensor.passkey() };
        step(&format!("{sensor:?}: paired"), action, json!({ "paired": sensor.address(), "failed": false }))
    }));
    let used = Sensor::ALL.map(|sensor| Moment::Measure {
        device: sensor.address().to_owned(),
        characteristic: sensor.characteristic().to_owned(),
        record: Box::new(live(sensor)),
    });
    let moments = [Moment::Saved(Sensor::ALL.len()), Moment::Clock(noon() + TimeDelta::minutes(USED_AFTER))];
    let moments = moments.into_iter().chain(used).chain([Moment::Saved(RECORDS)]).collect();
    steps.push(step("what they hold is fetched, and what they measure is taken", Action::Gather(moments), Value::Null));
    Scenario { name: "kit".to_owned(), begins: noon(), steps }
}

fn step(name: &str, action: Action, expected: Value) -> Step {
    Step { name: name.to_owned(), action, expected }
}

/// Each holds one record of the day before. Those that are not asked for it hang up when they have sent it, and are
/// used over their next link: what they send as soon as that stands must not be lost.
fn with_memory(sensor: Sensor) -> Device {
    let mut device = sensor.device();
    match sensor.holds(vec![stored(sensor)]) {
        Request::SetMemory { memory, .. } => device.memory = Some(memory),
        Request::SetPour { pour, .. } => device.pour = pour,
        _ => {}
    }
    device
}

fn stored(sensor: Sensor) -> Record {
    let at = yesterday();
    match sensor {
        Sensor::Oximeter => SpotCheck { device_and_sensor_status: Some(1 << 5), ..SpotCheck::at(at, 93, 64) }.record(),
        Sensor::Cuff => {
            let unit = PressureUnit::Kilopascal;
            let (systolic, diastolic) = (Sfloat::tenths(181), Sfloat::tenths(112));
            BloodPressure { unit, systolic, diastolic, ..BloodPressure::at(at, 0, 0, 68) }.record()
        }
        Sensor::Scale => Weighing { system: System::Imperial, ..Weighing::at(at, 18_120) }.record(),
        Sensor::GlucoseMeter => {
            let context = Some(Context { meal: Some(3), ..Context::default() });
            Glucose { context, ..Glucose::at(41, at, 58) }.record()
        }
        Sensor::Thermometer => {
            let (body_temperature, unit) = (Float::tenths(1_004), TemperatureUnit::Fahrenheit);
            Temperature { body_temperature, unit, ..Temperature::at(at, 0) }.record()
        }
    }
}

fn live(sensor: Sensor) -> Record {
    let at = devices::noon() + TimeDelta::minutes(USED_AFTER);
    match sensor {
        Sensor::Oximeter => SpotCheck { measurement_status: Some(1 << 7), ..SpotCheck::at(at, 96, 71) }.record(),
        Sensor::Cuff => {
            BloodPressure { measurement_status: Some(1 << 2), ..BloodPressure::at(at, 128, 76, 91) }.record()
        }
        Sensor::Scale => {
            let build = Some(Build { body_mass_index: 278, height: 1_720 });
            Weighing { build, ..Weighing::at(at, 16_440) }.record()
        }
        Sensor::GlucoseMeter => {
            let context = Some(Context { meal: Some(1), ..Context::default() });
            Glucose { sensor_status_annunciation: Some(1), context, ..Glucose::at(42, at, 74) }.record()
        }
        Sensor::Thermometer => Temperature { temperature_type: Some(3), ..Temperature::at(at, 379) }.record(),
    }
}

fn yesterday() -> NaiveDateTime {
    let day = NaiveDate::from_ymd_opt(2026, 11, 22);
    day.and_then(|day| day.and_hms_opt(7, 30, 5)).unwrap_or_default()
}
