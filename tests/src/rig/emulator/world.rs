//! The state of the room and of BlueZ, and the one way out for everything that is said on the bus.
//!
//! State changes under one lock, and what is said about a change is queued under the same lock, so
//! signals and replies leave in the order of the changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::{Notify, mpsc, oneshot};
use zbus::message::{Message, Type};
use zbus::zvariant::{DynamicType, OwnedObjectPath};

use super::Pace;
use super::objects::{Properties, interfaces_of};
use crate::rig::description::{Device, Pairing, Security, full_uuid};
use crate::rig::log::{Event, Writer};

/// The adapter's object.
pub(super) const ADAPTER: &str = "/org/bluez/hci0";

/// State that all tasks share.
pub(super) struct Shared {
    world: Mutex<World>,
    /// The connection to the bus.
    pub(super) connection: zbus::Connection,
    /// How long things take.
    pub(super) pace: Pace,
    /// Signals are held back.
    pub(super) muted: AtomicBool,
    changed: Arc<Notify>,
    /// Asks the emulator to end.
    pub(super) shut_down: mpsc::UnboundedSender<()>,
}

/// Something to say on the bus.
pub(super) enum Saying {
    /// A reply or a signal.
    Message(Message),
    /// Everything before this has been said.
    Mark(oneshot::Sender<()>),
}

/// The room.
pub(super) struct World {
    pub(super) adapter: Adapter,
    /// Devices by object path.
    pub(super) devices: BTreeMap<String, Peer>,
    pub(super) agents: Agents,
    pub(super) log: Writer,
    out: mpsc::UnboundedSender<Saying>,
    changed: Arc<Notify>,
}

/// The tablet's adapter.
pub(super) struct Adapter {
    pub(super) plugged: bool,
    pub(super) powered: bool,
    pub(super) alias: String,
    /// Clients that search, each with the services it searches for (all when empty).
    pub(super) searching: BTreeMap<String, Vec<String>>,
    /// Filters set before a search.
    pub(super) filters: BTreeMap<String, Vec<String>>,
}

/// Pairing agents.
#[derive(Default)]
pub(super) struct Agents {
    /// By the unique name of the client.
    pub(super) registered: BTreeMap<String, Agent>,
    /// The client that asked to be the default.
    pub(super) default: Option<String>,
}

/// A registered agent.
#[derive(Clone)]
pub(super) struct Agent {
    pub(super) client: String,
    pub(super) path: OwnedObjectPath,
    pub(super) capability: String,
}

/// A device: its own side, and what BlueZ holds of it.
pub(super) struct Peer {
    pub(super) path: String,
    /// Its own side; `spec.present` and the like are kept current.
    pub(super) spec: Device,
    /// Its own end of the bond.
    pub(super) holds_bond: bool,
    /// BlueZ shows an object for it.
    pub(super) known: bool,
    /// The object goes when the device has not been seen for a while.
    pub(super) temporary: bool,
    /// BlueZ's end of the bond.
    pub(super) bonded: bool,
    pub(super) trusted: bool,
    pub(super) blocked: bool,
    pub(super) rssi: Option<i16>,
    pub(super) last_seen: Instant,
    pub(super) last_rssi: Instant,
    pub(super) connected: bool,
    pub(super) connecting: bool,
    pub(super) resolved: bool,
    /// GATT objects are on the bus.
    pub(super) exported: bool,
    /// How many links have come up.
    pub(super) links: u64,
    /// Changes when a link comes up or ends; a task that belongs to an older one stops.
    pub(super) link: u64,
    /// Counts transfers from memory; a task that belongs to an older one stops.
    pub(super) transfer: u64,
    /// A transfer is under way.
    pub(super) transferring: bool,
    /// How many of the records that it sends unasked have left.
    pub(super) poured: usize,
    pub(super) pairing: Option<PairingAttempt>,
    /// Clients by the path of the characteristic they subscribed to.
    pub(super) subscribers: BTreeMap<String, BTreeSet<String>>,
    /// Characteristics, services and descriptors in the order of their handles.
    pub(super) table: Vec<Attribute>,
}

