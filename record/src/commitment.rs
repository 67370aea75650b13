//! Commitments: a leaf names what it is about by a hash that hides it.
//!
//! `commit(label, r, payload) = H("lockkeeper/commit/v1\0" || len64(label) || label || len64(r) || r ||
//! len64(payload) || payload)` with `H` SHA-256 and `len64` the length as 8 bytes, big-endian. `r` is 32
//! random bytes: without `r`, not even a guess of the payload can be checked, so deleting `r` and the payload
//! erases a person's data while leaf and tree stay as they are.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::base64text;

const DOMAIN: &[u8] = b"lockkeeper/commit/v1\0";

/// What a commitment is about; commitments of different labels never coincide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// The body of a fact.
    Body,
    /// Content proposed, approved or sent: exactly what a channel is given.
    Content,
}

impl Label {
    pub fn as_str(self) -> &'static str {
        match self {
            Label::Body => "body",
            Label::Content => "content",
        }
    }
}

/// A commitment as it stands in a leaf; its text form is base64.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Commitment(pub [u8; 32]);

/// Commits to a payload, which must be canonical JSON (see [`crate::canonical`]) for others to recompute it.
///
/// `r` must come from a good random source and be fresh for each payload.
pub fn commit(label: Label, r: &[u8; 32], payload: &[u8]) -> Commitment {
    let mut hasher = Sha256::new();
    hasher.update(DOMAIN);
    for part in [label.as_str().as_bytes(), r, payload] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    Commitment(hasher.finalize().into())
}

/// What opens a commitment. Stored beside the fact, never in the leaf; deleted on erasure.
#[derive(Clone, PartialEq, Eq)]
pub struct Opening {
    pub r: [u8; 32],
    /// Canonical JSON.
    pub payload: Vec<u8>,
}

impl Opening {
    pub fn commitment(&self, label: Label) -> Commitment {
        commit(label, &self.r, &self.payload)
    }
}

/// Payloads are personal data, and `r` protects them: neither may slip into a log.
impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opening({} bytes)", self.payload.len())
    }
}

impl fmt::Display for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64text::encode(self.0))
    }
}

impl fmt::Debug for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Commitment({self})")
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no commitment: 32 bytes in standard, padded base64 are needed")]
pub struct CommitmentError(String);

impl FromStr for Commitment {
    type Err = CommitmentError;

    fn from_str(text: &str) -> Result<Self, CommitmentError> {
        base64text::decode_array(text).map(Commitment).ok_or_else(|| CommitmentError(text.to_owned()))
    }
}

impl Serialize for Commitment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        base64text::serialize(self.0, serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed apart from this code, with Python's hashlib:
    /// `sha256(b"lockkeeper/commit/v1\0" + L(label) + label + L(r) + r + L(p) + p)`, `L(x) = len(x).to_bytes(8, "big")`.
    #[test]
    fn a_known_commitment() {
        let r: [u8; 32] = std::array::from_fn(|i| i as u8);
        let body = commit(Label::Body, &r, br#"{"name":"Ada"}"#);
        let content = commit(Label::Content, &r, br#"{"name":"Ada"}"#);
        assert_eq!(body.to_string(), "Ho6sVl9ssEynRlt7Kdptr+HLg/gfR8A83b4LWRrH3Q8=");
        assert_eq!(content.to_string(), "bqBuZbqSeGu1eV6koOBHFG4lnYu+LgjTtfOsRZnwe6I=");
    }

    #[test]
    fn every_input_counts() {
        let base = commit(Label::Body, &[7; 32], b"ab");
        assert_ne!(base, commit(Label::Content, &[7; 32], b"ab"));
        assert_ne!(base, commit(Label::Body, &[8; 32], b"ab"));
        assert_ne!(base, commit(Label::Body, &[7; 32], b"a"));
        assert_eq!(base, Opening { r: [7; 32], payload: b"ab".to_vec() }.commitment(Label::Body));
    }

    #[test]
    fn only_canonical_base64_of_32_bytes_is_a_commitment() {
        let text = commit(Label::Body, &[7; 32], b"ab").to_string();
        assert_eq!(text.parse::<Commitment>().unwrap().to_string(), text);
        let unpadded = text.trim_end_matches('=').to_owned();
        let spaced = format!("{text}\n");
        for bad in [unpadded, spaced, String::new(), base64text::encode([0; 31]), base64text::encode([0; 33])]
        {
            assert!(bad.parse::<Commitment>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_opening_does_not_print_what_it_opens() {
        let opening = Opening { r: [7; 32], payload: br#"{"name":"Ada"}"#.to_vec() };
        assert_eq!(format!("{opening:?}"), "Opening(14 bytes)");
    }
}
