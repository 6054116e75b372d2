//! The pages of a list of questions, and its summary.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate};
use dagsform_care::{
    Decimal,
    questionnaire::{Answer, ChoiceOption, Given, Item, ItemKind, Number, Text, Unfit, filling::Stage},
};
use dagsform_ui as ui;

use super::{
    faults::faults,
    reading::item_delivery,
    words::{day, moment},
};
use crate::flow::{
    questions::{self, options, places},
    tablet::State,
};

/// The page of a question, or the summary.
pub(super) fn view(list: &questions::State, state: &State, now: DateTime<FixedOffset>) -> ui::Screen {
    let words = Words { language: &state.language };
    match list.item() {
        Some(item) => ui::Screen::Question(question(list, item, state, words)),
        None => ui::Screen::Summary(summary(list, state, words, now)),
    }
}

/// The list's words in the language of the screens, where it has them.
#[derive(Clone, Copy)]
struct Words<'a> {
    language: &'a str,
}

impl Words<'_> {
    fn of(self, text: &Text) -> String {
        text.in_language(self.language).text.to_owned()
    }

    fn or_empty(self, text: Option<&Text>) -> String {
        text.map(|text| self.of(text)).unwrap_or_default()
    }
}

fn question(list: &questions::State, item: &Item, state: &State, words: Words<'_>) -> ui::QuestionView {
    let checked = &list.answering.list;
    let steps = list.steps();
    let place = steps.iter().position(|step| step.link_id == item.link_id).unwrap_or_default();
    let way = checked.way_to(&item.link_id);
    let above = way.iter().take(way.len().saturating_sub(1));
    let groups = above.filter(|item| item.kind == ItemKind::Group);
    let help = checked.words_with(&item.link_id, &list.answering.filling.given);
    let given = list.given(&item.link_id);
    let errand = matches!(&list.answering.filling.stage, Stage::Asking { errand: Some(_), .. });
    let missing = errand && item.required && given.is_none();
    let unfit = list.typed.unfit.as_ref().or(list.answering.filling.unfit.as_ref());
    let prefix = item.prefix.as_ref().map(|prefix| format!("{} ", words.of(prefix))).unwrap_or_default();
    ui::QuestionView {
        title: title(list, words),
        place: u32::try_from(place).unwrap_or(u32::MAX).saturating_add(1),
        of: u32::try_from(steps.len()).unwrap_or(u32::MAX),
        groups: groups.filter_map(|group| group.text.as_ref()).map(|text| words.of(text)).collect(),
        text: format!("{prefix}{}", words.or_empty(item.text.as_ref())),
        help: help.iter().filter_map(|item| item.text.as_ref()).map(|text| words.of(text)).collect(),
        required: item.required,
        answer: answer(list, item, given, words),
        dont_know: given == Some(&Given::DontKnow),
        problem: unfit.map(problem).or(missing.then_some(ui::AnswerProblem::Missing)),
        written_in: written_in(item.text.as_ref(), words),
        faults: faults(state),
    }
}

/// The language of a text, as it is shown.
fn written_in(text: Option<&Text>, words: Words<'_>) -> Option<String> {
    text?.in_language(words.language).language.map(str::to_owned)
}

fn title(list: &questions::State, words: Words<'_>) -> String {
    words.or_empty(list.answering.list.questionnaire().title.as_ref())
}

