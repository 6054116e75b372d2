//! A&D.
//!
//! UA-651BLE and UA-656BLE, cuffs; UC-352BLE, a scale; UT-201BLE, a thermometer. They keep to the Blood Pressure, the
//! Weight Scale, the Health Thermometer Service; only their clock is not Current Time but a Date Time (0x2A08) in that
//! service, which can be read and written. With it they are known by a characteristic of A&D's own (233BF001).
//!
//! They send what they have not sent yet once indications are asked for, then hang up. A failed measurement comes as
//! all NaN with no bit of the status set. This and the characteristics are seen in devices (HEADS-project/ThingML-BLE@
//! a7aa158:Documentation, a gateway that sets the time when pairing and only subscribes later); obniz/obniz@5e6bab2 sets
//! the time each time. So the time is no condition for the data, and is left to the collector's rules. A device in
//! pairing mode advertises as limited discoverable (obniz).
//!
//! Told of the own characteristic, and not used: 02 01 03 hang up, 02 00 E1 send all again, 03 01 A6 nn size of the
//! memory (0: none, 1: 30, on UA-656BLE 2: 200), 02 01 12 delete all. Not known: what else it takes; whether older
//! scales that have the service 23434100-1FE4-1EFF-80CB-00FF78297D8B in place of Weight Scale send the same bytes.

use chrono::{DateTime as At, FixedOffset};
use dagsform_care::Kind;

use super::{Clock, Maker, Model, Seen, date::date_time};
use crate::{
    characteristic::Characteristic,
    codec::{BloodPressureMeasurement, DateTime, TemperatureMeasurement, WeightMeasurement},
};

pub(super) const MAKER: Maker = Maker { models: &[CUFF, SCALE, THERMOMETER], loose: &[] };

const OWN: Characteristic = Characteristic::own(0x233bf001_5a34_1b6d_975c_000d5690abe4);

const CUFF: Model = Model {
    name: "A&D UA-651BLE, UA-656BLE",
    kinds: &[Kind::BloodPressure],
    known: "frames of the device, failed measurements among them",
    is: |seen| is_ours(seen) && seen.has(BloodPressureMeasurement::CHARACTERISTIC),
    clock: CLOCK,
    ..Model::PLAIN
};

const SCALE: Model = Model {
    name: "A&D UC-352BLE",
    kinds: &[Kind::BodyWeight],
    known: "the characteristics of the device",
    is: |seen| is_ours(seen) && seen.has(WeightMeasurement::CHARACTERISTIC),
    clock: CLOCK,
    ..Model::PLAIN
};

const THERMOMETER: Model = Model {
    name: "A&D UT-201BLE",
    kinds: &[Kind::BodyTemperature],
    known: "another program that collects from it",
    is: |seen| is_ours(seen) && seen.has(TemperatureMeasurement::CHARACTERISTIC),
    clock: CLOCK,
    ..Model::PLAIN
};

const CLOCK: Option<Clock> =
    Some(Clock { characteristic: Characteristic::assigned(DateTime::CHARACTERISTIC), now: local });

fn local(now: At<FixedOffset>) -> Vec<u8> {
    date_time(now.naive_local()).to_vec()
}

fn is_ours(seen: &Seen<'_>) -> bool {
    seen.has(OWN) && seen.has(DateTime::CHARACTERISTIC)
}
