//! What the bus shows of the room: objects, their interfaces and their properties.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use zbus::zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value};

use super::world::{ADAPTER, Attribute, Kind, Peer, World};
use crate::rig::description::{AddressType, full_uuid};

/// Properties by name.
pub(super) type Properties = BTreeMap<&'static str, OwnedValue>;
/// Properties by interface.
pub(super) type Interfaces = BTreeMap<&'static str, Properties>;

pub(super) const ADAPTER_INTERFACE: &str = "org.bluez.Adapter1";
pub(super) const DEVICE_INTERFACE: &str = "org.bluez.Device1";
pub(super) const SERVICE_INTERFACE: &str = "org.bluez.GattService1";
pub(super) const CHARACTERISTIC_INTERFACE: &str = "org.bluez.GattCharacteristic1";
pub(super) const DESCRIPTOR_INTERFACE: &str = "org.bluez.GattDescriptor1";
pub(super) const MANAGER_INTERFACE: &str = "org.bluez.AgentManager1";

const CONFIGURATION_UUID: &str = "2902";
/// What a link between two current devices agrees on.
const MTU: u16 = 247;

/// A property value.
pub(super) fn value<'a>(of: impl Into<Value<'a>>) -> OwnedValue {
    // Only a value that holds a file descriptor can fail to be owned.
    of.into().try_to_owned().unwrap_or_else(|_| OwnedValue::from(false))
}

/// Everything on the bus, as `GetManagedObjects` gives it.
pub(super) fn all(world: &World) -> HashMap<OwnedObjectPath, Interfaces> {
    let mut paths = vec!["/org/bluez"];
    if world.adapter.plugged {
        paths.push(ADAPTER);
        for peer in world.devices.values().filter(|peer| peer.known) {
            paths.push(&peer.path);
            if peer.exported {
                paths.extend(peer.table.iter().map(|part| part.path.as_str()));
            }
        }
    }
    paths
        .into_iter()
        .filter_map(|path| Some((OwnedObjectPath::try_from(path).ok()?, interfaces_of(world, path)?)))
        .collect()
}

/// The description of an object and the names of those under it, as clients walk the tree.
pub(super) fn introspection(world: &World, path: &str) -> Option<String> {
    let children = children(world, path);
    let interfaces = interfaces_of(world, path);
    if interfaces.is_none() && children.is_empty() {
        return None;
    }
    let interfaces = interfaces.unwrap_or_default();
    let interfaces = interfaces.keys().map(|name| format!("<interface name=\"{name}\"></interface>"));
    let nodes = children.iter().map(|name| format!("<node name=\"{name}\"/>"));
    Some(format!("<node>{}</node>", interfaces.chain(nodes).collect::<String>()))
}

fn children(world: &World, path: &str) -> BTreeSet<String> {
    let prefix = if path == "/" { path.to_owned() } else { format!("{path}/") };
    let below = all(world).into_keys();
    let names = below.filter_map(|below| Some(below.as_str().strip_prefix(&prefix)?.split('/').next()?.to_owned()));
    names.collect()
}

/// The interfaces of one object, if it is on the bus.
pub(super) fn interfaces_of(world: &World, path: &str) -> Option<Interfaces> {
    let (interface, properties) = match path {
        "/org/bluez" => (MANAGER_INTERFACE, Properties::new()),
        _ if !world.adapter.plugged => return None,
        ADAPTER => (ADAPTER_INTERFACE, adapter(world)),
        _ => {
            let peer = peer_of(world, path).filter(|peer| peer.known)?;
            if peer.path == path {
                (DEVICE_INTERFACE, device(peer))
            } else {
                let part = peer.table.iter().find(|part| peer.exported && part.path == path)?;
                attribute(peer, part)
            }
        }
    };
    let standard = ["org.freedesktop.DBus.Introspectable", "org.freedesktop.DBus.Properties"];
    let mut interfaces: Interfaces = standard.map(|name| (name, Properties::new())).into();
    interfaces.insert(interface, properties);
    Some(interfaces)
}

/// The device that an object belongs to.
pub(super) fn peer_of<'a>(world: &'a World, path: &str) -> Option<&'a Peer> {
    world.devices.get(device_part(path)?)
}

/// The part of a path that names the device.
pub(super) fn device_part(path: &str) -> Option<&str> {
    let rest = path.strip_prefix(ADAPTER)?.strip_prefix('/')?;
    let name = rest.split('/').next()?;
    path.get(..ADAPTER.len() + 1 + name.len())
}

