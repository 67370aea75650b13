//! From pairs to persons: average link with cannot-links.
//!
//! Two groups are joined while the mean evidence between all their members speaks for it, the strongest join first.
//! The mean is what prevents chains: a namesake who resembles one member of a group must also face the others. A pair
//! that was never compared (it shares no key) counts as mild evidence against.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap, HashMap};

/// Bits assumed for a pair that was not compared.
pub const NOT_COMPARED_BITS: f64 = -5.77;
/// Evidence beyond this many bits, for or against, counts no more in a mean.
pub const CLAMP_BITS: f64 = 17.3;

/// A compared pair of rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    /// One row.
    pub one: u32,
    /// The other row.
    pub other: u32,
    /// The pair's evidence, in bits.
    pub bits: f32,
    /// Whether the pair may be joined without asking.
    pub sure: bool,
    /// The two must not be one person: a veto, or a person said so.
    pub cannot: bool,
}

/// Two groups that became one.
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    /// The rows of one group.
    pub left: Vec<u32>,
    /// The rows of the other.
    pub right: Vec<u32>,
    /// Mean evidence between them, in bits.
    pub bits: f64,
    /// The cores of the two that became one by it, each a part of a group that needed nobody's judgement so far: enough
    /// sure pairs connect them. Two cores of several rows need more than one such pair, because a bridge of a single one
    /// is how strangers get merged; and a core that is sure of two on the other side joins neither.
    pub cores: Vec<(Vec<u32>, Vec<u32>)>,
}

impl Join {
    /// All pairs across the two groups, the lower row first.
    pub fn pairs(&self) -> impl Iterator<Item = (u32, u32)> {
        across(&self.left, &self.right)
    }

    /// Those of them that need nobody's judgement.
    pub fn sure_pairs(&self) -> impl Iterator<Item = (u32, u32)> {
        self.cores.iter().flat_map(|(left, right)| across(left, right))
    }
}

fn across(left: &[u32], right: &[u32]) -> impl Iterator<Item = (u32, u32)> {
    left.iter().flat_map(|one| right.iter().map(|other| (*one.min(other), *one.max(other))))
}

#[derive(Debug, Clone, Default)]
struct Between {
    sum: f64,
    compared: u32,
    /// The pairs that may be joined without asking.
    sure: Vec<(u32, u32)>,
    cannot: bool,
}

#[derive(Debug)]
struct Group {
    rows: Vec<u32>,
    near: BTreeMap<u32, Between>,
    cores: Vec<Vec<u32>>,
    /// How often the group has grown: an entry in the queue of an earlier state is stale.
    age: u32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Candidate {
    bits: f64,
    one: u32,
    other: u32,
    ages: [u32; 2],
}

impl Eq for Candidate {}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Candidate) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Candidate {
    /// Strongest first; among equals the one of the lowest rows.
    fn cmp(&self, other: &Candidate) -> Ordering {
        self.bits.total_cmp(&other.bits).then_with(|| (other.one, other.other).cmp(&(self.one, self.other)))
    }
}

/// Joins rows into persons as long as the mean evidence is at least `least_bits`. Returns the joins in the order they
/// were made. The outcome depends on the edges only, not on their order, and each connected part is independent of the
/// others: a new arrival needs only the part it is connected with to be computed again.
pub fn join(edges: &[Edge], least_bits: f64) -> Vec<Join> {
    let mut groups = groups_of(edges);
    let mut queue: BinaryHeap<Candidate> = BinaryHeap::new();
    for (place, group) in (0u32..).zip(&groups) {
        for (near, between) in group.near.range(place..) {
            let other = &groups[*near as usize];
            queue.extend(candidate(place, group, *near, other, between, least_bits));
        }
    }
    let mut joins = Vec::new();
    while let Some(next) = queue.pop() {
        let (one, other) = (next.one as usize, next.other as usize);
        if [groups[one].age, groups[other].age] != next.ages
            || groups[one].rows.is_empty()
            || groups[other].rows.is_empty()
        {
            continue;
        }
        joins.push(merge(&mut groups, next));
        let grown = &groups[one];
        for (near, between) in &grown.near {
            queue.extend(candidate(next.one, grown, *near, &groups[*near as usize], between, least_bits));
        }
    }
    joins
}

