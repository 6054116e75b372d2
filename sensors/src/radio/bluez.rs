//! BlueZ's D-Bus interface as far as btleplug does not cover it: who is bonded, pairing, what went wrong.

use std::{collections::HashMap, time::Duration};

use dagsform_care::DeviceId;
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::timeout;
use zbus::{
    Connection,
    zvariant::{DynamicType, ObjectPath, OwnedObjectPath, OwnedValue, Type, Value},
};

use crate::{characteristic::Characteristic, event::RadioFault};

/// The name of bluetoothd on the system bus.
pub(crate) const SERVICE: &str = "org.bluez";
/// The interface of an adapter.
pub(crate) const ADAPTER: &str = "org.bluez.Adapter1";
/// The interface of a device.
pub(crate) const DEVICE: &str = "org.bluez.Device1";
/// The interface of a characteristic.
pub(crate) const CHARACTERISTIC: &str = "org.bluez.GattCharacteristic1";

const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
const OBJECTS: &str = "org.freedesktop.DBus.ObjectManager";
const BUS: &str = "org.freedesktop.DBus";

/// How long an ordinary question to bluetoothd may take.
pub(crate) const ANSWER: Duration = Duration::from_secs(10);

/// The properties of an interface of an object.
type Properties = HashMap<String, OwnedValue>;
/// All of bluetoothd's objects, by path and interface.
type Tree = HashMap<OwnedObjectPath, HashMap<String, Properties>>;

/// A connection to bluetoothd, beside btleplug's.
#[derive(Clone, Debug)]
pub(crate) struct Bluez {
    pub(crate) bus: Connection,
}

/// An adapter of this machine.
#[derive(Clone, Debug)]
pub(crate) struct Adapter {
    pub(crate) path: OwnedObjectPath,
    pub(crate) powered: bool,
}

/// A device that bluetoothd knows.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) path: OwnedObjectPath,
    pub(crate) adapter: Option<OwnedObjectPath>,
    pub(crate) device: DeviceId,
    pub(crate) name: Option<String>,
    pub(crate) services: Vec<u16>,
    /// Set only while the device is heard advertising.
    pub(crate) rssi: Option<i16>,
    /// What it says of itself in the flags that it advertises: others may find it now (Core 5.4, Vol 3, Part C,
    /// 9.2). `None`: it does not say.
    pub(crate) discoverable: Option<bool>,
    pub(crate) paired: bool,
    /// The keys are kept beyond this link, and when bluetoothd or the machine is started anew.
    pub(crate) kept: bool,
    pub(crate) connected: bool,
    pub(crate) resolved: bool,
}

impl Known {
    /// It is heard now; bluetoothd remembers absent devices too.
    pub(crate) fn is_heard(&self) -> bool {
        self.rssi.is_some() || self.connected
    }
}

/// What bluetoothd knows at one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Objects {
    pub(crate) adapters: Vec<Adapter>,
    pub(crate) devices: Vec<Known>,
    /// Path and flags of every characteristic of the connected devices.
    pub(crate) characteristics: Vec<(OwnedObjectPath, Vec<String>)>,
}

impl Objects {
    /// The adapter to use: one that is on, else the first.
    pub(crate) fn adapter(&self) -> Result<&Adapter, RadioFault> {
        let on = self.adapters.iter().find(|adapter| adapter.powered);
        on.or(self.adapters.first()).ok_or(RadioFault::NoAdapter)
    }

    /// An adapter that is on.
    pub(crate) fn powered(&self) -> Result<&Adapter, RadioFault> {
        let adapter = self.adapter()?;
        if adapter.powered { Ok(adapter) } else { Err(RadioFault::AdapterOff) }
    }

    /// Whether an adapter that was there and on still is.
    pub(crate) fn still(&self, adapter: &OwnedObjectPath) -> Result<(), RadioFault> {
        match self.adapters.iter().find(|known| known.path == *adapter) {
            None => Err(RadioFault::AdapterGone),
            Some(known) if !known.powered => Err(RadioFault::AdapterOff),
            Some(_) => Ok(()),
        }
    }

