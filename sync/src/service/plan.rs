//! The plan of a patient: a CarePlan without `partOf`, and what it points to.
//!
//! Whoever changes a part of it saves the CarePlan in the same transaction, so that its version grows: a
//! tablet looks at this version alone to learn that something is new.

use dagsform_care::time::ZONE;

use super::{
    extension,
    fhir::{
        search,
        store::{Store, Stored, instant},
    },
    json::Json,
    problem::Problem,
    write,
};

/// A pause as it is agreed: two dates, both inside it.
pub(crate) const PAUSE: &str = "pause";

/// A patient's plan.
pub(crate) struct Plan {
    stored: Option<Stored>,
    pub(crate) body: Json,
}

/// The patient's plan: one that goes on before one that has ended, then the newest.
pub(crate) fn current(store: &Store<'_>, patient: &str) -> Result<Option<Plan>, Problem> {
    let statuses = "active,on-hold,completed,revoked".to_owned();
    let conditions = [("patient", format!("Patient/{patient}")), ("status", statuses)];
    let mut plans = Vec::new();
    for stored in search::found(store, "CarePlan", &conditions)? {
        let body = stored.json()?;
        if body.get("partOf").is_none() {
            plans.push(Plan { stored: Some(stored), body });
        }
    }
    let newest = |plan: &Plan| plan.stored.as_ref().map(|stored| (stored.updated, stored.key));
    Ok(plans.into_iter().max_by_key(|plan| (!plan.is_ended(), newest(plan))))
}

/// The plan to change: the one that there is, or a new one with this title. 409 if it has ended.
pub(crate) fn to_change(store: &Store<'_>, patient: &str, title: &str, language: &str) -> Result<Plan, Problem> {
    let subject = store.read("Patient", patient)?.path();
    match current(store, patient)? {
        Some(plan) if plan.is_ended() => Err(Problem::conflict("the follow-up has ended")),
        Some(plan) => Ok(plan),
        None => Ok(Plan { stored: None, body: begun(store, &subject, title, language) }),
    }
}

/// Today in Norway, as FHIR writes a date.
pub(crate) fn today(store: &Store<'_>) -> String {
    store.now.with_timezone(&ZONE).date_naive().to_string()
}

fn begun(store: &Store<'_>, subject: &str, title: &str, language: &str) -> Json {
    Json::object([
        ("resourceType", Json::text("CarePlan")),
        ("language", Json::text(language)),
        ("status", Json::text("active")),
        ("intent", Json::text("plan")),
        ("category", Json::List(vec![Json::object([("text", Json::text(title))])])),
        ("title", Json::text(title)),
        ("subject", extension::reference(subject)),
        ("period", Json::object([("start", Json::text(today(store)))])),
        ("created", Json::text(instant(store.now.timestamp_millis()))),
    ])
}

impl Plan {
    /// What both sides call this version, `CarePlan/1/_history/2`; empty if it is not saved yet.
    pub(crate) fn name(&self) -> String {
        self.stored.as_ref().map(Stored::versioned_path).unwrap_or_default()
    }

    /// `CarePlan/1`; empty if it is not saved yet.
    pub(crate) fn path(&self) -> String {
        self.stored.as_ref().map(Stored::path).unwrap_or_default()
    }

    /// When this version came, in milliseconds since 1970 UTC.
    pub(crate) fn updated(&self) -> Option<i64> {
        self.stored.as_ref().map(|stored| stored.updated)
    }

    /// The follow-up is over: nothing of it is changed any more.
    pub(crate) fn is_ended(&self) -> bool {
        matches!(self.body.get_text("status"), Some("completed" | "revoked"))
    }

    /// Refuses with 409 if this is not the version that someone has looked at.
    pub(crate) fn unless_overtaken(self, looked_at: &str) -> Result<Self, Problem> {
        if self.name() == looked_at { Ok(self) } else { Err(Problem::conflict("the plan has another version")) }
    }

    /// Makes an order a part of the plan.
    pub(crate) fn point_to(&mut self, order: &str) {
        if !self.body.get_list("activity").iter().any(|activity| is_about(activity, order)) {
            self.body.push("activity", Json::object([("reference", extension::reference(order))]));
        }
    }

    /// Takes an order out of the plan.
    pub(crate) fn forget(&mut self, order: &str) {
        let others = self.body.get_list("activity").iter().filter(|activity| !is_about(activity, order));
        let others = others.cloned().collect();
        self.body.set_list("activity", others);
    }

    /// The agreed pauses: the first and the last date of each.
    pub(crate) fn pauses(&self) -> Vec<(String, String)> {
        extension::all(&self.body, PAUSE).filter_map(period).collect()
    }

    /// Agrees a pause.
    pub(crate) fn pause(&mut self, first: &str, last: &str) {
        let period = Json::object([("start", Json::text(first)), ("end", Json::text(last))]);
        self.body.push("extension", extension::new(PAUSE, "valuePeriod", period));
    }

    /// Takes a pause back.
    pub(crate) fn unpause(&mut self, first: &str, last: &str) {
        let same = |one: &Json| extension::is(one, PAUSE) && period(one) == Some((first.to_owned(), last.to_owned()));
        let others = self.body.get_list("extension").iter().filter(|one| !same(one)).cloned().collect();
        self.body.set_list("extension", others);
    }

    /// Ends the follow-up on a date.
    pub(crate) fn end(&mut self, date: &str) {
        let mut period = self.body.get("period").cloned().unwrap_or(Json::Object(Vec::new()));
        period.set("end", Json::text(date), usize::MAX);
        self.body.set("period", period, usize::MAX);
        self.body.set("status", Json::text("completed"), usize::MAX);
    }

    /// Saves the next version, also where nothing but its parts has changed.
    pub(crate) fn save(self, store: &Store<'_>) -> Result<(), Problem> {
        match &self.stored {
            None => write::create(store, "CarePlan", self.body, None).map(|_| ()),
            Some(stored) => write::replace(store, stored, self.body),
        }
    }
}

fn is_about(activity: &Json, order: &str) -> bool {
    activity.get("reference").and_then(|to| to.get_text("reference")) == Some(order)
}

fn period(pause: &Json) -> Option<(String, String)> {
    let period = pause.get("valuePeriod")?;
    Some((period.get_text("start")?.to_owned(), period.get_text("end")?.to_owned()))
}
