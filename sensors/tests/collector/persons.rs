//! Devices with several users: the patient's code, and whose readings are whose.

use dagsform_care::{Reading, Reason, User};
use dagsform_sensors::{
    CollectorEvent, RadioFault, Taken,
    collector::{
        Assignment, Consent, Options,
        consent::register,
        session::{Deadline, Ended, Event, Phase},
    },
    radio::{
        Radio,
        simulated::{Simulated, Traits},
    },
};
use tokio::time::sleep;

use crate::{
    room::{FIRST, Room, address},
    session::{HEARD, LINK, passed, subscribing_left, table, value},
};

/// A tablet whose patient is the second user of the scale.
fn second_user(code: u16) -> Room {
    let user = Some(Consent::new(2, code).unwrap());
    let room = Room::with(vec![Assignment { user, ..Assignment::bonded(address(FIRST)) }], Options::default());
    room.sink.user(2);
    room
}

fn saved(room: &Room) -> Vec<Reading> {
    let told = room.told().into_iter();
    told.filter_map(|event| match event {
        CollectorEvent::Taken(_, Taken::Saved(reading)) => Some(*reading),
        _ => None,
    })
    .collect()
}

fn refused() -> CollectorEvent {
    CollectorEvent::Fault(Some(address(FIRST)), RadioFault::ConsentRefused)
}

#[test]
fn the_code_is_given_after_describing_and_whatever_the_device_says_it_is_collected_from() {
    const SCALE: [u16; 2] = [0x2A9D, 0x2A9F];
    table(&SCALE, &[], vec![("opened", vec![], "subscribe 2A9D", subscribing_left(&[0x2A9F]))]);
    let mut before: Vec<_> = SCALE.map(|number| Event::Subscribed(number.into(), Ok(()))).to_vec();
    before.push(Event::Described(Ok(())));
    let asked = "write 2A9F [02, 02, D2, 04], arm Consent 5";
    let answer = |code| vec![value(0x2A9F, &[0x20, 2, code])];
    let told = |word: &str| format!("{HEARD}, disarm Consent, {word} ConsentRefused");
    let written = |outcome| vec![Event::Written(outcome)];
    let lost = Phase::Over(Ended::Fault(RadioFault::BondLost));
    table(
        &SCALE,
        &before,
        vec![
            ("asked", vec![], asked, Phase::Consenting),
            ("taken", written(Ok(())), "", Phase::Consenting),
            ("success", answer(1), &told("over"), Phase::Live),
            ("op code not supported", answer(2), &told("fault"), Phase::Live),
            ("invalid parameter", answer(3), &told("fault"), Phase::Live),
            ("operation failed", answer(4), &told("fault"), Phase::Live),
            ("user not authorized", answer(5), &told("fault"), Phase::Live),
            ("another answer", vec![value(0x2A9F, &[0x20, 1, 1, 3])], HEARD, Phase::Consenting),
            ("gibberish", vec![value(0x2A9F, &[0x20])], HEARD, Phase::Consenting),
            ("no answer", vec![passed(Deadline::Consent)], "arm Silence 120", Phase::Live),
            ("not written", written(Err(RadioFault::Failed)), "disarm Consent, arm Silence 120", Phase::Live),
            ("bond lost", written(Err(RadioFault::BondLost)), "fault BondLost, disconnect", lost),
            ("link gone", vec![Event::LinkEnded], "", LINK),
            ("too late", vec![passed(Deadline::Consent), value(0x2A9F, &[0x20, 2, 5])], HEARD, Phase::Live),
        ],
    );
    // The control point cannot be subscribed to: nobody would hear the answer.
    let without = vec![
        Event::Subscribed(0x2A9D.into(), Ok(())),
        Event::Subscribed(0x2A9F.into(), Err(RadioFault::Failed)),
        Event::Described(Ok(())),
    ];
    table(&SCALE, &without, vec![("collected from all the same", vec![], "arm Silence 120", Phase::Live)]);
}

