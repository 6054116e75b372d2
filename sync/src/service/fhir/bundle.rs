//! Transactions and batches (R4, 3.1.0.11).
//!
//! A transaction is all or nothing: the caller rolls the database back when it fails. Of a batch each entry
//! stands for itself.

use std::collections::{HashMap, HashSet};

use super::{
    answer::{Ask, Reply, answer, conditional_id, own, post, put, the_one, with_id},
    definitions::Definition,
    reference,
    search::{self, query},
    store::{Store, Stored, new_id},
};
use crate::service::{
    json::Json,
    problem::{Problem, shortened},
};

/// More entries than this are refused: the database is held while a bundle is worked on.
const MOST_ENTRIES: usize = 1000;

/// An entry: its address, and its request as far as it was understood.
struct Entry {
    full_url: Option<String>,
    ask: Result<Ask, Problem>,
}

/// Carries out a bundle.
pub(crate) fn process(store: &Store<'_>, bundle: Json) -> Result<Json, Problem> {
    if bundle.get_text("resourceType") != Some("Bundle") {
        return Err(Problem::structure("only a Bundle is posted to the base address", "Resource.resourceType"));
    }
    let entries = match bundle.get("entry") {
        None => &[],
        Some(Json::List(entries)) => entries.as_slice(),
        Some(_) => return Err(Problem::structure("the entries are a list", "Bundle.entry")),
    };
    if entries.len() > MOST_ENTRIES {
        return Err(Problem::too_large(format!("more than {MOST_ENTRIES} entries")).at("Bundle.entry"));
    }
    let read = entries.iter().enumerate().map(|(at, entry)| Entry {
        full_url: entry.get_text("fullUrl").map(str::to_owned),
        ask: read(store, entry).map_err(|fault| fault.in_entry(at)),
    });
    let read: Vec<Entry> = read.collect();
    let (kind, answers) = match bundle.get_text("type") {
        Some("transaction") => ("transaction-response", transaction(store, read)?),
        Some("batch") => ("batch-response", batch(store, read)?),
        _ => return Err(Problem::structure("the type is transaction or batch", "Bundle.type")),
    };
    let mut response = Json::object([("resourceType", Json::text("Bundle")), ("type", Json::text(kind))]);
    if !answers.is_empty() {
        response.set("entry", Json::List(answers), usize::MAX);
    }
    Ok(response)
}

