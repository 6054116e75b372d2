//! The FHIR R4 side of the service: what it keeps and how it answers.

pub(crate) mod answer;
pub(crate) mod bundle;
pub(crate) mod capability;
pub(crate) mod check;
pub(crate) mod definitions;
pub(crate) mod index;
pub(crate) mod reach;
pub(crate) mod reference;
pub(crate) mod search;
pub(crate) mod store;
pub(crate) mod when;
