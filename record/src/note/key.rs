//! Keys of notes.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::Signer;
use sha2::{Digest, Sha256};

use super::{KeyId, SignatureLine};
use crate::base64text;

/// How a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// 0x01: Ed25519 over the note's text.
    Ed25519,
    /// 0x04: Ed25519 over a time and a checkpoint's text; `cosignature/v1`.
    Cosignature,
}

impl Algorithm {
    fn byte(self) -> u8 {
        match self {
            Algorithm::Ed25519 => 0x01,
            Algorithm::Cosignature => 0x04,
        }
    }

    fn of(byte: u8) -> Option<Algorithm> {
        [Algorithm::Ed25519, Algorithm::Cosignature].into_iter().find(|one| one.byte() == byte)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error(
        "`{0}` cannot name a key: a name holds no space, no control character and no `+`, and is not empty"
    )]
    Name(String),
    #[error("not a key: the form is `<name>+<key id, 8 hexadecimal digits>+<base64>`")]
    Form,
    #[error("not a private key: the form is `PRIVATE+KEY+<name>+<key id, 8 hexadecimal digits>+<base64>`")]
    PrivateForm,
    #[error(
        "the key is for algorithm 0x{0:02x}, which is not for this use: a log signs with 0x01, a witness with 0x04"
    )]
    Algorithm(u8),
    #[error("the key's bytes are no Ed25519 public key, or a weak one")]
    Point,
    #[error("the key id is {given}, but name and key make {computed}: name or key was changed")]
    Id { given: String, computed: KeyId },
}

/// A public key with its name; its text form is the C2SP vkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    algorithm: Algorithm,
    public: ed25519_dalek::VerifyingKey,
}

impl VerifierKey {
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub fn public(&self) -> &[u8; 32] {
        self.public.as_bytes()
    }

    pub fn id(&self) -> KeyId {
        let digest: [u8; 32] = Sha256::new_with_prefix(&self.name)
            .chain_update([b'\n', self.algorithm.byte()])
            .chain_update(self.public.as_bytes())
            .finalize()
            .into();
        KeyId([digest[0], digest[1], digest[2], digest[3]])
    }

    /// Whether a signature line names this key; says nothing about the signature.
    pub(crate) fn is_named_by(&self, line: &SignatureLine) -> bool {
        line.name == self.name && line.key_id == self.id()
    }

    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        self.public.verify_strict(message, &signature).is_ok()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&key_text(&self.name, self.id(), self.algorithm, self.public.as_bytes()))
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<VerifierKey, KeyError> {
        let parts = KeyParts::read(text).ok_or(KeyError::Form)?;
        let algorithm = Algorithm::of(parts.algorithm).ok_or(KeyError::Algorithm(parts.algorithm))?;
        let public = ed25519_dalek::VerifyingKey::from_bytes(&parts.key).map_err(|_| KeyError::Point)?;
        // An encoding that decodes but would be written differently is another name for the same key.
        if public.is_weak() || public.to_edwards().compress().to_bytes() != parts.key {
            return Err(KeyError::Point);
        }
        parts.confirm(VerifierKey { name: checked_name(parts.name)?, algorithm, public })
    }
}

/// A log's private key.
#[derive(Clone)]
pub struct SigningKey(Secret);

/// A witness's private key.
#[derive(Clone)]
pub struct CosigningKey(Secret);

impl SigningKey {
    /// # Errors
    /// When the name cannot name a key.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<SigningKey, KeyError> {
        Secret::new(name, Algorithm::Ed25519, seed).map(SigningKey)
    }

    /// Reads what [`SigningKey::to_private_text`] writes.
    ///
    /// # Errors
    /// When the text is no private key of a log.
    pub fn from_private_text(text: &str) -> Result<SigningKey, KeyError> {
        Secret::read(text, Algorithm::Ed25519).map(SigningKey)
    }

    /// The key itself, to be kept secret.
    pub fn to_private_text(&self) -> String {
        self.0.text()
    }

    pub fn verifier(&self) -> VerifierKey {
        self.0.verifier()
    }

    /// Signs a note's text.
    pub fn sign(&self, text: &str) -> SignatureLine {
        self.0.line(self.0.key.sign(text.as_bytes()).to_bytes().to_vec())
    }
}

