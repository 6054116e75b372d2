//! One link to one device, as a pure machine: what happens comes in as an [`Event`], what is to be done
//! goes out as [`Effect`]s, in order. Time is an event too.
//!
//! ```text
//! Subscribing -> Describing -> [Consenting] -> [Comparing] -> Counting -> Reporting -> Live
//!                                    |              |           |  \         |  \       ^
//!                                    |              |           |   `-> Aborting -`-----|  (deadline: stop, try later)
//!                                    `-- no RACP ---`- no news -`-----------------------'
//! any of them -> Over   (link gone, refused, not committed, stopped)
//! ```
//!
//! A memory whose records have numbers is fetched from the last known one on where that is safe (`numbers.rs`). A wrong
//! clock is set when the memory has been fetched, or the device has sent nothing for a while: never while a reading is
//! on its way, so that no reading's time is of two clocks.
//!
//! A glucose record that announces its context waits for it, for [`CONTEXT`] at most, in whatever phase. What comes over
//! a channel of a model that departs from the standard is read in the model's layout.

mod setting;
mod transfer;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    time::Duration,
};

use chrono::{DateTime, FixedOffset};
use dagsform_care::{DeviceId, DeviceTime, Flag, Observed};

use self::{setting::Setting, transfer::write};
pub use super::step::{Deadline, Effect, Ended, Event, Phase};
use super::{
    consent::{self, Consent},
    numbers::{self, Numbers},
    profile::{self, Profile},
    settling::{self, Settling},
    unasked,
};
use crate::{
    characteristic::Characteristic,
    codec::{
        self, BatteryLevel, DecodeError, Format, GlucoseMeasurement, UserControlPoint,
        racp::{RecordAccessControlPoint, Request},
    },
    device::{Channel, Model, Way, Write},
    event::{CollectorEvent, RadioFault},
    sink::{NewestRecord, RawFrame, SinkError, Taken},
};

/// How long the memory may say nothing during a transfer.
pub const RECORD: Duration = Duration::from_secs(10);
/// How long the newest record is waited for. A device that cannot give it alone answers so at once, or never.
pub const COMPARE: Duration = Duration::from_secs(3);
/// How long the answer to an abort is waited for.
pub const ABORT: Duration = Duration::from_secs(5);
/// How long after a failed transfer it is tried again on the same link.
pub const RETRY: Duration = Duration::from_secs(30);
/// So many transfers are tried on one link; then the link is closed.
pub const ATTEMPTS: u32 = 3;
/// How long a device that streams while it is on may stay without a word.
pub const STREAM_SILENCE: Duration = Duration::from_secs(30);
/// How long a device that sends single readings may stay without one.
pub const SPOT_SILENCE: Duration = Duration::from_secs(120);

/// So long after its memory a device's clock is looked at.
pub const AFTER_MEMORY: Duration = Duration::from_secs(1);
/// A device that sends by itself what it has kept is through when nothing has come for so long; one sends a reading
/// about every two seconds.
pub const THROUGH: Duration = Duration::from_secs(5);
/// Its first reading may take so long.
pub const FIRST: Duration = Duration::from_secs(35);

/// A model's frame in pieces that is longer than this is none.
const LONGEST_FRAME: usize = 4096;
/// How long a glucose record waits for the context that it announces; it follows at once.
pub const CONTEXT: Duration = Duration::from_secs(3);

/// One link to one device.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    device: DeviceId,
    profile: Profile,
    phase: Phase,
    /// Which of the device's users the patient is.
    user: Option<Consent>,
    /// Records taken in this transfer.
    taken: u32,
    /// Transfers tried on this link.
    attempts: u32,
    /// Where the memory was fetched to before; `None`: it is fetched whole.
    then: Option<NewestRecord>,
    /// The memory is not what it was then, or cannot be fetched in part: on this link it is fetched whole.
    whole: bool,
    /// The number of its newest record, once that has been compared.
    newest: u16,
    /// The records of the report that is going on.
    numbers: Numbers,
    /// The numbers of the frames that the sink has not answered for.
    numbered: VecDeque<Option<u16>>,
    /// The memory has been fetched to its end.
    fetched: bool,
    /// What is being done about the device's clock.
    clock: Setting,
    /// Records of the transfer by canonical bytes.
    seen: HashMap<Vec<u8>, u32>,
    /// When the last reading came.
    last: Option<DateTime<FixedOffset>>,
    /// A glucose record that waits for its context.
    waiting: Option<RawFrame>,
    /// What the memory said behind that record; it counts when the record has been committed.
    answer: Option<Vec<u8>>,
    settling: Settling,
    /// Anything came from the device by itself or in answer to the memory's control point.
    heard: bool,
    /// An undecodable stream is kept once, not every second.
    stream_kept: bool,
    /// What has come of a model's frames that are sent in pieces, by characteristic.
    pieces: HashMap<Characteristic, Vec<u8>>,
    /// Frames of a model's that were kept though they are no reading; each is kept once.
    refused: HashSet<Vec<u8>>,
}

