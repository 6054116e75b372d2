//! FHIR R4: mapping, the client, the sending of the outbox, the fetching of plan and messages.
//!
//! Knows the words of `dagsform-care` and nothing of Bluetooth, SQLite or screens. `Observation`,
//! `Device` and their like stay inside [`fhir`].
//!
//! What the service has for the patient is fetched by [`fetch`] and kept by the [`inbox`].
//!
//! A reading waits in the [`outbox`]; the [`engine`] maps it with [`fhir`], posts it with the
//! [`client`] and settles it when the service has confirmed it. Whatever goes wrong on the way is a
//! [`SyncFault`]; only the service's word about a single reading can ever set that reading aside.
//!
//! Behind the feature `service`, never in a patient's build: the follow-up service of the demonstration.

pub mod access;
pub mod client;
pub mod condition;
pub mod demonstration;
pub mod engine;
pub mod enrolment;
pub mod fault;
pub mod fetch;
pub mod fhir;
pub mod inbox;
mod members;
pub mod outbox;
#[cfg(feature = "service")]
pub mod service;

pub use access::Access;
pub use client::Client;
pub use condition::Condition;
pub use engine::{Engine, Gap, Limits, PassReport, Settings, SyncEvent, Timing, Wake};
pub use enrolment::{BodyForm, Enrolment, PatientReference, ServiceAddress, Tablet};
pub use fault::{NotUnderstood, SyncFault};
pub use fetch::Fetcher;
pub use inbox::{Inbox, InboxError, Mark};
pub use outbox::{Due, Entry, ItemEntry, Outbox, OutboxError, Outcome};
