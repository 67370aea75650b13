//! Whether a bundle's log is the one that an older checkpoint was of, as far as the bundle's proofs reach.
//!
//! A bundle has no room for a consistency proof. But the proof of one leaf holds the roots of the tree up to that
//! leaf and just before it, so an older checkpoint of such a size is proven or refuted, as is one of the same size.
//! For any other the whole record ([`crate::whole`]) is needed, and [`Continues::Unknown`] says so.

use super::{NotVerified, Reason};
use crate::bundle::Bundle;
use crate::checkpoint::{CheckpointError, Trust, open, open_closed};
use crate::tree::{Hash, leaf_hash, roots_beside};

/// What a bundle says about an older checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Continues {
    /// The older tree is the beginning of this one.
    Proven,
    /// The bundle holds no proof that reaches the older tree of so many leaves.
    Unknown(u64),
}

/// Why the log is not the one that the older checkpoint was of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OlderError {
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error("it has {old} leaves, the bundle's only {new}")]
    Shrunk { old: u64, new: u64 },
    #[error(
        "the first {size} leaves have the root `{computed}` here, but `{signed}` there: the record was rewritten"
    )]
    Rewritten { size: u64, computed: Hash, signed: Hash },
}

/// Compares a bundle that was verified with an older checkpoint of its log. `since` is the older signed note.
///
/// # Errors
/// When the older checkpoint is not one of this log, or the log was rewritten after it.
pub fn continues(bundle: &[u8], trust: &Trust, since: &str) -> Result<Continues, NotVerified> {
    let wrong = |reason: Reason| NotVerified { fact: None, reason };
    let bundle = Bundle::parse(bundle).map_err(|error| wrong(error.into()))?;
    let new = open_closed(&bundle.checkpoint, trust).map_err(|error| wrong(error.into()))?.checkpoint;
    let older = |error: OlderError| wrong(error.into());
    let old = open(since, &trust.without_witnesses()).map_err(|error| older(error.into()))?.checkpoint;
    if old.size > new.size {
        return Err(older(OlderError::Shrunk { old: old.size, new: new.size }));
    }
    let mut roots = bundle.facts.iter().filter_map(|fact| {
        let (before, with) = roots_beside(&leaf_hash(&fact.leaf), fact.index, new.size, &fact.proof);
        match old.size.checked_sub(fact.index) {
            Some(0) => Some(before),
            Some(1) => Some(with),
            _ => None,
        }
    });
    let same = (old.size == new.size).then_some(new.root);
    match same.or_else(|| roots.next()) {
        None => Ok(Continues::Unknown(old.size)),
        Some(computed) if computed == old.root => Ok(Continues::Proven),
        Some(computed) => Err(older(OlderError::Rewritten { size: old.size, computed, signed: old.root })),
    }
}
