//! A connection to one device, through btleplug.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use btleplug::{
    api::{CharPropFlags, Characteristic as Found, Peripheral as _, ValueNotification, WriteType},
    platform::Peripheral,
};
use futures::{FutureExt, StreamExt, future::BoxFuture, stream, stream::BoxStream};
use tokio::time::{sleep, timeout};
use zbus::{MatchRule, MessageStream, message::Type, zvariant::OwnedObjectPath};

use super::{
    Link,
    bluetooth::within,
    bluez::{ANSWER, Bluez},
};
use crate::{characteristic::Characteristic, event::RadioFault};

/// How long reading, writing or subscribing may take.
const CALL: Duration = Duration::from_secs(10);
/// How often BlueZ is asked whether the link stands, in case the signal is missed.
const CHECK: Duration = Duration::from_secs(5);
/// After the link's end, values that were received before it may still be on their way to us: the
/// signal comes over another bus connection than they do.
const STRAGGLERS: Duration = Duration::from_millis(300);

pub(super) struct BluetoothLink {
    peripheral: Peripheral,
    bluez: Bluez,
    path: OwnedObjectPath,
    name: Option<String>,
    characteristics: BTreeMap<Characteristic, Found>,
    /// Open since before the link was made; whoever asks first has it.
    values: Mutex<Option<BoxStream<'static, ValueNotification>>>,
}

impl BluetoothLink {
    /// A link that stands. `values`: what comes by itself, listened to since before the link was made.
    pub(super) fn new(
        peripheral: Peripheral,
        bluez: Bluez,
        path: OwnedObjectPath,
        name: Option<String>,
        values: BoxStream<'static, ValueNotification>,
    ) -> Self {
        let mut characteristics = BTreeMap::new();
        for service in peripheral.services() {
            for characteristic in service.characteristics {
                characteristics.entry(characteristic.uuid.into()).or_insert(characteristic);
            }
        }
        Self { peripheral, bluez, path, name, characteristics, values: Mutex::new(Some(values)) }
    }

    fn find(&self, characteristic: Characteristic) -> Result<&Found, RadioFault> {
        self.characteristics.get(&characteristic).ok_or(RadioFault::Unsupported)
    }

    /// Completes when the link is gone.
    async fn gone(&self) -> BoxFuture<'static, ()> {
        let rule = MatchRule::builder()
            .msg_type(Type::Signal)
            .interface("org.freedesktop.DBus.Properties")
            .and_then(|rule| rule.member("PropertiesChanged"))
            .and_then(|rule| rule.path(self.path.clone()))
            .map(|rule| rule.build());
        let signals = match rule {
            Ok(rule) => MessageStream::for_match_rule(rule, &self.bluez.bus, None).await.ok(),
            Err(_) => None,
        };
        // Without signals the poll alone has to do.
        let mut signals = signals.map_or_else(|| stream::pending().boxed(), |s| s.map(|_| ()).boxed());
        let peripheral = self.peripheral.clone();
        async move {
            while stands(&peripheral).await {
                tokio::select! {
                    _ = signals.next() => {}
                    () = sleep(CHECK) => {}
                }
            }
        }
        .boxed()
    }
}

async fn stands(peripheral: &Peripheral) -> bool {
    within(ANSWER, peripheral.is_connected()).await.unwrap_or(false)
}

#[async_trait]
impl Link for BluetoothLink {
    fn services(&self) -> Vec<Characteristic> {
        self.peripheral.services().into_iter().map(|service| service.uuid.into()).collect()
    }

    fn characteristics(&self) -> Vec<Characteristic> {
        self.characteristics.keys().copied().collect()
    }

    fn name(&self) -> Option<String> {
        self.name.clone()
    }

    async fn read(&self, characteristic: Characteristic) -> Result<Vec<u8>, RadioFault> {
        within(CALL, self.peripheral.read(self.find(characteristic)?)).await
    }

    async fn write(&self, characteristic: Characteristic, bytes: &[u8]) -> Result<(), RadioFault> {
        let characteristic = self.find(characteristic)?;
        // Some makers' characteristics take writes without response only.
        let answers = characteristic.properties.contains(CharPropFlags::WRITE);
        let way = if answers { WriteType::WithResponse } else { WriteType::WithoutResponse };
        within(CALL, self.peripheral.write(characteristic, bytes, way)).await
    }

    async fn subscribe(&self, characteristic: Characteristic) -> Result<(), RadioFault> {
        // BlueZ chooses notification or indication by the characteristic's properties and confirms
        // indications itself.
        within(CALL, self.peripheral.subscribe(self.find(characteristic)?)).await
    }

    async fn notifications(&self) -> Result<BoxStream<'static, (Characteristic, Vec<u8>)>, RadioFault> {
        let open = self.values.lock().unwrap_or_else(PoisonError::into_inner).take();
        let values = match open {
            Some(values) => values,
            None => within(CALL, self.peripheral.notifications()).await?,
        };
        let values = values.map(|value| (value.uuid.into(), value.value)).boxed();
        let ends = Ending { values, gone: self.gone().await, over: false };
        Ok(stream::unfold(ends, Ending::next).boxed())
    }

    async fn connected(&self) -> bool {
        stands(&self.peripheral).await
    }

    async fn disconnect(&self) {
        let _ = within(CALL, self.peripheral.disconnect()).await;
    }
}

/// btleplug's stream of values does not end with the link; this one does.
struct Ending {
    values: BoxStream<'static, (Characteristic, Vec<u8>)>,
    gone: Pin<Box<dyn Future<Output = ()> + Send>>,
    over: bool,
}

impl Ending {
    async fn next(mut self) -> Option<((Characteristic, Vec<u8>), Self)> {
        while !self.over {
            tokio::select! {
                biased;
                value = self.values.next() => return value.map(|value| (value, self)),
                () = &mut self.gone => self.over = true,
            }
        }
        let late = timeout(STRAGGLERS, self.values.next()).await.ok().flatten();
        late.map(|value| (value, self))
    }
}
