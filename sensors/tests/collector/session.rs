//! Every transition of the machine of one link.

use chrono::{DateTime, FixedOffset};
use dagsform_care::Identity;
use dagsform_sensors::{
    Characteristic, CollectorEvent, RadioFault, SinkError, Taken,
    collector::{
        Consent,
        session::{Deadline, Effect, Ended, Event, Phase, Session},
    },
};

use crate::room::{FIRST, address, record};

const ALL: [u16; 4] = [0x2A5E, 0x2A5F, 0x2A52, 0x2A19];
const SPOT_ONLY: [u16; 1] = [0x2A5E];
const STREAM_ONLY: [u16; 2] = [0x2A5F, 0x2A52];

pub(crate) fn now() -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339("2026-11-23T08:00:00+01:00").unwrap()
}

pub(crate) fn value(characteristic: u16, bytes: &[u8]) -> Event {
    Event::Value(characteristic.into(), bytes.to_vec(), now())
}

pub(crate) fn racp(bytes: &[u8]) -> Event {
    value(0x2A52, bytes)
}

fn spot(n: u32) -> Event {
    Event::Value(0x2A5E.into(), record(n), now())
}

fn streamed() -> Event {
    value(0x2A5F, &[0, 97, 0, 60, 0])
}

pub(crate) fn took() -> Event {
    known(0)
}

/// The record had this one already.
pub(crate) fn known(n: u16) -> Event {
    Event::Took(Ok(Taken::Known(identity(n))))
}

pub(crate) fn identity(n: u16) -> Identity {
    Identity::by_hand(uuid::Uuid::from_u128(n.into()))
}

pub(crate) fn passed(deadline: Deadline) -> Event {
    Event::Passed(deadline)
}

/// Subscribing, with so much left.
pub(crate) fn subscribing_left(left: &[u16]) -> Phase {
    Phase::Subscribing(left.iter().copied().map(Characteristic::from).collect())
}

/// An effect in a word or two.
fn word(effect: &Effect) -> String {
    match effect {
        Effect::Subscribe(characteristic) => format!("subscribe {characteristic}"),
        Effect::Describe => "describe".into(),
        Effect::Write(characteristic, bytes) if *characteristic == 0x2A52 => format!("write {bytes:02X?}"),
        Effect::Write(characteristic, bytes) => format!("write {characteristic} {bytes:02X?}"),
        Effect::Recall => "recall".into(),
        Effect::Fetched(newest) => format!("fetched {}", newest.sequence),
        Effect::ReadClock(characteristic) => format!("read clock {characteristic}"),
        Effect::SetClock(characteristic, bytes) => format!("set clock {characteristic} {bytes:02X?}"),
        Effect::Take(frame) => {
            let context = if frame.context.is_some() { " with context" } else { "" };
            match frame.from_storage {
                true => format!("take stored {}{context}", frame.ordinal),
                false => format!("take live {}{context}", frame.format),
            }
        }
        Effect::TakeAndAcknowledge(frame, writes) => format!("take {} and write {}", frame.format, writes.len()),
        Effect::Say(writes) => format!("say {}", writes.len()),
        Effect::Open(model) => format!("open {model:?}"),
        Effect::Battery(level) => format!("battery {level:?}"),
        Effect::Arm(deadline, after) => format!("arm {deadline:?} {}", after.as_secs()),
        Effect::Disarm(deadline) => format!("disarm {deadline:?}"),
        Effect::TransferComplete => "gap".into(),
        Effect::Disconnect => "disconnect".into(),
        Effect::Tell(event) => match event {
            CollectorEvent::Connected(_) => "connected".into(),
            CollectorEvent::TransferStarted(_, announced) => format!("started {announced:?}"),
            CollectorEvent::TransferComplete(_, taken) => format!("complete {taken}"),
            CollectorEvent::TransferInterrupted(_, taken) => format!("interrupted {taken}"),
            CollectorEvent::Fault(_, fault) => format!("fault {fault:?}"),
            CollectorEvent::FaultEnded(_, fault) => format!("over {fault:?}"),
            CollectorEvent::Taken(..) => "taken".into(),
            CollectorEvent::NotTaken(..) => "not taken".into(),
            CollectorEvent::Live(..) => "live".into(),
            CollectorEvent::ClockSet { was_off_seconds, .. } => format!("clock set {was_off_seconds:?}"),
            CollectorEvent::ClockOff { off_seconds, .. } => format!("clock off {off_seconds:?}"),
            other => format!("{other:?}"),
        },
    }
}

