//! What goes into the boundary, and what comes out.

use super::reviewer::{Review, Suspicion};
use serde::{Deserialize, Serialize};

/// One thing that happened, as far as the boundary is concerned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation<'a> {
    /// Where it stands in the record: each further observation stands at a higher position.
    pub position: u64,
    /// When, in seconds since any fixed moment.
    pub at: f64,
    /// The step class, by name.
    pub class: &'a str,
    pub what: What<'a>,
}

/// Why a person was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Asked {
    /// The class is gated, or something in the action asks whatever its class.
    #[serde(rename = "gate")]
    ByGate,
    /// The class is automated and the action was drawn for an audit.
    #[serde(rename = "audit")]
    ForAudit,
}

impl Asked {
    /// The word in record and tape.
    pub const fn word(self) -> &'static str {
        match self {
            Asked::ByGate => "gate",
            Asked::ForAudit => "audit",
        }
    }

    /// Reads it back.
    pub fn from_word(word: &str) -> Option<Asked> {
        [Asked::ByGate, Asked::ForAudit].into_iter().find(|asked| asked.word() == word)
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum What<'a> {
    /// A person decided on a proposal. A decision on an audit is followed by [`What::Audited`].
    Reviewed { segment: &'a str, asked: Asked, review: Review<'a> },
    /// A person decided on a planted known-bad proposal.
    Probed { reviewer: &'a str, caught: bool },
    /// An audit is complete; `flagged` when its review found a defect.
    Audited { segment: &'a str, flagged: bool },
    /// An automated action ran, not audited.
    Ran { segment: &'a str },
    /// An action that ran by itself at `ran_at` seconds turned out to be wrong.
    Exception { segment: &'a str, ran_at: f64, critical: bool },
    /// Something was declared to have changed: `template`, `model`, `product`, `policy`.
    Changed { cause: &'a str },
    /// A recorded decision lets these segments run.
    Widened { segments: &'a [String] },
    /// A recorded decision gates these segments again and erases their evidence.
    Narrowed { segments: &'a [String] },
    /// An admin locked the class, with a reason: gated, evidence erased, until it is unlocked.
    Locked,
    /// An admin unlocked the class, with a reason.
    Unlocked,
}

/// What rang an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    Audit,
    Exceptions,
    Critical,
}

/// What the evidence of a class allows: the proposal to widen, with its grounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Graduation {
    pub class: String,
    pub segments: Vec<String>,
    /// `ln SCORE`, and the `ln bar` it reached.
    pub log_e: f64,
    pub bar: f64,
    /// Credited clean reviews and defects of these segments in this epoch.
    pub n: u32,
    pub k: u32,
    /// Probes shown and caught in this epoch.
    pub probes: u32,
    pub hits: u32,
    pub attempt: u32,
}

/// What moved because of an observation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Move {
    /// Made by a replay, where what is ready takes effect at once; [`super::Boundary::observe`] never widens.
    Graduated(Graduation),
    /// Gated again, evidence erased. Queued actions that have not been attempted go back through the gate.
    PulledBack {
        class: String,
        cause: Cause,
        /// `None` when the whole class is.
        segment: Option<String>,
        attempt: u32,
        locked: bool,
    },
    /// Gated, evidence erased, because what the evidence was about has changed.
    EvidenceReset {
        class: String,
        cause: String,
        was_auto: bool,
    },
    /// A segment that was bad has been clean for long; its counts begin anew.
    StartedOver {
        class: String,
        segment: String,
        attempt: u32,
    },
    /// The reviewer's approvals earn no credit for now. To be shown to the reviewer first.
    ReviewerSuspect {
        reviewer: String,
        cause: Suspicion,
    },
    ReviewerRestored {
        reviewer: String,
    },
}
