//! A room with simulated devices, in the process: for the demonstration, and for tests in paused time.
//!
//! The devices keep the manners of real ones: they are heard only while they are used, stream while
//! they measure, indicate the result, keep it in their memory, and switch themselves off.

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

pub use super::simulated_oximeter::{Bonding, Memory, Oximeter, Traits, spot_check};
use super::{Link, Radio, RadioEvent, simulated_oximeter::SimulatedLink};
use crate::event::RadioFault;

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
    oximeters: Vec<Oximeter>,
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
        let room = Room { on: true, oximeters: Vec::new(), listeners: Vec::new(), switched: 0, muted: 0 };
        Self { room: Arc::new(Mutex::new(room)), clock }
    }

    /// Puts a pulse oximeter into the room, switched off, and gives the hand that uses it.
    pub fn oximeter(&self, device: DeviceId, traits: Traits) -> Oximeter {
        let oximeter = Oximeter::new(self.clone(), device, traits, self.clock.clone());
        self.room().oximeters.push(oximeter.clone());
        oximeter
    }

    /// Switches the adapter on or off. Off takes all links down.
    pub fn switch(&self, on: bool) {
        let oximeters = {
            let mut room = self.room();
            if room.on == on {
                return;
            }
            room.on = on;
            room.switched += u64::from(!on);
            room.oximeters.clone()
        };
        if !on {
            oximeters.iter().for_each(Oximeter::drop_link);
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
            let seen = matches!(event, RadioEvent::Seen(_));
            let hears = listener.since.muted == muted && (!seen || (on && listener.since.switched == switched));
            !hears || listener.events.send(event.clone()).is_ok()
        });
    }

    fn room(&self) -> MutexGuard<'_, Room> {
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, device: &DeviceId) -> Option<Oximeter> {
        self.room().oximeters.iter().find(|oximeter| oximeter.device() == device).cloned()
    }

    /// The devices that advertise, as a stream opened then hears them.
    fn advertising(&self, since: Since) -> Vec<RadioEvent> {
        let room = self.room();
        if !room.on || since != (Since { switched: room.switched, muted: room.muted }) {
            return Vec::new();
        }
        let advertising = room.oximeters.iter().filter(|oximeter| oximeter.advertises());
        advertising.map(|oximeter| RadioEvent::Seen(oximeter.device().clone())).collect()
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
        let here = |oximeter: &&Oximeter| oximeter.is_on() && devices.contains(oximeter.device());
        Ok(room.oximeters.iter().filter(here).map(|oximeter| oximeter.device().clone()).collect())
    }

    async fn switch_on(&self) -> Result<(), RadioFault> {
        self.switch(true);
        Ok(())
    }

    async fn connect(&self, device: &DeviceId) -> Result<Box<dyn Link>, RadioFault> {
        if !self.room().on {
            return Err(RadioFault::AdapterOff);
        }
        let oximeter = self.find(device).ok_or(RadioFault::NotFound)?;
        if oximeter.bonding() == Bonding::LostHere {
            return Err(RadioFault::BondLost);
        }
        if !oximeter.is_on() {
            sleep(TRIES).await;
            return Err(RadioFault::Timeout);
        }
        sleep(CONNECTS).await;
        if !self.room().on || !oximeter.is_on() {
            return Err(RadioFault::Gone);
        }
        Ok(Box::new(SimulatedLink::new(oximeter)))
    }
}
