//! Random timings of which nearly all are allowed, with every field of R4.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

use chrono::{DateTime, Duration, FixedOffset, NaiveDate, NaiveTime, Offset, TimeZone, Weekday};
use dagsform_care::{
    Decimal, Timing,
    time::ZONE,
    timing::{Abbreviation, Bounds, Day, EventTiming, Length, Moment, Repeat, Schedule, TimeUnit},
};

/// SplitMix64: the same cases from the same seed.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    /// From the least to the greatest, both included.
    pub(crate) fn between(&mut self, least: i64, greatest: i64) -> i64 {
        least + i64::try_from(self.next() % u64::try_from(greatest - least + 1).unwrap()).unwrap()
    }
    fn chance(&mut self, percent: i64) -> bool {
        self.between(1, 100) <= percent
    }
    fn small(&mut self, least: u32, greatest: u32) -> u32 {
        u32::try_from(self.between(least.into(), greatest.into())).unwrap()
    }
    fn one_of<T: Clone>(&mut self, items: &[T]) -> T {
        items[usize::try_from(self.next()).unwrap() % items.len()].clone()
    }
    /// Some of the items, in any order, one at least.
    fn some_of<T: Clone + PartialEq>(&mut self, items: &[T], most: i64) -> Vec<T> {
        let mut some: Vec<T> = Vec::new();
        for _ in 0..self.between(1, most) {
            let item = self.one_of(items);
            if !some.contains(&item) {
                some.push(item);
            }
        }
        some
    }
}

fn whole(number: i64) -> Decimal {
    Decimal::new(number, 0)
}

/// So many minutes after the midnight of a local date.
pub(crate) fn instant(date: NaiveDate, minute: i64) -> DateTime<FixedOffset> {
    let local = date.and_time(NaiveTime::MIN) + Duration::minutes(minute);
    let at = ZONE.from_local_datetime(&local).earliest().unwrap_or_else(|| ZONE.from_utc_datetime(&local));
    at.with_timezone(&at.offset().fix())
}

fn moment(random: &mut Random, date: NaiveDate) -> Moment {
    if random.chance(50) { Moment::Date(date) } else { Moment::Instant(instant(date, random.between(0, 1439))) }
}

fn length(random: &mut Random) -> Length {
    let (unit, least, greatest) = random.one_of(&[
        (TimeUnit::Second, 1, 9_000_000),
        (TimeUnit::Minute, 1, 90_000),
        (TimeUnit::Hour, 1, 2000),
        (TimeUnit::Day, 1, 200),
        (TimeUnit::Week, 1, 30),
        (TimeUnit::Month, 1, 9),
        (TimeUnit::Year, 1, 2),
    ]);
    Length { value: whole(random.between(least, greatest)), unit }
}

fn bounds(random: &mut Random, since: NaiveDate) -> Bounds {
    match random.between(0, 2) {
        0 => {
            let first = since + Duration::days(random.between(-40, 40));
            let start = random.chance(75).then(|| moment(random, first));
            let last = first + Duration::days(random.between(1, 120));
            let end = (start.is_none() || random.chance(70)).then(|| moment(random, last));
            Bounds::Period { start, end }
        }
        1 => Bounds::Duration(length(random)),
        _ => {
            let (low, high) = (length(random), length(random));
            match random.between(0, 2) {
                0 => Bounds::Range { low: None, high: Some(high) },
                1 => Bounds::Range { low: Some(low), high: None },
                _ => Bounds::Range { low: Some(low), high: Some(high) },
            }
        }
    }
}

