//! The demonstration's patients: their plans and lists of questions, as the follow-up service would have entered them.

use chrono::{Datelike, Days, NaiveDate};
use clap::ValueEnum;

/// A made-up patient.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Patient {
    /// A woman of 72 with COPD
    Copd,
    /// A man of 61 with diabetes
    Diabetes,
    /// A man of 81 with heart failure, and the daughter who helps
    #[default]
    HeartFailure,
}

/// The lists of questions; they go to the service before the plans, which name them.
pub(super) const QUESTIONNAIRES: [&str; 4] = [
    include_str!("../../../assets/demo/questionnaires/daily-general.json"),
    include_str!("../../../assets/demo/questionnaires/diabetes-distress.json"),
    include_str!("../../../assets/demo/questionnaires/symptoms-copd.json"),
    include_str!("../../../assets/demo/questionnaires/symptoms-heart-failure.json"),
];

/// The plans reach so many days around the Monday of the week.
const DAYS: i64 = 400;

impl Patient {
    /// What the service calls the patient.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Copd => "Ragnhild Eksempel",
            Self::Diabetes => "Arvid Eksempel",
            Self::HeartFailure => "Olav Eksempel",
        }
    }

    /// Tells the patients apart at the service.
    pub(super) fn identifier(self) -> &'static str {
        match self {
            Self::Copd => "copd",
            Self::Diabetes => "diabetes",
            Self::HeartFailure => "heart-failure",
        }
    }

    /// The plan as a FHIR transaction, for a patient with this id, laid around the week of a day.
    pub(super) fn plan(self, id: &str, today: NaiveDate) -> String {
        let text = match self {
            Self::Copd => include_str!("../../../assets/demo/copd.json"),
            Self::Diabetes => include_str!("../../../assets/demo/diabetes.json"),
            Self::HeartFailure => include_str!("../../../assets/demo/heart-failure.json"),
        };
        let into_week = u64::from(today.weekday().num_days_from_monday());
        let monday = today.checked_sub_days(Days::new(into_week)).unwrap_or(today);
        let mut filled = text.replace("{patient}", id).replace("{monday}", &monday.to_string());
        for days in 1..=DAYS {
            for (sign, days) in [('+', days), ('-', -days)] {
                let name = format!("{{monday{sign}{}}}", days.abs());
                if filled.contains(&name) {
                    let date = monday.checked_add_signed(chrono::TimeDelta::days(days)).unwrap_or(monday);
                    filled = filled.replace(&name, &date.to_string());
                }
            }
        }
        filled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_in_the_plans_is_filled_in_and_what_comes_of_it_is_json() {
        for patient in Patient::value_variants() {
            let plan = patient.plan("1", "2026-11-25".parse().unwrap());
            assert!(!plan.contains("{monday") && !plan.contains("{patient"), "{patient:?}");
            let bundle: serde_json::Value = serde_json::from_str(&plan).unwrap();
            assert_eq!(bundle["type"], "transaction");
        }
    }
}
