//! What a person's review is worth: the reading floor, the standing of the reviewer, and credit.

use serde::{Deserialize, Serialize};

/// A review that took longer than this, in seconds, proves nothing: the page was open, the person was elsewhere.
pub const LONGEST_REVIEW_S: f64 = 1800.0;
/// Words a minute that nobody reads faster than with understanding.
const WORDS_PER_MINUTE: f64 = 450.0;
/// Seconds to take in that there is something to decide.
const ORIENTATION_S: f64 = 2.0;
/// The weight of the newest review in the share of hasty ones.
const NEWEST: f64 = 0.02;
/// A larger share of hasty reviews than this costs the good standing.
const HASTY_AT_MOST: f64 = 0.40;
/// A smaller share of hasty reviews than this restores it.
const UNHURRIED_BELOW: f64 = 0.25;
/// The watch over probes: what a sound reviewer misses (3 in 10) against what a careless one does (7 in 10).
const MISSED_OVER_SOUND: f64 = 7.0 / 3.0;
/// The odds, once for a careless reviewer, at which the watch speaks.
const WATCH_SPEAKS_AT: f64 = 20.0;

/// What a person decided on a proposal, as far as the boundary is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Approved unchanged.
    Approved,
    /// Edited in spaces, punctuation, greeting or a typo.
    Cosmetic,
    /// Edited in substance.
    Substantive,
    Rejected,
}

impl Outcome {
    /// The word in record and tape.
    pub const fn word(self) -> &'static str {
        match self {
            Outcome::Approved => "approved",
            Outcome::Cosmetic => "cosmetic",
            Outcome::Substantive => "substantive",
            Outcome::Rejected => "rejected",
        }
    }

    /// Reads it back.
    pub fn from_word(word: &str) -> Option<Outcome> {
        use Outcome::{Approved, Cosmetic, Rejected, Substantive};
        [Approved, Cosmetic, Substantive, Rejected].into_iter().find(|outcome| outcome.word() == word)
    }

    /// Whether the proposal, sent as it was, would have been wrong.
    pub fn is_defect(self) -> bool {
        matches!(self, Outcome::Substantive | Outcome::Rejected)
    }
}

/// One review of one proposal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Review<'a> {
    pub reviewer: &'a str,
    pub outcome: Outcome,
    /// Words that differ from the template.
    pub words_new: u32,
    /// Time in view, in seconds.
    pub dwell_s: f64,
    /// Decided together with others.
    pub bulk: bool,
}

impl Review<'_> {
    fn is_hasty(&self) -> bool {
        self.dwell_s < reading_floor_s(self.words_new)
    }
}

/// The least time, in seconds, in which a person can have read `words_new` words.
pub fn reading_floor_s(words_new: u32) -> f64 {
    ORIENTATION_S + 60.0 * f64::from(words_new) / WORDS_PER_MINUTE
}

/// Why a clean review proves nothing. It releases the proposal all the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NoCredit {
    Bulk,
    TooQuick { dwell_s: f64, floor_s: f64 },
    TooLong { dwell_s: f64 },
    NotInGoodStanding,
}

impl std::fmt::Display for NoCredit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NoCredit::Bulk => write!(f, "decided together with others"),
            NoCredit::TooQuick { dwell_s, floor_s } => {
                write!(f, "in view for {dwell_s:.1} s; reading it takes {floor_s:.1} s")
            }
            NoCredit::TooLong { dwell_s } => {
                write!(f, "in view for {:.0} min; over 30 min nobody was reading", dwell_s / 60.0)
            }
            NoCredit::NotInGoodStanding => write!(f, "the reviewer is not in good standing at present"),
        }
    }
}

