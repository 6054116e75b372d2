use super::*;
use crate::{
    flow::{
        measure, planned, readings,
        tablet::{Book, Event, update},
    },
    record::{AssignedDevice, Delivery, Enrolling, InForce, NewDevice, ReadingRow, Record},
};
use dagsform_care::{
    ByHand, Decimal, DeviceId, DeviceTime, Flag, Measured, Metric, Observed, PatientId, Performer, Quantity, Reading,
    ReadingTime, Reception, Special, TakenBack, Trust, Unit, User, Value, Why,
    plan::{Measurement, Plan, PlanVersion},
    time::ZONE,
    timing::{Repeat, TimeUnit, Timing},
};
use uuid::Uuid;

fn at(text: &str) -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339(text).unwrap()
}
fn device() -> DeviceId {
    DeviceId::parse("F0:F1:F2:F3:F4:F5").unwrap()
}
fn reading(value: Value, flags: &[Flag]) -> Box<Reading> {
    let observed = Observed {
        kind: Kind::PulseOximetry,
        values: vec![Measured { metric: Metric::OxygenSaturation, quantity: Quantity { value, unit: Unit::Percent } }],
        flags: flags.iter().copied().collect(),
        time: DeviceTime::Absent,
        sequence: None,
        user: User::Unsaid,
        meal: None,
        canonical: vec![],
    };
    let reception = Reception {
        patient: PatientId("p".into()),
        device: device(),
        assigned: None,
        at: at("2026-11-23T08:05:00+01:00"),
        tablet_clock: Trust::Trusted,
        from_storage: false,
        ordinal: 0,
        zone: ZONE,
        user: None,
        usual_weight: None,
    };
    Box::new(Reading::received(observed, &reception))
}
fn now() -> DateTime<FixedOffset> {
    at("2026-11-24T06:00:00+00:00")
}

fn state(events: Vec<Event>) -> State {
    let sensors = measure::Event::Sensors(vec![(device(), "Oksymeter".into())]);
    let events = std::iter::once(Event::Measure(sensors)).chain(events);
    events.fold(State::default(), |state, event| update(state, event, now()).0)
}

/// The screen of a reading that was measured with the measuring screen open.
fn shown(reading: Box<Reading>) -> ui::MeasureView {
    let touched = Event::Touched(ui::Action::Measure(ui::Kind::PulseOximetry));
    match view(&state(vec![touched, Event::Measure(measure::Event::Saved(reading))]), now()) {
        ui::Screen::Measure(view) => view,
        other => panic!("{other:?}"),
    }
}
fn number(n: i64) -> Value {
    Value::Number(Decimal::new(n, 0))
}

#[test]
fn a_saved_reading_is_shown_with_its_sensor_value_and_time_and_is_not_called_delivered() {
    let view = shown(reading(number(97), &[]));
    assert_eq!(view.stage, ui::Stage::Saved);
    assert_eq!(view.device_name, "Oksymeter");
    assert_eq!(view.values[0].number, ui::Number::Is("97".into()));
    assert_eq!(view.measured_at, Some(ui::Moment { day: ui::Day::Yesterday, hour: 8, minute: 5 }));
    assert_eq!(view.delivered_at, None);
}

#[test]
fn a_failed_measurement_shows_no_number_even_if_one_came() {
    let view = shown(reading(number(97), &[Flag::InvalidMeasurement]));
    assert_eq!(view.values[0].number, ui::Number::Missing(ui::NoNumber::NotANumber));
    assert_eq!(view.doubts, [ui::Doubt::Invalid]);
}

#[test]
fn an_infinity_is_said_in_words() {
    let view = shown(reading(Value::Special(Special::PositiveInfinity), &[]));
    assert!(matches!(view.values[0].number, ui::Number::Missing(_)));
}

#[test]
fn several_reasons_of_one_kind_are_one_doubt() {
    let view = shown(reading(number(97), &[Flag::PoorSignal, Flag::LowPerfusion]));
    assert_eq!(view.doubts, [ui::Doubt::WeakSignal]);
}

