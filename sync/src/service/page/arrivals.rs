//! What a patient sent, and whether it was seen.

use super::{
    html::{Frame, Html},
    says,
};
use crate::service::{
    extension,
    fhir::store::{COLUMNS, Store, Stored},
    json::Json,
    problem::Problem,
    seen::{self, FROM_PATIENT, MARK, Seen},
};

/// A resource that arrived.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) stored: Stored,
    pub(super) body: Json,
    pub(super) seen: Option<Seen>,
}

/// At most so many of a type about a patient, newest first. What the patient sent and nobody has seen goes
/// before all else, so that nothing stays unseen because something newer came.
pub(super) fn read(store: &Store<'_>, kind: &str, patient: &str, most: u32) -> Result<Vec<Arrival>, Problem> {
    let sql = format!(
        "SELECT {COLUMNS} FROM resource r WHERE r.type = ?2
         AND r.key IN (SELECT w.key FROM word w WHERE w.parameter = 'patient' AND w.value = ?1)
         AND NOT EXISTS (SELECT 1 FROM word c WHERE c.key = r.key AND c.parameter = 'category'
             AND c.value = 'plan-taken')
         ORDER BY {FROM_PATIENT} AND NOT EXISTS (SELECT 1 FROM {MARK}) DESC, r.key DESC LIMIT {most}"
    );
    let mut statement = store.connection.prepare_cached(&sql)?;
    let mut found = statement.query_map([patient, kind], Stored::from_row)?.collect::<Result<Vec<_>, _>>()?;
    found.sort_by_key(|stored| std::cmp::Reverse(stored.key));
    with_marks(store, found)
}

/// The same resources with their marks.
pub(super) fn with_marks(store: &Store<'_>, found: Vec<Stored>) -> Result<Vec<Arrival>, Problem> {
    let mut marks = seen::of(store, &found)?;
    let read = |stored: Stored| Ok(Arrival { body: stored.json()?, seen: marks.remove(&stored.path()), stored });
    found.into_iter().map(read).collect()
}

impl Arrival {
    /// It was sent, and then called an error.
    pub(super) fn taken_back(&self) -> bool {
        self.body.get_text("status") == Some("entered-in-error")
    }

    /// The version of the plan that was in force, in words.
    pub(super) fn plan_version(&self, frame: Frame<'_>) -> Option<String> {
        let name = extension::one(&self.body, "plan-version")?.get_text("valueString")?;
        Some(says::plan_version(frame.words, name))
    }
}

/// When these were seen and by whom, or a button to mark those that were not.
pub(super) fn show_seen<'a>(html: &mut Html, frame: Frame<'_>, all: impl Iterator<Item = &'a Arrival> + Clone) {
    if all.clone().any(|one| one.seen.is_none()) {
        show_button(html, frame, all, &frame.words.text("service-page", "Mark as seen", &[]));
    } else if let Some(seen) = all.filter_map(|one| one.seen.as_ref()).max_by_key(|seen| seen.when) {
        html.text(&says::milliseconds(seen.when)).raw("<br>").text(&seen.who);
    }
}

/// A button that marks those that were not seen.
pub(super) fn show_button<'a>(html: &mut Html, frame: Frame<'_>, all: impl Iterator<Item = &'a Arrival>, label: &str) {
    html.form(frame, "seen");
    for one in all.filter(|one| one.seen.is_none()) {
        html.hidden("target", &one.stored.versioned_path());
    }
    html.button(label);
}
