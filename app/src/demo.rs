//! The demonstration: a made-up patient with simulated sensors and a history, and the embedded follow-up
//! service. Everything else is the real program.

mod camera;
mod history;
pub(crate) mod home;
pub(crate) mod plans;
pub(crate) mod play;
pub(crate) mod service;
