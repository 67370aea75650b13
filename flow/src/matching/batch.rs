//! A whole file at once: every row is looked up and scored by the same functions as a single arrival, then pairs are
//! joined into persons.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::band::{Band, Lines};
use super::cluster::{self, Edge, Join};
use super::compare;
use super::identity::Identity;
use super::index::{self, Index};
use super::keys::Keyring;
use super::learn::Lesson;
use super::score::{self, Score, Weights};

/// What answers depend on besides the rows themselves.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// The workspace's keys.
    pub keyring: Keyring,
    /// How much each finding says.
    pub weights: &'a Weights,
    /// Where the bands begin.
    pub lines: &'a Lines,
    /// Weights that must also find a pair sure: the shipped ones, while those in use were learnt without labels.
    pub doubt: Option<&'a Weights>,
}

impl Rules<'_> {
    /// Whether a pair may be joined without asking.
    pub fn is_sure(&self, score: &Score) -> bool {
        let bits = |weights: &Weights| weights.sum(&score.comparison.findings);
        self.lines.is_sure(score) && self.doubt.is_none_or(|weights| bits(weights) >= self.lines.same_bits)
    }
}

/// Pairs with less evidence than this are not kept: they decide no join.
const KEPT_BITS: f64 = -30.0;

/// The answer about two rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Answer {
    /// The earlier row.
    pub one: u32,
    /// The later row.
    pub other: u32,
    /// Evidence in bits, that of the groups the two are in included.
    pub bits: f64,
    /// Same or ambiguous.
    pub band: Band,
}

/// Scores a new or known identity against all that share a key with it. `row_of` gives an identity by its row; `own` is
/// its own row, if it has one. Only rows before `own` are answered, so that a batch meets each pair once.
pub fn edges<'p>(
    identity: &Identity,
    own: Option<u32>,
    row_of: impl Fn(u32) -> Option<&'p Identity>,
    index: &impl Index,
    rules: &Rules<'_>,
) -> Vec<Edge> {
    let candidates = index::candidates(index, rules.keyring, identity);
    let earlier = candidates.into_iter().take_while(|row| own.is_none_or(|own| *row < own));
    let scored = earlier.filter_map(|row| {
        let score = score::score(row_of(row)?, identity, index, rules.keyring, rules.weights);
        (score.bits >= KEPT_BITS).then(|| edge(row, own.unwrap_or(u32::MAX), &score, rules))
    });
    scored.collect()
}

fn edge(one: u32, other: u32, score: &Score, rules: &Rules<'_>) -> Edge {
    Edge {
        one,
        other,
        bits: score.bits as f32,
        sure: rules.is_sure(score),
        cannot: score.comparison.veto.is_some(),
    }
}

/// Groups up to this many rows are compared completely before they are joined.
const COMPLETED_ROWS: usize = 48;

/// The pairs that share no key but are connected through others: compares them, so that the mean evidence within a
/// small group is known and not assumed.
pub fn complete<'p>(
    edges: &mut Vec<Edge>,
    row_of: impl Fn(u32) -> Option<&'p Identity>,
    index: &impl Index,
    rules: &Rules<'_>,
) {
    let known: HashSet<(u32, u32)> = edges.iter().map(|edge| (edge.one, edge.other)).collect();
    for rows in connected(edges, rules.lines.ambiguous_bits) {
        for (place, other) in rows.iter().enumerate() {
            for one in rows.iter().take(place).filter(|one| !known.contains(&(**one, *other))) {
                let (Some(first), Some(second)) = (row_of(*one), row_of(*other)) else { continue };
                let score = score::score(first, second, index, rules.keyring, rules.weights);
                edges.push(edge(*one, *other, &score, rules));
            }
        }
    }
}

/// The groups of three to [`COMPLETED_ROWS`] rows connected by pairs of at least so many bits, each in ascending order.
fn connected(edges: &[Edge], least_bits: f64) -> Vec<Vec<u32>> {
    let mut parent: HashMap<u32, u32> = HashMap::new();
    fn root(parent: &HashMap<u32, u32>, mut row: u32) -> u32 {
        while let Some(next) = parent.get(&row).filter(|next| **next != row) {
            row = *next;
        }
        row
    }
    for edge in edges.iter().filter(|edge| f64::from(edge.bits) >= least_bits && !edge.cannot) {
        for row in [edge.one, edge.other] {
            parent.entry(row).or_insert(row);
        }
        let (one, other) = (root(&parent, edge.one), root(&parent, edge.other));
        parent.insert(one.max(other), one.min(other));
        // Short ways keep the search short.
        parent.insert(edge.one, one.min(other));
        parent.insert(edge.other, one.min(other));
    }
    let mut groups: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for row in parent.keys() {
        groups.entry(root(&parent, *row)).or_default().push(*row);
    }
    let mut groups: Vec<Vec<u32>> =
        groups.into_values().filter(|rows| (3..=COMPLETED_ROWS).contains(&rows.len())).collect();
    groups.iter_mut().for_each(|rows| rows.sort_unstable());
    groups
}

/// Joins scored pairs into persons and answers every pair of rows that is not new: also those that were never compared
/// but ended up in one group. Gives the answers in the order of rows, and the joins in the order they were made.
pub fn answers(edges: &[Edge], lines: &Lines) -> (Vec<Answer>, Vec<Join>) {
    let joins = cluster::join(edges, lines.ambiguous_bits);
    let mut answers = Vec::new();
    for join in &joins {
        let sure: HashSet<(u32, u32)> = join.sure_pairs().collect();
        answers.extend(join.pairs().map(|(one, other)| {
            let band = if sure.contains(&(one, other)) { Band::Same } else { Band::Ambiguous };
            Answer { one, other, bits: join.bits, band }
        }));
    }
    answers.sort_unstable_by_key(|answer| (answer.other, answer.one));
    (answers, joins)
}

/// At most this many pairs are learnt from.
const MAX_LESSONS: usize = 400_000;

/// What the groups found so far teach: a compared pair within a group is one person, a pair across groups two. Groups
/// know more than their pairs, as members vouch for each other. Of more than 400,000 pairs, evenly spaced ones are taken.
pub fn lessons<'p>(
    edges: &[Edge],
    joins: &[Join],
    row_of: impl Fn(u32) -> Option<&'p Identity>,
    index: &impl Index,
    rules: &Rules<'_>,
) -> Vec<Lesson> {
    let together: HashSet<(u32, u32)> = joins.iter().flat_map(Join::pairs).collect();
    let stride = edges.len() / MAX_LESSONS + 1;
    let taught = edges.iter().step_by(stride).filter_map(|edge| {
        let found = compare::compare(row_of(edge.one)?, row_of(edge.other)?, index, rules.keyring);
        Some(Lesson { findings: found.findings, same: together.contains(&(edge.one, edge.other)) })
    });
    taught.collect()
}
