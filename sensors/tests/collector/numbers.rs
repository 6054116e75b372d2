//! A memory with numbers: only what is new is fetched, and nothing is lost by numbers that begin anew.

use std::time::Duration;

use chrono::NaiveDateTime;
use dagsform_sensors::{
    CollectorEvent, NewestRecord, RadioFault, Taken,
    collector::session::{Deadline, Event, Phase},
    radio::simulated::{GlucoseMeter, Memory, Traits, glucose},
};
use proptest::prelude::*;
use tokio::time::sleep;

use crate::{
    room::{FIRST, Room, address},
    session::{DONE, HEARD, identity, known, passed, racp, table, value},
};

const METER: [u16; 2] = [0x2A18, 0x2A52];

/// The n-th minute of the year.
fn minute(n: u32) -> NaiveDateTime {
    let new_year = chrono::NaiveDate::from_ymd_opt(2026, 1, 1).unwrap().and_hms_opt(0, 0, 0).unwrap();
    new_year + chrono::Duration::minutes(n.into())
}

/// A record of this number, which the sink then has.
fn record(number: u16) -> [Event; 2] {
    [value(0x2A18, &glucose(number, 66, false, minute(number.into()))), known(number)]
}

fn records(numbers: &[u16]) -> Vec<Event> {
    numbers.iter().flat_map(|number| record(*number)).collect()
}

fn and(events: &[Vec<Event>]) -> Vec<Event> {
    events.concat()
}

/// The memory was fetched up to number 5 before.
fn comparing() -> Vec<Event> {
    let then = NewestRecord { sequence: 5, identity: identity(5) };
    let subscribed = METER.map(|characteristic| Event::Subscribed(characteristic.into(), Ok(())));
    [&subscribed[..], &[Event::Described(Ok(())), Event::Recalled(Some(then)), Event::Written(Ok(()))]].concat()
}

const SUCCESS: [u8; 4] = [6, 0, 1, 1];
const WHOLE: &str = "write [04, 01], arm Record 10";

#[test]
fn the_newest_record_is_looked_at_before_anything_is_fetched() {
    let subscribed = METER.map(|characteristic| Event::Subscribed(characteristic.into(), Ok(())));
    let then = NewestRecord { sequence: 5, identity: identity(5) };
    let asked = [&subscribed[..], &[Event::Described(Ok(()))]].concat();
    table(
        &METER,
        &asked,
        vec![
            ("asked", vec![], "recall", Phase::Comparing),
            ("nothing known", vec![Event::Recalled(None)], WHOLE, Phase::Counting),
            ("known", vec![Event::Recalled(Some(then))], "write [01, 06], arm Record 3", Phase::Comparing),
        ],
    );
    let behind = "write [04, 03, 01, 05, 00], arm Record 10";
    let ends = |numbers: &[u16]| and(&[records(numbers), vec![racp(&SUCCESS)]]);
    let refused = |code| vec![racp(&[6, 0, 1, code])];
    let heard = |effects: &str| format!("{HEARD}, {effects}");
    table(
        &METER,
        &comparing(),
        vec![
            ("it comes", vec![record(9)[0].clone()], &heard("take stored 0, arm Record 3"), Phase::Comparing),
            ("the same as then", ends(&[5]), &format!("{DONE}, gap, complete 0"), Phase::Live),
            ("a later number", ends(&[9]), behind, Phase::Counting),
            ("an earlier number", ends(&[2]), WHOLE, Phase::Counting),
            (
                "another record of that number",
                {
                    let other = [record(5)[0].clone(), known(50), racp(&SUCCESS)];
                    other.to_vec()
                },
                WHOLE,
                Phase::Counting,
            ),
            ("none came", vec![racp(&SUCCESS)], &heard(WHOLE), Phase::Counting),
            (
                "one that cannot be read",
                {
                    let undecodable = Event::Took(Ok(Taken::Undecodable { reason: "cut short".into() }));
                    vec![value(0x2A18, &[2, 9, 0]), undecodable, racp(&SUCCESS)]
                },
                WHOLE,
                Phase::Counting,
            ),
            ("op code not supported", refused(2), &heard(WHOLE), Phase::Counting),
            ("invalid operator", refused(3), &heard(WHOLE), Phase::Counting),
            ("operator not supported", refused(4), &heard(WHOLE), Phase::Counting),
            ("invalid operand", refused(5), &heard(WHOLE), Phase::Counting),
            ("no records", refused(6), &heard(WHOLE), Phase::Counting),
            ("abort unsuccessful", refused(7), &heard(WHOLE), Phase::Counting),
            ("not completed", refused(8), &heard(WHOLE), Phase::Counting),
            ("operand not supported", refused(9), &heard(WHOLE), Phase::Counting),
            ("a reserved code", refused(10), &heard(WHOLE), Phase::Counting),
            ("no answer", vec![passed(Deadline::Record)], WHOLE, Phase::Counting),
            // Glucose Service 1.0.1, 1.6: 0x80, 0x81; the Core's common 0xFD, 0xFE. The radio does not tell them apart.
            ("already in progress", vec![Event::Written(Err(RadioFault::Failed))], WHOLE, Phase::Counting),
        ],
    );
}