fn adapter(world: &World) -> Properties {
    let adapter = &world.adapter;
    Properties::from([
        ("Address", value("00:AA:01:00:00:00")),
        ("AddressType", value("public")),
        ("Name", value("tablet")),
        ("Alias", value(adapter.alias.as_str())),
        ("Class", value(0_u32)),
        ("Powered", value(adapter.powered)),
        ("Discoverable", value(false)),
        ("DiscoverableTimeout", value(180_u32)),
        ("Pairable", value(false)),
        ("PairableTimeout", value(0_u32)),
        ("Discovering", value(!adapter.searching.is_empty())),
        ("UUIDs", value(vec![full_uuid("1800"), full_uuid("1801")])),
        ("Modalias", value("usb:v1D6Bp0246d0542")),
        ("Roles", value(vec!["central".to_owned(), "peripheral".to_owned()])),
    ])
}

fn device(peer: &Peer) -> Properties {
    let spec = &peer.spec;
    let alias = spec.name.clone().unwrap_or_else(|| spec.address.replace(':', "-"));
    let kind = match spec.address_type {
        AddressType::Public => "public",
        AddressType::Random => "random",
    };
    let mut properties = Properties::from([
        ("Address", value(spec.address.as_str())),
        ("AddressType", value(kind)),
        ("Alias", value(alias)),
        ("Paired", value(peer.bonded)),
        ("Bonded", value(peer.bonded)),
        ("Trusted", value(peer.trusted)),
        ("Blocked", value(peer.blocked)),
        ("LegacyPairing", value(false)),
        ("Connected", value(peer.connected)),
        ("ServicesResolved", value(peer.resolved)),
        ("UUIDs", uuids(peer)),
        ("Adapter", value(object_path(ADAPTER))),
    ]);
    properties.extend(spec.name.as_deref().map(|name| ("Name", value(name))));
    properties.extend(peer.rssi.map(|rssi| ("RSSI", value(rssi))));
    properties.extend(advertised_data(peer));
    properties
}

/// The service UUIDs of a device: those it advertises, and all once they have been looked up.
pub(super) fn uuids(peer: &Peer) -> OwnedValue {
    let mut uuids: Vec<String> = peer.spec.advertised.iter().map(|uuid| full_uuid(uuid)).collect();
    if peer.exported {
        uuids.extend(peer.spec.services.iter().map(|service| full_uuid(&service.uuid)));
    }
    uuids.sort();
    uuids.dedup();
    value(uuids)
}

/// Service and manufacturer data, where the device advertises any.
pub(super) fn advertised_data(peer: &Peer) -> Properties {
    let bytes = |text: &String| Value::from(hex::decode(text).unwrap_or_default());
    let mut properties = Properties::new();
    if !peer.spec.service_data.is_empty() {
        let data: HashMap<String, Value<'_>> =
            peer.spec.service_data.iter().map(|(uuid, data)| (full_uuid(uuid), bytes(data))).collect();
        properties.insert("ServiceData", value(data));
    }
    if !peer.spec.manufacturer_data.is_empty() {
        let data: HashMap<u16, Value<'_>> =
            peer.spec.manufacturer_data.iter().map(|(company, data)| (*company, bytes(data))).collect();
        properties.insert("ManufacturerData", value(data));
    }
    properties
}

fn attribute(peer: &Peer, part: &Attribute) -> (&'static str, Properties) {
    match &part.kind {
        Kind::Service { uuid } => {
            let properties = Properties::from([
                ("UUID", value(uuid.as_str())),
                ("Device", value(object_path(&peer.path))),
                ("Primary", value(true)),
                ("Includes", value(Vec::<ObjectPath<'_>>::new())),
            ]);
            (SERVICE_INTERFACE, properties)
        }
        Kind::Characteristic { service, uuid, flags, cached, .. } => {
            let mut properties = Properties::from([
                ("UUID", value(uuid.as_str())),
                ("Service", value(object_path(service))),
                ("Value", value(cached.clone())),
                ("Flags", value(flags.clone())),
                ("MTU", value(MTU)),
            ]);
            if flags.iter().any(|flag| flag == "notify" || flag == "indicate") {
                let notifying = peer.subscribers.get(&part.path).is_some_and(|clients| !clients.is_empty());
                properties.insert("Notifying", value(notifying));
            }
            (CHARACTERISTIC_INTERFACE, properties)
        }
        Kind::Configuration { characteristic } => {
            let properties = Properties::from([
                ("UUID", value(full_uuid(CONFIGURATION_UUID))),
                ("Characteristic", value(object_path(characteristic))),
                ("Value", value(Vec::<u8>::new())),
            ]);
            (DESCRIPTOR_INTERFACE, properties)
        }
    }
}

/// The interface name of a part of a GATT database.
pub(super) fn interface_of(part: &Attribute) -> &'static str {
    match part.kind {
        Kind::Service { .. } => SERVICE_INTERFACE,
        Kind::Characteristic { .. } => CHARACTERISTIC_INTERFACE,
        Kind::Configuration { .. } => DESCRIPTOR_INTERFACE,
    }
}

fn object_path(path: &str) -> ObjectPath<'_> {
    ObjectPath::try_from(path).unwrap_or_default()
}
