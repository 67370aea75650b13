//! From a fact as the domain tells it to a fact as the record keeps it: the leaf's bytes, and what opens the
//! commitments in it.

use flow::approval::{Choice, PasskeySignature};
use flow::fact::Entry;
use flow::ids::WorkspaceId;
use flow::terms::{self, Content, Seal, Sealed, Via, Who};
use jiff::tz::Offset;
use record::canonical::{CanonicalError, canonical};
use record::commitment::{Label, Opening, commit};
use record::leaf::{Actor, ActorKind, Decision, Evidence, Leaf, PasskeyEvidence, Version};

/// The system's id as an actor in a leaf.
const SYSTEM: &str = "lockkeeper";

/// A fact with its leaf made, ready to be committed.
#[derive(Debug, Clone, PartialEq)]
pub struct SealedEntry {
    workspace: WorkspaceId,
    entry: Entry,
    leaf: Vec<u8>,
    body: Opening,
    content: Option<Opening>,
}

/// Why a fact cannot stand in the record: defects of whoever made it, not of what a customer sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// A value that JSON readers disagree about.
    #[error("fact {kind}: {error}")]
    NotCanonical {
        /// Of which fact.
        kind: &'static str,
        /// What is wrong.
        error: CanonicalError,
    },
    /// Something in the leaf that must not be there.
    #[error("fact {kind}: {error}")]
    Leaf {
        /// Of which fact.
        kind: &'static str,
        /// What is wrong.
        error: record::leaf::LeafError,
    },
    /// The serialised fact is not `{"body":…,"kind":…}`.
    #[error("fact {0}: its serialised form does not have its kind and a body")]
    NoBody(&'static str),
    /// Times in the record have microseconds.
    #[error(
        "fact {kind}: `{at}` is finer than a microsecond; cut the time with `store::micros` before deciding"
    )]
    TooFine {
        /// Of which fact.
        kind: &'static str,
        /// The time.
        at: String,
    },
    /// What was sealed is not what is there.
    #[error("fact {0}: the content is not what its commitment was made of")]
    OtherContent(&'static str),
}

impl SealedEntry {
    /// Makes the leaf of a fact. `blinding` is 32 fresh random bytes that hide the body; the content brings its own.
    ///
    /// # Errors
    /// A [`LeafError`] when the fact holds what a record must not, or its content is not what was sealed.
    pub fn new(workspace: WorkspaceId, entry: &Entry, blinding: [u8; 32]) -> Result<SealedEntry, LeafError> {
        let kind = entry.fact.kind();
        if entry.at.as_nanosecond() % 1_000 != 0 {
            return Err(LeafError::TooFine { kind, at: entry.at.to_string() });
        }
        let body = Opening { r: blinding, payload: body(entry)? };
        let content = entry.content.as_ref().map(|sealed| content(kind, sealed)).transpose()?;
        let leaf = Leaf {
            v: Version::V1,
            id: entry.id.to_string(),
            workspace: workspace.to_string(),
            lead: entry.lead.map(|lead| lead.to_string()),
            kind: kind.to_owned(),
            at: time(entry.at),
            actor: actor(&entry.actor),
            playbook: entry.playbook.as_ref().map(|digest| format!("sha256:{digest}")),
            body: Some(body.commitment(Label::Body)),
            content: entry.content.as_ref().map(|sealed| record::commitment::Commitment(sealed.commitment.0)),
            refs: entry.fact.refs().into_iter().map(|(name, id)| (name.to_owned(), id)).collect(),
            decision: entry.fact.decision().map(decision),
            evidence: entry.fact.signature().map(evidence),
        };
        let leaf = leaf.canonical().map_err(|error| LeafError::Leaf { kind, error })?;
        Ok(SealedEntry { workspace, entry: entry.clone(), leaf, body, content })
    }

    /// The workspace that its leaf names.
    pub fn workspace(&self) -> WorkspaceId {
        self.workspace
    }

    /// The fact.
    pub fn entry(&self) -> &Entry {
        &self.entry
    }

