//! The follow-up plan: which version, which one the tablet uses, zones, pauses and the end.

use super::{
    html::{Frame, Html},
    says, zones,
};
use crate::service::{
    extension::{self, MESSAGE},
    fhir::{
        search::{self, Search},
        store::Store,
    },
    json::Json,
    plan::{self, Plan},
    problem::Problem,
};

/// What the section shows.
pub(super) struct Shown {
    plan: Option<Plan>,
    goals: Vec<Json>,
    zones: Vec<Json>,
    /// What the tablet said last of a version that it took, and of one that it refused.
    taken: Option<Said>,
    refused: Option<Said>,
}

/// What the tablet said of a version.
struct Said {
    /// `CarePlan/1/_history/2`.
    version: String,
    when: String,
    text: String,
}

pub(super) fn read(store: &Store<'_>, patient: &str) -> Result<Shown, Problem> {
    let plan = plan::current(store, patient)?;
    let conditions = [("patient", format!("Patient/{patient}")), ("lifecycle-status", "active".to_owned())];
    let goals = search::found(store, "Goal", &conditions)?.iter().map(|goal| goal.json()).collect::<Result<_, _>>()?;
    let zones = plan.as_ref().map(|plan| zones::read(store, plan)).transpose()?.unwrap_or_default();
    let (taken, refused) = (said(store, patient, "plan-taken")?, said(store, patient, "plan-refused")?);
    Ok(Shown { plan, goals, zones, taken, refused })
}

/// The newest message of this kind about a plan.
fn said(store: &Store<'_>, patient: &str, code: &str) -> Result<Option<Said>, Problem> {
    let query = [
        ("sender", format!("Patient/{patient}")),
        ("category", format!("{MESSAGE}|{code}")),
        ("status", "completed".to_owned()),
        ("_sort", "-_lastUpdated".to_owned()),
        ("_count", "1".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value));
    let page = Search::new(search::definition("Communication")?, &query)?.page(store)?;
    let Some(message) = page.found.first().map(|stored| stored.json()).transpose()? else { return Ok(None) };
    let about = message.get_list("about").iter().find_map(|about| about.get_text("reference"));
    let named = about.filter(|about| about.contains("/_history/"));
    let version = named.or_else(|| extension::one(&message, "plan-version")?.get_text("valueString"));
    let payload = message.get_list("payload").iter().filter_map(|part| part.get_text("contentString"));
    Ok(Some(Said {
        version: version.unwrap_or_default().to_owned(),
        when: message.get_text("sent").map(says::fhir_time).unwrap_or_default(),
        text: payload.collect::<Vec<_>>().join("\n"),
    }))
}

impl Shown {
    /// The name of the version that is shown, for forms.
    pub(super) fn name(&self) -> String {
        self.plan.as_ref().map(Plan::name).unwrap_or_default()
    }

    /// The follow-up is over: the page offers no more changes.
    pub(super) fn is_ended(&self) -> bool {
        self.plan.as_ref().is_some_and(Plan::is_ended)
    }
}

pub(super) fn show(html: &mut Html, frame: Frame<'_>, shown: &Shown) {
    let words = frame.words;
    html.section(&words.text("service-page", "Follow-up plan", &[]));
    for goal in &shown.goals {
        let text = goal.get("description").and_then(|description| description.get_text("text")).unwrap_or_default();
        html.raw("<blockquote>").text(text).raw("</blockquote>");
    }
    match &shown.plan {
        None => {
            html.paragraph(&words.text("service-page", "The patient has no plan yet.", &[]));
        }
        Some(plan) => {
            show_version(html, frame, plan);
            if !plan.is_ended() {
                show_tablet(html, frame, shown, &plan.name());
            }
            zones::show(html, frame, &shown.zones);
        }
    }
    if !shown.is_ended() {
        show_pauses(html, frame, shown);
    }
    if let Some(plan) = shown.plan.as_ref().filter(|plan| !plan.is_ended()) {
        show_end(html, frame, plan);
    }
    html.raw("</section>");
}

