//! Our own extensions and codes, read and written.

use super::json::Json;

/// The address below which our own extensions are defined.
pub const EXTENSIONS: &str = "https://dagsform.example/fhir/StructureDefinition";
/// What a ServiceRequest asks for: `measurement` or `questions`.
pub(crate) const TASK: &str = "https://dagsform.example/fhir/CodeSystem/task";
/// What a message of the patient is about.
pub(crate) const MESSAGE: &str = "https://dagsform.example/fhir/CodeSystem/message";
/// The colours of zones.
pub(crate) const ZONE: &str = "https://dagsform.example/fhir/CodeSystem/zone";
/// The parts of a zone's plan.
pub(crate) const ZONE_PART: &str = "https://dagsform.example/fhir/CodeSystem/zone-part";

/// What a Device says of itself beside the standard's own properties.
pub(crate) const DEVICE_PROPERTY: &str = "https://dagsform.example/fhir/CodeSystem/device-property";
/// What is wrong with a Device.
pub(crate) const DEVICE_FAULT: &str = "https://dagsform.example/fhir/CodeSystem/device-fault";

/// The extensions of an element that are ours and have this name.
pub(crate) fn all<'a>(element: &'a Json, name: &'a str) -> impl Iterator<Item = &'a Json> {
    element.get_list("extension").iter().filter(move |extension| is(extension, name))
}

/// The first of them.
pub(crate) fn one<'a>(element: &'a Json, name: &'a str) -> Option<&'a Json> {
    all(element, name).next()
}

/// Whether an extension is ours and has this name.
pub(crate) fn is(extension: &Json, name: &str) -> bool {
    let own = extension.get_text("url").and_then(|url| url.strip_prefix(EXTENSIONS)?.strip_prefix('/'));
    own == Some(name)
}

/// A part of a nested extension.
pub(crate) fn part<'a>(extension: &'a Json, name: &str) -> Option<&'a Json> {
    extension.get_list("extension").iter().find(|part| part.get_text("url") == Some(name))
}

/// One of our extensions with a value, such as `valuePeriod`.
pub(crate) fn new(name: &str, kind: &str, value: Json) -> Json {
    Json::object([("url", Json::text(format!("{EXTENSIONS}/{name}"))), (kind, value)])
}

/// A part of a nested extension, with a value.
pub(crate) fn new_part(name: &str, kind: &str, value: Json) -> Json {
    Json::object([("url", Json::text(name)), (kind, value)])
}

/// The code of a system among the codings of a concept.
pub(crate) fn code<'a>(concept: &'a Json, system: &str) -> Option<&'a str> {
    let of_system = |coding: &&Json| coding.get_text("system") == Some(system);
    concept.get_list("coding").iter().find(of_system)?.get_text("code")
}

/// A concept of one of our codes.
pub(crate) fn concept(system: &str, code: &str) -> Json {
    let coding = Json::object([("system", Json::text(system)), ("code", Json::text(code))]);
    Json::object([("coding", Json::List(vec![coding]))])
}

/// A reference to a resource of this service.
pub(crate) fn reference(path: &str) -> Json {
    Json::object([("reference", Json::text(path))])
}
