//! A list of questions.

use std::ops::RangeInclusive;

use dagsform_ui::{
    AnswerProblem, AnswerView, CalendarDay, Delivery, Draft, GivenView, OptionView, QuestionView, ScoreView,
    SummaryRow, SummaryStage, SummaryView,
};

use super::LONG_NAME;

pub(crate) fn options(words: &[&str], chosen: &[usize]) -> Vec<OptionView> {
    let option =
        |(place, words): (usize, &&str)| OptionView { words: (*words).to_owned(), chosen: chosen.contains(&place) };
    words.iter().enumerate().map(option).collect()
}

pub(crate) fn question(text: &str, answer: AnswerView) -> QuestionView {
    QuestionView {
        title: "Dagens form".to_owned(),
        place: 3,
        of: 8,
        groups: Vec::new(),
        text: text.to_owned(),
        help: Vec::new(),
        required: true,
        answer,
        dont_know: false,
        problem: None,
        written_in: Some("nb".to_owned()),
        faults: Vec::new(),
    }
}

pub(crate) fn yes_no() -> QuestionView {
    question("Har du hostet mer enn vanlig i dag?", AnswerView::YesNo(Some(true)))
}

pub(crate) fn one() -> QuestionView {
    let words = [
        "Ikke noe problem",
        "Et lite problem",
        "Et middels stort problem",
        "Et ganske stort problem",
        "Et stort problem",
    ];
    QuestionView {
        groups: vec!["Å leve med diabetes".to_owned()],
        ..question("Er det et problem for deg å være redd for følinger?", AnswerView::One(options(&words, &[2])))
    }
}

pub(crate) fn several() -> QuestionView {
    let words = ["Hvitt eller klart", "Gult", "Grønt", "Brunt", "Jeg har ikke slim"];
    QuestionView {
        title: LONG_NAME.to_owned(),
        help: vec!["Se på slimet du har hostet opp i dag. Det kan ha flere farger på én dag.".to_owned()],
        ..question("Hvilken farge har slimet?", AnswerView::Several(options(&words, &[1, 2])))
    }
}

pub(crate) fn open_choice() -> QuestionView {
    let words =
        ["Jeg har sovet dårlig", "Jeg har hatt besøk eller vært ute på noe som har tatt mye krefter denne uken"];
    let own = Draft { text: "Jeg har flyttet møbler".to_owned(), edition: 0 };
    let answer = AnswerView::OpenChoice { options: options(&words, &[]), several: false, own };
    question("Vet du hva som kan være grunnen?", answer)
}

pub(crate) fn number(units: &[&str]) -> QuestionView {
    let units = options(units, &[0]);
    let answer = AnswerView::Number { typed: "7.5".to_owned(), units, decimals: true };
    question("Hvor mye Prednisolon har du tatt i dag?", answer)
}

fn scale(places: RangeInclusive<u32>, at: Option<usize>, low: &str, high: &str) -> AnswerView {
    AnswerView::Slider {
        places: places.map(|number| number.to_string()).collect(),
        at,
        low: low.to_owned(),
        high: high.to_owned(),
    }
}

pub(crate) fn few_places() -> QuestionView {
    question("Er du tung i pusten?", scale(1..=10, Some(3), "ingen", "verst tenkelige"))
}

pub(crate) fn line() -> QuestionView {
    question(
        "Hvordan er helsen din i dag?",
        scale(0..=100, Some(65), "dårligst tenkelige helse", "best tenkelige helse"),
    )
}

pub(crate) fn words() -> QuestionView {
    let draft = Draft { text: "Jeg har vært litt tyngre i beina enn jeg pleier.".to_owned(), edition: 0 };
    let answer = AnswerView::Text { draft, long: true };
    question("Er det noe mer du vil at vi skal vite?", answer)
}

pub(crate) fn day(given: bool) -> QuestionView {
    let shown = CalendarDay { day: 30, month: 9, year: 2026 };
    let problem = given.then_some(AnswerProblem::TooEarly(CalendarDay { day: 1, month: 10, year: 2026 }));
    QuestionView { problem, ..question("Når begynte det?", AnswerView::Day { shown, given }) }
}

pub(crate) fn read() -> QuestionView {
    QuestionView {
        required: false, ..question("Takk. Nå kommer noen spørsmål om den siste uken.", AnswerView::Read)
    }
}

/// A question that has to be answered and was left.
pub(crate) fn missing() -> QuestionView {
    QuestionView {
        problem: Some(AnswerProblem::Missing),
        dont_know: false,
        ..question(
            "Har formen din vært så mye dårligere enn vanlig at du har latt være å gjøre noe du ellers ville ha gjort?",
            AnswerView::YesNo(None),
        )
    }
}

fn row(question: &str, given: GivenView) -> SummaryRow {
    SummaryRow { question: question.to_owned(), given, required: true }
}

pub(crate) fn summary(stage: SummaryStage) -> SummaryView {
    let number = GivenView::Number { number: "7.5".to_owned(), unit: "mg".to_owned() };
    SummaryView {
        title: LONG_NAME.to_owned(),
        rows: vec![
            row("Har du hostet mer enn vanlig i dag?", GivenView::YesNo(true)),
            row("Hvilken farge har slimet?", GivenView::Words(vec!["Gult".to_owned(), "Grønt".to_owned()])),
            row("Hvor mye Prednisolon har du tatt i dag?", number),
            row("Når begynte det?", GivenView::Day(CalendarDay { day: 30, month: 9, year: 2026 })),
            row("Har du feberfølelse?", GivenView::DontKnow),
            SummaryRow { required: false, ..row("Er det noe mer du vil at vi skal vite?", GivenView::Nothing) },
        ],
        stage,
        scores: vec![ScoreView {
            name: "Plager ved diabetes (PAID)".to_owned(),
            number: "16.25".to_owned(),
            band: Some("Få plager".to_owned()),
        }],
        written_in: Some("nb".to_owned()),
        faults: Vec::new(),
    }
}

pub(crate) fn saved(delivery: Delivery) -> SummaryStage {
    SummaryStage::Saved { at: super::at(9, 12), delivery }
}

/// Answers of which one is missing.
pub(crate) fn incomplete() -> SummaryView {
    let mut view = summary(SummaryStage::Looking);
    view.rows[1].given = GivenView::Nothing;
    view
}
