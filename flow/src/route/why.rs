//! The reasons of an assignment, in plain words.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::rules::Strategy;

/// At most this many members are named as passed over; the rest are counted.
pub const PASSED_OVER_MAX: usize = 20;

/// Why a lead went where it went. Part of the fact of the assignment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// The rule that decided; `None` when none matched and the fallback did.
    pub rule: Option<String>,
    /// How the team chose, where a team did.
    pub strategy: Option<Strategy>,
    /// The owner's level in the team before this lead, in turns.
    pub level: Option<i64>,
    /// All of it in a sentence or two.
    pub words: String,
    /// Who could have been chosen and was not, in order of seat.
    pub passed_over: Vec<PassedOver>,
    /// How many more than those there are.
    pub passed_over_besides: usize,
    /// The rules worth a word: those that failed, that matched without a taker, and that decided. Every other rule
    /// before `rule` did not match.
    pub tried: Vec<Tried>,
}

/// A member who did not get the lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOver {
    /// `None` for a seat whose person is no longer a member.
    pub member: Option<Uuid>,
    pub name: String,
    pub reason: Reason,
}

impl fmt::Display for PassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.reason)
    }
}

/// Why a member cannot take a lead now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    NoLongerMember,
    NoShare,
    GaveItBack,
    Absent { until: Option<Date> },
    Paused,
    OffHours,
    AtCapacity { open: u32, capacity: u32 },
    LacksSkill(String),
    OtherLanguage(String),
    OtherTerritory(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::NoLongerMember => f.write_str("is no longer a member"),
            Reason::NoShare => f.write_str("has weight 0 in the team"),
            Reason::GaveItBack => f.write_str("has given this lead back"),
            Reason::Absent { until: Some(day) } => write!(f, "is absent until {}", day.strftime("%-d %B %Y")),
            Reason::Absent { until: None } => f.write_str("is absent"),
            Reason::Paused => f.write_str("takes no new leads for now"),
            Reason::OffHours => f.write_str("is outside working hours"),
            Reason::AtCapacity { open, capacity } => write!(f, "is at capacity ({open} of {capacity})"),
            Reason::LacksSkill(skill) => write!(f, "does not have the skill `{skill}`"),
            Reason::OtherLanguage(language) => write!(f, "does not speak `{language}`"),
            Reason::OtherTerritory(country) => write!(f, "does not cover `{country}`"),
        }
    }
}

/// A rule that was looked at and deserves a word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    pub rule: String,
    pub outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Decided,
    /// It matched, but the person it names cannot take the lead; the next rules were asked.
    NobodyThere(String),
    /// Its condition has no answer for this lead, and counted as not matched.
    Failed(String),
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Outcome::Decided => write!(f, "rule `{}` decided", self.rule),
            Outcome::NobodyThere(why) => write!(f, "rule `{}` matched, but {why}", self.rule),
            Outcome::Failed(why) => write!(f, "rule `{}` could not be asked: {why}", self.rule),
        }
    }
}
