//! Start-up, and the control socket.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use futures::StreamExt as _;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;

use super::world::{Agents, Peer, Shared, device_path};
use super::{Options, adapter, dispatch, gatt, link, pairing};
use crate::rig::control::{DeviceState, Reply, Request, State};
use crate::rig::description::{Device, short_uuid};
use crate::rig::log::{self, Event, Origin, Writer};

/// The name of BlueZ on the bus.
const NAME: &str = "org.bluez";

/// Connects to the bus, takes the name `org.bluez` and listens for control requests.
pub(super) async fn start(options: Options, shut_down: mpsc::UnboundedSender<()>) -> Result<Arc<Shared>> {
    let Options { bus, control, log, devices, pace } = options;
    let mut writer = Writer::open(&log)?;
    writer.write(Event::Started { rig: "emulator".to_owned() })?;
    let connection = zbus::connection::Builder::address(bus.as_str())?.build().await;
    let connection = connection.with_context(|| format!("connecting to the bus {bus}"))?;
    let (shared, sayings) = Shared::new(connection.clone(), pace, writer, shut_down);
    for device in devices {
        add(&shared, device)?;
    }
    let messages = zbus::MessageStream::from(&connection);
    let names = zbus::fdo::DBusProxy::new(&connection).await?;
    let mut leaving = names.receive_name_owner_changed().await?;
    tokio::spawn(shared.clone().say_all(sayings));
    tokio::spawn(dispatch::run(shared.clone(), messages));
    tokio::spawn(adapter::advertise(shared.clone()));
    let watched = shared.clone();
    tokio::spawn(async move {
        while let Some(change) = leaving.next().await {
            if let Ok(change) = change.args().map(|args| (args.name.to_string(), args.new_owner.is_none()))
                && let (name, true) = change
            {
                client_left(&watched, &name);
            }
        }
    });
    connection.request_name(NAME).await.context("taking the name org.bluez")?;
    std::fs::remove_file(&control).ok();
    let listener = UnixListener::bind(&control).with_context(|| format!("listening on {}", control.display()))?;
    tokio::spawn(listen(shared.clone(), listener, log));
    Ok(shared)
}

fn client_left(shared: &Shared, name: &str) {
    adapter::client_left(shared, name);
    pairing::client_left(shared, name);
    gatt::client_left(shared, name);
}

async fn listen(shared: Arc<Shared>, listener: UnixListener, log: std::path::PathBuf) {
    while let Ok((stream, _)) = listener.accept().await {
        let (shared, log) = (shared.clone(), log.clone());
        tokio::spawn(async move {
            if let Err(error) = serve(&shared, stream, &log).await {
                eprintln!("bluez-emulator: a control connection failed: {error:#}");
            }
        });
    }
}

async fn serve(shared: &Arc<Shared>, stream: UnixStream, log: &std::path::Path) -> Result<()> {
    let (reading, mut writing) = stream.into_split();
    let mut lines = BufReader::new(reading).lines();
    while let Some(line) = lines.next_line().await? {
        let request = serde_json::from_str::<Request>(&line).context("the request is not understood");
        let ends = matches!(request, Ok(Request::ShutDown));
        let reply = match request {
            Ok(Request::RestartService) => restart(shared).await.map(|()| Reply::DONE),
            request => request.and_then(|request| carry_out(shared, request, log)),
        };
        let reply = reply.unwrap_or_else(|error| Reply { error: Some(format!("{error:#}")), ..Reply::DONE });
        shared.flush().await;
        let mut answer = serde_json::to_vec(&reply)?;
        answer.push(b'\n');
        writing.write_all(&answer).await?;
        if ends {
            shared.shut_down.send(()).ok();
        }
    }
    Ok(())
}

fn carry_out(shared: &Arc<Shared>, request: Request, log_path: &std::path::Path) -> Result<Reply> {
    match request {
        Request::AddDevice { device } => add(shared, *device)?,
        Request::RemoveDevice { device } => {
            with(shared, &device, |peer| {
                peer.spec.present = false;
                peer.holds_bond = false;
            })?;
            let mut world = shared.world();
            let path = device_path(&device);
            link::end_link(&mut world, &path, "the device is gone");
            // BlueZ keeps the object of a bond whose device is gone, and so does the room.
            if !world.devices.get(&path).is_some_and(|peer| peer.known) {
                world.devices.remove(&path);
            }
        }
        Request::SetPresent { device, present } => {
            let link = with(shared, &device, |peer| {
                peer.spec.present = present;
                peer.link
            })?;
            if !present {
                tokio::spawn(lose(shared.clone(), device_path(&device), link));
            }
        }
        Request::SetPairingMode { device, on } => with(shared, &device, |peer| peer.spec.pairing_mode = on)?,
        Request::ForgetBond { device } => with(shared, &device, |peer| peer.holds_bond = false)?,
        Request::SetMemory { device, memory } => {
            let known = |peer: &mut Peer| peer.characteristic(&memory.characteristic).is_some();
            if !with(shared, &device, known)? {
                bail!("{device} has no characteristic {}", memory.characteristic);
            }
            with(shared, &device, |peer| peer.spec.memory = Some(memory))?;
        }
        Request::SetPour { device, pour } => with(shared, &device, |peer| {
            peer.spec.pour = pour;
            peer.poured = 0;
        })?,
        Request::SetValue { device, characteristic, bytes } => {
            let path = with(shared, &device, |peer| peer.characteristic(&characteristic).map(str::to_owned))?;
            let path = path.with_context(|| format!("{device} has no characteristic {characteristic}"))?;
            gatt::set_value(&mut shared.world(), &device_path(&device), &path, hex::decode(bytes)?);
        }
        Request::Advertise { device, service_data } => {
            service_data.values().try_for_each(|data| hex::decode(data).map(drop)).context("the data is not hex")?;
            with(shared, &device, |_| ())?;
            adapter::readvertise(&mut shared.world(), &device_path(&device), service_data);
        }
        Request::Send { device, characteristic, record } => {
            hex::decode(&record.bytes).context("the bytes are not hex")?;
            with(shared, &device, |_| ())?;
            let world = &mut shared.world();
            let sent = gatt::send_record(world, &device_path(&device), &characteristic, &record, Origin::Live, None);
            return Ok(Reply { sent: Some(sent), ..Reply::DONE });
        }
        Request::DropLink { device } => {
            with(shared, &device, |_| ())?;
            link::end_link(&mut shared.world(), &device_path(&device), "the device dropped it");
        }
        Request::SetPower { on } => adapter::set_power(shared, on),
        Request::SetPlugged { plugged } => adapter::set_plugged(shared, plugged),
        Request::Mute { on } => shared.muted.store(on, Ordering::Relaxed),
        Request::State => return Ok(Reply { state: Some(state(shared)), ..Reply::DONE }),
        Request::Log { after } => {
            let entries = log::read(log_path)?.into_iter().filter(|entry| entry.n > after).collect();
            return Ok(Reply { log: Some(entries), ..Reply::DONE });
        }
        // Carried out by who awaits it.
        Request::RestartService => {}
        Request::ShutDown => {}
    }
    Ok(Reply::DONE)
}

