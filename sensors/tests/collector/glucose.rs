//! A glucose record and its context: every transition, and whatever the order in which they come.

use dagsform_sensors::{
    Characteristic, RadioFault, SinkError,
    collector::session::{Deadline, Effect, Ended, Event, Phase, Session},
    radio::simulated::{glucose, glucose_context},
};
use proptest::{collection::vec, prelude::*};

use crate::{
    room::{FIRST, address},
    session::{DONE, HEARD, LINK, now, passed, racp, subscribing_left, table, took, value},
};

const METER: [u16; 4] = [0x2A18, 0x2A34, 0x2A52, 0x2A19];

/// The n-th record of the morning, which announces a context or not.
fn record(n: u16, announces: bool) -> Vec<u8> {
    let time = chrono::NaiveDate::from_ymd_opt(2026, 11, 23).unwrap().and_hms_opt(6, 0, 0).unwrap();
    glucose(n, 66, announces, time)
}

fn plain(n: u16) -> Event {
    value(0x2A18, &record(n, false))
}

fn announcing(n: u16) -> Event {
    value(0x2A18, &record(n, true))
}

fn context(n: u16) -> Event {
    value(0x2A34, &glucose_context(n, dagsform_care::Meal::Fasting))
}

fn subscribed(characteristics: &[u16]) -> Vec<Event> {
    characteristics.iter().map(|characteristic| Event::Subscribed((*characteristic).into(), Ok(()))).collect()
}

fn counting() -> Vec<Event> {
    [subscribed(&METER), vec![Event::Described(Ok(())), Event::Recalled(None), Event::Written(Ok(()))]].concat()
}

fn reporting() -> Vec<Event> {
    [counting(), vec![racp(&[5, 0, 2, 0]), Event::Written(Ok(()))]].concat()
}

const REPORTING: Phase = Phase::Reporting { announced: Some(2) };
/// The record that waited goes on.
const ON: &str = "disarm Context, take stored 0";
const NEXT: &str = "arm Record 10";

#[test]
fn the_record_its_context_and_the_control_point_are_subscribed_to_before_the_memory_is_asked_for() {
    let subscribing = subscribing_left;
    let some = |n: usize| subscribed(&METER[..n]);
    let refused = |n: usize| [some(n), vec![Event::Subscribed(METER[n].into(), Err(RadioFault::Failed))]].concat();
    table(
        &METER,
        &[],
        vec![
            ("opened", vec![], "subscribe 2A18", subscribing(&[0x2A34, 0x2A52, 0x2A19])),
            ("the record", some(1), "subscribe 2A34", subscribing(&[0x2A52, 0x2A19])),
            ("its context", some(2), "subscribe 2A52", subscribing(&[0x2A19])),
            ("the control point", some(3), "subscribe 2A19", subscribing(&[])),
            ("no context", refused(1), "subscribe 2A52", subscribing(&[0x2A19])),
            ("no record", refused(0), "fault Failed, disconnect", Phase::Over(Ended::Fault(RadioFault::Failed))),
        ],
    );
    table(
        &METER,
        &counting()[..4],
        vec![
            ("remembered", vec![Event::Described(Ok(()))], "recall", Phase::Comparing),
            (
                "asked",
                vec![Event::Described(Ok(())), Event::Recalled(None)],
                "write [04, 01], arm Record 10",
                Phase::Counting,
            ),
        ],
    );
}

#[test]
fn a_record_that_announces_a_context_waits_for_it_and_no_longer_than_it_may() {
    let and = |event| vec![announcing(1), event];
    table(
        &METER,
        &reporting(),
        vec![
            ("without", vec![plain(1)], "take stored 0, arm Record 10", REPORTING),
            ("announced", vec![announcing(1)], "arm Context 3, arm Record 10", REPORTING),
            ("it comes", and(context(1)), &format!("{ON} with context, {NEXT}"), REPORTING),
            ("it does not", and(passed(Deadline::Context)), &format!("{ON}, {NEXT}"), REPORTING),
            ("that of another record", and(context(2)), "", REPORTING),
            (
                "one that cannot be read is kept with it",
                and(value(0x2A34, &[2, 1, 0])),
                &format!("{ON} with context, {NEXT}"),
                REPORTING,
            ),
            ("hardly anything", and(value(0x2A34, &[2])), "", REPORTING),
            ("the next record", and(plain(2)), &format!("{ON}, {NEXT}, take stored 0, {NEXT}"), REPORTING),
            (
                "the next record, which announces one too",
                and(announcing(2)),
                &format!("{ON}, {NEXT}, arm Context 3, {NEXT}"),
                REPORTING,
            ),
            ("a context that no record waits for", vec![plain(1), took(), context(1)], "", REPORTING),
            ("a deadline of nothing", vec![plain(1), took(), passed(Deadline::Context)], "", REPORTING),
            ("the memory falls silent", and(passed(Deadline::Record)), "write [03, 00], arm Abort 5", Phase::Aborting),
        ],
    );
    // A meter whose contexts cannot be subscribed to.
    let mut without = reporting();
    without[1] = Event::Subscribed(0x2A34.into(), Err(RadioFault::Failed));
    table(&METER, &without, vec![("not waited for", vec![announcing(1)], "take stored 0, arm Record 10", REPORTING)]);
}

