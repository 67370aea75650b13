//! Moves of the boundary as they stand in the record, and the proposal to widen.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::boundary::{Cause, Graduation, Move};
use crate::ids::ProposalId;

/// A move of the boundary, or a step towards one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// Which class.
    pub class: String,
    /// Which of its segments; all when empty.
    #[serde(default)]
    pub segments: Vec<String>,
    /// What happened.
    pub how: How,
    /// Why, in words: a person's own, or Lockkeeper's.
    pub why: String,
    /// The proposal to widen that this is about.
    #[serde(default)]
    pub proposal: Option<ProposalId>,
    /// The evidence it rests on.
    #[serde(default)]
    pub grounds: Option<Grounds>,
    /// The attempt that begins, where one does.
    #[serde(default)]
    pub attempt: Option<u32>,
    /// The fact that brought it about, by its place in the record, where Lockkeeper moved by itself.
    #[serde(default)]
    pub because: Option<u64>,
}

/// What happened to a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Its evidence reached the bar: a person is asked whether it may run.
    Proposed,
    /// The evidence no longer reaches the bar; the proposal is withdrawn.
    Overtaken,
    /// A person said no to the proposal.
    Declined,
    /// A person let it run.
    Widened,
    /// A person gated it again.
    Narrowed,
    /// A person locked it.
    Locked,
    /// A person unlocked it.
    Unlocked,
    /// An alarm rang: gated again at once, evidence erased.
    PulledBack,
    /// An alarm rang for the third time: gated, and locked.
    PulledBackLocked,
    /// What the evidence was about changed: gated, evidence erased.
    Reset,
    /// A segment that was bad has been clean for long; its counts begin anew.
    StartedOver,
}

impl How {
    /// The word in record, pages and API.
    pub const fn word(self) -> &'static str {
        match self {
            How::Proposed => "proposed",
            How::Overtaken => "overtaken",
            How::Declined => "declined",
            How::Widened => "widened",
            How::Narrowed => "narrowed",
            How::Locked => "locked",
            How::Unlocked => "unlocked",
            How::PulledBack => "pulled_back",
            How::PulledBackLocked => "pulled_back_locked",
            How::Reset => "reset",
            How::StartedOver => "started_over",
        }
    }

    /// Whether a person does this, and not Lockkeeper by itself.
    pub const fn by_hand(self) -> bool {
        matches!(self, How::Declined | How::Widened | How::Narrowed | How::Locked | How::Unlocked)
    }
}

/// The evidence for a graduation, in whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grounds {
    /// Credited clean reviews.
    pub clean: u32,
    /// Defects.
    pub defects: u32,
    /// Planted proposals shown.
    pub probes: u32,
    /// Of them caught.
    pub caught: u32,
    /// Thousandths of `ln SCORE`.
    pub score: i64,
    /// Thousandths of `ln bar`.
    pub bar: i64,
    /// Which attempt it is.
    pub attempt: u32,
}

impl Grounds {
    /// The grounds of a graduation.
    #[expect(clippy::cast_possible_truncation, reason = "logarithms of scores are small")]
    pub fn of(graduation: &Graduation) -> Grounds {
        let milli = |log: f64| (log.clamp(-1e9, 1e9) * 1_000.0).round() as i64;
        Grounds {
            clean: graduation.n,
            defects: graduation.k,
            probes: graduation.probes,
            caught: graduation.hits,
            score: milli(graduation.log_e),
            bar: milli(graduation.bar),
            attempt: graduation.attempt,
        }
    }
}

/// A proposal to let a class run by itself, waiting for an admin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Widening {
    /// Its id.
    pub id: ProposalId,
    /// Which class.
    pub class: String,
    /// Which segments.
    pub segments: Vec<String>,
    /// When it was made.
    pub at: Timestamp,
    /// The evidence it rests on.
    pub grounds: Grounds,
}

/// What follows from a fact, to be written as a fact of its own.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    /// The boundary moved, or is asked to.
    Moved(Moved),
    /// Somebody's standing turned; nobody is told but them and who leads them.
    Reviewer(Move),
}

/// What an alarm was about, in words.
pub(super) const fn cause_words(cause: Cause) -> &'static str {
    match cause {
        Cause::Audit => "Audits found more mistakes than its limit allows.",
        Cause::Exceptions => "More of what it did was reported as wrong than its limit allows.",
        Cause::Critical => "A critical mistake was reported.",
    }
}
