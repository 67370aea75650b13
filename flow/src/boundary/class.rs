//! The state of one step class: its evidence, its alarms, what is automated.

use super::alarm::{self, AuditAlarm, ExceptionAlarm};
use super::score::{Counts, Probes, log_bad, log_bar, log_score, log_score_at_most};
use super::settings::Settings;
use super::{Cause, Graduation};
use serde::{Deserialize, Serialize};

/// The score at which a segment counts as worse than the limit.
const BAD_AT: f64 = 20.0;
/// Reviews after a pull-back during which the class does not graduate.
pub const COOL_DOWN_REVIEWS: u32 = 50;
/// The pull-back that locks the class.
pub const LOCKING_PULL_BACK: u32 = 3;
/// Clean audits in a row that end a raised audit share.
const CLEAN_AUDITS_TO_RELAX: u32 = 20;

/// What is remembered of one class. Its size does not grow with its history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Class {
    pub(super) attempt: u32,
    pub(super) pull_backs: u32,
    pub(super) locked: bool,
    /// Counts down to the review at which the class may graduate again; 0 when it may.
    pub(super) cool_down: u32,
    /// The family's probes when this class's epoch began.
    probes_before: Probes,
    pub(super) audits: AuditDraw,
    pub(super) alarms: Alarms,
    pub(super) segments: Vec<Segment>,
}

/// What is remembered of one segment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Seconds on the clock of the observations; `None` while gated.
    #[serde(with = "super::exact::maybe")]
    pub(super) automated_since: Option<f64>,
    pub(super) counts: Counts,
    /// Credited clean reviews since the last defect.
    pub(super) clean_run: u32,
    /// Whether the segment was found worse than the limit since its counts began.
    was_bad: bool,
    alarms: Alarms,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Alarms {
    pub audit: AuditAlarm,
    pub exceptions: ExceptionAlarm,
}

/// How often to audit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct AuditDraw {
    pub taken: u32,
    pub raised: bool,
    clean_run: u32,
}

impl AuditDraw {
    pub fn share(&self, settings: &Settings) -> f64 {
        if self.raised {
            settings.raised_audit_share
        } else if self.taken < settings.first_audits {
            settings.first_audit_share
        } else {
            settings.audit_share
        }
    }

    fn audited(&mut self, flagged: bool, alarm: f64) {
        self.taken = self.taken.saturating_add(1);
        if flagged {
            self.clean_run = 0;
            self.raised |= alarm >= alarm::AUDITS_RAISED_AT;
        } else {
            self.clean_run = self.clean_run.saturating_add(1);
            self.raised &= self.clean_run < CLEAN_AUDITS_TO_RELAX;
        }
    }

    fn exception(&mut self, alarm: f64) {
        if alarm >= alarm::EXCEPTIONS_RAISE_AT {
            self.raised = true;
            self.clean_run = 0;
        }
    }
}

/// What rang: an alarm over the whole class, or over one segment of several.
pub(super) struct Rang {
    pub cause: Cause,
    pub segment: Option<usize>,
}

impl Class {
    pub fn new(settings: &Settings) -> Class {
        Class {
            attempt: 1,
            pull_backs: 0,
            locked: false,
            cool_down: 0,
            probes_before: Probes::default(),
            audits: AuditDraw::default(),
            alarms: Alarms::default(),
            segments: vec![Segment::default(); settings.segments.len()],
        }
    }

    pub fn is_automated(&self, segment: usize) -> bool {
        self.segments.get(segment).is_some_and(|segment| segment.automated_since.is_some())
    }

    pub fn any_automated(&self) -> bool {
        self.segments.iter().any(|segment| segment.automated_since.is_some())
    }

    /// The probes of this class's epoch.
    pub fn probes(&self, family: Probes) -> Probes {
        family.since(self.probes_before)
    }

    /// Counts a decision at the gate. `credited` says of a clean one whether it proves anything. True when the segment
    /// starts over.
    pub(super) fn reviewed(&mut self, segment: usize, defect: bool, credited: bool, eps: f64) -> bool {
        self.cool_down = self.cool_down.saturating_sub(1);
        let Some(segment) = self.segments.get_mut(segment) else { return false };
        if defect {
            segment.counts.defects = segment.counts.defects.saturating_add(1);
            segment.clean_run = 0;
            segment.was_bad |= segment.is_bad(eps);
        } else if credited {
            segment.counts.clean = segment.counts.clean.saturating_add(1);
            segment.clean_run = segment.clean_run.saturating_add(1);
        }
        let starts_over = segment.was_bad && segment.clean_run >= starts_over_after(eps);
        if starts_over {
            *segment = Segment::default();
            self.attempt = self.attempt.saturating_add(1);
        }
        starts_over
    }

