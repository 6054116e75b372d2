//! Writes of the page, each as a request of its own would make it.

use super::{
    fhir::{
        answer::{Ask, answer},
        store::{Store, Stored},
    },
    json::Json,
    problem::Problem,
};

/// Creates a resource, unless one meets the condition.
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

/// Replaces a resource that was just read.
pub(crate) fn replace(store: &Store<'_>, old: &Stored, body: Json) -> Result<(), Problem> {
    let if_match = Some(old.etag());
    let ask = Ask { method: "PUT".to_owned(), path: old.path(), if_match, body: Some(body), ..Ask::default() };
    answer(store, ask).map(|_| ())
}
