//! What the patient and the follow-up service have agreed: the follow-up plan (*oppfølgingsplan*: what, how often,
//! which lists) and the self-treatment plan (*egenbehandlingsplan*: zones), one document with one version.
//!
//! Every part may be missing: some never measure and only answer, some the reverse, some have appointments and
//! contacts only (brief R5, R19). A plan is taken whole or not at all; [`Plan::check`] says why not.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    hours::Hours,
    limits::{Limit, Limits},
    metric::Kind,
    questionnaire::Canonical,
    timing::{Day, QuietHours, Timing},
    zones::{self, Level, Zone},
};

/// A version of a plan, as both sides name it: `CarePlan/12/_history/4`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlanVersion(pub String);

impl std::fmt::Display for PlanVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// All that is agreed, in one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Which version this is.
    pub version: PlanVersion,
    /// When the service made it, by the service's clock.
    pub dated: DateTime<Utc>,
    /// The language that it is written in (BCP 47), where the service says so.
    pub language: Option<String>,
    /// What the service calls it.
    pub title: Option<String>,
    /// Whether it is in use.
    pub status: Status,
    /// From when until when the follow-up is agreed, both days included; each may be open.
    pub period: Period,
    /// What matters to the patient, in their own words.
    pub goals: Vec<Goal>,
    /// What is measured.
    pub measurements: Vec<Measurement>,
    /// What is asked.
    pub lists: Vec<List>,
    /// What I notice, what I do, whom I call; in the service's order.
    pub zones: Vec<Zone>,
    /// What is taken.
    pub medicines: Vec<Medicine>,
    /// What is agreed to happen on a day.
    pub appointments: Vec<Appointment>,
    /// Who can be reached.
    pub contacts: Vec<Contact>,
    /// How much the patient wants to see and do.
    pub calm: Calm,
    /// When nothing is expected.
    pub pauses: Vec<Period>,
    /// When more is agreed than usually.
    pub bad_periods: Vec<Period>,
    /// The patient's own day: what "in the morning" means by the clock.
    pub day: Day,
    /// Whether and when reminders may come.
    pub reminders: Reminders,
}

/// Whether a plan is in use (FHIR request-status).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It is.
    Active,
    /// Not now: nothing is expected until the service takes it up again.
    OnHold,
    /// The follow-up has ended.
    Ended,
}

/// Days, both ends included; an end that is missing is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// The first day.
    pub start: Option<NaiveDate>,
    /// The last day.
    pub end: Option<NaiveDate>,
}

impl Period {
    /// Whether a day lies in it.
    pub fn contains(self, day: NaiveDate) -> bool {
        self.start.is_none_or(|start| start <= day) && self.end.is_none_or(|end| day <= end)
    }
}

/// What matters to the patient («Hva er viktig for deg?»).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goal {
    /// In their own words.
    pub text: String,
    /// Since when.
    pub since: Option<NaiveDate>,
}

/// An agreed measurement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measurement {
    /// The service's id of it; stays from version to version.
    pub id: String,
    /// What is measured.
    pub kind: Kind,
    /// When.
    pub when: When,
    /// Since which day: "every other day" is counted from there.
    pub since: NaiveDate,
    /// When instead, in a bad period.
    pub in_bad_periods: Option<Timing>,
    /// What is green, yellow and red for this patient.
    pub limits: Vec<Limit>,
    /// Minutes of rest before it is measured again.
    pub rest_minutes: Option<u32>,
    /// A number outside green is measured once more.
    pub measure_again: bool,
    /// The service's words on how to do it.
    pub instruction: Option<String>,
}

/// A list of questions that is agreed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    /// The service's id of it.
    pub id: String,
    /// What the patient sees as its name.
    pub title: String,
    /// Which questions.
    pub questionnaire: Canonical,
    /// When it is due, or that it is always there.
    pub when: When,
    /// Since which day.
    pub since: NaiveDate,
}

/// When something is agreed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(clippy::large_enum_variant, reason = "a plan holds a handful of them, nearly all with a timing")]
pub enum When {
    /// Then.
    At(Timing),
    /// Whenever the patient wants; never due.
    AsNeeded,
}

