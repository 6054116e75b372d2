//! Any plan, and the resources that a service would write for it: the counterpart of `fhir::plan`, for tests only.

use chrono::{DateTime, Duration, NaiveDate, NaiveTime, SecondsFormat, Utc, Weekday};
use dagsform_care::{
    Decimal, Kind, Meal, Metric,
    hours::{Exception, Hours, Open, Window},
    limits::{Bounds, Change, Direction, Limit},
    plan::{
        Appointment, Calm, Contact, Goal, List, Measurement, Medicine, Period, Plan, PlanVersion, Reminders, Role,
        Status, When,
    },
    questionnaire::Canonical,
    shown::shown_unit,
    timing::{self, Day, Length, Moment, QuietHours, Repeat, TimeUnit, Timing},
    zones::{Call, Level, Zone},
};
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde::Serialize;
use serde_json::{Value as Json, json, value::RawValue};

const OUR: &str = "https://dagsform.example/fhir/StructureDefinition/";
const SYSTEM: &str = "https://dagsform.example/fhir/CodeSystem/";
const LOINC: &str = "http://loinc.org";
const UCUM: &str = "http://unitsofmeasure.org";

// Any plan.

fn words() -> impl Strategy<Value = String> {
    "[a-zæøåA-ZÆØÅ0-9\"\\\\ .,:%]{0,20}[a-zæøå]"
}

fn days() -> impl Strategy<Value = NaiveDate> {
    (0i64..2000).prop_map(|n| NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + Duration::days(n))
}

fn times() -> impl Strategy<Value = NaiveTime> {
    (0u32..86_400).prop_map(|n| NaiveTime::from_num_seconds_from_midnight_opt(n, 0).unwrap())
}

fn instants() -> impl Strategy<Value = DateTime<Utc>> {
    (1_700_000_000_000i64..1_900_000_000_000).prop_map(|n| DateTime::from_timestamp_millis(n).unwrap())
}

fn periods() -> impl Strategy<Value = Period> {
    (option::of(days()), option::of(days())).prop_map(|(a, b)| match (a, b) {
        (Some(a), Some(b)) => Period { start: Some(a.min(b)), end: Some(a.max(b)) },
        (start, end) => Period { start, end },
    })
}

fn numbers(from: i64, to: i64) -> impl Strategy<Value = Decimal> {
    (from * 100..to * 100, select(vec![(0, 100), (-1, 10), (-2, 1)]))
        .prop_map(|(n, (exponent, rounding))| Decimal::new(n / rounding, exponent))
}

fn moments() -> impl Strategy<Value = Moment> {
    prop_oneof![days().prop_map(Moment::Date), instants().prop_map(|at| Moment::Instant(at.fixed_offset())),]
}

fn bounds() -> impl Strategy<Value = timing::Bounds> {
    let length = || (1i64..200).prop_map(|n| Length { value: Decimal::new(n, 0), unit: TimeUnit::Day });
    prop_oneof![
        periods().prop_map(|period| timing::Bounds::Period {
            start: period.start.map(Moment::Date),
            end: period.end.map(Moment::Date)
        }),
        length().prop_map(timing::Bounds::Duration),
        (length(), option::of(length())).prop_map(|(low, high)| timing::Bounds::Range { low: Some(low), high }),
    ]
}

