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
//! Who the tablet is says its [`key`], registered by an [`invitation`] and a [`registration`]; each [`client`] with
//! credentials signs in by itself.
//!
//! Behind the feature `service`, never in a patient's build: the follow-up service of the demonstration.

pub mod access;
pub mod client;
pub mod condition;
pub mod engine;
pub mod enrolment;
pub mod fault;
pub mod fetch;
pub mod fhir;
pub mod inbox;
pub mod invitation;
pub mod jwk;
pub mod key;
mod members;
pub mod one_time_code;
pub mod outbox;
pub mod registration;
#[cfg(feature = "service")]
pub mod service;
mod sign_in;
pub mod trust;

pub use access::{Access, Clock, Credentials};
pub use client::Client;
pub use condition::Condition;
pub use engine::{Engine, Gap, Limits, PassReport, Settings, SyncEvent, Timing, Wake};
pub use enrolment::{BodyForm, Enrolment, PatientReference, ServiceAddress, Tablet};
pub use fault::{CertificateFault, NotUnderstood, Refusal, SyncFault};
pub use fetch::Fetcher;
pub use inbox::{Inbox, InboxError, Mark};
pub use invitation::{BadInvitation, Entrance, Invitation};
pub use key::{KeyError, TabletKey};
pub use one_time_code::{BadCode, OneTimeCode};
pub use outbox::{Due, Entry, ItemEntry, Outbox, OutboxError, Outcome};
pub use registration::{EnrolFault, Registered, register};
pub use trust::{BadTrust, Trust};
