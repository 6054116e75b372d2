//! What goes wrong with sensors and radio, one after the other, in one room: a read without a bond, links that drop at
//! each record, Bluetooth off, pulled and restarted, bonds lost on either side, clocks a year off, and what only
//! streams or only advertises.

use chrono::{NaiveDateTime, TimeDelta};
use serde_json::{Value, json};

use super::{Action, Moment, Scenario, Step, expected, noon};
use crate::rig::control::Request;
use crate::rig::description::{Device, Memory, Pour, Record};
use crate::rig::devices::{self, CONTINUOUS, SPOT_CHECK};
use crate::rig::mi_scale;
use crate::rig::plx::{self, SpotCheck};

/// The oximeter whose clock is right.
pub const OXIMETER: &str = "F0:F1:F2:F3:F4:11";
const UNTIMELY: &str = "F0:F1:F2:F3:F4:12";
const STREAMER: &str = "F0:F1:F2:F3:F4:13";
const ADVERTISER: &str = "00:AA:03:00:00:14";
const PASSKEY: u32 = 135_790;
/// PLX Features, which the oximeters show over an encrypted link only.
const FEATURES: u16 = 0x2A60;
const WEIGHT_SCALE: u16 = 0x181D;

/// How many records a memory holds that is fetched whole.
const STORED: usize = 500;
/// How many it holds whose transfer is broken off from outside: long enough for that.
const BROKEN_OFF: usize = 40;
const SLOWLY: u64 = 100;
const STREAMED: u16 = 200;
/// Milliseconds between two values of the stream.
const STREAM_GAP: u64 = 20;

/// At how many records the link drops: `DAGSFORM_DROPS`, or 5.
#[must_use]
pub fn drops() -> usize {
    std::env::var("DAGSFORM_DROPS").ok().and_then(|text| text.parse().ok()).unwrap_or(5)
}

/// How many records the oximeter whose clock is right sends in the scenario.
#[must_use]
pub fn records(drops: usize) -> usize {
    STORED + drops + 3 * BROKEN_OFF + 15
}

/// The scenario, in which the link drops at each of so many records.
#[must_use]
pub fn scenario(drops: usize) -> Scenario {
    let mut story = Story::default();
    story.bond();
    story.memory(drops);
    story.radio();
    story.bonds_lost();
    story.untimely();
    let account = json!({ "sent": records(drops) + 2, "missing": [], "doubled": [], "unknown": [] });
    story.then("the record and the rig's log agree", Action::Account, account);
    story.stream();
    story.advertiser();
    Scenario { name: "hardship".to_owned(), begins: noon(), steps: story.steps }
}

#[derive(Default)]
struct Story {
    steps: Vec<Step>,
    /// How many records have been made.
    made: usize,
}

impl Story {
    fn then(&mut self, name: &str, action: Action, expected: Value) {
        self.steps.push(Step { name: name.to_owned(), action, expected });
    }

    fn room(&mut self, name: &str, requests: impl Into<Vec<Request>>) {
        self.then(name, Action::Room(requests.into()), Value::Null);
    }

    /// Records of their own times, without any flags.
    fn make(&mut self, count: usize) -> Vec<Record> {
        let numbers = self.made..self.made + count;
        self.made += count;
        numbers.filter_map(|number| i16::try_from(number).ok()).map(record).collect()
    }

    fn bond(&mut self) {
        let away = |address| Device { pairing_mode: false, ..devices::oximeter(address, PASSKEY) };
        let stream = Pour { gap_ms: STREAM_GAP, hang_up: false, ..devices::pour(CONTINUOUS, streamed()) };
        let room = [
            away(OXIMETER),
            devices::oximeter(UNTIMELY, PASSKEY),
            Device { pour: Some(stream), ..devices::streamer(STREAMER) },
            devices::mi_scale(ADVERTISER, &weighed(0).bytes),
        ];
        self.then("the tablet is given to a patient", Action::Enrol, Value::Null);
        self.room("four devices are in the room", room.map(|device| Request::AddDevice { device: Box::new(device) }));
        let read = || Action::Read { device: OXIMETER.to_owned(), characteristic: FEATURES };
        self.then("what needs a bond cannot be read without", read(), json!({ "refused": true }));
        self.paired(OXIMETER);
        self.then("over the bond it can be read", read(), json!({ "value": "0700" }));
    }

