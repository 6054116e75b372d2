use super::*;
use crate::record::{Delivery, InForce, ItemRow};
use dagsform_care::{
    ByHand, Decimal, DeviceTime, Measured, Metric, Observed, PatientId, Quantity, ReadingTime, Reception, Timing,
    Trust, Unit, User, Value,
    limits::{Judged, Judgement},
    medicine::MedicineTaken,
    plan::{Measurement, Medicine, Plan, PlanVersion, When},
    questionnaire::{Canonical, Item as Question, ItemKind, Questionnaire},
    reading::JudgedBy,
    time::ZONE,
    timing::{Repeat, TimeUnit},
    zones::Level,
};
use uuid::Uuid;

fn at(text: &str) -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339(text).unwrap()
}

fn now() -> DateTime<FixedOffset> {
    at("2026-11-23T08:00:00+01:00")
}

fn device() -> DeviceId {
    DeviceId::parse("F0:F1:F2:F3:F4:F5").unwrap()
}

fn observed(kind: Kind, time: DeviceTime) -> Observed {
    let quantity = Quantity { value: Value::Number(Decimal::new(80, 0)), unit: Unit::Kilogram };
    Observed {
        kind,
        values: vec![Measured { metric: Metric::BodyWeight, quantity }],
        flags: Default::default(),
        time,
        sequence: None,
        user: User::Unsaid,
        meal: None,
        canonical: vec![1],
    }
}

/// A reading that came now; `minutes`: out of the memory, measured so long ago.
fn reading(kind: Kind, minutes: Option<i64>) -> Box<Reading> {
    let taken = minutes.map(|minutes| (now() - Duration::minutes(minutes)).naive_local());
    let reception = Reception {
        patient: PatientId("p".into()),
        device: device(),
        assigned: None,
        at: now(),
        tablet_clock: Trust::Trusted,
        from_storage: taken.is_some(),
        ordinal: 0,
        zone: ZONE,
        user: None,
        usual_weight: None,
    };
    Box::new(Reading::received(observed(kind, taken.map_or(DeviceTime::Absent, DeviceTime::Local)), &reception))
}

fn open_row(number: u128) -> ReadingRow {
    let entered = ByHand { kind: Kind::BodyWeight, values: vec![], meal: None, performer: Performer::Unknown };
    let time = ReadingTime::by_hand(now(), now(), Trust::Trusted);
    let reading = Reading::by_hand(Uuid::from_u128(number), PatientId("p".into()), entered, time);
    ReadingRow { reading, saved_at: now(), delivery: Delivery::Withheld("other-user".into()), seen: None }
}

fn after(events: &[Event]) -> (State, Vec<Effect>) {
    // A second lies between two events.
    let times = (0..).map(|second| now() + Duration::seconds(second));
    events
        .iter()
        .zip(times)
        .fold((State::default(), Vec::new()), |(state, _), (event, at)| update(state, event.clone(), at))
}

fn touch(action: ui::Action) -> Event {
    Event::Touched(action)
}

fn sensor(event: measure::Event) -> Event {
    Event::Measure(event)
}

/// A page without what stands on it.
fn place(state: &State) -> &'static str {
    match state.page {
        Page::Today => "today",
        Page::Measure(Kind::PulseOximetry) => "measure oximeter",
        Page::Measure(Kind::BodyWeight) => "measure weight",
        Page::Measure(_) => "measure",
        Page::Entry(_) => "entry",
        Page::Readings(_) => "readings",
        Page::Whose(_) => "whose",
        Page::Questions(_) => "questions",
        Page::Messages(_) => "messages",
        Page::Equipment => "equipment",
    }
}

