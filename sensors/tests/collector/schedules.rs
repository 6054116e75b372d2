//! Whatever the schedule of drops and failures: every record once.

use std::{collections::BTreeMap, time::Duration};

use dagsform_sensors::CollectorEvent;
use proptest::prelude::*;
use tokio::time::sleep;

use crate::room::{FIRST, Room, address, record};

/// Something that goes wrong.
#[derive(Clone, Debug)]
enum Mishap {
    DropBefore(usize),
    LinkLost,
    AdapterOff,
    SwitchedOff,
    Muted,
}

fn mishap() -> impl Strategy<Value = (u64, Mishap)> {
    let what = prop_oneof![
        4 => (1_usize..=20).prop_map(Mishap::DropBefore),
        2 => Just(Mishap::LinkLost),
        1 => Just(Mishap::AdapterOff),
        1 => Just(Mishap::SwitchedOff),
        1 => Just(Mishap::Muted),
    ];
    (0_u64..4000, what)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_record_is_kept_exactly_once(
        // Few different ones, so that many are identical.
        records in prop::collection::vec(0_u32..12, 20),
        mishaps in prop::collection::vec(mishap(), 0..6),
        failures in prop::collection::vec(0_u32..60, 0..6),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let kept = runtime.block_on(async {
            let room = Room::new();
            let oximeter = room.oximeter();
            records.iter().for_each(|n| oximeter.store(record(*n)));
            room.sink.fail_at(&failures);
            oximeter.switch(true);
            for (after, mishap) in mishaps {
                sleep(Duration::from_millis(after)).await;
                match mishap {
                    Mishap::DropBefore(n) => oximeter.drop_before(n),
                    Mishap::LinkLost => oximeter.drop_link(),
                    Mishap::Muted => room.radio.mute(),
                    Mishap::AdapterOff => {
                        room.radio.switch(false);
                        sleep(Duration::from_secs(5)).await;
                        room.radio.switch(true);
                    }
                    Mishap::SwitchedOff => {
                        oximeter.switch(false);
                        sleep(Duration::from_secs(5)).await;
                        oximeter.switch(true);
                    }
                }
            }
            room.until_told(CollectorEvent::TransferComplete(address(FIRST), 20)).await;
            room.end().await.kept()
        });
        let mut expected: Vec<(Vec<u8>, u32)> = Vec::new();
        let mut before = BTreeMap::new();
        for n in &records {
            let ordinal: &mut u32 = before.entry(n).or_default();
            expected.push((record(*n), *ordinal));
            *ordinal += 1;
        }
        let mut got: Vec<(Vec<u8>, u32)> = kept.into_iter().map(|frame| (frame.bytes, frame.ordinal)).collect();
        expected.sort();
        got.sort();
        prop_assert_eq!(got, expected);
    }
}
