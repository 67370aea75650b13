//! Journeys through the real program: the binary runs, and the tests come in by its doors.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod api;
mod boundary;
mod browser;
mod capture;
mod databases;
mod erasure;
mod faults;
mod gate;
mod house;
mod leaving;
mod record;
mod smtp;
mod tidy;
mod witness;
