//! The adapter: power, search, and what a search finds.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use zbus::zvariant::{OwnedObjectPath, OwnedValue};

use super::answer::{Call, Outcome, Refusal};
use super::link::{end_link, retract_services};
use super::objects::{ADAPTER_INTERFACE, DEVICE_INTERFACE, Properties, advertised_data, value};
use super::world::{ADAPTER, Peer, Shared, World};
use crate::rig::description::full_uuid;
use crate::rig::log::Event;

/// How often devices advertise.
const ADVERTISING: Duration = Duration::from_millis(50);
/// How often a change of signal strength is told.
const RSSI_EVERY: Duration = Duration::from_secs(1);
/// BlueZ tells changes of eight dB and more.
const RSSI_STRONG: i16 = -51;
const RSSI_WEAK: i16 = -60;

/// Answers a call to the adapter.
pub(super) fn answer(shared: &Arc<Shared>, call: &Call) -> Outcome {
    let mut world = shared.world();
    match call.member.as_str() {
        "SetDiscoveryFilter" => {
            let filter: HashMap<String, OwnedValue> = call.arguments()?;
            let uuids =
                filter.get("UUIDs").and_then(|uuids| Vec::<String>::try_from(uuids.clone()).ok()).unwrap_or_default();
            let uuids = uuids.iter().map(|uuid| full_uuid(uuid)).collect();
            world.adapter.filters.insert(call.client.clone(), uuids);
            call.done()
        }
        "StartDiscovery" => {
            if !world.ready() {
                return Err(Refusal::not_ready());
            }
            if world.adapter.searching.contains_key(&call.client) {
                return Err(Refusal::in_progress());
            }
            let filter = world.adapter.filters.get(&call.client).cloned().unwrap_or_default();
            let first = world.adapter.searching.is_empty();
            world.adapter.searching.insert(call.client.clone(), filter);
            if first {
                tell_searching(&world, true);
            }
            call.done()
        }
        "StopDiscovery" => {
            if !world.ready() {
                return Err(Refusal::not_ready());
            }
            if world.adapter.searching.remove(&call.client).is_none() {
                return Err(Refusal::failed("No discovery started"));
            }
            if world.adapter.searching.is_empty() {
                search_ended(&mut world);
            }
            call.done()
        }
        "RemoveDevice" => {
            let device: OwnedObjectPath = call.arguments()?;
            if !world.devices.get(device.as_str()).is_some_and(|peer| peer.known) {
                return Err(Refusal::does_not_exist());
            }
            end_link(&mut world, device.as_str(), "removed by the tablet");
            forget(&mut world, device.as_str());
            call.done()
        }
        "GetDiscoveryFilters" => call.with(&["UUIDs", "RSSI", "Pathloss", "Transport", "DuplicateData"]),
        _ => Err(Refusal::unknown_method(call)),
    }
}

/// Switches the adapter on or off.
pub(super) fn set_power(shared: &Shared, on: bool) {
    let mut world = shared.world();
    if world.adapter.powered == on {
        return;
    }
    if !on {
        stop_all(&mut world, "Bluetooth was switched off");
    }
    world.adapter.powered = on;
    world.properties_changed(ADAPTER, ADAPTER_INTERFACE, &Properties::from([("Powered", value(on))]), &[]);
}

/// Pulls or plugs the adapter; bonds outlive it.
pub(super) fn set_plugged(shared: &Shared, plugged: bool) {
    let mut world = shared.world();
    if world.adapter.plugged == plugged {
        return;
    }
    let paths: Vec<String> = world.devices.keys().cloned().collect();
    if plugged {
        world.adapter.plugged = true;
        world.adapter.powered = true;
        world.object_added(ADAPTER);
        for path in &paths {
            let bonded = world.devices.get_mut(path).is_some_and(|peer| {
                peer.known = peer.bonded;
                peer.known
            });
            if bonded {
                world.object_added(path);
            }
        }
    } else {
        stop_all(&mut world, "the adapter was pulled");
        for path in &paths {
            retract_services(&mut world, path);
            let known = world.devices.get_mut(path).is_some_and(|peer| std::mem::take(&mut peer.known));
            if known {
                world.object_removed(path, DEVICE_INTERFACE);
            }
        }
        world.object_removed(ADAPTER, ADAPTER_INTERFACE);
        world.adapter.plugged = false;
    }
    world.touch();
}

