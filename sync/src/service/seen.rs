//! "Seen": the service's own mark on what a patient sent, for the patient to see.
//!
//! A Provenance whose targets are what was seen, and the patient, by whom a tablet finds it. Its activity is
//! `access` of ISO 21089 (an agent opens a record entry for inspection or review): that, and no more, is what
//! happened; `verify` and `attest` of the same system would say that the values were judged.

use std::collections::HashMap;

use rusqlite::{OptionalExtension, Row};

use super::{
    extension,
    fhir::{
        reference,
        store::{Store, Stored, instant},
    },
    json::Json,
    problem::Problem,
    write::create,
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

/// What a patient sends and a nurse sees.
pub(crate) const KINDS: [&str; 4] = ["Observation", "QuestionnaireResponse", "Communication", "MedicationStatement"];

/// A Communication counts as sent by the patient if it is no receipt for a plan: SQL about `resource r`, in
/// which `?1` is the patient's id.
pub(crate) const FROM_PATIENT: &str = "(r.type <> 'Communication' OR (
    EXISTS (SELECT 1 FROM word s WHERE s.key = r.key AND s.parameter = 'sender' AND s.system = 'Patient'
        AND s.value = ?1)
    AND NOT EXISTS (SELECT 1 FROM word c WHERE c.key = r.key AND c.parameter = 'category'
        AND c.value = 'plan-taken')))";

/// Marks versions such as `Observation/1/_history/2` of what a patient sent. Those of someone else are refused
/// with 404, those that have changed since with 409; what is marked already is not marked again.
pub(crate) fn mark(
    store: &Store<'_>,
    patient: &str,
    versions: &[String],
    who: &str,
    activity: &str,
) -> Result<(), Problem> {
    let mut targets = Vec::new();
    for version in versions {
        let stored = of_patient(store, patient, version)?;
        if stored.versioned_path() != *version {
            return Err(Problem::conflict("it has another version"));
        }
        if !targets.contains(&stored.path()) && of(store, std::slice::from_ref(&stored))?.is_empty() {
            targets.push(stored.path());
        }
    }
    if targets.is_empty() {
        return Ok(());
    }
    targets.push(format!("Patient/{patient}"));
    let coding = [("system", Json::text(LIFECYCLE)), ("code", Json::text(ACCESS.0)), ("display", Json::text(ACCESS.1))];
    let activity = Json::object([("coding", Json::List(vec![Json::object(coding)])), ("text", Json::text(activity))]);
    let mut agent = extension::reference(&organization(store, who)?);
    agent.set("display", Json::text(who), usize::MAX);
    let body = Json::object([
        ("resourceType", Json::text("Provenance")),
        ("target", Json::List(targets.iter().map(|target| extension::reference(target)).collect())),
        ("recorded", Json::text(instant(store.now.timestamp_millis()))),
        ("activity", activity),
        ("agent", Json::List(vec![Json::object([("who", agent)])])),
    ]);
    create(store, "Provenance", body, None).map(|_| ())
}

/// The newest version of what a patient sent.
fn of_patient(store: &Store<'_>, patient: &str, version: &str) -> Result<Stored, Problem> {
    let missing = || Problem::not_found("there is nothing of this patient there");
    let (kind, id) = reference::local(version).filter(|(kind, _)| KINDS.contains(kind)).ok_or_else(missing)?;
    let stored = store.read(kind, id)?;
    let sql = "SELECT 1 FROM word WHERE key = ?1 AND parameter = 'patient' AND value = ?2";
    let theirs = store.connection.prepare_cached(sql)?.exists((stored.key, patient))?;
    if theirs { Ok(stored) } else { Err(missing()) }
}

/// A mark on `resource r`, in SQL. It counts for the version that was there: what is taken back later is not
/// yet seen again.
pub(crate) const MARK: &str = "word t JOIN word a ON a.key = t.key AND a.parameter = 'activity' AND a.value = 'access'
    JOIN resource p ON p.key = t.key
    WHERE t.parameter = 'target' AND t.system = r.type AND t.value = r.id AND p.updated >= r.updated";

/// The first mark on each of these resources, by their paths.
pub(crate) fn of(store: &Store<'_>, resources: &[Stored]) -> Result<HashMap<String, Seen>, Problem> {
    let sql = format!("SELECT p.body, p.created FROM resource r, {MARK} AND r.key = ?1 ORDER BY p.key LIMIT 1");
    let mut statement = store.connection.prepare_cached(&sql)?;
    let mut seen = HashMap::new();
    for resource in resources {
        let row = statement.query_row([resource.key], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)));
        if let Some((body, when)) = row.optional()? {
            let provenance = Json::read(body.as_bytes())?;
            let agent = provenance.get_list("agent").first().and_then(|agent| agent.get("who"));
            let who = agent.and_then(|who| who.get_text("display")).unwrap_or_default().to_owned();
            seen.insert(resource.path(), Seen { who, when });
        }
    }
    Ok(seen)
}

/// What a patient has sent, at a glance.
#[derive(Debug)]
pub(crate) struct Sent {
    /// How much of it has no mark.
    pub(crate) unseen: i64,
    /// How many messages without a mark need more than to be read.
    pub(crate) wishes: i64,
    /// When the newest of it came, in milliseconds since 1970 UTC.
    pub(crate) latest: Option<i64>,
}

/// What a patient has sent.
pub(crate) fn sent(store: &Store<'_>, patient: &str) -> Result<Sent, Problem> {
    let kinds = KINDS.map(|kind| format!("'{kind}'")).join(", ");
    let sql = format!(
        "SELECT COUNT(*) FILTER (WHERE unseen), COUNT(*) FILTER (WHERE unseen AND wish), MAX(updated) FROM (
             SELECT r.updated AS updated, NOT EXISTS (SELECT 1 FROM {MARK}) AS unseen,
                 EXISTS (SELECT 1 FROM word c WHERE c.key = r.key AND c.parameter = 'category'
                     AND c.value IN ('please-contact-me', 'too-much', 'plan-refused'))
                 AND NOT EXISTS (SELECT 1 FROM word c WHERE c.key = r.key AND c.parameter = 'status'
                     AND c.value = 'entered-in-error') AS wish
             FROM resource r WHERE r.type IN ({kinds}) AND {FROM_PATIENT}
                 AND r.key IN (SELECT w.key FROM word w WHERE w.parameter = 'patient' AND w.value = ?1))"
    );
    let read = |row: &Row<'_>| Ok(Sent { unseen: row.get(0)?, wishes: row.get(1)?, latest: row.get(2)? });
    Ok(store.connection.prepare_cached(&sql)?.query_row([patient], read)?)
}
