//! From a Timing to its rule: what R4 forbids and what is not supported is refused by the name of the field.

use chrono::{Duration, NaiveDate, NaiveTime, Timelike};
use thiserror::Error;

use super::{
    Abbreviation, Bounds, EventTiming, Length, Moment, Repeat, TimeUnit, Timing,
    local::is_near,
    rule::{Cadence, Every, Lasts, MOST_A_DAY, Rule, Windows, Within},
};
use crate::quantity::Decimal;

/// The greatest `count`.
const MOST: u32 = 10_000;

/// The most events of one Timing.
const MOST_EVENTS: usize = 1000;

/// The most items of a list of `repeat`: as many as there are hours, or codes of `when`.
const MOST_ITEMS: usize = 26;

/// The longest `period`, `duration` and bounds by length, in days: some ten years.
const LONGEST_DAYS: i64 = 3660;

/// The longest `offset`, in minutes: half a day.
const LONGEST_OFFSET: u32 = 720;

/// A Timing that is refused: which field, and why. For the service, in English.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("Timing.{field}: {why}")]
pub struct Refused {
    /// The field, as R4 names it, from the Timing on: `repeat.offset`.
    pub field: &'static str,
    /// What is wrong with it; the invariant of R4 in brackets where there is one.
    pub why: &'static str,
}

/// A refusal, for `?`.
fn refuse<T>(field: &'static str, why: &'static str) -> Result<T, Refused> {
    Err(Refused { field, why })
}

/// Refuses unless a condition holds.
fn demand(holds: bool, field: &'static str, why: &'static str) -> Result<(), Refused> {
    if holds { Ok(()) } else { refuse(field, why) }
}

impl Timing {
    /// Makes a rule of it.
    ///
    /// # Errors
    /// [`Refused`] names the first field that R4 forbids (its invariants tim-1 to tim-10), that contradicts another,
    /// or that is not supported.
    pub fn check(&self) -> Result<Rule, Refused> {
        distinct(&self.event, MOST_EVENTS, "event")?;
        demand(self.event.iter().all(|event| is_near(*event)), "event", FAR)?;
        if let Some(repeat) = &self.repeat {
            invariants(repeat)?;
        }
        let repeat = self.repeating()?;
        let cadence = match &repeat {
            _ if self.as_needed => Cadence::Never,
            Some(repeat) => {
                demand(self.event.len() <= 1, "event", "several, beside repeat or code: only one can be the start")?;
                cadence(repeat, self.event.first())?
            }
            None if self.event.is_empty() => return refuse("repeat", "absent, and so are event and code"),
            None => Cadence::Events(self.event.clone()),
        };
        let repeat = repeat.unwrap_or_default();
        let event = if matches!(cadence, Cadence::Events(_)) { None } else { self.event.first().copied() };
        Ok(Rule {
            event,
            within: within(repeat.bounds)?,
            count: repeat.count.and_then(|count| usize::try_from(count).ok()),
            lasts: lasts(&repeat)?,
            cadence,
        })
    }

    /// What repeats: `repeat`, or what `code` stands for within the bounds of `repeat`.
    ///
    /// By R4 the code says all but the bounds. A `repeat` that says more is taken where its period is that of the code.
    fn repeating(&self) -> Result<Option<Repeat>, Refused> {
        let Some(code) = self.code else { return Ok(self.repeat.clone()) };
        let meant = code.stands_for();
        let Some(said) = &self.repeat else { return Ok(Some(meant)) };
        if *said == (Repeat { bounds: said.bounds, ..Repeat::default() }) {
            return Ok(Some(Repeat { bounds: said.bounds, ..meant }));
        }
        let same = said.frequency.unwrap_or(1) == meant.frequency.unwrap_or(1)
            && said.period.zip(meant.period).is_some_and(|(a, b)| a.compare(b).is_eq())
            && said.period_unit == meant.period_unit
            && (meant.when.is_empty() || said.when == meant.when);
        demand(same, "code", "does not say the same as repeat")?;
        Ok(Some(said.clone()))
    }
}