    /// Counts an audit of an automated action.
    pub(super) fn audited(
        &mut self,
        segment: usize,
        flagged: bool,
        settings: &Settings,
        probes: Probes,
    ) -> Option<Rang> {
        let expected = alarm::expected_flagged(settings.eps, probes);
        self.alarms.audit.audited(flagged, expected);
        if let Some(own) = self.own_alarms(segment) {
            own.audit.audited(flagged, expected);
        }
        self.audits.audited(flagged, self.alarms.audit.level());
        self.rang(Cause::Audit, segment, |alarms| alarms.audit.level())
    }

    /// Counts an automated action that ran unseen.
    pub(super) fn ran(&mut self, segment: usize, at: f64, eps: f64) {
        let expected = alarm::expected_exceptions(eps);
        self.alarms.exceptions.ran(at, expected);
        if let Some(own) = self.own_alarms(segment) {
            own.exceptions.ran(at, expected);
        }
    }

    /// Counts an exception to an automated action.
    pub(super) fn exception(&mut self, segment: usize, at: f64, eps: f64) -> Option<Rang> {
        let expected = alarm::expected_exceptions(eps);
        self.alarms.exceptions.exception(at, expected);
        if let Some(own) = self.own_alarms(segment) {
            own.exceptions.exception(at, expected);
        }
        self.audits.exception(self.alarms.exceptions.level());
        self.rang(Cause::Exceptions, segment, |alarms| alarms.exceptions.level())
    }

    /// The alarms of one segment, in a class that has several; elsewhere those of the class say the same.
    fn own_alarms(&mut self, segment: usize) -> Option<&mut Alarms> {
        let several = self.segments.len() > 1;
        self.segments.get_mut(segment).filter(|_| several).map(|segment| &mut segment.alarms)
    }

    fn rang(&self, cause: Cause, segment: usize, level: impl Fn(&Alarms) -> f64) -> Option<Rang> {
        if level(&self.alarms) >= alarm::RINGS_AT {
            return Some(Rang { cause, segment: None });
        }
        let several = self.segments.len();
        let own = self.segments.get(segment).filter(|_| several > 1)?;
        let rings = level(&own.alarms) >= alarm::RINGS_AT * several as f64;
        rings.then_some(Rang { cause, segment: Some(segment) })
    }

    /// Begins a new epoch: gated, evidence erased, and a stronger proof wanted.
    pub(super) fn erase(&mut self, settings: &Settings, family: Probes) {
        self.attempt = self.attempt.saturating_add(1);
        self.probes_before = family;
        self.audits = AuditDraw::default();
        self.alarms = Alarms::default();
        self.segments = vec![Segment::default(); settings.segments.len()];
    }

    /// [`Class::erase`] for some segments; the others keep what they have.
    pub(super) fn erase_segments(&mut self, segments: &[usize]) {
        if segments.is_empty() {
            return;
        }
        self.attempt = self.attempt.saturating_add(1);
        self.alarms.audit = AuditAlarm::default();
        for &index in segments {
            let Some(segment) = self.segments.get_mut(index) else { continue };
            let erased = std::mem::take(segment);
            self.alarms.exceptions.without(&erased.alarms.exceptions);
        }
    }

    /// Takes back what is automated, in one segment or in all.
    pub(super) fn pull_back(&mut self, segment: Option<usize>, settings: &Settings, family: Probes) {
        match segment {
            Some(segment) => self.erase_segments(&[segment]),
            None => self.erase(settings, family),
        }
        self.pull_backs = self.pull_backs.saturating_add(1);
        self.locked = self.pull_backs >= LOCKING_PULL_BACK;
        self.cool_down = COOL_DOWN_REVIEWS + 1;
    }

    /// Lets segments run from `at` seconds on. The alarms of segments that run already go on.
    pub(super) fn automate(&mut self, segments: &[usize], at: f64) {
        if !self.any_automated() {
            self.alarms = Alarms::default();
            self.audits = AuditDraw::default();
        }
        self.audits.taken = 0;
        for &index in segments {
            if let Some(segment) = self.segments.get_mut(index) {
                segment.automated_since = Some(at);
                segment.alarms = Alarms::default();
            }
        }
    }

