//! What goes into the machine of one link and what comes out of it.

use std::{collections::VecDeque, time::Duration};

use chrono::{DateTime, FixedOffset};

use crate::{
    characteristic::Characteristic,
    device::{Model, Write},
    event::{CollectorEvent, RadioFault},
    sink::{NewestRecord, RawFrame, SinkError, Taken},
};

/// What happens.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A subscription was made or refused.
    Subscribed(Characteristic, Result<(), RadioFault>),
    /// What the device says of itself was read as far as it could be.
    Described(Result<(), RadioFault>),
    /// The last write to a control point was confirmed or refused.
    Written(Result<(), RadioFault>),
    /// Where the device's memory was fetched to before.
    Recalled(Option<NewestRecord>),
    /// The device's clock was read, and when, by the tablet's, which is trusted or not.
    ClockRead(Result<Vec<u8>, RadioFault>, DateTime<FixedOffset>, bool),
    /// The device's clock was written, or not.
    ClockWritten(Result<(), RadioFault>),
    /// A value came.
    Value(Characteristic, Vec<u8>, DateTime<FixedOffset>),
    /// The sink is done with the last frame.
    Took(Result<Taken, SinkError>),
    /// A deadline passed.
    Passed(Deadline),
    /// The link is gone.
    LinkEnded,
    /// The collector wants to end.
    Stop,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Subscribe; answered by [`Event::Subscribed`].
    Subscribe(Characteristic),
    /// Read what the device says of itself; answered by [`Event::Described`].
    Describe,
    /// Write to a control point; answered by [`Event::Written`].
    Write(Characteristic, Vec<u8>),
    /// Ask the sink where the device's memory was fetched to; answered by [`Event::Recalled`].
    Recall,
    /// Tell the sink that the memory has been fetched up to this record.
    Fetched(NewestRecord),
    /// Read the device's clock; answered by [`Event::ClockRead`].
    ReadClock(Characteristic),
    /// Write the device's clock; answered by [`Event::ClockWritten`].
    SetClock(Characteristic, Vec<u8>),
    /// Give the frame to the sink and wait; answered by [`Event::Took`].
    Take(RawFrame),
    /// The same, and tell the device so once the frame has been committed, as its model wants it.
    TakeAndAcknowledge(RawFrame, Vec<Write>),
    /// Tell the device something that its model wants to be told.
    Say(Vec<Write>),
    /// Tell the device what its model wants to be told first.
    Open(&'static Model),
    /// The battery was reported.
    Battery(Option<u8>),
    /// Set or move a deadline.
    Arm(Deadline, Duration),
    /// Forget a deadline.
    Disarm(Deadline),
    /// Tell the outside.
    Tell(CollectorEvent),
    /// The memory has been fetched, before that is told.
    TransferComplete,
    /// Let go of the device.
    Disconnect,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Deadline {
    /// The next word of the memory.
    Record,
    /// The answer to an abort.
    Abort,
    /// The next try of a transfer.
    Retry,
    /// The first value at all.
    Silence,
    /// The next valid frame of an episode.
    Settle,
    /// The context that a glucose record has announced.
    Context,
    /// The next word that keeps the device sending.
    KeepAlive,
    /// The answer to a consent.
    Consent,
    /// The end of what the device sends by itself.
    Quiet,
}

/// How a link came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The device or the radio ended it, or we were asked to.
    Link,
    /// Something was wrong.
    Fault(RadioFault),
    /// A frame could not be committed.
    NotTaken,
}

/// Where the link is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Subscribing; what is left.
    Subscribing(VecDeque<Characteristic>),
    /// Reading what the device says of itself.
    Describing,
    /// The device was told which of its users we are.
    Consenting,
    /// The memory was asked for its newest record, which is compared with where it was fetched to before.
    Comparing,
    /// The memory was asked how many records it has.
    Counting,
    /// The memory is being reported.
    Reporting {
        /// What it announced.
        announced: Option<u32>,
    },
    /// The report was called off.
    Aborting,
    /// Waiting for what comes.
    Live,
    /// Over, and why.
    Over(Ended),
}
