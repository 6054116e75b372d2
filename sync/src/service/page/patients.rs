//! The list of patients.

use super::{html::Html, says};
use crate::service::{
    PageWords,
    fhir::{
        definitions,
        search::Search,
        store::{Store, Stored},
    },
    json::Json,
    problem::Problem,
    seen,
};

/// A patient in the list.
#[derive(Debug)]
pub(super) struct Listed {
    id: String,
    name: Option<String>,
    /// How many Observations nobody has seen.
    unseen: i64,
    /// When the newest Observation came.
    latest: Option<i64>,
}

/// All patients, those with something unseen first.
pub(super) fn read(store: &Store<'_>) -> Result<Vec<Listed>, Problem> {
    let Some(definition) = definitions::find("Patient") else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    let mut next = Some(Vec::new());
    while let Some(query) = next {
        let page = Search::new(definition, &query)?.page(store)?;
        for patient in page.found {
            let name = name(&patient.json()?);
            let unseen = seen::unseen(store, &patient.id)?;
            let latest = newest(store, &patient.id)?.map(|observation| observation.updated);
            all.push(Listed { id: patient.id, name, unseen, latest });
        }
        next = page.next;
    }
    all.sort_by_key(|patient| (patient.unseen == 0, std::cmp::Reverse(patient.latest)));
    Ok(all)
}

fn newest(store: &Store<'_>, patient: &str) -> Result<Option<Stored>, Problem> {
    let Some(definition) = definitions::find("Observation") else { return Ok(None) };
    let query = [("patient", patient), ("_sort", "-_lastUpdated"), ("_count", "1")];
    let query = query.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Ok(Search::new(definition, &query)?.page(store)?.found.pop())
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
            let unseen = patient.unseen.to_string();
            html.text(&match (patient.unseen, patient.latest) {
                (_, None) => words.text("service-page", "Nothing has arrived yet", &[]),
                (0, _) => words.text("service-page", "All seen", &[]),
                _ => words.text("service-page", "Not seen: {number}", &[("number", &unseen)]),
            });
            if let Some(latest) = patient.latest {
                let when = says::milliseconds(latest);
                html.raw("</span> <span>");
                html.text(&words.text("service-page", "Last received {time}", &[("time", &when)]));
            }
            html.raw("</span></li>");
        }
        html.raw("</ul>");
    })
}
