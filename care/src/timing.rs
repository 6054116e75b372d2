//! When something is agreed: FHIR R4 Timing as plain data, and what follows from it.
//!
//! [`Timing`] is what the service sent. [`Timing::check`] refuses, by the name of the field, what R4 forbids and what
//! is not supported, and makes a [`Rule`] of the rest; a [`Schedule`] lists the occurrences of a rule between two
//! instants; [`standing`](standing()) says how one stands and [`next_reminder`] when to remind of it.
//!
//! **Ranges.** Of every range (`frequencyMax`, `periodMax`, `countMax`, `boundsRange`) the least is agreed, for
//! more is always possible. Only `durationMax` is taken at its most: it keeps a window open for longer.
//!
//! **Windows.** An occurrence is open from its begin until its end, the end excluded. Its length is the `duration`
//! where there is one. Else
//! - a code of `when` is open for its part of the patient's day ([`Day`]); two that begin together are one;
//! - a time of day, or an instant, is open for [`OPEN_FOR`], or until the next time if that comes sooner;
//! - where there are no times, the waking day is shared equally: twice a day is one window until the middle of it and
//!   one from there on. Several times in a longer period are spread equally over its days, the first on its first day.
//!
//! **Begin.** The days are counted from `event` where there is one beside `repeat`, else from the start of
//! `boundsPeriod`, else from the day of the agreement. An occurrence belongs to the bounds that it begins in; its end
//! is cut to them.
//!
//! **Weekdays.** A `frequency` of 1 in weeks beside `dayOfWeek` is once on each of the days. Beside it, seven days are
//! a week; weeks begin on Monday.
//!
//! **Calendar.** Days, weeks, months and years are those of the wall clock. A month without the day takes its last. A
//! local time that a clock change skips is that much later, one that comes twice is the first of the two. Hours that
//! share a day equally, two at least (every 8 hours), keep to the wall clock, so that they do not move with the summer;
//! others are counted as elapsed time. Both start when the patient wakes, or at the instant that they are counted from.

mod check;
mod day;
mod local;
mod occurrence;
mod pause;
mod reminder;
mod rule;
mod standing;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, Weekday};
use serde::{Deserialize, Serialize};

use crate::quantity::Decimal;
pub use check::Refused;
pub use day::Day;
pub use occurrence::{Occurrence, OccurrenceId, Place, Schedule};
pub use pause::Pause;
pub use reminder::{PutOff, QuietHours, REMIND_AFTER, Reminder, next_reminder};
pub use rule::{MOST_A_DAY, OPEN_FOR, Rule};
pub use standing::{Clock, Standing, assign, standing};

/// When something is to happen (FHIR R4 4.0.1, data types, Timing), with the `asNeeded` of the resource that holds it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// `event`: single times. Beside `repeat`, one at most: where the repetition starts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub event: Vec<Moment>,
    /// `repeat`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<Repeat>,
    /// `code`. By R4 it says all that `repeat` would, but for the bounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Abbreviation>,
    /// `asNeededBoolean` of the ServiceRequest or Dosage: always available and never due.
    #[serde(default)]
    pub as_needed: bool,
}

/// `Timing.repeat`, its fields as R4 names them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Repeat {
    /// `bounds[x]`: within which time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bounds: Option<Bounds>,
    /// `count`: how many times in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// `countMax`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count_max: Option<u32>,
    /// `duration`, in `duration_unit`: how long it lasts; here, how long it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<Decimal>,
    /// `durationMax`, in `duration_unit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_max: Option<Decimal>,
    /// `durationUnit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_unit: Option<TimeUnit>,
    /// `frequency`: times a period; 1 where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency: Option<u32>,
    /// `frequencyMax`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency_max: Option<u32>,
    /// `period`, in `period_unit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<Decimal>,
    /// `periodMax`, in `period_unit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period_max: Option<Decimal>,
    /// `periodUnit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period_unit: Option<TimeUnit>,
    /// `dayOfWeek`: only on these days.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub day_of_week: Vec<Weekday>,
    /// `timeOfDay`: by the clock on the wall.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub time_of_day: Vec<NaiveTime>,
    /// `when`: by the patient's day.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<EventTiming>,
    /// `offset`: minutes before or after `when`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u32>,
}

/// A FHIR `dateTime` that names at least a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    /// A local date.
    Date(NaiveDate),
    /// An instant.
    Instant(DateTime<FixedOffset>),
}

