//! The sensors and what they hold: two oximeters and two glucose meters, which keep what they measure until it is
//! asked for. A cuff or a scale forgets what it has sent, and what is confirmed to it in the moment of a kill is lost
//! ("What we cannot promise"); so none of those is here.

use std::collections::BTreeSet;

use anyhow::Result;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use rand::{Rng as _, rngs::StdRng};

use super::BLOCK;
use crate::{
    rig::{
        control::Control,
        description::{Device, Record},
        devices,
        month::Sensor,
    },
    tablet::Tablet,
};

const PASSKEY: u32 = 246_810;
/// A record in so many is of the same second as the one before.
const TWINS: f64 = 0.05;

/// One of them.
struct Memory {
    address: String,
    kind: Sensor,
    /// All that it measures in the whole run.
    records: Vec<Record>,
}

/// All of them.
pub(super) struct Sensors {
    all: Vec<Memory>,
    held: usize,
    newest: usize,
}

impl Sensors {
    /// So many records in all, measured between two days.
    pub(super) fn new(readings: usize, first: NaiveDate, last: NaiveDate, random: &mut StdRng) -> Self {
        let kinds = [Sensor::Oximeter, Sensor::GlucoseMeter, Sensor::Oximeter, Sensor::GlucoseMeter];
        let all = kinds.iter().enumerate().map(|(place, kind)| {
            let count = readings * (place + 1) / kinds.len() - readings * place / kinds.len();
            let records = different(*kind, count, first, last, random);
            Memory { address: format!("F0:F1:F2:F3:F5:{place:02}"), kind: *kind, records }
        });
        Self { all: all.collect(), held: 0, newest: 0 }
    }

    /// Brings them into the room and pairs them; what they hold is the patient's.
    pub(super) fn enter(&self, room: &Control, tablet: &Tablet) -> Result<()> {
        for memory in &self.all {
            room.add_device(&memory.device())?;
            let code = PASSKEY.to_string();
            tablet.command(&["pair", &memory.address, "--passkey", &code, "--earlier", "mine", "--json"])?;
        }
        Ok(())
    }

    /// Fills the memories with what they hold after a round of a block.
    pub(super) fn fill(&mut self, room: &Control, block: usize, blocks: usize, round: usize) -> Result<()> {
        (self.held, self.newest) = (0, 0);
        for memory in &self.all {
            let of_block = part(&memory.records, block, blocks);
            let held = of_block.len() * round / BLOCK;
            self.newest += held - of_block.len() * (round - 1) / BLOCK;
            self.held += held;
            let records = of_block.iter().take(held).cloned().collect();
            room.set_memory(
                &memory.address,
                match memory.kind {
                    Sensor::GlucoseMeter => devices::glucose_memory(records),
                    _ => devices::memory(records),
                },
            )?;
        }
        Ok(())
    }

    /// Their addresses.
    pub(super) fn addresses(&self) -> Vec<&str> {
        self.all.iter().map(|memory| memory.address.as_str()).collect()
    }

    /// How many records they measure in the whole run.
    pub(super) fn readings(&self) -> usize {
        self.all.iter().map(|memory| memory.records.len()).sum()
    }

    /// How many records they hold.
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// How many of them are of this round.
    pub(super) fn newest(&self) -> usize {
        self.newest
    }

    /// About how many milliseconds a life of the program lasts that fetches all of it.
    pub(super) fn longest(&self) -> u64 {
        600 + u64::try_from(self.held).unwrap_or(0)
    }
}

impl Memory {
    fn device(&self) -> Device {
        match self.kind {
            Sensor::GlucoseMeter => devices::glucose_meter(&self.address, PASSKEY),
            _ => devices::oximeter(&self.address, PASSKEY),
        }
    }
}

/// Records no two of which are the same bytes, some of the same second.
fn different(kind: Sensor, count: usize, first: NaiveDate, last: NaiveDate, random: &mut StdRng) -> Vec<Record> {
    // Those that chance makes twice are left out.
    let more = count + count / 10 + 10;
    let seconds = (last - first - TimeDelta::days(2)).num_seconds();
    let step = (seconds / i64::try_from(more).unwrap_or(i64::MAX)).max(1);
    let mut at = first.and_time(NaiveTime::MIN);
    let times: Vec<NaiveDateTime> = (0..more)
        .map(|_| {
            if !random.random_bool(TWINS) {
                at += TimeDelta::seconds(random.random_range(1..=step));
            }
            at
        })
        .collect();
    let mut seen = BTreeSet::new();
    let mut records = kind.records(&times, random);
    records.retain(|record| seen.insert(record.bytes.clone()));
    records.truncate(count);
    records
}

/// One of so many equal parts of a list.
fn part(records: &[Record], number: usize, parts: usize) -> &[Record] {
    let (from, to) = (records.len() * number / parts, records.len() * (number + 1) / parts);
    records.get(from..to).unwrap_or_default()
}
