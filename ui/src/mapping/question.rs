//! One question of a list.

use slint::SharedString;

use super::{day, model, said, typing, written};
use crate::generated::{FieldItem, OptionItem, QuestionScreenState, QuestionShape, TypingState};
use crate::view::{AnswerProblem, AnswerView, CalendarDay, Draft, OptionView, QuestionView};
use crate::words::Words;

/// A scale with so many places or fewer has a key for each.
const FEW_PLACES: usize = 11;

pub(super) fn apply(screen: &QuestionScreenState<'_>, view: &QuestionView, words: Words) {
    screen.set_shape(shape(&view.answer));
    screen.set_where(place(view, words).into());
    screen.set_groups(model(view.groups.iter().map(SharedString::from)));
    screen.set_text(view.text.as_str().into());
    screen.set_help(model(view.help.iter().map(SharedString::from)));
    screen.set_problem(view.problem.as_ref().map(|problem| problem_text(problem, words)).unwrap_or_default().into());
    screen.set_dont_know(view.dont_know);
    match &view.answer {
        AnswerView::Read => {}
        AnswerView::YesNo(given) => {
            screen.set_yes(*given == Some(true));
            screen.set_no(*given == Some(false));
        }
        AnswerView::One(options) => set_options(screen, options, false, false),
        AnswerView::Several(options) => set_options(screen, options, true, false),
        AnswerView::OpenChoice { options, several, .. } => set_options(screen, options, *several, true),
        AnswerView::Number { typed, units, decimals } => set_number(screen, typed, units, *decimals, words),
        AnswerView::Slider { places, at, low, high } => {
            let numbers: Vec<String> = places.iter().map(|number| written(number, words)).collect();
            screen.set_low(end(numbers.first(), low, words).into());
            screen.set_high(end(numbers.last(), high, words).into());
            screen.set_places(model(numbers.into_iter().map(SharedString::from)));
            screen.set_place(at.and_then(|at| i32::try_from(at).ok()).unwrap_or(-1));
        }
        AnswerView::Text { long, .. } => screen.set_long(*long),
        AnswerView::Day { shown, given } => set_day(screen, *shown, *given, words),
    }
}

/// Which question of which list, and in which language where it is another than the screen's.
fn place(view: &QuestionView, words: Words) -> String {
    let (number, all) = (view.place.to_string(), view.of.to_string());
    let place = words.text("question", "{0}: {1} of {2}", &[&view.title, &number, &all]);
    match written::questions(view.written_in.as_deref(), words).as_str() {
        "" => place,
        language => said::sentences(&[&place, language]),
    }
}

/// Hands what was typed to the field, where the question has one.
pub(super) fn apply_typing(typing: &TypingState<'_>, page: &str, view: &QuestionView) {
    match draft(&view.answer) {
        Some(draft) => typing::apply(typing, page, draft),
        None => typing::none(typing),
    }
}

fn draft(answer: &AnswerView) -> Option<&Draft> {
    match answer {
        AnswerView::Text { draft, .. } | AnswerView::OpenChoice { own: draft, .. } => Some(draft),
        _ => None,
    }
}

fn shape(answer: &AnswerView) -> QuestionShape {
    match answer {
        AnswerView::Read => QuestionShape::Read,
        AnswerView::YesNo(_) => QuestionShape::YesNo,
        AnswerView::One(_) | AnswerView::Several(_) | AnswerView::OpenChoice { .. } => QuestionShape::Options,
        AnswerView::Number { .. } => QuestionShape::Number,
        AnswerView::Slider { places, .. } if places.len() <= FEW_PLACES => QuestionShape::FewPlaces,
        AnswerView::Slider { .. } => QuestionShape::Line,
        AnswerView::Text { .. } => QuestionShape::Words,
        AnswerView::Day { .. } => QuestionShape::Day,
    }
}

fn set_options(screen: &QuestionScreenState<'_>, options: &[OptionView], several: bool, own_words: bool) {
    screen.set_options(model(options.iter().map(option)));
    screen.set_several(several);
    screen.set_own_words(own_words);
}

fn option(option: &OptionView) -> OptionItem {
    OptionItem { words: option.words.as_str().into(), chosen: option.chosen }
}