/// Whether a clean review by this reviewer earns credit.
///
/// # Errors
/// The first reason why it does not.
pub fn credit(review: &Review<'_>, reviewer: &Reviewer) -> Result<(), NoCredit> {
    let dwell_s = review.dwell_s;
    if review.bulk {
        return Err(NoCredit::Bulk);
    }
    if review.is_hasty() {
        return Err(NoCredit::TooQuick { dwell_s, floor_s: reading_floor_s(review.words_new) });
    }
    if dwell_s > LONGEST_REVIEW_S {
        return Err(NoCredit::TooLong { dwell_s });
    }
    if reviewer.suspect.is_some() {
        return Err(NoCredit::NotInGoodStanding);
    }
    Ok(())
}

/// Why a reviewer's approvals earn no credit at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Suspicion {
    /// Misses planted known-bad proposals.
    Probes,
    /// Decides faster than one can read.
    Dwell,
}

/// A turn in a reviewer's standing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    Lost(Suspicion),
    Restored,
}

/// The standing of one reviewer, over all classes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reviewer {
    /// The watch over probes in steps of `ln(7/3)`, which it always is a multiple of; so that four missed and four caught
    /// are nothing, and not a rounding error.
    watch_steps: i32,
    /// The share of reviews under the reading floor, recent ones weighing more.
    #[serde(with = "super::exact")]
    hasty_share: f64,
    suspect: Option<Suspicion>,
}

impl Reviewer {
    /// `None` is good standing.
    pub fn suspect(&self) -> Option<Suspicion> {
        self.suspect
    }

    /// Log odds that this reviewer is careless; ln 20 is where the watch speaks.
    pub fn watch(&self) -> f64 {
        f64::from(self.watch_steps) * MISSED_OVER_SOUND.ln()
    }

    /// Between 0 and 1.
    pub fn hasty_share(&self) -> f64 {
        self.hasty_share
    }

    /// Counts a review, clean or not, at the gate or as an audit.
    pub fn reviewed(&mut self, review: &Review<'_>) -> Option<Turn> {
        let hasty = if review.is_hasty() { 1.0 } else { 0.0 };
        self.hasty_share += NEWEST * (hasty - self.hasty_share);
        self.turn()
    }

    /// Counts a probe.
    pub fn probed(&mut self, caught: bool) -> Option<Turn> {
        self.watch_steps = self.watch_steps.max(0).saturating_add(if caught { -1 } else { 1 });
        self.turn()
    }

    fn turn(&mut self) -> Option<Turn> {
        let now = match self.suspect {
            None if self.watch() >= WATCH_SPEAKS_AT.ln() => Some(Suspicion::Probes),
            None if self.hasty_share > HASTY_AT_MOST => Some(Suspicion::Dwell),
            Some(_) if self.watch_steps <= 0 && self.hasty_share < UNHURRIED_BELOW => None,
            unchanged => unchanged,
        };
        if now == self.suspect {
            return None;
        }
        self.suspect = now;
        Some(now.map_or(Turn::Restored, Turn::Lost))
    }

    /// What would restore the good standing; `None` when it is not lost.
    pub fn to_restore(&self) -> Option<Restoring> {
        self.suspect.map(|_| {
            let probes = self.watch_steps.max(0).unsigned_abs();
            let mut share = self.hasty_share;
            let mut unhurried_reviews = 0;
            while share >= UNHURRIED_BELOW {
                share -= NEWEST * share;
                unhurried_reviews += 1;
            }
            Restoring { probes, unhurried_reviews }
        })
    }
}

/// What a reviewer would have to do, without a lapse, to be in good standing again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restoring {
    /// Planted proposals to catch in a row.
    pub probes: u32,
    /// Reviews to take the time for, in a row.
    pub unhurried_reviews: u32,
}

impl std::fmt::Display for Restoring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let probes = plural(self.probes, "planted proposal", "planted proposals");
        let reviews = plural(self.unhurried_reviews, "unhurried review", "unhurried reviews");
        match (self.probes, self.unhurried_reviews) {
            (0, _) => write!(f, "{reviews} in a row"),
            (_, 0) => write!(f, "catching the next {probes}"),
            _ => write!(f, "catching the next {probes}, and {reviews} in a row"),
        }
    }
}

/// `1 review`, `2 reviews`.
pub(super) fn plural(count: u32, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}