#[test]
fn each_touch_and_each_sensor_leads_to_the_place_drawn_above() {
    use ui::{Action as A, Kind as K, Place as P};
    let live = |kind| sensor(measure::Event::Live(device(), observed(kind, DeviceTime::Absent)));
    let saved = |kind, minutes| sensor(measure::Event::Saved(reading(kind, minutes)));
    let entered = || Event::Entered(reading(Kind::BodyWeight, None));
    let asked = || Event::Book(Box::new(Book { in_question: vec![open_row(1)], ..Book::default() }));
    let none_asked = || Event::Book(Box::default());
    for (events, leads_to) in [
        (vec![], "today"),
        (vec![touch(A::Measure(K::BodyWeight))], "measure weight"),
        (vec![touch(A::Measure(K::BodyWeight)), touch(A::Back)], "today"),
        (vec![touch(A::Measure(K::BodyWeight)), touch(A::ByHand(K::BodyWeight))], "entry"),
        (vec![touch(A::ByHand(K::BodyWeight)), touch(A::Back)], "measure weight"),
        (vec![touch(A::ByHand(K::BodyWeight)), entered()], "measure weight"),
        (vec![touch(A::ByHand(K::BodyWeight)), entered(), touch(A::Done)], "today"),
        // The plain use of a sensor is enough.
        (vec![live(Kind::PulseOximetry)], "measure oximeter"),
        (vec![saved(Kind::BodyWeight, None)], "measure weight"),
        (vec![touch(A::Measure(K::BodyWeight)), live(Kind::PulseOximetry)], "measure oximeter"),
        // Out of a memory: only what was measured just now.
        (vec![saved(Kind::BodyWeight, Some(1))], "measure weight"),
        (vec![saved(Kind::BodyWeight, Some(300))], "today"),
        (vec![touch(A::Measure(K::PulseOximetry)), saved(Kind::BodyWeight, Some(300))], "measure oximeter"),
        // Never out of an entry, a list or a question.
        (vec![touch(A::ByHand(K::BodyWeight)), saved(Kind::PulseOximetry, None)], "entry"),
        (vec![touch(A::ByHand(K::BodyWeight)), live(Kind::PulseOximetry)], "entry"),
        (vec![touch(A::Go(P::Readings)), saved(Kind::BodyWeight, None)], "readings"),
        (vec![asked(), touch(A::AskWhose), saved(Kind::BodyWeight, None)], "whose"),
        (vec![touch(A::Go(P::Readings))], "readings"),
        (vec![touch(A::Go(P::Readings)), touch(A::Back)], "today"),
        (vec![touch(A::Go(P::Equipment))], "equipment"),
        (vec![touch(A::AskWhose)], "today"),
        (vec![begun()], "questions"),
        (vec![begun(), touch(A::Back)], "today"),
        (vec![begun(), saved(Kind::BodyWeight, None)], "questions"),
        // The person has gone elsewhere meanwhile.
        (vec![touch(A::Go(P::Equipment)), begun()], "equipment"),
        (vec![touch(A::Go(P::Messages))], "messages"),
        (vec![touch(A::Go(P::Messages)), touch(A::TooMuch), touch(A::Back)], "messages"),
        (vec![touch(A::Go(P::Messages)), touch(A::Back)], "today"),
        (vec![asked(), touch(A::AskWhose)], "whose"),
        (vec![asked(), touch(A::AskWhose), touch(A::Whose(ui::Answer::NotSure))], "today"),
        // Answered elsewhere meanwhile.
        (vec![asked(), touch(A::AskWhose), none_asked()], "today"),
    ] {
        let (state, _) = after(&events);
        assert_eq!(place(&state), leads_to, "{events:?}");
    }
}

#[test]
fn what_came_out_of_a_memory_unseen_is_not_shown_as_what_was_measured_now() {
    let events = [
        sensor(measure::Event::Saved(reading(Kind::BodyWeight, Some(300)))),
        touch(ui::Action::Measure(ui::Kind::BodyWeight)),
    ];
    let (state, _) = after(&events);
    assert!(state.measure.shown.is_none());
    // On the screen of its kind it is what one waits for.
    let events = [
        touch(ui::Action::Measure(ui::Kind::BodyWeight)),
        sensor(measure::Event::Saved(reading(Kind::BodyWeight, Some(300)))),
    ];
    let (state, _) = after(&events);
    assert!(state.measure.shown.is_some());
}

#[test]
fn what_is_said_of_the_reading_on_the_screen_goes_to_the_record() {
    let reading = reading(Kind::BodyWeight, None);
    let identity = reading.identity;
    let saved = sensor(measure::Event::Saved(reading));
    let (_, effects) = after(&[saved, touch(ui::Action::Performer(ui::Performer::Relative))]);
    assert_eq!(effects, [Effect::Performer(identity, Performer::Relative)]);
    // Without a reading there is nobody to name.
    let (_, effects) = after(&[
        touch(ui::Action::Measure(ui::Kind::BodyWeight)),
        touch(ui::Action::Performer(ui::Performer::Relative)),
    ]);
    assert_eq!(effects, []);
}

