//! The moving boundary: evidence → graduate / pull back.
//!
//! *A step class earns its freedom by approvals that prove something, and loses it by mistakes that show. However often you
//! look, a class that is really too risky graduates with probability at most `alpha`.*
//!
//! [`Boundary`] is a fold over [`Observation`]s: reviews, probes, audits, automated actions, exceptions, declared changes
//! and people's own moves go in, [`Move`]s come out. Narrowing happens inside [`Boundary::observe`], at once. Widening does
//! not: [`Boundary::ready`] only says what the evidence allows, and nothing moves until [`What::Widened`] is observed, which
//! in the living system is a person's recorded decision and in a [`replay`] follows immediately.
//!
//! # Readings
//! Where the rules leave room, this is what they are taken to mean. *Shown* is decided by the tapes in
//! `tests/vectors/boundary`; the others are choices, made so that doubt keeps the gate shut.
//!
//! *Reviewers.* Every review moves the share of hasty ones, defects and audits too; probes do not (shown for the gate). The
//! review is counted in the reviewer's standing first and judged for credit then. A bulk decision earns nothing but is hasty
//! only if it was fast. Every probe counts for the class, also one shown to a suspect reviewer: it is the team that is measured.
//!
//! *Audits.* Hasty audits count like others: for the alarm, for the first forty and for the twenty clean ones in a row
//! (shown). The audited action runs outside the exposure of the exception alarm, and its exception is not counted (shown). A
//! probe seen with an audit counts before the alarm does.
//!
//! *Exceptions.* Each one at level 6 or more raises the share *and* starts the count of clean audits anew (shown). Exposure
//! matures up to the moment of the exception, not of the tape line that delivers it. An exception to an action that ran
//! before the segment's present freedom says nothing about it and is left out, unless it is critical. A critical one takes
//! back the whole class. On a tape its event carries the `i` of the action it is about (shown).
//!
//! *Segments.* Only subsets of segments that are all still gated are tried. Attempts, pull-backs, cool-down and the audit
//! draw belong to the class. When one segment alone is pulled back, the others keep their evidence, and the class's own
//! alarms start anew, because they cannot be divided. A class that declares no segments takes every name for its one segment.
//!
//! *Starting over.* Once a segment stood at `E_bad ≥ 20`, the next 2/eps credited clean reviews without a defect between them
//! start it over, even if `E_bad` has fallen meanwhile. Reviews without credit neither count nor interrupt. The segment's
//! counts go to zero; the probes stay, for they are about the reviewers.
//!
//! *Probes* of a family are one series; a class counts those since its own epoch began, so that a change to one class takes
//! nothing from another. *Portfolio*: "graduated others" are the classes in which something is automated at present.
//!
//! *A declared change* always costs an attempt, whether or not anything was automated (shown for the latter): otherwise every
//! change would be another free draw at `alpha`. On a tape its event carries the `i` of the next action (shown).
//!
//! *Cool-down*: the class may graduate at the 51st review after a pull-back. A class that was unlocked locks again at its next
//! pull-back.

mod alarm;
mod class;
mod evidence;
pub mod exact;
mod observation;
pub mod replay;
mod reviewer;
pub mod score;
mod settings;

#[cfg(test)]
mod tests;

pub use alarm::{AuditAlarm, ExceptionAlarm, RINGS_AT, expected_exceptions, expected_flagged};
pub use class::{COOL_DOWN_REVIEWS, Class, LOCKING_PULL_BACK};
pub use evidence::{ClassEvidence, Outlook, SegmentEvidence, Standing};
pub use observation::{Asked, Cause, Graduation, Move, Observation, What};
pub use reviewer::{
    NoCredit, Outcome, Restoring, Review, Reviewer, Suspicion, Turn, credit, reading_floor_s,
};
pub use score::{Cost, Counts, Probes};
pub use settings::{Config, ConfigError, MOST_SEGMENTS, Settings, WHOLE_CLASS};

use class::Rang;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use thiserror::Error;

/// Which side of the gate an action goes to, as far as the boundary has a say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Route {
    /// A person decides.
    Gate,
    /// Automated, but drawn for an audit: a person decides, as if it were gated.
    Audit,
    /// Runs by itself.
    Auto,
}

