//! A patient's limits on the order of a measurement.
//!
//! R4's ServiceRequest has no reference ranges. After the Danish FUT infrastructure's model they stand in an
//! extension of it, [`REFERENCE_RANGE`], once for each range:
//!
//! | part | value | meaning |
//! |---|---|---|
//! | `type` | `valueCode` | the zone outside the range: `yellow` or `red` |
//! | `component` | `valueCodeableConcept` | the part of a panel that it is about, such as systolic; else the order's own code |
//! | `meal` | `valueCode` | it is about readings that stand so to a meal; else about all |
//! | `low`, `high` | `valueQuantity` | the range, both ends inside it; one of them may be missing |
//!
//! A limit over time is a [`CHANGE_LIMIT`]: `type` and `component` as above, `direction` (`valueCode`: `up` or
//! `down`), `by` (`valueQuantity`) and `within` (`valueDuration`, days).

use super::{
    extension::{self, TASK, new_part, part},
    json::Json,
};
use crate::fhir::codes::{LOINC, UCUM};

mod measurable;

pub(crate) use measurable::{MEASURABLES, Measurable};

/// The extension of a ServiceRequest that holds one range.
pub const REFERENCE_RANGE: &str = "https://dagsform.example/fhir/StructureDefinition/reference-range";
/// The extension of a ServiceRequest that holds one limit over time.
pub const CHANGE_LIMIT: &str = "https://dagsform.example/fhir/StructureDefinition/change-limit";

/// The zones that limits lead to.
pub(crate) const ZONES: [&str; 2] = ["yellow", "red"];
/// The ways a number can go.
pub(crate) const DIRECTIONS: [&str; 2] = ["up", "down"];
/// How a reading can stand to a meal: the codes of the glucose meter's own values.
pub(crate) const MEALS: [&str; 5] = ["preprandial", "postprandial", "fasting", "casual", "bedtime"];

/// What one set of limits is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number {
    pub(crate) measurable: &'static Measurable,
    /// One of [`MEALS`]; `None` for readings at any time.
    pub(crate) meal: Option<&'static str>,
}

/// The limits of one number. Texts are decimals with a point.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) red_low: Option<String>,
    pub(crate) yellow_low: Option<String>,
    pub(crate) yellow_high: Option<String>,
    pub(crate) red_high: Option<String>,
    pub(crate) changes: Vec<Change>,
}

/// A limit over time, such as 2 kg up within 3 days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// One of [`ZONES`].
    pub(crate) zone: &'static str,
    /// One of [`DIRECTIONS`].
    pub(crate) direction: &'static str,
    /// A decimal with a point.
    pub(crate) by: String,
    /// A whole number of days.
    pub(crate) days: String,
}

impl Number {
    /// All numbers that an order is about.
    pub(crate) fn all(order: &Json) -> Vec<Self> {
        let codings = order.get("code").map(|code| code.get_list("coding")).unwrap_or_default();
        let loinc = codings.iter().filter(|coding| coding.get_text("system") == Some(LOINC));
        let codes: Vec<&str> = loinc.filter_map(|coding| coding.get_text("code")).collect();
        let fits = |measurable: &&Measurable| measurable.codes.iter().any(|code| codes.contains(code));
        let meals = || [None].into_iter().chain(MEALS.map(Some));
        let all = MEASURABLES.iter().filter(fits).flat_map(|m| meals().map(move |meal| Self { measurable: m, meal }));
        all.filter(|number| number.is_usual() || number.is_limited(order)).collect()
    }

    /// Its limits can be set where there are none: of glucose also those before and after a meal.
    fn is_usual(self) -> bool {
        let meal = matches!(self.meal, Some("preprandial" | "postprandial")) && self.measurable.key == "glucose";
        self.measurable.usual && (self.meal.is_none() || meal)
    }

    fn is_limited(self, order: &Json) -> bool {
        order.get_list("extension").iter().any(|one| self.is_range(one) || self.is_change(one))
    }

    /// Its limits in an order; `None` if they are not as this service writes them, such as in another unit.
    pub(crate) fn read(self, order: &Json) -> Option<Limits> {
        let mut limits = Limits::default();
        let (mut yellow, mut red) = (false, false);
        for extension in order.get_list("extension") {
            if self.is_range(extension) {
                let bound = |name| part(extension, name).map(|bound| self.amount(bound)).unwrap_or(Some(None));
                let (low, high) = (bound("low")?, bound("high")?);
                let twice = match part(extension, "type")?.get_text("valueCode")? {
                    "red" => {
                        (limits.red_low, limits.red_high) = (low, high);
                        std::mem::replace(&mut red, true)
                    }
                    "yellow" => {
                        (limits.yellow_low, limits.yellow_high) = (low, high);
                        std::mem::replace(&mut yellow, true)
                    }
                    _ => true,
                };
                if twice {
                    return None;
                }
            } else if self.is_change(extension) {
                limits.changes.push(self.change(extension)?);
            }
        }
        Some(limits)
    }