/// What the last of these events brings about, and where it leads.
fn last(characteristics: &[u16], events: impl IntoIterator<Item = Event>) -> (String, Phase) {
    let (mut session, mut effects) = {
        let characteristics: Vec<Characteristic> = characteristics.iter().copied().map(Characteristic::from).collect();
        Session::open(address(FIRST), &characteristics, None, Some(Consent::new(2, 1234).unwrap()))
    };
    for event in events {
        (session, effects) = session.update(event);
    }
    (effects.iter().map(word).collect::<Vec<_>>().join(", "), session.phase().clone())
}

pub(crate) fn table(characteristics: &[u16], before: &[Event], rows: Vec<(&str, Vec<Event>, &str, Phase)>) {
    for (name, events, effects, phase) in rows {
        let all = before.iter().cloned().chain(events);
        assert_eq!(last(characteristics, all), (effects.to_owned(), phase), "{name}");
    }
}

fn subscribed() -> Vec<Event> {
    ALL.map(|characteristic| Event::Subscribed(characteristic.into(), Ok(()))).to_vec()
}

fn counting() -> Vec<Event> {
    [subscribed(), vec![Event::Described(Ok(())), Event::Written(Ok(()))]].concat()
}

fn reporting() -> Vec<Event> {
    [counting(), vec![racp(&[5, 0, 2, 0]), Event::Written(Ok(()))]].concat()
}

fn live() -> Vec<Event> {
    [counting(), vec![racp(&[5, 0, 0, 0])]].concat()
}

fn failed(fault: RadioFault) -> Phase {
    Phase::Over(Ended::Fault(fault))
}

pub(crate) const HEARD: &str = "disarm Silence, over Silent";
pub(crate) const DONE: &str = "disarm Record, disarm Abort";
pub(crate) const LINK: Phase = Phase::Over(Ended::Link);

#[test]
fn opening_subscribes_to_what_is_there_before_it_asks_for_anything() {
    let subscribing = subscribing_left;
    let refused = |fault| vec![Event::Subscribed(0x2A5E.into(), Err(fault))];
    let all = |n: usize| subscribed()[..n].to_vec();
    use RadioFault::{BondLost, Failed, Gone, Timeout, Unsupported};
    table(
        &ALL,
        &[],
        vec![
            ("opened", vec![], "subscribe 2A5E", subscribing(&[0x2A5F, 0x2A52, 0x2A19])),
            ("one", all(1), "subscribe 2A5F", subscribing(&[0x2A52, 0x2A19])),
            ("two", all(2), "subscribe 2A52", subscribing(&[0x2A19])),
            ("three", all(3), "subscribe 2A19", subscribing(&[])),
            ("all", all(4), "connected, describe", Phase::Describing),
            ("refused, but it streams", refused(Failed), "subscribe 2A5F", subscribing(&[0x2A52, 0x2A19])),
            ("bond lost", refused(BondLost), "fault BondLost, disconnect", failed(BondLost)),
            ("gone", refused(Gone), "disconnect", failed(Gone)),
            ("no answer", refused(Timeout), "disconnect", failed(Timeout)),
            ("link gone", vec![Event::LinkEnded], "", LINK),
            ("stop", vec![Event::Stop], "disconnect", LINK),
            (
                "a reading that comes early",
                vec![spot(0)],
                &format!("{HEARD}, take live 2A5E"),
                subscribing(&[0x2A5F, 0x2A52, 0x2A19]),
            ),
        ],
    );
    table(&[0x2A37], &[], vec![("no oximeter", vec![], "fault Unsupported, disconnect", failed(Unsupported))]);
    table(&SPOT_ONLY, &[], vec![("nothing left", refused(Failed), "fault Failed, disconnect", failed(Failed))]);
}

#[test]
fn what_has_a_memory_is_asked_for_it_and_what_has_none_is_listened_to() {
    let described = || vec![Event::Described(Ok(()))];
    let lost = || vec![Event::Described(Err(RadioFault::BondLost))];
    table(
        &ALL,
        &subscribed(),
        vec![
            ("memory", described(), "write [04, 01], arm Record 10", Phase::Counting),
            ("bond lost", lost(), "fault BondLost, disconnect", failed(RadioFault::BondLost)),
        ],
    );
    let one = [Event::Subscribed(0x2A5E.into(), Ok(()))];
    table(&SPOT_ONLY, &one, vec![("readings", described(), "arm Silence 120", Phase::Live)]);
    let early = vec![spot(0), took(), Event::Described(Ok(()))];
    table(&SPOT_ONLY, &one, vec![("heard already", early, "", Phase::Live)]);
    // Its control point is for nothing that we could take.
    let one = [Event::Subscribed(0x2A5F.into(), Ok(()))];
    table(&STREAM_ONLY, &one, vec![("stream", described(), "arm Silence 30", Phase::Live)]);
}