fn read(store: &Store<'_>, entry: &Json) -> Result<Ask, Problem> {
    let request = entry.get("request").ok_or_else(|| Problem::bad_request("the entry's request is missing"))?;
    let text = |name: &str| match request.get(name) {
        None => Ok(None),
        Some(Json::Text(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Problem::bad_request(format!("'{name}' of the request is not a text"))),
    };
    let method = text("method")?.ok_or_else(|| Problem::bad_request("the request's method is missing"))?;
    let url = text("url")?.ok_or_else(|| Problem::bad_request("the request's url is missing"))?;
    if !matches!(method.as_str(), "GET" | "POST" | "PUT") {
        let said = format!("the method '{}' cannot be used here: GET, POST or PUT", shortened(&method));
        return Err(Problem::bad_request(said));
    }
    let url = url.strip_prefix(store.base).unwrap_or(&url).trim_start_matches('/');
    let (path, conditions) = url.split_once('?').unwrap_or((url, ""));
    if path.is_empty() {
        return Err(Problem::bad_request("a bundle within a bundle"));
    }
    if entry.get("fullUrl").is_some_and(|full_url| full_url.as_text().is_none()) {
        return Err(Problem::bad_request("the entry's fullUrl is not a text"));
    }
    Ok(Ask {
        path: path.trim_end_matches('/').to_owned(),
        query: query(conditions),
        if_match: text("ifMatch")?,
        if_none_match: text("ifNoneMatch")?,
        if_none_exist: text("ifNoneExist")?,
        body: entry.get("resource").cloned(),
        method,
    })
}

/// What an entry of a transaction will do, once every entry's place is known.
enum Step {
    /// There already; created by nobody or by an earlier entry.
    Exists(Place),
    Create(&'static Definition, String, Json, Option<String>),
    Put(&'static Definition, String, Json, Option<String>),
    Read(Ask),
}

enum Place {
    Stored(Box<Stored>),
    Created { kind: &'static str, id: String },
}

fn transaction(store: &Store<'_>, entries: Vec<Entry>) -> Result<Vec<Json>, Problem> {
    let mut plan = Plan::default();
    let mut steps = Vec::with_capacity(entries.len());
    let mut full_urls = Vec::with_capacity(entries.len());
    for (at, Entry { full_url, ask }) in entries.into_iter().enumerate() {
        steps.push(plan.step(store, full_url.as_ref(), ask?).map_err(|fault| fault.in_entry(at))?);
        full_urls.push(full_url);
    }
    // R4, 3.1.0.11.2: first what is created, then what is changed, then what is read.
    let rank = |step: &Step| match step {
        Step::Exists(_) | Step::Create(..) => 0,
        Step::Put(..) => 1,
        Step::Read(_) => 2,
    };
    let mut ordered: Vec<(usize, Step)> = steps.into_iter().enumerate().collect();
    ordered.sort_by_key(|(at, step)| (rank(step), *at));
    let mut replies: Vec<(usize, Reply)> = Vec::with_capacity(ordered.len());
    for (at, step) in ordered {
        replies.push((at, plan.carry_out(store, step).map_err(|fault| fault.in_entry(at))?));
    }
    for (at, reply) in &replies {
        if let Some(stored) = reply.about.as_ref().filter(|_| !reply.is_read) {
            reference::check(store, &stored.json()?, &stored.kind).map_err(|fault| fault.in_entry(*at))?;
        }
    }
    replies.sort_by_key(|(at, _)| *at);
    Ok(full_urls.into_iter().zip(replies).map(|(full_url, (_, reply))| response(full_url, reply)).collect())
}

/// The places of a transaction's entries.
#[derive(Default)]
struct Plan {
    /// `Type/id` by the address that the entry has within the bundle.
    addresses: HashMap<String, String>,
    full_urls: HashSet<String>,
    /// Conditional creates so far: two entries with the same condition mean the same resource.
    conditions: HashMap<(&'static str, String), String>,
    /// What is created or changed: each only once.
    touched: HashSet<(&'static str, String)>,
}

impl Plan {
    fn step(&mut self, store: &Store<'_>, full_url: Option<&String>, ask: Ask) -> Result<Step, Problem> {
        if let Some(full_url) = full_url
            && ask.method != "GET"
            && !self.full_urls.insert(full_url.clone())
        {
            return Err(Problem::bad_request("another entry has the same fullUrl"));
        }
        if ask.method == "GET" {
            return Ok(Step::Read(ask));
        }
        let mut segments = ask.path.split('/');
        let definition = search::definition(segments.next().unwrap_or_default())?;
        let (id, rest) = (segments.next(), segments.next());
        let resource = own(store, ask.body.ok_or_else(|| Problem::bad_request("the entry's resource is missing"))?);
        let step = match (ask.method.as_str(), id, rest) {
            ("POST", None, None) => self.create(store, definition, resource, ask.if_none_exist)?,
            ("PUT", Some(id), None) => Step::Put(definition, id.to_owned(), resource, ask.if_match),
            ("PUT", None, None) => {
                let condition = form_urlencoded::Serializer::new(String::new()).extend_pairs(&ask.query).finish();
                let id = conditional_id(store, definition, &condition, &resource)?;
                Step::Put(definition, id.clone(), with_id(resource, &id), ask.if_match)
            }
            _ => return Err(Problem::bad_request("a transaction has POST Type, PUT Type/id, PUT Type?… and GET")),
        };
        let place = match &step {
            Step::Exists(Place::Stored(stored)) => Some(stored.path()),
            Step::Exists(Place::Created { kind, id }) => Some(format!("{kind}/{id}")),
            Step::Create(definition, id, ..) | Step::Put(definition, id, ..) => {
                if !self.touched.insert((definition.name, id.clone())) {
                    return Err(Problem::bad_request(format!("another entry changes {}/{id} too", definition.name)));
                }
                Some(format!("{}/{id}", definition.name))
            }
            Step::Read(_) => None,
        };
        if let (Some(full_url), Some(place)) = (full_url, place) {
            self.addresses.insert(full_url.clone(), place);
        }
        Ok(step)
    }

    fn create(
        &mut self,
        store: &Store<'_>,
        definition: &'static Definition,
        resource: Json,
        condition: Option<String>,
    ) -> Result<Step, Problem> {
        let Some(condition) = condition else {
            return Ok(Step::Create(definition, new_id(), resource, None));
        };
        if let Some(existing) = the_one(store, definition, &condition)? {
            return Ok(Step::Exists(Place::Stored(Box::new(existing))));
        }
        let key = (definition.name, condition.clone());
        if let Some(id) = self.conditions.get(&key) {
            return Ok(Step::Exists(Place::Created { kind: definition.name, id: id.clone() }));
        }
        let id = new_id();
        self.conditions.insert(key, id.clone());
        Ok(Step::Create(definition, id, resource, Some(condition)))
    }

    fn carry_out(&self, store: &Store<'_>, step: Step) -> Result<Reply, Problem> {
        match step {
            Step::Exists(place) => {
                let stored = match place {
                    Place::Stored(stored) => *stored,
                    Place::Created { kind, id } => store.read(kind, &id)?,
                };
                Ok(Reply { status: 200, body: None, about: Some(stored), is_read: false })
            }
            Step::Create(definition, id, resource, condition) => {
                // Another entry may have created what this one must not create twice.
                if let Some(condition) = condition
                    && the_one(store, definition, &condition)?.is_some()
                {
                    return Err(Problem::several("another entry creates what meets this condition"));
                }
                post(store, definition, &id, self.resolved(resource))
            }
            Step::Put(definition, id, resource, if_match) => {
                put(store, definition, &id, self.resolved(resource), if_match.as_deref())
            }
            Step::Read(ask) => answer(store, ask),
        }
    }

    /// With the entries' addresses replaced by their places.
    fn resolved(&self, mut resource: Json) -> Json {
        reference::rewrite(&mut resource, &|text| self.addresses.get(text).cloned());
        resource
    }
}

fn batch(store: &Store<'_>, entries: Vec<Entry>) -> Result<Vec<Json>, Problem> {
    let mut answers = Vec::with_capacity(entries.len());
    for (at, Entry { full_url, ask }) in entries.into_iter().enumerate() {
        store.connection.execute_batch("SAVEPOINT entry")?;
        let outcome = ask.and_then(|ask| answer(store, ask).map_err(|fault| fault.in_entry(at)));
        if outcome.is_err() {
            store.connection.execute_batch("ROLLBACK TO entry")?;
        }
        store.connection.execute_batch("RELEASE entry")?;
        answers.push(match outcome {
            Ok(reply) => response(full_url, reply),
            Err(fault) => {
                let said = [("status", Json::text(status_line(fault.status))), ("outcome", fault.outcome())];
                with_url(full_url, [("response", Json::object(said))])
            }
        });
    }
    Ok(answers)
}

/// An entry of the response; what was read is in it, what was written only by its place.
fn response(full_url: Option<String>, reply: Reply) -> Json {
    let mut said = Json::object([("status", Json::text(status_line(reply.status)))]);
    if let Some(stored) = &reply.about {
        said.set("location", Json::text(stored.versioned_path()), usize::MAX);
        said.set("etag", Json::text(stored.etag()), usize::MAX);
        said.set("lastModified", Json::text(stored.instant()), usize::MAX);
    }
    match reply.body.filter(|_| reply.is_read) {
        Some(body) => with_url(full_url, [("resource", body), ("response", said)]),
        None => with_url(full_url, [("response", said)]),
    }
}

fn with_url<const N: usize>(full_url: Option<String>, members: [(&str, Json); N]) -> Json {
    let mut entry = Json::object(members);
    if let Some(full_url) = full_url {
        entry.set("fullUrl", Json::text(full_url), 0);
    }
    entry
}

fn status_line(status: u16) -> String {
    let reason = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    format!("{status} {}", reason.unwrap_or_default()).trim_end().to_owned()
}