    /// The value of a part that is a quantity in the unit of this number: the outer `None` for any other.
    fn amount(self, part: &Json) -> Option<Option<String>> {
        let quantity = part.get("valueQuantity")?;
        match quantity.get("value")? {
            Json::Number(number) if quantity.get_text("code") == Some(self.measurable.ucum) => {
                Some(Some(number.clone()))
            }
            _ => None,
        }
    }

    fn change(self, extension: &Json) -> Option<Change> {
        let one_of = |all: &[&'static str], name| {
            let code = part(extension, name)?.get_text("valueCode")?;
            all.iter().find(|known| **known == code).copied()
        };
        let within = part(extension, "within")?.get("valueDuration")?;
        let days = match within.get("value")? {
            Json::Number(days) if within.get_text("code") == Some("d") => days.clone(),
            _ => return None,
        };
        let by = self.amount(part(extension, "by")?)??;
        Some(Change { zone: one_of(&ZONES, "type")?, direction: one_of(&DIRECTIONS, "direction")?, by, days })
    }

    /// Replaces its limits in an order. All else stays, also the place and the name of each range, by which a
    /// tablet says what it judged by.
    pub(crate) fn replace(self, order: &mut Json, limits: &Limits) {
        let ranges = [("yellow", &limits.yellow_low, &limits.yellow_high), ("red", &limits.red_low, &limits.red_high)];
        let mut to_write: Vec<(&str, Json)> =
            ranges.into_iter().filter_map(|(zone, low, high)| Some((zone, self.range(zone, low, high)?))).collect();
        let mut all = Vec::new();
        for extension in order.get_list("extension") {
            if self.is_range(extension) {
                let zone = part(extension, "type").and_then(|kind| kind.get_text("valueCode"));
                if let Some(at) = to_write.iter().position(|(new, _)| Some(*new) == zone) {
                    let (_, mut new) = to_write.remove(at);
                    if let Some(id) = part(extension, "id") {
                        new.push("extension", id.clone());
                    }
                    all.push(new);
                }
            } else if !self.is_change(extension) {
                all.push(extension.clone());
            }
        }
        all.extend(to_write.into_iter().map(|(_, new)| new));
        all.extend(limits.changes.iter().map(|change| self.over_time(change)));
        order.set_list("extension", all);
    }

    fn is_range(self, extension: &Json) -> bool {
        let meal = part(extension, "meal").and_then(|meal| meal.get_text("valueCode"));
        extension.get_text("url") == Some(REFERENCE_RANGE) && self.is_of_component(extension) && meal == self.meal
    }

    fn is_change(self, extension: &Json) -> bool {
        extension.get_text("url") == Some(CHANGE_LIMIT) && self.is_of_component(extension) && self.meal.is_none()
    }

    fn is_of_component(self, extension: &Json) -> bool {
        let component = part(extension, "component").and_then(|part| part.get("valueCodeableConcept"));
        match self.measurable.component {
            None => component.is_none(),
            Some((code, _)) => component.and_then(|concept| extension::code(concept, LOINC)) == Some(code),
        }
    }

    fn range(self, zone: &str, low: &Option<String>, high: &Option<String>) -> Option<Json> {
        if low.is_none() && high.is_none() {
            return None;
        }
        let mut parts = self.about(zone);
        parts.extend(self.meal.map(|meal| new_part("meal", "valueCode", Json::text(meal))));
        parts.extend(low.as_ref().map(|low| new_part("low", "valueQuantity", self.quantity(low))));
        parts.extend(high.as_ref().map(|high| new_part("high", "valueQuantity", self.quantity(high))));
        Some(Json::object([("extension", Json::List(parts)), ("url", Json::text(REFERENCE_RANGE))]))
    }

    fn over_time(self, change: &Change) -> Json {
        let within = Json::object([
            ("value", Json::number(&change.days)),
            ("unit", Json::text("d")),
            ("system", Json::text(UCUM)),
            ("code", Json::text("d")),
        ]);
        let mut parts = self.about(change.zone);
        parts.push(new_part("direction", "valueCode", Json::text(change.direction)));
        parts.push(new_part("by", "valueQuantity", self.quantity(&change.by)));
        parts.push(new_part("within", "valueDuration", within));
        Json::object([("extension", Json::List(parts)), ("url", Json::text(CHANGE_LIMIT))])
    }

    fn about(self, zone: &str) -> Vec<Json> {
        let component = self.measurable.component.map(|(code, display)| concept(code, display));
        let component = component.map(|component| new_part("component", "valueCodeableConcept", component));
        [new_part("type", "valueCode", Json::text(zone))].into_iter().chain(component).collect()
    }

    fn quantity(self, value: &str) -> Json {
        Json::object([
            ("value", Json::number(value)),
            ("unit", Json::text(self.measurable.unit)),
            ("system", Json::text(UCUM)),
            ("code", Json::text(self.measurable.ucum)),
        ])
    }
}

