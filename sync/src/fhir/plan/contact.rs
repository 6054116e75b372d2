//! CareTeam: who can be reached, and when (R4, 6.4 CareTeam, 8.5 PractitionerRole).

use chrono::{Days, NaiveDate, NaiveTime};
use dagsform_care::{
    hours::{Exception, Hours, Open, Window},
    plan::{Contact, Role},
};
use serde_json::value::RawValue;

use super::parts::{is_in_force, others, part, refuse_end};
use crate::{
    enrolment::PatientReference,
    fhir::{
        element::{Element, Harmless, NOTHING},
        fault::{Fault, FaultKind},
        ours, timing,
    },
};

/// The longest absence, in days; each day of it is a day without hours.
const LONGEST_ABSENCE: usize = 366;

const HARMLESS: Harmless = Harmless {
    members: &[
        "meta",
        "text",
        "language",
        "identifier",
        "category",
        "name",
        "encounter",
        "reasonCode",
        "reasonReference",
        "managingOrganization",
        "telecom",
        "note",
    ],
    extension: others,
};

/// Reads the contacts of a team; `None` for a team that does not count now.
pub(super) fn read(json: &RawValue, patient: &PatientReference) -> Result<Option<Vec<Contact>>, Fault> {
    let team = part(json, "CareTeam", "subject", patient)?;
    if !is_in_force(&team, "status", &["active"], &["proposed", "suspended", "inactive", "entered-in-error"])? {
        return Ok(None);
    }
    refuse_end(&team)?;
    let contained = team.resources("contained")?;
    let mut contacts = Vec::new();
    for participant in team.list("participant")? {
        contacts.push(contact(&participant, &contained)?);
    }
    team.finish(&HARMLESS)?;
    Ok(Some(contacts))
}

/// What a PractitionerRole tells of a contact.
#[derive(Default)]
struct Practitioner {
    name: Option<String>,
    phone: Option<String>,
    hours: Option<Hours>,
}

fn contact(participant: &Element<'_>, contained: &[&RawValue]) -> Result<Contact, Fault> {
    refuse_end(participant)?;
    let (role, role_text) = role(participant)?;
    let member = participant.child("member")?;
    let member = member.ok_or_else(|| participant.missing("member", "write who it is as its display"))?;
    let practitioner = match member.text("reference")? {
        Some(reference) => match reference.strip_prefix('#') {
            Some(id) => practitioner(&member, contained, id)?,
            None => Practitioner::default(),
        },
        None => Practitioner::default(),
    };
    let name = member.text("display")?.or(practitioner.name);
    let name = name.ok_or_else(|| member.missing("display", "write who it is"))?;
    member.text("type")?;
    member.finish(&Harmless { members: &["identifier"], extension: others })?;
    participant.finish(&Harmless { members: &["onBehalfOf"], extension: others })?;
    Ok(Contact { role, role_text, name, phone: practitioner.phone, hours: practitioner.hours })
}

fn role(participant: &Element<'_>) -> Result<(Role, Option<String>), Fault> {
    let codes = [
        ("follow-up-service", Role::FollowUpService),
        ("gp", Role::Gp),
        ("relative", Role::Relative),
        ("other", Role::Other),
    ];
    let (mut role, mut words) = (Role::Other, None);
    for concept in participant.list("role")? {
        words = words.or(concept.text("text")?);
        for coding in concept.list("coding")? {
            if coding.text("system")?.as_deref() == Some(ours::CONTACT) {
                role = coding.need("code", |coding, name| coding.code(name, &codes))?;
            }
        }
    }
    Ok((role, words))
}

fn practitioner(member: &Element<'_>, contained: &[&RawValue], id: &str) -> Result<Practitioner, Fault> {
    for json in contained {
        let Ok(practitioner) = Element::resource(json, "PractitionerRole") else { continue };
        if practitioner.text("id")?.as_deref() == Some(id) {
            return read_practitioner(&practitioner.named(format!("contained(#{id})")));
        }
    }
    let problem = format!("#{id} is no PractitionerRole that the CareTeam contains");
    Err(member.fault("reference", FaultKind::Missing, problem))
}

fn read_practitioner(role: &Element<'_>) -> Result<Practitioner, Fault> {
    if role.boolean("active")? == Some(false) {
        return Err(role.fault("active", FaultKind::Contradiction, "it is not active; leave the participant out"));
    }
    refuse_end(role)?;
    let mut name = None;
    for member in ["practitioner", "organization"] {
        if let Some(reference) = role.child(member)? {
            name = name.or(reference.text("display")?);
        }
    }
    let read = Practitioner { name, phone: phone(role)?, hours: hours(role)? };
    let harmless = Harmless {
        members: &[
            "meta",
            "text",
            "language",
            "identifier",
            "code",
            "specialty",
            "location",
            "healthcareService",
            "availabilityExceptions",
            "endpoint",
        ],
        extension: others,
    };
    role.finish(&harmless)?;
    Ok(read)
}

