//! Anything that the tablet may have to send.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, TimeZone, Utc};
use dagsform_care::{
    Decimal, DeviceTime, Flag, Identity, Kind, Meal, Measured, Metric, PatientId, Performer, Quality, Quantity,
    Reading, ReadingTime, Source, Special, TakenBack, Trust, Unit, User, Value, Why,
    item::{Answers, Item},
    medicine::MedicineTaken,
    message::{Message, MessageKind, PlanReport, Wish},
    plan::PlanVersion,
    questionnaire::{Answer, Answered, Canonical, Coding, Given, Response},
    shown::shown_unit,
};
use proptest::prelude::*;
use uuid::Uuid;

use super::sensor;

pub fn any_time() -> impl Strategy<Value = DateTime<FixedOffset>> {
    // Every instant that chrono has within some 20,000 years, at any offset, LMT included.
    (-377_705_116_800i64..377_705_116_800, 0u32..2_000_000_000, -86_399i32..86_400).prop_map(|(s, n, offset)| {
        let n = if s.rem_euclid(60) == 59 { n } else { n % 1_000_000_000 };
        let utc = DateTime::<Utc>::from_timestamp(s, n).unwrap();
        FixedOffset::east_opt(offset).unwrap().from_utc_datetime(&utc.naive_utc())
    })
}

pub fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => (any::<i64>(), any::<i16>()).prop_map(|(m, e)| Value::Number(Decimal::new(m, e))),
        4 => (-2000i64..2000, -8i16..8).prop_map(|(m, e)| Value::Number(Decimal::new(m, e))),
        1 => prop::sample::select(vec![
            Special::NotANumber,
            Special::NotAtThisResolution,
            Special::PositiveInfinity,
            Special::NegativeInfinity,
            Special::Reserved,
        ]).prop_map(Value::Special),
    ]
}

pub fn any_measured() -> impl Strategy<Value = Measured> {
    let unit = prop::sample::select(Unit::ALL.to_vec());
    (prop::sample::select(Metric::ALL.to_vec()), any_value(), prop::option::of(unit)).prop_map(
        |(metric, value, unit)| Measured {
            metric,
            quantity: Quantity { value, unit: unit.unwrap_or(shown_unit(metric)) },
        },
    )
}

pub fn any_taken_back() -> impl Strategy<Value = Option<TakenBack>> {
    let why = prop::sample::select(vec![Why::WrongPerson, Why::Mistyped, Why::MeasuringError]);
    prop::option::of((any_time(), why).prop_map(|(at, why)| TakenBack { at, why }))
}

prop_compose! {
    pub fn any_time_of_reading()(
        device in prop_oneof![
            Just(DeviceTime::Absent),
            Just(DeviceTime::Unknown),
            any_time().prop_map(|t| DeviceTime::Local(t.naive_utc())),
        ],
        received in any_time(),
        effective in prop::option::of(any_time()),
        correction_seconds in prop::option::of(any::<i64>()),
        tablet_correction_seconds in prop::option::of(prop_oneof![any::<i64>(), -10_000i64..2_000_000_000]),
        clock in prop::sample::select(vec![Trust::Trusted, Trust::Unverified, Trust::Untrusted]),
        local_time_ambiguous: bool,
        from_storage: bool,
        clock_not_set: bool,
    ) -> ReadingTime {
        ReadingTime {
            device, device_clock: clock, received, tablet_clock: clock, correction_seconds, effective,
            local_time_ambiguous, from_storage, clock_not_set, tablet_correction_seconds, by_calendar: false,
        }
    }
}

