//! What all simulated devices have in common: they are switched on and off, heard, connected to, and have
//! a bond and a memory; and the link to one.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{Datelike, NaiveDateTime, Timelike};
use dagsform_care::DeviceId;
use futures::{StreamExt, stream, stream::BoxStream};
use tokio::{sync::mpsc, time::sleep};
use tokio_stream::wrappers::UnboundedReceiverStream;

use super::{DeviceClock, Simulated, users::Users};
use crate::{
    characteristic::Characteristic,
    codec::CurrentTime,
    event::RadioFault,
    radio::{Link, RadioEvent},
};

pub(super) const SPOT: u16 = 0x2A5E;
pub(super) const RACP: u16 = 0x2A52;
const BATTERY: u16 = 0x2A19;
const CURRENT_TIME: u16 = 0x2A2B;
const USER_CONTROL_POINT: u16 = 0x2A9F;
const MODEL: u16 = 0x2A24;
const INFORMATION: [(u16, &[u8]); 5] =
    [(0x2A29, b"Dagsform"), (0x2A25, b"000001"), (0x2A26, b"1.0"), (0x2A27, b"A"), (0x2A28, b"1.0")];

/// So long after a measurement the device switches itself off.
const IDLE: Duration = Duration::from_secs(20);
/// A record of the memory takes so long to send.
const RECORD: Duration = Duration::from_millis(20);
/// A device that sends its memory by itself waits so long before each record.
const BY_ITSELF: Duration = Duration::from_millis(500);

/// How the memory behaves that is asked for through the Record Access Control Point.
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
    /// It reports all records or none.
    OnlyWhole,
    /// It reports all records, whichever were asked for.
    IgnoresFilter,
    /// It reports its newest record first.
    NewestFirst,
}

/// What can be done with its clock over a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockAccess {
    /// Nothing.
    Hidden,
    /// It can be read (Current Time, 0x2A2B), and not set.
    Fixed,
    /// It can be read and set.
    Settable,
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

/// What kind of device it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traits {
    /// An oximeter gives single readings (and has a memory of them); otherwise it only streams.
    pub spot_check: bool,
    /// How the memory behaves.
    pub memory: Memory,
    /// It says nothing at all over a link.
    pub silent: bool,
    /// Battery level in per cent.
    pub battery: u8,
    /// What can be done with its clock.
    pub clock: ClockAccess,
}

impl Default for Traits {
    fn default() -> Self {
        Self { spot_check: true, memory: Memory::Works, silent: false, battery: 87, clock: ClockAccess::Hidden }
    }
}

/// How a model gives away what it has kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gives {
    /// On request, again and again (Record Access Control Point).
    OnRequest,
    /// By itself as soon as it is subscribed to; what has been sent is forgotten.
    ByItself,
}

/// What one model has that others have not.
#[derive(Debug)]
pub(super) struct Model {
    /// Model Number String.
    pub(super) number: &'static str,
    /// The characteristic of its readings.
    pub(super) reading: u16,
    /// What it has besides, device information and battery left out.
    pub(super) others: &'static [u16],
    /// How it gives away what it has kept.
    pub(super) gives: Gives,
}

/// A characteristic and a value of it.
type Value = (u16, Vec<u8>);

/// A reading with what belongs to it, in the order in which it is sent.
type Record = Vec<Value>;

/// A device in the room, and the hand that uses it. What measures is the hand of its kind.
#[derive(Clone)]
pub struct Device {
    room: Simulated,
    address: DeviceId,
    clock: DeviceClock,
    model: &'static Model,
    state: Arc<Mutex<State>>,
}

struct State {
    traits: Traits,
    bonding: Bonding,
    on: bool,
    records: VecDeque<Record>,
    /// The number of its last reading.
    count: u16,
    /// By so much its clock is ahead.
    ahead: chrono::Duration,
    /// Its users, where it has any.
    users: Option<Users>,
    /// The link drops before this record (from 1), once.
    drop_before: Option<usize>,
    link: Option<mpsc::UnboundedSender<Value>>,
    subscribed: BTreeSet<u16>,
    /// Counts uses; the switch-off of an earlier one does not count.
    uses: u64,
    /// Counts reports and aborts; an earlier report goes on no more.
    reports: u64,
}

