//! Views to test with.
#![allow(dead_code, reason = "each test file uses its part")]

pub(crate) mod after;
pub(crate) mod messages;
pub(crate) mod questions;

use dagsform_ui::{
    AverageView, Date, Day, Delivery, Doubt, EntryProblem, EntryStage, EntryView, EquipmentView, Fault, FaultKind,
    FieldView, FollowUp, Kind, MeasureView, Moment, NoNumber, NotSent, Number, Performer, PlanRemark, Quantity,
    ReadingView, ReadingsView, RowView, SensorState, SensorView, Span, Stage, TakingBack, TaskKind, TaskState,
    TaskView, TimeOfDay, TodayView, TrendLine, TrendPoint, Unit, ValueView, WhoseStage, WhoseView, Why,
};

/// The stages in order, with a name each.
pub(crate) const STAGES: [(&str, Stage); 6] = [
    ("looking", Stage::Looking),
    ("ready", Stage::Ready),
    ("receiving", Stage::Receiving),
    ("received", Stage::Received),
    ("saved", Stage::Saved),
    ("delivered", Stage::Delivered),
];

pub(crate) fn value(quantity: Quantity, number: &str) -> ValueView {
    ValueView { quantity, number: Number::Is(number.to_owned()), unit: unit(quantity) }
}

fn unit(quantity: Quantity) -> Unit {
    match quantity {
        Quantity::OxygenSaturation => Unit::Percent,
        Quantity::PulseRate => Unit::PerMinute,
        Quantity::Systolic | Quantity::Diastolic => Unit::MillimetreOfMercury,
        Quantity::BodyWeight => Unit::Kilogram,
        Quantity::BloodGlucose => Unit::MillimolePerLitre,
        Quantity::BodyTemperature => Unit::DegreeCelsius,
        Quantity::PeakExpiratoryFlow => Unit::LitrePerMinute,
        Quantity::ForcedExpiratoryVolume => Unit::Litre,
    }
}

/// A pulse oximeter at this stage, nothing wrong.
pub(crate) fn view(stage: Stage) -> MeasureView {
    let mut view = MeasureView::looking_for(Kind::PulseOximetry, "Nonin 3230");
    view.stage = stage;
    if stage >= Stage::Receiving {
        view.values = vec![value(Quantity::OxygenSaturation, "97"), value(Quantity::PulseRate, "104")];
    }
    if stage >= Stage::Received {
        view.measured_at = Some(at(8, 5));
    }
    view.delivered_at = Some(at(8, 6));
    view.waiting_to_send = if stage == Stage::Ready { 3 } else { u32::from(stage == Stage::Saved) };
    view
}

pub(crate) fn doubtful() -> MeasureView {
    let mut view = view(Stage::Saved);
    view.doubts = vec![Doubt::Questionable, Doubt::DeviceClockUnknown];
    view
}

pub(crate) fn without_a_number() -> MeasureView {
    let mut view = view(Stage::Saved);
    view.values = vec![
        ValueView {
            quantity: Quantity::OxygenSaturation,
            number: Number::Missing(NoNumber::NotANumber),
            unit: Unit::Percent,
        },
        value(Quantity::PulseRate, "72"),
    ];
    view.doubts = vec![Doubt::WeakSignal];
    view
}

pub(crate) fn with_fault(stage: Stage, kind: FaultKind) -> MeasureView {
    let mut view = view(stage);
    view.faults = vec![Fault::new(kind)];
    view
}

pub(crate) fn at(hour: u8, minute: u8) -> Moment {
    Moment { day: Day::Today, hour, minute }
}

pub(crate) fn blood_pressure(upper: &str, lower: &str, pulse: &str) -> Vec<ValueView> {
    vec![value(Quantity::Systolic, upper), value(Quantity::Diastolic, lower), value(Quantity::PulseRate, pulse)]
}

pub(crate) fn task(kind: Kind, from: u8, until: u8, state: TaskState) -> TaskView {
    task_of(TaskKind::Measurement(kind), from, until, state)
}

pub(crate) fn task_of(what: TaskKind, from: u8, until: u8, state: TaskState) -> TaskView {
    let clock = |hour| TimeOfDay { hour, minute: 0 };
    TaskView { what, from: clock(from), until: clock(until), state }
}

pub(crate) fn questions_task(title: &str, state: TaskState) -> TaskView {
    task_of(TaskKind::Questions { title: title.to_owned() }, 8, 12, state)
}

pub(crate) fn medicine_task(name: &str, dose: &str, state: TaskState) -> TaskView {
    task_of(TaskKind::Medicine { name: name.to_owned(), dose: Some(dose.to_owned()) }, 8, 10, state)
}

