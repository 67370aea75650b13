//! The record from outside: only what the crate lets everybody use.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod scribe;
mod seeds;
mod story;
mod mutations;
mod whole;
mod others;
mod vectors;
