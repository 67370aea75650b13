//! Checkpoints: the signed head of the tree, after C2SP [tlog-checkpoint](https://c2sp.org/tlog-checkpoint) and
//! [tlog-cosignature](https://c2sp.org/tlog-cosignature).
//!
//! A checkpoint is a signed note whose text is three lines: origin, decimal size, base64 root. The log signs
//! with a key (algorithm 0x01) whose name is the origin. Witnesses, who watch that the log only grows, may add
//! cosignatures (algorithm 0x04): 8 bytes of time in seconds since 1970, big-endian, and an Ed25519 signature
//! over `cosignature/v1\ntime <seconds>\n` and the note's text.
//!
//! [`open`] is the only way from a note to a [`Checkpoint`] to rely on:
//! * the log's own signature must be there and right; without it there is no checkpoint, whoever else signed;
//! * the origin is the name of the log's key;
//! * each signature that names a known key must be right, and no key signs twice;
//! * at least as many given witnesses as the quorum asks for have cosigned;
//! * extension lines are refused: nobody audits them, and this log never writes any;
//! * signatures by unknown keys are passed over, as the specification wants, but listed in
//!   [`Opened::unknown`]. [`open_closed`], which bundles and whole exports are read with, refuses them: in a
//!   document that is either verified or not, nothing may stand that was not checked.

use std::fmt;

use crate::note::{Algorithm, CosigningKey, KeyId, Note, NoteError, SignatureLine, SigningKey, VerifierKey};
use crate::tree::{Hash, LEAVES_MAX};

/// The head of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// `<host>/<workspace>`, the log's name.
    pub origin: String,
    /// Leaves in the tree.
    pub size: u64,
    pub root: Hash,
}

/// Whom a verifier believes: the log's key, and how many of which witnesses must have cosigned.
#[derive(Debug, Clone)]
pub struct Trust {
    key: VerifierKey,
    witnesses: Vec<VerifierKey>,
    quorum: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    #[error("`{0}` is a witness's key (algorithm 0x04) where the log's (0x01) is needed")]
    NotALogKey(String),
    #[error("`{0}` is a log's key (algorithm 0x01) where a witness's (0x04) is needed")]
    NotAWitnessKey(String),
    #[error("the witness key `{0}` is given twice, or is also the log's")]
    SameWitness(String),
    #[error(
        "a quorum of {quorum} cannot be reached with {given} witness keys; give more keys or ask for fewer"
    )]
    Quorum { quorum: usize, given: usize },
}

impl Trust {
    /// # Errors
    /// When a key is for another use, a witness counts twice, or the quorum cannot be reached.
    pub fn new(key: VerifierKey, witnesses: Vec<VerifierKey>, quorum: usize) -> Result<Trust, TrustError> {
        if key.algorithm() != Algorithm::Ed25519 {
            return Err(TrustError::NotALogKey(key.to_string()));
        }
        for (nth, witness) in witnesses.iter().enumerate() {
            if witness.algorithm() != Algorithm::Cosignature {
                return Err(TrustError::NotAWitnessKey(witness.to_string()));
            }
            // The cosigned message does not hold the witness's name: one key under two names is one witness.
            let same = |other: &VerifierKey| other.public() == witness.public();
            if same(&key) || witnesses[..nth].iter().any(same) {
                return Err(TrustError::SameWitness(witness.to_string()));
            }
        }
        if quorum > witnesses.len() {
            return Err(TrustError::Quorum { quorum, given: witnesses.len() });
        }
        Ok(Trust { key, witnesses, quorum })
    }

    pub fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// The same for a checkpoint that was kept from earlier: the log's key alone, for whoever kept it need not have
    /// had it cosigned.
    #[must_use]
    pub fn without_witnesses(&self) -> Trust {
        Trust { key: self.key.clone(), witnesses: Vec::new(), quorum: 0 }
    }
}

/// A checkpoint whose signatures were checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    pub checkpoint: Checkpoint,
    pub cosignatures: Vec<Cosignature>,
    /// Who else signed, by a key that is not known here.
    pub unknown: Vec<(String, KeyId)>,
}

/// A known witness's word that this was the largest tree it had seen of this log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosignature {
    pub witness: String,
    /// Seconds since 1970, by the witness's clock.
    pub time_seconds: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    #[error("the checkpoint is no signed note: {0}")]
    Note(#[from] NoteError),
    #[error("the checkpoint's text: {0}")]
    Text(&'static str),
    #[error("the checkpoint is not signed by the log's key `{0}`")]
    NotSigned(String),
    #[error("the signature by `{0}` is wrong")]
    BadSignature(String),
    #[error("`{0}` has signed twice")]
    SignedTwice(String),
    #[error("the checkpoint's origin is `{origin}`, but the key is for `{key}`")]
    OtherOrigin { origin: String, key: String },
    #[error("{given} of the given witnesses have cosigned where {quorum} are needed")]
    Quorum { given: usize, quorum: usize },
    #[error(
        "there is a signature by `{name}` (key id {id}) that cannot be checked; give its key as a witness's, or have the checkpoint exported without it"
    )]
    Unknown { name: String, id: KeyId },
}

