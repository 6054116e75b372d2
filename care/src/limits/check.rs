//! Which limits are refused. A plan with one fault is refused whole, so that nobody is judged by half of it.

use std::cmp::Ordering;

use crate::{
    limits::{Change, Limit, Limits, judged_as},
    metric::Metric,
    plausible::against_span,
    quantity::{Decimal, Unit},
    shown::shown_unit,
    zones::Level,
};

/// The longest window of a change, in days.
pub const LONGEST_WINDOW: u32 = 366;

/// Why limits are refused, by the id of the limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The plan's version cannot be told from others.
    #[error("the limits have no version: name the plan's version")]
    WithoutVersion,
    /// They end before they begin.
    #[error("the limits of version '{0}' end before they are in force")]
    EndBeforeBeginning(String),
    /// A limit cannot be told from others.
    #[error("limit {0} of the plan has no id: give each limit one")]
    WithoutId(usize),
    /// Two limits have one id.
    #[error("two limits have the id '{0}': give each its own")]
    SameId(String),
    /// Nothing is judged by such a number.
    #[error("limit '{id}': no reading is judged by {}", .metric.name())]
    NeverJudged {
        /// The limit.
        id: String,
        /// What it is about.
        metric: Metric,
    },
    /// The unit is not that of the metric.
    #[error("limit '{id}': limits of {} are in {}, not in {}", .metric.name(), shown_unit(*.metric).ucum(), .unit.ucum())]
    OtherUnit {
        /// The limit.
        id: String,
        /// What it is about.
        metric: Metric,
        /// Its unit.
        unit: Unit,
    },
    /// A meal says nothing about the metric.
    #[error("limit '{id}': only glucose is measured before or after a meal, not {}", .metric.name())]
    Meal {
        /// The limit.
        id: String,
        /// What it is about.
        metric: Metric,
    },
    /// It limits nothing.
    #[error("limit '{0}' has neither a bound nor a change: write one or leave the limit out")]
    Empty(String),
    /// Two bounds are in the wrong order.
    #[error("limit '{id}': {lower} ({low}) is above {upper} ({high})")]
    Cross {
        /// The limit.
        id: String,
        /// The bound that should be lower.
        lower: &'static str,
        /// Its number.
        low: Decimal,
        /// The bound that should be higher.
        upper: &'static str,
        /// Its number.
        high: Decimal,
    },
    /// No living person's number lies within, which comes of another unit or a misplaced decimal mark.
    #[error("limit '{id}': no {} can be within {bound} ({number} {})", .metric.name(), shown_unit(*.metric).ucum())]
    NothingWithin {
        /// The limit.
        id: String,
        /// What it is about.
        metric: Metric,
        /// The bound.
        bound: &'static str,
        /// Its number.
        number: Decimal,
    },
    /// A change that is none.
    #[error("limit '{id}': a change has to be more than 0, not {by}")]
    NoChange {
        /// The limit.
        id: String,
        /// What stands there.
        by: Decimal,
    },
    /// A window that is none, or too long.
    #[error("limit '{id}': a change is counted within 1 to {LONGEST_WINDOW} days, not {days}")]
    Window {
        /// The limit.
        id: String,
        /// What stands there.
        days: u32,
    },
    /// Too much of a change, and all is well.
    #[error("limit '{0}': a change beyond what was agreed is yellow or red, not green")]
    GreenChange(String),
}

impl Limits {
    /// Refuses limits with a fault, naming it.
    pub fn check(&self) -> Result<(), Fault> {
        if self.version.trim().is_empty() {
            return Err(Fault::WithoutVersion);
        }
        if self.until.is_some_and(|until| until < self.from) {
            return Err(Fault::EndBeforeBeginning(self.version.clone()));
        }
        for (place, limit) in self.limits.iter().enumerate() {
            if limit.id.trim().is_empty() {
                return Err(Fault::WithoutId(place + 1));
            }
            if self.limits.iter().take(place).any(|other| other.id == limit.id) {
                return Err(Fault::SameId(limit.id.clone()));
            }
            limit.check()?;
        }
        Ok(())
    }
}

impl Limit {
    fn check(&self) -> Result<(), Fault> {
        let (id, metric) = (self.id.clone(), self.metric);
        if judged_as(metric).is_none() {
            return Err(Fault::NeverJudged { id, metric });
        }
        if self.unit != shown_unit(metric) {
            return Err(Fault::OtherUnit { id, metric, unit: self.unit });
        }
        if self.meal.is_some() && !metric.is_glucose() {
            return Err(Fault::Meal { id, metric });
        }
        if self.bounds == crate::limits::Bounds::default() && self.change.is_none() {
            return Err(Fault::Empty(id));
        }
        self.check_bounds()?;
        self.change.map_or(Ok(()), |change| self.check_change(change))
    }

