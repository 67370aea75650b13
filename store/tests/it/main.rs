//! The store from outside: the one suite against each backend, and what is each backend's own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod postgres;
mod sqlite;
mod faulty;