fn groups_of(edges: &[Edge]) -> Vec<Group> {
    let mut rows: Vec<u32> = edges.iter().flat_map(|edge| [edge.one, edge.other]).collect();
    rows.sort_unstable();
    rows.dedup();
    let places: HashMap<u32, u32> = rows.iter().copied().zip(0..).collect();
    let mut groups: Vec<Group> = rows
        .iter()
        .map(|row| Group { rows: vec![*row], near: BTreeMap::new(), cores: vec![vec![*row]], age: 0 })
        .collect();
    for edge in edges {
        let (Some(one), Some(other)) = (places.get(&edge.one), places.get(&edge.other)) else { continue };
        let between = Between {
            sum: f64::from(edge.bits).clamp(-CLAMP_BITS, CLAMP_BITS),
            compared: 1,
            sure: edge.sure.then_some((edge.one, edge.other)).into_iter().collect(),
            cannot: edge.cannot,
        };
        for (from, to) in [(*one, *other), (*other, *one)] {
            groups[from as usize].near.insert(to, between.clone());
        }
    }
    groups
}

fn candidate(
    one: u32,
    group: &Group,
    other: u32,
    near: &Group,
    between: &Between,
    least_bits: f64,
) -> Option<Candidate> {
    let bits = mean(group, near, between);
    (!between.cannot && bits >= least_bits).then_some(Candidate {
        bits,
        one,
        other,
        ages: [group.age, near.age],
    })
}

fn mean(one: &Group, other: &Group, between: &Between) -> f64 {
    let pairs = (one.rows.len() * other.rows.len()) as f64;
    (between.sum + NOT_COMPARED_BITS * (pairs - f64::from(between.compared))) / pairs
}

/// Moves the second group of a candidate into the first.
fn merge(groups: &mut [Group], next: Candidate) -> Join {
    let moved_near = std::mem::take(&mut groups[next.other as usize].near);
    let moved_rows = std::mem::take(&mut groups[next.other as usize].rows);
    let moved_cores = std::mem::take(&mut groups[next.other as usize].cores);
    groups[next.other as usize].age += 1;
    let group = &mut groups[next.one as usize];
    let between = group.near.remove(&next.other).unwrap_or_default();
    let joined = join_cores(&mut group.cores, moved_cores, &between.sure);
    let join = Join { left: group.rows.clone(), right: moved_rows.clone(), bits: next.bits, cores: joined };
    group.rows.extend(moved_rows);
    group.age += 1;
    for (near, moved) in moved_near {
        if near == next.one {
            continue;
        }
        let group = &mut groups[next.one as usize];
        let sum = group.near.entry(near).or_default();
        sum.sum += moved.sum;
        sum.compared += moved.compared;
        sum.sure.extend(moved.sure);
        sum.cannot |= moved.cannot;
        let sum = sum.clone();
        let neighbour = &mut groups[near as usize];
        neighbour.near.remove(&next.other);
        neighbour.near.insert(next.one, sum);
    }
    join
}