pub(crate) fn blood_pressure_view(stage: Stage) -> MeasureView {
    let mut view = view(stage);
    view.kind = Kind::BloodPressure;
    view.device_name = "Blodtrykksmåleren".to_owned();
    if stage >= Stage::Receiving {
        view.values = blood_pressure("128", "82", "71");
    }
    view
}

/// A day with one of everything.
pub(crate) fn today() -> TodayView {
    let done = |hour, delivery| TaskState::Done { at: at(hour, 5), delivery };
    TodayView {
        date: Date { weekday: 1, day: 23, month: 11 },
        follow_up: FollowUp::Running,
        plan: Vec::new(),
        unread: 0,
        lists: Vec::new(),
        tasks: vec![
            task(Kind::BodyWeight, 7, 9, TaskState::Late),
            task(Kind::BloodPressure, 8, 11, TaskState::Due),
            task(Kind::PulseOximetry, 7, 10, done(8, Delivery::Delivered)),
            task(Kind::BodyTemperature, 7, 10, done(9, Delivery::Waiting)),
            task(Kind::BloodPressure, 18, 21, TaskState::Later),
        ],
        other: vec![Kind::BloodGlucose, Kind::Spirometry],
        asking: 1,
        faults: Vec::new(),
        waiting_to_send: 1,
    }
}

/// The longest name that a service is likely to give, of 80 letters.
pub(crate) const LONG_NAME: &str = "Spørsmål om pust, søvn, matlyst og hvordan hverdagen din har vært den siste uken";

/// A day of a plan with everything that a plan can have.
pub(crate) fn planned_today() -> TodayView {
    let done = |hour, delivery| TaskState::Done { at: at(hour, 5), delivery };
    TodayView {
        plan: vec![PlanRemark::NotChecked { last: Some(Moment { day: Day::Yesterday, hour: 18, minute: 40 }) }],
        unread: 2,
        lists: vec!["Dagens form".to_owned(), LONG_NAME.to_owned()],
        tasks: vec![
            medicine_task("Prednisolon", "20 mg, én tablett sammen med mat", TaskState::Due),
            questions_task(LONG_NAME, TaskState::Due),
            task(Kind::PulseOximetry, 8, 11, TaskState::Late),
            task(Kind::BodyTemperature, 8, 11, TaskState::ClockInDoubt),
            medicine_task(
                "Spiriva",
                "to inhalasjoner",
                TaskState::NotTaken { at: at(8, 12), delivery: Delivery::Seen },
            ),
            questions_task("Dagens form", done(8, Delivery::Seen)),
            task(Kind::BodyWeight, 7, 9, done(7, Delivery::Delivered)),
            task(Kind::BloodPressure, 8, 9, TaskState::Paused),
            questions_task("Ukens spørsmål", TaskState::Later),
        ],
        other: vec![Kind::BloodGlucose],
        asking: 0,
        ..today()
    }
}

/// A day on which a medicine is next.
pub(crate) fn medicine_today() -> TodayView {
    TodayView { tasks: vec![medicine_task("Furix", "40 mg, én tablett", TaskState::Due)], ..plain_today() }
}

/// A follow-up that rests.
pub(crate) fn paused_today() -> TodayView {
    TodayView {
        follow_up: FollowUp::Paused { through: Some(Date { weekday: 7, day: 29, month: 11 }) },
        tasks: vec![task(Kind::BloodPressure, 8, 11, TaskState::Paused)],
        other: vec![Kind::BloodPressure],
        ..plain_today()
    }
}

/// A follow-up that the service has ended.
pub(crate) fn ended_today() -> TodayView {
    TodayView {
        follow_up: FollowUp::Ended { on: Some(Date { weekday: 5, day: 20, month: 11 }) },
        tasks: Vec::new(),
        plan: vec![PlanRemark::NewerRefused { at: at(7, 30) }],
        ..plain_today()
    }
}

/// A day with one thing to do, as most are.
pub(crate) fn plain_today() -> TodayView {
    TodayView {
        tasks: vec![
            task(Kind::BloodPressure, 8, 11, TaskState::Due),
            task(Kind::BloodPressure, 18, 21, TaskState::Later),
        ],
        other: Vec::new(),
        asking: 0,
        waiting_to_send: 0,
        ..today()
    }
}

pub(crate) fn field(quantity: Quantity, typed: &str) -> FieldView {
    FieldView { quantity, unit: unit(quantity), typed: typed.to_owned(), optional: false, problem: None }
}

