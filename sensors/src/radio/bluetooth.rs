//! The radio of this machine: BlueZ, through btleplug.
//!
//! Traps of BlueZ and btleplug 0.13 that this file answers for:
//! - `start_scan` switches the adapter on, which is not ours to do: the state is asked first.
//! - A device that BlueZ knows is reported though it is absent; one that is heard has an RSSI.
//! - The removal of an adapter and the end of bluetoothd are not reported: both are watched on a
//!   second bus connection, and end the stream of events.
//! - Dropping a stream makes a task of bluez-async panic now and then ("No match with that id found").
//!   It is harmless as long as panics unwind ([`is_harmless`]).

use std::{collections::HashMap, time::Duration};

use async_trait::async_trait;
use btleplug::{
    api::{Central, CentralEvent, CentralState, Manager as _, Peripheral as _, ScanFilter},
    platform::{Adapter, Manager, Peripheral},
};
use dagsform_care::DeviceId;
use futures::{Stream, StreamExt, stream, stream::BoxStream};
use tokio::{sync::Mutex, time::timeout};
use zbus::{
    MatchRule, MessageStream,
    message::Type,
    zvariant::{OwnedObjectPath, OwnedValue},
};

use super::{
    Link, Radio, RadioEvent,
    bluetooth_link::BluetoothLink,
    bluez::{ADAPTER, ANSWER, Bluez, BusError, SERVICE, address_in},
};
use crate::{device::Advertisement, event::RadioFault};

/// How long connecting may take, service discovery included. BlueZ itself gives up after about 25 s.
const CONNECT: Duration = Duration::from_secs(40);
/// How long asking BlueZ for services that are resolved already may take.
const SERVICES: Duration = Duration::from_secs(20);

/// How long the services may still take after the device has hung up.
const LATE_SERVICES: Duration = Duration::from_secs(2);
/// How long after the failure of a connection the word may come that there was a link, and that it ended.
const LATE_END: Duration = Duration::from_secs(1);
/// So many links in a row that fell before the services were known are a lost bond: BlueZ encrypts the
/// link to a bonded device before anything else. One or two are a device that was switched off.
const REFUSALS: u32 = 3;

/// The Bluetooth of this machine. Nothing is opened before it is used.
#[derive(Default)]
pub struct Bluetooth {
    session: Mutex<Option<Session>>,
    /// How many links in a row fell before the services were known.
    fallen: Mutex<HashMap<DeviceId, u32>>,
}

#[derive(Clone)]
struct Session {
    bluez: Bluez,
    manager: Manager,
}

/// Whether a panic is the one of a task of bluez-async that only takes back a subscription, and finds that it has ended
/// already. Nothing is lost by it, and nobody needs to read of it.
#[must_use]
pub fn is_harmless(panic: &std::panic::PanicHookInfo<'_>) -> bool {
    panic.location().is_some_and(|at| at.file().contains("bluez-async") && at.file().ends_with("messagestream.rs"))
}

impl Bluetooth {
    /// The Bluetooth of this machine.
    pub fn new() -> Self {
        Self::default()
    }

    /// The connections to BlueZ: those that are open, if they still answer.
    ///
    /// They are kept as long as possible, since btleplug leaves a task behind for every one it opens.
    async fn session(&self) -> Result<Session, RadioFault> {
        let mut open = self.session.lock().await;
        if let Some(session) = open.as_ref()
            && session.bluez.owner().await.is_ok()
            && matches!(timeout(ANSWER, session.manager.adapters()).await, Ok(Ok(_)))
        {
            return Ok(session.clone());
        }
        // Fails while bluetoothd is away; what is open then stays for when it is back.
        let bluez = Bluez::connect().await?;
        let manager =
            timeout(ANSWER, Manager::new()).await.map_err(|_| RadioFault::Timeout)?.map_err(|error| fault(&error))?;
        let session = Session { bluez, manager };
        *open = Some(session.clone());
        Ok(session)
    }

