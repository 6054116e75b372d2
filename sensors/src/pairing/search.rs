//! Looking for the device that is to be paired.

use std::{collections::HashMap, time::Duration};

use dagsform_care::Kind;
use tokio::time::{Instant, sleep};
use zbus::zvariant::{OwnedObjectPath, Value};

use super::{Candidate, NotPaired, Wanted, refusal::invites};
use crate::{
    event::RadioFault,
    radio::bluez::{ADAPTER, ANSWER, Bluez, Known, Objects},
};

/// How often BlueZ is asked what it has found, and whether the adapter is still there.
pub(super) const LOOK: Duration = Duration::from_millis(500);
/// After a device of the wanted kind was heard, how long another one is listened for. In its pairing mode a sensor
/// is heard every second or two.
const OTHERS: Duration = Duration::from_secs(6);

/// Looks until the wanted device is heard.
pub(super) async fn find(
    bluez: &Bluez,
    adapter: &OwnedObjectPath,
    wanted: &Wanted,
    within: Duration,
) -> Result<Known, NotPaired> {
    let until = Instant::now() + within;
    match wanted {
        Wanted::Address(device) => {
            let heard = |objects: &Objects| objects.device(device).filter(|known| known.is_heard()).cloned();
            hear(bluez, adapter, until, heard).await?.ok_or(RadioFault::NotFound.into())
        }
        Wanted::Only(kind) => {
            let mut first = None;
            let all = |objects: &Objects| {
                let heard = of_kind(objects, *kind);
                let since = (!heard.is_empty()).then(|| *first.get_or_insert_with(Instant::now))?;
                (since.elapsed() >= OTHERS).then_some(heard)
            };
            choose(hear(bluez, adapter, until + OTHERS, all).await?.unwrap_or_default())
        }
    }
}

/// All that is heard until the time is up.
pub(super) async fn all(
    bluez: &Bluez,
    adapter: &OwnedObjectPath,
    duration: Duration,
) -> Result<Vec<Known>, RadioFault> {
    let until = Instant::now() + duration;
    let at_the_end = |objects: &Objects| (Instant::now() >= until).then(|| objects.devices.clone());
    let known = hear(bluez, adapter, until, at_the_end).await?.unwrap_or_default();
    Ok(known.into_iter().filter(|known| known.rssi.is_some()).collect())
}

/// Searches until there is enough, or the time is up.
async fn hear<T>(
    bluez: &Bluez,
    adapter: &OwnedObjectPath,
    until: Instant,
    mut enough: impl FnMut(&Objects) -> Option<T>,
) -> Result<Option<T>, RadioFault> {
    start(bluez, adapter).await?;
    let heard = loop {
        let objects = match bluez.objects().await {
            Ok(objects) => objects,
            Err(fault) => break Err(fault),
        };
        if let Err(fault) = objects.still(adapter) {
            break Err(fault);
        }
        let late = Instant::now() >= until;
        let heard = enough(&objects);
        if heard.is_some() || late {
            break Ok(heard);
        }
        sleep(LOOK).await;
    };
    // Many adapters cannot search and connect at once.
    let _: Result<(), _> = bluez.call(adapter, ADAPTER, "StopDiscovery", &(), ANSWER).await;
    heard
}

/// With a filter BlueZ also tells of devices that are not discoverable (`src/adapter.c`, `device_is_discoverable`):
/// those that wait for whom they are paired with.
async fn start(bluez: &Bluez, adapter: &OwnedObjectPath) -> Result<(), RadioFault> {
    let filter = HashMap::from([("Transport", Value::from("le")), ("DuplicateData", true.into())]);
    let filtered: Result<(), _> = bluez.call(adapter, ADAPTER, "SetDiscoveryFilter", &(filter,), ANSWER).await;
    let started: Result<(), _> = bluez.call(adapter, ADAPTER, "StartDiscovery", &(), ANSWER).await;
    match filtered.and(started) {
        Ok(()) => Ok(()),
        Err(error) => Err(blamed(bluez, adapter, error.fault()).await),
    }
}

/// The fault, unless it is the adapter's: what is done when that goes fails in many ways.
pub(super) async fn blamed(bluez: &Bluez, adapter: &OwnedObjectPath, fault: RadioFault) -> RadioFault {
    lost(bluez, adapter).await.unwrap_or(fault)
}

/// Does something for as long as the adapter is there and on.
pub(super) async fn while_on<T>(
    bluez: &Bluez,
    adapter: &OwnedObjectPath,
    doing: impl Future<Output = T>,
) -> Result<T, RadioFault> {
    let over = async {
        loop {
            sleep(LOOK).await;
            if let Some(fault) = lost(bluez, adapter).await {
                return fault;
            }
        }
    };
    tokio::select! {
        biased;
        done = doing => Ok(done),
        fault = over => Err(fault),
    }
}

