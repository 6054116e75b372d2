//! A patient's plan as the service wrote it: a CarePlan and what it points to (R4, 9.5 CarePlan and the resources named
//! below).
//!
//! | resource | what it becomes | file |
//! |---|---|---|
//! | CarePlan | the plan itself: period, pauses; calm settings, the patient's day, reminders | here, `settings.rs` |
//! | CarePlan with `partOf` | a zone | `zone.rs` |
//! | Goal | what matters to the patient | `goal.rs` |
//! | CareTeam | contacts and opening hours | `contact.rs` |
//! | ServiceRequest | a measurement with its limits, or a list of questions | `order.rs`, `limit.rs` |
//! | MedicationRequest | a medicine | `medicine.rs` |
//! | Appointment | an appointment | `appointment.rs` |
//!
//! A plan is read whole or refused whole, with the resource, the element and what to write instead. What is left out is
//! what has ended or is not agreed yet, by its status. Elements that only tell how the plan came about may stand there
//! (each file has its list); any other that is not read is refused, so that nobody believes a part to be agreed that
//! the tablet never shows. Extensions of others are ignored, as R4 allows; unknown ones of ours are not.

mod appointment;
mod contact;
mod goal;
mod limit;
mod medicine;
mod order;
mod parts;
mod settings;
mod zone;

use chrono::{DateTime, Utc};
use dagsform_care::plan::{Period, Plan, PlanVersion, Status};
use serde::Deserialize;
use serde_json::value::RawValue;

use self::parts::{Parts, each, others, part, pointed};
use super::{
    element::{Element, Harmless, NOTHING},
    fault::{Fault, FaultKind},
    ours,
};
use crate::enrolment::PatientReference;

/// What tells plans, zones and their versions from each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// `CarePlan/12`.
    pub reference: String,
    /// The service's version of it.
    pub version_id: String,
    /// When the service made that version.
    pub last_updated: Option<DateTime<Utc>>,
    /// The plan that it is a zone of, `CarePlan/11`; `None` for a plan.
    pub part_of: Option<String>,
    /// As the service wrote it: `active`, `on-hold`, …
    pub status: String,
}

impl Head {
    /// Whether the plan is in use, be it on hold.
    pub fn is_in_use(&self) -> bool {
        matches!(self.status.as_str(), "active" | "on-hold")
    }

    /// Whether the follow-up has ended.
    pub fn has_ended(&self) -> bool {
        matches!(self.status.as_str(), "completed" | "revoked")
    }

    /// Whether it is a plan at all: not a draft of one, nor one that should never have been.
    pub fn counts(&self) -> bool {
        !matches!(self.status.as_str(), "draft" | "entered-in-error")
    }

    /// As both sides name this version.
    pub fn version(&self) -> PlanVersion {
        PlanVersion(format!("{}/_history/{}", self.reference, self.version_id))
    }
}

