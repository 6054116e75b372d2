//! One FHIR interaction (R4, 3.1.0): what is asked, and the answer. The same for a request of its own and
//! for an entry of a bundle.

use super::{
    bundle, capability, check,
    definitions::Definition,
    reach, reference,
    search::{self, Query, Search},
    store::{Store, Stored, new_id},
};
use crate::service::{
    json::Json,
    problem::{self, Problem, shortened},
};

/// What is asked.
#[derive(Debug, Default)]
pub(crate) struct Ask {
    /// GET, POST or PUT; HEAD is asked as GET.
    pub(crate) method: String,
    /// Below the base, without a slash at either end: `Patient/123`.
    pub(crate) path: String,
    pub(crate) query: Query,
    pub(crate) if_match: Option<String>,
    pub(crate) if_none_match: Option<String>,
    pub(crate) if_none_exist: Option<String>,
    pub(crate) body: Option<Json>,
}

/// The answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Option<Json>,
    /// The resource that it is about.
    pub(crate) about: Option<Stored>,
    /// It was read, not written: its body is the answer also within a bundle.
    pub(crate) is_read: bool,
}

impl Reply {
    fn read(body: Json) -> Self {
        Self { status: 200, body: Some(body), about: None, is_read: true }
    }

    fn stored(status: u16, stored: Stored, is_read: bool) -> Self {
        Self { status, body: Some(Json::Written(stored.body.clone())), about: Some(stored), is_read }
    }
}

/// Carries out what is asked.
pub(crate) fn answer(store: &Store<'_>, ask: Ask) -> Result<Reply, Problem> {
    let path = ask.path.clone();
    let segments: Vec<&str> = if path.is_empty() { Vec::new() } else { path.split('/').collect() };
    let method = ask.method.as_str();
    match (segments.as_slice(), method) {
        ([], "POST") => bundle::process(store, ask.body.ok_or_else(no_body)?).map(Reply::read),
        ([], _) => Err(Problem::method("POST")),
        (["metadata"], "GET") => Ok(Reply::read(capability::statement(store))),
        (["metadata"], _) => Err(Problem::method("GET")),
        ([kind], "GET") => Search::new(search::definition(kind)?, &ask.query)?.bundle(store).map(Reply::read),
        ([kind], "POST") => create(store, search::definition(kind)?, ask),
        ([kind], "PUT") => conditional_update(store, search::definition(kind)?, ask),
        ([kind], _) => search::definition(kind).and(Err(Problem::method("GET, POST, PUT"))),
        ([kind, "_search"], "POST") => {
            Search::new(search::definition(kind)?, &ask.query)?.bundle(store).map(Reply::read)
        }
        ([kind, "_search"], _) => search::definition(kind).and(Err(Problem::method("POST"))),
        ([kind, "$validate"], "POST") => {
            Ok(Reply::read(validate(store, search::definition(kind)?, ask.body.ok_or_else(no_body)?)))
        }
        ([kind, "$validate"], _) => search::definition(kind).and(Err(Problem::method("POST"))),
        ([kind, id], "GET") => {
            let stored = store.read(search::definition(kind)?.name, id)?;
            reach::read(store, &stored)?;
            if ask.if_none_match.is_some_and(|tags| names(&tags, &stored)) {
                return Ok(Reply { status: 304, body: None, about: Some(stored), is_read: true });
            }
            Ok(Reply::stored(200, stored, true))
        }
        ([kind, id], "PUT") => {
            let resource = own(store, ask.body.ok_or_else(no_body)?);
            let reply = put(store, search::definition(kind)?, id, resource, ask.if_match.as_deref())?;
            checked(store, reply)
        }
        ([kind, _], _) => search::definition(kind).and(Err(Problem::method("GET, PUT"))),
        (["Patient", id, "$everything"], "GET") => {
            let patient = store.read("Patient", id)?;
            reach::read(store, &patient)?;
            search::everything(store, &patient).map(Reply::read)
        }
        ([kind, id, "_history"], "GET") => {
            Ok(Reply::read(history(store, &versions(store, search::definition(kind)?, id)?)))
        }
        ([kind, id, "_history", version], "GET") => {
            let versions = versions(store, search::definition(kind)?, id)?;
            let found = versions.into_iter().find(|stored| stored.version.to_string() == *version);
            let missing = || Problem::not_found(format!("there is no version {} of it", shortened(version)));
            Ok(Reply::stored(200, found.ok_or_else(missing)?, true))
        }
        (["Patient", _, "$everything"] | [_, _, "_history"] | [_, _, "_history", _], _) => Err(Problem::method("GET")),
        _ => Err(Problem::not_supported(format!("'{}' is nothing that this service has", shortened(&path)))),
    }
}

