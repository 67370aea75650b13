//! Witnesses, after C2SP [tlog-witness](https://c2sp.org/tlog-witness): what a log submits, and when a witness may cosign
//! it. A witness remembers the last tree it has cosigned of each log, and cosigns only what continues it.
//!
//! A submission is `old <size>`, the hashes of the consistency proof from that size in base64, each on a line, an empty
//! line, and the checkpoint as a signed note.

use std::fmt;

use crate::checkpoint::{Checkpoint, CheckpointError, Trust, open};
use crate::tree::{Hash, ProofError, verify_consistency};

/// Most hashes that a consistency proof can have.
const PROOF_HASHES_MAX: usize = 63;
/// Longest submission that is read, in bytes.
pub const SUBMISSION_BYTES_MAX: usize = 64 * 1024;

/// What a log asks a witness to cosign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The size that the log believes the witness has seen last; 0 for none.
    pub old: u64,
    /// The consistency proof from there.
    pub proof: Vec<Hash>,
    /// The signed note.
    pub note: String,
}

/// The last tree that a witness has cosigned of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub size: u64,
    pub root: Hash,
}

/// Why a witness does not cosign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the submission is not in its form: {0}")]
    Malformed(&'static str),
    #[error("the checkpoint is not one of this log: {0}")]
    Checkpoint(#[from] CheckpointError),
    #[error("the checkpoint has {new} leaves, fewer than the {old} it is said to continue")]
    Shrunk { old: u64, new: u64 },
    #[error("the last tree cosigned here has {} leaves", seen.map_or(0, |seen| seen.size))]
    OtherOld { seen: Option<Seen> },
    #[error("a tree of {size} leaves with another root was cosigned here: there are two pasts")]
    TwoPasts { size: u64 },
    #[error("the checkpoint does not continue the last tree cosigned here: {0}")]
    Inconsistent(#[from] ProofError),
}

impl Submission {
    /// Reads what a log submits.
    ///
    /// # Errors
    /// [`Refused::Malformed`] with what is wrong.
    pub fn parse(text: &str) -> Result<Submission, Refused> {
        let malformed = Refused::Malformed;
        if text.len() > SUBMISSION_BYTES_MAX {
            return Err(malformed("it is too long"));
        }
        let (head, note) = text.split_once("\n\n").ok_or(malformed("an empty line must end the proof"))?;
        let mut lines = head.split('\n');
        let old = lines.next().and_then(|line| line.strip_prefix("old "));
        let old = old.ok_or(malformed("it begins with `old ` and a size"))?;
        let size = old.parse::<u64>().ok().filter(|size| size.to_string() == old);
        let proof: Option<Vec<Hash>> = lines.map(|line| line.parse().ok()).collect();
        let proof = proof.ok_or(malformed("a line of the proof is not 32 bytes in base64"))?;
        if proof.len() > PROOF_HASHES_MAX {
            return Err(malformed("the proof is too long"));
        }
        let old = size.ok_or(malformed("the size is no decimal number"))?;
        Ok(Submission { old, proof, note: note.to_owned() })
    }

    /// Whether a witness that has seen `seen` of this log may cosign; the checkpoint that it then has seen. The log's
    /// own signature is checked under `trust`.
    ///
    /// # Errors
    /// Why not.
    pub fn judge(&self, trust: &Trust, seen: Option<Seen>) -> Result<Checkpoint, Refused> {
        let checkpoint = open(&self.note, trust)?.checkpoint;
        if self.old > checkpoint.size {
            return Err(Refused::Shrunk { old: self.old, new: checkpoint.size });
        }
        if self.old != seen.map_or(0, |seen| seen.size) {
            return Err(Refused::OtherOld { seen });
        }
        let Some(Seen { size, root }) = seen else {
            let nothing = self.proof.is_empty();
            return if nothing {
                Ok(checkpoint)
            } else {
                Err(Refused::Malformed("nothing is to be proved from 0"))
            };
        };
        if size == checkpoint.size && root != checkpoint.root {
            return Err(Refused::TwoPasts { size });
        }
        verify_consistency(size, &root, checkpoint.size, &checkpoint.root, &self.proof)?;
        Ok(checkpoint)
    }
}

/// As it is sent.
impl fmt::Display for Submission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.note)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::SigningKey;
    use crate::tree::{Frontier, consistency_proof, leaf_hash, node_hash, root};
    use std::convert::Infallible;

    /// A tree of `count` leaves, each of which says its number and which log it is of.
    struct Log(Vec<Hash>);

    impl crate::tree::Nodes for Log {
        type Error = Infallible;

        fn node(&self, level: u8, index: u64) -> Result<Hash, Infallible> {
            if level == 0 {
                return Ok(self.0[index as usize]);
            }
            Ok(node_hash(&self.node(level - 1, 2 * index)?, &self.node(level - 1, 2 * index + 1)?))
        }
    }

    fn log(mark: u8) -> Log {
        Log((0..20).map(|nth: u64| leaf_hash(&[&[mark][..], &nth.to_be_bytes()].concat())).collect())
    }

    fn key() -> SigningKey {
        SigningKey::from_seed("example.com/log", &[1; 32]).unwrap()
    }

    fn trust() -> Trust {
        Trust::new(key().verifier(), Vec::new(), 0).unwrap()
    }

    fn submission(log: &Log, old: u64, new: u64) -> Submission {
        let Ok(root) = root(log, new);
        let Ok(proof) = consistency_proof(log, old, new);
        let checkpoint = Checkpoint { origin: "example.com/log".into(), size: new, root };
        Submission { old, proof, note: checkpoint.sign(&key()).unwrap().to_string() }
    }

    fn seen(log: &Log, size: u64) -> Option<Seen> {
        let Ok(root) = root(log, size);
        Some(Seen { size, root })
    }

    #[test]
    fn a_submission_reads_back() {
        for (old, new) in [(0, 5), (3, 7), (7, 7)] {
            let sent = submission(&log(1), old, new);
            assert_eq!(Submission::parse(&sent.to_string()), Ok(sent));
        }
        for bad in ["", "old 3\n", "old 03\n\nx", "old -1\n\nx", "new 3\n\nx", "old 3\nnot base64\n\nx"] {
            assert!(matches!(Submission::parse(bad), Err(Refused::Malformed(_))), "{bad:?}");
        }
        let long = format!("old 1\n{}\nx", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n".repeat(64));
        assert!(Submission::parse(&long).is_err());
    }

    #[test]
    fn a_witness_cosigns_what_continues_the_last_it_saw() {
        let one = log(1);
        assert_eq!(submission(&one, 0, 5).judge(&trust(), None).unwrap().size, 5);
        for (old, new) in [(5, 9), (8, 16), (5, 5), (19, 20)] {
            assert_eq!(submission(&one, old, new).judge(&trust(), seen(&one, old)).unwrap().size, new);
        }
    }

    #[test]
    fn a_witness_refuses_everything_else() {
        let (one, two) = (log(1), log(2));
        let judge = |sent: &Submission, seen| sent.judge(&trust(), seen).unwrap_err();
        // Another past, or a second one of the same size.
        assert!(matches!(judge(&submission(&two, 5, 9), seen(&one, 5)), Refused::Inconsistent(_)));
        assert_eq!(judge(&submission(&two, 5, 5), seen(&one, 5)), Refused::TwoPasts { size: 5 });
        // Not from where this witness is, also backwards.
        assert_eq!(judge(&submission(&one, 3, 9), seen(&one, 5)), Refused::OtherOld { seen: seen(&one, 5) });
        assert_eq!(judge(&submission(&one, 3, 9), None), Refused::OtherOld { seen: None });
        assert_eq!(judge(&submission(&one, 0, 4), seen(&one, 5)), Refused::OtherOld { seen: seen(&one, 5) });
        let backwards = Submission { old: 5, ..submission(&one, 0, 3) };
        assert_eq!(judge(&backwards, seen(&one, 5)), Refused::Shrunk { old: 5, new: 3 });
        // Without the log's signature, or with another's.
        let mut forged = submission(&one, 5, 9);
        forged.note = forged.note.replace("example.com/log\n9", "example.com/log\n8");
        assert!(matches!(judge(&forged, seen(&one, 5)), Refused::Checkpoint(_)));
        let mut frontier = Frontier::default();
        frontier.append(leaf_hash(b"x")).unwrap();
        let other = SigningKey::from_seed("example.com/log", &[2; 32]).unwrap();
        let checkpoint = Checkpoint { origin: "example.com/log".into(), size: 1, root: frontier.root() };
        let unsigned =
            Submission { old: 0, proof: vec![], note: checkpoint.sign(&other).unwrap().to_string() };
        assert!(matches!(judge(&unsigned, None), Refused::Checkpoint(_)));
        let padded = Submission { proof: vec![Hash([0; 32])], ..submission(&one, 0, 5) };
        assert!(matches!(judge(&padded, None), Refused::Malformed(_)));
    }
}
