//! One link to one device, as a pure machine: what happens comes in as an [`Event`], what is to be done
//! goes out as [`Effect`]s, in order. Time is an event too.
//!
//! ```text
//! Subscribing -> Describing -> Counting -> Reporting -> Live
//!                    |            |  \         |  \       ^
//!                    |            |   `-> Aborting -`-----|   (deadline: stop, and try again later)
//!                    `- no RACP --`------------------------'
//! any of them -> Over   (link gone, refused, not committed, stopped)
//! ```
//!
//! A glucose record that announces its context waits for it, for [`CONTEXT`] at most, in whatever phase.

use std::{collections::HashMap, time::Duration};

use chrono::{DateTime, FixedOffset};
use dagsform_care::{DeviceId, DeviceTime, Observed};

pub use super::step::{Deadline, Effect, Ended, Event, Phase};
use super::{
    profile::{self, Profile},
    settling::{self, Settling},
    unasked,
};
use crate::{
    codec::{
        self, BatteryLevel, GlucoseMeasurement,
        racp::{OpCode, Operand, RecordAccessControlPoint, Request, ResponseCode},
    },
    event::{CollectorEvent, RadioFault},
    sink::{RawFrame, SinkError, Taken},
};

/// How long the memory may say nothing during a transfer.
pub const RECORD: Duration = Duration::from_secs(10);
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

/// How long a glucose record waits for the context that it announces; it follows at once.
pub const CONTEXT: Duration = Duration::from_secs(3);

/// One link to one device.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    device: DeviceId,
    profile: Profile,
    phase: Phase,
    /// Records taken in this transfer.
    taken: u32,
    /// Transfers tried on this link.
    attempts: u32,
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
}

/// The next state and what is to be done.
pub type Step = (Session, Vec<Effect>);