#[test]
fn a_delivered_reading_that_someone_speaks_of_is_not_called_delivered_until_the_service_knows() {
    let reading = reading(Kind::BodyWeight, None);
    let identity = reading.identity;
    let mut changed = reading.clone();
    changed.performer = Performer::Relative;
    let delivered = sensor(measure::Event::Delivered(identity, now()));
    let saved = sensor(measure::Event::Saved(reading));
    let (state, _) = after(&[saved.clone(), delivered.clone()]);
    assert!(state.measure.shown.unwrap().delivered.is_some());
    let (state, _) = after(&[saved.clone(), delivered.clone(), Event::Changed(changed.clone())]);
    assert!(state.measure.shown.unwrap().delivered.is_none());
    let (state, _) = after(&[saved, delivered.clone(), Event::Changed(changed), delivered]);
    assert!(state.measure.shown.unwrap().delivered.is_some());
}

#[test]
fn the_list_is_read_again_when_the_record_has_changed() {
    let (_, effects) = after(&[touch(ui::Action::Go(ui::Place::Readings)), Event::Book(Box::default())]);
    assert!(matches!(effects[..], [Effect::List(_)]), "{effects:?}");
}

#[test]
fn an_entry_that_the_record_did_not_take_stays_as_it_was_typed() {
    let typed = [
        touch(ui::Action::ByHand(ui::Kind::BodyWeight)),
        touch(ui::Action::Key(ui::Key::Digit(8))),
        touch(ui::Action::Key(ui::Key::Digit(1))),
        touch(ui::Action::Save),
        Event::NotEntered(RecordTrouble::Full),
    ];
    let (state, _) = after(&typed);
    let Page::Entry(entry) = state.page else { panic!() };
    assert_eq!((entry.stage, entry.fields[0].typed.as_str()), (entry::Stage::Typing, "81"));
    assert!(state.measure.troubles.contains(&Trouble::Record(RecordTrouble::Full)));
}

#[test]
fn what_is_wrong_with_one_sensor_does_not_stand_in_the_way_of_another() {
    let oximeter = AssignedDevice {
        address: device(),
        name: "Oksymeter".into(),
        link: crate::record::LinkKind::Bonded,
        enabled: true,
        earlier: crate::record::Earlier::Mine,
        assigned_at: now(),
        information: Default::default(),
        user: None,
        consent: None,
        kinds: vec![Kind::PulseOximetry],
        key: None,
    };
    let book = Book { devices: vec![oximeter], ..Book::default() };
    let fault = measure::Event::RadioFault(Some(device()), dagsform_sensors::RadioFault::BondLost);
    let not_understood = measure::Event::NotUnderstood(device());
    let told = |action| {
        let events =
            [Event::Book(Box::new(book.clone())), sensor(fault.clone()), sensor(not_understood.clone()), action];
        after(&events).0.told_here().len()
    };
    assert_eq!(told(touch(ui::Action::Go(ui::Place::Today))), 2);
    assert_eq!(told(touch(ui::Action::Measure(ui::Kind::PulseOximetry))), 2);
    assert_eq!(told(touch(ui::Action::Measure(ui::Kind::BodyWeight))), 0);
    assert_eq!(told(touch(ui::Action::ByHand(ui::Kind::PulseOximetry))), 0);
}

#[test]
fn a_second_touch_of_a_trembling_hand_answers_no_question_that_has_just_come() {
    let two = Book { in_question: vec![open_row(1), open_row(2)], ..Book::default() };
    let mine = touch(ui::Action::Whose(ui::Answer::Mine));
    let at = |millis| now() + Duration::milliseconds(millis);
    let mut state = State::default();
    let mut claimed = Vec::new();
    for (event, millis) in [
        (Event::Book(Box::new(two)), 0),
        (touch(ui::Action::AskWhose), 10),
        (mine.clone(), 100),
        (mine.clone(), 1_000),
        (mine.clone(), 1_200),
        (mine, 2_000),
    ] {
        let (next, effects) = update(state, event, at(millis));
        state = next;
        claimed.push(effects.len());
    }
    assert_eq!(claimed, [0, 0, 0, 1, 0, 1]);
}

#[test]
fn an_entry_is_shown_as_saved_whatever_a_sensor_sent_meanwhile() {
    let mut entered = reading(Kind::BodyWeight, Some(60));
    entered.identity = Identity::by_hand(Uuid::from_u128(5));
    let identity = entered.identity;
    let (state, _) = after(&[
        touch(ui::Action::ByHand(ui::Kind::BodyWeight)),
        sensor(measure::Event::Saved(reading(Kind::BodyWeight, None))),
        Event::Entered(entered),
    ]);
    assert_eq!(state.measure.shown.unwrap().reading.identity, identity);
}

