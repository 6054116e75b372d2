//! The zones of a plan: a CarePlan for each, `partOf` the plan (R4, 9.5; the way of the national Planer API).

use dagsform_care::zones::{self, Call, Level, Zone};
use serde_json::value::RawValue;

use super::parts::{Parts, is_in_force, others, part, refuse_end};
use crate::{
    enrolment::PatientReference,
    fhir::{
        element::{Element, Harmless},
        fault::{Fault, FaultKind},
        ours,
    },
};

/// The codes of [`ours::ZONE_SYSTEM`].
pub(in crate::fhir) const LEVELS: [(&str, Level); 3] =
    [("green", Level::Green), ("yellow", Level::Yellow), ("red", Level::Red)];

const HARMLESS: Harmless = Harmless {
    members: &[
        "meta",
        "text",
        "language",
        "identifier",
        "instantiatesCanonical",
        "instantiatesUri",
        "basedOn",
        "replaces",
        "category",
        "encounter",
        "created",
        "author",
        "contributor",
        "supportingInfo",
        "goal",
        "note",
    ],
    extension: others,
};

/// The parts of [`ours::ZONE_PART`].
#[derive(Clone, Copy)]
enum Part {
    Notice,
    Act,
    Prescribed,
    Call,
}

/// All zones of a plan, by their `order`, then from green to red.
pub(super) fn read_all(plan: &str, parts: &Parts<'_>) -> Result<Vec<Zone>, Fault> {
    let mut zones = Vec::new();
    for json in parts.care_plans() {
        if is_part_of(json, plan)? {
            zones.extend(read(json, parts.patient)?);
        }
    }
    zones.sort_by(|(order, a), (other, b)| (order, a.level, &a.id).cmp(&(other, b.level, &b.id)));
    Ok(zones.into_iter().map(|(_, zone)| zone).collect())
}

fn is_part_of(json: &RawValue, plan: &str) -> Result<bool, Fault> {
    for reference in Element::resource(json, "CarePlan")?.list("partOf")? {
        // Those of other plans may be written in any way.
        if reference.text("reference")?.is_some_and(|to| to.split_once("/_history/").map_or(&*to, |(to, _)| to) == plan)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A zone with its place; `None` for one that does not count now.
fn read(json: &RawValue, patient: &PatientReference) -> Result<Option<(u32, Zone)>, Fault> {
    let plan = part(json, "CarePlan", "subject", patient)?;
    if !is_in_force(&plan, "status", &["active"], &["draft", "on-hold", "revoked", "completed", "entered-in-error"])? {
        return Ok(None);
    }
    plan.code("intent", &[("plan", ()), ("order", ())])?;
    plan.list("partOf")?;
    refuse_end(&plan)?;
    let mut zone = Zone {
        id: plan.need("id", Element::text)?,
        level: level(&plan)?,
        name: plan.need("title", Element::text)?,
        notice: Vec::new(),
        act: Vec::new(),
        prescribed: Vec::new(),
        call: Vec::new(),
    };
    // Without an order of its own it comes behind those that have one.
    let order = plan.extension_value(ours::ORDER, "valuePositiveInt", Element::positive)?.unwrap_or(u32::MAX);
    if plan.has("description") {
        return Err(plan.unsupported("description", "the tablet does not show it; write an activity for each line"));
    }
    for activity in plan.list("activity")? {
        add(&activity, &mut zone)?;
    }
    plan.finish(&HARMLESS)?;
    let zones = [zone];
    zones::check(&zones).map_err(|fault| plan.fault("activity", FaultKind::Contradiction, fault.to_string()))?;
    let [zone] = zones;
    Ok(Some((order, zone)))
}

/// The severity of the Condition that the zone addresses.
fn level(plan: &Element<'_>) -> Result<Level, Fault> {
    let contained = plan.resources("contained")?;
    let addresses = plan.list("addresses")?;
    let missing = || plan.missing("addresses", "point to a contained Condition whose severity is green, yellow or red");
    for reference in &addresses {
        let address = reference.need("reference", Element::text)?;
        let Some(id) = address.strip_prefix('#') else { continue };
        for json in &contained {
            let condition = Element::resource(json, "Condition")?;
            if condition.text("id")?.as_deref() != Some(id) {
                continue;
            }
            let condition = condition.named(format!("contained(#{id})"));
            condition.refuse_modifiers()?;
            for coding in condition.child("severity")?.ok_or_else(missing)?.list("coding")? {
                if coding.text("system")?.as_deref() == Some(ours::ZONE_SYSTEM) {
                    return coding.need("code", |coding, name| coding.code(name, &LEVELS));
                }
            }
        }
    }
    Err(missing())
}

/// Adds what a line of the zone says.
fn add(activity: &Element<'_>, zone: &mut Zone) -> Result<(), Fault> {
    let detail = activity.child("detail")?;
    let detail = detail.ok_or_else(|| activity.missing("detail", "write what to notice or to do"))?;
    activity.finish(&Harmless { members: &["outcomeCodeableConcept", "progress"], extension: others })?;
    let not = ["on-hold", "completed", "cancelled", "stopped", "entered-in-error"];
    if !is_in_force(&detail, "status", &["not-started", "scheduled", "in-progress"], &not)? {
        return Ok(());
    }
    if detail.boolean("doNotPerform")? == Some(true) {
        let problem = "what not to do; write it as words to read, without doNotPerform";
        return Err(detail.unsupported("doNotPerform", problem));
    }
    match kind(&detail)? {
        Part::Notice => zone.notice.push(detail.need("description", Element::text)?),
        Part::Act => zone.act.push(detail.need("description", Element::text)?),
        Part::Prescribed => zone.prescribed.push(detail.need("description", Element::text)?),
        Part::Call => zone.call.push(call(&detail)?),
    }
    detail.finish(&Harmless { members: &["kind", "reasonCode", "reasonReference"], extension: others })
}

fn kind(detail: &Element<'_>) -> Result<Part, Fault> {
    let codes = [("notice", Part::Notice), ("act", Part::Act), ("prescribed", Part::Prescribed), ("call", Part::Call)];
    if let Some(code) = detail.child("code")? {
        for coding in code.list("coding")? {
            if coding.text("system")?.as_deref() == Some(ours::ZONE_PART) {
                return coding.need("code", |coding, name| coding.code(name, &codes));
            }
        }
    }
    Err(detail.missing("code", "say with a code of ours what the line is: notice, act, prescribed or call"))
}

fn call(detail: &Element<'_>) -> Result<Call, Fault> {
    let performers = detail.list("performer")?;
    let who = match performers.as_slice() {
        [one] => one.text("display")?,
        _ => None,
    };
    let problem = "write one performer with the name of who is called as its display";
    Ok(Call {
        who: who.ok_or_else(|| detail.fault("performer", FaultKind::Missing, problem))?,
        phone: detail.extension_value(ours::PHONE, "valueString", Element::text)?,
        when: detail.text("description")?.unwrap_or_default(),
    })
}