/// How often: a day or a part of it, at times, by the patient's day, on weekdays, every so many hours or months.
fn cadences() -> impl Strategy<Value = Repeat> {
    use timing::EventTiming as E;
    let every = |frequency, period: Decimal, unit| Repeat {
        frequency: Some(frequency),
        period: Some(period),
        period_unit: Some(unit),
        ..Repeat::default()
    };
    let one = Decimal::new(10, -1);
    let daily = (1u32..5, option::of(5u32..9), any::<bool>()).prop_map(move |(times, most, range)| Repeat {
        frequency_max: most,
        period_max: range.then_some(Decimal::new(2, 0)),
        ..every(times, one, TimeUnit::Day)
    });
    let at_times = prop::collection::btree_set(times(), 1..4)
        .prop_map(move |times| Repeat { time_of_day: times.into_iter().collect(), ..every(1, one, TimeUnit::Day) });
    let codes =
        select(vec![vec![E::Morning], vec![E::BeforeBreakfast, E::AfterDinner], vec![E::Night, E::EarlyEvening]]);
    let by_the_day = (codes, option::of(1u32..100)).prop_map(move |(when, offset)| Repeat {
        when,
        offset,
        ..every(1, one, TimeUnit::Day)
    });
    let weekly = select(vec![vec![Weekday::Mon], vec![Weekday::Wed, Weekday::Sun]])
        .prop_map(move |days| Repeat { day_of_week: days, ..every(1, one, TimeUnit::Week) });
    let others = (select(vec![8i64, 12, 24]), 1i64..4, any::<bool>()).prop_map(move |(hours, months, by_hours)| {
        if by_hours {
            every(1, Decimal::new(hours, 0), TimeUnit::Hour)
        } else {
            every(1, Decimal::new(months, 0), TimeUnit::Month)
        }
    });
    prop_oneof![daily, at_times, by_the_day, weekly, others]
}

/// Timings in which each field may stand.
fn timings() -> impl Strategy<Value = Timing> {
    use timing::Abbreviation as A;
    let count = option::of((1u32..50, option::of(50u32..99)));
    let lasting = option::of((1i64..6, option::of(60i64..120)));
    let repeat =
        (cadences(), option::of(bounds()), count, lasting).prop_map(|(cadence, bounds, count, lasting)| Repeat {
            bounds,
            count: count.map(|(least, _)| least),
            count_max: count.and_then(|(_, most)| most),
            duration: lasting.map(|(least, _)| Decimal::new(least, 0)),
            duration_max: lasting.and_then(|(_, most)| most).map(|most| Decimal::new(most, -1)),
            duration_unit: lasting.map(|_| TimeUnit::Hour),
            ..cadence
        });
    let code = select(vec![A::Bid, A::Qod, A::Q8h, A::Bed, A::Mo]);
    let timing = |event, repeat, code| Timing { event, repeat, code, as_needed: false };
    prop_oneof![
        6 => repeat.prop_map(move |repeat| timing(Vec::new(), Some(repeat), None)),
        1 => (days(), cadences()).prop_map(move |(day, repeat)| timing(vec![Moment::Date(day)], Some(repeat), None)),
        1 => code.prop_map(move |code| timing(Vec::new(), None, Some(code))),
        1 => vec(moments(), 1..4).prop_map(move |event| timing(event, None, None)),
    ]
    .prop_filter("it is one that is taken", |timing| timing.check().is_ok())
}

fn whens() -> impl Strategy<Value = When> {
    prop_oneof![timings().prop_map(When::At), Just(When::AsNeeded)]
}

/// Each kind with a number that can have limits, and a span in which a person's lies.
const LIMITED: [(Kind, Metric, i64, i64); 6] = [
    (Kind::PulseOximetry, Metric::OxygenSaturation, 80, 98),
    (Kind::BloodPressure, Metric::Diastolic, 60, 100),
    (Kind::BodyWeight, Metric::BodyWeight, 50, 120),
    (Kind::BloodGlucose, Metric::GlucoseCapillaryPlasma, 4, 15),
    (Kind::BodyTemperature, Metric::BodyTemperature, 36, 40),
    (Kind::Spirometry, Metric::PeakExpiratoryFlow, 200, 600),
];

