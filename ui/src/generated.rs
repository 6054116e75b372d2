//! The code Slint generates from `ui/`.

// Written by a machine: neither documented nor held to the rules for hand-written code.
#![allow(
    missing_docs,
    unsafe_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    clippy::todo,
    clippy::unimplemented,
    clippy::unreachable,
    clippy::redundant_clone,
    clippy::large_futures
)]

slint::include_modules!();