prop_compose! {
    pub fn any_reading()(
        kind in prop::sample::select(Kind::ALL.to_vec()),
        values in prop::collection::vec(any_measured(), 0..8),
        flags in prop::collection::btree_set(prop::sample::select(every_flag()), 0..6),
        time in any_time_of_reading(),
        identity: u128,
        by_hand: bool,
        claimed: bool,
        taken_back in any_taken_back(),
        meal in prop::option::of(prop::sample::select(vec![
            Meal::Preprandial, Meal::Postprandial, Meal::Fasting, Meal::Casual, Meal::Bedtime,
        ])),
        performer in prop::sample::select(vec![Performer::Unknown, Performer::Patient, Performer::Relative, Performer::Staff]),
    ) -> Reading {
        Reading {
            identity: Identity::by_hand(Uuid::from_u128(identity)),
            patient: PatientId("p-1".to_owned()),
            source: if by_hand { Source::ByHand } else { Source::Sensor(sensor()) },
            kind,
            quality: Quality::assess(&values, &flags),
            values,
            flags,
            time,
            sequence: None,
            performer,
            user: User::Unsaid,
            meal,
            claimed,
            taken_back,
            judged: None,
            repeats: None,
        }
    }
}

pub fn every_flag() -> Vec<Flag> {
    use Flag::*;
    vec![
        DeviceClockNotSet,
        MeasurementOngoing,
        EarlyEstimate,
        Validated,
        FullyQualified,
        FromStorage,
        CalibrationOngoing,
        MeasurementUnavailable,
        QuestionableMeasurement,
        InvalidMeasurement,
        ExtendedDisplayUpdate,
        EquipmentMalfunction,
        SignalProcessingIrregularity,
        InadequateSignal,
        PoorSignal,
        LowPerfusion,
        ErraticSignal,
        NonpulsatileSignal,
        QuestionablePulse,
        SignalAnalysisOngoing,
        SensorInterference,
        SensorUnconnectedToUser,
        UnknownSensorConnected,
        SensorDisplaced,
        SensorMalfunctioning,
        SensorDisconnected,
        BodyMovement,
        CuffTooLoose,
        IrregularPulse,
        PulseRateAboveRange,
        PulseRateBelowRange,
        ImproperMeasurementPosition,
        BatteryLow,
        SampleSizeInsufficient,
        StripInsertionError,
        StripTypeIncorrect,
        ResultAboveRange,
        ResultBelowRange,
        SensorTooWarm,
        SensorTooCold,
        ReadInterrupted,
        GeneralDeviceFault,
        DeviceClockFault,
        ReservedBitSet,
    ]
}

fn any_performer() -> impl Strategy<Value = Performer> {
    prop::sample::select(vec![Performer::Unknown, Performer::Patient, Performer::Relative, Performer::Staff])
}

fn any_plan() -> impl Strategy<Value = Option<PlanVersion>> {
    prop::option::of(
        (1u32..99, 1u32..99).prop_map(|(id, version)| PlanVersion(format!("CarePlan/{id}/_history/{version}"))),
    )
}

/// A time that FHIR can write.
fn any_civil_time() -> impl Strategy<Value = DateTime<FixedOffset>> {
    (0i64..4_000_000_000, 0u32..1_000_000_000, -14i32..15).prop_map(|(seconds, nanos, hours)| {
        let utc = DateTime::<Utc>::from_timestamp(seconds, nanos).unwrap();
        FixedOffset::east_opt(hours * 3600).unwrap().from_utc_datetime(&utc.naive_utc())
    })
}

/// Words as people and services write them: never empty, never only blanks.
fn any_words() -> impl Strategy<Value = String> {
    "[a-zæøåA-Z0-9\"\\\\/<>&'][a-zæøå A-Z0-9.,!\"\\\\/<>&'-]{0,30}[a-zæøå.!]"
}

fn any_coding() -> impl Strategy<Value = Coding> {
    let system = prop::option::of(Just("https://x.example/s".to_owned()));
    (system, "[a-z][a-z0-9-]{0,8}[a-z]", prop::option::of(any_words())).prop_map(|(system, code, display)| Coding {
        system,
        code,
        display,
    })
}

fn any_decimal() -> impl Strategy<Value = Decimal> {
    (-100_000i64..100_000, -4i16..3).prop_map(|(mantissa, exponent)| Decimal::new(mantissa, exponent))
}

