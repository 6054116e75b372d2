//! Devices that measure by advertising: what they say is heard again and again, and taken once.

use std::time::Duration;

use dagsform_care::{Kind, Verdict};
use dagsform_sensors::{
    CollectorEvent, RadioFault, Taken,
    collector::{Assignment, Options, Security},
    device::{Advertisement, Key},
};
use tokio::time::sleep;

use crate::room::{FIRST, Room, address};

/// A Mi scale while somebody steps onto it, and when the weight is stable: 86.55 kg, the next time 86.60 kg
/// (custom-components/ble_monitor, test_miscale_parser.py).
const INTERIM: &str = "021043e507040b101300";
const STABLE: &str = "229e43e507040b101301";
const NEXT: &str = "22a843e507040b110000";

fn says(data: &str) -> Advertisement {
    Advertisement { service_data: vec![(0x181D.into(), hex::decode(data).unwrap())], ..Advertisement::default() }
}

fn room(key: Option<Key>, allow_advertise_only: bool) -> Room {
    let assigned = Assignment { key, security: Security::AdvertiseOnly, ..Assignment::bonded(address(FIRST)) };
    Room::with(vec![assigned], Options { allow_advertise_only, ..Options::default() })
}

async fn hear(room: &Room, data: &str, times: usize) {
    for _ in 0..times {
        room.radio.advertise(&address(FIRST), says(data));
        sleep(Duration::from_millis(300)).await;
    }
}

async fn ready(room: &Room) {
    room.until_told(CollectorEvent::Ready).await;
}

fn saved(room: &Room) -> Vec<String> {
    let told = room.told();
    let readings = told.iter().filter_map(|event| match event {
        CollectorEvent::Taken(_, Taken::Saved(reading)) => Some(reading),
        _ => None,
    });
    readings
        .map(|reading| {
            assert_eq!((reading.kind, reading.quality.verdict < Verdict::Failed), (Kind::BodyWeight, true));
            reading.values[0].quantity.value.number().unwrap().to_string()
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_weight_that_is_advertised_again_and_again_is_one_reading() {
    let room = room(None, true);
    ready(&room).await;
    hear(&room, INTERIM, 3).await;
    assert!(room.count(|event| matches!(event, CollectorEvent::Live(..))) > 0 && saved(&room).is_empty());
    hear(&room, STABLE, 20).await;
    assert_eq!(saved(&room), ["86.550"]);
    hear(&room, NEXT, 5).await;
    assert_eq!(saved(&room), ["86.550", "86.600"]);
    // Once more after all that, as scales do when they wake up.
    hear(&room, STABLE, 2).await;
    assert_eq!(saved(&room).len(), 2);
    assert_eq!(room.count(|event| matches!(event, CollectorEvent::Appeared(_))), 1);
    room.end().await;
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_committed_is_tried_again_though_the_scale_is_silent_by_then() {
    let room = room(None, true);
    ready(&room).await;
    room.sink.full(true);
    hear(&room, STABLE, 4).await;
    assert_eq!(room.count(|event| matches!(event, CollectorEvent::NotTaken(..))), 1);
    sleep(Duration::from_secs(60)).await;
    room.sink.full(false);
    room.until("saved", |room| saved(room) == ["86.550"]).await;
    assert_eq!(room.end().await.kept().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_unencrypted_weight_under_the_address_of_a_scale_with_a_key_is_not_taken() {
    let room = room(Some(Key([7; 16])), false);
    ready(&room).await;
    hear(&room, STABLE, 5).await;
    assert!(room.was_told(&CollectorEvent::Fault(Some(address(FIRST)), RadioFault::NotAllowed)));
    assert_eq!(room.end().await.takes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_neighbours_scale_is_nobodys() {
    let room = room(None, true);
    ready(&room).await;
    for _ in 0..5 {
        room.radio.advertise(&address("C8:47:8C:00:00:01"), says(STABLE));
        sleep(Duration::from_millis(300)).await;
    }
    assert_eq!(room.end().await.takes(), 0);
}