impl Abbreviation {
    /// The structured form of the code (HL7 v3 code system GTSAbbreviation). "At institution specified times" are those
    /// of the patient's day.
    fn stands_for(self) -> Repeat {
        let every = |frequency, period, unit| Repeat {
            frequency: Some(frequency),
            period: Some(Decimal::new(period, 0)),
            period_unit: Some(unit),
            ..Repeat::default()
        };
        let daily = |when| Repeat { when: vec![when], ..every(1, 1, TimeUnit::Day) };
        match self {
            Self::Bid => every(2, 1, TimeUnit::Day),
            Self::Tid => every(3, 1, TimeUnit::Day),
            Self::Qid => every(4, 1, TimeUnit::Day),
            Self::Am => daily(EventTiming::Morning),
            Self::Pm => daily(EventTiming::Afternoon),
            Self::Qd => every(1, 1, TimeUnit::Day),
            Self::Qod => every(1, 2, TimeUnit::Day),
            Self::Q1h => every(1, 1, TimeUnit::Hour),
            Self::Q2h => every(1, 2, TimeUnit::Hour),
            Self::Q3h => every(1, 3, TimeUnit::Hour),
            Self::Q4h => every(1, 4, TimeUnit::Hour),
            Self::Q6h => every(1, 6, TimeUnit::Hour),
            Self::Q8h => every(1, 8, TimeUnit::Hour),
            Self::Bed => daily(EventTiming::BeforeSleep),
            Self::Wk => every(1, 1, TimeUnit::Week),
            Self::Mo => every(1, 1, TimeUnit::Month),
        }
    }
}

/// The invariants of R4 on `repeat`, and that no field holds what it cannot.
fn invariants(repeat: &Repeat) -> Result<(), Refused> {
    demand(repeat.duration.is_none() || repeat.duration_unit.is_some(), "repeat.durationUnit", "absent (tim-1)")?;
    demand(repeat.period.is_none() || repeat.period_unit.is_some(), "repeat.periodUnit", "absent (tim-2)")?;
    demand(!is_negative(repeat.duration), "repeat.duration", "negative (tim-4)")?;
    demand(!is_negative(repeat.period), "repeat.period", "negative (tim-5)")?;
    demand(repeat.period.is_some() || repeat.period_max.is_none(), "repeat.periodMax", "without period (tim-6)")?;
    let lasts = repeat.duration.is_some() || repeat.duration_max.is_none();
    demand(lasts, "repeat.durationMax", "without duration (tim-7)")?;
    demand(repeat.count.is_some() || repeat.count_max.is_none(), "repeat.countMax", "without count (tim-8)")?;
    if repeat.offset.is_some() {
        let meal = [EventTiming::Meal, EventTiming::Breakfast, EventTiming::Lunch, EventTiming::Dinner];
        let shifts = !repeat.when.is_empty() && !repeat.when.iter().any(|code| meal.contains(code));
        demand(shifts, "repeat.offset", "without when, or beside C, CM, CD or CV (tim-9)")?;
    }
    demand(repeat.time_of_day.is_empty() || repeat.when.is_empty(), "repeat.timeOfDay", "beside when (tim-10)")?;

    positive(repeat.count, repeat.count_max, "repeat.count", "repeat.countMax")?;
    demand(repeat.count.is_none_or(|count| count <= MOST), "repeat.count", "more than 10,000")?;
    positive(repeat.frequency, repeat.frequency_max, "repeat.frequency", "repeat.frequencyMax")?;
    rising(repeat.period, repeat.period_max, "repeat.periodMax")?;
    rising(repeat.duration, repeat.duration_max, "repeat.durationMax")?;
    distinct(&repeat.day_of_week, MOST_ITEMS, "repeat.dayOfWeek")?;
    distinct(&repeat.time_of_day, MOST_ITEMS, "repeat.timeOfDay")?;
    distinct(&repeat.when, MOST_ITEMS, "repeat.when")?;
    demand(repeat.time_of_day.iter().all(|time| time.nanosecond() == 0), "repeat.timeOfDay", "not a whole second")?;
    demand(repeat.offset.is_none_or(|offset| offset <= LONGEST_OFFSET), "repeat.offset", "more than 12 hours")?;
    within(repeat.bounds).map(drop)
}

