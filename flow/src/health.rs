//! Health: approval theatre and the bottleneck, each indicator with its formula, its threshold, its trend and what to do.
//!
//! Pure functions of a few counts. What concerns one person is made for that person and whoever leads them; nothing here
//! ranks people. Sources: Sakasegawa 1977 for the wait; the rank correlation is Spearman's.

mod queue;
mod theatre;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::ids::MemberId;

pub use queue::{
    APPROVER_S_PER_WEEK, Narrow, Question, Queue, Waiting, backlog_age, forecast, gate_share, narrow_next,
    percentile, utilisation, wait_s, wait_share,
};
pub use theatre::{dwell_against_backlog, hasty, leak, rank_correlation, reading, streak, unopened, watch};

/// What an indicator warns of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum About {
    /// Approvals that prove nothing.
    Theatre,
    /// People who cannot keep up with what asks them.
    Bottleneck,
}

/// How an indicator stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Too little is known.
    Unknown,
    /// As it should be.
    Green,
    /// Look at it this week.
    Amber,
    /// Look at it today.
    Red,
}

impl Level {
    /// The word in pages and API.
    pub const fn word(self) -> &'static str {
        match self {
            Level::Unknown => "unknown",
            Level::Green => "green",
            Level::Amber => "amber",
            Level::Red => "red",
        }
    }

    /// How a value stands that is better the lower it is.
    pub(crate) fn rising(value: f64, amber: f64, red: f64) -> Level {
        if value >= red {
            Level::Red
        } else if value >= amber {
            Level::Amber
        } else {
            Level::Green
        }
    }
}

/// What a value counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Between 0 and 1, shown in percent.
    Share,
    /// A number of things.
    Count,
    /// Seconds.
    Seconds,
    /// A plain number.
    Number,
}

/// One indicator.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Indicator {
    /// A stable name.
    pub id: &'static str,
    /// What it is, in words.
    pub title: &'static str,
    /// What it warns of.
    pub about: About,
    /// Whom it concerns; none for the whole workspace.
    pub whom: Option<MemberId>,
    /// The value; none when too little is known.
    pub value: Option<f64>,
    /// What it counts.
    pub unit: Unit,
    /// How it stands.
    pub level: Level,
    /// How it is computed.
    pub formula: &'static str,
    /// From where on it is amber or red, in words.
    pub threshold: &'static str,
    /// The value of the last weeks, the newest last; none for weeks without any.
    pub trend: Vec<Option<f64>>,
    /// What to do about it.
    pub todo: &'static str,
}

impl Indicator {
    /// The same for one person.
    #[must_use]
    pub fn of(mut self, whom: MemberId) -> Indicator {
        self.whom = Some(whom);
        self
    }

    /// The same with its last weeks.
    #[must_use]
    pub fn over(mut self, trend: Vec<Option<f64>>) -> Indicator {
        self.trend = trend;
        self
    }
}

/// A share; none of nothing.
pub fn share(part: u64, whole: u64) -> Option<f64> {
    // Counts of decisions are exact in a double.
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
    (whole > 0).then(|| part as f64 / whole as f64)
}