/// Blood pressure, half typed.
pub(crate) fn entry() -> EntryView {
    EntryView {
        kind: Kind::BloodPressure,
        fields: vec![
            field(Quantity::Systolic, "128"),
            field(Quantity::Diastolic, "8"),
            FieldView { optional: true, ..field(Quantity::PulseRate, "") },
        ],
        active: 1,
        asks_meal: false,
        meal: None,
        performer: Performer::Relative,
        taken: at(8, 15),
        is_now: true,
        stage: EntryStage::Typing,
        faults: Vec::new(),
    }
}

/// Blood glucose, with its question.
pub(crate) fn glucose_entry() -> EntryView {
    EntryView {
        kind: Kind::BloodGlucose,
        fields: vec![field(Quantity::BloodGlucose, "5.6")],
        active: 0,
        asks_meal: true,
        is_now: false,
        ..entry()
    }
}

pub(crate) fn wrong_entry() -> EntryView {
    let mut view = entry();
    view.fields[1].problem = Some(EntryProblem::TooLow);
    view.fields[2].problem = Some(EntryProblem::TooHigh);
    view
}

pub(crate) fn row(delivery: Delivery) -> RowView {
    RowView {
        values: blood_pressure("128", "82", "71"),
        at: Some(at(8, 5)),
        delivery,
        by_hand: false,
        doubts: Vec::new(),
        taken_back: None,
    }
}

/// Points over a week with a gap in its middle.
fn trend(quantity: Quantity, lowest: &str, highest: &str, height: f32) -> TrendLine {
    let point = |(day, y): (f32, f32)| TrendPoint { x: day / 7.0, y: height + y, doubtful: day == 6.0 };
    let days = [(0.3, 0.0), (1.0, 0.2), (2.0, 0.1), (5.0, -0.1), (6.0, 0.3), (6.9, 0.05)];
    TrendLine {
        quantity,
        unit: unit(quantity),
        lowest: Number::Is(lowest.to_owned()),
        highest: Number::Is(highest.to_owned()),
        points: days.into_iter().map(point).collect(),
    }
}

pub(crate) fn readings() -> ReadingsView {
    let average = |quantity, number: &str, days, readings| AverageView {
        quantity,
        unit: unit(quantity),
        number: Number::Is(number.to_owned()),
        days,
        readings,
    };
    ReadingsView {
        kind: Kind::BloodPressure,
        kinds: Kind::ALL.to_vec(),
        span: Span::Week,
        trend: vec![trend(Quantity::Systolic, "100", "160", 0.5), trend(Quantity::Diastolic, "60", "100", 0.4)],
        averages: vec![
            average(Quantity::Systolic, "128", 7, 6),
            average(Quantity::Diastolic, "82", 7, 6),
            average(Quantity::Systolic, "131", 30, 1),
        ],
        rows: vec![
            row(Delivery::Delivered),
            RowView { by_hand: true, ..row(Delivery::Waiting) },
            RowView { doubts: vec![Doubt::Moved], at: None, ..row(Delivery::NotSent(NotSent::PerhapsAnothers)) },
            RowView { taken_back: Some(Why::WrongPerson), ..row(Delivery::NotSent(NotSent::TakenBack)) },
        ],
        more: true,
    }
}

pub(crate) fn reading(taking_back: TakingBack) -> ReadingView {
    ReadingView {
        kind: Kind::BloodPressure,
        row: row(Delivery::Delivered),
        performer: Performer::Patient,
        device_name: "Blodtrykksmåleren".to_owned(),
        taking_back,
        faults: Vec::new(),
    }
}

pub(crate) fn whose(stage: WhoseStage) -> WhoseView {
    WhoseView {
        kind: Kind::BodyWeight,
        values: vec![value(Quantity::BodyWeight, "54.2")],
        at: Some(at(7, 40)),
        device_name: "Vekten".to_owned(),
        why: Doubt::PerhapsAnothers,
        stage,
        more: 2,
        faults: Vec::new(),
    }
}

pub(crate) fn equipment() -> EquipmentView {
    let sensor = |name: &str, kind, state, battery, last_heard| SensorView {
        name: name.to_owned(),
        kind,
        state,
        battery,
        last_heard,
    };
    EquipmentView {
        sensors: vec![
            sensor("Oksygenmåleren", Some(Kind::PulseOximetry), SensorState::Connected, Some(80), Some(at(8, 5))),
            sensor("Vekten", Some(Kind::BodyWeight), SensorState::Resting, None, Some(at(7, 40))),
            sensor("Ukjent måler", None, SensorState::Faulty, Some(5), None),
        ],
        last_delivered: Some(at(8, 6)),
        waiting_to_send: 2,
        version: "0.1.0".to_owned(),
        faults: Vec::new(),
    }
}