/// Joins the cores of two groups as far as sure pairs carry, and gives those that became one.
fn join_cores(
    cores: &mut Vec<Vec<u32>>,
    moved: Vec<Vec<u32>>,
    sure: &[(u32, u32)],
) -> Vec<(Vec<u32>, Vec<u32>)> {
    let connected = |left: &[u32], right: &[u32]| {
        let needed = if left.len() > 1 && right.len() > 1 { 2 } else { 1 };
        let has = |core: &[u32], row: &u32| core.contains(row);
        let between = sure.iter().filter(|(one, other)| {
            (has(left, one) && has(right, other)) || (has(left, other) && has(right, one))
        });
        between.count() >= needed
    };
    let mut links: Vec<(usize, usize)> = Vec::new();
    if !sure.is_empty() {
        for (place, left) in cores.iter().enumerate() {
            links.extend(
                moved
                    .iter()
                    .enumerate()
                    .filter(|(_, right)| connected(left, right))
                    .map(|(at, _)| (place, at)),
            );
        }
    }
    let alone = |(left, right): &&(usize, usize)| {
        links.iter().filter(|link| link.0 == *left || link.1 == *right).count() == 1
    };
    let mut joined = Vec::new();
    let mut moved: Vec<Option<Vec<u32>>> = moved.into_iter().map(Some).collect();
    for (left, right) in links.iter().filter(alone) {
        let (Some(core), Some(other)) = (cores.get_mut(*left), moved.get_mut(*right).and_then(Option::take))
        else {
            continue;
        };
        joined.push((core.clone(), other.clone()));
        core.extend(other);
    }
    cores.extend(moved.into_iter().flatten());
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(one: u32, other: u32, bits: f32) -> Edge {
        Edge { one, other, bits, sure: bits > 10.0, cannot: false }
    }

    /// Groups of at least two rows, sorted.
    #[track_caller]
    fn groups(edges: &[Edge]) -> Vec<Vec<u32>> {
        let mut groups: Vec<Vec<u32>> = Vec::new();
        for join in join(edges, 0.0) {
            groups.retain(|rows| *rows != join.left && *rows != join.right);
            groups.push([join.left, join.right].concat());
        }
        groups.iter_mut().for_each(|rows| rows.sort_unstable());
        groups.sort();
        groups
    }

    #[test]
    fn a_chain_is_not_a_person() {
        let chain = [edge(1, 2, 12.0), edge(2, 3, 12.0), edge(3, 4, 12.0), edge(4, 5, 12.0)];
        assert!(groups(&chain).iter().all(|rows| rows.len() < 5), "{:?}", groups(&chain));
        let person = [edge(1, 2, 12.0), edge(2, 3, 12.0), edge(1, 3, 3.0)];
        assert_eq!(groups(&person), [[1, 2, 3]]);
    }

    #[test]
    fn nothing_is_joined_across_a_cannot_link() {
        let mut edges = vec![edge(1, 2, 15.0), edge(2, 3, 14.0), edge(1, 3, 15.0), edge(3, 4, 15.0)];
        edges[2].cannot = true;
        for join in join(&edges, -20.0) {
            let rows = [join.left, join.right].concat();
            assert!(!(rows.contains(&1) && rows.contains(&3)), "{rows:?}");
        }
    }

    #[test]
    fn a_bridge_of_one_pair_needs_a_person() {
        let mut edges = vec![edge(1, 2, 15.0), edge(3, 4, 15.0), edge(2, 3, 14.0)];
        edges.extend([edge(1, 3, 5.0), edge(1, 4, 5.0), edge(2, 4, 5.0)]);
        let joins = join(&edges, 0.0);
        assert_eq!(joins.iter().map(|join| join.cores.len()).collect::<Vec<_>>(), [1, 1, 0]);
        edges[5] = edge(2, 4, 14.0);
        let sure = |join: &Join| join.sure_pairs().eq(join.pairs());
        assert!(join(&edges, 0.0).iter().all(sure), "two sure pairs are enough");
    }

    #[test]
    fn what_is_sure_stays_so_beside_what_is_not() {
        // 3 is asked about; 4 is surely 1 and 2 all the same.
        let edges = [
            edge(1, 2, 17.0),
            edge(1, 3, 9.9),
            edge(2, 3, 9.9),
            edge(1, 4, 12.0),
            edge(2, 4, 12.0),
            edge(3, 4, 1.0),
        ];
        let joins = join(&edges, 0.0);
        let sure: Vec<(u32, u32)> = joins.iter().flat_map(Join::sure_pairs).collect();
        assert_eq!(sure.len(), 3, "{joins:?}");
        assert!(sure.iter().all(|(one, other)| *one != 3 && *other != 3), "{sure:?}");
    }

    #[test]
    fn the_order_of_pairs_changes_nothing() {
        let mut edges: Vec<Edge> = Vec::new();
        let mut seed = 9u32;
        for one in 0..30u32 {
            for other in one + 1..30 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                if seed >> 29 == 0 {
                    edges.push(edge(one, other, (seed >> 8 & 0xff) as f32 / 8.0 - 12.0));
                }
            }
        }
        let straight = groups(&edges);
        edges.reverse();
        assert!(!straight.is_empty());
        assert_eq!(groups(&edges), straight);
    }
}