/// A list of one question is there to be answered.
fn begun() -> Event {
    let canonical = Canonical { url: "https://example.org/q".into(), version: None };
    let items = vec![Question::new("worse", "Er formen dårligere?", ItemKind::Boolean)];
    let list = Questionnaire { canonical, title: None, standard: false, items }.check().unwrap();
    let new = Identity::by_hand(Uuid::from_u128(7));
    Event::Begun(Box::new(questions::State::begin(Arc::new(list), None, None, new, now().date_naive())))
}

/// A reading that was taken just now and is of a level by the plan.
fn judged(number: u128, level: Level) -> Event {
    let mut reading = *reading(Kind::BodyWeight, None);
    reading.identity = Identity::by_hand(Uuid::from_u128(number));
    let version = PlanVersion("CarePlan/1/_history/1".into());
    let judged = Judged { plan_version: version.0.clone(), level, findings: vec![], left: vec![] };
    let judgement = Judgement::Judged(judged);
    reading.judged = Some(Box::new(JudgedBy { plan: version, limits: vec![], judgement }));
    sensor(measure::Event::Saved(Box::new(reading)))
}

/// The plan wants a weight outside green measured again.
fn with_plan() -> Event {
    let version = PlanVersion("CarePlan/1/_history/1".into());
    let weight = Measurement {
        measure_again: true,
        ..Measurement::at("w", Kind::BodyWeight, Timing::default(), now().date_naive())
    };
    let plan = Plan { measurements: vec![weight], ..Plan::bare(version, now().to_utc()) };
    let in_force = Some(InForce { plan: Arc::new(plan), taken_at: now() });
    let plan = planned::Book { in_force, ..planned::Book::default() };
    Event::Book(Box::new(Book { plan, ..Book::default() }))
}

#[test]
fn a_reading_outside_green_is_followed_by_the_question_and_one_inside_by_nothing() {
    use after::Stage as S;
    use ui::Action as A;
    for (events, stage) in [
        (vec![judged(1, Level::Green)], None),
        (vec![judged(1, Level::Yellow)], Some(S::RealOrError)),
        (vec![judged(1, Level::Red), touch(A::AfterReal)], Some(S::Advice)),
        (vec![judged(1, Level::Yellow), touch(A::AfterError)], Some(S::MeasureAgain)),
        // Measuring again: the measuring screen, until there is a second reading.
        (vec![judged(1, Level::Yellow), touch(A::AfterError), touch(A::AfterAgain)], None),
        (
            vec![judged(1, Level::Yellow), touch(A::AfterError), touch(A::AfterAgain), judged(2, Level::Yellow)],
            Some(S::Advice),
        ),
        (vec![judged(1, Level::Yellow), touch(A::AfterError), judged(2, Level::Green)], Some(S::Fine)),
        (vec![judged(1, Level::Yellow), touch(A::Done)], None),
        (vec![judged(1, Level::Yellow), touch(A::Back)], None),
    ] {
        let events: Vec<Event> = [with_plan()].into_iter().chain(events).collect();
        let (state, _) = after(&events);
        assert_eq!(state.following().map(|after| after.stage), stage, "{events:?}");
    }
}

#[test]
fn a_second_reading_is_linked_to_the_first() {
    let (_, effects) =
        after(&[with_plan(), judged(1, Level::Yellow), touch(ui::Action::AfterError), judged(2, Level::Green)]);
    let of = |number| Identity::by_hand(Uuid::from_u128(number));
    assert!(effects.contains(&Effect::Repeats { second: of(2), first: of(1) }), "{effects:?}");
}

fn daily(time: &str) -> Timing {
    let repeat = Repeat {
        frequency: Some(1),
        period: Some(Decimal::new(1, 0)),
        period_unit: Some(TimeUnit::Day),
        time_of_day: vec![time.parse().unwrap()],
        ..Repeat::default()
    };
    Timing { repeat: Some(repeat), ..Timing::default() }
}

