//! What a resource is found by: the values of its search parameters.

use super::{
    definitions::{Definition, Kind},
    reference,
    when::{self, Span},
};
use crate::service::json::Json;

/// A value of a search parameter.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A token's system and code; a reference's type and id; a URI without a system.
    Word { system: String, value: String },
    /// A time.
    When(Span),
}

/// All values of a resource, each with the name of its parameter.
pub(crate) fn values(definition: &Definition, resource: &Json) -> Vec<(&'static str, Found)> {
    let mut found = Vec::new();
    for parameter in definition.parameters {
        for path in parameter.paths {
            for element in at(resource, path) {
                found.extend(of_element(parameter.kind, element).into_iter().map(|value| (parameter.name, value)));
            }
        }
    }
    found
}

/// The elements at a path from the root of a resource; lists are gone through.
pub(crate) fn at<'a>(resource: &'a Json, path: &str) -> Vec<&'a Json> {
    path.split('.').fold(vec![resource], |elements, name| {
        elements.into_iter().filter_map(|element| element.get(name)).flat_map(each).collect()
    })
}

fn each(value: &Json) -> Vec<&Json> {
    match value {
        Json::List(items) => items.iter().collect(),
        one => vec![one],
    }
}

fn of_element(kind: Kind, element: &Json) -> Vec<Found> {
    match kind {
        Kind::Token => tokens(element),
        Kind::Date => span(element).map(Found::When).into_iter().collect(),
        Kind::Uri => uris(element),
        Kind::Reference(only) => {
            element.get_text("reference").and_then(|text| target(text, only)).into_iter().collect()
        }
    }
}

fn word(system: &str, value: &str) -> Found {
    Found::Word { system: system.to_owned(), value: value.to_owned() }
}

/// The tokens of a code, a boolean, a Coding, a CodeableConcept or an Identifier.
fn tokens(element: &Json) -> Vec<Found> {
    match element {
        Json::Text(text) => vec![word("", text)],
        Json::Bool(value) => vec![word("", if *value { "true" } else { "false" })],
        Json::Object(_) if element.get("coding").is_some() => {
            element.get_list("coding").iter().flat_map(tokens).collect()
        }
        Json::Object(_) => {
            let value = element.get_text("code").or_else(|| element.get_text("value"));
            value.map(|value| word(element.get_text("system").unwrap_or_default(), value)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// A canonical with a version is found with and without it.
fn uris(element: &Json) -> Vec<Found> {
    let Some(text) = element.as_text() else { return Vec::new() };
    let bare = text.split_once('|').map(|(bare, _)| word("", bare));
    [word("", text)].into_iter().chain(bare).collect()
}

/// The time of a date, a Period or a Timing.
fn span(element: &Json) -> Option<Span> {
    if let Some(text) = element.as_text() {
        return when::read(text);
    }
    let bound = |name| element.get_text(name).and_then(when::read);
    let (start, end) = (bound("start"), bound("end"));
    if start.is_some() || end.is_some() {
        return Some(Span { low: start.map_or(i64::MIN, |s| s.low), high: end.map_or(i64::MAX, |e| e.high) });
    }
    let events = element.get_list("event").iter().filter_map(Json::as_text).filter_map(when::read);
    events.reduce(|all, one| Span { low: all.low.min(one.low), high: all.high.max(one.high) })
}

fn target(text: &str, only: Option<&str>) -> Option<Found> {
    match reference::local(text) {
        Some((kind, id)) if only.is_none_or(|only| only == kind) => Some(word(kind, id)),
        None if only.is_none() => Some(word("", text)),
        _ => None,
    }
}