/// Goes away as bluetoothd does when it is restarted, and comes back: bonds outlive it, links and agents do not.
async fn restart(shared: &Shared) -> Result<()> {
    adapter::set_plugged(shared, false);
    shared.world().agents = Agents::default();
    shared.flush().await;
    shared.connection.release_name(NAME).await.context("giving up the name")?;
    tokio::time::sleep(shared.pace.service_restart).await;
    shared.connection.request_name(NAME).await.context("taking the name again")?;
    adapter::set_plugged(shared, true);
    Ok(())
}

fn add(shared: &Shared, device: Device) -> Result<()> {
    check(&device).with_context(|| format!("the description of {}", device.address))?;
    let mut world = shared.world();
    let peer = Peer::new(device);
    if world.devices.contains_key(&peer.path) {
        bail!("{} is in the room already", peer.spec.address);
    }
    world.devices.insert(peer.path.clone(), peer);
    world.touch();
    Ok(())
}

/// Refuses a description whose hex is not hex or whose records have no characteristic to go by.
fn check(device: &Device) -> Result<()> {
    let all = device.services.iter().flat_map(|service| &service.characteristics);
    for characteristic in all {
        hex::decode(&characteristic.value).with_context(|| format!("the value of {}", characteristic.uuid))?;
    }
    let memory = device.memory.as_ref().map(|memory| (&memory.characteristic, &memory.records));
    let pour = device.pour.as_ref().map(|pour| (&pour.characteristic, &pour.records));
    for (characteristic, records) in memory.into_iter().chain(pour) {
        device
            .characteristic(characteristic)
            .with_context(|| format!("there is no characteristic {characteristic}"))?;
        for record in records {
            hex::decode(&record.bytes).with_context(|| format!("the record {}", record.bytes))?;
            for frame in &record.followed_by {
                hex::decode(&frame.bytes).with_context(|| format!("the frame {}", frame.bytes))?;
                device
                    .characteristic(&frame.characteristic)
                    .with_context(|| format!("there is no characteristic {}", frame.characteristic))?;
            }
        }
    }
    Ok(())
}

fn with<T>(shared: &Shared, address: &str, change: impl FnOnce(&mut Peer) -> T) -> Result<T> {
    let mut world = shared.world();
    let peer = world.device_mut(address).ok_or_else(|| anyhow!("there is no device {address}"))?;
    let result = change(peer);
    world.touch();
    Ok(result)
}

async fn lose(shared: Arc<Shared>, path: String, link: u64) {
    tokio::time::sleep(shared.pace.supervision.max(Duration::from_millis(1))).await;
    let mut world = shared.world();
    if world.devices.get(&path).is_some_and(|peer| peer.link == link && !peer.spec.present) {
        link::end_link(&mut world, &path, "out of range");
    }
}

fn state(shared: &Shared) -> State {
    let world = shared.world();
    let devices = world.devices.values().map(|peer| (peer.spec.address.clone(), device_state(peer))).collect();
    State { devices, searching: Some(!world.adapter.searching.is_empty()) }
}

fn device_state(peer: &Peer) -> DeviceState {
    let characteristics = peer.spec.services.iter().flat_map(|service| &service.characteristics);
    let subscribed = characteristics
        .filter(|spec| peer.characteristic(&spec.uuid).is_some_and(|path| peer.is_subscribed(path)))
        .map(|spec| short_uuid(&spec.uuid));
    DeviceState {
        present: peer.spec.present,
        pairing_mode: peer.spec.pairing_mode,
        connected: peer.connected,
        bonded: peer.holds_bond,
        subscribed: subscribed.collect(),
        links: peer.links,
        records: peer.spec.memory.as_ref().map_or(0, |memory| memory.records.len()),
    }
}
