//! FHIR R4 (4.0.1): the resources in use as plain structs, what a reading and all else that is said on the tablet becomes
//! in them, and what the service's resources mean.
//!
//! What comes from the service ([`plan`], [`questionnaire`], [`message`], [`seen`]) is read element by element; a
//! [`Fault`] names what is wrong, and nothing of a plan or a list with a fault is used. Where R4 has no element for what
//! is agreed, there are extensions of our own ([`ours`]).
//!
//! The mapping of readings follows the HL7 Personal Health Device implementation guide, STU 2 for R4
//! (`hl7.fhir.uv.phd` 2.x; "PHD guide" below), the FHIR vital signs profiles (R4, 10.1.20), and the
//! Norwegian VkpObservation for the codes. Where it departs from the guide, the place says why:
//!
//! - the identifier is a UUID of everything the device reported, not the guide's joined text, which
//!   merges readings that differ (see `dagsform_care::identity`), and holds a patient's identifier;
//! - a failed measurement keeps the status `final` (see [`reading`]);
//! - the bits of the sensor's status are components of each number, not an Observation of their own, and so is how
//!   a glucose stands to a meal: alone they say nothing, and could arrive or be taken back without the number.
//!
//! The national form of body ([`crate::BodyForm::Pmd`], [`batch`]) has the same Observations, which name VkpObservation too
//! and stand alone: devices by their identifiers, the comparison of clocks contained. The national identity number, which
//! VkpObservation wants of the subject, is the service's to add.
//!
//! [`rules`] is the table of all that is sent, with source and rule; `MAPPING.md` shows it.
//!
//! A value keeps the unit that the device sent. The FHIR vital signs profiles take only some units (`mm[Hg]`, but not
//! kPa): in another one the value is sent as it is, and not called a vital sign.
//!
//! What is entered by hand claims no profile of the PHD guide, which does not cover it, names no device, and says so in
//! a note, as the guide asks for what a device marks as entered by hand. `Observation.method` is left alone: the
//! Norwegian profile of blood pressure allows auscultation and palpation there, and nobody has said either.

pub mod bundle;
pub mod codes;
pub mod condition;
pub mod device;
mod element;
pub mod fault;
pub mod instant;
pub mod item;
mod judged;
mod medicine;
pub mod message;
pub mod model;
pub mod ours;
pub mod outcome;
pub mod plan;
pub mod questionnaire;
pub mod reading;
mod response;
pub mod rules;
pub mod seen;
pub mod status;
mod timing;

pub use bundle::{Bundle, Request, Resource, batch, transaction};
pub use fault::{Fault, FaultKind};
pub use item::map_item;
pub use outcome::OperationOutcome;
pub use reading::{Mapped, MappingError, map};
