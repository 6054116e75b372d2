//! Characteristics: reading, writing, subscribing, and what devices send.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use zbus::zvariant::OwnedValue;

use super::answer::{Call, Outcome, Refusal};
use super::link::end_link;
use super::objects::{CHARACTERISTIC_INTERFACE, Properties, device_part, value};
use super::world::{Kind, Peer, Shared, World};
use crate::rig::description::{Meaning, Record, Security, full_uuid, short_uuid};
use crate::rig::log::{Event, Origin, Sent};
use crate::rig::racp;

const CONTROL_POINT: &str = "2A52";
/// Application errors of the attribute protocol.
const PROCEDURE_IN_PROGRESS: u8 = 0xFE;
const NOT_CONFIGURED: u8 = 0xFD;

type Options = HashMap<String, OwnedValue>;

/// Answers a call to a characteristic.
pub(super) fn answer(shared: &Arc<Shared>, call: &Call) -> Outcome {
    let device = device_part(&call.path).ok_or_else(|| Refusal::unknown_object(&call.path))?.to_owned();
    match call.member.as_str() {
        "ReadValue" => read(shared, call, &device),
        "WriteValue" => write(shared, call, &device),
        "StartNotify" => start_notify(shared, call, &device),
        "StopNotify" => stop_notify(shared, call, &device),
        _ => Err(Refusal::unknown_method(call)),
    }
}

/// Answers a call to a configuration descriptor, which clients may look at but not set.
pub(super) fn answer_descriptor(shared: &Arc<Shared>, call: &Call) -> Outcome {
    let world = shared.world();
    let peer = device_part(&call.path).and_then(|device| world.devices.get(device));
    let peer = peer.filter(|peer| peer.connected).ok_or_else(|| Refusal::failed("Not connected"))?;
    match call.member.as_str() {
        "ReadValue" => {
            let parent = call.path.rsplit_once('/').map_or("", |(parent, _)| parent);
            let bit = match characteristic(peer, parent) {
                Some((flags, ..)) if peer.is_subscribed(parent) && has(flags, "notify") => 1,
                Some(_) if peer.is_subscribed(parent) => 2,
                _ => 0,
            };
            call.with(&vec![bit, 0_u8])
        }
        "WriteValue" => Err(Refusal::write_not_permitted()),
        _ => Err(Refusal::unknown_method(call)),
    }
}

type Found<'a> = (&'a [String], Security, &'a str, &'a [u8]);

fn characteristic<'a>(peer: &'a Peer, path: &str) -> Option<Found<'a>> {
    peer.table.iter().find(|part| part.path == path).and_then(|part| match &part.kind {
        Kind::Characteristic { flags, security, uuid, value, .. } => {
            Some((flags.as_slice(), *security, uuid.as_str(), value.as_slice()))
        }
        _ => None,
    })
}

fn has(flags: &[String], flag: &str) -> bool {
    flags.iter().any(|candidate| candidate == flag)
}

/// The device and characteristic of a call, if the link is up.
fn reached<'a>(world: &'a World, call: &Call, device: &str) -> Result<(&'a Peer, Found<'a>), Refusal> {
    let peer = world.devices.get(device).ok_or_else(Refusal::does_not_exist)?;
    if !peer.connected {
        return Err(Refusal::failed("Not connected"));
    }
    let found = characteristic(peer, &call.path).ok_or_else(Refusal::does_not_exist)?;
    Ok((peer, found))
}

fn read(shared: &Arc<Shared>, call: &Call, device: &str) -> Outcome {
    call.arguments::<Options>()?;
    let mut world = shared.world();
    let bytes = {
        let (peer, (flags, security, _, bytes)) = reached(&world, call, device)?;
        if !has(flags, "read") {
            return Err(Refusal::read_not_permitted());
        }
        if !peer.is_secure_enough(security) {
            return Err(Refusal::not_paired());
        }
        bytes.to_vec()
    };
    // BlueZ tells everybody of a value that somebody read.
    tell_value(&mut world, device, &call.path, &bytes);
    call.with(&bytes)
}

