//! Inclusion and consistency proofs (RFC 6962 section 2.1, RFC 9162 section 2.1): made from nodes, checked
//! against a root.
//!
//! Both proofs walk down the tree and note, at each fork, the sibling that the walk leaves behind. Making a
//! proof looks the siblings up; checking one puts the given hashes in their places and walks up again. Whether
//! a proof has the right length follows from the sizes alone, so nothing can be added to it or left out.
//! Proofs bind a leaf to a root and a size; both must come from a verified checkpoint.

use std::ops::Range;

use super::frontier::{join, perfect_subtrees};
use super::{Hash, Nodes, empty_root, node_hash};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    #[error("index {index} is beyond the tree's {size} leaves")]
    BeyondTree { index: u64, size: u64 },
    #[error("the older tree has {old} leaves, the newer only {new}")]
    Shrunk { old: u64, new: u64 },
    #[error("the proof has {given} hashes where {needed} are needed")]
    Length { given: usize, needed: usize },
    #[error("the proof leads to another root")]
    OtherRoot,
    #[error("the proof does not start from the older root")]
    OtherOldRoot,
}

/// The root of the tree of the first `size` leaves.
///
/// # Errors
/// When a node cannot be had.
pub fn root<N: Nodes>(nodes: &N, size: u64) -> Result<Hash, N::Error> {
    range_root(nodes, &(0..size))
}

/// The proof that the leaf at `index` is in the tree of the first `size` leaves, from the leaf upwards.
/// Empty when there is no such leaf.
///
/// # Errors
/// When a node cannot be had.
pub fn inclusion_proof<N: Nodes>(nodes: &N, index: u64, size: u64) -> Result<Vec<Hash>, N::Error> {
    inclusion_path(index, size).iter().map(|fork| range_root(nodes, &fork.sibling)).collect()
}

/// The proof that the tree of the first `old` leaves is a beginning of the tree of the first `new` leaves.
/// Empty when either is empty, when they are the same, or when `old` is beyond `new`.
///
/// # Errors
/// When a node cannot be had.
pub fn consistency_proof<N: Nodes>(nodes: &N, old: u64, new: u64) -> Result<Vec<Hash>, N::Error> {
    let path = consistency_path(old, new);
    path.start
        .iter()
        .chain(path.forks.iter().map(|fork| &fork.sibling))
        .map(|r| range_root(nodes, r))
        .collect()
}

/// Checks that the leaf with this hash is at `index` in the tree of this size and root.
///
/// # Errors
/// When it is not proven; the error says in what the proof fails.
pub fn verify_inclusion(
    leaf_hash: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::BeyondTree { index, size });
    }
    let path = inclusion_path(index, size);
    if proof.len() != path.len() {
        return Err(ProofError::Length { given: proof.len(), needed: path.len() });
    }
    let found = path.iter().zip(proof).fold(*leaf_hash, |hash, (fork, sibling)| fork.parent(&hash, sibling));
    if found == *root { Ok(()) } else { Err(ProofError::OtherRoot) }
}

/// What a verified inclusion proof says of smaller trees: the root of the leaves before `index`, and the root of
/// those with the one at `index`.
pub fn roots_beside(leaf_hash: &Hash, index: u64, size: u64, proof: &[Hash]) -> (Hash, Hash) {
    let path = inclusion_path(index, size);
    let left = path.iter().zip(proof).filter(|(fork, _)| fork.side == Side::Left).map(|(_, sibling)| sibling);
    let before = left.clone().copied().reduce(|root, sibling| node_hash(&sibling, &root));
    let with = left.fold(*leaf_hash, |root, sibling| node_hash(sibling, &root));
    (before.unwrap_or_else(empty_root), with)
}

/// Checks that the tree of `old` leaves and `old_root` is a beginning of the tree of `new` leaves and
/// `new_root`.
///
/// # Errors
/// When it is not proven; the error says in what the proof fails.
pub fn verify_consistency(
    old: u64,
    old_root: &Hash,
    new: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if old > new {
        return Err(ProofError::Shrunk { old, new });
    }
    if old == 0 && *old_root != empty_root() {
        return Err(ProofError::OtherOldRoot);
    }
    let path = consistency_path(old, new);
    let needed = path.forks.len() + usize::from(path.start.is_some());
    if proof.len() != needed {
        return Err(ProofError::Length { given: proof.len(), needed });
    }
    if old == 0 {
        return Ok(());
    }
    let (start, siblings) = match proof.split_first() {
        Some((start, siblings)) if path.start.is_some() => (start, siblings),
        _ => (old_root, proof),
    };
    let (mut old_found, mut new_found) = (*start, *start);
    for (fork, sibling) in path.forks.iter().zip(siblings) {
        if fork.side == Side::Left {
            old_found = fork.parent(&old_found, sibling);
        }
        new_found = fork.parent(&new_found, sibling);
    }
    if old_found != *old_root {
        Err(ProofError::OtherOldRoot)
    } else if new_found != *new_root {
        Err(ProofError::OtherRoot)
    } else {
        Ok(())
    }
}

/// A fork on the way through the tree: the leaves under the sibling, and on which side it is.
struct Fork {
    sibling: Range<u64>,
    side: Side,
}

#[derive(PartialEq)]
enum Side {
    Left,
    Right,
}

impl Fork {
    fn parent(&self, hash: &Hash, sibling: &Hash) -> Hash {
        match self.side {
            Side::Left => node_hash(sibling, hash),
            Side::Right => node_hash(hash, sibling),
        }
    }
}

/// The forks between the leaf at `index` and the root, from the leaf upwards.
fn inclusion_path(index: u64, size: u64) -> Vec<Fork> {
    let mut forks = Vec::new();
    let mut range = if index < size { 0..size } else { 0..0 };
    while range.end - range.start > 1 {
        descend(&mut range, index, &mut forks);
    }
    forks.reverse();
    forks
}

struct ConsistencyPath {
    /// The subtree that the walk ends at; the proof begins with its root, unless it is the whole older tree,
    /// whose root the verifier has.
    start: Option<Range<u64>>,
    forks: Vec<Fork>,
}

/// The walk to the last subtree that the older tree has in common with the newer one, from there upwards.
fn consistency_path(old: u64, new: u64) -> ConsistencyPath {
    let mut forks = Vec::new();
    if old == 0 || old > new {
        return ConsistencyPath { start: None, forks };
    }
    let mut range = 0..new;
    while range.end != old {
        descend(&mut range, old - 1, &mut forks);
    }
    forks.reverse();
    ConsistencyPath { start: (range.start != 0).then_some(range), forks }
}

/// Goes to the half of the range that holds the leaf, and notes the other half. The left half is the largest
/// power of two below the range's length.
fn descend(range: &mut Range<u64>, leaf: u64, forks: &mut Vec<Fork>) {
    let middle = range.start + (1 << (range.end - range.start - 1).ilog2());
    if leaf < middle {
        forks.push(Fork { sibling: middle..range.end, side: Side::Right });
        range.end = middle;
    } else {
        forks.push(Fork { sibling: range.start..middle, side: Side::Left });
        range.start = middle;
    }
}

/// The root over a range of leaves as the walk meets them: starting at a multiple of its largest subtree.
fn range_root<N: Nodes>(nodes: &N, range: &Range<u64>) -> Result<Hash, N::Error> {
    let hashes: Vec<Hash> = perfect_subtrees(range.start, range.end)
        .map(|(level, index)| nodes.node(level, index))
        .collect::<Result<_, _>>()?;
    Ok(join(hashes.into_iter()))
}
