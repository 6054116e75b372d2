//! A room with simulated devices, in the process: for the demonstration, and for tests in paused time.
//!
//! The devices keep the manners of real ones: they are heard only while they are used, stream while
//! they measure, indicate the result, keep it in their memory, and switch themselves off. What they share
//! is in `simulated/device.rs`, what each kind does in a file of its own.

mod cuff;
mod device;
mod glucose_meter;
mod oximeter;
mod scale;
mod thermometer;
mod users;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use chrono::NaiveDateTime;
use dagsform_care::DeviceId;
use futures::{StreamExt, stream, stream::BoxStream};
use tokio::{
    sync::mpsc,
    time::{interval, sleep},
};
use tokio_stream::wrappers::{IntervalStream, UnboundedReceiverStream};

use self::device::{Model, SimulatedLink};
pub use self::{
    cuff::{Cuff, blood_pressure},
    device::{Bonding, ClockAccess, Device, Memory, Traits},
    glucose_meter::{GlucoseMeter, glucose, glucose_context},
    oximeter::{Oximeter, spot_check},
    scale::{Scale, weight},
    thermometer::{Thermometer, temperature},
};
use super::{Link, Radio, RadioEvent};
use crate::{device::Advertisement, event::RadioFault};

/// How often a device that is on advertises, as the radio reports it.
const ADVERTISES: Duration = Duration::from_secs(1);
/// How long making a link takes.
const CONNECTS: Duration = Duration::from_millis(300);
/// How long a device that is not there is tried.
const TRIES: Duration = Duration::from_secs(20);

/// A clock that a device's owner has set.
pub type DeviceClock = Arc<dyn Fn() -> NaiveDateTime + Send + Sync>;

/// The radio, and the room that it hears.
#[derive(Clone)]
pub struct Simulated {
    room: Arc<Mutex<Room>>,
    clock: DeviceClock,
}

struct Room {
    on: bool,
    devices: Vec<Device>,
    listeners: Vec<Listener>,
    /// Counts how often the adapter was switched off: a search from before hears nothing.
    switched: u64,
    /// Counts how often the streams fell silent.
    muted: u64,
}

/// One stream of events.
struct Listener {
    events: mpsc::UnboundedSender<RadioEvent>,
    since: Since,
}

/// What the room had been through when a stream was opened.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Since {
    switched: u64,
    muted: u64,
}

impl Default for Simulated {
    fn default() -> Self {
        Self::new()
    }
}

impl Simulated {
    /// An empty room with an adapter that is on. The devices' clocks show local time.
    pub fn new() -> Self {
        Self::with_clock(Arc::new(|| chrono::Utc::now().with_timezone(&dagsform_care::time::ZONE).naive_local()))
    }

    /// An empty room whose devices have this clock.
    pub fn with_clock(clock: DeviceClock) -> Self {
        let room = Room { on: true, devices: Vec::new(), listeners: Vec::new(), switched: 0, muted: 0 };
        Self { room: Arc::new(Mutex::new(room)), clock }
    }

    /// Puts a pulse oximeter into the room, switched off, and gives the hand that uses it.
    pub fn oximeter(&self, device: DeviceId, traits: Traits) -> Oximeter {
        Oximeter(self.put(device, traits, &oximeter::MODEL))
    }

    /// Puts a blood-pressure cuff into the room, switched off.
    pub fn cuff(&self, device: DeviceId, traits: Traits) -> Cuff {
        Cuff(self.put(device, traits, &cuff::MODEL))
    }

    /// Puts a scale into the room, switched off.
    pub fn scale(&self, device: DeviceId, traits: Traits) -> Scale {
        Scale(self.put(device, traits, &scale::MODEL))
    }

    /// Puts a glucose meter into the room, switched off.
    pub fn glucose_meter(&self, device: DeviceId, traits: Traits) -> GlucoseMeter {
        GlucoseMeter(self.put(device, traits, &glucose_meter::MODEL))
    }

    /// Puts a thermometer into the room, switched off.
    pub fn thermometer(&self, device: DeviceId, traits: Traits) -> Thermometer {
        Thermometer(self.put(device, traits, &thermometer::MODEL))
    }

