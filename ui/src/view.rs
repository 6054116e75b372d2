//! What the screens are told to show, and what they tell of touches. Nothing else crosses the border.

mod after;
mod entry;
mod equipment;
mod hours;
mod measure;
mod messages;
mod question;
mod readings;
mod summary;
mod today;
mod whose;

pub use after::{AfterStep, AfterView, CallView, Level, ZoneView};
pub use entry::{EntryProblem, EntryStage, EntryView, FieldView};
pub use equipment::{EquipmentView, SensorState, SensorView};
pub use hours::{Opening, OpeningDay, ServiceHours};
pub use measure::{MeasureView, Stage};
pub use messages::{MessageView, MessagesStage, MessagesView, Sender, Wish};
pub use question::{AnswerProblem, AnswerView, CalendarDay, OptionView, QuestionView};
pub use readings::{AverageView, ReadingView, ReadingsView, RowView, Span, TakingBack, TrendLine, TrendPoint};
pub use summary::{GivenView, ScoreView, SummaryRow, SummaryStage, SummaryView};
pub use today::{Date, FollowUp, PlanRemark, TaskKind, TaskState, TaskView, TimeOfDay, TodayView};
pub use whose::{WhoseStage, WhoseView};

/// A whole screen.
#[derive(Debug, Clone, PartialEq)]
pub enum Screen {
    /// The day's tasks.
    Today(TodayView),
    /// Guided measuring, and the reading that came of it.
    Measure(MeasureView),
    /// What follows a reading.
    After(AfterView),
    /// Entry by hand.
    Entry(EntryView),
    /// One question of a list.
    Question(QuestionView),
    /// All answers of a list.
    Summary(SummaryView),
    /// Messages both ways.
    Messages(MessagesView),
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
    /// Messages both ways.
    Messages,
    /// Sensors and tablet.
    Equipment,
}

/// A text that the person types.
///
/// The field takes `text` over when it comes up, and again with another `edition`; in between only the person changes
/// it. So an older view never puts back what was typed meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Draft {
    /// What the field begins with.
    pub text: String,
    /// Another number where the program has changed the text, as when a message was saved and the field is empty again.
    pub edition: u32,
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

/// How far what is stored has come: a reading, answers, a message (brief R13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// On the tablet only; it is sent when that is possible.
    Waiting,
    /// The service has confirmed it.
    Delivered,
    /// The service has said that someone there has seen it.
    Seen,
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

/// A part of a day's date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DatePart {
    /// The day of the month.
    Day,
    /// The month.
    Month,
    /// The year.
    Year,
}

/// What the person asked for by a touch, or typed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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
    /// Do the task at this place of the day: open its measurement or its list.
    Task(usize),
    /// The medicine at this place of the day's tasks was taken.
    MedicineTaken(usize),
    /// The medicine at this place of the day's tasks was not taken.
    MedicineNotTaken(usize),
    /// Answer the list at this place of those that are always there.
    OpenList(usize),
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
    /// The reading is real.
    AfterReal,
    /// The measuring may have gone wrong.
    AfterError,
    /// Measure again now.
    AfterAgain,
    /// To the plan's words.
    AfterWords,
    /// The answer is yes, or no.
    YesNo(bool),
    /// The option at this place was touched.
    Choose(usize),
    /// The answer is in the unit at this place.
    Unit(usize),
    /// The answer is at this place of the line.
    Slide(usize),
    /// One more of this part of the date.
    DateUp(DatePart),
    /// One less of this part of the date.
    DateDown(DatePart),
    /// The day that is shown is the answer.
    ThisDay,
    /// The text of the screen's one field is this now.
    Typed(String),
    /// "I do not know" was touched.
    DontKnow,
    /// To the next question.
    Next,
    /// Change the answer of the row at this place.
    Change(usize),
    /// Send the answers.
    SendAnswers,
    /// Send the message that was typed.
    SendMessage,
    /// "Please contact me".
    PleaseContactMe,
    /// "This is too much": ask what would help.
    TooMuch,
    /// This would help.
    Wish(Wish),
}
