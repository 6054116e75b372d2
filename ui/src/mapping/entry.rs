//! Entry by hand.

use super::{kind, model, said};
use crate::generated::{EntryScreenState, EntryShape, FieldItem, ValueTile};
use crate::value::{Number, Quantity, ValueView};
use crate::view::{EntryProblem, EntryStage, EntryView, FieldView};
use crate::words::Words;

pub(super) fn apply(screen: &EntryScreenState<'_>, view: &EntryView, words: Words) {
    screen.set_shape(match view.stage {
        EntryStage::Typing => EntryShape::Typing,
        EntryStage::Check => EntryShape::Check,
        EntryStage::Saving => EntryShape::Saving,
    });
    screen.set_heading(kind::name(view.kind, words).into());
    screen.set_fields(model(view.fields.iter().map(|field| item(field, words))));
    screen.set_active(i32::try_from(view.active).unwrap_or(i32::MAX));
    screen.set_decimal_mark(decimal_mark(view, words).into());
    screen.set_asks_meal(view.asks_meal);
    screen.set_meal(view.meal.into());
    screen.set_performer(view.performer.into());
    screen.set_measured_at(said::measured(Some(view.taken), words).into());
    screen.set_is_now(view.is_now);
    screen.set_entered(model(entered(view, words)));
}

fn item(field: &FieldView, words: Words) -> FieldItem {
    let name = field.quantity.text(words);
    let label = if field.optional { words.text("entry", "{} (can be left out)", &[&name]) } else { name };
    let spoken = format!("{label}, {}", field.unit.spoken(words));
    FieldItem {
        label: label.into(),
        typed: field.typed.replace('.', words.decimal_mark()).into(),
        unit: field.unit.text(words).into(),
        problem: field.problem.map(|problem| problem_text(problem, words)).unwrap_or_default().into(),
        spoken: spoken.into(),
    }
}

fn problem_text(problem: EntryProblem, words: Words) -> String {
    match problem {
        EntryProblem::Missing => words.text("entry", "A number is missing here.", &[]),
        EntryProblem::TooLow => words.text("entry", "This number is too low. Look at it once more.", &[]),
        EntryProblem::TooHigh => words.text("entry", "This number is too high. Look at it once more.", &[]),
        EntryProblem::NotAboveLower => {
            words.text("entry", "The upper pressure has to be higher than the lower one.", &[])
        }
    }
}

/// The key is there only for numbers that have decimals.
fn decimal_mark(view: &EntryView, words: Words) -> &'static str {
    match view.fields.get(view.active).map(|field| field.quantity) {
        Some(
            Quantity::BodyWeight
            | Quantity::BloodGlucose
            | Quantity::BodyTemperature
            | Quantity::ForcedExpiratoryVolume,
        ) => words.decimal_mark(),
        _ => "",
    }
}

/// What was typed, to be looked at once more; what was left out is left out.
fn entered(view: &EntryView, words: Words) -> Vec<ValueTile> {
    let typed = view.fields.iter().filter(|field| !field.typed.is_empty());
    let values = typed.map(|field| ValueView {
        quantity: field.quantity,
        number: Number::Is(field.typed.clone()),
        unit: field.unit,
    });
    values.map(|value| said::tile(&value, words)).collect()
}