/// Why an observation, or a move by hand, cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    #[error("segment `{segment}` is not declared for class `{class}`; declared: {declared}")]
    UndeclaredSegment { class: String, segment: String, declared: String },
    #[error("class `{0}` is a floor: it stays gated whatever the evidence")]
    Floor(String),
    #[error("class `{0}` is locked after three pull-backs; an admin has to unlock it first, with a reason")]
    Locked(String),
}

/// The boundary of one workspace.
///
/// Each observation carries its position in the record; one that is not beyond the last is a repetition and changes
/// nothing. So the whole can be rebuilt from the record, and applied again after a crash.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Boundary {
    config: Config,
    classes: BTreeMap<String, Class>,
    reviewers: BTreeMap<String, Reviewer>,
    /// By family; a class without one is its own.
    probes: BTreeMap<String, Probes>,
    /// The position of the last observation taken.
    position: Option<u64>,
}

impl Boundary {
    pub fn new(config: Config) -> Boundary {
        Boundary { config, ..Boundary::default() }
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The classes observed so far, by name.
    pub fn classes(&self) -> impl Iterator<Item = (&str, &Class)> {
        self.classes.iter().map(|(name, class)| (name.as_str(), class))
    }

    /// The reviewers observed so far, by name.
    pub fn reviewers(&self) -> impl Iterator<Item = (&str, &Reviewer)> {
        self.reviewers.iter().map(|(name, reviewer)| (name.as_str(), reviewer))
    }

    /// The standing of a reviewer; one never seen is in good standing.
    pub fn reviewer(&self, name: &str) -> Reviewer {
        self.reviewers.get(name).cloned().unwrap_or_default()
    }

    /// Where an action goes. `draw` is its audit draw, uniform in `[0, 1)`, made before anything else is known of it.
    ///
    /// # Errors
    /// A segment that the class does not declare.
    pub fn route(&self, class: &str, segment: &str, draw: f64) -> Result<Route, Refused> {
        let index = self.segment(class, segment)?;
        let settings = self.config.of(class);
        Ok(match self.classes.get(class) {
            Some(known) if known.is_automated(index) => {
                if draw < known.audits.share(settings) {
                    Route::Audit
                } else {
                    Route::Auto
                }
            }
            _ => Route::Gate,
        })
    }

    /// Whether a class was observed, or declared with [`Boundary::declare`].
    pub fn knows(&self, class: &str) -> bool {
        self.classes.contains_key(class)
    }

    /// Whether a segment of a class runs by itself; none for a class never observed or a segment it does not declare.
    pub fn is_automated(&self, class: &str, segment: &str) -> Option<bool> {
        let known = self.classes.get(class)?;
        let index = self.config.of(class).segment(segment)?;
        Some(known.is_automated(index))
    }

    /// The share of a class's automated actions that is audited now; nothing of a class never observed.
    pub fn audit_share(&self, class: &str) -> f64 {
        self.classes.get(class).map_or(0.0, |known| known.audits.share(self.config.of(class)))
    }

    /// Makes a class known with its settings, gated and without evidence. One that is known already stays as it is.
    pub fn declare(&mut self, class: &str, settings: Settings) {
        if !self.knows(class) {
            self.config.classes.insert(class.to_owned(), settings);
            self.class(class);
        }
    }

    /// Score and bar, as natural logarithms, of all gated segments of a class together; none when any of it is automated.
    pub fn margin(&self, class: &str) -> Option<(f64, f64)> {
        let known = self.classes.get(class).filter(|known| !known.any_automated())?;
        let settings = self.config.of(class);
        let probes = known.probes(self.family_probes(class));
        let all = known.candidate(class::Subset::All, settings, probes);
        Some((all.log_e, all.bar - self.portfolio_share(class).ln()))
    }

    /// Takes one observation and says what moved because of it.
    ///
    /// # Errors
    /// A segment that the class does not declare; a widening of a floor or of a locked class. Nothing has changed then.
    pub fn observe(&mut self, observation: &Observation<'_>) -> Result<Vec<Move>, Refused> {
        if self.position.is_some_and(|last| observation.position <= last) {
            return Ok(Vec::new());
        }
        let Observation { at, class, .. } = *observation;
        let moves = match observation.what {
            What::Reviewed { segment, asked, review } => self.reviewed(class, segment, asked, &review)?,
            What::Probed { reviewer, caught } => self.probed(class, reviewer, caught),
            What::Audited { segment, flagged } => self.audited(class, segment, flagged)?,
            What::Ran { segment } => self.ran(class, segment, at)?,
            What::Exception { segment, ran_at, critical } => {
                self.exception(class, segment, at, ran_at, critical)?
            }
            What::Changed { cause } => vec![self.changed(class, cause)],
            What::Widened { segments } => self.widened(class, segments, at)?,
            What::Narrowed { segments } => self.narrowed(class, segments)?,
            What::Locked => {
                if self.class(class).any_automated() {
                    self.changed(class, "locked");
                }
                self.class(class).locked = true;
                Vec::new()
            }
            What::Unlocked => {
                self.class(class).locked = false;
                Vec::new()
            }
        };
        self.position = Some(observation.position);
        Ok(moves)
    }

    /// What the evidence of a class allows to be automated now, if anything. Nothing moves by asking.
    pub fn ready(&self, class: &str) -> Option<Graduation> {
        let settings = self.config.of(class);
        let family = self.family_probes(class);
        self.classes.get(class)?.ready(class, settings, family, || self.portfolio_share(class))
    }

    /// The part of `alpha` that a class may spend; 1 outside portfolio mode.
    fn portfolio_share(&self, class: &str) -> f64 {
        self.config.portfolio.map_or(1.0, |classes| {
            let others = self.classes.iter().filter(|(name, other)| *name != class && other.any_automated());
            score::portfolio_share(classes, others.count().try_into().unwrap_or(u32::MAX))
        })
    }

    /// Takes up a changed configuration. A class of which it now asks something else (limit, segments, family, …) is gated
    /// and its evidence erased, as by any declared change; other settings just apply from now on.
    pub fn adopt(&mut self, config: Config) -> Vec<Move> {
        let before = std::mem::replace(&mut self.config, config);
        let changed: Vec<String> = self
            .classes
            .keys()
            .filter(|class| !before.of(class).asks_the_same(self.config.of(class)))
            .cloned()
            .collect();
        changed.iter().map(|class| self.changed(class, "policy")).collect()
    }

    fn reviewed(
        &mut self,
        class: &str,
        segment: &str,
        asked: Asked,
        review: &Review<'_>,
    ) -> Result<Vec<Move>, Refused> {
        let index = self.segment(class, segment)?;
        let eps = self.config.of(class).eps;
        let reviewer = self.reviewers.entry(review.reviewer.to_owned()).or_default();
        let mut moves = turned(review.reviewer, reviewer.reviewed(review));
        let credited = credit(review, reviewer).is_ok();
        let class_state = self.class(class);
        // Asked for another reason than the class (a finding, a policy), an automated segment gains nothing by it.
        let is_evidence = asked == Asked::ByGate && !class_state.is_automated(index);
        if is_evidence && class_state.reviewed(index, review.outcome.is_defect(), credited, eps) {
            let attempt = class_state.attempt;
            let segment = self.segment_name(class, index);
            moves.push(Move::StartedOver { class: class.to_owned(), segment, attempt });
        }
        Ok(moves)
    }

    fn probed(&mut self, class: &str, reviewer: &str, caught: bool) -> Vec<Move> {
        let family = self.config.of(class).family.as_deref().unwrap_or(class);
        let probes = self.probes.entry(family.to_owned()).or_default();
        probes.shown = probes.shown.saturating_add(1);
        probes.caught = probes.caught.saturating_add(u32::from(caught));
        turned(reviewer, self.reviewers.entry(reviewer.to_owned()).or_default().probed(caught))
    }

    fn audited(&mut self, class: &str, segment: &str, flagged: bool) -> Result<Vec<Move>, Refused> {
        let index = self.segment(class, segment)?;
        let family = self.family_probes(class);
        let (state, settings) = self.class_and_settings(class);
        if !state.is_automated(index) {
            return Ok(Vec::new());
        }
        let probes = state.probes(family);
        let rang = state.audited(index, flagged, settings, probes);
        Ok(self.pulled_back(class, rang))
    }

    fn ran(&mut self, class: &str, segment: &str, at: f64) -> Result<Vec<Move>, Refused> {
        let index = self.segment(class, segment)?;
        let (state, settings) = self.class_and_settings(class);
        if state.is_automated(index) {
            state.ran(index, at, settings.eps);
        }
        Ok(Vec::new())
    }

    fn exception(
        &mut self,
        class: &str,
        segment: &str,
        at: f64,
        ran_at: f64,
        critical: bool,
    ) -> Result<Vec<Move>, Refused> {
        let index = self.segment(class, segment)?;
        let (state, settings) = self.class_and_settings(class);
        let automated_since = state.segments.get(index).and_then(|segment| segment.automated_since);
        let rang = match automated_since {
            None => None,
            Some(_) if critical => Some(Rang { cause: Cause::Critical, segment: None }),
            Some(since) if ran_at < since => None,
            Some(_) => state.exception(index, at, settings.eps),
        };
        Ok(self.pulled_back(class, rang))
    }

    fn pulled_back(&mut self, class: &str, rang: Option<Rang>) -> Vec<Move> {
        let Some(Rang { cause, segment }) = rang else { return Vec::new() };
        let family = self.family_probes(class);
        let (state, settings) = self.class_and_settings(class);
        state.pull_back(segment, settings, family);
        let (attempt, locked) = (state.attempt, state.locked);
        let segment = segment.map(|index| self.segment_name(class, index));
        vec![Move::PulledBack { class: class.to_owned(), cause, segment, attempt, locked }]
    }

    fn changed(&mut self, class: &str, cause: &str) -> Move {
        let family = self.family_probes(class);
        let (state, settings) = self.class_and_settings(class);
        let was_auto = state.any_automated();
        state.erase(settings, family);
        Move::EvidenceReset { class: class.to_owned(), cause: cause.to_owned(), was_auto }
    }

    fn widened(&mut self, class: &str, segments: &[String], at: f64) -> Result<Vec<Move>, Refused> {
        let chosen = self.segments(class, segments)?;
        if self.config.of(class).never_graduate {
            return Err(Refused::Floor(class.to_owned()));
        }
        let state = self.class(class);
        if state.locked {
            return Err(Refused::Locked(class.to_owned()));
        }
        let gated: Vec<usize> = chosen.into_iter().filter(|&index| !state.is_automated(index)).collect();
        state.automate(&gated, at);
        Ok(Vec::new())
    }

    fn narrowed(&mut self, class: &str, segments: &[String]) -> Result<Vec<Move>, Refused> {
        let chosen = self.segments(class, segments)?;
        let state = self.class(class);
        let automated: Vec<usize> = chosen.into_iter().filter(|&index| state.is_automated(index)).collect();
        state.erase_segments(&automated);
        Ok(Vec::new())
    }

    fn class(&mut self, name: &str) -> &mut Class {
        self.class_and_settings(name).0
    }

    fn class_and_settings(&mut self, name: &str) -> (&mut Class, &Settings) {
        let settings = self.config.of(name);
        (self.classes.entry(name.to_owned()).or_insert_with(|| Class::new(settings)), settings)
    }

    fn family_probes(&self, class: &str) -> Probes {
        let family = self.config.of(class).family.as_deref().unwrap_or(class);
        self.probes.get(family).copied().unwrap_or_default()
    }

    fn segment_name(&self, class: &str, index: usize) -> String {
        self.config.of(class).segments.get(index).cloned().unwrap_or_default()
    }

    fn segment(&self, class: &str, segment: &str) -> Result<usize, Refused> {
        let settings = self.config.of(class);
        settings.segment(segment).ok_or_else(|| Refused::UndeclaredSegment {
            class: class.to_owned(),
            segment: segment.to_owned(),
            declared: settings.segments.join(", "),
        })
    }

    fn segments(&self, class: &str, names: &[String]) -> Result<Vec<usize>, Refused> {
        names.iter().map(|name| self.segment(class, name)).collect()
    }
}

fn turned(reviewer: &str, turn: Option<Turn>) -> Vec<Move> {
    let reviewer = reviewer.to_owned();
    match turn {
        None => Vec::new(),
        Some(Turn::Lost(cause)) => vec![Move::ReviewerSuspect { reviewer, cause }],
        Some(Turn::Restored) => vec![Move::ReviewerRestored { reviewer }],
    }
}
