//! What two conditions say about each other without a lead: enough to find a rule that can never be reached.
//!
//! A condition is spread into alternatives, each a list of questions that must all be answered one way. Everything here
//! errs on the side of silence: when in doubt a rule is taken to be reachable.

use std::collections::{BTreeMap, BTreeSet};

use super::super::facts::Term;
use super::predicate::{Predicate, Question};

/// Conditions with more alternatives than this are not reasoned about.
const ALTERNATIVES_MAX: usize = 12;

/// Whether no lead can satisfy the condition.
pub(super) fn contradicts_itself(condition: &Predicate) -> bool {
    alternatives(condition, true).is_some_and(|all| all.iter().all(|one| Summary::of(one).impossible))
}

/// Whether everything that satisfies `narrow` satisfies `wide`.
pub(super) fn covers(wide: &Predicate, narrow: &Predicate) -> bool {
    let (Some(wide), Some(narrow)) = (alternatives(wide, true), alternatives(narrow, true)) else {
        return false;
    };
    narrow.iter().all(|case| {
        let known = Summary::of(case);
        known.impossible
            || wide.iter().any(|alternative| alternative.iter().all(|demand| known.entails(demand)))
    })
}

/// A question and the answer it must get.
#[derive(Clone, Copy)]
struct Demand<'a> {
    question: &'a Question,
    answer: bool,
}

type Alternative<'a> = Vec<Demand<'a>>;

/// The alternatives under which `condition` comes out as `answer`; `None` when there are too many.
fn alternatives(condition: &Predicate, answer: bool) -> Option<Vec<Alternative<'_>>> {
    match condition {
        Predicate::Always(truth) if *truth == answer => Some(vec![Vec::new()]),
        Predicate::Always(_) => Some(Vec::new()),
        Predicate::Not(inner) => alternatives(inner, !answer),
        Predicate::Ask(question) => Some(vec![vec![Demand { question, answer }]]),
        Predicate::All(parts) if answer => every(parts, answer),
        Predicate::Any(parts) if !answer => every(parts, answer),
        Predicate::All(parts) | Predicate::Any(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(alternatives(part, answer)?);
            }
            (all.len() <= ALTERNATIVES_MAX).then_some(all)
        }
    }
}

/// The alternatives in which every part comes out as `answer`.
fn every(parts: &[Predicate], answer: bool) -> Option<Vec<Alternative<'_>>> {
    let mut all: Vec<Alternative> = vec![Vec::new()];
    for part in parts {
        let choices = alternatives(part, answer)?;
        if all.len() * choices.len() > ALTERNATIVES_MAX {
            return None;
        }
        all = all
            .iter()
            .flat_map(|so_far| choices.iter().map(|more| [so_far.as_slice(), more].concat()))
            .collect();
    }
    Some(all)
}

/// What one alternative says about each fact.
struct Summary<'a> {
    texts: BTreeMap<Term, Texts<'a>>,
    numbers: BTreeMap<Term, Numbers>,
    others: Vec<Demand<'a>>,
    impossible: bool,
}

#[derive(Default)]
struct Texts<'a> {
    /// One of these, when anything was said.
    one_of: Option<BTreeSet<&'a str>>,
    none_of: BTreeSet<&'a str>,
}

/// The hull of what a number can be, and single ranges it cannot be in.
struct Numbers {
    low: i64,
    high: i64,
    excluded: Vec<(i64, i64)>,
}

impl<'a> Summary<'a> {
    fn of(alternative: &[Demand<'a>]) -> Summary<'a> {
        let mut summary = Summary {
            texts: BTreeMap::new(),
            numbers: BTreeMap::new(),
            others: Vec::new(),
            impossible: false,
        };
        for demand in alternative {
            summary.learn(*demand);
        }
        summary.impossible |= summary.texts.values().any(Texts::impossible)
            || summary.numbers.values().any(Numbers::impossible);
        summary
    }

    fn learn(&mut self, demand: Demand<'a>) {
        match (demand.question, demand.answer) {
            (Question::OneOf { term, values }, answer) => {
                let values = values.iter().map(String::as_str);
                self.texts.entry(*term).or_default().learn(values.collect(), answer);
            }
            (Question::Within { term, low, high, .. }, answer) => {
                let numbers = self.numbers.entry(*term).or_insert(Numbers {
                    low: i64::MIN,
                    high: i64::MAX,
                    excluded: Vec::new(),
                });
                numbers.learn(*low, *high, answer);
            }
            _ => {
                self.impossible |= self
                    .others
                    .iter()
                    .any(|other| same(other.question, demand.question) && other.answer != demand.answer);
                self.others.push(demand);
            }
        }
    }

    /// Whether a demand is met by every lead of this alternative.
    fn entails(&self, demand: &Demand) -> bool {
        match (demand.question, demand.answer) {
            (Question::OneOf { term, values }, answer) => {
                self.texts.get(term).is_some_and(|texts| texts.entails(values, answer))
            }
            (Question::Within { term, low, high, .. }, answer) => {
                self.numbers.get(term).is_some_and(|numbers| numbers.entails(*low, *high, answer))
            }
            // A comparison that was answered has read the number, so it was known.
            (Question::Known(term), true) if self.numbers.contains_key(term) => true,
            (question, answer) => {
                self.others.iter().any(|other| same(other.question, question) && other.answer == answer)
            }
        }
    }
}

/// Two questions that always get the same answer; where they stand in the text does not matter.
fn same(one: &Question, other: &Question) -> bool {
    match (one, other) {
        (
            Question::FieldOneOf { field: a, values: x, .. },
            Question::FieldOneOf { field: b, values: y, .. },
        ) => a == b && x == y,
        // Parts of the syntax tree carry numbers that depend on where they stand, so equal ones are rarely found equal.
        _ => one == other,
    }
}

impl<'a> Texts<'a> {
    fn learn(&mut self, values: BTreeSet<&'a str>, answer: bool) {
        if !answer {
            self.none_of.extend(values);
            return;
        }
        self.one_of = Some(match self.one_of.take() {
            Some(before) => before.intersection(&values).copied().collect(),
            None => values,
        });
    }

    fn impossible(&self) -> bool {
        self.one_of.as_ref().is_some_and(|values| values.iter().all(|value| self.none_of.contains(value)))
    }

    fn entails(&self, values: &BTreeSet<String>, answer: bool) -> bool {
        if let Some(one_of) = &self.one_of
            && one_of.iter().all(|value| values.contains(*value) == answer || self.none_of.contains(value))
        {
            return true;
        }
        !answer && values.iter().all(|value| self.none_of.contains(value.as_str()))
    }
}

impl Numbers {
    fn learn(&mut self, low: i64, high: i64, answer: bool) {
        if answer {
            self.low = self.low.max(low);
            self.high = self.high.min(high);
        } else if low == i64::MIN {
            self.low = self.low.max(high.saturating_add(1));
        } else if high == i64::MAX {
            self.high = self.high.min(low.saturating_sub(1));
        } else {
            self.excluded.push((low, high));
        }
    }

    fn impossible(&self) -> bool {
        self.low > self.high || self.excluded.iter().any(|(low, high)| *low <= self.low && self.high <= *high)
    }

    fn entails(&self, low: i64, high: i64, answer: bool) -> bool {
        if answer {
            low <= self.low && self.high <= high
        } else {
            self.high < low || high < self.low || self.excluded.iter().any(|(a, b)| *a <= low && high <= *b)
        }
    }
}
