//! Entries put together into one transaction or batch, and taken apart again.

use std::collections::HashSet;

use dagsform_care::Identity;

use super::confirmation::Said;
use crate::{
    fhir::{Mapped, Resource},
    outbox::Outcome,
};

/// What became of a version of an entry.
#[derive(Clone, Debug)]
pub struct Settled {
    /// The outbox's number.
    pub number: i64,
    /// Which version of the reading was sent.
    pub version: u32,
    /// The reading.
    pub identity: Identity,
    /// What became of it.
    pub outcome: Outcome,
}

impl Settled {
    /// What became of an entry.
    pub fn of(entry: &Mapped, outcome: Outcome) -> Self {
        Self { number: entry.number, version: entry.version, identity: entry.identity, outcome }
    }
}

/// Whose a resource of a transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The tablet or a sensor, shared by entries.
    Device,
    /// The entry at this place.
    Entry(usize),
}

/// The resources of a transaction in order, and whose each is.
#[derive(Debug)]
pub struct Assembled<'a> {
    /// The resources, devices first.
    pub resources: Vec<&'a Resource>,
    /// Their owners.
    pub owners: Vec<Owner>,
}

impl<'a> Assembled<'a> {
    /// Puts entries together. Of a sensor that several entries name, the newest description is sent.
    pub fn of(batch: &'a [Mapped], tablet: &'a Resource) -> Self {
        let mut seen = HashSet::new();
        let mut resources: Vec<&Resource> = batch
            .iter()
            .rev()
            .filter_map(|mapped| mapped.sensor.as_ref())
            .filter(|sensor| seen.insert(&sensor.full_url))
            .collect();
        resources.push(tablet);
        resources.reverse();
        let mut owners = vec![Owner::Device; resources.len()];
        for (index, mapped) in batch.iter().enumerate() {
            resources.extend(&mapped.resources);
            owners.resize(resources.len(), Owner::Entry(index));
        }
        Self { resources, owners }
    }

    /// The entries that own the resources at these places.
    pub fn owners_of(&self, places: &[usize]) -> Vec<usize> {
        let owner = |place: &usize| match self.owners.get(*place) {
            Some(Owner::Entry(index)) => Some(*index),
            _ => None,
        };
        places.iter().filter_map(owner).collect()
    }
}

/// Takes from the front as many as go into one transaction, at least one. The same identity twice
/// does not go into one transaction: the service could not tell which of the two it has.
pub fn take(ready: &mut Vec<Mapped>, entries: usize, bytes: usize) -> Vec<Mapped> {
    let mut seen = HashSet::new();
    let mut sum = 0;
    let mut count = 0;
    for (index, mapped) in ready.iter().enumerate() {
        sum += mapped.size();
        if index > 0 && (index >= entries || sum > bytes || seen.contains(&mapped.identity)) {
            break;
        }
        seen.insert(mapped.identity);
        count = index + 1;
    }
    ready.drain(..count.min(ready.len())).collect()
}

/// About how many bytes entries have.
pub fn size(batch: &[Mapped]) -> usize {
    batch.iter().map(Mapped::size).sum()
}

/// Splits a batch of at least two: off go the entries that the service named, if it named some but
/// not all; else the second half.
pub fn split(batch: &mut Vec<Mapped>, named: &[usize]) -> Vec<Mapped> {
    let is_named = |index: usize| named.contains(&index);
    let count = (0..batch.len()).filter(|index| is_named(*index)).count();
    if count == 0 || count == batch.len() {
        return batch.split_off(batch.len() / 2);
    }
    let all = std::mem::take(batch).into_iter().enumerate();
    let (named, rest): (Vec<_>, Vec<_>) = all.partition(|(index, _)| is_named(*index));
    *batch = rest.into_iter().map(|(_, mapped)| mapped).collect();
    named.into_iter().map(|(_, mapped)| mapped).collect()
}

/// What the service says of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All of its own resources are confirmed.
    Delivered(Outcome),
    /// One of them is refused.
    Refused {
        /// The HTTP status of the first.
        status: u16,
        /// Its words.
        reason: String,
    },
    /// Of one of them nothing is said.
    Unanswered,
}

/// What the service says of an entry, by what it says of the entry's own resources.
pub fn verdict(said: Vec<Option<Said>>) -> Verdict {
    let (mut locations, mut any_created) = (Vec::new(), false);
    let (count, mut unanswered) = (said.len(), false);
    for said in said {
        match said {
            Some(Said::Confirmed { location, created, version: _ }) => {
                locations.extend(location);
                any_created |= created;
            }
            Some(Said::Refused { status, reason }) => return Verdict::Refused { status, reason },
            None => unanswered = true,
        }
    }
    if unanswered {
        return Verdict::Unanswered;
    }
    // With one missing nobody could tell which place is whose.
    if locations.len() < count {
        locations.clear();
    }
    Verdict::Delivered(Outcome::Delivered { locations, created: any_created })
}