fn show_version(html: &mut Html, frame: Frame<'_>, plan: &Plan) {
    let words = frame.words;
    let updated = plan.updated().map(says::milliseconds).unwrap_or_default();
    let title = plan.body.get_text("title").unwrap_or_default().to_owned();
    let line = [title, says::plan_version(words, &plan.name()), updated].join(" · ");
    html.raw("<p><b>").text(line.trim_start_matches(" · ")).raw("</b></p>");
    let status = match plan.body.get_text("status") {
        Some("on-hold") => words.text("service-page", "The follow-up is on hold.", &[]),
        Some("completed" | "revoked") => {
            let end = plan.body.get("period").and_then(|period| period.get_text("end")).unwrap_or_default();
            words.text("service-page", "The follow-up has ended {date}", &[("date", &says::fhir_time(end))])
        }
        _ => return,
    };
    html.raw("<p><b>").text(status.trim_end()).raw("</b></p>");
}

/// Which version the tablet uses, and whether it refused this one.
fn show_tablet(html: &mut Html, frame: Frame<'_>, shown: &Shown, current: &str) {
    let words = frame.words;
    let taken = shown.taken.as_ref();
    if let Some(refused) = shown.refused.as_ref().filter(|refused| refused.version == current) {
        html.raw("<p class=\"note\"><b>");
        html.text(&words.text(
            "service-page",
            "The tablet could not use this version, {time}:",
            &[("time", &refused.when)],
        ));
        html.raw("</b> ").text(&refused.text).raw("</p>");
    }
    html.paragraph(&match taken {
        Some(taken) if taken.version == current => {
            words.text("service-page", "The tablet has used this version since {time}.", &[("time", &taken.when)])
        }
        Some(taken) => {
            let version = says::plan_version(words, &taken.version);
            words.text(
                "service-page",
                "The tablet does not use this version yet. It uses: {version}.",
                &[("version", &version)],
            )
        }
        None => words.text("service-page", "The tablet has not taken the plan yet.", &[]),
    });
}

fn show_pauses(html: &mut Html, frame: Frame<'_>, shown: &Shown) {
    let (words, name) = (frame.words, shown.name());
    let pauses = shown.plan.as_ref().map(Plan::pauses).unwrap_or_default();
    html.raw("<h3>").text(&words.text("service-page", "Pauses", &[])).raw("</h3>");
    for (first, last) in &pauses {
        html.form(frame, "unpause").hidden("plan", &name).hidden("first", first).hidden("last", last);
        let dates = [("first", first.as_str()), ("last", last.as_str())];
        html.text(&words.text("service-page", "From {first} to {last}, both days included", &dates)).raw(" ");
        html.button(&words.text("service-page", "Cancel the pause", &[]));
    }
    html.form(frame, "pause").hidden("plan", &name).raw("<label>");
    html.text(&words.text("service-page", "First day", &[])).raw(" <input type=\"date\" name=\"first\" required>");
    html.raw("</label><label>").text(&words.text("service-page", "Last day", &[]));
    html.raw(" <input type=\"date\" name=\"last\" required></label>");
    html.button(&words.text("service-page", "Agree a pause", &[]));
}

fn show_end(html: &mut Html, frame: Frame<'_>, plan: &Plan) {
    let words = frame.words;
    html.raw("<details><summary>").text(&words.text("service-page", "End the follow-up", &[])).raw("</summary>");
    html.form(frame, "end").hidden("plan", &plan.name());
    html.raw("<label><input type=\"checkbox\" name=\"sure\" value=\"yes\" required> ");
    html.text(&words.text("service-page", "We have agreed with the patient that the follow-up ends today.", &[]));
    html.raw("</label>").button(&words.text("service-page", "End the follow-up", &[])).raw("</details>");
}
