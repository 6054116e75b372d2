//! The list of patients.

use super::{html::Html, says};
use crate::service::{
    PageWords,
    fhir::{definitions, search::Search, store::Store},
    json::Json,
    problem::Problem,
    seen::{self, Sent},
};

/// A patient in the list.
#[derive(Debug)]
pub(super) struct Listed {
    id: String,
    name: Option<String>,
    sent: Sent,
}

/// All patients: first those with something that needs attention, then those with something unseen.
pub(super) fn read(store: &Store<'_>) -> Result<Vec<Listed>, Problem> {
    let Some(definition) = definitions::find("Patient") else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    let mut next = Some(Vec::new());
    while let Some(query) = next {
        let page = Search::new(definition, &query)?.page(store)?;
        for patient in page.found {
            let name = name(&patient.json()?);
            let sent = seen::sent(store, &patient.id)?;
            all.push(Listed { id: patient.id, name, sent });
        }
        next = page.next;
    }
    all.sort_by_key(|patient| {
        let Sent { unseen, wishes, latest } = patient.sent;
        (wishes == 0, unseen == 0, std::cmp::Reverse(latest))
    });
    Ok(all)
}

/// A person's name as people read it.
pub(super) fn name(person: &Json) -> Option<String> {
    let name = person.get_list("name").first()?;
    if let Some(text) = name.get_text("text") {
        return Some(text.to_owned());
    }
    let given = name.get_list("given").iter().filter_map(Json::as_text);
    let parts: Vec<&str> = given.chain(name.get_text("family")).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

pub(super) fn show(words: &dyn PageWords, all: &[Listed]) -> Html {
    let heading = words.text("service-page", "Patients", &[]);
    Html::page(words, &heading, |html| {
        if all.is_empty() {
            html.raw("<p>").text(&words.text("service-page", "No patients yet.", &[])).raw("</p>");
            return;
        }
        html.raw("<ul class=\"patients\">");
        for patient in all {
            let unnamed = || words.text("service-page", "Without a name", &[]);
            html.raw("<li><a href=\"/patient/").text(&patient.id).raw("\">");
            html.text(&patient.name.clone().unwrap_or_else(unnamed)).raw("</a> <span>");
            let unseen = patient.sent.unseen.to_string();
            html.text(&match (patient.sent.unseen, patient.sent.latest) {
                (_, None) => words.text("service-page", "Nothing has arrived yet", &[]),
                (0, _) => words.text("service-page", "All seen", &[]),
                _ => words.text("service-page", "Not seen: {number}", &[("number", &unseen)]),
            });
            if let Some(latest) = patient.sent.latest {
                let when = says::milliseconds(latest);
                html.raw("</span> <span>");
                html.text(&words.text("service-page", "Last received {time}", &[("time", &when)]));
            }
            html.raw("</span>");
            if patient.sent.wishes > 0 {
                let needs = words.text("service-page", "Needs attention", &[]);
                html.raw(" <strong>").text(&needs).raw("</strong>");
            }
            html.raw("</li>");
        }
        html.raw("</ul>");
    })
}