impl Checkpoint {
    /// Signs the checkpoint as the log.
    ///
    /// # Errors
    /// When the origin is not the key's name, or makes no note.
    pub fn sign(&self, key: &SigningKey) -> Result<Note, CheckpointError> {
        if self.origin != key.verifier().name() {
            let key = key.verifier().name().to_owned();
            return Err(CheckpointError::OtherOrigin { origin: self.origin.clone(), key });
        }
        let text = self.to_string();
        let signature = key.sign(&text);
        Ok(Note::new(text, vec![signature])?)
    }

    /// Reads a checkpoint's text. Nothing in it is to be believed before [`open`] has checked who signed it.
    fn read(text: &str) -> Result<Checkpoint, CheckpointError> {
        let lines: Vec<&str> = text.strip_suffix('\n').unwrap_or(text).split('\n').collect();
        let [origin, size, root] = lines[..] else {
            return Err(CheckpointError::Text("three lines are needed: origin, size, root"));
        };
        if origin.is_empty() {
            return Err(CheckpointError::Text("the origin is empty"));
        }
        let size = size
            .parse()
            .ok()
            .filter(|number: &u64| number.to_string() == size && *number <= LEAVES_MAX)
            .ok_or(CheckpointError::Text("the size is no decimal number from 0 to 2^62"))?;
        let root = root
            .parse()
            .map_err(|_| CheckpointError::Text("the root is not 32 bytes in standard, padded base64"))?;
        Ok(Checkpoint { origin: origin.to_owned(), size, root })
    }
}

/// The text that is signed.
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.size, self.root)
    }
}

/// Cosigns a checkpoint as a witness, who must have made sure before that it is consistent with the largest
/// one it has cosigned of this log.
///
/// # Errors
/// When the note's text is no checkpoint.
pub fn cosign(note: &Note, key: &CosigningKey, time_seconds: u64) -> Result<SignatureLine, CheckpointError> {
    Checkpoint::read(note.text())?;
    Ok(key.sign_at(cosigned_message(note.text(), time_seconds).as_bytes(), time_seconds))
}

fn cosigned_message(text: &str, time_seconds: u64) -> String {
    format!("cosignature/v1\ntime {time_seconds}\n{text}")
}

/// Checks a note and reads the checkpoint in it. See the module for the rules.
///
/// # Errors
/// When a rule is broken.
pub fn open(note: &str, trust: &Trust) -> Result<Opened, CheckpointError> {
    let note: Note = note.parse()?;
    let mut signed = false;
    let mut cosignatures: Vec<Cosignature> = Vec::new();
    let mut unknown = Vec::new();
    for line in note.signatures() {
        if trust.key.is_named_by(line) {
            if signed {
                return Err(CheckpointError::SignedTwice(line.name.clone()));
            }
            check_signature(&trust.key, note.text(), line)?;
            signed = true;
        } else if let Some(witness) = trust.witnesses.iter().find(|witness| witness.is_named_by(line)) {
            let cosignature = check_cosignature(witness, note.text(), line)?;
            if cosignatures.iter().any(|other| other.witness == cosignature.witness) {
                return Err(CheckpointError::SignedTwice(line.name.clone()));
            }
            cosignatures.push(cosignature);
        } else {
            unknown.push((line.name.clone(), line.key_id));
        }
    }
    if !signed {
        return Err(CheckpointError::NotSigned(trust.key.to_string()));
    }
    let checkpoint = Checkpoint::read(note.text())?;
    if checkpoint.origin != trust.key.name() {
        let key = trust.key.name().to_owned();
        return Err(CheckpointError::OtherOrigin { origin: checkpoint.origin, key });
    }
    if cosignatures.len() < trust.quorum {
        return Err(CheckpointError::Quorum { given: cosignatures.len(), quorum: trust.quorum });
    }
    Ok(Opened { checkpoint, cosignatures, unknown })
}

/// As [`open`], and refuses a note with a signature that cannot be checked.
///
/// # Errors
/// When a rule is broken, or somebody signed whose key is not known.
pub fn open_closed(note: &str, trust: &Trust) -> Result<Opened, CheckpointError> {
    let opened = open(note, trust)?;
    match opened.unknown.first() {
        None => Ok(opened),
        Some((name, id)) => Err(CheckpointError::Unknown { name: name.clone(), id: *id }),
    }
}

fn check_signature(key: &VerifierKey, text: &str, line: &SignatureLine) -> Result<(), CheckpointError> {
    match line.signature.as_array() {
        Some(signature) if key.verifies(text.as_bytes(), signature) => Ok(()),
        _ => Err(CheckpointError::BadSignature(line.name.clone())),
    }
}

fn check_cosignature(
    witness: &VerifierKey,
    text: &str,
    line: &SignatureLine,
) -> Result<Cosignature, CheckpointError> {
    let bad = || CheckpointError::BadSignature(line.name.clone());
    let (time, signature) = line.signature.split_first_chunk().ok_or_else(bad)?;
    let time_seconds = u64::from_be_bytes(*time);
    let message = cosigned_message(text, time_seconds);
    match signature.as_array() {
        Some(signature)
            if i64::try_from(time_seconds).is_ok() && witness.verifies(message.as_bytes(), signature) =>
        {
            Ok(Cosignature { witness: line.name.clone(), time_seconds })
        }
        _ => Err(bad()),
    }
}

#[cfg(test)]
mod tests;
