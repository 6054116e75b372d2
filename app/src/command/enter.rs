//! `dagsform enter`: a reading by hand.

use std::{cmp::Ordering, path::Path};

use anyhow::Result;
use chrono::{DateTime, FixedOffset};
use clap::ValueEnum;
use dagsform_care::{
    ByHand, Decimal, Kind, Meal, Measured, Performer, Quantity, Value,
    plausible::{against_span, contradiction},
    shown::shown_unit,
};

use super::ask;
use crate::{
    control::{Entered, Request},
    entry,
    exit::{Exit, failure},
};

/// Enter a reading by hand.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// What was measured: pulse-oximetry, blood-pressure, body-weight, blood-glucose, body-temperature or spirometry
    #[arg(value_parser = kind)]
    kind: Kind,
    /// The numbers in their order, such as `128 82 71` for a blood pressure with pulse; %, per minute, mmHg, kg,
    /// mmol/L, °C, L/min, L
    #[arg(required = true)]
    numbers: Vec<Decimal>,
    /// When it was measured, such as 2026-11-23T08:15:00+01:00 [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<DateTime<FixedOffset>>,
    /// Who measured
    #[arg(long, value_enum, value_name = "WHO", default_value = "unknown")]
    by: By,
    /// How a glucose reading stands to a meal
    #[arg(long, value_enum, value_name = "MEAL")]
    meal: Option<AtMeal>,
}

/// Who measured.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum By {
    /// Nobody has said
    Unknown,
    /// The patient alone
    Patient,
    /// A relative
    Relative,
    /// Health personnel
    Staff,
}

impl From<By> for Performer {
    fn from(by: By) -> Self {
        match by {
            By::Unknown => Self::Unknown,
            By::Patient => Self::Patient,
            By::Relative => Self::Relative,
            By::Staff => Self::Staff,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum AtMeal {
    /// Before a meal
    Before,
    /// After a meal
    After,
    /// After fasting
    Fasting,
    /// At bedtime
    Bedtime,
}

impl From<AtMeal> for Meal {
    fn from(meal: AtMeal) -> Self {
        match meal {
            AtMeal::Before => Self::Preprandial,
            AtMeal::After => Self::Postprandial,
            AtMeal::Fasting => Self::Fasting,
            AtMeal::Bedtime => Self::Bedtime,
        }
    }
}

/// Reads the name of a kind.
pub(super) fn kind(text: &str) -> Result<Kind, String> {
    let names = Kind::ALL.map(Kind::name).join(", ");
    Kind::ALL.into_iter().find(|kind| kind.name() == text).ok_or_else(|| format!("give one of {names}"))
}

pub(super) fn run(folder: &Path, arguments: &Arguments) -> Result<()> {
    let reading = ByHand {
        kind: arguments.kind,
        values: values(arguments.kind, &arguments.numbers)?,
        meal: arguments.meal.map(Meal::from),
        performer: arguments.by.into(),
    };
    if reading.meal.is_some() && reading.kind != Kind::BloodGlucose {
        return Err(failure(Exit::Usage, "--meal goes with blood-glucose only"));
    }
    let saved: serde_json::Value =
        ask(folder, &Request::Enter(Entered { reading, taken: arguments.at, by_calendar: true }))?;
    println!("{saved}");
    Ok(())
}

/// The numbers with their meaning, where they can be right.
fn values(kind: Kind, numbers: &[Decimal]) -> Result<Vec<Measured>> {
    let asked = entry::asked(kind);
    let needed = asked.iter().filter(|asked| !asked.optional).count();
    if numbers.len() < needed || numbers.len() > asked.len() {
        let names: Vec<_> = asked.iter().map(|asked| asked.metric.name()).collect();
        let text = format!("{} takes {} to {} numbers: {}", kind.name(), needed, asked.len(), names.join(", "));
        return Err(failure(Exit::Usage, text));
    }
    let mut values = Vec::new();
    for (asked, number) in asked.iter().zip(numbers) {
        let unit = shown_unit(asked.metric);
        let what = format!("{} {number} {}", asked.metric.name(), unit.ucum());
        match against_span(asked.metric, *number, unit) {
            Some(Ordering::Equal) => {}
            Some(Ordering::Less) => {
                return Err(failure(Exit::Data, format!("{what} is too low to be right; check it")));
            }
            _ => return Err(failure(Exit::Data, format!("{what} is too high to be right; check it"))),
        }
        values.push(Measured { metric: asked.metric, quantity: Quantity { value: Value::Number(*number), unit } });
    }
    if contradiction(&values).is_some() {
        return Err(failure(Exit::Data, "the upper pressure has to be higher than the lower one; check them"));
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entered(kind: Kind, numbers: &[&str]) -> Result<usize, String> {
        let numbers: Vec<Decimal> = numbers.iter().map(|text| text.parse().unwrap()).collect();
        values(kind, &numbers).map(|values| values.len()).map_err(|error| error.to_string())
    }

    #[test]
    fn numbers_that_cannot_be_right_are_refused_by_name() {
        assert_eq!(entered(Kind::BloodPressure, &["128", "82"]), Ok(2));
        assert_eq!(entered(Kind::BloodPressure, &["128", "82", "71"]), Ok(3));
        for (kind, numbers, says) in [
            (Kind::BloodPressure, &["128"][..], "takes 2 to 3 numbers"),
            (Kind::BloodPressure, &["128", "82", "71", "5"][..], "takes 2 to 3 numbers"),
            (Kind::BloodPressure, &["82", "128"][..], "has to be higher"),
            (Kind::BodyWeight, &["8"][..], "too low"),
            (Kind::BloodGlucose, &["101"][..], "too high"),
        ] {
            let error = entered(kind, numbers).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
    }
}