/// All versions of a resource, none of them about someone else.
fn versions(store: &Store<'_>, definition: &'static Definition, id: &str) -> Result<Vec<Stored>, Problem> {
    let versions = store.history(definition.name, id)?;
    versions.iter().try_for_each(|version| reach::read(store, version))?;
    Ok(versions)
}

fn no_body() -> Problem {
    Problem::structure("the body is missing: send a resource in JSON", "Resource")
}

/// A resource in which references to this service itself are relative: its address may change.
pub(crate) fn own(store: &Store<'_>, mut resource: Json) -> Json {
    let relative = |text: &str| Some(text.strip_prefix(store.base)?.strip_prefix('/')?.to_owned());
    reference::rewrite(&mut resource, &relative);
    resource
}

/// After a resource is written, so that it may refer to itself: every reference leads somewhere.
fn checked(store: &Store<'_>, reply: Reply) -> Result<Reply, Problem> {
    if let Some(stored) = &reply.about {
        reference::check(store, &stored.json()?, &stored.kind)?;
    }
    Ok(reply)
}

fn create(store: &Store<'_>, definition: &'static Definition, ask: Ask) -> Result<Reply, Problem> {
    let resource = own(store, ask.body.ok_or_else(no_body)?);
    if let Some(condition) = &ask.if_none_exist
        && let Some(existing) = the_one(store, definition, condition)?
    {
        // A tablet may learn that a sensor is known already, and nothing of whose it was.
        let shown = reach::shows(store, &existing)?;
        let reply = Reply::stored(200, existing, false);
        return Ok(if shown { reply } else { Reply { body: None, ..reply } });
    }
    checked(store, post(store, definition, &new_id(), resource)?)
}

fn conditional_update(store: &Store<'_>, definition: &'static Definition, ask: Ask) -> Result<Reply, Problem> {
    let condition = form_urlencoded::Serializer::new(String::new()).extend_pairs(&ask.query).finish();
    let resource = own(store, ask.body.ok_or_else(no_body)?);
    let id = conditional_id(store, definition, &condition, &resource)?;
    checked(store, put(store, definition, &id, with_id(resource, &id), ask.if_match.as_deref())?)
}

/// The id that a conditional update is for (R4, 3.1.0.4.3).
pub(crate) fn conditional_id(
    store: &Store<'_>,
    definition: &'static Definition,
    condition: &str,
    resource: &Json,
) -> Result<String, Problem> {
    let own = resource.get_text("id");
    match the_one(store, definition, condition)? {
        None => Ok(own.map_or_else(new_id, str::to_owned)),
        Some(existing) if own.is_none_or(|own| own == existing.id) => Ok(existing.id),
        Some(_) => Err(Problem::bad_request("the condition and the resource's id are about two resources")),
    }
}

/// The resource with this id, where it had none.
pub(crate) fn with_id(mut resource: Json, id: &str) -> Json {
    resource.set("id", Json::text(id), 1);
    resource
}

/// The one resource that meets a condition; 412 if there are several.
pub(crate) fn the_one(
    store: &Store<'_>,
    definition: &'static Definition,
    condition: &str,
) -> Result<Option<Stored>, Problem> {
    let mut found = Search::condition(definition, condition)?.matches(store, 2)?;
    if found.len() > 1 {
        return Err(Problem::several(format!("more than one {} meets the condition", definition.name)));
    }
    Ok(found.pop())
}

