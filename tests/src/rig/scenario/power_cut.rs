//! What comes before the power is cut: the room, and for the first time also the pairing. What then
//! runs until the cut is the program itself, started by the test.

use serde_json::{Value, json};

use super::{Action, Scenario, Step, noon};
use crate::rig::control::Request;
use crate::rig::description::{Device, Record};
use crate::rig::{devices, plx};

/// The device that is collected.
pub const OXIMETER: &str = "F0:F1:F2:F3:F4:F7";
/// How many records it holds.
pub const STORED: usize = 600;
const PASSKEY: u32 = 654_321;

/// Before the first cut.
#[must_use]
pub fn first() -> Scenario {
    let steps = vec![
        step("the tablet is given to a patient", Action::Enrol, Value::Null),
        step("a device with a full memory is in the room", room(true), Value::Null),
        step(
            "the code makes a bond",
            Action::Pair { device: OXIMETER.to_owned(), passkey: Some(PASSKEY) },
            json!({ "paired": OXIMETER, "failed": false }),
        ),
    ];
    Scenario { name: "before the first power cut".to_owned(), begins: noon(), steps }
}

/// Before the others: the tablet's disk and the device's own bond are as they were.
#[must_use]
pub fn again() -> Scenario {
    let steps = vec![step("the device is still there, and not in pairing mode", room(false), Value::Null)];
    Scenario { name: "before another power cut".to_owned(), begins: noon(), steps }
}

fn step(name: &str, action: Action, expected: Value) -> Step {
    Step { name: name.to_owned(), action, expected }
}

fn room(pairing_mode: bool) -> Action {
    let memory = devices::memory(records());
    let device = Device { pairing_mode, memory: Some(memory), ..devices::oximeter(OXIMETER, PASSKEY) };
    Action::Room(vec![Request::AddDevice { device: Box::new(device) }])
}

fn records() -> Vec<Record> {
    let start = devices::noon() - chrono::TimeDelta::days(60);
    plx::many(21, STORED, start)
}
