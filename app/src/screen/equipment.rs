//! Sensors and tablet.

use chrono::{DateTime, FixedOffset};
use dagsform_care::DeviceId;
use dagsform_ui as ui;

use super::{
    faults::faults,
    words::{self, day, moment},
};
use crate::{
    flow::{measure::Trouble, tablet::State},
    record::AssignedDevice,
};

/// The kit, at this time.
pub(super) fn view(state: &State, now: DateTime<FixedOffset>) -> ui::EquipmentView {
    let today = day(now);
    ui::EquipmentView {
        sensors: state.book.devices.iter().map(|device| sensor(state, device, now)).collect(),
        last_delivered: state.book.last_delivered.and_then(|at| moment(at, today)),
        waiting_to_send: state.measure.waiting,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        faults: faults(state),
    }
}

fn sensor(state: &State, device: &AssignedDevice, now: DateTime<FixedOffset>) -> ui::SensorView {
    let heard = state.book.heard.iter().find(|(address, _)| *address == device.address).map(|(_, at)| *at);
    ui::SensorView {
        name: device.name.clone(),
        kind: device.kinds.first().copied().map(words::kind),
        state: if is_faulty(state, &device.address) {
            ui::SensorState::Faulty
        } else if state.measure.connected.contains(&device.address) {
            ui::SensorState::Connected
        } else {
            ui::SensorState::Resting
        },
        battery: device.information.battery,
        last_heard: heard.and_then(|at| moment(at, day(now))),
    }
}

fn is_faulty(state: &State, address: &DeviceId) -> bool {
    state.measure.troubles.iter().any(|trouble| match trouble {
        Trouble::Radio(device, _) => device.as_ref() == Some(address),
        Trouble::NotUnderstood(device) | Trouble::BatteryLow(device, _) => device == address,
        _ => false,
    })
}