fn limits(metric: Metric, from: i64, to: i64) -> impl Strategy<Value = Vec<Limit>> {
    let four = || {
        vec((any::<bool>(), numbers(from, to)), 4).prop_map(|mut four| {
            four.sort_by(|a, b| a.1.compare(b.1));
            let number = |place: usize| four[place].0.then_some(four[place].1);
            Bounds { red_low: number(0), yellow_low: number(1), yellow_high: number(2), red_high: number(3) }
        })
    };
    let change =
        (any::<bool>(), numbers(1, 9), 1u32..30, any::<bool>()).prop_map(|(up, by, within_days, red)| Change {
            direction: if up { Direction::Rise } else { Direction::Fall },
            by,
            within_days,
            level: if red { Level::Red } else { Level::Yellow },
        });
    let unit = shown_unit(metric);
    let limit = move |id: &str, meal, bounds, change| Limit { id: id.to_owned(), metric, meal, unit, bounds, change };
    (four(), four(), option::of(change)).prop_map(move |(bounds, at_meal, change)| {
        let meal = metric.is_glucose().then_some(Meal::Postprandial);
        let mut all = vec![limit("any", None, bounds, None)];
        all.extend(meal.map(|meal| limit("meal", Some(meal), at_meal, None)));
        all.retain(|limit| limit.bounds != Bounds::default());
        all.extend(change.map(|change| limit("change", None, Bounds::default(), Some(change))));
        all
    })
}

fn measurements() -> impl Strategy<Value = Vec<Measurement>> {
    let one = |(kind, metric, from, to): (Kind, Metric, i64, i64)| {
        let rest = (option::of(1u32..20), any::<bool>(), option::of(words()));
        (whens(), days(), option::of(timings()), limits(metric, from, to), rest).prop_map(
            move |(when, since, in_bad_periods, mut limits, (rest_minutes, measure_again, instruction))| {
                for limit in &mut limits {
                    limit.id = format!("{}-{}", kind.name(), limit.id);
                }
                Measurement {
                    id: kind.name().to_owned(),
                    kind,
                    when,
                    since,
                    in_bad_periods,
                    limits,
                    rest_minutes,
                    measure_again,
                    instruction,
                }
            },
        )
    };
    vec(any::<bool>(), 6).prop_flat_map(move |which| {
        LIMITED.into_iter().zip(which).filter(|(_, wanted)| *wanted).map(|(kind, _)| one(kind)).collect::<Vec<_>>()
    })
}

fn zones() -> impl Strategy<Value = Vec<Zone>> {
    let call = (words(), option::of(select(vec!["113", "+47 00 00 00 10"])), option::of(words()));
    let call = call.prop_map(|(who, phone, when)| Call {
        who,
        phone: phone.map(str::to_owned),
        when: when.unwrap_or_default(),
    });
    let lines = || vec(words(), 0..3);
    let zone =
        (select(vec![Level::Green, Level::Yellow, Level::Red]), words(), lines(), lines(), lines(), vec(call, 0..3));
    vec(zone, 0..4).prop_map(|zones| {
        let zone = |(n, (level, name, notice, act, prescribed, call))| Zone {
            id: format!("zone-{n}"),
            level,
            name,
            notice,
            act,
            prescribed,
            call,
        };
        zones.into_iter().enumerate().map(zone).collect()
    })
}

fn opens() -> impl Strategy<Value = Open> {
    (0u32..43_000, 43_200u32..86_000).prop_map(|(from, until)| {
        let time = |n| NaiveTime::from_num_seconds_from_midnight_opt(n, 0).unwrap();
        Open { opens: time(from), closes: time(until) }
    })
}

fn hours() -> impl Strategy<Value = Hours> {
    let window = (select(vec![vec![Weekday::Mon, Weekday::Fri], vec![Weekday::Sat]]), opens());
    let exceptions = prop::collection::btree_map(days(), vec(opens(), 0..2), 0..3);
    (vec(window, 1..3), any::<bool>(), option::of(times()), exceptions).prop_map(
        |(weekly, closed_on_public_holidays, half_days_until, exceptions)| Hours {
            weekly: weekly.into_iter().map(|(days, open)| Window { days, open }).collect(),
            closed_on_public_holidays,
            half_days_until,
            exceptions: exceptions.into_iter().map(|(date, open)| Exception { date, open }).collect(),
        },
    )
}

