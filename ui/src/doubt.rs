//! Why a reading may not be right.

use crate::words::Words;

/// Something that puts a reading in doubt. It is kept all the same, and said calmly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Doubt {
    /// The sensor called its own reading questionable.
    Questionable,
    /// The sensor called its own reading invalid.
    Invalid,
    /// The signal from the finger was weak.
    WeakSignal,
    /// The person moved.
    Moved,
    /// The cuff was too loose.
    CuffTooLoose,
    /// The cuff was not at the height of the heart.
    ArmPosition,
    /// Something was wrong with the strip or the blood on it.
    StripOrSample,
    /// The value lies beyond what the sensor can show.
    BeyondRange,
    /// It may be someone else's.
    PerhapsAnothers,
    /// The sensor reported a fault in itself.
    SensorTroubled,
    /// The sensor was in a demonstration or test mode.
    TestData,
    /// The sensor's clock is not set, so the time of the reading is not known for sure.
    DeviceClockUnknown,
    /// The tablet's own clock is not to be trusted.
    TabletClockUnsure,
}

impl Doubt {
    /// All doubts.
    pub const ALL: [Self; 13] = [
        Self::Questionable,
        Self::Invalid,
        Self::WeakSignal,
        Self::Moved,
        Self::CuffTooLoose,
        Self::ArmPosition,
        Self::StripOrSample,
        Self::BeyondRange,
        Self::PerhapsAnothers,
        Self::SensorTroubled,
        Self::TestData,
        Self::DeviceClockUnknown,
        Self::TabletClockUnsure,
    ];

    /// One calm sentence.
    #[must_use]
    pub fn text(self, words: Words) -> String {
        match self {
            Self::Questionable => words.text("doubt", "The sensor is not quite sure of this reading.", &[]),
            Self::Invalid => words.text("doubt", "The sensor says that this reading failed.", &[]),
            Self::WeakSignal => words.text("doubt", "The signal from the finger was weak.", &[]),
            Self::Moved => words.text("doubt", "The arm or the body moved during the measurement.", &[]),
            Self::CuffTooLoose => words.text("doubt", "The cuff was too loose.", &[]),
            Self::ArmPosition => words.text("doubt", "The cuff was not at the height of the heart.", &[]),
            Self::StripOrSample => {
                words.text("doubt", "Something was not right with the strip or the drop of blood.", &[])
            }
            Self::BeyondRange => words.text("doubt", "The value is beyond what the sensor can show.", &[]),
            Self::PerhapsAnothers => words.text("doubt", "This may be someone else's reading.", &[]),
            Self::SensorTroubled => words.text("doubt", "The sensor reported a fault in itself.", &[]),
            Self::TestData => words.text("doubt", "The sensor is in test mode. This is not a real reading.", &[]),
            Self::DeviceClockUnknown => {
                words.text("doubt", "The clock in the sensor is not set. The time may be wrong.", &[])
            }
            Self::TabletClockUnsure => words.text("doubt", "The clock in the tablet may be wrong.", &[]),
        }
    }
}
