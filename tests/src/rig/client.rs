//! A client of BlueZ that is not the program: btleplug, and an agent to pair with.
//!
//! It shows what a rig does when asked by someone who knows nothing of it, and does to BlueZ what other programs
//! of a tablet may do. btleplug looks for its bus in the environment of the process (`DBUS_SYSTEM_BUS_ADDRESS`).

use std::pin::Pin;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use btleplug::api::bleuuid::uuid_from_u16;
use btleplug::api::{
    Central as _, CentralEvent, Characteristic, Manager as _, Peripheral as _, ScanFilter, ValueNotification, WriteType,
};
use btleplug::platform::{Adapter, Manager, Peripheral};
use futures::{Stream, StreamExt as _};
use tokio::time::timeout;
use zbus::zvariant::{ObjectPath, OwnedObjectPath};

/// The code of an agent that should not be asked for one.
pub const UNASKED: u32 = 0;
/// The number of the Record Access Control Point.
pub const CONTROL_POINT: u16 = 0x2A52;
/// Deadlines are those of the virtual machine; the emulator does not use them up.
pub const SOON: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(10);

/// An agent that gives one code to all who ask.
struct Agent(u32);

#[zbus::interface(name = "org.bluez.Agent1")]
impl Agent {
    fn release(&self) {}
    fn request_passkey(&self, _device: OwnedObjectPath) -> u32 {
        self.0
    }
    fn cancel(&self) {}
}

/// The Bluetooth of this machine.
#[derive(Debug)]
pub struct Client {
    bus: zbus::Connection,
    adapter: Adapter,
}

/// What a device sends by itself.
pub type Values = Pin<Box<dyn Stream<Item = ValueNotification> + Send>>;

impl Client {
    /// Connects to BlueZ and takes its first adapter.
    ///
    /// # Errors
    /// There is no BlueZ or no adapter. The methods below fail where BlueZ does, or takes too long.
    pub async fn new() -> Result<Self> {
        let manager = Manager::new().await?;
        let adapter = manager.adapters().await?.into_iter().next().context("there is no adapter")?;
        Ok(Self { bus: zbus::Connection::system().await?, adapter })
    }

    /// What btleplug tells of the adapter and its devices.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub async fn events(&self) -> Result<Pin<Box<dyn Stream<Item = CentralEvent> + Send>>> {
        Ok(self.adapter.events().await?)
    }

    /// Searches until a device is found.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub async fn find(&self, address: &str) -> Result<Peripheral> {
        self.adapter.start_scan(ScanFilter::default()).await?;
        let end = Instant::now() + SOON;
        let found = loop {
            let all = self.adapter.peripherals().await?;
            if let Some(found) = all.into_iter().find(|peripheral| peripheral.address().to_string() == address) {
                break found;
            }
            ensure!(Instant::now() < end, "{address} was not found");
            tokio::time::sleep(POLL).await;
        };
        self.adapter.stop_scan().await?;
        Ok(found)
    }

    /// Searches until a device advertises data of a service other than `before`; gives the data.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub async fn hear(&self, address: &str, service: u16, before: Option<&[u8]>) -> Result<Vec<u8>> {
        self.adapter.start_scan(ScanFilter::default()).await?;
        let end = Instant::now() + SOON;
        let heard = loop {
            ensure!(Instant::now() < end, "{address} was not heard with data of {service:04X}");
            tokio::time::sleep(POLL).await;
            let all = self.adapter.peripherals().await?;
            let Some(found) = all.into_iter().find(|peripheral| peripheral.address().to_string() == address) else {
                continue;
            };
            // A device may be forgotten between the two questions.
            let Ok(Some(properties)) = found.properties().await else { continue };
            if let Some(data) = properties.service_data.get(&uuid_from_u16(service))
                && Some(data.as_slice()) != before
            {
                break data.clone();
            }
        };
        self.adapter.stop_scan().await?;
        Ok(heard)
    }

    /// Pairs, with an agent that has a code or without any agent. The name of the error that BlueZ gives, or none.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub async fn pair(&self, peripheral: &Peripheral, code: Option<u32>) -> Result<Option<String>> {
        let manager = zbus::Proxy::new(&self.bus, "org.bluez", "/org/bluez", "org.bluez.AgentManager1").await?;
        let path = ObjectPath::try_from("/agent")?;
        if let Some(code) = code {
            self.bus.object_server().at(&path, Agent(code)).await?;
            manager.call::<_, _, ()>("RegisterAgent", &(&path, "KeyboardDisplay")).await?;
        }
        let device = format!("/org/bluez/{}", peripheral.id());
        let device = zbus::Proxy::new(&self.bus, "org.bluez", device, "org.bluez.Device1").await?;
        let result = timeout(SOON, device.call::<_, _, ()>("Pair", &())).await.context("pairing was not answered")?;
        if code.is_some() {
            manager.call::<_, _, ()>("UnregisterAgent", &(&path,)).await?;
            self.bus.object_server().remove::<Agent, _>(&path).await?;
        }
        match result {
            Ok(()) => Ok(None),
            Err(zbus::Error::MethodError(name, ..)) => Ok(Some(name.to_string())),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes BlueZ forget a device and its own end of the bond with it.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub async fn forget(&self, peripheral: &Peripheral) -> Result<()> {
        let device = format!("/org/bluez/{}", peripheral.id());
        let (adapter, _) = device.rsplit_once('/').context("a device of no adapter")?;
        let adapter = zbus::Proxy::new(&self.bus, "org.bluez", adapter.to_owned(), "org.bluez.Adapter1").await?;
        let device = ObjectPath::try_from(device)?;
        timeout(SOON, adapter.call("RemoveDevice", &(device,)))
            .await
            .context("forgetting was not answered")?
            .map_err(Into::into)
    }
}

