//! What to simulate.

use serde::{Deserialize, Serialize};

/// Longest time that is simulated, in days.
const MOST_DAYS: u32 = 1_100;
/// Most leads a day.
const MOST_LEADS: f64 = 2_000.0;

/// A team, what comes in, and how good the drafts are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Plan {
    /// The same seed gives the same run.
    pub seed: u64,
    /// How long.
    pub days: u32,
    /// Leads that come in on a working day, on average.
    pub leads_per_day: f64,
    /// The share of drafts that are really wrong.
    pub wrong: f64,
    /// From a day on, so many times as many are.
    pub drift: Option<Drift>,
    /// Of wrong messages that ran by themselves, the share that is reported.
    pub reported: f64,
    /// Planted proposals, as a share of what a reviewer sees; 0 switches them off.
    pub probe_rate: f64,
    /// Who decides.
    pub approvers: Vec<Approver>,
    /// Whether the admin says yes when a class is ready; the weekly review is on Monday morning.
    pub widens: bool,
}

/// A change for the worse, or the better.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drift {
    /// From this day on.
    pub day: u32,
    /// Times as many drafts are wrong.
    pub times: f64,
}

/// Somebody who decides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Approver {
    /// Their name.
    pub name: String,
    /// The share of wrong drafts they see when they read.
    pub attention: f64,
    /// Words a minute.
    pub words_per_minute: f64,
    /// The share of proposals they approve without reading.
    pub unread: f64,
    /// Minutes a working day that they have for it.
    pub minutes_per_day: f64,
}

impl Default for Approver {
    fn default() -> Approver {
        Approver {
            name: "Approver".into(),
            attention: 0.9,
            words_per_minute: 220.0,
            unread: 0.0,
            minutes_per_day: 60.0,
        }
    }
}

impl Default for Plan {
    fn default() -> Plan {
        Plan {
            seed: 1,
            days: 90,
            leads_per_day: 20.0,
            wrong: 0.01,
            drift: None,
            reported: 0.3,
            probe_rate: 0.05,
            approvers: vec![
                Approver { name: "Ada".into(), ..Approver::default() },
                Approver { name: "Max".into(), ..Approver::default() },
            ],
            widens: true,
        }
    }
}

/// Why a plan cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A value out of range.
    #[error("`{key}` {why}")]
    Value {
        /// Which.
        key: &'static str,
        /// What it must be.
        why: &'static str,
    },
    /// The playbook.
    #[error(transparent)]
    Playbook(#[from] crate::playbook::PlaybookError),
    /// A decision that the domain refused: a defect of the simulation.
    #[error("the simulation came to a standstill: {0}")]
    Stuck(String),
}

impl Plan {
    /// Checks every value.
    ///
    /// # Errors
    /// The first that is out of range.
    pub fn check(&self) -> Result<(), PlanError> {
        let share = |value: f64| (0.0..=1.0).contains(&value);
        let wrong = [
            (self.days == 0 || self.days > MOST_DAYS, "days", "must be from 1 to 1100"),
            (
                !(self.leads_per_day > 0.0 && self.leads_per_day <= MOST_LEADS),
                "leads_per_day",
                "must be above 0 and at most 2000",
            ),
            (!share(self.wrong), "wrong", "must be from 0 to 1"),
            (!share(self.reported), "reported", "must be from 0 to 1"),
            (!(0.0..=0.5).contains(&self.probe_rate), "probe_rate", "must be from 0 to 0.5"),
            (
                self.approvers.is_empty() || self.approvers.len() > 100,
                "approvers",
                "must be from 1 to 100 people",
            ),
            (
                self.approvers.iter().any(|one| !share(one.attention) || !share(one.unread)),
                "approvers",
                "have `attention` and `unread` from 0 to 1",
            ),
            (
                self.approvers.iter().any(|one| {
                    !(one.words_per_minute >= 1.0
                        && one.minutes_per_day >= 1.0
                        && one.minutes_per_day <= 600.0)
                }),
                "approvers",
                "read at least a word a minute and have 1 to 600 minutes a day",
            ),
            (
                self.drift.is_some_and(|drift| !(drift.times >= 0.0 && drift.times * self.wrong <= 1.0)),
                "drift.times",
                "must keep the share of wrong drafts at most 1",
            ),
        ];
        match wrong.into_iter().find(|(is_wrong, _, _)| *is_wrong) {
            Some((_, key, why)) => Err(PlanError::Value { key, why }),
            None => Ok(()),
        }
    }

    /// The share of drafts that are wrong on this day.
    pub fn wrong_on(&self, day: u32) -> f64 {
        match self.drift {
            Some(drift) if day >= drift.day => (self.wrong * drift.times).min(1.0),
            _ => self.wrong,
        }
    }
}
