//! A team at work for months, on simulated time, through the very decisions of the living system: arrivals, approvers of
//! given attention and speed, true mistakes in drafts, drift. For planning ("what if leads double?") and for our own tests.
//!
//! Nothing here touches a database, a network or the clock; the same plan and seed give the same report.

mod chance;
mod plan;
mod report;
mod town;

#[cfg(test)]
mod tests;

pub use plan::{Plan, PlanError};
pub use report::Report;

use crate::playbook::Files;

/// Runs a plan on a playbook.
///
/// # Errors
/// What is wrong with the playbook or the plan, in words.
pub fn run(plan: &Plan, files: &Files) -> Result<Report, PlanError> {
    town::Town::new(plan, files)?.live()
}
