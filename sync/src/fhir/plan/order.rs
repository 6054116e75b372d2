//! ServiceRequest: a measurement, limits on the pulse, or a list of questions (R4, 12.7).

use chrono::NaiveDate;
use dagsform_care::{
    Kind, Metric,
    limits::Limit,
    plan::{List, Measurement, When},
    questionnaire::Canonical,
    timing::TimeUnit,
};
use serde_json::value::RawValue;

use super::{
    limit,
    parts::{Parts, is_in_force, others, part},
};
use crate::fhir::{
    codes::LOINC,
    element::{Element, Harmless, NOTHING},
    fault::{Fault, FaultKind},
    ours, timing,
};

/// What is left unread: how the order came about, and what is another's matter.
const HARMLESS: Harmless = Harmless {
    members: &[
        "meta",
        "text",
        "language",
        "identifier",
        "instantiatesUri",
        "basedOn",
        "replaces",
        "requisition",
        "priority",
        "encounter",
        "requester",
        "performerType",
        "performer",
        "locationCode",
        "locationReference",
        "reasonCode",
        "reasonReference",
        "insurance",
        "supportingInfo",
        "note",
        "relevantHistory",
        "contained",
    ],
    extension: others,
};

/// What is measured, by the LOINC code of the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ordered {
    /// A measurement; its limits are on this number unless they name a component.
    Measured(Kind, Option<Metric>),
    /// The pulse, which comes with other measurements: limits on it, and no measurement of its own.
    Pulse,
}

const ORDERED: [(&str, Ordered); 10] = [
    ("59408-5", Ordered::Measured(Kind::PulseOximetry, Some(Metric::OxygenSaturation))),
    ("2708-6", Ordered::Measured(Kind::PulseOximetry, Some(Metric::OxygenSaturation))),
    ("85354-9", Ordered::Measured(Kind::BloodPressure, None)),
    ("29463-7", Ordered::Measured(Kind::BodyWeight, Some(Metric::BodyWeight))),
    ("15074-8", Ordered::Measured(Kind::BloodGlucose, Some(Metric::GlucoseCapillaryPlasma))),
    ("14749-6", Ordered::Measured(Kind::BloodGlucose, Some(Metric::GlucoseCapillaryPlasma))),
    ("8310-5", Ordered::Measured(Kind::BodyTemperature, Some(Metric::BodyTemperature))),
    ("19935-6", Ordered::Measured(Kind::Spirometry, Some(Metric::PeakExpiratoryFlow))),
    ("20150-9", Ordered::Measured(Kind::Spirometry, Some(Metric::ForcedExpiratoryVolume))),
    ("8867-4", Ordered::Pulse),
];

#[derive(Clone, Copy)]
enum Task {
    Measurement,
    Questions,
}

/// The orders of a plan, in their order.
#[derive(Default)]
pub(super) struct Orders {
    measurements: Vec<Measurement>,
    lists: Vec<List>,
    /// Limits on the pulse, each order with its id and day.
    pulse: Vec<(String, NaiveDate, Vec<Limit>)>,
}

impl Orders {
    /// Adds an order, unless it does not count now.
    pub(super) fn add(&mut self, json: &RawValue, parts: &Parts<'_>) -> Result<(), Fault> {
        let order = part(json, "ServiceRequest", "subject", parts.patient)?;
        let not = ["draft", "on-hold", "revoked", "completed", "entered-in-error"];
        if !is_in_force(&order, "status", &["active"], &not)? {
            return Ok(());
        }
        let intents = [("order", ()), ("plan", ()), ("original-order", ()), ("instance-order", ())];
        order.need("intent", |order, name| order.code(name, &intents))?;
        if order.boolean("doNotPerform")? == Some(true) {
            return Err(order.unsupported("doNotPerform", "an order not to do something; write it in a zone's words"));
        }
        let id = order.need("id", Element::text)?;
        let since = parts.since(&order)?;
        match task(&order)? {
            Task::Questions => self.lists.push(list(&order, id, since)?),
            Task::Measurement => self.add_measurement(&order, id, since)?,
        }
        order.finish(&HARMLESS)
    }

    fn add_measurement(&mut self, order: &Element<'_>, id: String, since: NaiveDate) -> Result<(), Fault> {
        let ordered = ordered(order)?;
        let limits = limit::read_all(order, &id, ordered)?;
        let when = when(order)?;
        let in_bad_periods = match order.extension(ours::TIMING_IN_BAD_PERIODS)? {
            Some(extension) => {
                let timing = timing::read(&extension, "valueTiming")?;
                extension.finish(&NOTHING)?;
                Some(timing.ok_or_else(|| extension.missing("valueTiming", "write when it is measured"))?)
            }
            None => None,
        };
        match ordered {
            Ordered::Measured(kind, _) => self.measurements.push(Measurement {
                id,
                kind,
                // Limits alone: it is measured whenever the patient wants.
                when: when.unwrap_or(When::AsNeeded),
                since,
                in_bad_periods,
                limits,
                rest_minutes: rest(order)?,
                measure_again: order
                    .extension_value(ours::MEASURE_AGAIN, "valueBoolean", Element::boolean)?
                    .unwrap_or_default(),
                instruction: order.text("patientInstruction")?,
            }),
            Ordered::Pulse if matches!(when, Some(When::At(_))) || in_bad_periods.is_some() => {
                let problem = "the pulse comes with an oximeter or a cuff; order one of them, and here only the limits";
                return Err(order.unsupported("occurrenceTiming", problem));
            }
            Ordered::Pulse => self.pulse.push((id, since, limits)),
        }
        Ok(())
    }

