//! A patient's limits on the order of a measurement.
//!
//! R4's ServiceRequest has no reference ranges. After the Danish FUT infrastructure's model they stand in an
//! extension of it, [`REFERENCE_RANGE`], once for each range:
//!
//! | part | value | meaning |
//! |---|---|---|
//! | `type` | `valueCode` | the zone outside the range: `yellow` or `red` |
//! | `component` | `valueCodeableConcept` | the part of a panel that it is about, such as systolic; else the order's own code |
//! | `low`, `high` | `valueQuantity` | the range, both ends inside it; one of them may be missing |

use super::json::Json;
use crate::fhir::codes::{LOINC, UCUM};

/// The address below which our own extensions are defined.
pub const EXTENSIONS: &str = "https://dagsform.example/fhir/StructureDefinition";
/// The extension of a ServiceRequest that holds one range.
pub const REFERENCE_RANGE: &str = "https://dagsform.example/fhir/StructureDefinition/reference-range";

/// A number of a measurement that can have limits.
#[derive(Debug)]
pub(crate) struct Measurable {
    /// Its name in forms.
    pub(crate) key: &'static str,
    /// LOINC code and display of the measurement that is ordered.
    pub(crate) order: (&'static str, &'static str),
    /// LOINC code and display of the part of it.
    pub(crate) component: Option<(&'static str, &'static str)>,
    /// The unit for people.
    pub(crate) unit: &'static str,
    /// The unit in UCUM.
    pub(crate) ucum: &'static str,
}

const BLOOD_PRESSURE: (&str, &str) = ("85354-9", "Blood pressure panel with all children optional");

/// All of them. LOINC codes as in VkpObservation and the FHIR vital signs profiles.
pub(crate) const MEASURABLES: &[Measurable] = &[
    Measurable {
        key: "oxygen-saturation",
        order: ("59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry"),
        component: None,
        unit: "%",
        ucum: "%",
    },
    Measurable { key: "pulse", order: ("8867-4", "Heart rate"), component: None, unit: "/min", ucum: "/min" },
    Measurable {
        key: "systolic",
        order: BLOOD_PRESSURE,
        component: Some(("8480-6", "Systolic blood pressure")),
        unit: "mmHg",
        ucum: "mm[Hg]",
    },
    Measurable {
        key: "diastolic",
        order: BLOOD_PRESSURE,
        component: Some(("8462-4", "Diastolic blood pressure")),
        unit: "mmHg",
        ucum: "mm[Hg]",
    },
    Measurable { key: "weight", order: ("29463-7", "Body weight"), component: None, unit: "kg", ucum: "kg" },
    Measurable {
        key: "glucose",
        order: ("15074-8", "Glucose [Moles/volume] in Blood"),
        component: None,
        unit: "mmol/L",
        ucum: "mmol/L",
    },
    Measurable { key: "temperature", order: ("8310-5", "Body temperature"), component: None, unit: "°C", ucum: "Cel" },
];

/// The limits of one number. Texts are decimals with a point.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) red_low: Option<String>,
    pub(crate) yellow_low: Option<String>,
    pub(crate) yellow_high: Option<String>,
    pub(crate) red_high: Option<String>,
}

impl Measurable {
    /// Its limits in an order.
    pub(crate) fn read(&self, order: &Json) -> Limits {
        let mut limits = Limits::default();
        for range in order.get_list("extension").iter().filter(|extension| self.is_about(extension)) {
            let bound = |name| match part(range, name)?.get("valueQuantity")?.get("value")? {
                Json::Number(number) => Some(number.clone()),
                _ => None,
            };
            let (low, high) = (bound("low"), bound("high"));
            match part(range, "type").and_then(|kind| kind.get_text("valueCode")) {
                Some("red") => (limits.red_low, limits.red_high) = (low, high),
                Some("yellow") => (limits.yellow_low, limits.yellow_high) = (low, high),
                _ => {}
            }
        }
        limits
    }

