//! Whose reading it is, who held the sensor, and how the person was.

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

/// Which of its users a device says has measured (User ID of the Blood Pressure, Weight Scale and other services).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum User {
    /// The device has said nothing of users.
    #[default]
    Unsaid,
    /// It has users, and does not know which of them it was (User ID 255).
    Unknown,
    /// The user of this index, 0 to 254.
    Index(u8),
}

/// How a glucose reading stands to a meal (Glucose Service 1.0.1, Glucose Measurement Context, Meal).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Meal {
    /// Before a meal.
    Preprandial,
    /// After a meal.
    Postprandial,
    /// After fasting.
    Fasting,
    /// Between meals: snacks, drinks.
    Casual,
    /// At bedtime.
    Bedtime,
}
