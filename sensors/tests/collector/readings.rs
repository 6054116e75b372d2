//! Live readings and what a device says of itself.

use std::time::Duration;

use dagsform_sensors::{CollectorEvent, Taken, collector::Assignment, radio::simulated::Traits};
use tokio::time::sleep;

use crate::room::{FIRST, Room, SECOND, address};

#[tokio::test(start_paused = true)]
async fn a_measurement_is_seen_live_and_saved_once_though_the_memory_has_it_too() {
    let room = Room::new();
    let oximeter = room.oximeter();
    oximeter.measure(96, 61).await;
    room.until_told(CollectorEvent::Disconnected(address(FIRST))).await;
    assert!(room.count(|e| matches!(e, CollectorEvent::Live(..))) >= 6);
    assert_eq!(room.sink.kept().len(), 1);
    // The next use fetches the memory: the first reading is known, the second is new.
    oximeter.measure(95, 62).await;
    assert_eq!(room.count(|e| matches!(e, CollectorEvent::Taken(_, Taken::Known(_)))), 1);
    assert_eq!(room.end().await.kept().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_device_is_described_with_its_battery() {
    let room = Room::new();
    let oximeter = room.oximeter();
    oximeter.switch(true);
    room.until("described", |room| !room.sink.described().is_empty()).await;
    let information = room.sink.described().remove(0);
    assert_eq!((information.model.as_deref(), information.battery), (Some("SIM-PLX"), Some(87)));
    room.until("connected", |room| room.was_told(&CollectorEvent::Connected(address(FIRST)))).await;
    oximeter.say(0x2A19, vec![86]);
    room.until("the new level", |room| room.sink.described().last().unwrap().battery == Some(86)).await;
    room.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_device_that_only_streams_gives_one_reading_a_measurement() {
    let room = Room::new();
    let oximeter = room.radio.oximeter(address(FIRST), Traits { spot_check: false, ..Traits::default() });
    oximeter.measure(96, 61).await;
    oximeter.measure(94, 62).await;
    let kept = room.end().await.kept();
    let values: Vec<(u16, u8)> =
        kept.iter().map(|frame| (frame.format.characteristic().unwrap(), frame.bytes[1])).collect();
    assert_eq!(values, [(0x2A5F, 96), (0x2A5F, 94)]);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_ends_with_the_link_still_gives_its_reading() {
    let room = Room::new();
    let oximeter = room.radio.oximeter(address(FIRST), Traits { spot_check: false, ..Traits::default() });
    oximeter.switch(true);
    room.until_told(CollectorEvent::Connected(address(FIRST))).await;
    for spo2 in [91, 92, 93, 94, 95, 96] {
        sleep(Duration::from_secs(1)).await;
        oximeter.say(0x2A5F, vec![0, spo2, 0, 60, 0]);
    }
    oximeter.switch(false);
    room.until("the reading", |room| room.sink.kept().len() == 1).await;
    assert_eq!(room.end().await.bytes(), [vec![0, 96, 0, 60, 0]]);
}

#[tokio::test(start_paused = true)]
async fn an_unassigned_device_is_ignored_until_it_is_assigned_and_after_it_is_taken_away() {
    let room = Room::with(vec![], Default::default());
    let oximeter = room.oximeter();
    oximeter.measure(96, 61).await;
    oximeter.switch(true);
    sleep(Duration::from_secs(120)).await;
    assert!(!oximeter.connected());
    assert_eq!(room.sink.takes(), 0);
    assert_eq!(room.count(|e| !matches!(e, CollectorEvent::Ready)), 0, "{:?}", room.told());
    room.assignments.send_replace(vec![Assignment::bonded(address(FIRST))]);
    room.until("fetched", |room| room.sink.kept().len() == 1).await;
    room.assignments.send_replace(vec![]);
    sleep(Duration::from_secs(60)).await;
    assert!(!oximeter.connected());
    room.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_device_that_hangs_keeps_no_other_waiting() {
    let assigned = [FIRST, SECOND].map(|text| Assignment::bonded(address(text))).to_vec();
    let room = Room::with(assigned, Default::default());
    let silent = room.radio.oximeter(address(SECOND), Traits { silent: true, ..Traits::default() });
    silent.switch(true);
    room.until_told(CollectorEvent::Connected(address(SECOND))).await;
    room.oximeter().measure(96, 61).await;
    assert_eq!(room.sink.kept().len(), 1);
    assert!(silent.connected());
    room.end().await;
}

#[tokio::test(start_paused = true)]
async fn what_came_live_and_could_not_be_committed_is_committed_later() {
    let room = Room::new();
    let oximeter = room.radio.oximeter(address(FIRST), Traits { spot_check: true, ..Traits::default() });
    oximeter.switch(true);
    room.until_told(CollectorEvent::TransferComplete(address(FIRST), 0)).await;
    room.sink.full(true);
    // Not in the memory of the device: it will never come again.
    for n in 0..3 {
        oximeter.say(0x2A5E, crate::room::record(n));
    }
    oximeter.switch(false);
    room.until("not taken", |room| room.count(|e| matches!(e, CollectorEvent::NotTaken(..))) > 0).await;
    sleep(Duration::from_secs(100)).await;
    assert!(room.sink.kept().is_empty());
    room.sink.full(false);
    room.until("saved", |room| room.sink.kept().len() == 3).await;
    room.end().await;
}

#[tokio::test(start_paused = true)]
async fn nobody_who_listens_stops_no_reading() {
    let radio = dagsform_sensors::radio::simulated::Simulated::new();
    let sink = std::sync::Arc::new(crate::room::MemorySink::default());
    let (assignments, watched) = tokio::sync::watch::channel(vec![Assignment::bonded(address(FIRST))]);
    // One place, and nobody takes what is in it.
    let (events, _held) = tokio::sync::mpsc::channel(1);
    let oximeter = radio.oximeter(address(FIRST), Traits::default());
    let collector = dagsform_sensors::collector::Collector {
        radio: std::sync::Arc::new(radio),
        sink: sink.clone(),
        assignments: watched,
        events,
        options: Default::default(),
    };
    let task = tokio::spawn(collector.run(std::future::pending()));
    oximeter.measure(96, 61).await;
    oximeter.measure(95, 61).await;
    assert_eq!(sink.kept().len(), 2);
    task.abort();
    drop(assignments);
}
