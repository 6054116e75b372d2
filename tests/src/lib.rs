//! Whole-system tests: through the real program, a Bluetooth stack, and a server that we did not write.
//!
//! Here are the rigs they run on; the tests themselves are in `tests/tests`.

pub mod compare;
pub mod display;
pub mod fhir_server;
pub mod rig;
pub mod scripted_service;