fn weight(kilograms: &str, taken: &str, delivery: Delivery) -> ReadingRow {
    let quantity = Quantity { value: Value::Number(kilograms.parse().unwrap()), unit: Unit::Kilogram };
    let values = vec![Measured { metric: Metric::BodyWeight, quantity }];
    let entered = ByHand { kind: Kind::BodyWeight, values, meal: None, performer: Performer::Patient };
    let time = ReadingTime::by_hand(at(taken), at(taken), Trust::Trusted);
    let reading = Reading::by_hand(Uuid::now_v7(), PatientId("p".into()), entered, time);
    ReadingRow { reading, saved_at: at(taken), delivery, seen: None }
}

fn with_book(book: Book) -> Event {
    Event::Book(Box::new(book))
}

#[test]
fn the_day_shows_what_is_due_later_and_done_and_how_far_it_has_come() {
    let daily = Repeat {
        frequency: Some(1),
        period: Some("1".parse().unwrap()),
        period_unit: Some(TimeUnit::Day),
        // It is seven o'clock.
        time_of_day: ["05:00:00", "06:30:00", "17:00:00"].map(|time| time.parse().unwrap()).to_vec(),
        ..Repeat::default()
    };
    let timing = Timing { repeat: Some(daily), ..Timing::default() };
    let since = "2026-11-01".parse().unwrap();
    let version = PlanVersion("CarePlan/1/_history/1".into());
    let plan = Plan {
        measurements: vec![Measurement::at("w", Kind::BodyWeight, timing, since)],
        ..Plan::bare(version, at("2026-11-01T08:00:00+01:00").to_utc())
    };
    let done = weight("80.2", "2026-11-24T05:30:00+01:00", Delivery::Waiting);
    let book = Book {
        plan: planned::Book {
            in_force: Some(InForce { plan: plan.into(), taken_at: at("2026-11-01T08:00:00+01:00") }),
            followed_since: Some(at("2026-11-01T08:00:00+01:00")),
            readings: vec![done.clone()],
            ..planned::Book::default()
        },
        today: vec![done],
        ..Book::default()
    };
    let ui::Screen::Today(today) = view(&state(vec![with_book(book)]), now()) else { panic!() };
    let moment = ui::Moment { day: ui::Day::Today, hour: 5, minute: 30 };
    let states: Vec<_> = today.tasks.iter().map(|task| task.state).collect();
    let done = ui::TaskState::Done { at: moment, delivery: ui::Delivery::Waiting };
    assert_eq!(states, [done, ui::TaskState::Due, ui::TaskState::Later]);
    assert_eq!((today.date.weekday, today.date.day, today.date.month), (2, 24, 11));
}

#[test]
fn a_list_says_of_each_reading_how_far_it_has_come_and_the_averages_leave_out_what_does_not_count() {
    let mut taken_back = weight("28.0", "2026-11-22T08:00:00+01:00", Delivery::Delivered);
    taken_back.reading.taken_back = Some(TakenBack { at: now(), why: Why::Mistyped });
    let rows = vec![
        weight("80.0", "2026-11-24T06:30:00+01:00", Delivery::Waiting),
        weight("80.5", "2026-11-23T06:30:00+01:00", Delivery::Delivered),
        taken_back,
        weight("82.0", "2026-11-05T06:30:00+01:00", Delivery::Aside("no".into())),
    ];
    let query = readings::Query { kind: Kind::BodyWeight, days: 30, rows: 20 };
    let counted = rows.iter().rev().map(|row| row.reading.clone()).filter(Reading::counts).collect();
    let list = readings::List { query, rows, counted };
    let go = Event::Touched(ui::Action::Go(ui::Place::Readings));
    let book = with_book(Book { kinds: vec![Kind::BodyWeight], ..Book::default() });
    let state = state(vec![book, go, Event::Listed(Box::new(list))]);
    let ui::Screen::Readings(shown) = view(&state, now()) else { panic!() };
    let delivered: Vec<_> = shown.rows.iter().map(|row| (row.delivery, row.taken_back.is_some())).collect();
    assert_eq!(
        delivered,
        [
            (ui::Delivery::Waiting, false),
            (ui::Delivery::Delivered, false),
            (ui::Delivery::Delivered, true),
            (ui::Delivery::Refused, false)
        ]
    );
    let averages: Vec<_> = shown.averages.iter().map(|a| (a.days, a.readings, a.number.clone())).collect();
    let is = |text: &str| ui::Number::Is(text.into());
    assert_eq!(averages, [(7, 2, is("80.3")), (30, 3, is("80.8"))]);
    let line = &shown.trend[0];
    assert_eq!((line.lowest.clone(), line.highest.clone(), line.points.len()), (is("80.0"), is("82.0"), 3));
    assert!(line.points.is_sorted_by(|a, b| a.x < b.x) && line.points[0].y == 1.0 && line.points[2].y == 0.0);
}