fn contacts() -> impl Strategy<Value = Vec<Contact>> {
    let role = select(vec![Role::FollowUpService, Role::Gp, Role::Relative, Role::Other]);
    let phone = option::of(Just("00 00 00 20".to_owned()));
    let contact = (role, option::of(words()), words(), phone, option::of(hours()));
    vec(contact, 0..4).prop_map(|contacts| {
        let contact = |(role, role_text, name, phone, hours)| Contact { role, role_text, name, phone, hours };
        contacts.into_iter().map(contact).collect()
    })
}

fn appointments() -> impl Strategy<Value = Vec<Appointment>> {
    let length = option::of(0i64..200);
    let one = (instants(), length, words(), vec(words(), 0..3), option::of(words()), any::<bool>());
    vec(one, 0..3).prop_map(|all| {
        let one =
            |(n, (begins, minutes, text, with, place, review)): (usize, (DateTime<Utc>, Option<i64>, _, _, _, _))| {
                let ends = minutes.map(|minutes| begins + Duration::minutes(minutes));
                Appointment { id: format!("appointment-{n}"), begins, ends, text, with, place, review }
            };
        all.into_iter().enumerate().map(one).collect()
    })
}

fn lists() -> impl Strategy<Value = Vec<List>> {
    let one = (words(), option::of("[0-9.]{1,5}"), whens(), days());
    vec(one, 0..3).prop_map(|all| {
        let one = |(n, (title, version, when, since))| List {
            id: format!("list-{n}"),
            title,
            questionnaire: Canonical { url: format!("https://x.example/q{n}"), version },
            when,
            since,
        };
        all.into_iter().enumerate().map(one).collect()
    })
}

fn medicines() -> impl Strategy<Value = Vec<Medicine>> {
    vec((words(), option::of(words()), whens(), days()), 0..3).prop_map(|all| {
        let one = |(n, (name, dose, when, since))| Medicine { id: format!("medicine-{n}"), name, dose, when, since };
        all.into_iter().enumerate().map(one).collect()
    })
}

/// Any plan that its own check takes.
pub fn plans() -> impl Strategy<Value = Plan> {
    let goals = vec((words(), option::of(days())), 0..3);
    let head =
        (instants(), option::of(words()), select(vec![Status::Active, Status::OnHold, Status::Ended]), periods());
    let agreed = (measurements(), lists(), zones(), medicines(), appointments(), contacts(), goals);
    let calm = (any::<bool>(), option::of(1u32..9));
    let rest = (calm, vec(periods(), 0..3), vec(periods(), 0..2), any::<bool>(), option::of((times(), times())));
    (head, agreed, rest).prop_map(|(head, agreed, rest)| Plan {
        version: PlanVersion("CarePlan/plan/_history/3".to_owned()),
        dated: head.0,
        language: Some("nb".to_owned()),
        title: head.1,
        status: head.2,
        period: head.3,
        goals: agreed.6.into_iter().map(|(text, since)| Goal { text, since }).collect(),
        measurements: agreed.0,
        lists: agreed.1,
        zones: agreed.2,
        medicines: agreed.3,
        appointments: agreed.4,
        contacts: agreed.5,
        calm: Calm { hide_numbers: rest.0.0, extra_measurements_a_day: rest.0.1 },
        pauses: rest.1,
        bad_periods: rest.2,
        day: Day::default(),
        reminders: Reminders { on: rest.3, quiet: rest.4.map(|(from, until)| QuietHours { from, until }) },
    })
}

// The same in FHIR.

/// Decimals go through JSON as marked text, since `serde_json::Value` would round them.
const MARK: char = '\u{e000}';

fn decimal(number: Decimal) -> Json {
    json!(format!("{MARK}{number}{MARK}"))
}

