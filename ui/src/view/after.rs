//! What follows a reading (brief R2, R10, R24).

use super::{Delivery, Kind, ServiceHours};
use crate::fault::Fault;
use crate::moment::Moment;
use crate::value::ValueView;

/// A reading, what the patient's own limits make of it, and what the plan says.
#[derive(Debug, Clone, PartialEq)]
pub struct AfterView {
    /// What was measured.
    pub kind: Kind,
    /// The values of the reading that counts: of the second one where there is one.
    pub values: Vec<ValueView>,
    /// When it was measured, if that is known.
    pub measured_at: Option<Moment>,
    /// How far it has come.
    pub delivery: Delivery,
    /// It is the second reading: the first one is kept too.
    pub again: bool,
    /// What it is by the limits.
    pub level: Level,
    /// The zones of this level. Their words are there where they are to be shown; of a red one in every step.
    pub zones: Vec<ZoneView>,
    /// Whom the plan says to call, in sight in every step.
    pub calls: Vec<CallView>,
    /// Whether the service is there.
    pub service: ServiceHours,
    /// Where the person is.
    pub step: AfterStep,
    /// The language of the plan's words (BCP 47, such as `nb`), told where the screen's is another; `None`: not said.
    pub written_in: Option<String>,
    /// What is wrong now.
    pub faults: Vec<Fault>,
    /// Readings and answers that are saved and wait to be sent, this one included.
    pub waiting_to_send: u32,
}

/// How far from well, by the patient's own limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    /// As usual.
    Green,
    /// Worse than usual.
    Yellow,
    /// Much worse than usual.
    Red,
}

/// A zone in the plan's own words. Every list may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneView {
    /// What it is called.
    pub name: String,
    /// What I notice.
    pub notice: Vec<String>,
    /// What I do myself.
    pub act: Vec<String>,
    /// What is prescribed for this situation.
    pub prescribed: Vec<String>,
}

/// Someone to call, in the plan's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallView {
    /// Who.
    pub who: String,
    /// The number as it is written.
    pub phone: Option<String>,
    /// When; may be empty.
    pub when: String,
}

/// Where the person is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AfterStep {
    /// Is the number right, or can the measuring have gone wrong?
    RealOrError,
    /// A rest before measuring again.
    Resting {
        /// Seconds that are left.
        left: u32,
        /// Seconds that it takes in all.
        of: u32,
    },
    /// The person may measure again.
    MeasureAgain,
    /// The plan's words.
    Advice,
    /// The second reading is as usual: nothing has to be said.
    Fine,
}