/// The next state and what is to be done.
pub type Step = (Session, Vec<Effect>);

impl Session {
    /// A link that was just made, to a device that may be of a model that departs from the standard, and may have users.
    pub fn open(
        device: DeviceId,
        characteristics: &[Characteristic],
        model: Option<&'static Model>,
        user: Option<Consent>,
    ) -> Step {
        let mut profile = Profile::of(characteristics, model);
        profile.users &= user.is_some();
        let mut session = Self {
            device,
            phase: Phase::Subscribing(profile.subscriptions().into()),
            profile,
            user,
            taken: 0,
            attempts: 0,
            then: None,
            whole: false,
            newest: 0,
            numbers: Numbers::default(),
            numbered: VecDeque::new(),
            fetched: false,
            clock: Setting::Untouched,
            seen: HashMap::new(),
            last: None,
            waiting: None,
            answer: None,
            settling: Settling::default(),
            heard: false,
            stream_kept: false,
            pieces: HashMap::new(),
            refused: HashSet::new(),
        };
        let effects =
            if session.profile.measures() { session.subscribe_next() } else { session.fail(RadioFault::Unsupported) };
        (session, effects)
    }

    /// Where the link is.
    pub fn phase(&self) -> &Phase {
        &self.phase
    }

    /// Whether anything came from the device.
    pub fn heard(&self) -> bool {
        self.heard
    }

    /// Whether the frame is still in the device, to be fetched when the device comes back.
    pub(super) fn fetched_again(&self, frame: &RawFrame) -> bool {
        frame.from_storage && frame.format.characteristic().is_some_and(|number| self.profile.reports(number))
    }

    /// Whether the device's memory can be asked for frames like this one.
    pub(super) fn has_in_memory(&self, frame: &RawFrame) -> bool {
        frame.format.characteristic().is_some_and(|number| self.profile.reports(number))
    }

    /// The frame of a reading that came unasked; `None` if the characteristic sends none.
    pub(super) fn unasked(
        &mut self,
        characteristic: Characteristic,
        bytes: Vec<u8>,
        received: DateTime<FixedOffset>,
    ) -> Option<RawFrame> {
        let own = self.profile.channel(characteristic).filter(|channel| matches!(channel.way, Way::Readings));
        let standard = || characteristic.number().filter(|number| self.profile.reads(*number)).map(Format::from);
        let format = own.map(|channel| Format::Layout(channel.layout)).or_else(standard)?;
        Some(self.judged(format, bytes, received, false))
    }

    /// One step.
    pub fn update(mut self, event: Event) -> Step {
        let effects = self.step(event);
        for effect in &effects {
            if let Effect::Take(frame) | Effect::TakeAndAcknowledge(frame, _) = effect {
                self.numbered.push_back(numbers::number(frame));
            }
        }
        (self, effects)
    }