/// What may stand beside any period: bounds, counts, durations.
fn frame(random: &mut Random, since: NaiveDate) -> Repeat {
    let mut repeat = Repeat::default();
    if random.chance(65) {
        repeat.bounds = Some(bounds(random, since));
    }
    if random.chance(35) {
        let count = random.small(1, 40);
        repeat.count = Some(count);
        repeat.count_max = random.chance(50).then(|| count + random.small(0, 9));
    }
    if random.chance(45) {
        let (unit, most) = random.one_of(&[
            (TimeUnit::Second, 20_000),
            (TimeUnit::Minute, 400),
            (TimeUnit::Hour, 30),
            (TimeUnit::Day, 3),
            (TimeUnit::Week, 2),
            (TimeUnit::Month, 2),
            (TimeUnit::Year, 1),
        ]);
        let lasts = random.between(1, most);
        repeat.duration = Some(whole(lasts));
        repeat.duration_max = random.chance(50).then(|| whole(lasts + random.between(0, most)));
        repeat.duration_unit = Some(unit);
    }
    repeat
}

/// A period of hours, minutes or seconds.
fn by_the_clock(random: &mut Random, repeat: &mut Repeat) {
    let times = random.one_of(&[1, 1, 2, 3]);
    let (value, unit) = match random.between(0, 4) {
        0..=1 => (whole(random.one_of(&[1, 2, 3, 4, 6, 8, 12, 24, 48, 5, 7, 36]) * times), TimeUnit::Hour),
        // Halves of hours.
        2 => (Decimal::new(random.between(2, 60) * 5 * times, -1), TimeUnit::Hour),
        3 => (whole(random.between(60, 3000) * times), TimeUnit::Minute),
        _ => (whole(random.between(3600, 200_000) * times), TimeUnit::Second),
    };
    repeat.frequency = Some(u32::try_from(times).unwrap());
    repeat.period = Some(value);
    repeat.period_unit = Some(unit);
    if random.chance(15) {
        repeat.day_of_week = random.some_of(&WEEKDAYS, 4);
    }
}

const WEEKDAYS: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

use EventTiming as E;
const CODES: [EventTiming; 26] = [
    E::Morning,
    E::EarlyMorning,
    E::LateMorning,
    E::Noon,
    E::Afternoon,
    E::EarlyAfternoon,
    E::LateAfternoon,
    E::Evening,
    E::EarlyEvening,
    E::LateEvening,
    E::Night,
    E::AfterSleep,
    E::BeforeSleep,
    E::Wake,
    E::BeforeMeal,
    E::BeforeBreakfast,
    E::BeforeLunch,
    E::BeforeDinner,
    E::AfterMeal,
    E::AfterBreakfast,
    E::AfterLunch,
    E::AfterDinner,
    // These four take no offset.
    E::Meal,
    E::Breakfast,
    E::Lunch,
    E::Dinner,
];

/// A period of days, weeks, months or years.
fn by_the_calendar(random: &mut Random, repeat: &mut Repeat) {
    use TimeUnit::{Day as D, Month as M, Week as W, Year as Y};
    let unit = random.one_of(&[D, D, D, D, W, W, M, M, Y]);
    let period = random.one_of(match unit {
        D => &[1, 1, 1, 2, 3, 5, 7, 10],
        W => &[1, 1, 2, 3],
        M => &[1, 1, 2, 3, 4, 6],
        _ => &[1, 2],
    });
    match random.between(0, 99) {
        0..30 => {
            let second = |at: i64| NaiveTime::MIN + Duration::seconds(at);
            let times: Vec<NaiveTime> = (0..random.between(1, 4)).map(|_| second(random.between(0, 86_399))).collect();
            repeat.time_of_day = times;
            if random.chance(30) {
                // The hour that clock changes skip or repeat.
                repeat.time_of_day.push(second(7200 + random.between(0, 59) * 60));
            }
        }
        30..75 => {
            let offset = random.chance(55);
            repeat.when = random.some_of(if offset { &CODES[..22] } else { &CODES }, 3);
            repeat.offset = offset.then(|| random.small(0, 180));
        }
        _ => {}
    }
    if matches!(unit, D | W) && random.chance(35) {
        repeat.day_of_week = random.some_of(&WEEKDAYS, 4);
    }
    let times = u32::try_from(repeat.time_of_day.len() + repeat.when.len()).unwrap();
    let days = u32::try_from(repeat.day_of_week.len()).unwrap();
    let frequency = match (times, days) {
        (0, 0) => random.small(1, 5),
        (0, days) if unit == W => days * random.small(1, 3),
        (0, _) if period > 1 => 1,
        (0, _) => random.small(1, 4),
        (times, _) => random.one_of(&[1, times]),
    };
    if (times > 0 || days > 0) && unit == D && period == 1 && frequency == 1 && random.chance(30) {
        // R4 takes every day for granted beside days or times.
        return;
    }
    repeat.frequency = (frequency > 1 || random.chance(80)).then_some(frequency);
    repeat.period = Some(whole(period));
    repeat.period_unit = Some(unit);
}

