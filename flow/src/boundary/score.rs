//! The scores behind the boundary, as pure functions of a few counts.
//!
//! Everything is a natural logarithm: after ten thousand clean reviews the plain values leave the range of `f64`, their
//! logarithms do not. Each score is an *e-process*: under the hypothesis it speaks against, its expectation never passes
//! one, however often one looks; so by Ville's inequality it reaches `1/alpha` with probability at most `alpha`.
//!
//! Sources: Ville 1939; Waudby-Smith & Ramdas 2020 (betting on a mean); Howard, Ramdas, McAuliffe & Sekhon 2021
//! (time-uniform bounds); Xu & Ramdas 2024 (e-LOND, the portfolio's share of `alpha`).

use serde::{Deserialize, Serialize};

/// How strongly each bet of [`log_rate`] shrinks the class's limit: 0 bets that nothing is wrong at all.
const BETS: [f64; 5] = [0.0, 0.125, 0.25, 0.5, 0.75];
/// How many times the limit each bet of [`log_bad`] and of the alarms supposes.
pub(super) const MULTIPLES: [f64; 3] = [2.0, 4.0, 8.0];
/// No bet supposes that more than this share of actions is wrong.
pub(super) const HIGHEST_SHARE: f64 = 0.95;
/// The catch rate is searched on the grid `j / CATCH_STEPS`, `j` from 0 to `CATCH_STEPS`.
pub const CATCH_STEPS: usize = 50;
/// The part of the catch rate on probes that is trusted on real defects.
pub const KAPPA: f64 = 0.8;
/// The catch rate assumed in [`Cost`] until probes say better.
pub const ASSUMED_CATCH_RATE: f64 = 0.8;

/// What the reviews of one epoch amount to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Clean reviews that earned credit.
    pub clean: u32,
    /// Rejected, or edited in substance, whoever did it and however fast.
    pub defects: u32,
}

impl std::ops::Add for Counts {
    type Output = Counts;

    fn add(self, other: Counts) -> Counts {
        Counts {
            clean: self.clean.saturating_add(other.clean),
            defects: self.defects.saturating_add(other.defects),
        }
    }
}

/// What the planted known-bad proposals of one epoch amount to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probes {
    pub shown: u32,
    pub caught: u32,
}

impl Probes {
    /// The share of real defects this team is believed to catch, between 0.3 and 1; Laplace's rule, so one probe
    /// does not decide it.
    pub fn catch_rate(self) -> f64 {
        ((f64::from(self.caught) + 1.0) / (f64::from(self.shown) + 2.0)).clamp(0.3, 1.0)
    }

    /// The probes since an earlier count of the same series.
    pub fn since(self, earlier: Probes) -> Probes {
        Probes {
            shown: self.shown.saturating_sub(earlier.shown),
            caught: self.caught.saturating_sub(earlier.caught),
        }
    }
}

/// `ln E_rate`: the evidence of `clean` and `defects` against "a share of `eps` or more is wrong", when reviewers catch
/// the share `catch_rate` of what is wrong.
pub fn log_rate(clean: f64, defects: f64, eps: f64, catch_rate: f64) -> f64 {
    log_rate_less(clean, drops(defects), eps * catch_rate)
}

/// What the defects cost each bet, as a logarithm.
fn drops(defects: f64) -> [f64; BETS.len()] {
    BETS.map(|bet| times_ln(defects, bet))
}

/// [`log_rate`] with the cost of the defects worked out, where the share `seen` is wrong and caught.
fn log_rate_less(clean: f64, drops: [f64; BETS.len()], seen: f64) -> f64 {
    let none_wrong = (-seen).ln_1p();
    let mut bets = drops;
    for (capital, bet) in bets.iter_mut().zip(BETS) {
        *capital += clean * ((-bet * seen).ln_1p() - none_wrong);
    }
    log_mean(&bets)
}

/// `ln E_probe` for every grid point `j`: the evidence of the probes against "the catch rate is at most `j / 50`".
///
/// With `L_i = h·ln d_i + (m − h)·ln(1 − d_i)`, each entry is a mean of `exp(L_i − L_j)` over `i > j`, so one running sum
/// from the right gives all of them.
pub fn log_probe_column(shown: f64, caught: f64) -> [f64; CATCH_STEPS + 1] {
    if shown == 0.0 {
        return [0.0; CATCH_STEPS + 1];
    }
    let log_likelihood = |step: usize| {
        let rate = step as f64 / CATCH_STEPS as f64;
        times_ln(caught, rate) + times_ln(shown - caught, 1.0 - rate)
    };
    let half = 0.5_f64.ln();
    let mut column = [0.0; CATCH_STEPS + 1];
    let mut above = log_likelihood(CATCH_STEPS);
    for step in (0..CATCH_STEPS).rev() {
        let here = log_likelihood(step);
        let mean = above - here - ((CATCH_STEPS - step) as f64).ln();
        column[step] = log_add(half, half + mean);
        above = log_add(above, here);
    }
    column
}

