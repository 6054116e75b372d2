//! What the page's forms do. Each changes FHIR resources as a request of its own would.

use dagsform_care::Decimal;

use super::fault::Fault;
use crate::{
    fhir::codes::LOINC,
    service::{
        fhir::{
            answer::{Ask, answer},
            definitions,
            search::Search,
            store::{Store, Stored, instant},
        },
        json::Json,
        limit::{Limits, MEASURABLES, Measurable},
        problem::Problem,
        seen,
    },
};

/// The longest message, in characters.
const LONGEST_MESSAGE: usize = 4000;

/// The fields of a posted form.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    pub(super) fn read(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&String> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value)
    }

    pub(super) fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(field, _)| field == name).map(|(_, value)| value.clone()).collect()
    }
}

/// Marks readings as seen.
pub(super) fn seen(
    store: &Store<'_>,
    patient: &str,
    observations: &[String],
    who: &str,
    activity: &str,
) -> Result<(), Problem> {
    store.read("Patient", patient)?;
    seen::mark(store, patient, observations, who, activity)
}

pub(super) fn message_text(form: &Form) -> Result<String, Fault> {
    let text = form.get("text").map(|text| text.trim().replace("\r\n", "\n")).unwrap_or_default();
    match text.chars().count() {
        0 => Err(Fault::EmptyMessage),
        1..=LONGEST_MESSAGE => Ok(text),
        _ => Err(Fault::LongMessage),
    }
}

/// Sends a message to the patient: a Communication.
pub(super) fn message(store: &Store<'_>, patient: &str, text: &str, who: &str) -> Result<(), Problem> {
    let to = Json::object([("reference", Json::text(store.read("Patient", patient)?.path()))]);
    let sender = seen::organization(store, who)?;
    let body = Json::object([
        ("resourceType", Json::text("Communication")),
        ("status", Json::text("completed")),
        ("subject", to.clone()),
        ("recipient", Json::List(vec![to])),
        ("sender", Json::object([("reference", Json::text(sender)), ("display", Json::text(who))])),
        ("sent", Json::text(instant(store.now.timestamp_millis()))),
        ("payload", Json::List(vec![Json::object([("contentString", Json::text(text))])])),
    ]);
    seen::create(store, "Communication", body, None).map(|_| ())
}

/// A change of one number's limits.
pub(super) struct LimitChange {
    measurable: &'static Measurable,
    limits: Limits,
    /// The version of the order that the form showed; 0 for none.
    version: i64,
}

pub(super) fn limit_change(form: &Form) -> Result<LimitChange, Fault> {
    let key = form.get("measurement").ok_or(Fault::NotFound)?;
    let measurable = MEASURABLES.iter().find(|measurable| measurable.key == key).ok_or(Fault::NotFound)?;
    let version = form.get("version").and_then(|text| text.parse().ok()).ok_or(Fault::Changed)?;
    let number = |name| match form.get(name).map(|text| text.trim()).unwrap_or_default() {
        "" => Ok(None),
        text => text.replace(',', ".").parse::<Decimal>().map(Some).map_err(|_| Fault::NotANumber),
    };
    let all = [number("red-low")?, number("yellow-low")?, number("yellow-high")?, number("red-high")?];
    let given: Vec<Decimal> = all.iter().copied().flatten().collect();
    if !given.is_sorted_by(|a, b| a.compare(*b).is_le()) {
        return Err(Fault::Order);
    }
    let [red_low, yellow_low, yellow_high, red_high] = all.map(|number| number.map(|number| number.to_string()));
    Ok(LimitChange { measurable, limits: Limits { red_low, yellow_low, yellow_high, red_high }, version })
}

/// The active order of a measurement.
pub(super) fn order(store: &Store<'_>, patient: &str, measurable: &Measurable) -> Result<Option<Stored>, Problem> {
    let Some(definition) = definitions::find("ServiceRequest") else { return Ok(None) };
    let conditions = [
        ("patient", format!("Patient/{patient}")),
        ("status", "active".to_owned()),
        ("intent", "order".to_owned()),
        ("code", format!("{LOINC}|{}", measurable.order.0)),
        ("_sort", "-_lastUpdated".to_owned()),
        ("_count", "1".to_owned()),
    ];
    let query: Vec<(String, String)> = conditions.map(|(name, value)| (name.to_owned(), value)).to_vec();
    Ok(Search::new(definition, &query)?.page(store)?.found.pop())
}

/// Changes the limits: a new version of the same order, or the first one.
pub(super) fn limit(store: &Store<'_>, patient: &str, change: &LimitChange) -> Result<(), Problem> {
    let subject = store.read("Patient", patient)?.path();
    let old = order(store, patient, change.measurable)?;
    if old.as_ref().map_or(0, |old| old.version) != change.version {
        return Err(Problem::conflict("the order has another version"));
    }
    let mut body = match &old {
        Some(old) => old.json()?,
        None => change.measurable.order(&subject, &instant(store.now.timestamp_millis())),
    };
    change.measurable.replace(&mut body, &change.limits);
    match old {
        None => seen::create(store, "ServiceRequest", body, None).map(|_| ()),
        Some(old) => {
            let ask = Ask { method: "PUT".to_owned(), path: old.path(), body: Some(body), ..Ask::default() };
            answer(store, ask).map(|_| ())
        }
    }
}