/// Connects, and looks up the services.
///
/// # Errors
/// As [`Client::new`].
pub async fn connect(peripheral: &Peripheral) -> Result<()> {
    timeout(SOON, peripheral.connect()).await.context("connecting was not answered")??;
    peripheral.discover_services().await?;
    Ok(())
}

/// Connects, and listens to these characteristics.
///
/// # Errors
/// As [`Client::new`].
pub async fn listen(peripheral: &Peripheral, uuids: &[u16]) -> Result<Values> {
    connect(peripheral).await?;
    let values = peripheral.notifications().await?;
    for uuid in uuids {
        peripheral.subscribe(&characteristic(peripheral, *uuid)?).await?;
    }
    Ok(values)
}

/// A characteristic of a connected device.
///
/// # Errors
/// It has no such characteristic.
pub fn characteristic(peripheral: &Peripheral, uuid: u16) -> Result<Characteristic> {
    let wanted = uuid_from_u16(uuid);
    let mut all = peripheral.characteristics().into_iter();
    all.find(|candidate| candidate.uuid == wanted).with_context(|| format!("there is no characteristic {uuid:04X}"))
}

/// Writes to the control point; the records up to its answer, and the answer.
///
/// # Errors
/// As [`Client::new`].
pub async fn operate(peripheral: &Peripheral, values: &mut Values, operation: &[u8]) -> Result<(Vec<String>, Vec<u8>)> {
    peripheral.write(&characteristic(peripheral, CONTROL_POINT)?, operation, WriteType::WithResponse).await?;
    let mut records = Vec::new();
    loop {
        let value = timeout(SOON, values.next()).await.context("no answer")?.context("the stream ended")?;
        if value.uuid == uuid_from_u16(CONTROL_POINT) {
            return Ok((records, value.value));
        }
        records.push(hex::encode(value.value));
    }
}

/// The next values, each with the short UUID of its characteristic.
///
/// # Errors
/// As [`Client::new`].
pub async fn next(values: &mut Values, count: usize) -> Result<Vec<(u16, String)>> {
    let mut found = Vec::new();
    for _ in 0..count {
        let value = timeout(SOON, values.next()).await.context("no value")?.context("the stream ended")?;
        let (head, ..) = value.uuid.as_fields();
        found.push((u16::try_from(head)?, hex::encode(value.value)));
    }
    Ok(found)
}