/// `ln SCORE`: the evidence that the class is safer than `eps`, at the catch rate which makes it look worst.
///
/// Without probes it is never above zero: nobody knows then what an approval is worth.
pub fn log_score(counts: Counts, probes: Probes, eps: f64, kappa: f64) -> f64 {
    let column = log_probe_column(f64::from(probes.shown), f64::from(probes.caught));
    log_score_of(f64::from(counts.clean), f64::from(counts.defects), &column, eps, kappa)
}

/// What [`log_score`] cannot pass, whatever the probes: the evidence if reviewers caught all that `kappa` trusts them with.
pub(super) fn log_score_at_most(counts: Counts, eps: f64, kappa: f64) -> f64 {
    log_rate(f64::from(counts.clean), f64::from(counts.defects), eps, kappa)
}

/// [`log_score`] of counts that need not be whole, for looking ahead at expected counts.
pub(super) fn log_score_of(
    clean: f64,
    defects: f64,
    column: &[f64; CATCH_STEPS + 1],
    eps: f64,
    kappa: f64,
) -> f64 {
    let drops = drops(defects);
    column.iter().enumerate().fold(f64::INFINITY, |least, (step, probe)| {
        // `E_rate` is at least `mean u^K`, so a grid point that the probes rule out entirely cannot be the least.
        if probe.is_infinite() {
            return least;
        }
        let catch_rate = kappa * step as f64 / CATCH_STEPS as f64;
        least.min(log_rate_less(clean, drops, eps * catch_rate) + probe)
    })
}

/// `ln E_bad`: the evidence that a segment is worse than `eps`.
pub fn log_bad(counts: Counts, eps: f64) -> f64 {
    let (clean, defects) = (f64::from(counts.clean), f64::from(counts.defects));
    let at_limit = (-eps).ln_1p();
    let bets = MULTIPLES.map(|multiple| {
        defects * multiple.ln() + clean * ((-(multiple * eps).min(HIGHEST_SHARE)).ln_1p() - at_limit)
    });
    log_mean(&bets)
}

/// `ln bar`: what [`log_score`] must reach. `share` is the part of `alpha` this subset of segments may spend,
/// `portfolio_share` the part this class may spend among all classes (1 outside portfolio mode).
pub fn log_bar(alpha: f64, attempt: u32, share: f64, portfolio_share: f64) -> f64 {
    f64::from(attempt) * std::f64::consts::LN_2 - (alpha * share * portfolio_share).ln()
}

/// The part of `alpha` for one class of `classes` when `graduated_others` have graduated: e-LOND.
pub fn portfolio_share(classes: u32, graduated_others: u32) -> f64 {
    ((f64::from(graduated_others) + 1.0) / f64::from(classes.max(1))).min(1.0)
}

/// What a review and a mistake cost, in one unit of the workspace's choice (money or minutes).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// A person's time for one review.
    pub review: f64,
    /// What the wait for that review costs.
    pub delay: f64,
    /// What one wrong action costs.
    pub mistake: f64,
    /// The share of wrong actions that a review catches; [`ASSUMED_CATCH_RATE`] until probes say better.
    pub catch_rate: f64,
}

impl Cost {
    /// The share of wrong actions at which reviewing everything costs twice what it saves, kept between 0.2 % and 10 %.
    ///
    /// When a review saves nothing (a mistake costs nothing, or none is caught) the answer is the upper end.
    pub fn eps(&self) -> f64 {
        let saved = self.catch_rate * self.mistake;
        let break_even = 0.5 * (self.review + self.delay) / saved;
        if break_even.is_finite() && saved > 0.0 { break_even.clamp(0.002, 0.10) } else { 0.10 }
    }
}

/// `times · ln(value)` with `0^0 = 1`.
fn times_ln(times: f64, value: f64) -> f64 {
    if times == 0.0 { 0.0 } else { times * value.ln() }
}

/// `ln(e^a + e^b)` without leaving the range of `f64`.
fn log_add(a: f64, b: f64) -> f64 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    if low == f64::NEG_INFINITY || high == f64::INFINITY { high } else { high + (low - high).exp().ln_1p() }
}

/// The logarithm of the mean of `e^term`.
fn log_mean(terms: &[f64]) -> f64 {
    let high = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if high == f64::NEG_INFINITY {
        return high;
    }
    let sum: f64 = terms.iter().map(|term| (term - high).exp()).sum();
    high + (sum / terms.len() as f64).ln()
}
