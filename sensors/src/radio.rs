//! The radio: what the collector needs of Bluetooth, however it is had.

use async_trait::async_trait;
use dagsform_care::DeviceId;
use futures::stream::BoxStream;

use crate::{characteristic::Characteristic, device::Advertisement, event::RadioFault};

pub(crate) mod agent;
pub mod bluetooth;
mod bluetooth_link;
pub(crate) mod bluez;
pub mod simulated;

/// What the radio reports by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RadioEvent {
    /// A device is advertising, or was found connected.
    Seen(DeviceId),
    /// A device sends data to everybody.
    Advertised(DeviceId, Box<Advertisement>),
    /// A link was lost or closed.
    Disconnected(DeviceId),
    /// The adapter is off, or gone.
    AdapterOff,
    /// The adapter is on.
    AdapterOn,
}

/// A Bluetooth LE central.
#[async_trait]
pub trait Radio: Send + Sync + 'static {
    /// Starts looking for devices and reports what happens. The stream may end or fall silent; whoever
    /// reads it must notice ([`Radio::alive`]) and call this again. After [`RadioEvent::AdapterOn`] it
    /// must be called again too: an adapter forgets the search when it is switched off.
    async fn events(&self) -> Result<BoxStream<'static, RadioEvent>, RadioFault>;

    /// Asks the radio, without its event stream, which of `devices` can be reached or are connected
    /// now, so that a dead stream can be told from a quiet room.
    async fn alive(&self, devices: &[DeviceId]) -> Result<Vec<DeviceId>, RadioFault>;

    /// Switches the adapter on, because a person asked for it; the program never does so by itself.
    async fn switch_on(&self) -> Result<(), RadioFault>;

    /// Connects to a bonded device and resolves its services. Has a deadline of its own.
    ///
    /// A device without a bond is not connected to ([`RadioFault::BondLost`]): without the bond's key
    /// anyone could answer under its address.
    async fn connect(&self, device: &DeviceId) -> Result<Box<dyn Link>, RadioFault>;
}

/// A connection to one device. Every call has a deadline of its own.
#[async_trait]
pub trait Link: Send + Sync {
    /// The services that the device has.
    fn services(&self) -> Vec<Characteristic>;
    /// The characteristics that the device has.
    fn characteristics(&self) -> Vec<Characteristic>;
    /// What the device calls itself.
    fn name(&self) -> Option<String>;
    /// Reads a characteristic.
    async fn read(&self, characteristic: Characteristic) -> Result<Vec<u8>, RadioFault>;
    /// Writes a characteristic: with response where the device gives one.
    async fn write(&self, characteristic: Characteristic, bytes: &[u8]) -> Result<(), RadioFault>;
    /// Turns on notifications or indications.
    async fn subscribe(&self, characteristic: Characteristic) -> Result<(), RadioFault>;
    /// The values that come by themselves. Ends when the link ends.
    async fn notifications(&self) -> Result<BoxStream<'static, (Characteristic, Vec<u8>)>, RadioFault>;
    /// Whether the link still stands.
    async fn connected(&self) -> bool;
    /// Lets go of the device.
    async fn disconnect(&self);
}