    /// The first subset of gated segments whose evidence reaches its bar: all, all but one, one alone.
    ///
    /// `portfolio_share` is asked only when the bar would be reached without it.
    pub(super) fn ready(
        &self,
        name: &str,
        settings: &Settings,
        family: Probes,
        portfolio_share: impl Fn() -> f64,
    ) -> Option<Graduation> {
        if settings.never_graduate || self.locked || self.cool_down > 0 {
            return None;
        }
        let may: Vec<bool> = self.segments.iter().map(|segment| segment.may_graduate(settings.eps)).collect();
        let probes = self.probes(family);
        subsets(self.segments.len()).find_map(|subset| {
            if !subset.members(self.segments.len()).all(|index| may[index]) {
                return None;
            }
            // Most looks end here, at a fiftieth of the price.
            let at_most = log_score_at_most(self.counts(subset), settings.eps, settings.kappa);
            if at_most < self.bar(subset, settings) {
                return None;
            }
            let mut candidate = self.candidate(subset, settings, probes);
            if candidate.log_e >= candidate.bar {
                candidate.bar -= portfolio_share().ln();
            }
            (candidate.log_e >= candidate.bar).then(|| Graduation {
                class: name.to_owned(),
                segments: subset
                    .members(self.segments.len())
                    .filter_map(|index| settings.segments.get(index).cloned())
                    .collect(),
                log_e: candidate.log_e,
                bar: candidate.bar,
                n: candidate.counts.clean,
                k: candidate.counts.defects,
                probes: probes.shown,
                hits: probes.caught,
                attempt: self.attempt,
            })
        })
    }

    /// The score of a subset against its bar, as it is outside portfolio mode.
    pub(super) fn candidate(&self, subset: Subset, settings: &Settings, probes: Probes) -> Candidate {
        let counts = self.counts(subset);
        Candidate {
            counts,
            log_e: log_score(counts, probes, settings.eps, settings.kappa),
            bar: self.bar(subset, settings),
        }
    }

    fn counts(&self, subset: Subset) -> Counts {
        subset
            .members(self.segments.len())
            .filter_map(|index| self.segments.get(index))
            .fold(Counts::default(), |sum, segment| sum + segment.counts)
    }

    fn bar(&self, subset: Subset, settings: &Settings) -> f64 {
        log_bar(settings.alpha, self.attempt, subset.share(self.segments.len()), 1.0)
    }
}

impl Segment {
    pub(super) fn is_bad(&self, eps: f64) -> bool {
        log_bad(self.counts, eps) >= BAD_AT.ln()
    }

    /// Whether too few clean reviews are there to speak of this segment at all.
    pub(super) fn is_too_new(&self, eps: f64) -> bool {
        self.counts.clean < speaks_after(eps)
    }

    fn may_graduate(&self, eps: f64) -> bool {
        self.automated_since.is_none() && !self.is_too_new(eps) && !self.is_bad(eps)
    }
}

/// Credited clean reviews without which a segment stays gated.
pub(super) fn speaks_after(eps: f64) -> u32 {
    (1.0 / eps).ceil() as u32
}

/// Credited clean reviews without a defect between them that start a bad segment over.
pub(super) fn starts_over_after(eps: f64) -> u32 {
    (2.0 / eps).ceil() as u32
}

/// The evidence of a subset of segments.
pub(super) struct Candidate {
    pub counts: Counts,
    pub log_e: f64,
    pub bar: f64,
}

/// A set of segments that may graduate together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subset {
    All,
    AllBut(usize),
    Only(usize),
}

impl Subset {
    pub fn members(self, segments: usize) -> impl Iterator<Item = usize> {
        (0..segments).filter(move |&index| match self {
            Subset::All => true,
            Subset::AllBut(left_out) => index != left_out,
            Subset::Only(only) => index == only,
        })
    }

    /// The part of `alpha` it may spend; those of all subsets add up to one.
    fn share(self, segments: usize) -> f64 {
        match self {
            _ if segments == 1 => 1.0,
            Subset::All => 0.5,
            Subset::AllBut(_) | Subset::Only(_) => 0.25 / segments as f64,
        }
    }
}

/// The subsets in the order in which they are tried. Of two segments, "all but one" is "one alone".
pub(super) fn subsets(segments: usize) -> impl Iterator<Item = Subset> {
    let several = if segments > 1 { segments } else { 0 };
    let all_but = if segments > 2 { segments } else { 0 };
    std::iter::once(Subset::All).chain((0..all_but).map(Subset::AllBut)).chain((0..several).map(Subset::Only))
}