fn raw(json: &Json) -> Box<RawValue> {
    let text = without_nulls(json.clone()).to_string();
    let text = text.replace(&format!("\"{MARK}"), "").replace(&format!("{MARK}\""), "");
    RawValue::from_string(text).unwrap()
}

/// FHIR has no nulls and no empty lists: what is not there is left out.
fn without_nulls(json: Json) -> Json {
    match json {
        Json::Object(members) => {
            let members = members.into_iter().map(|(name, value)| (name, without_nulls(value)));
            Json::Object(members.filter(|(_, value)| !value.is_null() && *value != json!([])).collect())
        }
        Json::Array(items) => Json::Array(items.into_iter().map(without_nulls).collect()),
        other => other,
    }
}

fn extension(name: &str, kind: &str, value: Json) -> Json {
    json!({ "url": name, kind: value })
}

fn our(name: &str, kind: &str, value: Json) -> Json {
    extension(&format!("{OUR}{name}"), kind, value)
}

fn concept(system: &str, code: &str) -> Json {
    json!({ "coding": [{ "system": system, "code": code }] })
}

fn quantity(number: Decimal, code: &str) -> Json {
    json!({ "value": decimal(number), "unit": code, "system": UCUM, "code": code })
}

fn coded(value: impl Serialize) -> Json {
    serde_json::to_value(value).unwrap()
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn period(period: &Period) -> Json {
    json!({ "start": period.start, "end": period.end })
}

fn moment(moment: &Moment) -> String {
    match moment {
        Moment::Date(date) => date.to_string(),
        Moment::Instant(at) => at.to_rfc3339_opts(SecondsFormat::Millis, false),
    }
}

fn length(length: &Length) -> Json {
    let unit = coded(length.unit);
    json!({ "value": decimal(length.value), "system": UCUM, "code": unit })
}

fn timing(timing: &Timing) -> Json {
    let repeat = timing.repeat.as_ref().map(|repeat| {
        let (mut period, mut duration, mut range) = (Json::Null, Json::Null, Json::Null);
        match &repeat.bounds {
            Some(timing::Bounds::Period { start, end }) => {
                period = json!({ "start": start.as_ref().map(moment), "end": end.as_ref().map(moment) });
            }
            Some(timing::Bounds::Duration(span)) => duration = length(span),
            Some(timing::Bounds::Range { low, high }) => {
                range = json!({ "low": low.as_ref().map(length), "high": high.as_ref().map(length) });
            }
            None => {}
        }
        json!({
            "boundsPeriod": period, "boundsDuration": duration, "boundsRange": range,
            "count": repeat.count, "countMax": repeat.count_max,
            "duration": repeat.duration.map(decimal), "durationMax": repeat.duration_max.map(decimal),
            "durationUnit": repeat.duration_unit.map(coded),
            "frequency": repeat.frequency, "frequencyMax": repeat.frequency_max,
            "period": repeat.period.map(decimal), "periodMax": repeat.period_max.map(decimal),
            "periodUnit": repeat.period_unit.map(coded),
            "dayOfWeek": weekdays(&repeat.day_of_week),
            "timeOfDay": repeat.time_of_day.iter().map(|time| time.format("%H:%M:%S").to_string()).collect::<Vec<_>>(),
            "when": repeat.when.iter().map(coded).collect::<Vec<_>>(), "offset": repeat.offset,
        })
    });
    let abbreviations = "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation";
    let code = timing.code.map(|code| json!({ "coding": [{ "system": abbreviations, "code": coded(code) }] }));
    json!({ "event": timing.event.iter().map(moment).collect::<Vec<_>>(), "repeat": repeat, "code": code })
}

fn weekdays(days: &[Weekday]) -> Vec<String> {
    days.iter().map(|day| day.to_string().to_lowercase()).collect()
}

fn loinc(metric: Metric) -> &'static str {
    match metric {
        Metric::OxygenSaturation => "59408-5",
        Metric::Diastolic => "8462-4",
        Metric::BodyWeight => "29463-7",
        Metric::GlucoseCapillaryPlasma => "14749-6",
        Metric::BodyTemperature => "8310-5",
        Metric::PeakExpiratoryFlow => "19935-6",
        other => panic!("{other:?}"),
    }
}

