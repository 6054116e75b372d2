//! Who measures what, and when.
//!
//! The shares and numbers are those of the first 365 days of 230 patients in Norwegian digital home follow-up (final
//! evaluation, 2018-2021). Pulse is not asked for alone: it comes with the oxygen saturation and with the blood
//! pressure.

use std::time::Duration;

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use dagsform_care::{
    ByHand, DeviceId, Identity, Kind, Measured, Metric, PatientId, Performer, Quantity,
    item::{Answers, Item},
    questionnaire::{Answer, Answered, Canonical, Given, Response},
    shown::shown_unit,
    time::ZONE,
};
use dagsform_sensors::{
    RawFrame,
    radio::simulated::{blood_pressure, glucose, spot_check, temperature, weight},
};
use rand::{Rng, rngs::StdRng};
use uuid::Uuid;

/// What is measured, by which share of the patients in thousandths, on how many days of their year, and how often on
/// such a day in tenths.
const TABLE: [(Kind, u32, u32, u32); 6] = [
    (Kind::PulseOximetry, 622, 196, 12),
    (Kind::BloodPressure, 439, 146, 14),
    (Kind::BodyWeight, 374, 105, 11),
    (Kind::BloodGlucose, 226, 201, 18),
    (Kind::BodyTemperature, 113, 130, 12),
    (Kind::Spirometry, 39, 246, 14),
];
/// So many questions a week, on average by municipality.
const QUESTIONS: std::ops::RangeInclusive<u32> = 3..=39;
/// So many of ten measure first between seven and nine in the morning.
const EARLY: u32 = 8;
const HOUR: u64 = 3600;

/// Something that a person does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Measures.
    Measure(Kind),
    /// Answers a list of so many questions.
    Answer(u32),
}

/// The day of one person: what is done, and when after midnight, in order.
#[must_use]
pub fn day(random: &mut StdRng) -> Vec<(Duration, Act)> {
    let mut acts = Vec::new();
    for (kind, share, days, tenths) in TABLE {
        if random.random_range(0..1000) >= share || random.random_range(0..365) >= days {
            continue;
        }
        let times = tenths / 10 + u32::from(random.random_range(0..10) < tenths % 10);
        acts.extend((0..times).map(|time| (moment(time, random), Act::Measure(kind))));
    }
    let a_week = random.random_range(QUESTIONS);
    // The same list each time, on as many days of the week as there are questions for.
    let a_list = a_week.div_ceil(7);
    if random.random_range(0..7) * a_list < a_week {
        acts.push((moment(0, random), Act::Answer(a_list)));
    }
    acts.sort_by_key(|(at, _)| *at);
    acts
}

/// When something is done for the first or another time of a day.
fn moment(time: u32, random: &mut StdRng) -> Duration {
    let hours = match time {
        0 if random.random_range(0..10) < EARLY => 7..9,
        0 => 9..12,
        1 => 12..17,
        _ => 17..22,
    };
    Duration::from_millis(random.random_range(hours.start * HOUR * 1000..hours.end * HOUR * 1000))
}

/// What a sensor sends of its memory: a measurement that was taken on this day.
///
/// # Errors
/// Nothing sends this kind.
pub fn frame(kind: Kind, day: NaiveDate, at: Duration, random: &mut StdRng) -> anyhow::Result<Option<RawFrame>> {
    let Some(device) = sensor(kind)? else { return Ok(None) };
    let time = day.and_time(NaiveTime::MIN) + TimeDelta::from_std(at)?;
    let (characteristic, bytes) = match kind {
        Kind::PulseOximetry => (0x2A5E, spot_check(random.random_range(90..=98), random.random_range(60..=90), time)),
        Kind::BloodPressure => {
            let (systolic, diastolic) = (random.random_range(118..=150), random.random_range(68..=92));
            (0x2A35, blood_pressure(systolic, diastolic, random.random_range(60..=90), time))
        }
        Kind::BodyWeight => (0x2A9D, weight(random.random_range(8300..=8500), None, time)),
        Kind::BloodGlucose => (0x2A18, glucose(random.random(), random.random_range(45..=120), false, time)),
        Kind::BodyTemperature | Kind::Spirometry => (0x2A1C, temperature(random.random_range(362..=379))),
    };
    let received = chrono::Utc::now().with_timezone(&ZONE).fixed_offset();
    // A thermometer has no memory, and tells no time.
    let from_storage = kind != Kind::BodyTemperature;
    Ok(Some(RawFrame {
        device,
        format: characteristic.into(),
        bytes,
        context: None,
        received,
        from_storage,
        ordinal: 0,
    }))
}