impl Device {
    pub(super) fn new(
        room: Simulated,
        address: DeviceId,
        traits: Traits,
        clock: DeviceClock,
        model: &'static Model,
    ) -> Self {
        let state = State {
            traits,
            bonding: Bonding::Bonded,
            on: false,
            records: VecDeque::new(),
            count: 0,
            ahead: chrono::Duration::zero(),
            users: None,
            drop_before: None,
            link: None,
            subscribed: BTreeSet::new(),
            uses: 0,
            reports: 0,
        };
        Self { room, address, clock, model, state: Arc::new(Mutex::new(state)) }
    }

    /// Its address.
    pub fn device(&self) -> &DeviceId {
        &self.address
    }

    /// Switches the device on or off; on, it advertises while it is not connected.
    pub fn switch(&self, on: bool) {
        self.state().on = on;
        if on {
            self.room.tell(RadioEvent::Seen(self.address.clone()));
        } else {
            self.drop_link();
        }
    }

    /// Puts a reading into the memory, as it is to be sent.
    pub fn store(&self, reading: Vec<u8>) {
        self.keep(vec![(self.model.reading, reading)]);
    }

    /// The readings of the memory, without what belongs to them.
    pub fn records(&self) -> Vec<Vec<u8>> {
        self.state().records.iter().filter_map(|record| record.first()).map(|(_, reading)| reading.clone()).collect()
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
            state.users.iter_mut().for_each(Users::forget);
            state.reports += 1;
            state.link.take()
        };
        if dropped.is_some() {
            self.room.tell(RadioEvent::Disconnected(self.address.clone()));
        }
    }

    /// Drops the link before record `n` (from 1) of the next report, once.
    pub fn drop_before(&self, n: usize) {
        self.state().drop_before = Some(n);
    }

    /// Sets its clock ahead of the right time by so much.
    pub fn misset(&self, ahead: chrono::Duration) {
        self.state().ahead = ahead;
    }

    /// How far its clock is ahead of the right time.
    pub fn ahead(&self) -> chrono::Duration {
        self.state().ahead
    }

    /// The next reading has this number: the battery was changed, or the numbers have come to their end.
    pub fn number_from(&self, next: u16) {
        self.state().count = next.wrapping_sub(1);
    }

    /// Drops its oldest records: the memory is full.
    pub fn discard(&self, records: usize) {
        let mut state = self.state();
        let records = records.min(state.records.len());
        state.records.drain(..records);
    }

    /// Gives it a user with this code. A device with users gives nothing away before one of them was chosen.
    pub fn add_user(&self, index: u8, code: u16) {
        self.state().users.get_or_insert_default().add(index, code);
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

    /// The time that its clock shows.
    pub(super) fn now(&self) -> NaiveDateTime {
        let right = (self.clock)();
        right.checked_add_signed(self.state().ahead).unwrap_or(right)
    }

    pub(super) fn is_on(&self) -> bool {
        self.state().on
    }

    pub(super) fn bonding(&self) -> Bonding {
        self.state().bonding
    }

    pub(super) fn traits(&self) -> Traits {
        self.state().traits
    }

    pub(super) fn advertises(&self) -> bool {
        let state = self.state();
        state.on && state.link.is_none()
    }

    pub(super) fn keep(&self, record: Record) {
        self.state().records.push_back(record);
    }

    pub(super) fn forget_all(&self) {
        self.state().records.clear();
    }

    /// The number of the next reading, from 1.
    pub(super) fn number(&self) -> u16 {
        let mut state = self.state();
        state.count = state.count.wrapping_add(1);
        state.count
    }

    /// Somebody uses it. The use ends with [`Device::put_down`].
    pub(super) fn pick_up(&self) -> u64 {
        let mut state = self.state();
        state.uses += 1;
        state.uses
    }

    /// The device waits for a while and switches itself off, unless it has been used again.
    pub(super) async fn put_down(&self, this: u64) {
        sleep(IDLE).await;
        if self.state().uses == this {
            self.switch(false);
        }
    }

    /// One use of a device that is heard only once it has measured: it keeps the record and gives it
    /// away with all others.
    pub(super) async fn give(&self, record: Record) {
        let this = self.pick_up();
        self.keep(record);
        self.switch(true);
        self.begin_to_give();
        self.put_down(this).await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it has of its own kind.
    fn measuring(&self) -> impl Iterator<Item = u16> {
        let only_streams = !self.traits().spot_check;
        let clock = (self.traits().clock != ClockAccess::Hidden).then_some(CURRENT_TIME);
        let users = self.state().users.as_ref().map(|_| USER_CONTROL_POINT);
        let own = std::iter::once(self.model.reading).chain(self.model.others.iter().copied());
        own.chain(clock)
            .chain(users)
            .filter(move |characteristic| !(only_streams && [SPOT, RACP].contains(characteristic)))
    }

    fn refuses(&self, what: u16) -> Result<(), RadioFault> {
        let state = self.state();
        match (state.link.is_some(), state.bonding) {
            (false, _) => Err(RadioFault::Gone),
            // Device information and battery are open on most devices.
            (true, Bonding::LostThere) if what == self.model.reading || self.model.others.contains(&what) => {
                Err(RadioFault::BondLost)
            }
            _ => Ok(()),
        }
    }

    /// Begins to send the memory, if it does so by itself and is listened to.
    fn begin_to_give(&self) {
        let this = {
            let mut state = self.state();
            let closed = state.users.as_ref().is_some_and(|users| !users.has_consent());
            if self.model.gives != Gives::ByItself || closed || !state.subscribed.contains(&self.model.reading) {
                return;
            }
            state.reports += 1;
            state.reports
        };
        tokio::spawn(self.clone().give_by_itself(this));
    }

    async fn give_by_itself(self, this: u64) {
        for n in 1.. {
            sleep(BY_ITSELF).await;
            let Some(record) = self.state().records.front().cloned() else { return };
            if self.ends_before(n, this) {
                return;
            }
            if !record.into_iter().all(|(characteristic, bytes)| self.say(characteristic, bytes)) {
                return;
            }
            self.state().records.pop_front();
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
        let Some(records) = asked_for(&request, records, memory) else { return self.respond(op, 4) };
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

    /// Answers the User Control Point, and gives what it has if that was a user's code.
    fn answer_user(&self, request: &[u8]) -> Result<(), RadioFault> {
        let answer = self.state().users.as_mut().map(|users| users.answer(request)).ok_or(RadioFault::Failed)?;
        self.say(USER_CONTROL_POINT, answer);
        self.begin_to_give();
        Ok(())
    }

    /// What its clock shows, as Current Time.
    fn current_time(&self) -> Vec<u8> {
        let now = self.now();
        let weekday = u8::try_from(now.weekday().number_from_monday()).unwrap_or(0);
        [&date_time(now)[..], &[weekday, 0, 0]].concat()
    }

    fn set_clock(&self, bytes: &[u8]) -> Result<(), RadioFault> {
        let settable = self.traits().clock == ClockAccess::Settable;
        let set = CurrentTime::decode(bytes).ok().filter(|_| settable).and_then(|time| time.date_time.time());
        let ahead = set.ok_or(RadioFault::Failed)?.signed_duration_since((self.clock)());
        self.misset(ahead);
        Ok(())
    }

    fn respond(&self, op: u8, result: u8) {
        self.say(RACP, vec![6, 0, op, result]);
    }

    /// Sends the records; true if it came to its end.
    async fn report(&self, records: VecDeque<Record>, memory: Memory, this: u64) -> bool {
        for (n, record) in (1..).zip(records) {
            sleep(RECORD).await;
            if memory == Memory::StallsBefore(n) || self.ends_before(n, this) {
                return false;
            }
            for (characteristic, bytes) in record {
                self.say(characteristic, bytes);
            }
        }
        true
    }

    /// Whether the report is over before its record `n`: another has begun, or the link is to drop here.
    fn ends_before(&self, n: usize, this: u64) -> bool {
        let drops = {
            let mut state = self.state();
            if state.reports != this {
                return true;
            }
            let drops = state.drop_before == Some(n);
            state.drop_before = state.drop_before.filter(|_| !drops);
            drops
        };
        if drops {
            self.drop_link();
        }
        drops
    }
}

/// The records that a request is for, of those that there are, in the order in which they are reported; `None` if the
/// memory does not know such requests.
fn asked_for(request: &[u8], records: VecDeque<Record>, memory: Memory) -> Option<VecDeque<Record>> {
    let from = match (request, memory) {
        ([_, 0 | 1, ..], Memory::NewestFirst) => return Some(records.into_iter().rev().collect()),
        ([_, 0 | 1, ..], _) | (_, Memory::IgnoresFilter) => return Some(records),
        (_, Memory::OnlyWhole) => return None,
        ([_, 6], _) => return Some(records.into_iter().rev().take(1).collect()),
        ([_, 3, 1, low, high], _) => u16::from_le_bytes([*low, *high]),
        _ => return None,
    };
    let number = |record: &Record| match record.first() {
        Some((_, bytes)) => bytes.get(1..3).and_then(|bytes| bytes.try_into().ok()).map(u16::from_le_bytes),
        None => None,
    };
    let behind: VecDeque<Record> = records.into_iter().filter(|record| number(record) >= Some(from)).collect();
    Some(if memory == Memory::NewestFirst { behind.into_iter().rev().collect() } else { behind })
}

/// Date Time (0x2A08): seven bytes.
pub(super) fn date_time(time: NaiveDateTime) -> [u8; 7] {
    let small = |n: u32| u8::try_from(n).unwrap_or(0);
    let [low, high] = u16::try_from(time.year()).unwrap_or(0).to_le_bytes();
    [low, high, small(time.month()), small(time.day()), small(time.hour()), small(time.minute()), small(time.second())]
}

/// SFLOAT with this exponent (-8 to 7) and at most the largest mantissa that is a number.
pub(super) fn sfloat(mantissa: u16, exponent: i8) -> [u8; 2] {
    let [exponent] = exponent.to_le_bytes();
    (mantissa.min(2045) | u16::from(exponent & 0x0F) << 12).to_le_bytes()
}

pub(super) struct SimulatedLink {
    device: Device,
    /// Until somebody listens.
    values: Mutex<Option<mpsc::UnboundedReceiver<Value>>>,
}

impl SimulatedLink {
    pub(super) fn new(device: Device) -> Self {
        let (link, values) = mpsc::unbounded_channel();
        device.state().link = Some(link);
        device.room.tell(RadioEvent::Seen(device.address.clone()));
        Self { device, values: Mutex::new(Some(values)) }
    }
}

impl Drop for SimulatedLink {
    fn drop(&mut self) {
        self.device.drop_link();
    }
}

#[async_trait]
impl Link for SimulatedLink {
    fn services(&self) -> Vec<Characteristic> {
        Vec::new()
    }

    fn characteristics(&self) -> Vec<Characteristic> {
        let described = INFORMATION.map(|(characteristic, _)| characteristic);
        let numbers = described.into_iter().chain([MODEL, BATTERY]).chain(self.device.measuring());
        numbers.map(Characteristic::from).collect()
    }

    fn name(&self) -> Option<String> {
        None
    }

    async fn read(&self, characteristic: Characteristic) -> Result<Vec<u8>, RadioFault> {
        let characteristic = characteristic.number().ok_or(RadioFault::Failed)?;
        self.device.refuses(characteristic)?;
        match characteristic {
            BATTERY => Ok(vec![self.device.traits().battery]),
            CURRENT_TIME if self.device.traits().clock != ClockAccess::Hidden => Ok(self.device.current_time()),
            MODEL => Ok(self.device.model.number.as_bytes().to_vec()),
            _ => {
                let found = INFORMATION.into_iter().find(|(known, _)| *known == characteristic);
                found.map(|(_, text)| text.to_vec()).ok_or(RadioFault::Failed)
            }
        }
    }

    async fn write(&self, characteristic: Characteristic, bytes: &[u8]) -> Result<(), RadioFault> {
        let characteristic = characteristic.number().ok_or(RadioFault::Failed)?;
        self.device.refuses(characteristic)?;
        match characteristic {
            CURRENT_TIME => return self.device.set_clock(bytes),
            USER_CONTROL_POINT => return self.device.answer_user(bytes),
            _ => {}
        }
        if characteristic != RACP || self.device.model.gives != Gives::OnRequest {
            return Err(RadioFault::Failed);
        }
        tokio::spawn(self.device.clone().answer(bytes.to_vec()));
        Ok(())
    }

    async fn subscribe(&self, characteristic: Characteristic) -> Result<(), RadioFault> {
        let characteristic = characteristic.number().ok_or(RadioFault::Failed)?;
        self.device.refuses(characteristic)?;
        self.device.state().subscribed.insert(characteristic);
        if characteristic == self.device.model.reading {
            self.device.begin_to_give();
        }
        Ok(())
    }

    async fn notifications(&self) -> Result<BoxStream<'static, (Characteristic, Vec<u8>)>, RadioFault> {
        let values = self.values.lock().unwrap_or_else(PoisonError::into_inner).take();
        let stream =
            values.map_or_else(|| stream::empty().boxed(), |values| UnboundedReceiverStream::new(values).boxed());
        Ok(stream.map(|(number, bytes)| (number.into(), bytes)).boxed())
    }

    async fn connected(&self) -> bool {
        self.device.connected()
    }

    async fn disconnect(&self) {
        self.device.drop_link();
    }
}