#[test]
fn what_the_memory_says_behind_a_waiting_record_counts_when_the_record_has_been_committed() {
    let before = [reporting(), vec![plain(1), took(), announcing(2)]].concat();
    let success = racp(&[6, 0, 1, 1]);
    let full = Event::Took(Err(SinkError::Full));
    table(
        &METER,
        &before,
        vec![
            ("the end", vec![success.clone()], &format!("{ON}, {NEXT}"), REPORTING),
            ("committed", vec![success.clone(), took()], &format!("taken, {DONE}, gap, complete 2"), Phase::Live),
            (
                "not committed",
                vec![success, full],
                "not taken, interrupted 1, disconnect",
                Phase::Over(Ended::NotTaken),
            ),
        ],
    );
    let aborting = [before, vec![passed(Deadline::Record), Event::Written(Ok(()))]].concat();
    let answered = vec![racp(&[6, 0, 3, 1]), took()];
    let interrupted = format!("taken, {DONE}, interrupted 2, arm Retry 30");
    table(&METER, &aborting, vec![("the abort", answered, &interrupted, Phase::Live)]);
}

#[test]
fn a_link_that_drops_forgets_a_record_of_the_memory_and_passes_on_what_will_not_come_again() {
    let before = [reporting(), vec![announcing(1)]].concat();
    table(
        &METER,
        &before,
        vec![
            ("link gone", vec![Event::LinkEnded], "interrupted 0", LINK),
            ("stop", vec![Event::Stop], "interrupted 0, disconnect", LINK),
            ("and nothing later", vec![Event::LinkEnded, passed(Deadline::Context), context(1)], "", LINK),
        ],
    );
    // Measured at this moment, and sent unasked.
    let live = value(0x2A18, &glucose(1, 66, true, now().naive_local()));
    let before = [counting(), vec![racp(&[5, 0, 0, 0]), live]].concat();
    table(
        &METER,
        &before,
        vec![
            ("link gone", vec![Event::LinkEnded], "take live 2A18", LINK),
            ("stop", vec![Event::Stop], "take live 2A18, disconnect", LINK),
            ("its context", vec![context(1)], "disarm Context, take live 2A18 with context", Phase::Live),
            ("none", vec![passed(Deadline::Context)], "disarm Context, take live 2A18", Phase::Live),
        ],
    );
    // A meter without a control point cannot be asked again.
    let before = [subscribed(&[0x2A18, 0x2A34]), vec![Event::Described(Ok(())), announcing(1)]].concat();
    table(&[0x2A18, 0x2A34], &before, vec![("link gone", vec![Event::LinkEnded], "take stored 0", LINK)]);
}

#[test]
fn a_record_with_a_number_is_the_same_when_the_memory_reports_it_twice() {
    let twice = vec![plain(1), took(), plain(1)];
    table(&METER, &reporting(), vec![("twice", twice, "take stored 0, arm Record 10", REPORTING)]);
}

#[test]
fn the_first_word_of_the_meter_ends_its_silence() {
    table(
        &METER,
        &counting(),
        vec![("count", vec![racp(&[5, 0, 0, 0])], &format!("{HEARD}, {DONE}, gap, complete 0"), Phase::Live)],
    );
}

/// What a meter, a disk and a clock may do next.
fn anything() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (0_u16..4).prop_map(plain),
        4 => (0_u16..4).prop_map(announcing),
        4 => (0_u16..4).prop_map(context),
        1 => vec(any::<u8>(), 0..12).prop_map(|bytes| value(0x2A34, &bytes)),
        1 => vec(any::<u8>(), 0..6).prop_map(|bytes| racp(&bytes)),
        1 => Just(racp(&[6, 0, 1, 1])),
        1 => Just(passed(Deadline::Context)),
        1 => Just(passed(Deadline::Record)),
        1 => Just(passed(Deadline::Abort)),
    ]
}

proptest! {
    #[test]
    fn every_record_is_passed_on_once_in_order_and_only_the_last_may_be_left_to_the_memory(
        events in vec(anything(), 0..40), stop: bool,
    ) {
        let (mut session, _) = Session::open(address(FIRST), &METER.map(Characteristic::from), None, None);
        let (mut came, mut taken) = (Vec::new(), Vec::new());
        let end = if stop { Event::Stop } else { Event::LinkEnded };
        for event in reporting().into_iter().chain(events).chain([end]) {
            if matches!(session.phase(), Phase::Over(_)) {
                break;
            }
            if let Event::Value(characteristic, bytes, _) = &event && *characteristic == 0x2A18 {
                came.push(bytes.clone());
            }
            let mut due = vec![event];
            while let Some(event) = due.pop() {
                let (next, effects) = session.update(event);
                session = next;
                for effect in effects {
                    if let Effect::Take(frame) = effect {
                        let ours = |context: &Vec<u8>| context[1..3] == frame.bytes[1..3];
                        prop_assert!(frame.context.as_ref().is_none_or(ours));
                        taken.push(frame.bytes);
                        due.push(took());
                    }
                }
            }
        }
        prop_assert!(came.starts_with(&taken) && came.len() - taken.len() <= 1, "{came:02X?} {taken:02X?}");
    }
}
