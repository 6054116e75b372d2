//! The lists of questions that a patient has, and those that can be sent.

use super::html::{Frame, Html};
use crate::service::{
    PageWords,
    fhir::store::{Store, Stored},
    json::Json,
    problem::Problem,
    questions::{self, When},
};

/// What the section shows.
pub(super) struct Lists {
    sent: Vec<(Stored, Json)>,
    available: Vec<Json>,
}

pub(super) fn read(store: &Store<'_>, patient: &str) -> Result<Lists, Problem> {
    Ok(Lists { sent: questions::sent(store, patient)?, available: questions::available(store)? })
}

/// `plan` is the name of the plan's version that the page shows.
pub(super) fn show(html: &mut Html, frame: Frame<'_>, plan: &str, lists: &Lists) {
    let words = frame.words;
    html.section(&words.text("service-page", "Lists of questions", &[]));
    if lists.sent.is_empty() {
        html.paragraph(&words.text("service-page", "The patient has no lists of questions.", &[]));
    }
    for (stored, order) in &lists.sent {
        html.form(frame, "withdraw").hidden("plan", plan).hidden("order", &stored.id);
        let title = order.get("code").and_then(|code| code.get_text("text")).unwrap_or_default();
        html.raw("<b>").text(title).raw("</b> <span>").text(&when(words, order)).raw("</span> ");
        html.button(&words.text("service-page", "Withdraw", &[]));
    }
    if lists.available.is_empty() {
        html.paragraph(&words.text("service-page", "The service has no lists of questions to send.", &[]));
    } else {
        show_form(html, frame, plan, &lists.available);
    }
    html.raw("</section>");
}

fn show_form(html: &mut Html, frame: Frame<'_>, plan: &str, available: &[Json]) {
    let words = frame.words;
    html.form(frame, "list").hidden("plan", plan).raw("<fieldset><legend>");
    html.text(&words.text("service-page", "Send a list", &[])).raw("</legend>");
    html.choice(&words.text("service-page", "List", &[]), "questionnaire");
    for questionnaire in available {
        let version = questionnaire.get_text("version").unwrap_or_default();
        let label = format!("{} ({version})", questions::title(questionnaire));
        html.option(&questions::canonical(questionnaire).unwrap_or_default(), &label, false);
    }
    html.raw("</select></label>").choice(&words.text("service-page", "To be answered", &[]), "when");
    for when in When::ALL {
        let label = match when {
            When::Today => words.text("service-page", "once, today", &[]),
            When::EveryDay => words.text("service-page", "every day", &[]),
            When::Always => words.text("service-page", "whenever the patient wants", &[]),
        };
        html.option(when.key(), &label, false);
    }
    html.raw("</select></label></fieldset>").button(&words.text("service-page", "Send the list", &[]));
}

fn when(words: &dyn PageWords, order: &Json) -> String {
    match When::of(order) {
        Some(When::Today) => {
            let bounds = order.get("occurrenceTiming").and_then(|timing| timing.get("repeat")?.get("boundsPeriod"));
            let date = bounds.and_then(|bounds| bounds.get_text("start")).unwrap_or_default();
            words.text("service-page", "once, on {date}", &[("date", date)])
        }
        Some(When::EveryDay) => words.text("service-page", "every day", &[]),
        Some(When::Always) => words.text("service-page", "whenever the patient wants", &[]),
        None => words.text("service-page", "at times of its own", &[]),
    }
}