impl CosigningKey {
    /// # Errors
    /// When the name cannot name a key.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<CosigningKey, KeyError> {
        Secret::new(name, Algorithm::Cosignature, seed).map(CosigningKey)
    }

    /// Reads what [`CosigningKey::to_private_text`] writes.
    ///
    /// # Errors
    /// When the text is no private key of a witness.
    pub fn from_private_text(text: &str) -> Result<CosigningKey, KeyError> {
        Secret::read(text, Algorithm::Cosignature).map(CosigningKey)
    }

    /// The key itself, to be kept secret.
    pub fn to_private_text(&self) -> String {
        self.0.text()
    }

    pub fn verifier(&self) -> VerifierKey {
        self.0.verifier()
    }

    pub(crate) fn sign_at(&self, message: &[u8], time_seconds: u64) -> SignatureLine {
        let signature = self.0.key.sign(message).to_bytes();
        self.0.line([&time_seconds.to_be_bytes()[..], &signature].concat())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.verifier())
    }
}

impl fmt::Debug for CosigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CosigningKey({})", self.verifier())
    }
}

#[derive(Clone)]
struct Secret {
    name: String,
    algorithm: Algorithm,
    key: ed25519_dalek::SigningKey,
}

const PRIVATE_PREFIX: &str = "PRIVATE+KEY+";

impl Secret {
    fn new(name: &str, algorithm: Algorithm, seed: &[u8; 32]) -> Result<Secret, KeyError> {
        Ok(Secret { name: checked_name(name)?, algorithm, key: ed25519_dalek::SigningKey::from_bytes(seed) })
    }

    fn read(text: &str, algorithm: Algorithm) -> Result<Secret, KeyError> {
        let parts =
            text.strip_prefix(PRIVATE_PREFIX).and_then(KeyParts::read).ok_or(KeyError::PrivateForm)?;
        if parts.algorithm != algorithm.byte() {
            return Err(KeyError::Algorithm(parts.algorithm));
        }
        let secret = Secret::new(parts.name, algorithm, &parts.key)?;
        parts.confirm(secret.verifier())?;
        Ok(secret)
    }

    fn text(&self) -> String {
        let id = self.verifier().id();
        format!("{PRIVATE_PREFIX}{}", key_text(&self.name, id, self.algorithm, self.key.as_bytes()))
    }

    fn verifier(&self) -> VerifierKey {
        VerifierKey { name: self.name.clone(), algorithm: self.algorithm, public: self.key.verifying_key() }
    }

    fn line(&self, signature: Vec<u8>) -> SignatureLine {
        SignatureLine { name: self.name.clone(), key_id: self.verifier().id(), signature }
    }
}

/// What public and private key texts share: `<name>+<id>+base64(algorithm || 32 bytes)`.
struct KeyParts<'a> {
    name: &'a str,
    id: &'a str,
    algorithm: u8,
    key: [u8; 32],
}

impl<'a> KeyParts<'a> {
    fn read(text: &'a str) -> Option<KeyParts<'a>> {
        let (name, rest) = text.split_once('+')?;
        let (id, base64) = rest.split_once('+')?;
        let bytes: [u8; 33] = base64text::decode_array(base64)?;
        let (algorithm, key) = bytes.split_first()?;
        Some(KeyParts { name, id, algorithm: *algorithm, key: key.try_into().ok()? })
    }

    fn confirm(&self, key: VerifierKey) -> Result<VerifierKey, KeyError> {
        let computed = key.id();
        if self.id == computed.to_string() {
            Ok(key)
        } else {
            Err(KeyError::Id { given: self.id.to_owned(), computed })
        }
    }
}

fn key_text(name: &str, id: KeyId, algorithm: Algorithm, key: &[u8; 32]) -> String {
    let bytes = [&[algorithm.byte()], &key[..]].concat();
    format!("{name}+{id}+{}", base64text::encode(bytes))
}

fn checked_name(name: &str) -> Result<String, KeyError> {
    if is_name(name) { Ok(name.to_owned()) } else { Err(KeyError::Name(name.to_owned())) }
}

pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+')
}
