//! Whether facts, in their order, tell a story that may be: decided before dispatched, signed by who was
//! enrolled, nothing missing between. The rules are written out in the parent module.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use super::gate::{Gate, Passage};
use crate::base64text;
use crate::commitment::Opening;
use crate::leaf::{Evidence, Leaf, PasskeyEvidence, kind, reference};
use crate::passkey::{Challenge, PasskeyError, verify_assertion};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoryError {
    #[error("it was dispatched under proposal `{0}`, on which nobody had decided before")]
    NotDecided(String),
    #[error("it was dispatched under proposal `{0}`, but what was decided there was other content")]
    OtherContent(String),
    #[error("it was dispatched under proposal `{0}`, which had been rejected")]
    Rejected(String),
    #[error("it was dispatched under proposal `{0}`, which was decided for another lead")]
    OtherLead(String),
    #[error("its content had been rejected, but was dispatched without a proposal")]
    RejectedContent,
    #[error("a passkey signed where nothing was decided")]
    NothingDecided,
    #[error("the body of a `{kind}` needs {needed}")]
    CredentialBody { kind: String, needed: &'static str },
    #[error("the credential was enrolled before; each is enrolled once")]
    EnrolledTwice,
    #[error("a credential is revoked that was not enrolled before")]
    RevokedUnknown,
    #[error("the passkey's credential was not enrolled before")]
    NotEnrolled,
    #[error("the passkey's credential had been revoked")]
    Revoked,
    #[error("the passkey belongs to member `{owner}`, but `{actor}` is said to have decided")]
    OtherMember { owner: String, actor: String },
    #[error("the passkey's nonce was used before")]
    NonceUsedTwice,
    #[error(transparent)]
    Passkey(#[from] PasskeyError),
    #[error("the lead's fact before it is `{expected}`, which is missing here")]
    Gap { expected: String },
    #[error("it lacks `refs.previous`, which other facts of the lead have")]
    Unchained,
}

/// What the facts so far amount to.
#[derive(Default)]
pub(super) struct Story<'a> {
    gate: Gate,
    /// By credential id.
    credentials: HashMap<Vec<u8>, Credential>,
    nonces: HashSet<[u8; 32]>,
    last_of_lead: Option<&'a str>,
    /// Whether the lead's facts name the one before; known from its second fact on.
    chained: Option<bool>,
}

struct Credential {
    member: String,
    public_key: Vec<u8>,
    revoked: bool,
}

impl<'a> Story<'a> {
    /// Takes in the next fact, with its opened body where there is one.
    pub(super) fn tell(&mut self, leaf: &'a Leaf, body: Option<&Opening>) -> Result<(), StoryError> {
        if leaf.lead.is_some() {
            self.check_chain(leaf)?;
        }
        if let Some(Evidence::Passkey(evidence)) = &leaf.evidence {
            self.check_passkey(leaf, evidence)?;
        }
        if leaf.lead.is_none() {
            match leaf.kind.as_str() {
                kind::CREDENTIAL_ENROLLED => self.enrol(body)?,
                kind::CREDENTIAL_REVOKED => self.revoke(body)?,
                _ => {}
            }
        }
        Passage::of(leaf).map_or(Ok(()), |passage| self.gate.pass(passage))
    }

    fn check_chain(&mut self, leaf: &'a Leaf) -> Result<(), StoryError> {
        let before = self.last_of_lead.replace(&leaf.id);
        let named = leaf.refs.get(reference::PREVIOUS).map(String::as_str);
        match (before, named) {
            (None, None) => return Ok(()),
            (before, Some(named)) if before != Some(named) => {
                return Err(StoryError::Gap { expected: named.to_owned() });
            }
            _ => {}
        }
        let chained = *self.chained.get_or_insert(named.is_some());
        if chained == named.is_some() { Ok(()) } else { Err(StoryError::Unchained) }
    }

    fn check_passkey(&mut self, leaf: &Leaf, evidence: &PasskeyEvidence) -> Result<(), StoryError> {
        let (Some(proposal), Some(decision)) = (leaf.proposal(), leaf.decision) else {
            return Err(StoryError::NothingDecided);
        };
        let credential = self.credentials.get(&evidence.credential).ok_or(StoryError::NotEnrolled)?;
        if credential.revoked {
            return Err(StoryError::Revoked);
        }
        if credential.member != leaf.actor.id {
            let (owner, actor) = (credential.member.clone(), leaf.actor.id.clone());
            return Err(StoryError::OtherMember { owner, actor });
        }
        let challenge = Challenge {
            workspace: &leaf.workspace,
            proposal,
            lead: leaf.lead.as_deref(),
            decision,
            content: leaf.content,
            nonce: evidence.nonce,
        };
        verify_assertion(evidence, &challenge, &credential.public_key)?;
        if self.nonces.insert(evidence.nonce) { Ok(()) } else { Err(StoryError::NonceUsedTwice) }
    }

    fn enrol(&mut self, body: Option<&Opening>) -> Result<(), StoryError> {
        #[derive(Deserialize)]
        struct Enrolled {
            credential: String,
            member: String,
            public_key: String,
        }
        let needed = || StoryError::CredentialBody {
            kind: kind::CREDENTIAL_ENROLLED.to_owned(),
            needed: "`credential` and `public_key` in base64 and `member`",
        };
        let body: Enrolled = read(body).ok_or_else(needed)?;
        let id = base64text::decode(&body.credential).ok_or_else(needed)?;
        let public_key = base64text::decode(&body.public_key).ok_or_else(needed)?;
        let credential = Credential { member: body.member, public_key, revoked: false };
        match self.credentials.insert(id, credential) {
            None => Ok(()),
            Some(_) => Err(StoryError::EnrolledTwice),
        }
    }

    fn revoke(&mut self, body: Option<&Opening>) -> Result<(), StoryError> {
        #[derive(Deserialize)]
        struct Revoked {
            credential: String,
        }
        let needed = || StoryError::CredentialBody {
            kind: kind::CREDENTIAL_REVOKED.to_owned(),
            needed: "`credential` in base64",
        };
        let body: Revoked = read(body).ok_or_else(needed)?;
        let id = base64text::decode(&body.credential).ok_or_else(needed)?;
        self.credentials.get_mut(&id).ok_or(StoryError::RevokedUnknown)?.revoked = true;
        Ok(())
    }
}

fn read<'a, T: Deserialize<'a>>(body: Option<&'a Opening>) -> Option<T> {
    serde_json::from_slice(&body?.payload).ok()
}
