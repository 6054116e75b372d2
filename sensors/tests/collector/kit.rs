//! The simulated cuff, scale, glucose meter and thermometer, used as a person uses them.

use dagsform_care::{Kind, Meal, Reading, User, Verdict};
use dagsform_sensors::{
    CollectorEvent, RadioFault, Taken,
    radio::simulated::{Bonding, Memory, Traits},
};

use crate::room::{FIRST, Room, address};

/// The one reading that was saved.
fn only(room: &Room) -> Reading {
    let saved: Vec<_> = room
        .told()
        .into_iter()
        .filter_map(|event| match event {
            CollectorEvent::Taken(_, Taken::Saved(reading)) => Some(*reading),
            _ => None,
        })
        .collect();
    assert_eq!(saved.len(), 1, "{:?}", room.told());
    saved[0].clone()
}

fn numbers(reading: &Reading) -> Vec<String> {
    let number = |m: &dagsform_care::Measured| {
        format!("{} {}", m.quantity.value.number().map(|n| n.to_string()).unwrap_or_default(), m.quantity.unit.ucum())
    };
    reading.values.iter().map(number).collect()
}

#[tokio::test(start_paused = true)]
async fn a_cuff_gives_its_reading_once_and_switches_itself_off() {
    let room = Room::new();
    let cuff = room.radio.cuff(address(FIRST), Traits::default());
    cuff.measure(128, 82, 66).await;
    let reading = only(&room);
    assert_eq!((reading.kind, reading.quality.verdict), (Kind::BloodPressure, Verdict::Good));
    assert_eq!(numbers(&reading), ["128 mm[Hg]", "82 mm[Hg]", "97 mm[Hg]", "66 /min"]);
    assert!(!reading.time.from_storage && !cuff.connected() && cuff.records().is_empty());
    room.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_scale_says_who_stood_on_it() {
    let room = Room::new();
    let scale = room.radio.scale(address(FIRST), Traits::default());
    scale.measure(8045, Some(2)).await;
    let reading = only(&room);
    assert_eq!((reading.kind, reading.user), (Kind::BodyWeight, User::Index(2)));
    assert_eq!(numbers(&reading), ["80.450 kg"]);
    room.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_glucose_meter_gives_its_reading_with_the_meal_and_of_its_memory_what_is_new() {
    let room = Room::new();
    let meter = room.radio.glucose_meter(address(FIRST), Traits::default());
    meter.measure(66, Some(Meal::Preprandial)).await;
    let reading = only(&room);
    assert_eq!((reading.kind, reading.meal, reading.sequence), (Kind::BloodGlucose, Some(Meal::Preprandial), Some(1)));
    assert_eq!(numbers(&reading), ["6.6 mmol/L"]);
    meter.measure(71, None).await;
    assert!(room.was_told(&CollectorEvent::TransferComplete(address(FIRST), 2)));
    // The new one is looked at before the old one and it are fetched.
    assert_eq!(room.count(|e| matches!(e, CollectorEvent::Taken(_, Taken::Known(_)))), 2);
    let kept = room.end().await.kept();
    assert_eq!(kept.iter().map(|frame| frame.context.is_some()).collect::<Vec<_>>(), [true, false]);
}

#[tokio::test(start_paused = true)]
async fn a_link_dropped_before_any_glucose_record_loses_and_doubles_nothing() {
    for k in 1..=4 {
        let room = Room::new();
        let meter = room.radio.glucose_meter(address(FIRST), Traits::default());
        // Out of the tablet's reach: four readings gather in the memory.
        room.radio.switch(false);
        for tenths in [50, 60, 70, 80] {
            meter.measure(tenths, Some(Meal::Fasting)).await;
        }
        room.radio.switch(true);
        meter.drop_before(k);
        meter.switch(true);
        room.until_told(CollectorEvent::TransferComplete(address(FIRST), 4)).await;
        let kept = room.end().await.kept();
        assert_eq!(kept.len(), 4, "before record {k}");
        assert!(kept.iter().all(|frame| frame.from_storage && frame.context.is_some()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_thermometer_without_a_clock_gives_a_live_reading_and_forgets_what_nobody_took() {
    let room = Room::new();
    let thermometer = room.radio.thermometer(address(FIRST), Traits::default());
    room.radio.switch(false);
    thermometer.measure(392).await;
    assert!(thermometer.records().is_empty());
    room.radio.switch(true);
    thermometer.measure(368).await;
    let reading = only(&room);
    assert_eq!((reading.kind, numbers(&reading)), (Kind::BodyTemperature, vec!["36.8 Cel".to_owned()]));
    assert_eq!(reading.time.effective, Some(reading.time.received));
    room.end().await;
}

#[tokio::test(start_paused = true)]
async fn each_device_says_which_model_it_is() {
    let room = Room::new();
    room.radio.cuff(address(FIRST), Traits { battery: 40, ..Traits::default() }).switch(true);
    room.until("described", |room| !room.sink.described().is_empty()).await;
    let information = room.sink.described().remove(0);
    assert_eq!((information.model.as_deref(), information.battery), (Some("SIM-BLS"), Some(40)));
    room.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_bond_and_a_mute_memory_are_faults_of_these_devices_too() {
    for (prepare, fault) in [(true, RadioFault::BondLost), (false, RadioFault::Silent)] {
        let room = Room::new();
        let traits = if prepare { Traits::default() } else { Traits { memory: Memory::Mute, ..Traits::default() } };
        let meter = room.radio.glucose_meter(address(FIRST), traits);
        if prepare {
            meter.bond(Bonding::LostThere);
        }
        meter.switch(true);
        room.until_told(CollectorEvent::Fault(Some(address(FIRST)), fault)).await;
        room.end().await;
    }
}
