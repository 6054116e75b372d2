//! A simulated pulse oximeter (Pulse Oximeter Service 1.0.1), and the link to it.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{Datelike, NaiveDateTime, Timelike};
use dagsform_care::DeviceId;
use futures::{StreamExt, stream, stream::BoxStream};
use tokio::{sync::mpsc, time::sleep};
use tokio_stream::wrappers::UnboundedReceiverStream;

use super::{
    Link, RadioEvent,
    simulated::{DeviceClock, Simulated},
};
use crate::event::RadioFault;

const SPOT: u16 = 0x2A5E;
const STREAM: u16 = 0x2A5F;
const RACP: u16 = 0x2A52;
const BATTERY: u16 = 0x2A19;
const INFORMATION: [(u16, &[u8]); 6] = [
    (0x2A29, b"Dagsform"),
    (0x2A24, b"SIM-PLX"),
    (0x2A25, b"000001"),
    (0x2A26, b"1.0"),
    (0x2A27, b"A"),
    (0x2A28, b"1.0"),
];

/// A finger stays in for so many values, one a second.
const VALUES: u32 = 8;
/// So long after a measurement the device switches itself off.
const IDLE: Duration = Duration::from_secs(20);
/// A record of the memory takes so long to send.
const RECORD: Duration = Duration::from_millis(20);

/// How the memory behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// As specified.
    Works,
    /// It takes requests and never answers.
    Mute,
    /// It reports, but cannot count.
    CannotCount,
    /// It announces and stops before this record (from 1), then says no more.
    StallsBefore(usize),
}

/// Where the bond is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bonding {
    /// On both sides.
    Bonded,
    /// Lost on the tablet.
    LostHere,
    /// Lost on the device.
    LostThere,
}

/// What kind of oximeter it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traits {
    /// It gives single readings (and has a memory of them); otherwise it only streams.
    pub spot_check: bool,
    /// How the memory behaves.
    pub memory: Memory,
    /// It says nothing at all over a link.
    pub silent: bool,
    /// Battery level in per cent.
    pub battery: u8,
}

impl Default for Traits {
    fn default() -> Self {
        Self { spot_check: true, memory: Memory::Works, silent: false, battery: 87 }
    }
}

/// A PLX Spot-Check Measurement with time and status, validated, as the device sends it live.
pub fn spot_check(spo2: u16, pulse: u16, time: NaiveDateTime) -> Vec<u8> {
    let small = |n: u32| u8::try_from(n).unwrap_or(0);
    let mut bytes = vec![0x03];
    bytes.extend(spo2.min(2045).to_le_bytes());
    bytes.extend(pulse.min(2045).to_le_bytes());
    bytes.extend(u16::try_from(time.year()).unwrap_or(0).to_le_bytes());
    bytes.extend([time.month(), time.day(), time.hour(), time.minute(), time.second()].map(small));
    bytes.extend(0x0080_u16.to_le_bytes());
    bytes
}

/// The hand that uses the device.
#[derive(Clone)]
pub struct Oximeter {
    room: Simulated,
    device: DeviceId,
    clock: DeviceClock,
    state: Arc<Mutex<State>>,
}

struct State {
    traits: Traits,
    bonding: Bonding,
    on: bool,
    records: Vec<Vec<u8>>,
    /// The link drops before this record (from 1), once.
    drop_before: Option<usize>,
    link: Option<mpsc::UnboundedSender<Value>>,
    subscribed: BTreeSet<u16>,
    /// Counts uses; the switch-off of an earlier one does not count.
    uses: u64,
    /// Counts reports and aborts; an earlier report goes on no more.
    reports: u64,
}

impl Oximeter {
    pub(super) fn new(room: Simulated, device: DeviceId, traits: Traits, clock: DeviceClock) -> Self {
        let state = State {
            traits,
            bonding: Bonding::Bonded,
            on: false,
            records: Vec::new(),
            drop_before: None,
            link: None,
            subscribed: BTreeSet::new(),
            uses: 0,
            reports: 0,
        };
        Self { room, device, clock, state: Arc::new(Mutex::new(state)) }
    }