/// A medicine of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Medicine {
    /// The service's id of it.
    pub id: String,
    /// Its name, as on the packet.
    pub name: String,
    /// How much, how, in words.
    pub dose: Option<String>,
    /// When it is taken.
    pub when: When,
    /// Since which day.
    pub since: NaiveDate,
}

/// Something agreed for a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appointment {
    /// The service's id of it.
    pub id: String,
    /// When it begins.
    pub begins: DateTime<Utc>,
    /// When it ends.
    pub ends: Option<DateTime<Utc>>,
    /// What it is about.
    pub text: String,
    /// With whom.
    pub with: Vec<String>,
    /// Where, or how.
    pub place: Option<String>,
    /// It is a talk on how the follow-up goes, and whether it should go on (brief R27).
    pub review: bool,
}

/// Someone who can be reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// What they are to the patient.
    pub role: Role,
    /// That role in words.
    pub role_text: Option<String>,
    /// Who.
    pub name: String,
    /// The number to call.
    pub phone: Option<String>,
    /// When they can be reached.
    pub hours: Option<Hours>,
}

/// What a contact is to the patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The municipal follow-up service; its hours are the opening hours.
    FollowUpService,
    /// The patient's doctor (*fastlege*).
    Gp,
    /// A relative.
    Relative,
    /// Someone else.
    Other,
}

/// How much the patient wants to see and do (brief R11).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calm {
    /// Numbers stay hidden until asked for.
    pub hide_numbers: bool,
    /// So many measurements a day beyond the agreed ones; a further one is saved all the same, with a calm word.
    pub extra_measurements_a_day: Option<u32>,
}

/// Whether and when reminders may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminders {
    /// They come at all.
    pub on: bool,
    /// When none comes.
    pub quiet: Option<QuietHours>,
}

impl Default for Reminders {
    fn default() -> Self {
        Self { on: true, quiet: None }
    }
}

/// Why a plan is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{part}: {problem}")]
pub struct PlanFault {
    /// Which part of the plan.
    pub part: String,
    /// What is wrong with it, and what it should be.
    pub problem: String,
}

impl Plan {
    /// A plan with every part missing, which is a plan all the same.
    pub fn bare(version: PlanVersion, dated: DateTime<Utc>) -> Self {
        Self {
            version,
            dated,
            language: None,
            title: None,
            status: Status::Active,
            period: Period::default(),
            goals: Vec::new(),
            measurements: Vec::new(),
            lists: Vec::new(),
            zones: Vec::new(),
            medicines: Vec::new(),
            appointments: Vec::new(),
            contacts: Vec::new(),
            calm: Calm::default(),
            pauses: Vec::new(),
            bad_periods: Vec::new(),
            day: Day::default(),
            reminders: Reminders::default(),
        }
    }

    /// Whether all parts make sense, each alone and together.
    ///
    /// # Errors
    /// The first part that does not.
    pub fn check(&self) -> Result<(), PlanFault> {
        self.period.check("period")?;
        self.pauses.iter().try_for_each(|pause| pause.check("pause"))?;
        self.bad_periods.iter().try_for_each(|period| period.check("bad period"))?;
        no_id_twice("measurement", self.measurements.iter().map(|one| one.id.as_str()))?;
        no_id_twice("list of questions", self.lists.iter().map(|one| one.id.as_str()))?;
        no_id_twice("medicine", self.medicines.iter().map(|one| one.id.as_str()))?;
        no_id_twice("appointment", self.appointments.iter().map(|one| one.id.as_str()))?;
        self.measurements.iter().try_for_each(Measurement::check)?;
        for list in &self.lists {
            let part = || format!("list of questions {}", list.id);
            words(part, "title", &list.title)?;
            list.when.check(part)?;
        }
        for medicine in &self.medicines {
            let part = || format!("medicine {}", medicine.id);
            words(part, "name", &medicine.name)?;
            medicine.when.check(part)?;
        }
        for appointment in &self.appointments {
            let part = || format!("appointment {}", appointment.id);
            words(part, "description", &appointment.text)?;
            if appointment.ends.is_some_and(|ends| ends < appointment.begins) {
                return Err(PlanFault { part: part(), problem: "it ends before it begins".to_owned() });
            }
        }
        for contact in &self.contacts {
            words(|| "contact".to_owned(), "name", &contact.name)?;
            if let Some(hours) = &contact.hours {
                hours.check().map_err(|fault| PlanFault {
                    part: format!("opening hours of {}", contact.name),
                    problem: fault.to_string(),
                })?;
            }
        }
        for goal in &self.goals {
            words(|| "goal".to_owned(), "description", &goal.text)?;
        }
        let part = |part: &str, problem: String| PlanFault { part: part.to_owned(), problem };
        zones::check(&self.zones).map_err(|fault| part("zones", fault.to_string()))?;
        self.limits_in_force().check().map_err(|fault| part("limits", fault.to_string()))
    }

