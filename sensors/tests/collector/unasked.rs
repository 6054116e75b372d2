//! Readings of devices that send their memory by themselves.

use std::time::Duration;

use chrono::NaiveDateTime;
use dagsform_care::Trust;
use dagsform_sensors::{
    CollectorEvent, SinkError, Taken,
    collector::session::{Ended, Event, Phase},
    radio::simulated::{Traits, blood_pressure, temperature},
};
use tokio::time::sleep;

use crate::{
    room::{FIRST, Room, address},
    session::{HEARD, LINK, now, table, took, value},
};

const CUFF: [u16; 2] = [0x2A35, 0x2A19];

fn at(text: &str) -> NaiveDateTime {
    text.parse().unwrap()
}

fn pressure(text: &str) -> Event {
    value(0x2A35, &blood_pressure(128, 82, 66, at(text)))
}

#[test]
fn a_reading_with_the_time_of_now_is_live_and_any_other_comes_out_of_the_memory() {
    let subscribed = CUFF.map(|characteristic| Event::Subscribed(characteristic.into(), Ok(())));
    let before = [&subscribed[..], &[Event::Described(Ok(()))]].concat();
    let full = Event::Took(Err(SinkError::Full));
    let later = Event::Value(0x2A1C.into(), temperature(370), now() + chrono::Duration::seconds(30));
    table(
        &CUFF,
        &before,
        vec![
            ("now", vec![pressure("2026-11-23T07:59:30")], &format!("{HEARD}, take live 2A35"), Phase::Live),
            ("last week", vec![pressure("2026-11-16T08:00:00")], &format!("{HEARD}, take stored 0"), Phase::Live),
            (
                "sent twice",
                vec![pressure("2026-11-16T08:00:00"), took(), pressure("2026-11-16T08:00:00")],
                "take stored 0",
                Phase::Live,
            ),
            ("unreadable", vec![value(0x2A35, &[1])], &format!("{HEARD}, take live 2A35"), Phase::Live),
            (
                "not committed",
                vec![pressure("2026-11-16T08:00:00"), full],
                "not taken, disconnect",
                Phase::Over(Ended::NotTaken),
            ),
            ("link gone", vec![pressure("2026-11-16T08:00:00"), took(), Event::LinkEnded], "", LINK),
        ],
    );
    let subscribed = [Event::Subscribed(0x2A1C.into(), Ok(())), Event::Described(Ok(()))];
    let reading = || value(0x2A1C, &temperature(370));
    table(
        &[0x2A1C],
        &subscribed,
        vec![
            ("no clock", vec![reading()], &format!("{HEARD}, take live 2A1C"), Phase::Live),
            ("a second", vec![reading(), took(), reading()], "take stored 0", Phase::Live),
            ("a third", vec![reading(), took(), reading(), took(), reading()], "take stored 1", Phase::Live),
            ("used again", vec![reading(), took(), later], "take live 2A1C", Phase::Live),
        ],
    );
}

fn saved(room: &Room) -> Vec<dagsform_care::Reading> {
    let told = room.told().into_iter();
    told.filter_map(|event| match event {
        CollectorEvent::Taken(_, Taken::Saved(reading)) => Some(*reading),
        _ => None,
    })
    .collect()
}

#[tokio::test(start_paused = true)]
async fn a_cuff_with_a_wrong_clock_that_pours_three_old_readings_gets_no_time_for_any() {
    let room = Room::new();
    let cuff = room.radio.cuff(address(FIRST), Traits::default());
    for minute in 0..3 {
        cuff.store(blood_pressure(128, 82, 66, at(&format!("2021-01-01T00:0{minute}:00"))));
    }
    cuff.switch(true);
    room.until("all three", |room| saved(room).len() == 3).await;
    for reading in saved(&room) {
        assert_eq!((reading.time.effective, reading.time.device_clock), (None, Trust::Untrusted));
    }
    assert!(cuff.records().is_empty());
    room.end().await;
}

#[tokio::test(start_paused = true)]
async fn old_readings_of_a_right_clock_keep_the_time_that_they_were_measured_at() {
    let room = Room::new();
    let cuff = room.radio.cuff(address(FIRST), Traits::default());
    let now = chrono::Utc::now().with_timezone(&dagsform_care::time::ZONE).naive_local();
    let times = [now - chrono::Duration::days(2), now - chrono::Duration::days(1)];
    times.iter().for_each(|time| cuff.store(blood_pressure(128, 82, 66, *time)));
    cuff.measure(131, 84, 70).await;
    let readings = saved(&room);
    assert_eq!(readings.iter().map(|r| r.time.from_storage).collect::<Vec<_>>(), [true, true, false]);
    for (reading, time) in readings.iter().zip(times) {
        let effective = reading.time.effective.unwrap().naive_local();
        assert!((effective - time).abs() < chrono::Duration::seconds(1));
    }
    room.end().await;
}

#[tokio::test(start_paused = true)]
async fn what_a_device_has_sent_and_forgotten_is_kept_until_it_can_be_committed() {
    let room = Room::new();
    let cuff = room.radio.cuff(address(FIRST), Traits::default());
    let stored: Vec<_> =
        (10..13).map(|day| blood_pressure(128, 82, 66, at(&format!("2026-11-{day}T08:00:00")))).collect();
    stored.iter().for_each(|reading| cuff.store(reading.clone()));
    room.sink.full(true);
    cuff.switch(true);
    room.until("not taken", |room| room.count(|e| matches!(e, CollectorEvent::NotTaken(..))) > 0).await;
    cuff.switch(false);
    let given = stored.len() - cuff.records().len();
    assert!(given >= 1);
    sleep(Duration::from_secs(100)).await;
    room.sink.full(false);
    room.until("saved", |room| room.sink.kept().len() == given).await;
    cuff.switch(true);
    room.until("the rest", |room| room.sink.kept().len() == stored.len()).await;
    let sink = room.end().await;
    assert_eq!(sink.bytes(), stored);
    assert!(sink.kept().iter().all(|frame| frame.from_storage));
}
