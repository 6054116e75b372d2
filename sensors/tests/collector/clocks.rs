//! The clocks of devices: set when they are wrong, and never while a reading is on its way.

use std::sync::Arc;

use chrono::{DateTime, Duration, NaiveDateTime};
use dagsform_care::{Reading, Reason};
use dagsform_sensors::{
    CollectorEvent, RadioFault, Taken,
    collector::{
        Assignment, Options,
        session::{Deadline, Event, Phase},
    },
    radio::simulated::{ClockAccess, Memory, Traits, blood_pressure, glucose, spot_check},
};
use tokio::time::sleep;

use crate::{
    room::{FIRST, Room, address},
    session::{HEARD, now, passed, racp, table, took, value},
};

const LAST_YEAR: Duration = Duration::days(-365);

fn settable() -> Traits {
    Traits { clock: ClockAccess::Settable, ..Traits::default() }
}

fn at(text: &str) -> NaiveDateTime {
    text.parse().unwrap()
}

fn subscribed(characteristics: &[u16]) -> Vec<Event> {
    let subscribed = characteristics.iter().map(|number| Event::Subscribed((*number).into(), Ok(())));
    subscribed.chain([Event::Described(Ok(()))]).collect()
}

/// Current Time of the morning of the tests, so many hours fast.
fn shows(hours: u8) -> Event {
    Event::ClockRead(Ok(vec![0xEA, 7, 11, 23, 8 + hours, 0, 0, 1, 0, 0]), now(), true)
}

#[test]
fn a_clock_is_looked_at_once_and_only_when_nothing_is_on_its_way() {
    const METER: [u16; 3] = [0x2A5E, 0x2A52, 0x2A2B];
    let quiet = || passed(Deadline::Quiet);
    let spot = || value(0x2A5E, &spot_check(97, 60, at("2026-11-23T08:00:00")));
    let counting = subscribed(&METER[..2]);
    let complete = [counting.clone(), vec![racp(&[5, 0, 0, 0])]].concat();
    let live = "disarm Record, disarm Abort, gap, complete 0, arm Quiet 1";
    table(
        &METER,
        &counting,
        vec![
            ("not while it is counted", vec![quiet()], "", Phase::Counting),
            (
                "not before it is fetched",
                vec![passed(Deadline::Record), passed(Deadline::Abort), quiet()],
                "",
                Phase::Live,
            ),
            ("fetched", vec![racp(&[5, 0, 0, 0])], &format!("{HEARD}, {live}"), Phase::Live),
        ],
    );
    let set = [0xEA, 7, 11, 23, 8, 0, 0, 1, 0, 3];
    let set = format!("set clock 2A2B {set:02X?}");
    let written = || vec![quiet(), shows(1), Event::ClockWritten(Ok(()))];
    let refused = || vec![quiet(), shows(1), Event::ClockWritten(Err(RadioFault::Failed))];
    let and = |mut events: Vec<Event>, event| {
        events.push(event);
        events
    };
    table(
        &METER,
        &complete,
        vec![
            ("quiet", vec![quiet()], "read clock 2A2B", Phase::Live),
            ("a reading", vec![spot()], "take live 2A5E, arm Quiet 5", Phase::Live),
            ("right", vec![quiet(), shows(0)], "", Phase::Live),
            ("wrong", vec![quiet(), shows(1)], &set, Phase::Live),
            ("written", written(), "read clock 2A2B", Phase::Live),
            ("right then", and(written(), shows(0)), "clock set Some(3600)", Phase::Live),
            ("wrong still", and(written(), shows(2)), "clock off Some(7200)", Phase::Live),
            ("refused, and read once more", refused(), "read clock 2A2B", Phase::Live),
            ("refused, and yet right", and(refused(), shows(0)), "clock set Some(3600)", Phase::Live),
            (
                "gone then",
                and(written(), Event::ClockRead(Err(RadioFault::Gone), now(), true)),
                "clock off Some(3600)",
                Phase::Live,
            ),
            ("not given", vec![quiet(), Event::ClockRead(Err(RadioFault::Failed), now(), true)], "", Phase::Live),
            ("cut short", vec![quiet(), Event::ClockRead(Ok(vec![0xEA, 7]), now(), true)], "", Phase::Live),
            ("not set", vec![quiet(), Event::ClockRead(Ok(vec![0; 10]), now(), true)], &set, Phase::Live),
            (
                "not set before",
                vec![quiet(), Event::ClockRead(Ok(vec![0; 10]), now(), true), Event::ClockWritten(Ok(())), shows(0)],
                "clock set None",
                Phase::Live,
            ),
            ("once", vec![quiet(), shows(0), quiet()], "", Phase::Live),
            ("once, whatever comes", vec![quiet(), shows(0), spot(), took(), spot()], "take live 2A5E", Phase::Live),
            (
                "a tablet that does not know the time",
                vec![quiet(), Event::ClockRead(Ok(vec![0xEA, 7, 11, 23, 9, 0, 0, 1, 0, 0]), now(), false)],
                "",
                Phase::Live,
            ),
        ],
    );
    // A cuff sends by itself what it has kept, and nobody knows when it is through.
    const CUFF: [u16; 2] = [0x2A35, 0x2A08];
    let old = || value(0x2A35, &blood_pressure(128, 82, 66, at("2026-11-20T08:00:00")));
    let early = vec![Event::Subscribed(0x2A35.into(), Ok(())), old(), took(), Event::Described(Ok(()))];
    table(&CUFF, &early, vec![("it had begun", vec![], "arm Quiet 5", Phase::Live)]);
    table(
        &CUFF,
        &subscribed(&CUFF[..1]),
        vec![
            ("it may yet begin", vec![], "arm Silence 120, arm Quiet 35", Phase::Live),
            ("it does", vec![old()], &format!("{HEARD}, take stored 0, arm Quiet 5"), Phase::Live),
            ("through", vec![old(), took(), quiet()], "read clock 2A08", Phase::Live),
        ],
    );
}

