//! A leaf: one fact as it stands in the tree.
//!
//! The bytes are RFC 8785 (JCS) of one object with exactly the fields of [`Leaf`]. Only a plain alphabet is
//! allowed in its texts (no quote, backslash, space, `@` or letter beyond ASCII), for two reasons: a name, an
//! address or a sentence cannot get into a leaf by accident, from where nothing could ever erase it; and a leaf
//! is canonical without any escape, so writing and reading it is a walk along fixed text. There is one byte
//! form for each leaf: [`Leaf::parse`] accepts what [`Leaf::canonical`] writes and nothing else.
//!
//! | field | rule |
//! |---|---|
//! | `v` | 1 |
//! | `id`, `workspace`, `lead` | UUIDv7, lower case; `lead` null for a fact about the workspace |
//! | `kind` | lower-case words joined by `.`, at most 64 bytes |
//! | `at` | RFC 3339, UTC, microseconds: `2026-11-22T10:00:00.000000Z`; a real date; no leap second |
//! | `actor.id` | UUIDv7; for the system, a word as in `refs` |
//! | `playbook` | `sha256:` and 64 lower-case hex digits, or null |
//! | `body`, `content` | commitments, or null |
//! | `refs` | at most 32; names of `a`–`z`, `0`–`9`, `_`, at most 32 bytes; words of letters, digits and `-._:/+=`, at most 128 bytes; `proposal`, `message` and `account` are UUIDv7 |
//! | `decision` | given exactly when `kind` is `approval.decided`, which also needs `refs.proposal` |
//! | `evidence` | given exactly when `kind` is `approval.decided` and `actor.via` is `passkey`; then the actor is a member |

mod emit;
mod parse;
mod shape;

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::base64text;
use crate::commitment::Commitment;

/// The fact kinds that verification gives a meaning to; all others are free.
pub mod kind {
    pub const APPROVAL_DECIDED: &str = "approval.decided";
    /// `dispatch.attempted`, `dispatch.settled` and whatever else may come of letting something out.
    pub const DISPATCH_PREFIX: &str = "dispatch.";
    pub const LEAD_ERASED: &str = "lead.erased";
    pub const CREDENTIAL_ENROLLED: &str = "credential.enrolled";
    pub const CREDENTIAL_REVOKED: &str = "credential.revoked";
}

/// The names in `refs` that verification gives a meaning to.
pub mod reference {
    /// The proposal that was made, decided or dispatched.
    pub const PROPOSAL: &str = "proposal";
    /// The id of the same lead's fact before this one; lets a verifier see that none was left out between.
    pub const PREVIOUS: &str = "previous";
}

/// A leaf is at most this long, for entry bundles give its length in two bytes.
pub const LEAF_BYTES_MAX: usize = 65_535;

/// One fact. Serialises to the fields of its canonical form; is only ever read with [`Leaf::parse`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Leaf {
    pub v: Version,
    pub id: String,
    pub workspace: String,
    pub lead: Option<String>,
    pub kind: String,
    pub at: String,
    pub actor: Actor,
    pub playbook: Option<String>,
    pub body: Option<Commitment>,
    pub content: Option<Commitment>,
    pub refs: BTreeMap<String, String>,
    pub decision: Option<Decision>,
    pub evidence: Option<Evidence>,
}

/// The version of the leaf's form: `1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Version {
    #[default]
    V1,
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(1)
    }
}

/// Who did it, and through what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Actor {
    pub kind: ActorKind,
    pub id: String,
    pub via: Via,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ActorKind {
    Member,
    Agent,
    System,
}

impl ActorKind {
    const ALL: [ActorKind; 3] = [ActorKind::Member, ActorKind::Agent, ActorKind::System];

    pub fn as_str(self) -> &'static str {
        match self {
            ActorKind::Member => "member",
            ActorKind::Agent => "agent",
            ActorKind::System => "system",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    Session,
    Passkey,
    Token,
    Timer,
    Channel,
}

impl Via {
    const ALL: [Via; 5] = [Via::Session, Via::Passkey, Via::Token, Via::Timer, Via::Channel];

    pub fn as_str(self) -> &'static str {
        match self {
            Via::Session => "session",
            Via::Passkey => "passkey",
            Via::Token => "token",
            Via::Timer => "timer",
            Via::Channel => "channel",
        }
    }
}

/// A person's decision on a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    Approve,
    Edit,
    Reject,
    Respond,
}

impl Decision {
    const ALL: [Decision; 4] = [Decision::Approve, Decision::Edit, Decision::Reject, Decision::Respond];

    pub fn as_str(self) -> &'static str {
        match self {
            Decision::Approve => "approve",
            Decision::Edit => "edit",
            Decision::Reject => "reject",
            Decision::Respond => "respond",
        }
    }

    /// Whether something may go out after it.
    pub fn lets_out(self) -> bool {
        self != Decision::Reject
    }
}

/// What proves a decision beyond the server's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Evidence {
    Passkey(PasskeyEvidence),
}

/// A WebAuthn assertion over the approval's challenge; all base64 in the leaf.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PasskeyEvidence {
    /// The credential id, 1 to 1,023 bytes.
    #[serde(serialize_with = "base64text::serialize")]
    pub credential: Vec<u8>,
    /// `clientDataJSON` as the browser gave it, at most 4,096 bytes.
    #[serde(serialize_with = "base64text::serialize")]
    pub client_data: Vec<u8>,
    /// At most 4,096 bytes.
    #[serde(serialize_with = "base64text::serialize")]
    pub authenticator_data: Vec<u8>,
    /// ECDSA P-256 over SHA-256, ASN.1 DER, at most 80 bytes.
    #[serde(serialize_with = "base64text::serialize")]
    pub signature: Vec<u8>,
    #[serde(serialize_with = "base64text::serialize")]
    pub nonce: [u8; 32],
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// The bytes are not a leaf's canonical form.
    #[error(
        "byte {at}: expected {expected}; a leaf is canonical JSON (RFC 8785) with each of its fields once, \
         and nothing else"
    )]
    Malformed { at: usize, expected: String },
    /// A field holds what it must not.
    #[error("`{field}`: `{value}` is not {expected}")]
    Field { field: String, value: String, expected: &'static str },
    /// Fields that contradict each other.
    #[error("{0}")]
    Contradiction(&'static str),
}

impl Leaf {
    /// The leaf's bytes, as they are hashed into the tree.
    ///
    /// # Errors
    /// When a field breaks the rules of the module's table. What is in the record stays there, so nothing gets
    /// past here that a verifier would refuse.
    pub fn canonical(&self) -> Result<Vec<u8>, LeafError> {
        self.check()?;
        Ok(emit::emit(self))
    }

    /// Reads a leaf's bytes.
    ///
    /// # Errors
    /// When the bytes are anything but what [`Leaf::canonical`] writes; the error names the place.
    pub fn parse(bytes: &[u8]) -> Result<Leaf, LeafError> {
        let leaf = parse::parse(bytes)?;
        leaf.check()?;
        Ok(leaf)
    }

    pub fn proposal(&self) -> Option<&str> {
        self.refs.get(reference::PROPOSAL).map(String::as_str)
    }
}

#[cfg(test)]
mod tests;
