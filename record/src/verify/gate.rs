//! The rule that nothing goes out against a decision, for a bundle and for the whole record alike.

use std::collections::HashMap;

use super::StoryError;
use crate::commitment::Commitment;
use crate::leaf::{Decision, Leaf, kind};

/// A fact that the rule is about.
pub(crate) enum Passage {
    Decided { proposal: Box<str>, decided: Decided },
    Dispatched { proposal: Option<Box<str>>, lead: Option<Box<str>>, content: Option<Commitment> },
}

impl Passage {
    pub(crate) fn of(leaf: &Leaf) -> Option<Passage> {
        let (proposal, content) = (leaf.proposal().map(Box::from), leaf.content);
        let lead = || leaf.lead.as_deref().map(Box::from);
        match (leaf.decision, proposal) {
            (Some(decision), Some(proposal)) => {
                Some(Passage::Decided { proposal, decided: Decided { lead: lead(), content, decision } })
            }
            (_, proposal) if leaf.kind.starts_with(kind::DISPATCH_PREFIX) => {
                Some(Passage::Dispatched { proposal, lead: lead(), content })
            }
            _ => None,
        }
    }
}

/// What was decided so far.
#[derive(Default)]
pub(crate) struct Gate {
    /// By proposal.
    decided: HashMap<Box<str>, Vec<Decided>>,
    /// Content that was decided on, and whether any decision let it out.
    let_out: HashMap<Commitment, bool>,
}

/// One decision.
pub(crate) struct Decided {
    lead: Option<Box<str>>,
    content: Option<Commitment>,
    decision: Decision,
}

impl Gate {
    pub(crate) fn pass(&mut self, passage: Passage) -> Result<(), StoryError> {
        match passage {
            Passage::Decided { proposal, decided } => {
                if let Some(content) = decided.content {
                    *self.let_out.entry(content).or_default() |= decided.decision.lets_out();
                }
                self.decided.entry(proposal).or_default().push(decided);
                Ok(())
            }
            Passage::Dispatched { proposal: Some(proposal), lead, content } => {
                self.check_decided(proposal, lead.as_deref(), content)
            }
            Passage::Dispatched { proposal: None, content, .. } => {
                match content.and_then(|content| self.let_out.get(&content)) {
                    Some(false) => Err(StoryError::RejectedContent),
                    _ => Ok(()),
                }
            }
        }
    }

    fn check_decided(
        &self,
        proposal: Box<str>,
        lead: Option<&str>,
        content: Option<Commitment>,
    ) -> Result<(), StoryError> {
        let decided = self.decided.get(&proposal).map(Vec::as_slice).unwrap_or_default();
        if decided.is_empty() {
            Err(StoryError::NotDecided(proposal.into()))
        } else if decided.iter().any(|one| !one.decision.lets_out()) {
            Err(StoryError::Rejected(proposal.into()))
        } else if decided.iter().any(|one| one.lead.as_deref() != lead) {
            Err(StoryError::OtherLead(proposal.into()))
        } else if decided.iter().any(|one| one.content == content) {
            Ok(())
        } else {
            Err(StoryError::OtherContent(proposal.into()))
        }
    }
}