fn write(shared: &Arc<Shared>, call: &Call, device: &str) -> Outcome {
    let (bytes, _): (Vec<u8>, Options) = call.arguments()?;
    let mut world = shared.world();
    let (address, uuid) = {
        let (peer, (flags, security, uuid, _)) = reached(&world, call, device)?;
        if !has(flags, "write") && !has(flags, "write-without-response") {
            return Err(Refusal::write_not_permitted());
        }
        if !peer.is_secure_enough(security) {
            return Err(Refusal::not_paired());
        }
        let is_control_point = uuid == full_uuid(CONTROL_POINT);
        if is_control_point && !peer.is_subscribed(&call.path) {
            return Err(Refusal::att(NOT_CONFIGURED));
        }
        if is_control_point && peer.transferring && bytes.first() != Some(&3) {
            return Err(Refusal::att(PROCEDURE_IN_PROGRESS));
        }
        (peer.spec.address.clone(), uuid.to_owned())
    };
    world.log(Event::Written { device: address, characteristic: short_uuid(&uuid), bytes: hex::encode(&bytes) });
    if uuid == full_uuid(CONTROL_POINT) {
        operate(shared, &mut world, device, &bytes);
    } else {
        set_value(&mut world, device, &call.path, bytes);
    }
    call.done()
}

fn start_notify(shared: &Arc<Shared>, call: &Call, device: &str) -> Outcome {
    let mut world = shared.world();
    {
        let peer = world.devices.get(device).ok_or_else(Refusal::does_not_exist)?;
        let (flags, security, ..) = characteristic(peer, &call.path).ok_or_else(Refusal::does_not_exist)?;
        if !has(flags, "notify") && !has(flags, "indicate") {
            return Err(Refusal::not_supported());
        }
        if peer.connected && !peer.is_secure_enough(security) {
            return Err(Refusal::not_paired());
        }
    }
    let Some(peer) = world.devices.get_mut(device) else { return Err(Refusal::does_not_exist()) };
    let clients = peer.subscribers.entry(call.path.clone()).or_default();
    let first = clients.is_empty();
    clients.insert(call.client.clone());
    if first {
        log_subscription(&mut world, device, &call.path);
        tell_notifying(&world, &call.path, true);
    }
    drop(world);
    pour(shared, device);
    call.done()
}

fn stop_notify(shared: &Arc<Shared>, call: &Call, device: &str) -> Outcome {
    let mut world = shared.world();
    let peer = world.devices.get_mut(device).ok_or_else(Refusal::does_not_exist)?;
    if !peer.subscribers.get_mut(&call.path).is_some_and(|clients| clients.remove(&call.client)) {
        return Err(Refusal::failed("No notify session started"));
    }
    drop_empty(&mut world, device);
    call.done()
}

/// Ends the subscriptions of a client that left the bus.
pub(super) fn client_left(shared: &Shared, client: &str) {
    let mut world = shared.world();
    let devices: Vec<String> = world.devices.keys().cloned().collect();
    for device in devices {
        let Some(peer) = world.devices.get_mut(&device) else { continue };
        for clients in peer.subscribers.values_mut() {
            clients.remove(client);
        }
        drop_empty(&mut world, &device);
    }
}

fn drop_empty(world: &mut World, device: &str) {
    let Some(peer) = world.devices.get_mut(device) else { return };
    let empty: Vec<String> =
        peer.subscribers.extract_if(.., |_, clients| clients.is_empty()).map(|(path, _)| path).collect();
    for path in empty {
        tell_notifying(world, &path, false);
    }
}

fn tell_notifying(world: &World, path: &str, on: bool) {
    world.properties_changed(path, CHARACTERISTIC_INTERFACE, &Properties::from([("Notifying", value(on))]), &[]);
}

/// Logs that a characteristic was switched on over the present link, if there is one.
pub(super) fn log_subscription(world: &mut World, device: &str, path: &str) {
    let Some(peer) = world.devices.get(device).filter(|peer| peer.connected) else { return };
    let Some((_, _, uuid, _)) = characteristic(peer, path) else { return };
    let (device, characteristic) = (peer.spec.address.clone(), short_uuid(uuid));
    world.log(Event::Subscribed { device, characteristic });
    world.touch();
}

