//! The memory of a device: fetched to the end, whatever happens on the way.

use std::time::Duration;

use dagsform_sensors::{
    CollectorEvent, RadioFault,
    radio::simulated::{Memory, Traits},
};
use tokio::time::sleep;

use crate::room::{FIRST, Room, address, record};

#[tokio::test(start_paused = true)]
async fn a_memory_is_fetched_whole_and_in_order() {
    let room = Room::new();
    let oximeter = room.oximeter();
    (0..200).for_each(|n| oximeter.store(record(n)));
    oximeter.switch(true);
    room.until_told(CollectorEvent::TransferComplete(address(FIRST), 200)).await;
    assert!(room.was_told(&CollectorEvent::TransferStarted(address(FIRST), Some(200))));
    let kept = room.end().await.kept();
    assert!(kept.iter().all(|frame| frame.from_storage && frame.ordinal == 0));
    assert_eq!(kept.into_iter().map(|f| f.bytes).collect::<Vec<_>>(), (0..200).map(record).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn an_empty_memory_is_complete() {
    let room = Room::new();
    room.oximeter().switch(true);
    room.until_told(CollectorEvent::TransferComplete(address(FIRST), 0)).await;
    assert_eq!(room.end().await.takes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_link_dropped_before_any_record_loses_and_doubles_nothing() {
    for k in 1..=5 {
        let room = Room::new();
        let oximeter = room.oximeter();
        (0..5).for_each(|n| oximeter.store(record(n)));
        oximeter.drop_before(k);
        oximeter.switch(true);
        room.until_told(CollectorEvent::TransferComplete(address(FIRST), 5)).await;
        let interrupted = CollectorEvent::TransferInterrupted(address(FIRST), u32::try_from(k).unwrap() - 1);
        assert!(room.was_told(&interrupted), "{k}: {:?}", room.told());
        assert_eq!(room.end().await.bytes(), (0..5).map(record).collect::<Vec<_>>(), "before record {k}");
    }
}

#[tokio::test(start_paused = true)]
async fn two_identical_records_of_one_memory_are_two() {
    let room = Room::new();
    let oximeter = room.oximeter();
    for n in [7, 8, 7] {
        oximeter.store(record(n));
    }
    oximeter.drop_before(3);
    oximeter.switch(true);
    room.until_told(CollectorEvent::TransferComplete(address(FIRST), 3)).await;
    let ordinals: Vec<u32> = room.end().await.kept().iter().map(|frame| frame.ordinal).collect();
    assert_eq!(ordinals, [0, 0, 1]);
}

#[tokio::test(start_paused = true)]
async fn bytes_that_no_codec_understands_reach_the_sink() {
    let room = Room::new();
    let oximeter = room.oximeter();
    oximeter.store(vec![0x01, 0x60]);
    oximeter.store(record(1));
    oximeter.store(vec![0x01, 0x60]);
    oximeter.switch(true);
    room.until_told(CollectorEvent::TransferComplete(address(FIRST), 3)).await;
    oximeter.say(0x2A5E, vec![0xFF]);
    room.until("the live one", |room| room.sink.kept().len() == 4).await;
    let kept: Vec<_> = room.end().await.kept().into_iter().map(|f| (f.bytes, f.ordinal, f.from_storage)).collect();
    let expected = [(vec![1, 0x60], 0, true), (record(1), 0, true), (vec![1, 0x60], 1, true), (vec![0xFF], 0, false)];
    assert_eq!(kept, expected);
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_leaves_the_records_in_the_device_and_they_come_when_there_is_room() {
    let room = Room::new();
    let oximeter = room.oximeter();
    (0..5).for_each(|n| oximeter.store(record(n)));
    room.sink.fail_at(&[2]);
    oximeter.switch(true);
    room.until("not taken", |room| room.count(|e| matches!(e, CollectorEvent::NotTaken(..))) == 1).await;
    room.until("let go", |room| room.was_told(&CollectorEvent::Disconnected(address(FIRST)))).await;
    assert_eq!(room.sink.takes(), 3, "nothing more is taken from the device");
    assert!(room.was_told(&CollectorEvent::TransferInterrupted(address(FIRST), 2)));
    room.until_told(CollectorEvent::TransferComplete(address(FIRST), 5)).await;
    assert_eq!(room.end().await.bytes(), (0..5).map(record).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_memory_that_does_not_answer_times_out_is_told_and_is_tried_again() {
    let room = Room::new();
    let oximeter = room.radio.oximeter(address(FIRST), Traits { memory: Memory::Mute, ..Traits::default() });
    oximeter.store(record(0));
    oximeter.switch(true);
    room.until_told(CollectorEvent::TransferInterrupted(address(FIRST), 0)).await;
    let silent = RadioFault::Silent;
    assert!(room.was_told(&CollectorEvent::Fault(Some(address(FIRST)), silent)));
    // Live values still come meanwhile.
    oximeter.say(0x2A5E, record(1));
    room.until_told(CollectorEvent::FaultEnded(Some(address(FIRST)), silent)).await;
    oximeter.change(Traits::default());
    room.until_told(CollectorEvent::TransferComplete(address(FIRST), 1)).await;
    assert_eq!(room.end().await.bytes(), [record(1), record(0)]);
}

#[tokio::test(start_paused = true)]
async fn a_memory_that_stalls_is_aborted_and_what_came_is_kept() {
    let room = Room::new();
    let traits = Traits { memory: Memory::StallsBefore(3), ..Traits::default() };
    let oximeter = room.radio.oximeter(address(FIRST), traits);
    (0..5).for_each(|n| oximeter.store(record(n)));
    oximeter.switch(true);
    room.until_told(CollectorEvent::TransferInterrupted(address(FIRST), 2)).await;
    assert_eq!(room.sink.kept().len(), 2);
    oximeter.change(Traits::default());
    room.until_told(CollectorEvent::TransferComplete(address(FIRST), 5)).await;
    assert_eq!(room.end().await.bytes(), (0..5).map(record).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_memory_that_cannot_count_is_fetched_all_the_same() {
    let room = Room::new();
    let traits = Traits { memory: Memory::CannotCount, ..Traits::default() };
    let oximeter = room.radio.oximeter(address(FIRST), traits);
    (0..3).for_each(|n| oximeter.store(record(n)));
    oximeter.switch(true);
    room.until_told(CollectorEvent::TransferComplete(address(FIRST), 3)).await;
    assert!(room.was_told(&CollectorEvent::TransferStarted(address(FIRST), None)));
    room.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_slow_disk_is_no_silent_device() {
    let room = Room::new();
    let oximeter = room.oximeter();
    (0..5).for_each(|n| oximeter.store(record(n)));
    room.sink.slow(Duration::from_secs(12));
    oximeter.switch(true);
    room.until_told(CollectorEvent::TransferComplete(address(FIRST), 5)).await;
    assert_eq!(room.count(|e| matches!(e, CollectorEvent::TransferInterrupted(..))), 0);
    room.sink.slow(Duration::ZERO);
    room.end().await;
}

#[tokio::test(start_paused = true)]
async fn the_collector_ends_in_time_in_the_middle_of_a_transfer() {
    let room = Room::new();
    let oximeter = room.oximeter();
    (0..200).for_each(|n| oximeter.store(record(n)));
    oximeter.switch(true);
    room.until("under way", |room| room.sink.kept().len() > 20).await;
    let sink = room.end().await;
    assert!(sink.kept().len() < 200);
    assert!(!oximeter.connected());
    let kept = sink.kept().len();
    sleep(Duration::from_secs(60)).await;
    assert_eq!(sink.kept().len(), kept);
}
