//! Answers to lists of questions, with the questions as the list words them.

use std::collections::HashMap;

use dagsform_care::Decimal;

use super::{
    arrivals::{self, Arrival},
    html::{Frame, Html},
    says,
};
use crate::{
    fhir::codes::DATA_ABSENT_REASON_EXTENSION,
    service::{PageWords, extension, fhir::store::Store, json::Json, problem::Problem, questions},
};

/// So many responses on the page.
const MOST: u32 = 20;
/// SDC guide, calculatedExpression: the answer is worked out, a score.
const CALCULATED: &str = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression";

/// A response and the list that it answers.
pub(super) struct Answered {
    response: Arrival,
    /// If this service has it.
    list: Option<Json>,
}

pub(super) fn read(store: &Store<'_>, patient: &str) -> Result<Vec<Answered>, Problem> {
    let with_list = |response: Arrival| {
        let named = response.body.get_text("questionnaire").map(|named| questions::find(store, named));
        Ok(Answered { list: named.transpose()?.flatten(), response })
    };
    arrivals::read(store, "QuestionnaireResponse", patient, MOST)?.into_iter().map(with_list).collect()
}

pub(super) fn show(html: &mut Html, frame: Frame<'_>, all: &[Answered]) {
    if all.is_empty() {
        return;
    }
    html.section(&frame.words.text("service-page", "Answers", &[]));
    for answered in all {
        show_one(html, frame, answered);
    }
    html.raw("</section>");
}

fn show_one(html: &mut Html, frame: Frame<'_>, Answered { response, list }: &Answered) {
    let words = frame.words;
    let unnamed = || words.text("service-page", "A list that this service does not have", &[]);
    html.raw("<article><h3>").text(&list.as_ref().map_or_else(unnamed, questions::title)).raw("</h3><p>");
    let source = response.body.get("source");
    let by_patient =
        source.and_then(|source| source.get_text("reference")).is_some_and(|to| to.starts_with("Patient/"));
    let named = source.and_then(|source| source.get_text("display")).map(str::to_owned);
    let by = if by_patient { Some(words.text("service-page", "The patient", &[])) } else { named };
    let authored = response.body.get_text("authored").map(says::fhir_time);
    let line: Vec<String> = authored.into_iter().chain(by).chain(response.plan_version(frame)).collect();
    html.raw("<span>").text(&line.join(" · ")).raw("</span></p>");
    if response.taken_back() {
        html.raw("<p class=\"note\">").text(&words.text("service-page", "Taken back", &[])).raw("</p>");
    }
    let mut questions = HashMap::new();
    if let Some(list) = list {
        collect(list, &mut questions);
    }
    html.raw(if response.taken_back() { "<dl class=\"taken-back\">" } else { "<dl>" });
    show_items(html, words, &response.body, list.as_ref(), &questions);
    html.raw("</dl>");
    arrivals::show_seen(html, frame, [response].into_iter());
    html.raw("</article>");
}

/// The items of a list by their linkId.
fn collect<'a>(item: &'a Json, all: &mut HashMap<&'a str, &'a Json>) {
    for inner in item.get_list("item") {
        all.extend(inner.get_text("linkId").map(|id| (id, inner)));
        collect(inner, all);
    }
}

fn show_items(
    html: &mut Html,
    words: &dyn PageWords,
    parent: &Json,
    list: Option<&Json>,
    questions: &HashMap<&str, &Json>,
) {
    for item in parent.get_list("item") {
        let id = item.get_text("linkId").unwrap_or_default();
        let question = questions.get(id).copied();
        let text = question.and_then(|question| question.get_text("text")).or(item.get_text("text")).unwrap_or(id);
        let answers = item.get_list("answer");
        let is_score = question.is_some_and(|question| has(question, CALCULATED));
        let said = if is_score { score(words, answers, list) } else { said(words, item, answers) };
        match said {
            Some(said) if is_score => {
                let score = words.text("service-page", "Score: {what}", &[("what", text)]);
                html.raw("<dt>").text(&score).raw("</dt><dd><b>").text(&said).raw("</b></dd>");
            }
            Some(said) => {
                html.raw("<dt>").text(text).raw("</dt><dd>").text(&said).raw("</dd>");
            }
            None => {
                html.raw("<dt class=\"group\">").text(text).raw("</dt>");
            }
        }
        for nested in answers.iter().chain([item]) {
            show_items(html, words, nested, list, questions);
        }
    }
}

fn has(element: &Json, url: &str) -> bool {
    element.get_list("extension").iter().any(|extension| extension.get_text("url") == Some(url))
}

/// The answers of an item in words; `None` if it asks nothing.
fn said(words: &dyn PageWords, item: &Json, answers: &[Json]) -> Option<String> {
    if has(item, DATA_ABSENT_REASON_EXTENSION) {
        return Some(words.text("service-page", "Does not know", &[]));
    }
    let all: Vec<String> = answers.iter().filter_map(|answer| value(words, answer)).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

fn value(words: &dyn PageWords, answer: &Json) -> Option<String> {
    let (name, value) = answer.members().iter().find(|(name, _)| name.starts_with("value"))?;
    Some(match (name.as_str(), value) {
        (_, Json::Bool(true)) => words.text("service-page", "Yes", &[]),
        (_, Json::Bool(false)) => words.text("service-page", "No", &[]),
        (_, Json::Number(digits)) => says::number(words, digits),
        ("valueDateTime", Json::Text(time)) => says::fhir_time(time),
        (_, Json::Text(text)) => text.clone(),
        ("valueCoding", coding) => coding.get_text("display").or(coding.get_text("code"))?.to_owned(),
        ("valueQuantity", quantity) => {
            let Some(Json::Number(digits)) = quantity.get("value") else { return None };
            let unit = quantity.get_text("unit").or(quantity.get_text("code")).unwrap_or_default();
            format!("{} {}", says::number(words, digits), says::unit(unit)).trim_end().to_owned()
        }
        _ => return None,
    })
}

/// A score and the name of the band that it falls in.
fn score(words: &dyn PageWords, answers: &[Json], list: Option<&Json>) -> Option<String> {
    let answer = answers.first()?;
    let said = value(words, answer)?;
    let digits = ["valueDecimal", "valueInteger"].into_iter().find_map(|name| decimal(answer.get(name)));
    let band = list.into_iter().flat_map(|list| extension::all(list, "score-band")).find(|band| {
        let bound = |name| decimal(extension::part(band, name).and_then(|part| part.get("valueDecimal")));
        let above = digits.zip(bound("from")).is_some_and(|(score, from)| score.compare(from).is_ge());
        above && digits.zip(bound("to")).is_some_and(|(score, to)| score.compare(to).is_le())
    });
    let name = band.and_then(|band| extension::part(band, "name")?.get_text("valueString"));
    Some(name.map_or_else(|| said.clone(), |name| format!("{said} ({name})")))
}

fn decimal(value: Option<&Json>) -> Option<Decimal> {
    match value? {
        Json::Number(digits) => digits.parse().ok(),
        _ => None,
    }
}
