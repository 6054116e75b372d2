//! Bluetooth: one codec per characteristic, makers' departures, the radio, pairing, the collector.
//!
//! Bytes go out of this room in two ways only: raw, with device and time, to a [`FrameSink`] that
//! commits them, and decoded by [`codec`], which is pure. No FHIR, no SQL, no screens; what a reading
//! means is said in the words of `dagsform-care`.

pub mod characteristic;
pub mod codec;
pub mod collector;
pub mod device;
pub mod event;
pub mod pairing;
pub mod radio;
pub mod services;
pub mod sink;

pub use characteristic::Characteristic;
pub use event::{CollectorEvent, RadioFault};
pub use sink::{FrameSink, NewestRecord, RawFrame, SinkError, Taken};
