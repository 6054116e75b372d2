//! What is wrong, as the screens show it.

use dagsform_care::DeviceId;
use dagsform_sensors::RadioFault;
use dagsform_ui as ui;

use crate::flow::{
    measure::{RecordTrouble, ServiceTrouble, State, Trouble},
    tablet,
};

/// What is wrong and told where the person is; the place is what "understood" names.
pub(super) fn faults(state: &tablet::State) -> Vec<ui::Fault> {
    let troubles = state.told_here().into_iter().filter_map(|place| state.measure.troubles.get(place));
    troubles.map(|trouble| fault(&state.measure, trouble)).collect()
}

/// What people call a sensor.
pub(super) fn name(state: &State, device: &DeviceId) -> String {
    state.sensors.iter().find(|(known, _)| known == device).map(|(_, name)| name.clone()).unwrap_or_default()
}

fn fault(state: &State, trouble: &Trouble) -> ui::Fault {
    let of = |device: &DeviceId, kind| ui::Fault { kind, device_name: Some(name(state, device)), detail: None };
    let told = |kind, said: &String| ui::Fault { detail: Some(said.clone()), ..ui::Fault::new(kind) };
    match trouble {
        Trouble::Radio(device, fault) => {
            let kind = match fault {
                RadioFault::AdapterOff => ui::FaultKind::BluetoothOff,
                RadioFault::NoService | RadioFault::NoAdapter | RadioFault::Failed if device.is_none() => {
                    ui::FaultKind::NoBluetooth
                }
                RadioFault::BondLost
                | RadioFault::NotInPairingMode
                | RadioFault::WrongCode
                | RadioFault::CodeNeeded
                | RadioFault::NotAllowed
                | RadioFault::Unsupported => ui::FaultKind::SensorNotPaired,
                RadioFault::Silent => ui::FaultKind::NoData,
                RadioFault::NotFound
                | RadioFault::Gone
                | RadioFault::Timeout
                | RadioFault::Failed
                | RadioFault::NoService
                | RadioFault::NoAdapter => ui::FaultKind::SensorNotFound,
            };
            match device {
                Some(device) => of(device, kind),
                None => ui::Fault::new(kind),
            }
        }
        Trouble::Record(why) => ui::Fault::new(match why {
            RecordTrouble::Full => ui::FaultKind::RecordFull,
            RecordTrouble::NotWritable => ui::FaultKind::RecordNotWritable,
            RecordTrouble::Damaged => ui::FaultKind::RecordDamaged,
            RecordTrouble::Newer => ui::FaultKind::RecordTooNew,
            RecordTrouble::InUse => ui::FaultKind::RecordInUse,
        }),
        Trouble::Service(ServiceTrouble::Away) => ui::Fault::new(ui::FaultKind::ServiceAway),
        Trouble::Service(ServiceTrouble::Refuses(said)) => told(ui::FaultKind::ServiceRefuses, said),
        Trouble::Service(ServiceTrouble::Revoked(said)) => told(ui::FaultKind::TabletRevoked, said),
        Trouble::Service(ServiceTrouble::SignIn(said)) => told(ui::FaultKind::SignInRefused, said),
        Trouble::Service(ServiceTrouble::NotProven(said)) => told(ui::FaultKind::ServiceNotProven, said),
        Trouble::Service(ServiceTrouble::Clock) => ui::Fault::new(ui::FaultKind::ClockStopsSending),
        Trouble::ClockWrong => ui::Fault::new(ui::FaultKind::ClockWrong),
        Trouble::NotUnderstood(device) => of(device, ui::FaultKind::PacketNotUnderstood),
        Trouble::SetAside(readings, said) => ui::Fault {
            detail: Some(said.clone()),
            ..ui::Fault::new(ui::FaultKind::ReadingSetAside { readings: *readings })
        },
        Trouble::BatteryLow(device, percent) => of(device, ui::FaultKind::SensorBatteryLow { percent: Some(*percent) }),
        Trouble::NotEnrolled => ui::Fault::new(ui::FaultKind::NotSetUp),
    }
}