/// Creates a resource under an id that is new. Its references are the caller's to check.
pub(crate) fn post(
    store: &Store<'_>,
    definition: &'static Definition,
    id: &str,
    resource: Json,
) -> Result<Reply, Problem> {
    same_type(definition, &resource)?;
    reach::write(store, definition, &resource, None)?;
    Ok(Reply::stored(201, store.write(definition, id, resource, "POST")?, false))
}

/// Creates or changes the resource with this id. Its references are the caller's to check.
pub(crate) fn put(
    store: &Store<'_>,
    definition: &'static Definition,
    id: &str,
    resource: Json,
    if_match: Option<&str>,
) -> Result<Reply, Problem> {
    let name = definition.name;
    if !reference::is_id(id) {
        return Err(Problem::bad_request("an id has 1 to 64 letters, digits, '-' and '.'"));
    }
    same_type(definition, &resource)?;
    if resource.get_text("id") != Some(id) {
        return Err(Problem::structure("the id in the resource is not the one in the address", format!("{name}.id")));
    }
    let old = store.find(name, id)?;
    reach::write(store, definition, &resource, old.as_ref())?;
    match (if_match, &old) {
        (Some(tags), Some(old)) if !names(tags, old) => {
            return Err(Problem::condition(format!("{} is at version {} now", old.path(), old.version)));
        }
        (Some(_), None) => return Err(Problem::condition(format!("there is no {name}/{id} yet"))),
        _ => {}
    }
    let status = if old.is_some() { 200 } else { 201 };
    Ok(Reply::stored(status, store.write(definition, id, resource, "PUT")?, false))
}

fn same_type(definition: &Definition, resource: &Json) -> Result<(), Problem> {
    let found = check::resource(resource)?;
    if found.name == definition.name {
        return Ok(());
    }
    let said = format!("a {} was sent to the address of {}", found.name, definition.name);
    Err(Problem::structure(said, format!("{}.resourceType", found.name)))
}

/// Whether a list of entity tags names this version. `1`, `"1"` and `W/"1"` are taken for the same.
fn names(tags: &str, stored: &Stored) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").trim_matches('"').to_owned();
    tags.split(',').map(bare).any(|tag| tag == "*" || tag == stored.version.to_string())
}

/// $validate (R4, Resource/$validate): the answer is an OperationOutcome, good or bad.
fn validate(store: &Store<'_>, definition: &'static Definition, body: Json) -> Json {
    let inside = |body: &Json| {
        let named = |part: &&Json| part.get_text("name") == Some("resource");
        body.get_list("parameter").iter().find(named)?.get("resource").cloned()
    };
    let resource = match body.get_text("resourceType") {
        Some("Parameters") => inside(&body).unwrap_or(Json::Null),
        _ => body,
    };
    let resource = own(store, resource);
    let faults = same_type(definition, &resource).and_then(|()| reference::check(store, &resource, definition.name));
    match faults {
        Ok(()) => problem::outcome("informational", "information", "the resource may be kept", None),
        Err(fault) => fault.outcome(),
    }
}

fn history(store: &Store<'_>, versions: &[Stored]) -> Json {
    let entry = |stored: &Stored| {
        let status = if stored.version == 1 { "201 Created" } else { "200 OK" };
        let url = if stored.method == "POST" { stored.kind.clone() } else { stored.path() };
        Json::object([
            ("fullUrl", Json::text(format!("{}/{}", store.base, stored.path()))),
            ("resource", Json::Written(stored.body.clone())),
            ("request", Json::object([("method", Json::text(&stored.method)), ("url", Json::text(url))])),
            (
                "response",
                Json::object([
                    ("status", Json::text(status)),
                    ("etag", Json::text(stored.etag())),
                    ("lastModified", Json::text(stored.instant())),
                ]),
            ),
        ])
    };
    Json::object([
        ("resourceType", Json::text("Bundle")),
        ("type", Json::text("history")),
        ("total", Json::number(versions.len())),
        ("entry", Json::List(versions.iter().map(entry).collect())),
    ])
}
