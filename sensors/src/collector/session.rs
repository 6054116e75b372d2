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

use std::{collections::HashMap, time::Duration};

use chrono::{DateTime, FixedOffset};
use dagsform_care::{DeviceId, Flag};

pub use super::step::{Deadline, Effect, Ended, Event, Phase};
use super::{
    profile::{self, Profile},
    settling::{self, Settling},
};
use crate::{
    codec::{
        self, BatteryLevel,
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
            RecordAccessControlPoint::CHARACTERISTIC => self.answered(&bytes),
            BatteryLevel::CHARACTERISTIC => match BatteryLevel::decode(&bytes) {
                Ok(battery) => vec![Effect::Battery(battery.level)],
                Err(_) => Vec::new(),
            },
            profile::SPOT => self.spot(bytes, received),
            profile::STREAM => self.stream(bytes, received),
            _ => Vec::new(),
        });
        effects
    }

    fn spot(&mut self, bytes: Vec<u8>, received: DateTime<FixedOffset>) -> Vec<Effect> {
        let observed = codec::observe(profile::SPOT, &bytes).ok().flatten();
        let marked = observed.as_ref().is_some_and(|o| o.flags.contains(&Flag::FromStorage));
        let reporting = matches!(self.phase, Phase::Reporting { .. });
        // A record that arrives after the abort is still one of the memory's.
        let from_storage = marked || reporting || self.phase == Phase::Aborting;
        let mut frame = self.frame(profile::SPOT, bytes, received);
        if from_storage {
            let canonical = observed.map_or_else(|| frame.bytes.clone(), |o| o.canonical);
            let before = self.seen.entry(canonical).or_default();
            frame.ordinal = *before;
            frame.from_storage = true;
            *before = before.saturating_add(1);
        }
        let mut effects = vec![Effect::Take(frame)];
        if reporting {
            effects.push(Effect::Arm(Deadline::Record, RECORD));
        }
        effects
    }

    fn stream(&mut self, bytes: Vec<u8>, received: DateTime<FixedOffset>) -> Vec<Effect> {
        let frame = self.frame(profile::STREAM, bytes, received);
        let observed = match codec::observe(profile::STREAM, &frame.bytes) {
            Ok(Some(observed)) => observed,
            _ if self.stream_kept => return Vec::new(),
            _ => {
                self.stream_kept = true;
                return vec![Effect::Take(frame)];
            }
        };
        let says = settling::says(&observed);
        let mut effects = vec![Effect::Tell(CollectorEvent::Live(self.device.clone(), observed))];
        if !self.profile.spot {
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
                vec![Effect::Tell(CollectorEvent::Taken(self.device.clone(), taken))]
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
        RawFrame { device: self.device.clone(), characteristic, bytes, received, from_storage: false, ordinal: 0 }
    }
}