/// What has become of the adapter, if it no longer works.
async fn lost(bluez: &Bluez, adapter: &OwnedObjectPath) -> Option<RadioFault> {
    match bluez.objects().await {
        Ok(objects) => objects.still(adapter).err(),
        // It may be busy.
        Err(RadioFault::Timeout) => None,
        Err(fault) => Some(fault),
    }
}

fn of_kind(objects: &Objects, kind: Kind) -> Vec<Known> {
    let fits = |known: &&Known| known.is_heard() && super::kinds(&known.services).contains(&kind);
    objects.devices.iter().filter(fits).cloned().collect()
}

/// The only one of those that fit. One that says that it cannot be paired now is nobody's choice beside one that can.
fn choose(heard: Vec<Known>) -> Result<Known, NotPaired> {
    let inviting: Vec<&Known> = heard.iter().filter(|known| invites(known) != Some(false)).collect();
    match (inviting.as_slice(), heard.as_slice()) {
        ([one], _) => Ok((*one).clone()),
        ([], [one]) => Ok(one.clone()),
        (_, []) => Err(RadioFault::NotFound.into()),
        _ => {
            let mut alike: Vec<Candidate> = heard.into_iter().map(Candidate::from).collect();
            alike.sort_by_key(|candidate| std::cmp::Reverse(candidate.rssi));
            Err(NotPaired { alike, ..RadioFault::TwoAlike.into() })
        }
    }
}

#[cfg(test)]
mod tests {
    use dagsform_care::DeviceId;

    use super::*;

    fn known(last: u8, services: &[u16], rssi: Option<i16>, discoverable: Option<bool>) -> Known {
        let device = DeviceId::parse(&format!("F0:F1:F2:F3:F4:{last:02X}")).unwrap();
        let path = format!("/org/bluez/hci0/dev_F0_F1_F2_F3_F4_{last:02X}");
        Known {
            path: OwnedObjectPath::try_from(path).unwrap(),
            adapter: None,
            device,
            name: None,
            services: services.to_vec(),
            rssi,
            discoverable,
            paired: false,
            kept: false,
            connected: false,
            resolved: false,
        }
    }

    fn cuff(last: u8, rssi: i16, discoverable: Option<bool>) -> Known {
        known(last, &[0x1810], Some(rssi), discoverable)
    }

    #[test]
    fn the_only_one_that_fits_is_chosen_and_of_two_none() {
        let chosen = |heard: &[Known]| match choose(heard.to_vec()) {
            Ok(known) => Ok(known.device),
            Err(NotPaired { fault, alike, .. }) => {
                Err((fault, alike.into_iter().map(|candidate| candidate.device).collect::<Vec<_>>()))
            }
        };
        let device = |last| cuff(last, 0, None).device;
        let (open, shut, mute) = (Some(true), Some(false), None);
        for (heard, expected) in [
            (vec![], Err((RadioFault::NotFound, vec![]))),
            (vec![cuff(1, -50, mute)], Ok(device(1))),
            // The attempt tells why it cannot be paired.
            (vec![cuff(1, -50, shut)], Ok(device(1))),
            (vec![cuff(1, -80, open), cuff(2, -50, shut)], Ok(device(1))),
            (vec![cuff(1, -80, mute), cuff(2, -50, shut)], Ok(device(1))),
            // Not even by the strength of the signal; the nearest is named first.
            (vec![cuff(1, -80, open), cuff(2, -50, open)], Err((RadioFault::TwoAlike, vec![device(2), device(1)]))),
            (vec![cuff(1, -50, mute), cuff(2, -80, open)], Err((RadioFault::TwoAlike, vec![device(1), device(2)]))),
            (vec![cuff(1, -50, shut), cuff(2, -80, shut)], Err((RadioFault::TwoAlike, vec![device(1), device(2)]))),
        ] {
            assert_eq!(chosen(&heard), expected, "{heard:?}");
        }
    }

    #[test]
    fn only_what_is_heard_now_and_measures_what_is_wanted_fits() {
        let devices = vec![
            known(1, &[0x1810, 0x180F], Some(-60), None),
            known(2, &[0x1822], Some(-40), None),
            known(3, &[0x1810], None, None),
            known(4, &[], Some(-40), None),
        ];
        let objects = Objects { devices, ..Objects::default() };
        let fits: Vec<String> =
            of_kind(&objects, Kind::BloodPressure).iter().map(|known| known.device.to_string()).collect();
        assert_eq!(fits, ["F0:F1:F2:F3:F4:01"]);
    }
}
