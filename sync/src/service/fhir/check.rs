//! Whether a resource may be kept: its shape, its required elements, its status, its times.
//!
//! Elements that this service does not know are kept as they are.

use super::{
    definitions::{self, Definition},
    reference::is_id,
    when,
};
use crate::service::{
    json::Json,
    problem::{Problem, shortened},
};

/// The definition of a resource that may be kept.
pub(crate) fn resource(resource: &Json) -> Result<&'static Definition, Problem> {
    if !resource.is_object() {
        return Err(Problem::structure("a resource is a JSON object", "Resource"));
    }
    let kind = resource
        .get_text("resourceType")
        .ok_or_else(|| Problem::structure("'resourceType' is missing", "Resource.resourceType"))?;
    let definition = definitions::find(kind).ok_or_else(|| {
        Problem::rule("not-supported", format!("this service keeps no {}", shortened(kind)), "Resource.resourceType")
    })?;
    let name = definition.name;
    if resource.get("id").is_some_and(|id| !id.as_text().is_some_and(is_id)) {
        return Err(Problem::structure("an id has 1 to 64 letters, digits, '-' and '.'", format!("{name}.id")));
    }
    if resource.get("meta").is_some_and(|meta| !meta.is_object()) {
        return Err(Problem::structure("meta is an object", format!("{name}.meta")));
    }
    shape(resource, name)?;
    required(definition, resource)?;
    status(definition, resource)?;
    if name == "Observation" {
        observation(resource)?;
    }
    Ok(definition)
}

/// R4, 2.6.2 (JSON): nothing is empty, null stands only in lists; and each time is one.
fn shape(value: &Json, place: &str) -> Result<(), Problem> {
    let empty = || Problem::structure("an element is never empty: leave it out", place);
    match value {
        Json::Object(members) if members.is_empty() => Err(empty()),
        Json::List(items) if items.is_empty() => Err(empty()),
        Json::Text(text) if text.is_empty() => Err(empty()),
        Json::Null => Err(Problem::structure("null stands only in lists", place)),
        Json::Object(members) => members.iter().try_for_each(|(name, value)| {
            let place = format!("{place}.{name}");
            if is_time(name) {
                time(value, &place)?;
            }
            if name == "reference" && !matches!(value, Json::Text(_) | Json::Object(_) | Json::List(_)) {
                return Err(Problem::structure("a reference is a text", place));
            }
            if (name == "coding" || name == "extension") && !matches!(value, Json::List(_)) {
                return Err(Problem::structure("this element is a list", place));
            }
            shape(value, &place)
        }),
        Json::List(items) => items.iter().enumerate().try_for_each(|(at, item)| match item {
            Json::Null => Ok(()),
            item => shape(item, &format!("{place}[{at}]")),
        }),
        _ => Ok(()),
    }
}

/// Elements that hold a date, dateTime or instant in every resource that has them.
fn is_time(name: &str) -> bool {
    const TIMES: &[&str] = &[
        "issued",
        "birthDate",
        "authored",
        "authoredOn",
        "sent",
        "received",
        "recorded",
        "lastUpdated",
        "start",
        "end",
        "valueDate",
        "valueInstant",
        "effectiveInstant",
        "startDate",
        "dueDate",
        "lastModified",
    ];
    TIMES.contains(&name) || (name.ends_with("DateTime") && !name.starts_with('_'))
}

fn time(value: &Json, place: &str) -> Result<(), Problem> {
    match value {
        Json::Text(text) if when::read(text).is_some() => Ok(()),
        Json::Text(text) => {
            Err(Problem::rule("value", format!("'{}' is no time as FHIR writes it", shortened(text)), place))
        }
        _ => Err(Problem::structure("a time is a text", place)),
    }
}

fn required(definition: &Definition, resource: &Json) -> Result<(), Problem> {
    for element in definition.required {
        let there = match element.strip_suffix("[x]") {
            Some(choice) => resource.members().iter().any(|(name, _)| name.starts_with(choice)),
            None => resource.get(element).is_some(),
        };
        if !there {
            let place = format!("{}.{element}", definition.name);
            return Err(Problem::rule("required", format!("'{element}' is missing"), place));
        }
    }
    Ok(())
}

fn status(definition: &Definition, resource: &Json) -> Result<(), Problem> {
    let Some((element, allowed)) = definition.status else { return Ok(()) };
    match resource.get(element) {
        None => Ok(()),
        Some(Json::Text(status)) if allowed.contains(&status.as_str()) => Ok(()),
        Some(_) => Err(Problem::rule(
            "code-invalid",
            format!("'{element}' is one of: {}", allowed.join(", ")),
            format!("{}.{element}", definition.name),
        )),
    }
}

fn observation(resource: &Json) -> Result<(), Problem> {
    let rule = |code, text, element: &str| Err(Problem::rule(code, text, format!("Observation.{element}")));
    if resource.get("subject").and_then(|subject| subject.get_text("reference")).is_none() {
        return rule("required", "'subject' is a reference to someone or something that this service knows", "subject");
    }
    let code = resource.get("code");
    let codings = code.map(|code| code.get_list("coding")).unwrap_or_default();
    if code.and_then(|code| code.get_text("text")).is_none() && !codings.iter().any(|c| c.get_text("code").is_some()) {
        return rule("required", "'code' holds a coding with a code, or a text", "code");
    }
    let values: Vec<&(String, Json)> = resource.members().iter().filter(|(name, _)| is_value(name)).collect();
    if values.len() > 1 {
        return rule("structure", "there is only one value[x]", "value[x]");
    }
    // R4, Observation, obs-6.
    if !values.is_empty() && resource.get("dataAbsentReason").is_some() {
        return rule("invariant", "a value and a reason for its absence exclude each other", "dataAbsentReason");
    }
    let components = resource.get_list("component").iter().chain([resource]);
    for amount in components.filter_map(|part| part.get("valueQuantity")) {
        if !amount.is_object() || amount.get("value").is_some_and(|value| !matches!(value, Json::Number(_))) {
            return rule("structure", "a Quantity is an object, its value a number", "valueQuantity");
        }
    }
    Ok(())
}

fn is_value(name: &str) -> bool {
    name.strip_prefix("value").is_some_and(|kind| kind.starts_with(|c: char| c.is_ascii_uppercase()))
}