#[test]
fn counting_leads_to_the_report_to_the_end_or_to_the_abort() {
    let reporting = |announced| Phase::Reporting { announced };
    let started = |announced: Option<u32>| format!("{HEARD}, started {announced:?}, write [01, 01], arm Record 10");
    table(
        &ALL,
        &counting(),
        vec![
            ("two", vec![racp(&[5, 0, 2, 0])], &started(Some(2)), reporting(Some(2))),
            ("none", vec![racp(&[5, 0, 0, 0])], &format!("{HEARD}, {DONE}, gap, complete 0"), Phase::Live),
            ("none found", vec![racp(&[6, 0, 4, 6])], &format!("{HEARD}, {DONE}, gap, complete 0"), Phase::Live),
            ("cannot count", vec![racp(&[6, 0, 4, 2])], &started(None), reporting(None)),
            ("invalid operator", vec![racp(&[6, 0, 4, 3])], &started(None), reporting(None)),
            ("operator not supported", vec![racp(&[6, 0, 4, 4])], &started(None), reporting(None)),
            ("invalid operand", vec![racp(&[6, 0, 4, 5])], &started(None), reporting(None)),
            ("abort unsuccessful", vec![racp(&[6, 0, 4, 7])], &started(None), reporting(None)),
            ("not completed", vec![racp(&[6, 0, 4, 8])], &started(None), reporting(None)),
            ("operand not supported", vec![racp(&[6, 0, 4, 9])], &started(None), reporting(None)),
            ("a reserved code", vec![racp(&[6, 0, 4, 10])], &started(None), reporting(None)),
            ("gibberish", vec![racp(&[6])], HEARD, Phase::Counting),
            ("answer to nothing", vec![racp(&[6, 0, 1, 1])], HEARD, Phase::Counting),
            ("late", vec![passed(Deadline::Record)], "write [03, 00], arm Abort 5", Phase::Aborting),
            ("another deadline", vec![passed(Deadline::Retry)], "", Phase::Counting),
            (
                "refused",
                vec![Event::Written(Err(RadioFault::Failed))],
                &format!("{DONE}, interrupted 0, fault Silent, arm Retry 30"),
                Phase::Live,
            ),
            (
                "bond lost",
                vec![Event::Written(Err(RadioFault::BondLost))],
                "interrupted 0, fault BondLost, disconnect",
                failed(RadioFault::BondLost),
            ),
            ("link gone", vec![Event::LinkEnded], "interrupted 0", LINK),
            ("stop", vec![Event::Stop], "interrupted 0, disconnect", LINK),
        ],
    );
}

#[test]
fn a_report_takes_record_by_record_and_ends_only_when_all_have_come() {
    let one = || vec![spot(0), took()];
    let two = || [one(), vec![spot(1), took()]].concat();
    let and = |mut events: Vec<Event>, event| {
        events.push(event);
        events
    };
    let full = Event::Took(Err(SinkError::Full));
    let interrupted = format!("{DONE}, interrupted 1, arm Retry 30");
    let reporting_two = Phase::Reporting { announced: Some(2) };
    table(
        &ALL,
        &reporting(),
        vec![
            ("record", vec![spot(0)], "take stored 0, arm Record 10", reporting_two.clone()),
            ("committed", one(), "taken", reporting_two.clone()),
            ("the same again", and(one(), spot(0)), "take stored 1, arm Record 10", reporting_two.clone()),
            ("undecodable", vec![value(0x2A5E, &[1])], "take stored 0, arm Record 10", reporting_two.clone()),
            ("stream meanwhile", vec![streamed()], "live", reporting_two),
            ("success", and(two(), racp(&[6, 0, 1, 1])), &format!("{DONE}, gap, complete 2"), Phase::Live),
            ("short", and(one(), racp(&[6, 0, 1, 1])), &interrupted, Phase::Live),
            ("none after all", vec![racp(&[6, 0, 1, 6])], &format!("{DONE}, gap, complete 0"), Phase::Live),
            ("not supported", vec![racp(&[6, 0, 1, 2])], &format!("{DONE}, gap, complete 0"), Phase::Live),
            ("invalid operator", and(one(), racp(&[6, 0, 1, 3])), &interrupted, Phase::Live),
            ("operator not supported", and(one(), racp(&[6, 0, 1, 4])), &interrupted, Phase::Live),
            ("invalid operand", and(one(), racp(&[6, 0, 1, 5])), &interrupted, Phase::Live),
            ("abort unsuccessful", and(one(), racp(&[6, 0, 1, 7])), &interrupted, Phase::Live),
            ("not completed", and(one(), racp(&[6, 0, 1, 8])), &interrupted, Phase::Live),
            ("operand not supported", and(one(), racp(&[6, 0, 1, 9])), &interrupted, Phase::Live),
            ("a reserved code", and(one(), racp(&[6, 0, 1, 10])), &interrupted, Phase::Live),
            ("late", and(one(), passed(Deadline::Record)), "write [03, 00], arm Abort 5", Phase::Aborting),
            (
                "not committed",
                vec![spot(0), full],
                "not taken, interrupted 0, disconnect",
                Phase::Over(Ended::NotTaken),
            ),
            ("link gone", and(one(), Event::LinkEnded), "interrupted 1", LINK),
            ("stop", and(one(), Event::Stop), "interrupted 1, disconnect", LINK),
        ],
    );
}