fn limit(limit: &Limit) -> Vec<Json> {
    let unit = limit.unit.ucum();
    let common = |level: Level| {
        let mut parts = vec![extension("type", "valueCode", coded(level))];
        parts.push(extension("component", "valueCodeableConcept", concept(LOINC, loinc(limit.metric))));
        parts.extend(limit.meal.map(|meal| extension("meal", "valueCode", coded(meal))));
        parts.push(extension("id", "valueString", json!(limit.id)));
        parts
    };
    let range = |level, low: Option<Decimal>, high: Option<Decimal>| {
        (low.is_some() || high.is_some()).then(|| {
            let mut parts = common(level);
            parts.extend(low.map(|low| extension("low", "valueQuantity", quantity(low, unit))));
            parts.extend(high.map(|high| extension("high", "valueQuantity", quantity(high, unit))));
            our("reference-range", "extension", json!(parts))
        })
    };
    let change = limit.change.map(|change| {
        let mut parts = common(change.level);
        let direction = if change.direction == Direction::Rise { "up" } else { "down" };
        let within = quantity(Decimal::new(i64::from(change.within_days), 0), "d");
        parts.push(extension("direction", "valueCode", json!(direction)));
        parts.push(extension("by", "valueQuantity", quantity(change.by, unit)));
        parts.push(extension("within", "valueDuration", within));
        our("change-limit", "extension", json!(parts))
    });
    let bounds = limit.bounds;
    let yellow = range(Level::Yellow, bounds.yellow_low, bounds.yellow_high);
    [yellow, range(Level::Red, bounds.red_low, bounds.red_high), change].into_iter().flatten().collect()
}

fn order(kind: &str, id: &str, since: NaiveDate, patient: &Json) -> Json {
    json!({
        "resourceType": kind, "id": id, "status": "active", "intent": "order", "subject": patient, "authoredOn": since,
    })
}

fn measurement(one: &Measurement, patient: &Json) -> Json {
    let mut extensions: Vec<Json> = one.limits.iter().flat_map(limit).collect();
    extensions.extend(one.in_bad_periods.as_ref().map(|t| our("timing-in-bad-periods", "valueTiming", timing(t))));
    let minutes = |minutes| quantity(Decimal::new(i64::from(minutes), 0), "min");
    extensions.extend(one.rest_minutes.map(|rest| our("rest", "valueDuration", minutes(rest))));
    extensions.extend(one.measure_again.then(|| our("measure-again", "valueBoolean", json!(true))));
    let code = match one.kind {
        Kind::BloodPressure => "85354-9",
        kind => loinc(LIMITED.iter().find(|limited| limited.0 == kind).unwrap().1),
    };
    let mut order = order("ServiceRequest", &one.id, one.since, patient);
    order["extension"] = json!(extensions);
    order["category"] = json!([concept(&format!("{SYSTEM}task"), "measurement")]);
    order["code"] = concept(LOINC, code);
    order["patientInstruction"] = json!(one.instruction);
    when(&mut order, "occurrenceTiming", &one.when);
    order
}

fn when(holder: &mut Json, member: &str, when: &When) {
    match when {
        When::At(at) => holder[member] = timing(at),
        When::AsNeeded => holder["asNeededBoolean"] = json!(true),
    }
}

fn list(one: &List, patient: &Json) -> Json {
    let mut order = order("ServiceRequest", &one.id, one.since, patient);
    order["category"] = json!([concept(&format!("{SYSTEM}task"), "questions")]);
    order["code"] = json!({ "text": one.title });
    order["instantiatesCanonical"] = json!([one.questionnaire.to_string()]);
    when(&mut order, "occurrenceTiming", &one.when);
    order
}

