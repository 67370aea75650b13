//! The evidence of a class in the words and numbers that a page shows.

use super::class::{Class, Segment, Subset, speaks_after, starts_over_after, subsets};
use super::reviewer::plural;
use super::score::{Counts, Probes, log_probe_column, log_score_of};
use super::settings::Settings;
use super::{Boundary, Suspicion};
use serde::Serialize;

/// Nobody is told to wait for more reviews than this.
const FARTHEST_OUTLOOK: u32 = 100_000;

/// Whether a class, or a segment of it, runs by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Gated,
    Automated,
    /// Pulled back three times; an admin unlocks it.
    Locked,
    /// Never automated, whatever the evidence.
    Floor,
}

/// The evidence of one class.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassEvidence {
    pub class: String,
    /// `Automated` when any segment is.
    pub standing: Standing,
    pub attempt: u32,
    pub pull_backs: u32,
    pub probes: Probes,
    /// The subset of gated segments nearest to its bar; `None` when all are automated.
    pub nearest: Option<Nearest>,
    pub outlook: Outlook,
    /// The share of automated actions that is audited now.
    pub audit_share: f64,
    pub audits: u32,
    pub audit_alarm: f64,
    pub exception_alarm: f64,
    pub segments: Vec<SegmentEvidence>,
}

/// How far a subset of segments is from graduating.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Nearest {
    pub segments: Vec<String>,
    pub clean: u32,
    pub defects: u32,
    /// `ln SCORE` and `ln bar`.
    pub log_score: f64,
    pub log_bar: f64,
}

/// The evidence of one segment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SegmentEvidence {
    pub segment: String,
    pub automated: bool,
    pub clean: u32,
    pub defects: u32,
    /// Found to be worse than the limit: it stays gated.
    pub is_bad: bool,
    /// Too few credited reviews to speak of it: it stays gated.
    pub is_too_new: bool,
}

/// What it would take for the class to be ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "outlook")]
pub enum Outlook {
    /// Nothing left to graduate.
    Automated,
    Ready,
    /// So many more credited clean reviews, if probes keep coming and being caught as they are.
    MoreReviews {
        reviews: u32,
    },
    /// No probes were shown, so nobody knows what an approval is worth.
    NoProbes,
    /// What was reviewed is worse than the limit. So many credited clean reviews without a defect start it over.
    TooRisky {
        clean_in_a_row: u32,
    },
    /// Not within any number of reviews worth waiting for, as things are.
    OutOfSight,
    Locked,
    Floor,
}

impl std::fmt::Display for Outlook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Outlook::Automated => write!(f, "runs by itself"),
            Outlook::Ready => write!(f, "ready to graduate"),
            Outlook::MoreReviews { reviews } => {
                write!(f, "{} needed", plural(*reviews, "more clean review", "more clean reviews"))
            }
            Outlook::NoProbes => write!(f, "no probes, no graduation: switch them on, or widen by hand"),
            Outlook::TooRisky { clean_in_a_row } => {
                let reviews = plural(*clean_in_a_row, "clean review", "clean reviews in a row");
                write!(f, "worse than its limit; {reviews} would start it over")
            }
            Outlook::OutOfSight => write!(f, "not in sight on present evidence"),
            Outlook::Locked => write!(f, "locked after three pull-backs until an admin unlocks it"),
            Outlook::Floor => write!(f, "a floor: always gated"),
        }
    }
}

impl Boundary {
    /// The evidence of a class; one never observed has none yet.
    pub fn evidence(&self, class: &str) -> ClassEvidence {
        let settings = self.config.of(class);
        let unseen;
        let state = match self.classes.get(class) {
            Some(state) => state,
            None => {
                unseen = Class::new(settings);
                &unseen
            }
        };
        let probes = state.probes(self.family_probes(class));
        let nearest = nearest(state, settings, probes, self.portfolio_share(class));
        let outlook = match &nearest {
            _ if self.ready(class).is_some() => Outlook::Ready,
            None => Outlook::Automated,
            Some((subset, nearest)) => outlook(state, settings, probes, *subset, nearest),
        };
        ClassEvidence {
            class: class.to_owned(),
            standing: standing(state, settings),
            attempt: state.attempt,
            pull_backs: state.pull_backs,
            probes,
            nearest: nearest.map(|(_, nearest)| nearest),
            outlook,
            audit_share: state.audits.share(settings),
            audits: state.audits.taken,
            audit_alarm: state.alarms.audit.level(),
            exception_alarm: state.alarms.exceptions.level(),
            segments: settings
                .segments
                .iter()
                .zip(&state.segments)
                .map(|(name, segment)| segment_evidence(name, segment, settings.eps))
                .collect(),
        }
    }
}

impl Suspicion {
    /// Said to the reviewer first, without blame.
    pub fn in_words(self) -> &'static str {
        match self {
            Suspicion::Probes => "planted proposals went through unnoticed",
            Suspicion::Dwell => "many decisions came faster than the text can be read",
        }
    }
}