fn answer(list: &questions::State, item: &Item, given: Option<&Given>, words: Words<'_>) -> ui::AnswerView {
    let answers = given.map(Given::answers).unwrap_or_default();
    let draft = ui::Draft { text: list.typed.text.clone(), edition: list.typed.edition };
    let chosen = |option: &ChoiceOption| answers.iter().any(|answer| answer.is_same(&option.value));
    let view = |option: &ChoiceOption| ui::OptionView { words: words.of(&option.text), chosen: chosen(option) };
    let options: Vec<ui::OptionView> = options(item).iter().map(view).collect();
    match &item.kind {
        ItemKind::Group | ItemKind::Display => ui::AnswerView::Read,
        ItemKind::Boolean => ui::AnswerView::YesNo(match answers {
            [Answer::Boolean(yes)] => Some(*yes),
            _ => None,
        }),
        ItemKind::Choice(_) if item.repeats => ui::AnswerView::Several(options),
        ItemKind::Choice(_) => ui::AnswerView::One(options),
        ItemKind::OpenChoice(_) => ui::AnswerView::OpenChoice { options, several: item.repeats, own: draft },
        ItemKind::Integer(number) | ItemKind::Decimal(number) => {
            let unit = number.unit.as_ref();
            let units = unit.map(|unit| ui::OptionView { words: words.of(unit), chosen: true });
            let whole = matches!(item.kind, ItemKind::Integer(_));
            numeric(list, number, units.into_iter().collect(), !whole, words)
        }
        ItemKind::Quantity { number, units } => {
            let units = units
                .iter()
                .enumerate()
                .map(|(place, unit)| ui::OptionView { words: words.of(&unit.text), chosen: place == list.typed.unit });
            numeric(list, number, units.collect(), true, words)
        }
        ItemKind::String { .. } | ItemKind::Time(_) | ItemKind::DateTime(_) => {
            ui::AnswerView::Text { draft, long: false }
        }
        ItemKind::Text { .. } => ui::AnswerView::Text { draft, long: true },
        ItemKind::Date(_) => ui::AnswerView::Day {
            shown: calendar(list.typed.day),
            given: matches!(answers, [Answer::Date(day)] if *day == list.typed.day),
        },
    }
}

fn numeric(
    list: &questions::State,
    number: &Number,
    units: Vec<ui::OptionView>,
    decimals: bool,
    words: Words<'_>,
) -> ui::AnswerView {
    let typed = list.typed.text.clone();
    match (places(number), &number.slider) {
        (Some(places), Some(slider)) => ui::AnswerView::Slider {
            at: places
                .iter()
                .position(|place| typed.parse::<Decimal>().is_ok_and(|typed| typed.compare(*place).is_eq())),
            low: end(&words.or_empty(slider.low.as_ref()), places.first()),
            high: end(&words.or_empty(slider.high.as_ref()), places.last()),
            places: places.iter().map(ToString::to_string).collect(),
        },
        _ => ui::AnswerView::Number { typed, units, decimals: decimals && number.decimals != Some(0) },
    }
}

/// The word at an end of a line, without the number that the screen puts before it ("1 = none").
fn end(words: &str, number: Option<&Decimal>) -> String {
    let number = number.map(ToString::to_string).unwrap_or_default();
    let bare = words.strip_prefix(&number).and_then(|rest| rest.trim_start().strip_prefix('='));
    bare.map_or(words, str::trim_start).to_owned()
}

fn problem(unfit: &Unfit) -> ui::AnswerProblem {
    match unfit {
        Unfit::Nothing => ui::AnswerProblem::Missing,
        Unfit::TooLow(least) => ui::AnswerProblem::TooLow(least.clone()),
        Unfit::TooHigh(greatest) => ui::AnswerProblem::TooHigh(greatest.clone()),
        Unfit::Digits => ui::AnswerProblem::TooManyDigits,
        Unfit::TooLong(characters) => ui::AnswerProblem::TooLong(*characters),
        Unfit::NotAlone | Unfit::Twice | Unfit::OnlyOne => ui::AnswerProblem::NotTogether,
        Unfit::Type | Unfit::NotAnOption | Unfit::Unit => ui::AnswerProblem::NotTaken,
    }
}

fn calendar(day: NaiveDate) -> ui::CalendarDay {
    ui::CalendarDay {
        day: u8::try_from(day.day()).unwrap_or(1),
        month: u8::try_from(day.month()).unwrap_or(1),
        year: u16::try_from(day.year()).unwrap_or_default(),
    }
}

