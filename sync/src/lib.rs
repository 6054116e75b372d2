//! FHIR R4: mapping, the client, the sending of the outbox.
//!
//! Knows the words of `dagsform-care` and nothing of Bluetooth, SQLite or screens. `Observation`,
//! `Device` and their like stay inside [`fhir`].
//!
//! A reading waits in the [`outbox`]; the [`engine`] maps it with [`fhir`], posts it with the
//! [`client`] and settles it when the service has confirmed it. Whatever goes wrong on the way is a
//! [`SyncFault`]; only the service's word about a single reading can ever set that reading aside.
//!
//! Behind the feature `service`, never in a patient's build: the follow-up service of the demonstration.

pub mod client;
pub mod demonstration;
pub mod engine;
pub mod enrolment;
pub mod fault;
pub mod fhir;
pub mod outbox;
#[cfg(feature = "service")]
pub mod service;

pub use client::Client;
pub use engine::{Engine, Gap, Limits, PassReport, Settings, SyncEvent, Timing, Wake};
pub use enrolment::{Enrolment, PatientReference, ServiceAddress, Tablet};
pub use fault::{NotUnderstood, SyncFault};
pub use outbox::{Entry, Outbox, OutboxError, Outcome};