/// An attempt to pair.
pub(super) struct PairingAttempt {
    pub(super) client: String,
    pub(super) cancel: Arc<Notify>,
}

/// A part of a device's GATT database.
pub(super) struct Attribute {
    pub(super) path: String,
    pub(super) kind: Kind,
}

/// What kind of part.
pub(super) enum Kind {
    Service {
        uuid: String,
    },
    Characteristic {
        service: String,
        uuid: String,
        flags: Vec<String>,
        security: Security,
        value: Vec<u8>,
        cached: Vec<u8>,
    },
    Configuration {
        characteristic: String,
    },
}

impl Shared {
    pub(super) fn new(
        connection: zbus::Connection,
        pace: Pace,
        log: Writer,
        shut_down: mpsc::UnboundedSender<()>,
    ) -> (Arc<Self>, mpsc::UnboundedReceiver<Saying>) {
        let (out, sayings) = mpsc::unbounded_channel();
        let adapter = Adapter {
            plugged: true,
            powered: true,
            alias: "tablet".to_owned(),
            searching: BTreeMap::new(),
            filters: BTreeMap::new(),
        };
        let (muted, changed) = (AtomicBool::new(false), Arc::new(Notify::new()));
        let (devices, agents) = (BTreeMap::new(), Agents::default());
        let world = World { adapter, devices, agents, log, out, changed: changed.clone() };
        (Arc::new(Self { world: Mutex::new(world), connection, pace, muted, changed, shut_down }), sayings)
    }

    /// The room; never held across an await.
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits, for at most `within`, until the room is as wanted.
    pub(super) async fn wait_for<T>(
        &self,
        within: Duration,
        mut wanted: impl FnMut(&mut World) -> Option<T>,
    ) -> Option<T> {
        let end = tokio::time::Instant::now() + within;
        loop {
            let changed = self.changed.notified();
            if let Some(found) = wanted(&mut self.world()) {
                return Some(found);
            }
            tokio::time::timeout_at(end, changed).await.ok()?;
        }
    }

    /// Says everything in the queue on the bus, for ever.
    pub(super) async fn say_all(self: Arc<Self>, mut sayings: mpsc::UnboundedReceiver<Saying>) {
        while let Some(saying) = sayings.recv().await {
            match saying {
                Saying::Message(message)
                    if self.muted.load(Ordering::Relaxed) && message.message_type() == Type::Signal => {}
                Saying::Message(message) => {
                    if let Err(error) = self.connection.send(&message).await {
                        eprintln!("bluez-emulator: could not send {message}: {error}");
                    }
                }
                Saying::Mark(reached) => drop(reached.send(())),
            }
        }
    }

    /// Waits until what has been queued so far is on the bus.
    pub(super) async fn flush(&self) {
        let (reached, mark) = oneshot::channel();
        self.world().say(Saying::Mark(reached));
        tokio::time::timeout(Duration::from_secs(1), mark).await.ok();
    }
}

impl World {
    pub(super) fn say(&self, saying: Saying) {
        self.out.send(saying).ok();
    }

    pub(super) fn log(&mut self, event: Event) -> u64 {
        self.log.write(event).unwrap_or_else(|error| {
            eprintln!("bluez-emulator: {error:#}");
            0
        })
    }

    /// Wakes the tasks that wait for the room to be as they want it.
    pub(super) fn touch(&self) {
        self.changed.notify_waiters();
    }

    /// Tells the bus that properties of an object changed; one signal for all, as BlueZ sends.
    pub(super) fn properties_changed(&self, path: &str, interface: &str, changed: &Properties, invalidated: &[&str]) {
        self.touch();
        self.signal(path, "org.freedesktop.DBus.Properties", "PropertiesChanged", &(interface, changed, invalidated));
    }

    /// Tells the bus that an object appeared.
    pub(super) fn object_added(&self, path: &str) {
        let Some(interfaces) = interfaces_of(self, path) else { return };
        let Ok(object) = OwnedObjectPath::try_from(path) else { return };
        self.signal("/", "org.freedesktop.DBus.ObjectManager", "InterfacesAdded", &(object, interfaces));
    }

