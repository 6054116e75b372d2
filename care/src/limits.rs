//! The patient's own limits (brief R3), and what a reading is by them.
//!
//! A number that lies exactly at a bound is still in the better zone: the `low` and `high` of a FHIR R4
//! reference range are inclusive (Observation.referenceRange). In the same way a change must be *more* than what
//! was agreed.
//!
//! A judgement names the version of the plan that it was made by, and is kept with the reading. Nothing here
//! judges a reading anew because the limits have changed.

mod check;
mod judge;

use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};

use crate::{
    metric::Metric,
    person::Meal,
    quantity::{Decimal, Unit},
    reading::Measured,
    zones::Level,
};

pub use check::{Fault, LONGEST_WINDOW};
pub use judge::judge;

/// The limits of one version of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Limits {
    /// The version of the plan, as the service names it.
    pub version: String,
    /// From when on they are in force on this tablet.
    pub from: DateTime<FixedOffset>,
    /// Until when, that instant not included. `None`: until a later version is in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<FixedOffset>>,
    /// The limits; there may be none.
    pub limits: Vec<Limit>,
}

impl Limits {
    /// How many days back a reading with these values is compared with others of its kind, half a day not counted;
    /// `None`: by no limit.
    pub fn days_back(&self, values: &[Measured]) -> Option<u32> {
        let concerns = |limit: &&Limit| {
            let subject = judged_as(limit.metric);
            subject.is_some() && values.iter().any(|measured| judged_as(measured.metric) == subject)
        };
        self.limits.iter().filter(concerns).filter_map(|limit| limit.change).map(|change| change.within_days).max()
    }
}

/// The limits of one number.
///
/// Where several fit a number, each is applied and the worst decides; but a limit for the reading's own meal
/// takes the place of those for any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Limit {
    /// The service's own name for it in its system; no two limits of a version share it.
    pub id: String,
    /// What it is about, whichever device measures it: see [`judged_as`].
    pub metric: Metric,
    /// Only for readings that stand so to a meal. `None`: for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meal: Option<Meal>,
    /// The unit of its numbers: the one that is shown ([`crate::shown::shown_unit`]), so that nobody's limit
    /// is ever rounded.
    pub unit: Unit,
    /// What the number itself may be.
    #[serde(default)]
    pub bounds: Bounds,
    /// How much it may change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
}

/// The bounds of a number; each may be missing.
///
/// Without a yellow bound on a side, all up to the red one is green; without a red one, all beyond the yellow one
/// is yellow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Bounds {
    /// Below this it is red.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub red_low: Option<Decimal>,
    /// Below this it is yellow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yellow_low: Option<Decimal>,
    /// Above this it is yellow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yellow_high: Option<Decimal>,
    /// Above this it is red.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub red_high: Option<Decimal>,
}

/// A change within some days, as a rise of more than 2 kg in 3 days.
///
/// It is counted from the lowest (a rise) or the highest (a fall) of the readings that were taken in the
/// `within_days` × 24 hours before, and half a day more, for nobody measures at the same minute each day; the reading at
/// the very beginning of that time counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Change {
    /// Up or down.
    pub direction: Direction,
    /// More than this, in the unit of the limit; above 0.
    pub by: Decimal,
    /// The length of the window, in days of 24 hours, half a day not counted; 1 to [`LONGEST_WINDOW`].
    pub within_days: u32,
    /// What such a change is: yellow or red.
    pub level: Level,
}

/// The direction of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Upwards.
    Rise,
    /// Downwards.
    Fall,
}

/// What a reading is by the limits that were in force when it was taken. Kept with the reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Judgement {
    /// It is of this level.
    Judged(Judged),
    /// It is of none, and why.
    NotJudged(WhyNot),
}

/// The judgement of a reading of which at least one number was judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Judged {
    /// The version of the plan that it was judged by.
    pub plan_version: String,
    /// The worst of the findings.
    pub level: Level,
    /// One for each number and limit, and one more for each further bound or change that was crossed, in the
    /// order of the reading.
    pub findings: Vec<Finding>,
    /// The numbers that there is a limit for, and that could not be judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<Left>,
}

/// What a number is by one limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Finding {
    /// The limit's id.
    pub limit: String,
    /// The number of the reading.
    pub metric: Metric,
    /// What it is.
    pub level: Level,
    /// By what.
    pub by: By,
}

/// What made a number what it is. The numbers are in the unit of the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// Nothing was crossed.
    Within,
    /// It is below this bound, the outermost that it crosses.
    Below(Decimal),
    /// It is above this bound, the outermost that it crosses.
    Above(Decimal),
    /// It has changed too much.
    Change {
        /// What was agreed.
        agreed: Change,
        /// The number that it has changed from.
        from: Decimal,
    },
}

/// A number that could not be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Left {
    /// The number.
    pub metric: Metric,
    /// Why.
    pub why: WhyNot,
}

/// Why a reading, or a number of it, has no level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhyNot {
    /// The reading does not count ([`crate::Reading::counts`]).
    DoesNotCount,
    /// It is not known when it was taken, so neither which limits were in force.
    WithoutTime,
    /// No limits were in force when it was taken.
    NoneInForce,
    /// None of the limits is about what was measured.
    NoLimit,
    /// The limits are for meals, and this reading does not say, or says another one.
    OtherMeal,
    /// The device sent no number.
    WithoutNumber,
    /// It came in a unit from which no rule leads to that of the limit.
    OtherUnit,
    /// The limit is for a change, and there is nothing earlier to compare with.
    NothingEarlier,
}

impl Judgement {
    /// The level, where there is one.
    pub fn level(&self) -> Option<Level> {
        match self {
            Self::Judged(judged) => Some(judged.level),
            Self::NotJudged(_) => None,
        }
    }
}

/// The metric that stands for all that measure the same: a limit for any of them is about each.
///
/// Glucose is glucose whatever it was measured in, and a pulse is a pulse whether a cuff or an oximeter counted it.
/// `None`, never judged: control solution is not of the patient; what accompanies the normal response of an
/// oximeter (fast, slow) says the same a second time; the pulse amplitude and the height that a scale has stored say
/// nothing of how the person is.
pub fn judged_as(metric: Metric) -> Option<Metric> {
    match metric {
        Metric::GlucoseControlSolution
        | Metric::OxygenSaturationFast
        | Metric::OxygenSaturationSlow
        | Metric::PulseRateFast
        | Metric::PulseRateSlow
        | Metric::PulseAmplitudeIndex
        | Metric::BodyHeight => None,
        Metric::PulseRateByCuff => Some(Metric::PulseRate),
        metric if metric.is_glucose() => Some(Metric::GlucoseCapillaryPlasma),
        metric => Some(metric),
    }
}
