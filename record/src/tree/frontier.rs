//! The right edge of a growing tree.

use super::{Hash, LEAVES_MAX, Nodes, empty_root, node_hash};

/// The perfect subtrees that a tree consists of, the largest first: at most 62 hashes, enough to append leaves
/// and to know the root.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    subtrees: Vec<Hash>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the tree is full: it holds {LEAVES_MAX} leaves")]
pub struct Full;

impl Frontier {
    /// Takes up a tree of `size` leaves again.
    ///
    /// # Errors
    /// When a node cannot be had.
    pub fn resume<N: Nodes>(size: u64, nodes: &N) -> Result<Frontier, N::Error> {
        let subtrees = perfect_subtrees(0, size).map(|(level, index)| nodes.node(level, index));
        Ok(Frontier { size, subtrees: subtrees.collect::<Result<_, _>>()? })
    }

    pub fn size(&self) -> u64 {
        self.size
    }

    pub fn root(&self) -> Hash {
        join(self.subtrees.iter().copied())
    }

    /// Appends a leaf.
    ///
    /// # Errors
    /// When the tree is full.
    pub fn append(&mut self, leaf_hash: Hash) -> Result<(), Full> {
        self.append_noting(leaf_hash, |_, _, _| {})
    }

    /// Appends a leaf and tells `completed` each node that this completes, as level, index and hash, from the
    /// leaf upwards.
    ///
    /// # Errors
    /// When the tree is full; then nothing was appended.
    pub fn append_noting(
        &mut self,
        leaf_hash: Hash,
        mut completed: impl FnMut(u8, u64, Hash),
    ) -> Result<(), Full> {
        if self.size >= LEAVES_MAX {
            return Err(Full);
        }
        let (mut hash, mut level, mut index) = (leaf_hash, 0, self.size);
        completed(level, index, hash);
        while index & 1 == 1 {
            let Some(left) = self.subtrees.pop() else { break };
            hash = node_hash(&left, &hash);
            (level, index) = (level + 1, index >> 1);
            completed(level, index, hash);
        }
        self.subtrees.push(hash);
        self.size += 1;
        Ok(())
    }
}

/// The root over adjoining perfect subtrees, the largest first: each is the left sibling of all that follow.
pub(crate) fn join(subtrees: impl DoubleEndedIterator<Item = Hash>) -> Hash {
    subtrees.rev().reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(empty_root)
}

/// The perfect subtrees, as level and index, that the leaves `start..end` consist of; the largest first.
/// `start` must be a multiple of the largest.
pub(crate) fn perfect_subtrees(start: u64, end: u64) -> impl DoubleEndedIterator<Item = (u8, u64)> {
    let count = end - start;
    (0_u8..64).rev().filter(move |level| (count >> level) & 1 == 1).map(move |level| {
        let covered_by_larger = count & (u64::MAX << level << 1);
        (level, (start + covered_by_larger) >> level)
    })
}