    fn put(&self, device: DeviceId, traits: Traits, model: &'static Model) -> Device {
        let device = Device::new(self.clone(), device, traits, self.clock.clone(), model);
        self.room().devices.push(device.clone());
        device
    }

    /// A device that measures by advertising says this to everybody.
    pub fn advertise(&self, device: &DeviceId, advertisement: Advertisement) {
        self.tell(RadioEvent::Advertised(device.clone(), Box::new(advertisement)));
    }

    /// Switches the adapter on or off. Off takes all links down.
    pub fn switch(&self, on: bool) {
        let devices = {
            let mut room = self.room();
            if room.on == on {
                return;
            }
            room.on = on;
            room.switched += u64::from(!on);
            room.devices.clone()
        };
        if !on {
            devices.iter().for_each(Device::drop_link);
        }
        self.tell(if on { RadioEvent::AdapterOn } else { RadioEvent::AdapterOff });
    }

    /// Silences the streams of events that are open now, without ending them.
    pub fn mute(&self) {
        self.room().muted += 1;
    }

    /// Ends the streams of events that are open now.
    pub fn end_streams(&self) {
        self.room().listeners.clear();
    }

    pub(super) fn tell(&self, event: RadioEvent) {
        let mut room = self.room();
        let (on, switched, muted) = (room.on, room.switched, room.muted);
        room.listeners.retain(|listener| {
            let seen = matches!(event, RadioEvent::Seen(_) | RadioEvent::Advertised(..));
            let hears = listener.since.muted == muted && (!seen || (on && listener.since.switched == switched));
            !hears || listener.events.send(event.clone()).is_ok()
        });
    }

    fn room(&self) -> MutexGuard<'_, Room> {
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, device: &DeviceId) -> Option<Device> {
        self.room().devices.iter().find(|there| there.device() == device).cloned()
    }

    /// The devices that advertise, as a stream opened then hears them.
    fn advertising(&self, since: Since) -> Vec<RadioEvent> {
        let room = self.room();
        if !room.on || since != (Since { switched: room.switched, muted: room.muted }) {
            return Vec::new();
        }
        let advertising = room.devices.iter().filter(|device| device.advertises());
        advertising.map(|device| RadioEvent::Seen(device.device().clone())).collect()
    }
}

#[async_trait]
impl Radio for Simulated {
    async fn events(&self) -> Result<BoxStream<'static, RadioEvent>, RadioFault> {
        let (events, told) = mpsc::unbounded_channel();
        let since = {
            let mut room = self.room();
            let since = Since { switched: room.switched, muted: room.muted };
            if !room.on {
                let _ = events.send(RadioEvent::AdapterOff);
            }
            room.listeners.push(Listener { events, since });
            since
        };
        let room = self.clone();
        let advertised =
            IntervalStream::new(interval(ADVERTISES)).flat_map(move |_| stream::iter(room.advertising(since)));
        // The stream ends with its listener, not with the ticking.
        let told = UnboundedReceiverStream::new(told).map(Some).chain(stream::iter([None]));
        let both = stream::select(told, advertised.map(Some));
        Ok(both.take_while(|event| std::future::ready(event.is_some())).filter_map(std::future::ready).boxed())
    }

    async fn alive(&self, devices: &[DeviceId]) -> Result<Vec<DeviceId>, RadioFault> {
        let room = self.room();
        if !room.on {
            return Err(RadioFault::AdapterOff);
        }
        let here = |device: &&Device| device.is_on() && devices.contains(device.device());
        Ok(room.devices.iter().filter(here).map(|device| device.device().clone()).collect())
    }

    async fn switch_on(&self) -> Result<(), RadioFault> {
        self.switch(true);
        Ok(())
    }

    async fn connect(&self, device: &DeviceId) -> Result<Box<dyn Link>, RadioFault> {
        if !self.room().on {
            return Err(RadioFault::AdapterOff);
        }
        let device = self.find(device).ok_or(RadioFault::NotFound)?;
        if device.bonding() == Bonding::LostHere {
            return Err(RadioFault::BondLost);
        }
        if !device.is_on() {
            sleep(TRIES).await;
            return Err(RadioFault::Timeout);
        }
        sleep(CONNECTS).await;
        if !self.room().on || !device.is_on() {
            return Err(RadioFault::Gone);
        }
        Ok(Box::new(SimulatedLink::new(device)))
    }
}
