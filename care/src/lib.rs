//! The vocabulary of Dagsform and its rules: readings, their quality, their times, their identity.
//!
//! Pure: no I/O, no clock, no randomness, no async. What a function needs to know of the world it is
//! told. Nothing of Bluetooth, FHIR, SQLite or the screens may enter; those rooms share these words.

pub mod agenda;
pub mod device;
pub mod hours;
pub mod identity;
pub mod item;
pub mod limits;
pub mod medicine;
pub mod message;
pub mod metric;
pub mod person;
pub mod plan;
pub mod plausible;
pub mod quality;
pub mod quantity;
pub mod questionnaire;
pub mod reading;
pub mod shown;
pub mod time;
pub mod timing;
pub mod trend;
pub mod zones;

pub use device::{DeviceId, DeviceInformation};
pub use identity::Identity;
pub use metric::{Kind, Metric};
pub use person::{Meal, PatientId, Performer, User};
pub use quality::{Flag, Quality, Reason, Verdict};
pub use quantity::{Decimal, Quantity, Special, Unit, Value};
pub use reading::{ByHand, Measured, Observed, Reading, Reception, Source, TakenBack, Why};
pub use time::{DeviceTime, ReadingTime, Trust};
pub use timing::Timing;