    /// A device by its address; where several adapters know it, the bonded one.
    pub(crate) fn device(&self, device: &DeviceId) -> Option<&Known> {
        let mut same = self.devices.iter().filter(|known| known.device == *device);
        let first = same.clone().next();
        same.find(|known| known.paired).or(first)
    }
}

impl Bluez {
    /// Connects to the system bus and makes sure that bluetoothd is there.
    pub(crate) async fn connect() -> Result<Self, RadioFault> {
        let bus = timeout(ANSWER, Connection::system()).await.map_err(|_| RadioFault::NoService)?.map_err(|error| {
            tracing::debug!(%error, "no system bus");
            RadioFault::NoService
        })?;
        let bluez = Self { bus };
        bluez.owner().await?;
        Ok(bluez)
    }

    /// The unique name of bluetoothd on the bus; it changes when bluetoothd is started anew.
    pub(crate) async fn owner(&self) -> Result<String, RadioFault> {
        let asked = self.bus.call_method(Some(BUS), "/org/freedesktop/DBus", Some(BUS), "GetNameOwner", &SERVICE);
        match timeout(ANSWER, asked).await {
            Ok(Ok(reply)) => reply.body().deserialize().map_err(|_| RadioFault::NoService),
            _ => Err(RadioFault::NoService),
        }
    }

    /// Calls a method of bluetoothd's.
    pub(crate) async fn call<B, R>(
        &self,
        path: &ObjectPath<'_>,
        interface: &str,
        method: &str,
        body: &B,
        deadline: Duration,
    ) -> Result<R, BusError>
    where
        B: Serialize + DynamicType + Sync,
        R: DeserializeOwned + Type,
    {
        let call = self.bus.call_method(Some(SERVICE), path, Some(interface), method, body);
        let reply = timeout(deadline, call).await.map_err(|_| BusError::deadline())??;
        Ok(reply.body().deserialize()?)
    }

    /// Sets a property.
    pub(crate) async fn set(
        &self,
        path: &ObjectPath<'_>,
        interface: &str,
        property: &str,
        value: Value<'_>,
    ) -> Result<(), BusError> {
        self.call(path, PROPERTIES, "Set", &(interface, property, value), ANSWER).await
    }

    /// All that bluetoothd knows now.
    pub(crate) async fn objects(&self) -> Result<Objects, RadioFault> {
        let root = ObjectPath::from_static_str_unchecked("/");
        let tree: Tree =
            self.call(&root, OBJECTS, "GetManagedObjects", &(), ANSWER).await.map_err(|error| error.fault())?;
        let mut objects = Objects::default();
        for (path, interfaces) in tree {
            if let Some(adapter) = interfaces.get(ADAPTER) {
                let powered = flag(adapter, "Powered");
                objects.adapters.push(Adapter { path: path.clone(), powered });
            }
            if let Some(characteristic) = interfaces.get(CHARACTERISTIC) {
                let flags = get(characteristic, "Flags").unwrap_or_default();
                objects.characteristics.push((path.clone(), flags));
            }
            if let Some(known) = interfaces.get(DEVICE).and_then(|d| known(&path, d)) {
                objects.devices.push(known);
            }
        }
        objects.adapters.sort_by(|a, b| a.path.cmp(&b.path));
        objects.devices.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(objects)
    }
}

fn known(path: &OwnedObjectPath, properties: &Properties) -> Option<Known> {
    let address: String = get(properties, "Address")?;
    let services: Vec<String> = get(properties, "UUIDs").unwrap_or_default();
    let flags: Option<Vec<u8>> = get(properties, "AdvertisingFlags");
    let paired = flag(properties, "Paired");
    Some(Known {
        path: path.clone(),
        adapter: get(properties, "Adapter"),
        device: DeviceId::parse(&address).ok()?,
        name: get(properties, "Name"),
        services: services
            .iter()
            .filter_map(|uuid| Characteristic::from(uuid.parse::<uuid::Uuid>().ok()?).number())
            .collect(),
        rssi: get(properties, "RSSI"),
        discoverable: flags.and_then(|flags| discoverable(&flags)),
        paired,
        // An older BlueZ does not tell.
        kept: get(properties, "Bonded").unwrap_or(paired),
        connected: flag(properties, "Connected"),
        resolved: flag(properties, "ServicesResolved"),
    })
}

