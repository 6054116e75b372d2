//! What may be wrong with radio and devices: told once, and told when it is over.

use std::{sync::Arc, time::Duration};

use dagsform_sensors::{
    CollectorEvent, RadioFault,
    collector::{Assignment, Options, Security},
    radio::simulated::{Bonding, Traits},
};
use tokio::time::sleep;

use crate::room::{FIRST, Room, address, record};

fn fault(fault: RadioFault) -> CollectorEvent {
    CollectorEvent::Fault(Some(address(FIRST)), fault)
}

fn over(fault: RadioFault) -> CollectorEvent {
    CollectorEvent::FaultEnded(Some(address(FIRST)), fault)
}

#[tokio::test(start_paused = true)]
async fn a_device_that_says_nothing_is_told_and_forgiven() {
    let room = Room::new();
    let oximeter = room.radio.oximeter(address(FIRST), Traits { silent: true, ..Traits::default() });
    oximeter.switch(true);
    room.until_told(fault(RadioFault::Silent)).await;
    sleep(Duration::from_secs(300)).await;
    assert_eq!(room.count(|e| *e == fault(RadioFault::Silent)), 1);
    oximeter.change(Traits::default());
    room.until_told(over(RadioFault::Silent)).await;
    room.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_events_that_falls_silent_is_noticed_and_restarted() {
    let room = Room::new();
    let oximeter = room.oximeter();
    room.until_told(CollectorEvent::Ready).await;
    sleep(Duration::from_secs(60)).await;
    room.radio.mute();
    oximeter.store(record(0));
    oximeter.switch(true);
    room.until_told(CollectorEvent::Restarted).await;
    // It is tended even before the stream is known to be dead.
    assert_eq!(room.sink.kept().len(), 1);
    sleep(Duration::from_secs(300)).await;
    assert_eq!(room.count(|e| *e == CollectorEvent::Restarted), 1);
    room.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_events_that_ends_is_restarted() {
    let room = Room::new();
    room.until_told(CollectorEvent::Ready).await;
    room.radio.end_streams();
    room.until_told(CollectorEvent::Restarted).await;
    room.oximeter().measure(96, 61).await;
    assert_eq!(room.end().await.kept().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_adapter_switched_off_and_on_is_told_and_used_again() {
    for muted in [false, true] {
        let room = Room::new();
        let oximeter = room.oximeter();
        (0..5).for_each(|n| oximeter.store(record(n)));
        oximeter.switch(true);
        room.until("under way", |room| !room.sink.kept().is_empty()).await;
        if muted {
            room.radio.mute();
        }
        room.radio.switch(false);
        room.until_told(CollectorEvent::Fault(None, RadioFault::AdapterOff)).await;
        sleep(Duration::from_secs(100)).await;
        assert!(!oximeter.connected());
        room.radio.switch(true);
        room.until_told(CollectorEvent::FaultEnded(None, RadioFault::AdapterOff)).await;
        room.until_told(CollectorEvent::TransferComplete(address(FIRST), 5)).await;
        // The search is on again: the next use is heard at once, not at the next poll.
        oximeter.switch(false);
        sleep(Duration::from_secs(47)).await;
        oximeter.switch(true);
        sleep(Duration::from_secs(2)).await;
        assert!(oximeter.connected(), "muted: {muted}");
        assert_eq!(room.count(|e| matches!(e, CollectorEvent::Fault(None, _))), 1, "{:?}", room.told());
        assert_eq!(room.end().await.bytes(), (0..5).map(record).collect::<Vec<_>>());
    }
}

#[tokio::test(start_paused = true)]
async fn an_adapter_that_is_off_from_the_start_is_a_fault_and_not_ready() {
    let room = Room::new();
    room.radio.switch(false);
    room.until_told(CollectorEvent::Fault(None, RadioFault::AdapterOff)).await;
    assert!(!room.was_told(&CollectorEvent::Ready));
    room.radio.switch(true);
    room.until_told(CollectorEvent::Ready).await;
    room.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_bond_is_told_and_over_when_it_is_made_anew() {
    for lost in [Bonding::LostHere, Bonding::LostThere] {
        let room = Room::new();
        let oximeter = room.oximeter();
        oximeter.store(record(0));
        oximeter.bond(lost);
        oximeter.switch(true);
        room.until_told(fault(RadioFault::BondLost)).await;
        assert!(room.sink.kept().is_empty());
        oximeter.bond(Bonding::Bonded);
        room.until_told(over(RadioFault::BondLost)).await;
        room.until("fetched", |room| room.sink.kept().len() == 1).await;
        room.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_device_without_a_bond_is_refused_unless_it_is_allowed() {
    for allow_advertise_only in [false, true] {
        let assigned = Assignment { device: address(FIRST), security: Security::AdvertiseOnly, key: None, user: None };
        let room = Room::with(vec![assigned], Options { allow_advertise_only, ..Options::default() });
        let oximeter = room.oximeter();
        oximeter.measure(96, 61).await;
        sleep(Duration::from_secs(60)).await;
        assert_eq!(room.was_told(&fault(RadioFault::NotAllowed)), !allow_advertise_only);
        assert!(!room.was_told(&CollectorEvent::Appeared(address(FIRST))));
        assert_eq!(room.end().await.takes(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn the_named_gaps_are_passed_before_commit_and_before_it_is_told() {
    let passed = Arc::new(std::sync::Mutex::new(Vec::new()));
    let noted = passed.clone();
    let gaps: dagsform_sensors::collector::Gaps = Arc::new(move |name| noted.lock().unwrap().push(name));
    let room = Room::with(vec![Assignment::bonded(address(FIRST))], Options { gaps, ..Options::default() });
    let oximeter = room.oximeter();
    (0..2).for_each(|n| oximeter.store(record(n)));
    oximeter.switch(true);
    room.until_told(CollectorEvent::TransferComplete(address(FIRST), 2)).await;
    assert_eq!(*passed.lock().unwrap(), ["frame-received", "frame-received", "transfer-complete"]);
    room.end().await;
}