    /// Its address.
    pub fn device(&self) -> &DeviceId {
        &self.device
    }

    /// Measures: switches the device on, streams, gives the reading, and switches it off again.
    pub async fn measure(&self, spo2: u16, pulse: u16) {
        self.switch(true);
        let this = self.use_begins();
        for _ in 0..VALUES {
            sleep(Duration::from_secs(1)).await;
            let mut bytes = vec![0];
            bytes.extend(spo2.min(2045).to_le_bytes());
            bytes.extend(pulse.min(2045).to_le_bytes());
            self.say(STREAM, bytes);
        }
        if self.state().traits.spot_check {
            let reading = spot_check(spo2, pulse, (self.clock)());
            self.say(SPOT, reading.clone());
            self.store(stored(reading));
        } else {
            // The finger is out: sensor unconnected to user (bit 11 of the device and sensor status).
            self.say(STREAM, vec![0x08, 0xFF, 0x07, 0xFF, 0x07, 0x00, 0x08, 0x00]);
        }
        sleep(IDLE).await;
        if self.state().uses == this {
            self.switch(false);
        }
    }

    fn use_begins(&self) -> u64 {
        let mut state = self.state();
        state.uses += 1;
        state.uses
    }

    /// Switches the device on or off; on, it advertises while it is not connected.
    pub fn switch(&self, on: bool) {
        self.state().on = on;
        if on {
            self.room.tell(RadioEvent::Seen(self.device.clone()));
        } else {
            self.drop_link();
        }
    }

    /// Puts a record into the memory, as it is to be sent.
    pub fn store(&self, record: Vec<u8>) {
        self.state().records.push(record);
    }

    /// The records of the memory.
    pub fn records(&self) -> Vec<Vec<u8>> {
        self.state().records.clone()
    }

    /// Sends a value as it is, if the tablet has subscribed to it; true if it was sent.
    pub fn say(&self, characteristic: u16, bytes: Vec<u8>) -> bool {
        let state = self.state();
        let speaks = !state.traits.silent && state.subscribed.contains(&characteristic);
        let link = state.link.as_ref().filter(|_| speaks);
        link.is_some_and(|link| link.send((characteristic, bytes)).is_ok())
    }

    /// Drops the link.
    pub fn drop_link(&self) {
        let dropped = {
            let mut state = self.state();
            state.subscribed.clear();
            state.reports += 1;
            state.link.take()
        };
        if dropped.is_some() {
            self.room.tell(RadioEvent::Disconnected(self.device.clone()));
        }
    }

    /// Drops the link before record `n` (from 1) of the next report, once.
    pub fn drop_before(&self, n: usize) {
        self.state().drop_before = Some(n);
    }

    /// Makes it another kind of device.
    pub fn change(&self, traits: Traits) {
        self.state().traits = traits;
    }

    /// Puts the bond elsewhere.
    pub fn bond(&self, bonding: Bonding) {
        self.state().bonding = bonding;
    }

    /// Whether a link stands.
    pub fn connected(&self) -> bool {
        self.state().link.is_some()
    }

    pub(super) fn is_on(&self) -> bool {
        self.state().on
    }

    pub(super) fn bonding(&self) -> Bonding {
        self.state().bonding
    }