/// What the flags of an advertisement say of its being discoverable, limited or general (Core Specification
/// Supplement, Part A, 1.3).
fn discoverable(flags: &[u8]) -> Option<bool> {
    const LIMITED_OR_GENERAL: u8 = 0b11;
    flags.first().map(|flags| flags & LIMITED_OR_GENERAL != 0)
}

fn get<T: TryFrom<OwnedValue>>(properties: &Properties, name: &str) -> Option<T> {
    T::try_from(properties.get(name)?.try_clone().ok()?).ok()
}

fn flag(properties: &Properties, name: &str) -> bool {
    get(properties, name).unwrap_or(false)
}

/// The address in a BlueZ object path or btleplug id (`hci0/dev_F0_F1_F2_F3_F4_F5`).
pub(crate) fn address_in(path: &str) -> Option<DeviceId> {
    let (_, address) = path.rsplit_once("dev_")?;
    DeviceId::parse(&address.replace('_', ":")).ok()
}

/// An error that came over the bus, by its name and message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {message}")]
pub(crate) struct BusError {
    pub(crate) name: String,
    pub(crate) message: String,
}

impl BusError {
    const DEADLINE: &'static str = "org.freedesktop.DBus.Error.NoReply";

    fn deadline() -> Self {
        Self { name: Self::DEADLINE.to_owned(), message: "deadline".to_owned() }
    }

    /// What btleplug passes on. It hides the D-Bus error in a boxed type that it does not export, so
    /// its debug text is all there is: `DbusError(D-Bus error: MESSAGE (NAME))`.
    pub(crate) fn hidden_in(text: &str) -> Option<Self> {
        let (_, rest) = text.split_once("D-Bus error: ")?;
        let (message, name) = rest.rsplit_once(" (")?;
        let (name, _) = name.split_once(')')?;
        Some(Self { name: name.to_owned(), message: message.to_owned() })
    }

    /// The last part of the name.
    pub(crate) fn kind(&self) -> &str {
        self.name.rsplit_once('.').map_or(self.name.as_str(), |(_, kind)| kind)
    }

    /// What it means for a device that is bonded (reading, writing, connecting) or for the adapter.
    pub(crate) fn fault(&self) -> RadioFault {
        let says = |part: &str| self.message.to_ascii_lowercase().contains(part);
        match self.kind() {
            "ServiceUnknown" | "NameHasNoOwner" | "FileNotFound" | "NoServer" | "Disconnected" | "SpawnFailed" => {
                RadioFault::NoService
            }
            "NoReply" | "Timeout" | "TimedOut" | "AuthenticationTimeout" => RadioFault::Timeout,
            "NotReady" => RadioFault::AdapterOff,
            _ if says("not ready") || says("not-powered") => RadioFault::AdapterOff,
            "UnknownObject" | "DoesNotExist" | "UnknownMethod" => RadioFault::NotFound,
            "NotAuthorized" | "AuthenticationFailed" | "AuthenticationRejected" | "AuthenticationCanceled" => {
                RadioFault::BondLost
            }
            // bluetoothd's gatt-client.c: ATT errors 0x05, 0x0C and 0x0F are "Not paired"; older ones are
            // passed on by number. 0x08 is insufficient authorization.
            "NotPermitted" if says("paired") || says("insufficient") => RadioFault::BondLost,
            _ if says("key-missing") || says("insufficient") => RadioFault::BondLost,
            _ if ["0x05", "0x08", "0x0c", "0x0f"].iter().any(|code| says(code)) => RadioFault::BondLost,
            "NotConnected" | "ConnectionAttemptFailed" => RadioFault::Gone,
            _ if says("not connected") || says("abort") || says("connection-") => RadioFault::Gone,
            _ => RadioFault::Failed,
        }
    }
}

