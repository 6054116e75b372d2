//! Lists of questions that a patient is asked to answer: a ServiceRequest that names a Questionnaire.

use super::{
    extension::{self, TASK},
    fhir::{
        search::{self, escaped},
        store::{Store, Stored, instant},
    },
    json::Json,
    plan,
    problem::Problem,
};

/// When a list is to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Today,
    EveryDay,
    Always,
}

impl When {
    pub(crate) const ALL: [Self; 3] = [Self::Today, Self::EveryDay, Self::Always];

    /// Its name in forms.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Today => "today",
            Self::EveryDay => "every-day",
            Self::Always => "always",
        }
    }

    /// What an order that was made here says; `None` for any other timing.
    pub(crate) fn of(order: &Json) -> Option<Self> {
        if order.get("asNeededBoolean") == Some(&Json::Bool(true)) && order.get("occurrenceTiming").is_none() {
            return Some(Self::Always);
        }
        let repeat = order.get("occurrenceTiming")?.get("repeat")?;
        let date = repeat.get("boundsPeriod").and_then(|bounds| bounds.get_text("start")).unwrap_or_default();
        let all = [Self::Today, Self::EveryDay];
        all.into_iter().find(|when| when.timing(date).is_some_and(|(_, timing)| timing.get("repeat") == Some(repeat)))
    }

    /// The element of the order and its value; a day is counted from `today`.
    fn element(self, today: &str) -> (&'static str, Json) {
        self.timing(today).unwrap_or(("asNeededBoolean", Json::Bool(true)))
    }

    fn timing(self, today: &str) -> Option<(&'static str, Json)> {
        let bounds = match self {
            Self::Today => Json::object([("start", Json::text(today)), ("end", Json::text(today))]),
            Self::EveryDay => Json::object([("start", Json::text(today))]),
            Self::Always => return None,
        };
        let repeat = Json::object([
            ("boundsPeriod", bounds),
            ("frequency", Json::number(1)),
            ("period", Json::number(1)),
            ("periodUnit", Json::text("d")),
        ]);
        Some(("occurrenceTiming", Json::object([("repeat", repeat)])))
    }
}

/// The Questionnaires that can be sent, by their title.
pub(crate) fn available(store: &Store<'_>) -> Result<Vec<Json>, Problem> {
    let all = search::found(store, "Questionnaire", &[("status", "active".to_owned())])?;
    let mut read = all.iter().map(Stored::json).collect::<Result<Vec<_>, _>>()?;
    read.retain(|one| canonical(one).is_some());
    read.sort_by_cached_key(title);
    Ok(read)
}

/// What names one version of a Questionnaire, `url|version`.
pub(crate) fn canonical(questionnaire: &Json) -> Option<String> {
    Some(format!("{}|{}", questionnaire.get_text("url")?, questionnaire.get_text("version")?))
}

/// What people call it.
pub(crate) fn title(questionnaire: &Json) -> String {
    let names = ["title", "name", "url"].into_iter().find_map(|name| questionnaire.get_text(name));
    names.unwrap_or_default().to_owned()
}

/// The Questionnaire that `url|version` names.
pub(crate) fn find(store: &Store<'_>, canonical: &str) -> Result<Option<Json>, Problem> {
    let (url, version) = canonical.split_once('|').unwrap_or((canonical, ""));
    if url.is_empty() {
        return Ok(None);
    }
    let version = Some(("version", escaped(version))).filter(|(_, version)| !version.is_empty());
    let named: Vec<(&str, String)> = [("url", escaped(url))].into_iter().chain(version).collect();
    search::found(store, "Questionnaire", &named)?.pop().map(|stored| stored.json()).transpose()
}

/// The lists that a patient has now.
pub(crate) fn sent(store: &Store<'_>, patient: &str) -> Result<Vec<(Stored, Json)>, Problem> {
    let conditions = [
        ("patient", format!("Patient/{patient}")),
        ("status", "active".to_owned()),
        ("category", format!("{TASK}|questions")),
    ];
    let read = |stored: Stored| stored.json().map(|body| (stored, body));
    search::found(store, "ServiceRequest", &conditions)?.into_iter().map(read).collect()
}

/// The order of a list.
pub(crate) fn order(store: &Store<'_>, subject: &str, questionnaire: &Json, when: When) -> Json {
    let mut order = Json::object([
        ("resourceType", Json::text("ServiceRequest")),
        ("instantiatesCanonical", Json::List(canonical(questionnaire).map(Json::text).into_iter().collect())),
        ("status", Json::text("active")),
        ("intent", Json::text("order")),
        ("category", Json::List(vec![extension::concept(TASK, "questions")])),
        ("code", Json::object([("text", Json::text(title(questionnaire)))])),
        ("subject", extension::reference(subject)),
        ("authoredOn", Json::text(instant(store.now.timestamp_millis()))),
    ]);
    let (element, value) = when.element(&plan::today(store));
    order.set(element, value, usize::MAX);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_a_list_is_due_is_read_as_it_was_written() {
        for when in When::ALL {
            let (element, value) = when.element("2026-11-23");
            assert_eq!(When::of(&Json::object([(element, value)])), Some(when));
        }
        let weekly = br#"{"occurrenceTiming":{"repeat":{"frequency":1,"period":1,"periodUnit":"wk"}}}"#;
        assert_eq!(When::of(&Json::read(weekly).unwrap()), None);
    }
}
