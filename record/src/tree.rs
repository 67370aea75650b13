//! The Merkle tree of RFC 6962: leaf `H(0x00 || leaf)`, node `H(0x01 || left || right)`, `H` SHA-256.
//!
//! A tree of `n` leaves is, read from the left, a row of perfect subtrees, one for each bit of `n`. A node is
//! named by its `level` (0: leaf hashes) and its `index` within the level; it covers the leaves from
//! `index << level` to `(index + 1) << level`. Nodes never change once they are complete, so all that
//! appending needs is the row itself ([`Frontier`]), and all that proofs need is a way to look up complete
//! nodes ([`Nodes`]), which [`crate::tile`] answers from stored tiles.

mod frontier;
mod proof;

pub use frontier::{Frontier, Full};
pub(crate) use frontier::{join, perfect_subtrees};
pub use proof::{
    ProofError, consistency_proof, inclusion_proof, root, roots_beside, verify_consistency, verify_inclusion,
};

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use crate::base64text;

/// A node or root of the tree; its text form is base64.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

pub const HASH_BYTES: usize = 32;

/// A tree never has more leaves than this, so that no index or shift overflows.
pub const LEAVES_MAX: u64 = 1 << 62;

pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Hash(Sha256::new_with_prefix([0x00]).chain_update(leaf).finalize().into())
}

pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut bytes = [0x01; 1 + 2 * HASH_BYTES];
    bytes[1..=HASH_BYTES].copy_from_slice(&left.0);
    bytes[1 + HASH_BYTES..].copy_from_slice(&right.0);
    Hash(Sha256::digest(bytes).into())
}

/// The root of the tree without leaves: the hash of nothing.
pub fn empty_root() -> Hash {
    Hash(Sha256::digest([]).into())
}

/// Where complete nodes can be looked up.
pub trait Nodes {
    type Error;

    /// The node at `level` and `index`. Only asked for nodes that are complete in a tree of the size that the
    /// caller named.
    ///
    /// # Errors
    /// When the node cannot be had; the implementation says why.
    fn node(&self, level: u8, index: u64) -> Result<Hash, Self::Error>;
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64text::encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no hash: 32 bytes in standard, padded base64 are needed")]
pub struct HashError(String);

impl FromStr for Hash {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Self, HashError> {
        base64text::decode_array(text).map(Hash).ok_or_else(|| HashError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests;
