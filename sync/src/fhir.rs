//! FHIR R4 (4.0.1): the resources in use as plain structs, and what a reading becomes in them.
//!
//! The mapping follows the HL7 Personal Health Device implementation guide, STU 2 for R4
//! (`hl7.fhir.uv.phd` 2.x; "PHD guide" below), the FHIR vital signs profiles (R4, 10.1.20), and the
//! Norwegian VkpObservation for the codes. Where it departs from the guide, the place says why:
//!
//! - the identifier is a UUID of everything the device reported, not the guide's joined text, which
//!   merges readings that differ (see `dagsform_care::identity`), and holds a patient's identifier;
//! - a failed measurement keeps the status `final` (see [`reading`]);
//! - the bits of the sensor's status are components of each number, not an Observation of their own.

pub mod bundle;
pub mod codes;
pub mod device;
pub mod instant;
pub mod model;
pub mod outcome;
pub mod reading;
pub mod status;

pub use bundle::{Bundle, Resource, transaction};
pub use outcome::OperationOutcome;
pub use reading::{Mapped, MappingError, map};