fn clock_set(room: &Room) -> Option<i64> {
    room.told().into_iter().find_map(|event| match event {
        CollectorEvent::ClockSet { was_off_seconds, .. } => was_off_seconds,
        _ => None,
    })
}

#[tokio::test(start_paused = true)]
async fn a_clock_of_last_year_is_set_after_the_memory_and_no_record_becomes_two() {
    let room = Room::new();
    let meter = room.radio.glucose_meter(address(FIRST), settable());
    meter.misset(LAST_YEAR);
    room.radio.switch(false);
    for tenths in [50, 60, 70] {
        meter.measure(tenths, None).await;
    }
    room.radio.switch(true);
    meter.switch(true);
    room.until("set", |room| clock_set(room).is_some()).await;
    assert_eq!(room.sink.kept().len(), 3);
    assert!((clock_set(&room).unwrap() - LAST_YEAR.num_seconds()).abs() <= 2);
    assert!(meter.ahead().abs() < Duration::seconds(2));
    let order = room
        .told()
        .into_iter()
        .filter(|event| matches!(event, CollectorEvent::TransferComplete(..) | CollectorEvent::ClockSet { .. }));
    assert!(matches!(
        order.collect::<Vec<_>>()[..],
        [CollectorEvent::TransferComplete(..), CollectorEvent::ClockSet { .. }]
    ));
    // What was measured before keeps the time by which it is known, what is measured now has the right one.
    meter.measure(80, None).await;
    assert_eq!(room.count(|event| matches!(event, CollectorEvent::ClockSet { .. })), 1);
    assert_eq!(room.end().await.kept().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_memory_without_numbers_that_is_fetched_again_after_the_clock_was_set_is_known() {
    let room = Room::new();
    let oximeter = room.radio.oximeter(address(FIRST), settable());
    oximeter.misset(LAST_YEAR);
    for minute in 0..3 {
        oximeter.store(spot_check(97, 60, at(&format!("2025-11-20T08:0{minute}:00"))));
    }
    oximeter.switch(true);
    room.until("set", |room| clock_set(room).is_some()).await;
    oximeter.switch(false);
    sleep(std::time::Duration::from_secs(30)).await;
    oximeter.switch(true);
    let known = |event: &CollectorEvent| matches!(event, CollectorEvent::Taken(_, Taken::Known(_)));
    room.until("fetched again", |room| room.count(known) == 3).await;
    assert_eq!(room.end().await.kept().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_clock_of_a_device_that_pours_is_set_when_it_is_through() {
    let room = Room::new();
    let cuff = room.radio.cuff(address(FIRST), settable());
    cuff.misset(LAST_YEAR);
    for minute in 10..40 {
        cuff.store(blood_pressure(128, 82, 66, at(&format!("2025-11-20T08:{minute}:00"))));
    }
    cuff.switch(true);
    while clock_set(&room).is_none() {
        assert!(room.sink.kept().len() == 30 || cuff.ahead() == LAST_YEAR, "set while readings were on their way");
        sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(room.end().await.kept().len(), 30);
}

#[tokio::test(start_paused = true)]
async fn a_clock_is_left_alone_that_is_nearly_right_or_cannot_be_set_or_if_the_tablet_does_not_know() {
    let knows = |trusted: bool| Options { clock_trusted: Arc::new(move || trusted), ..Options::default() };
    for (what, access, ahead, trusted, told) in [
        ("nearly right", ClockAccess::Settable, Duration::seconds(40), true, false),
        ("cannot be set", ClockAccess::Fixed, Duration::hours(1), true, true),
        ("the tablet does not know", ClockAccess::Settable, Duration::hours(1), false, false),
        ("hidden", ClockAccess::Hidden, Duration::hours(1), true, false),
    ] {
        let room = Room::with(vec![Assignment::bonded(address(FIRST))], knows(trusted));
        let meter = room.radio.glucose_meter(address(FIRST), Traits { clock: access, ..Traits::default() });
        meter.misset(ahead);
        meter.store(glucose(1, 66, false, at("2026-11-20T08:00:00")));
        meter.switch(true);
        room.until_told(CollectorEvent::TransferComplete(address(FIRST), 1)).await;
        sleep(std::time::Duration::from_secs(60)).await;
        assert_eq!(meter.ahead(), ahead, "{what}");
        assert_eq!(room.count(|event| matches!(event, CollectorEvent::ClockOff { .. })) > 0, told, "{what}");
        assert_eq!(room.count(|event| matches!(event, CollectorEvent::Fault(..))), 0, "{what}");
        room.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_is_not_set_while_a_memory_is_only_half_fetched() {
    let room = Room::new();
    let traits = Traits { memory: Memory::StallsBefore(3), ..settable() };
    let meter = room.radio.glucose_meter(address(FIRST), traits);
    meter.misset(LAST_YEAR);
    (0..5).for_each(|n| meter.store(glucose(n, 66, false, at(&format!("2025-11-20T08:0{n}:00")))));
    meter.switch(true);
    room.until_told(CollectorEvent::TransferInterrupted(address(FIRST), 2)).await;
    sleep(std::time::Duration::from_secs(25)).await;
    assert_eq!(meter.ahead(), LAST_YEAR);
    meter.change(settable());
    room.until("set", |room| clock_set(room).is_some()).await;
    assert_eq!(room.end().await.kept().len(), 5);
}

/// The readings that a cuff gives to a tablet whose clock shows this.
async fn read_at(tablet: &str, pressures: &[(u16, &str)]) -> Vec<Reading> {
    let tablet = DateTime::parse_from_rfc3339(tablet).unwrap();
    let options = Options { clock: Arc::new(move || tablet), ..Options::default() };
    let room = Room::with(vec![Assignment::bonded(address(FIRST))], options);
    let cuff = room.radio.cuff(address(FIRST), Traits::default());
    pressures.iter().for_each(|(systolic, time)| cuff.store(blood_pressure(*systolic, 82, 66, at(time))));
    cuff.switch(true);
    room.until("all", |room| room.sink.kept().len() == pressures.len()).await;
    let saved = room.told().into_iter().filter_map(|event| match event {
        CollectorEvent::Taken(_, Taken::Saved(reading)) => Some(*reading),
        _ => None,
    });
    let saved = saved.collect();
    room.end().await;
    saved
}

#[tokio::test(start_paused = true)]
async fn readings_of_both_nights_in_which_the_clock_changes_are_kept_apart_and_marked_as_in_doubt() {
    let nights = [(128, "2026-03-29T02:30:00"), (131, "2026-10-25T02:30:00"), (134, "2026-10-25T02:30:00")];
    let stored = read_at("2026-11-23T08:00:00+01:00", &nights).await;
    for reading in &stored {
        assert!(reading.time.local_time_ambiguous && reading.time.from_storage);
        assert!(reading.quality.reasons.contains(&Reason::TimeInDoubt), "{:?}", reading.quality);
        assert_eq!(reading.time.correction_seconds, None);
    }
    let identities: std::collections::BTreeSet<_> = stored.iter().map(|reading| reading.identity).collect();
    assert_eq!(identities.len(), 3);
    // What is measured in that night, the tablet knows in which of the two hours.
    for tablet in ["2026-10-25T02:30:30+02:00", "2026-10-25T02:30:30+01:00"] {
        let live = read_at(tablet, &[(128, "2026-10-25T02:30:00")]).await;
        let taken = DateTime::parse_from_rfc3339(tablet).unwrap() - Duration::seconds(30);
        assert_eq!(live[0].time.effective, Some(taken));
        assert!(!live[0].time.from_storage);
    }
}
