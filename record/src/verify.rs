//! Verifying a bundle: from nothing but its bytes and the keys the verifier trusts.
//!
//! Checked, in this order; the first thing found wrong is named:
//! 1. the bundle has its one form ([`crate::bundle`]), its checkpoint opens under the trusted keys and carries
//!    no signature that cannot be checked ([`crate::checkpoint::open_closed`]), and `log_key` and `origin` are
//!    the trusted key and its name;
//! 2. for each fact: its index is higher than the one before; its leaf is canonical ([`crate::leaf`]), of the
//!    bundle's one workspace, and either of the bundle's one lead or of no lead; it is in the tree of the
//!    checkpoint's size and root at that index; no fact has the same id;
//! 3. each commitment is opened, and the opening is canonical JSON that matches it. An opening may be missing
//!    only through erasure: where the bundle has a `lead.erased` fact, the lead's facts before it have no
//!    openings at all, and the lead's facts from there on may or may not have theirs. Facts of the workspace are
//!    never erased;
//! 4. the facts, in their order, tell a story that may be.
//!
//! # The story that the facts must tell
//!
//! **What is dispatched was decided.** A fact whose kind begins with `dispatch.` and that has `refs.proposal`
//! needs, earlier in the bundle, an `approval.decided` on the same lead with the same `refs.proposal`, the same `content` (the
//! same commitment, or null for both) and a decision of `approve`, `edit` or `respond`; and no `reject` for that
//! proposal may stand before it. Where two people must decide there are two such decisions, and one rejection
//! among them is final. How many were needed is in the proposal's body, not in its leaf, and is not judged here.
//! A fact whose kind begins with `dispatch.` without `refs.proposal` is an automated one and needs no decision;
//! but content that was rejected, and never let out by another decision, must not go out that way either.
//!
//! **Passkeys.** Each decision with evidence is checked as in [`crate::passkey`], with the public key from a
//! `credential.enrolled` fact earlier in the bundle and not after a `credential.revoked` of that credential.
//! Both are facts of the workspace; the body of the first holds at least `credential`, `public_key` (base64;
//! SPKI) and `member`, the id of the one it belongs to, who must be the one who decided; the body of the second
//! at least `credential`. A credential is enrolled once and revoked for good; a nonce is used once.
//!
//! **No gaps.** Where facts of the lead carry `refs.previous`, it is the id of the lead's fact before. Then all
//! but the lead's first fact must carry it, and a fact left out at the beginning or between is seen.
//!
//! # What a bundle does not prove
//!
//! That it is complete: the newest facts of a lead can be left out together, as can facts of the workspace, a
//! `credential.revoked` for one; and where facts carry no `refs.previous`, any fact that nothing later depends
//! on. That there is one record: whoever holds the log's key could sign two; witnesses and older checkpoints
//! ([`continues`], as far as a bundle's hashes reach) rule that out. The verification of the whole record ([`crate::whole`]) leaves neither open.

pub(crate) mod gate;
mod since;
mod story;

pub use since::{Continues, OlderError, continues};
pub use story::StoryError;

use std::collections::HashSet;
use std::fmt;

use crate::bundle::{Bundle, BundleError, BundledFact};
use crate::canonical::{self, CanonicalError};
use crate::checkpoint::{Checkpoint, CheckpointError, Cosignature, Trust, open_closed};
use crate::commitment::{Commitment, Label, Opening};
use crate::leaf::{Decision, Evidence, Leaf, LeafError, kind};
use crate::tree::{ProofError, leaf_hash, verify_inclusion};
use crate::words::shown;
use story::Story;

/// A bundle that was found true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    pub checkpoint: Checkpoint,
    pub cosignatures: Vec<Cosignature>,
    pub workspace: String,
    pub lead: String,
    /// How many facts were verified.
    pub facts: usize,
}

/// `verified N facts`
impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "verified {} facts", self.facts)
    }
}