    /// All orders. Limits on the pulse go to the first measurement that counts one; where there is none, to one that
    /// is never due.
    pub(super) fn done(mut self) -> (Vec<Measurement>, Vec<List>) {
        for (id, since, limits) in self.pulse {
            let counts = |one: &&mut Measurement| matches!(one.kind, Kind::PulseOximetry | Kind::BloodPressure);
            match self.measurements.iter_mut().find(counts) {
                Some(measurement) => measurement.limits.extend(limits),
                None => self.measurements.push(Measurement {
                    id,
                    kind: Kind::PulseOximetry,
                    when: When::AsNeeded,
                    since,
                    in_bad_periods: None,
                    limits,
                    rest_minutes: None,
                    measure_again: false,
                    instruction: None,
                }),
            }
        }
        (self.measurements, self.lists)
    }
}

/// What the order asks for; a measurement where it does not say.
fn task(order: &Element<'_>) -> Result<Task, Fault> {
    for category in order.list("category")? {
        for coding in category.list("coding")? {
            if coding.text("system")?.as_deref() == Some(ours::TASK) {
                let codes = [("measurement", Task::Measurement), ("questions", Task::Questions)];
                return coding.need("code", |coding, name| coding.code(name, &codes));
            }
        }
    }
    Ok(Task::Measurement)
}

fn ordered(order: &Element<'_>) -> Result<Ordered, Fault> {
    let code = order.child("code")?;
    let code = code.ok_or_else(|| order.missing("code", "write the LOINC code of what is measured"))?;
    let mut found: Option<Ordered> = None;
    for coding in code.list("coding")? {
        if coding.text("system")?.as_deref() != Some(LOINC) {
            continue;
        }
        let ordered = coding.need("code", |coding, name| coding.code(name, &ORDERED))?;
        if found.is_some_and(|found| found != ordered) {
            return Err(code.fault(
                "coding",
                FaultKind::Contradiction,
                "the LOINC codes are of different measurements",
            ));
        }
        found = Some(ordered);
    }
    found.ok_or_else(|| code.unsupported("coding", "none is of LOINC; write the LOINC code of what is measured"))
}

/// When; `None` where the order does not say.
fn when(order: &Element<'_>) -> Result<Option<When>, Fault> {
    if let Some(other) = order.choice("occurrence")?.filter(|name| name != "occurrenceTiming") {
        return Err(order.unsupported(&other, "write occurrenceTiming, with an event for a single time"));
    }
    if order.has("asNeededCodeableConcept") {
        return Err(order.unsupported("asNeededCodeableConcept", "write asNeededBoolean, and the reason in a zone"));
    }
    let timing = timing::read(order, "occurrenceTiming")?;
    if order.boolean("asNeededBoolean")? == Some(true) {
        return Ok(Some(When::AsNeeded));
    }
    Ok(timing.map(When::At))
}

/// The minutes of rest.
fn rest(order: &Element<'_>) -> Result<Option<u32>, Fault> {
    let Some(length) = order.extension_value(ours::REST, "valueDuration", timing::length)? else { return Ok(None) };
    let minutes = (length.unit == TimeUnit::Minute).then(|| length.value.to_string().parse().ok()).flatten();
    let problem = "a rest is in whole minutes (UCUM min)";
    minutes.map(Some).ok_or_else(|| order.unsupported("extension(rest)", problem))
}

fn list(order: &Element<'_>, id: String, since: NaiveDate) -> Result<List, Fault> {
    let code = order.child("code")?.ok_or_else(|| order.missing("code", "write the title of the list as its text"))?;
    let title = code.need("text", Element::text)?;
    let named = order.texts("instantiatesCanonical")?;
    let questionnaire = match named.as_slice() {
        [one] => canonical(one),
        _ => return Err(order.fault("instantiatesCanonical", FaultKind::Missing, "write one, url|version")),
    };
    let when = when(order)?;
    let when = when.ok_or_else(|| order.missing("occurrenceTiming", "say when it is due, or asNeededBoolean true"))?;
    Ok(List { id, title, questionnaire, when, since })
}

/// `url|version`.
pub(in crate::fhir) fn canonical(text: &str) -> Canonical {
    match text.split_once('|') {
        Some((url, version)) => Canonical { url: url.to_owned(), version: Some(version.to_owned()) },
        None => Canonical { url: text.to_owned(), version: None },
    }
}
