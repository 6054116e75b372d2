//! One link to a device: the first byte chooses what it has, the rest is what comes over it, in any order and at any
//! moment. Whatever that is, each value that was taken is one that came, and nothing is taken after the end.
#![no_main]

use chrono::DateTime;
use dagsform_sensors::{
    Characteristic, RadioFault, Taken,
    collector::session::{Deadline, Effect, Event, Phase, Session},
};
use libfuzzer_sys::fuzz_target;

const HAS: [&[u16]; 4] = [
    &[0x2A5E, 0x2A5F, 0x2A52, 0x2A19],
    &[0x2A18, 0x2A34, 0x2A52, 0x2A2B],
    &[0x2A35, 0x2A08, 0x2A19],
    &[0x2A9D, 0x2A9F, 0x2A2B],
];
const DEADLINES: [Deadline; 8] = [
    Deadline::Record,
    Deadline::Abort,
    Deadline::Retry,
    Deadline::Silence,
    Deadline::Settle,
    Deadline::Context,
    Deadline::Consent,
    Deadline::Quiet,
];

fuzz_target!(|bytes: &[u8]| {
    let [choice, rest @ ..] = bytes else { return };
    let mut rest = rest;
    let has: Vec<Characteristic> = HAS[usize::from(*choice) % HAS.len()].iter().map(|n| (*n).into()).collect();
    let now = DateTime::parse_from_rfc3339("2026-11-23T08:00:00+01:00").expect("a time");
    let device = "F0:F1:F2:F3:F4:F5".to_owned().try_into().expect("an address");
    let (mut session, mut effects) = Session::open(device, &has, None, None);
    let mut came: Vec<Vec<u8>> = Vec::new();
    while let [what, length, after @ ..] = rest {
        let (value, after) = after.split_at(usize::from(*length).min(after.len()));
        rest = after;
        let over = matches!(session.phase(), Phase::Over(_));
        for effect in std::mem::take(&mut effects) {
            if let Effect::Take(frame) | Effect::TakeAndAcknowledge(frame, _) = effect {
                assert!(came.contains(&frame.bytes), "{frame:?} never came");
            }
        }
        let event = match what % 16 {
            0..=7 => {
                came.push(value.to_vec());
                Event::Value(has[usize::from(*what) % has.len()], value.to_vec(), now)
            }
            8 => Event::Subscribed(has[value.len() % has.len()], Ok(())),
            9 => Event::Described(Ok(())),
            10 => Event::Written(if value.is_empty() { Ok(()) } else { Err(RadioFault::Failed) }),
            11 => Event::Took(Ok(Taken::Undecodable { reason: String::new() })),
            12..=14 => Event::Passed(DEADLINES[value.len() % DEADLINES.len()]),
            _ => Event::LinkEnded,
        };
        let value = matches!(event, Event::Value(..));
        (session, effects) = session.update(event);
        assert!(!(over && value) || effects.is_empty(), "after the end");
    }
});