fn medicine(one: &Medicine, patient: &Json) -> Json {
    let mut request = order("MedicationRequest", &one.id, one.since, patient);
    request["medicationCodeableConcept"] = json!({ "text": one.name });
    let mut dosage = json!({ "text": one.dose });
    when(&mut dosage, "timing", &one.when);
    request["dosageInstruction"] = json!([dosage]);
    request
}

fn appointment(one: &Appointment, patient: &Json) -> Json {
    let others = one.with.iter().map(|name| json!({ "actor": { "display": name }, "status": "accepted" }));
    let mut participants = vec![json!({ "actor": patient, "status": "accepted" })];
    participants.extend(others);
    let follow_up = one.review.then(|| concept("http://terminology.hl7.org/CodeSystem/v2-0276", "FOLLOWUP"));
    json!({
        "resourceType": "Appointment", "id": one.id, "status": "booked", "description": one.text,
        "start": instant(one.begins), "end": one.ends.map(instant), "comment": one.place,
        "appointmentType": follow_up, "participant": participants,
    })
}

fn zone(place: usize, zone: &Zone, patient: &Json) -> Json {
    let detail = |part: &str, description: &str| {
        json!({
            "status": "not-started", "code": concept(&format!("{SYSTEM}zone-part"), part),
            "description": (!description.is_empty()).then_some(description),
        })
    };
    let mut details: Vec<Json> = Vec::new();
    for (part, lines) in [("notice", &zone.notice), ("act", &zone.act), ("prescribed", &zone.prescribed)] {
        details.extend(lines.iter().map(|line| detail(part, line)));
    }
    for call in &zone.call {
        let mut line = detail("call", &call.when);
        line["performer"] = json!([{ "display": call.who }]);
        line["extension"] = json!(call.phone.as_ref().map(|phone| [our("phone", "valueString", json!(phone))]));
        details.push(line);
    }
    let severity = json!({ "coding": [{ "system": format!("{SYSTEM}zone"), "code": coded(zone.level) }] });
    json!({
        "resourceType": "CarePlan", "id": zone.id, "status": "active", "intent": "plan", "title": zone.name,
        "contained": [{ "resourceType": "Condition", "id": "c", "severity": severity, "subject": patient }],
        "extension": [our("order", "valuePositiveInt", json!(place + 1))],
        "partOf": [{ "reference": "CarePlan/plan" }], "subject": patient, "addresses": [{ "reference": "#c" }],
        "activity": details.into_iter().map(|detail| json!({ "detail": detail })).collect::<Vec<_>>(),
    })
}

fn practitioner(id: &str, contact: &Contact) -> Json {
    let mut role = json!({ "resourceType": "PractitionerRole", "id": id, "active": true });
    role["telecom"] = json!(contact.phone.as_ref().map(|phone| [json!({ "system": "phone", "value": phone })]));
    let Some(hours) = &contact.hours else { return role };
    let mut extensions = vec![our("closed-on-public-holidays", "valueBoolean", json!(hours.closed_on_public_holidays))];
    extensions.extend(hours.half_days_until.map(|time| our("half-days-until", "valueTime", json!(time))));
    let mut absences = Vec::new();
    for exception in &hours.exceptions {
        if exception.open.is_empty() {
            absences
                .push(json!({ "description": "borte", "during": { "start": exception.date, "end": exception.date } }));
        }
        for open in &exception.open {
            let parts = [
                extension("date", "valueDate", json!(exception.date)),
                extension("from", "valueTime", json!(open.opens)),
                extension("until", "valueTime", json!(open.closes)),
            ];
            extensions.push(our("open-on", "extension", json!(parts)));
        }
    }
    let window = |window: &Window| {
        let (opens, closes) = (window.open.opens, window.open.closes);
        json!({ "daysOfWeek": weekdays(&window.days), "availableStartTime": opens, "availableEndTime": closes })
    };
    role["extension"] = json!(extensions);
    role["availableTime"] = json!(hours.weekly.iter().map(window).collect::<Vec<_>>());
    role["notAvailable"] = json!(absences);
    role
}

