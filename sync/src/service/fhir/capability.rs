//! What the service says it can do (R4, CapabilityStatement), made from the same tables that do it.

use super::{
    definitions::{self, Definition, Kind},
    store::{Store, instant},
};
use crate::service::json::Json;

/// The CapabilityStatement.
pub(crate) fn statement(store: &Store<'_>) -> Json {
    let coded = |name: &str, codes: &[&str]| {
        let list = codes.iter().map(|code| Json::object([(name, Json::text(*code))])).collect();
        Json::List(list)
    };
    let rest = Json::object([
        ("mode", Json::text("server")),
        ("resource", Json::List(definitions::ALL.iter().map(resource).collect())),
        ("interaction", coded("code", &["transaction", "batch"])),
    ]);
    let formats = [Json::text("application/fhir+json"), Json::text("json")];
    Json::object([
        ("resourceType", Json::text("CapabilityStatement")),
        ("status", Json::text("active")),
        ("date", Json::text(instant(store.now.timestamp_millis()))),
        ("kind", Json::text("instance")),
        (
            "software",
            Json::object([
                ("name", Json::text("Dagsform, follow-up service of the demonstration")),
                ("version", Json::text(env!("CARGO_PKG_VERSION"))),
            ]),
        ),
        (
            "implementation",
            Json::object([
                ("description", Json::text("A follow-up service on this machine alone")),
                ("url", Json::text(store.base)),
            ]),
        ),
        ("fhirVersion", Json::text("4.0.1")),
        ("format", Json::List(formats.to_vec())),
        ("rest", Json::List(vec![rest])),
    ])
}

fn resource(definition: &Definition) -> Json {
    const INTERACTIONS: &[&str] = &["read", "vread", "update", "history-instance", "create", "search-type"];
    let interactions = INTERACTIONS.iter().map(|code| Json::object([("code", Json::text(*code))]));
    let common = [("_id", "token"), ("_lastUpdated", "date")];
    let own = definition.parameters.iter().map(|parameter| (parameter.name, parameter.kind.name()));
    let parameters = common.into_iter().chain(own);
    let parameters =
        parameters.map(|(name, kind)| Json::object([("name", Json::text(name)), ("type", Json::text(kind))]));
    let references = definition.parameters.iter().filter(|parameter| matches!(parameter.kind, Kind::Reference(_)));
    let includes: Vec<Json> =
        references.map(|parameter| Json::text(format!("{}:{}", definition.name, parameter.name))).collect();
    let mut resource = Json::object([
        ("type", Json::text(definition.name)),
        ("interaction", Json::List(interactions.collect())),
        ("versioning", Json::text("versioned-update")),
        ("readHistory", Json::Bool(true)),
        ("updateCreate", Json::Bool(true)),
        ("conditionalCreate", Json::Bool(true)),
        ("conditionalRead", Json::text("not-match")),
        ("conditionalUpdate", Json::Bool(true)),
    ]);
    if !includes.is_empty() {
        resource.set("searchInclude", Json::List(includes), usize::MAX);
    }
    resource.set("searchParam", Json::List(parameters.collect()), usize::MAX);
    let mut operations = vec![operation("validate", "Resource-validate")];
    if definition.name == "Patient" {
        operations.push(operation("everything", "Patient-everything"));
    }
    resource.set("operation", Json::List(operations), usize::MAX);
    resource
}

fn operation(name: &str, definition: &str) -> Json {
    let definition = format!("http://hl7.org/fhir/OperationDefinition/{definition}");
    Json::object([("name", Json::text(name)), ("definition", Json::text(definition))])
}