/// Sets the value that a read gives.
pub(super) fn set_value(world: &mut World, device: &str, path: &str, bytes: Vec<u8>) {
    let Some(peer) = world.devices.get_mut(device) else { return };
    let Some(part) = peer.table.iter_mut().find(|part| part.path == path) else { return };
    if let Kind::Characteristic { value, .. } = &mut part.kind {
        *value = bytes;
    }
}

fn tell_value(world: &mut World, device: &str, path: &str, bytes: &[u8]) {
    let Some(peer) = world.devices.get_mut(device) else { return };
    let Some(part) = peer.table.iter_mut().find(|part| part.path == path) else { return };
    if let Kind::Characteristic { cached, .. } = &mut part.kind {
        *cached = bytes.to_vec();
    }
    world.properties_changed(
        path,
        CHARACTERISTIC_INTERFACE,
        &Properties::from([("Value", value(bytes.to_vec()))]),
        &[],
    );
}

/// What is known of a value beside its bytes.
pub(super) struct About {
    pub(super) origin: Origin,
    pub(super) record: Option<usize>,
    pub(super) meaning: Option<Meaning>,
    pub(super) follows: Option<u64>,
}

/// Sends a value if the tablet has switched the characteristic on; the line of the log that says so.
fn send(world: &mut World, device: &str, uuid: &str, bytes: &[u8], about: About) -> Option<u64> {
    let peer = world.devices.get(device)?;
    let path = peer.characteristic(uuid).filter(|path| peer.is_subscribed(path)).map(str::to_owned)?;
    let indicated = characteristic(peer, &path).is_some_and(|(flags, ..)| has(flags, "indicate"));
    let About { origin, record, meaning, follows } = about;
    let (address, characteristic) = (peer.spec.address.clone(), short_uuid(uuid));
    let sent = Sent { device: address, characteristic, bytes: hex::encode(bytes), origin, record, meaning, follows };
    let line = world.log(Event::Sent(sent));
    tell_value(world, device, &path, bytes);
    if indicated {
        world.log(Event::Confirmed { of: line });
    }
    Some(line)
}

/// Sends a record with the frames that belong to it, if the tablet listens; whether it left.
pub(super) fn send_record(
    world: &mut World,
    device: &str,
    uuid: &str,
    record: &Record,
    origin: Origin,
    number: Option<usize>,
) -> bool {
    let bytes = hex::decode(&record.bytes).unwrap_or_default();
    let about =
        |meaning: &Option<Meaning>, follows| About { origin, record: number, meaning: meaning.clone(), follows };
    let Some(line) = send(world, device, uuid, &bytes, about(&record.meaning, None)) else { return false };
    for frame in &record.followed_by {
        let bytes = hex::decode(&frame.bytes).unwrap_or_default();
        send(world, device, &frame.characteristic, &bytes, about(&frame.meaning, Some(line)));
    }
    true
}

/// Carries out an operation of the Record Access Control Point.
fn operate(shared: &Arc<Shared>, world: &mut World, device: &str, operation: &[u8]) {
    let Some(peer) = world.devices.get_mut(device) else { return };
    let (numbers, abilities) = match &peer.spec.memory {
        Some(memory) => {
            let number = |(place, record): (usize, &Record)| {
                record.sequence.unwrap_or(u16::try_from(place + 1).unwrap_or(u16::MAX))
            };
            let numbers: Vec<u16> = memory.records.iter().enumerate().map(number).collect();
            (numbers, racp::Abilities { operators: memory.operators.clone(), deletable: memory.deletable })
        }
        None => (vec![], racp::Abilities { operators: vec![], deletable: false }),
    };
    let code = operation.first().copied().unwrap_or(0);
    let response = match racp::answer(operation, &numbers, &abilities) {
        racp::Answer::Respond(response) => response,
        racp::Answer::Abort => {
            peer.transfer += 1;
            peer.transferring = false;
            racp::success(code)
        }
        racp::Answer::Delete(places) => {
            if let Some(memory) = &mut peer.spec.memory {
                let mut place = 0;
                memory.records.retain(|_| {
                    place += 1;
                    !places.contains(&(place - 1))
                });
            }
            racp::success(code)
        }
        racp::Answer::Report(places) => {
            peer.transfer += 1;
            peer.transferring = true;
            tokio::spawn(report(shared.clone(), device.to_owned(), peer.transfer, places));
            return;
        }
    };
    let (shared, device) = (shared.clone(), device.to_owned());
    // After the reply to the write, which leaves when the caller is done.
    tokio::spawn(async move { respond(&mut shared.world(), &device, &response) });
}