/// The first telephone; what else there is cannot be called.
fn phone(role: &Element<'_>) -> Result<Option<String>, Fault> {
    for telecom in role.list("telecom")? {
        if telecom.text("system")?.as_deref() == Some("phone") {
            return telecom.need("value", Element::text).map(Some);
        }
    }
    Ok(None)
}

/// When someone is there; `None` where nothing is said of it.
fn hours(role: &Element<'_>) -> Result<Option<Hours>, Fault> {
    let weekly = role.list("availableTime")?.iter().map(window).collect::<Result<Vec<_>, _>>()?;
    let exceptions = exceptions(role)?;
    let closed_on_public_holidays =
        role.extension_value(ours::CLOSED_ON_PUBLIC_HOLIDAYS, "valueBoolean", Element::boolean)?.unwrap_or_default();
    let half_days_until = role.extension_value(ours::HALF_DAYS_UNTIL, "valueTime", Element::time)?;
    if weekly.is_empty() && exceptions.is_empty() {
        return Ok(None);
    }
    let hours = Hours { weekly, closed_on_public_holidays, half_days_until, exceptions };
    hours.check().map_err(|fault| role.fault("availableTime", FaultKind::Contradiction, fault.to_string()))?;
    Ok(Some(hours))
}

fn window(available: &Element<'_>) -> Result<Window, Fault> {
    let days = timing::weekdays(available, "daysOfWeek")?;
    let times = (available.time("availableStartTime")?, available.time("availableEndTime")?);
    let all_day = available.boolean("allDay")? == Some(true);
    let open = match times {
        (Some(opens), Some(closes)) if !all_day => Open { opens, closes },
        (None, None) if all_day => Open { opens: NaiveTime::MIN, closes: NaiveTime::MIN },
        _ => {
            let problem = "write availableStartTime and availableEndTime, or allDay true";
            return Err(available.fault("", FaultKind::Contradiction, problem));
        }
    };
    available.finish(&Harmless { members: &[], extension: others })?;
    Ok(Window { days, open })
}

/// Days with hours of their own: those of an absence have none, unless it is open on one of them all the same.
fn exceptions(role: &Element<'_>) -> Result<Vec<Exception>, Fault> {
    let mut all: Vec<Exception> = Vec::new();
    for extension in role.extensions_of(ours::OPEN_ON)? {
        let missing = |name| extension.missing(name, "an opening on a day needs date, from and until");
        let date = extension.extension_value("date", "valueDate", Element::date)?;
        let opens = extension.extension_value("from", "valueTime", Element::time)?;
        let closes = extension.extension_value("until", "valueTime", Element::time)?;
        extension.finish(&NOTHING)?;
        let date = date.ok_or_else(|| missing("date"))?;
        let opens = opens.ok_or_else(|| missing("from"))?;
        let closes = closes.ok_or_else(|| missing("until"))?;
        let open = Open { opens, closes };
        match all.iter_mut().find(|exception| exception.date == date) {
            Some(exception) => exception.open.push(open),
            None => all.push(Exception { date, open: vec![open] }),
        }
    }
    for absence in role.list("notAvailable")? {
        for date in days_of(&absence)? {
            if !all.iter().any(|exception| exception.date == date) {
                all.push(Exception { date, open: Vec::new() });
            }
        }
    }
    all.sort_by_key(|exception| exception.date);
    Ok(all)
}

fn days_of(absence: &Element<'_>) -> Result<Vec<NaiveDate>, Fault> {
    let during = absence.child("during")?;
    let during = during.ok_or_else(|| absence.missing("during", "write the first and the last day"))?;
    let (start, end) = (during.need("start", Element::date)?, during.need("end", Element::date)?);
    during.finish(&NOTHING)?;
    absence.finish(&Harmless { members: &["description"], extension: others })?;
    let next = |day: &NaiveDate| day.checked_add_days(Days::new(1)).filter(|day| *day <= end);
    let days: Vec<NaiveDate> =
        std::iter::successors(Some(start).filter(|start| *start <= end), next).take(LONGEST_ABSENCE + 1).collect();
    match days.len() {
        0 => Err(during.fault("end", FaultKind::Contradiction, "it ends before it begins")),
        count if count > LONGEST_ABSENCE => {
            Err(during.unsupported("end", format!("an absence of more than {LONGEST_ABSENCE} days")))
        }
        _ => Ok(days),
    }
}
