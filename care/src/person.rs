//! Whose reading it is, and who held the sensor.

use serde::{Deserialize, Serialize};

/// The patient of this tablet, by an opaque id given at enrolment.
///
/// Never the national identity number: this id goes into identities and logs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PatientId(pub String);

/// Who did the measuring (brief R7, R26).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Performer {
    /// Nobody has said.
    #[default]
    Unknown,
    /// The patient alone.
    Patient,
    /// A relative.
    Relative,
    /// Health personnel.
    Staff,
}
