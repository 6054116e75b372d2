//! "Seen": the service's own mark on readings, for the patient to see.
//!
//! A Provenance whose targets are the Observations. Its activity is `access` of ISO 21089 (an agent opens a
//! record entry for inspection or review): that, and no more, is what happened; `verify` and `attest` of the
//! same system would say that the values were judged.

use std::collections::HashMap;

use rusqlite::OptionalExtension;

use super::{
    fhir::{
        answer::{Ask, answer},
        store::{Store, Stored, instant},
    },
    json::Json,
    problem::Problem,
};
use crate::fhir::codes::URI;

/// ISO 21089-2017 Health Record Lifecycle Events.
const LIFECYCLE: &str = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle";
const ACCESS: (&str, &str) = ("access", "Access/View Record Lifecycle Event");
/// The service as an organisation, by an identifier of its own.
const ORGANIZATION: &str = "urn:dagsform:follow-up-service";

/// Who saw it and when.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) who: String,
    /// Milliseconds since 1970 UTC.
    pub(crate) when: i64,
}

/// The service's own Organization, made when it is first needed: `Organization/123`.
pub(crate) fn organization(store: &Store<'_>, name: &str) -> Result<String, Problem> {
    let identifier = Json::object([("system", Json::text(URI)), ("value", Json::text(ORGANIZATION))]);
    let body = Json::object([
        ("resourceType", Json::text("Organization")),
        ("identifier", Json::List(vec![identifier])),
        ("active", Json::Bool(true)),
        ("name", Json::text(name)),
    ]);
    let condition = Some(format!("identifier={URI}|{ORGANIZATION}"));
    let stored = create(store, "Organization", body, condition)?;
    Ok(stored.path())
}

/// Creates a resource as a request of its own would.
pub(crate) fn create(
    store: &Store<'_>,
    kind: &str,
    body: Json,
    if_none_exist: Option<String>,
) -> Result<Stored, Problem> {
    let ask =
        Ask { method: "POST".to_owned(), path: kind.to_owned(), if_none_exist, body: Some(body), ..Ask::default() };
    answer(store, ask)?.about.ok_or_else(|| Problem::internal("nothing was created"))
}

/// Marks these Observations of a patient; those that are not the patient's are refused.
pub(crate) fn mark(
    store: &Store<'_>,
    patient: &str,
    observations: &[String],
    who: &str,
    activity: &str,
) -> Result<(), Problem> {
    if observations.is_empty() {
        return Ok(());
    }
    let sql = "SELECT 1 FROM resource r JOIN word w USING (key) WHERE r.type = 'Observation' AND r.id = ?1
               AND w.parameter = 'patient' AND w.value = ?2";
    let mut of_patient = store.connection.prepare_cached(sql)?;
    for id in observations {
        if !of_patient.exists([id.as_str(), patient])? {
            return Err(Problem::not_found("there is no such Observation of this patient"));
        }
    }
    let coding = [("system", Json::text(LIFECYCLE)), ("code", Json::text(ACCESS.0)), ("display", Json::text(ACCESS.1))];
    let activity = Json::object([("coding", Json::List(vec![Json::object(coding)])), ("text", Json::text(activity))]);
    let reference = |to: String| Json::object([("reference", Json::text(to))]);
    let mut agent = reference(organization(store, who)?);
    agent.set("display", Json::text(who), usize::MAX);
    let targets = observations.iter().map(|id| reference(format!("Observation/{id}")));
    let body = Json::object([
        ("resourceType", Json::text("Provenance")),
        ("target", Json::List(targets.collect())),
        ("recorded", Json::text(instant(store.now.timestamp_millis()))),
        ("activity", activity),
        ("agent", Json::List(vec![Json::object([("who", agent)])])),
    ]);
    create(store, "Provenance", body, None).map(|_| ())
}

/// A mark counts for the version that was there: what is taken back later is not yet seen again.
const MARK: &str = "word t JOIN word a ON a.key = t.key AND a.parameter = 'activity' AND a.value = 'access'
    JOIN resource p ON p.key = t.key
    WHERE t.parameter = 'target' AND t.system = 'Observation' AND t.value = r.id AND p.updated >= r.updated";

/// The first mark on each of these Observations, by their ids.
pub(crate) fn of(store: &Store<'_>, observations: &[Stored]) -> Result<HashMap<String, Seen>, Problem> {
    let sql = format!("SELECT p.body, p.created FROM resource r, {MARK} AND r.key = ?1 ORDER BY p.key LIMIT 1");
    let mut statement = store.connection.prepare_cached(&sql)?;
    let mut seen = HashMap::new();
    for observation in observations {
        let row = statement.query_row([observation.key], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)));
        if let Some((body, when)) = row.optional()? {
            let provenance = Json::read(body.as_bytes())?;
            let agent = provenance.get_list("agent").first().and_then(|agent| agent.get("who"));
            let who = agent.and_then(|who| who.get_text("display")).unwrap_or_default().to_owned();
            seen.insert(observation.id.clone(), Seen { who, when });
        }
    }
    Ok(seen)
}

/// How many of a patient's Observations have no mark.
pub(crate) fn unseen(store: &Store<'_>, patient: &str) -> Result<i64, Problem> {
    let sql = format!(
        "SELECT COUNT(*) FROM resource r WHERE r.type = 'Observation' AND r.key IN
         (SELECT w.key FROM word w WHERE w.parameter = 'patient' AND w.value = ?1)
         AND NOT EXISTS (SELECT 1 FROM {MARK})"
    );
    Ok(store.connection.prepare_cached(&sql)?.query_row([patient], |row| row.get(0))?)
}