impl From<zbus::Error> for BusError {
    fn from(error: zbus::Error) -> Self {
        match error {
            zbus::Error::MethodError(name, message, _) => {
                Self { name: name.to_string(), message: message.unwrap_or_default() }
            }
            zbus::Error::InputOutput(io) => {
                Self { name: "org.freedesktop.DBus.Error.Disconnected".to_owned(), message: io.to_string() }
            }
            other => Self { name: "org.freedesktop.DBus.Error.Failed".to_owned(), message: other.to_string() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_that_btleplug_hides_is_found() {
        let dbus = dbus::Error::new_custom("org.bluez.Error.NotPermitted", "Not paired (yet)");
        let hidden = BusError::hidden_in(&format!("Other(DbusError({dbus:?}))")).unwrap();
        assert_eq!(hidden.kind(), "NotPermitted");
        assert_eq!(hidden.message, "Not paired (yet)");
        assert_eq!(hidden.fault(), RadioFault::BondLost);
    }

    #[test]
    fn what_bluez_says_is_named() {
        for (name, message, fault) in [
            ("org.freedesktop.DBus.Error.ServiceUnknown", "", RadioFault::NoService),
            ("org.freedesktop.DBus.Error.NoReply", "", RadioFault::Timeout),
            ("org.freedesktop.DBus.Error.UnknownObject", "", RadioFault::NotFound),
            ("org.bluez.Error.NotReady", "Resource Not Ready", RadioFault::AdapterOff),
            ("org.bluez.Error.Failed", "br-connection-adapter-not-powered", RadioFault::AdapterOff),
            ("org.bluez.Error.NotAuthorized", "Insufficient authentication", RadioFault::BondLost),
            ("org.bluez.Error.Failed", "Operation failed with ATT error: 0x0f", RadioFault::BondLost),
            ("org.bluez.Error.Failed", "Operation failed with ATT error: 0x80", RadioFault::Failed),
            ("org.bluez.Error.NotPermitted", "Read not permitted", RadioFault::Failed),
            ("org.bluez.Error.Failed", "le-connection-abort-by-local", RadioFault::Gone),
            ("org.bluez.Error.Failed", "Not connected", RadioFault::Gone),
            ("org.bluez.Error.Failed", "", RadioFault::Failed),
        ] {
            let error = BusError { name: name.to_owned(), message: message.to_owned() };
            assert_eq!(error.fault(), fault, "{error}");
        }
    }

    #[test]
    fn a_device_that_advertises_only_for_its_own_says_so_by_its_flags() {
        for (flags, said) in [
            (vec![0x05], Some(true)),
            (vec![0x06], Some(true)),
            (vec![0x04], Some(false)),
            (vec![0x00], Some(false)),
            (vec![], None),
        ] {
            assert_eq!(discoverable(&flags), said, "{flags:?}");
        }
    }

    #[test]
    fn an_adapter_that_went_is_told_from_one_that_is_off() {
        let path = |name: &str| OwnedObjectPath::try_from(format!("/org/bluez/{name}")).unwrap();
        let adapter = |name, powered| Adapter { path: path(name), powered };
        let objects = Objects { adapters: vec![adapter("hci0", true), adapter("hci1", false)], ..Objects::default() };
        assert_eq!(objects.still(&path("hci0")), Ok(()));
        assert_eq!(objects.still(&path("hci1")), Err(RadioFault::AdapterOff));
        assert_eq!(objects.still(&path("hci2")), Err(RadioFault::AdapterGone));
        assert_eq!(Objects::default().powered().unwrap_err(), RadioFault::NoAdapter);
    }

    #[test]
    fn the_address_is_read_from_a_path() {
        let address = address_in("hci0/dev_F0_F1_F2_F3_F4_F5").unwrap();
        assert_eq!(address.as_str(), "F0:F1:F2:F3:F4:F5");
        assert_eq!(address_in("hci0"), None);
    }
}
