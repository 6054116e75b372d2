//! Sensors and tablet.

use super::Kind;
use crate::fault::Fault;
use crate::moment::Moment;

/// The kit.
#[derive(Debug, Clone, PartialEq)]
pub struct EquipmentView {
    /// The patient's sensors.
    pub sensors: Vec<SensorView>,
    /// When something was delivered last; `None`: nothing yet.
    pub last_delivered: Option<Moment>,
    /// Readings that are saved and wait to be sent.
    pub waiting_to_send: u32,
    /// The program's version.
    pub version: String,
    /// What is wrong now.
    pub faults: Vec<Fault>,
}

/// A sensor.
#[derive(Debug, Clone, PartialEq)]
pub struct SensorView {
    /// What people call it.
    pub name: String,
    /// What it measures, as far as that is known.
    pub kind: Option<Kind>,
    /// How it stands.
    pub state: SensorState,
    /// Its battery, in per cent.
    pub battery: Option<u8>,
    /// When something came from it last.
    pub last_heard: Option<Moment>,
}

/// How a sensor stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SensorState {
    /// Connected now.
    Connected,
    /// Not in reach, or asleep: most are, until they are used.
    Resting,
    /// Something is wrong; the view's `faults` say what.
    Faulty,
}
