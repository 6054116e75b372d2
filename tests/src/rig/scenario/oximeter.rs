//! A pulse oximeter's life with the tablet, from the first pairing on.

use chrono::{NaiveDate, NaiveDateTime};
use serde_json::{Value, json};

use super::{Action, Moment, Scenario, Step, expected, noon};
use crate::rig::control::Request;
use crate::rig::description::{Device, Record};
use crate::rig::devices::{self, SPOT_CHECK};
use crate::rig::plx::{self, Sfloat, SpotCheck};

const OXIMETER: &str = "F0:F1:F2:F3:F4:F5";
const NEIGHBOUR: &str = "F0:F1:F2:F3:F4:F6";
const PASSKEY: u32 = 123_456;

/// The scenario.
#[must_use]
pub fn scenario() -> Scenario {
    let live = SpotCheck::at(time(23, 8, 15, 0), 96, 71).record();
    let stored = [(0, 95, 62), (7, 93, 64), (14, 92, 71), (21, 94, 66), (28, 95, 63)];
    let stored =
        stored.map(|(minute, spo2, pulse_rate)| SpotCheck::at(time(22, 7, minute, 5), spo2, pulse_rate).record());
    let same_minute =
        [SpotCheck::at(time(23, 9, 30, 10), 97, 61).record(), SpotCheck::at(time(23, 9, 30, 40), 94, 66).record()];
    let reset = SpotCheck::at(reset_clock(), 95, 68).record();
    let doubtful = [with_status(90, 0x4200, None), with_status(70, 0x8000, Some(0x20))];
    let all: Vec<Record> = [live.clone()]
        .into_iter()
        .chain(stored.clone())
        .chain(same_minute.clone())
        .chain([reset.clone()])
        .chain(doubtful.clone())
        .collect();
    let count = all.len();

    let mut cut_off = devices::memory(stored.to_vec());
    cut_off.drop_before_records = vec![3];
    let keeps = |memory| Request::SetMemory { device: OXIMETER.to_owned(), memory };

    let steps = vec![
        step("the tablet is given to a patient", Action::Enrol, Value::Null),
        step("two devices are in the room", Action::Room(room()), Value::Null),
        step(
            "outside the device's pairing mode pairing is a named failure",
            pair(PASSKEY),
            json!({ "fault": "not_in_pairing_mode", "failed": true }),
        ),
        step("the device enters its pairing mode", pairing_mode(true), Value::Null),
        step("a wrong code is a named failure", pair(1), json!({ "fault": "wrong_code", "failed": true })),
        step("the right code makes a bond", pair(PASSKEY), json!({ "paired": OXIMETER, "failed": false })),
        step("the device leaves its pairing mode", pairing_mode(false), Value::Null),
        step("a live reading is collected", measure(std::slice::from_ref(&live)), saved(&[live], false)),
        step("five readings are in the device's memory", Action::Room(vec![keeps(cut_off)]), Value::Null),
        step(
            "stored readings are collected in spite of a link that drops",
            Action::Collect(vec![Moment::Saved(stored.len())]),
            saved(&stored, true),
        ),
        step(
            "a second collection, without pairing, brings nothing new",
            Action::Collect(vec![Moment::Transfer("complete".to_owned())]),
            saved(&[], false),
        ),
        step("the memory is empty again", Action::Room(vec![keeps(devices::memory(vec![]))]), Value::Null),
        step("two readings of the same minute are two", measure(&same_minute), saved(&same_minute, false)),
        step(
            "a reading after the clock was reset is kept",
            measure(std::slice::from_ref(&reset)),
            saved(&[reset], false),
        ),
        step("status bits are kept", measure(&doubtful), saved(&doubtful, false)),
        step("the record holds everything once", Action::Export, json!({ "readings": readings(&all) })),
        step(
            "the record and the rig's log agree",
            Action::Account,
            json!({ "sent": count, "missing": [], "doubled": [], "unknown": [] }),
        ),
        step(
            "the device that is not the patient's was left alone",
            Action::Links { device: NEIGHBOUR.to_owned() },
            json!({ "links": 0 }),
        ),
    ];
    Scenario { name: "oximeter".to_owned(), begins: noon(), steps }
}

fn step(name: &str, action: Action, expected: Value) -> Step {
    Step { name: name.to_owned(), action, expected }
}

fn room() -> Vec<Request> {
    let mut neighbour = Device { name: Some("NEIGHBOUR".to_owned()), ..devices::oximeter(NEIGHBOUR, PASSKEY) };
    neighbour.memory = Some(devices::memory(plx::many(12, 3, time(22, 7, 0, 0))));
    let oximeter = Device { pairing_mode: false, ..devices::oximeter(OXIMETER, PASSKEY) };
    let both = [oximeter, neighbour];
    both.map(|device| Request::AddDevice { device: Box::new(device) }).into()
}

fn pairing_mode(on: bool) -> Action {
    Action::Room(vec![Request::SetPairingMode { device: OXIMETER.to_owned(), on }])
}

fn pair(passkey: u32) -> Action {
    Action::Pair { device: OXIMETER.to_owned(), passkey: Some(passkey) }
}

fn measure(records: &[Record]) -> Action {
    let measured = records.iter().map(|record| Moment::Measure {
        device: OXIMETER.to_owned(),
        characteristic: SPOT_CHECK.to_owned(),
        record: Box::new(record.clone()),
    });
    Action::Collect(measured.chain([Moment::Saved(records.len())]).collect())
}

fn saved(records: &[Record], interrupted: bool) -> Value {
    json!({ "saved": readings(records), "interrupted": interrupted })
}

fn readings(records: &[Record]) -> Vec<Value> {
    let mut readings: Vec<Value> = records.iter().map(|record| expected(OXIMETER, record)).collect();
    readings.sort_by_key(Value::to_string);
    readings
}

fn with_status(spo2: i16, status: u16, sensor: Option<u32>) -> Record {
    let mut check = SpotCheck::at(time(23, 10, 0, 0), spo2, 75);
    check.pulse_rate = Sfloat::tenths(755);
    check.measurement_status = Some(status);
    check.device_and_sensor_status = sensor;
    check.record()
}

fn time(day: u32, hour: u32, minute: u32, second: u32) -> NaiveDateTime {
    let day = NaiveDate::from_ymd_opt(2026, 11, day);
    day.and_then(|day| day.and_hms_opt(hour, minute, second)).unwrap_or_default()
}

/// Where the clocks of many devices start again after a change of batteries.
fn reset_clock() -> NaiveDateTime {
    let day = NaiveDate::from_ymd_opt(2021, 1, 1);
    day.and_then(|day| day.and_hms_opt(0, 1, 30)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rig::scenario::Scenario;

    #[test]
    fn the_scenario_survives_its_way_through_json() {
        let scenario = scenario();
        let json = serde_json::to_string(&scenario).unwrap();
        assert_eq!(serde_json::from_str::<Scenario>(&json).unwrap(), scenario);
    }
}
