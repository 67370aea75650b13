//! What is kept of each class and each member beside the boundary's own state: what pages and health show.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::told::{Seen, Weighed};
use crate::boundary::{NoCredit, Outcome, reading_floor_s};

/// Weeks that are looked back over.
pub const WEEKS: usize = 13;
/// A member's last decisions that are kept one by one.
pub const LOOKS: usize = 50;
/// Longest time in view that counts as work, in seconds.
const LONGEST_S: f64 = 1_800.0;
/// Points of a picture; beyond that every other one goes.
const POINTS: usize = 160;

/// What became of a class.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ClassStory {
    /// Decisions at the gate, audits not counted.
    pub reviews: u32,
    /// Of them clean.
    pub clean: u32,
    /// Of them with a defect: what the gate caught.
    pub defects: u32,
    /// Clean ones that earned no credit, by reason: together, too quick, too long, reviewer.
    pub no_credit: [u32; 4],
    /// Approved unchanged, without anything else between.
    pub unchanged_run: u32,
    /// Actions that ran by themselves.
    pub ran: u64,
    /// Audits.
    pub audits: u32,
    /// Audits that found something.
    pub flagged: u32,
    /// Exceptions to what ran by itself.
    pub exceptions: u32,
    /// The last move took its freedom.
    pub pulled_back: bool,
    /// Reviews at the last refusal to widen.
    pub declined_at: Option<u32>,
    /// Milliseconds since 1970 of the first and the last review.
    pub span: Option<(i64, i64)>,
    /// By week, the newest last.
    pub weeks: Weeks,
    /// The picture.
    pub trace: Trace,
}

/// Counts of one week.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Week {
    /// Weeks since 1970, each beginning on Monday.
    pub week: i64,
    /// Verdicts that asked.
    pub asked: u32,
    /// Verdicts that let run.
    pub ran: u32,
    /// Decisions.
    pub reviews: u32,
    /// Defects found.
    pub defects: u32,
    /// Decisions faster than one can read.
    pub hasty: u32,
    /// Decisions with the conversation opened.
    pub opened: u32,
    /// Seconds in view.
    pub seen_s: u64,
    /// Seconds waited for the decisions.
    pub waited_s: u64,
    /// Exceptions.
    pub exceptions: u32,
    /// Planted proposals decided, and of them caught.
    pub probes: u32,
    /// Of them caught.
    pub caught: u32,
}

/// The last weeks, the newest last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weeks(VecDeque<Week>);

impl Weeks {
    /// The counts of the week of this instant, in seconds since 1970.
    pub fn at(&mut self, seconds: f64) -> &mut Week {
        let week = week_of(seconds);
        let newest = self.0.back().map_or(i64::MIN, |last| last.week);
        if newest < week {
            self.0.push_back(Week { week, ..Week::default() });
        }
        while self.0.len() > WEEKS {
            self.0.pop_front();
        }
        // The ledger's clock does not go back, so the newest week is the present one.
        let last = self.0.len().saturating_sub(1);
        &mut self.0[last]
    }

    /// The weeks there are, the oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Week> {
        self.0.iter()
    }

    /// What was counted in the last `weeks` weeks up to this instant, in seconds since 1970.
    pub fn last(&self, weeks: i64, seconds: f64) -> Week {
        let from = week_of(seconds) - weeks;
        self.0.iter().filter(|week| week.week > from).fold(Week::default(), |sum, week| sum.plus(week))
    }
}

impl Week {
    /// Both together.
    #[must_use]
    pub fn plus(mut self, other: &Week) -> Week {
        self.week = self.week.max(other.week);
        self.asked += other.asked;
        self.ran += other.ran;
        self.reviews += other.reviews;
        self.defects += other.defects;
        self.hasty += other.hasty;
        self.opened += other.opened;
        self.seen_s += other.seen_s;
        self.waited_s += other.waited_s;
        self.exceptions += other.exceptions;
        self.probes += other.probes;
        self.caught += other.caught;
        self
    }

    /// Counts a decision.
    pub(super) fn decided(&mut self, weighed: &Weighed, seen: Seen) {
        self.reviews += 1;
        self.defects += u32::from(weighed.outcome.is_defect());
        self.hasty += u32::from(is_hasty(weighed.words_new, seen));
        self.opened += u32::from(seen.thread);
        self.seen_s += work_s(seen);
        self.waited_s = self.waited_s.saturating_add(weighed.waited_s);
    }
}

/// Weeks since 1970, each beginning on Monday; 1970 began on a Thursday.
#[expect(clippy::cast_possible_truncation, reason = "weeks are few")]
pub fn week_of(seconds: f64) -> i64 {
    ((seconds / 86_400.0 + 3.0) / 7.0).floor() as i64
}

fn is_hasty(words_new: u32, seen: Seen) -> bool {
    dwell_s(seen) < reading_floor_s(words_new)
}