    /// The member or agent who did it; none where Lockkeeper did it by itself.
    pub fn actor(&self) -> Option<uuid::Uuid> {
        match self.entry.actor.who {
            Who::Member(id) => Some(id.0),
            Who::Agent(id) => Some(id.0),
            Who::System => None,
        }
    }

    /// Canonical bytes of its leaf.
    pub fn leaf(&self) -> &[u8] {
        &self.leaf
    }

    /// What opens the commitment to its body.
    pub fn body(&self) -> &Opening {
        &self.body
    }

    /// What opens the commitment to its content, where it is about one.
    pub fn content(&self) -> Option<&Opening> {
        self.content.as_ref()
    }
}

/// The record's commitment scheme, to be lent to the domain.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sealing;

impl Seal for Sealing {
    fn commit(&self, content: &Content, blinding: &[u8; 32]) -> terms::Commitment {
        // Content is texts and lists of texts, which always have a canonical form; were it otherwise one day, the
        // empty payload's commitment would be refused by `SealedEntry::new`, which makes it again.
        let payload = canonical(content).unwrap_or_default();
        terms::Commitment(commit(Label::Content, blinding, &payload).0)
    }
}

/// A time as the record and the store keep it: cut to whole microseconds.
pub fn micros(time: jiff::Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time)
}

/// The `body` part of the serialised fact. Canonical JSON sorts its two keys, so the body lies between known texts.
fn body(entry: &Entry) -> Result<Vec<u8>, LeafError> {
    let kind = entry.fact.kind();
    let mut whole = canonical(&entry.fact).map_err(|error| LeafError::NotCanonical { kind, error })?;
    let (before, after) = (br#"{"body":"#, format!(r#","kind":"{kind}"}}"#));
    if !whole.starts_with(before) || !whole.ends_with(after.as_bytes()) {
        return Err(LeafError::NoBody(kind));
    }
    whole.truncate(whole.len() - after.len());
    whole.drain(..before.len());
    Ok(whole)
}

fn content(kind: &'static str, sealed: &Sealed) -> Result<Opening, LeafError> {
    let payload = canonical(&sealed.content).map_err(|error| LeafError::NotCanonical { kind, error })?;
    let opening = Opening { r: sealed.blinding, payload };
    if opening.commitment(Label::Content).0 != sealed.commitment.0 {
        return Err(LeafError::OtherContent(kind));
    }
    Ok(opening)
}

fn time(at: jiff::Timestamp) -> String {
    let utc = Offset::UTC.to_datetime(at);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
        utc.year(),
        utc.month(),
        utc.day(),
        utc.hour(),
        utc.minute(),
        utc.second(),
        utc.subsec_nanosecond() / 1_000,
    )
}

fn actor(actor: &terms::Actor) -> Actor {
    let (kind, id) = match actor.who {
        Who::Member(id) => (ActorKind::Member, id.to_string()),
        Who::Agent(id) => (ActorKind::Agent, id.to_string()),
        Who::System => (ActorKind::System, SYSTEM.to_owned()),
    };
    let via = match actor.via {
        Via::Session => record::leaf::Via::Session,
        Via::Passkey => record::leaf::Via::Passkey,
        Via::Token => record::leaf::Via::Token,
        Via::Timer => record::leaf::Via::Timer,
        Via::Channel => record::leaf::Via::Channel,
    };
    Actor { kind, id, via }
}

fn evidence(signed: &PasskeySignature) -> Evidence {
    Evidence::Passkey(PasskeyEvidence {
        credential: signed.credential.clone(),
        client_data: signed.client_data.clone(),
        authenticator_data: signed.authenticator_data.clone(),
        signature: signed.signature.clone(),
        nonce: signed.nonce,
    })
}

fn decision(choice: Choice) -> Decision {
    match choice {
        Choice::Approve => Decision::Approve,
        Choice::Edit => Decision::Edit,
        Choice::Reject => Decision::Reject,
        Choice::Respond => Decision::Respond,
    }
}
