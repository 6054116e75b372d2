//! Fetching a memory over its control point: whole, or from the last known record on (`numbers.rs`).

use std::time::Duration;

use super::{ATTEMPTS, COMPARE, Deadline, Effect, Ended, Phase, RECORD, RETRY, Session};
use crate::{
    codec::racp::{OpCode, Operand, RecordAccessControlPoint, Request, ResponseCode},
    collector::numbers::Numbers,
    event::{CollectorEvent, RadioFault},
    sink::NewestRecord,
};

impl Session {
    /// Begins a transfer.
    pub(super) fn begin(&mut self) -> Vec<Effect> {
        self.attempts = self.attempts.saturating_add(1);
        if self.profile.numbered() && !self.whole {
            self.phase = Phase::Comparing;
            return vec![Effect::Recall];
        }
        self.count()
    }

    pub(super) fn recalled(&mut self, then: Option<NewestRecord>) -> Vec<Effect> {
        if self.phase != Phase::Comparing {
            return Vec::new();
        }
        self.then = then;
        if then.is_none() {
            return self.count();
        }
        self.forget_report();
        ask(Request::ReportLast, COMPARE)
    }

    /// The newest record has come, or none.
    fn compared(&mut self) -> Vec<Effect> {
        match (self.numbers.last(), self.then) {
            (Some(newest), Some(then)) if newest.identity == then.identity => self.complete(),
            (Some(newest), Some(then)) if newest.sequence > then.sequence => {
                self.newest = newest.sequence;
                self.count()
            }
            _ => self.fetch_whole(),
        }
    }

    /// The number of the record from which on the memory is fetched; `None`: whole.
    fn from(&self) -> Option<u16> {
        self.then.filter(|_| !self.whole).map(|then| then.sequence)
    }

    /// The memory is not what it was then, or cannot be fetched in part.
    pub(super) fn fetch_whole(&mut self) -> Vec<Effect> {
        self.whole = true;
        self.count()
    }

    fn count(&mut self) -> Vec<Effect> {
        self.phase = Phase::Counting;
        self.forget_report();
        ask(self.from().map_or(Request::CountAll, Request::CountFrom), RECORD)
    }

    fn report(&mut self, announced: Option<u32>) -> Vec<Effect> {
        self.phase = Phase::Reporting { announced };
        self.forget_report();
        let mut effects = vec![Effect::Tell(CollectorEvent::TransferStarted(self.device.clone(), announced))];
        effects.extend(ask(self.from().map_or(Request::ReportAll, Request::ReportFrom), RECORD));
        effects
    }

    fn forget_report(&mut self) {
        self.taken = 0;
        self.numbers = Numbers::default();
        self.seen.clear();
    }

    fn complete(&mut self) -> Vec<Effect> {
        self.fetched = true;
        let mut effects = vec![Effect::Disarm(Deadline::Record), Effect::Disarm(Deadline::Abort)];
        effects.extend(self.numbers.last().filter(|last| Some(*last) != self.then).map(Effect::Fetched));
        effects.push(Effect::TransferComplete);
        effects.push(Effect::Tell(CollectorEvent::TransferComplete(self.device.clone(), self.taken)));
        effects.extend(self.live());
        effects
    }

    /// Ends a transfer that did not come to its end; the link stays.
    pub(super) fn interrupted(&mut self) -> Vec<Effect> {
        self.whole = true;
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

    /// An answer of the memory's control point.
    pub(super) fn answered(&mut self, bytes: &[u8]) -> Vec<Effect> {
        let Ok(answer) = RecordAccessControlPoint::decode(bytes) else {
            tracing::warn!(device = %self.device, "an answer of the memory that cannot be read");
            return Vec::new();
        };
        match (&self.phase, answer.operand) {
            (Phase::Comparing, Operand::Response { request: OpCode::ReportStoredRecords, result }) => match result {
                ResponseCode::Success => self.compared(),
                _ => self.fetch_whole(),
            },
            // At least the record of then should be there.
            (Phase::Counting, Operand::NumberOfRecords(0)) if self.from().is_some() => self.fetch_whole(),
            (Phase::Counting, Operand::NumberOfRecords(0)) => self.complete(),
            (Phase::Counting, Operand::NumberOfRecords(count)) => self.report(Some(count)),
            (Phase::Counting, Operand::Response { request: OpCode::ReportNumberOfStoredRecords, result }) => {
                match result {
                    ResponseCode::NoRecordsFound if self.from().is_some() => self.fetch_whole(),
                    ResponseCode::NoRecordsFound => self.complete(),
                    // A device that cannot count may still report.
                    _ => self.report(None),
                }
            }
            (Phase::Reporting { announced }, Operand::Response { request: OpCode::ReportStoredRecords, result }) => {
                let short = announced.is_some_and(|announced| self.taken < announced);
                if short {
                    self.numbers.spoil();
                }
                if let Some(then) = self.then.filter(|_| !self.whole) {
                    return self.reported_from(then, result);
                }
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

    /// The end of a report that began with the record of then.
    fn reported_from(&mut self, then: NewestRecord, result: ResponseCode) -> Vec<Effect> {
        match result {
            ResponseCode::Success if self.numbers.go_on(then, self.newest) => self.complete(),
            ResponseCode::AbortUnsuccessful | ResponseCode::ProcedureNotCompleted | ResponseCode::Reserved(_) => {
                self.interrupted()
            }
            // Success with other records than it should have been, none, or no such request known.
            _ => self.fetch_whole(),
        }
    }

    /// During a report: the next word of the memory is due.
    pub(super) fn next_record(&self) -> Option<Effect> {
        match self.phase {
            Phase::Reporting { .. } => Some(Effect::Arm(Deadline::Record, RECORD)),
            Phase::Comparing => Some(Effect::Arm(Deadline::Record, COMPARE)),
            _ => None,
        }
    }

    pub(super) fn transferring(&self) -> bool {
        matches!(self.phase, Phase::Comparing | Phase::Counting | Phase::Reporting { .. } | Phase::Aborting)
    }
}

pub(super) fn write(request: Request) -> Effect {
    Effect::Write(RecordAccessControlPoint::CHARACTERISTIC.into(), request.bytes())
}

/// Asks the memory, and waits for a word of it for so long.
fn ask(request: Request, patience: Duration) -> Vec<Effect> {
    vec![write(request), Effect::Arm(Deadline::Record, patience)]
}
