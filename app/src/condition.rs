//! The state of tablet and kit, put together for the service (brief R28).

use std::{collections::HashMap, path::Path, time::Duration};

use chrono::{DateTime, Utc};
use dagsform_care::{DeviceId, Trust};
use dagsform_sensors::{CollectorEvent, RadioFault, Taken};
use dagsform_sync::condition::{Charge, Condition, SensorCondition, SensorFault};
use rustix::fs::statvfs;
use starship_battery::{Manager, State, units::ratio::percent};
use tokio::{
    sync::{mpsc, watch},
    time::{MissedTickBehavior, interval},
};

use crate::record::{AssignedDevice, Record, RecordError};

/// How often the state is put together.
const EVERY: Duration = Duration::from_secs(60);

/// Follows the sensors, and tells the sending how tablet and kit are.
pub(crate) struct Caretaker {
    /// The record.
    pub(crate) record: Record,
    /// What the radio tells.
    pub(crate) events: mpsc::UnboundedReceiver<CollectorEvent>,
    /// Where the state goes.
    pub(crate) to: watch::Sender<Option<Condition>>,
}

/// What was heard of a sensor since the program started.
#[derive(Clone, Copy, Default)]
struct Heard {
    last_contact: Option<DateTime<Utc>>,
    fault: Option<SensorFault>,
}

impl Caretaker {
    /// Works until the radio has ended.
    pub(crate) async fn run(mut self) {
        let mut heard = HashMap::<DeviceId, Heard>::new();
        let mut tick = interval(EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                event = self.events.recv() => match event {
                    Some(event) => note(&mut heard, &event, self.record.best_time()),
                    None => return,
                },
                _ = tick.tick() => match condition(&self.record, &heard).await {
                    Ok(condition) => drop(self.to.send_replace(Some(condition))),
                    Err(error) => tracing::warn!(%error, "the state of tablet and kit could not be put together"),
                },
            }
        }
    }
}

fn note(heard: &mut HashMap<DeviceId, Heard>, event: &CollectorEvent, now: DateTime<Utc>) {
    let mut of = |device: &DeviceId, fault| {
        let heard = heard.entry(device.clone()).or_default();
        (heard.last_contact, heard.fault) = (Some(now), fault);
    };
    match event {
        CollectorEvent::Connected(device) | CollectorEvent::Taken(device, Taken::Saved(_) | Taken::Known(_)) => {
            of(device, None);
        }
        CollectorEvent::Taken(device, Taken::Undecodable { .. }) => of(device, Some(SensorFault::NoData)),
        CollectorEvent::Fault(Some(device), fault) => {
            let fault = sensor_fault(*fault);
            if fault.is_some() {
                heard.entry(device.clone()).or_default().fault = fault;
            }
        }
        CollectorEvent::FaultEnded(Some(device), _) => heard.entry(device.clone()).or_default().fault = None,
        _ => {}
    }
}

/// A sensor that is not found is most often in its drawer; when it was heard last says more.
fn sensor_fault(fault: RadioFault) -> Option<SensorFault> {
    match fault {
        RadioFault::BondLost
        | RadioFault::NotInPairingMode
        | RadioFault::BondedElsewhere
        | RadioFault::WrongCode
        | RadioFault::CodeNeeded
        | RadioFault::NotAllowed
        | RadioFault::KeyNeeded
        | RadioFault::WrongKey
        | RadioFault::ConsentRefused
        | RadioFault::Unsupported => Some(SensorFault::NotPaired),
        RadioFault::Silent => Some(SensorFault::NoData),
        RadioFault::NoService
        | RadioFault::NoAdapter
        | RadioFault::AdapterGone
        | RadioFault::AdapterOff
        | RadioFault::NotFound
        | RadioFault::TwoAlike
        | RadioFault::Gone
        | RadioFault::Timeout
        | RadioFault::Failed => None,
    }
}

async fn condition(record: &Record, heard: &HashMap<DeviceId, Heard>) -> Result<Condition, RecordError> {
    let counts = record.counts().await?;
    let sensors = record.devices().await?;
    Ok(Condition {
        battery: battery(),
        storage_free: record.path().parent().and_then(free),
        waiting: counts.waiting.into(),
        set_aside: counts.aside.into(),
        clock_in_doubt: record.now().1 != Trust::Trusted,
        sensors: sensors.into_iter().filter_map(|sensor| of_sensor(sensor, heard)).collect(),
    })
}

/// `None` of one whose kind is not known yet: it has not been connected once.
fn of_sensor(sensor: AssignedDevice, heard: &HashMap<DeviceId, Heard>) -> Option<SensorCondition> {
    let Heard { last_contact, fault } = heard.get(&sensor.address).copied().unwrap_or_default();
    let kind = *sensor.kinds.first()?;
    Some(SensorCondition { id: sensor.address, kind, information: sensor.information, last_contact, fault })
}

/// The tablet's own battery, where the system tells of one.
fn battery() -> Option<Charge> {
    let battery = Manager::new().ok()?.batteries().ok()?.find_map(Result::ok)?;
    let per_cent = battery.state_of_charge().get::<percent>().round().clamp(0.0, 100.0);
    // 0 to 100 as text has no decimals, and every such text is a number.
    let per_cent: u8 = format!("{per_cent:.0}").parse().ok()?;
    Some(Charge { percent: per_cent, charging: matches!(battery.state(), State::Charging | State::Full) })
}

/// Free space where the record is, in MiB.
fn free(folder: &Path) -> Option<u64> {
    let space = statvfs(folder).ok()?;
    space.f_bavail.checked_mul(space.f_frsize).map(|bytes| bytes / (1024 * 1024))
}

#[cfg(test)]
mod tests {
    use dagsform_care::Kind;

    use super::*;
    use crate::record::{Enrolling, NewDevice};

    fn address() -> DeviceId {
        DeviceId::parse("F0:F1:F2:F3:F4:F5").unwrap()
    }

    fn now() -> DateTime<Utc> {
        "2026-11-23T08:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_fault_of_a_sensor_stands_until_it_is_heard_again() {
        let mut heard = HashMap::new();
        let steps = [
            (CollectorEvent::Fault(Some(address()), RadioFault::BondLost), Some(SensorFault::NotPaired)),
            (CollectorEvent::Fault(Some(address()), RadioFault::NotFound), Some(SensorFault::NotPaired)),
            (CollectorEvent::Connected(address()), None),
            (CollectorEvent::Fault(Some(address()), RadioFault::Silent), Some(SensorFault::NoData)),
            (CollectorEvent::FaultEnded(Some(address()), RadioFault::Silent), None),
        ];
        for (event, fault) in steps {
            note(&mut heard, &event, now());
            assert_eq!(heard[&address()].fault, fault, "{event:?}");
        }
        assert_eq!(heard[&address()].last_contact, Some(now()));
    }

    #[tokio::test]
    async fn the_state_names_each_sensor_what_waits_and_what_space_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let record = Record::open(folder.path()).unwrap();
        let new = NewDevice { kinds: vec![Kind::PulseOximetry], ..NewDevice::bonded(address(), "Oksymeter") };
        record.enrol(Enrolling::open("Patient/1", "http://127.0.0.1:1/fhir")).await.unwrap();
        record.assign(new).await.unwrap();
        let state = condition(&record, &HashMap::new()).await.unwrap();
        assert_eq!((state.waiting, state.set_aside, state.sensors.len()), (0, 0, 1));
        assert!(state.storage_free.is_some_and(|free| free > 0));
    }
}