/// One unit stands behind the number; several are to be chosen from.
fn set_number(screen: &QuestionScreenState<'_>, typed: &str, units: &[OptionView], decimals: bool, words: Words) {
    let (unit, choice) = match units {
        [unit] => (unit.words.as_str(), &[][..]),
        several => ("", several),
    };
    let label = words.text("question", "Your answer", &[]);
    let spoken = if unit.is_empty() { label.clone() } else { format!("{label}, {unit}") };
    screen.set_field(FieldItem {
        label: label.into(),
        typed: typed.replace('.', words.decimal_mark()).into(),
        unit: unit.into(),
        problem: SharedString::default(),
        spoken: spoken.into(),
    });
    screen.set_units(model(choice.iter().map(option)));
    screen.set_decimal_mark(if decimals { words.decimal_mark() } else { "" }.into());
}

fn set_day(screen: &QuestionScreenState<'_>, shown: CalendarDay, given: bool, words: Words) {
    screen.set_day(shown.day.to_string().into());
    screen.set_month(day::month(shown.month, words).into());
    screen.set_year(shown.year.to_string().into());
    screen.set_day_given(given);
}

/// A number as it is written in this language; what is none stays as it is.
pub(super) fn written(number: &str, words: Words) -> String {
    words.number(number).unwrap_or_else(|| number.to_owned())
}

/// "1 = none"; without a word the end is told by its number alone.
fn end(number: Option<&String>, word: &str, words: Words) -> String {
    match (number, word) {
        (None, _) => String::new(),
        (Some(number), "") => number.clone(),
        (Some(number), word) => words.text("question", "{0} = {1}", &[number, word]),
    }
}

fn problem_text(problem: &AnswerProblem, words: Words) -> String {
    match problem {
        AnswerProblem::Missing => words.text("question", "Answer here, or touch “I do not know”.", &[]),
        AnswerProblem::TooLow(least) => {
            words.text("question", "The number has to be {} or more.", &[&written(least, words)])
        }
        AnswerProblem::TooHigh(most) => {
            words.text("question", "The number has to be {} or less.", &[&written(most, words)])
        }
        AnswerProblem::TooManyDigits => words.text("question", "The number has too many digits.", &[]),
        AnswerProblem::TooLong(most) => words.count(
            "question",
            "The text is too long. There is room for one character.",
            "The text is too long. There is room for {n} characters.",
            *most,
            &[],
        ),
        AnswerProblem::TooEarly(first) => {
            words.text("question", "The day has to be {} or later.", &[&day::calendar(*first, words)])
        }
        AnswerProblem::TooLate(last) => {
            words.text("question", "The day has to be {} or earlier.", &[&day::calendar(*last, words)])
        }
        AnswerProblem::NotTogether => words.text("question", "These answers do not go together.", &[]),
        AnswerProblem::NotTaken => words.text("question", "This answer does not fit here. Try another one.", &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    const WORDS: Words = Words::in_language(Language::Nb);

    #[test]
    fn a_scale_has_keys_while_it_has_few_places_and_is_a_line_beyond() {
        let scale = |most: u32| AnswerView::Slider {
            places: (0..=most).map(|number| number.to_string()).collect(),
            at: None,
            low: String::new(),
            high: String::new(),
        };
        assert_eq!(shape(&scale(10)), QuestionShape::FewPlaces);
        assert_eq!(shape(&scale(100)), QuestionShape::Line);
    }

    #[test]
    fn the_ends_of_a_scale_say_what_they_stand_for_as_far_as_the_list_does() {
        let one = "1".to_owned();
        assert_eq!(end(Some(&one), "ingen", WORDS), "1 = ingen");
        assert_eq!(end(Some(&one), "", WORDS), "1");
        assert_eq!(end(None, "ingen", WORDS), "");
    }

    #[test]
    fn a_bound_is_told_with_the_decimal_mark_of_the_language() {
        let text = problem_text(&AnswerProblem::TooLow("35.5".to_owned()), WORDS);
        assert_eq!(text, "Tallet må være 35,5 eller mer.");
    }
}
