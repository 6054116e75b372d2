//! Flows: `update(state, event) -> (state, effects)`, no I/O. A flow is drawn at the head of its file.

pub mod entry;
pub mod measure;
pub mod readings;
pub mod tablet;
pub mod whose;