/// Within which time it repeats.
fn within(bounds: Option<Bounds>) -> Result<Within, Refused> {
    Ok(match bounds {
        None => Within::Period { start: None, end: None },
        Some(Bounds::Period { start, end }) => {
            ordered(start, end)?;
            Within::Period { start, end }
        }
        Some(Bounds::Duration(length)) => Within::First(span(length, "repeat.boundsDuration")?),
        Some(Bounds::Range { low, high }) => {
            let length = low.or(high).ok_or(Refused { field: "repeat.boundsRange", why: "empty" })?;
            Within::First(span(length, "repeat.boundsRange")?)
        }
    })
}

/// Whether a number is below 0.
fn is_negative(number: Option<Decimal>) -> bool {
    number.is_some_and(|number| number.mantissa < 0)
}

/// Refuses 0, which no positiveInt is, and a range that falls.
fn positive(least: Option<u32>, most: Option<u32>, field: &'static str, max: &'static str) -> Result<(), Refused> {
    demand(least != Some(0), field, "0")?;
    demand(most.is_none_or(|most| most >= least.unwrap_or(1)), max, "less than the least")
}

/// Refuses a range that falls.
fn rising(least: Option<Decimal>, most: Option<Decimal>, max: &'static str) -> Result<(), Refused> {
    let falls = least.zip(most).is_some_and(|(least, most)| most.compare(least).is_lt());
    demand(!falls, max, "less than the least")
}

/// Refuses a list that is too long, or names something twice.
fn distinct<T: PartialEq>(items: &[T], most: usize, field: &'static str) -> Result<(), Refused> {
    demand(items.len() <= most, field, "too many")?;
    let twice = items.iter().enumerate().any(|(place, item)| items.iter().take(place).any(|earlier| earlier == item));
    demand(!twice, field, "the same twice")
}

/// Why a year is refused.
const FAR: &str = "not of the years 1900 to 2999";

/// The date as it was written, of a moment that is near.
fn date(moment: Moment) -> NaiveDate {
    match moment {
        Moment::Date(date) => date,
        Moment::Instant(at) => at.date_naive(),
    }
}

/// Refuses a period that ends before it starts, by the local dates as they were written.
fn ordered(start: Option<Moment>, end: Option<Moment>) -> Result<(), Refused> {
    demand([start, end].into_iter().flatten().all(is_near), "repeat.boundsPeriod", FAR)?;
    let falls = start.zip(end).is_some_and(|ends| match ends {
        (Moment::Instant(start), Moment::Instant(end)) => end < start,
        (start, end) => date(end) < date(start),
    });
    demand(!falls, "repeat.boundsPeriod", "ends before it starts")
}

/// How it repeats.
fn cadence(repeat: &Repeat, event: Option<&Moment>) -> Result<Cadence, Refused> {
    let times = repeat.time_of_day.len() + repeat.when.len();
    let daily = (Decimal::new(1, 0), TimeUnit::Day);
    let (period, unit) = match (repeat.period_max.or(repeat.period), repeat.period_unit) {
        (Some(period), Some(unit)) => (period, unit),
        (None, Some(_)) => return refuse("repeat.period", "absent beside periodUnit"),
        _ if repeat.frequency.is_some() || repeat.frequency_max.is_some() => {
            return refuse("repeat.period", "absent beside frequency");
        }
        _ if times == 0 && repeat.day_of_week.is_empty() => {
            return refuse("repeat.period", "absent, and so are dayOfWeek, timeOfDay and when");
        }
        _ => daily,
    };
    let frequency = repeat.frequency.unwrap_or(1);
    match unit {
        TimeUnit::Second | TimeUnit::Minute | TimeUnit::Hour => by_the_clock(repeat, period, unit, frequency),
        TimeUnit::Day | TimeUnit::Week | TimeUnit::Month | TimeUnit::Year => {
            let (every, most) = whole_days(repeat, period, unit)?;
            let windows = windows(repeat, every, frequency, event)?;
            match &windows {
                Windows::Spread(times) => demand(i64::from(*times) <= most, "repeat.frequency", TOO_OFTEN)?,
                Windows::Share(times) => {
                    demand(i64::from(*times) <= i64::from(MOST_A_DAY), "repeat.frequency", TOO_OFTEN)?;
                }
                Windows::Times(_) | Windows::When { .. } | Windows::Clock(_) => {}
            }
            Ok(Cadence::Days { every, on: repeat.day_of_week.clone(), windows })
        }
    }
}

