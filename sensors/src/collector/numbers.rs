//! Whether a memory can be fetched from one of its records on, rather than whole.
//!
//! A glucose meter numbers its records, one more with each (Glucose Service 1.0.1, 3.1). Where its memory was once
//! fetched to the end, only what came behind the last record of then is new. But the numbers begin anew with a new
//! battery and after 65535, the old records staying or not, and a full memory drops its oldest. So a number alone
//! proves nothing:
//!
//! 1. The newest record is asked for. If it is the very record that was the last one then, nothing is new.
//! 2. If its number is greater, the records from the number of then on are asked for. The first must be that very
//!    record, and the numbers must go up from it one by one to the newest: numbers that had begun anew in between would
//!    have come by the number of then a second time, or have left out some.
//! 3. In any other case the memory is fetched whole.
//!
//! What was then is kept by the record only when a memory was fetched to its end, in whatever order it reports.

use dagsform_care::Identity;

use crate::{
    codec::{Format, GlucoseMeasurement},
    sink::{NewestRecord, RawFrame, Taken},
};

/// The numbers of the records of one report, as they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Numbers {
    first: Option<Identity>,
    last: Option<NewestRecord>,
    /// They did not go up one by one.
    astray: bool,
    /// There was a record without a number or without an identity, or one is missing.
    spoilt: bool,
}

impl Numbers {
    /// A record of this number has been committed.
    pub(super) fn add(&mut self, number: Option<u16>, taken: &Taken) {
        let identity = match taken {
            Taken::Saved(reading) => Some(reading.identity),
            Taken::Known(identity) => Some(*identity),
            Taken::Undecodable { .. } => None,
        };
        let (Some(sequence), Some(identity)) = (number, identity) else { return self.spoil() };
        self.astray |= self.last.is_some_and(|last| last.sequence.checked_add(1) != Some(sequence));
        self.first.get_or_insert(identity);
        self.last = Some(NewestRecord { sequence, identity });
    }

    /// A record is missing or cannot be told from others: no later report may rest on this one.
    pub(super) fn spoil(&mut self) {
        self.spoilt = true;
    }

    /// The last record, where every one has been read.
    pub(super) fn last(&self) -> Option<NewestRecord> {
        self.last.filter(|_| !self.spoilt)
    }

    /// Whether these are all records behind the one that was the last then, of a memory whose newest has this number.
    pub(super) fn go_on(&self, then: NewestRecord, newest: u16) -> bool {
        let to_newest = self.last().is_some_and(|last| !self.astray && last.sequence >= newest);
        to_newest && self.first == Some(then.identity)
    }
}

/// The device's own number of a record of its memory.
pub(super) fn number(frame: &RawFrame) -> Option<u16> {
    let glucose = frame.from_storage && frame.format == Format::Characteristic(GlucoseMeasurement::CHARACTERISTIC);
    let decoded = glucose.then(|| GlucoseMeasurement::decode(&frame.bytes).ok()).flatten();
    decoded.map(|measurement| measurement.sequence_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(n: u128) -> Identity {
        Identity::by_hand(uuid::Uuid::from_u128(n))
    }

    #[test]
    fn numbers_go_on_only_from_the_very_record_and_only_one_by_one_to_the_newest() {
        let then = NewestRecord { sequence: 5, identity: identity(5) };
        for (what, records, newest, goes_on) in [
            ("the record of then alone", vec![(5, 5)], 5, true),
            ("two new ones", vec![(5, 5), (6, 6), (7, 7)], 7, true),
            ("one was measured meanwhile", vec![(5, 5), (6, 6), (7, 7)], 6, true),
            ("nothing", vec![], 7, false),
            ("another record of that number", vec![(5, 50), (6, 6)], 6, false),
            ("the record of then is gone", vec![(6, 6), (7, 7)], 7, false),
            ("the number comes by a second time", vec![(5, 5), (5, 50), (6, 6)], 6, false),
            ("one is left out", vec![(5, 5), (7, 7)], 7, false),
            ("begun anew", vec![(5, 5), (6, 6), (5, 50), (6, 60)], 6, false),
            ("the newest is missing", vec![(5, 5), (6, 6)], 7, false),
            ("newest first", vec![(7, 7), (6, 6), (5, 5)], 7, false),
        ] {
            let mut numbers = Numbers::default();
            for (number, record) in records {
                numbers.add(Some(number), &Taken::Known(identity(record)));
            }
            assert_eq!(numbers.go_on(then, newest), goes_on, "{what}");
        }
    }

    #[test]
    fn a_report_with_a_record_that_cannot_be_told_from_others_is_no_ground_for_the_next() {
        for (number, taken) in
            [(None, Taken::Known(identity(6))), (Some(6), Taken::Undecodable { reason: "cut short".into() })]
        {
            let mut numbers = Numbers::default();
            numbers.add(Some(5), &Taken::Known(identity(5)));
            assert_eq!(numbers.last().map(|last| last.sequence), Some(5));
            numbers.add(number, &taken);
            assert_eq!(numbers.last(), None);
        }
    }
}
