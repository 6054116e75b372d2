//! Flows: `update(state, event) -> (state, effects)`, no I/O. A flow is drawn at the head of its file.

pub mod after;
pub mod answering;
pub mod ending;
pub mod entry;
pub mod measure;
pub mod messages;
pub mod planned;
pub mod questions;
pub mod readings;
pub mod reminding;
pub mod tablet;
pub mod whose;
