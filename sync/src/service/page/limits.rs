//! The limits of a patient's measurements, each a form.

use super::{
    html::{Frame, Html},
    says,
};
use crate::service::{
    fhir::{
        search,
        store::{Store, Stored},
    },
    json::Json,
    limit::{Change, DIRECTIONS, Limits, MEASURABLES, Number, ZONES},
    problem::Problem,
};

/// The limits of one number.
#[derive(Debug)]
pub(super) struct Limited {
    number: Number,
    /// The order's id and version; none if nobody has ordered this measurement.
    order: Option<(String, i64)>,
    /// What the order says to the patient: it tells two orders of the same measurement apart.
    instruction: Option<String>,
    /// `None` if they are not as this page writes them.
    limits: Option<Limits>,
}

/// The active orders of a patient, in the order of their arrival.
pub(super) fn orders(store: &Store<'_>, patient: &str) -> Result<Vec<(Stored, Json)>, Problem> {
    let conditions =
        [("patient", format!("Patient/{patient}")), ("status", "active".to_owned()), ("intent", "order".to_owned())];
    let all = search::found(store, "ServiceRequest", &conditions)?.into_iter();
    all.map(|stored| stored.json().map(|body| (stored, body))).collect()
}

/// The numbers of all orders, then those that nobody has ordered.
pub(super) fn read(store: &Store<'_>, patient: &str) -> Result<Vec<Limited>, Problem> {
    let mut all = Vec::new();
    for (stored, body) in orders(store, patient)? {
        all.extend(Number::all(&body).into_iter().map(|number| Limited {
            number,
            order: Some((stored.id.clone(), stored.version)),
            instruction: body.get_text("patientInstruction").map(str::to_owned),
            limits: number.read(&body),
        }));
    }
    let ordered = |key: &str| all.iter().any(|limited| limited.number.measurable.key == key);
    let others = MEASURABLES.iter().filter(|measurable| measurable.usual && !ordered(measurable.key));
    let others: Vec<Limited> = others
        .map(|measurable| Limited {
            number: Number { measurable, meal: None },
            order: None,
            instruction: None,
            limits: Some(Limits::default()),
        })
        .collect();
    Ok(all.into_iter().chain(others).collect())
}

pub(super) fn show(html: &mut Html, frame: Frame<'_>, all: &[Limited]) {
    let words = frame.words;
    html.section(&words.text("service-page", "Limits", &[]));
    html.paragraph(&words.text(
        "service-page",
        "Outside these numbers a reading is yellow or red. Empty means no limit.",
        &[],
    ));
    let (ordered, others): (Vec<&Limited>, Vec<&Limited>) = all.iter().partition(|limited| limited.order.is_some());
    for limited in ordered {
        show_one(html, frame, limited);
    }
    html.raw("<details><summary>").text(&words.text("service-page", "Other measurements", &[])).raw("</summary>");
    for limited in others {
        show_one(html, frame, limited);
    }
    html.raw("</details></section>");
}

fn show_one(html: &mut Html, frame: Frame<'_>, limited: &Limited) {
    let (words, Number { measurable, meal }) = (frame.words, limited.number);
    let meal_words = meal.map(|meal| format!(" {}", says::limit_meal(words, meal))).unwrap_or_default();
    let legend = format!("{}{meal_words} ({})", says::limit(words, measurable.key), measurable.unit);
    let Some(limits) = &limited.limits else {
        html.raw("<fieldset><legend>").text(&legend).raw("</legend>");
        let said = words.text("service-page", "These limits are in another form than this page can change.", &[]);
        html.paragraph(&said).raw("</fieldset>");
        return;
    };
    html.form(frame, "limit").hidden("measurement", measurable.key).hidden("meal", meal.unwrap_or_default());
    if let Some((order, _)) = &limited.order {
        html.hidden("order", order);
    }
    let version = limited.order.as_ref().map_or(0, |(_, version)| *version);
    html.hidden("version", &version.to_string()).raw("<fieldset><legend>").text(&legend).raw("</legend>");
    if let Some(instruction) = &limited.instruction {
        html.paragraph(instruction);
    }
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
    if meal.is_none() {
        show_changes(html, frame, measurable.unit, &limits.changes);
    }
    html.raw("</fieldset>").button(&words.text("service-page", "Save limits", &[]));
}

/// The limits over time, and an empty line for another.
fn show_changes(html: &mut Html, frame: Frame<'_>, unit: &'static str, changes: &[Change]) {
    let words = frame.words;
    html.raw(if changes.is_empty() { "<details><summary>" } else { "<details open><summary>" });
    html.text(&words.text("service-page", "Change over time", &[])).raw("</summary>");
    for change in changes.iter().map(Some).chain([None]) {
        html.raw("<div class=\"line\">");
        html.choice(&words.text("service-page", "Becomes", &[]), "change-zone");
        for zone in ZONES {
            html.option(zone, &says::zone(words, zone), change.is_some_and(|change| change.zone == zone));
        }
        html.raw("</select></label>").choice(&words.text("service-page", "when it goes", &[]), "change-direction");
        for direction in DIRECTIONS {
            let label = match direction {
                "up" => words.text("service-page", "up", &[]),
                _ => words.text("service-page", "down", &[]),
            };
            html.option(direction, &label, change.is_some_and(|change| change.direction == direction));
        }
        let by = change.map(|change| says::number(words, &change.by)).unwrap_or_default();
        html.raw("</select></label><label>").text(&words.text("service-page", "by", &[]));
        html.raw(" <input inputmode=\"decimal\" size=\"6\" name=\"change-by\" value=\"").text(&by);
        html.raw("\"> ").text(unit).raw("</label><label>").text(&words.text("service-page", "within", &[]));
        let days = change.map(|change| change.days.as_str()).unwrap_or_default();
        html.raw(" <input inputmode=\"numeric\" size=\"4\" name=\"change-days\" value=\"").text(days).raw("\"> ");
        html.text(&words.text("service-page", "days", &[])).raw("</label></div>");
    }
    html.raw("</details>");
}
