//! What the measuring screen is told to show.

use crate::doubt::Doubt;
use crate::fault::Fault;
use crate::moment::Moment;
use crate::value::ValueView;

/// One sensor and the reading in hand.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasureView {
    /// How far the reading has come.
    pub stage: Stage,
    /// The sensor's name; empty if none is known.
    pub device_name: String,
    /// The values of the reading; empty while there is none.
    pub values: Vec<ValueView>,
    /// When it was measured, if that is known.
    pub measured_at: Option<Moment>,
    /// When the service confirmed it; shown only when [`Stage::Delivered`].
    pub delivered_at: Option<Moment>,
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

/// What the patient asked for by a touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Try again what failed.
    Retry,
    /// Done with this reading: back to the start.
    Done,
    /// The fault of this place in [`MeasureView::faults`] has been read and need not be shown longer.
    Understood(usize),
}

impl MeasureView {
    /// A screen that looks for this sensor and has nothing else to say.
    #[must_use]
    pub fn looking_for(device_name: impl Into<String>) -> Self {
        Self {
            stage: Stage::Looking,
            device_name: device_name.into(),
            values: Vec::new(),
            measured_at: None,
            delivered_at: None,
            doubts: Vec::new(),
            faults: Vec::new(),
            waiting_to_send: 0,
        }
    }
}
