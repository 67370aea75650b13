//! The routing rules of a playbook, and their check.

mod check;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_spanned::Spanned;

use super::condition::Condition;

pub use check::{Flaw, check};

/// A workspace has at most this many rules.
pub const RULES_MAX: usize = 500;
/// A workspace has at most this many teams.
pub const TEAMS_MAX: usize = 200;
/// A team has at most this many seats.
pub const SEATS_MAX: usize = 1_000;
/// The highest weight of a seat.
pub const WEIGHT_MAX: u32 = 1_000;

/// Checked rules, as [`check`] makes them: every name in them exists, every team can take a lead some day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    rules: Vec<Rule>,
    teams: Vec<Team>,
    fallback: Fallback,
    team_index: HashMap<String, usize>,
}

impl Rules {
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    #[must_use]
    pub fn teams(&self) -> &[Team] {
        &self.teams
    }

    #[must_use]
    pub fn fallback(&self) -> &Fallback {
        &self.fallback
    }

    pub(super) fn team(&self, name: &str) -> Option<(usize, &Team)> {
        self.team_index.get(name).map(|at| (*at, &self.teams[*at]))
    }
}

/// Where leads of a kind go. The first rule that matches decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub name: String,
    pub when: Condition,
    pub to: Target,
    /// Skills that whoever takes the lead must have.
    pub needs: Vec<String>,
}

/// In TOML: `to = { team = "DACH" }`, `to = { member = "maja@example.com" }`, `to = "account_owner"`,
/// `to = { queue = "junk" }`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The next in the team, else in the team's `otherwise`, else the fallback.
    Team(String),
    /// One member, by e-mail, while present. Else the next rules are asked.
    Member(String),
    /// The owner of the lead's account, while present. Else the next rules are asked.
    AccountOwner,
    /// Nobody: a pile that is looked through when there is time. No alarm.
    Queue(String),
}

/// Where a lead goes that no rule matches, or that nobody can take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fallback {
    /// The next in this team. If nobody there can take it either, it waits in the team's queue, with an alarm.
    Team(String),
    /// It waits in this queue, with an alarm, until capacity frees or somebody takes it.
    Queue(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// In turns, by weight.
    #[default]
    RoundRobin,
    /// The fewest open leads for the weight; then in turns.
    LeastLoaded,
    /// In turns among those who cover the lead's country; then among those who cover `*`.
    Territory,
    /// In turns among those who speak the lead's language.
    Language,
}

impl Strategy {
    /// How it chooses, in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Strategy::RoundRobin => "next in turn",
            Strategy::LeastLoaded => "least loaded",
            Strategy::Territory => "next in turn for the territory",
            Strategy::Language => "next in turn for the language",
        }
    }
}

/// What happens when everybody who could take a lead is outside working hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum AfterHours {
    /// It goes on to the team's `otherwise` and the fallback, and at last waits, with an alarm.
    #[default]
    Wait,
    /// When nobody at work can take it, it gets an owner anyway, who finds it on returning to work.
    Assign,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    pub name: String,
    pub seats: Vec<Seat>,
    pub strategy: Strategy,
    /// A returning lead stays with its owner, and an account's lead goes to the account's owner, while present.
    pub sticky: bool,
    pub after_hours: AfterHours,
    /// The team asked when nobody here can take a lead.
    pub otherwise: Option<String>,
}

/// A member's place in a team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// E-mail, in small letters.
    pub member: String,
    /// The share of leads, relative to the other seats; 0 takes none.
    pub weight: u32,
    /// ISO 639, small letters.
    pub languages: Vec<String>,
    /// ISO 3166, capital letters; `*` is every country that no other seat of the team names.
    pub countries: Vec<String>,
    pub skills: Vec<String>,
    /// Open leads the member may have before taking no more; no limit when `None`.
    pub capacity: Option<u32>,
}

/// The routing part of a playbook as it is written, before the check.
///
/// ```toml
/// fallback = { queue = "unassigned" }
///
/// [[rule]]
/// name = "Key accounts stay with their owner"
/// when = 'account.tier == "strategic"'
/// to = "account_owner"
///
/// [[rule]]
/// name = "German-speaking countries"
/// when = 'lead.country in ["DE", "AT", "CH"]'
/// to = { team = "DACH" }
///
/// [[team]]
/// name = "DACH"
/// strategy = "round_robin"
/// sticky = true
///
/// [[team.seat]]
/// member = "maja@example.com"
/// weight = 2
/// capacity = 40
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    pub fallback: Spanned<Fallback>,
    #[serde(default, rename = "rule")]
    pub rules: Vec<RuleDraft>,
    #[serde(default, rename = "team")]
    pub teams: Vec<TeamDraft>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleDraft {
    pub name: Spanned<String>,
    pub when: Spanned<String>,
    pub to: Spanned<Target>,
    #[serde(default)]
    pub needs: Vec<Spanned<String>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TeamDraft {
    pub name: Spanned<String>,
    #[serde(default)]
    pub strategy: Strategy,
    #[serde(default)]
    pub sticky: bool,
    #[serde(default)]
    pub after_hours: AfterHours,
    #[serde(default)]
    pub otherwise: Option<Spanned<String>>,
    #[serde(default, rename = "seat")]
    pub seats: Vec<SeatDraft>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeatDraft {
    pub member: Spanned<String>,
    #[serde(default)]
    pub weight: Option<Spanned<i64>>,
    #[serde(default)]
    pub languages: Vec<Spanned<String>>,
    #[serde(default)]
    pub countries: Vec<Spanned<String>>,
    #[serde(default)]
    pub skills: Vec<String>,
    #[serde(default)]
    pub capacity: Option<Spanned<i64>>,
}
