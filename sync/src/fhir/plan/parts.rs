//! What a plan points to, and what its resources have in common.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    enrolment::PatientReference,
    fhir::{
        element::{Element, Harmless},
        fault::{Fault, FaultKind},
        ours,
    },
};

/// The resources that a plan may point to, by `Type/id`.
pub(super) struct Parts<'a> {
    by_name: BTreeMap<String, &'a RawValue>,
    /// Whose they are.
    pub(super) patient: &'a PatientReference,
    /// The day that the plan counts from.
    since: Option<NaiveDate>,
}

impl<'a> Parts<'a> {
    /// Those that the searches gave; of one that came twice the last counts.
    pub(super) fn of(
        parts: &'a [Box<RawValue>],
        patient: &'a PatientReference,
        since: Option<NaiveDate>,
    ) -> Result<Self, Fault> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Name {
            resource_type: String,
            id: String,
        }
        let mut all = Self { by_name: BTreeMap::new(), patient, since };
        for part in parts {
            let name: Name = serde_json::from_str(part.get()).map_err(|_| Fault {
                resource: "a part of the plan".to_owned(),
                element: "resourceType".to_owned(),
                problem: "it, or the id, is missing; the plan points to its parts by them".to_owned(),
                kind: FaultKind::Missing,
            })?;
            all.by_name.insert(format!("{}/{}", name.resource_type, name.id), part);
        }
        Ok(all)
    }

    /// All CarePlans: those of zones, and others.
    pub(super) fn care_plans(&self) -> impl Iterator<Item = &'a RawValue> {
        self.by_name.iter().filter(|(name, _)| name.starts_with("CarePlan/")).map(|(_, json)| *json)
    }

    /// What a reference of the plan points to.
    pub(super) fn get(&self, reference: &Element<'_>, name: &str) -> Result<&'a RawValue, Fault> {
        self.by_name.get(name).copied().ok_or_else(|| {
            let problem = format!("there is no {name} of this patient; add it, or leave the reference out");
            reference.fault("", FaultKind::Missing, problem)
        })
    }

    /// The day that a part counts from ("every other day"), which must not change with the plan's versions: its own,
    /// else that of the plan.
    pub(super) fn since(&self, part: &Element<'_>) -> Result<NaiveDate, Fault> {
        part.day("authoredOn")?.or(self.since).ok_or_else(|| {
            part.missing("authoredOn", "write the day of the agreement; the days of the schedule are counted from it")
        })
    }
}

/// `ServiceRequest/12`, of an element that is a reference.
pub(super) fn pointed(reference: &Element<'_>) -> Result<String, Fault> {
    let address = reference.need("reference", Element::text)?;
    reference.text("display")?;
    reference.text("type")?;
    reference.finish(&Harmless { members: &["identifier"], extension: others })?;
    // A reference may name a version; the plan has the newest of each part.
    let name = address.split_once("/_history/").map_or(address.as_str(), |(name, _)| name);
    match name.split('/').collect::<Vec<_>>().as_slice() {
        [kind, id] if !kind.is_empty() && !id.is_empty() => Ok(name.to_owned()),
        _ => Err(reference.unsupported("reference", format!("'{address}' is not written as Type/id"))),
    }
}

/// What each reference of a list points to, in its order; parts that have ended are left out.
pub(super) fn each<T>(
    plan: &Element<'_>,
    member: &str,
    parts: &Parts<'_>,
    kind: &str,
    read: impl Fn(&RawValue, &PatientReference) -> Result<Option<T>, Fault>,
) -> Result<Vec<T>, Fault> {
    let mut all = Vec::new();
    for reference in plan.list(member)? {
        let name = pointed(&reference)?;
        if name.split('/').next() != Some(kind) {
            return Err(reference.unsupported("reference", format!("{name} stands where a {kind} is expected")));
        }
        all.extend(read(parts.get(&reference, &name)?, parts.patient)?);
    }
    Ok(all)
}

/// A resource of the plan, of this patient; `subject` is the member that says whose it is.
pub(super) fn part<'a>(
    json: &'a RawValue,
    kind: &str,
    subject: &str,
    patient: &PatientReference,
) -> Result<Element<'a>, Fault> {
    let part = Element::resource(json, kind)?;
    let whose = part.child(subject)?.ok_or_else(|| part.missing(subject, &format!("write {patient}")))?;
    let whose = whose.need("reference", Element::text)?;
    if whose != patient.as_str() {
        let problem = format!("it is of {whose}, and this is the tablet of {patient}");
        return Err(part.fault(subject, FaultKind::OtherPatient, problem));
    }
    Ok(part)
}

/// Whether a part counts, by its status; one of no known status is refused.
pub(super) fn is_in_force(part: &Element<'_>, member: &str, now: &[&str], not: &[&str]) -> Result<bool, Fault> {
    let codes: Vec<(&str, bool)> =
        now.iter().map(|code| (*code, true)).chain(not.iter().map(|code| (*code, false))).collect();
    part.need(member, |part, name| part.code(name, &codes))
}

/// Refuses what holds only until a day: nobody leaves it out on the day after.
pub(super) fn refuse_end(holder: &Element<'_>) -> Result<(), Fault> {
    match holder.child("period")? {
        Some(period) if period.has("end") => {
            Err(period.unsupported("end", "the tablet does not look at it; leave the part out when it has ended"))
        }
        _ => Ok(()),
    }
}

/// Extensions of others: R4 lets who does not know them ignore them.
pub(super) fn others(url: &str) -> bool {
    !url.starts_with(ours::EXTENSIONS)
}