    pub(super) fn advertises(&self) -> bool {
        let state = self.state();
        state.on && state.link.is_none()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refuses(&self, what: u16) -> Result<(), RadioFault> {
        let state = self.state();
        match (state.link.is_some(), state.bonding) {
            (false, _) => Err(RadioFault::Gone),
            // Device information and battery are open on most devices.
            (true, Bonding::LostThere) if [SPOT, STREAM, RACP].contains(&what) => Err(RadioFault::BondLost),
            _ => Ok(()),
        }
    }

    /// Answers the Record Access Control Point.
    async fn answer(self, request: Vec<u8>) {
        let (memory, records, this) = {
            let mut state = self.state();
            state.reports += 1;
            (state.traits.memory, state.records.clone(), state.reports)
        };
        let op = request.first().copied().unwrap_or(0);
        sleep(RECORD).await;
        match (op, memory) {
            (_, Memory::Mute) => {}
            (4, Memory::CannotCount) => self.respond(4, 2),
            (4, _) => {
                let [low, high] = u16::try_from(records.len()).unwrap_or(u16::MAX).to_le_bytes();
                self.say(RACP, vec![5, 0, low, high]);
            }
            (1, _) if records.is_empty() => self.respond(1, 6),
            (1, _) => {
                if self.report(records, memory, this).await {
                    self.respond(1, 1);
                }
            }
            (3, _) => self.respond(3, 1),
            (other, _) => self.respond(other, 2),
        }
    }

    fn respond(&self, op: u8, result: u8) {
        self.say(RACP, vec![6, 0, op, result]);
    }

    /// Sends the records; true if it came to its end.
    async fn report(&self, records: Vec<Vec<u8>>, memory: Memory, this: u64) -> bool {
        for (n, record) in (1..).zip(records) {
            sleep(RECORD).await;
            if self.state().reports != this || memory == Memory::StallsBefore(n) {
                return false;
            }
            let drops = {
                let mut state = self.state();
                let drops = state.drop_before == Some(n);
                state.drop_before = state.drop_before.filter(|_| !drops);
                drops
            };
            if drops {
                self.drop_link();
                return false;
            }
            self.say(SPOT, record);
        }
        true
    }
}

/// The reading as the memory reports it: data from measurement storage (bit 9 of the status).
fn stored(mut reading: Vec<u8>) -> Vec<u8> {
    if let Some(status) = reading.last_mut() {
        *status |= 0x02;
    }
    reading
}

/// A characteristic and a value of it.
type Value = (u16, Vec<u8>);

pub(super) struct SimulatedLink {
    oximeter: Oximeter,
    /// Until somebody listens.
    values: Mutex<Option<mpsc::UnboundedReceiver<Value>>>,
}

impl SimulatedLink {
    pub(super) fn new(oximeter: Oximeter) -> Self {
        let (link, values) = mpsc::unbounded_channel();
        oximeter.state().link = Some(link);
        oximeter.room.tell(RadioEvent::Seen(oximeter.device.clone()));
        Self { oximeter, values: Mutex::new(Some(values)) }
    }
}

impl Drop for SimulatedLink {
    fn drop(&mut self) {
        self.oximeter.drop_link();
    }
}

#[async_trait]
impl Link for SimulatedLink {
    fn characteristics(&self) -> Vec<u16> {
        let spot = self.oximeter.state().traits.spot_check;
        let described = INFORMATION.map(|(characteristic, _)| characteristic);
        let always = described.into_iter().chain([BATTERY, STREAM]);
        always.chain([SPOT, RACP].into_iter().filter(|_| spot)).collect()
    }

    async fn read(&self, characteristic: u16) -> Result<Vec<u8>, RadioFault> {
        self.oximeter.refuses(characteristic)?;
        if characteristic == BATTERY {
            return Ok(vec![self.oximeter.state().traits.battery]);
        }
        let found = INFORMATION.into_iter().find(|(known, _)| *known == characteristic);
        found.map(|(_, text)| text.to_vec()).ok_or(RadioFault::Failed)
    }

    async fn write(&self, characteristic: u16, bytes: &[u8]) -> Result<(), RadioFault> {
        self.oximeter.refuses(characteristic)?;
        if characteristic != RACP {
            return Err(RadioFault::Failed);
        }
        tokio::spawn(self.oximeter.clone().answer(bytes.to_vec()));
        Ok(())
    }

    async fn subscribe(&self, characteristic: u16) -> Result<(), RadioFault> {
        self.oximeter.refuses(characteristic)?;
        self.oximeter.state().subscribed.insert(characteristic);
        Ok(())
    }

    async fn notifications(&self) -> Result<BoxStream<'static, (u16, Vec<u8>)>, RadioFault> {
        let values = self.values.lock().unwrap_or_else(PoisonError::into_inner).take();
        Ok(values.map_or_else(|| stream::empty().boxed(), |values| UnboundedReceiverStream::new(values).boxed()))
    }

    async fn connected(&self) -> bool {
        self.oximeter.connected()
    }

    async fn disconnect(&self) {
        self.oximeter.drop_link();
    }
}