#[test]
fn an_abort_ends_with_its_answer_or_without_and_is_tried_three_times() {
    let aborting = [reporting(), vec![spot(0), took(), passed(Deadline::Record), Event::Written(Ok(()))]].concat();
    let interrupted = format!("{DONE}, interrupted 1, arm Retry 30");
    table(
        &ALL,
        &aborting,
        vec![
            ("answer", vec![racp(&[6, 0, 3, 1])], &interrupted, Phase::Live),
            ("unsuccessful", vec![racp(&[6, 0, 3, 7])], &interrupted, Phase::Live),
            ("no answer", vec![passed(Deadline::Abort)], &interrupted, Phase::Live),
            ("straggler", vec![spot(1)], "take stored 0", Phase::Aborting),
            ("link gone", vec![Event::LinkEnded], "interrupted 1", LINK),
            (
                "again",
                vec![passed(Deadline::Abort), passed(Deadline::Retry)],
                "write [04, 01], arm Record 10",
                Phase::Counting,
            ),
        ],
    );
    let round = [passed(Deadline::Record), passed(Deadline::Abort)];
    let retry = passed(Deadline::Retry);
    let third = [round.to_vec(), vec![retry.clone()], round.to_vec(), vec![retry], round.to_vec()].concat();
    let last = format!("{DONE}, interrupted 0, fault Silent, disconnect");
    table(&ALL, &counting(), vec![("the third", third, &last, failed(RadioFault::Silent))]);
}

#[test]
fn on_a_quiet_link_what_comes_is_taken_and_silence_is_told() {
    let full = Event::Took(Err(SinkError::Full));
    table(
        &ALL,
        &live(),
        vec![
            ("reading", vec![spot(0)], "take live 2A5E", Phase::Live),
            ("committed", vec![spot(0), took()], "taken", Phase::Live),
            ("not committed", vec![spot(0), full], "not taken, disconnect", Phase::Over(Ended::NotTaken)),
            ("stream", vec![streamed()], "live", Phase::Live),
            ("bad stream", vec![value(0x2A5F, &[1])], "take live 2A5F", Phase::Live),
            ("bad stream again", vec![value(0x2A5F, &[1]), took(), value(0x2A5F, &[1])], "", Phase::Live),
            ("battery", vec![value(0x2A19, &[86])], "battery Some(86)", Phase::Live),
            ("something else", vec![value(0x2A37, &[0])], "", Phase::Live),
            ("silence, though heard", vec![passed(Deadline::Silence)], "", Phase::Live),
            ("link gone", vec![Event::LinkEnded], "", LINK),
            ("stop", vec![Event::Stop], "disconnect", LINK),
            ("after the end", vec![Event::LinkEnded, spot(0)], "", LINK),
        ],
    );
    let quiet = [Event::Subscribed(0x2A5E.into(), Ok(())), Event::Described(Ok(()))];
    let silence = || passed(Deadline::Silence);
    table(
        &SPOT_ONLY,
        &quiet,
        vec![
            ("silence", vec![silence()], "fault Silent", Phase::Live),
            ("a word after it", vec![silence(), spot(0)], &format!("{HEARD}, take live 2A5E"), Phase::Live),
        ],
    );
}

#[test]
fn a_device_that_only_streams_gives_one_frame_when_the_episode_ends() {
    let mut before = vec![Event::Subscribed(0x2A5F.into(), Ok(())), Event::Described(Ok(()))];
    before.extend((0..5).map(|_| streamed()));
    let off = value(0x2A5F, &[0x08, 97, 0, 60, 0, 0, 0x08, 0]);
    table(
        &STREAM_ONLY,
        &before,
        vec![
            ("going on", vec![streamed()], "live, arm Settle 3", Phase::Live),
            ("quiet", vec![passed(Deadline::Settle)], "take live 2A5F", Phase::Live),
            ("finger out", vec![off.clone()], "live, take live 2A5F", Phase::Live),
            ("and no second", vec![off, took(), passed(Deadline::Settle)], "", Phase::Live),
            ("link gone", vec![Event::LinkEnded], "take live 2A5F", LINK),
            ("stop", vec![Event::Stop], "take live 2A5F, disconnect", LINK),
        ],
    );
}
