//! Medicines that the patient said were taken or not.

use super::{
    arrivals::{self, Arrival},
    html::{Frame, Html},
    says,
};
use crate::service::{fhir::store::Store, json::Json, problem::Problem};

/// So many on the page.
const MOST: u32 = 30;

pub(super) fn read(store: &Store<'_>, patient: &str) -> Result<Vec<Arrival>, Problem> {
    arrivals::read(store, "MedicationStatement", patient, MOST)
}

pub(super) fn show(html: &mut Html, frame: Frame<'_>, all: &[Arrival]) {
    let words = frame.words;
    if all.is_empty() {
        return;
    }
    html.section(&words.text("service-page", "Medicines", &[]));
    if all.iter().any(|one| one.seen.is_none()) {
        let label = words.text("service-page", "Mark all these medicines as seen", &[]);
        arrivals::show_button(html, frame, all.iter(), &label);
    }
    html.columns([
        words.text("service-page", "Agreed time", &[]),
        words.text("service-page", "Medicine", &[]),
        words.text("service-page", "Answer", &[]),
        words.text("service-page", "Answered", &[]),
        words.text("service-page", "Seen", &[]),
    ]);
    for one in all {
        let time = |name: &str| one.body.get_text(name).map(says::fhir_time).unwrap_or_default();
        html.raw("<tr><td>").text(&time("effectiveDateTime")).raw("</td><td>");
        html.text(&says::display(one.body.get("medicationCodeableConcept")).unwrap_or_default()).raw("</td><td>");
        html.text(&answer(frame, &one.body)).raw("</td><td>").text(&time("dateAsserted")).raw("</td><td>");
        arrivals::show_seen(html, frame, [one].into_iter());
        html.raw("</td></tr>");
    }
    html.raw("</tbody></table></section>");
}

fn answer(frame: Frame<'_>, statement: &Json) -> String {
    match statement.get_text("status") {
        Some("completed") => frame.words.text("service-page", "Taken", &[]),
        Some("not-taken") => frame.words.text("service-page", "Not taken", &[]),
        Some("entered-in-error") => frame.words.text("service-page", "Taken back", &[]),
        _ => frame.words.text("service-page", "Not known", &[]),
    }
}