    /// What it means that a link fell before the services were known.
    async fn count_fallen(&self, device: &DeviceId) -> RadioFault {
        let mut fallen = self.fallen.lock().await;
        let times = fallen.entry(device.clone()).or_default();
        *times = times.saturating_add(1);
        if *times >= REFUSALS { RadioFault::BondLost } else { RadioFault::Gone }
    }
}

impl Session {
    /// The adapter to use, its path in BlueZ, and whether it is on.
    async fn adapter(&self) -> Result<(Adapter, String, bool), RadioFault> {
        let objects = self.bluez.objects().await?;
        let chosen = objects.adapter()?;
        let adapters = within(ANSWER, self.manager.adapters()).await?;
        for adapter in adapters {
            // "hci0 (usb:...)"; btleplug gives no other name.
            let info = within(ANSWER, adapter.adapter_info()).await?;
            let id = info.split_whitespace().next().unwrap_or_default();
            if chosen.path.as_str().rsplit('/').next() == Some(id) {
                return Ok((adapter, chosen.path.as_str().to_owned(), chosen.powered));
            }
        }
        Err(RadioFault::NoAdapter)
    }

    /// Tells each end of the link to a device.
    async fn ends_of_link(&self, device: &OwnedObjectPath) -> Result<BoxStream<'static, ()>, RadioFault> {
        let failed = |error: zbus::Error| BusError::from(error).fault();
        let changed = MatchRule::builder()
            .msg_type(Type::Signal)
            .sender(SERVICE)
            .and_then(|rule| rule.interface("org.freedesktop.DBus.Properties"))
            .and_then(|rule| rule.member("PropertiesChanged"))
            .and_then(|rule| rule.path(device.clone()))
            .map_err(failed)?
            .build();
        let changed = MessageStream::for_match_rule(changed, &self.bluez.bus, None).await.map_err(failed)?;
        let ends = changed.filter_map(|message| {
            let body: Option<(String, HashMap<String, OwnedValue>, Vec<String>)> =
                message.ok().and_then(|message| message.body().deserialize().ok());
            let connected = body.and_then(|(_, changed, _)| bool::try_from(changed.get("Connected")?).ok());
            std::future::ready((connected == Some(false)).then_some(()))
        });
        Ok(ends.chain(stream::pending()).boxed())
    }

    /// Ends when bluetoothd or the adapter goes away.
    async fn watch(&self, adapter: String) -> Result<impl Stream<Item = Vec<Option<RadioEvent>>> + use<>, RadioFault> {
        let failed = |error: zbus::Error| BusError::from(error).fault();
        let owner = MatchRule::builder()
            .msg_type(Type::Signal)
            .sender("org.freedesktop.DBus")
            .and_then(|rule| rule.interface("org.freedesktop.DBus"))
            .and_then(|rule| rule.member("NameOwnerChanged"))
            .and_then(|rule| rule.arg(0, SERVICE))
            .map_err(failed)?
            .build();
        let removed = MatchRule::builder()
            .msg_type(Type::Signal)
            .sender(SERVICE)
            .and_then(|rule| rule.interface("org.freedesktop.DBus.ObjectManager"))
            .and_then(|rule| rule.member("InterfacesRemoved"))
            .map_err(failed)?
            .build();
        let bus = &self.bluez.bus;
        let owner = MessageStream::for_match_rule(owner, bus, None).await.map_err(failed)?;
        let removed = MessageStream::for_match_rule(removed, bus, None).await.map_err(failed)?;
        let owner = owner.map(|_| vec![None]);
        let removed = removed.filter_map(move |message| {
            let body: Option<(zbus::zvariant::OwnedObjectPath, Vec<String>)> =
                message.ok().and_then(|m| m.body().deserialize().ok());
            let ours = body.is_some_and(|(path, _)| path.as_str() == adapter);
            std::future::ready(ours.then(|| vec![None]))
        });
        Ok(stream::select(owner, removed))
    }
}

