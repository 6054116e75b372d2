//! Whatever a timing says and however a year is asked for: nothing is lost, doubled, or out of bounds.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod timing_random;

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, FixedOffset, TimeZone};
use dagsform_care::{
    time::ZONE,
    timing::{Bounds, Moment, Occurrence},
};
use proptest::prelude::*;
use timing_random::{Case, Random, case, instant};

/// The next case that is not refused.
fn some_case(seed: u64) -> Case {
    let mut random = Random(seed);
    (0..100).find_map(|_| case(&mut random)).unwrap()
}

/// A year from a little before the agreement on, in which the occurrences are.
fn year(case: &Case) -> (DateTime<FixedOffset>, DateTime<FixedOffset>) {
    let first = case.schedule.since - Duration::days(30);
    (instant(first, 0), instant(first + Duration::days(366), 0))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn a_year_in_any_pieces_holds_each_occurrence_once(seed: u64, cuts in prop::collection::vec(0i64..366 * 1440, 0..12)) {
        let case = some_case(seed);
        let (from, until) = year(&case);
        let whole = case.schedule.occurrences(from, until, ZONE);

        let mut edges: Vec<_> = cuts.iter().map(|minutes| from + Duration::minutes(*minutes)).collect();
        // At a begin, and one second after it.
        edges.extend(whole.iter().take(3).flat_map(|one| [one.begins, one.begins + Duration::seconds(1)]));
        edges.extend([from, until, case.from, case.until]);
        edges.retain(|edge| (from..=until).contains(edge));
        edges.sort_unstable();
        let pieces: Vec<Occurrence> = edges
            .iter()
            .zip(edges.iter().skip(1))
            .flat_map(|(from, until)| case.schedule.occurrences(*from, *until, ZONE))
            .collect();
        prop_assert_eq!(&pieces, &whole, "{:?}", case.timing);

        let ids: BTreeSet<_> = whole.iter().map(|occurrence| &occurrence.id).collect();
        prop_assert_eq!(ids.len(), whole.len(), "an id twice: {:?}", case.timing);
    }

    #[test]
    fn every_occurrence_lies_in_its_bounds_and_in_what_was_asked(seed: u64) {
        let case = some_case(seed);
        let (from, until) = year(&case);
        let found = case.schedule.occurrences(from, until, ZONE);
        let repeat = case.timing.repeat.clone().unwrap_or_default();
        prop_assert!(repeat.count.is_none_or(|count| found.len() <= usize::try_from(count).unwrap()));
        for one in &found {
            prop_assert!(from <= one.begins && one.begins < until && one.begins < one.ends, "{:?}", one);
            prop_assert_eq!(one.begins, ZONE.from_utc_datetime(&one.begins.naive_utc()), "the offset is the zone's");
            let Some(Bounds::Period { start, end }) = repeat.bounds else { continue };
            let begun = match start {
                None => true,
                Some(Moment::Instant(start)) => start <= one.begins,
                Some(Moment::Date(start)) => start <= one.begins.date_naive(),
            };
            let over = match end {
                None => true,
                Some(Moment::Instant(end)) => one.ends <= end + Duration::seconds(1),
                Some(Moment::Date(end)) => (one.ends - Duration::seconds(1)).date_naive() <= end,
            };
            prop_assert!(begun && over, "{:?}: {:?}", one, repeat.bounds);
        }
    }
}
