//! Signed notes, after C2SP [signed-note](https://c2sp.org/signed-note): a text, an empty line, and lines of
//! signatures, each `— <key name> base64(key id || signature)`.
//!
//! Keys are Ed25519 and verification is strict (RFC 8032 with small-order points refused), so that every
//! verifier agrees on every signature. The key id is the first 4 bytes of
//! `H(name || "\n" || algorithm || public key)`. Two algorithms are known: 0x01, a signature over the text, and
//! 0x04, the timestamped cosignature of a witness (see [`crate::checkpoint`]).
//!
//! Keys travel as text: `<name>+<key id in hex>+base64(algorithm || public key)` for verifying, and
//! `PRIVATE+KEY+<name>+<key id in hex>+base64(algorithm || seed)` for signing.

mod key;

pub use key::{Algorithm, CosigningKey, KeyError, SigningKey, VerifierKey};

use std::fmt;
use std::str::FromStr;

use crate::base64text;

/// Longest note that is read, in bytes.
pub const NOTE_BYTES_MAX: usize = 512 * 1024;
/// Most signature lines that are read.
pub const SIGNATURES_MAX: usize = 100;

const LINE_START: &str = "\u{2014} ";

/// A note as it stands; nothing in it is to be believed before a signature is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// With the newline at its end; what is signed.
    text: String,
    signatures: Vec<SignatureLine>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureLine {
    pub name: String,
    pub key_id: KeyId,
    pub signature: Vec<u8>,
}

/// Tells keys of one name apart; not a fingerprint.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyId(pub [u8; 4]);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    #[error("the note is longer than {NOTE_BYTES_MAX} bytes")]
    TooLong,
    #[error("the note has more than {SIGNATURES_MAX} signatures")]
    TooManySignatures,
    #[error("byte {at}: a note holds no control characters but newlines")]
    ControlCharacter { at: usize },
    #[error(
        "the note has no signatures: an empty line and at least one line `{LINE_START}<name> <base64>` end it"
    )]
    Unsigned,
    #[error("signature line {nth}: {problem}")]
    BadSignatureLine { nth: usize, problem: &'static str },
}

impl Note {
    /// A note from its parts.
    ///
    /// # Errors
    /// When together they make no note that reads back the same.
    pub fn new(text: String, signatures: Vec<SignatureLine>) -> Result<Note, NoteError> {
        let note = Note { text, signatures };
        note.to_string().parse::<Note>().map(|_| note)
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn signatures(&self) -> &[SignatureLine] {
        &self.signatures
    }

    /// The same note with one more signature.
    ///
    /// # Errors
    /// When that is more signatures than a note may have.
    pub fn with(mut self, signature: SignatureLine) -> Result<Note, NoteError> {
        self.signatures.push(signature);
        Note::new(self.text, self.signatures)
    }
}

impl FromStr for Note {
    type Err = NoteError;

    fn from_str(note: &str) -> Result<Note, NoteError> {
        if note.len() > NOTE_BYTES_MAX {
            return Err(NoteError::TooLong);
        }
        if let Some(at) = note.bytes().position(|byte| byte < 0x20 && byte != b'\n') {
            return Err(NoteError::ControlCharacter { at });
        }
        // Texts may hold empty lines; the last one ends them.
        let end = note.rfind("\n\n").ok_or(NoteError::Unsigned)?;
        let (text, lines) = (&note[..=end], &note[end + 2..]);
        let lines = lines.strip_suffix('\n').ok_or(NoteError::Unsigned)?;
        if lines.split('\n').count() > SIGNATURES_MAX {
            return Err(NoteError::TooManySignatures);
        }
        let signatures = (1..).zip(lines.split('\n')).map(|(nth, line)| signature_line(nth, line));
        Ok(Note { text: text.to_owned(), signatures: signatures.collect::<Result<_, _>>()? })
    }
}

fn signature_line(nth: usize, line: &str) -> Result<SignatureLine, NoteError> {
    let problem = |problem| NoteError::BadSignatureLine { nth, problem };
    let line = line.strip_prefix(LINE_START).ok_or(problem("it must begin with `— `"))?;
    let (name, base64) = line.split_once(' ').ok_or(problem("a name and base64 are needed"))?;
    if !key::is_name(name) {
        return Err(problem("the name is empty or holds a space or `+`"));
    }
    let bytes = base64text::decode(base64).ok_or(problem("not standard, padded base64"))?;
    match bytes.split_first_chunk() {
        Some((id, signature)) if !signature.is_empty() => {
            Ok(SignatureLine { name: name.to_owned(), key_id: KeyId(*id), signature: signature.to_vec() })
        }
        _ => Err(problem("too short for a key id and a signature")),
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl fmt::Display for SignatureLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.key_id.0[..], &self.signature].concat();
        write!(f, "{LINE_START}{} {}", self.name, base64text::encode(bytes))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

#[cfg(test)]
mod tests;