fn any_answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        any::<bool>().prop_map(Answer::Boolean),
        any_coding().prop_map(Answer::Coded),
        any::<i32>().prop_map(Answer::Integer),
        any_decimal().prop_map(Answer::Decimal),
        (any_decimal(), any_coding()).prop_map(|(value, unit)| Answer::Quantity { value, unit }),
        any_words().prop_map(Answer::Text),
        (1900i32..2100, 1u32..366).prop_map(|(year, day)| Answer::Date(NaiveDate::from_yo_opt(year, day).unwrap())),
        any_civil_time().prop_map(Answer::DateTime),
        (0u32..86_400)
            .prop_map(|second| Answer::Time(NaiveTime::from_num_seconds_from_midnight_opt(second, 0).unwrap())),
    ]
}

fn any_given() -> impl Strategy<Value = Option<Given>> {
    prop_oneof![
        1 => Just(Some(Given::DontKnow)),
        6 => prop::collection::vec(any_answer(), 1..3).prop_map(|answers| Some(Given::Answers(answers))),
    ]
}

fn any_answered() -> impl Strategy<Value = Vec<Answered>> {
    let leaf = || {
        (0u32..1000, any_given()).prop_map(|(name, given)| Answered {
            link_id: format!("q{name}").as_str().into(),
            given,
            items: Vec::new(),
        })
    };
    let group = (0u32..1000, prop::collection::vec(leaf(), 1..3)).prop_map(|(name, items)| Answered {
        link_id: format!("g{name}").as_str().into(),
        given: None,
        items,
    });
    prop::collection::vec(prop_oneof![3 => leaf(), 1 => group], 1..6)
}

/// What else is sent, of this patient, always such as FHIR can write.
pub fn any_item() -> impl Strategy<Value = Item> {
    let identity = || any::<u128>().prop_map(|n| Identity::by_hand(Uuid::from_u128(n)));
    let patient = PatientId("p-1".to_owned());
    let (of_answers, of_message, of_medicine, of_report) = (patient.clone(), patient.clone(), patient.clone(), patient);
    let taken_back = prop::option::of(any_civil_time().prop_map(|at| TakenBack { at, why: Why::Mistyped }));
    let answers = (identity(), any_civil_time(), any_answered(), any_performer(), any_plan(), taken_back).prop_map(
        move |(identity, authored, items, by, plan, taken_back)| {
            let questionnaire = Canonical { url: "https://x.example/q".to_owned(), version: Some("2".to_owned()) };
            let response = Response { questionnaire, authored, items, scores: Vec::new() };
            let patient = of_answers.clone();
            Item::Answers(Answers { identity, patient, response, by, occurrence: None, plan, taken_back })
        },
    );
    let kind = prop::sample::select(vec![
        MessageKind::Words,
        MessageKind::PleaseContactMe,
        MessageKind::TooMuch(Wish::Pause),
        MessageKind::TooMuch(Wish::LessMeasuring),
        MessageKind::TooMuch(Wish::FewerQuestions),
    ]);
    let text = prop_oneof![Just(String::new()), any_words()];
    let answered = prop::option::of((1u32..99).prop_map(|id| format!("Communication/{id}")));
    let message = (identity(), kind, text, any_civil_time(), any_performer(), answered).prop_map(
        move |(identity, kind, text, written, by, answers)| {
            Item::Message(Message { identity, patient: of_message.clone(), kind, text, written, by, answers })
        },
    );
    let medicine = (identity(), any_words(), any_civil_time(), any::<bool>(), any_performer(), any_plan()).prop_map(
        move |(identity, name, at, taken, by, plan)| {
            let (patient, medicine) = (of_medicine.clone(), "inhaler".to_owned());
            Item::Medicine(MedicineTaken {
                identity,
                patient,
                medicine,
                name,
                due: None,
                at,
                said: at,
                taken,
                by,
                plan,
            })
        },
    );
    let report =
        (identity(), any_civil_time(), prop::option::of(any_words())).prop_map(move |(identity, at, refused)| {
            let version = PlanVersion("CarePlan/12/_history/4".to_owned());
            Item::Plan(PlanReport { identity, patient: of_report.clone(), version, at, refused })
        });
    prop_oneof![answers, message, medicine, report]
}
