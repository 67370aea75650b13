//! What pulls a class back: two running alarms over what happens after graduation.
//!
//! Each keeps one capital per multiple of the expected rate. A quiet stretch costs a little, a mistake multiplies, and the
//! capital never falls under one for long: it stands ready for a change at any moment (an e-detector, Shin, Ramdas & Rinaldo
//! 2022). The level of an alarm is the mean of its capitals.

use super::score::{HIGHEST_SHARE, MULTIPLES, Probes};
use serde::{Deserialize, Serialize};

/// The level at which an alarm over a whole class rings; one over a single segment rings at this times the number of
/// segments.
pub const RINGS_AT: f64 = 100.0;
/// A flagged audit raises the audit share when the audit alarm stands at this level or higher.
pub const AUDITS_RAISED_AT: f64 = 3.0;
/// An exception raises the audit share when the exception alarm stands at this level or higher.
pub const EXCEPTIONS_RAISE_AT: f64 = 6.0;
/// The mean time until an exception is reported, in seconds: 3 days.
const REPORTED_WITHIN_S: f64 = 3.0 * 86_400.0;

/// The share of audits expected to be flagged in a class that is half as bad as its limit.
pub fn expected_flagged(eps: f64, probes: Probes) -> f64 {
    0.5 * eps * probes.catch_rate()
}

/// The exceptions expected per automated action: some noise, and three in ten of the mistakes of a class half as bad as its
/// limit.
pub fn expected_exceptions(eps: f64) -> f64 {
    0.005 + 0.5 * eps * 0.3
}

/// The alarm over audits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditAlarm {
    #[serde(with = "super::exact::three")]
    capital: [f64; 3],
}

impl Default for AuditAlarm {
    fn default() -> AuditAlarm {
        AuditAlarm { capital: [1.0; 3] }
    }
}

impl AuditAlarm {
    /// Counts one audit; `expected` is the share of flagged audits that would be no reason to worry.
    pub fn audited(&mut self, flagged: bool, expected: f64) {
        for (capital, multiple) in self.capital.iter_mut().zip(MULTIPLES) {
            let supposed = (multiple * expected).min(HIGHEST_SHARE);
            let factor = if flagged { supposed / expected } else { (1.0 - supposed) / (1.0 - expected) };
            *capital = capital.max(1.0) * factor;
        }
    }

    pub fn level(&self) -> f64 {
        mean(&self.capital)
    }
}

/// The alarm over exceptions, and the automated actions of which an exception may still be reported.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExceptionAlarm {
    #[serde(with = "super::exact::three")]
    capital: [f64; 3],
    /// Automated actions, less the share of each whose exception would have been reported by `as_of`.
    #[serde(with = "super::exact")]
    pending: f64,
    /// Seconds on the clock of the observations.
    #[serde(with = "super::exact")]
    as_of: f64,
}

impl Default for ExceptionAlarm {
    fn default() -> ExceptionAlarm {
        ExceptionAlarm { capital: [1.0; 3], pending: 0.0, as_of: 0.0 }
    }
}

impl ExceptionAlarm {
    /// Counts an automated action at `at` seconds.
    pub fn ran(&mut self, at: f64, expected: f64) {
        let matured = self.mature(at);
        self.step(0, matured, expected);
        self.pending += 1.0;
    }

    /// Counts an exception reported at `at` seconds.
    pub fn exception(&mut self, at: f64, expected: f64) {
        let matured = self.mature(at);
        self.step(1, matured, expected);
    }

    /// Counts `exceptions` after `matured` actions' worth of exposure, `expected` exceptions to an action.
    pub fn step(&mut self, exceptions: i32, matured: f64, expected: f64) {
        for (capital, multiple) in self.capital.iter_mut().zip(MULTIPLES) {
            let quiet = (-(multiple - 1.0) * expected * matured).exp();
            *capital = (*capital * quiet).max(1.0) * multiple.powi(exceptions);
        }
    }

    /// Takes out the exposure of one segment that is no longer automated; the capital starts anew, because it cannot be
    /// said which part of it was that segment's.
    pub fn without(&mut self, segment: &ExceptionAlarm) {
        let segment_pending = segment.pending * still_pending(self.as_of - segment.as_of);
        self.pending = (self.pending - segment_pending).max(0.0);
        self.capital = [1.0; 3];
    }

    pub fn level(&self) -> f64 {
        mean(&self.capital)
    }

    /// The exposure that matured since the last look. A clock that goes back matures nothing.
    fn mature(&mut self, at: f64) -> f64 {
        let left = self.pending * still_pending(at - self.as_of);
        let matured = self.pending - left;
        self.pending = left;
        self.as_of = self.as_of.max(at);
        matured
    }
}

fn still_pending(seconds: f64) -> f64 {
    (-seconds.max(0.0) / REPORTED_WITHIN_S).exp()
}

fn mean(capital: &[f64; 3]) -> f64 {
    capital.iter().sum::<f64>() / 3.0
}