fn summary(list: &questions::State, state: &State, words: Words<'_>, now: DateTime<FixedOffset>) -> ui::SummaryView {
    let questions = list.steps().into_iter().filter(|item| item.is_question());
    let row = |item: &Item| ui::SummaryRow {
        question: words.or_empty(item.text.as_ref()),
        given: given(item, list.given(&item.link_id), words),
        required: item.required,
    };
    let saved = list.answering.filling.stage == Stage::Submitted;
    let sent = list.answering.sent.as_ref().filter(|_| saved);
    let scores = sent.iter().flat_map(|answers| &answers.response.scores);
    ui::SummaryView {
        title: title(list, words),
        rows: questions.map(row).collect(),
        stage: match (&list.answering.filling.stage, sent) {
            (Stage::Submitted, Some(answers)) => {
                let item = state.book.plan.said.iter().find(|row| row.item.identity() == answers.identity);
                let at = moment(answers.response.authored, day(now));
                at.map_or(ui::SummaryStage::Saving, |at| ui::SummaryStage::Saved {
                    at,
                    delivery: item.map_or(ui::Delivery::Waiting, item_delivery),
                })
            }
            (Stage::Submitting, _) => ui::SummaryStage::Saving,
            _ => ui::SummaryStage::Looking,
        },
        scores: scores
            .map(|score| ui::ScoreView {
                name: {
                    let way = list.answering.list.way_to(&score.item);
                    words.or_empty(way.last().and_then(|item| item.text.as_ref()))
                },
                number: score.value.to_string(),
                band: score.band.as_ref().map(|band| words.of(band)),
            })
            .collect(),
        written_in: written_in(list.answering.list.questionnaire().title.as_ref(), words),
        faults: faults(state),
    }
}

fn given(item: &Item, given: Option<&Given>, words: Words<'_>) -> ui::GivenView {
    let answers = match given {
        None => return ui::GivenView::Nothing,
        Some(Given::DontKnow) => return ui::GivenView::DontKnow,
        Some(Given::Answers(answers)) => answers,
    };
    let unit = |number: &Number| words.or_empty(number.unit.as_ref());
    match (answers.as_slice(), &item.kind) {
        ([Answer::Boolean(yes)], _) => ui::GivenView::YesNo(*yes),
        ([Answer::Integer(number)], ItemKind::Integer(of)) => {
            ui::GivenView::Number { number: number.to_string(), unit: unit(of) }
        }
        ([Answer::Decimal(number)], ItemKind::Decimal(of)) => {
            ui::GivenView::Number { number: number.to_string(), unit: unit(of) }
        }
        ([Answer::Quantity { value, unit }], ItemKind::Quantity { units, .. }) => {
            let known = units.iter().find(|known| known.coding.is_same(unit)).map(|known| words.of(&known.text));
            ui::GivenView::Number { number: value.to_string(), unit: known.unwrap_or_else(|| unit.code.clone()) }
        }
        ([Answer::Date(day)], _) => ui::GivenView::Day(calendar(*day)),
        (answers, _) => ui::GivenView::Words(answers.iter().map(|answer| in_words(item, answer, words)).collect()),
    }
}

fn in_words(item: &Item, answer: &Answer, words: Words<'_>) -> String {
    let option = options(item).iter().find(|option| option.value.is_same(answer));
    match (option, answer) {
        (Some(option), _) => words.of(&option.text),
        (None, Answer::Text(own)) => own.clone(),
        (None, Answer::Coded(coding)) => coding.display.clone().unwrap_or_else(|| coding.code.clone()),
        (None, Answer::Time(time)) => time.format("%H:%M").to_string(),
        (None, Answer::DateTime(time)) => time.format("%d.%m.%Y %H:%M").to_string(),
        (None, _) => String::new(),
    }
}