fn standing(state: &Class, settings: &Settings) -> Standing {
    if state.any_automated() {
        Standing::Automated
    } else if settings.never_graduate {
        Standing::Floor
    } else if state.locked {
        Standing::Locked
    } else {
        Standing::Gated
    }
}

fn segment_evidence(name: &str, segment: &Segment, eps: f64) -> SegmentEvidence {
    SegmentEvidence {
        segment: name.to_owned(),
        automated: segment.automated_since.is_some(),
        clean: segment.counts.clean,
        defects: segment.counts.defects,
        is_bad: segment.is_bad(eps),
        is_too_new: segment.is_too_new(eps),
    }
}

/// The subset of gated segments whose score is nearest to its bar, or farthest over it; one without a bad segment when
/// there is one.
fn nearest(
    state: &Class,
    settings: &Settings,
    probes: Probes,
    portfolio_share: f64,
) -> Option<(Subset, Nearest)> {
    let segments = state.segments.len();
    subsets(segments)
        .filter(|subset| subset.members(segments).all(|index| !state.is_automated(index)))
        .map(|subset| (subset, state.candidate(subset, settings, probes)))
        .max_by(|(a_subset, a), (b_subset, b)| {
            let is_bad = |subset: &Subset| bad_segments(state, *subset, settings.eps).next().is_some();
            let (a_is_bad, b_is_bad) = (is_bad(a_subset), is_bad(b_subset));
            b_is_bad.cmp(&a_is_bad).then((a.log_e - a.bar).total_cmp(&(b.log_e - b.bar)))
        })
        .map(|(subset, candidate)| {
            let names = subset.members(segments).filter_map(|index| settings.segments.get(index).cloned());
            let nearest = Nearest {
                segments: names.collect(),
                clean: candidate.counts.clean,
                defects: candidate.counts.defects,
                log_score: candidate.log_e,
                log_bar: candidate.bar - portfolio_share.ln(),
            };
            (subset, nearest)
        })
}

fn bad_segments(state: &Class, subset: Subset, eps: f64) -> impl Iterator<Item = &Segment> {
    let members = subset.members(state.segments.len());
    members.filter_map(|index| state.segments.get(index)).filter(move |segment| segment.is_bad(eps))
}

fn outlook(state: &Class, settings: &Settings, probes: Probes, subset: Subset, nearest: &Nearest) -> Outlook {
    let eps = settings.eps;
    if settings.never_graduate {
        return Outlook::Floor;
    }
    if state.locked {
        return Outlook::Locked;
    }
    let to_start_over = bad_segments(state, subset, eps)
        .map(|segment| starts_over_after(eps).saturating_sub(segment.clean_run))
        .max();
    if let Some(clean_in_a_row) = to_start_over {
        return Outlook::TooRisky { clean_in_a_row };
    }
    if probes.shown == 0 {
        return Outlook::NoProbes;
    }
    let missing_in_segments: u32 = subset
        .members(state.segments.len())
        .filter_map(|index| state.segments.get(index))
        .map(|segment| speaks_after(eps).saturating_sub(segment.counts.clean))
        .sum();
    let counts = Counts { clean: nearest.clean, defects: nearest.defects };
    match more_clean_reviews(counts, probes, settings, nearest.log_bar) {
        Some(reviews) => {
            Outlook::MoreReviews { reviews: reviews.max(missing_in_segments).max(state.cool_down) }
        }
        None => Outlook::OutOfSight,
    }
}

/// The least number of further credited clean reviews at which the score reaches `log_bar`, if probes come at the set rate and
/// are caught at the rate so far. Found by doubling, then bisecting.
fn more_clean_reviews(counts: Counts, probes: Probes, settings: &Settings, log_bar: f64) -> Option<u32> {
    let caught = f64::from(probes.caught) / f64::from(probes.shown);
    // `probe_rate` is a share of all that a reviewer sees.
    let probes_per_review = settings.probe_rate / (1.0 - settings.probe_rate);
    let reaches = |more: u32| {
        let shown = f64::from(more) * probes_per_review;
        let column =
            log_probe_column(f64::from(probes.shown) + shown, f64::from(probes.caught) + shown * caught);
        let (clean, defects) = (f64::from(counts.clean) + f64::from(more), f64::from(counts.defects));
        log_score_of(clean, defects, &column, settings.eps, settings.kappa) >= log_bar
    };
    let mut enough = 1;
    while !reaches(enough) {
        enough *= 2;
        if enough > FARTHEST_OUTLOOK {
            return None;
        }
    }
    let mut too_few = enough / 2;
    while enough - too_few > 1 {
        let middle = too_few + (enough - too_few) / 2;
        if reaches(middle) { enough = middle } else { too_few = middle }
    }
    Some(enough)
}