impl Session {
    /// A link that was just made.
    pub fn open(device: DeviceId, characteristics: &[u16]) -> Step {
        let profile = Profile::of(characteristics);
        let mut session = Self {
            device,
            phase: Phase::Subscribing(profile.subscriptions().into()),
            profile,
            taken: 0,
            attempts: 0,
            seen: HashMap::new(),
            last: None,
            waiting: None,
            answer: None,
            settling: Settling::default(),
            heard: false,
            stream_kept: false,
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
        frame.from_storage && self.profile.reports(frame.characteristic)
    }

    /// The frame of a reading that came unasked; `None` if the characteristic sends none.
    pub(super) fn unasked(
        &mut self,
        characteristic: u16,
        bytes: Vec<u8>,
        received: DateTime<FixedOffset>,
    ) -> Option<RawFrame> {
        self.profile.reads(characteristic).then(|| self.judged(characteristic, bytes, received, false))
    }

    /// One step.
    pub fn update(mut self, event: Event) -> Step {
        let effects = self.step(event);
        (self, effects)
    }

    fn step(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Took(outcome) => self.took(outcome),
            _ if matches!(self.phase, Phase::Over(_)) => Vec::new(),
            Event::Subscribed(characteristic, outcome) => self.subscribed(characteristic, outcome),
            Event::Described(Ok(())) => self.described(),
            Event::Written(Ok(())) => Vec::new(),
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
        vec![Effect::Tell(CollectorEvent::Connected(self.device.clone())), Effect::Describe]
    }

    fn subscribed(&mut self, characteristic: u16, outcome: Result<(), RadioFault>) -> Vec<Effect> {
        match outcome {
            Ok(()) => {}
            Err(fault @ (RadioFault::BondLost | RadioFault::Gone | RadioFault::Timeout)) => return self.fail(fault),
            Err(fault) => {
                tracing::warn!(device = %self.device, characteristic = format_args!("{characteristic:04X}"), %fault, "not subscribed");
                self.profile.without(characteristic);
                if !self.profile.measures() {
                    return self.fail(fault);
                }
            }
        }
        self.subscribe_next()
    }

    fn described(&mut self) -> Vec<Effect> {
        if self.profile.memory {
            return self.count();
        }
        self.live()
    }

    /// Begins a transfer.
    fn count(&mut self) -> Vec<Effect> {
        self.phase = Phase::Counting;
        self.attempts = self.attempts.saturating_add(1);
        self.taken = 0;
        self.seen.clear();
        vec![Effect::Write(Request::CountAll.bytes()), Effect::Arm(Deadline::Record, RECORD)]
    }

    fn report(&mut self, announced: Option<u32>) -> Vec<Effect> {
        self.phase = Phase::Reporting { announced };
        self.taken = 0;
        vec![
            Effect::Tell(CollectorEvent::TransferStarted(self.device.clone(), announced)),
            Effect::Write(Request::ReportAll.bytes()),
            Effect::Arm(Deadline::Record, RECORD),
        ]
    }

    fn complete(&mut self) -> Vec<Effect> {
        let mut effects = vec![
            Effect::Disarm(Deadline::Record),
            Effect::Disarm(Deadline::Abort),
            Effect::TransferComplete,
            Effect::Tell(CollectorEvent::TransferComplete(self.device.clone(), self.taken)),
        ];
        effects.extend(self.live());
        effects
    }

    fn live(&mut self) -> Vec<Effect> {
        self.phase = Phase::Live;
        match (self.heard, self.profile.stream) {
            (true, _) => Vec::new(),
            (false, true) => vec![Effect::Arm(Deadline::Silence, STREAM_SILENCE)],
            (false, false) => vec![Effect::Arm(Deadline::Silence, SPOT_SILENCE)],
        }
    }

    /// Ends a transfer that did not come to its end; the link stays.
    fn interrupted(&mut self) -> Vec<Effect> {
        let mut effects = vec![
            Effect::Disarm(Deadline::Record),
            Effect::Disarm(Deadline::Abort),
            Effect::Tell(CollectorEvent::TransferInterrupted(self.device.clone(), self.taken)),
        ];
        if !self.heard {
            effects.push(self.tell_fault(RadioFault::Silent));
        }
        if self.attempts >= ATTEMPTS {
            self.phase = Phase::Over(Ended::Fault(RadioFault::Silent));
            effects.push(Effect::Disconnect);
        } else {
            self.phase = Phase::Live;
            effects.push(Effect::Arm(Deadline::Retry, RETRY));
        }
        effects
    }

    fn passed(&mut self, deadline: Deadline) -> Vec<Effect> {
        match (deadline, &self.phase) {
            (Deadline::Record, Phase::Counting | Phase::Reporting { .. }) => {
                self.phase = Phase::Aborting;
                vec![Effect::Write(Request::Abort.bytes()), Effect::Arm(Deadline::Abort, ABORT)]
            }
            (Deadline::Abort, Phase::Aborting) => self.interrupted(),
            (Deadline::Retry, Phase::Live) => self.count(),
            (Deadline::Silence, Phase::Live) if !self.heard => vec![self.tell_fault(RadioFault::Silent)],
            (Deadline::Settle, _) => self.settling.end().map(Effect::Take).into_iter().collect(),
            (Deadline::Context, _) => self.wait_no_longer(None),
            _ => Vec::new(),
        }
    }

    /// A write to the memory's control point was refused.
    fn refused(&mut self, fault: RadioFault) -> Vec<Effect> {
        match fault {
            RadioFault::BondLost | RadioFault::Gone | RadioFault::Timeout => self.fail(fault),
            _ if self.transferring() => self.interrupted(),
            _ => Vec::new(),
        }
    }

    fn value(&mut self, characteristic: u16, bytes: Vec<u8>, received: DateTime<FixedOffset>) -> Vec<Effect> {
        let mut effects = Vec::new();
        // A plain read of the battery shows up here too and says nothing about the stream.
        if characteristic != BatteryLevel::CHARACTERISTIC && !self.heard {
            self.heard = true;
            effects.push(Effect::Disarm(Deadline::Silence));
            effects.push(Effect::Tell(CollectorEvent::FaultEnded(Some(self.device.clone()), RadioFault::Silent)));
        }
        effects.extend(match characteristic {
            RecordAccessControlPoint::CHARACTERISTIC if self.waiting.is_some() => {
                // Nothing follows the last record any more.
                self.answer = Some(bytes);
                self.wait_no_longer(None)
            }
            RecordAccessControlPoint::CHARACTERISTIC => self.answered(&bytes),
            BatteryLevel::CHARACTERISTIC => match BatteryLevel::decode(&bytes) {
                Ok(battery) => vec![Effect::Battery(battery.level)],
                Err(_) => Vec::new(),
            },
            profile::STREAM => self.stream(bytes, received),
            profile::CONTEXT => self.context(bytes),
            reading if self.profile.reads(reading) => self.reading(reading, bytes, received),
            _ => Vec::new(),
        });
        effects
    }

    fn reading(&mut self, characteristic: u16, bytes: Vec<u8>, received: DateTime<FixedOffset>) -> Vec<Effect> {
        // The record before this one has waited in vain.
        let mut effects = self.wait_no_longer(None);
        // A record that arrives after the abort is still one of the memory's.
        let asked =
            self.profile.reports(characteristic) && matches!(self.phase, Phase::Reporting { .. } | Phase::Aborting);
        let frame = self.judged(characteristic, bytes, received, asked);
        if self.profile.context && announces_context(&frame) {
            self.waiting = Some(frame);
            effects.push(Effect::Arm(Deadline::Context, CONTEXT));
        } else {
            effects.push(Effect::Take(frame));
        }
        effects.extend(self.next_record());
        effects
    }

    /// The frame of a reading, with what is known of the way it came. `asked`: it was requested.
    fn judged(
        &mut self,
        characteristic: u16,
        bytes: Vec<u8>,
        received: DateTime<FixedOffset>,
        asked: bool,
    ) -> RawFrame {
        let observed = codec::observe(characteristic, &bytes, None).ok().flatten();
        let before = self.last.replace(received);
        let mut frame = self.frame(characteristic, bytes, received);
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
        let mut effects = vec![Effect::Disarm(Deadline::Context), Effect::Take(RawFrame { context, ..frame })];
        effects.extend(self.next_record());
        effects
    }

    /// During a report: the next word of the memory is due.
    fn next_record(&self) -> Option<Effect> {
        matches!(self.phase, Phase::Reporting { .. }).then_some(Effect::Arm(Deadline::Record, RECORD))
    }

    fn stream(&mut self, bytes: Vec<u8>, received: DateTime<FixedOffset>) -> Vec<Effect> {
        let frame = self.frame(profile::STREAM, bytes, received);
        let observed = match codec::observe(profile::STREAM, &frame.bytes, None) {
            Ok(Some(observed)) => observed,
            _ if self.stream_kept => return Vec::new(),
            _ => {
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

    /// An answer of the memory's control point.
    fn answered(&mut self, bytes: &[u8]) -> Vec<Effect> {
        let Ok(answer) = RecordAccessControlPoint::decode(bytes) else {
            tracing::warn!(device = %self.device, "an answer of the memory that cannot be read");
            return Vec::new();
        };
        match (&self.phase, answer.operand) {
            (Phase::Counting, Operand::NumberOfRecords(0)) => self.complete(),
            (Phase::Counting, Operand::NumberOfRecords(count)) => self.report(Some(count)),
            (Phase::Counting, Operand::Response { request: OpCode::ReportNumberOfStoredRecords, result }) => {
                match result {
                    ResponseCode::NoRecordsFound => self.complete(),
                    // A device that cannot count may still report.
                    _ => self.report(None),
                }
            }
            (Phase::Reporting { announced }, Operand::Response { request: OpCode::ReportStoredRecords, result }) => {
                let short = announced.is_some_and(|announced| self.taken < announced);
                match result {
                    ResponseCode::Success if short && self.attempts < ATTEMPTS => {
                        tracing::warn!(device = %self.device, taken = self.taken, "fewer records than announced");
                        self.interrupted()
                    }
                    ResponseCode::Success | ResponseCode::NoRecordsFound | ResponseCode::OpCodeNotSupported => {
                        self.complete()
                    }
                    _ => self.interrupted(),
                }
            }
            (Phase::Aborting, Operand::Response { request: OpCode::AbortOperation, .. }) => self.interrupted(),
            _ => Vec::new(),
        }
    }

    fn took(&mut self, outcome: Result<Taken, SinkError>) -> Vec<Effect> {
        match outcome {
            Ok(taken) => {
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

    fn transferring(&self) -> bool {
        matches!(self.phase, Phase::Counting | Phase::Reporting { .. } | Phase::Aborting)
    }

    fn tell_fault(&self, fault: RadioFault) -> Effect {
        Effect::Tell(CollectorEvent::Fault(Some(self.device.clone()), fault))
    }

    fn frame(&self, characteristic: u16, bytes: Vec<u8>, received: DateTime<FixedOffset>) -> RawFrame {
        RawFrame {
            device: self.device.clone(),
            characteristic,
            bytes,
            context: None,
            received,
            from_storage: false,
            ordinal: 0,
        }
    }
}

fn announces_context(frame: &RawFrame) -> bool {
    frame.characteristic == GlucoseMeasurement::CHARACTERISTIC
        && GlucoseMeasurement::decode(&frame.bytes).is_ok_and(|measurement| measurement.context_follows())
}

/// Whether a record that comes a second time with the same bytes has been sent twice, rather than measured
/// twice: it has a number of its own, or was sent unasked with its time. A memory that is asked for reports
/// each of its records once.
fn equals_only_itself(observed: &Observed, asked: bool) -> bool {
    observed.sequence.is_some() || (!asked && matches!(observed.time, DeviceTime::Local(_)))
}