#[async_trait]
impl Radio for Bluetooth {
    async fn events(&self) -> Result<BoxStream<'static, RadioEvent>, RadioFault> {
        let session = self.session().await?;
        let (adapter, path, powered) = session.adapter().await?;
        let gone = session.watch(path).await?;
        let events = within(ANSWER, adapter.events()).await?;
        let first = if powered {
            // A search that is still on would make the new one fail; there may be none to stop.
            let _ = timeout(ANSWER, adapter.stop_scan()).await;
            within(ANSWER, adapter.start_scan(ScanFilter::default())).await?;
            Vec::new()
        } else {
            vec![RadioEvent::AdapterOff]
        };
        let told = events.filter_map(move |event| {
            let adapter = adapter.clone();
            async move { Some(vec![Some(translate(&adapter, event).await?)]) }
        });
        let until_gone = stream::select(told.boxed(), gone.boxed())
            .flat_map(stream::iter)
            .take_while(|event| std::future::ready(event.is_some()))
            .filter_map(std::future::ready);
        Ok(stream::iter(first).chain(until_gone).boxed())
    }

    async fn alive(&self, devices: &[DeviceId]) -> Result<Vec<DeviceId>, RadioFault> {
        let session = self.session().await?;
        let objects = session.bluez.objects().await?;
        objects.powered()?;
        let here = |device: &&DeviceId| {
            let known = objects.device(device);
            known.is_some_and(|known| known.connected || known.rssi.is_some())
        };
        Ok(devices.iter().filter(here).cloned().collect())
    }

    async fn switch_on(&self) -> Result<(), RadioFault> {
        let session = self.session().await?;
        let adapter = session.bluez.objects().await?.adapter()?.path.clone();
        session.bluez.set(&adapter, ADAPTER, "Powered", true.into()).await.map_err(|error| error.fault())
    }

    async fn connect(&self, device: &DeviceId) -> Result<Box<dyn Link>, RadioFault> {
        let session = self.session().await?;
        let objects = session.bluez.objects().await?;
        objects.powered()?;
        let known = objects.device(device).ok_or(RadioFault::NotFound)?;
        if !known.paired {
            return Err(RadioFault::BondLost);
        }
        let peripheral = find(&session, known.path.as_str()).await?;
        // First of all: BlueZ renews the subscriptions of the link before by itself as soon as the services are
        // known, and what the device sends then is confirmed to it.
        let values = within(ANSWER, peripheral.notifications()).await?;
        let mut attempt = Attempt(Some(peripheral.clone()));
        let mut ends = session.ends_of_link(&known.path).await?;
        let device_at = peripheral.clone();
        let mut made = std::pin::pin!(async move {
            within(CONNECT, device_at.connect()).await?;
            within(SERVICES, device_at.discover_services()).await
        });
        // btleplug does not notice that a link ends while it waits for the services.
        let connected = tokio::select! {
            biased;
            connected = &mut made => match connected {
                // The answer may overtake the word that the link had come up and fell.
                Err(RadioFault::Gone) => match timeout(LATE_END, ends.next()).await {
                    Ok(_) => Err(self.count_fallen(device).await),
                    Err(_) => Err(RadioFault::Gone),
                },
                connected => connected,
            },
            // What it sent before it hung up is confirmed to it already; the services tell what that was.
            _ = ends.next() => match timeout(LATE_SERVICES, &mut made).await {
                Ok(Ok(())) => Ok(()),
                _ => Err(self.count_fallen(device).await),
            },
        };
        if let Err(fault) = connected {
            attempt.let_go().await;
            return Err(fault);
        }
        self.fallen.lock().await.remove(device);
        attempt.0 = None;
        let name = known.name.clone();
        Ok(Box::new(BluetoothLink::new(peripheral, session.bluez, known.path.clone(), name, values)))
    }
}

