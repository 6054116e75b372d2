//! What the screens are told to show, and what they tell of touches. Nothing else crosses the border.

mod entry;
mod equipment;
mod measure;
mod readings;
mod today;
mod whose;

pub use entry::{EntryProblem, EntryStage, EntryView, FieldView};
pub use equipment::{EquipmentView, SensorState, SensorView};
pub use measure::{MeasureView, Stage};
pub use readings::{AverageView, ReadingView, ReadingsView, RowView, Span, TakingBack, TrendLine, TrendPoint};
pub use today::{Date, TaskState, TaskView, TimeOfDay, TodayView};
pub use whose::{WhoseStage, WhoseView};

/// A whole screen.
#[derive(Debug, Clone, PartialEq)]
pub enum Screen {
    /// The day's tasks.
    Today(TodayView),
    /// Guided measuring, and the reading that came of it.
    Measure(MeasureView),
    /// Entry by hand.
    Entry(EntryView),
    /// The list and the trend of one kind.
    Readings(ReadingsView),
    /// One reading out of the list.
    Reading(ReadingView),
    /// Whose is this reading?
    Whose(WhoseView),
    /// Sensors and tablet.
    Equipment(EquipmentView),
}

/// A kind of reading, by what one does to get it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Oxygen saturation and pulse.
    PulseOximetry,
    /// Blood pressure and pulse.
    BloodPressure,
    /// Weight.
    BodyWeight,
    /// Blood glucose.
    BloodGlucose,
    /// Temperature.
    BodyTemperature,
    /// Peak flow and FEV1.
    Spirometry,
}

impl Kind {
    /// All kinds, in the order in which they are offered.
    pub const ALL: [Self; 6] = [
        Self::PulseOximetry,
        Self::BloodPressure,
        Self::BodyWeight,
        Self::BloodGlucose,
        Self::BodyTemperature,
        Self::Spirometry,
    ];
}

/// The places that the navigation at the bottom leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// The day's tasks.
    Today,
    /// Lists and trends.
    Readings,
    /// Sensors and tablet.
    Equipment,
}

/// Who measured, as far as someone has said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Performer {
    /// Nobody has said.
    Unknown,
    /// The patient alone.
    Patient,
    /// A relative.
    Relative,
    /// Health personnel.
    Staff,
}

/// How a glucose reading stands to a meal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Meal {
    /// Before a meal.
    Before,
    /// After a meal.
    After,
    /// After fasting.
    Fasting,
    /// At bedtime.
    Bedtime,
}

/// How far a stored reading has come (brief R13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// On the tablet only; it is sent when that is possible.
    Waiting,
    /// The service has confirmed it.
    Delivered,
    /// The service does not take it.
    Refused,
    /// It stays on the tablet.
    NotSent(NotSent),
}

/// Why a reading stays on the tablet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotSent {
    /// It was taken back before it was sent.
    TakenBack,
    /// It may be someone else's.
    PerhapsAnothers,
    /// The sensor was in a test mode.
    TestData,
}

/// Why a reading is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Why {
    /// It is of someone else.
    WrongPerson,
    /// A figure was mistyped.
    Mistyped,
    /// The measuring went wrong.
    MeasuringError,
}

/// The answer to "Is this your reading?".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// It is the patient's.
    Mine,
    /// It is someone else's.
    Anothers,
    /// Not now.
    NotSure,
}

/// A key of the number pad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    /// 0 to 9.
    Digit(u8),
    /// The decimal mark of the language.
    Decimal,
    /// Takes the last character away.
    Delete,
}

/// What the person asked for by a touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Try again what failed.
    Retry,
    /// Done with this reading: back to the start.
    Done,
    /// The fault of this place in the view's `faults` has been read and need not be shown longer.
    Understood(usize),
    /// To a place of the navigation.
    Go(Place),
    /// Back to where one came from.
    Back,
    /// Measure this.
    Measure(Kind),
    /// Enter this by hand.
    ByHand(Kind),
    /// This person measured.
    Performer(Performer),
    /// Type into the field at this place.
    Field(usize),
    /// A key of the number pad.
    Key(Key),
    /// It was measured a quarter of an hour earlier than shown.
    Earlier,
    /// It was measured a quarter of an hour later than shown.
    Later,
    /// How it stands to a meal; `None` takes the answer back.
    Meal(Option<Meal>),
    /// Save what was entered.
    Save,
    /// Yes, the unusual figure is right.
    Right,
    /// No, type again.
    Correct,
    /// Show the list of this kind.
    List(Kind),
    /// Show this span of time.
    Span(Span),
    /// Show more of the list.
    More,
    /// Open the row at this place of the list.
    Open(usize),
    /// Take this reading back.
    TakeBack,
    /// For this reason.
    TakeBackBecause(Why),
    /// Ask whose the readings are of which that is open.
    AskWhose,
    /// Whose it is.
    Whose(Answer),
    /// Erase it for good.
    Erase,
    /// Keep it on the tablet.
    Keep,
}
