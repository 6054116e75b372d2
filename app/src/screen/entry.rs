//! Entry by hand.

use chrono::{DateTime, FixedOffset};
use dagsform_care::{Kind, shown::shown_unit};
use dagsform_ui as ui;

use super::{
    faults::faults,
    reading::{quantity, unit},
    words::{self, day, moment},
};
use crate::flow::{
    entry::{Problem, Stage, State},
    tablet,
};

/// What the screen shows of an entry, at this time.
pub(super) fn view(entry: &State, tablet: &tablet::State, now: DateTime<FixedOffset>) -> Option<ui::EntryView> {
    Some(ui::EntryView {
        kind: words::kind(entry.kind),
        fields: entry
            .fields
            .iter()
            .filter_map(|field| {
                Some(ui::FieldView {
                    quantity: quantity(field.metric)?,
                    unit: unit(shown_unit(field.metric))?,
                    typed: field.typed.clone(),
                    optional: field.optional,
                    problem: field.problem.map(problem),
                })
            })
            .collect(),
        active: entry.active,
        asks_meal: entry.kind == Kind::BloodGlucose,
        meal: entry.meal.and_then(words::meal),
        performer: words::performer(entry.performer),
        taken: moment(entry.taken(now), day(now))?,
        is_now: entry.quarters == 0,
        stage: match entry.stage {
            Stage::Typing => ui::EntryStage::Typing,
            Stage::Check => ui::EntryStage::Check,
            Stage::Saving => ui::EntryStage::Saving,
        },
        faults: faults(tablet),
    })
}

fn problem(problem: Problem) -> ui::EntryProblem {
    match problem {
        Problem::Missing => ui::EntryProblem::Missing,
        Problem::TooLow => ui::EntryProblem::TooLow,
        Problem::TooHigh => ui::EntryProblem::TooHigh,
        Problem::NotAboveLower => ui::EntryProblem::NotAboveLower,
    }
}
