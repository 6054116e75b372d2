//! Signing in as the tablet does it: against a service that registers tablets, checks their assertions, and misbehaves as
//! told; in the clear on this machine, and over TLS.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, unreachable_pub, reason = "tests")]

#[path = "../common/mod.rs"]
mod common;
mod confirming;
mod front;
mod invitation;
mod registration;
mod tls;
mod token;
