//! The collector on the simulated radio, in paused time, with a sink in memory.

// Clippy allows these by itself only in the test functions, not in what they share.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod advertised;
mod clocks;
mod drops;
mod faults;
mod glucose;
mod kit;
mod numbers;
mod persons;
mod readings;
mod room;
mod schedules;
mod session;
mod transfers;
mod unasked;
