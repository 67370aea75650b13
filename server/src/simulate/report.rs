//! What came of a simulated time.

use serde::Serialize;

/// The report: load, harm, backlog, moves.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Report {
    /// As planned.
    pub seed: u64,
    /// As planned.
    pub days: u32,
    /// Leads that came in.
    pub leads: u64,
    /// What the gate said.
    pub actions: Actions,
    /// What was wrong, and what became of it.
    pub harm: Harm,
    /// People's time.
    pub load: Load,
    /// What waited.
    pub backlog: Backlog,
    /// Moves of the boundary.
    pub moves: Vec<MoveOn>,
    /// Week by week.
    pub weeks: Vec<WeekOf>,
}

/// What the gate said.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Actions {
    pub ran: u64,
    pub asked: u64,
    pub audited: u64,
    pub refused: u64,
    /// Of all that ran or asked, the share that asked.
    pub gate_share: f64,
}

/// What was wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Harm {
    /// Messages drafted wrong.
    pub drafted: u64,
    /// Of them seen by a person and stopped.
    pub caught: u64,
    /// Of them approved all the same.
    pub approved: u64,
    /// Of them gone out by themselves.
    pub ran: u64,
    /// Of those reported.
    pub reported: u64,
}

/// People's time.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Load {
    /// In all.
    pub minutes: f64,
    /// By person.
    pub approvers: Vec<ApproverLoad>,
}

/// One person's time.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct ApproverLoad {
    pub name: String,
    pub decided: u64,
    pub minutes: f64,
    /// Of the time they have.
    pub utilisation: f64,
    /// Why their approvals earn no credit at the end, if so.
    pub suspect: Option<&'static str>,
}

/// What waited.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Backlog {
    /// Most at any time.
    pub most: usize,
    /// At the end.
    pub left: usize,
    /// Hours waited for a decision, in the middle and for one in ten.
    pub wait_h_median: f64,
    pub wait_h_p90: f64,
    /// Undecided in time.
    pub expired: u64,
}

/// A move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MoveOn {
    pub day: u32,
    pub class: String,
    #[serde(rename = "move")]
    pub how: &'static str,
    pub why: String,
    /// Reviews of the class by then.
    pub reviews: u32,
    /// Actions of the class that ran by then.
    pub ran: u64,
}

/// One week.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct WeekOf {
    pub week: u32,
    pub asked: u64,
    pub ran: u64,
    pub backlog: usize,
    pub minutes: f64,
    pub wrong_out: u64,
}