impl Measurable {
    /// A new order of this measurement, without limits.
    pub(crate) fn order(&self, patient: &str, authored: &str) -> Json {
        let code = self.codes.first().map(|code| concept(code, self.display));
        Json::object([
            ("resourceType", Json::text("ServiceRequest")),
            ("status", Json::text("active")),
            ("intent", Json::text("order")),
            ("category", Json::List(vec![extension::concept(TASK, "measurement")])),
            ("code", code.unwrap_or(Json::Null)),
            ("subject", extension::reference(patient)),
            ("authoredOn", Json::text(authored)),
            // It says by what readings are judged, not how often to measure.
            ("asNeededBoolean", Json::Bool(true)),
        ])
    }
}

fn concept(code: &str, display: &str) -> Json {
    let coding = [("system", Json::text(LOINC)), ("code", Json::text(code)), ("display", Json::text(display))];
    Json::object([("coding", Json::List(vec![Json::object(coding)]))])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(key: &str) -> Number {
        Number { measurable: MEASURABLES.iter().find(|m| m.key == key).unwrap(), meal: None }
    }

    fn number(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn the_limits_of_one_part_are_replaced_and_those_of_the_other_stay() {
        let (systolic, diastolic) = (of("systolic"), of("diastolic"));
        let wide = Limits { red_low: number("90"), red_high: number("180.0"), ..Limits::default() };
        let narrow = Limits { yellow_high: number("85"), ..Limits::default() };
        let mut order = systolic.measurable.order("Patient/1", "2026-11-23T08:00:00Z");
        systolic.replace(&mut order, &wide);
        diastolic.replace(&mut order, &narrow);
        assert_eq!((systolic.read(&order), diastolic.read(&order)), (Some(wide.clone()), Some(narrow)));
        diastolic.replace(&mut order, &Limits::default());
        assert_eq!((systolic.read(&order), diastolic.read(&order)), (Some(wide), Some(Limits::default())));
        systolic.replace(&mut order, &Limits::default());
        assert_eq!(order.get("extension"), None);
    }

    #[test]
    fn limits_before_a_meal_and_over_time_stand_beside_the_others() {
        let any = of("glucose");
        let before = Number { meal: Some("preprandial"), ..any };
        let rise = Change { zone: "red", direction: "up", by: number("2.50").unwrap(), days: number("3").unwrap() };
        let general = Limits { red_high: number("15"), changes: vec![rise], ..Limits::default() };
        let fasting = Limits { yellow_low: number("4.0"), yellow_high: number("7"), ..Limits::default() };
        let mut order = any.measurable.order("Patient/1", "2026-11-23T08:00:00Z");
        any.replace(&mut order, &general);
        before.replace(&mut order, &fasting);
        assert_eq!((any.read(&order), before.read(&order)), (Some(general.clone()), Some(fasting)));
        before.replace(&mut order, &Limits::default());
        assert_eq!(any.read(&order), Some(general));
        let meals: Vec<_> = Number::all(&order).into_iter().map(|number| number.meal).collect();
        assert_eq!(meals, [None, Some("preprandial"), Some("postprandial")]);
    }

    #[test]
    fn a_changed_range_keeps_its_place_and_its_name() {
        let weight = of("weight");
        let mut order = weight.measurable.order("Patient/1", "2026-11-23T08:00:00Z");
        let limits = Limits { yellow_low: number("60"), red_low: number("55"), ..Limits::default() };
        weight.replace(&mut order, &limits);
        let mut named: Vec<Json> = order.get_list("extension").to_vec();
        named[0].push("extension", new_part("id", "valueString", Json::text("a")));
        order.set_list("extension", named);
        weight.replace(&mut order, &Limits { yellow_low: number("61"), ..limits.clone() });
        let ranges = order.get_list("extension");
        assert_eq!(part(&ranges[0], "id").and_then(|id| id.get_text("valueString")), Some("a"));
        assert_eq!(weight.read(&order), Some(Limits { yellow_low: number("61"), ..limits }));
    }

    #[test]
    fn limits_that_would_be_misread_are_not_offered_for_change() {
        let weight = of("weight");
        let mut order = weight.measurable.order("Patient/1", "2026-11-23T08:00:00Z");
        weight.replace(&mut order, &Limits { red_high: number("90"), ..Limits::default() });
        let spoiled = |from: &str, to: &str| Json::read(order.write().replace(from, to).as_bytes()).unwrap();
        assert_eq!(weight.read(&spoiled("\"code\":\"kg\"", "\"code\":\"[lb_av]\"")), None);
        assert_eq!(weight.read(&spoiled("\"red\"", "\"purple\"")), None);
        let mut twice = order.clone();
        twice.push("extension", order.get_list("extension")[0].clone());
        assert_eq!(weight.read(&twice), None);
    }
}