/// Why something is refused that would ask more than [`MOST_A_DAY`].
const TOO_OFTEN: &str = "more than 24 times a day";

/// A period of hours, minutes or seconds.
fn by_the_clock(repeat: &Repeat, period: Decimal, unit: TimeUnit, frequency: u32) -> Result<Cadence, Refused> {
    demand(repeat.time_of_day.is_empty(), "repeat.timeOfDay", "beside a period of hours, minutes or seconds")?;
    demand(repeat.when.is_empty(), "repeat.when", "beside a period of hours, minutes or seconds")?;
    let seconds = elapsed(Length { value: period, unit }, "repeat.period")?.num_seconds();
    let times = i64::from(frequency);
    demand(seconds % times == 0, "repeat.frequency", "does not share the period into whole seconds")?;
    let interval = Duration::seconds(seconds / times);
    let (day, hour) = (Duration::days(1), Duration::hours(1));
    demand(interval * i32::try_from(MOST_A_DAY).unwrap_or(i32::MAX) >= day, "repeat.period", TOO_OFTEN)?;
    let on = repeat.day_of_week.clone();
    let (step, whole) = (interval.num_seconds(), day.num_seconds());
    if whole % step == 0 && interval >= hour * 2 {
        return Ok(Cadence::Days { every: Every::Days(1), on, windows: Windows::Clock(interval) });
    }
    if step % whole == 0 {
        let days = u32::try_from(step / whole).unwrap_or(u32::MAX);
        return Ok(Cadence::Days { every: Every::Days(days), on, windows: Windows::Clock(day) });
    }
    Ok(Cadence::Elapsed { interval, on })
}

/// A period of whole days, weeks, months or years, and the most times in it.
fn whole_days(repeat: &Repeat, period: Decimal, unit: TimeUnit) -> Result<(Every, i64), Refused> {
    let most = |days: u32| i64::from(days) * i64::from(MOST_A_DAY);
    let named = !repeat.day_of_week.is_empty();
    Ok(match lasting(Length { value: period, unit }, "repeat.period")? {
        // Seven days are a week; counted as days they might never meet the weekday.
        Lasts::Days(days) if named && days.is_multiple_of(7) => (Every::Weeks(days / 7), most(days)),
        Lasts::Days(days) => (Every::Days(days), most(days)),
        Lasts::Months(_) if named => return refuse("repeat.dayOfWeek", "beside a period of months or years"),
        // No month is shorter than 28 days.
        Lasts::Months(months) => (Every::Months(months), most(months.saturating_mul(28))),
        Lasts::Elapsed(_) => return refuse("repeat.period", "not whole days"),
    })
}

/// The windows of a period of whole days: the frequency must be that of the times and days that are named.
fn windows(repeat: &Repeat, every: Every, frequency: u32, event: Option<&Moment>) -> Result<Windows, Refused> {
    let size = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
    let (times, days) = (size(repeat.time_of_day.len() + repeat.when.len()), size(repeat.day_of_week.len()));
    let weekly = matches!(every, Every::Weeks(_));
    if times > 0 {
        let fits = [1, times].contains(&frequency) || (weekly && [days, days * times].contains(&frequency));
        demand(fits, "repeat.frequency", "is not the number of the times that timeOfDay or when name")?;
        if repeat.when.is_empty() {
            return Ok(Windows::Times(sorted(&repeat.time_of_day)));
        }
        let offset = repeat.offset.map(|minutes| Duration::minutes(i64::from(minutes)));
        return Ok(Windows::When { codes: repeat.when.clone(), offset });
    }
    // How often on each of the days that are named.
    let share = match every {
        Every::Weeks(_) if frequency == 1 => 1,
        Every::Weeks(_) if frequency.is_multiple_of(days.max(1)) => frequency / days.max(1),
        Every::Weeks(_) => return refuse("repeat.frequency", "is no multiple of the days that dayOfWeek names"),
        Every::Days(period) if days > 0 && period > 1 && frequency > 1 => {
            return refuse("repeat.dayOfWeek", "beside several times in several days");
        }
        Every::Days(_) | Every::Months(_) => frequency,
    };
    let times = i32::try_from(share).unwrap_or(i32::MAX);
    if matches!(event, Some(Moment::Instant(_))) {
        demand(times == 1, "event", "gives one time of day, but frequency asks for several")?;
        return Ok(Windows::Clock(Duration::days(1)));
    }
    Ok(if days > 0 { Windows::Share(times) } else { Windows::Spread(times) })
}