/// A timing around a date.
fn timing(random: &mut Random, since: NaiveDate) -> Timing {
    use Abbreviation as A;
    let mut timing = Timing { as_needed: random.chance(12), ..Timing::default() };
    if random.chance(8) {
        for _ in 0..random.between(1, 5) {
            let date = since + Duration::days(random.between(-20, 60));
            timing.event.push(moment(random, date));
        }
        return timing;
    }
    if random.chance(15) {
        let date = since + Duration::days(random.between(-20, 20));
        timing.event.push(moment(random, date));
    }
    if random.chance(14) {
        timing.event.retain(|event| matches!(event, Moment::Date(_)));
        timing.code = Some(random.one_of(&[
            A::Bid,
            A::Tid,
            A::Qid,
            A::Am,
            A::Pm,
            A::Qd,
            A::Qod,
            A::Q1h,
            A::Q2h,
            A::Q3h,
            A::Q4h,
            A::Q6h,
            A::Q8h,
            A::Bed,
            A::Wk,
            A::Mo,
        ]));
        let bounds = random.chance(60).then(|| bounds(random, since));
        timing.repeat = bounds.map(|bounds| Repeat { bounds: Some(bounds), ..Repeat::default() });
        return timing;
    }
    let mut repeat = frame(random, since);
    if random.chance(22) {
        by_the_clock(random, &mut repeat);
    } else {
        by_the_calendar(random, &mut repeat);
    }
    if let Some(frequency) = repeat.frequency {
        repeat.frequency_max = random.chance(30).then(|| frequency + random.small(0, 3));
    }
    if let Some(period) = repeat.period {
        let most = period.mantissa + random.between(0, 3) * i64::from(repeat.frequency.unwrap_or(1));
        repeat.period_max = random.chance(25).then(|| Decimal::new(most, period.exponent));
    }
    timing.repeat = Some(repeat);
    timing
}

/// A timing, as a schedule, with what it is asked for.
pub(crate) struct Case {
    pub(crate) timing: Timing,
    pub(crate) schedule: Schedule,
    pub(crate) from: DateTime<FixedOffset>,
    pub(crate) until: DateTime<FixedOffset>,
}

/// A random timing with what it is asked for; `None` where the timing is refused.
pub(crate) fn case(random: &mut Random) -> Option<Case> {
    let since = NaiveDate::from_ymd_opt(2023, 1, 1).unwrap() + Duration::days(random.between(0, 2200));
    let time = |hour, minute| NaiveTime::from_hms_opt(hour, minute, 0).unwrap();
    let late =
        Day { wakes: time(6, 35), dinner: time(17, 30), evening: time(19, 0), sleeps: time(0, 30), ..Day::default() };
    let day = random.one_of(&[Day::default(), late]);
    let timing = timing(random, since);
    let rule = timing.check().ok()?;
    let first = since + Duration::days(random.between(-10, 50));
    let days = if random.chance(3) { 366 } else { random.between(1, 50) };
    Some(Case {
        timing,
        schedule: Schedule { agreement: "a".into(), since, day, rule },
        from: instant(first, random.between(0, 1439)),
        until: instant(first + Duration::days(days), random.between(0, 1439)),
    })
}
