//! The domain as pure functions: no database, HTTP, async, clock or random source.
//!
//! The stages stand in the order a lead travels; [`lead`] is where they meet.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod capture;
pub mod matching;
pub mod route;
pub mod clock;
pub mod sequence;
pub mod escalate;
pub mod draft;
pub mod gate;
pub mod approval;
pub mod boundary;
pub mod ledger;
pub mod health;

pub mod lead;
pub mod fact;
pub mod effect;

pub mod playbook;
pub mod step;
pub mod terms;
pub mod ids;
mod nearest;