    /// The device is put into its pairing mode for as long as it takes.
    fn paired(&mut self, device: &str) {
        let mode = |on| [Request::SetPairingMode { device: device.to_owned(), on }];
        self.room("the device enters its pairing mode", mode(true));
        let pair = Action::Pair { device: device.to_owned(), passkey: Some(PASSKEY) };
        self.then("the right code makes a bond", pair, json!({ "paired": device, "failed": false }));
        self.room("the device leaves its pairing mode", mode(false));
    }

    fn keeps(&mut self, memory: Memory) {
        let request = Request::SetMemory { device: OXIMETER.to_owned(), memory };
        self.room("the oximeter keeps readings", [request]);
    }

    fn memory(&mut self, drops: usize) {
        let whole = self.make(STORED);
        self.keeps(devices::memory(whole));
        let complete = vec![Moment::Transfer("complete".to_owned())];
        self.then("500 records are fetched, each once", Action::Count(complete.clone()), counted(STORED, 0));
        let records = self.make(drops);
        self.keeps(Memory { drop_before_records: (1..=drops).collect(), ..devices::memory(records) });
        let name = format!("the link drops at each of {drops} records, and none is lost or doubled");
        self.then(&name, Action::Count(complete), counted(drops, drops));
    }

    /// Three times a transfer is broken off by what happens to the radio.
    fn radio(&mut self) {
        let fault = |name: &str| Moment::Fault(name.to_owned());
        let ended = |name: &str| Moment::FaultEnded(name.to_owned());
        let off_and_on = [
            Moment::Room(vec![Request::SetPower { on: false }]),
            fault("adapter_off"),
            Moment::Room(vec![Request::SetPower { on: true }]),
            ended("adapter_off"),
        ];
        let pulled_and_plugged = [
            Moment::Room(vec![Request::SetPlugged { plugged: false }]),
            fault("adapter_gone"),
            Moment::Room(vec![Request::SetPlugged { plugged: true }]),
            ended("adapter_gone"),
        ];
        let restarted = [Moment::Room(vec![Request::RestartService]), Moment::Restarted];
        for (name, moments) in [
            ("Bluetooth is switched off and on during a transfer", off_and_on.to_vec()),
            ("the adapter is pulled and plugged during a transfer", pulled_and_plugged.to_vec()),
            ("bluetoothd is restarted during a transfer", restarted.to_vec()),
        ] {
            let records = self.make(BROKEN_OFF);
            self.keeps(Memory { gap_ms: SLOWLY, ..devices::memory(records) });
            let moments = [Moment::Saved(5)].into_iter().chain(moments);
            let moments = moments.chain([Moment::Transfer("complete".to_owned())]).collect();
            self.then(name, Action::Count(moments), counted(BROKEN_OFF, 1));
        }
    }

    /// What the oximeter kept already is fetched again after each loss, and must not count twice.
    fn bonds_lost(&mut self) {
        let mut kept = self.make(5);
        self.keeps(devices::memory(kept.clone()));
        let device = || OXIMETER.to_owned();
        let forgets = vec![Request::ForgetBond { device: device() }, Request::DropLink { device: device() }];
        let told = || Moment::Fault("bond_lost".to_owned());
        let moments = vec![Moment::Saved(5), Moment::Room(forgets), told()];
        self.then("a bond that the sensor lost is told", Action::Count(moments), counted(5, 0));
        self.repaired(&mut kept);
        self.then("the tablet loses its end of the bond", Action::LoseBond { device: device() }, Value::Null);
        self.then("a bond that the tablet lost is told", Action::Count(vec![told()]), counted(0, 0));
        self.repaired(&mut kept);
    }

    fn repaired(&mut self, kept: &mut Vec<Record>) {
        self.paired(OXIMETER);
        kept.extend(self.make(5));
        self.keeps(devices::memory(kept.clone()));
        let complete = vec![Moment::Transfer("complete".to_owned())];
        self.then("pairing again repairs it", Action::Count(complete), counted(5, 0));
    }

