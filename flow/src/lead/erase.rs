//! Erasing a person's data: a step that a person decides. The facts stay, with the commitments in their leaves; what
//! opens those is destroyed by the store, and the state becomes what [`Residue`] still knows.

use crate::approval::Proposal;
use crate::effect::Effect;
use crate::fact::{Entry, Fact, Judged, Payload, Residue};
use crate::ids::{ActionId, LeadId};
use crate::step::Step;
use crate::terms::Person;

use super::story::Story;
use super::{Action, ActionState, Erased, Lead, Refusal};

/// Refuses while a message of this lead is being handed over: its outcome would have nothing to be told about.
pub(super) fn refuse_while_sending(lead: &Lead) -> Result<(), Refusal> {
    let sending = lead.actions.values().find(|one| matches!(one.state, ActionState::Attempted { .. }));
    match sending {
        Some(one) => Err(Refusal::NotNow { action: one.id, state: one.state.word() }),
        None => Ok(()),
    }
}

/// Refuses while another lead holds what this one said, or this one what others said: it would not all be gone.
pub(super) fn refuse_while_merged(story: &Story<'_>) -> Result<(), Refusal> {
    let lead = &story.lead;
    if !lead.merged.is_empty() || lead.merged_into.is_some() {
        return Err(Refusal::CannotErase("it is merged with another lead; undo the merge, then erase each"));
    }
    let traced =
        |lead: &LeadId| story.context.other.is_none_or(|other| other.id != *lead || other.erased.is_none());
    if lead.traces.iter().any(traced) {
        return Err(Refusal::CannotErase(
            "it was merged into another lead once, whose record holds a copy of what it said; erase that one first",
        ));
    }
    Ok(())
}

/// Erases the lead, by whoever decided it.
pub(super) fn erase(story: &mut Story<'_>, action: ActionId) {
    let lead = &story.lead;
    let asked = lead.actions.get(&action);
    let residue = Residue {
        source: lead.source,
        captured_at: lead.captured_at,
        stage: lead.stage,
        owner: lead.owner,
        asked_by: asked.map_or_else(|| story.context.actor.clone(), |action| action.proposer.clone()),
        proposal: lead.proposals.values().find(|one| one.action == action).map(without_words),
    };
    story.tell(Fact::LeadErased { action, residue: Box::new(residue) });
    story.ask(Effect::Erase);
}

/// A proposal without what people wrote: a reason may name the person.
fn without_words(proposal: &Proposal) -> Proposal {
    let mut kept = proposal.clone();
    kept.verdict.findings.clear();
    for decided in &mut kept.decisions {
        decided.reason = None;
    }
    kept
}

/// The lead that is left.
pub(super) fn left(id: LeadId, action: ActionId, residue: &Residue, entry: &Entry) -> Lead {
    let kept = residue.proposal.as_ref();
    let erased = kept.map(|proposal| Action {
        id: action,
        step: Step::Erase,
        class: proposal.class.clone(),
        proposer: residue.asked_by.clone(),
        why: String::new(),
        payload: Payload::Erase,
        content: None,
        confidence: None,
        words_new: 0,
        verdict: Judged { findings: Vec::new(), ..proposal.verdict.clone() },
        state: ActionState::Done,
        attempts: 0,
        basis: None,
        at: proposal.made_at,
    });
    Lead {
        id,
        person: Person::default(),
        source: residue.source,
        origin: String::new(),
        fields: Default::default(),
        account: None,
        stage: residue.stage,
        owner: residue.owner,
        why_owner: None,
        captured_at: residue.captured_at,
        touched_at: entry.at,
        messages: Vec::new(),
        last_words: String::new(),
        clocks: Vec::new(),
        actions: erased.into_iter().map(|action| (action.id, action)).collect(),
        proposals: kept.cloned().into_iter().map(|proposal| (proposal.id, proposal)).collect(),
        enrolments: Vec::new(),
        opted_out: true,
        enquiries: Vec::new(),
        merged: Vec::new(),
        own: None,
        merged_into: None,
        apart: Default::default(),
        traces: Default::default(),
        erased: Some(Erased { at: entry.at, by: entry.actor.clone() }),
    }
}