fn team(contacts: &[Contact], patient: &Json) -> Json {
    let (mut contained, mut participants) = (Vec::new(), Vec::new());
    for (place, contact) in contacts.iter().enumerate() {
        let id = format!("role-{place}");
        let code = json!([{ "system": format!("{SYSTEM}contact"), "code": coded(contact.role) }]);
        contained.push(practitioner(&id, contact));
        participants.push(json!({
            "role": [{ "coding": code, "text": contact.role_text }],
            "member": { "reference": format!("#{id}"), "display": contact.name },
        }));
    }
    json!({
        "resourceType": "CareTeam", "id": "team", "status": "active", "subject": patient,
        "contained": contained, "participant": participants,
    })
}

/// The parent CarePlan of a plan, and its parts.
pub fn resources(plan: &Plan) -> (Box<RawValue>, Vec<Box<RawValue>>) {
    let patient = json!({ "reference": "Patient/123" });
    let mut parts: Vec<Json> = Vec::new();
    parts.extend(plan.measurements.iter().map(|one| measurement(one, &patient)));
    parts.extend(plan.lists.iter().map(|one| list(one, &patient)));
    parts.extend(plan.medicines.iter().map(|one| medicine(one, &patient)));
    parts.extend(plan.appointments.iter().map(|one| appointment(one, &patient)));
    let reference = |part: &Json| {
        let name = format!("{}/{}", part["resourceType"].as_str().unwrap(), part["id"].as_str().unwrap());
        json!({ "reference": name })
    };
    let activities: Vec<Json> = parts.iter().map(|part| json!({ "reference": reference(part) })).collect();
    let goals: Vec<Json> = plan
        .goals
        .iter()
        .enumerate()
        .map(|(n, goal)| {
            json!({
                "resourceType": "Goal", "id": format!("goal-{n}"), "lifecycleStatus": "active", "subject": patient,
                "description": { "text": goal.text }, "startDate": goal.since,
            })
        })
        .collect();
    let goal_references: Vec<Json> = goals.iter().map(reference).collect();
    parts.extend(goals);
    parts.extend(plan.zones.iter().enumerate().map(|(place, one)| zone(place, one, &patient)));
    parts.push(team(&plan.contacts, &patient));
    let parent = json!({
        "resourceType": "CarePlan", "id": "plan", "meta": { "versionId": "3", "lastUpdated": instant(plan.dated) },
        "language": plan.language, "extension": plan_extensions(plan), "status": status(plan.status), "intent": "plan",
        "title": plan.title, "subject": patient, "period": period(&plan.period), "goal": goal_references,
        "careTeam": [{ "reference": "CareTeam/team" }], "activity": activities,
    });
    (raw(&parent), parts.iter().map(raw).collect())
}

fn plan_extensions(plan: &Plan) -> Vec<Json> {
    let mut all: Vec<Json> = plan.pauses.iter().map(|days| our("pause", "valuePeriod", period(days))).collect();
    all.extend(plan.bad_periods.iter().map(|days| our("bad-period", "valuePeriod", period(days))));
    let mut calm = vec![extension("hide-numbers", "valueBoolean", json!(plan.calm.hide_numbers))];
    calm.extend(
        plan.calm.extra_measurements_a_day.map(|n| extension("extra-measurements-a-day", "valuePositiveInt", json!(n))),
    );
    all.push(our("calm", "extension", json!(calm)));
    all.push(our("reminders", "valueBoolean", json!(plan.reminders.on)));
    all.extend(plan.reminders.quiet.map(|quiet| {
        let ends = [("from", quiet.from), ("until", quiet.until)];
        our("quiet-hours", "extension", json!(ends.map(|(name, time)| extension(name, "valueTime", json!(time)))))
    }));
    all
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Active => "active",
        Status::OnHold => "on-hold",
        Status::Ended => "completed",
    }
}
