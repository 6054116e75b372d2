//! Flows are state machines: a pure `update(state, event)`, time included. Screens draw a state and
//! send events; nothing else.

pub mod measure;