#[test]
fn a_hand_that_trembles_takes_one_medicine() {
    let medicine = |id: &str| Medicine {
        id: id.into(),
        name: id.into(),
        dose: None,
        when: When::At(daily("08:00:00")),
        since: now().date_naive(),
    };
    let version = PlanVersion("CarePlan/1/_history/1".into());
    let plan = Plan { medicines: vec![medicine("a"), medicine("b")], ..Plan::bare(version, now().to_utc()) };
    let book = |said: Vec<ItemRow>| {
        let in_force = Some(InForce { plan: Arc::new(plan.clone()), taken_at: now() });
        let plan = planned::Book { in_force, said, followed_since: Some(now()), ..planned::Book::default() };
        Event::Book(Box::new(Book { plan, ..Book::default() }))
    };
    let taken = Item::Medicine(MedicineTaken {
        identity: Identity::by_hand(Uuid::from_u128(1)),
        patient: PatientId("p".into()),
        medicine: "a".into(),
        name: "a".into(),
        due: Some(now()),
        at: now(),
        said: now(),
        taken: true,
        by: Performer::Patient,
        plan: None,
    });
    let row = ItemRow { item: taken, saved_at: now(), delivery: Delivery::Waiting, seen: None };
    let millis = |millis| now() + Duration::milliseconds(millis);
    let (state, _) = update(State::default(), book(vec![]), now());
    let (state, first) = update(state, touch(ui::Action::MedicineTaken(0)), millis(5_000));
    assert!(matches!(first.as_slice(), [Effect::Medicine(new)] if new.medicine == "a"), "{first:?}");
    let (state, _) = update(state, book(vec![row]), millis(5_100));
    let (state, second) = update(state, touch(ui::Action::MedicineTaken(1)), millis(5_400));
    assert!(second.is_empty(), "{second:?}");
    let (_, later) = update(state, touch(ui::Action::MedicineTaken(1)), millis(9_000));
    assert!(matches!(later.as_slice(), [Effect::Medicine(new)] if new.medicine == "b"), "{later:?}");
}

#[test]
fn what_is_due_comes_to_the_front_only_once_the_person_is_at_rest() {
    let version = PlanVersion("CarePlan/1/_history/1".into());
    let weight = Measurement::at("w", Kind::BodyWeight, daily("09:00:00"), now().date_naive());
    let plan = Arc::new(Plan { measurements: vec![weight], ..Plan::bare(version, now().to_utc()) });
    let in_force = Some(InForce { plan, taken_at: now() });
    let plan = planned::Book { in_force, followed_since: Some(now()), ..planned::Book::default() };
    let book = Event::Book(Box::new(Book { plan, ..Book::default() }));
    let reminded = (1..900).map(Duration::minutes).map(|after| now() + after).find(|at| {
        let (state, _) = update(State::default(), book.clone(), *at);
        matches!(state.reminding.stage, super::super::reminding::Stage::Reminding { .. })
    });
    let due = reminded.unwrap();
    let earlier = due - Duration::seconds(5);
    let (state, _) = update(State::default(), book.clone(), earlier);
    let (state, _) = update(state, touch(ui::Action::Go(ui::Place::Readings)), earlier);
    let (state, _) = update(state, book.clone(), due);
    assert_eq!(place(&state), "readings", "torn away from what was just opened");
    let (state, _) = update(state, book.clone(), due + Duration::seconds(30));
    assert_eq!(place(&state), "readings");
    let (state, _) = update(state, book.clone(), due + Duration::seconds(60));
    assert_eq!(place(&state), "today");
    // Once: whoever goes back to the list stays there.
    let again = due + Duration::seconds(70);
    let (state, _) = update(state, touch(ui::Action::Go(ui::Place::Readings)), again);
    let (state, _) = update(state, book, again + Duration::minutes(5));
    assert_eq!(place(&state), "readings");
}

#[test]
fn what_follows_a_reading_is_not_ended_by_one_of_another_kind() {
    let mut other = *reading(Kind::PulseOximetry, None);
    other.identity = Identity::by_hand(Uuid::from_u128(9));
    let version = PlanVersion("CarePlan/1/_history/1".into());
    let green = Judged { plan_version: version.0.clone(), level: Level::Green, findings: vec![], left: vec![] };
    other.judged = Some(Box::new(JudgedBy { plan: version, limits: vec![], judgement: Judgement::Judged(green) }));
    let other = sensor(measure::Event::Saved(Box::new(other)));
    let (state, _) = after(&[with_plan(), judged(1, Level::Red), touch(ui::Action::AfterError), other]);
    let first = state.unfinished().unwrap();
    assert_eq!((first.asked.reading.kind, first.level()), (Kind::BodyWeight, Some(Level::Red)));
}

#[test]
fn what_follows_a_reading_waits_for_a_person_who_is_elsewhere() {
    use ui::{Action as A, Place as P};
    let (state, _) = after(&[with_plan(), touch(A::Go(P::Messages)), judged(1, Level::Red), touch(A::Back)]);
    assert_eq!((place(&state), state.following().is_some()), ("measure weight", true));
}
