//! Whole-system tests: through the real program, a Bluetooth stack, and a server that we did not write.
//!
//! Here are the rigs they run on; the tests themselves are in `tests/tests`.

pub mod compare;
pub mod contract;
pub mod county;
pub mod demo_patient;
pub mod display;
pub mod facts;
pub mod fault_proxy;
pub mod fhir_server;
pub mod follow_up;
pub mod helios;
pub mod loss;
pub mod nurse;
pub mod rest;
pub mod rig;
pub mod scripted_service;
pub mod service_process;
pub mod tablet;
pub mod tls_front;
pub mod wire;
