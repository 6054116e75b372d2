//! Lists, trends, and one reading out of them.

use super::{Delivery, Kind, Performer, Why};
use crate::doubt::Doubt;
use crate::fault::Fault;
use crate::moment::Moment;
use crate::value::{Number, Quantity, Unit, ValueView};

/// The list and the trend of one kind.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadingsView {
    /// What is shown.
    pub kind: Kind,
    /// What can be chosen.
    pub kinds: Vec<Kind>,
    /// How far back the trend goes.
    pub span: Span,
    /// One line a quantity, all over the same span of time.
    pub trend: Vec<TrendLine>,
    /// Averages, which stand beside single values (brief R8).
    pub averages: Vec<AverageView>,
    /// The readings, newest first.
    pub rows: Vec<RowView>,
    /// There are more than these.
    pub more: bool,
}

/// How far back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Span {
    /// Seven days.
    Week,
    /// Thirty days.
    Month,
    /// A year.
    Year,
}

/// The points of one quantity. Gaps are gaps: nothing is put between two points (brief R8).
#[derive(Debug, Clone, PartialEq)]
pub struct TrendLine {
    /// What was measured.
    pub quantity: Quantity,
    /// In what.
    pub unit: Unit,
    /// What the lower edge stands for.
    pub lowest: Number,
    /// What the upper edge stands for.
    pub highest: Number,
    /// Oldest first.
    pub points: Vec<TrendPoint>,
}

/// A point of a trend.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrendPoint {
    /// 0 the beginning of the span, 1 now.
    pub x: f32,
    /// 0 the lower edge, 1 the upper one.
    pub y: f32,
    /// Whether something puts it in doubt.
    pub doubtful: bool,
}

/// A mean.
#[derive(Debug, Clone, PartialEq)]
pub struct AverageView {
    /// What was measured.
    pub quantity: Quantity,
    /// In what.
    pub unit: Unit,
    /// The mean, with as many decimals as a reading has.
    pub number: Number,
    /// Over so many days up to now.
    pub days: u16,
    /// Of so many readings.
    pub readings: u32,
}

/// A reading in the list.
#[derive(Debug, Clone, PartialEq)]
pub struct RowView {
    /// Its values.
    pub values: Vec<ValueView>,
    /// When it was measured, if that is known.
    pub at: Option<Moment>,
    /// How far it has come.
    pub delivery: Delivery,
    /// It was entered by hand.
    pub by_hand: bool,
    /// What puts it in doubt.
    pub doubts: Vec<Doubt>,
    /// It was taken back: it stays in sight and does not count.
    pub taken_back: Option<Why>,
}

/// One reading out of the list.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadingView {
    /// What it is.
    pub kind: Kind,
    /// All that the list says of it.
    pub row: RowView,
    /// Who measured.
    pub performer: Performer,
    /// The sensor's name; empty for one entered by hand.
    pub device_name: String,
    /// Whether and how far it is taken back.
    pub taking_back: TakingBack,
    /// What is wrong now.
    pub faults: Vec<Fault>,
}

/// Taking a reading back (brief R30).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TakingBack {
    /// It can be.
    Possible,
    /// It is asked why.
    Asking,
    /// It has been, and the service knows it.
    Done,
    /// It has been, and the service is told when that is possible.
    ServiceNotTold,
    /// It has been, and the service did not take the word.
    ServiceRefused,
}