fn respond(world: &mut World, device: &str, response: &[u8]) {
    let about = About { origin: Origin::Answer, record: None, meaning: None, follows: None };
    send(world, device, CONTROL_POINT, response, about);
}

async fn report(shared: Arc<Shared>, device: String, transfer: u64, places: Vec<usize>) {
    for place in places {
        let gap = {
            let world = shared.world();
            let memory = world.devices.get(&device).and_then(|peer| peer.spec.memory.as_ref());
            memory.map_or(0, |memory| memory.gap_ms)
        };
        pause(gap).await;
        let mut world = shared.world();
        let Some(peer) = world.devices.get_mut(&device).filter(|peer| peer.transfer == transfer) else { return };
        let Some(memory) = &mut peer.spec.memory else { return };
        if let Some(drop) = memory.drop_before_records.iter().position(|number| *number == place + 1) {
            memory.drop_before_records.remove(drop);
            return end_link(&mut world, &device, "the device dropped it");
        }
        let (characteristic, record) = (memory.characteristic.clone(), memory.records.get(place).cloned());
        if let Some(record) = record {
            send_record(&mut world, &device, &characteristic, &record, Origin::Stored, Some(place + 1));
        }
    }
    let mut world = shared.world();
    let Some(peer) = world.devices.get_mut(&device).filter(|peer| peer.transfer == transfer) else { return };
    peer.transferring = false;
    respond(&mut world, &device, &racp::success(1));
}

/// Starts to send the records of a device that sends them unasked, once it is listened to.
pub(super) fn pour(shared: &Arc<Shared>, device: &str) {
    let mut world = shared.world();
    let Some(peer) = world.devices.get_mut(device) else { return };
    let Some(pour) = peer.spec.pour.as_ref().filter(|pour| !pour.records.is_empty()) else { return };
    let listened = peer.characteristic(&pour.characteristic).is_some_and(|path| peer.is_subscribed(path));
    if listened && !peer.transferring {
        peer.transfer += 1;
        peer.transferring = true;
        tokio::spawn(pour_out(shared.clone(), device.to_owned(), peer.transfer));
    }
}

async fn pour_out(shared: Arc<Shared>, device: String, transfer: u64) {
    let mut first = true;
    loop {
        let wait = {
            let world = shared.world();
            let pour = world.devices.get(&device).and_then(|peer| peer.spec.pour.as_ref());
            pour.map_or(0, |pour| if first { pour.delay_ms } else { pour.gap_ms })
        };
        first = false;
        pause(wait).await;
        let mut world = shared.world();
        let Some(peer) = world.devices.get_mut(&device).filter(|peer| peer.transfer == transfer) else { return };
        let Some(pour) = &peer.spec.pour else { return };
        let Some(record) = pour.records.first().cloned() else {
            peer.transferring = false;
            if pour.hang_up {
                end_link(&mut world, &device, "the device had nothing more");
            }
            return;
        };
        let (characteristic, number) = (pour.characteristic.clone(), peer.poured + 1);
        let left = send_record(&mut world, &device, &characteristic, &record, Origin::Stored, Some(number));
        let Some(peer) = world.devices.get_mut(&device) else { return };
        if !left {
            peer.transferring = false;
            return;
        }
        peer.poured = number;
        if let Some(pour) = &mut peer.spec.pour {
            pour.records.remove(0);
        }
    }
}

async fn pause(milliseconds: u64) {
    if milliseconds == 0 {
        tokio::task::yield_now().await;
    } else {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
}