#[test]
fn a_reading_that_is_taken_back_is_not_said_to_be_known_to_the_service_before_it_is() {
    for (delivery, taken_back, shown) in [
        (Delivery::Delivered, false, ui::TakingBack::Possible),
        (Delivery::Waiting, true, ui::TakingBack::ServiceNotTold),
        (Delivery::Delivered, true, ui::TakingBack::Done),
        (Delivery::Withheld("taken-back".into()), true, ui::TakingBack::Done),
    ] {
        let mut row = weight("80.0", "2026-11-24T06:30:00+01:00", delivery);
        row.reading.taken_back = taken_back.then_some(TakenBack { at: now(), why: Why::Mistyped });
        let view = super::readings::one((&row, false), &State::default(), now());
        assert_eq!(view.taking_back, shown, "{row:?}");
    }
}

async fn assigned(kinds: Vec<Kind>) -> AssignedDevice {
    let folder = tempfile::tempdir().unwrap();
    let record = Record::open(folder.path()).unwrap();
    record.enrol(Enrolling::open("Patient/1", "http://127.0.0.1:1/fhir")).await.unwrap();
    record.assign(NewDevice { kinds, ..NewDevice::bonded(device(), "Oksymeter") }).await.unwrap()
}

#[tokio::test]
async fn the_equipment_shows_each_sensor_as_it_stands() {
    let device_row = assigned(vec![Kind::PulseOximetry]).await;
    let book =
        Book { devices: vec![device_row], heard: vec![(device(), at("2026-11-23T08:05:00+01:00"))], ..Book::default() };
    let go = Event::Touched(ui::Action::Go(ui::Place::Equipment));
    let fault = Event::Measure(measure::Event::RadioFault(Some(device()), dagsform_sensors::RadioFault::BondLost));
    for (event, stands) in [
        (Event::Measure(measure::Event::Disconnected(device())), ui::SensorState::Resting),
        (Event::Measure(measure::Event::Connected(device())), ui::SensorState::Connected),
        (fault, ui::SensorState::Faulty),
    ] {
        let ui::Screen::Equipment(shown) = view(&state(vec![with_book(book.clone()), go.clone(), event]), now()) else {
            panic!()
        };
        let sensor = &shown.sensors[0];
        assert_eq!((sensor.state, sensor.kind), (stands, Some(ui::Kind::PulseOximetry)));
        let heard = ui::Moment { day: ui::Day::Yesterday, hour: 8, minute: 5 };
        assert_eq!(sensor.last_heard, Some(heard));
    }
}

#[test]
fn a_record_that_cannot_be_opened_is_all_that_is_shown() {
    let state = state(vec![
        Event::Shut(Some(measure::RecordTrouble::Damaged)),
        Event::Touched(ui::Action::Go(ui::Place::Readings)),
    ]);
    let ui::Screen::Measure(shown) = view(&state, now()) else { panic!() };
    assert_eq!(shown.faults[0].kind, ui::FaultKind::RecordDamaged);
}