    /// Tells the bus that an object is gone.
    pub(super) fn object_removed(&self, path: &str, interface: &str) {
        let Ok(object) = OwnedObjectPath::try_from(path) else { return };
        let interfaces = ["org.freedesktop.DBus.Introspectable", "org.freedesktop.DBus.Properties", interface];
        self.signal("/", "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved", &(object, &interfaces[..]));
    }

    fn signal<B: Serialize + DynamicType>(&self, path: &str, interface: &str, name: &str, body: &B) {
        match Message::signal(path, interface, name).and_then(|message| message.build(body)) {
            Ok(message) => self.say(Saying::Message(message)),
            Err(error) => eprintln!("bluez-emulator: could not build {name} of {path}: {error}"),
        }
    }

    /// The device with this address.
    pub(super) fn device_mut(&mut self, address: &str) -> Option<&mut Peer> {
        self.devices.get_mut(&device_path(address))
    }

    /// Whether the adapter can be used.
    pub(super) fn ready(&self) -> bool {
        self.adapter.plugged && self.adapter.powered
    }
}

/// The object path of the device with this address.
pub(super) fn device_path(address: &str) -> String {
    format!("{ADAPTER}/dev_{}", address.to_ascii_uppercase().replace(':', "_"))
}

impl Peer {
    pub(super) fn new(spec: Device) -> Self {
        let path = device_path(&spec.address);
        let table = attributes(&path, &spec);
        let now = Instant::now();
        Self {
            path,
            spec,
            table,
            holds_bond: false,
            known: false,
            temporary: true,
            bonded: false,
            trusted: false,
            blocked: false,
            rssi: None,
            last_seen: now,
            last_rssi: now,
            connected: false,
            connecting: false,
            resolved: false,
            exported: false,
            links: 0,
            link: 0,
            transfer: 0,
            transferring: false,
            poured: 0,
            pairing: None,
            subscribers: BTreeMap::new(),
        }
    }

    /// The path of the characteristic with this UUID, short or full.
    pub(super) fn characteristic(&self, uuid: &str) -> Option<&str> {
        let wanted = full_uuid(uuid);
        let mut found =
            self.table.iter().filter(|part| matches!(&part.kind, Kind::Characteristic { uuid, .. } if *uuid == wanted));
        found.next().map(|part| part.path.as_str())
    }

    /// Whether the link is good enough for a characteristic.
    pub(super) fn is_secure_enough(&self, security: Security) -> bool {
        let bond = self.bonded && self.holds_bond;
        match security {
            Security::None => true,
            Security::Encrypt => bond,
            Security::Authenticate => bond && matches!(self.spec.pairing, Pairing::Passkey { .. }),
        }
    }

    /// Whether a value sent on this characteristic reaches the tablet.
    pub(super) fn is_subscribed(&self, path: &str) -> bool {
        self.connected && self.resolved && self.subscribers.get(path).is_some_and(|clients| !clients.is_empty())
    }
}

fn attributes(device: &str, spec: &Device) -> Vec<Attribute> {
    let mut handle = 0x0010_u16;
    let mut next = || {
        handle += 1;
        handle
    };
    let mut table = Vec::new();
    for service in &spec.services {
        let service_path = format!("{device}/service{:04x}", next());
        table.push(Attribute { path: service_path.clone(), kind: Kind::Service { uuid: full_uuid(&service.uuid) } });
        for spec in &service.characteristics {
            let path = format!("{service_path}/char{:04x}", next());
            next();
            table.push(Attribute {
                path: path.clone(),
                kind: Kind::Characteristic {
                    service: service_path.clone(),
                    uuid: full_uuid(&spec.uuid),
                    flags: spec.flags.clone(),
                    security: spec.security,
                    value: hex::decode(&spec.value).unwrap_or_default(),
                    cached: vec![],
                },
            });
            if spec.is("notify") || spec.is("indicate") {
                let configuration = format!("{path}/desc{:04x}", next());
                table.push(Attribute { path: configuration, kind: Kind::Configuration { characteristic: path } });
            }
        }
    }
    table
}