/// `not verified: <fact index>: <reason>`; where the fault is in no fact, `bundle` stands for the index.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not verified: {}: {}",
    fact.map_or("bundle".to_owned(), |index| index.to_string()),
    shown(&reason.to_string())
)]
pub struct NotVerified {
    /// The index of the fact in which the fault was found.
    pub fact: Option<u64>,
    pub reason: Reason,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    #[error(transparent)]
    Bundle(#[from] BundleError),
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error("`log_key` is `{given}`, but the key to verify with is `{trusted}`")]
    OtherKey { given: String, trusted: String },
    #[error("`origin` is `{bundle}`, but the checkpoint's is `{checkpoint}`")]
    OtherOrigin { bundle: String, checkpoint: String },
    #[error("there is no fact of a lead in it")]
    NoLead,
    #[error("it stands after fact {0}; facts come in order of index, each once")]
    Order(u64),
    #[error("the leaf is malformed: {0}")]
    Leaf(#[from] LeafError),
    #[error("it belongs to workspace `{found}`, the facts before to `{expected}`")]
    OtherWorkspace { found: String, expected: String },
    #[error("it belongs to lead `{found}`, the bundle is about `{expected}`")]
    OtherLead { found: String, expected: String },
    #[error("another fact before it has the id `{0}`")]
    SameId(String),
    #[error("it is not in the tree: {0}")]
    NotIncluded(#[from] ProofError),
    #[error("there is an opening for `{0}`, to which the leaf does not commit")]
    NothingToOpen(&'static str),
    #[error("the opening of `{0}` is missing, though the bundle shows no erasure of the lead")]
    OpeningMissing(&'static str),
    #[error("the opening of `{label}` is still there, though the lead was erased in fact {erased}")]
    NotErased { label: &'static str, erased: u64 },
    #[error("the opening of `{0}` does not match the leaf's commitment")]
    OpeningDiffers(&'static str),
    #[error("the opened `{label}` is not canonical: {error}")]
    Payload { label: &'static str, error: CanonicalError },
    #[error(transparent)]
    Story(#[from] StoryError),
    #[error("the older checkpoint: {0}")]
    Older(#[from] OlderError),
}

/// What became of a commitment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disclosure {
    /// The leaf has none.
    None,
    /// Opened, and it matches.
    Opened,
    /// Its opening was erased with the lead.
    Erased,
}

/// A verified fact, to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FactLine<'a> {
    pub index: u64,
    pub leaf: &'a Leaf,
    pub body: Disclosure,
    pub content: Disclosure,
}

/// One line: index, time, kind, decision, who, and what was checked.
impl fmt::Display for FactLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Leaf { at, kind, actor, .. } = self.leaf;
        write!(f, "{} {at} {kind}", self.index)?;
        if let Some(decision) = self.leaf.decision.map(Decision::as_str) {
            write!(f, " {decision}")?;
        }
        write!(f, " by {} {} via {}", actor.kind.as_str(), actor.id, actor.via.as_str())?;
        for (name, disclosure) in [("body", self.body), ("content", self.content)] {
            match disclosure {
                Disclosure::None => {}
                Disclosure::Opened => write!(f, ", {name} matches")?,
                Disclosure::Erased => write!(f, ", {name} erased")?,
            }
        }
        match self.leaf.evidence {
            Some(Evidence::Passkey(_)) => write!(f, ", passkey signature verified"),
            None => Ok(()),
        }
    }
}

/// Verifies a bundle. See the module for what that means.
///
/// # Errors
/// When anything in the bundle is not as it must be; the error names the fact and the reason.
pub fn verify(bundle: &[u8], trust: &Trust) -> Result<Verified, NotVerified> {
    verify_each(bundle, trust, |_| {})
}

/// As [`verify`], and tells of each fact once it is verified. What was told holds only if the whole verifies.
///
/// # Errors
/// As [`verify`].
pub fn verify_each(
    bundle: &[u8],
    trust: &Trust,
    mut told: impl FnMut(&FactLine<'_>),
) -> Result<Verified, NotVerified> {
    let whole = |reason| NotVerified { fact: None, reason };
    let bundle = Bundle::parse(bundle).map_err(|error| whole(error.into()))?;
    let opened = open_closed(&bundle.checkpoint, trust).map_err(|error| whole(error.into()))?;
    check_names(&bundle, trust, &opened.checkpoint).map_err(whole)?;

    let leaves: Vec<_> = bundle.facts.iter().map(|fact| Leaf::parse(&fact.leaf)).collect();
    let Some((workspace, lead)) = about(&leaves) else {
        return Err(first_malformed(&bundle, &leaves).unwrap_or_else(|| whole(Reason::NoLead)));
    };
    let mut check = Check {
        checkpoint: &opened.checkpoint,
        workspace,
        lead,
        erased: erased_in(&bundle, &leaves),
        last_index: None,
        ids: HashSet::new(),
        story: Story::default(),
    };
    for (fact, leaf) in bundle.facts.iter().zip(&leaves) {
        let line = check.fact(fact, leaf).map_err(|reason| NotVerified { fact: Some(fact.index), reason })?;
        told(&line);
    }
    Ok(Verified {
        workspace: workspace.to_owned(),
        lead: lead.to_owned(),
        facts: bundle.facts.len(),
        checkpoint: opened.checkpoint,
        cosignatures: opened.cosignatures,
    })
}

fn check_names(bundle: &Bundle, trust: &Trust, checkpoint: &Checkpoint) -> Result<(), Reason> {
    let trusted = trust.key().to_string();
    if bundle.log_key != trusted {
        return Err(Reason::OtherKey { given: bundle.log_key.clone(), trusted });
    }
    if bundle.origin != checkpoint.origin {
        let (bundle, checkpoint) = (bundle.origin.clone(), checkpoint.origin.clone());
        return Err(Reason::OtherOrigin { bundle, checkpoint });
    }
    Ok(())
}

type ReadLeaf = Result<Leaf, LeafError>;

/// The workspace and lead that the bundle is about: those of its first fact that has a lead.
fn about(leaves: &[ReadLeaf]) -> Option<(&str, &str)> {
    leaves.iter().flatten().find_map(|leaf| Some((leaf.workspace.as_str(), leaf.lead.as_deref()?)))
}

fn first_malformed(bundle: &Bundle, leaves: &[ReadLeaf]) -> Option<NotVerified> {
    bundle.facts.iter().zip(leaves).find_map(|(fact, leaf)| {
        let reason = leaf.as_ref().err()?.clone().into();
        Some(NotVerified { fact: Some(fact.index), reason })
    })
}

/// The index of the fact that says that the lead was erased.
fn erased_in(bundle: &Bundle, leaves: &[ReadLeaf]) -> Option<u64> {
    bundle.facts.iter().zip(leaves).find_map(|(fact, leaf)| {
        let leaf = leaf.as_ref().ok()?;
        (leaf.kind == kind::LEAD_ERASED && leaf.lead.is_some()).then_some(fact.index)
    })
}

struct Check<'a> {
    checkpoint: &'a Checkpoint,
    workspace: &'a str,
    lead: &'a str,
    erased: Option<u64>,
    last_index: Option<u64>,
    ids: HashSet<&'a str>,
    story: Story<'a>,
}

impl<'a> Check<'a> {
    fn fact(&mut self, fact: &'a BundledFact, leaf: &'a ReadLeaf) -> Result<FactLine<'a>, Reason> {
        if let Some(last) = self.last_index.replace(fact.index).filter(|last| *last >= fact.index) {
            return Err(Reason::Order(last));
        }
        let leaf = leaf.as_ref().map_err(Clone::clone)?;
        self.check_belonging(leaf)?;
        let Checkpoint { size, root, .. } = self.checkpoint;
        verify_inclusion(&leaf_hash(&fact.leaf), fact.index, *size, &fact.proof, root)?;
        if !self.ids.insert(&leaf.id) {
            return Err(Reason::SameId(leaf.id.clone()));
        }
        let openings = &fact.openings;
        let erasure = self.erasure(fact.index, leaf);
        let body = check_opening(Label::Body, leaf.body, openings.body.as_ref(), erasure)?;
        let content = check_opening(Label::Content, leaf.content, openings.content.as_ref(), erasure)?;
        self.story.tell(leaf, openings.body.as_ref())?;
        Ok(FactLine { index: fact.index, leaf, body, content })
    }

    fn check_belonging(&self, leaf: &Leaf) -> Result<(), Reason> {
        if leaf.workspace != self.workspace {
            let (found, expected) = (leaf.workspace.clone(), self.workspace.to_owned());
            return Err(Reason::OtherWorkspace { found, expected });
        }
        match &leaf.lead {
            Some(lead) if lead != self.lead => {
                let (found, expected) = (lead.clone(), self.lead.to_owned());
                Err(Reason::OtherLead { found, expected })
            }
            _ => Ok(()),
        }
    }

    fn erasure(&self, index: u64, leaf: &Leaf) -> Erasure {
        match self.erased {
            Some(erased) if leaf.lead.is_some() && index < erased => Erasure::Before(erased),
            Some(_) if leaf.lead.is_some() => Erasure::After,
            _ => Erasure::Never,
        }
    }
}

/// Whether a fact's openings can have been erased.
#[derive(Clone, Copy)]
enum Erasure {
    /// They cannot.
    Never,
    /// They must be gone: the lead was erased later, in the fact of this index.
    Before(u64),
    /// They may be gone.
    After,
}

fn check_opening(
    label: Label,
    commitment: Option<Commitment>,
    opening: Option<&Opening>,
    erasure: Erasure,
) -> Result<Disclosure, Reason> {
    let name = label.as_str();
    match (commitment, opening, erasure) {
        (None, None, _) => Ok(Disclosure::None),
        (None, Some(_), _) => Err(Reason::NothingToOpen(name)),
        (Some(_), None, Erasure::Never) => Err(Reason::OpeningMissing(name)),
        (Some(_), None, _) => Ok(Disclosure::Erased),
        (Some(_), Some(_), Erasure::Before(erased)) => Err(Reason::NotErased { label: name, erased }),
        (Some(commitment), Some(opening), _) => {
            if opening.commitment(label) != commitment {
                return Err(Reason::OpeningDiffers(name));
            }
            canonical::parse(&opening.payload).map_err(|error| Reason::Payload { label: name, error })?;
            Ok(Disclosure::Opened)
        }
    }
}
