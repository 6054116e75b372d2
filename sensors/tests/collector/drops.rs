//! A link that drops before each of fifty records, whoever sends them.

use chrono::NaiveDateTime;
use dagsform_sensors::{
    CollectorEvent,
    radio::simulated::{Device, Traits, blood_pressure, glucose},
};

use crate::room::{FIRST, Room, address, record};

const RECORDS: u16 = 50;

fn minute(n: u16) -> NaiveDateTime {
    let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
    day.and_hms_opt(8, u32::from(n), 0).unwrap()
}

/// Has the device drop the link before each of its records in turn, and what it gave then.
async fn each(put: impl Fn(&Room) -> Device, record: impl Fn(u16) -> Vec<u8>) {
    let all: Vec<_> = (0..RECORDS).map(record).collect();
    for k in 1..=usize::from(RECORDS) {
        let room = Room::new();
        let device = put(&room);
        all.iter().for_each(|record| device.store(record.clone()));
        device.drop_before(k);
        device.switch(true);
        room.until("all of them", |room| room.sink.kept().len() == all.len()).await;
        room.until("let go once", |room| room.was_told(&CollectorEvent::Disconnected(address(FIRST)))).await;
        device.switch(false);
        assert_eq!(room.end().await.bytes(), all, "before record {k}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_memory_without_numbers_that_is_asked_for_comes_whole_and_once() {
    each(|room| (*room.oximeter()).clone(), |n| record(n.into())).await;
}

#[tokio::test(start_paused = true)]
async fn a_memory_with_numbers_comes_whole_and_once() {
    let meter = |room: &Room| (*room.radio.glucose_meter(address(FIRST), Traits::default())).clone();
    each(meter, |n| glucose(n, 66, false, minute(n))).await;
}

#[tokio::test(start_paused = true)]
async fn what_a_device_pours_out_by_itself_comes_whole_and_once() {
    let cuff = |room: &Room| (*room.radio.cuff(address(FIRST), Traits::default())).clone();
    each(cuff, |n| blood_pressure(128, 82, 66, minute(n))).await;
}
