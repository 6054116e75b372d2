//! Screen controllers: they turn the state of a flow into what `dagsform-ui` draws, and touches into
//! events. No rule lives here.

pub mod driver;
pub mod measure;