/// `Timing.repeat.bounds[x]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bounds {
    /// `boundsPeriod`; both ends belong to it.
    Period {
        /// `start`.
        start: Option<Moment>,
        /// `end`; a date is meant to its last second.
        end: Option<Moment>,
    },
    /// `boundsDuration`: so long from the start.
    Duration(Length),
    /// `boundsRange`: so long from the start, `low` where it is given.
    Range {
        /// `low`.
        low: Option<Length>,
        /// `high`.
        high: Option<Length>,
    },
}

/// A length of time with its unit (FHIR Duration).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Length {
    /// How many.
    pub value: Decimal,
    /// Of what.
    pub unit: TimeUnit,
}

/// A unit of time (FHIR R4 value set units-of-time, of UCUM).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TimeUnit {
    /// s
    #[serde(rename = "s")]
    Second,
    /// min
    #[serde(rename = "min")]
    Minute,
    /// h
    #[serde(rename = "h")]
    Hour,
    /// d
    #[serde(rename = "d")]
    Day,
    /// wk
    #[serde(rename = "wk")]
    Week,
    /// mo
    #[serde(rename = "mo")]
    Month,
    /// a
    #[serde(rename = "a")]
    Year,
}

/// A part or an event of the patient's day (FHIR R4 value set event-timing).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EventTiming {
    /// Morning.
    #[serde(rename = "MORN")]
    Morning,
    /// Early morning.
    #[serde(rename = "MORN.early")]
    EarlyMorning,
    /// Late morning.
    #[serde(rename = "MORN.late")]
    LateMorning,
    /// Noon.
    #[serde(rename = "NOON")]
    Noon,
    /// Afternoon.
    #[serde(rename = "AFT")]
    Afternoon,
    /// Early afternoon.
    #[serde(rename = "AFT.early")]
    EarlyAfternoon,
    /// Late afternoon.
    #[serde(rename = "AFT.late")]
    LateAfternoon,
    /// Evening.
    #[serde(rename = "EVE")]
    Evening,
    /// Early evening.
    #[serde(rename = "EVE.early")]
    EarlyEvening,
    /// Late evening.
    #[serde(rename = "EVE.late")]
    LateEvening,
    /// Night.
    #[serde(rename = "NIGHT")]
    Night,
    /// After having gone to sleep.
    #[serde(rename = "PHS")]
    AfterSleep,
    /// Before going to sleep.
    #[serde(rename = "HS")]
    BeforeSleep,
    /// After waking.
    #[serde(rename = "WAKE")]
    Wake,
    /// At each meal.
    #[serde(rename = "C")]
    Meal,
    /// At breakfast.
    #[serde(rename = "CM")]
    Breakfast,
    /// At lunch.
    #[serde(rename = "CD")]
    Lunch,
    /// At dinner.
    #[serde(rename = "CV")]
    Dinner,
    /// Before each meal.
    #[serde(rename = "AC")]
    BeforeMeal,
    /// Before breakfast.
    #[serde(rename = "ACM")]
    BeforeBreakfast,
    /// Before lunch.
    #[serde(rename = "ACD")]
    BeforeLunch,
    /// Before dinner.
    #[serde(rename = "ACV")]
    BeforeDinner,
    /// After each meal.
    #[serde(rename = "PC")]
    AfterMeal,
    /// After breakfast.
    #[serde(rename = "PCM")]
    AfterBreakfast,
    /// After lunch.
    #[serde(rename = "PCD")]
    AfterLunch,
    /// After dinner.
    #[serde(rename = "PCV")]
    AfterDinner,
}

/// A customary abbreviation (FHIR R4 value set timing-abbreviation).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Abbreviation {
    /// Twice a day.
    Bid,
    /// Three times a day.
    Tid,
    /// Four times a day.
    Qid,
    /// Every morning.
    Am,
    /// Every afternoon.
    Pm,
    /// Every day.
    Qd,
    /// Every other day.
    Qod,
    /// Every hour.
    Q1h,
    /// Every 2 hours.
    Q2h,
    /// Every 3 hours.
    Q3h,
    /// Every 4 hours.
    Q4h,
    /// Every 6 hours.
    Q6h,
    /// Every 8 hours.
    Q8h,
    /// At bedtime.
    Bed,
    /// Every week.
    Wk,
    /// Every month.
    Mo,
}