    /// A live reading of a clock that is a year behind tells how far it is off; a stored one of a clock that is a year
    /// ahead has no time that could be believed.
    fn untimely(&mut self) {
        self.paired(UNTIMELY);
        let live = SpotCheck::at(devices::noon() - TimeDelta::days(365), 91, 58).record();
        let stored = SpotCheck::at(devices::noon() + TimeDelta::days(365), 92, 59).record();
        let memory = devices::memory(vec![stored.clone()]);
        self.room("it holds a record", [Request::SetMemory { device: UNTIMELY.to_owned(), memory }]);
        let measure = Moment::Measure {
            device: UNTIMELY.to_owned(),
            characteristic: SPOT_CHECK.to_owned(),
            record: Box::new(live.clone()),
        };
        let moments = vec![Moment::Saved(1), measure, Moment::Saved(2)];
        let mut both = [&live, &stored].map(|record| expected(UNTIMELY, record));
        both.sort_by_key(Value::to_string);
        let collected = json!({ "saved": both, "interrupted": false });
        self.then("readings of a clock that is a year off are kept", Action::Collect(moments), collected);
        let time = |shown: &str, corrected: bool, taken_at: &str| {
            json!({
                "shown": shown, "device_clock": "untrusted", "received": true, "corrected": corrected,
                "taken_at": taken_at,
            })
        };
        let mut times = [time("2025-11-23T12:00:00", true, "reception"), time("2027-11-23T12:00:00", false, "open")];
        times.sort_by_key(Value::to_string);
        let action = Action::Times { device: UNTIMELY.to_owned() };
        self.then("both times are kept, and none is guessed", action, json!({ "times": times }));
    }

    fn stream(&mut self) {
        let pair = Action::Pair { device: STREAMER.to_owned(), passkey: None };
        self.then("a device without a code is paired", pair, json!({ "paired": STREAMER, "failed": false }));
        let action = Action::Stream {
            device: STREAMER.to_owned(),
            characteristic: CONTINUOUS.to_owned(),
            moments: vec![Moment::Live(STREAMED.into())],
        };
        let whole = json!({ "sent": STREAMED, "heard": STREAMED, "missing": [] });
        self.then("a stream is heard without a gap", action, whole);
    }

    fn advertiser(&mut self) {
        let (first, second) = (weighed(0), weighed(1));
        let hear = |before: Option<&Record>| Action::Hear {
            device: ADVERTISER.to_owned(),
            service: WEIGHT_SCALE,
            before: before.map(|record| record.bytes.clone()),
        };
        self.then("what is only advertised is heard", hear(None), json!({ "data": first.bytes }));
        self.room("another weight is advertised", [advertises(&second)]);
        self.then("and is heard, too", hear(Some(&first)), json!({ "data": second.bytes }));
        let given = Action::Advertised { device: ADVERTISER.to_owned() };
        self.then("it is the patient's", given, json!({ "paired": ADVERTISER, "failed": false }));
        let third = weighed(2);
        let moments = vec![
            // It still says the one before, as scales do for a while.
            Moment::Room(vec![advertises(&second)]),
            Moment::Saved(1),
            Moment::Room(vec![advertises(&third)]),
            Moment::Saved(2),
        ];
        let saved = [expected(ADVERTISER, &second), expected(ADVERTISER, &third)];
        let saved = json!({ "saved": saved, "interrupted": false });
        self.then("its weights are taken from the air", Action::Collect(moments), saved);
        let links = Action::Links { device: ADVERTISER.to_owned() };
        self.then("nobody connected to it for that", links, json!({ "links": 0 }));
    }
}

fn counted(saved: usize, interrupted: usize) -> Value {
    json!({ "saved": saved, "interrupted": interrupted })
}

/// One of the oximeter's readings, in the weeks before the scenario.
fn record(number: i16) -> Record {
    let taken = devices::noon() - TimeDelta::days(20) + TimeDelta::minutes(11 * i64::from(number));
    SpotCheck::at(taken, 85 + number % 15, 50 + number % 70).record()
}

/// Values of a pulse that has not settled, so that no reading comes of them; no two are alike.
fn streamed() -> Vec<Record> {
    (0..STREAMED).map(|number| plx::early_estimate(80 + number / 100, 40 + number % 100)).collect()
}

/// A weighing at the scenario's time.
fn weighed(number: u16) -> Record {
    let taken: NaiveDateTime = devices::noon() + TimeDelta::minutes(number.into());
    mi_scale::settled(taken, 16_440 + 20 * number)
}

fn advertises(record: &Record) -> Request {
    let service_data = [(mi_scale::SERVICE.to_owned(), record.bytes.clone())].into();
    Request::Advertise { device: ADVERTISER.to_owned(), service_data }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_record_that_the_oximeter_sends_is_made_once() {
        let scenario = scenario(5);
        let mut seen = std::collections::BTreeSet::new();
        for step in &scenario.steps {
            let Action::Room(requests) = &step.action else { continue };
            for request in requests {
                if let Request::SetMemory { device, memory } = request
                    && device == OXIMETER
                {
                    seen.extend(memory.records.iter().map(|record| record.bytes.clone()));
                }
            }
        }
        assert_eq!(seen.len(), records(5));
    }
}
