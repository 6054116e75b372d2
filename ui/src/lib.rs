//! The tablet's screens: view models in, touches out.
//!
//! This room draws and words what it is told. It knows none of the other crates, no Bluetooth,
//! no record and no network, and no type of the drawing library leaves it. What a person reads or
//! hears, here and elsewhere in the program, comes from its one catalogue ([`Words`]).

pub mod headless;

#[cfg(test)]
mod contrast;
mod display;
mod doubt;
mod fault;
mod generated;
mod language;
mod mapping;
mod moment;
mod picture;
mod touches;
mod value;
mod view;
mod window;
mod words;

pub use display::display_available;
pub use doubt::Doubt;
pub use fault::{Fault, FaultKind};
pub use language::Language;
pub use moment::{Day, Moment};
pub use picture::Picture;
pub use value::{NoNumber, Number, Quantity, Unit, ValueView};
pub use view::{
    Action, AfterStep, AfterView, Answer, AnswerProblem, AnswerView, AverageView, CalendarDay, CallView, Date,
    DatePart, Delivery, Draft, EntryProblem, EntryStage, EntryView, EquipmentView, FieldView, FollowUp, GivenView, Key,
    Kind, Level, Meal, MeasureView, MessageView, MessagesStage, MessagesView, NotSent, Opening, OpeningDay, OptionView,
    Performer, Place, PlanRemark, QuestionView, ReadingView, ReadingsView, RowView, ScoreView, Screen, Sender,
    SensorState, SensorView, ServiceHours, Span, Stage, SummaryRow, SummaryStage, SummaryView, TakingBack, TaskKind,
    TaskState, TaskView, TimeOfDay, TodayView, TrendLine, TrendPoint, WhoseStage, WhoseView, Why, Wish, ZoneView,
};
pub use window::{TextScale, UiError, Window, WindowHandle};
pub use words::Words;