#[test]
fn what_comes_behind_is_believed_only_if_it_goes_from_the_record_of_then_one_by_one_to_the_newest() {
    let counting = and(&[comparing(), records(&[7]), vec![racp(&SUCCESS), Event::Written(Ok(()))]]);
    let reporting = |announced| Phase::Reporting { announced };
    let report = "write [01, 03, 01, 05, 00], arm Record 10";
    table(
        &METER,
        &counting,
        vec![
            ("counted", vec![racp(&[5, 0, 3, 0])], &format!("started Some(3), {report}"), reporting(Some(3))),
            ("none of them", vec![racp(&[5, 0, 0, 0])], WHOLE, Phase::Counting),
            ("none found", vec![racp(&[6, 0, 4, 6])], WHOLE, Phase::Counting),
            ("cannot count so", vec![racp(&[6, 0, 4, 4])], &format!("started None, {report}"), reporting(None)),
        ],
    );
    let before = and(&[counting, vec![racp(&[5, 0, 3, 0]), Event::Written(Ok(()))]]);
    let ends = |numbers: &[u16], code| and(&[records(numbers), vec![racp(&[6, 0, 1, code])]]);
    let retried = format!("{DONE}, interrupted 3, arm Retry 30");
    let again = and(&[ends(&[5, 6, 7], 8), vec![passed(Deadline::Retry)]]);
    table(
        &METER,
        &before,
        vec![
            ("all", ends(&[5, 6, 7], 1), &format!("{DONE}, fetched 7, gap, complete 3"), Phase::Live),
            ("one more", ends(&[5, 6, 7, 8], 1), &format!("{DONE}, fetched 8, gap, complete 4"), Phase::Live),
            ("the record of then is gone", ends(&[6, 7, 8], 1), WHOLE, Phase::Counting),
            ("the number comes twice", ends(&[5, 6, 5, 6, 7], 1), WHOLE, Phase::Counting),
            ("fewer than announced", ends(&[5, 7], 1), WHOLE, Phase::Counting),
            ("newest first", ends(&[7, 6, 5], 1), WHOLE, Phase::Counting),
            ("one is left out", ends(&[5, 6, 8], 1), WHOLE, Phase::Counting),
            ("op code not supported", ends(&[], 2), WHOLE, Phase::Counting),
            ("invalid operator", ends(&[], 3), WHOLE, Phase::Counting),
            ("operator not supported", ends(&[], 4), WHOLE, Phase::Counting),
            ("invalid operand", ends(&[], 5), WHOLE, Phase::Counting),
            ("none found", ends(&[], 6), WHOLE, Phase::Counting),
            ("operand not supported", ends(&[], 9), WHOLE, Phase::Counting),
            ("abort unsuccessful", ends(&[5, 6, 7], 7), &retried, Phase::Live),
            ("not completed", ends(&[5, 6, 7], 8), &retried, Phase::Live),
            ("a reserved code", ends(&[5, 6, 7], 10), &retried, Phase::Live),
            ("whole the next time", again, WHOLE, Phase::Counting),
        ],
    );
}

#[test]
fn a_whole_memory_is_kept_as_fetched_only_if_no_record_is_missing() {
    let whole = and(&[comparing()[..3].to_vec(), vec![Event::Recalled(None)]]);
    let before = and(&[whole, vec![racp(&[5, 0, 2, 0]), Event::Written(Ok(()))]]);
    let end = || vec![racp(&SUCCESS)];
    let cut = [value(0x2A18, &[2, 9, 0]), Event::Took(Ok(Taken::Undecodable { reason: "cut short".into() }))].to_vec();
    let retry = || vec![passed(Deadline::Retry), racp(&[5, 0, 2, 0])];
    let short = || and(&[records(&[1]), end()]);
    table(
        &METER,
        &before,
        vec![
            ("all", and(&[records(&[1, 2]), end()]), &format!("{DONE}, fetched 2, gap, complete 2"), Phase::Live),
            ("none after all", vec![racp(&[6, 0, 1, 6])], &format!("{DONE}, gap, complete 0"), Phase::Live),
            (
                "one that cannot be read",
                and(&[records(&[1]), cut, end()]),
                &format!("{DONE}, gap, complete 2"),
                Phase::Live,
            ),
            (
                "too few, three times",
                and(&[short(), retry(), short(), retry(), short()]),
                &format!("{DONE}, gap, complete 1"),
                Phase::Live,
            ),
        ],
    );
}