/// The kinds that sensors send.
pub const SENT: [Kind; 5] =
    [Kind::PulseOximetry, Kind::BloodPressure, Kind::BodyWeight, Kind::BloodGlucose, Kind::BodyTemperature];

/// The sensor of a kind: an address that no real device has. `None`: it is entered by hand.
///
/// # Errors
/// None: the addresses are well formed.
pub fn sensor(kind: Kind) -> anyhow::Result<Option<DeviceId>> {
    let place = SENT.iter().position(|sent| *sent == kind);
    Ok(place.map(|place| DeviceId::parse(&format!("02:00:00:00:01:{place:02}"))).transpose()?)
}

/// A peak flow that is entered by hand.
///
/// # Errors
/// None: the number is well formed.
pub fn peak_flow(random: &mut StdRng) -> anyhow::Result<ByHand> {
    let metric = Metric::PeakExpiratoryFlow;
    let value = random.random_range(180..=420).to_string().parse().map(dagsform_care::Value::Number)?;
    let values = vec![Measured { metric, quantity: Quantity { value, unit: shown_unit(metric) } }];
    Ok(ByHand { kind: Kind::Spirometry, values, meal: None, performer: Performer::Patient })
}

/// An answered list of so many questions.
#[must_use]
pub fn answers(patient: PatientId, questions: u32, random: &mut StdRng) -> Item {
    let canonical =
        Canonical { url: "https://county.example/Questionnaire/daily".to_owned(), version: Some("1".into()) };
    let answered = |question| Answered {
        link_id: format!("{question}").as_str().into(),
        given: Some(Given::Answers(vec![Answer::Integer(random.random_range(0..=10))])),
        items: Vec::new(),
    };
    Item::Answers(Answers {
        identity: Identity::by_hand(Uuid::now_v7()),
        patient,
        response: Response {
            questionnaire: canonical,
            authored: chrono::Utc::now().with_timezone(&ZONE).fixed_offset(),
            items: (1..=questions).map(answered).collect(),
            scores: Vec::new(),
        },
        by: Performer::Patient,
        occurrence: None,
        plan: None,
        taken_back: None,
    })
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;

    use super::*;

    #[test]
    fn a_county_of_days_keeps_the_table() {
        let mut random = StdRng::seed_from_u64(1);
        let people = 20_000;
        let all: Vec<_> = (0..people).flat_map(|_| day(&mut random)).collect();
        for (kind, share, days, tenths) in TABLE {
            let found = all.iter().filter(|(_, act)| *act == Act::Measure(kind)).count();
            let wanted = f64::from(people) * f64::from(share * days * tenths) / (1000.0 * 365.0 * 10.0);
            let found = f64::from(u32::try_from(found).unwrap());
            assert!((found - wanted).abs() < wanted * 0.1, "{kind:?}: {found}, by the table {wanted}");
        }
        let asked: u32 = all.iter().map(|(_, act)| if let Act::Answer(questions) = act { *questions } else { 0 }).sum();
        let a_week = f64::from(asked) * 7.0 / f64::from(people);
        assert!((a_week - 21.0).abs() < 3.0, "{a_week} questions a week, by the table 3 to 39");
    }
}
