//! References between resources: found wherever they stand, made relative, and checked.

use super::{definitions, store::Store};
use crate::service::{json::Json, problem::Problem, problem::shortened};

/// `Observation/123` of a reference such as `Observation/123/_history/2`; `None` for what is no relative
/// literal reference to a resource of a type that this service keeps.
pub(crate) fn local(reference: &str) -> Option<(&str, &str)> {
    let mut parts = reference.split('/');
    let (kind, id) = (parts.next()?, parts.next()?);
    let tail = match (parts.next(), parts.next(), parts.next()) {
        (None, ..) => true,
        (Some("_history"), Some(version), None) => !version.is_empty(),
        _ => false,
    };
    (tail && definitions::find(kind).is_some() && is_id(id)).then_some((kind, id))
}

/// Whether it is a resource's id (R4, 2.24.0.1).
pub(crate) fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'))
}

/// Gives every `reference` in a resource to `change`, which may return another text for it.
pub(crate) fn rewrite(value: &mut Json, change: &impl Fn(&str) -> Option<String>) {
    match value {
        Json::List(items) => items.iter_mut().for_each(|item| rewrite(item, change)),
        Json::Object(members) => {
            for (name, value) in members {
                match value {
                    Json::Text(text) if name == "reference" => {
                        if let Some(other) = change(text) {
                            *text = other;
                        }
                    }
                    _ => rewrite(value, change),
                }
            }
        }
        _ => {}
    }
}

/// Whether any reference in a resource is one of `these`.
pub(crate) fn any(value: &Json, these: &impl Fn(&str) -> bool) -> bool {
    match value {
        Json::List(items) => items.iter().any(|item| any(item, these)),
        Json::Object(members) => members.iter().any(|(name, value)| match value {
            Json::Text(text) if name == "reference" => these(text),
            _ => any(value, these),
        }),
        _ => false,
    }
}

/// Every reference must lead somewhere: a resource that this service has, one inside the same resource
/// (`#…`), or one at another server. `place` is the resource's type.
pub(crate) fn check(store: &Store<'_>, resource: &Json, place: &str) -> Result<(), Problem> {
    match resource {
        Json::List(items) => {
            items.iter().enumerate().try_for_each(|(at, item)| check(store, item, &format!("{place}[{at}]")))
        }
        Json::Object(members) => members.iter().try_for_each(|(name, value)| match value {
            Json::Text(text) if name == "reference" => leads_somewhere(store, text, place),
            _ => check(store, value, &format!("{place}.{name}")),
        }),
        _ => Ok(()),
    }
}

fn leads_somewhere(store: &Store<'_>, text: &str, place: &str) -> Result<(), Problem> {
    let elsewhere = ["http://", "https://", "#", "urn:oid:"];
    if elsewhere.iter().any(|start| text.starts_with(start)) {
        return Ok(());
    }
    let missing = |said: &str| Problem::rule("not-found", format!("'{}' {said}", shortened(text)), place);
    let Some((kind, id)) = local(text) else {
        return Err(missing("is no reference to anything that this service keeps, nor to an entry of the bundle"));
    };
    if store.exists(kind, id)? { Ok(()) } else { Err(missing("does not exist")) }
}