/// Finds a device that BlueZ knows, which needs no search.
async fn find(session: &Session, path: &str) -> Result<Peripheral, RadioFault> {
    for adapter in within(ANSWER, session.manager.adapters()).await? {
        for peripheral in within(ANSWER, adapter.peripherals()).await? {
            if path.ends_with(&format!("/{}", peripheral.id())) {
                return Ok(peripheral);
            }
        }
    }
    Err(RadioFault::NotFound)
}

/// What an event of btleplug's is to us.
///
/// The address is taken from the object's path. A device with a resolvable private address keeps the
/// path of the address it was first seen under; the collector's poll ([`Radio::alive`]) finds it.
async fn translate(adapter: &Adapter, event: CentralEvent) -> Option<RadioEvent> {
    let device = |id: &btleplug::platform::PeripheralId| address_in(&id.to_string());
    match event {
        CentralEvent::DeviceDiscovered(id) => {
            let heard = async { adapter.peripheral(&id).await?.properties().await };
            let properties = timeout(ANSWER, heard).await.ok()?.ok()??;
            properties.rssi?;
            device(&id).map(RadioEvent::Seen)
        }
        CentralEvent::ServiceDataAdvertisement { id, service_data } => {
            let service_data = service_data.into_iter().map(|(uuid, data)| (uuid.into(), data)).collect();
            let advertisement = Advertisement { service_data, ..Advertisement::default() };
            Some(RadioEvent::Advertised(device(&id)?, Box::new(advertisement)))
        }
        CentralEvent::ManufacturerDataAdvertisement { id, manufacturer_data } => {
            let manufacturer_data = manufacturer_data.into_iter().collect();
            let advertisement = Advertisement { manufacturer_data, ..Advertisement::default() };
            Some(RadioEvent::Advertised(device(&id)?, Box::new(advertisement)))
        }
        CentralEvent::RssiUpdate { id, .. } | CentralEvent::DeviceConnected(id) => device(&id).map(RadioEvent::Seen),
        CentralEvent::DeviceDisconnected(id) => device(&id).map(RadioEvent::Disconnected),
        CentralEvent::StateUpdate(CentralState::PoweredOn) => Some(RadioEvent::AdapterOn),
        CentralEvent::StateUpdate(CentralState::PoweredOff) => Some(RadioEvent::AdapterOff),
        _ => None,
    }
}

/// A connection being made: let go of if nobody waits for it any longer.
struct Attempt(Option<Peripheral>);

impl Attempt {
    async fn let_go(&mut self) {
        if let Some(peripheral) = self.0.take() {
            let _ = timeout(ANSWER, peripheral.disconnect()).await;
        }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if let (Some(peripheral), Ok(runtime)) = (self.0.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move { timeout(ANSWER, peripheral.disconnect()).await });
        }
    }
}

/// Runs a call of btleplug's under a deadline and names its failure.
pub(super) async fn within<T>(
    deadline: Duration,
    call: impl Future<Output = btleplug::Result<T>>,
) -> Result<T, RadioFault> {
    match timeout(deadline, call).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(fault(&error)),
        Err(_) => Err(RadioFault::Timeout),
    }
}

/// What a failure of btleplug's is to us.
fn fault(error: &btleplug::Error) -> RadioFault {
    use btleplug::Error;
    let fault = match error {
        Error::DeviceNotFound => RadioFault::NotFound,
        Error::NotConnected => RadioFault::Gone,
        Error::NoAdapterAvailable => RadioFault::NoAdapter,
        Error::PermissionDenied => RadioFault::NoService,
        Error::TimedOut(_) => RadioFault::Timeout,
        Error::Other(hidden) => {
            let text = format!("{hidden:?}");
            match BusError::hidden_in(&text) {
                Some(error) => error.fault(),
                None if text.contains("TimedOut") => RadioFault::Timeout,
                None if text.contains("NoBluetoothAdapters") => RadioFault::NoAdapter,
                None => RadioFault::Failed,
            }
        }
        _ => RadioFault::Failed,
    };
    tracing::debug!(%error, ?fault, "Bluetooth");
    fault
}
