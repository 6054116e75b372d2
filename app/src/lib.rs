//! The program: commands, the record, the flows, the screen controllers, and the wiring of the other
//! rooms. A library so that the whole-system tests can name its gaps; its only user is `main.rs`.

pub mod answers;
pub mod clock;
pub mod command;
mod condition;
pub mod control;
#[cfg(feature = "demo")]
mod demo;
pub mod enrol;
pub mod enrolment;
pub mod entry;
pub mod exit;
pub mod flow;
pub mod gaps;
pub mod hand_over;
pub mod intake;
mod network;
pub mod record;
pub mod said;
pub mod screen;
pub mod tablet;
pub mod today;
