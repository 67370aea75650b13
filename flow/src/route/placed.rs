//! A decision on its way to an assignment, and its telling.

use uuid::Uuid;

use super::Assignment;
use super::rules::{Rule, Strategy};
use super::standing::Turn;
use super::why::{Outcome, PASSED_OVER_MAX, PassedOver, Reason, Tried, Why};

/// A decision, before it is put into words.
pub(super) struct Placed {
    pub(super) owner: Option<Uuid>,
    pub(super) queue: Option<String>,
    pub(super) team: Option<String>,
    pub(super) alarm: bool,
    pub(super) turn: Option<Turn>,
    pub(super) strategy: Option<Strategy>,
    /// What happened, as a sentence without its end.
    pub(super) words: String,
    pub(super) search: Search,
}

/// Who was looked at on the way.
#[derive(Default)]
pub(super) struct Search {
    pub(super) teams: Vec<String>,
    pub(super) passed_over: Vec<PassedOver>,
    pub(super) besides: usize,
}

impl Search {
    pub(super) fn passed(&mut self, member: Option<Uuid>, name: &str, reason: Reason) {
        if self.passed_over.len() == PASSED_OVER_MAX {
            self.besides += 1;
        } else if !self.passed_over.iter().any(|other| other.name == name && other.reason == reason) {
            // Somebody with a seat in two of the teams is told of once.
            self.passed_over.push(PassedOver { member, name: name.to_owned(), reason });
        }
    }
}

impl Placed {
    pub(super) fn nowhere(search: Search) -> Placed {
        Placed {
            owner: None,
            queue: None,
            team: None,
            alarm: false,
            turn: None,
            strategy: None,
            words: String::new(),
            search,
        }
    }

    pub(super) fn after(self, before: &str) -> Placed {
        Placed { words: format!("{before}; {}", self.words), ..self }
    }

    pub(super) fn explained(self, rule: Option<&Rule>, tried: Vec<Tried>) -> Assignment {
        let mut words = match rule {
            Some(rule) => format!("Rule `{}`: {}.", rule.name, self.words),
            None => format!("No rule matched, so the fallback decided: {}.", self.words),
        };
        if let [first, rest @ ..] = self.search.passed_over.as_slice() {
            words.push_str(&format!(" Passed over: {first}"));
            let told = rest.iter().take(2);
            told.clone().for_each(|other| words.push_str(&format!("; {other}")));
            match rest.len() - told.len() + self.search.besides {
                0 => words.push('.'),
                more => words.push_str(&format!("; and {more} more.")),
            }
        }
        for failed in tried.iter().filter(|tried| tried.outcome != Outcome::Decided) {
            words.push_str(&format!(" The {failed}."));
        }
        let why = Why {
            rule: rule.map(|rule| rule.name.clone()),
            strategy: self.strategy,
            level: self.turn.as_ref().map(|turn| turn.level),
            words,
            passed_over: self.search.passed_over,
            passed_over_besides: self.search.besides,
            tried,
        };
        Assignment {
            owner: self.owner,
            queue: self.queue,
            team: self.team,
            alarm: self.alarm,
            turn: self.turn,
            why,
        }
    }
}