    fn check_bounds(&self) -> Result<(), Fault> {
        let bounds = &self.bounds;
        // From the lowest to the highest, and which side of a bound nobody can be on if it is right.
        let in_order: Vec<(&'static str, Decimal, Ordering)> = [
            ("red-low", bounds.red_low, Ordering::Greater),
            ("yellow-low", bounds.yellow_low, Ordering::Greater),
            ("yellow-high", bounds.yellow_high, Ordering::Less),
            ("red-high", bounds.red_high, Ordering::Less),
        ]
        .into_iter()
        .filter_map(|(name, bound, beyond)| Some((name, bound?, beyond)))
        .collect();
        for (&(lower, low, _), &(upper, high, _)) in in_order.iter().zip(in_order.iter().skip(1)) {
            if low.compare(high) == Ordering::Greater {
                return Err(Fault::Cross { id: self.id.clone(), lower, low, upper, high });
            }
        }
        for (bound, number, beyond) in in_order {
            if against_span(self.metric, number, self.unit) == Some(beyond) {
                return Err(Fault::NothingWithin { id: self.id.clone(), metric: self.metric, bound, number });
            }
        }
        Ok(())
    }

    fn check_change(&self, change: Change) -> Result<(), Fault> {
        let id = self.id.clone();
        if change.by.mantissa <= 0 {
            return Err(Fault::NoChange { id, by: change.by });
        }
        if !(1..=LONGEST_WINDOW).contains(&change.within_days) {
            return Err(Fault::Window { id, days: change.within_days });
        }
        if change.level == Level::Green {
            return Err(Fault::GreenChange(id));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        limits::{Bounds, Direction},
        person::Meal,
    };
    use chrono::DateTime;

    fn number(text: &str) -> Option<Decimal> {
        Some(text.parse().unwrap())
    }

    fn of(limits: Vec<Limit>) -> Limits {
        let from = DateTime::parse_from_rfc3339("2026-11-01T00:00:00+01:00").unwrap();
        Limits { version: "7".into(), from, until: None, limits }
    }

    /// A limit of blood glucose with all its bounds.
    fn glucose() -> Limit {
        let bounds = Bounds {
            red_low: number("3.5"),
            yellow_low: number("4"),
            yellow_high: number("10.0"),
            red_high: number("15"),
        };
        let (metric, unit) = (Metric::GlucoseCapillaryPlasma, Unit::MillimolePerLitre);
        Limit { id: "g".into(), metric, meal: Some(Meal::Fasting), unit, bounds, change: None }
    }

    /// A limit of the change of weight.
    fn weight() -> Limit {
        let change =
            Change { direction: Direction::Rise, by: Decimal::new(2, 0), within_days: 3, level: Level::Yellow };
        let (metric, unit) = (Metric::BodyWeight, Unit::Kilogram);
        Limit { id: "w".into(), metric, meal: None, unit, bounds: Bounds::default(), change: Some(change) }
    }

    fn bounded(bounds: Bounds) -> Limit {
        Limit { bounds, ..glucose() }
    }

    fn changing(change: Change) -> Limit {
        Limit { change: Some(change), ..weight() }
    }

    #[test]
    fn limits_may_be_one_sided_or_touch_or_be_none_at_all() {
        let none = Bounds::default();
        for limits in [
            vec![],
            vec![glucose(), weight()],
            vec![bounded(Bounds { red_high: number("15"), ..none })],
            vec![bounded(Bounds { yellow_low: number("4"), ..none })],
            vec![bounded(Bounds { red_low: number("4"), yellow_low: number("4.0"), ..none })],
            vec![bounded(Bounds { yellow_low: number("6"), yellow_high: number("6"), ..none })],
            // "From 0 up to 11": a service that always writes both bounds.
            vec![bounded(Bounds { yellow_low: number("0"), yellow_high: number("11"), ..none })],
        ] {
            assert_eq!(of(limits.clone()).check(), Ok(()), "{limits:?}");
        }
    }

    #[test]
    fn a_faulty_limit_is_refused_by_name() {
        let none = Bounds::default();
        let rise = weight().change.unwrap();
        let cross = |lower, low, upper, high| Fault::Cross {
            id: "g".into(),
            lower,
            low: number(low).unwrap(),
            upper,
            high: number(high).unwrap(),
        };
        let (plasma, spo2, pressure) = (Metric::GlucoseCapillaryPlasma, Metric::OxygenSaturation, Metric::Systolic);
        for (limit, fault) in [
            (Limit { id: "".into(), ..glucose() }, Fault::WithoutId(1)),
            (
                Limit { metric: Metric::GlucoseControlSolution, ..glucose() },
                Fault::NeverJudged { id: "g".into(), metric: Metric::GlucoseControlSolution },
            ),
            (
                Limit { unit: Unit::MilligramPerDecilitre, ..glucose() },
                Fault::OtherUnit { id: "g".into(), metric: plasma, unit: Unit::MilligramPerDecilitre },
            ),
            (
                Limit { metric: spo2, meal: None, ..glucose() },
                Fault::OtherUnit { id: "g".into(), metric: spo2, unit: Unit::MillimolePerLitre },
            ),
            (
                Limit { metric: pressure, unit: Unit::MillimetreOfMercury, ..glucose() },
                Fault::Meal { id: "g".into(), metric: pressure },
            ),
            (bounded(none), Fault::Empty("g".into())),
            (
                bounded(Bounds { yellow_low: number("4"), red_low: number("4.1"), ..none }),
                cross("red-low", "4.1", "yellow-low", "4"),
            ),
            (
                bounded(Bounds { yellow_low: number("10.1"), yellow_high: number("10"), ..none }),
                cross("yellow-low", "10.1", "yellow-high", "10"),
            ),
            (
                bounded(Bounds { yellow_high: number("16"), red_high: number("15"), ..none }),
                cross("yellow-high", "16", "red-high", "15"),
            ),
            // Crossing beyond a bound that is missing.
            (
                bounded(Bounds { red_low: number("16"), red_high: number("15"), ..none }),
                cross("red-low", "16", "red-high", "15"),
            ),
            (
                bounded(Bounds { red_low: number("70"), ..none }),
                Fault::NothingWithin {
                    id: "g".into(),
                    metric: plasma,
                    bound: "red-low",
                    number: number("70").unwrap(),
                },
            ),
            (
                bounded(Bounds { yellow_high: number("0.4"), ..none }),
                Fault::NothingWithin {
                    id: "g".into(),
                    metric: plasma,
                    bound: "yellow-high",
                    number: number("0.4").unwrap(),
                },
            ),
            (
                changing(Change { by: Decimal::new(0, 0), ..rise }),
                Fault::NoChange { id: "w".into(), by: Decimal::new(0, 0) },
            ),
            (
                changing(Change { by: Decimal::new(-2, 0), ..rise }),
                Fault::NoChange { id: "w".into(), by: Decimal::new(-2, 0) },
            ),
            (changing(Change { within_days: 0, ..rise }), Fault::Window { id: "w".into(), days: 0 }),
            (changing(Change { within_days: 367, ..rise }), Fault::Window { id: "w".into(), days: 367 }),
            (changing(Change { level: Level::Green, ..rise }), Fault::GreenChange("w".into())),
        ] {
            // Among limits that are right.
            let found = of(vec![limit.clone(), Limit { id: "other".into(), ..weight() }]).check();
            assert_eq!(found, Err(fault), "{limit:?}");
        }
    }

    #[test]
    fn two_limits_with_one_id_a_version_without_a_name_and_an_end_before_the_beginning_are_refused() {
        assert_eq!(of(vec![glucose(), glucose()]).check(), Err(Fault::SameId("g".into())));
        assert_eq!(Limits { version: " ".into(), ..of(vec![]) }.check(), Err(Fault::WithoutVersion));
        let from = of(vec![]).from;
        let ended = Limits { until: Some(from - chrono::Duration::seconds(1)), ..of(vec![]) };
        assert_eq!(ended.check(), Err(Fault::EndBeforeBeginning("7".into())));
    }

    #[test]
    fn a_refusal_names_the_limit_what_is_wrong_and_what_is_right() {
        let wrong = Limit { unit: Unit::MilligramPerDecilitre, ..glucose() };
        assert_eq!(
            of(vec![wrong]).check().unwrap_err().to_string(),
            "limit 'g': limits of glucose_capillary_plasma are in mmol/L, not in mg/dL"
        );
        let crossing = bounded(Bounds { yellow_low: number("10.1"), yellow_high: number("10"), ..Bounds::default() });
        assert_eq!(
            of(vec![crossing]).check().unwrap_err().to_string(),
            "limit 'g': yellow-low (10.1) is above yellow-high (10)"
        );
    }

    #[test]
    fn every_metric_that_is_judged_can_have_a_limit() {
        for metric in Metric::ALL {
            let limit = Limit { metric, unit: shown_unit(metric), ..weight() };
            assert_eq!(of(vec![limit]).check().is_ok(), judged_as(metric).is_some(), "{metric:?}");
        }
    }
}