/// When the service last stored a resource, whatever it is.
pub fn last_updated(resource: &RawValue) -> Option<DateTime<Utc>> {
    #[derive(Deserialize)]
    struct Stored {
        meta: Meta,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Meta {
        last_updated: DateTime<Utc>,
    }
    serde_json::from_str::<Stored>(resource.get()).ok().map(|stored| stored.meta.last_updated)
}

/// Reads no more of a CarePlan than what it takes to choose the patient's plan.
///
/// # Errors
/// It is no CarePlan, or has no id or version.
pub fn head(resource: &RawValue) -> Result<Head, Fault> {
    let plan = Element::resource(resource, "CarePlan")?;
    let meta = plan.child("meta")?.ok_or_else(|| plan.missing("meta", "a plan is named by its versionId"))?;
    let mut part_of = plan.list("partOf")?.into_iter();
    Ok(Head {
        reference: format!("CarePlan/{}", plan.need("id", Element::text)?),
        version_id: meta.need("versionId", Element::text)?,
        last_updated: meta.instant("lastUpdated")?.map(|time| time.to_utc()),
        part_of: part_of.next().map(|reference| reference.need("reference", Element::text)).transpose()?,
        status: plan.need("status", Element::text)?,
    })
}

/// Reads a patient's plan.
///
/// `parts` are any resources of the patient: of them it takes the zones of this plan and what the plan points to.
///
/// # Errors
/// The first fault. Nothing of a plan with a fault is to be used.
pub fn read(parent: &RawValue, parts: &[Box<RawValue>], patient: &PatientReference) -> Result<Plan, Fault> {
    let head = head(parent)?;
    let care_plan = part(parent, "CarePlan", "subject", patient)?;
    let period = period_of(&care_plan, "period")?.unwrap_or_default();
    let parts = Parts::of(parts, patient, period.start.or(care_plan.day("created")?))?;
    let status = status(&care_plan)?;
    care_plan.code("intent", &[("plan", ()), ("order", ())])?;
    let (measurements, lists, medicines, appointments) = activities(&care_plan, &parts)?;
    let dated = head.last_updated.ok_or_else(|| care_plan.missing("meta.lastUpdated", "the plan is dated by it"))?;
    let plan = Plan {
        version: head.version(),
        dated,
        language: care_plan.text("language")?,
        title: care_plan.text("title")?,
        status,
        period,
        goals: each(&care_plan, "goal", &parts, "Goal", goal::read)?,
        measurements,
        lists,
        zones: zone::read_all(&head.reference, &parts)?,
        medicines,
        appointments,
        contacts: each(&care_plan, "careTeam", &parts, "CareTeam", contact::read)?.concat(),
        calm: settings::calm(&care_plan)?,
        pauses: periods(&care_plan, ours::PAUSE)?,
        bad_periods: periods(&care_plan, ours::BAD_PERIOD)?,
        day: settings::day(&care_plan)?,
        reminders: settings::reminders(&care_plan)?,
    };
    if care_plan.has("partOf") {
        return Err(care_plan.fault("partOf", FaultKind::Contradiction, "a zone is not a plan of its own"));
    }
    care_plan.finish(&HARMLESS)?;
    plan.check().map_err(|fault| care_plan.fault(&fault.part, FaultKind::Contradiction, fault.problem))?;
    Ok(plan)
}

/// Of a CarePlan: how it came about, and what is told by the parts.
const HARMLESS: Harmless = Harmless {
    members: &[
        "meta",
        "text",
        "identifier",
        "instantiatesCanonical",
        "instantiatesUri",
        "basedOn",
        "replaces",
        "category",
        "description",
        "encounter",
        "author",
        "contributor",
        "addresses",
        "supportingInfo",
        "note",
        "contained",
    ],
    extension: others,
};

fn status(plan: &Element<'_>) -> Result<Status, Fault> {
    let codes = [
        ("active", Status::Active),
        ("on-hold", Status::OnHold),
        ("completed", Status::Ended),
        ("revoked", Status::Ended),
    ];
    plan.need("status", |plan, name| plan.code(name, &codes))
}

type Activities = (
    Vec<dagsform_care::plan::Measurement>,
    Vec<dagsform_care::plan::List>,
    Vec<dagsform_care::plan::Medicine>,
    Vec<dagsform_care::plan::Appointment>,
);

/// What the plan's activities point to.
fn activities(plan: &Element<'_>, parts: &Parts<'_>) -> Result<Activities, Fault> {
    let (mut orders, mut medicines, mut appointments) = (order::Orders::default(), Vec::new(), Vec::new());
    for activity in plan.list("activity")? {
        let reference = activity.child("reference")?;
        let reference = reference.ok_or_else(|| {
            activity.missing("reference", "point to a ServiceRequest, MedicationRequest or Appointment")
        })?;
        let name = pointed(&reference)?;
        let json = parts.get(&reference, &name)?;
        match name.split('/').next() {
            Some("ServiceRequest") => orders.add(json, parts)?,
            Some("MedicationRequest") => medicines.extend(medicine::read(json, parts)?),
            Some("Appointment") => appointments.extend(appointment::read(json, parts.patient)?),
            _ => {
                let problem = format!("{name} is no ServiceRequest, MedicationRequest or Appointment");
                return Err(reference.unsupported("reference", problem));
            }
        }
        let harmless = &["outcomeCodeableConcept", "outcomeReference", "progress"];
        activity.finish(&Harmless { members: harmless, extension: others })?;
    }
    let (measurements, lists) = orders.done();
    Ok((measurements, lists, medicines, appointments))
}

/// A period of days.
fn period_of(holder: &Element<'_>, member: &str) -> Result<Option<Period>, Fault> {
    let Some(period) = holder.child(member)? else { return Ok(None) };
    let read = Period { start: period.date("start")?, end: period.date("end")? };
    period.finish(&NOTHING)?;
    Ok(Some(read))
}

/// The periods of an extension that may stand there several times.
fn periods(plan: &Element<'_>, url: &str) -> Result<Vec<Period>, Fault> {
    let read = |extension: &Element<'_>| {
        let period = period_of(extension, "valuePeriod")?;
        extension.finish(&NOTHING)?;
        period.ok_or_else(|| extension.missing("valuePeriod", "write the first and the last day"))
    };
    plan.extensions_of(url)?.iter().map(read).collect()
}
