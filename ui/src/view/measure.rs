//! Guided measuring.

use super::{Kind, NotSent, Performer};
use crate::doubt::Doubt;
use crate::fault::Fault;
use crate::moment::Moment;
use crate::value::ValueView;

/// One kind of measurement and the reading in hand.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasureView {
    /// What is measured.
    pub kind: Kind,
    /// How far the reading has come.
    pub stage: Stage,
    /// The sensor's name; empty if none is known.
    pub device_name: String,
    /// The patient has a sensor of this kind. Without one only entry by hand is offered.
    pub has_sensor: bool,
    /// The reading was entered by hand, so it was not received from a sensor.
    pub by_hand: bool,
    /// The values of the reading; empty while there is none.
    pub values: Vec<ValueView>,
    /// When it was measured, if that is known.
    pub measured_at: Option<Moment>,
    /// When the service confirmed it; shown only when [`Stage::Delivered`].
    pub delivered_at: Option<Moment>,
    /// Why the reading stays on the tablet, where it does.
    pub not_sent: Option<NotSent>,
    /// Who measured; asked only from [`Stage::Saved`] on.
    pub performer: Performer,
    /// What puts the reading in doubt.
    pub doubts: Vec<Doubt>,
    /// What is wrong now. The first that blocks measuring takes the place of the guidance.
    pub faults: Vec<Fault>,
    /// Readings and answers that are saved and wait to be sent, this one included.
    pub waiting_to_send: u32,
}

/// How far a reading has come. What the screen claims ("saved", "delivered") follows from this alone,
/// so it cannot claim the one without the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The tablet is looking for the sensor.
    Looking,
    /// The sensor is there; the patient may begin.
    Ready,
    /// Values are coming in and still change.
    Receiving,
    /// The reading is complete, but the record has not stored it yet.
    Received,
    /// The record has stored it. The service has not confirmed it.
    Saved,
    /// The service has confirmed that it has this reading.
    Delivered,
}

impl MeasureView {
    /// A screen that looks for this sensor and has nothing else to say.
    #[must_use]
    pub fn looking_for(kind: Kind, device_name: impl Into<String>) -> Self {
        Self {
            kind,
            stage: Stage::Looking,
            device_name: device_name.into(),
            has_sensor: true,
            by_hand: false,
            values: Vec::new(),
            measured_at: None,
            delivered_at: None,
            not_sent: None,
            performer: Performer::Unknown,
            doubts: Vec::new(),
            faults: Vec::new(),
            waiting_to_send: 0,
        }
    }
}
