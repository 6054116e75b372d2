//! What the patient says of a medicine: taken, or not.

use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};

use crate::{
    identity::Identity,
    person::{PatientId, Performer},
    plan::PlanVersion,
};

/// A medicine was taken, or was not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MedicineTaken {
    /// A UUIDv7, made when it was said.
    pub identity: Identity,
    /// Who takes it.
    pub patient: PatientId,
    /// The plan's id of the medicine.
    pub medicine: String,
    /// Its name then.
    pub name: String,
    /// For which of the agreed times, by when it begins, as the plan was then: places of a day move when the plan
    /// changes, times do not. `None`: as needed.
    pub due: Option<DateTime<FixedOffset>>,
    /// When it was taken, or left out, as far as the patient has said: when that was said.
    pub at: DateTime<FixedOffset>,
    /// When it was said.
    pub said: DateTime<FixedOffset>,
    /// It was taken.
    pub taken: bool,
    /// Who said so.
    pub by: Performer,
    /// The plan in force.
    pub plan: Option<PlanVersion>,
}
