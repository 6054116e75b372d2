//! All answers of a list, and what becomes of them.

use super::{day, model, question, said, written};
use crate::generated::{AnswerItem, MarkLine, MarkState, ScoreItem, SummaryScreenState, SummaryShape};
use crate::view::{GivenView, ScoreView, SummaryRow, SummaryStage, SummaryView};
use crate::words::Words;

pub(super) fn apply(screen: &SummaryScreenState<'_>, view: &SummaryView, words: Words) {
    screen.set_shape(match view.stage {
        SummaryStage::Looking => SummaryShape::Looking,
        SummaryStage::Saving => SummaryShape::Saving,
        SummaryStage::Saved { .. } => SummaryShape::Saved,
    });
    screen.set_title(view.title.as_str().into());
    screen.set_written_in(written::questions(view.written_in.as_deref(), words).into());
    screen.set_rows(model(view.rows.iter().map(|row| item(row, words))));
    screen.set_missing(first_missing(view));
    screen.set_answered_at(answered_at(view.stage, words).into());
    screen.set_marks(model(marks(view.stage, words)));
    screen.set_scores(model(scores(view).iter().map(|score| score_item(score, words))));
}

fn is_missing(row: &SummaryRow) -> bool {
    row.required && row.given == GivenView::Nothing
}

fn first_missing(view: &SummaryView) -> i32 {
    let missing = view.rows.iter().position(is_missing);
    missing.and_then(|place| i32::try_from(place).ok()).unwrap_or(-1)
}

/// A sum is told only of answers that are in the record.
fn scores(view: &SummaryView) -> &[ScoreView] {
    match view.stage {
        SummaryStage::Saved { .. } => &view.scores,
        SummaryStage::Looking | SummaryStage::Saving => &[],
    }
}

fn item(row: &SummaryRow, words: Words) -> AnswerItem {
    let missing = is_missing(row);
    let answer = if missing { words.text("summary", "Missing", &[]) } else { given(&row.given, words) };
    AnswerItem {
        spoken: said::sentences(&[&row.question, &answer]).into(),
        change: words.text("summary", "Change: {}", &[&row.question]).into(),
        question: row.question.as_str().into(),
        answer: answer.into(),
        missing,
    }
}

fn given(given: &GivenView, words: Words) -> String {
    match given {
        GivenView::Nothing => words.text("summary", "Not answered", &[]),
        GivenView::DontKnow => words.text("answer", "I do not know", &[]),
        GivenView::YesNo(true) => words.text("answer", "Yes", &[]),
        GivenView::YesNo(false) => words.text("answer", "No", &[]),
        GivenView::Words(all) => all.join(", "),
        GivenView::Number { number, unit } if unit.is_empty() => question::written(number, words),
        GivenView::Number { number, unit } => format!("{} {unit}", question::written(number, words)),
        GivenView::Day(day) => day::calendar(*day, words),
    }
}

fn answered_at(stage: SummaryStage, words: Words) -> String {
    match stage {
        SummaryStage::Saved { at, .. } => words.text("today", "Answered {}", &[&at.text(words)]),
        SummaryStage::Looking | SummaryStage::Saving => String::new(),
    }
}

/// Nothing is claimed before the record has the answers.
fn marks(stage: SummaryStage, words: Words) -> Vec<MarkLine> {
    match stage {
        SummaryStage::Looking => Vec::new(),
        SummaryStage::Saving => vec![said::line(MarkState::Now, words.text("mark", "Saving on the tablet …", &[]))],
        SummaryStage::Saved { delivery, .. } => {
            let saved = said::line(MarkState::Done, words.text("mark", "Saved on the tablet", &[]));
            vec![saved, said::way(delivery, words)]
        }
    }
}

fn score_item(score: &ScoreView, words: Words) -> ScoreItem {
    let number = question::written(&score.number, words);
    let heading = match score.name.as_str() {
        "" => words.text("summary", "Sum: {}", &[&number]),
        name => words.text("summary", "{0}: {1}", &[name, &number]),
    };
    let band = score.band.as_deref().unwrap_or_default();
    ScoreItem { spoken: said::sentences(&[&heading, band]).into(), band: band.into(), heading: heading.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;
    use crate::moment::{Day, Moment};
    use crate::view::Delivery;

    const WORDS: Words = Words::in_language(Language::En);

    fn row(given: GivenView, required: bool) -> SummaryRow {
        SummaryRow { question: "Why?".to_owned(), given, required }
    }

    fn view(rows: Vec<SummaryRow>, stage: SummaryStage) -> SummaryView {
        let score = ScoreView { name: String::new(), number: "16.25".to_owned(), band: Some("Low".to_owned()) };
        let title = "List".to_owned();
        SummaryView { title, rows, stage, scores: vec![score], written_in: None, faults: Vec::new() }
    }

    #[test]
    fn only_a_required_question_without_any_word_is_missing() {
        let rows = vec![
            row(GivenView::Nothing, false),
            row(GivenView::DontKnow, true),
            row(GivenView::YesNo(false), true),
            row(GivenView::Nothing, true),
        ];
        assert_eq!(first_missing(&view(rows.clone(), SummaryStage::Looking)), 3);
        assert_eq!(first_missing(&view(rows[..3].to_vec(), SummaryStage::Looking)), -1);
        assert_eq!(item(&rows[0], WORDS).answer, "Not answered");
        assert_eq!(item(&rows[3], WORDS).answer, "Missing");
    }

    #[test]
    fn neither_saved_nor_a_sum_is_told_before_the_record_has_the_answers() {
        let at = Moment { day: Day::Today, hour: 9, minute: 0 };
        let saved = SummaryStage::Saved { at, delivery: Delivery::Waiting };
        let told = |stage| {
            let done = marks(stage, WORDS).iter().filter(|mark| mark.state == MarkState::Done).count();
            (done, scores(&view(Vec::new(), stage)).len())
        };
        assert_eq!(told(SummaryStage::Looking), (0, 0));
        assert_eq!(told(SummaryStage::Saving), (0, 0));
        assert_eq!(told(saved), (1, 1));
        assert_eq!(told(SummaryStage::Saved { at, delivery: Delivery::Seen }), (2, 1));
    }

    #[test]
    fn answers_are_written_as_they_were_given() {
        let number = |unit: &str| GivenView::Number { number: "5.5".to_owned(), unit: unit.to_owned() };
        let nb = Words::in_language(Language::Nb);
        assert_eq!(given(&number("mmol/L"), nb), "5,5 mmol/L");
        assert_eq!(given(&number(""), nb), "5,5");
        assert_eq!(given(&GivenView::Words(vec!["A".to_owned(), "B".to_owned()]), nb), "A, B");
        assert_eq!(given(&GivenView::YesNo(false), nb), "Nei");
    }
}