    /// Replaces its limits in an order; all else stays.
    pub(crate) fn replace(&self, order: &mut Json, limits: &Limits) {
        let others = order.get_list("extension").iter().filter(|extension| !self.is_about(extension)).cloned();
        let red = self.range("red", &limits.red_low, &limits.red_high);
        let yellow = self.range("yellow", &limits.yellow_low, &limits.yellow_high);
        let all: Vec<Json> = others.chain(yellow).chain(red).collect();
        if let Json::Object(members) = order {
            members.retain(|(name, _)| name != "extension");
        }
        if !all.is_empty() {
            order.set("extension", Json::List(all), usize::MAX);
        }
    }

    /// A new order of this measurement, without limits.
    pub(crate) fn order(&self, patient: &str, authored: &str) -> Json {
        Json::object([
            ("resourceType", Json::text("ServiceRequest")),
            ("status", Json::text("active")),
            ("intent", Json::text("order")),
            ("code", concept(self.order)),
            ("subject", Json::object([("reference", Json::text(patient))])),
            ("authoredOn", Json::text(authored)),
        ])
    }

    fn is_about(&self, extension: &Json) -> bool {
        let component = part(extension, "component").and_then(|part| part.get("valueCodeableConcept"));
        let codings = component.map(|concept| concept.get_list("coding")).unwrap_or_default();
        let same = match self.component {
            None => component.is_none(),
            Some((code, _)) => {
                codings.iter().any(|c| c.get_text("system") == Some(LOINC) && c.get_text("code") == Some(code))
            }
        };
        extension.get_text("url") == Some(REFERENCE_RANGE) && same
    }

    fn range(&self, zone: &str, low: &Option<String>, high: &Option<String>) -> Option<Json> {
        if low.is_none() && high.is_none() {
            return None;
        }
        let extension = |url: &str, kind: &str, value| Json::object([("url", Json::text(url)), (kind, value)]);
        let quantity = |value: &String| {
            Json::object([
                ("value", Json::number(value)),
                ("unit", Json::text(self.unit)),
                ("system", Json::text(UCUM)),
                ("code", Json::text(self.ucum)),
            ])
        };
        let mut parts = vec![extension("type", "valueCode", Json::text(zone))];
        parts.extend(self.component.map(|part| extension("component", "valueCodeableConcept", concept(part))));
        parts.extend(low.as_ref().map(|low| extension("low", "valueQuantity", quantity(low))));
        parts.extend(high.as_ref().map(|high| extension("high", "valueQuantity", quantity(high))));
        Some(Json::object([("extension", Json::List(parts)), ("url", Json::text(REFERENCE_RANGE))]))
    }
}

fn part<'a>(extension: &'a Json, url: &str) -> Option<&'a Json> {
    extension.get_list("extension").iter().find(|part| part.get_text("url") == Some(url))
}

fn concept((code, display): (&str, &str)) -> Json {
    let coding = [("system", Json::text(LOINC)), ("code", Json::text(code)), ("display", Json::text(display))];
    Json::object([("coding", Json::List(vec![Json::object(coding)]))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_of_one_part_are_replaced_and_those_of_the_other_stay() {
        let of = |key| MEASURABLES.iter().find(|m| m.key == key).unwrap();
        let (systolic, diastolic) = (of("systolic"), of("diastolic"));
        let number = |text: &str| Some(text.to_owned());
        let wide = Limits { red_low: number("90"), red_high: number("180.0"), ..Limits::default() };
        let narrow = Limits { yellow_high: number("85"), ..Limits::default() };
        let mut order = systolic.order("Patient/1", "2026-11-23T08:00:00Z");
        systolic.replace(&mut order, &wide);
        diastolic.replace(&mut order, &narrow);
        assert_eq!((systolic.read(&order), diastolic.read(&order)), (wide.clone(), narrow));
        diastolic.replace(&mut order, &Limits::default());
        assert_eq!((systolic.read(&order), diastolic.read(&order)), (wide, Limits::default()));
        systolic.replace(&mut order, &Limits::default());
        assert_eq!(order.get("extension"), None);
    }
}
