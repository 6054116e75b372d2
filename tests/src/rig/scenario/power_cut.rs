//! The tablet loses its power while it collects: two scenarios on one disk, with the cut between.

use serde_json::{Value, json};

use super::{Action, Moment, Scenario, Step, expected};
use crate::rig::control::Request;
use crate::rig::description::{Device, Memory, Record};
use crate::rig::{devices, plx};

/// The device that is collected.
pub const OXIMETER: &str = "F0:F1:F2:F3:F4:F7";
/// How many records it holds.
pub const STORED: usize = 100;
const PASSKEY: u32 = 654_321;
/// Slow enough for the cut to fall into the transfer.
const GAP_MS: u64 = 150;

/// Up to the cut; it does not come to an end by itself before all records are saved.
#[must_use]
pub fn before() -> Scenario {
    let steps = vec![
        step("the tablet is given to a patient", Action::Enrol, Value::Null),
        step("a device with a full memory is in the room", room(true), Value::Null),
        step(
            "the code makes a bond",
            Action::Pair { device: OXIMETER.to_owned(), passkey: Some(PASSKEY) },
            json!({ "paired": OXIMETER, "failed": false }),
        ),
        step("the records are collected", Action::Collect(vec![Moment::Saved(STORED)]), Value::Null),
    ];
    Scenario { name: "before the power cut".to_owned(), steps }
}

/// From the cut on: the tablet's disk and the device's own memory and bond are as they were.
#[must_use]
pub fn after() -> Scenario {
    let mut readings: Vec<Value> = records().iter().map(|record| expected(OXIMETER, record)).collect();
    readings.sort_by_key(Value::to_string);
    let steps = vec![
        step("the device is still there, and not in pairing mode", room(false), Value::Null),
        step(
            "the rest is collected over the old bond",
            Action::Gather(vec![Moment::Transfer("complete".to_owned())]),
            Value::Null,
        ),
        step("the record holds everything once", Action::Export, json!({ "readings": readings })),
        step(
            "the record and the rig's log agree",
            Action::Account,
            json!({ "sent": STORED, "missing": [], "doubled": [], "unknown": [] }),
        ),
    ];
    Scenario { name: "after the power cut".to_owned(), steps }
}

fn step(name: &str, action: Action, expected: Value) -> Step {
    Step { name: name.to_owned(), action, expected }
}

fn room(pairing_mode: bool) -> Action {
    let memory = Memory { gap_ms: GAP_MS, ..devices::memory(records()) };
    let device = Device { pairing_mode, memory: Some(memory), ..devices::oximeter(OXIMETER, PASSKEY) };
    Action::Room(vec![Request::AddDevice { device: Box::new(device) }])
}

fn records() -> Vec<Record> {
    plx::many(21, STORED, devices::noon())
}
