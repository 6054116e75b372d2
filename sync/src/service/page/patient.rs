//! One patient: what was asked for, what arrived, what is agreed.

use super::{
    answers::{self, Answered},
    arrivals::{self, Arrival},
    html::{Frame, Html},
    limits::{self, Limited},
    lists::{self, Lists},
    medicines, messages, patients,
    plan::{self, Shown},
    readings::{self, Observation, Reading},
    says, tablet,
};
use crate::service::{
    PageWords, TabletAccess,
    fhir::{
        search::{self, Search, query},
        store::{Store, Stored},
    },
    problem::Problem,
};

/// So many Observations on one page.
const OBSERVATIONS: &str = "100";

/// What the page shows.
pub(super) struct View {
    id: String,
    name: Option<String>,
    readings: Vec<Reading>,
    /// Where older readings begin.
    older: Option<String>,
    answers: Vec<Answered>,
    medicines: Vec<Arrival>,
    messages: Vec<Arrival>,
    plan: Shown,
    lists: Lists,
    limits: Vec<Limited>,
    tablet: tablet::Shown,
}

/// The place to begin at, of the page's query.
pub(super) fn after(asked: &str) -> Option<String> {
    query(asked).into_iter().find(|(name, _)| name == "after").map(|(_, value)| value)
}

pub(super) fn read(store: &Store<'_>, id: &str, after: Option<String>, access: TabletAccess) -> Result<View, Problem> {
    let patient = store.read("Patient", id)?;
    let (found, older) = newest(store, id, after)?;
    Ok(View {
        id: id.to_owned(),
        name: patients::name(&patient.json()?),
        readings: readings::group(store, found)?,
        older,
        answers: answers::read(store, id)?,
        medicines: medicines::read(store, id)?,
        messages: messages::read(store, id)?,
        plan: plan::read(store, id)?,
        lists: lists::read(store, id)?,
        limits: limits::read(store, id)?,
        tablet: tablet::read(store, id, access)?,
    })
}

/// The newest Observations to arrive, and where the next page begins. By arrival, so that nothing stays unseen
/// because it was measured long ago or at an unknown time.
fn newest(store: &Store<'_>, id: &str, after: Option<String>) -> Result<(Vec<Stored>, Option<String>), Problem> {
    let conditions = [
        ("patient", format!("Patient/{id}")),
        ("_count", OBSERVATIONS.to_owned()),
        ("_sort", "-_lastUpdated".to_owned()),
    ];
    let from = after.map(|after| ("_after", after));
    let all = conditions.into_iter().chain(from);
    let query: Vec<(String, String)> = all.map(|(name, value)| (name.to_owned(), value)).collect();
    let page = Search::new(search::definition("Observation")?, &query)?.page(store)?;
    let next = page.next.and_then(|query| query.into_iter().find(|(name, _)| name == "_after"));
    Ok((page.found, next.map(|(_, place)| place)))
}

pub(super) fn show(words: &dyn PageWords, token: &str, view: &View) -> Html {
    let unnamed = || words.text("service-page", "Without a name", &[]);
    let heading = view.name.clone().unwrap_or_else(unnamed);
    let frame = Frame { words, token, patient: &view.id };
    Html::page(words, &heading, |html| {
        html.raw("<p><a href=\"/\">").text(&words.text("service-page", "To the list of patients", &[]));
        html.raw("</a></p>");
        messages::show_wishes(html, frame, &view.messages);
        show_readings(html, frame, view);
        answers::show(html, frame, &view.answers);
        medicines::show(html, frame, &view.medicines);
        messages::show(html, frame, &view.messages);
        plan::show(html, frame, &view.plan);
        if !view.plan.is_ended() {
            lists::show(html, frame, &view.plan.name(), &view.lists);
            limits::show(html, frame, &view.limits);
        }
        tablet::show(html, frame, &view.tablet);
    })
}

fn show_readings(html: &mut Html, frame: Frame<'_>, view: &View) {
    let words = frame.words;
    html.section(&words.text("service-page", "Readings", &[]));
    if view.readings.is_empty() {
        html.paragraph(&words.text("service-page", "Nothing has arrived yet", &[])).raw("</section>");
        return;
    }
    let all = || view.readings.iter().flat_map(|reading| &reading.observations).map(|observation| &observation.0);
    if all().any(|one| one.seen.is_none()) {
        arrivals::show_button(html, frame, all(), &words.text("service-page", "Mark all these readings as seen", &[]));
    }
    html.columns([
        words.text("service-page", "Measured", &[]),
        words.text("service-page", "Value", &[]),
        words.text("service-page", "Zone", &[]),
        words.text("service-page", "By", &[]),
        words.text("service-page", "With", &[]),
        words.text("service-page", "Remarks", &[]),
        words.text("service-page", "Received", &[]),
        words.text("service-page", "Seen", &[]),
    ]);
    for reading in &view.readings {
        show_reading(html, frame, reading, &view.readings);
    }
    html.raw("</tbody></table>");
    if let Some(older) = &view.older {
        html.raw("<p><a href=\"/patient/").text(&view.id).raw("?after=").text(older).raw("\">");
        html.text(&words.text("service-page", "Older readings", &[])).raw("</a></p>");
    }
    html.raw("</section>");
}

fn show_reading(html: &mut Html, frame: Frame<'_>, reading: &Reading, all: &[Reading]) {
    let words = frame.words;
    let unknown = || words.text("service-page", "Time not known", &[]);
    html.raw("<tr><td>").text(&reading.measured().unwrap_or_else(unknown)).raw("</td><td>");
    for observation in &reading.observations {
        show_values(html, words, observation);
    }
    html.raw("</td><td>");
    if let Some(zone) = reading.zone() {
        html.raw(match zone {
            "green" => "<div class=\"zone green\">",
            "yellow" => "<div class=\"zone yellow\">",
            "red" => "<div class=\"zone red\">",
            _ => "<div class=\"zone\">",
        });
        html.text(&says::zone(words, zone)).raw("</div>");
    }
    html.raw("<small>").text(&reading.plan_version(frame).unwrap_or_default()).raw("</small>");
    html.raw("</td><td>").text(&reading.performer(words));
    html.raw("</td><td>").text(&reading.means(words)).raw("</td><td>");
    for remark in reading.repetitions(words, all).into_iter().chain(reading.doubts(words)) {
        html.raw("<div>").text(&remark).raw("</div>");
    }
    html.raw("</td><td>").text(&reading.received().unwrap_or_default()).raw("</td><td>");
    arrivals::show_seen(html, frame, reading.observations.iter().map(|observation| &observation.0));
    html.raw("</td></tr>");
}

fn show_values(html: &mut Html, words: &dyn PageWords, observation: &Observation) {
    let taken_back = observation.0.taken_back();
    for (what, value) in observation.values(words) {
        html.raw(if taken_back { "<div><s>" } else { "<div>" }).text(&what).raw(" <b>").text(&value).raw("</b>");
        html.raw(if taken_back { "</s></div>" } else { "</div>" });
    }
    if taken_back {
        html.raw("<div class=\"note\">").text(&words.text("service-page", "Taken back", &[])).raw("</div>");
    }
}