/// The meter is used, and its memory fetched.
async fn fetch(room: &Room, meter: &GlucoseMeter) {
    let complete = |room: &Room| room.count(|event| matches!(event, CollectorEvent::TransferComplete(..)));
    let before = complete(room);
    meter.switch(true);
    room.until("fetched", |room| complete(room) > before).await;
    meter.switch(false);
    sleep(Duration::from_secs(2)).await;
}

#[tokio::test(start_paused = true)]
async fn of_five_hundred_records_only_the_new_ones_are_sent_again() {
    let room = Room::new();
    let meter = room.radio.glucose_meter(address(FIRST), Traits::default());
    (0..500).for_each(|n| meter.store(glucose(n, 66, false, minute(n.into()))));
    fetch(&room, &meter).await;
    assert_eq!(room.sink.takes(), 500);
    assert_eq!(room.sink.fetched().map(|newest| newest.sequence), Some(499));
    fetch(&room, &meter).await;
    assert_eq!(room.sink.takes(), 501, "the newest one is looked at");
    meter.store(glucose(500, 66, false, minute(500)));
    fetch(&room, &meter).await;
    assert_eq!(room.sink.takes(), 504, "it is looked at, and fetched with the one before it");
    assert_eq!(room.end().await.kept().len(), 501);
}

#[tokio::test(start_paused = true)]
async fn a_meter_whose_numbers_begin_anew_or_come_to_their_end_loses_nothing() {
    for next in [0, 1, u16::MAX] {
        let room = Room::new();
        let meter = room.radio.glucose_meter(address(FIRST), Traits::default());
        for tenths in [50, 60, 70] {
            meter.measure(tenths, None).await;
        }
        meter.number_from(next);
        // Out of the tablet's reach.
        room.radio.switch(false);
        for tenths in [51, 61, 71, 81] {
            meter.measure(tenths, None).await;
        }
        room.radio.switch(true);
        fetch(&room, &meter).await;
        assert_eq!(room.end().await.kept().len(), 7, "from {next}");
    }
}

/// What happens to a meter.
#[derive(Clone, Debug)]
enum Deed {
    /// So many are measured.
    Measure(u16),
    /// The battery is changed: the next number.
    Renumber(u16),
    /// So many of the oldest are dropped.
    Discard(usize),
    /// It is fetched; the link may drop before this record.
    Fetch(Option<usize>),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        3 => (1_u16..8).prop_map(Deed::Measure),
        // Where meters begin, and near the end of the numbers.
        2 => prop_oneof![Just(0_u16), Just(0), Just(u16::MAX - 2)].prop_map(Deed::Renumber),
        2 => (1_usize..8).prop_map(Deed::Discard),
    ]
}

/// What happens between two fetches, and the second of them.
fn round() -> impl Strategy<Value = Vec<Deed>> {
    let fetch = prop::option::weighted(0.4, 1_usize..8).prop_map(Deed::Fetch);
    (prop::collection::vec(deed(), 0..5), fetch).prop_map(|(deeds, fetch)| deeds.into_iter().chain([fetch]).collect())
}

fn memory() -> impl Strategy<Value = Memory> {
    prop_oneof![
        4 => Just(Memory::Works),
        1 => Just(Memory::OnlyWhole),
        1 => Just(Memory::IgnoresFilter),
        1 => Just(Memory::NewestFirst),
        1 => Just(Memory::CannotCount),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_becomes_of_the_numbers_every_record_reaches_the_sink_once(
        rounds in prop::collection::vec(round(), 1..6),
        memory in memory(),
        full in prop::collection::vec(0_u32..60, 0..3),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let (mut expected, mut kept) = runtime.block_on(async {
            let room = Room::new();
            let meter = room.radio.glucose_meter(address(FIRST), Traits { memory, ..Traits::default() });
            room.sink.fail_at(&full);
            let (mut number, mut measured) = (0_u16, 0_u32);
            let mut expected: Vec<Vec<u8>> = Vec::new();
            for deed in rounds.into_iter().flatten() {
                match deed {
                    Deed::Measure(readings) => for _ in 0..readings {
                        meter.store(glucose(number, 66, false, minute(measured)));
                        number = number.wrapping_add(1);
                        measured += 1;
                    },
                    Deed::Renumber(next) => number = next,
                    Deed::Discard(records) => meter.discard(records),
                    Deed::Fetch(drop) => {
                        expected.extend(meter.records());
                        if let Some(n) = drop {
                            meter.drop_before(n);
                        }
                        fetch(&room, &meter).await;
                    }
                }
            }
            (expected, room.end().await.bytes())
        });
        expected.sort();
        expected.dedup();
        kept.sort();
        prop_assert_eq!(kept, expected);
    }
}
