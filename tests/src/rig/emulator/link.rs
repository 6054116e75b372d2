//! Links: how they come up, what is looked up over them, and how they end.

use std::sync::Arc;

use super::answer::{Call, Outcome, Refusal};
use super::gatt;
use super::objects::{DEVICE_INTERFACE, Properties, interface_of, uuids, value};
use super::world::{Shared, World};
use crate::rig::log::Event;

/// Answers `Connect`.
pub(super) fn connect(shared: &Arc<Shared>, call: &Call) -> Outcome {
    begin_connecting(shared, &call.path)?;
    let (shared_later, path) = (shared.clone(), call.path.clone());
    call.later(shared, async move {
        let up = bring_up(&shared_later, &path).await;
        up.map_err(|NotReached| Refusal::failed("le-connection-abort-by-local"))
    })
}

/// Answers `Disconnect`.
pub(super) fn disconnect(shared: &Arc<Shared>, call: &Call) -> Outcome {
    if !shared.world().devices.get(&call.path).is_some_and(|peer| peer.connected) {
        return Err(Refusal::not_connected());
    }
    let (shared_later, path) = (shared.clone(), call.path.clone());
    call.later(shared, async move {
        tokio::time::sleep(shared_later.pace.disconnect).await;
        end_link(&mut shared_later.world(), &path, "ended by the tablet");
        Ok(())
    })
}

/// The device was not there.
#[derive(Debug)]
pub(super) struct NotReached;

/// Marks that a link is being made.
pub(super) fn begin_connecting(shared: &Shared, path: &str) -> Result<(), Refusal> {
    let mut world = shared.world();
    if !world.ready() {
        return Err(Refusal::not_ready());
    }
    let peer = world.devices.get_mut(path).ok_or_else(Refusal::does_not_exist)?;
    if peer.connecting {
        return Err(Refusal::in_progress());
    }
    if !peer.connected {
        peer.connecting = true;
        peer.temporary = false;
    }
    Ok(())
}

/// Makes a link, waiting for the device to be in range, and starts looking up its services.
pub(super) async fn bring_up(shared: &Arc<Shared>, path: &str) -> Result<(), NotReached> {
    let reachable = shared.wait_for(shared.pace.connect_timeout, |world| {
        let ready = world.ready();
        let peer = world.devices.get(path)?;
        if !ready {
            return Some(false);
        }
        (peer.connected || peer.spec.present).then_some(true)
    });
    let reached = reachable.await == Some(true);
    if reached {
        tokio::time::sleep(shared.pace.connect).await;
    }
    let mut world = shared.world();
    let ready = world.ready();
    let Some(peer) = world.devices.get_mut(path) else { return Err(NotReached) };
    peer.connecting = false;
    if peer.connected {
        return Ok(());
    }
    if !reached || !ready || !peer.spec.present {
        return Err(NotReached);
    }
    peer.connected = true;
    peer.links += 1;
    peer.link += 1;
    let (link, address, heard) = (peer.link, peer.spec.address.clone(), peer.rssi.take().is_some());
    world.log(Event::Connected { device: address });
    let invalidated: &[&str] = if heard { &["RSSI"] } else { &[] };
    world.properties_changed(path, DEVICE_INTERFACE, &Properties::from([("Connected", value(true))]), invalidated);
    tokio::spawn(resolve(shared.clone(), path.to_owned(), link));
    Ok(())
}

async fn resolve(shared: Arc<Shared>, path: String, link: u64) {
    tokio::time::sleep(shared.pace.resolve).await;
    let mut world = shared.world();
    let Some(peer) = world.devices.get_mut(&path).filter(|peer| peer.connected && peer.link == link) else { return };
    if peer.bonded && !peer.holds_bond {
        // BlueZ encrypts a bonded link at once; the kernel ends a link whose key is missing.
        end_link(&mut world, &path, "the device holds no bond");
        return;
    }
    peer.resolved = true;
    let first = !std::mem::replace(&mut peer.exported, true);
    let parts: Vec<String> = peer.table.iter().map(|part| part.path.clone()).collect();
    let renewed: Vec<String> = peer.subscribers.keys().cloned().collect();
    let mut changed = Properties::from([("ServicesResolved", value(true))]);
    if first {
        changed.insert("UUIDs", uuids(peer));
        for part in &parts {
            world.object_added(part);
        }
    }
    world.properties_changed(&path, DEVICE_INTERFACE, &changed, &[]);
    for characteristic in renewed {
        gatt::log_subscription(&mut world, &path, &characteristic);
    }
    drop(world);
    gatt::pour(&shared, &path);
}

/// Ends a link, if there is one. What a bonded device's clients subscribed to is kept and renewed
/// with the next link, as BlueZ does.
pub(super) fn end_link(world: &mut World, path: &str, reason: &str) {
    let Some(peer) = world.devices.get_mut(path).filter(|peer| peer.connected) else { return };
    peer.connected = false;
    peer.link += 1;
    peer.transfer += 1;
    peer.transferring = false;
    let mut changed = Properties::from([("Connected", value(false))]);
    if std::mem::take(&mut peer.resolved) {
        changed.insert("ServicesResolved", value(false));
    }
    let (address, bonded) = (peer.spec.address.clone(), peer.bonded);
    world.log(Event::Disconnected { device: address, reason: reason.to_owned() });
    world.properties_changed(path, DEVICE_INTERFACE, &changed, &[]);
    if !bonded {
        retract_services(world, path);
    }
}

/// Takes the GATT objects of a device off the bus.
pub(super) fn retract_services(world: &mut World, path: &str) {
    let Some(peer) = world.devices.get_mut(path) else { return };
    peer.subscribers.clear();
    if !std::mem::take(&mut peer.exported) {
        return;
    }
    let parts: Vec<_> = peer.table.iter().rev().map(|part| (part.path.clone(), interface_of(part))).collect();
    for (part, interface) in parts {
        world.object_removed(&part, interface);
    }
}
