//! How an occurrence stands at an instant, and which of what was done is it.

use chrono::{DateTime, FixedOffset};

use super::{Occurrence, Pause};
use crate::time::{Trust, Tz};

/// The tablet's clock: what it shows, and whether it is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// What it shows.
    pub now: DateTime<FixedOffset>,
    /// Whether it is believed; one that is not known to be wrong is.
    pub trust: Trust,
}

/// How an occurrence stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is agreed and its time comes later.
    Due,
    /// Now is its time.
    Open,
    /// Its time is over; it can still be done.
    Late,
    /// It was done, then.
    Done(DateTime<FixedOffset>),
    /// A pause excuses it.
    Paused,
    /// The tablet's clock is wrong: nobody knows.
    ClockInDoubt,
}

/// How an occurrence stands. Done is done, in a pause and by any clock; a pause that shares any of its time excuses it.
pub fn standing(
    occurrence: &Occurrence,
    done: Option<DateTime<FixedOffset>>,
    pauses: &[Pause],
    clock: Clock,
    zone: Tz,
) -> Standing {
    match done {
        Some(at) => Standing::Done(at),
        None if pauses.iter().any(|pause| pause.excuses(occurrence, zone)) => Standing::Paused,
        None if clock.trust == Trust::Untrusted => Standing::ClockInDoubt,
        None if clock.now < occurrence.begins => Standing::Due,
        None if clock.now < occurrence.ends => Standing::Open,
        None => Standing::Late,
    }
}

/// Which of what was done each occurrence is: places in `done`, which is ascending.
///
/// What was done is the first free occurrence that was open then, else the first free one that had begun; so two
/// occurrences need two readings, and one done late is done all the same. What was done before the first is extra.
/// The caller says by the occurrences that it gives how long one can be made up for.
pub fn assign(occurrences: &[Occurrence], done: &[DateTime<FixedOffset>]) -> Vec<Option<usize>> {
    let mut given: Vec<Option<usize>> = vec![None; occurrences.len()];
    for (place, at) in done.iter().enumerate() {
        let free = || occurrences.iter().zip(given.iter()).enumerate().filter(|(_, (_, given))| given.is_none());
        let begun = |occurrence: &Occurrence| occurrence.begins <= *at;
        let open = free().find(|(_, (occurrence, _))| begun(occurrence) && *at < occurrence.ends);
        let mine = open.or_else(|| free().find(|(_, (occurrence, _))| begun(occurrence))).map(|(mine, _)| mine);
        if let Some(slot) = mine.and_then(|mine| given.get_mut(mine)) {
            *slot = Some(place);
        }
    }
    given
}
