//! One patient: readings, messages, limits.

use super::{
    act,
    html::Html,
    patients,
    readings::{self, Observation, Reading},
    says,
};
use crate::service::{
    PageWords,
    fhir::{
        definitions,
        search::{Search, query},
        store::{Store, Stored},
    },
    json::Json,
    limit::{Limits, MEASURABLES, Measurable},
    problem::Problem,
};

/// So many Observations on one page.
const OBSERVATIONS: &str = "100";
/// So many messages.
const MESSAGES: &str = "20";

/// What the page shows.
pub(super) struct View {
    id: String,
    name: Option<String>,
    readings: Vec<Reading>,
    /// Where older readings begin.
    older: Option<String>,
    messages: Vec<Json>,
    limits: Vec<(&'static Measurable, Limits, i64)>,
}

/// The place to begin at, of the page's query.
pub(super) fn after(asked: &str) -> Option<String> {
    query(asked).into_iter().find(|(name, _)| name == "after").map(|(_, value)| value)
}

pub(super) fn read(store: &Store<'_>, id: &str, after: Option<String>) -> Result<View, Problem> {
    let patient = store.read("Patient", id)?;
    let name = patients::name(&patient.json()?);
    let about = format!("Patient/{id}");
    let from = after.iter().map(|after| ("_after", after.as_str()));
    let (found, older) = newest(store, "Observation", [("patient", about.as_str()), ("_count", OBSERVATIONS)], from)?;
    let readings = readings::group(store, found)?;
    let (messages, _) = newest(store, "Communication", [("patient", about.as_str()), ("_count", MESSAGES)], [])?;
    let messages = messages.iter().map(Stored::json).collect::<Result<_, _>>()?;
    let mut limits = Vec::new();
    for measurable in MEASURABLES {
        let order = act::order(store, id, measurable)?;
        let version = order.as_ref().map_or(0, |order| order.version);
        let set = order.map(|order| order.json()).transpose()?.map(|order| measurable.read(&order));
        limits.push((measurable, set.unwrap_or_default(), version));
    }
    Ok(View { id: id.to_owned(), name, readings, older, messages, limits })
}

/// The newest arrivals of a type, and where the next page begins. By arrival, so that nothing stays unseen
/// because it was measured long ago or at an unknown time.
fn newest<'a>(
    store: &Store<'_>,
    kind: &str,
    conditions: [(&'a str, &'a str); 2],
    from: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<(Vec<Stored>, Option<String>), Problem> {
    let Some(definition) = definitions::find(kind) else { return Ok((Vec::new(), None)) };
    let all = conditions.into_iter().chain([("_sort", "-_lastUpdated")]).chain(from);
    let query: Vec<(String, String)> = all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let page = Search::new(definition, &query)?.page(store)?;
    let next = page.next.and_then(|query| query.into_iter().find(|(name, _)| name == "_after"));
    Ok((page.found, next.map(|(_, place)| place)))
}

pub(super) fn show(words: &dyn PageWords, token: &str, view: &View) -> Html {
    let unnamed = || words.text("service-page", "Without a name", &[]);
    let heading = view.name.clone().unwrap_or_else(unnamed);
    Html::page(words, &heading, |html| {
        html.raw("<p><a href=\"/\">").text(&words.text("service-page", "To the list of patients", &[]));
        html.raw("</a></p>");
        show_readings(html, words, token, view);
        show_messages(html, words, token, view);
        show_limits(html, words, token, view);
    })
}

fn show_readings(html: &mut Html, words: &dyn PageWords, token: &str, view: &View) {
    html.raw("<section><h2>").text(&words.text("service-page", "Readings", &[])).raw("</h2>");
    if view.readings.is_empty() {
        html.raw("<p>").text(&words.text("service-page", "Nothing has arrived yet", &[])).raw("</p></section>");
        return;
    }
    let observations = || view.readings.iter().flat_map(|reading| &reading.observations);
    if observations().any(|observation| observation.seen.is_none()) {
        html.form(&view.id, "seen", token);
        for observation in observations().filter(|observation| observation.seen.is_none()) {
            html.hidden("observation", &observation.id);
        }
        html.button(&words.text("service-page", "Mark all on this page as seen", &[]));
    }
    html.raw("<table><thead><tr>");
    for column in [
        words.text("service-page", "Measured", &[]),
        words.text("service-page", "Value", &[]),
        words.text("service-page", "By", &[]),
        words.text("service-page", "With", &[]),
        words.text("service-page", "Remarks", &[]),
        words.text("service-page", "Received", &[]),
        words.text("service-page", "Seen", &[]),
    ] {
        html.raw("<th scope=\"col\">").text(&column).raw("</th>");
    }
    html.raw("</tr></thead><tbody>");
    for reading in &view.readings {
        show_reading(html, words, token, &view.id, reading);
    }
    html.raw("</tbody></table>");
    if let Some(older) = &view.older {
        html.raw("<p><a href=\"/patient/").text(&view.id).raw("?after=").text(older).raw("\">");
        html.text(&words.text("service-page", "Older readings", &[])).raw("</a></p>");
    }
    html.raw("</section>");
}

fn show_reading(html: &mut Html, words: &dyn PageWords, token: &str, patient: &str, reading: &Reading) {
    let unknown = || words.text("service-page", "Time not known", &[]);
    html.raw("<tr><td>").text(&reading.measured().unwrap_or_else(unknown)).raw("</td><td>");
    for observation in &reading.observations {
        show_values(html, words, observation);
    }
    html.raw("</td><td>").text(&reading.performer(words));
    html.raw("</td><td>").text(&reading.means(words)).raw("</td><td>");
    let mut doubts: Vec<String> = Vec::new();
    for doubt in reading.observations.iter().flat_map(|observation| observation.doubts(words)) {
        if !doubts.contains(&doubt) {
            doubts.push(doubt);
        }
    }
    for doubt in &doubts {
        html.raw("<div>").text(doubt).raw("</div>");
    }
    html.raw("</td><td>").text(&reading.received().unwrap_or_default()).raw("</td><td>");
    let unseen: Vec<&Observation> = reading.observations.iter().filter(|one| one.seen.is_none()).collect();
    if unseen.is_empty() {
        if let Some(seen) = reading.observations.iter().filter_map(|one| one.seen.as_ref()).max_by_key(|seen| seen.when)
        {
            html.text(&says::milliseconds(seen.when)).raw("<br>").text(&seen.who);
        }
    } else {
        html.form(patient, "seen", token);
        for observation in unseen {
            html.hidden("observation", &observation.id);
        }
        html.button(&words.text("service-page", "Mark as seen", &[]));
    }
    html.raw("</td></tr>");
}

fn show_values(html: &mut Html, words: &dyn PageWords, observation: &Observation) {
    let taken_back = observation.taken_back();
    for (what, value) in observation.values(words) {
        html.raw(if taken_back { "<div><s>" } else { "<div>" }).text(&what).raw(" <b>").text(&value).raw("</b>");
        html.raw(if taken_back { "</s></div>" } else { "</div>" });
    }
    if taken_back {
        html.raw("<div class=\"note\">").text(&words.text("service-page", "Taken back", &[])).raw("</div>");
    }
}

fn show_messages(html: &mut Html, words: &dyn PageWords, token: &str, view: &View) {
    html.raw("<section><h2>").text(&words.text("service-page", "Messages", &[])).raw("</h2>");
    html.form(&view.id, "message", token).raw("<label>");
    html.text(&words.text("service-page", "Message to the patient", &[]));
    html.raw("<textarea name=\"text\" rows=\"3\" maxlength=\"4000\" required></textarea></label>");
    html.button(&words.text("service-page", "Send", &[])).raw("<ul class=\"messages\">");
    for message in &view.messages {
        let sent = message.get_text("sent").map(says::fhir_time).unwrap_or_default();
        let sender = message.get("sender");
        let named = sender.and_then(|sender| sender.get_text("display")).map(str::to_owned);
        let from_patient =
            sender.and_then(|sender| sender.get_text("reference")) == Some(&format!("Patient/{}", view.id));
        let from = if from_patient { Some(words.text("service-page", "The patient", &[])) } else { named };
        html.raw("<li><span>").text(&sent).raw(" ").text(&from.unwrap_or_default()).raw("</span>");
        for text in message.get_list("payload").iter().filter_map(|part| part.get_text("contentString")) {
            html.raw("<p>").text(text).raw("</p>");
        }
        html.raw("</li>");
    }
    html.raw("</ul></section>");
}

fn show_limits(html: &mut Html, words: &dyn PageWords, token: &str, view: &View) {
    html.raw("<section><h2>").text(&words.text("service-page", "Limits", &[])).raw("</h2><p>");
    html.text(&words.text(
        "service-page",
        "Outside these numbers a reading is yellow or red. Empty means no limit.",
        &[],
    ));
    html.raw("</p>");
    for (measurable, limits, version) in &view.limits {
        html.form(&view.id, "limit", token).hidden("measurement", measurable.key);
        html.hidden("version", &version.to_string()).raw("<fieldset><legend>");
        html.text(&says::limit(words, measurable.key)).raw(" (").text(measurable.unit).raw(")</legend>");
        for (name, label, value) in [
            ("red-low", words.text("service-page", "Red below", &[]), &limits.red_low),
            ("yellow-low", words.text("service-page", "Yellow below", &[]), &limits.yellow_low),
            ("yellow-high", words.text("service-page", "Yellow above", &[]), &limits.yellow_high),
            ("red-high", words.text("service-page", "Red above", &[]), &limits.red_high),
        ] {
            let value = value.as_ref().map(|value| says::number(words, value)).unwrap_or_default();
            html.raw("<label>").text(&label).raw(" <input inputmode=\"decimal\" size=\"6\" name=\"").raw(name);
            html.raw("\" value=\"").text(&value).raw("\"></label>");
        }
        html.raw("</fieldset>").button(&words.text("service-page", "Save limits", &[]));
    }
    html.raw("</section>");
}