    /// The limits on what is measured, as those of this version.
    pub fn limits_in_force(&self) -> Limits {
        let limits = self.measurements.iter().flat_map(|measurement| &measurement.limits);
        Limits {
            version: self.version.0.clone(),
            from: self.dated.fixed_offset(),
            until: None,
            limits: limits.cloned().collect(),
        }
    }

    /// What the plan says of a measurement of this kind.
    pub fn measurement(&self, kind: Kind) -> Option<&Measurement> {
        self.measurements.iter().find(|measurement| measurement.kind == kind)
    }

    /// What the patient has agreed to notice and do at this level, in the service's order.
    pub fn zones_at(&self, level: Level) -> impl Iterator<Item = &Zone> {
        self.zones.iter().filter(move |zone| zone.level == level)
    }

    /// The follow-up service as a contact.
    pub fn service(&self) -> Option<&Contact> {
        self.contacts.iter().find(|contact| contact.role == Role::FollowUpService)
    }

    /// Whether the follow-up has ended.
    pub fn is_ended(&self) -> bool {
        self.status == Status::Ended
    }

    /// Whether nothing is expected on a day.
    pub fn is_paused(&self, day: NaiveDate) -> bool {
        self.status != Status::Active
            || !self.period.contains(day)
            || self.pauses.iter().any(|pause| pause.contains(day))
    }

    /// Whether it is agreed that the patient's illness is worse on a day.
    pub fn is_bad_period(&self, day: NaiveDate) -> bool {
        self.bad_periods.iter().any(|period| period.contains(day))
    }
}

impl Measurement {
    /// A measurement without limits, at these times.
    pub fn at(id: &str, kind: Kind, timing: Timing, since: NaiveDate) -> Self {
        Self {
            id: id.to_owned(),
            kind,
            when: When::At(timing),
            since,
            in_bad_periods: None,
            limits: Vec::new(),
            rest_minutes: None,
            measure_again: false,
            instruction: None,
        }
    }

    fn check(&self) -> Result<(), PlanFault> {
        let part = || format!("measurement {}", self.id);
        self.when.check(part)?;
        if let Some(timing) = &self.in_bad_periods {
            timing.check().map_err(|fault| PlanFault { part: part(), problem: fault.to_string() })?;
        }
        Ok(())
    }
}

impl When {
    fn check(&self, part: impl Fn() -> String) -> Result<(), PlanFault> {
        match self {
            Self::At(timing) => {
                timing.check().map(drop).map_err(|fault| PlanFault { part: part(), problem: fault.to_string() })
            }
            Self::AsNeeded => Ok(()),
        }
    }
}

impl Period {
    fn check(self, part: &str) -> Result<(), PlanFault> {
        match (self.start, self.end) {
            (Some(start), Some(end)) if end < start => Err(PlanFault {
                part: part.to_owned(),
                problem: format!("it ends on {end}, before it begins on {start}"),
            }),
            _ => Ok(()),
        }
    }
}

fn words(part: impl Fn() -> String, element: &str, text: &str) -> Result<(), PlanFault> {
    if text.trim().is_empty() {
        return Err(PlanFault { part: part(), problem: format!("its {element} is empty") });
    }
    Ok(())
}

fn no_id_twice<'a>(part: &str, ids: impl Iterator<Item = &'a str>) -> Result<(), PlanFault> {
    let mut seen = BTreeSet::new();
    for id in ids {
        if !seen.insert(id) {
            return Err(PlanFault { part: format!("{part} {id}"), problem: "it is in the plan twice".to_owned() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