/// Ends what a client that left the bus had under way.
pub(super) fn client_left(shared: &Shared, client: &str) {
    let mut world = shared.world();
    world.adapter.filters.remove(client);
    if world.adapter.searching.remove(client).is_some() && world.adapter.searching.is_empty() {
        search_ended(&mut world);
    }
}

/// Lets devices be seen, and be forgotten, for ever.
pub(super) async fn advertise(shared: Arc<Shared>) {
    let mut tick = tokio::time::interval(ADVERTISING);
    loop {
        tick.tick().await;
        let mut world = shared.world();
        let paths: Vec<String> = world.devices.keys().cloned().collect();
        for path in paths {
            see(&mut world, &path);
            let stale = world.devices.get(&path).is_some_and(|peer| {
                peer.known
                    && peer.temporary
                    && !peer.connected
                    && !peer.connecting
                    && peer.last_seen.elapsed() > shared.pace.forget
            });
            if stale {
                forget(&mut world, &path);
            }
        }
    }
}

/// Removes a device's object and BlueZ's end of its bond.
fn forget(world: &mut World, path: &str) {
    retract_services(world, path);
    if let Some(peer) = world.devices.get_mut(path) {
        peer.known = false;
        peer.bonded = false;
        peer.trusted = false;
        peer.temporary = true;
        peer.rssi = None;
        peer.subscribers.clear();
    }
    world.object_removed(path, DEVICE_INTERFACE);
    world.touch();
}

fn see(world: &mut World, path: &str) {
    if !world.ready() || world.adapter.searching.is_empty() {
        return;
    }
    let filters: Vec<Vec<String>> = world.adapter.searching.values().cloned().collect();
    let Some(peer) = world.devices.get_mut(path) else { return };
    if !peer.spec.present || peer.connected {
        return;
    }
    let now = Instant::now();
    peer.last_seen = now;
    if !peer.known {
        if filters.iter().any(|filter| passes(peer, filter)) {
            peer.known = true;
            peer.temporary = true;
            peer.rssi = Some(RSSI_STRONG);
            peer.last_rssi = now;
            world.object_added(path);
        }
    } else if peer.rssi.is_none() || now.duration_since(peer.last_rssi) >= RSSI_EVERY {
        let rssi = if peer.rssi == Some(RSSI_STRONG) { RSSI_WEAK } else { RSSI_STRONG };
        peer.rssi = Some(rssi);
        peer.last_rssi = now;
        let mut changed = advertised_data(peer);
        changed.insert("RSSI", value(rssi));
        world.properties_changed(path, DEVICE_INTERFACE, &changed, &[]);
    }
}

/// Changes the service data that a device advertises, and tells it if that is heard.
pub(super) fn readvertise(world: &mut World, path: &str, service_data: BTreeMap<String, String>) {
    let heard = world.ready() && !world.adapter.searching.is_empty();
    let Some(peer) = world.devices.get_mut(path) else { return };
    peer.spec.service_data.clone_from(&service_data);
    let device = peer.spec.address.clone();
    let told = (heard && peer.known && peer.spec.present && !peer.connected).then(|| advertised_data(peer));
    world.log(Event::Advertised { device, service_data });
    if let Some(changed) = told {
        world.properties_changed(path, DEVICE_INTERFACE, &changed, &[]);
    }
}

fn passes(peer: &Peer, filter: &[String]) -> bool {
    filter.is_empty() || peer.spec.advertised.iter().any(|uuid| filter.contains(&full_uuid(uuid)))
}

fn stop_all(world: &mut World, reason: &str) {
    let paths: Vec<String> = world.devices.keys().cloned().collect();
    for path in paths {
        end_link(world, &path, reason);
    }
    if !world.adapter.searching.is_empty() {
        world.adapter.searching.clear();
        search_ended(world);
    }
}

fn search_ended(world: &mut World) {
    tell_searching(world, false);
    let mut silent = Vec::new();
    for peer in world.devices.values_mut() {
        if peer.rssi.take().is_some() && peer.known {
            silent.push(peer.path.clone());
        }
    }
    for path in silent {
        world.properties_changed(&path, DEVICE_INTERFACE, &Properties::new(), &["RSSI"]);
    }
}

fn tell_searching(world: &World, on: bool) {
    world.properties_changed(ADAPTER, ADAPTER_INTERFACE, &Properties::from([("Discovering", value(on))]), &[]);
}