/// Ascending.
fn sorted(times: &[NaiveTime]) -> Vec<NaiveTime> {
    let mut times = times.to_vec();
    times.sort_unstable();
    times
}

/// How long an occurrence is open, where the Timing says so: the longer of `duration` and `durationMax`.
fn lasts(repeat: &Repeat) -> Result<Option<Lasts>, Refused> {
    let Some((value, unit)) = repeat.duration_max.or(repeat.duration).zip(repeat.duration_unit) else {
        return Ok(None);
    };
    span(Length { value, unit }, "repeat.duration").map(Some)
}

/// A length of time as it is added: days and more by the calendar, less as elapsed.
fn span(length: Length, field: &'static str) -> Result<Lasts, Refused> {
    match length.unit {
        TimeUnit::Second | TimeUnit::Minute | TimeUnit::Hour => elapsed(length, field).map(Lasts::Elapsed),
        TimeUnit::Day | TimeUnit::Week | TimeUnit::Month | TimeUnit::Year => lasting(length, field),
    }
}

/// An elapsed time of whole seconds.
fn elapsed(length: Length, field: &'static str) -> Result<Duration, Refused> {
    let unit = match length.unit {
        TimeUnit::Hour => 3600,
        TimeUnit::Minute => 60,
        _ => 1,
    };
    let seconds = times(length.value, unit).ok_or(Refused { field, why: "not whole seconds" })?;
    demand(seconds > 0, field, "0 or less")?;
    let longest = LONGEST_DAYS.saturating_mul(86_400);
    Duration::try_seconds(seconds).filter(|_| seconds <= longest).ok_or(Refused { field, why: TOO_LONG })
}

/// Why a length is refused that is longer than [`LONGEST_DAYS`].
const TOO_LONG: &str = "more than ten years";

/// A length of whole days, weeks, months or years.
fn lasting(length: Length, field: &'static str) -> Result<Lasts, Refused> {
    let whole = times(length.value, 1).ok_or(Refused { field, why: "not a whole number" })?;
    demand(whole > 0, field, "0 or less")?;
    let (factor, days) = match length.unit {
        TimeUnit::Week => (7, 1),
        TimeUnit::Month => (1, 30),
        TimeUnit::Year => (12, 30),
        _ => (1, 1),
    };
    let total = whole.saturating_mul(factor);
    demand(total.saturating_mul(days) <= LONGEST_DAYS, field, TOO_LONG)?;
    let total = u32::try_from(total).map_err(|_| Refused { field, why: TOO_LONG })?;
    Ok(if days == 1 { Lasts::Days(total) } else { Lasts::Months(total) })
}

/// A decimal times a factor; `None` where that is no whole number, or too large.
fn times(value: Decimal, factor: i64) -> Option<i64> {
    let product = i128::from(value.mantissa) * i128::from(factor);
    let power = 10i128.checked_pow(u32::from(value.exponent.unsigned_abs()));
    let whole = match power {
        _ if product == 0 => 0,
        Some(power) if value.exponent >= 0 => product.checked_mul(power)?,
        Some(power) => (product % power == 0).then_some(product / power)?,
        None => return None,
    };
    i64::try_from(whole).ok()
}