    fn step(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Took(outcome) => self.took(outcome),
            _ if matches!(self.phase, Phase::Over(_)) => Vec::new(),
            Event::Subscribed(characteristic, outcome) => self.subscribed(characteristic, outcome),
            Event::Described(Ok(())) => self.described(),
            Event::Written(Ok(())) => Vec::new(),
            Event::Recalled(then) => self.recalled(then),
            Event::ClockRead(shown, now, trusted) => self.clock_read(shown, now, trusted),
            Event::ClockWritten(outcome) => self.clock_written(outcome),
            Event::Described(Err(fault)) => self.fail(fault),
            Event::Written(Err(fault)) => self.refused(fault),
            Event::Value(characteristic, bytes, received) => self.value(characteristic, bytes, received),
            Event::Passed(deadline) => self.passed(deadline),
            Event::LinkEnded => self.over(Ended::Link),
            Event::Stop => {
                let mut effects = self.over(Ended::Link);
                effects.push(Effect::Disconnect);
                effects
            }
        }
    }

    fn subscribe_next(&mut self) -> Vec<Effect> {
        if let Phase::Subscribing(left) = &mut self.phase
            && let Some(next) = left.pop_front()
        {
            return vec![Effect::Subscribe(next)];
        }
        self.phase = Phase::Describing;
        let mut effects = vec![Effect::Tell(CollectorEvent::Connected(self.device.clone()))];
        effects.extend(self.profile.model.map(Effect::Open));
        effects.extend(self.keep_alive(false));
        effects.push(Effect::Describe);
        effects
    }

    /// Keeps a device sending that wants to be told so again and again; `due`: it is to be told now.
    fn keep_alive(&self, due: bool) -> Vec<Effect> {
        let Some(word) = self.profile.model.and_then(|model| model.keep_alive) else { return Vec::new() };
        let said = due.then(|| Effect::Say((word.writes)()));
        said.into_iter().chain([Effect::Arm(Deadline::KeepAlive, word.every)]).collect()
    }

    fn subscribed(&mut self, characteristic: Characteristic, outcome: Result<(), RadioFault>) -> Vec<Effect> {
        match outcome {
            Ok(()) => {}
            Err(fault @ (RadioFault::BondLost | RadioFault::Gone | RadioFault::Timeout)) => return self.fail(fault),
            Err(fault) => {
                tracing::warn!(device = %self.device, %characteristic, %fault, "not subscribed");
                self.profile.without(characteristic);
                if !self.profile.measures() {
                    return self.fail(fault);
                }
            }
        }
        self.subscribe_next()
    }

    fn described(&mut self) -> Vec<Effect> {
        let Some(user) = self.user.filter(|_| self.profile.users) else { return self.gather() };
        self.phase = Phase::Consenting;
        vec![
            Effect::Write(UserControlPoint::CHARACTERISTIC.into(), user.request()),
            Effect::Arm(Deadline::Consent, consent::ANSWER),
        ]
    }

    /// The device knows which of its users we are, or has none, or does not want to know.
    fn gather(&mut self) -> Vec<Effect> {
        if self.profile.memory { self.begin() } else { self.live() }
    }

    /// What the device says to our consent. Whatever it is, what it then sends is taken.
    fn consented(&mut self, answer: &[u8]) -> Vec<Effect> {
        let Some(given) = consent::given(answer).filter(|_| self.phase == Phase::Consenting) else { return Vec::new() };
        let told = match given {
            true => Effect::Tell(CollectorEvent::FaultEnded(Some(self.device.clone()), RadioFault::ConsentRefused)),
            false => self.tell_fault(RadioFault::ConsentRefused),
        };
        let mut effects = vec![Effect::Disarm(Deadline::Consent), told];
        effects.extend(self.gather());
        effects
    }

    fn live(&mut self) -> Vec<Effect> {
        self.phase = Phase::Live;
        let mut effects = match (self.heard, self.profile.streams()) {
            (true, _) => Vec::new(),
            (false, true) => vec![Effect::Arm(Deadline::Silence, STREAM_SILENCE)],
            (false, false) => vec![Effect::Arm(Deadline::Silence, SPOT_SILENCE)],
        };
        effects.extend(self.clock_after(match (self.fetched, self.last.is_some()) {
            (true, _) => AFTER_MEMORY,
            (false, true) => THROUGH,
            (false, false) => FIRST,
        }));
        effects
    }

    fn passed(&mut self, deadline: Deadline) -> Vec<Effect> {
        match (deadline, &self.phase) {
            (Deadline::Record, Phase::Counting | Phase::Reporting { .. }) => {
                self.phase = Phase::Aborting;
                vec![write(Request::Abort), Effect::Arm(Deadline::Abort, ABORT)]
            }
            (Deadline::Record, Phase::Comparing) => self.fetch_whole(),
            (Deadline::Consent, Phase::Consenting) => self.gather(),
            (Deadline::Quiet, _) if self.clock_due() => self.look_at_clock(),
            (Deadline::Abort, Phase::Aborting) => self.interrupted(),
            (Deadline::Retry, Phase::Live) => self.begin(),
            (Deadline::Silence, Phase::Live) if !self.heard => vec![self.tell_fault(RadioFault::Silent)],
            (Deadline::Settle, _) => self.settling.end().map(Effect::Take).into_iter().collect(),
            (Deadline::Context, _) => self.wait_no_longer(None),
            (Deadline::KeepAlive, _) => self.keep_alive(true),
            _ => Vec::new(),
        }
    }

    /// A write to a control point was refused.
    fn refused(&mut self, fault: RadioFault) -> Vec<Effect> {
        match fault {
            RadioFault::BondLost | RadioFault::Gone | RadioFault::Timeout => self.fail(fault),
            _ => match self.phase {
                Phase::Consenting => {
                    let mut effects = vec![Effect::Disarm(Deadline::Consent)];
                    effects.extend(self.gather());
                    effects
                }
                Phase::Comparing => self.fetch_whole(),
                _ if self.transferring() => self.interrupted(),
                _ => Vec::new(),
            },
        }
    }

    fn value(
        &mut self,
        characteristic: Characteristic,
        bytes: Vec<u8>,
        received: DateTime<FixedOffset>,
    ) -> Vec<Effect> {
        let mut effects = Vec::new();
        // A plain read of battery or clock shows up here too and says nothing about the stream.
        let read = characteristic == BatteryLevel::CHARACTERISTIC || Some(characteristic) == self.profile.clock;
        if !read && !self.heard {
            self.heard = true;
            effects.push(Effect::Disarm(Deadline::Silence));
            effects.push(Effect::Tell(CollectorEvent::FaultEnded(Some(self.device.clone()), RadioFault::Silent)));
        }
        if let Some(channel) = self.profile.channel(characteristic) {
            effects.extend(self.own(channel, bytes, received));
            effects.extend(self.clock_after(THROUGH));
            return effects;
        }
        effects.extend(match characteristic.number() {
            Some(RecordAccessControlPoint::CHARACTERISTIC) if self.waiting.is_some() => {
                // Nothing follows the last record any more.
                self.answer = Some(bytes);
                self.wait_no_longer(None)
            }
            Some(RecordAccessControlPoint::CHARACTERISTIC) => self.answered(&bytes),
            Some(BatteryLevel::CHARACTERISTIC) => match BatteryLevel::decode(&bytes) {
                Ok(battery) => vec![Effect::Battery(battery.level)],
                Err(_) => Vec::new(),
            },
            Some(UserControlPoint::CHARACTERISTIC) => self.consented(&bytes),
            Some(profile::STREAM) => self.stream(profile::STREAM.into(), bytes, received),
            Some(profile::CONTEXT) => self.context(bytes),
            Some(reading) if self.profile.reads(reading) => self.reading(reading, bytes, received),
            _ => Vec::new(),
        });
        effects
    }

    fn reading(&mut self, characteristic: u16, bytes: Vec<u8>, received: DateTime<FixedOffset>) -> Vec<Effect> {
        // The record before this one has waited in vain.
        let mut effects = self.wait_no_longer(None);
        // A record that arrives after the abort is still one of the memory's.
        let reporting = matches!(self.phase, Phase::Comparing | Phase::Reporting { .. } | Phase::Aborting);
        let asked = self.profile.reports(characteristic) && reporting;
        let frame = self.judged(characteristic.into(), bytes, received, asked);
        if self.profile.context && announces_context(&frame) {
            self.waiting = Some(frame);
            effects.push(Effect::Arm(Deadline::Context, CONTEXT));
        } else {
            effects.push(Effect::Take(frame));
        }
        effects.extend(self.next_record());
        effects.extend(self.clock_after(THROUGH));
        effects
    }

    /// The frame of a reading, with what is known of the way it came. `asked`: it was requested.
    fn judged(&mut self, format: Format, bytes: Vec<u8>, received: DateTime<FixedOffset>, asked: bool) -> RawFrame {
        let observed = codec::observe(format, &bytes, None).ok().flatten();
        let before = self.last.replace(received);
        let mut frame = self.frame(format, bytes, received);
        frame.from_storage = asked || observed.as_ref().is_some_and(|o| unasked::from_storage(o, received, before));
        if frame.from_storage && !observed.as_ref().is_some_and(|o| equals_only_itself(o, asked)) {
            let canonical = observed.map_or_else(|| frame.bytes.clone(), |o| o.canonical);
            let before = self.seen.entry(canonical).or_default();
            frame.ordinal = *before;
            *before = before.saturating_add(1);
        }
        frame
    }

    /// A context; one that no record waits for says nothing.
    fn context(&mut self, bytes: Vec<u8>) -> Vec<Effect> {
        // Both begin with the flags and the sequence number (Glucose Service 1.0.1, 3.1 and 3.2).
        let ours = self.waiting.as_ref().is_some_and(|frame| frame.bytes.get(1..3) == bytes.get(1..3));
        if ours {
            return self.wait_no_longer(Some(bytes));
        }
        tracing::debug!(device = %self.device, "the context of no record");
        Vec::new()
    }

    /// Passes the record on that waits for its context, if one does.
    fn wait_no_longer(&mut self, context: Option<Vec<u8>>) -> Vec<Effect> {
        let Some(frame) = self.waiting.take() else { return Vec::new() };
        if context.is_none() {
            // It may come the next time, if the record is fetched then.
            self.numbers.spoil();
        }
        let mut effects = vec![Effect::Disarm(Deadline::Context), Effect::Take(RawFrame { context, ..frame })];
        effects.extend(self.next_record());
        effects
    }

    /// What came over a channel of the model's own.
    fn own(&mut self, channel: &'static Channel, bytes: Vec<u8>, received: DateTime<FixedOffset>) -> Vec<Effect> {
        match channel.way {
            Way::Stream => self.stream(channel.layout.into(), bytes, received),
            Way::Readings => self.own_frame(channel, bytes, received),
            Way::Pieces(whole) => {
                let frames = self.whole_frames(channel.characteristic, bytes, whole);
                frames.into_iter().flat_map(|frame| self.own_frame(channel, frame, received)).collect()
            }
            Way::StreamInPieces(whole) => {
                let frames = self.whole_frames(channel.characteristic, bytes, whole);
                frames.into_iter().flat_map(|frame| self.stream(channel.layout.into(), frame, received)).collect()
            }
            Way::Batch { whole, records } => {
                let frames = self.whole_frames(channel.characteristic, bytes, whole);
                frames.into_iter().flat_map(|frame| self.batch(channel, frame, records, received)).collect()
            }
        }
    }

    /// The whole frames that are there now.
    fn whole_frames(
        &mut self,
        characteristic: Characteristic,
        bytes: Vec<u8>,
        whole: fn(&[u8]) -> Option<usize>,
    ) -> Vec<Vec<u8>> {
        let mut pieces = self.pieces.remove(&characteristic).unwrap_or_default();
        pieces.extend(bytes);
        let mut frames = Vec::new();
        while let Some(length) = whole(&pieces).filter(|length| (1..=pieces.len()).contains(length)) {
            let rest = pieces.split_off(length);
            frames.push(std::mem::replace(&mut pieces, rest));
        }
        if pieces.len() > LONGEST_FRAME {
            // No frame is so long: it is passed on as it is, and another begun.
            frames.push(std::mem::take(&mut pieces));
        }
        self.pieces.insert(characteristic, pieces);
        frames
    }

    /// A frame that holds many records. It is acknowledged when the last of them has been committed.
    fn batch(
        &mut self,
        channel: &'static Channel,
        frame: Vec<u8>,
        records: fn(&[u8]) -> Vec<Vec<u8>>,
        received: DateTime<FixedOffset>,
    ) -> Vec<Effect> {
        let records = records(&frame);
        if records.is_empty() {
            return self.own_frame(channel, frame, received);
        }
        let mut effects: Vec<Effect> =
            records.into_iter().flat_map(|record| self.taken_or_told(channel, record, received, Vec::new())).collect();
        effects.extend(self.acknowledged(&frame).map(Effect::Say));
        effects
    }

    /// A whole frame in a layout of the model's own.
    fn own_frame(&mut self, channel: &'static Channel, bytes: Vec<u8>, received: DateTime<FixedOffset>) -> Vec<Effect> {
        let acknowledgement = self.acknowledged(&bytes).unwrap_or_default();
        self.taken_or_told(channel, bytes, received, acknowledgement)
    }

    /// What the model wants to be told after a frame, if anything.
    fn acknowledged(&self, frame: &[u8]) -> Option<Vec<Write>> {
        self.profile.model.map(|model| (model.acknowledgement)(frame)).filter(|writes| !writes.is_empty())
    }

    /// What becomes of a frame by what its layout says.
    fn taken_or_told(
        &mut self,
        channel: &'static Channel,
        bytes: Vec<u8>,
        received: DateTime<FixedOffset>,
        acknowledgement: Vec<Write>,
    ) -> Vec<Effect> {
        let format = Format::Layout(channel.layout);
        let say = |writes: Vec<Write>| if writes.is_empty() { Vec::new() } else { vec![Effect::Say(writes)] };
        let frame = match codec::observe(format, &bytes, None) {
            // A word that is no measurement.
            Ok(None) => return say(acknowledgement),
            Ok(Some(observed)) if observed.flags.contains(&Flag::MeasurementOngoing) => {
                let live = Effect::Tell(CollectorEvent::Live(self.device.clone(), observed));
                return [vec![live], say(acknowledgement)].concat();
            }
            Ok(Some(_)) => self.judged(format, bytes, received, false),
            // What is no reading is kept with the reason, but not as often as a scale sends its placeholders.
            Err(DecodeError::NotAReading { .. }) if !self.refused.insert(bytes.clone()) => return say(acknowledgement),
            Err(_) => self.frame(format, bytes, received),
        };
        match acknowledgement.is_empty() {
            true => vec![Effect::Take(frame)],
            false => vec![Effect::TakeAndAcknowledge(frame, acknowledgement)],
        }
    }

    fn stream(&mut self, format: Format, bytes: Vec<u8>, received: DateTime<FixedOffset>) -> Vec<Effect> {
        let frame = self.frame(format, bytes, received);
        let observed = match codec::observe(format, &frame.bytes, None) {
            Ok(Some(observed)) => observed,
            // A device's word that is no measurement.
            Ok(None) => return Vec::new(),
            Err(_) if self.stream_kept => return Vec::new(),
            Err(_) => {
                self.stream_kept = true;
                return vec![Effect::Take(frame)];
            }
        };
        let says = settling::says(&observed);
        let mut effects = vec![Effect::Tell(CollectorEvent::Live(self.device.clone(), observed))];
        if !self.profile.reads(profile::SPOT) {
            if says == settling::Says::Valid {
                effects.push(Effect::Arm(Deadline::Settle, settling::QUIET));
            }
            effects.extend(self.settling.frame(&frame, says).map(Effect::Take));
        }
        effects
    }

    fn took(&mut self, outcome: Result<Taken, SinkError>) -> Vec<Effect> {
        let number = self.numbered.pop_front().flatten();
        match outcome {
            Ok(taken) => {
                self.numbers.add(number, &taken);
                if matches!(self.phase, Phase::Reporting { .. } | Phase::Aborting) {
                    self.taken = self.taken.saturating_add(1);
                }
                let mut effects = vec![Effect::Tell(CollectorEvent::Taken(self.device.clone(), taken))];
                effects.extend(self.answer.take().into_iter().flat_map(|answer| self.answered(&answer)));
                effects
            }
            Err(error) => {
                let mut effects = vec![Effect::Tell(CollectorEvent::NotTaken(self.device.clone(), error))];
                if !matches!(self.phase, Phase::Over(_)) {
                    effects.extend(self.over(Ended::NotTaken));
                    effects.push(Effect::Disconnect);
                }
                effects
            }
        }
    }

    fn fail(&mut self, fault: RadioFault) -> Vec<Effect> {
        let mut effects = self.over(Ended::Fault(fault));
        // That a device went away is told as such; it is no fault of its own.
        if !matches!(fault, RadioFault::Gone | RadioFault::Timeout) {
            effects.push(self.tell_fault(fault));
        }
        effects.push(Effect::Disconnect);
        effects
    }

    /// Ends the link: what was going on is told, what has settled is kept.
    fn over(&mut self, ended: Ended) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.transferring() {
            effects.push(Effect::Tell(CollectorEvent::TransferInterrupted(self.device.clone(), self.taken)));
        }
        effects.extend(self.settling.end().map(Effect::Take));
        // What is fetched again comes with its context then.
        let lost = self.waiting.take().filter(|frame| !self.fetched_again(frame));
        effects.extend(lost.map(Effect::Take));
        self.phase = Phase::Over(ended);
        effects
    }

    fn tell_fault(&self, fault: RadioFault) -> Effect {
        Effect::Tell(CollectorEvent::Fault(Some(self.device.clone()), fault))
    }

    fn frame(&self, format: Format, bytes: Vec<u8>, received: DateTime<FixedOffset>) -> RawFrame {
        RawFrame {
            device: self.device.clone(),
            format,
            bytes,
            context: None,
            received,
            from_storage: false,
            ordinal: 0,
        }
    }
}

fn announces_context(frame: &RawFrame) -> bool {
    frame.format == Format::Characteristic(GlucoseMeasurement::CHARACTERISTIC)
        && GlucoseMeasurement::decode(&frame.bytes).is_ok_and(|measurement| measurement.context_follows())
}

/// Whether a record that comes a second time with the same bytes has been sent twice, rather than measured
/// twice: it has a number of its own, or was sent unasked with its time. A memory that is asked for reports
/// each of its records once.
fn equals_only_itself(observed: &Observed, asked: bool) -> bool {
    observed.sequence.is_some() || (!asked && matches!(observed.time, DeviceTime::Local(_)))
}