/// Time in view, in seconds.
#[expect(clippy::cast_precision_loss, reason = "milliseconds that a page was open are exact in a double")]
pub(super) fn dwell_s(seen: Seen) -> f64 {
    seen.ms as f64 / 1_000.0
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1,800")]
fn work_s(seen: Seen) -> u64 {
    dwell_s(seen).min(LONGEST_S).round() as u64
}

impl ClassStory {
    pub(super) fn reviewed(&mut self, weighed: &Weighed, credit: Result<(), NoCredit>, ms: i64) {
        self.reviews = self.reviews.saturating_add(1);
        let defect = weighed.outcome.is_defect();
        if defect {
            self.defects = self.defects.saturating_add(1);
        } else {
            self.clean = self.clean.saturating_add(1);
            if let Err(why) = credit {
                let place = match why {
                    NoCredit::Bulk => 0,
                    NoCredit::TooQuick { .. } => 1,
                    NoCredit::TooLong { .. } => 2,
                    NoCredit::NotInGoodStanding => 3,
                };
                self.no_credit[place] = self.no_credit[place].saturating_add(1);
            }
        }
        let unchanged = weighed.outcome == Outcome::Approved;
        self.unchanged_run = if unchanged { self.unchanged_run.saturating_add(1) } else { 0 };
        self.span = Some((self.span.map_or(ms, |(first, _)| first), ms));
    }

    /// Credited clean reviews a week over the last four weeks that had any; none before there was a week's worth.
    pub fn pace(&self, seconds: f64) -> Option<f64> {
        let recent = self.weeks.last(4, seconds);
        let clean = recent.reviews.saturating_sub(recent.defects).saturating_sub(recent.hasty);
        let (first, _) = self.span?;
        // Milliseconds of this era are exact in a double.
        let age_weeks = (seconds - first as f64 / 1_000.0) / (7.0 * 86_400.0);
        (clean > 0).then(|| f64::from(clean) / age_weeks.clamp(1.0 / 7.0, 4.0))
    }
}

/// The picture of a class: score against bar over reviews, then audits and exceptions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// Evenly spaced over reviews.
    pub points: Vec<Point>,
    /// Every so many reviews there is a point, as a power of two.
    pub every: u32,
    /// What happened, by the count of reviews it happened at; the newest.
    pub marks: VecDeque<Mark>,
}

/// One point of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// Reviews and audits so far.
    pub at: u32,
    /// Thousandths of `ln SCORE`.
    pub score: i32,
    /// Thousandths of `ln bar`.
    pub bar: i32,
}

/// Something that happened to a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Reviews and audits so far.
    pub at: u32,
    /// What.
    pub what: Happened,
}

/// What may be marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happened {
    /// A defect was found at the gate.
    Defect,
    /// A clean audit.
    Clean,
    /// A flagged audit.
    Flagged,
    /// An exception.
    Exception,
    /// A person let it run.
    Widened,
    /// Gated again.
    Narrowed,
    /// The evidence begins anew.
    Reset,
}

impl Trace {
    /// Whether a point is due at this count.
    pub(super) fn is_due(&self, at: u32) -> bool {
        at.is_multiple_of(self.every.max(1))
    }

    pub(super) fn point(&mut self, at: u32, (score, bar): (f64, f64)) {
        self.points.push(Point { at, score: milli(score), bar: milli(bar) });
        if self.points.len() > POINTS {
            self.every = self.every.max(1) * 2;
            let every = self.every;
            self.points.retain(|point| point.at.is_multiple_of(every));
        }
    }

    pub(super) fn mark(&mut self, at: u32, what: Happened) {
        self.marks.push_back(Mark { at, what });
        if self.marks.len() > POINTS {
            self.marks.pop_front();
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "clamped")]
fn milli(log: f64) -> i32 {
    (log * 1_000.0).clamp(-2e9, 2e9).round() as i32
}

/// What is known of a member as a reviewer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MemberStory {
    /// Decisions.
    pub reviews: u32,
    /// Of them with a defect found.
    pub defects: u32,
    /// Approved unchanged, without anything else between.
    pub unchanged_run: u32,
    /// Decisions since the last planted proposal.
    pub since_probe: u32,
    /// By week, the newest last.
    pub weeks: Weeks,
    /// The last decisions, the newest last.
    pub looks: VecDeque<Look>,
}

/// One decision of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// Tenths of a second in view.
    pub seen_ds: u32,
    /// Words to read.
    pub words: u32,
    /// Whether the conversation was opened.
    pub thread: bool,
}

impl MemberStory {
    pub(super) fn decided(&mut self, weighed: &Weighed, seen: Seen) {
        self.reviews = self.reviews.saturating_add(1);
        self.since_probe = self.since_probe.saturating_add(1);
        self.defects = self.defects.saturating_add(u32::from(weighed.outcome.is_defect()));
        let unchanged = weighed.outcome == Outcome::Approved;
        self.unchanged_run = if unchanged { self.unchanged_run.saturating_add(1) } else { 0 };
        let seen_ds = u32::try_from(seen.ms / 100).unwrap_or(u32::MAX);
        self.looks.push_back(Look { seen_ds, words: weighed.words_new, thread: seen.thread });
        if self.looks.len() > LOOKS {
            self.looks.pop_front();
        }
    }
}