#[tokio::test(start_paused = true)]
async fn a_scale_that_keeps_silent_without_the_code_gives_its_readings_with_it() {
    let room = second_user(1234);
    let scale = room.radio.scale(address(FIRST), Traits::default());
    scale.add_user(2, 1234);
    scale.measure(8045, Some(2)).await;
    let readings = saved(&room);
    assert_eq!(readings.iter().map(|r| (r.user, r.is_whose_open())).collect::<Vec<_>>(), [(User::Index(2), false)]);
    assert!(!room.was_told(&refused()));
    room.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_wrong_code_is_told_by_its_name_until_it_is_right() {
    let room = second_user(1234);
    let scale = room.radio.scale(address(FIRST), Traits::default());
    scale.add_user(2, 9999);
    for weight in [8045, 8050] {
        scale.measure(weight, Some(2)).await;
    }
    assert_eq!(room.count(|event| *event == refused()), 1, "{:?}", room.told());
    assert!(saved(&room).is_empty());
    scale.add_user(2, 1234);
    scale.switch(true);
    let over = CollectorEvent::FaultEnded(Some(address(FIRST)), RadioFault::ConsentRefused);
    room.until_told(over).await;
    room.until("what it had kept", |room| saved(room).len() == 2).await;
    room.end().await;
}

#[tokio::test(start_paused = true)]
async fn readings_of_another_user_and_of_an_unknown_one_are_kept_aside_and_asked_for() {
    let room = second_user(1234);
    let scale = room.radio.scale(address(FIRST), Traits::default());
    scale.add_user(2, 1234);
    for user in [2, 3, u8::MAX] {
        scale.measure(8045, Some(user)).await;
    }
    let whose: Vec<_> = saved(&room)
        .iter()
        .map(|r| (r.user, r.is_whose_open(), r.quality.reasons.contains(&Reason::OtherUser)))
        .collect();
    let expected = [(User::Index(2), false, false), (User::Index(3), true, true), (User::Unknown, true, true)];
    assert_eq!(whose, expected);
    room.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_new_user_is_made_with_a_code_and_can_then_give_it() {
    let radio = Simulated::new();
    let scale = radio.scale(address(FIRST), Traits::default());
    scale.add_user(1, 1111);
    scale.switch(true);
    let link = radio.connect(&address(FIRST)).await.unwrap();
    let user = register(link.as_ref(), 4711).await.unwrap();
    assert_eq!((user.index(), user.code()), (2, 4711));
    drop(link);
    let room =
        Room::with(vec![Assignment { user: Some(user), ..Assignment::bonded(address(FIRST)) }], Options::default());
    let scale = room.radio.scale(address(FIRST), Traits::default());
    scale.add_user(user.index(), user.code());
    scale.measure(8045, Some(2)).await;
    assert_eq!(saved(&room).len(), 1);
    room.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_device_that_makes_no_new_user_says_why() {
    let radio = Simulated::new();
    let full = radio.scale(address(FIRST), Traits::default());
    (1..=8).for_each(|index| full.add_user(index, 0));
    full.switch(true);
    let link = radio.connect(&address(FIRST)).await.unwrap();
    assert_eq!(register(link.as_ref(), 4711).await, Err(RadioFault::ConsentRefused));
    drop(link);
    sleep(std::time::Duration::from_secs(1)).await;
    // One that takes the request and never answers.
    full.change(Traits { silent: true, ..Traits::default() });
    let link = radio.connect(&address(FIRST)).await.unwrap();
    assert_eq!(register(link.as_ref(), 4711).await, Err(RadioFault::Timeout));
    drop(link);
    // One without users.
    let cuff = radio.cuff(address(crate::room::SECOND), Traits::default());
    cuff.switch(true);
    let link = radio.connect(&address(crate::room::SECOND)).await.unwrap();
    assert_eq!(register(link.as_ref(), 4711).await, Err(RadioFault::Unsupported));
}
