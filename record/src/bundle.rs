//! Bundles: all that the record holds of one lead, in one JSON object that proves itself.
//!
//! `{"format":"lockkeeper.bundle/v1","origin","log_key","checkpoint":"<note>","facts":[{"index":n,"leaf":
//! "<base64>","proof":["<base64>",…],"openings":{"body":{"r","payload"},"content":{"r","payload"}}}]}`
//!
//! A bundle has one byte form, so that a changed byte is a changed bundle:
//! * canonical JSON (RFC 8785), after which one newline may stand, for shells and editors add one;
//! * `r` (32 bytes), `payload` (the canonical JSON that was committed to), `leaf` and each hash of `proof` are
//!   standard, padded base64;
//! * `openings` is always there; `body` and `content` in it are there or not, never null;
//! * `facts` in rising order of `index`; `proof` from the leaf upwards, as in RFC 6962.
//!
//! [`Bundle::parse`] holds a bundle to its form; whether it is true is for [`crate::verify`].

mod emit;
mod parse;

use crate::commitment::Opening;
use crate::note::{Note, VerifierKey};
use crate::tree::{Hash, Nodes, inclusion_proof};

pub const FORMAT: &str = "lockkeeper.bundle/v1";

/// Longest bundle that is read, in bytes.
pub const BUNDLE_BYTES_MAX: usize = 64 * 1024 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    pub origin: String,
    /// The log's public key as text; a convenience, for a verifier brings its own.
    pub log_key: String,
    /// The signed note.
    pub checkpoint: String,
    pub facts: Vec<BundledFact>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundledFact {
    /// The leaf's place in the tree.
    pub index: u64,
    pub leaf: Vec<u8>,
    /// The inclusion proof in the checkpoint's tree.
    pub proof: Vec<Hash>,
    pub openings: Openings,
}

/// What opens a fact's commitments, as far as there are any and they are not erased.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Openings {
    pub body: Option<Opening>,
    pub content: Option<Opening>,
}

/// A fact to be bundled: what a store keeps of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub index: u64,
    pub leaf: Vec<u8>,
    pub openings: Openings,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    #[error("the bundle is longer than {BUNDLE_BYTES_MAX} bytes")]
    TooLong,
    #[error("the bundle is not well formed: {0}")]
    Malformed(String),
    #[error("`{place}` is not {expected}")]
    Field { place: String, expected: &'static str },
    #[error("the bundle is not in canonical form (RFC 8785): it differs first at byte {at}")]
    NotCanonical { at: usize },
}

impl Bundle {
    /// Puts a bundle together: brings the facts in order and proves each in the tree of the first `size`
    /// leaves, the one that the checkpoint speaks of.
    ///
    /// # Errors
    /// When a node cannot be had.
    pub fn build<N: Nodes>(
        log_key: &VerifierKey,
        checkpoint: &Note,
        size: u64,
        mut entries: Vec<Entry>,
        nodes: &N,
    ) -> Result<Bundle, N::Error> {
        entries.sort_by_key(|entry| entry.index);
        let facts = entries.into_iter().map(|Entry { index, leaf, openings }| {
            let proof = inclusion_proof(nodes, index, size)?;
            Ok(BundledFact { index, leaf, proof, openings })
        });
        Ok(Bundle {
            origin: log_key.name().to_owned(),
            log_key: log_key.to_string(),
            checkpoint: checkpoint.to_string(),
            facts: facts.collect::<Result<_, _>>()?,
        })
    }

    /// The bundle's bytes, to be written as they are, without a newline after them.
    pub fn to_bytes(&self) -> Vec<u8> {
        emit::emit(self)
    }

    /// Reads a bundle's bytes.
    ///
    /// # Errors
    /// When they are anything but what [`Bundle::to_bytes`] writes, but for one newline at the end; the error
    /// names the place.
    pub fn parse(bytes: &[u8]) -> Result<Bundle, BundleError> {
        parse::parse(bytes)
    }
}
