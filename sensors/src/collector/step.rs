//! What goes into the machine of one link and what comes out of it.

use std::{collections::VecDeque, time::Duration};

use chrono::{DateTime, FixedOffset};

use crate::{
    event::{CollectorEvent, RadioFault},
    sink::{RawFrame, SinkError, Taken},
};

/// What happens.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A subscription was made or refused.
    Subscribed(u16, Result<(), RadioFault>),
    /// What the device says of itself was read as far as it could be.
    Described(Result<(), RadioFault>),
    /// The last write was confirmed or refused.
    Written(Result<(), RadioFault>),
    /// A value came.
    Value(u16, Vec<u8>, DateTime<FixedOffset>),
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
    Subscribe(u16),
    /// Read what the device says of itself; answered by [`Event::Described`].
    Describe,
    /// Write to the Record Access Control Point; answered by [`Event::Written`].
    Write(Vec<u8>),
    /// Give the frame to the sink and wait; answered by [`Event::Took`].
    Take(RawFrame),
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
    Subscribing(VecDeque<u16>),
    /// Reading what the device says of itself.
    Describing,
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
